"""An object as the rules of its schema see it: defaults filled in, values in CEL's types."""

from __future__ import annotations

import base64
import copy
import re
from collections.abc import Iterator, Mapping
from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

Schema = Mapping[str, Any]

_NOTHING: Schema = {}
_NANOSECONDS = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "μs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
# CEL's own words, which Kubernetes writes with underscores around them where they are field names.
_RESERVED = re.compile(
    "true|false|null|in|as|break|const|continue|else|for|function|if|import|let|loop|package|namespace"
    "|return|var|void|while"
)


def filled(schema: Schema, value: Any) -> Any:
    """A copy with the schema's defaults where a field is absent, as an API server fills them."""
    if isinstance(value, dict):
        full = {name: filled(field(schema, name), item) for name, item in value.items()}
        for name, part in schema.get("properties", _NOTHING).items():
            if name not in full and isinstance(part, dict) and "default" in part:
                full[name] = filled(part, copy.deepcopy(part["default"]))
        return full
    if isinstance(value, list):
        return [filled(items(schema), item) for item in value]
    return value


def field(schema: Schema, name: str) -> Schema:
    """The schema of one field of an object, empty where anything goes."""
    properties = schema.get("properties", _NOTHING)
    part = properties[name] if name in properties else schema.get("additionalProperties")
    return part if isinstance(part, dict) else _NOTHING


def items(schema: Schema) -> Schema:
    """The schema of the items of a list, empty where anything goes."""
    part = schema.get("items")
    return part if isinstance(part, dict) else _NOTHING


def children(schema: Schema, value: Any) -> Iterator[tuple[str | int, Schema, Any]]:
    """Key or index, schema and value of everything directly inside."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield name, field(schema, name), item
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield index, items(schema), item


def converted(schema: Schema, value: Any) -> Any:
    """The value in CEL's types; raises ValueError where the text is not what its format says."""
    if isinstance(value, dict):
        named = schema.get("properties", _NOTHING)
        return {
            escaped(name) if name in named else name: converted(field(schema, name), item)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [converted(items(schema), item) for item in value]
    if isinstance(value, str):
        return _text(schema.get("format"), value)
    if isinstance(value, bool) or value is None:
        return value
    kinds = schema.get("type", ())
    return float(value) if kinds == "number" or "number" in kinds else _whole(value)


def escaped(name: str) -> str:
    """A field's name as rules write it (Kubernetes: `a-b` is `a__dash__b`, `namespace` `__namespace__`)."""
    if _RESERVED.fullmatch(name):
        return f"__{name}__"
    name = name.replace("__", "__underscores__")
    return name.replace(".", "__dot__").replace("-", "__dash__").replace("/", "__slash__")


def _whole(value: float) -> float:
    return int(value) if float(value).is_integer() else value


def _text(form: object, text: str) -> Any:
    match form:
        case "byte":
            return base64.b64decode(text, validate=True)
        case "date" | "date-time":
            stamp = Timestamp()
            stamp.FromJsonString(text if form == "date-time" else f"{text}T00:00:00Z")
            return stamp
        case "duration":
            length = Duration()
            length.FromNanoseconds(_nanoseconds(text))
            return length
    return text


def _nanoseconds(text: str) -> int:
    """Go's way to write a duration: `1h30m`, `-1.5s`."""
    sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text.removeprefix("+"))
    parts = re.findall(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)", digits)
    if digits != "0" and (not parts or "".join(a + b for a, b in parts) != digits):
        raise ValueError(f"{text!r} is no duration")
    return sign * round(sum(float(amount) * _NANOSECONDS[unit] for amount, unit in parts))
