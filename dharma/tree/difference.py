"""Lines of a unified diff, made safe for a terminal."""

import difflib
from collections.abc import Iterator

from dharma.tree.folder import descended, is_file, read
from dharma.tree.path import split
from dharma.tree.problem import TreeError


def content(root: int, path: str) -> bytes | None:
    """What a path holds, or None if it is no regular file."""
    folder, name = split(path)
    try:
        with descended(root, folder) as fd:
            return read(fd, name) if is_file(fd, name) else None
    except (FileNotFoundError, TreeError):
        return None


def unified(path: str, old: bytes | None, new: bytes | None) -> Iterator[str]:
    """The diff of one file, None being its absence."""
    before = "/dev/null" if old is None else f"a/{path}"
    after = "/dev/null" if new is None else f"b/{path}"
    for line in difflib.unified_diff(_lines(old), _lines(new), before, after, lineterm=""):
        yield from line.split("\n")


def _lines(text: bytes | None) -> list[str]:
    *lines, last = (text or b"").decode(errors="backslashreplace").split("\n")
    shown = [_printable(line) for line in lines]
    return [*shown, f"{_printable(last)}\n\\ No newline at end of file"] if last else shown


def _printable(line: str) -> str:
    if line.isprintable():
        return line
    return "".join(c if c.isprintable() or c == "\t" else c.encode("unicode_escape").decode() for c in line)
