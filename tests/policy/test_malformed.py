"""Both engines on malformed objects: a rule neither fails nor answers differently, whatever it meets.

The objects are the shipped ones, one of each kind, and the deliberately bad ones. Each place that no
object of its kind had before is taken away, and filled with values that do not belong there.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pytest

from dharma import foreign, gate
from dharma.build import Plan, build
from dharma.environment import load
from dharma.manifest import Manifest
from dharma.policy.engine import Documents
from dharma.policy.fleet import facts
from dharma.policy.opa import find_opa
from dharma.policy.parity import Both
from dharma.policy.rule import load_rules

BAD = Path(__file__).parent / "bad"
RULES = load_rules(gate.SHIPPED_RULES)
ODD: tuple[Any, ...] = (
    None, "odd", 7, [], {}, True, "", -1, [None], {"odd": 7}, 0.5, ["odd"], False, [[]], [{}], [7],
)  # fmt: skip
A_PLACE = 1
"""Odd values tried at a place, beside taking it away; the next place goes on with the next ones."""
ABSENT = object()

Place = tuple[Any, ...]


def _places(value: Any, place: Place = ()) -> Iterator[Place]:
    """Every place below a value; of a list only its first member."""
    if place:
        yield place
    steps: Sequence[Any] = range(min(len(value), 1)) if isinstance(value, list) else ()
    for step in value if isinstance(value, dict) else steps:
        yield from _places(value[step], (*place, step))


def _spoiled(text: str, places: Sequence[Place], odd: Iterator[Any]) -> Iterator[str]:
    for place in places:
        for value in (ABSENT, *islice(odd, A_PLACE)):
            document = json.loads(text)
            parent = document["object"]
            for step in place[:-1]:
                parent = parent[step]
            parent[place[-1]] = value
            if value is ABSENT:
                del parent[place[-1]]
            yield json.dumps(document)


@pytest.fixture(scope="module")
def malformed(repository: Path, catalogue: Path) -> dict[tuple[str, str], Documents]:
    """The inputs of rules, by group and kind."""
    (target,) = load(repository).select(("production/region-a",))
    (built,) = build(Plan(repository, (catalogue,)), [target])
    shared = facts(target)
    tried: dict[tuple[str, str], set[Place]] = defaultdict(set)
    texts: dict[tuple[str, str], list[str]] = defaultdict(list)
    odd = cycle(ODD)

    def add(one: Manifest, **more: Any) -> None:
        kind = one.group, one.kind
        fresh = [place for place in _places(one.body) if place not in tried[kind]]
        tried[kind].update(fresh)
        texts[kind] += _spoiled(json.dumps({"object": one.body, "target": shared, **more}), fresh, odd)

    for one in built.manifests:
        add(one, component={"name": one.component, "state": "active"})
    for one in foreign.read([BAD]).manifests:
        add(one)
    return {kind: Documents(several) for kind, several in texts.items()}


@pytest.mark.slow
def test_on_malformed_objects_no_rule_fails_and_both_engines_agree(
    malformed: dict[tuple[str, str], Documents],
):
    if find_opa() is None:
        pytest.skip("OPA is not installed (built with Go by make test)")
    both = Both(RULES, {})
    try:
        for kind, documents in malformed.items():
            for rule in RULES.objects:
                if rule.concerns(*kind):
                    both.evaluate(rule, documents)
    finally:
        both.close()
    assert [(one.rule, one.embedded, one.opa) for one in both.differences] == []
    assert both.failures == 0
    assert both.compared > 100_000
    assert both.findings > 3_000
