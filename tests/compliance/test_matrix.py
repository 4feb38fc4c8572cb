"""The matrix: controls come to what their rules come to, and each format says so."""

import csv
import io
import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dharma.compliance.evidence import STATES, Evidence, of_audit, of_check
from dharma.compliance.matrix import gravest, matrix
from dharma.report import compliance
from tests.compliance.samples import NAMES, RULES, check, constraint, finding, verification

DAY = date(2027, 1, 31)


def verdicts(made) -> dict[str, str]:
    return {one.control: one.verdict for section in made.sections for one in section.controls}


def made(*documents: dict[str, object], rules=RULES):
    evidence = []
    for document in documents:
        read = of_check if "engine" in document else of_audit
        evidence += read("report.json", document, rules)
    return matrix(rules, evidence, DAY, 30)


def full():
    report = check(finding("images/digest", waiver="T-1"), finding("tenancy/quota", "warn"))
    return made(report, verification(finding("tenancy/quota", "warn")), constraint("DharmaTenancyQuota", 0))


def test_a_control_without_a_rule_is_a_hole():
    assert verdicts(made(check()))["CC6.2"] == "hole"


def test_without_evidence_nothing_is_fulfilled():
    assert set(verdicts(made()).values()) == {"hole", "unknown"}


def test_one_broken_rule_breaks_its_controls_only():
    found = verdicts(made(check(finding("tenancy/quota"))))
    assert (found["A1.1"], found["CC6.1"], found["CC8.1"]) == ("violated", "violated", "held")


def test_a_guard_that_met_nothing_leaves_its_control_to_the_other_rules():
    report = check(rules={**dict.fromkeys(NAMES, 3), "secrets/no-plain": 0})
    found = verdicts(made(report))
    assert (found["CC6.1"], found["32(1)(a)"]) == ("held", "idle")


def test_what_runs_in_a_cluster_counts_against_a_clean_pull_request():
    found = made(check(), constraint("DharmaTenancyQuota", 2))
    assert verdicts(found)["A1.1"] == "violated"
    assert found.broken
    assert not made(check()).broken


def test_a_cluster_that_breaks_nothing_does_not_hide_that_a_rule_met_nothing():
    assert verdicts(made(check(met=0), verification()))["A1.1"] == "unmet"


def test_words_say_which_side_is_silent():
    words = {one.control: one.words for one in made(check()).sections[0].controls}
    assert words["A1.1"] == "1 held; 1 without evidence from clusters"
    assert words["CC6.2"] == "no rule is evidence for it"


@given(st.lists(st.sampled_from(STATES)), st.sampled_from(STATES))
def test_more_evidence_never_makes_a_rule_look_better(states, more):
    if states:
        assert STATES.index(gravest([*states, more])) <= STATES.index(gravest(states))


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(STATES)), max_size=8), st.randoms())
def test_the_order_of_evidence_changes_no_verdict(pairs, random):
    evidence = [Evidence(name, "ci", state, "", "x", "2027-01-30") for name, state in pairs]
    shuffled = random.sample(evidence, len(evidence))
    assert verdicts(matrix(RULES, evidence, DAY, 30)) == verdicts(matrix(RULES, shuffled, DAY, 30))


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(STATES)), max_size=8))
def test_a_held_control_has_a_rule_that_holds_and_none_that_does_not(pairs):
    evidence = [Evidence(name, "ci", state, "", "x", "2027-01-30") for name, state in pairs]
    for section in matrix(RULES, evidence, DAY, 30).sections:
        for one in section.controls:
            states = {support.state for support in one.supports}
            assert (one.verdict == "held") == ("held" in states and states <= {"held", "idle"})


def test_markdown_is_as_it_was(golden):
    golden("compliance/matrix.md", compliance.markdown(full()))


def test_csv_is_as_it_was(golden):
    golden("compliance/matrix.csv", compliance.table(full()))


def test_json_is_as_it_was(golden):
    golden("compliance/matrix.json", json.dumps(compliance.document(full()), indent=2) + "\n")


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@x"])
def test_no_cell_of_csv_is_a_formula(start):
    report = check(engine=start, commit=start)
    rows = list(csv.reader(io.StringIO(compliance.table(made(report)))))
    assert len({len(row) for row in rows}) == 1
    assert f"'{start}" in rows[1]
    assert start not in rows[1]


def test_markdown_cannot_be_broken_by_what_a_report_says():
    text = compliance.markdown(made(check(engine="a|b\n# c <script>")))
    assert "a\\|b # c &lt;script>" in text
    assert "<script>" not in text
