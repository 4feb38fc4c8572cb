"""Reach: which objects a rule's kinds mean, in the words of the API server and of Gatekeeper.

A rule names a Kind of any group, a group/Kind or "*"; all versions are meant, as rules see objects
of any. The API server matches requests by resource: the plural, by which its rules name a kind.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from dharma.drift.role import guessed
from dharma.policy.rule import Rule

ANY = "*"
_BESIDE = {"pods": ("pods/ephemeralcontainers",)}
"""Subresources whose requests carry the whole object."""


@dataclass(frozen=True, slots=True, order=True)
class Reach:
    """One kind of a group; either may be "*"."""

    group: str
    kind: str

    @property
    def resources(self) -> tuple[str, ...]:
        """The resources of the kind, such as pods and pods/ephemeralcontainers."""
        if self.kind == ANY:
            return (ANY,)
        plural = guessed(self.kind)
        return (plural, *_BESIDE.get(plural, ()))


def reaches(rule: Rule) -> tuple[Reach, ...]:
    """What the rule's kinds mean, sorted; everything where one of them is "*"."""
    found = {_reach(name) for name in rule.metadata.kinds}
    everything = Reach(ANY, ANY)
    return (everything,) if everything in found else tuple(sorted(found))


def kinds(several: Iterable[Reach]) -> list[dict[str, Any]]:
    """A Constraint's `match.kinds`: one entry a group."""
    return [
        {"apiGroups": [group], "kinds": [one.kind for one in members]}
        for group, members in groupby(several, key=lambda one: one.group)
    ]


def resource_rules(several: Iterable[Reach], operations: Iterable[str]) -> list[dict[str, Any]]:
    """A ValidatingAdmissionPolicy's `matchConstraints.resourceRules`: one entry a group."""
    return [
        {
            "apiGroups": [group],
            "apiVersions": [ANY],
            "operations": list(operations),
            "resources": [name for one in members for name in one.resources],
        }
        for group, members in groupby(several, key=lambda one: one.group)
    ]


def _reach(name: str) -> Reach:
    if name == ANY:
        return Reach(ANY, ANY)
    group, slash, kind = name.rpartition("/")
    return Reach(group if slash else ANY, kind)
