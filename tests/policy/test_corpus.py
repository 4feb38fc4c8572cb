"""Every built-in that the rules use, on edge cases of its arguments: both engines say the same.

The list is read from the rules' syntax trees as OPA parses them, so that a rule with another built-in
asks for its cases here. Arguments come as input, which keeps OPA's type checker from refusing wrong ones.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from dharma import gate
from dharma.policy.engine import Answer, Documents, Embedded, Failure
from dharma.policy.opa import Opa, find_opa
from dharma.policy.parity import canonical
from dharma.policy.rule import Rule, RuleSet, parse

CORPUS = Path(__file__).parent / "corpus"
CASES: dict[str, list[list[Any]]] = {
    name: cases
    for file in sorted(CORPUS.glob("*.yaml"))
    for name, cases in YAML(typ="safe", pure=True).load(file).items()
}
FEWEST = 5
COMPARISONS = {"equal", "gt", "gte", "lt", "lte", "neq"}
TYPES = {"is_array", "is_boolean", "is_number", "is_object", "is_string"}
TOTAL = {"assign", *COMPARISONS, *TYPES, "internal.member_2", "internal.member_3"}
"""Built-ins that have an answer to any arguments."""
ORDER = [[{"$set": [1]}, {"a": 1}]]
DIFFERENT: dict[str, list[list[Any]]] = {
    "gt": ORDER,
    "gte": ORDER,
    "lt": ORDER,
    "lte": ORDER,
    "internal.member_3": [["a", "a", {"$set": ["a"]}]],
    "mul": [[0.1, 3], [123456789012, 987654321098]],
    "net.cidr_is_valid": [[7], [None]],
    "plus": [[0.1, 0.2], [1e308, 1]],
    "regex.match": [["a**", "a"]],
    "replace": [["é", "", "."]],
    "sprintf": [["%v", [1e21]]],
    "sum": [[[0.1, 0.2, 0.3]]],
    "time.parse_duration_ns": [["1d"]],
    "to_number": [["1e3"]],
}
"""Cases on which the engines are known to differ; no rule may depend on them.

Fractions and numbers beyond 64 bits: rules reckon in whole milli-units. Sets against objects: rules
compare numbers and texts. The rest: rules look at an argument before they pass it on.
"""
RULE = """# METADATA
# title: Probe
# description: A built-in of a test.
# custom:
#   id: corpus/{id}
#   severity: deny
#   kinds: ["*"]
#   remediation: {{text: Mend it., good: good, bad: bad}}
#   controls: {{}}
package dharma.corpus.{file}

argument(number) := {{member | some member in input.arguments[number]["$set"]}} if {{
	is_object(input.arguments[number])
	is_array(input.arguments[number]["$set"])
}} else := input.arguments[number]

deny contains {{"message": "said", "value": value}} if value := {expression}
"""

pytestmark = pytest.mark.skipif(
    find_opa() is None, reason="OPA is not installed (built with Go by make test)"
)


def _opa(*arguments: str, text: str = "") -> Any:
    command = [str(find_opa()), *arguments]
    return json.loads(subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout)


@pytest.fixture(scope="module")
def built_ins() -> dict[str, str]:
    """The operator of each of OPA's built-ins, empty for those that are written as functions."""
    return {one["name"]: one.get("infix", "") for one in _opa("capabilities", "--current")["builtins"]}


def _called(tree: Any) -> Iterator[str]:
    """Names at the head of calls and expressions."""
    if isinstance(tree, list):
        for member in tree:
            yield from _called(member)
    elif isinstance(tree, dict):
        heads = tree["value"] if tree.get("type") == "call" else tree.get("terms")
        if isinstance(heads, list) and heads[0]["type"] == "ref":
            yield ".".join(str(part["value"]) for part in heads[0]["value"])
        for member in tree.values():
            yield from _called(member)


def _expression(name: str, operator: str, count: int) -> str:
    arguments = [f"argument({number})" for number in range(count)]
    if name == "assign":
        return arguments[0]
    if name == "internal.member_3":
        return f"({arguments[0]}, {arguments[1]} in {arguments[2]})"
    return f"({f' {operator} '.join(arguments)})" if operator else f"{name}({', '.join(arguments)})"


def _rule(name: str, operator: str) -> Rule:
    file = name.replace(".", "_")
    expression = _expression(name, operator, len(CASES[name][0]))
    source = RULE.format(id=file.replace("_", "-"), file=file, expression=expression)
    return parse(f"policies/rego/corpus/{file}.rego", source)


@dataclass(frozen=True, slots=True)
class Engines:
    """A rule for each built-in, and both engines with all of them."""

    rules: dict[str, Rule]
    embedded: Embedded
    opa: Opa

    def ask(self, name: str) -> list[tuple[list[Any], Answer, Answer]]:
        """Each case with the answers of the embedded engine and of OPA."""
        documents = Documents([json.dumps({"arguments": case}) for case in CASES[name]])
        rule = self.rules[name]
        answers = self.embedded.evaluate(rule, documents), self.opa.evaluate(rule, documents)
        return list(zip(CASES[name], *answers, strict=True))


@pytest.fixture(scope="module")
def engines(built_ins: Mapping[str, str]) -> Iterator[Engines]:
    rules = {name: _rule(name, built_ins[name]) for name in CASES}
    several = RuleSet(tuple(rules.values()), {})
    with Opa(several) as opa:
        yield Engines(rules, Embedded(several), opa)


def test_every_built_in_of_the_rules_has_its_cases(built_ins: Mapping[str, str]):
    used = {
        name
        for file in gate.SHIPPED_RULES.rglob("*.rego")
        if not file.name.endswith("_test.rego")
        for name in _called(_opa("parse", "--format", "json", str(file)))
        if name in built_ins
    }
    assert used == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_both_engines_give_a_built_in_one_meaning(engines: Engines, name: str):
    asked = engines.ask(name)
    differing = [
        (case, here, there)
        for case, here, there in asked
        if canonical(here) != canonical(there) and case not in DIFFERENT.get(name, [])
    ]
    assert differing == []
    assert len({json.dumps(case) for case, _, _ in asked}) >= FEWEST


@pytest.mark.parametrize("name", DIFFERENT)
def test_a_known_difference_is_still_one(engines: Engines, name: str):
    differing = [case for case, here, there in engines.ask(name) if canonical(here) != canonical(there)]
    assert differing == DIFFERENT[name]


def test_the_cases_reach_values_and_errors(engines: Engines):
    said = {name: [here for _, here, _ in engines.ask(name)] for name in CASES}
    failed = {name for name, answers in said.items() if any(isinstance(one, Failure) for one in answers)}
    silent = {name for name, answers in said.items() if not any(one for one in answers)}
    assert silent == set()
    assert set(CASES) - failed == TOTAL
