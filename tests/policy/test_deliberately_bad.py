"""Every rule, shown to fire through the real gate at the one thing that is wrong, and nowhere else.

Objects that need no platform stand in bad/<category>/<rule>.yaml, each good but for one thing and under
the findings it must cause: `# expect: <rule> <path>`. Rules that ask for a target, a tenant or the fleet
get the shipped production, rendered, with one place of one object changed in memory.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from dharma import foreign, gate
from dharma.build import Built, Plan, build
from dharma.environment import load
from dharma.manifest import Manifest
from dharma.policy.finding import Finding
from dharma.policy.rule import load_rules
from dharma.target import Target

TODAY = date(2026, 12, 1)
BAD = Path(__file__).parent / "bad"
FILES = sorted(BAD.rglob("*.yaml"))
RULES = load_rules(gate.SHIPPED_RULES)
ABSENT = object()
PRODUCTION = "production/region-b", "production/region-a"

Place = tuple[str, str, str]
"""Rule, object and path of a finding."""


# ---- objects in files -----------------------------------------------------------------------


def _name(file: Path) -> str:
    return file.relative_to(BAD).with_suffix("").as_posix()


def _objects(file: Path) -> Iterator[tuple[str, list[Place]]]:
    """Each object of a fixture and what must be found of it."""
    for text in file.read_text().split("---\n"):
        body = YAML(typ="safe", pure=True).load(text)
        metadata = body["metadata"]
        group = body["apiVersion"].rpartition("/")[0]
        subject = f"{group}/{body['kind']}/{metadata.get('namespace', '')}/{metadata['name']}"
        announced = re.findall(r"^# expect: (\S+) ?(.*)$", text, re.MULTILINE)
        yield subject, [(rule, subject, path) for rule, path in announced]


def _expected(*files: Path) -> Counter[Place]:
    return Counter(place for file in files for _, places in _objects(file) for place in places)


@pytest.fixture(scope="module")
def of_files(catalogue: Path) -> gate.Report:
    return foreign.check([BAD], (catalogue,), None, TODAY)


def _place(finding: Finding) -> Place:
    return finding.rule, finding.subject, finding.path


@pytest.mark.parametrize("file", FILES, ids=_name)
def test_a_bad_file_is_refused_for_what_it_says_and_for_nothing_else(of_files: gate.Report, file: Path):
    found = [one for one in of_files.findings if one.file.endswith(f"bad/{_name(file)}.yaml")]
    assert Counter(map(_place, found)) == _expected(file)
    assert not [one.message for one in found if "could not be evaluated" in one.message]


def test_nothing_else_is_found_in_the_whole_folder(of_files: gate.Report):
    assert Counter(map(_place, of_files.findings)) == _expected(*FILES)
    assert of_files.unchecked == 0


@pytest.mark.parametrize("file", FILES, ids=_name)
def test_every_object_of_a_bad_file_shows_the_rule_that_the_file_is_named_after(file: Path):
    shown = {subject: {rule for rule, _, _ in places} for subject, places in _objects(file)}
    assert [subject for subject, rules in shown.items() if _name(file) not in rules] == []


# ---- the rendered platform ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """One place of one object of production/region-a, or one of the cluster's facts where `of` is empty."""

    rule: str
    of: str
    at: str
    to: Any
    expected: Sequence[tuple[str, str]]
    """Object and path, of a finding of the rule; "*" as object is the one that was changed."""


DEPLOYMENT, ROLLOUT = "apps/Deployment/finops/cost", "argoproj.io/Rollout/shop/orders"
POLICY, AUTHORIZATION = "networking.k8s.io/NetworkPolicy/shop/", "security.istio.io/AuthorizationPolicy/shop/"
ROUTE, MONITOR = "networking.istio.io/VirtualService/shop/", "monitoring.coreos.com/ServiceMonitor/shop/"
POD = "spec.template.spec"

CHANGES = [
    Change("fleet/address-plan", "", "network.pods", "10.72.0.0/14", [("", "network.pods")]),
    Change(
        "fleet/autoscaler-targets", "autoscaling/HorizontalPodAutoscaler/shop/storefront",
        "spec.scaleTargetRef.name", "shopfront", [("*", "spec.scaleTargetRef")],
    ),
    Change(
        "fleet/calls-admitted", f"{AUTHORIZATION}orders", "spec.rules.0.from.0.source.principals",
        ["cluster.local/ns/shop/sa/storefront"], [(ROLLOUT, "")],
    ),
    Change(
        "fleet/calls-admitted", f"{POLICY}orders", "spec.ingress.0.from.0.podSelector.matchLabels",
        {"app.kubernetes.io/name": "nobody"}, [(ROLLOUT, "")],
    ),
    Change(
        "fleet/disruption-budgets", "policy/PodDisruptionBudget/shop/orders", "spec.selector.matchLabels",
        {"app.kubernetes.io/name": "nobody"}, [("*", "spec.selector"), (ROLLOUT, "")],
    ),
    Change(
        "fleet/monitors-select", f"{MONITOR}orders", "spec.selector.matchLabels",
        {"app.kubernetes.io/name": "nobody"}, [("*", "spec.selector")],
    ),
    Change(
        "fleet/no-other-callers", f"{AUTHORIZATION}payments", "spec.rules.0.from.0.source.principals.1",
        "cluster.local/ns/shop/sa/storefront", [("*", "spec.rules[0].from[0]")],
    ),
    Change(
        "fleet/policies-select", f"{POLICY}dns", "spec.podSelector",
        {"matchLabels": {"app.kubernetes.io/name": "nobody"}}, [("*", "spec.podSelector")],
    ),
    Change(
        "fleet/quota-holds", "autoscaling/HorizontalPodAutoscaler/shop/orders", "spec.maxReplicas", 1000,
        [("/Namespace//shop", "")] * 3,
    ),
    Change(
        "fleet/regions-alike", ROLLOUT, f"{POD}.containers.0.image", "registry.example/shop/orders:0.0.1",
        [("*", "spec.template.spec.containers")] * 2,
    ),
    Change(
        "fleet/route-destinations", f"{ROUTE}storefront", "spec.http.0.route.0.destination.port.number", 9999,
        [("*", "spec.http[0].route[0].destination.port.number")],
    ),
    Change(
        "fleet/route-gateways", f"{ROUTE}storefront", "spec.gateways.1", "istio-ingress/side-door",
        [("*", "spec.gateways[1]")],
    ),
    Change(
        "fleet/subsets-defined", "networking.istio.io/DestinationRule/shop/catalogue",
        "spec.subsets.0.labels", {"app.kubernetes.io/instance": "catalogue-v9"},
        [("*", "spec.subsets[0].labels")],
    ),
    Change(
        "fleet/sync-order", "argoproj.io/Application/argocd/services-shop",
        "metadata.annotations.argocd~argoproj~io/sync-wave", ABSENT, [("*", "metadata.annotations")],
    ),
    Change("fleet/tenant-fences", f"{POLICY}default-deny", "", ABSENT, [("/Namespace//shop", "")]),
    Change("fleet/version-skew", "", "kubernetes", "1.35", [("", "")]),
    Change(
        "fleet/workload-references", ROLLOUT, "spec.strategy.canary.canaryService", "orders-next",
        [("*", "spec.strategy.canary.canaryService")],
    ),
    Change(
        "mesh/gateway-hosts", "networking.istio.io/Gateway/istio-ingress/public", "spec.servers.0.hosts.0",
        "*.elsewhere.example", [("*", "spec.servers[0].hosts[0]")],
    ),
    Change(
        "mesh/namespace-injected", "/Namespace//shop", "metadata.labels.istio-injection", ABSENT,
        [("*", "metadata.labels")],
    ),
    Change(
        "network/peers-chosen", f"{POLICY}orders", "spec.egress.0.ports", ABSENT,
        [("*", "spec.egress[0].ports")],
    ),
    Change(
        "observability/metrics-annotation", DEPLOYMENT,
        "spec.template.metadata.annotations.prometheus~io/scrape", ABSENT,
        [("*", 'spec.template.metadata.annotations["prometheus.io/scrape"]')],
    ),
    Change(
        "observability/monitor-scope", f"{MONITOR}orders", "spec.namespaceSelector", {"any": True},
        [("*", "spec.namespaceSelector")],
    ),
    Change(
        "reliability/autoscaler-bounds", "autoscaling/HorizontalPodAutoscaler/shop/orders",
        "spec.minReplicas", 1, [("*", "spec.minReplicas")],
    ),
    Change(
        "reliability/replicas", "apps/StatefulSet/platform/redis", "spec.replicas", 1,
        [("*", "spec.replicas")],
    ),
    Change(
        "tenancy/cost-centre", "/Service/finops/cost", "metadata.labels.dharma~dev/cost-centre", "cc-9",
        [("*", 'metadata.labels["dharma.dev/cost-centre"]')],
    ),
    Change(
        "tenancy/labels", "/Service/finops/cost", "metadata.labels.dharma~dev/owner", ABSENT,
        [("*", 'metadata.labels["dharma.dev/owner"]')],
    ),
    Change(
        "tenancy/namespace-owner", "/Namespace//shop", "metadata.annotations.dharma~dev/contact", ABSENT,
        [("*", 'metadata.annotations["dharma.dev/contact"]')],
    ),
    Change(
        "tenancy/placement", "/ServiceAccount/finops/cost", "metadata.labels.dharma~dev/tenant", "guest",
        [("*", "metadata.namespace"), ("*", 'metadata.labels["dharma.dev/tenant"]')],
    ),
    Change(
        "tenancy/pod-security", "/Namespace//shop", "metadata.labels.pod-security~kubernetes~io/enforce",
        "baseline", [("*", 'metadata.labels["pod-security.kubernetes.io/enforce"]')],
    ),
    Change(
        "tenancy/quota", "/ResourceQuota/shop/quota", "spec.hard.services~nodeports", "2",
        [("*", 'spec.hard["services.nodeports"]')],
    ),
    Change(
        "workloads/control-plane", DEPLOYMENT, f"{POD}.tolerations", [{"operator": "Exists"}],
        [("*", "spec.template.spec.tolerations[0]")],
    ),
    Change(
        "workloads/service-account-token", DEPLOYMENT, f"{POD}.automountServiceAccountToken", True,
        [("*", "spec.template.spec.automountServiceAccountToken")],
    ),
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Production:
    """Two clusters of production, rendered, and what the gate says of them as they are."""

    plan: Plan
    targets: list[Target]
    built: list[Built]

    def report(self, change: Change | None, *, whole: bool) -> Counter[Place]:
        """Every finding after a change; without `whole` only those about single objects of region-a."""
        targets, built = list(self.targets), list(self.built)
        if change and change.of:
            built[-1] = replace(built[-1], manifests=tuple(_changed(built[-1].manifests, change)))
        elif change:
            targets[-1] = _refitted(targets[-1], change.at, change.to)
        first = 0 if whole else len(targets) - 1
        report = gate.check(self.plan, built[first:], targets[first:], TODAY, whole=whole)
        return Counter(map(_place, report.findings))


def _changed(manifests: Sequence[Manifest], change: Change) -> Iterator[Manifest]:
    assert ["/".join(one.identity) for one in manifests].count(change.of) == 1, change.of
    for manifest in manifests:
        if "/".join(manifest.identity) != change.of:
            yield manifest
        elif change.at:
            yield replace(manifest, body=_with(manifest.body, change.at, change.to))


def _with(body: Mapping[str, Any], at: str, to: Any) -> dict[str, Any]:
    """A copy with one place changed; in `at`, keys are parted by dots and ~ stands for a dot in one."""
    altered: dict[str, Any] = json.loads(json.dumps(body))
    *heads, last = (int(step) if step.isdigit() else step.replace("~", ".") for step in at.split("."))
    parent: Any = altered
    for head in heads:
        parent = parent[head]
    if to is ABSENT:
        del parent[last]
    elif isinstance(parent, list) and last == len(parent):
        parent.append(to)
    else:
        parent[last] = to
    return altered


def _refitted(target: Target, at: str, to: Any) -> Target:
    """The target with another fact of its cluster."""
    cluster = target.cluster
    head, _, rest = at.partition(".")
    value = getattr(cluster, head).model_copy(update={rest: to}) if rest else to
    return target.model_copy(update={"cluster": cluster.model_copy(update={head: value})})


@pytest.fixture(scope="module")
def production(repository: Path, catalogue: Path) -> Production:
    targets = load(repository).select(PRODUCTION)
    plan = Plan(repository, (catalogue,))
    return Production(plan, targets, build(plan, targets))


@pytest.fixture(scope="module")
def before(production: Production) -> dict[bool, Counter[Place]]:
    return {whole: production.report(None, whole=whole) for whole in (True, False)}


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: f"{change.rule} {change.at}")
def test_one_changed_place_of_the_platform_is_found_where_it_was_changed(
    production: Production, before: dict[bool, Counter[Place]], change: Change
):
    whole = change.rule.startswith("fleet/")
    places = [(change.rule, subject.replace("*", change.of), path) for subject, path in change.expected]
    assert production.report(change, whole=whole) - before[whole] == Counter(places)


def test_every_rule_is_shown_to_fire():
    shown = {_name(file) for file in FILES} | {change.rule for change in CHANGES}
    assert shown == {rule.id for rule in RULES.rules}
