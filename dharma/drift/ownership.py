"""Ownership: who wrote which field, as the API server keeps it in metadata.managedFields (FieldsV1)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dharma.drift.difference import ABSENT, Difference, Path, described, is_secret
from dharma.drift.noise import cleaned

_SYSTEM = ("kube-", "kubelet", "cloud-controller-manager")
_OURS = frozenset({"apiVersion", "kind", "metadata", "status"})


@dataclass(frozen=True, slots=True)
class Added:
    """A field that somebody else wrote and no declaration mentions."""

    manager: str
    field: Difference


def applied(live: Mapping[str, Any], manager: str) -> frozenset[Path]:
    """Paths of the fields that a manager applied, the empty set where it applied nothing."""
    return frozenset(
        path
        for entry in _entries(live)
        if entry["operation"] == "Apply" and entry.get("manager") == manager
        for path in _paths((), entry.get("fieldsV1") or {})
    )


def abandoned(
    declared: Mapping[str, Any], live: Mapping[str, Any], manager: str, owned: tuple[str, ...] = ()
) -> Iterator[Difference]:
    """Fields that the manager applied once and that are declared no more."""
    ours, theirs = cleaned(declared, owned), cleaned(live, owned)
    gone: list[Path] = []
    for path in sorted(applied(live, manager)):
        found = value_at(theirs, path)
        if value_at(ours, path) is ABSENT and found is not ABSENT and not _below(path, gone):
            gone.append(path)
            yield described(_readable(path), ABSENT, found, secret=is_secret(live))


def added(live: Mapping[str, Any], manager: str, owned: tuple[str, ...] = ()) -> Iterator[Added]:
    """Fields that others wrote beside the manager; what the control plane writes does not count."""
    ours, body = applied(live, manager), cleaned(live, owned)
    for entry in _entries(live):
        writer = entry.get("manager", "")
        if writer == manager or entry.get("subresource") or writer.startswith(_SYSTEM):
            continue
        for path in _outermost(_paths((), entry.get("fieldsV1") or {}), ours):
            value = value_at(body, path)
            if value is not ABSENT:
                yield Added(writer, described(_readable(path), ABSENT, value, secret=is_secret(live)))


def _outermost(paths: Iterator[Path], ours: frozenset[Path]) -> Iterator[Path]:
    """Elements that are whole somebody else's, and single fields; not the maps they stand in."""
    every = set(paths)
    elements = [path for path in every if path[-1].startswith("k:") and path not in ours]
    for path in sorted(every):
        inner = path in ours or path[0] in _OURS or _below(path[:-1], elements)
        maps = path not in elements and any(other[:-1] == path for other in every)
        if not inner and not maps:
            yield path


def value_at(body: Any, path: Path) -> Any:
    """What stands at a path of FieldsV1, ABSENT where nothing does."""
    for step in path:
        body = _step(body, step)
        if body is ABSENT:
            return ABSENT
    return body


def _step(value: Any, step: str) -> Any:
    if step.startswith("k:") and isinstance(value, list):
        keys = json.loads(step[2:])
        fitting = (item for item in value if isinstance(item, dict) and _fits(item, keys))
        return next(fitting, ABSENT)
    if step.startswith("v:") and isinstance(value, list):
        wanted = json.loads(step[2:])
        return wanted if wanted in value else ABSENT
    if step.startswith("i:") and isinstance(value, list):
        place = int(step[2:])
        return value[place] if place < len(value) else ABSENT
    return value.get(step, ABSENT) if isinstance(value, dict) else ABSENT


def _fits(item: Mapping[str, Any], keys: Mapping[str, Any]) -> bool:
    """Whether an element has the keys; one that it leaves out is a default, such as a port's protocol."""
    return any(name in item for name in keys) and all(
        item.get(name, keys[name]) == keys[name] for name in keys
    )


def _entries(live: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [entry for entry in live["metadata"].get("managedFields") or () if entry.get("operation")]


def _paths(path: Path, fields: Mapping[str, Any]) -> Iterator[Path]:
    """Paths of all leaves, and of the maps and list elements that a writer made."""
    for name, below in fields.items():
        if name == ".":
            continue
        here = (*path, name.removeprefix("f:"))
        if not below or "." in below:
            yield here
        yield from _paths(here, below)


def _below(path: Path, others: list[Path]) -> bool:
    return any(path[: len(other)] == other for other in others)


def _readable(path: Path) -> Path:
    return tuple(_element(step) for step in path)


def _element(step: str) -> str:
    if step[:2] not in {"k:", "v:", "i:"}:
        return step
    value = json.loads(step[2:])
    values = value.values() if isinstance(value, dict) else [value]
    return f"[{','.join(map(str, values))}]"
