"""The mesh: strict, closed unless declared, and reachable through its gateways."""

from __future__ import annotations

import pytest

from dharma.components.mesh.options import GatewayOptions, MeshOptions, Tracing
from dharma.conventions import GATEWAY_NAMESPACE, MESH_NAMESPACE, gateway

KINDS = ("public", "internal")
TRACING = {"collector": "collector.monitoring.svc.cluster.local"}
CASES = {
    "version": ("version", "1.30.4"),
    "min_replicas": ("minReplicas", 3),
    "max_replicas": ("maxReplicas", 7),
    "memory": ("memory", "3Gi"),
    "proxy_memory": ("proxyMemory", "300Mi"),
    "outbound": ("outbound", "ALLOW_ANY"),
    "access_log": ("accessLog", "none"),
    "tracing": ("tracing", TRACING),
    "tracing.port": ("tracing", {**TRACING, "port": 4318}),
    "tracing.percent": ("tracing", {**TRACING, "percent": 25.5}),
    "tracing.collector": ("tracing", {"collector": "other.monitoring.svc.cluster.local"}),
    **{f"{kind}.enabled": (kind, {"enabled": False}) for kind in KINDS},
    **{f"{kind}.min_replicas": (kind, {"minReplicas": 5}) for kind in KINDS},
    **{f"{kind}.max_replicas": (kind, {"maxReplicas": 13}) for kind in KINDS},
    **{f"{kind}.certificate": (kind, {"certificate": "another"}) for kind in KINDS},
    **{f"{kind}.pool": (kind, {"pool": "another"}) for kind in KINDS},
}


@pytest.mark.parametrize("option", CASES)
def test_an_option_changes_the_output(small, option):
    alias, value = CASES[option]
    before = {"tracing": TRACING} if option.startswith("tracing.") else {}
    assert small({"mesh": before}).text() != small({"mesh": {alias: value}}).text()


def test_every_option_is_tried():
    own = {name for name in MeshOptions.model_fields if name not in ("state", *KINDS)}
    nested = {f"{kind}.{name}" for kind in KINDS for name in GatewayOptions.model_fields}
    assert set(CASES) == own | nested | {f"tracing.{name}" for name in Tracing.model_fields}


def test_charts_come_in_the_order_in_which_they_are_installed(small):
    releases = small().deliveries["mesh"].releases
    assert [release.name for release in releases] == [
        "istio-base",
        "istio-cni",
        "istiod",
        "gateway-public",
        "gateway-internal",
    ]
    assert [release.name for release in releases if release.crds] == ["istio-base"]
    assert {release.version for release in releases} == {"1.30.3"}


def test_istiods_webhook_certificates_are_left_to_it(small):
    owned = small().release("istiod").owned
    group = "admissionregistration.k8s.io"
    assert {(group, "ValidatingWebhookConfiguration", "/webhooks/0/clientConfig/caBundle")} <= set(owned)
    assert sum(kind == "MutatingWebhookConfiguration" for _, kind, _ in owned) == 4


def test_calls_are_mutual_tls_and_nobody_is_let_in_by_default(small):
    found = small()
    assert found.one("PeerAuthentication", "default", MESH_NAMESPACE)["spec"] == {"mtls": {"mode": "STRICT"}}
    nobody = found.one("AuthorizationPolicy", "allow-nothing", MESH_NAMESPACE)["spec"]
    assert nobody == {"action": "ALLOW", "rules": []}


@pytest.mark.parametrize("kind", KINDS)
def test_gateways_still_take_requests_and_do_so_before_the_mesh_is_closed(small, kind):
    found = small()
    policy = found.one("AuthorizationPolicy", f"gateway-{kind}", GATEWAY_NAMESPACE)
    closed = found.one("AuthorizationPolicy", "allow-nothing")["metadata"]["annotations"]
    assert policy["spec"]["rules"] == [{"to": [{"operation": {"ports": ["80", "443"]}}]}]
    assert closed["argocd.argoproj.io/sync-wave"] == "1"
    assert "annotations" not in policy["metadata"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_gateway_speaks_tls_1_2_or_later_and_redirects_plain_http(small, kind):
    found = small()
    https, http = found.one("Gateway", kind, GATEWAY_NAMESPACE)["spec"]["servers"]
    assert gateway(kind) == f"{GATEWAY_NAMESPACE}/{kind}"
    assert https["tls"]["mode"] == "SIMPLE"
    assert https["tls"]["minProtocolVersion"] == "TLSV1_2"
    assert https["tls"]["credentialName"] == f"{kind}-gateway-tls"
    assert http["tls"] == {"httpsRedirect": True}
    assert https["hosts"] == http["hosts"] == ["*.platform.example"]


def test_a_gateway_also_serves_hosts_outside_the_domain(small):
    services = {
        "store": {**service(), "expose": {"host": "shop.example", "gateway": "public"}},
        "other": {**service(), "expose": {"host": "deep.platform.example", "gateway": "public"}},
        "inner": {**service(), "expose": {"host": "inner.example", "gateway": "internal"}},
    }
    hosts = small(services=services).one("Gateway", "public")["spec"]["servers"][0]["hosts"]
    assert hosts == ["*.platform.example", "shop.example"]


EKS = "service.beta.kubernetes.io/aws-load-balancer"
BALANCERS = {
    ("onprem", "public"): {"metallb.io/address-pool": "public"},
    ("onprem", "internal"): {"metallb.io/address-pool": "public"},
    ("eks", "public"): {
        f"{EKS}-type": "external",
        f"{EKS}-nlb-target-type": "ip",
        f"{EKS}-scheme": "internet-facing",
    },
    ("eks", "internal"): {
        f"{EKS}-type": "external",
        f"{EKS}-nlb-target-type": "ip",
        f"{EKS}-scheme": "internal",
    },
    ("gke", "public"): {"cloud.google.com/l4-rbs": "enabled"},
    ("gke", "internal"): {"networking.gke.io/load-balancer-type": "Internal"},
    ("aks", "public"): {"service.beta.kubernetes.io/azure-load-balancer-internal": "false"},
    ("aks", "internal"): {"service.beta.kubernetes.io/azure-load-balancer-internal": "true"},
}


@pytest.mark.parametrize(("provider", "kind"), BALANCERS, ids="-".join)
def test_each_provider_is_asked_for_its_load_balancer(small, provider, kind):
    values = small(provider=provider).release(f"gateway-{kind}").values
    assert values["service"]["annotations"] == BALANCERS[provider, kind]
    assert values["service"]["type"] == "LoadBalancer"


def test_a_pool_of_the_gateways_name_is_taken(small):
    pools = {"first": {"addresses": ["10.9.0.0/24"]}, "internal": {"addresses": ["10.8.0.0/24"]}}
    values = small(pools=pools).release("gateway-internal").values
    assert values["service"]["annotations"] == {"metallb.io/address-pool": "internal"}


def test_sidecars_know_the_namespaces_that_their_services_call_and_no_other(small):
    found = small()
    hosts = {
        manifest.namespace: manifest.body["spec"]["egress"][0]["hosts"]
        for manifest in found.all("Sidecar", "mesh")
    }
    assert hosts == {
        MESH_NAMESPACE: ["./*", "istio-system/*"],
        "shop": ["./*", "istio-system/*", "data/*"],
        "data": ["./*", "istio-system/*"],
    }


def test_a_tenants_scope_rests_on_the_calls_of_its_services(small):
    found = small()
    lines = {
        manifest.namespace: {origin.file for origin in manifest.origins}
        for manifest in found.all("Sidecar", "mesh")
    }
    assert lines["shop"] == {"environments/services/checkout.yaml", "environments/services/model.yaml"}
    assert lines["data"] == {"environments/services/model.yaml"}
    assert lines[MESH_NAMESPACE] == set()


@pytest.mark.parametrize("place", ["values", "sidecar"])
def test_undeclared_hosts_are_out_of_reach(small, place):
    found = small()
    config = found.release("istiod").values["meshConfig"]
    scope = found.one("Sidecar", "default", "shop")["spec"]
    assert (config if place == "values" else scope)["outboundTrafficPolicy"] == {"mode": "REGISTRY_ONLY"}


@pytest.mark.parametrize(
    ("access_log", "rule"),
    [
        ("all", {"providers": [{"name": "envoy"}]}),
        ("errors", {"providers": [{"name": "envoy"}], "filter": {"expression": "response.code >= 400"}}),
        ("none", {"providers": [{"name": "envoy"}], "disabled": True}),
    ],
)
def test_access_logs_are_as_wanted(small, access_log, rule):
    spec = small({"mesh": {"accessLog": access_log}}).one("Telemetry", "mesh-default")["spec"]
    assert spec["accessLogging"] == [rule]


def test_spans_may_leave_every_namespace_with_sidecars(small):
    found = small({"mesh": {"tracing": TRACING}})
    policies = [manifest for manifest in found.all("NetworkPolicy", "mesh") if manifest.name == "tracing"]
    assert {manifest.namespace for manifest in policies} == {GATEWAY_NAMESPACE, "shop", "data"}
    provider = found.release("istiod").values["meshConfig"]["extensionProviders"][0]
    tracing = found.one("Telemetry", "mesh-default")["spec"]["tracing"][0]
    assert tracing["providers"] == [{"name": provider["name"]}]


def test_istiod_is_called_by_the_api_server_sidecars_and_prometheus(small):
    rules = small().one("NetworkPolicy", "istiod-callers", MESH_NAMESPACE)["spec"]["ingress"]
    assert [rule["ports"][0]["port"] for rule in rules] == [15017, 15012, 15014]
    assert {"ipBlock": {"cidr": "10.69.0.10/32"}} in rules[0]["from"]
    assert rules[1]["from"] == [{"namespaceSelector": {}}]


def test_a_gateway_that_is_off_leaves_nothing(small):
    assert "gateway-public" not in small({"mesh": {"public": {"enabled": False}}}).text("mesh")


def test_identities_belong_to_the_targets_trust_domain(small):
    found = small(settings={"trustDomain": "mesh.example"})
    assert found.release("istiod").values["meshConfig"]["trustDomain"] == "mesh.example"


def test_signals_tell_what_to_do(small):
    chart = small().deliveries["mesh"].chart
    exported = {metric.name for metric in chart.metrics()}
    assert len(chart.alerts()) >= 3
    for panel in chart.dashboards()[0].panels:
        assert any(name in panel.query for name in exported), panel.title


def test_the_objects_stay_as_they_are(small, golden):
    golden("mesh/small.yaml", small().text("mesh"))


def test_kubeconform_accepts_every_object(small, conform):
    conform(small({"mesh": {"tracing": TRACING}}).text("mesh"))


def service():
    return {
        "tenant": "shop",
        "description": "Serves.",
        "image": {"repository": "registry.example/app", "tag": "1.2.3", "digest": "placeholder"},
        "ports": {"http": {"port": 8080}},
        "replicas": {"min": 2, "max": 4},
        "resources": {"cpu": "100m", "memory": "128Mi"},
        "data": {"classification": "internal"},
        "slo": {"availability": 99.9},
    }
