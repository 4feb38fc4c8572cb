"""Deploy branches: what each target was given, as commits that hold its tree and name their source.

A deploy commit holds the target's folder of the generated tree, at the path that Argo CD reads, and
nothing else. Its trailers are `Source`, `Target` and, after a rollback, `Pinned: true`. Branches move all
together or not at all, and only from the commit that was read. Where there is a remote, its branches count
and are the ones that move; otherwise the local ones.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dharma.delivery.git import Git
from dharma.errors import DharmaError, InputError, Problem, RefusedError, ToolError
from dharma.target import Target

SOURCE, TARGET, PINNED = "Source", "Target", "Pinned"

_SHA = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_DEFAULT = re.compile(r"ref: refs/heads/(\S+)\tHEAD")
_STALE = re.compile(
    "stale info|fetch first|non-fast-forward|cannot lock ref|incorrect old value|reference already exists"
)


@dataclass(frozen=True, slots=True)
class Deployed:
    """The tip of a target's branch.

    `branch` is that of a former name from a rename to the next promotion; `source` is the commit of the
    default branch that the target was given. `here` and `there` are where the local and the remote branch
    were when they were read, empty where there is none.
    """

    branch: str
    here: str
    there: str
    commit: str
    tree: str
    source: str
    pinned: bool


@dataclass(frozen=True, slots=True)
class Move:
    """One branch to a new commit from where it was read, here and at the remote; empty for nowhere."""

    branch: str
    new: str
    here: str = ""
    there: str = ""


@dataclass(frozen=True, slots=True)
class Branches:
    """The deploy branches and the default branch of a repository; `remote` is empty without one."""

    git: Git
    remote: str = ""
    pushes: bool = False

    @classmethod
    def around(cls, folder: Path, remote: str = "origin", *, push: bool | None = None) -> Branches:
        """Those of the repository that holds a folder; they are pushed if there is such a remote."""
        git = Git.around(folder)
        present = remote in git.run("remote").split("\n")
        if push and not present:
            mend = "Name one with --remote, or write local branches with --no-push."
            raise InputError([Problem(f"remote {remote!a}", "is not there", mend)])
        return cls(git, remote if present else "", present if push is None else push)

    def fetch(self, prefixes: Collection[str] = ()) -> None:
        """Read the remote's default branch, or its branches below some prefixes; nothing without pushes."""
        if not self.pushes:
            return
        below = f"refs/remotes/{self.remote}"
        wanted = [f"+refs/heads/{prefix}/*:{below}/{prefix}/*" for prefix in sorted(prefixes)]
        found = (
            None if wanted else _DEFAULT.search(self.git.run("ls-remote", "--symref", self.remote, "HEAD"))
        )
        if found:
            wanted = [f"+refs/heads/{found[1]}:{below}/{found[1]}"]
        if wanted:
            self.git.run("fetch", "--quiet", "--no-tags", "--prune", self.remote, *wanted)
        if found:
            self.git.run("symbolic-ref", f"{below}/HEAD", f"{below}/{found[1]}")

    def default(self) -> str:
        """The tip of the default branch: the remote's where there is one, else main or master."""
        tracked = [f"refs/remotes/{self.remote}/{name}" for name in ("HEAD", "main", "master")]
        local = ["refs/heads/main", "refs/heads/master"]
        for name in tracked if self.remote else local:
            if found := self.git.commit(name):
                return found
        what = f"finds no default branch{f' of remote {self.remote}' if self.remote else ''}"
        raise InputError(
            [Problem(str(self.git.folder), what, "It is HEAD of the remote, or main or master.")]
        )

    def source(self, name: str) -> str:
        """The commit of the default branch that a name stands for; its tip for an empty one."""
        tip = self.default()
        found = self.git.commit(name) if name else tip
        if not found:
            mend = "Name a branch, tag or commit that was fetched."
            raise InputError([Problem(f"source {name!a}", "names no commit of this repository", mend)])
        if not self.git.within(found, tip):
            mend = "Merge it first; in a shallow clone, fetch more history."
            what = f"is no commit of the default branch, whose tip is {tip[:12]}"
            raise InputError([Problem(f"source {found[:12]}", what, mend)])
        return found

    def deployed(self, targets: Iterable[Target]) -> dict[str, Deployed]:
        """What each target was given, by its name; those that were given nothing are left out."""
        found: dict[str, Deployed] = {}
        problems: list[Problem] = []
        for target in targets:
            try:
                tip = next(filter(None, map(self._deployed, branches_of(target))), None)
            except InputError as error:
                problems.extend(error.problems)
                continue
            if tip is not None:
                found[target.name] = tip
        if problems:
            raise InputError(problems)
        return found

    def tree(self, target: Target, source: str) -> str:
        """The tree that a target is given of a source; empty where the source has nothing for it."""
        path = path_of(target)
        folder = self.git.folder_at(source, path)
        return self.git.wrapped(folder, path) if folder else ""

    def commit(self, target: Target, tree: str, source: str, parent: str, *, pinned: bool) -> str:
        """A deploy commit, on no branch yet; as who Git says the user is."""
        verb = "Roll back" if pinned else "Promote"
        trailers = [f"{SOURCE}: {source}", f"{TARGET}: {target.name}", *[f"{PINNED}: true"] * pinned]
        text = f"{verb} {target.name} to {source[:12]}\n\n" + "\n".join(trailers) + "\n"
        return self.git.run("commit-tree", tree, *(("-p", parent) if parent else ()), "-F", "-", text=text)

    def advance(self, moves: Sequence[Move]) -> None:
        """Move branches, all or none; RefusedError where one is no longer where it was read."""
        if self.pushes:
            self._push(moves)
        else:
            self._free(moves)
            none = "0" * len(moves[0].new)
            self._update(moves, [f"{_local(one.branch)} {one.new} {one.here or none}" for one in moves])

    def _deployed(self, branch: str) -> Deployed | None:
        here, there = self._at(_local(branch)), self._at(self._tracked(branch))
        commit = self._newer(branch, here, there)
        if not commit:
            return None
        keys = "%x00".join(f"%(trailers:key={key},valueonly,separator=%x2C)" for key in (SOURCE, PINNED))
        tree, source, pinned = self.git.run("show", "-s", f"--format=%T%x00{keys}", commit).split("\0")
        if not _SHA.fullmatch(source) or not self.git.commit(source):
            what = f"ends in {commit[:12]}, whose trailer Source names no commit of this repository"
            mend = "Deploy branches are written by `dharma promote` alone: revert what was added by hand."
            raise InputError([Problem(branch, what, mend)])
        return Deployed(branch, here, there, commit, tree, source, pinned == "true")

    def _newer(self, branch: str, here: str, there: str) -> str:
        """The newer of the local and the remote branch; InputError where they have parted."""
        if not (here and there):
            return there or here
        if self.git.within(here, there):
            return there
        if self.git.within(there, here):
            return here
        what = f"is {here[:12]} here and {there[:12]} at {self.remote}, and neither continues the other"
        raise InputError([Problem(branch, what, f"Drop the local one: git branch -D {branch}")])

    def _at(self, ref: str) -> str:
        return self.git.commit(ref) if ref else ""

    def _tracked(self, branch: str) -> str:
        return f"refs/remotes/{self.remote}/{branch}" if self.remote else ""

    def _push(self, moves: Sequence[Move]) -> None:
        leases = [f"--force-with-lease={_local(one.branch)}:{one.there}" for one in moves]
        refs = [f"{move.new}:{_local(move.branch)}" for move in moves]
        done = self.git.attempt("push", "--porcelain", "--atomic", *leases, self.remote, *refs)
        if done.returncode:
            raise _failed(moves, f"{done.stdout}\n{done.stderr}")
        self._update(moves, [f"{self._tracked(move.branch)} {move.new}" for move in moves])

    def _update(self, moves: Sequence[Move], updates: Sequence[str]) -> None:
        text = "\n".join(["start", *(f"update {update}" for update in updates), "prepare", "commit"]) + "\n"
        done = self.git.attempt("update-ref", "--stdin", text=text)
        if done.returncode:
            raise _failed(moves, done.stderr)

    def _free(self, moves: Sequence[Move]) -> None:
        head = self.git.attempt("symbolic-ref", "--quiet", "HEAD").stdout.strip()
        busy = [move.branch for move in moves if _local(move.branch) == head]
        if busy:
            raise InputError(
                Problem(branch, "is checked out here", "Check out another branch.") for branch in busy
            )


def branches_of(target: Target) -> Iterator[str]:
    """The target's branch, then those of its former names, the latest first."""
    yield target.branch
    for name in reversed(target.cluster.moved):
        yield f"{target.gitops.branch_prefix}/{name.replace('/', '.')}"


def path_of(target: Target) -> str:
    """Where Argo CD reads the target's files in the repository."""
    return f"{target.gitops.path.strip('/')}/{target.name}"


def _local(branch: str) -> str:
    return f"refs/heads/{branch}"


def _failed(moves: Sequence[Move], said: str) -> DharmaError:
    names = ", ".join(move.branch for move in moves)
    lines = [line.strip() for line in said.splitlines() if line.strip() and line[:3] not in {"To ", "Don"}]
    why = "; ".join(lines)
    if _STALE.search(said):
        what = f"moved while this was prepared, so nothing was written: {why}"
        return RefusedError([Problem(names, what, "Somebody else promotes; look, and run it again.")])
    return ToolError([Problem(names, why or "did not move", "Nothing was written.")])
