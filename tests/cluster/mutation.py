"""Spoiled objects: one small change each to something sound, chosen by chance from a seed."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]
Place = tuple[str | int, ...]
Schema = Mapping[str, Any]

# What tells the server which object it is; changing it asks another question.
_KEPT: frozenset[Place] = frozenset(
    {("apiVersion",), ("kind",), ("metadata",), ("metadata", "name"), ("metadata", "namespace")}
)
_STRINGS = ("", "Not Valid!", "x" * 300, "-1", "tcp", "a/b/c", "10.0.0.0/99", "1e9", "ünïcode")
_NUMBERS = (-1, 0, 10**6, 10**12, 1.5, 2**63)
_OTHER: Mapping[type, tuple[object, ...]] = {
    str: (7, True, ["text"], {"key": "text"}),
    int: ("many", True, [1], {"key": 1}),
    float: ("many", [1]),
    bool: ("true", 1, [True]),
    list: ("text", {"key": "text"}, 3),
    dict: ("text", ["text"], 3),
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A spoiled object, how and where it was spoiled."""

    how: str
    where: Place
    body: Object


def mutants(body: Object, schema: Schema, chance: random.Random, count: int) -> Iterator[Mutant]:
    """Different spoiled versions of an object; fewer where no more were found."""
    seen: list[Object] = [body]
    for _ in range(count * 4):
        how = chance.choice(list(_WAYS))
        copied = copy.deepcopy(body)
        where = _WAYS[how](copied, schema, chance)
        if where is not None and copied not in seen:
            seen.append(copied)
            yield Mutant(how, where, copied)
        if len(seen) > count:
            return


def schema_at(root: Schema, place: Place) -> Schema:
    """The schema of a place in an object, empty where there is none."""
    part: Any = _resolved(root, root)
    for step in place:
        named = part.get("properties") or {}
        inner = (
            part.get("items") if isinstance(step, int) else named.get(step, part.get("additionalProperties"))
        )
        part = _resolved(root, inner) if isinstance(inner, dict) else {}
    return part if isinstance(part, dict) else {}


def _resolved(root: Schema, part: Schema) -> Schema:
    while isinstance(part.get("$ref"), str):
        part = root["$defs"][part["$ref"].rpartition("/")[2]]
    (single, *more) = part.get("allOf") or ({}, {})
    return _resolved(root, single) if not more and "$ref" in single else part


def _sample(root: Schema, schema: Schema, depth: int = 0) -> Any:
    """Some value of a schema, as small as can be."""
    part = _resolved(root, schema)
    kind = part.get("type", "object" if "properties" in part else "string")
    kind = next((one for one in kind if one != "null"), "string") if isinstance(kind, list) else kind
    if part.get("enum"):
        return part["enum"][0]
    if kind == "object":
        inner = part.get("properties") or {}
        names = [name for name in part.get("required", ()) if name in inner]
        return {name: _sample(root, inner[name], depth + 1) for name in names} if depth < 5 else {}
    if kind == "array":
        return [_sample(root, part.get("items") or {}, depth + 1)]
    return {"integer": part.get("minimum", 1), "number": 1, "boolean": True}.get(kind, "a")


# ---- the ways: each changes the object in place and tells where, None where it found nothing ------


def _drop(body: Object, schema: Schema, chance: random.Random) -> Place | None:
    del schema
    where = _pick(body, chance, lambda place, _: place not in _KEPT)
    if where is not None:
        del _at(body, where[:-1])[where[-1]]
    return where


def _retype(body: Object, schema: Schema, chance: random.Random) -> Place | None:
    del schema
    where = _pick(body, chance, lambda place, value: place not in _KEPT and type(value) in _OTHER)
    return _put(body, where, chance.choice(_OTHER[type(_at(body, where))])) if where else None


def _revalue(body: Object, schema: Schema, chance: random.Random) -> Place | None:
    del schema
    where = _pick(body, chance, lambda place, value: place not in _KEPT and type(value) in {int, str})
    if where is None:
        return None
    return _put(body, where, chance.choice(_STRINGS if isinstance(_at(body, where), str) else _NUMBERS))


def _invent(body: Object, schema: Schema, chance: random.Random) -> Place | None:
    del schema
    where = _pick(body, chance, lambda _, value: isinstance(value, dict))
    return _put(body, (*where, "notAField"), chance.choice(["text", 1, {}])) if where else None


def _sibling(body: Object, schema: Schema, chance: random.Random) -> Place | None:
    """Set a field that the schema knows and the object left out: it may exclude another."""

    def left_out(place: Place, value: Any) -> list[str]:
        known = schema_at(schema, place).get("properties") or {}
        return sorted(known.keys() - value.keys()) if isinstance(value, dict) else []

    where = _pick(body, chance, lambda place, value: place[:1] == ("spec",) and bool(left_out(place, value)))
    if where is None:
        return None
    name = chance.choice(left_out(where, _at(body, where)))
    return _put(body, (*where, name), _sample(schema, schema_at(schema, (*where, name))))


def _repeat(body: Object, schema: Schema, chance: random.Random) -> Place | None:
    del schema
    where = _pick(body, chance, lambda _, value: isinstance(value, list) and bool(value))
    if where is not None:
        several = _at(body, where)
        several.append(copy.deepcopy(chance.choice(several)))
    return where


def _empty(body: Object, schema: Schema, chance: random.Random) -> Place | None:
    del schema
    where = _pick(
        body,
        chance,
        lambda place, value: place not in _KEPT and isinstance(value, list | dict) and bool(value),
    )
    return _put(body, where, type(_at(body, where))()) if where else None


_WAYS: Mapping[str, Callable[[Object, Schema, random.Random], Place | None]] = {
    "a field dropped": _drop,
    "another type": _retype,
    "another value": _revalue,
    "a field invented": _invent,
    "a field more": _sibling,
    "an item twice": _repeat,
    "emptied": _empty,
}


def _pick(body: Object, chance: random.Random, suits: Callable[[Place, Any], bool]) -> Place | None:
    found = [place for place, value in _walk(body, ()) if suits(place, value)]
    return chance.choice(found) if found else None


def _walk(value: Any, place: Place) -> Iterator[tuple[Place, Any]]:
    if place:
        yield place, value
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _walk(item, (*place, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _walk(item, (*place, index))


def _at(body: Any, place: Place) -> Any:
    for step in place:
        body = body[step]
    return body


def _put(body: Object, place: Place, value: object) -> Place:
    _at(body, place[:-1])[place[-1]] = value
    return place
