"""A report for GitLab's merge requests: the Code Quality format, a list of issues at lines."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any, Literal

from dharma.gate import Report
from dharma.policy.finding import Finding
from dharma.report.cause import cause
from dharma.report.terminal import where

Severity = Literal["info", "minor", "major", "critical", "blocker"]


def document(report: Report, prefix: str = "") -> list[dict[str, Any]]:
    """Every finding that is there now; GitLab itself compares with the target branch by fingerprint.

    A fingerprint rests on rule, object, path and message, never on line numbers. `prefix` is as in `cause`.
    """
    seen: Counter[str] = Counter()
    issues = []
    for finding in report.findings:
        if finding.age != "mended":
            identity = "\0".join(finding.identity)
            issues.append(_issue(finding, prefix, f"{identity}\0{seen[identity]}"))
            seen[identity] += 1
    return issues


def _issue(finding: Finding, prefix: str, identity: str) -> dict[str, Any]:
    place = cause(finding, prefix)
    return {
        "description": f"{where(finding)}: {finding.message}",
        "check_name": finding.rule,
        "fingerprint": hashlib.sha256(identity.encode(errors="surrogatepass")).hexdigest(),
        "severity": _severity(finding),
        "location": {"path": place.file, "lines": {"begin": place.line}},
    }


def _severity(finding: Finding) -> Severity:
    if finding.blocks:
        return "blocker" if finding.failed else "critical"
    if finding.waiver or finding.level == "audit":
        return "info"
    return "major" if finding.level == "deny" else "minor"
