"""What somebody adds by hand to what lets in, or lets out, goes away again; what does not is known."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from dharma.cluster import Applied, Cluster
from dharma.components.tenancy import network
from dharma.drift.comparison import compare
from dharma.drift.noise import cleaned
from tests.cluster.lab import Lab, crd_files
from tests.cluster.region import Region

POLICY = ("networking.k8s.io/v1", "NetworkPolicy")
ACCESS = ("security.istio.io/v1", "AuthorizationPolicy")
RBAC = "rbac.authorization.k8s.io/v1"
PROJECT = ("argoproj.io/v1alpha1", "AppProject")
SOMEBODY = {"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "somebody"}
ADDED = "lab.dharma.dev/added"

DENY = (*POLICY, "default-deny", "shop")

Json = dict[str, Any]
Place = tuple[str, str, str, str]

ADDITIONS: dict[str, tuple[Place, str, Any]] = {
    "pods that a default deny is for": (
        (*POLICY, "default-deny", "finops"),
        "spec.podSelector",
        {"matchLabels": {"app": "none"}},
    ),
    "a way out beside the declared": ((*POLICY, "dns", "shop"), "spec.egress", [{}]),
    "a second direction": ((*POLICY, "mesh", "shop"), "spec.policyTypes", ["Ingress"]),
    "a caller of a service": ((*ACCESS, "orders", "shop"), "spec.rules", [{}]),
    "a member of a role": ((RBAC, "RoleBinding", "developer", "shop"), "subjects", [SOMEBODY]),
    "a right of a role": (
        (RBAC, "ClusterRole", "tenant-viewer", ""),
        "rules",
        [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}],
    ),
    "a namespace of a project": (
        (*PROJECT, "shop", "argocd"),
        "spec.destinations",
        [{"server": "https://kubernetes.default.svc", "namespace": "data"}],
    ),
    "a kind without a namespace": (
        (*PROJECT, "finops", "argocd"),
        "spec.clusterResourceWhitelist",
        [{"group": "*", "kind": "*"}],
    ),
    "a role of the platform's project": (
        (*PROJECT, "platform-system", "argocd"),
        "spec.roles",
        [{"name": "somebody", "groups": ["somebody"]}],
    ),
}
"""What is added: the object, the field, and what is put into it."""
STAY: dict[str, tuple[Place, str, Any]] = {
    "a label of a namespace": (("v1", "Namespace", "finops", ""), "metadata.labels", {ADDED: "true"}),
    "a port without mutual TLS": (
        ("security.istio.io/v1", "PeerAuthentication", "default", "istio-system"),
        "spec",
        {"selector": {"matchLabels": {"app": "none"}}, "portLevelMtls": {"8080": {"mode": "DISABLE"}}},
    ),
}
"""Keys of a map that nobody declared belong to whoever set them; `dharma verify` lists them as added."""


@pytest.fixture(scope="module")
def cluster(lab: Lab) -> Iterator[Cluster]:
    """The API server with a namespace and Istio's definition of access."""
    lab.define([file for file in crd_files() if file.name == "authorizationpolicies.security.istio.io.yaml"])
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "additions"}}
    assert isinstance(lab.cluster.apply(space), Applied)
    yield lab.cluster
    lab.cluster.delete("v1", "Namespace", "additions")


NOTHING = {
    "traffic in": (POLICY, network.deny(), "ingress"),
    "traffic out": (POLICY, network.deny(), "egress"),
    "callers": (ACCESS, {"action": "ALLOW", "rules": []}, "rules"),
}


@pytest.mark.parametrize(("kind", "spec", "field"), NOTHING.values(), ids=NOTHING)
def test_an_empty_list_is_owned_and_given_back(
    cluster: Cluster, kind: tuple[str, str], spec: Json, field: str
) -> None:
    place = (*kind, f"nothing-{field}", "additions")
    head = {"name": place[2], "namespace": place[3]}
    body = {"apiVersion": kind[0], "kind": kind[1], "metadata": head, "spec": spec}
    first, second = _applied(cluster, body), _applied(cluster, body)
    assert cleaned(first) == cleaned(second)
    (owner,) = first["metadata"]["managedFields"]
    assert f"f:{field}" in owner["fieldsV1"]["f:spec"]
    _add(cluster, place, f"spec.{field}", [{}])
    assert _field(cluster, place, f"spec.{field}") == [{}]
    assert cleaned(_applied(cluster, body)) == cleaned(first)


@pytest.mark.parametrize(("place", "path", "value"), ADDITIONS.values(), ids=ADDITIONS)
def test_argocd_takes_away_what_somebody_adds(region: Region, place: Place, path: str, value: Any) -> None:
    cluster = region.argo.cluster
    before = _field(cluster, place, path)
    _add(cluster, place, path, value)
    assert _field(cluster, place, path) != before
    region.argo.until("it is gone", lambda: _field(cluster, place, path) == before, 60)


def test_a_rule_added_to_a_default_deny_is_drift_and_goes_with_the_next_sync(region: Region) -> None:
    """Argo CD drops empty lists of built-in kinds before it compares, so that it does not see it alone."""
    cluster = region.argo.cluster
    (declared,) = [body for body in region.checkout.objects("tenancy") if _place(body) == DENY]
    for field in ("ingress", "egress"):
        _add(cluster, DENY, f"spec.{field}", [{}])
    live = cluster.get(*DENY)
    assert live is not None
    found = compare(cluster, declared, live, "argocd-controller")
    assert {difference.path for difference in found.differences} == {"spec.ingress", "spec.egress"}
    region.argo.sync("tenancy", region.revision)
    region.argo.until("it is gone", lambda: _closed(cluster), 60)


def _place(body: Json) -> Place:
    head = body["metadata"]
    return body["apiVersion"], body["kind"], head["name"], head.get("namespace", "")


def _closed(cluster: Cluster) -> bool:
    return not any(_field(cluster, DENY, f"spec.{field}") for field in ("ingress", "egress"))


@pytest.mark.parametrize(("place", "path", "value"), STAY.values(), ids=STAY)
def test_a_key_that_is_added_to_a_map_stays(region: Region, place: Place, path: str, value: Json) -> None:
    cluster = region.argo.cluster
    before = _field(cluster, place, path)
    _add(cluster, place, path, value)
    try:
        region.argo.refresh("tenancy", "mesh")
        region.argo.until_ready(region.revision, "tenancy", "mesh")
        assert _field(cluster, place, path) == {**before, **value}
    finally:
        _set(cluster, place, path, before)


def _applied(cluster: Cluster, body: Json) -> Json:
    answer = cluster.apply(body)
    assert isinstance(answer, Applied), answer
    return dict(answer.object)


def _field(cluster: Cluster, place: Place, path: str) -> Any:
    body: Any = cluster.get(*place)
    for key in path.split("."):
        body = (body or {}).get(key)
    return body or None


def _add(cluster: Cluster, place: Place, path: str, value: Any) -> None:
    """Put into a field what is more than it has, as `kubectl edit` does."""
    now = copy.deepcopy(_field(cluster, place, path))
    if isinstance(value, list):
        _set(cluster, place, path, [*(now or []), *value])
    else:
        _set(cluster, place, path, {**(now or {}), **value})


def _set(cluster: Cluster, place: Place, path: str, value: Any) -> None:
    body = cluster.get(*place)
    assert body is not None, place
    *parents, last = path.split(".")
    inner = body
    for key in parents:
        inner = inner.setdefault(key, {})
    inner[last] = value
    url = cluster.path(*place)
    assert url is not None
    answer = cluster.request("PUT", url, {"fieldManager": "somebody"}, body)
    assert answer.status == 200, answer.body
