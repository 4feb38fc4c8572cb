"""dharma check: hold the platform against every rule."""

from __future__ import annotations

import os
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
  dharma check manifests/ more.yaml           any folder or file of YAML or JSON
  dharma check --base                         only what is new since the default branch blocks
  dharma check --base=v1.4.0                  or since a branch, tag or commit
"""


@click.command(name="check", epilog=_EPILOG)
@click.argument("targets", nargs=-1, metavar="[TARGET|PATH]...")
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
@click.option(
    "--base",
    is_flag=False,
    flag_value="",
    metavar="[=REF]",
    help="Compare with a commit, by default where HEAD left the default branch; old findings do not block.",
)
@click.option("--workers", type=click.IntRange(1, 256), metavar="N", help="Processes that render.")
@click.option("--today", metavar="DAY", help="The day by which waivers are judged, as 2027-01-31.")
@click.pass_obj
def command(
    directory: str | None,
    targets: tuple[str, ...],
    form: str,
    output: Path | None,
    base: str | None,
    workers: int | None,
    today: str | None,
) -> None:
    """Render the declarations and hold every object and the fleet against schemas, CEL and Rego rules.

    A PATH that is no declared target is a folder or file of objects made elsewhere; it needs no
    platform repository. Exits 1 when a finding denies. Nothing is written but the report.
    """
    report = _checked(directory, targets, workers, base, _day(today))
    text = _text(report, form)
    if output is None:
        say(text)
    else:
        output.write_text(safe(text) + "\n", encoding="utf-8")
        from dharma.report.terminal import summary

        note(summary(report))
    if report.targets:
        note(f"{report.charts} upstream charts are rendered by Argo CD; their objects were not checked")
    if report.blocked:
        raise SystemExit(1)


def _checked(
    directory: str | None, names: tuple[str, ...], workers: int | None, base: str | None, today: date
) -> Report:
    from dharma import environment
    from dharma.build import Plan, build
    from dharma.gate import check
    from dharma.repository import root_of, schema_folders

    paths = [Path(name) for name in names if os.path.lexists(name)]
    if paths and not _in_platform(directory):
        return _foreign(paths, names, None, base, today)
    root = root_of(directory)
    fleet = environment.load(root)
    if paths := [path for path in paths if not fleet.names(path.as_posix())]:
        return _foreign(paths, names, root, base, today)
    chosen = fleet.select(names)
    plan = Plan(root, schema_folders(root), workers=workers)
    with progress("rendered", len(chosen)) as step:
        built = build(plan, chosen, lambda found: step(found.target) if found.fresh else None)
    whole = len(chosen) == len(fleet.targets)
    report = check(plan, built, chosen, today, whole=whole)
    if base is None:
        return report
    from dharma.baseline import against

    return against(report, plan, base, None if whole else report.targets, today)


def _in_platform(directory: str | None) -> bool:
    from dharma.errors import InputError
    from dharma.repository import root_of

    try:
        root_of(directory)
    except InputError:
        return directory is not None
    return True


def _foreign(
    paths: list[Path], names: tuple[str, ...], root: Path | None, base: str | None, today: date
) -> Report:
    from dharma.errors import InputError, Problem
    from dharma.foreign import check
    from dharma.repository import schema_folders

    others = [name for name in names if Path(name) not in paths]
    problems = [
        Problem(name, "is no file or folder, and others of the arguments are", "Check targets apart.")
        for name in others
    ]
    if base is not None:
        problems.append(Problem("--base", "compares declared targets, not files", "Leave it out."))
    if problems:
        raise InputError(problems)
    return check(paths, schema_folders(root), root, today)


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
