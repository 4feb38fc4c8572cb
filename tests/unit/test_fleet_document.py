"""What Rego sees of a target and of the fleet."""

from __future__ import annotations

import json

import pytest

from dharma.build import Built
from dharma.declared import reading
from dharma.errors import Origin
from dharma.manifest import Manifest
from dharma.policy.fleet import facts, fleet_document

PAYMENTS = """\
tenant: shop
description: Takes money.
image: {repository: registry.example/shop/payments, tag: 1.0.0, digest: placeholder}
ports: {http: {port: 8080}, grpc: {port: 9000, protocol: grpc}}
resources: {cpu: 100m, memory: 128Mi}
data: {classification: internal}
slo: {availability: 99.9}
"""


def manifest(kind: str, name: str, namespace: str | None = None, version: str = "v1") -> Manifest:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    body = {"apiVersion": version, "kind": kind, "metadata": metadata}
    return Manifest("production/region-a", "services", "", "", body, Origin("chart.py", 1), ())


def document(repository, *manifests: Manifest):
    target = repository.target("production/region-a")
    (found,) = fleet_document([Built(target.name, manifests, 0, 0)], [target])["targets"]
    return found


def test_facts_say_where_the_target_is_and_who_lives_there(small):
    assert facts(small.target("production/region-a")) == {
        "name": "production/region-a",
        "environment": "production",
        "region": "region-a",
        "cluster": "prod-a",
        "role": "primary",
        "provider": "eks",
        "kubernetes": "1.34",
        "ring": 3,
        "domain": "platform.example",
        "trustDomain": "cluster.local",
        "registry": "",
        "tenants": {"shop": {"costCentre": "cc-100", "podSecurity": "restricted"}},
    }


def test_a_document_has_the_facts_and_the_plans(small):
    found = document(small)
    assert facts(small.target("production/region-a")).items() <= found.items()
    assert found["network"] == {"pods": "10.0.0.0/16", "services": "10.1.0.0/16", "nodes": "10.2.0.0/20"}
    assert found["quota"] == {"shop": {"cpu": "20", "memory": "40Gi", "storage": "100Gi", "pods": 100}}
    assert found["pools"] == {}
    assert (found["calls"], found["components"], found["objects"]) == ([], {}, {})


def test_pools_list_their_addresses(small):
    small.append("production.yaml", "      pools: {public: {addresses: [192.0.2.0/28, 192.0.2.32/28]}}\n")
    assert document(small)["pools"] == {"public": ["192.0.2.0/28", "192.0.2.32/28"]}


@pytest.mark.parametrize(
    ("calls", "ports"),
    [
        pytest.param("[payments]", [8080], id="the first port"),
        pytest.param("['payments:grpc']", [9000], id="a named port"),
        pytest.param("[payments, 'payments:grpc']", [8080, 9000], id="both"),
        pytest.param("[payments, 'payments:http']", [8080], id="one port under two names"),
    ],
)
def test_calls_name_both_tenants_and_the_port(small, calls, ports):
    small.write("services/payments.yaml", PAYMENTS).append("services/checkout.yaml", f"calls: {calls}\n")
    expected = [{"caller": "shop/checkout", "callee": "shop/payments", "port": port} for port in ports]
    assert document(small)["calls"] == expected


def test_components_have_their_level_and_state(small):
    small.swap(
        "base.yaml", "components: {}", "components: {tenancy: {}, mesh: {}, rollouts: {state: retiring}}"
    )
    small.swap("base.yaml", "rollouts: {state: retiring}", "prometheus-operator: {state: retiring}")
    components = document(small)["components"]
    assert components["tenancy"] == {"level": 0, "state": "active"}
    assert components["prometheus-operator"] == {"level": 1, "state": "retiring"}
    assert components["mesh"]["level"] > components["prometheus-operator"]["level"]


def test_objects_are_found_by_group_kind_namespace_and_name(small):
    several = (
        manifest("Namespace", "shop"),
        manifest("Service", "cart", "shop"),
        manifest("Service", "till", "shop"),
        manifest("Deployment", "cart", "shop", "apps/v1"),
    )
    assert document(small, *several)["objects"] == {
        "/Namespace": {"/shop": several[0].body},
        "/Service": {"shop/cart": several[1].body, "shop/till": several[2].body},
        "apps/Deployment": {"shop/cart": several[3].body},
    }


def test_targets_stand_in_the_order_they_were_built(small):
    small.write(
        "staging.yaml", small.text("production.yaml").replace("prod-a", "stage-a").replace("10.", "11.")
    )
    targets = small.load().targets
    names = [target.name for target in reversed(targets)]
    built = [Built(name, (), 0, 0) for name in names]
    assert [found["name"] for found in fleet_document(built, targets)["targets"]] == names


def test_a_build_of_an_unknown_target_is_refused(small):
    with pytest.raises(KeyError, match="staging/region-a"):
        fleet_document([Built("staging/region-a", (), 0, 0)], [small.target("production/region-a")])


def test_the_document_is_json(small):
    small.append("services/checkout.yaml", "calls: []\n")
    found = document(small, manifest("Namespace", "shop"))
    assert json.loads(json.dumps(found)) == found


def test_looking_leaves_no_trace_among_the_reads_of_a_component(small):
    target = small.target("production/region-a")
    seen: set[tuple[str, ...]] = set()
    with reading(seen):
        facts(target)
        fleet_document([Built(target.name, (), 0, 0)], [target])
    assert seen == set()
