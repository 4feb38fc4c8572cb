"""The change itself: staged, committed by a journal, repeatable, and mended by whoever comes next.

A staging folder holds `new-0`, `new-1`, … in the order of the journal's `create` and `replace`, then
`old-0`, … of its `remove`. Without its journal it means nothing.
"""

import json
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from dharma.tree.folder import child, create, descended, exists, is_file, read, sync
from dharma.tree.layout import STAGING
from dharma.tree.path import join, split, unsafe
from dharma.tree.problem import TreeError, TreeProblem
from dharma.tree.survey import Survey

_JOURNAL = "journal"
_OPERATIONS = ("create", "replace", "remove", "emptied")


def transact(root: int, survey: Survey) -> None:
    """Makes the tree what the survey wants; killed at any moment, it leaves a tree that `mend` can mend."""
    operations = (survey.added, survey.changed, survey.removed, survey.emptied)
    journal = dict(zip(_OPERATIONS, operations, strict=True))
    name = STAGING + secrets.token_hex(8)
    os.mkdir(name, 0o700, dir_fd=root)
    with child(root, name) as staging:
        try:
            _stage(staging, journal, survey.wanted)
            os.rename("draft", _JOURNAL, src_dir_fd=staging, dst_dir_fd=staging)
        except BaseException:
            _discard(root, name, staging)
            raise
        os.fsync(staging)
        _apply(root, staging, journal)
        _discard(root, name, staging)


def leftovers(root: int) -> list[str]:
    """Staging folders of builds that were killed or are at work."""
    return sorted(name for name in os.listdir(root) if name.startswith(STAGING))


def mend(root: int) -> None:
    """Rolls each committed leftover forward and discards the others; raises `TreeError` for a strange one."""
    for name in leftovers(root):
        with descended(root, name) as staging:
            status = os.fstat(staging)
            if status.st_uid != os.geteuid() or status.st_mode & 0o077:
                raise TreeError([TreeProblem(name, "is no staging folder of this user: remove it")])
            if exists(staging, _JOURNAL):
                _apply(root, staging, _journal(name, read(staging, _JOURNAL)))
            _discard(root, name, staging)


def _stage(staging: int, journal: Mapping[str, list[str]], wanted: Mapping[str, bytes]) -> None:
    create(staging, ".gitignore", b"*\n")
    for number, path in enumerate([*journal["create"], *journal["replace"]]):
        create(staging, f"new-{number}", wanted[path])
    create(staging, "draft", json.dumps(journal).encode())
    sync(staging)


def _apply(root: int, staging: int, journal: Mapping[str, list[str]]) -> None:
    """What is still staged moves out, what is not yet in moves in: twice is as good as once."""
    staged = set(os.listdir(staging))
    for folder, moves in _moves("old", journal["remove"]):
        _move_away(root, staging, folder, [(old, name) for old, name in moves if old not in staged])
    for path in journal["emptied"]:
        _remove_empty(root, path)
    fresh = set(journal["create"])
    for folder, moves in _moves("new", [*journal["create"], *journal["replace"]]):
        with descended(root, folder, make=True) as fd:
            for new, name in moves:
                path = join(folder, name)
                if new in staged:
                    _move_in(staging, new, fd, path, fresh=path in fresh)
    sync(root)


def _moves(kind: str, paths: Sequence[str]) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """By folder: the name of each file in the staging folder and in its own."""
    numbered = [(f"{kind}-{number}", *split(path)) for number, path in enumerate(paths)]
    for folder, group in groupby(numbered, key=lambda item: item[1]):
        yield folder, [(staged, name) for staged, _, name in group]


def _move_away(root: int, staging: int, folder: str, moves: Sequence[tuple[str, str]]) -> None:
    try:
        with descended(root, folder) as fd:
            for old, name in moves:
                if is_file(fd, name):
                    os.rename(name, old, src_dir_fd=fd, dst_dir_fd=staging)
    except (FileNotFoundError, NotADirectoryError, TreeError):
        return  # a repeated run: the folder went with its last file


def _move_in(staging: int, new: str, fd: int, path: str, *, fresh: bool) -> None:
    name = split(path)[1]
    if fresh and exists(fd, name):
        message = "appeared while a build was half done: move it or remove it, then run again"
        raise TreeError([TreeProblem(path, message)])
    os.rename(new, name, src_dir_fd=staging, dst_dir_fd=fd)


def _remove_empty(root: int, path: str) -> None:
    folder, name = split(path)
    try:
        with descended(root, folder) as fd:
            os.rmdir(name, dir_fd=fd)
    except (OSError, TreeError):
        return  # not empty after all, or already gone


def _journal(staging: str, content: bytes) -> dict[str, list[str]]:
    try:
        journal: dict[str, list[str]] = json.loads(content)
        safe = not any(unsafe(path) for key in _OPERATIONS for path in journal[key])
    except (ValueError, LookupError, TypeError, AttributeError):
        safe = False
    if not safe:
        message = "was not written by Dharma: restore the tree from Git, then remove the folder"
        raise TreeError([TreeProblem(f"{staging}/{_JOURNAL}", message)])
    return journal


def _discard(root: int, name: str, staging: int) -> None:
    """The journal goes first: without it the rest means nothing."""
    for entry in sorted(os.listdir(staging), key=lambda entry: entry != _JOURNAL):
        os.unlink(entry, dir_fd=staging)
    os.rmdir(name, dir_fd=root)
