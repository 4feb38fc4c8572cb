"""Vendor: every chart of the platform fetched, checked and locked, several at once, resumable."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from dharma.charts import lock as locks
from dharma.charts import store, values
from dharma.charts.archive import Refused, unpack
from dharma.charts.helm import helm
from dharma.charts.lock import Entry, Lock
from dharma.charts.reference import LOCK, Reference
from dharma.charts.releases import Used
from dharma.charts.repository import pull
from dharma.errors import DharmaError, InputError, Problem

_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Vendored:
    """What became of each chart: fetched now, held already, or why not."""

    fetched: tuple[Entry, ...]
    held: tuple[Entry, ...]
    problems: tuple[Problem, ...]


def vendor(
    root: Path,
    references: Iterable[Reference],
    done: Callable[[str], None] = lambda _: None,
    *,
    registry: str | None = None,
    folder: Path | None = None,
    offline: bool = False,
) -> Vendored:
    """Fetch what is not held yet and lock it; what was fetched stays locked when another one fails.

    `registry` is a private one to take charts from; `folder` keeps the archives in Git as well;
    `offline` fetches nothing.
    """
    lock = locks.read(root).only(references).with_entries(helm().version, ())
    held = {entry.reference: entry for entry in lock.entries.values() if _held(root, entry, folder)}
    missing = [entry for one, entry in lock.entries.items() if one not in held and not offline]
    locks.write(root, lock)
    fetched: list[Entry] = []
    problems: list[Problem] = []
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        tasks = {pool.submit(fetch, entry, registry, folder): entry for entry in missing}
        for task in as_completed(tasks):
            try:
                fetched.append(task.result())
            except DharmaError as error:
                problems += error.problems
                done(f"{tasks[task].reference}: failed")
                continue
            lock = lock.with_entries(lock.helm, fetched[-1:])
            locks.write(root, lock)
            done(f"{fetched[-1].reference}: {fetched[-1].digest[:19]}…")
    return Vendored(tuple(_sorted(fetched)), tuple(_sorted(held.values())), tuple(sorted(problems, key=str)))


def _sorted(entries: Iterable[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: entry.reference)


def _held(root: Path, entry: Entry, folder: Path | None) -> bool:
    try:
        data = store.take(root, entry)
    except InputError:
        return False
    if data is not None and folder is not None:
        store.put(data, folder)
    return data is not None


def fetch(entry: Entry, registry: str | None = None, folder: Path | None = None) -> Entry:
    """The entry with the digest of bytes that came and were found safe; a locked digest must come again."""
    data = pull(entry.reference, registry)
    digest = store.digest(data)
    if entry.resolved and digest != entry.digest:
        what = f"the repository serves {digest[:19]}…, and charts.lock says {entry.digest[:19]}…"
        mend = "A version never changes: find out who changed it. To accept it, remove it from charts.lock."
        raise InputError([Problem(str(entry.reference), what, mend)])
    chart = unpack(data, entry.reference)
    store.put(data)
    if folder is not None:
        store.put(data, folder)
    return Entry(entry.reference, digest, chart.app_version)


def verify(root: Path, several: Sequence[Used]) -> Iterator[Problem]:
    """Where lock, archives and declarations disagree, and values that break a chart's schema.

    Unresolved charts are left to who counts them, unless a target inflates them.
    """
    lock = locks.read(root)
    declared = {one.reference: one for one in several}
    for reference in sorted(lock.entries.keys() - declared.keys()):
        yield Problem(LOCK, f"{reference} is declared by no target", "Run `dharma charts vendor`.")
    for reference, one in sorted(declared.items()):
        if reference not in lock.entries:
            yield Problem(LOCK, f"{reference} is missing", "Run `dharma charts vendor`.")
        elif lock.entry(reference).resolved:
            yield from _archive_faults(root, lock, [it for it in several if it.reference == reference])
        elif any(it.release.folder for it in several if it.reference == reference):
            what = f"{reference} is unresolved, and {one.target.name} inflates it"
            yield Problem(one.where, what, "Run `dharma charts vendor`.")


def _archive_faults(root: Path, lock: Lock, several: list[Used]) -> Iterator[Problem]:
    entry = lock.entry(several[0].reference)
    try:
        data = store.take(root, entry)
        if data is None:
            yield Problem(str(entry.reference), "is locked, but not held", "Run `dharma charts vendor`.")
            return
        chart = unpack(data, entry.reference)
        found = {(one.where, what) for one in several for what in values.faults(chart, one.release.values)}
    except Refused as error:
        yield Problem(str(entry.reference), str(error))
        return
    except InputError as error:
        yield from error.problems
        return
    for where, what in sorted(found):
        yield Problem(where, f"chart {entry.reference.chart} {entry.reference.version}: {what}")
