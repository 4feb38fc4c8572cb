"""dharma rules parity --all: the places of enforcement in a cluster against the embedded engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dharma.cli.terminal import loud, note, say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dharma.admission.parity import Tally

_SHOWN = 20
_UNKNOWN = 3


def elsewhere(directory: str | None, targets: tuple[str, ...]) -> int:
    """Compare every place of enforcement and print a table; the exit code: 1 for any difference.

    Exits 3 where a place could not be asked.
    """
    from dharma.admission.gator import find_gator

    gator = find_gator()
    if gator is None:
        loud("gator is not installed: what is compiled for Gatekeeper was NOT compared")
        return _UNKNOWN
    tallies = list(_tallies(gator, directory, targets))
    for tally in tallies:
        for one in tally.differences[:_SHOWN]:
            note(f"{tally.place}: {one}")
    say(f"{'place':24}{'comparisons':>14}{'findings':>12}{'differences':>14}")
    for tally in tallies:
        say(f"{tally.place:24}{tally.compared:>14}{tally.findings:>12}{len(tally.differences):>14}")
    return int(any(tally.differences for tally in tallies))


def _tallies(gator: Path, directory: str | None, targets: tuple[str, ...]) -> Iterator[Tally]:
    """One tally a place; a further place of enforcement yields its own here."""
    yield _reviews(gator, directory)
    yield _objects(gator, directory, targets)


def _reviews(gator: Path, directory: str | None) -> Tally:
    from dharma.admission.parity import review_samples, samples
    from dharma.cli.rules import _suite

    suite = _suite(directory)
    return review_samples(gator, suite.rules, list(samples(suite)))


def _objects(gator: Path, directory: str | None, targets: tuple[str, ...]) -> Tally:
    from datetime import UTC, datetime

    from dharma.admission.parity import OBJECTS, Ruling, Tally, compare
    from dharma.cli.rendering import rendered
    from dharma.gate import rules_of
    from dharma.policy.enforcement import load_enforcement
    from dharma.policy.fleet import facts
    from dharma.policy.waiver import load_waivers

    made = rendered(directory, targets)
    rules, today = rules_of(made.root), datetime.now(UTC).date()
    enforcement, waivers = load_enforcement(made.root, rules), load_waivers(made.root)[0].waivers
    total = Tally(OBJECTS)
    for target, built in zip(made.targets, made.built, strict=True):
        ruling = Ruling(rules, facts(target), enforcement, waivers, today)
        total += compare(gator, ruling, [manifest.body for manifest in built.manifests])
    return total
