"""dharma comply: the rules as controls of frameworks, and the evidence that they hold."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dharma.cli.terminal import loud, note, safe, say

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from dharma.compliance.matrix import Matrix
    from dharma.policy.rule import Framework, RuleSet

_EPILOG = """\b
Examples:
  dharma check --format json --output check.json
  dharma comply matrix --ci check.json
  dharma verify production --format json --output verify.json
  dharma comply matrix --ci check.json --audit verify.json --format csv --output matrix.csv
  kubectl get constraints -o json > constraints.json
  dharma comply matrix --ci check.json --audit constraints.json --framework soc2
  dharma comply oscal --output component-definition.json
"""
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_TARGET = click.Path(dir_okay=False, path_type=Path)


@click.group(name="comply", epilog=_EPILOG)
def command() -> None:
    """Show which controls the rules are evidence for, and what their evidence says."""


@command.command(name="oscal", epilog="Example: dharma comply oscal --output component-definition.json")
@click.option("--output", type=_TARGET, metavar="FILE", help="Write there.")
@click.option("--today", metavar="DAY", help="When it was last modified, by default when HEAD was committed.")
@click.pass_obj
def oscal(directory: str | None, output: Path | None, today: str | None) -> None:
    """Print every rule and its controls as an OSCAL 1.1.3 component definition.

    The same rules at the same commit give the same bytes.
    """
    import json

    from dharma import __version__
    from dharma.compliance.oscal import definition
    from dharma.repository import root_of

    root = root_of(directory)
    rules = _rules(root)
    found = definition(rules.rules, _modified(root, today), __version__)
    _write(json.dumps(found, indent=2, ensure_ascii=False) + "\n", output)


@command.command(name="matrix", epilog="Example: dharma comply matrix --ci check.json --audit verify.json")
@click.option(
    "--ci", multiple=True, type=_FILE, metavar="FILE", help="What `dharma check --format json` printed."
)
@click.option(
    "--audit",
    multiple=True,
    type=_FILE,
    metavar="FILE",
    help="What `dharma verify --format json` or `kubectl get constraints -o json` printed.",
)
@click.option(
    "--framework",
    "frameworks",
    multiple=True,
    type=click.Choice(["soc2", "gdpr", "cis", "pss", "nsa"]),
    help="Only this one.",
)
@click.option(
    "--max-age",
    "most",
    type=click.IntRange(0),
    default=30,
    show_default=True,
    metavar="DAYS",
    help="Older evidence is stale.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["markdown", "csv", "json"]),
    default="markdown",
    show_default=True,
    help="How to print.",
)
@click.option("--output", type=_TARGET, metavar="FILE", help="Write there.")
@click.option("--today", metavar="DAY", help="The day by which evidence ages, as 2027-01-31.")
@click.pass_obj
def matrix(
    directory: str | None,
    ci: tuple[Path, ...],
    audit: tuple[Path, ...],
    frameworks: tuple[Framework, ...],
    most: int,
    form: str,
    output: Path | None,
    today: str | None,
) -> None:
    """Hold every control against its rules and the evidence of pull requests and clusters.

    A control without a rule, a rule that met no object, evidence that is missing, undated or old: each
    is said, and none counts as fulfilled. Exits 1 when a control is violated or a check of it failed.
    """
    from dharma.repository import root_of

    rules = _rules(root_of(directory))
    made = _matrix(rules, ci, audit, _day(today), most, frameworks)
    _write(_text(made, form), output)
    for kind in made.strangers:
        loud(f"the cluster has constraints of {kind}, which belongs to no rule of today")
    if made.broken:
        raise SystemExit(1)


def _matrix(
    rules: RuleSet,
    ci: Sequence[Path],
    audit: Sequence[Path],
    day: date,
    most: int,
    frameworks: Sequence[Framework],
) -> Matrix:
    from dharma.compliance.evidence import of_audit, of_check, read, strangers
    from dharma.compliance.matrix import matrix as matrix_of

    evidence = [one for path in ci for one in of_check(path.name, read(path), rules.rules)]
    unknown: set[str] = set()
    for path in audit:
        document = read(path)
        evidence += of_audit(path.name, document, rules.rules)
        unknown |= set(strangers(document, rules.rules))
    return matrix_of(rules.rules, evidence, day, most, frameworks, sorted(unknown))


def _text(made: Matrix, form: str) -> str:
    import json

    from dharma.report import compliance

    if form == "json":
        return json.dumps(compliance.document(made), indent=2, ensure_ascii=False) + "\n"
    return compliance.table(made) if form == "csv" else compliance.markdown(made)


def _rules(root: Path) -> RuleSet:
    """The platform's rules; InputError where one names a control that cannot be."""
    from dharma.compliance.framework import unknown
    from dharma.errors import InputError
    from dharma.gate import rules_of

    rules = rules_of(root)
    if problems := list(unknown(rules.rules)):
        raise InputError(problems)
    return rules


def _modified(root: Path, today: str | None) -> datetime:
    from datetime import UTC, datetime, time

    from dharma.delivery.git import Git
    from dharma.errors import InputError, Problem

    if today:
        return datetime.combine(_day(today), time(), UTC)
    said = ""
    if (root / ".git").exists() or any((folder / ".git").exists() for folder in root.parents):
        said = Git.around(root).attempt("log", "-1", "--format=%cI").stdout.strip()
    if not said:
        raise InputError([Problem(str(root), "has no commit to take the day from", "Add --today DAY.")])
    return datetime.fromisoformat(said).astimezone(UTC)


def _day(text: str | None) -> date:
    from dharma.errors import InputError, Problem

    try:
        return date.fromisoformat(text) if text else date.today()  # noqa: DTZ011 - a day of the user's calendar
    except ValueError:
        raise InputError([Problem("--today", f"{text!r} is no day", "Write it as 2027-01-31.")]) from None


def _write(text: str, output: Path | None) -> None:
    from dharma.errors import InputError, Problem

    if output is None:
        say(text.rstrip("\n"))
        return
    try:
        output.write_text(safe(text), encoding="utf-8")
    except OSError as error:
        raise InputError([Problem(str(output), f"cannot be written: {error.strerror}")]) from None
    note(f"wrote {output}")
