"""The generated tree: what is written, what is left alone, and what is refused."""

import fcntl
import hashlib
import os
import socket
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dharma import tree
from dharma.tree import Changes, TreeError, compare, diff, digest, recover, write

ALL = [""]
MESH = "production/region-a/mesh"
FILES = {
    f"{MESH}/gateway.yaml": b"kind: Gateway\n",
    f"{MESH}/policy.yaml": b"kind: Policy\n",
    "production/region-a/backup/schedule.yaml": b"kind: Schedule\n",
}


def objects(root: Path) -> dict[str, bytes]:
    """Every file below the root except indexes."""
    found = (path for path in root.rglob("*") if path.is_file() and path.name != tree.INDEX)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in found}


def everything(root: Path) -> dict[str, tuple[int, int, int]]:
    paths = [root, *root.rglob("*")]
    return {
        str(path): (stat.st_ino, stat.st_mtime_ns, stat.st_mode) for path in paths for stat in [path.lstat()]
    }


def problems(action: Callable[[], object]) -> dict[str, str]:
    with pytest.raises(TreeError) as caught:
        action()
    return {problem.path: problem.message for problem in caught.value.problems}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "generated"


@pytest.fixture
def built(root: Path) -> Path:
    write(root, FILES, ALL)
    return root


class TestWriting:
    def test_a_first_build_writes_every_file_and_says_so(self, root: Path) -> None:
        assert write(root, FILES, ALL) == Changes(added=tuple(sorted(FILES)))
        assert objects(root) == FILES

    def test_a_build_without_changes_writes_nothing_at_all(self, built: Path) -> None:
        before = everything(built)
        assert write(built, FILES, ALL) == Changes()
        assert everything(built) == before

    def test_comparing_writes_nothing_and_foresees_the_build(self, built: Path) -> None:
        wanted = {f"{MESH}/gateway.yaml": b"kind: Gateway # new\n", f"{MESH}/new.yaml": b""}
        before = everything(built)
        foreseen = compare(built, wanted, ALL)
        assert everything(built) == before
        assert foreseen.stale
        assert foreseen == write(built, wanted, ALL)
        assert compare(built, wanted, ALL) == Changes()

    def test_comparing_does_not_make_the_root(self, root: Path) -> None:
        assert compare(root, FILES, ALL).added == tuple(sorted(FILES))
        assert not root.exists()

    def test_unchanged_files_keep_inode_and_time_beside_changed_ones(self, built: Path) -> None:
        before = everything(built)
        changes = write(built, FILES | {f"{MESH}/gateway.yaml": b"kind: Other\n"}, ALL)
        kept = built / MESH / "policy.yaml"
        assert changes.changed == (f"{MESH}/gateway.yaml",)
        assert everything(built)[str(kept)] == before[str(kept)]
        assert (
            everything(built)[str(built / MESH / "gateway.yaml")]
            != before[str(built / MESH / "gateway.yaml")]
        )

    def test_a_file_of_the_same_length_is_seen_to_change(self, built: Path) -> None:
        assert write(built, FILES | {f"{MESH}/policy.yaml": b"kind: Pplicy\n"}, ALL).changed

    def test_removed_files_take_their_empty_folders_along(self, built: Path) -> None:
        kept = {f"{MESH}/policy.yaml": FILES[f"{MESH}/policy.yaml"]}
        assert write(built, kept, ALL).removed == (
            "production/region-a/backup/schedule.yaml",
            f"{MESH}/gateway.yaml",
        )
        assert not (built / "production/region-a/backup").exists()
        write(built, {}, ALL)
        assert list(built.iterdir()) == []

    def test_a_scope_shields_everything_outside_it(self, built: Path) -> None:
        changes = write(built, {}, [MESH])
        assert changes.removed == (f"{MESH}/gateway.yaml", f"{MESH}/policy.yaml")
        assert objects(built) == {"production/region-a/backup/schedule.yaml": b"kind: Schedule\n"}

    def test_emptying_a_scope_removes_the_folders_above_it_that_become_empty(self, root: Path) -> None:
        write(root, {"qa/region-a/mesh/a.yaml": b"a", "b.yaml": b"b"}, ALL)
        write(root, {}, ["qa/region-a/mesh"])
        assert sorted(path.name for path in root.iterdir()) == [tree.INDEX, "b.yaml"]

    def test_scopes_may_overlap(self, built: Path) -> None:
        assert write(built, FILES, ["production", MESH, "production"]) == Changes()

    @pytest.mark.parametrize(
        ("old", "new"),
        [({"a": b"1"}, {"a/b": b"2"}), ({"a/b": b"1", "a/c/d": b"1"}, {"a": b"2"})],
        ids=["file to folder", "folder to file"],
    )
    def test_a_path_may_turn(self, root: Path, old: dict[str, bytes], new: dict[str, bytes]) -> None:
        write(root, old, ALL)
        write(root, new, ALL)
        assert objects(root) == new

    def test_a_hard_link_elsewhere_keeps_the_old_bytes(self, built: Path, tmp_path: Path) -> None:
        elsewhere = tmp_path / "copy.yaml"
        elsewhere.hardlink_to(built / MESH / "policy.yaml")
        write(built, FILES | {f"{MESH}/policy.yaml": b"new\n"}, ALL)
        assert elsewhere.read_bytes() == b"kind: Policy\n"


class TestIndex:
    def test_it_is_readable_by_sha256sum(self, built: Path) -> None:
        command = ["sha256sum", "--strict", "--check", tree.INDEX]
        assert subprocess.run(command, cwd=built / MESH, check=False, capture_output=True).returncode == 0

    def test_it_does_not_depend_on_how_the_build_was_scoped(self, built: Path, tmp_path: Path) -> None:
        other = tmp_path / "other"
        for folder in (MESH, "production/region-a/backup"):
            write(other, {path: data for path, data in FILES.items() if path.startswith(folder)}, [folder])
        indexes = {path.relative_to(built): path.read_bytes() for path in built.rglob(tree.INDEX)}
        assert {path.relative_to(other): path.read_bytes() for path in other.rglob(tree.INDEX)} == indexes
        assert len(indexes) == 2

    def test_a_stale_index_alone_is_named(self, built: Path) -> None:
        (built / MESH / tree.INDEX).unlink()
        assert compare(built, FILES, ALL) == Changes(added=(f"{MESH}/{tree.INDEX}",))

    def test_conflict_markers_of_git_are_mended_by_the_build(self, built: Path) -> None:
        index = built / MESH / tree.INDEX
        ours, theirs = index.read_text().splitlines()
        other = f"{hashlib.sha256(b'x').hexdigest()}  removed.yaml"
        (built / MESH / "removed.yaml").write_bytes(b"x")
        index.write_text(f"{ours}\n<<<<<<< HEAD\n{theirs}\n||||||| base\n=======\n{other}\n>>>>>>> topic\n")
        assert write(built, FILES, ALL) == Changes(removed=(f"{MESH}/removed.yaml",))
        assert index.read_text() == f"{ours}\n{theirs}\n"

    @pytest.mark.parametrize("line", ["nonsense", f"{'0' * 64}  ../escape", f"{'0' * 64}  sub/file"])
    def test_a_damaged_index_is_refused_by_line(self, built: Path, line: str) -> None:
        (built / MESH / tree.INDEX).write_text(f"{line}\n")
        assert "line 1" in problems(lambda: compare(built, FILES, ALL))[f"{MESH}/{tree.INDEX}"]
        assert "line 1" in problems(lambda: digest(built))[f"{MESH}/{tree.INDEX}"]


class TestOwnership:
    def test_foreign_files_are_reported_and_left_alone(self, built: Path) -> None:
        notes = built / MESH / "notes.md"
        notes.write_text("mine")
        assert write(built, {}, ALL).foreign == (f"{MESH}/notes.md",)
        assert objects(built) == {f"{MESH}/notes.md": b"mine"}

    def test_a_foreign_file_at_a_wanted_path_stops_the_whole_build(self, built: Path) -> None:
        before = everything(built)
        (built / MESH / "new.yaml").write_text("mine")
        wanted = FILES | {f"{MESH}/new.yaml": b"wanted", f"{MESH}/other.yaml": b"wanted"}
        for action in (compare, write):
            found = problems(partial(action, built, wanted, ALL))
            assert list(found) == [f"{MESH}/new.yaml"]
            assert "move it or remove it" in found[f"{MESH}/new.yaml"]
        (built / MESH / "new.yaml").unlink()
        os.utime(built / MESH, ns=(before[str(built / MESH)][1],) * 2)
        assert everything(built) == before

    def test_a_foreign_file_with_the_wanted_bytes_is_adopted(self, built: Path) -> None:
        new = built / MESH / "new.yaml"
        new.write_bytes(b"wanted")
        inode = new.stat().st_ino
        changes = write(built, FILES | {f"{MESH}/new.yaml": b"wanted"}, ALL)
        assert changes == Changes(changed=(f"{MESH}/{tree.INDEX}",))
        assert new.stat().st_ino == inode
        assert write(built, FILES, ALL).removed == (f"{MESH}/new.yaml",)

    def test_a_file_edited_by_hand_is_reported_and_overwritten(self, built: Path) -> None:
        (built / MESH / "policy.yaml").write_text("edited")
        path = (f"{MESH}/policy.yaml",)
        assert write(built, FILES, ALL) == Changes(changed=path, edited=path)
        assert objects(built) == FILES

    def test_an_edited_file_that_is_no_longer_wanted_is_reported_and_removed(self, built: Path) -> None:
        (built / MESH / "policy.yaml").write_text("edited")
        changes = write(built, {}, [MESH])
        assert changes.edited == (f"{MESH}/policy.yaml",)
        assert f"{MESH}/policy.yaml" in changes.removed

    def test_a_file_removed_by_hand_comes_back(self, built: Path) -> None:
        (built / MESH / "policy.yaml").unlink()
        assert write(built, FILES, ALL) == Changes(added=(f"{MESH}/policy.yaml",))

    @pytest.mark.parametrize(
        ("foreign", "wanted"),
        [("a", "a/b.yaml"), ("a/b.yaml", "a")],
        ids=["file for folder", "folder for file"],
    )
    def test_a_foreign_path_of_another_kind_is_in_the_way(
        self, root: Path, foreign: str, wanted: str
    ) -> None:
        (root / foreign).parent.mkdir(parents=True)
        (root / foreign).write_text("mine")
        assert list(problems(lambda: write(root, {wanted: b""}, ALL))) == ["a"]
        assert objects(root) == {foreign: b"mine"}

    def test_a_socket_at_a_wanted_path_is_refused(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        root.mkdir()
        monkeypatch.chdir(root)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("a.yaml")
            assert "no regular file" in problems(lambda: write(root, {"a.yaml": b""}, ALL))["a.yaml"]

    def test_a_pipe_elsewhere_is_foreign_and_never_opened(self, built: Path) -> None:
        os.mkfifo(built / "pipe")
        assert write(built, FILES, ALL) == Changes(foreign=("pipe",))


class TestLinks:
    @pytest.mark.parametrize("target", ["file", "folder", "chain", "dangling", "loop"])
    @pytest.mark.parametrize("place", [f"{MESH}/policy.yaml", MESH, "production", f"{MESH}/{tree.INDEX}"])
    def test_a_link_in_the_way_is_refused_and_not_followed(
        self, root: Path, tmp_path: Path, place: str, target: str
    ) -> None:
        outside = tmp_path / "outside"
        outside.mkdir()
        (outside / "policy.yaml").write_bytes(b"precious")
        (tmp_path / "chain").symlink_to(outside)
        targets = {"file": outside / "policy.yaml", "folder": outside, "chain": tmp_path / "chain"}
        link = root / place
        link.parent.mkdir(parents=True)
        link.symlink_to(targets.get(target, link if target == "loop" else tmp_path / "nowhere"))
        for scope in ("", "production", MESH):
            found = problems(partial(write, root, FILES, [scope, "production"]))
            assert any("symbolic link" in message for message in found.values())
        assert link.is_symlink()
        assert objects(outside) == {"policy.yaml": b"precious"}
        assert not (tmp_path / "nowhere").exists()

    @pytest.mark.parametrize("place", ["production", "production/region-a", MESH])
    def test_a_link_on_the_way_to_a_scope_is_refused(self, root: Path, tmp_path: Path, place: str) -> None:
        (root / place).parent.mkdir(parents=True)
        (root / place).symlink_to(tmp_path)
        assert "symbolic link" in problems(lambda: write(root, {}, [MESH]))[MESH]

    @pytest.mark.parametrize("dangling", [False, True])
    def test_a_root_that_is_a_link_is_refused(self, tmp_path: Path, dangling: bool) -> None:
        real, link = tmp_path / "real", tmp_path / "link"
        if not dangling:
            real.mkdir()
        link.symlink_to(real)
        actions: list[Callable[[], object]] = [
            lambda: write(link, FILES, ALL),
            lambda: compare(link, FILES, ALL),
            lambda: recover(link),
            lambda: digest(link),
        ]
        for action in actions:
            assert "symbolic link" in problems(action)[str(link)]
        assert not dangling or not real.exists()

    def test_a_written_file_replaced_by_a_link_is_refused(self, built: Path, tmp_path: Path) -> None:
        policy = built / MESH / "policy.yaml"
        policy.unlink()
        policy.symlink_to(tmp_path / "nowhere")
        assert f"{MESH}/policy.yaml" in problems(lambda: write(built, {}, ALL))
        assert str(built) in problems(lambda: digest(built))

    def test_a_link_that_is_not_in_the_way_is_foreign(self, built: Path, tmp_path: Path) -> None:
        (tmp_path / "secret").write_text("secret")
        (built / "link").symlink_to(tmp_path)
        assert write(built, FILES, ALL) == Changes(foreign=("link",))
        assert (built / "link").is_symlink()


UNSAFE = {
    "parent": "../a.yaml",
    "parent within": "a/../../b.yaml",
    "absolute": "/etc/a.yaml",
    "empty": "",
    "empty component": "a//b.yaml",
    "trailing slash": "a/",
    "dot": "a/./b.yaml",
    "backslash": "a\\..\\b.yaml",
    "NUL": "a\0.yaml",
    "newline": "a\nb.yaml",
    "escape": "a\x1b[2J.yaml",
    "bidirectional override": "a\u202eb.yaml",
    "surrogate": "a\udcff.yaml",
    "device": "a/NUL",
    "device with suffix": "aux.yaml",
    "device as folder": "com1/a.yaml",
    "superscript device": "lpt².yaml",
    "trailing dot": "a./b.yaml",
    "trailing space": "a ",
    "long": "a" * 256,
    "long in bytes": "é" * 128,
    "git": "a/.GIT/config",
    "index": f"a/{tree.INDEX}",
    "staging": ".dharma-staging-0/journal",
}


class TestPaths:
    @pytest.mark.parametrize("path", UNSAFE.values(), ids=UNSAFE.keys())
    def test_an_unsafe_path_is_refused_before_anything_is_written(self, root: Path, path: str) -> None:
        for action in (compare, write):
            assert path in problems(partial(action, root, {path: b"", "good.yaml": b""}, ALL))
        assert not root.exists()

    @pytest.mark.parametrize("scope", ["..", "/etc", "a//b", "a/", ".git"])
    def test_an_unsafe_scope_is_refused(self, root: Path, scope: str) -> None:
        assert scope in problems(lambda: write(root, {}, [scope]))

    @pytest.mark.parametrize("path", ["a" * 255, "é" * 127, "console.yaml", "com10", "a b.yaml", ".gitkeep"])
    def test_an_unusual_path_is_written(self, root: Path, path: str) -> None:
        write(root, {path: b"x"}, ALL)
        assert objects(root) == {path: b"x"}

    def test_a_path_outside_the_scopes_is_refused(self, root: Path) -> None:
        assert list(problems(lambda: write(root, {"ab/c": b"", "a/c": b""}, ["a"]))) == ["ab/c"]

    @pytest.mark.parametrize(
        ("one", "two", "named"),
        [
            ("a/Mesh.yaml", "a/mesh.yaml", "a/mesh.yaml"),
            ("A/x.yaml", "a/y.yaml", "a"),
            ("straße", "STRASSE", "straße"),
            ("e\u0301", "\u00e9", "\u00e9"),
            ("a", "a/b", "a"),
        ],
        ids=["file", "folder", "folding", "normal form", "file and folder"],
    )
    def test_paths_that_collide_somewhere_are_refused(
        self, root: Path, one: str, two: str, named: str
    ) -> None:
        assert list(problems(lambda: write(root, {one: b"", two: b""}, ALL))) == [named]

    @pytest.mark.parametrize("suffix", [".yaml", "/x.yaml"], ids=["files", "folders"])
    def test_a_crowded_folder_is_refused_by_name(self, root: Path, suffix: str) -> None:
        files = {f"a/{number}{suffix}": b"" for number in range(tree.ENTRIES + 1)}
        assert "the limit is 200" in problems(lambda: write(root, files, ALL))["a"]

    def test_no_folder_holds_more_entries_than_the_limit(self, root: Path) -> None:
        write(root, {f"a/{number}": b"" for number in range(tree.ENTRIES - 1)}, ALL)
        assert len(list((root / "a").iterdir())) == tree.ENTRIES

    def test_all_problems_are_told_at_once(self, root: Path) -> None:
        files = {"../a": b"", "nul": b"", "b": b"", "B": b"", **{f"c/{n}": b"" for n in range(201)}}
        assert set(problems(lambda: write(root, files, ALL))) == {"../a", "nul", "b", "c"}


class TestLock:
    def test_a_second_build_fails_and_names_the_first(self, built: Path) -> None:
        held = os.open(built, os.O_RDONLY)
        fcntl.flock(held, fcntl.LOCK_EX)
        try:
            found = problems(lambda: write(built, {}, ALL))
        finally:
            os.close(held)
        assert f"another build is writing here (pid {os.getpid()})" in found[str(built)]
        assert objects(built) == FILES

    def test_a_failed_build_frees_the_tree(self, built: Path) -> None:
        (built / "new").write_text("mine")
        problems(lambda: write(built, FILES | {"new": b""}, ALL))
        assert write(built, FILES, ALL) == Changes(foreign=("new",))

    def test_comparing_beside_a_build_that_has_staged_is_refused(self, built: Path) -> None:
        (built / ".dharma-staging-0").mkdir(0o700)
        held = os.open(built, os.O_RDONLY)
        fcntl.flock(held, fcntl.LOCK_EX)
        try:
            assert "another build" in problems(lambda: compare(built, FILES, ALL))[str(built)]
        finally:
            os.close(held)


class TestDiff:
    def lines(self, root: Path, files: dict[str, bytes]) -> list[str]:
        return list(diff(root, files, compare(root, files, ALL)))

    def test_it_shows_added_changed_and_removed_files(self, root: Path) -> None:
        write(root, {"a": b"1\n2\n", "b": b"old"}, ALL)
        assert self.lines(root, {"a": b"1\n3\n", "c": b"new\n"}) == [
            *("--- a/a", "+++ b/a", "@@ -1,2 +1,2 @@", " 1", "-2", "+3"),
            *("--- a/b", "+++ /dev/null", "@@ -1 +0,0 @@", "-old", "\\ No newline at end of file"),
            *("--- /dev/null", "+++ b/c", "@@ -0,0 +1 @@", "+new"),
        ]

    def test_it_is_accepted_by_git_apply(self, root: Path, tmp_path: Path) -> None:
        write(root, {"a": b"1\n2\n", "b": b"old"}, ALL)
        new = {"a": b"1\n3", "d/c": b"new\n"}
        patch = tmp_path / "patch"
        patch.write_text("".join(f"{line}\n" for line in self.lines(root, new)))
        subprocess.run(["git", "apply", str(patch)], cwd=root, check=True, capture_output=True)
        assert objects(root) == new

    def test_no_content_can_command_the_terminal(self, root: Path) -> None:
        shown = "\n".join(self.lines(root, {"a": b"\x1b[2J\r\x07\xff\tx\xc2\x9b\xe2\x80\xae\n"}))
        assert "\\x1b[2J\\r\\x07\\xff\tx\\x9b\\u202e" in shown

    def test_an_index_that_changes_alone_is_shown(self, built: Path) -> None:
        (built / MESH / tree.INDEX).unlink()
        assert f"+++ b/{MESH}/{tree.INDEX}" in self.lines(built, FILES)


class TestDigest:
    def test_it_ignores_times_and_foreign_files(self, built: Path) -> None:
        before = digest(built)
        (built / "foreign").write_text("x")
        os.utime(built / MESH / "policy.yaml", (0, 0))
        assert digest(built) == before

    @pytest.mark.parametrize("change", ["edit", "remove", "rename"])
    def test_it_sees_every_change_of_a_written_file(self, built: Path, change: str) -> None:
        before = digest(built)
        policy = built / MESH / "policy.yaml"
        if change == "edit":
            policy.write_text("edited")
        elif change == "remove":
            policy.unlink()
        else:
            write(built, {path.replace("policy", "other"): data for path, data in FILES.items()}, ALL)
        assert digest(built) != before

    def test_it_is_the_hash_of_sorted_checksum_lines(self, built: Path) -> None:
        lines = [f"{hashlib.sha256(data).hexdigest()}  {path}\n" for path, data in sorted(FILES.items())]
        assert digest(built) == hashlib.sha256("".join(lines).encode()).hexdigest()


NAMES = st.sampled_from(["a", "b", "c.yaml", "d.yaml"])
TREES = st.dictionaries(
    st.lists(NAMES, min_size=1, max_size=3).map("/".join), st.binary(max_size=3), max_size=8
).filter(lambda files: not any(f"{path}/{name}" in files for path in files for name in "abcd"))


def consistent(files: dict[str, bytes]) -> bool:
    return not any(other.startswith(f"{path}/") for path in files for other in files)


@settings(deadline=None, max_examples=60)
@given(TREES.filter(consistent), TREES.filter(consistent))
def test_writing_over_an_older_tree_equals_a_fresh_one(old: dict[str, bytes], new: dict[str, bytes]) -> None:
    with TemporaryDirectory() as folder:
        over, fresh = Path(folder, "over"), Path(folder, "fresh")
        write(over, old, ALL)
        foreseen = compare(over, new, ALL)
        assert write(over, new, ALL) == foreseen
        write(fresh, new, ALL)
        assert objects(over) == new
        assert digest(over) == digest(fresh)
        assert _names(over) == _names(fresh)
        assert compare(over, new, ALL) == Changes()


def _names(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*")}


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=40))
def test_a_path_is_refused_or_stays_below_the_root(path: str) -> None:
    with TemporaryDirectory() as folder:
        root = Path(folder, "in", "generated")
        try:
            write(root, {path: b"x"}, ALL)
        except TreeError:
            assert not root.exists()
        else:
            assert objects(root) == {path: b"x"}
        assert {entry.name for entry in Path(folder).iterdir()} <= {"in"}
