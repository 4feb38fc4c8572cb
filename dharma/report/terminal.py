"""A report for people at a terminal: findings by rule, each with its cause and how to mend it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from dharma.gate import Report
from dharma.policy.finding import LEVELS, Finding

_SHOWN = 12


def lines(report: Report) -> Iterator[str]:
    """The report line by line, without colour."""
    for rule, several in groupby(report.findings, key=lambda finding: (finding.level, finding.rule)):
        yield from _rule(rule[0], rule[1], list(several))
    yield summary(report)


def _rule(level: str, rule: str, findings: Sequence[Finding]) -> Iterator[str]:
    yield f"{level.upper():5} {rule} ({len(findings)})"
    if findings[0].remedy:
        yield f"      {findings[0].remedy}"
    for finding in findings[:_SHOWN]:
        yield f"  - {where(finding)}: {finding.message}"
        if cause := ", ".join(
            map(str, (*((finding.source,) if finding.source else ()), *finding.origins[:3]))
        ):
            yield f"      from {cause}"
        if finding.waiver:
            yield f"      accepted: {finding.waiver}"
    if len(findings) > _SHOWN:
        yield f"  … and {len(findings) - _SHOWN} more"
    yield ""


def where(finding: Finding) -> str:
    """Target, object and path in one phrase."""
    kind, _, name = finding.subject.partition("/")[2].partition("/")
    parts = (finding.target, f"{kind} {name.strip('/')}".strip(), finding.path)
    return " ".join(part for part in parts if part) or "fleet"


def summary(report: Report) -> str:
    """How many objects met how many rules, and what came of it."""
    counts = {
        level: sum(one.level == level and not one.waiver for one in report.findings) for level in LEVELS
    }
    accepted = sum(bool(one.waiver) for one in report.findings)
    checks = sum(report.met.values())
    said = ", ".join(f"{counts[level]} {level}" for level in reversed(LEVELS))
    met = f"{report.objects} objects of {len(report.targets)} targets, {len(report.rules)} rules"
    return f"{met}, {checks} checks ({report.engine}): {said}, {accepted} accepted by waivers"
