"""Edit: change scalars of a YAML file where they stand; every other byte stays as it is."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from dharma import document
from dharma.errors import DeclarationError, Origin, Problem
from dharma.layer import Node, find, leaves
from dharma.layer import Path as KeyPath

_LINE_END = re.compile(r"\r\n|[\n\r]")
_QUOTED = re.compile(r"""(?P<quote>["'])(?:\\.|''|(?!(?P=quote)).)*(?P=quote)""")
_MEND = "Write it on one line, without anchor or alias."


def edited(root: Path, path: Path, changes: Mapping[KeyPath, str]) -> str:
    """The file's text with other strings at some places that hold scalars already.

    Quotes are kept, and added where the new text would be read as a number. Raises
    DeclarationError where a place is not there, spans lines or is shared through an alias.
    """
    tree = document.read(root, path)
    text = path.read_bytes().decode("utf-8")
    spans = {place: _span(text, _scalar(tree, place, path.relative_to(root)), place) for place in changes}
    for place, span in sorted(spans.items(), key=lambda found: found[1], reverse=True):
        text = _replaced(root, path, text, span, place, changes[place])
    return text


def _scalar(tree: Node, place: KeyPath, file: Path) -> Node:
    node = find(tree, place)
    if node is None or node.origin is None or not isinstance(node.value, str | int | float):
        raise DeclarationError([Problem(file.as_posix(), f"has no {'.'.join(place)}")])
    return node


def _span(text: str, node: Node, place: KeyPath) -> tuple[int, int]:
    """Where a scalar's token starts and ends in the text, in characters."""
    assert node.origin is not None  # noqa: S101
    start = _offset(text, node.origin)
    if quoted := _QUOTED.match(text, start):
        return quoted.span()
    if text.startswith(str(node.value), start):
        return start, start + len(str(node.value))
    what = f"{'.'.join(place)} is written in a way that cannot be replaced"
    raise DeclarationError([Problem(node.origin, what, _MEND)])


def _offset(text: str, origin: Origin) -> int:
    """Where a place is in the text, in characters."""
    start = 0
    for _ in range(origin.line - 1):
        end = _LINE_END.search(text, start)
        assert end is not None  # noqa: S101
        start = end.end()
    return start + origin.column - 1


def _replaced(root: Path, path: Path, text: str, span: tuple[int, int], place: KeyPath, value: str) -> str:
    start, end = span
    quote = text[start] if text[start] in "\"'" else ""
    for token in (f"{quote}{value}{quote}",) if quote else (value, f'"{value}"'):
        new = text[:start] + token + text[end:]
        if _only(root, path, (text, new), place, value):
            return new
    where = f"{path.relative_to(root).as_posix()}: {'.'.join(place)}"
    raise DeclarationError([Problem(where, "cannot be replaced alone where it stands", _MEND)])


def _only(root: Path, path: Path, texts: tuple[str, str], place: KeyPath, value: str) -> bool:
    """Whether the new text says the same as the old one but for the value at one place."""
    try:
        before, after = (_values(root, path, text) for text in texts)
    except DeclarationError:
        return False
    return after == before | {place: value}


def _values(root: Path, path: Path, text: str) -> dict[KeyPath, object]:
    with _beside(path, text) as trial:
        return {place: node.value for place, node in leaves(document.read(root, trial))}


def replace(path: Path, text: str) -> None:
    """Put the text in the file's place at once; its permissions stay."""
    with _beside(path, text) as temporary:
        temporary.chmod(path.stat().st_mode & 0o7777)
        temporary.replace(path)


@contextmanager
def _beside(path: Path, text: str) -> Iterator[Path]:
    """A temporary file in the same folder, gone afterwards unless it was renamed."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(handle)
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)
