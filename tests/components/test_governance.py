"""Component governance: the rules at work in one target, what is exempt, and when waivers end."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from cel_expr_python import cel

from dharma.admission.law import Law
from dharma.admission.template import admitted, kind_of, reads_target
from dharma.build import Plan, build
from dharma.cli import main
from dharma.component import Component
from dharma.components.governance import exemptions
from dharma.components.governance.options import GovernanceOptions
from dharma.environment import load
from dharma.errors import DeclarationError
from dharma.gate import check, rules_of
from dharma.manifest import Manifest
from dharma.policy.rule import RuleSet
from dharma.render import render

OPTIONS: dict[str, Any] = {
    "version": "3.23.1",
    "mode": "audit",
    "failure_policy": "Ignore",
    "timeout": 7,
    "deletions": False,
    "expansion": False,
    "exempt_namespaces": ["legacy"],
    "replicas": 5,
    "memory": "700Mi",
    "audit_memory": "800Mi",
    "audit_interval": 77,
    "violations_limit": 33,
    "log_denies": False,
    "events": True,
    "log_level": "ERROR",
}
SYSTEM = "system:serviceaccount"
PLATFORM = ("argocd", "gatekeeper-system", "istio-system", "monitoring")
EXPIRES = "2027-01-31"
WAIVER = {
    "rule": "images/digest",
    "scope": {"objects": ["apps/Deployment/shop/checkout"]},
    "owner": "shop",
    "ticket": "SHOP-1",
    "reason": "The vendor publishes no digest.",
    "granted": "2026-11-01",
    "expires": EXPIRES,
}


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return rules_of(None)


@pytest.fixture
def governed(small) -> Callable[..., Any]:
    """The small platform with governance in it."""
    return lambda options=None, **more: small({"governance": options or {}}, **more)


def _declare(root: Path, name: str, content: dict[str, Any]) -> None:
    path = root / "environments" / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


def _of(found: Any, kind: str) -> list[dict[str, Any]]:
    return [one.body for one in found.manifests if one.component == "governance" and one.kind == kind]


def _constraints(found: Any) -> dict[str, Manifest]:
    several = [one for one in found.manifests if one.group == "constraints.gatekeeper.sh"]
    return {one.body["metadata"]["annotations"]["dharma.dev/rule"]: one for one in several}


@pytest.mark.parametrize("option", OPTIONS)
def test_an_option_changes_what_is_delivered(governed, option):
    def text(options: dict[str, Any]) -> str:
        found = governed(options)
        return (
            found.text("governance") + json.dumps(found.release("gatekeeper").values) + found.text("argocd")
        )

    alias = GovernanceOptions.model_fields[option].alias
    assert text({}) != text({alias: OPTIONS[option]})


def test_every_option_is_tried():
    assert {*OPTIONS, "state"} == set(GovernanceOptions.model_fields)


def test_the_defaults_fail_closed_and_judge_deletions(governed):
    values = governed().release("gatekeeper").values
    assert values["validatingWebhookFailurePolicy"] == "Fail"
    assert values["enableDeleteOperations"] is True
    assert values["pdb"]["controllerManager"]["minAvailable"] == values["replicas"] - 1 > 0
    assert values["controllerManager"]["topologySpreadConstraints"][0]["topologyKey"].endswith("/zone")


def test_one_replica_cannot_fail_closed(governed):
    with pytest.raises(DeclarationError, match="one replica cannot fail closed"):
        governed({"replicas": 1})
    assert governed({"replicas": 1, "failurePolicy": "Ignore"})


def test_every_admitted_rule_has_a_template_and_its_constraint(governed, rules):
    found = governed()
    kinds = {kind_of(rule) for rule in admitted(rules)}
    templates = _of(found, "ConstraintTemplate")
    assert {one["spec"]["crd"]["spec"]["names"]["kind"] for one in templates} == kinds
    assert {one.kind for one in _constraints(found).values()} == kinds
    assert len(kinds) > 100


def test_a_constraint_is_synced_after_its_template_whose_kind_it_is(governed):
    def wave(body: Mapping[str, Any]) -> int:
        return int(body["metadata"].get("annotations", {}).get("argocd.argoproj.io/sync-wave", "0"))

    found = governed()
    last = max(wave(one) for one in _of(found, "ConstraintTemplate"))
    for constraint in _constraints(found).values():
        assert wave(constraint.body) > last
        options = constraint.body["metadata"]["annotations"]["argocd.argoproj.io/sync-options"]
        assert "SkipDryRunOnMissingResource=true" in options


def test_in_an_audit_nothing_is_refused(governed):
    found = governed({"mode": "audit"})
    assert {one.body["spec"]["enforcementAction"] for one in _constraints(found).values()} == {"dryrun"}
    assert found.release("gatekeeper").values["validatingWebhookFailurePolicy"] == "Ignore"


def test_levels_of_the_target_decide_what_a_constraint_does(governed, tmp_path):
    production = {"level": "warn", "regions": {"region-a": {"level": "audit"}}}
    _declare(
        tmp_path,
        "enforcement",
        {"enforcement": {"images": {"level": "warn"}, "rbac": {"environments": {"production": production}}}},
    )
    found = _constraints(governed())
    assert found["images/digest"].body["spec"]["enforcementAction"] == "warn"
    assert found["rbac/no-wildcards"].body["spec"]["enforcementAction"] == "dryrun"
    assert found["workloads/privileged"].body["spec"]["enforcementAction"] == "deny"
    assert "environments/enforcement.yaml" in {origin.file for origin in found["images/digest"].origins}


def test_only_rules_that_ask_are_told_the_targets_facts(governed, rules):
    found = _constraints(governed())
    told = {name for name, one in found.items() if "target" in one.body["spec"]["parameters"]}
    assert told == {rule.id for rule in admitted(rules) if reads_target(rule, rules)}
    facts = found["tenancy/cost-centre"].body["spec"]["parameters"]["target"]
    assert (facts["name"], facts["tenants"]["shop"]["costCentre"]) == ("production/region-a", "cc-2000")


def test_a_constraint_says_which_waiver_and_which_line_it_rests_on(governed, tmp_path):
    _declare(tmp_path, "waivers", {"waivers": [WAIVER]})
    found = _constraints(governed())
    (waiver,) = found["images/digest"].body["spec"]["parameters"]["waivers"]
    assert (waiver["ticket"], waiver["expires"]) == ("SHOP-1", EXPIRES)
    assert "environments/waivers.yaml" in {origin.file for origin in found["images/digest"].origins}
    assert "waivers" not in found["images/tag"].body["spec"]["parameters"]


def test_what_is_rendered_depends_on_the_day_only_through_the_waivers_that_stand(governed, tmp_path):
    _declare(tmp_path, "waivers", {"waivers": [WAIVER]})
    governed()
    (target,) = load(tmp_path).targets

    def bodies(day: date) -> tuple[str, list[Mapping[str, Any]]]:
        law = Law(tmp_path, tmp_path, day)
        return law.digest, [one.body for one in render(target, tmp_path, law=law).manifests]

    granted, last, after = (bodies(day) for day in (date(2026, 11, 2), date(2027, 1, 31), date(2027, 2, 1)))
    assert granted == last
    assert granted[0] != after[0]
    assert granted[1] != after[1]


def test_a_build_says_that_the_tree_is_stale_once_a_waiver_ended(governed, tmp_path, capsys):
    _declare(tmp_path, "waivers", {"waivers": [WAIVER]})
    governed()

    def built(*more: str) -> int:
        with pytest.raises(SystemExit) as stop:
            main(["-C", str(tmp_path), "build", *more])
        return int(stop.value.code or 0)

    assert built("--today", "2026-11-02") == 0
    assert built("--check", "--today", EXPIRES) == 0
    assert built("--check", "--today", "2027-02-01") == 1
    assert "SHOP-1" in capsys.readouterr().out
    assert built("--today", "tomorrow") == 2


@pytest.mark.parametrize("change", ["rule", "level", "waiver"])
def test_a_cached_target_is_rendered_anew_when_the_law_changes(governed, tmp_path, change):
    governed()
    plan = Plan(tmp_path, workers=1, today=date(2026, 11, 24))
    targets = load(tmp_path).targets

    def fresh() -> bool:
        (found,) = build(plan, targets)
        return found.fresh

    fresh()
    assert not fresh()
    if change == "waiver":
        _declare(tmp_path, "waivers", {"waivers": [WAIVER | {"ticket": "SHOP-2"}]})
    elif change == "level":
        _declare(tmp_path, "enforcement", {"enforcement": {"images": {"level": "audit"}}})
    else:
        _own_rule(tmp_path)
    assert fresh()
    assert not fresh()


def test_a_component_that_does_not_govern_may_not_read_the_rules(small):
    chart = small().deliveries["tenancy"].chart
    assert isinstance(chart, Component)
    with pytest.raises(TypeError, match="do not say `governs`"):
        _ = chart.law


def test_the_api_server_and_prometheus_reach_gatekeeper_and_nobody_else(governed):
    spec = governed().one("NetworkPolicy", "gatekeeper")["spec"]
    ports = [[port["port"] for port in rule["ports"]] for rule in spec["ingress"]]
    assert ports == [[8443], [8888]]
    assert spec["ingress"][0]["from"][0] == {"ipBlock": {"cidr": "10.69.0.10/32"}}


def test_gatekeepers_namespace_has_quota_fences_and_the_strictest_pods(governed):
    found = governed()
    labels = found.one("Namespace", "gatekeeper-system")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    assert found.one("NetworkPolicy", "default-deny", "gatekeeper-system")
    assert found.one("ResourceQuota", "quota", "gatekeeper-system")
    assert found.one("PodMonitor", "gatekeeper")["metadata"]["labels"]["dharma.dev/scrape"] == "platform"


def test_gatekeeper_writes_its_own_certificate(governed):
    ignored = governed().one("Application", "chart-gatekeeper")["spec"]["ignoreDifferences"]
    pointers = {pointer for one in ignored for pointer in one["jsonPointers"]}
    assert "/webhooks/0/clientConfig/caBundle" in pointers


def test_images_come_from_the_private_mirror_where_there_is_one(governed):
    image = governed(settings={"registry": "mirror.example/platform"}).release("gatekeeper").values["image"]
    assert image["repository"] == "mirror.example/platform/openpolicyagent/gatekeeper"


def test_retiring_empties_the_rules_while_gatekeeper_runs_and_then_all_goes(governed, small):
    retiring = governed({"state": "retiring"})
    spec = retiring.one("Application", "governance")["spec"]
    assert spec["source"]["directory"]["exclude"] == "*"
    assert spec["syncPolicy"]["automated"]["allowEmpty"] is True
    assert retiring.one("Application", "chart-gatekeeper")["metadata"]["finalizers"]
    gone = small()
    assert not any("atekeeper" in one.name for one in gone.all("Application"))
    assert not [one for one in gone.manifests if one.component == "governance"]


REQUESTS = {
    "a tenant's deployment": ("alice", ["shop-admins"], "apps", "deployments", "shop", True),
    "a tenant's object through Argo CD": (
        exemptions.DELIVERER,
        [f"{SYSTEM}s:argocd"],
        "apps",
        "deployments",
        "shop",
        True,
    ),
    "a person in the platform's namespace": (
        "bob",
        ["platform-admins"],
        "apps",
        "deployments",
        "monitoring",
        True,
    ),
    "a person's cluster role": ("bob", [], "rbac.authorization.k8s.io", "clusterroles", "", True),
    "an upstream chart": (exemptions.DELIVERER, [], "apps", "deployments", "istio-system", False),
    "a chart's cluster role": (
        exemptions.DELIVERER,
        [],
        "rbac.authorization.k8s.io",
        "clusterroles",
        "",
        False,
    ),
    "a node that joins": ("system:node:n1", ["system:nodes"], "", "nodes", "", False),
    "a pod of a replica set": (
        f"{SYSTEM}:kube-system:replicaset-controller",
        [f"{SYSTEM}s:kube-system"],
        "",
        "pods",
        "shop",
        False,
    ),
    "a controller of the platform": (
        f"{SYSTEM}:istio-system:istiod",
        [f"{SYSTEM}s:istio-system"],
        "",
        "configmaps",
        "shop",
        False,
    ),
    "a tenant's own controller": (f"{SYSTEM}:shop:operator", [f"{SYSTEM}s:shop"], "", "pods", "shop", True),
    "a heartbeat": ("x", [], "coordination.k8s.io", "leases", "shop", False),
    "an event": ("x", [], "", "events", "shop", False),
    "a question about rights": ("x", [], "authorization.k8s.io", "subjectaccessreviews", "", False),
}


@pytest.mark.parametrize(
    ("user", "groups", "group", "resource", "namespace", "judged"), REQUESTS.values(), ids=REQUESTS
)
def test_who_is_held_up(user, groups, group, resource, namespace, judged):
    request = {
        "userInfo": {"username": user, "groups": groups},
        "resource": {"group": group, "resource": resource},
        "namespace": namespace,
    }
    assert _all(exemptions.conditions(PLATFORM, seen=False), request) is judged


def test_charts_that_the_gate_saw_are_judged_at_admission_too():
    request = {
        "userInfo": {"username": exemptions.DELIVERER, "groups": []},
        "resource": {"group": "apps", "resource": "deployments"},
        "namespace": "istio-system",
    }
    assert _all(exemptions.conditions(PLATFORM, seen=True), request) is True


def _all(conditions, request) -> bool:
    environment = cel.NewEnv(variables={"request": cel.Type.DYN})
    return all(
        environment.compile(one["expression"]).eval(data={"request": request}).value() for one in conditions
    )


def test_signals_tell_what_to_do(governed):
    chart = governed().deliveries["governance"].chart
    exported = {metric.name for metric in chart.metrics()}
    queries = [panel.query for board in chart.dashboards() for panel in board.panels]
    queries += [alert.expression for alert in chart.alerts() if not alert.expression.startswith("absent(up")]
    assert len(chart.alerts()) >= 3
    assert all(any(metric in query for metric in exported) for query in queries)


def test_the_gate_has_nothing_against_it(governed, tmp_path, catalogue):
    governed()
    targets = load(tmp_path).targets
    plan = Plan(tmp_path, (catalogue,), workers=1, cached=False)
    built = build(plan, targets)
    report = check(plan, built, targets, plan.today, whole=False)
    assert [one for one in report.findings if one.component == "governance"] == []
    assert report.unchecked == 0


def _own_rule(root: Path) -> None:
    """A rule of the platform repository itself."""
    shipped = next(rule for rule in rules_of(None).rules if rule.id == "images/tag")
    path = root / "policies" / "rego" / "images" / "own_tag.rego"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = shipped.source.replace("id: images/tag", "id: images/own-tag")
    path.write_text(
        text.replace("package dharma.images.tag", "package dharma.images.own_tag"), encoding="utf-8"
    )
