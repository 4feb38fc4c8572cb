"""The lists of native kinds whose items must differ: a server-side apply takes none that stands twice."""

from __future__ import annotations

from functools import cache
from typing import Any

from dharma.cel.value import Schema
from dharma.schemas.native import Native, newest

_LIST = ("x-kubernetes-list-type", "x-kubernetes-list-map-keys")


@cache
def lists(api_version: str, kind: str) -> Schema | None:
    """Only those parts of a native kind's schema that lead to such a list; None for what is not native."""
    schema = _native().schema(api_version, kind)
    return None if schema is None else _reduced(schema["$defs"], schema, ())


@cache
def _native() -> Native:
    return Native(newest())


def _reduced(definitions: dict[str, Any], part: Schema, inside: tuple[str, ...]) -> Schema:
    """A schema without references; a definition inside itself counts as anything."""
    reference = str(part.get("$ref", "")).rpartition("/")[2]
    if reference in inside:
        return {}
    inside = (*inside, reference) if reference else inside
    part = definitions[reference] if reference else part
    own = {name: part[name] for name in _LIST if name in part and part[_LIST[0]] in {"map", "set"}}
    for name in ("items", "additionalProperties"):
        inner = part.get(name)
        if isinstance(inner, dict) and (found := _reduced(definitions, inner, inside)):
            own[name] = found
    fields = {
        name: found
        for name, field in part.get("properties", {}).items()
        if (found := _reduced(definitions, field, inside))
    }
    return own | ({"properties": fields} if fields else {})
