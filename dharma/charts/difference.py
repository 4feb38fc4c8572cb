"""Difference: what another version of a chart changes in the objects, images, definitions and values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dharma.charts import images, objects, values
from dharma.charts.archive import Chart
from dharma.charts.objects import Body

Identity = tuple[str, str, str, str]
KeyPath = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """What was added, removed and changed; each part in order and without repetition.

    `vanished` are values of the chart that it no longer has, `lost` those of them that we set.
    """

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    images_added: tuple[str, ...] = ()
    images_removed: tuple[str, ...] = ()
    definitions: tuple[str, ...] = ()
    vanished: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()

    @property
    def breaking(self) -> bool:
        """Whether something is gone that somebody may rest on."""
        return bool(self.definitions or self.lost)


def between(
    old: Sequence[Body], new: Sequence[Body], charts: tuple[Chart, Chart], ours: Iterable[Mapping[str, Any]]
) -> Difference:
    """The difference of two renderings and of the charts they came from; `ours` are values we set."""
    before, after = _known(old), _known(new)
    both = [identity for identity in before if identity in after]
    changes = {_name(one): tuple(sorted(_places(before[one], after[one]))) for one in both}
    pictures = set(images.named(old)), set(images.named(new))
    vanished = set(_vanished(*charts))
    set_by_us = {key for some in ours for key in values.keys(some)}
    return Difference(
        tuple(sorted(_name(one) for one in after.keys() - before.keys())),
        tuple(sorted(_name(one) for one in before.keys() - after.keys())),
        {name: places for name, places in sorted(changes.items()) if places},
        tuple(sorted(pictures[1] - pictures[0])),
        tuple(sorted(pictures[0] - pictures[1])),
        tuple(_definitions(before, after)),
        tuple(sorted(".".join(key) for key in vanished)),
        tuple(sorted(".".join(key) for key in set_by_us if _covered(key, vanished))),
    )


def _known(bodies: Iterable[Body]) -> dict[Identity, Body]:
    return {_identity(body): body for body in bodies}


def _identity(body: Body) -> Identity:
    group = str(body["apiVersion"]).rpartition("/")[0]
    return group, str(body["kind"]), str(body["metadata"].get("namespace", "")), body["metadata"]["name"]


def _name(identity: Identity) -> str:
    return "/".join(identity)


def _places(old: Any, new: Any, path: KeyPath = ()) -> Iterator[str]:
    """Where two values differ; labels that only tell the chart's version do not count."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name in old.keys() | new.keys():
            if name != "helm.sh/chart":
                yield from _places(old.get(name), new.get(name), (*path, name))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for position, pair in enumerate(zip(old, new, strict=True)):
            yield from _places(*pair, (*path, str(position)))
    elif old != new:
        yield ".".join(path)


def _definitions(before: Mapping[Identity, Body], after: Mapping[Identity, Body]) -> Iterator[str]:
    """Kinds, versions and fields of definitions that objects may have and no longer could."""
    for identity, body in sorted(before.items()):
        if not objects.is_definition(body):
            continue
        old, new = _versions(body), _versions(after.get(identity, {}))
        if identity not in after:
            yield f"{identity[3]}: the whole definition"
            continue
        for version in sorted(old):
            if version not in new:
                yield f"{identity[3]} {version}: the whole version"
                continue
            gone = set(_fields(old[version])) - set(_fields(new[version]))
            yield from (f"{identity[3]} {version}: {'.'.join(key)}" for key in _highest(gone))


def _versions(body: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Schemas of the served versions by their names."""
    return {
        version["name"]: (version.get("schema") or {}).get("openAPIV3Schema") or {}
        for version in body.get("spec", {}).get("versions", ())
        if version.get("served")
    }


def _fields(schema: Mapping[str, Any], path: KeyPath = ()) -> Iterator[KeyPath]:
    for name, below in (schema.get("properties") or {}).items():
        yield (*path, name)
        yield from _fields(below, (*path, name))
    for part in ("items", "additionalProperties"):
        if isinstance(schema.get(part), Mapping):
            yield from _fields(schema[part], (*path, "*"))


def _highest(keys: set[KeyPath]) -> list[KeyPath]:
    """Of fields that are gone those whose parents stay."""
    return sorted(key for key in keys if not any(key[:length] in keys for length in range(1, len(key))))


def _vanished(old: Chart, new: Chart) -> Iterator[KeyPath]:
    """Values of the old chart that the new one has nothing at."""
    here = set(values.keys(values.coalesced(new, {})))
    parts = {key[:length] for key in here for length in range(1, len(key) + 1)}
    for key in values.keys(values.coalesced(old, {})):
        if key not in parts:
            yield key


def _covered(key: KeyPath, vanished: set[KeyPath]) -> bool:
    """Whether a value of ours was, or was under or above, one that is gone."""
    return any(key[: len(gone)] == gone or gone[: len(key)] == key for gone in vanished)
