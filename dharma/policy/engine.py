"""Engine: what evaluates rules. The embedded one runs in process; the referee is the real OPA."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

# Rust reads it once, and the traces of errors that rules are written around take a third of the time.
os.environ.setdefault("RUST_LIB_BACKTRACE", "0")

import dharma_rego
from dharma.errors import InputError, Origin, Problem
from dharma.policy.rule import Rule, RuleSet


@dataclass(frozen=True, slots=True)
class Failure:
    """A rule that could not be evaluated; never an allow."""

    kind: str
    message: str
    file: str = ""
    line: int = 0


Said = tuple[Mapping[str, Any], ...]
"""What a rule says of one document: the members of its `deny` or `warn`."""

Answer = Said | Failure


class Engine(Protocol):
    """Evaluates a rule on documents; an undefined or failed query is a Failure."""

    name: str

    def evaluate(self, rule: Rule, documents: Documents) -> list[Answer]:
        """One answer a document, in their order."""

    def close(self) -> None:
        """Let go of what the engine holds."""


class Documents:
    """Inputs of rules as JSON texts, parsed once for the embedded engine and shared by its rules."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = tuple(texts)
        self.parsed = dharma_rego.Inputs(self.texts)

    def __len__(self) -> int:
        return len(self.texts)


class Embedded:
    """Regorus in this process; raises InputError for rules that it cannot load or must not run."""

    name = "embedded"

    def __init__(self, rules: RuleSet, data: Mapping[str, Any] | None = None) -> None:
        # Libraries first: the engine looks for a function's module from the first one on.
        self._loaded = sorted(rules.libraries.items()) + [(rule.file, rule.source) for rule in rules.rules]
        self._data = json.dumps(data or {})
        try:
            self._engine = dharma_rego.Engine(self._loaded, self._data)
        except dharma_rego.RegoError as error:
            raise InputError(_problem(fault) for fault in error.faults) from None

    def evaluate(self, rule: Rule, documents: Documents) -> list[Answer]:
        """One answer a document, in their order."""
        query = f"data.{rule.package}.{rule.metadata.severity}"
        return [_answer(found) for found in self._engine.eval_batch(query, documents.parsed)]

    def close(self) -> None:
        """Nothing is held beyond memory."""

    def clone(self) -> Embedded:
        """The same engine for another thread; loaded anew, as counting shared references slows both."""
        copy = object.__new__(Embedded)
        copy._loaded, copy._data = self._loaded, self._data
        copy._engine = dharma_rego.Engine(self._loaded, self._data)
        return copy


def _problem(fault: dharma_rego.Fault) -> Problem:
    where = Origin(fault.file, fault.line, fault.column) if fault.file else "rules"
    return Problem(where, fault.message)


def _answer(found: str | dharma_rego.Fault | None) -> Answer:
    if found is None:
        return Failure("undefined", "the rule has no value")
    if isinstance(found, dharma_rego.Fault):
        return Failure(found.kind, found.message, found.file, found.line)
    said = json.loads(found) if found != "[]" else ()
    if isinstance(said, list | tuple) and all(isinstance(one, dict) and "message" in one for one in said):
        return tuple(said)
    return Failure("shape", "the rule does not say a set of findings with a message")


Task = tuple[Rule, Documents]


def evaluate_all(engine: Engine, tasks: Sequence[Task], threads: int | None = None) -> Iterator[list[Answer]]:
    """Every task's answers in their order; the embedded engine works on one copy a thread."""
    count = threads or min(4, os.cpu_count() or 1)
    if count == 1 or not isinstance(engine, Embedded):
        yield from (engine.evaluate(rule, documents) for rule, documents in tasks)
        return
    shares = [list(range(start, len(tasks), count)) for start in range(count)]
    answers: dict[int, list[Answer]] = {}

    def work(share: list[int]) -> None:
        clone = engine.clone()
        for number in share:
            answers[number] = clone.evaluate(*tasks[number])

    with ThreadPoolExecutor(count) as pool:
        list(pool.map(work, shares))
    yield from (answers[number] for number in range(len(tasks)))
