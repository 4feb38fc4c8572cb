"""Text: YAML as Helm and Kubernetes read it, which is not as declarations are read.

Charts are written for the reader of sigs.k8s.io/yaml: YAML 1.1 words such as `yes`, numbers that
start with 0 are octal, days are text. Duplicate keys and documents that unfold without end are refused.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

import yaml  # type: ignore[import-untyped]

_VALUES = 3_000_000
_DEPTH = 100
_NESTED = 4_000
_WHOLE = 1e21
"""Go writes smaller whole numbers without a point or exponent."""
_MOST, _LEAST = 2**64, -(2**63)
_DIGITS = "[0-9_]*[0-9][0-9_]*"
_INDENTED = re.compile(rb"^[ \t?:-]{100,}", re.MULTILINE)
_BRACKETS = re.compile(rb"[\[{\]}]")
_TAG = "tag:yaml.org,2002:"
_TRUE = frozenset({"y", "yes", "on", "true"})
_WORDS = "y|Y|n|N|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF|true|True|TRUE|false|False|FALSE"
_RESOLVED = (
    ("null", r"~|null|Null|NULL|", "~nN"),
    ("bool", _WORDS, "yYnNtTfFoO"),
    ("int", r"[-+]?(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|0[0-7_]*|[1-9][0-9_]*)", "-+0123456789"),
    ("float", rf"[-+]?(?:\.{_DIGITS}|{_DIGITS}(?:\.[0-9_]*)?)(?:[eE]_*[-+]?{_DIGITS})?", "-+0123456789."),
    ("float", r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)", "-+."),
    ("merge", "<<", "<"),
)


class Unreadable(ValueError):  # noqa: N818 - a value that callers turn into a problem with a place
    """Why a text is no YAML that objects or values can be made of."""


class _Reader(yaml.CSafeLoader):  # type: ignore[misc]
    """libyaml with Go's idea of what a plain scalar is."""

    yaml_implicit_resolvers: dict[str | None, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            name = str(key.value)
            if name in seen and key.tag != f"{_TAG}merge":
                raise Unreadable(f"line {key.start_mark.line + 1}: key {name!a} stands twice")
            seen.add(name)
        found: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return {_key(name): value for name, value in found.items()}


def _key(name: Any) -> str:
    if isinstance(name, bool):
        return str(name).lower()
    return "null" if name is None else str(name)


def _integer(_: _Reader, node: Any) -> int | float:
    """What fits into no 64 bits is a floating-point number to Go."""
    text = node.value.replace("_", "")
    sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text.lstrip("+"))
    bases = {"0x": 16, "0b": 2, "0o": 8}
    base = bases.get(digits[:2].lower(), 8 if digits.startswith("0") and len(digits) > 1 else 10)
    found = sign * int(digits, base)
    return found if _LEAST <= found < _MOST else float(text)


def _number(_: _Reader, node: Any) -> float | str:
    """A whole number has no point, so that 1.0 becomes 1; what is too large stays text."""
    text = node.value.replace("_", "").lower()
    if text.endswith(("inf", "nan")):
        raise Unreadable(f"line {node.start_mark.line + 1}: JSON has no such number")
    found = float(text)
    if math.isinf(found):
        return str(node.value)
    return int(found) if found.is_integer() and abs(found) < _WHOLE else found


def _truth(_: _Reader, node: Any) -> bool:
    return node.value.lower() in _TRUE


for _name, _pattern, _first in _RESOLVED:
    _Reader.add_implicit_resolver(f"{_TAG}{_name}", re.compile(f"(?:{_pattern})\\Z"), [*_first, ""])
_Reader.add_constructor(f"{_TAG}int", _integer)
_Reader.add_constructor(f"{_TAG}float", _number)
_Reader.add_constructor(f"{_TAG}bool", _truth)
_Reader.add_constructor(f"{_TAG}merge", lambda _, node: node.value)


def documents(text: bytes) -> Iterator[Any]:
    """Every document of a text that is not empty; Unreadable where one cannot be read."""
    try:
        _shallow(text)
        reader = _Reader(text)
        while reader.check_data():
            found = reader.get_data()
            _bounded(found)
            if found is not None:
                yield found
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Unreadable(_reason(error)) from None


def document(text: bytes) -> Any:
    """The one document of a text, None for an empty one."""
    found = list(documents(text))
    if len(found) > 1:
        raise Unreadable("holds several documents")
    return found[0] if found else None


def _shallow(text: bytes) -> None:
    """Refuse what would nest without end: libyaml goes down by recursion, and no Python error stops it.

    Every level of a block stands further right, every level of a flow opens a bracket; brackets in
    texts are counted along.
    """
    runs = (len(run) for run in _INDENTED.findall(text))
    opened = accumulate(1 if found in b"[{" else -1 for found in _BRACKETS.findall(text))
    if max(runs, default=0) > _NESTED or max(opened, default=0) > _NESTED:
        raise Unreadable(f"nests deeper than {_DEPTH} levels")


def _reason(error: Exception) -> str:
    """Where and what, without the file's own text."""
    mark = getattr(error, "problem_mark", None)
    if mark is not None:
        return f"line {mark.line + 1}: {getattr(error, 'problem', None) or 'is no YAML'}"
    return str(error) if isinstance(error, Unreadable) else "is no YAML"


def _bounded(value: Any) -> None:
    """Refuse what aliases unfold without measure; every use of an alias counts."""
    count, heap = 0, [(value, 0)]
    while heap:
        item, depth = heap.pop()
        count += 1
        if count > _VALUES or depth > _DEPTH:
            raise Unreadable(f"unfolds to more than {_VALUES} values or {_DEPTH} levels")
        if isinstance(item, dict):
            heap.extend((child, depth + 1) for child in item.values())
        elif isinstance(item, list):
            heap.extend((child, depth + 1) for child in item)
