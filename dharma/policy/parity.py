"""Parity: an engine of two engines. It answers as the embedded one and keeps what OPA says otherwise."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dharma.policy.engine import Answer, Documents, Embedded, Failure
from dharma.policy.opa import Opa
from dharma.policy.rule import Rule, RuleSet


@dataclass(frozen=True, slots=True)
class Difference:
    """One document on which the engines do not agree."""

    rule: str
    document: str
    embedded: str
    opa: str


class Both:
    """Asks both engines and counts: answers compared, those with findings, those that failed."""

    name = "embedded and opa"

    def __init__(self, rules: RuleSet, data: Mapping[str, Any], url: str = "") -> None:
        self._embedded = Embedded(rules, data)
        self._opa = Opa(rules, data, url=url)
        self.compared = self.findings = self.failures = 0
        self.differences: list[Difference] = []

    def close(self) -> None:
        """Stop OPA."""
        self._opa.close()

    def evaluate(self, rule: Rule, documents: Documents) -> list[Answer]:
        """The embedded engine's answers."""
        answers = self._embedded.evaluate(rule, documents)
        others = self._opa.evaluate(rule, documents)
        for text, here, there in zip(documents.texts, answers, others, strict=True):
            self._compare(rule, text, here, there)
        return answers

    def _compare(self, rule: Rule, text: str, here: Answer, there: Answer) -> None:
        self.compared += 1
        self.failures += isinstance(here, Failure)
        self.findings += not isinstance(here, Failure) and bool(here)
        if (ours := canonical(here)) != (theirs := canonical(there)):
            self.differences.append(Difference(rule.id, text, ours, theirs))


def canonical(answer: Answer) -> str:
    """An answer in one spelling, whatever the order of its set.

    Failures are equal by class: undefined, shape or failed. Engines word a failed evaluation differently.
    """
    if isinstance(answer, Failure):
        return answer.kind if answer.kind in {"undefined", "shape"} else "failed"
    return "\n".join(sorted(json.dumps(one, sort_keys=True) for one in answer))


class Timed:
    """The embedded engine with a clock: CPU seconds and documents by rule."""

    name = "embedded"

    def __init__(self, rules: RuleSet, data: Mapping[str, Any]) -> None:
        self._embedded = Embedded(rules, data)
        self.seconds: dict[str, float] = defaultdict(float)
        self.documents: dict[str, int] = defaultdict(int)

    def close(self) -> None:
        """Nothing is held beyond memory."""

    def evaluate(self, rule: Rule, documents: Documents) -> list[Answer]:
        """The embedded engine's answers."""
        started = time.thread_time()
        answers = self._embedded.evaluate(rule, documents)
        self.seconds[rule.id] += time.thread_time() - started
        self.documents[rule.id] += len(documents)
        return answers
