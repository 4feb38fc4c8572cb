"""A report for test tabs: JUnit XML as Jenkins' xUnit schema has it, which GitLab and others read too.

A suite is a target, a case a rule: one line for each thing that is asked, not for each of thousands of
objects. Which rules met a target's objects is not recorded, so each rule that met any is a case of
every target.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from dharma.cli.terminal import safe
from dharma.gate import Report
from dharma.policy.finding import Finding
from dharma.report.cause import cause, generated
from dharma.report.terminal import summary, where

FLEET = "fleet"
_SHOWN = 100

Cases = Mapping[str, Sequence[Finding]]


def text(report: Report) -> str:
    """The report as an XML document; a rule that denies is a failure, one that failed itself an error."""
    root = Element("testsuites", name="dharma check")
    for name, cases in _suites(report).items():
        root.append(_suite(name, cases))
    for count in ("tests", "failures", "errors"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in root)))
    if len(root):
        SubElement(root[-1], "system-out").text = safe(summary(report))
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode")


def _suites(report: Report) -> dict[str, dict[str, list[Finding]]]:
    """Findings by target and rule, rules without any among them."""
    suites: dict[str, dict[str, list[Finding]]] = defaultdict(lambda: defaultdict(list))
    for rule in report.rules:
        asked = (FLEET,) if rule.id.startswith("fleet/") or not report.targets else report.targets
        for name in asked if report.met.get(rule.id) else ():
            suites[name][rule.id] = []
    for finding in report.findings:
        if finding.age != "mended":
            suites[finding.target or FLEET][finding.rule].append(finding)
    return suites


def _suite(name: str, cases: Cases) -> Element:
    suite = Element("testsuite", name=safe(name), tests=str(len(cases)))
    for rule, findings in sorted(cases.items()):
        suite.append(_case(name, rule, findings))
    for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(count, str(len(suite.findall(f"testcase/{tag}"))))
    return suite


def _case(suite: str, rule: str, findings: Sequence[Finding]) -> Element:
    case = Element("testcase", classname=safe(suite), name=safe(rule))
    blocking = [one for one in findings if one.blocks]
    waived = [one for one in findings if one.waiver and not one.blocks]
    if blocking:
        _outcome(case, "error" if any(one.failed for one in blocking) else "failure", blocking)
    elif waived:
        tickets = ", ".join(sorted({one.waiver for one in waived}))
        SubElement(case, "skipped", type="waived", message=safe(f"{len(waived)} accepted by {tickets}"))
    if told := [one for one in findings if not one.blocks]:
        SubElement(case, "system-out").text = _lines(told)
    return case


def _outcome(case: Element, tag: str, findings: Sequence[Finding]) -> None:
    first, more = findings[0], len(findings) - 1
    message = f"{where(first)}: {first.message}" + (f" (and {more} more)" if more else "")
    outcome = SubElement(case, tag, type=safe(first.rule), message=safe(message))
    outcome.text = safe(f"{first.remedy}\n" if first.remedy else "") + _lines(findings)


def _lines(findings: Sequence[Finding]) -> str:
    more = [f"… and {len(findings) - _SHOWN} more"] if len(findings) > _SHOWN else []
    return safe("\n".join([*_described(findings[:_SHOWN]), *more]))


def _described(findings: Iterable[Finding]) -> Iterable[str]:
    for one in findings:
        state = f"accepted by {one.waiver}" if one.waiver else f"{one.level}{' (old)' * (one.age == 'old')}"
        yield f"{state}: {where(one)}: {one.message}\n  from {cause(one)} in {generated(one) or 'no file'}"
