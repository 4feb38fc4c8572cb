"""Controls: which identifiers a framework can have, and that the shipped rules use no others."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dharma.compliance.framework import STANDARDS, reach, unknown
from dharma.gate import rules_of
from tests.compliance.samples import rule

KNOWN = {
    "soc2": ["CC6.1", "CC9.2", "A1.3", "C1.1", "PI1.5", "P6.7", "P8.1"],
    "gdpr": ["5", "32", "32(1)", "32(1)(b)", "99"],
    "cis": ["5.1.1", "5.2.13", "5.7.4"],
    "pss": ["baseline/sysctls", "restricted/seccomp"],
    "nsa": ["secrets", "encryption"],
}
STRANGE = {
    "soc2": ["CC6.9", "CC10.1", "cc6.1", "P2.2", "PI2.1", "CC6.1 ", ""],
    "gdpr": ["0", "100", "32.1", "32(0)", "Article 32"],
    "cis": ["4.1.1", "5.2", "5.8.1", "5.2.0"],
    "pss": ["baseline/secomp", "restricted", "restricted/sysctls"],
    "nsa": ["secretz", "Secrets"],
}


@pytest.mark.parametrize(
    ("framework", "control"), [(name, one) for name, several in KNOWN.items() for one in several]
)
def test_an_edition_knows_its_controls(framework, control):
    assert STANDARDS[framework].knows(control)


@pytest.mark.parametrize(
    ("framework", "control"), [(name, one) for name, several in STRANGE.items() for one in several]
)
def test_an_edition_refuses_what_it_cannot_have(framework, control):
    assert not STANDARDS[framework].knows(control)


def test_a_rule_with_a_control_that_cannot_be_is_named_with_its_file():
    (problem,) = unknown([rule("images/digest", 'soc2: ["CC6.1", "CC6.9"]')])
    assert "'CC6.9'" in problem.what
    assert str(problem.where) == "policies/rego/images/digest.rego:1:1"


def test_shipped_rules_use_only_controls_that_are_known():
    assert list(unknown(rules_of(None).rules)) == []


def test_controls_that_show_as_holes_can_be():
    for standard in STANDARDS.values():
        assert all(standard.knows(control) for control in standard.controls)


def test_reach_keeps_holes_and_orders_numbers_as_numbers():
    found = reach([rule("workloads/one", 'cis: ["5.2.9"]'), rule("workloads/two", 'cis: ["5.2.9"]')], "cis")
    assert found["5.2.9"] == ["workloads/one", "workloads/two"]
    assert found["5.1.4"] == []
    names = list(found)
    assert names.index("5.2.9") < names.index("5.2.10")


@given(st.sampled_from(sorted(STANDARDS)), st.data())
def test_tokens_are_what_oscal_takes_and_differ_for_different_controls(framework, data):
    standard = STANDARDS[framework]
    one, other = (data.draw(st.from_regex(standard.pattern, fullmatch=True)) for _ in range(2))
    assert re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]*", standard.token(one))
    assert (standard.token(one) == standard.token(other)) == (one == other)
