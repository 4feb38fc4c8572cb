"""A build that is killed at any of its operations leaves the old tree or the new one."""

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from dharma import tree
from dharma.tree import TreeError, compare, digest, recover, write

OLD = {
    "a/changed.yaml": b"old\n" * 40,
    "a/kept.yaml": b"kept\n",
    "a/removed.yaml": b"removed\n",
    "gone/one.yaml": b"1\n",
    "gone/deep/two.yaml": b"2\n",
    "turns": b"a file\n",
    "turned/file.yaml": b"in a folder\n",
}
NEW = {
    "a/changed.yaml": b"new\n" * 40,
    "a/kept.yaml": b"kept\n",
    "a/added.yaml": b"added\n",
    "fresh/deep/three.yaml": b"3\n",
    "turns/file.yaml": b"now in a folder\n",
    "turned": b"now a file\n",
}
FOREIGN = "a/notes.md"

Snapshot = dict[str, bytes | None]
Writer = Callable[[Path, Mapping[str, bytes]], object]


def build(root: Path, files: Mapping[str, bytes]) -> object:
    return write(root, files, [""])


def naive(root: Path, files: Mapping[str, bytes]) -> object:
    """A writer without a transaction, to prove that the harness notices one."""
    for name in ("gone/deep/two.yaml", "gone/one.yaml", "a/removed.yaml", "turns", "turned/file.yaml"):
        (root / name).unlink()
    for name in ("gone/deep", "gone", "turned"):
        (root / name / tree.INDEX).unlink()
        (root / name).rmdir()
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    return None


def snapshot(root: Path) -> Snapshot:
    return {
        path.relative_to(root).as_posix(): path.read_bytes() if path.is_file() else None
        for path in root.rglob("*")
    }


def start(root: Path) -> Path:
    build(root, OLD)
    (root / FOREIGN).write_text("mine")
    return root


def in_child(action: Callable[[], object]) -> int:
    """Runs the action in a fork; its wait status: 0, 256 for a `TreeError`, or the signal that killed it."""
    child = os.fork()
    if child == 0:
        code = 70
        try:
            action()
            code = 0
        except TreeError:
            code = 1
        finally:
            os._exit(code)
    return os.waitpid(child, 0)[1]


def kill_at(operation: int, action: Callable[[], object]) -> bool:
    """Whether the action was killed at its n-th operation on the filesystem; False if it has fewer."""

    def armed() -> None:
        _arm(operation)
        action()

    status = in_child(armed)
    assert status in (0, signal.SIGKILL)
    return status == signal.SIGKILL


def _arm(operation: int) -> None:
    """Counts every audited operation and every write; a killed write has written half of its bytes."""
    left, write_all = operation, os.write

    def count() -> bool:
        nonlocal left
        left -= 1
        return left < 0

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def hook(event: str, _: tuple[Any, ...]) -> None:
        if (
            (event == "open" or event.startswith(("os.", "ctypes.", "fcntl.")))
            and event != "os.kill"
            and count()
        ):
            die()

    def half(fd: int, content: bytes) -> int:
        if count():
            write_all(fd, content[: len(content) // 2])
            die()
        return write_all(fd, content)

    vars(os).update(write=half)
    sys.addaudithook(hook)


def crashes(folder: Path, writer: Writer = build, files: Mapping[str, bytes] = NEW) -> Iterator[Path]:
    """One tree for each operation of the writer, killed there."""
    for operation in range(10_000):
        root = start(folder / f"{operation}")
        if not kill_at(operation, partial(writer, root, files)):
            assert operation > 10
            return
        yield root


@pytest.fixture
def states(tmp_path: Path) -> list[Snapshot]:
    """The old tree and the new one."""
    old = start(tmp_path / "old")
    new = start(tmp_path / "new")
    build(new, NEW)
    return [snapshot(old), snapshot(new)]


def test_after_recovery_a_killed_build_left_the_old_tree_or_the_new_one(
    tmp_path: Path, states: list[Snapshot]
) -> None:
    seen = []
    for root in crashes(tmp_path / "trees"):
        recover(root)
        seen.append(states.index(snapshot(root)))
        build(root, NEW)
        assert snapshot(root) == states[1]
    assert seen == sorted(seen)
    assert set(seen) == {0, 1}


def test_the_harness_catches_a_writer_without_a_transaction(tmp_path: Path, states: list[Snapshot]) -> None:
    def is_half(root: Path) -> bool:
        recover(root)
        found = snapshot(root)
        return all(
            any(found.get(path) != content for path, content in state.items() if tree.INDEX not in path)
            for state in states
        )

    assert any(map(is_half, crashes(tmp_path / "trees", naive)))


def test_the_harness_reaches_the_moment_in_which_the_tree_is_half_done(
    tmp_path: Path, states: list[Snapshot]
) -> None:
    def visible(root: Path) -> Snapshot:
        return {
            path: data for path, data in snapshot(root).items() if not path.startswith(".dharma-staging-")
        }

    assert any(visible(root) not in states for root in crashes(tmp_path / "trees"))


@pytest.mark.parametrize("mend", ["compare", "digest", "build old", "build part"])
def test_whatever_runs_next_mends_the_tree(tmp_path: Path, states: list[Snapshot], mend: str) -> None:
    for root in crashes(tmp_path / "trees"):
        if mend == "compare":
            assert bool(compare(root, NEW, [""]).stale) == (snapshot(root) != states[1])
        elif mend == "digest":
            digest(root)
        elif mend == "build part":
            write(root, {}, ["elsewhere"])
        else:
            build(root, OLD)
            assert snapshot(root) == states[0]
        assert snapshot(root) in states


def test_a_recovery_may_be_killed_too(tmp_path: Path, states: list[Snapshot]) -> None:
    def half_done() -> Iterator[Path]:
        for root in crashes(tmp_path / "trees"):
            if list(root.glob(".dharma-staging-*/journal")):
                yield root

    trees = half_done()
    for operation, root in enumerate(trees):
        kill_at(operation, partial(recover, root))
        kill_at(operation // 2, partial(recover, root))
        recover(root)
        assert snapshot(root) == states[1]
    assert operation > 10


def test_every_operation_of_a_recovery_may_be_its_last(tmp_path: Path, states: list[Snapshot]) -> None:
    commit = next(
        operation
        for operation in range(10_000)
        for root in [start(tmp_path / f"search-{operation}")]
        if kill_at(operation, partial(build, root, NEW)) and list(root.glob(".dharma-staging-*/journal"))
    )
    for operation in range(10_000):
        root = start(tmp_path / f"{operation}")
        assert kill_at(commit, partial(build, root, NEW))
        killed = kill_at(operation, partial(recover, root))
        recover(root)
        assert snapshot(root) == states[1]
        if not killed:
            break
    assert operation > 10


def test_a_build_killed_at_any_time_left_the_old_tree_or_the_new_one(tmp_path: Path) -> None:
    root, chance = tmp_path / "generated", random.Random(7)
    trees = [{f"{n % 7}/{n}.yaml": f"{n}{word}".encode() for n in range(400)} for word in ("old", "new")]
    build(root, trees[0])
    for _ in range(25):
        child = os.fork()
        if child == 0:
            build(root, trees[1])
            os._exit(0)
        time.sleep(chance.uniform(0, 0.1))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        recover(root)
        files = {path: data for path, data in snapshot(root).items() if data and tree.INDEX not in path}
        assert files in trees
        build(root, trees[0])


def test_of_two_builds_at_once_one_wins_whole_and_the_other_says_why(tmp_path: Path) -> None:
    root = tmp_path / "generated"
    trees = [{f"{n}.yaml": word * 100 for n in range(150)} for word in (b"one", b"two")]
    for _ in range(10):
        children = []
        for files in trees:
            child = os.fork()
            if child == 0:
                os._exit(in_child(partial(build, root, files)) >> 8)
            children.append(child)
        codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        assert 0 in codes
        assert set(codes) <= {0, 1}
        won = {path: data for path, data in snapshot(root).items() if path != tree.INDEX}
        assert won in [files for files, code in zip(trees, codes, strict=True) if code == 0]


def committed(root: Path) -> Path:
    """A tree whose build was killed right after its commit."""
    for operation in range(10_000):
        if not (root.exists() and list(root.glob(".dharma-staging-*"))):
            start(root)
        if kill_at(operation, partial(build, root, NEW)) and list(root.glob(".dharma-staging-*/journal")):
            return root
        recover(root)
    raise AssertionError


def test_a_file_put_in_the_way_of_a_half_done_build_is_not_overwritten(tmp_path: Path) -> None:
    root = committed(tmp_path / "generated")
    (root / "a/added.yaml").write_text("mine")
    with pytest.raises(TreeError, match=r"a/added\.yaml: appeared while a build was half done"):
        recover(root)
    assert (root / "a/added.yaml").read_text() == "mine"
    (root / "a/added.yaml").unlink()
    recover(root)
    assert (root / "a/added.yaml").read_bytes() == NEW["a/added.yaml"]


def test_a_file_put_where_a_half_done_build_removed_one_stays(tmp_path: Path) -> None:
    tried = 0
    for root in crashes(tmp_path / "trees"):
        mine = root / "a/removed.yaml"
        if list(root.glob(".dharma-staging-*")) and not mine.exists():
            mine.write_text("mine")
            recover(root)
            assert mine.read_text() == "mine"
            tried += 1
    assert tried > 10


def test_a_link_put_in_the_way_of_a_half_done_build_is_not_followed(tmp_path: Path) -> None:
    root, outside = committed(tmp_path / "generated"), tmp_path / "outside"
    (outside / "deep").mkdir(parents=True)
    (root / "fresh").symlink_to(outside)
    with pytest.raises(TreeError, match="symbolic link"):
        recover(root)
    assert snapshot(outside) == {"deep": None}


def test_staging_is_private_and_ignored_by_git(tmp_path: Path) -> None:
    root = committed(tmp_path / "generated")
    (staging,) = root.glob(".dharma-staging-*")
    assert staging.stat().st_mode & 0o777 == 0o700
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    command = ["git", "-C", str(tmp_path), "status", "--porcelain", "--untracked-files=all"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "generated/a/" in listed
    assert "staging" not in listed


@pytest.mark.parametrize(
    "journal",
    [
        b"",
        b"[]",
        b'{"create": [], "replace": [], "remove": 1, "emptied": []}',
        json.dumps({"create": [], "replace": [], "remove": ["../precious"], "emptied": []}).encode(),
        json.dumps({"create": [], "replace": ["/precious"], "remove": [], "emptied": []}).encode(),
    ],
    ids=["empty", "list", "number", "parent", "absolute"],
)
def test_a_journal_that_dharma_cannot_have_written_is_refused(tmp_path: Path, journal: bytes) -> None:
    (tmp_path / "precious").write_text("precious")
    root = start(tmp_path / "generated")
    staging = root / ".dharma-staging-0"
    staging.mkdir(mode=0o700)
    (staging / "journal").write_bytes(journal)
    with pytest.raises(TreeError, match="was not written by Dharma"):
        recover(root)
    assert (tmp_path / "precious").read_text() == "precious"


def test_a_staging_folder_that_others_may_write_is_refused(tmp_path: Path) -> None:
    root = start(tmp_path / "generated")
    (root / ".dharma-staging-0").mkdir(mode=0o755)
    with pytest.raises(TreeError, match="no staging folder of this user"):
        recover(root)


def test_a_full_disk_leaves_the_old_tree_and_no_staging(tmp_path: Path) -> None:
    root = start(tmp_path / "generated")
    before = snapshot(root)

    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))
        build(root, NEW)

    assert os.waitstatus_to_exitcode(in_child(limited)) == 1
    assert snapshot(root) == before


def test_a_folder_that_cannot_be_written_stops_the_build_before_its_commit() -> None:
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        root, nobody = Path(folder, "generated"), 65534

        def unprivileged(action: Callable[[], object]) -> Callable[[], object]:
            def run() -> None:
                if os.getuid() == 0:
                    os.setuid(nobody)
                action()

            return run

        assert in_child(unprivileged(partial(start, root))) == 0
        (root / "gone/deep").chmod(0o555)
        before = snapshot(root)
        assert os.waitstatus_to_exitcode(in_child(unprivileged(partial(build, root, NEW)))) == 1
        assert snapshot(root) == before
        (root / "gone/deep").chmod(0o755)
