"""dharma rules compile: the rules for the places of enforcement in a cluster."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dharma.cli.terminal import note, say

if TYPE_CHECKING:
    from dharma.policy.rule import RuleSet

_EPILOG = """\b
Examples:
  dharma rules compile --for gatekeeper                        what goes to the cluster, and what cannot
  dharma rules compile --for gatekeeper --output compiled      every target, as files
  dharma rules compile --for gatekeeper production/region-a --output compiled
"""


@click.command(name="compile", epilog=_EPILOG)
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@click.option(
    "--for",
    type=click.Choice(["gatekeeper"]),
    required=True,
    expose_value=False,
    help="What enforces them.",
)
@click.option("--output", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help="Write here.")
@click.pass_obj
def compile_rules(directory: str | None, targets: tuple[str, ...], output: Path | None) -> None:
    """Compile rules, levels and waivers for Gatekeeper 3.19 or newer.

    Rules that see more than one object and its target's facts stay in the pull request; they are counted.
    """
    from dharma import environment
    from dharma.admission.tree import files, write
    from dharma.gate import rules_of
    from dharma.policy.enforcement import load_enforcement
    from dharma.policy.fleet import facts
    from dharma.policy.waiver import load_waivers
    from dharma.repository import root_of

    root = root_of(directory)
    rules = rules_of(root)
    chosen = environment.load(root).select(targets)
    waivers, _ = load_waivers(root)
    several = [facts(target) for target in chosen]
    found = files(rules, several, load_enforcement(root, rules), waivers.waivers)
    _told(rules)
    if output is None:
        note("nothing is written without --output")
        return
    write(output, found)
    kinds = Counter(name.partition("/")[0] for name in found)
    say(", ".join(f"{count} {name}" for name, count in sorted(kinds.items())) + f" for {len(chosen)} targets")


def _told(rules: RuleSet) -> None:
    from dharma.admission.template import admitted, pull_request_only

    outside = pull_request_only(rules)
    say(f"{len(admitted(rules))} of {len(rules.rules)} rules are admitted")
    say(f"{len(outside)} stay in the pull request:")
    reasons: dict[str, list[str]] = {}
    for name, reason in outside.items():
        reasons.setdefault(reason, []).append(name)
    for reason, names in reasons.items():
        say(f"  {len(names)} {'rule' if len(names) == 1 else 'rules'}: {reason}: {', '.join(names)}")
