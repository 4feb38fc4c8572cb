"""Hooks and merge driver with real Git: branches that both changed generated/ are merged and rebased."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dharma.hooks import ATTRIBUTES, MARK, NAMES

DIGEST = "sha256:" + "1" * 64


class Platform:
    """A platform repository with hooks."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=self.root, env=_environment(), capture_output=True, text=True, check=False
        )

    def git(self, *arguments: str) -> str:
        done = self.run("git", "-c", "core.editor=true", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def dharma(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run(
            sys.executable, "-c", "import sys; from dharma.cli import main; main(sys.argv[1:])", *arguments
        )

    def replace(self, name: str, old: str, new: str) -> None:
        path = self.root / "environments" / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def service(self, name: str) -> None:
        self.dharma("new", "service", name, "--tenant", "demo")
        self.dharma("set", "image", name, DIGEST)

    def commit(self, message: str) -> subprocess.CompletedProcess[str]:
        self.git("add", "--all")
        return self.run("git", "commit", "--quiet", "--message", message)

    def branch(self, name: str, change) -> None:
        self.git("switch", "--quiet", "--create", name, "main")
        change()
        assert self.dharma("build").returncode == 0
        done = self.commit(name)
        assert done.returncode == 0, done.stdout + done.stderr

    def settled(self) -> None:
        """Nothing is left over, no marker is anywhere, and a build changes nothing."""
        assert self.git("status", "--porcelain") == ""
        assert self.run("git", "grep", "-qE", "^(<{7}|>{7})").returncode == 1
        built = self.dharma("build", "--check")
        assert built.returncode == 0, built.stdout


def _environment() -> dict[str, str]:
    names = {"GIT_AUTHOR_NAME": "Test", "GIT_COMMITTER_NAME": "Test"}
    mails = {"GIT_AUTHOR_EMAIL": "test@localhost", "GIT_COMMITTER_EMAIL": "test@localhost"}
    return (
        os.environ
        | names
        | mails
        | {"PYTHONPATH": str(Path(__file__).parents[2]), "GIT_CONFIG_GLOBAL": os.devnull}
    )


@pytest.fixture
def bare(tmp_path):
    (tmp_path / "p").mkdir()
    made = Platform(tmp_path / "p")
    assert made.dharma("init", ".").returncode == 0
    made.dharma("set", "image", "hello", DIGEST)
    made.dharma("build")
    made.git("init", "--quiet", "--initial-branch", "main")
    made.commit("start")
    return made


@pytest.fixture
def platform(bare):
    assert bare.dharma("hooks", "install").returncode == 0
    assert bare.commit("hooks").returncode == 0
    return bare


@pytest.fixture
def forked(platform):
    """Branches that change the same generated files and indexes."""

    def one() -> None:
        platform.service("alpha")
        platform.replace("base.yaml", "replicas: {min: 2", "replicas: {min: 3")

    def two() -> None:
        platform.service("beta")
        platform.replace("base.yaml", "availability: 99.5", "availability: 99.9")

    platform.branch("one", one)
    platform.branch("two", two)
    return platform


@pytest.mark.slow
def test_a_merge_commit_holds_the_tree_of_the_merged_declarations(forked):
    forked.git("merge", "--no-edit", "one")
    forked.settled()
    assert len(forked.git("rev-list", "--parents", "--max-count=1", "HEAD").split()) == 3
    assert forked.git("log", "--format=%s", "--max-count=1").startswith("Merge branch 'one'")
    merged = forked.git("rev-parse", "HEAD:generated")
    forked.git("switch", "--quiet", "one")
    forked.git("merge", "--no-edit", "two^1")
    forked.settled()
    assert forked.git("rev-parse", "HEAD:generated") == merged


@pytest.mark.slow
def test_a_rebased_branch_ends_with_the_tree_of_its_declarations(forked):
    forked.git("rebase", "one")
    forked.settled()
    assert forked.git("log", "--format=%s", "--max-count=2").split() == ["two", "one"]


@pytest.mark.slow
def test_without_the_driver_the_same_merge_conflicts(forked):
    (forked.root / ".git/info/attributes").write_text("generated/** !merge\n")
    assert forked.run("git", "merge", "--no-edit", "one").returncode == 1
    assert "generated/" in forked.git("diff", "--name-only", "--diff-filter=U")
    assert forked.dharma("hooks", "rebuild").returncode == 0
    forked.git("commit", "--no-edit")
    forked.settled()


@pytest.mark.slow
def test_a_conflict_of_declarations_is_the_users_and_its_commit_rebuilds_the_tree(forked):
    forked.git("switch", "--quiet", "--create", "three", "main")
    forked.replace("base.yaml", "replicas: {min: 2", "replicas: {min: 4")
    forked.dharma("build")
    assert forked.commit("three").returncode == 0
    assert forked.run("git", "merge", "one").returncode == 1
    path = forked.root / "environments/base.yaml"
    forked.git("checkout", "--theirs", "environments/base.yaml")
    assert "min: 3" in path.read_text()
    forked.git("add", "environments")
    forked.git("commit", "--no-edit")
    forked.settled()


@pytest.mark.slow
def test_a_commit_of_a_stale_tree_is_refused_and_the_tree_built(platform):
    platform.service("alpha")
    done = platform.commit("alpha")
    assert done.returncode == 1
    assert "git add --all generated" in done.stderr
    assert platform.commit("alpha").returncode == 0
    platform.settled()


@pytest.mark.slow
def test_a_commit_that_is_denied_is_refused_and_says_why(platform):
    platform.dharma("new", "service", "alpha", "--tenant", "demo")
    platform.dharma("build")
    done = platform.commit("alpha")
    assert done.returncode == 1
    assert "images/placeholder" in done.stdout + done.stderr
    assert platform.git("log", "--format=%s", "--max-count=1") == "hooks"


@pytest.mark.slow
def test_declarations_that_are_only_partly_staged_are_refused(platform):
    platform.replace("base.yaml", "Frankfurt", "Berlin")
    platform.git("add", "--all")
    platform.replace("base.yaml", "Berlin", "Hamburg")
    done = platform.run("git", "commit", "--message", "part")
    assert done.returncode == 1
    assert "not staged" in done.stderr


@pytest.mark.slow
def test_a_linked_work_tree_is_judged_by_its_own_declarations(platform):
    linked = platform.root.parent / "linked tree"
    platform.git("worktree", "add", "--quiet", "-b", "linked", str(linked))
    path = linked / "environments/base.yaml"
    path.write_text(path.read_text().replace("Frankfurt", "Berlin"))
    beside = type(platform)(linked)
    done = beside.commit("base")
    assert done.returncode == 0, done.stdout + done.stderr
    beside.settled()
    assert platform.git("status", "--porcelain") == ""


@pytest.mark.slow
def test_a_commit_of_nothing_relevant_starts_no_python(platform):
    hook = platform.root / ".git/hooks/pre-commit"
    hook.write_text(hook.read_text().replace("exec ", "exec /nonexistent/"))
    (platform.root / "README.md").write_text("# Other\n")
    assert platform.commit("page").returncode == 0
    platform.replace("base.yaml", "Frankfurt", "Berlin")
    assert platform.commit("base").returncode != 0


@pytest.mark.slow
def test_a_warm_commit_is_checked_in_two_seconds_of_cpu(platform):
    platform.service("alpha")
    platform.dharma("build")
    platform.git("add", "--all")
    hook = str(platform.root / ".git/hooks/pre-commit")
    assert platform.run(hook).returncode == 0
    times = []
    for _ in range(3):
        before = os.times()
        assert platform.run(hook).returncode == 0
        after = os.times()
        times.append(
            after.children_user - before.children_user + after.children_system - before.children_system
        )
    assert min(times) < 2


def test_somebodys_hook_is_never_overwritten(bare):
    hook = bare.root / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 0\n")
    done = bare.dharma("hooks", "install")
    assert done.returncode == 2
    assert "dharma hooks run pre-commit" in done.stderr
    assert hook.read_text() == "#!/bin/sh\nexit 0\n"
    assert not (bare.root / ".gitattributes").exists()


def test_hooks_go_where_git_looks_for_them_and_only_there(bare):
    bare.git("config", "core.hooksPath", "tools/hooks")
    assert bare.dharma("hooks", "install").returncode == 0
    assert {path.name for path in (bare.root / "tools/hooks").iterdir()} == set(NAMES)
    assert all(MARK in path.read_text() for path in (bare.root / "tools/hooks").iterdir())
    assert bare.dharma("hooks", "install").returncode == 0
    assert (bare.root / ".gitattributes").read_text().splitlines() == list(ATTRIBUTES)


def test_hooks_of_all_repositories_are_left_alone(bare, tmp_path):
    bare.git("config", "core.hooksPath", str(tmp_path / "everywhere"))
    done = bare.dharma("hooks", "install")
    assert done.returncode == 2
    assert "other repositories" in done.stderr
    assert not (tmp_path / "everywhere").exists()
