"""Suite: the unit tests of rules, every `test_...` in their `_test.rego` files, and what they cover."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import dharma_rego
from dharma.errors import InputError, Origin, Problem
from dharma.policy.engine import Failure
from dharma.policy.opa import Opa
from dharma.policy.rule import LIBRARY, OTHERS, Rule, RuleSet

_PACKAGE = re.compile(r"^package\s+(\S+)", re.MULTILINE)
_TEST = re.compile(r"^(test_\w+)", re.MULTILINE)
Coverage = Mapping[str, tuple[list[int], list[int]]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one test came to; `fault` is empty where it passed."""

    file: str
    test: str
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Suite:
    """Rules with the texts of their test files by path."""

    rules: RuleSet
    tests: Mapping[str, str]

    def queries(self) -> list[tuple[str, str]]:
        """The file and query of every test."""
        return [(file, query) for file, text in self.tests.items() for query in _queries(text)]

    def only(self, rule: Rule) -> Suite:
        """One rule, perhaps an altered one, with its own tests and the libraries'."""
        own = rule.file.replace(".rego", "_test.rego")
        helpers = {file: text for file, text in self.tests.items() if f"/{LIBRARY}/" in file}
        return Suite(RuleSet((rule,), self.rules.libraries), {own: self.tests.get(own, ""), **helpers})

    def run(self) -> tuple[list[Verdict], dict[str, list[int]]]:
        """Every verdict of the embedded engine, and by file the lines that no test reached."""
        try:
            sources = [*self.rules.sources(), *self.tests.items()]
            engine = dharma_rego.Engine(sources, coverage=True)
        except dharma_rego.RegoError as error:
            raise InputError(
                Problem(Origin(fault.file, fault.line, fault.column), fault.message) for fault in error.faults
            ) from None
        verdicts = [Verdict(file, query, _fault(engine, query)) for file, query in self.queries()]
        return verdicts, dict(sorted(self._missed(engine.coverage())))

    def _missed(self, coverage: Coverage) -> Iterator[tuple[str, list[int]]]:
        """The engine is silent on a file of which nothing ran: all its lines were missed."""
        for file, text in self.rules.sources():
            _, lines = coverage.get(file, ([], _code(text)))
            if lines:
                yield file, lines

    def referee(self, url: str = "") -> list[Verdict]:
        """Every verdict of OPA."""
        with Opa(self.rules, url=url, tests=self.tests) as opa:
            return [Verdict(file, query, _told(opa.value(query))) for file, query in self.queries()]


def load_suite(rules: RuleSet, folders: Iterable[Path]) -> Suite:
    """The test files beside rules; a folder named later wins, as its rules do."""
    tests = {
        f"policies/rego/{path.relative_to(folder).as_posix()}": path.read_text(encoding="utf-8")
        for folder in folders
        for path in sorted(folder.rglob("*_test.rego"))
        if path.relative_to(folder).parts[0] not in OTHERS - {LIBRARY}
    }
    return Suite(rules, tests)


def _code(text: str) -> list[int]:
    lines = enumerate(text.splitlines(), 1)
    return [number for number, line in lines if line and not line.startswith(("#", "package ", "import "))]


def _queries(text: str) -> list[str]:
    package = _PACKAGE.search(text)
    return [f"data.{package[1]}.{name}" for name in dict.fromkeys(_TEST.findall(text))] if package else []


def _fault(engine: dharma_rego.Engine, query: str) -> str:
    try:
        found = engine.eval(query)
    except dharma_rego.RegoError as error:
        return "; ".join(f"{fault.file}:{fault.line}: {fault.message}" for fault in error.faults)
    return "" if found == "true" else f"is {found or 'undefined'}"


def _told(found: object) -> str:
    if isinstance(found, Failure):
        return f"{found.file}:{found.line}: {found.message}"
    return "" if found is True else f"is {'undefined' if found is None else found}"
