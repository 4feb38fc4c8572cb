"""dharma check: hold the platform against every rule."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dharma.cli.terminal import note, safe, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from dharma.gate import Report
    from dharma.judgement import MakeEngine

_FORGES = {"github", "gitlab"}
_EPILOG = """\b
Examples:
  dharma check                                all targets, fleet rules included
  dharma check production/region-a            one target; fleet rules need the whole fleet
  dharma check --format sarif --output findings.sarif
  dharma check --format markdown              for a pull request's comment
  dharma check --format github                annotations in GitHub's job log; gitlab: Code Quality
  dharma check --format junit --output dharma.xml
  dharma check manifests/ more.yaml           any folder or file of YAML or JSON
  dharma check --base                         only what is new since the default branch blocks
  dharma check --base=v1.4.0                  or since a branch, tag or commit
  dharma check --engine opa                   the same rules judged by a real OPA server
"""


@click.command(name="check", epilog=_EPILOG)
@click.argument("targets", nargs=-1, metavar="[TARGET|PATH]...")
@click.option(
    "--format",
    "form",
    type=click.Choice(["terminal", "json", "sarif", "markdown", "junit", "github", "gitlab"]),
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
@click.option(
    "--engine",
    type=click.Choice(["embedded", "opa"]),
    default="embedded",
    show_default=True,
    help="What evaluates the rules.",
)
@click.option("--opa", "url", default="", metavar="URL", help="Ask this OPA server instead of starting one.")
@click.option("--no-cache", is_flag=True, help="Render and judge everything anew.")
@click.option("--workers", type=click.IntRange(1, 256), metavar="N", help="Processes that render.")
@click.option("--today", metavar="DAY", help="The day by which waivers are judged, as 2027-01-31.")
@click.pass_obj
def command(
    directory: str | None,
    targets: tuple[str, ...],
    form: str,
    output: Path | None,
    base: str | None,
    engine: str,
    url: str,
    no_cache: bool,
    workers: int | None,
    today: str | None,
) -> None:
    """Render the declarations and hold every object and the fleet against schemas, CEL and Rego rules.

    A PATH that is no declared target is a folder or file of objects made elsewhere; it needs no
    platform repository. Exits 1 when a finding denies. Nothing is written but the report.
    """
    how = _How(_day(today), engine, url, not no_cache, workers)
    report = _checked(directory, targets, base, how)
    text = _text(report, form, _commit(directory) if form == "json" else "")
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


@dataclass(frozen=True, slots=True)
class _How:
    today: date
    engine: str
    url: str
    cached: bool
    workers: int | None

    def maker(self) -> MakeEngine:
        """What makes the engine that was asked for."""
        from dharma.errors import InputError, Problem
        from dharma.policy.engine import Embedded

        if self.engine == "opa":
            from dharma.policy.opa import OpaAt

            return OpaAt(self.url)
        if self.url:
            raise InputError([Problem("--opa", "is for the engine opa", "Add --engine opa.")])
        return Embedded


def _checked(directory: str | None, names: tuple[str, ...], base: str | None, how: _How) -> Report:
    paths = [Path(name) for name in names if os.path.lexists(name)]
    if paths and not _in_platform(directory):
        return _foreign(paths, names, None, base, how)
    if paths and (apart := _undeclared(directory, paths)):
        from dharma.repository import root_of

        return _foreign(apart, names, root_of(directory), base, how)
    return _platform(directory, names, base, how)


def _undeclared(directory: str | None, paths: list[Path]) -> list[Path]:
    """The paths that name no declared target."""
    from dharma import environment
    from dharma.repository import root_of

    fleet = environment.load(root_of(directory))
    return [path for path in paths if not fleet.names(path.as_posix())]


def _platform(directory: str | None, names: tuple[str, ...], base: str | None, how: _How) -> Report:
    from dharma.cli.rendering import rendered
    from dharma.gate import check

    made = rendered(directory, names, workers=how.workers, cached=how.cached, today=how.today)
    report = check(made.plan, made.built, made.targets, how.today, whole=made.whole, engine=how.maker())
    if base is None:
        return report
    from dharma.baseline import against

    return against(report, made.plan, base, None if made.whole else report.targets, how.today)


def _in_platform(directory: str | None) -> bool:
    from dharma.errors import InputError
    from dharma.repository import root_of

    try:
        root_of(directory)
    except InputError:
        return directory is not None
    return True


def _foreign(
    paths: list[Path], names: tuple[str, ...], root: Path | None, base: str | None, how: _How
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
    return check(paths, schema_folders(root), root, how.today, engine=how.maker(), cached=how.cached)


def _day(text: str | None) -> date:
    from dharma.errors import InputError, Problem

    try:
        return date.fromisoformat(text) if text else date.today()  # noqa: DTZ011 - a day of the user's calendar
    except ValueError:
        raise InputError([Problem("--today", f"{text!r} is no day", "Write it as 2027-01-31.")]) from None


def _commit(directory: str | None) -> str:
    """The commit that stands in the checkout, "+" where files differ from it; empty without one."""
    from dharma.delivery.git import Git
    from dharma.errors import InputError

    try:
        git = Git.around(Path(directory or "."))
    except InputError:
        return ""
    head = git.attempt("rev-parse", "--verify", "--quiet", "HEAD").stdout.strip()
    return head + "+" * bool(head and git.attempt("status", "--porcelain").stdout)


def _prefix(directory: str | None) -> str:
    """The platform's folder in its Git repository, as forges count paths; empty at the top or without Git."""
    from dharma.delivery.git import Git
    from dharma.errors import InputError
    from dharma.repository import root_of

    root = root_of(directory)
    try:
        below = root.relative_to(Git.around(root).folder).as_posix()
    except InputError:
        return ""
    return "" if below == "." else f"{below}/"


def _text(report: Report, form: str, prefix: str) -> str:
    import json

    from dharma.report import github, gitlab, junit, markdown, sarif, terminal
    from dharma.report import json as as_json

    documents: dict[str, Callable[[], object]] = {
        "json": lambda: as_json.document(report),
        "sarif": lambda: sarif.document(report),
        "gitlab": lambda: gitlab.document(report, prefix),
    }
    texts: dict[str, Callable[[], str]] = {
        "markdown": lambda: markdown.text(report),
        "junit": lambda: junit.text(report),
        "github": lambda: "\n".join(github.lines(report, prefix)),
        "terminal": lambda: "\n".join(terminal.lines(report)),
    }
    # ASCII, because `safe` would turn what is not printable into escapes that JSON has not.
    return json.dumps(documents[form](), indent=2) if form in documents else texts[form]()
