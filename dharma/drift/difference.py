"""Difference: where two versions of an object part, field by field, without telling what is secret."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ABSENT = object()
HIDDEN = "(hidden)"

_LONGEST = 160
_SECRET = ("data", "stringData")

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """One field that runs otherwise than declared; the values as JSON, cut, or hidden for secrets."""

    path: str
    declared: str
    live: str

    def __str__(self) -> str:
        return f"{self.path}: declared {self.declared}, live {self.live}"


def differences(declared: Mapping[str, Any], live: Mapping[str, Any]) -> tuple[Difference, ...]:
    """All fields that differ, each at its deepest place; elements that have a name are matched by it."""
    secret = is_secret(declared)
    return tuple(sorted(described(path, *pair, secret=secret) for path, pair in _walk((), declared, live)))


def described(path: Path, declared: Any, live: Any, *, secret: bool) -> Difference:
    """A difference as it may be shown; of a Secret no value is."""
    hidden = secret and path[:1] and path[0] in _SECRET
    return Difference(dotted(path), _shown(declared, hidden=hidden), _shown(live, hidden=hidden))


def is_secret(body: Mapping[str, Any]) -> bool:
    """Whether an object's data must not be shown."""
    return body.get("apiVersion") == "v1" and body.get("kind") == "Secret"


def dotted(path: Path) -> str:
    """A path as people write it: spec.containers[app].image, metadata.labels."a.b/c"."""
    text = ""
    for step in path:
        if step.startswith("["):
            text += step
        else:
            name = f'"{step}"' if "." in step or "/" in step else step
            text += f".{name}" if text else name
    return text


def same(one: Any, other: Any) -> bool:
    """Whether two JSON scalars are equal; true and 1 are not."""
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def by_name(values: Sequence[Any]) -> dict[str, Any] | None:
    """The elements of a list by their names; None unless each has one of its own."""
    if not all(isinstance(value, dict) and isinstance(value.get("name"), str) for value in values):
        return None
    named = {f"[{value['name']}]": value for value in values}
    return named if len(named) == len(values) else None


def _walk(path: Path, declared: Any, live: Any) -> Iterator[tuple[Path, tuple[Any, Any]]]:
    if isinstance(declared, dict) and isinstance(live, dict):
        for name in declared.keys() | live.keys():
            yield from _walk((*path, name), declared.get(name, ABSENT), live.get(name, ABSENT))
    elif isinstance(declared, list) and isinstance(live, list):
        yield from _elements(path, declared, live)
    elif not same(declared, live):
        yield path, (declared, live)


def _elements(path: Path, declared: list[Any], live: list[Any]) -> Iterator[tuple[Path, tuple[Any, Any]]]:
    ours, theirs = by_name(declared), by_name(live)
    if ours is None or theirs is None:
        if len(declared) != len(live):
            yield path, (declared, live)
            return
        ours, theirs = _by_place(declared), _by_place(live)
    elif ours.keys() == theirs.keys() and list(ours) != list(theirs):
        yield path, (list(ours), list(theirs))
    for name in ours.keys() | theirs.keys():
        yield from _walk((*path, name), ours.get(name, ABSENT), theirs.get(name, ABSENT))


def _by_place(values: Sequence[Any]) -> dict[str, Any]:
    return {f"[{number}]": value for number, value in enumerate(values)}


def _shown(value: Any, *, hidden: Any) -> str:
    if value is ABSENT:
        return "absent"
    if hidden:
        return HIDDEN
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
