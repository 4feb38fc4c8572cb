"""The shipped rules: their tests, what the tests reach, and both engines on the same questions."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dharma import gate
from dharma.build import Plan, build
from dharma.cli import main
from dharma.environment import load
from dharma.errors import InputError
from dharma.policy.engine import Documents, Embedded, Failure
from dharma.policy.opa import Opa, Server, find_opa
from dharma.policy.parity import Both, canonical
from dharma.policy.rule import Rule, RuleSet, load_rules, parse
from dharma.policy.suite import Suite, load_suite

TODAY = date(2026, 12, 1)
RULES = load_rules(gate.SHIPPED_RULES)
SUITE = load_suite(RULES, [gate.SHIPPED_RULES])
each = pytest.mark.parametrize("rule", RULES.rules, ids=lambda rule: rule.id)
PROBE = """# METADATA
# title: Probe
# description: A rule of a test.
# custom:
#   id: probe/one
#   severity: deny
#   kinds: ["*"]
#   remediation: {text: Mend it., good: good, bad: bad}
#   controls: {}
package dharma.probe.one

deny contains {"message": "seven", "path": ""} if to_number(input.value) == 7
"""


@pytest.fixture(scope="module")
def opa() -> None:
    if find_opa() is None:
        pytest.skip("OPA is not installed (built with Go by make test)")


def probe(source: str = PROBE) -> RuleSet:
    return RuleSet((parse("policies/rego/probe/one.rego", source),), {})


# ---- the unit tests of the rules ------------------------------------------------------------


def test_every_unit_test_passes_and_every_line_is_reached():
    verdicts, missed = SUITE.run()
    assert [verdict for verdict in verdicts if verdict.fault] == []
    assert missed == {}
    assert len(verdicts) > 2 * len(RULES.rules)


@pytest.mark.usefixtures("opa")
def test_every_unit_test_passes_on_opa():
    assert [verdict for verdict in SUITE.referee() if verdict.fault] == []


@each
def test_each_rule_is_tried_where_it_speaks_and_where_it_is_silent(rule: Rule):
    assert _red(rule, _never(rule.source, rule)), "no test notices that the rule never fires"
    assert _red(rule, _always(rule)), "no test notices that the rule fires always"


@each
def test_every_way_in_which_a_rule_fires_is_tried(rule: Rule):
    heads = list(re.finditer(rf"^{rule.metadata.severity} contains\b", rule.source, re.MULTILINE))
    assert heads
    for head in heads:
        one_less = f"{rule.source[: head.start()]}{_never(rule.source[head.start() :], rule, 1)}"
        line = rule.source[: head.start()].count("\n") + 1
        assert _red(rule, one_less), f"no test notices that {rule.file}:{line} never fires"


def _never(source: str, rule: Rule, count: int = 0) -> str:
    severity = rule.metadata.severity
    silent = re.sub(rf"^{severity} contains\b", "never contains", source, count=count, flags=re.MULTILINE)
    return f"{silent}\n{severity} contains 0 if false\n"


def _always(rule: Rule) -> str:
    return f'{rule.source}\n{rule.metadata.severity} contains {{"message": "mutant"}}\n'


def _red(rule: Rule, source: str) -> bool:
    altered = SUITE.only(replace(rule, source=source))
    verdicts, _ = altered.run()
    own = rule.file.replace(".rego", "_test.rego")
    return any(verdict.fault for verdict in verdicts if verdict.file == own)


def test_a_failing_test_and_an_unreached_line_are_told():
    test = "package dharma.probe.one_test\n\ntest_wrong if 1 == 2\n\ntest_fails if to_number(`x`) == 1\n"
    verdicts, missed = Suite(probe(), {"policies/rego/probe/one_test.rego": test}).run()
    assert [bool(verdict.fault) for verdict in verdicts] == [True, True]
    assert missed == {"policies/rego/probe/one.rego": [12]}


@pytest.mark.parametrize("call", ['http.send({"method": "get"})', "opa.runtime()", 'net.lookup_ip_addr("a")'])
def test_built_ins_that_reach_outside_are_refused(call: str):
    source = PROBE.replace("to_number(input.value) == 7", call)
    with pytest.raises(InputError, match=call.partition("(")[0]):
        Embedded(probe(source))


# ---- both engines ---------------------------------------------------------------------------


@pytest.mark.usefixtures("opa")
def test_opa_answers_as_the_embedded_engine_and_a_failure_stops_no_other_answer():
    rules = probe()
    documents = Documents(['{"value": "7"}', '{"value": "x"}', "{}", '{"value": 8}'])
    with Opa(rules) as opa:
        answers = opa.evaluate(rules.rules[0], documents)
    assert answers[0] == ({"message": "seven", "path": ""},)
    assert isinstance(answers[1], Failure)
    assert (answers[1].kind, answers[1].line) == ("builtin", 12)
    assert answers[2:] == [(), ()]
    embedded = Embedded(rules).evaluate(rules.rules[0], documents)
    assert [canonical(one) for one in answers] == [canonical(one) for one in embedded]


@pytest.mark.usefixtures("opa")
def test_rules_go_to_a_server_that_runs_elsewhere_in_any_order():
    rules = RuleSet(RULES.fleet[:1], RULES.libraries)
    server = Server({}, {})
    try:
        with Opa(rules, {"fleet": {"targets": []}}, url=f"http://127.0.0.1:{server.client.port}") as opa:
            (answer,) = opa.evaluate(rules.fleet[0], Documents(["{}"]))
    finally:
        server.stop()
    assert answer == ()


@pytest.mark.usefixtures("opa")
def test_rules_that_differ_are_found():
    both = Both(probe(), {})
    both._embedded = Embedded(probe(PROBE.replace("== 7", "== 8")))
    both.evaluate(probe().rules[0], Documents(['{"value": 7}', '{"value": 9}', '{"value": "x"}']))
    both.close()
    assert (both.compared, len(both.differences), both.failures) == (3, 1, 1)


@pytest.mark.usefixtures("opa")
@pytest.mark.slow
def test_both_engines_agree_on_the_shipped_fleet(repository: Path, catalogue: Path):
    of_objects, of_fleet = _judged(repository, catalogue, (), Both)
    assert of_objects.differences == of_fleet.differences == []
    assert of_objects.compared > 30_000
    assert of_fleet.compared >= 16


def _judged(root: Path, catalogue: Path, names: tuple[str, ...], engine: Any) -> Any:
    fleet = load(root)
    chosen = fleet.select(names)
    plan = Plan(root, (catalogue,))
    made: list[Any] = []

    def make(rules: RuleSet, data: Mapping[str, Any]) -> Any:
        made.append(engine(rules, data))
        return made[-1]

    gate.check(plan, build(plan, chosen), chosen, TODAY, whole=not names, engine=make)
    return made


# ---- the pages and the command --------------------------------------------------------------


def test_the_pages_of_rules_are_up_to_date(repository: Path, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        main(["-C", str(repository), "rules", "docs", "--check"])
    assert ended.value.code == 0, capsys.readouterr().err


def test_a_stale_page_is_drift(platform_copy: Path, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        main(["-C", str(platform_copy), "rules", "docs", "--check"])
    assert ended.value.code == 1
    assert "docs/rules.md: is stale" in capsys.readouterr().err


def test_rules_are_listed_for_machines(repository: Path, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        main(["-C", str(repository), "rules", "list", "--format", "json"])
    listed = json.loads(capsys.readouterr().out)
    assert [one["id"] for one in listed] == [rule.id for rule in RULES.rules]
    assert listed[0].keys() == {"id", "severity", "kinds", "title", "controls"}
