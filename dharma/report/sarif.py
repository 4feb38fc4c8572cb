"""A report for code scanning: SARIF 2.1.0 (OASIS), one result a finding, at its cause."""

from __future__ import annotations

import hashlib
from typing import Any

from dharma import __version__
from dharma.errors import Origin
from dharma.gate import Report
from dharma.policy.finding import Finding
from dharma.policy.rule import Rule
from dharma.report.terminal import where

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {"deny": "error", "warn": "warning", "audit": "note"}
_STATES = {"new": "new", "old": "unchanged", "mended": "absent"}


def document(report: Report) -> dict[str, Any]:
    """The report as a SARIF log with one run."""
    rules = [_rule(rule) for rule in report.rules]
    known = {rule.id for rule in report.rules}
    rules += [{"id": name} for name in sorted({finding.rule for finding in report.findings} - known)]
    driver = {"name": "dharma", "version": __version__, "rules": rules}
    results = [_aged(_result(finding), finding, report) for finding in report.findings]
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    remedy = rule.metadata.remediation
    tags = [
        f"{framework}:{control}" for framework, all_ in rule.metadata.controls.items() for control in all_
    ]
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.description},
        "help": {"text": f"{remedy.text}\n\nGood:\n{remedy.good}\nBad:\n{remedy.bad}"},
        "defaultConfiguration": {"level": _LEVELS[rule.metadata.severity]},
        "properties": {"tags": tags},
    }


def _result(finding: Finding) -> dict[str, Any]:
    places = [*((finding.source,) if finding.source else ()), *finding.origins]
    if finding.file:
        places.append(Origin(finding.file, 1))
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "level": _LEVELS[finding.level],
        "message": {"text": f"{where(finding)}: {finding.message}"},
        "partialFingerprints": {
            "dharma/v1": hashlib.sha256("\0".join(finding.identity).encode()).hexdigest()
        },
    }
    if places:
        result["locations"] = [_location(places[0])]
        result["relatedLocations"] = [_location(place) for place in places[1:]]
    if finding.waiver:
        result["suppressions"] = [{"kind": "external", "justification": finding.waiver}]
    return result


def _aged(result: dict[str, Any], finding: Finding, report: Report) -> dict[str, Any]:
    return result | {"baselineState": _STATES[finding.age]} if report.base else result


def _location(place: Origin) -> dict[str, Any]:
    region = {"startLine": place.line, "startColumn": place.column}
    return {"physicalLocation": {"artifactLocation": {"uri": place.file}, "region": region}}
