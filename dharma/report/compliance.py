"""Printers of the compliance matrix: Markdown for auditors, CSV for spreadsheets, JSON for machines."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from dharma.compliance.evidence import Evidence
from dharma.compliance.matrix import Control, Matrix, Said, Section, Side, Support

_MEANINGS = {
    "held": "every rule of it met objects and found nothing",
    "idle": "its rules guard against kinds that are not there",
    "warned": "a rule warned",
    "waived": "it holds by waivers only",
    "unmet": "a rule met no object, so it says nothing",
    "unknown": "a rule has no evidence",
    "stale": "evidence is too old, or a waiver has ended since",
    "violated": "a rule is broken",
    "failed": "a check failed",
    "hole": "no rule is evidence for it",
}
_COLUMNS = (
    *("framework", "control", "title", "verdict", "rule", "severity", "rule state"),
    *("place", "state", "says", "objects met", "deny", "warn", "audit", "waivers"),
    *("day", "engine", "commit", "source"),
)
_FORMULA = tuple("=+-@\t\r")


def document(matrix: Matrix) -> dict[str, Any]:
    """The matrix as a JSON-shaped value."""
    names = ("file", "place", "day", "engine", "commit")
    return {
        "day": matrix.day.isoformat(),
        "mostDays": matrix.most,
        "broken": matrix.broken,
        "sources": [dict(zip(names, source, strict=True)) for source in matrix.sources],
        "frameworks": [_section(section) for section in matrix.sections],
        "rulesWithoutControl": list(matrix.unmapped),
        "constraintsWithoutRule": list(matrix.strangers),
    }


def _section(section: Section) -> dict[str, Any]:
    standard = section.standard
    return {
        "framework": standard.id,
        "title": standard.title,
        "edition": standard.edition,
        "counts": section.counts,
        "controls": [_control(one) for one in section.controls],
    }


def _control(one: Control) -> dict[str, Any]:
    rules = [_support(support) for support in one.supports]
    return {
        "control": one.control,
        "title": one.title,
        "verdict": one.verdict,
        "says": one.words,
        "rules": rules,
    }


def _support(one: Support) -> dict[str, Any]:
    return {
        "rule": one.rule.id,
        "severity": one.rule.metadata.severity,
        "state": one.state,
        "ci": [_said(said) for said in one.ci.said],
        "cluster": [_said(said) for said in one.cluster.said],
    }


def _said(said: Said) -> dict[str, Any]:
    found = said.evidence
    return {
        "state": said.state,
        "says": said.text,
        "day": found.day,
        "source": found.source,
        "engine": found.engine,
        "commit": found.commit,
        "objectsMet": found.met,
        "findings": dict(found.findings),
        "waivers": [{"ticket": one.ticket, "expires": one.expires} for one in found.waivers],
    }


def table(matrix: Matrix) -> str:
    """The matrix as CSV, a row a piece of evidence; no cell starts as a spreadsheet's formula does."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for section in matrix.sections:
        for control in section.controls:
            head = (section.standard.id, control.control, control.title, control.verdict)
            writer.writerows([_inert(cell) for cell in (*head, *row)] for row in _rows(control))
    return text.getvalue()


def _rows(control: Control) -> Iterator[tuple[str, ...]]:
    if not control.supports:
        yield ("",) * (len(_COLUMNS) - 4)
    for support in control.supports:
        rule = support.rule.id, support.rule.metadata.severity, support.state
        several = (*support.ci.said, *support.cluster.said)
        yield from ((*rule, *_cells(said)) for said in several)
        if not several:
            yield (*rule, *("",) * (len(_COLUMNS) - 7))


def _cells(said: Said) -> tuple[str, ...]:
    found, counts = said.evidence, dict(said.evidence.findings)
    met = "" if found.met is None else str(found.met)
    levels = (str(counts.get(level, 0)) for level in ("deny", "warn", "audit"))
    place = (found.place, said.state, said.text, met, *levels, _waivers(found))
    return *place, found.day, found.engine, found.commit, found.source


def _inert(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def markdown(matrix: Matrix) -> str:
    """The matrix for readers: a summary, then a table of each framework, a row a control."""
    return "\n".join(_lines(matrix)) + "\n"


def _lines(matrix: Matrix) -> Iterator[str]:
    yield f"# Controls and their evidence on {matrix.day}\n"
    yield f"Only `held` is fulfilled; evidence older than {matrix.most} days does not count.\n"
    yield from _evidence_of(matrix)
    yield "| Framework | " + " | ".join(_MEANINGS) + " |\n|---|" + "---:|" * len(_MEANINGS)
    for section in matrix.sections:
        counts = " | ".join(str(section.counts.get(verdict, 0)) for verdict in _MEANINGS)  # type: ignore[call-overload]
        yield f"| {_cell(section.standard.title)} | {counts} |"
    yield ""
    yield from (f"- `{verdict}`: {meaning}" for verdict, meaning in _MEANINGS.items())
    for section in matrix.sections:
        yield from _framework(section)
    yield from _alone("Rules that are evidence for no control", matrix.unmapped)
    yield from _alone("Constraints in clusters that belong to no rule of today", matrix.strangers)


def _evidence_of(matrix: Matrix) -> Iterator[str]:
    if not matrix.sources:
        yield "No evidence was given.\n"
        return
    yield "| Evidence | From | Day | Engine | Commit |\n|---|---|---|---|---|"
    for file, place, day, engine, commit in matrix.sources:
        where = "pull request" if place == "ci" else "cluster"
        yield f"| {_cell(file)} | {where} | {day or 'unknown'} | {_cell(engine)} | {_cell(commit)} |"
    yield ""


def _framework(section: Section) -> Iterator[str]:
    yield f"\n## {section.standard.title}, {section.standard.edition}\n"
    yield "| Control | Verdict | What it rests on | Pull requests | Clusters |\n|---|---|---|---|---|"
    for one in section.controls:
        name = f"{_cell(one.control)} {_cell(one.title)}".strip()
        sides = (_side([(x.rule.id, getattr(x, place)) for x in one.supports]) for place in ("ci", "cluster"))
        verdict = one.verdict if one.verdict == "held" else f"**{one.verdict}**"
        yield f"| {name} | {verdict} | {_cell(one.words)} | {' | '.join(sides)} |"


def _side(sides: list[tuple[str, Side]]) -> str:
    """Rules that hold are counted, all others named with what is said of them."""
    held = sum(side.state == "held" for _, side in sides)
    others = [
        f"{_cell(rule)}: {said.state}, {_cell(said.text)}{_accepted(said.evidence)}"
        for rule, side in sides
        for said in side.said
        if said.state != "held"
    ]
    silent = sum(not side.said for _, side in sides)
    parts = [f"{held} held"] * bool(held) + others + [f"{silent} without evidence"] * bool(silent)
    return "<br>".join(parts) or "none"


def _accepted(found: Evidence) -> str:
    return f" ({_cell(_waivers(found))})" if found.waivers else ""


def _waivers(found: Evidence) -> str:
    return "; ".join(f"{one.ticket} until {one.expires or 'an unknown day'}" for one in found.waivers)


def _alone(title: str, names: tuple[str, ...]) -> Iterator[str]:
    if names:
        yield f"\n## {title}\n"
        yield from (f"- {_cell(name)}" for name in names)


def _cell(text: str) -> str:
    return text.replace("&", "&amp;").replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")
