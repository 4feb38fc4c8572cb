"""Law: the rules, levels and waivers of a platform repository, as components that enforce them read it.

What a component renders depends on the day only through the waivers that stand: compilers are given
those alone, so that the same declarations and the same waivers give the same bytes on any day.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

from dharma import document
from dharma.errors import Origin
from dharma.layer import EMPTY, Node, find, leaves
from dharma.policy.enforcement import FILE, Enforcement, load_enforcement
from dharma.policy.rule import Rule, RuleSet
from dharma.policy.waiver import Waiver, load_waivers
from dharma.shelf import named

ANY_DAY = date.min
"""A day on which every waiver of a law stands, for compilers that ask."""


@dataclass(frozen=True)
class Law:
    """The rules of `code` with what `root` declares of them; each part is read when first asked for.

    Waivers that ended before `today` are left out; without a day none has ended.
    """

    root: Path
    code: Path
    today: date | None = None

    @cached_property
    def rules(self) -> RuleSet:
        """The shipped rules and the repository's own; InputError with every problem."""
        from dharma.gate import rules_of

        return rules_of(self.code)

    @cached_property
    def enforcement(self) -> Enforcement:
        """How grave each rule is where; DeclarationError with every problem."""
        return load_enforcement(self.root, self.rules)

    @cached_property
    def standing(self) -> tuple[tuple[Waiver, Origin | None], ...]:
        """The waivers that stand, each with its place; DeclarationError with every problem."""
        waivers, tree = load_waivers(self.root)
        several = ((waiver, _place(tree, number)) for number, waiver in enumerate(waivers.waivers))
        return tuple(pair for pair in several if not pair[0].fault(self.today or ANY_DAY))

    @property
    def waivers(self) -> tuple[Waiver, ...]:
        """The waivers that stand."""
        return tuple(waiver for waiver, _ in self.standing)

    @cached_property
    def digest(self) -> str:
        """Changes whenever a component that reads the law might render something else."""
        texts = [text for source in self.rules.sources() for text in source]
        waivers = [waiver.model_dump(mode="json") for waiver in self.waivers]
        return named([*texts, self.enforcement.model_dump_json(), json.dumps(waivers)])

    def origins(self, rule: Rule) -> frozenset[Origin]:
        """The rule itself and the lines of the levels and waivers that concern it."""
        places = {place for waiver, place in self.standing if waiver.rule == rule.id and place}
        return frozenset({Origin(rule.file, 1), *places, *self._levels(rule)})

    def _levels(self, rule: Rule) -> Iterator[Origin]:
        for name in (rule.id, rule.category):
            node = find(self._settings, ("enforcement", name))
            for _, leaf in leaves(node) if node else ():
                if leaf.origin:
                    yield leaf.origin

    @cached_property
    def _settings(self) -> Node:
        path = self.root / "environments" / FILE
        return document.read(self.root, path) if path.is_file() else EMPTY


def _place(tree: Node, number: int) -> Origin | None:
    node = find(tree, ("waivers", str(number)))
    return node.origin if node else None
