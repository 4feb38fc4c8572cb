"""A report for machines: JSON with every finding and how many objects met each rule."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from dharma.gate import Report
from dharma.policy.finding import Finding

_WAIVER = {"rule", "ticket", "owner", "granted", "expires"}


def document(report: Report, commit: str = "") -> dict[str, Any]:
    """The report as a JSON-shaped value; `commit` is what was checked, empty where nobody knows."""
    return {
        "blocked": report.blocked,
        "day": report.day,
        "commit": commit,
        "engine": report.engine,
        "base": report.base,
        "targets": list(report.targets),
        "objects": report.objects,
        "charts": report.charts,
        "unchecked": report.unchecked,
        "unresolved": report.unresolved,
        "rules": {rule.id: report.met.get(rule.id, 0) for rule in report.rules},
        "waivers": [one.model_dump(mode="json", include=_WAIVER) for one in report.waivers],
        "findings": [_finding(finding) for finding in report.findings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    row = asdict(finding)
    row["source"] = str(finding.source) if finding.source else None
    row["origins"] = [str(origin) for origin in finding.origins]
    return row
