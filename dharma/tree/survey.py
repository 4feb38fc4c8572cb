"""What is there: a walk of the scopes that finds each path which differs from what is wanted."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from dharma.tree.folder import child, descended, entries, equals, sha256
from dharma.tree.index import INDEX, listing
from dharma.tree.layout import STAGING, folders
from dharma.tree.path import ancestors, join, split
from dharma.tree.problem import TreeError, TreeProblem


@dataclass(frozen=True, slots=True)
class Changes:
    """Sorted paths by what a build does with them.

    `edited` are paths of `changed` and `removed` that were altered by hand; `foreign` are left alone.
    An index is named only if nothing else changes in its folder.
    """

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()

    @property
    def stale(self) -> bool:
        """Whether a build would write something."""
        return bool(self.added or self.changed or self.removed or self.edited)


@dataclass(slots=True)
class Survey:
    """The findings, indexes included; `emptied` are folders that lose their last entry, deepest first."""

    wanted: Mapping[str, bytes]
    needed: set[str]
    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    edited: list[str] = field(default_factory=list)
    emptied: list[str] = field(default_factory=list)
    found: set[str] = field(default_factory=set)
    problems: list[TreeProblem] = field(default_factory=list)

    def touched(self) -> list[str]:
        """Every file that a build would write or remove."""
        return [*self.added, *self.changed, *self.removed]

    def changes(self) -> Changes:
        """The lists, sorted, without the indexes that only follow another change."""
        hidden = {join(folder, INDEX) for folder, name in map(split, self.touched()) if name != INDEX}
        lists = (self.added, self.changed, self.removed, self.foreign, self.edited)
        return Changes(*(tuple(sorted(set(paths) - hidden)) for paths in lists))

    def visit(self, fd: int, folder: str) -> bool:
        """Whether the folder will still hold something afterwards."""
        listed, problems = listing(fd, folder)
        self.problems += problems
        alive = folder in self.needed
        for entry in entries(fd):
            path = join(folder, entry.name)
            if entry.is_dir(follow_symlinks=False):
                alive |= not path.startswith(STAGING) and self._subfolder(fd, path)
            elif entry.is_file(follow_symlinks=False):
                alive |= self._file(fd, path, listed.get(entry.name))
            else:
                self._special(path, entry.is_symlink(), ours=entry.name in listed)
                alive = True
        if not alive:
            self.emptied.append(folder)
        return alive

    def _subfolder(self, parent: int, path: str) -> bool:
        with child(parent, split(path)[1]) as fd:
            alive = self.visit(fd, path)
        if alive and path in self.wanted:
            self._blocked(path, "is a folder with files that Dharma did not write")
        return alive

    def _file(self, fd: int, path: str, hashes: set[str] | None) -> bool:
        """Whether a file stays; `hashes` is None if Dharma did not write it."""
        name = split(path)[1]
        wanted = self.wanted.get(path)
        if wanted is not None:
            self.found.add(path)
            if equals(fd, name, wanted):
                return True
        if hashes is None:
            self._foreign(path)
            return True
        (self.removed if wanted is None else self.changed).append(path)
        if name != INDEX and sha256(fd, name) not in hashes:
            self.edited.append(path)
        return wanted is not None

    def _special(self, path: str, link: bool, *, ours: bool) -> None:
        if ours or path in self.needed or path in self.wanted or split(path)[1] == INDEX:
            self._blocked(
                path, "is a symbolic link, which is never followed" if link else "is no regular file"
            )
        else:
            self._foreign(path)

    def _foreign(self, path: str) -> None:
        if path in self.wanted:
            self._blocked(path, "is a file that Dharma did not write")
        elif path in self.needed:
            self._blocked(path, "is a file that Dharma did not write, where a folder is wanted")
        else:
            self.foreign.append(path)

    def _blocked(self, path: str, what: str) -> None:
        self.found.add(path)
        self.problems.append(TreeProblem(path, f"{what}: move it or remove it, then run again"))


def surveyed(root: int | None, wanted: Mapping[str, bytes], scopes: Sequence[str]) -> Survey:
    """A finished walk; raises `TreeError` for whatever is in the way of a build."""
    found = Survey(wanted, folders(wanted))
    if root is not None:
        for scope in _outermost(scopes):
            _visit(found, root, scope)
    found.added = sorted(wanted.keys() - found.found)
    if root is not None:
        found.problems += _unwritable(root, found.touched())
    if found.problems:
        raise TreeError(sorted(found.problems, key=str))
    return found


def _visit(found: Survey, root: int, scope: str) -> None:
    try:
        with descended(root, scope) as fd:
            alive = found.visit(fd, scope)
    except FileNotFoundError:
        return
    if not alive:
        found.emptied += sorted(ancestors([scope]) - {"", scope}, reverse=True)


def _outermost(scopes: Sequence[str]) -> list[str]:
    return sorted(scope for scope in set(scopes) if not ancestors([scope]) & set(scopes) - {scope})


def _unwritable(root: int, paths: Iterable[str]) -> Iterator[TreeProblem]:
    """Folders in which a committed build would get stuck."""
    device = os.fstat(root).st_dev
    for folder in sorted({split(path)[0] for path in paths}):
        with descended(root, folder, nearest=True) as fd:
            if not os.access(".", os.W_OK | os.X_OK, dir_fd=fd):
                yield TreeProblem(folder or ".", "is not writable: change its owner or mode")
            if os.fstat(fd).st_dev != device:
                yield TreeProblem(folder or ".", "is on another filesystem than the root: unmount it")
