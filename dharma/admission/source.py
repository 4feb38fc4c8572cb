"""Source: what a Rego file refers to, and the same file under another root of packages.

References are sought where neither a string nor a comment stands, so that text is never taken for code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

_TEXT = re.compile(r'"(?:\\.|[^"\\\n])*"|`[^`]*`|#[^\n]*')
_HEAD = re.compile(r"^package\s+([\w.]+)", re.MULTILINE)
_INPUT = re.compile(r'\binput\b(?:\s*\.\s*([A-Za-z_]\w*)|\[\s*"([^"]*)"\s*\])?')
_DATA = re.compile(r"\bdata\b((?:\s*\.\s*[A-Za-z_]\w*)*)")
_ROOT = "dharma"


@dataclass(frozen=True)
class Source:
    """One Rego file."""

    text: str

    @cached_property
    def code(self) -> str:
        """The text with strings and comments blanked; every place stays where it was."""
        return _TEXT.sub(lambda found: " " * len(found[0]), self.text)

    @cached_property
    def package(self) -> str:
        """Its package, such as dharma.lib.pods; empty where it declares none."""
        found = _HEAD.search(self.code)
        return found[1] if found else ""

    @cached_property
    def inputs(self) -> frozenset[str]:
        """The fields of `input` that it reads; "" where it takes the input as a whole."""
        places = (found.start() for found in _INPUT.finditer(self.code) if self._begins(found.start()))
        found = (_INPUT.match(self.text, place) for place in places)
        return frozenset(one[1] or one[2] or "" for one in found if one)

    @cached_property
    def references(self) -> frozenset[str]:
        """What it reads of `data`, such as dharma.lib.pods.containers; "" for data as a whole."""
        return frozenset(
            re.sub(r"\s", "", found[1]).removeprefix(".")
            for found in _DATA.finditer(self.code)
            if self._begins(found.start())
        )

    def under(self, root: str) -> str:
        """The file from its package on, with `root` before all packages of the rules."""
        start, parts = self._head, []
        for place in self._roots():
            parts += [self.text[start:place], f"{root}."]
            start = place
        return "".join([*parts, self.text[start:]]).strip() + "\n"

    @cached_property
    def _head(self) -> int:
        found = _HEAD.search(self.code)
        return found.start() if found else 0

    def _roots(self) -> Iterator[int]:
        """Where the first part of a package's name stands."""
        pattern = re.compile(rf"(?:^package\s+|\bdata\s*\.\s*)({_ROOT})\b", re.MULTILINE)
        for found in pattern.finditer(self.code):
            if self._begins(found.start()):
                yield found.start(1)

    def _begins(self, place: int) -> bool:
        """Whether a name there is the first of a reference and no field of another."""
        before = self.code[:place].rstrip(" \t")
        return not before.endswith(".")


def by_package(texts: Iterable[str]) -> dict[str, Source]:
    """Libraries and rules by their packages."""
    return {source.package: source for source in map(Source, texts)}


def closure(package: str, known: Mapping[str, Source]) -> tuple[str, ...]:
    """The packages that one needs, itself last and the others sorted."""
    needed: set[str] = set()
    waiting = [package]
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting += _meant(known[name].references, known)
    return (*sorted(needed - {package}), package)


def _meant(references: frozenset[str], known: Mapping[str, Source]) -> Iterator[str]:
    for reference in references:
        for name in known:
            if f"{reference}.".startswith(f"{name}.") or f"{name}.".startswith(f"{reference}."):
                yield name
