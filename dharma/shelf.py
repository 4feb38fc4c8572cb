"""Shelf: JSON kept between runs under $XDG_CACHE_HOME/dharma, each entry named by all that decides it.

Entries are written whole and renamed into place; one that cannot be read counts as absent, and a full
or read-only disk is no error. Nothing in an entry is ever executed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from dharma.node import cache_folder


def named(parts: Iterable[str]) -> str:
    """The name of an entry: a digest of the texts that decide it, in their order."""
    digest = hashlib.sha256()
    for part in parts:
        text = part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(text))
        digest.update(text)
    return digest.hexdigest()


def take(shelf: str, name: str) -> Any:
    """What was kept under a name, None where there is nothing."""
    try:
        return json.loads(_path(shelf, name).read_bytes())
    except (OSError, ValueError):
        return None


def keep(shelf: str, name: str, value: Any, most: int) -> None:
    """Keep a JSON value under a name; of a shelf's entries the `most` newest stay."""
    path = _path(shelf, name)
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "w") as file:
            file.write(json.dumps(value, separators=(",", ":")))
        Path(temporary).replace(path)
        _forget(path.parent, most)


class Table:
    """Many small values of one context, read at once and written back with what was used last at the end."""

    def __init__(self, shelf: str, context: Iterable[str], most: int = 50_000, contexts: int = 20) -> None:
        self._shelf, self._name, self._most, self._contexts = shelf, named(context), most, contexts
        kept = take(shelf, self._name)
        self._kept: Mapping[str, Any] = kept if isinstance(kept, dict) else {}
        self._used: dict[str, Any] = {}

    def get(self, key: str) -> Any:
        """The value kept under a key, None where there is none."""
        value = self._kept.get(key)
        if value is not None:
            self._used[key] = value
        return value

    def put(self, key: str, value: Any) -> None:
        """Remember a value; `save` keeps it."""
        self._used[key] = value

    def save(self) -> None:
        """Write the table back if it holds anything new."""
        if self._used.keys() <= self._kept.keys():
            return
        rows = {key: value for key, value in self._kept.items() if key not in self._used} | self._used
        keep(self._shelf, self._name, dict(list(rows.items())[-self._most :]), self._contexts)


def _path(shelf: str, name: str) -> Path:
    return cache_folder() / shelf / f"{name}.json"


def _forget(folder: Path, most: int) -> None:
    entries = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in entries[most:]:
        path.unlink(missing_ok=True)
