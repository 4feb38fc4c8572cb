"""Lock of a repository's own catalogue: `schemas/crds.lock`, lines of sha256, path and source, by path."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from dharma.document import guard
from dharma.errors import InputError, Origin, Problem

FOLDER = "schemas/crds"
LOCK = "schemas/crds.lock"

_LINE = re.compile(r"([0-9a-f]{64}) ([a-z0-9.-]+/[a-z0-9]+_[A-Za-z0-9]+\.json) (\S.*)")

Locked = dict[str, tuple[str, str]]
"""Hash and source by path under the folder."""


def read_lock(root: Path) -> Locked:
    """What is locked, nothing where there is no lock; raises InputError for lines it cannot read."""
    path = root / LOCK
    guard(root, path)
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
    found = {number: _LINE.fullmatch(line) for number, line in enumerate(lines, 1)}
    if bad := [number for number, match in found.items() if match is None]:
        mend = "Restore the lock from Git, or add the schemas anew."
        raise InputError(Problem(Origin(LOCK, number), "is no `sha256 path source`", mend) for number in bad)
    return {match[2]: (match[1], match[3]) for match in found.values() if match}


def add(root: Path, texts: Mapping[str, tuple[str, str]]) -> Locked:
    """Write schemas, text and source by path, and then lock them; those locked before stay so."""
    locked = read_lock(root)
    for name, (text, source) in texts.items():
        path = root / FOLDER / name
        guard(root, path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        locked[name] = (hashlib.sha256(text.encode()).hexdigest(), " ".join(source.split()))
    lines = [f"{digest} {name} {source}\n" for name, (digest, source) in sorted(locked.items())]
    (root / LOCK).write_text("".join(lines), encoding="utf-8")
    return locked


def drift(root: Path) -> Iterator[Problem]:
    """Files that differ from the lock, are gone, or stand in the folder without being locked."""
    locked = read_lock(root)
    folder = root / FOLDER
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    for name in sorted(there | locked.keys()):
        path = folder / name
        guard(root, path)
        if name not in locked:
            yield Problem(f"{FOLDER}/{name}", f"is not in {LOCK}", "Remove it, or add it with its source.")
        elif name not in there:
            yield Problem(f"{FOLDER}/{name}", f"is in {LOCK} but not there", "Add it again.")
        elif hashlib.sha256(path.read_bytes()).hexdigest() != locked[name][0]:
            yield Problem(f"{FOLDER}/{name}", f"is not what {LOCK} says", "Restore it, or add it again.")
