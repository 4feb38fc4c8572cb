"""Lock: `charts.lock` at the repository's root, which chart archives are meant, by digest.

A digest is that of an archive's bytes that were held; where they never were it says `unresolved`.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dharma_rego
from dharma import document
from dharma.charts.reference import LOCK, Chart, Reference, faults, of
from dharma.errors import InputError, Origin, Problem
from dharma.layer import Node, find, plain

UNRESOLVED = "unresolved"

_HEADER = "# Written by `dharma charts`. A digest is that of an archive whose bytes were held.\n"
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_FIELDS = ("repository", "chart", "version", "digest", "appVersion")


@dataclass(frozen=True, slots=True)
class Entry:
    """A chart's digest, `unresolved` where it was never fetched, and the version of what it installs."""

    reference: Reference
    digest: str = UNRESOLVED
    app_version: str = ""

    @property
    def resolved(self) -> bool:
        """Whether the archive is known by its bytes."""
        return self.digest != UNRESOLVED


@dataclass(frozen=True, slots=True)
class Lock:
    """The entries by reference, and the version of helm that charts are rendered with."""

    helm: str = ""
    entries: Mapping[Reference, Entry] = field(default_factory=dict)

    def entry(self, chart: Chart) -> Entry:
        """The entry of a chart; an unresolved one where there is none."""
        reference = of(chart)
        return self.entries.get(reference, Entry(reference))

    def with_entries(self, helm: str, entries: Iterable[Entry]) -> Lock:
        """The lock with other entries laid over its own."""
        return Lock(helm, {**self.entries, **{entry.reference: entry for entry in entries}})

    def only(self, references: Iterable[Reference]) -> Lock:
        """The lock of these charts, each with an entry."""
        return Lock(self.helm, {one: self.entries.get(one, Entry(one)) for one in sorted(set(references))})


def unresolved(root: Path, releases: Iterable[Chart]) -> int:
    """How many different charts among the releases have no digest in the lock."""
    lock = read(root)
    return len({of(release) for release in releases if not lock.entry(release).resolved})


def read(root: Path) -> Lock:
    """What is locked, nothing where there is no lock; InputError with every entry it cannot be used by."""
    path = root / LOCK
    if not os.path.lexists(path):
        return Lock()
    tree = document.read(root, path)
    problems: list[Problem] = []
    entries = list(_entries(tree, problems))
    if problems:
        raise InputError(problems)
    return Lock(str(plain(tree).get("helm", "")), {entry.reference: entry for entry in entries})


def _entries(tree: Node, problems: list[Problem]) -> Iterator[Entry]:
    rows = find(tree, ("charts",))
    seen: set[Reference] = set()
    for row in rows.value if rows and isinstance(rows.value, tuple) else ():
        where = row.origin or Origin(LOCK, 1)
        entry = _entry(plain(row), where, problems)
        if entry is None:
            continue
        if entry.reference in seen:
            problems.append(Problem(where, f"{entry.reference} stands twice"))
        seen.add(entry.reference)
        yield entry


def _entry(row: Any, where: Origin, problems: list[Problem]) -> Entry | None:
    mend = "Restore the lock from Git, or vendor the charts anew."
    if not isinstance(row, dict) or set(row) != set(_FIELDS) or not all(isinstance(row[x], str) for x in row):
        problems.append(Problem(where, f"is no entry of {', '.join(_FIELDS)}", mend))
        return None
    reference = Reference(row["repository"], row["chart"], row["version"])
    wrong = list(faults(reference))
    if not (row["digest"] == UNRESOLVED or _DIGEST.fullmatch(row["digest"])):
        wrong.append("has a digest that is neither sha256 nor unresolved")
    problems += [Problem(where, what, mend) for what in wrong]
    return None if wrong else Entry(reference, row["digest"], row["appVersion"])


def write(root: Path, lock: Lock) -> None:
    """Put the lock in place at once; a link in its place is refused."""
    document.guard(root, root / LOCK)
    rows = [_row(entry) for _, entry in sorted(lock.entries.items())]
    text = _HEADER.encode() + dharma_rego.emit({"helm": lock.helm, "charts": rows})
    handle, temporary = tempfile.mkstemp(dir=root, prefix=f".{LOCK}.")
    with os.fdopen(handle, "wb") as file:
        file.write(text)
    Path(temporary).chmod(0o644)
    Path(temporary).replace(root / LOCK)


def _row(entry: Entry) -> dict[str, str]:
    reference = entry.reference
    values = (reference.repository, reference.chart, reference.version, entry.digest, entry.app_version)
    return dict(zip(_FIELDS, values, strict=True))
