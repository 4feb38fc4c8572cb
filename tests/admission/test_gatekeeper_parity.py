"""Gatekeeper says of every fixture what the embedded engine says of it."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

import dharma_rego
from dharma import gate
from dharma.admission.constraint import constraint
from dharma.admission.gatekeeper import expansions, objects
from dharma.admission.gator import Case, Violation, find_gator, reviewed, spelled, violations
from dharma.admission.parity import (
    Ruling,
    admission_review,
    compare,
    review_samples,
    samples,
    verdicts,
)
from dharma.admission.template import admitted, template
from dharma.policy.enforcement import Enforcement
from dharma.policy.opa import Opa, find_opa
from dharma.policy.rule import Rule, RuleSet, load_rules
from dharma.policy.suite import load_suite
from dharma.policy.waiver import Waiver

Json = dict[str, Any]
RULES = load_rules(gate.SHIPPED_RULES)
RULE = {rule.id: rule for rule in RULES.rules}
IMAGES = RuleSet(tuple(rule for rule in RULES.rules if rule.category == "images"), RULES.libraries)
SUITE = load_suite(RULES, [gate.SHIPPED_RULES])
SAMPLES = list(samples(SUITE))
TODAY = datetime.now(UTC).date()
TENANTS = {"shop": {"costCentre": "cc-2000", "podSecurity": "restricted"}}
FACTS = {
    "name": "production/region-a",
    "environment": "production",
    "region": "region-a",
    "kubernetes": "1.34",
    "domain": "platform.example",
    "trustDomain": "cluster.local",
    "registry": "",
    "tenants": TENANTS,
}
RULING = Ruling(RULES, FACTS, Enforcement(), (), TODAY)
BAD = Path(__file__).parent.parent / "policy" / "bad"
BODIES: list[Json] = [
    body for file in sorted(BAD.rglob("*.yaml")) for body in YAML(typ="safe", pure=True).load_all(file)
]
FOUND = find_gator()
GATOR = FOUND or Path("gator")

pytestmark = pytest.mark.skipif(FOUND is None, reason="gator is not installed (built with Go by make test)")


def test_nothing_is_expected_of_what_goes() -> None:
    going = admission_review("DELETE", pod("web:1"))["request"]
    assert "object" not in going
    assert going["oldObject"] == pod("web:1")


def test_samples_show_every_admitted_rule_good_and_bad() -> None:
    seen = {sample.rule.id for sample in SAMPLES}
    assert seen == {rule.id for rule in admitted(RULES)}
    assert len(SAMPLES) > 600


def test_reviews_come_out_as_the_samples_do() -> None:
    tally = review_samples(GATOR, RULES, SAMPLES, ["CREATE"])
    assert tally.differences == []
    assert tally.compared == len(SAMPLES)
    assert tally.findings > 350


def test_reviews_of_other_operations_come_out_as_their_rules_want() -> None:
    """The main module alone sees the operation, and is the same text in all templates."""
    one_a_rule = list({sample.rule.id: sample for sample in reversed(SAMPLES)}.values())
    tally = review_samples(GATOR, RULES, one_a_rule, ["UPDATE", "DELETE"])
    assert tally.differences == []
    assert tally.compared == 2 * len(admitted(RULES))
    assert tally.findings > len(admitted(RULES)) // 2


def test_bad_objects_through_all_constraints_come_out_as_in_the_pull_request() -> None:
    tally = compare(GATOR, RULING, BODIES)
    assert tally.differences == []
    assert tally.findings > len(BODIES) // 2


def test_levels_reach_gatekeeper() -> None:
    graded = {"images": {"level": "audit"}, "images/digest": {"level": "warn"}}
    levels = Enforcement.model_validate({"enforcement": graded})
    named = {rule.id.partition("/")[2] for rule in IMAGES.rules}
    some = [body for body in BODIES if body["metadata"]["name"] in named]
    tally = compare(GATOR, replace(RULING, rules=IMAGES, enforcement=levels), some)
    assert tally.differences == []
    assert tally.findings > 1


# ---- a comparison that can fail ---------------------------------------------------------------


def altered(rule: Rule, old: str, new: str) -> RuleSet:
    """The rules with one of them changed."""
    assert old in rule.source
    changed = replace(rule, source=rule.source.replace(old, new))
    return RuleSet(tuple(changed if one is rule else one for one in IMAGES.rules), RULES.libraries)


def test_a_rule_that_says_otherwise_in_the_cluster_is_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    from dharma.admission import parity

    other = altered(RULE["images/digest"], "has no digest", "lacks a digest")
    policies = objects(other, FACTS, Enforcement(), ())
    monkeypatch.setattr(parity, "objects", lambda *_: policies)
    some = [body for body in BODIES if body["metadata"]["name"] == "digest"]
    told = compare(GATOR, replace(RULING, rules=IMAGES), some).differences
    assert len(told) == 2
    assert "embedded alone" in "".join(told)
    assert "gatekeeper alone" in "".join(told)


def test_a_review_that_comes_out_otherwise_is_told() -> None:
    rule, body = RULE["images/digest"], pod("web:1")
    held = constraint(rule, FACTS, "deny", ())
    review = admission_review("CREATE", body)
    right = ("image web:1 of container app has no digest",)
    several = [right, (), (*right, *right), ("image web:2 of container app has no digest",)]
    cases = [Case(template(rule, RULES), held, review, messages) for messages in several]
    assert sorted(reviewed(GATOR, cases)) == [1, 2, 3]


# ---- operations -------------------------------------------------------------------------------


def pod(image: str, **metadata: str) -> Json:
    """A pod with one container."""
    head = {"name": "web", "namespace": "shop", **metadata}
    spec = {"containers": [{"name": "app", "image": image}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": head, "spec": spec}


def test_an_update_is_judged_by_what_comes_and_not_by_what_was() -> None:
    rule = RULE["images/digest"]
    held, made = constraint(rule, FACTS, "deny", ()), template(rule, RULES)
    good, bad = pod(f"web:1@sha256:{'0' * 64}"), pod("web:1")
    mended, broken = admission_review("UPDATE", good), admission_review("UPDATE", bad)
    mended["request"]["oldObject"], broken["request"]["oldObject"] = bad, good
    said = ("image web:1 of container app has no digest",)
    assert reviewed(GATOR, [Case(made, held, mended, ()), Case(made, held, broken, said)]) == {}


# ---- waivers ----------------------------------------------------------------------------------


def waiver(last: date, *globs: str) -> Waiver:
    """A waiver of images/digest until a day."""
    return Waiver.model_validate(
        {
            "rule": "images/digest",
            "scope": {"objects": list(globs)},
            "owner": "shop",
            "ticket": "OPS-1",
            "reason": "Being mended.",
            "granted": (last - timedelta(days=10)).isoformat(),
            "expires": last.isoformat(),
        }
    )


WAIVED = {
    "on its last day": (waiver(TODAY, "/Pod/shop/web"), True),
    "long before": (waiver(TODAY + timedelta(days=90), "/Pod/shop/*"), True),
    "a day late": (waiver(TODAY - timedelta(days=1), "/Pod/shop/*"), False),
    "another namespace": (waiver(TODAY, "/Pod/data/*"), False),
    "a set of letters": (waiver(TODAY, "/Pod/data/*", "*/[!v]eb"), True),
    "the beginning alone": (waiver(TODAY, "/Pod/shop/we"), False),
}


@pytest.mark.parametrize(("one", "accepted"), WAIVED.values(), ids=WAIVED)
def test_a_waiver_holds_in_the_cluster_as_in_the_pull_request(one: Waiver, *, accepted: bool) -> None:
    rule = RULE["images/digest"]
    policies = [template(rule, RULES), constraint(rule, FACTS, "deny", [one])]
    said = violations(GATOR, policies, [pod("web:1")])
    ruling = replace(RULING, waivers=(one,))
    expected = [found for other, _, found in verdicts(ruling, [pod("web:1")]) if other.id == rule.id]
    assert bool(said) == bool(expected[0]) == (not accepted)


INSTANTS = {
    "long before": ("2026-01-01T00:00:00Z", True),
    "the last moment of the last day": ("2027-01-31T23:59:59.999999999Z", True),
    "the moment after": ("2027-02-01T00:00:00Z", False),
    "midnight further west": ("2027-01-31T23:59:59-01:00", False),
}


@pytest.mark.parametrize(("instant", "held"), INSTANTS.values(), ids=INSTANTS)
def test_a_waiver_ends_with_its_last_day_in_both_engines(instant: str, *, held: bool) -> None:
    text = (
        "package probe\nimport data.dharma.lib.waivers\n"
        'one := {"expires": "2027-01-31", "subjects": ["(?s)^/Pod/shop/.*$"]}\n'
        f"held := waivers.hold({json.dumps(pod('web:1'))}, [one], "
        f'time.parse_rfc3339_ns("{instant}"))\n'
        "default said := false\nsaid := held\n"
    )
    engine = dharma_rego.Engine([*RULES.libraries.items(), ("probe.rego", text)])
    assert json.loads(str(engine.eval("data.probe.said"))) is held
    if find_opa():
        with Opa(RuleSet((), RULES.libraries), tests={"probe.rego": text}) as opa:
            assert opa.value("data.probe.said") is held


# ---- pods of workloads ------------------------------------------------------------------------


def controller() -> Json:
    """A workload that no rule names."""
    spec = {"template": {"metadata": {"labels": {"app": "web"}}, "spec": pod("web:1")["spec"]}}
    head = {"name": "web", "namespace": "shop"}
    return {"apiVersion": "v1", "kind": "ReplicationController", "metadata": head, "spec": spec}


def deployment() -> Json:
    """A workload that the rules about pods name."""
    return {**controller(), "apiVersion": "apps/v1", "kind": "Deployment"}


def digest_policies() -> list[Json]:
    """One rule with what is expanded for it."""
    rule = RULE["images/digest"]
    return [template(rule, RULES), *expansions([rule]), constraint(rule, FACTS, "deny", ())]


def test_the_pods_of_a_workload_that_no_rule_names_are_judged() -> None:
    (said,) = violations(GATOR, digest_policies(), [controller()])
    assert (
        said.message == "[Implied by dharma-replicationcontroller] image web:1 of container app has no digest"
    )


def test_the_pods_of_a_workload_are_judged_once() -> None:
    said = violations(GATOR, digest_policies(), [deployment()])
    assert said == [
        Violation(
            "images/digest",
            spelled(deployment()),
            "image web:1 of container app has no digest",
            "spec.template.spec.containers[0].image",
            "deny",
        )
    ]


EXPANDED = {"ReplicationController": (controller(), 1), "Deployment": (deployment(), 0)}


@pytest.mark.parametrize(("body", "pods"), EXPANDED.values(), ids=EXPANDED)
def test_gator_expands_what_no_rule_about_pods_names(body: Json, pods: int, tmp_path: Path) -> None:
    texts = [json.dumps(one) for one in [*expansions(admitted(RULES)), body]]
    (tmp_path / "all.yaml").write_text("\n---\n".join(texts))
    words = [str(GATOR), "expand", "-n", str(tmp_path), "--format", "json"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    made = json.loads(done.stdout.strip() or "[]")
    kinds = [one["kind"] for one in (made if isinstance(made, list) else [made])]
    assert kinds == ["Pod"] * pods
