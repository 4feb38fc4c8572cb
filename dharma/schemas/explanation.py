"""Why an object does not fit its schema, in one short sentence a place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

import jsonschema
from jsonschema.exceptions import ValidationError, best_match
from jsonschema.validators import validator_for

from dharma.schemas.problem import Place, shortened
from dharma.schemas.syntax import FORMAT_SAYS, FORMATS, SAYS

_BOUNDS = {
    "minimum": "must be at least {}",
    "maximum": "must be at most {}",
    "exclusiveMinimum": "must be more than {}",
    "exclusiveMaximum": "must be less than {}",
    "minLength": "must have at least {} characters",
    "maxLength": "must have at most {} characters",
    "minItems": "must have at least {} items",
    "maxItems": "must have at most {} items",
    "minProperties": "must have at least {} fields",
    "maxProperties": "must have at most {} fields",
    "multipleOf": "must be a multiple of {}",
    "uniqueItems": "must not have the same item twice",
    "not": "has a value or combination of fields that is not allowed here",
}


def explain(schema: Mapping[str, Any], obj: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    """Places and messages; no value of an object whose kind ends in `Secret` is ever repeated."""
    secret = str(obj.get("kind", "")).endswith("Secret")
    for error in reference(schema).iter_errors(obj):
        cause = best_match([error])
        yield from _sentences(cause, secret=secret)


def reference(schema: Mapping[str, Any]) -> Any:
    """The same schema in the engine that explains, with the same formats."""
    kind = validator_for(schema, default=jsonschema.Draft202012Validator)
    return kind(schema, format_checker=_formats())


@lru_cache(maxsize=1)
def _formats() -> jsonschema.FormatChecker:
    checker = jsonschema.FormatChecker(formats=())
    for name, holds in FORMATS.items():
        checker.checks(name)(holds)
    return checker


def _sentences(error: ValidationError, *, secret: bool) -> Iterator[tuple[Place, str]]:
    place, wanted, instance = _facts(error)
    match error.validator:
        case "additionalProperties":
            yield from _unknown_fields(place, error)
        case "required":
            missing = [name for name in wanted if name not in instance]
            yield from (((*place, name), "is required") for name in missing)
        case _:
            yield place, _sentence(error) + _shown(error, secret=secret)


def _facts(error: ValidationError) -> tuple[tuple[str | int, ...], Any, Any]:
    """Where, what the schema wants there, and what is there."""
    return tuple(error.absolute_path), error.validator_value, error.instance


def _unknown_fields(place: tuple[str | int, ...], error: ValidationError) -> Iterator[tuple[Place, str]]:
    schema: Any = error.schema
    known = list(schema.get("properties", ()))
    patterns = schema.get("patternProperties", ())
    for name in _facts(error)[2]:
        if name not in known and not any(re.search(pattern, name) for pattern in patterns):
            close = get_close_matches(name, known, n=1)
            yield (*place, name), "unknown field" + (f"; did you mean `{close[0]}`?" if close else "")


def _sentence(error: ValidationError) -> str:
    keyword, (_, wanted, instance) = str(error.validator), _facts(error)
    if isinstance(error.schema, Mapping) and SAYS in error.schema and keyword != "type":
        return str(error.schema[SAYS])
    match keyword:
        case "type":
            said = f"must be {_one_of(wanted)}"
        case "enum" | "const":
            choices = wanted if keyword == "enum" else [wanted]
            said = f"must be {_choice(choices)}{_meant(instance, choices)}"
        case "pattern":
            said = f"must match {shortened(str(wanted))}"
        case "format":
            said = FORMAT_SAYS[wanted]
        case "anyOf" | "oneOf":
            said = _alternatives(wanted)
        case _:
            said = _BOUNDS.get(keyword, f"does not satisfy {keyword} of its schema").format(wanted)
    return said


def _one_of(types: str | list[str]) -> str:
    return types if isinstance(types, str) else " or ".join(types)


def _choice(choices: list[Any]) -> str:
    shown = ", ".join(shortened(str(choice)) for choice in choices[:12])
    more = f" or one of {len(choices) - 12} more" if len(choices) > 12 else ""  # noqa: PLR2004 - a line's worth
    return f"one of {shown}{more}" if len(choices) > 1 else shown


def _meant(value: object, choices: list[Any]) -> str:
    by_lower = {str(choice).lower(): choice for choice in choices}
    close = get_close_matches(value.lower(), by_lower, n=1) if isinstance(value, str) else []
    return f"; did you mean {by_lower[close[0]]}?" if close and len(choices) > 1 else ""


def _alternatives(branches: list[Any]) -> str:
    types = [str(branch.get("type", "")) for branch in branches if isinstance(branch, dict)]
    if all(types):
        return f"must be {_one_of(list(dict.fromkeys(types)))}"
    names = [branch["required"] for branch in branches if isinstance(branch, dict) and "required" in branch]
    if names:
        return "set exactly one of " + ", ".join("+".join(name) for name in names[:12])
    return f"fits none, or more than one, of the {len(branches)} allowed forms"


def _shown(error: ValidationError, *, secret: bool) -> str:
    value = error.instance
    if secret or isinstance(value, dict | list):
        return f", not {_json_type(value)}" if error.validator == "type" else ""
    written = "true" if value is True else "false" if value is False else repr(value)
    return f", not {shortened(written)}"


def _json_type(value: object) -> str:
    names = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", float: "number"}
    return names[type(value)]
