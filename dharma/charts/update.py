"""Update: another version of a chart, tried on every target that has it before anything is written."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dharma import document, edit
from dharma.charts import lock as locks
from dharma.charts import store
from dharma.charts.archive import unpack
from dharma.charts.difference import Difference, between
from dharma.charts.helm import helm
from dharma.charts.inflation import Faulty, opened, problems, rendered
from dharma.charts.lock import Entry, Lock
from dharma.charts.objects import Body
from dharma.charts.reference import LOCK, Reference
from dharma.charts.releases import Inflater, Used
from dharma.charts.repository import newest
from dharma.charts.vendor import fetch
from dharma.errors import InputError, Origin, Problem
from dharma.layer import Path as KeyPath
from dharma.layer import leaves
from dharma.spelling import nearest


@dataclass(frozen=True, slots=True)
class Bump:
    """A chart from one version to another, and what that changes on each target, by its name."""

    old: Entry
    new: Entry
    differences: Mapping[str, Difference]


def chosen(several: Sequence[Used], name: str | None) -> list[Used]:
    """Releases whose chart or own name it is; all for no name, InputError for an unknown one."""
    known = {label for one in several for label in (one.release.name, one.release.chart)}
    if name is not None and name not in known:
        raise InputError([Problem(f"chart {name!r}", "is declared by no target", nearest(name, known))])
    return [one for one in several if name in (None, one.release.name, one.release.chart)]


def together(several: Sequence[Used], some: Sequence[Used]) -> list[Used]:
    """The releases, and those that take their version from the same options and so move with them."""
    ways = {(one.target.name, way, one.release.version) for one in some for way in version_paths(one)}
    return [
        one
        for one in several
        if any((one.target.name, way, one.release.version) in ways for way in version_paths(one))
        or one in some
    ]


def version_paths(one: Used) -> list[KeyPath]:
    """Options that the release was made from and that hold its version."""
    options = one.target.options[one.component]
    names = {info.alias or name: name for name, info in type(options).model_fields.items()}
    place = ("components", one.component)
    return [
        path
        for path in sorted(one.release.reads)
        if path[:2] == place
        and len(path) == len(place) + 1
        and options.__dict__.get(names.get(path[2], "")) == one.release.version
    ]


def bump(root: Path, several: Sequence[Used], to: str | None) -> Bump | None:
    """What moving one chart's releases to a version changes, the newest by default; None for no move.

    The old archive is fetched where it is not held, because only its bytes tell what changes.
    """
    lock = locks.read(root)
    reference = several[0].reference
    version = to or newest(reference)
    if version == reference.version:
        return None
    old = _held(root, lock.entry(reference))
    new = _held(root, lock.entry(Reference(reference.repository, reference.chart, version)))
    charts = opened(root, old), opened(root, new)
    found = {
        f"{one.target.name} {one.release.name}": between(
            _objects(root, one, charts[0], old),
            _objects(root, one, charts[1], new),
            charts,
            [one.release.values],
        )
        for one in several
    }
    return Bump(old, new, found)


def _held(root: Path, entry: Entry) -> Entry:
    data = store.take(root, entry)
    if data is None:
        return fetch(entry)
    unpack(data, entry.reference)
    return entry


def _objects(root: Path, one: Used, chart: Any, entry: Entry) -> list[Body]:
    """What a chart is rendered to for one release, by itself."""
    inflater = Inflater(root, one.target, Lock())
    release = replace(one.release, version=entry.reference.version)
    try:
        return inflater.shaped(release, rendered(chart, inflater.rendering(release)))
    except Faulty as error:
        raise InputError(problems(one.where, entry, error)) from None


def write(root: Path, several: Sequence[Used], bumps: Sequence[Bump]) -> list[str]:
    """Lock the new archives and set the versions where environments/ says them; a line for each change.

    Lines that only a person may change are told too, with what to write there.
    """
    moved = {found.old.reference: found.new for found in bumps}
    changes: dict[Path, dict[KeyPath, str]] = {}
    told: set[str] = set()
    for one in several:
        told |= set(_versions(root, one, moved[one.reference].reference.version, changes))
    texts = {path: edit.edited(root, path, places) for path, places in changes.items()}
    _lock(root, moved)
    for path, text in texts.items():
        edit.replace(path, text)
    return [
        *(f"{LOCK}: {entry.reference} {entry.digest[:19]}…" for entry in moved.values()),
        *(
            f"{path.relative_to(root).as_posix()}: {'.'.join(place)} is {version}"
            for path, places in sorted(changes.items())
            for place, version in places.items()
        ),
        *sorted(told),
    ]


def _lock(root: Path, moved: Mapping[Reference, Entry]) -> None:
    lock = locks.read(root)
    kept = {one: entry for one, entry in lock.entries.items() if one not in moved}
    entries = {entry.reference: entry for entry in moved.values()}
    locks.write(root, Lock(lock.helm or helm().version, {**kept, **entries}))


def _versions(root: Path, one: Used, version: str, changes: dict[Path, dict[KeyPath, str]]) -> Iterator[str]:
    """Note the places in environments/ that set a release's version; yield where people have to."""
    ways = version_paths(one)
    if not ways:
        yield f"{one.where}: {one.release.name} has its version here: write {version}"
    for way in ways:
        origins = one.target.origins(way)
        for origin in origins:
            path = root / origin.file
            _set(changes.setdefault(path, {}), _place_of(root, path, origin, way), version)
        if not origins:
            yield f"{_default(root, one, way)}: write {version} as the default, or set it in base.yaml"


def _set(places: dict[KeyPath, str], place: KeyPath, version: str) -> None:
    if places.setdefault(place, version) != version:
        what = f"is shared by charts that would get {places[place]} and {version}"
        raise InputError([Problem(".".join(place), what, "Name one version: --to VERSION.")])


def _place_of(root: Path, path: Path, origin: Origin, way: KeyPath) -> KeyPath:
    """Where in its file a value stands: at the option itself, or under a region or cluster."""
    found = leaves(document.read(root, path))
    return next(place for place, node in found if node.origin == origin and place[-len(way) :] == way)


def _default(root: Path, one: Used, way: KeyPath) -> str:
    """The line of the options' class that holds a default."""
    from dharma.render import source_file

    kind = type(one.target.options[one.component])
    name = next(name for name, info in kind.model_fields.items() if (info.alias or name) == way[-1])
    lines, first = inspect.getsourcelines(kind)
    tree = ast.parse("".join(lines))
    found = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == name
    ]
    file = source_file(inspect.getsourcefile(kind) or "", root)
    return f"{file}:{first + (found[0] if found else 1) - 1}"
