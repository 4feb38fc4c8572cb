"""Reports of verifications: a table for people, JSON for machines, Markdown under 60 kB for a forge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any

from dharma.drift.verification import STATES, Deviation, Verification
from dharma.policy.finding import Finding
from dharma.report.markdown import MOST_BYTES

_TITLES = {
    "drift": "runs otherwise than declared",
    "missing": "declared, but not there",
    "foreign": "carries Dharma's label, but is not declared",
    "refused": "declared, but the server would not take it",
    "unread": "could not be read, so nothing is known",
    "unhealthy": "is there, but does not work",
    "added": "written by others beside the declaration; Argo CD leaves it alone",
}
_ROWS = 200


def lines(verification: Verification) -> Iterator[str]:
    """One verification as a table, state by state, then broken rules and a summary."""
    rows = [("STATE", "OBJECT", "FIELD", "DECLARED", "LIVE")]
    rows += [row for one in verification.deviations for row in _rows(one)]
    if len(rows) > 1:
        widths = [min(60, max(len(row[place]) for row in rows)) for place in range(5)]
        yield from ("  ".join(_padded(row, widths)).rstrip() for row in rows)
        yield ""
    for rule, several in groupby(verification.findings, key=lambda one: (one.level, one.rule)):
        yield from _broken(*rule, list(several))
    yield summary(verification)
    yield from _limits(verification)


def _rows(one: Deviation) -> Iterator[tuple[str, str, str, str, str]]:
    name = one.subject.lstrip("/")
    if not one.differences:
        yield one.state, name, one.message, "", ""
    for number, field in enumerate(one.differences):
        yield one.state if number == 0 else "", name, field.path, field.declared, field.live
    if one.differences and one.message:
        yield "", name, one.message, "", ""


def _padded(row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    return (text.replace("\n", " ").ljust(width) for text, width in zip(row, widths, strict=True))


def _broken(level: str, rule: str, findings: Sequence[Finding]) -> Iterator[str]:
    yield f"{level.upper():5} {rule} ({len(findings)})"
    for one in findings[:12]:
        accepted = f" (accepted: {one.waiver})" if one.waiver else ""
        yield f"  - {one.subject.lstrip('/')} {one.path}: {one.message}{accepted}"
    if len(findings) > 12:  # noqa: PLR2004 - as many as fit a screen, as the gate's report
        yield f"  … and {len(findings) - 12} more"
    yield ""


def summary(verification: Verification) -> str:
    """How many objects were compared, and what came of it."""
    found = verification
    counts = ", ".join(f"{len(found.of(state))} {state}" for state in STATES)
    denied = sum(finding.blocks for finding in found.findings)
    return (
        f"{found.target} on {found.cluster}: {found.objects} objects, {found.dry_run} tried by dry run,"
        f" {found.local} compared locally, in {found.seconds:.1f} s: {counts}, {denied} denied by rules"
    )


def _limits(verification: Verification) -> Iterator[str]:
    found = verification
    yield f"Foreign objects were looked for by label among {found.kinds - len(found.unsearched)} kinds."
    if found.unsearched:
        yield f"Kinds that may not be listed: {', '.join(found.unsearched)}."
    if found.local:
        yield (
            "What is compared locally may not be tried (no `patch`, or a webhook takes no dry run):"
            " there, fields that are not declared are not looked at."
        )
    if found.charts:
        yield f"{found.charts} upstream charts are rendered by Argo CD; their objects were not compared."


def document(verifications: Sequence[Verification], day: str = "") -> dict[str, Any]:
    """All verifications as a JSON-shaped value; `day` is when the clusters were asked, as 2027-01-31."""
    return {
        "clean": all(one.clean for one in verifications),
        "day": day,
        "targets": [_target(one) for one in verifications],
    }


def _target(verification: Verification) -> dict[str, Any]:
    row = asdict(verification)
    row["clean"] = verification.clean
    for one in row["deviations"]:
        one["places"] = [_place(place) for place in one["places"]]
    for one in row["findings"]:
        one["source"] = _place(one["source"])
        one["origins"] = [_place(place) for place in one["origins"]]
    return row


def _place(place: dict[str, Any] | None) -> str | None:
    return f"{place['file']}:{place['line']}:{place['column']}" if place else None


def markdown(verifications: Sequence[Verification]) -> str:
    """All verifications for a pull request or an issue; rows beyond the size are counted, not shown."""
    clean = all(one.clean for one in verifications)
    text = f"### {'As declared' if clean else 'Not as declared'}\n"
    text += "".join(f"\n{_cell(summary(one))}\n" for one in verifications)
    text += "".join(
        f"\n{_cell(line)}\n" for line in sorted({x for one in verifications for x in _limits(one)})
    )
    sections = [section for one in verifications for section in _sections(one)]
    for number, section in enumerate(sections):
        rest = f"\n… and {len(sections) - number} more tables; the full report is in JSON.\n"
        if len((text + section + rest).encode()) > MOST_BYTES:
            return text + rest
        text += section
    return text


def _sections(verification: Verification) -> Iterator[str]:
    for state in STATES:
        if several := verification.of(state):
            yield _section(f"{verification.target}: {state} ({len(several)})", _TITLES[state], several)
    for (level, rule), findings in groupby(verification.findings, key=lambda one: (one.level, one.rule)):
        broken = list(findings)
        rows = [f"| `{_cell(one.subject.lstrip('/'))}` | {_cell(one.message)} |" for one in broken[:20]]
        more = f"\n\n… and {len(broken) - 20} more" if len(broken) > 20 else ""  # noqa: PLR2004 - as the gate's
        title = f"\n#### {verification.target}: {level} `{rule}` ({len(broken)})\n\n"
        yield title + "| object | what |\n|---|---|\n" + "\n".join(rows) + more + "\n"


def _section(title: str, meaning: str, several: Sequence[Deviation]) -> str:
    every = [row for one in several for row in _markdown_rows(one)]
    more = f"\n\n… and {len(every) - _ROWS} more rows" if len(every) > _ROWS else ""
    head = "| object | field | declared | live | from |\n|---|---|---|---|---|\n"
    return f"\n#### {_cell(title)}\n\n{meaning}\n\n{head}" + "\n".join(every[:_ROWS]) + more + "\n"


def _markdown_rows(one: Deviation) -> Iterator[str]:
    name, places = _cell(one.subject.lstrip("/")), ", ".join(f"`{place}`" for place in one.places[:3])
    if one.message:
        yield f"| `{name}` | {_cell(one.message)} | | | {places} |"
    for field in one.differences:
        cells = " | ".join(_cell(text) for text in (field.path, field.declared, field.live))
        yield f"| `{name}` | {cells} | {places} |"


def _cell(value: str) -> str:
    return value.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")[:300]
