"""A report for a pull request: Markdown, always under 60 kB, because forges cut longer comments."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from dharma.gate import Report
from dharma.policy.finding import Finding
from dharma.report.terminal import summary, where

MOST_BYTES = 60_000
_ROWS = 20


def text(report: Report) -> str:
    """The report; rules beyond the size are counted, not shown."""
    head = f"### {'Denied' if report.blocked else 'Passed'}\n\n{summary(report)}\n"
    sections = [
        _section(level, rule, list(several))
        for (level, rule), several in groupby(report.findings, key=_group)
    ]
    return _fitting(head, sections)


def _group(finding: Finding) -> tuple[str, str]:
    return "mended" if finding.age == "mended" else finding.level, finding.rule


def _section(level: str, rule: str, findings: Sequence[Finding]) -> str:
    rows = [
        f"| {_cell(where(one))} | {_cell(_what(one))} | {_cell(_cause(one))} |" for one in findings[:_ROWS]
    ]
    more = f"\n\n… and {len(findings) - _ROWS} more\n" if len(findings) > _ROWS else "\n"
    title = f"\n#### {level}: `{rule}` ({len(findings)})\n\n{_cell(findings[0].remedy)}\n\n"
    return title + "| where | what | cause |\n|---|---|---|\n" + "\n".join(rows) + more


def _what(finding: Finding) -> str:
    return f"{finding.message} (old)" if finding.age == "old" else finding.message


def _cause(finding: Finding) -> str:
    places = (*((finding.source,) if finding.source else ()), *finding.origins[:2])
    return ", ".join(f"`{place}`" for place in places) or finding.file


def _cell(value: str) -> str:
    return value.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")[:400]


def _fitting(head: str, sections: Sequence[str]) -> str:
    whole = head
    for number, section in enumerate(sections):
        rest = f"\n… and {len(sections) - number} more rules; the full report is in JSON or SARIF.\n"
        if len((whole + section + rest).encode()) > MOST_BYTES:
            return whole + rest
        whole += section
    return whole
