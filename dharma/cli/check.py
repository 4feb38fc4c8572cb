"""dharma check: hold the platform against every rule."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dharma.cli.terminal import note, progress, safe, say

if TYPE_CHECKING:
    from dharma.gate import Report

_EPILOG = """\b
Examples:
  dharma check                                all targets, fleet rules included
  dharma check production/region-a            one target; fleet rules need the whole fleet
  dharma check --format sarif --output findings.sarif
  dharma check --format markdown              for a pull request's comment
"""


@click.command(name="check", epilog=_EPILOG)
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@click.option(
    "--format",
    "form",
    type=click.Choice(["terminal", "json", "sarif", "markdown"]),
    default="terminal",
    show_default=True,
    help="How to report.",
)
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write there."
)
@click.option("--workers", type=click.IntRange(1, 256), metavar="N", help="Processes that render.")
@click.option("--today", metavar="DAY", help="The day by which waivers are judged, as 2027-01-31.")
@click.pass_obj
def command(
    directory: str | None,
    targets: tuple[str, ...],
    form: str,
    output: Path | None,
    workers: int | None,
    today: str | None,
) -> None:
    """Render the declarations and hold every object and the fleet against schemas, CEL and Rego rules.

    Exits 1 when a finding denies. Nothing is written but the report.
    """
    report = _checked(directory, targets, workers, _day(today))
    text = _text(report, form)
    if output is None:
        say(text)
    else:
        output.write_text(safe(text) + "\n", encoding="utf-8")
        from dharma.report.terminal import summary

        note(summary(report))
    note(f"{report.charts} upstream charts are rendered by Argo CD; their objects were not checked")
    if report.blocked:
        raise SystemExit(1)


def _checked(directory: str | None, names: tuple[str, ...], workers: int | None, today: date) -> Report:
    from dharma import environment
    from dharma.build import Plan, build
    from dharma.gate import check
    from dharma.repository import root_of, schema_folders

    root = root_of(directory)
    fleet = environment.load(root)
    chosen = fleet.select(names)
    plan = Plan(root, schema_folders(root), workers=workers)
    with progress("rendered", len(chosen)) as step:
        built = build(plan, chosen, lambda found: step(found.target) if found.fresh else None)
    return check(plan, built, chosen, today, whole=len(chosen) == len(fleet.targets))


def _day(text: str | None) -> date:
    from dharma.errors import InputError, Problem

    try:
        return date.fromisoformat(text) if text else date.today()  # noqa: DTZ011 - a day of the user's calendar
    except ValueError:
        raise InputError([Problem("--today", f"{text!r} is no day", "Write it as 2027-01-31.")]) from None


def _text(report: Report, form: str) -> str:
    import json

    from dharma.report import json as as_json
    from dharma.report import markdown, sarif, terminal

    if form == "json":
        return json.dumps(as_json.document(report), indent=2, ensure_ascii=False)
    if form == "sarif":
        return json.dumps(sarif.document(report), indent=2, ensure_ascii=False)
    return markdown.text(report) if form == "markdown" else "\n".join(terminal.lines(report))
