"""A report for GitHub's job log: workflow commands, which the forge shows at lines of the change.

Escaping as documented for workflow commands and done by the runner's own toolkit: `%`, carriage return and
line feed in a message, `:` and `,` too in a property.
"""

from __future__ import annotations

from collections.abc import Iterator

from dharma.cli.terminal import safe
from dharma.gate import Report
from dharma.policy.finding import Finding
from dharma.report.cause import cause, generated
from dharma.report.terminal import summary, where

MOST = 10
"""Errors, and warnings, that GitHub shows of one step."""

_DATA = (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"))
_PROPERTY = (*_DATA, (":", "%3A"), (",", "%2C"))


def lines(report: Report, prefix: str = "") -> Iterator[str]:
    """At most ten errors and ten warnings, the gravest first, and a notice that counts the others.

    Accepted, old and mended findings are only counted. `prefix` is as in `cause`.
    """
    errors = [one for one in report.findings if one.blocks]
    warnings = [one for one in report.findings if _warns(one)]
    errors.sort(key=lambda one: not one.failed)
    for level, findings in (("error", errors), ("warning", warnings)):
        yield from (_annotation(level, one, prefix) for one in findings[:MOST])
    hidden = [f"{len(errors) - MOST} errors"] * (len(errors) > MOST)
    hidden += [f"{len(warnings) - MOST} warnings"] * (len(warnings) > MOST)
    more = f"{' and '.join(hidden)} more are not shown here. " if hidden else ""
    yield f"::notice title={escaped_property('dharma check')}::{escaped(more + summary(report))}"


def escaped(text: str) -> str:
    """A message of a workflow command."""
    return _replaced(text, _DATA)


def escaped_property(text: str) -> str:
    """A value before the `::` of a workflow command."""
    return _replaced(text, _PROPERTY)


def _warns(finding: Finding) -> bool:
    return finding.level == "warn" and finding.age == "new" and not finding.waiver and not finding.blocks


def _annotation(level: str, finding: Finding, prefix: str) -> str:
    place = cause(finding, prefix)
    values = {"file": place.file, "line": place.line, "col": place.column, "title": finding.rule}
    properties = ",".join(f"{name}={escaped_property(str(value))}" for name, value in values.items())
    said = [f"{where(finding)}: {finding.message}", finding.remedy, generated(finding)]
    return f"::{level} {properties}::{escaped(chr(10).join(part for part in said if part))}"


def _replaced(text: str, table: tuple[tuple[str, str], ...]) -> str:
    for char, code in table:
        text = text.replace(char, code)
    return safe(text)
