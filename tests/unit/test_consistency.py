from __future__ import annotations

import pytest

REGION_B = """\
  region-b:
    role: secondary
    location: Dublin
    residency: eu
    cluster:
      id: prod-b
      provider: gke
      kubernetes: "1.34"
      ring: 2
      kubeContext: prod-b
      network: {pods: 10.16.0.0/16, services: 10.17.0.0/16, nodes: 10.18.0.0/20, apiServer: 10.18.0.1/32}
      zones: [b1]
"""
ORDERS = """\
tenant: shop
description: Keeps orders.
image: {repository: registry.example/shop/orders, tag: 1.0.0, digest: placeholder}
ports: {http: {port: 8080}, grpc: {port: 9000, protocol: grpc}}
resources: {cpu: 100m, memory: 128Mi}
data: {classification: internal}
slo: {availability: 99.9}
"""
POOL = "      pools: {public: {addresses: [%s]}}\n"


@pytest.fixture
def shop(small):
    return small.write("services/orders.yaml", ORDERS).append("production.yaml", REGION_B)


def test_the_fixture_is_consistent(shop):
    assert len(shop.load().targets) == 2


SERVICE_MISTAKES = {
    "call of nobody": ("calls: [ordres]", "service 'ordres' does not run in production/region-", "'orders'"),
    "call of itself": ("calls: [checkout]", "a service does not declare calls to itself", ""),
    "call of an unknown port": ("calls: ['orders:http2']", "service 'orders' has no port 'http2'", "'http'"),
    "the same call twice": ("calls: [orders, orders]", "'orders' is listed already", ""),
    "health on an unknown port": ("health: {port: htp}", "health.port 'htp' is none of the ports", "'http'"),
    "metrics on an unknown port": ("metrics: {port: m}", "metrics.port 'm' is none of the ports", "http"),
    "memory limit below memory": (
        "environments: {production: {resources: {memoryLimit: 64Mi}}}",
        "memoryLimit is below memory",
        "",
    ),
    "two ports of one number": (
        "environments: {production: {ports: {admin: {port: 8080}}}}",
        "port 8080 is 'http' already",
        "",
    ),
}


@pytest.mark.parametrize(("line", "what", "mend"), SERVICE_MISTAKES.values(), ids=SERVICE_MISTAKES.keys())
def test_a_mistake_of_a_service_is_found_on_its_line(shop, line, what, mend):
    shop.append("services/checkout.yaml", f"{line}\n")
    problems = shop.problems()
    assert all(problem.startswith("environments/services/checkout.yaml:8:") for problem in problems)
    assert all(what in problem and mend in problem for problem in problems)


@pytest.mark.parametrize(
    "line",
    [
        "expose: {host: orders.platform.example}",
        "expose: {host: orders.platform.example, paths: [/a, /]}",
    ],
)
def test_two_services_cannot_be_exposed_in_one_place(shop, line):
    shop.append("services/checkout.yaml", f"{line}\n").append("services/orders.yaml", "expose: {}\n")
    assert any(
        "orders.platform.example/ is exposed by checkout already" in found for found in shop.problems()
    )


def test_one_host_may_have_paths_of_two_services_and_two_gateways(shop):
    shop.append("services/checkout.yaml", "expose: {host: orders.platform.example, paths: [/checkout]}\n")
    shop.append("services/orders.yaml", "expose: {}\n")
    assert shop.load().targets


CLUSTER_MISTAKES = {
    "host bits": (
        ("10.16.0.0/16", "10.16.1.0/16"),
        "10.16.1.0/16 has host bits set; the network is 10.16.0.0/16",
    ),
    "pods over pods": (
        ("10.16.0.0/16", "10.0.128.0/17"),
        "10.0.128.0/17 overlaps 10.0.0.0/16 of production/region-a",
    ),
    "services over nodes": (
        ("10.17.0.0/16", "10.2.0.0/24"),
        "10.2.0.0/24 overlaps 10.2.0.0/20 of production/region-a",
    ),
    "one range twice in a cluster": (
        ("10.17.0.0/16", "10.16.0.0/16"),
        "overlaps 10.16.0.0/16 of production/region-b",
    ),
    "an id twice": (
        ("id: prod-b", "id: prod-a"),
        "cluster id 'prod-a' belongs to production/region-a already",
    ),
    "two primaries": (
        ("role: secondary", "role: primary"),
        "production needs one primary region and has region-a, region-b",
    ),
    "onprem without pools": (("gke", "onprem"), "an onprem cluster needs pools of load-balancer addresses"),
    "moved from a living target": (
        ("zones: [b1]", "zones: [b1]\n      moved: [production/region-a]"),
        "production/region-a is a target of its own, so it cannot have moved to production/region-b",
    ),
    "both cluster and clusters": (
        ("    cluster:\n      id: prod-b", "    clusters: {blue: {}}\n    cluster:\n      id: prod-b"),
        "region has both `cluster` and `clusters`",
    ),
}


@pytest.mark.parametrize(("edit", "what"), CLUSTER_MISTAKES.values(), ids=CLUSTER_MISTAKES.keys())
def test_a_mistake_of_a_cluster_is_found(shop, edit, what):
    shop.swap("production.yaml", *edit)
    assert any(what in problem for problem in shop.problems())
    assert all(problem.startswith("environments/") for problem in shop.problems())


def test_no_primary_region_is_a_mistake(small):
    small.swap("base.yaml", "primary", "secondary")
    assert "production needs one primary region and has none" in small.problems()[0]


def test_two_targets_cannot_have_moved_from_one_place(shop):
    text = shop.text("production.yaml")
    for zones in ("[a1, a2, a3]", "[b1]"):
        text = text.replace(f"zones: {zones}", f"zones: {zones}\n      moved: [production/old]")
    shop.write("production.yaml", text)
    assert any(
        "production/old has moved to production/region-a already" in found for found in shop.problems()
    )


POOLS = {
    "backwards": ("10.18.0.20-10.18.0.10", "10.18.0.20-10.18.0.10 ends before it starts"),
    "inside another cluster": ("10.2.0.16/28", "10.2.0.16/28 overlaps 10.2.0.0/20 of production/region-a"),
    "inside its own pods": ("10.16.0.16/28", "10.16.0.16/28 overlaps 10.16.0.0/16 of production/region-b"),
}


@pytest.mark.parametrize(("addresses", "what"), POOLS.values(), ids=POOLS.keys())
def test_a_mistake_of_a_pool_is_found(shop, addresses, what):
    shop.append("production.yaml", POOL % addresses)
    assert any(what in problem for problem in shop.problems())


@pytest.mark.parametrize("addresses", ["10.18.1.0/28", "10.18.1.10-10.18.1.99", "192.0.2.0/28"])
def test_a_pool_may_be_cut_out_of_the_nodes_of_its_own_cluster(shop, addresses):
    shop.append("production.yaml", POOL % addresses)
    assert len(shop.load().targets) == 2


@pytest.mark.parametrize("name", ["kube-system", "default"])
def test_a_tenant_cannot_take_a_namespace_of_kubernetes(small, name):
    small.swap("tenants.yaml", "  shop:\n", f"  {name}:\n").swap(
        "services/checkout.yaml", "tenant: shop", f"tenant: {name}"
    )
    assert f"tenant '{name}' cannot have the namespace {name}" in small.problems()[0]


def test_a_component_that_another_requires_must_be_there(small):
    small.swap("base.yaml", "components: {}", "components: {rollouts: {}}")
    (problem,) = small.problems()
    assert problem.startswith("environments/base.yaml:5:")
    assert "component rollouts requires 'tenancy', which is not part of this target" in problem
