"""One problem of one object, and how a place inside an object is written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Place: TypeAlias = Sequence[str | int]

PROBLEMS_SHOWN = 10
VALUE_SHOWN = 60

_PLAIN_KEY = re.compile(r"[A-Za-z_$][\w$-]*")


@dataclass(frozen=True, slots=True)
class SchemaProblem:
    """What is wrong at one place of an object; an empty path means the object itself."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


def path_of(place: Place) -> str:
    """`spec.containers[0].image`; a key that is no plain word is quoted: `labels["app/name"]`."""
    written = "".join(_step(step) for step in place)
    return written.removeprefix(".")


def _step(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if _PLAIN_KEY.fullmatch(step) else f'["{shortened(step)}"]'


def shortened(text: str) -> str:
    """The text, cut to 60 characters."""
    return text if len(text) <= VALUE_SHOWN else f"{text[: VALUE_SHOWN - 1]}…"


def in_order(found: Iterable[tuple[Place, str]]) -> tuple[SchemaProblem, ...]:
    """The first ten problems by place, each once; one more line counts those left out."""
    unique = sorted(dict.fromkeys((tuple(place), message) for place, message in found), key=_rank)
    problems = [SchemaProblem(path_of(place), message) for place, message in unique[:PROBLEMS_SHOWN]]
    if len(unique) > PROBLEMS_SHOWN:
        problems.append(SchemaProblem("", f"and {len(unique) - PROBLEMS_SHOWN} more problems"))
    return tuple(problems)


def _rank(found: tuple[Place, str]) -> tuple[tuple[tuple[bool, int, str], ...], str]:
    place, message = found
    steps = tuple((False, s, "") if isinstance(s, int) else (True, 0, s) for s in place)
    return steps, message
