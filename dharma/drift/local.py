"""Local comparison: for who may read but not try; only what is declared is looked at.

The server fills in defaults and rewrites quantities, which cannot be told here from what somebody
added: a field that is not declared is therefore not compared, unless the manager applied it before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dharma.drift.difference import ABSENT, Difference, Path, by_name, described, is_secret, same
from dharma.drift.noise import cleaned
from dharma.drift.ownership import abandoned
from dharma.values import amount

_QUANTITIES = frozenset(
    {"limits", "requests", "hard", "capacity", "default", "defaultRequest", "max", "min", "sizeLimit"}
    | {"maxLimitRequestRatio", "divisor"}
)
_WRITE_ONLY = "stringData"


def compared(
    declared: Mapping[str, Any], live: Mapping[str, Any], manager: str, owned: tuple[str, ...] = ()
) -> tuple[Difference, ...]:
    """Declared fields that run otherwise, and applied ones that are declared no more."""
    secret = is_secret(declared)
    ours, theirs = cleaned(declared, owned), cleaned(live, owned)
    ours.pop(_WRITE_ONLY, None)
    found = [described(path, *pair, secret=secret) for path, pair in _walk((), ours, theirs)]
    return tuple(sorted({*found, *abandoned(declared, live, manager, owned)}))


def _walk(path: Path, declared: Any, live: Any) -> Iterator[tuple[Path, tuple[Any, Any]]]:
    if isinstance(declared, dict) and isinstance(live, dict):
        for name, value in declared.items():
            yield from _walk((*path, name), value, live.get(name, ABSENT))
    elif isinstance(declared, list) and isinstance(live, list):
        yield from _elements(path, declared, live)
    elif not _equal(path, declared, live):
        yield path, (declared, live)


def _elements(path: Path, declared: list[Any], live: list[Any]) -> Iterator[tuple[Path, tuple[Any, Any]]]:
    ours, theirs = by_name(declared), by_name(live)
    if ours is not None and theirs is not None:
        for name, value in ours.items():
            yield from _walk((*path, name), value, theirs.get(name, ABSENT))
    elif len(declared) != len(live):
        yield path, (declared, live)
    else:
        for number, pair in enumerate(zip(declared, live, strict=True)):
            yield from _walk((*path, f"[{number}]"), *pair)


def _equal(path: Path, declared: Any, live: Any) -> bool:
    """Whether the server may have made the one of the other: nothing of a zero value, 1 of 1000m."""
    if live is ABSENT:
        return not declared
    if same(declared, live):
        return True
    scalars = isinstance(declared, str | int | float) and isinstance(live, str | int | float)
    return scalars and bool(_QUANTITIES & {*path}) and _amount(declared) == _amount(live)


def _amount(value: object) -> float | str:
    try:
        return amount(str(value))
    except ValueError:
        return str(value)
