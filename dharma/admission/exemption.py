"""Exemption: a waiver as places of enforcement hold it: regular expressions of subjects and a last day.

The expressions are written so that RE2, CEL, Rust and Python read them alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from typing import Any

from dharma.policy.rule import Rule
from dharma.policy.waiver import Waiver

_SPECIAL = frozenset(r"\.+*?()|[]{}^$")
_NEVER = r"\b\B"


@dataclass(frozen=True, slots=True)
class Exemption:
    """Subjects (group/Kind/namespace/name) that a rule lets pass up to and including a day, in UTC."""

    ticket: str
    subjects: tuple[str, ...]
    expires: str

    @property
    def parameter(self) -> dict[str, Any]:
        """The exemption as a member of a Constraint's `parameters.waivers`."""
        return {"ticket": self.ticket, "expires": self.expires, "subjects": list(self.subjects)}


def exemptions(rule: Rule, target: str, waivers: Iterable[Waiver]) -> tuple[Exemption, ...]:
    """The waivers of a rule in a target, whatever the day; those that can never hold are left out."""
    return tuple(
        Exemption(waiver.ticket, tuple(expression(glob) for glob in waiver.scope.objects), waiver.expires)
        for waiver in waivers
        if waiver.rule == rule.id and waiver.expires and not waiver.fault(date.min)
        if any(fnmatchcase(target, glob) for glob in waiver.scope.targets or ("*",))
    )


def expression(glob: str) -> str:
    """The regular expression that takes what `fnmatchcase` takes by a pattern."""
    parts: list[str] = []
    place = 0
    while place < len(glob):
        part, place = _part(glob, place)
        if part != ".*" or parts[-1:] != [".*"]:
            parts.append(part)
    return f"(?s)^{''.join(parts)}$"


def _part(glob: str, place: int) -> tuple[str, int]:
    char, after = glob[place], place + 1
    if char in "*?":
        return {"*": ".*", "?": "."}[char], after
    if char == "[":
        # A bracket that comes first, or after the negation, is a member of the set.
        first = after + 1 if glob[after : after + 1] == "!" else after
        end = glob.find("]", first + 1)
        if end > 0:
            return _members(glob[after:end]), end + 1
    return (f"\\{char}" if char in _SPECIAL else char), after


def _members(text: str) -> str:
    negated = text.startswith("!")
    spans = _spans(text[negated:])
    if not spans:
        return "." if negated else _NEVER
    inner = "".join(_char(low) if low == high else f"{_char(low)}-{_char(high)}" for low, high in spans)
    return f"[{'^' if negated else ''}{inner}]"


def _spans(text: str) -> list[tuple[str, str]]:
    """Characters and ranges of a set; a range that ends before it begins is empty."""
    spans: list[tuple[str, str]] = []
    place = 0
    while place < len(text):
        ranged = text[place + 1 : place + 2] == "-" and place + 2 < len(text)
        low, high = text[place], text[place + 2] if ranged else text[place]
        if low <= high:
            spans.append((low, high))
        place += 3 if ranged else 1
    return spans


def _char(char: str) -> str:
    plain = char.isalnum() or ord(char) > 127 or char in " _\n\t" or not char.isprintable()  # noqa: PLR2004
    return char if plain else f"\\{char}"
