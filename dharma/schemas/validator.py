"""The schema of one kind, ready to judge objects: a fast engine decides, a slow one explains."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import jsonschema_rs

from dharma.schemas.problem import Place, SchemaProblem, in_order
from dharma.schemas.syntax import ANNOTATIONS_BYTES, FORMATS, SAYS

_MAPS = {"$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties"}
_LISTS = {"allOf", "anyOf", "oneOf", "prefixItems"}
_ONES = {"additionalItems", "additionalProperties", "contains", "else", "if", "items", "not"}
_ONES |= {"propertyNames", "then", "unevaluatedItems", "unevaluatedProperties"}

_LEFT_OUT = {"$id", "default", "description", "format"}
_INTEGER_BITS: Mapping[object, int] = {"int32": 32, "int64": 64}

_SCALARS = frozenset((bool, int, str))


class Validator:
    """Judges objects of one kind; `rules` are what every object must have, beside its kind's schema.

    A schema neither engine can read raises ValueError with the reason.
    """

    def __init__(self, schema: Mapping[str, Any], rules: Mapping[str, Any]) -> None:
        self._schema: dict[str, Any] = _prepared(schema)
        self._rules = rules
        self._engines = (_shared(json.dumps(rules, sort_keys=True)), _engine(self._schema))

    @property
    def schema(self) -> dict[str, Any]:
        """The schema of the kind and the rules for every object as one, for explaining."""
        return {**self._schema, "allOf": [*self._schema.get("allOf", ()), self._rules]}

    def accepts(self, obj: Mapping[str, Any]) -> bool:
        """Whether nothing is wrong; about 15 µs for a Deployment."""
        readable = _is_plain(obj) or not any(_strange(obj, ()))
        valid = readable and all(engine.is_valid(obj) for engine in self._engines)
        return valid and _annotations_bytes(obj) <= ANNOTATIONS_BYTES

    def problems(self, obj: Mapping[str, Any]) -> tuple[SchemaProblem, ...]:
        """What is wrong with an object that is not accepted, in words; never empty for one."""
        strange = list(_strange(obj, ()))
        if strange:
            return in_order(strange)
        # Its import takes longer than judging a whole platform, and is needed only here.
        from dharma.schemas.explanation import explain

        found = list(explain(self.schema, obj))
        if _oversized(obj):
            found.append((("metadata", "annotations"), "must be at most 256 KiB in total"))
        if not found:
            errors = (error for engine in self._engines for error in engine.iter_errors(obj))
            found = [(error.instance_path, _refusal(error)) for error in errors]
        return in_order(found)


def _engine(schema: dict[str, Any]) -> Any:
    try:
        return jsonschema_rs.validator_for(schema, validate_formats=True, formats=dict(FORMATS), offline=True)
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as error:
        raise ValueError(str(error).splitlines()[0]) from error


@cache
def _shared(rules: str) -> Any:
    """Few kinds differ in what every object must have, and its patterns take long to compile."""
    return _engine(json.loads(rules))


def _refusal(error: jsonschema_rs.ValidationError) -> str:
    """For what the explaining engine lets pass: to Python, `$` also stands before a last newline."""
    newline = ": it ends with a newline" if str(error.instance).endswith("\n") else ""
    return f"does not satisfy {error.kind.name} of its schema{newline}"


def _oversized(obj: Mapping[str, Any]) -> bool:
    metadata = obj.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    if not isinstance(annotations, dict) or not all(isinstance(v, str) for v in annotations.values()):
        return False
    return _annotations_bytes(obj) > ANNOTATIONS_BYTES


def _annotations_bytes(obj: Mapping[str, Any]) -> int:
    annotations = obj["metadata"].get("annotations")
    if not annotations:
        return 0
    text = "".join((*annotations, *annotations.values()))
    return len(text) if text.isascii() else len(text.encode())


def _is_plain(value: object) -> bool:
    """Whether the value is made of JSON's types alone, without null."""
    kind = type(value)
    if kind is dict:
        for key, item in value.items():  # type: ignore[attr-defined]
            if type(key) is not str or (type(item) not in _SCALARS and not _is_plain(item)):
                return False
        return True
    if kind is list:
        return all(type(item) in _SCALARS or _is_plain(item) for item in value)  # type: ignore[attr-defined]
    return kind is str or (kind is float and math.isfinite(value))  # type: ignore[arg-type]


def _strange(value: object, place: Place) -> Iterator[tuple[Place, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            if isinstance(key, str):
                yield from _strange(item, (*place, key))
            else:
                yield (*place, str(key)), f"a key must be a string, not {_type(key)}: quote it"
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _strange(item, (*place, index))
    elif value is None:
        yield place, "must not be null: leave the field out"
    elif isinstance(value, float) and not math.isfinite(value):
        yield place, "must be a finite number"
    elif not isinstance(value, str | int | float):
        yield place, f"{_type(value)} is no JSON value: quote it"


def _type(value: object) -> str:
    return type(value).__name__


def _prepared(schema: Any) -> Any:
    """The schema without null, without formats an API server ignores, and with the bounds of integers."""
    if not isinstance(schema, Mapping):
        return schema
    prepared = {key: _part(key, value) for key, value in schema.items() if _is_judged(key)}
    return _narrowed(prepared, schema.get("format"))


def _is_judged(key: str) -> bool:
    # Kubernetes' own extensions say nothing to a validator and only slow its compiling.
    return key == SAYS or not (key in _LEFT_OUT or key.startswith("x-"))


def _part(key: str, value: Any) -> Any:
    if key in _MAPS and isinstance(value, Mapping):
        return {name: _prepared(item) for name, item in value.items()}
    if key in _LISTS or (key in _ONES and isinstance(value, list)):
        return [_prepared(item) for item in value]
    if key == "pattern" and value.startswith("(?i)"):
        # ECMA's regular expressions, unlike Go's, take flags for a group only.
        return f"(?i:{value.removeprefix('(?i)')})"
    return _prepared(value) if key in _ONES else value


def _narrowed(schema: dict[str, Any], form: object) -> dict[str, Any]:
    kinds = schema.get("type")
    if isinstance(kinds, list) and "null" in kinds:
        left = [kind for kind in kinds if kind != "null"]
        schema["type"] = left[0] if len(left) == 1 else left
    whole = kinds is not None and "integer" in kinds and "number" not in kinds
    if whole or form in _INTEGER_BITS:
        size = 2 ** (_INTEGER_BITS.get(form, 64) - 1)
        schema["minimum"] = max(schema.get("minimum", -size), -size)
        schema["maximum"] = min(schema.get("maximum", size - 1), size - 1)
    elif form in FORMATS:
        schema["format"] = form
    return schema
