"""A report for people at a terminal: findings by rule, each with its cause and how to mend it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from dharma.gate import Report
from dharma.policy.finding import LEVELS, Finding

_SHOWN = 12


def lines(report: Report) -> Iterator[str]:
    """The report line by line, without colour."""
    present = [finding for finding in report.findings if finding.age != "mended"]
    for rule, several in groupby(present, key=lambda finding: (finding.level, finding.rule)):
        yield from _rule(rule[0], rule[1], list(several))
    yield from _mended(report)
    yield summary(report)


def _mended(report: Report) -> Iterator[str]:
    gone = [finding for finding in report.findings if finding.age == "mended"]
    if gone:
        yield f"MENDED since {report.base} ({len(gone)})"
        yield from (f"  - {one.rule} {where(one)}: {one.message}" for one in gone[:_SHOWN])
        if len(gone) > _SHOWN:
            yield f"  … and {len(gone) - _SHOWN} more"
        yield ""


def _rule(level: str, rule: str, findings: Sequence[Finding]) -> Iterator[str]:
    yield f"{level.upper():5} {rule} ({len(findings)})"
    if findings[0].remedy:
        yield f"      {findings[0].remedy}"
    for finding in findings[:_SHOWN]:
        yield f"  - {where(finding)}: {finding.message}{' (old)' if finding.age == 'old' else ''}"
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
    return " ".join(part for part in parts if part) or finding.file or "fleet"


def summary(report: Report) -> str:
    """How many objects met how many rules, and what came of it."""
    present = [one for one in report.findings if one.age != "mended"]
    counts = {level: sum(one.level == level and not one.waiver for one in present) for level in LEVELS}
    accepted = sum(bool(one.waiver) for one in present)
    checks = sum(report.met.values())
    said = ", ".join(f"{counts[level]} {level}" for level in reversed(LEVELS))
    targets = f" of {len(report.targets)} targets" if report.targets else ""
    met = f"{report.objects} objects{targets}, {len(report.rules)} rules"
    open_ends = f", {report.unresolved} digests unresolved" if report.unresolved else ""
    verdict = f"{said}, {accepted} accepted by waivers{open_ends}"
    return f"{met}, {checks} checks ({report.engine}): {verdict}{_ages(report)}"


def _ages(report: Report) -> str:
    if not report.base:
        return ""
    ages = Counter(finding.age for finding in report.findings)
    return f"; since {report.base} {ages['new']} new, {ages['old']} old, {ages['mended']} mended"
