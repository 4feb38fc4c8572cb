"""A waiver's patterns mean the same in a cluster as in the pull request."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dharma_rego
from dharma import gate
from dharma.admission.exemption import exemptions, expression
from dharma.policy.rule import load_rules
from dharma.policy.waiver import Waiver

RULES = load_rules(gate.SHIPPED_RULES)
RULE = next(rule for rule in RULES.rules if rule.id == "images/digest")
GLOBS = {
    "all of a namespace": "apps/Deployment/shop/*",
    "a dot is a dot": "argoproj.io/Rollout/a/b.c",
    "one character": "apps/*/shop/web-?",
    "a set": "/Pod/shop/[a-cx]*",
    "all but a set": "/Pod/shop/[!a-c]*",
    "a bracket in a set": "/Pod/shop/[]-]*",
    "a set that is not closed": "/Pod/shop/[ab",
    "an empty range": "/Pod/shop/[c-a]",
    "not an empty range": "/Pod/shop/[!c-a]",
    "signs of expressions": r"/Pod/shop/a+(b)|\d{2}^$[&~#^\]",
    "stars in a row": "**/shop/**",
    "nothing": "",
}
NAMES = st.text(alphabet="ab-c.[]!^*?\\/&~|x\n", max_size=8)


def waiver(**more: object) -> Waiver:
    """A waiver of the rule."""
    head = {"rule": RULE.id, "owner": "shop", "ticket": "OPS-1", "reason": "Being mended."}
    days = {"granted": "2026-11-01", "expires": "2026-12-31"}
    scope = {"targets": ["production/*"], "objects": ["apps/Deployment/shop/*"]}
    return Waiver.model_validate({**head, **days, "scope": scope, **more})


@given(NAMES, NAMES)
def test_an_expression_takes_what_the_pattern_takes(glob: str, name: str) -> None:
    assert (re.fullmatch(expression(glob), name) is not None) == fnmatchcase(name, glob)


@given(NAMES)
def test_a_pattern_is_read_alike_by_the_engine_of_rules(glob: str) -> None:
    engine = dharma_rego.Engine([("a.rego", "package a\nhit := regex.match(input.by, input.name)\n")])
    for name in (glob, f"x{glob}", glob.replace("*", "ab").replace("?", "c"), "a\nb"):
        said = engine.eval("data.a.hit", json.dumps({"by": expression(glob), "name": name}))
        assert json.loads(str(said)) == fnmatchcase(name, glob)


@pytest.mark.parametrize("glob", GLOBS.values(), ids=GLOBS)
def test_an_expression_begins_and_ends_with_the_subject(glob: str) -> None:
    for name in ("/Pod/shop/a", "/Pod/shop/-", "/Pod/shop/]", "apps/Deployment/shop/web", "x" + glob, glob):
        assert (re.fullmatch(expression(glob), name) is not None) == fnmatchcase(name, glob)
    assert expression(glob).startswith("(?s)^")
    assert expression(glob).endswith("$")


def test_the_waivers_of_a_rule_and_target_are_carried() -> None:
    (one,) = exemptions(RULE, "production/region-a", [waiver()])
    assert one.parameter == {
        "ticket": "OPS-1",
        "expires": "2026-12-31",
        "subjects": ["(?s)^apps/Deployment/shop/.*$"],
    }


NEVER = {
    "another rule": {"rule": "images/tag"},
    "another target": {"scope": {"targets": ["staging/*"], "objects": ["*"]}},
    "no expiry": {"expires": None},
    "too long": {"expires": "2028-01-01"},
    "no such day": {"expires": "2026-02-30"},
}


@pytest.mark.parametrize("change", NEVER.values(), ids=NEVER)
def test_a_waiver_that_cannot_hold_is_left_out(change: dict[str, object]) -> None:
    assert exemptions(RULE, "production/region-a", [waiver(**change)]) == ()


def test_a_waiver_without_targets_holds_in_all() -> None:
    assert exemptions(RULE, "anywhere", [waiver(scope={"objects": ["*"]})])
