"""Waiver: a finding accepted for a while, by whom, why and until when (environments/waivers.yaml).

An entry without an expiry never matches, and an expired one no longer does; both are findings,
as is one that matched nothing. The day is given by the caller, so that output is reproducible.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints

from dharma import document
from dharma.declared import Declared
from dharma.errors import Origin
from dharma.layer import EMPTY, Node, find
from dharma.policy.enforcement import validated
from dharma.policy.finding import Finding
from dharma.values import Items, Name, Text

FILE = "waivers.yaml"
LONGEST = timedelta(days=180)
Day = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]


class Scope(Declared):
    """What a waiver covers: everything that all given lists name.

    `objects` are patterns such as `apps/Deployment/shop/*`.
    """

    targets: Items[Text] = ()
    """Patterns such as production/* or staging/region-a."""
    objects: Items[Text] = Field(min_length=1)


class Waiver(Declared):
    """One accepted finding."""

    rule: Text
    scope: Scope
    owner: Name
    ticket: Text
    reason: Text
    granted: Day
    expires: Day | None = None

    def matches(self, finding: Finding, today: date) -> bool:
        """Whether the waiver accepts a finding on that day."""
        return self.fault(today) == "" and self.covers(finding)

    def covers(self, finding: Finding) -> bool:
        """Whether the finding is what the waiver is about, whatever the day."""
        targets = self.scope.targets or ("*",)
        return (
            self.rule == finding.rule
            and not finding.failed
            and any(fnmatchcase(finding.target, pattern) for pattern in targets)
            and any(fnmatchcase(finding.subject, pattern) for pattern in self.scope.objects)
        )

    def fault(self, today: date) -> str:
        """Why the waiver holds no longer, or never did; empty while it does."""
        if self.expires is None:
            return "has no expiry, so it never matches"
        try:
            granted, expires = date.fromisoformat(self.granted), date.fromisoformat(self.expires)
        except ValueError as error:
            return f"names a day that is none: {error}"
        if expires - granted > LONGEST:
            return f"lasts {(expires - granted).days} days; {LONGEST.days} are the most"
        return f"expired on {self.expires}" if today > expires else ""


class Waivers(Declared):
    """All waivers of a platform repository."""

    waivers: Items[Waiver] = ()


def load_waivers(root: Path) -> tuple[Waivers, Node]:
    """environments/waivers.yaml and its located tree; none where there is no file."""
    path = root / "environments" / FILE
    if not path.is_file():
        return Waivers(), EMPTY
    tree = document.read(root, path)
    return validated(tree, Waivers), tree


def waived(findings: Iterable[Finding], waivers: Waivers, today: date) -> Iterator[Finding]:
    """The findings, those that are accepted marked with the ticket."""
    for finding in findings:
        ticket = next((one.ticket for one in waivers.waivers if one.matches(finding, today)), "")
        yield replace(finding, waiver=ticket) if ticket else finding


def idle(findings: Iterable[Finding], waivers: Waivers, tree: Node, today: date) -> Iterator[Finding]:
    """What is wrong with the waivers themselves: no expiry, expired, too long, or matching nothing."""
    several = list(findings)
    for number, waiver in enumerate(waivers.waivers):
        fault = waiver.fault(today)
        if not fault and not any(waiver.covers(finding) for finding in several):
            fault = "matches no finding"
        if fault:
            yield Finding(
                "waivers/in-force",
                "warn",
                f"the waiver {waiver.ticket} of {waiver.rule} {fault}",
                remedy="Remove it, or grant it anew with an expiry.",
                origins=_place(tree, number),
            )


def _place(tree: Node, number: int) -> tuple[Origin, ...]:
    node = find(tree, ("waivers", str(number)))
    return (node.origin,) if node and node.origin else ()
