"""Evidence: what each document says of a rule, and that what nobody said is never fulfilled."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dharma.admission.template import kind_of
from dharma.compliance.evidence import Waived, aged, of_audit, of_check, strangers
from dharma.errors import InputError
from tests.compliance.samples import NAMES, RULES, check, constraint, finding, rule, verification

DIGEST, GUARD, QUOTA = NAMES[:3]
CHECKS = {
    "no finding": (check(), DIGEST, "held"),
    "denied": (check(finding(DIGEST)), DIGEST, "violated"),
    "denied before the change": (check(finding(DIGEST, age="old")), DIGEST, "violated"),
    "mended by the change": (check(finding(DIGEST, age="mended")), DIGEST, "held"),
    "warned of": (check(finding(DIGEST, "warn")), DIGEST, "warned"),
    "audited": (check(finding(DIGEST, "audit")), DIGEST, "warned"),
    "accepted": (check(finding(DIGEST, waiver="T-1")), DIGEST, "waived"),
    "accepted, and another denied": (
        check(finding(DIGEST, waiver="T-1"), finding(DIGEST)),
        DIGEST,
        "violated",
    ),
    "the check failed": (check(finding(DIGEST, failed=True, waiver="T-1")), DIGEST, "failed"),
    "met nothing": (check(met=0), QUOTA, "unmet"),
    "a guard met nothing": (check(met=0), GUARD, "idle"),
    "broken without an object of its kinds": (check(finding(QUOTA), met=0), QUOTA, "violated"),
    "the check did not know the rule": (check(rules={}), QUOTA, "unknown"),
}
AUDITS = {
    "verified": (verification(), DIGEST, "held"),
    "live object denied": (verification(finding(DIGEST)), DIGEST, "violated"),
    "nothing runs": (verification(objects=2, states=("missing", "missing")), DIGEST, "unmet"),
    "objects that may not be read": (verification(states=("unread",)), DIGEST, "unknown"),
    "constraint without violations": (constraint("DharmaImagesDigest", 0), DIGEST, "held"),
    "constraint with violations": (constraint("DharmaImagesDigest", 3), DIGEST, "violated"),
    "constraint of no action": (constraint("DharmaImagesDigest", 3, ""), DIGEST, "violated"),
    "dry run with violations": (constraint("DharmaImagesDigest", 3, "dryrun"), DIGEST, "warned"),
    "never audited": (constraint("DharmaImagesDigest", 0, audited=""), DIGEST, "unknown"),
    "audited, not counted": (constraint("DharmaImagesDigest", None), DIGEST, "unknown"),
}


@pytest.mark.parametrize(("document", "name", "state"), CHECKS.values(), ids=CHECKS)
def test_a_check_says_of_a_rule(document, name, state):
    found = {one.rule: one for one in of_check("check.json", document, RULES)}
    assert found[name].state == state
    assert (found[name].engine, found[name].commit, found[name].day) == ("embedded", "1f0c2a9", "2027-01-20")


@pytest.mark.parametrize(("document", "name", "state"), AUDITS.values(), ids=AUDITS)
def test_an_audit_says_of_a_rule(document, name, state):
    found = {one.rule: one for one in of_audit("audit.json", document, RULES)}
    assert found[name].state == state


def test_a_waiver_keeps_its_ticket_and_expiry():
    (found, *_) = of_check("check.json", check(finding(DIGEST, waiver="T-1")), RULES)
    assert found.waivers == (Waived("T-1", "2027-02-01"),)
    assert found.findings == (("deny", 1),)


def test_fleet_rules_are_not_held_by_clusters():
    found = of_audit("verify.json", verification(), [rule("fleet/sync-order"), *RULES])
    assert [one.rule for one in found] == NAMES


AGES = {
    "of the day": ("2027-01-20", "held"),
    "as old as may be": ("2027-02-19", "held"),
    "a day older": ("2027-02-20", "stale"),
    "from the future": ("2027-01-19", "unknown"),
}


@pytest.mark.parametrize(("day", "state"), AGES.values(), ids=AGES)
def test_evidence_ages(day, state):
    (found, *_) = of_check("check.json", check(), RULES)
    assert aged(found, date.fromisoformat(day), 30)[0] == state


def test_undated_evidence_is_unknown():
    (found, *_) = of_check("check.json", check(day=""), RULES)
    assert aged(found, date(2027, 1, 20), 30) == ("unknown", "of no known day")


def test_old_evidence_against_a_control_still_speaks_against_it():
    (found, *_) = of_check("check.json", check(finding(DIGEST)), RULES)
    assert aged(found, date(2028, 1, 1), 30)[0] == "violated"


def test_a_waiver_that_ended_since_makes_what_it_accepted_stale():
    (found, *_) = of_check("check.json", check(finding(DIGEST, waiver="T-1")), RULES)
    assert aged(found, date(2027, 2, 1), 30)[0] == "waived"
    state, text = aged(found, date(2027, 2, 2), 30)
    assert (state, text) == ("stale", "waivers ended since: T-1")


def test_constraints_of_no_rule_are_named():
    assert strangers(constraint("DharmaOldRule", 0), RULES) == ["DharmaOldRule"]
    assert strangers(constraint("K8sRequiredLabels", 0), RULES) == []
    assert kind_of(rule("workloads/run-as-non-root")) == "DharmaWorkloadsRunAsNonRoot"


STRANGE = {
    "no object": [],
    "nothing": {},
    "text": "yes",
    "findings without a level": check({"rule": DIGEST}),
    "a level that is none": check(finding(DIGEST, "fatal")),
    "counts that are none": check(rules={DIGEST: "many"}),
    "a count without end": check(rules={DIGEST: float("inf")}),
    "rules as a list": check(rules=[DIGEST]),
    "waivers as numbers": check(waivers=[1]),
}


@pytest.mark.parametrize("document", STRANGE.values(), ids=STRANGE)
def test_what_is_no_report_is_refused(document):
    with pytest.raises(InputError, match="dharma check --format json"):
        of_check("check.json", document, RULES)


KEYS = st.sampled_from(
    ["targets", "items", "kind", "status", "spec", "metadata", "findings", "rules", "day", "objects", "level"]
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(json_values)
def test_any_json_is_read_or_refused_and_never_a_fault(document):
    for read in (of_check, of_audit):
        try:
            found = read("any.json", document, RULES)
        except InputError:
            continue
        assert all(one.rule in NAMES for one in found)
