"""dharma rules: list, test, compare and profile the policy rules."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dharma.cli.rules_compile import compile_rules
from dharma.cli.terminal import as_json, loud, note, say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from dharma.policy.engine import Engine
    from dharma.policy.rule import RuleSet
    from dharma.policy.suite import Suite, Verdict

_SHOWN = 20
_EPILOG = """\b
Examples:
  dharma rules list --format markdown
  dharma rules test                        unit tests on both engines, every line covered
  dharma rules parity production/region-a  both engines on every object of one target
"""


@click.group(name="rules", epilog=_EPILOG)
def command() -> None:
    """List, test, compare and profile the policy rules."""


@command.command(name="list")
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "markdown"]), default="text", help="How to list."
)
@click.pass_obj
def list_rules(directory: str | None, form: str) -> None:
    """Every rule with its severity, kinds, title and controls."""
    from dharma.policy.catalogue import row, table

    rules = _rules(directory).rules
    if form == "json":
        as_json([row(rule) for rule in rules])
    elif form == "markdown":
        say(table(rules))
    else:
        for rule in rules:
            say(f"{rule.id:42} {rule.metadata.severity:4}  {rule.title}")
        note(f"{len(rules)} rules")


@command.command(name="test")
@click.pass_obj
def test_rules(directory: str | None) -> None:
    """Run the rules' unit tests on both engines; every line of every rule must be covered.

    Exits 1 when a test fails or a line was never reached.
    """
    from dharma.policy.opa import find_opa

    suite = _suite(directory)
    verdicts, missed = suite.run()
    bad = _told("embedded", verdicts)
    for file, lines in missed.items():
        say(f"{file}: no test reaches line {', '.join(map(str, lines))}")
    if find_opa():
        bad += _told("opa", suite.referee())
    else:
        loud("OPA is not installed: the tests ran on the embedded engine only")
    if bad or missed:
        raise SystemExit(1)
    say("every line of every rule is covered")


def _told(engine: str, verdicts: Sequence[Verdict]) -> int:
    bad = [verdict for verdict in verdicts if verdict.fault]
    for verdict in bad:
        say(f"{engine}: {verdict.test} {verdict.fault}")
    say(f"{engine}: {len(verdicts) - len(bad)} of {len(verdicts)} tests pass")
    return len(bad)


@command.command(name="parity")
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@click.option("--opa", "url", default="", metavar="URL", help="A running OPA server that holds nothing else.")
@click.option("--all", "everywhere", is_flag=True, help="Ask the places of enforcement in a cluster too.")
@click.pass_obj
def parity(directory: str | None, targets: tuple[str, ...], url: str, everywhere: bool) -> None:
    """Ask both engines about every rule and object they meet; exits 1 when any answer differs.

    A failed evaluation is an answer too, compared by its class. Exits 3 where a place cannot be asked.
    """
    from dharma.cli.rules_parity import elsewhere
    from dharma.policy.parity import Both

    made: list[Both] = []

    def both(rules: RuleSet, data: Mapping[str, Any]) -> Engine:
        made.append(Both(rules, data, url))
        return made[-1]

    _judge(directory, targets, both)
    differences = [one for engine in made for one in engine.differences]
    for one in differences[:_SHOWN]:
        say(f"{one.rule}: embedded {one.embedded or 'nothing'} / opa {one.opa or 'nothing'}")
        note(f"    {one.document[:2000]}")
    compared = sum(engine.compared for engine in made)
    findings = sum(engine.findings for engine in made)
    failed = sum(engine.failures for engine in made)
    say(f"{compared} comparisons ({findings} with findings, {failed} failed), {len(differences)} differences")
    code = elsewhere(directory, targets) if everywhere else 0
    if differences or code:
        raise SystemExit(code or 1)


@command.command(name="profile")
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to report.")
@click.pass_obj
def profile(directory: str | None, targets: tuple[str, ...], form: str) -> None:
    """CPU time of each rule over the fleet on the embedded engine, the dearest first."""
    from dharma.policy.parity import Timed

    made: list[Timed] = []

    def timed(rules: RuleSet, data: Mapping[str, Any]) -> Engine:
        made.append(Timed(rules, data))
        return made[-1]

    _judge(directory, targets, timed)
    seconds = {name: cost for engine in made for name, cost in engine.seconds.items()}
    documents = {name: count for engine in made for name, count in engine.documents.items()}
    costs = sorted(seconds.items(), key=lambda cost: -cost[1])
    if form == "json":
        as_json({name: round(cost * 1000, 3) for name, cost in costs})
        return
    for name, cost in costs:
        count = documents[name]
        say(f"{cost * 1e3:10.2f} ms  {cost * 1e6 / count:10.1f} µs of {count:<6} {name}")
    note(f"{sum(seconds.values()) * 1e3:.0f} ms for {len(costs)} rules")


@command.command(name="docs")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 when a page is stale.")
@click.pass_obj
def docs(directory: str | None, check: bool) -> None:
    """Write docs/rules.md and docs/controls.md from the rules' metadata."""
    from dharma.errors import DriftError, Problem
    from dharma.policy.catalogue import pages
    from dharma.repository import root_of

    root = root_of(directory)
    fresh = pages(_rules(directory).rules)
    stale = [name for name, text in fresh.items() if _kept(root / name) != text]
    if check and stale:
        raise DriftError(Problem(name, "is stale", "Run: dharma rules docs") for name in stale)
    for name in stale:
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(fresh[name], encoding="utf-8")
        say(f"{name} written")
    if not stale:
        say("docs/rules.md and docs/controls.md are up to date")


def _kept(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _rules(directory: str | None) -> RuleSet:
    from dharma.gate import rules_of
    from dharma.repository import root_of

    return rules_of(root_of(directory))


def _suite(directory: str | None) -> Suite:
    from dharma.gate import SHIPPED_RULES
    from dharma.policy.suite import load_suite
    from dharma.repository import root_of

    own = root_of(directory) / "policies" / "rego"
    apart = own.is_dir() and own.resolve() != SHIPPED_RULES.resolve()
    return load_suite(_rules(directory), [SHIPPED_RULES, *([own] if apart else [])])


def _judge(
    directory: str | None, names: tuple[str, ...], engine: Callable[[RuleSet, Mapping[str, Any]], Engine]
) -> None:
    from dharma.cli.rendering import rendered
    from dharma.gate import check

    made = rendered(directory, names)
    today = date.today()  # noqa: DTZ011
    check(made.plan, made.built, made.targets, today, whole=made.whole, engine=engine)


command.add_command(compile_rules)
