"""Git: the plumbing that delivery runs; neither work tree nor index is ever touched."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from git import InvalidGitRepositoryError, NoSuchPathError, Repo

from dharma.errors import InputError, Problem, ToolError

REGULAR = {"100644", "100755"}
_SILENT = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
_PLACES = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"}
"""Set inside Git's hooks, where they would lead to another repository."""
_LONGEST = 600


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a tree; `path` is relative to the tree."""

    mode: str
    sha: str
    path: str


@dataclass(frozen=True, slots=True)
class Git:
    """A repository; ToolError where a command fails that should not."""

    folder: Path

    @classmethod
    def around(cls, folder: Path) -> Git:
        """The repository that holds a folder, which need not exist yet."""
        here = next(path for path in (folder, *folder.parents) if path.is_dir())
        try:
            with Repo(here, search_parent_directories=True) as repository:
                return cls(Path(repository.working_tree_dir or repository.git_dir).resolve())
        except (InvalidGitRepositoryError, NoSuchPathError):
            mend = "Go to the checkout of the platform repository."
            raise InputError([Problem(str(folder), "is in no Git repository", mend)]) from None

    def run(self, *arguments: str, text: str = "") -> str:
        """What a command prints, without the last line end."""
        done = self.attempt(*arguments, text=text)
        if done.returncode:
            said = (done.stderr or done.stdout).strip()
            raise ToolError([Problem(f"git {arguments[0]}", said or f"exit code {done.returncode}")])
        return done.stdout.removesuffix("\n")

    def attempt(self, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
        """A command that may fail; it never asks for a password and ends after ten minutes."""
        try:
            return subprocess.run(
                ["git", *arguments],
                cwd=self.folder,
                input=text,
                env=_environment(),
                capture_output=True,
                encoding="utf-8",
                errors="surrogateescape",
                check=False,
                timeout=_LONGEST,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ToolError([Problem(f"git {arguments[0]}", str(error))]) from None

    def commit(self, name: str) -> str:
        """The commit that a name stands for; empty for none."""
        done = self.attempt("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        return done.stdout.strip() if done.returncode == 0 else ""

    def folder_at(self, commit: str, path: str) -> str:
        """The tree of a folder in a commit; empty where it has none."""
        found = self.run("ls-tree", "--full-tree", "-d", "-z", commit, path)
        return found.partition("\t")[0].rpartition(" ")[2]

    def within(self, older: str, newer: str) -> bool:
        """Whether one commit is the other or one of its ancestors."""
        return self.attempt("merge-base", "--is-ancestor", older, newer).returncode == 0

    def entries(self, tree: str) -> tuple[Entry, ...]:
        """Every file in and below a tree, submodules and links among them."""
        lines = self.run("ls-tree", "-r", "-z", tree).split("\0")
        split = (line.partition("\t") for line in lines if line)
        return tuple(Entry(*_mode_and_sha(head), path) for head, _, path in split)

    def contents(self, entries: Sequence[Entry]) -> list[bytes]:
        """The bytes of files, in their order."""
        done = subprocess.run(
            ["git", "cat-file", "--batch"],
            cwd=self.folder,
            input="".join(f"{entry.sha}\n" for entry in entries).encode(),
            env=_environment(),
            capture_output=True,
            check=False,
            timeout=_LONGEST,
        )
        if done.returncode:
            raise ToolError([Problem("git cat-file", done.stderr.decode(errors="replace").strip())])
        return list(_batch(done.stdout))

    def wrapped(self, tree: str, path: str) -> str:
        """The tree that holds another at a path and nothing else."""
        for name in reversed([part for part in path.split("/") if part]):
            tree = self.run("mktree", "-z", text=f"040000 tree {tree}\t{name}\0")
        return tree


@contextmanager
def laid_out(git: Git, entries: Sequence[Entry], below: str) -> Iterator[Path]:
    """A private folder that holds files at their paths under `below`, while the context lasts.

    The names come from Git's objects, which can hold `..`; such an entry is an error.
    """
    with tempfile.TemporaryDirectory(prefix="dharma-") as name:
        root = Path(name).resolve()
        for entry, content in zip(entries, git.contents(entries), strict=True):
            path = root / below / entry.path
            if not path.resolve().is_relative_to(root):
                raise ToolError([Problem(ascii(entry.path), "leads out of its tree")])
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        (root / below).mkdir(parents=True, exist_ok=True)
        yield root


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in _PLACES} | _SILENT


def _mode_and_sha(head: str) -> tuple[str, str]:
    mode, _, sha = head.split()
    return mode, sha


def _batch(text: bytes) -> Iterator[bytes]:
    start = 0
    while start < len(text):
        end = text.index(b"\n", start)
        size = int(text[start:end].split()[2])
        yield text[end + 1 : end + 1 + size]
        start = end + size + 2
