"""What holds in every namespace."""

from __future__ import annotations

import pytest

from dharma.components.tenancy import access
from dharma.components.tenancy.merge import merged
from dharma.components.tenancy.options import TenancyOptions
from dharma.conventions import GATEWAY_NAMESPACE, MESH_NAMESPACE
from dharma.options import PlatformNamespace

ROLES = {
    "viewer": access.viewer(),
    "developer": access.developer(),
    "admin": access.admin(with_shell=True),
    "operator": access.operator(),
}
role = pytest.mark.parametrize("name", ROLES)


def allowed(rules, group, resource):
    return {
        verb
        for rule in rules
        if group in rule["apiGroups"] and resource in rule["resources"]
        for verb in rule["verbs"]
    }


def test_every_tenant_has_a_namespace_of_its_name_which_the_mesh_injects(small):
    found = small()
    shop = found.one("Namespace", "shop")["metadata"]
    assert (
        shop["labels"]
        | {
            "dharma.dev/tenant": "shop",
            "dharma.dev/cost-centre": "cc-2000",
            "istio-injection": "enabled",
        }
        == shop["labels"]
    )
    assert shop["annotations"]["argocd.argoproj.io/sync-options"] == "Prune=confirm,Delete=confirm"


def test_every_namespace_that_a_component_needs_is_made(small):
    found = small()
    needed = {space.name for spaces in found.target.namespaces().values() for space in spaces}
    assert needed | {"shop", "data"} == {manifest.name for manifest in found.all("Namespace")}
    assert {MESH_NAMESPACE, GATEWAY_NAMESPACE, "argocd", "monitoring", "argo-rollouts"} <= needed


@pytest.mark.parametrize(("tenant", "level"), [("shop", "restricted"), ("data", "baseline")])
def test_pod_security_is_enforced_at_the_clusters_release_and_what_falls_short_is_told(small, tenant, level):
    labels = small(kubernetes="1.33").one("Namespace", tenant)["metadata"]["labels"]
    prefix = "pod-security.kubernetes.io/"
    modes = {name.removeprefix(prefix): value for name, value in labels.items() if name.startswith(prefix)}
    versions = {f"{mode}-version": "v1.33" for mode in ("enforce", "audit", "warn")}
    assert modes == {"enforce": level, "audit": "restricted", "warn": "restricted", **versions}


def test_a_tenants_quota_bounds_compute_storage_and_load_balancers(small):
    hard = small().one("ResourceQuota", "quota", "shop")["spec"]["hard"]
    assert hard == {
        "requests.cpu": "8",
        "requests.memory": "16Gi",
        "limits.memory": "24576Mi",
        "requests.storage": "100Gi",
        "pods": "50",
        "services.loadbalancers": "1",
        "services.nodeports": "0",
    }


def test_every_namespace_has_a_quota_limits_and_policies(small):
    found = small()
    names = {manifest.name for manifest in found.all("Namespace")}
    for kind in ("ResourceQuota", "LimitRange"):
        assert {manifest.namespace for manifest in found.all(kind, "tenancy")} == names
    for policy in ("default-deny", "dns"):
        several = found.all("NetworkPolicy", "tenancy")
        assert {manifest.namespace for manifest in several if manifest.name == policy} == names


def test_a_container_that_asks_for_nothing_gets_the_tenants_defaults(small):
    (limits,) = small().one("LimitRange", "limits", "shop")["spec"]["limits"]
    assert limits["defaultRequest"] == {"cpu": "100m", "memory": "128Mi"}
    assert limits["default"] == {"cpu": "8", "memory": "128Mi"}
    assert limits["max"] == {"cpu": "8", "memory": "16Gi"}


def test_nothing_is_denied_before_what_is_allowed_is_there(small):
    found = small()
    waves = {
        (manifest.namespace, manifest.name): int(
            manifest.body["metadata"].get("annotations", {}).get("argocd.argoproj.io/sync-wave", 0)
        )
        for manifest in found.all("NetworkPolicy", "tenancy")
    }
    for (namespace, name), wave in waves.items():
        if name == "dns":
            assert 0 < wave < waves[namespace, "default-deny"]


def test_default_deny_closes_both_ways(small):
    spec = small().one("NetworkPolicy", "default-deny", "shop")["spec"]
    assert spec == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "ingress": [], "egress": []}


def test_injected_namespaces_reach_istiod_which_answers_all(small):
    found = small()
    injected = {m.name for m in found.all("Namespace") if "istio-injection" in m.body["metadata"]["labels"]}
    assert injected == {"shop", "data", GATEWAY_NAMESPACE}
    policies = found.all("NetworkPolicy", "tenancy")
    assert {manifest.namespace for manifest in policies if manifest.name == "mesh"} == injected
    (ingress,) = found.one("NetworkPolicy", "istiod", MESH_NAMESPACE)["spec"]["ingress"]
    assert ingress["ports"] == [{"protocol": "TCP", "port": 15012}]


def test_controllers_reach_the_api_server_and_its_webhook_calls_reach_them(small):
    spec = small().one("NetworkPolicy", "platform", "argocd")["spec"]
    assert {"ipBlock": {"cidr": "10.69.0.10/32"}} in spec["egress"][1]["to"]
    assert {"ipBlock": {"cidr": "10.69.0.0/20"}} in spec["ingress"][1]["from"]


def test_groups_of_the_identity_provider_get_their_roles(small):
    found = small()
    bound = {
        (manifest.namespace, manifest.body["roleRef"]["name"]): [s["name"] for s in manifest.body["subjects"]]
        for manifest in found.all("RoleBinding", "tenancy")
    }
    assert bound == {
        ("shop", "tenant-admin"): ["shop-admins"],
        ("shop", "tenant-developer"): ["shop-developers"],
        ("data", "tenant-admin"): ["data-admins"],
        ("data", "tenant-viewer"): ["auditors"],
    }


@role
def test_no_role_has_a_wildcard(name):
    assert all("*" not in values for rule in ROLES[name] for values in rule.values())


@pytest.mark.parametrize("name", ["viewer", "developer", "operator"])
def test_only_a_tenants_administrators_reach_secrets(name):
    assert not allowed(ROLES[name], "", "secrets")
    assert allowed(ROLES["admin"], "", "secrets") >= {"get", "create"}


@role
def test_limits_policies_and_roles_stay_the_platforms(name):
    kept = {
        "": ("resourcequotas", "limitranges"),
        "networking.k8s.io": ("networkpolicies",),
        "rbac.authorization.k8s.io": ("roles", "rolebindings"),
        "security.istio.io": ("authorizationpolicies",),
    }
    for group, resources in kept.items():
        for resource in resources:
            assert allowed(ROLES[name], group, resource) <= set(access.READ)


def test_the_platforms_group_is_not_cluster_admin_unless_asked(small):
    bindings = small().all("ClusterRoleBinding", "tenancy")
    assert {manifest.body["roleRef"]["name"] for manifest in bindings} == {"view", "platform-operator"}
    assert {s["name"] for m in bindings for s in m.body["subjects"]} == {"platform-admins"}


def test_a_namespace_that_two_components_need_is_large_enough_for_both():
    one = PlatformNamespace("monitoring", cpu="500m", memory="1Gi", pods=3)
    other = PlatformNamespace(
        "monitoring", pod_security="baseline", inject=True, cpu="2", memory="512Mi", pods=4
    )
    assert merged([[one], [other], []]) == [
        PlatformNamespace("monitoring", "baseline", inject=True, cpu="2500m", memory="1536Mi", pods=7)
    ]


OPTIONS = {
    "memory_overcommit": (100, "limits.memory: 16384Mi"),
    "shell": (True, "pods/exec"),
    "platform_role": ("cluster-admin", "name: cluster-admin"),
    "dns": ("coredns", "k8s-app: coredns"),
    "local_dns": (True, "169.254.20.10/32"),
}


@pytest.mark.parametrize("option", OPTIONS)
def test_an_option_changes_what_it_says(small, option):
    value, seen = OPTIONS[option]
    alias = TenancyOptions.model_fields[option].alias
    assert seen not in small().text("tenancy")
    assert seen in small({"tenancy": {alias: value}}).text("tenancy")


def test_every_option_is_tried():
    assert set(OPTIONS) | {"state"} == set(TenancyOptions.model_fields)


def test_the_objects_stay_as_they_are(small, golden):
    golden("tenancy/small.yaml", small().text("tenancy"))


def test_kubeconform_accepts_every_object(small, conform):
    conform(small().text("tenancy"))
