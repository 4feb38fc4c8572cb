"""The real Argo CD installs production's primary region, keeps it, and lets nobody reach further."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from dharma.delivery.argocd import API, statuses
from tests.cluster.argo import watching
from tests.cluster.lab import READY_AFTER
from tests.cluster.region import WAVE, Region

SERVER = "https://kubernetes.default.svc"
ISTIO = "networking.istio.io/v1"
PAUSE = 8.0
"""Seconds in which a controller that fights another would have written at least once."""

Json = dict[str, Any]


def test_every_application_is_synced_and_healthy(region: Region) -> None:
    """All at one time: one that a later wave touched may be comparing again for a moment."""
    region.argo.until("all are synced and healthy at one time", lambda: _all_done(region), 90)


def _all_done(region: Region) -> bool:
    found = {status.name: status for status in statuses(region.argo.cluster)}
    assert set(found) >= set(region.applications())
    return all(status.ready and status.phase in {"Succeeded", ""} for status in found.values())


def test_an_application_begins_after_all_of_the_waves_before_are_done(region: Region) -> None:
    declared = region.applications()
    waves = {name: int(body["metadata"]["annotations"][WAVE]) for name, body in declared.items()}
    for name, wave in waves.items():
        if name == "root":
            continue
        earlier = [other for other, its in waves.items() if its < wave and other != "root"]
        late = [other for other in earlier if region.done[other] > region.began[name] + 1]
        assert not late, f"{name} (wave {wave}) began before {late} were done"
    assert len(set(waves.values())) > 5


def test_a_commit_is_synced(region: Region, record_property: Any) -> None:
    path = "generated/production/region-a/services/platform/cmdb/deployment-cmdb.yaml"
    file = region.checkout.tree / path
    file.write_text(
        file.read_text().replace("terminationGracePeriodSeconds: 30", "terminationGracePeriodSeconds: 31")
    )
    start = time.monotonic()
    revision = region.commit("A longer grace")
    region.argo.until("the Deployment is changed", lambda: _grace(region) == 31, 60)
    region.lab.steps["commit to applied"] = time.monotonic() - start
    region.argo.until_ready(revision, "services-platform", seconds=60)
    region.lab.steps["commit to synced and healthy"] = time.monotonic() - start
    record_property("seconds", dict(region.lab.steps))


def _grace(region: Region) -> int:
    found = region.argo.cluster.get("apps/v1", "Deployment", "cmdb", "platform")
    return int((found or {})["spec"]["template"]["spec"]["terminationGracePeriodSeconds"])


def test_a_change_by_hand_is_undone(region: Region) -> None:
    """Of a field that Git declares; one that it does not mention belongs to whoever set it."""
    body = region.argo.cluster.get("networking.k8s.io/v1", "NetworkPolicy", "default-deny", "shop")
    assert body is not None
    wanted = body["spec"]["policyTypes"]
    body["spec"]["policyTypes"] = wanted[:1]
    _put(region, body)
    region.argo.until("the policy denies both ways again", lambda: _directions(region) == wanted, 60)


def test_an_object_deleted_by_hand_comes_back(region: Region) -> None:
    cluster = region.argo.cluster
    before = cluster.get("v1", "Service", "cmdb", "platform")
    assert before is not None
    cluster.delete("v1", "Service", "cmdb", "platform")
    region.argo.until("the Service is there again", lambda: _other(region, before), 60)


def _directions(region: Region) -> list[str]:
    found = region.argo.cluster.get("networking.k8s.io/v1", "NetworkPolicy", "default-deny", "shop")
    return list((found or {})["spec"]["policyTypes"])


def _other(region: Region, before: Json) -> bool:
    found = region.argo.cluster.get("v1", "Service", "cmdb", "platform")
    return found is not None and found["metadata"]["uid"] != before["metadata"]["uid"]


def test_what_other_writers_own_is_left_to_them(region: Region) -> None:
    """The autoscaler scales, a rollout moves weights, istiod writes its certificate; nothing flaps."""
    argo = region.argo
    names = ("services-shop", "chart-istiod")
    region.writers.busy = "catalogue"
    with watching(argo, *names) as seen:
        try:
            argo.until("the autoscaler has scaled", lambda: _replicas(region) > 3, 90)
            _move_weight(region, 90)
            _inject(region)
            time.sleep(PAUSE)
            argo.refresh(*names)
            time.sleep(PAUSE)
        finally:
            region.writers.busy = ""
    assert _replicas(region) > 3
    assert _weights(region)[:2] == [90, 10]
    assert _bundles(region) == ["bGFi"]
    assert {(name, sync) for _, name, sync, _ in seen} == {(name, "Synced") for name in names}, seen


def _replicas(region: Region) -> int:
    found = region.argo.cluster.get("apps/v1", "Deployment", "catalogue-v1", "shop")
    return int((found or {})["spec"]["replicas"])


def _weights(region: Region) -> list[int]:
    found = region.argo.cluster.get(ISTIO, "VirtualService", "orders", "shop")
    return [route.get("weight") for route in (found or {})["spec"]["http"][0]["route"]]


def _move_weight(region: Region, stable: int) -> None:
    """As the rollout controller does: an update of the whole object."""
    cluster = region.argo.cluster
    body = cluster.get(ISTIO, "VirtualService", "orders", "shop")
    assert body is not None
    first, second = body["spec"]["http"][0]["route"][:2]
    first["weight"], second["weight"] = stable, 100 - stable
    _put(region, body)


def _inject(region: Region) -> None:
    kind = "ValidatingWebhookConfiguration"
    body = region.argo.cluster.get("admissionregistration.k8s.io/v1", kind, "istio-validator-istio-system")
    assert body is not None
    for webhook in body["webhooks"]:
        webhook["clientConfig"]["caBundle"] = "bGFi"
    _put(region, body)


def _bundles(region: Region) -> list[str]:
    kind = "ValidatingWebhookConfiguration"
    body = region.argo.cluster.get("admissionregistration.k8s.io/v1", kind, "istio-validator-istio-system")
    return [webhook["clientConfig"].get("caBundle", "") for webhook in (body or {})["webhooks"]]


def _put(region: Region, body: Json) -> None:
    cluster, head = region.argo.cluster, body["metadata"]
    path = cluster.path(body["apiVersion"], body["kind"], head["name"], head.get("namespace", ""))
    assert path is not None
    answer = cluster.request("PUT", path, {"fieldManager": "another-controller"}, body)
    assert answer.status == 200, answer.body


# ---- waves -----------------------------------------------------------------------------------------


@pytest.fixture
def little(region: Region) -> Iterator[Little]:
    """Two Applications below a root of their own, one wave after the other."""
    made = Little(region)
    yield made
    made.remove()


class Little:
    """A tree of its own beside the platform's, in the same repository, delivered in the same way."""

    folder = "little"
    names = ("little", "little-first", "little-second")

    def __init__(self, region: Region) -> None:
        self.region = region
        self.argo = region.argo

    def deliver(self, first: Mapping[str, Any]) -> None:
        """Commit the tree with `first` in the first wave and let Argo CD sync it."""
        from dharma.components.argocd import applications
        from dharma.components.argocd.options import ArgocdOptions

        policy = applications.sync_policy(ArgocdOptions(), ignores=False)
        url, branch = self.region.checkout.url, "deploy/production.region-a"
        children = {
            name: self._application(
                f"little-{name}",
                applications.metadata(wave, "", cascade=True),
                applications.folder_source(url, branch, f"{self.folder}/{name}"),
                policy,
            )
            for wave, name in enumerate(("first", "second"))
        }
        for name, body in children.items():
            self.region.checkout.write(f"{self.folder}/root/{name}.yaml", json.dumps(body))
        self.region.checkout.write(f"{self.folder}/first/object.yaml", json.dumps(first))
        self.region.checkout.write(f"{self.folder}/second/object.yaml", json.dumps(_config("second")))
        self.region.commit("A little tree")
        head = applications.metadata(0, "", cascade=True)
        source = applications.folder_source(url, branch, f"{self.folder}/root")
        self.argo.apply(self._application("little", head, source, policy))

    def _application(self, name: str, head: Json, source: Json, policy: Json) -> Json:
        metadata = {"name": name, "namespace": "argocd", **head}
        spec = {"project": "platform-system", "source": source, "syncPolicy": policy}
        spec["destination"] = {"server": SERVER, "namespace": "monitoring"}
        return {"apiVersion": API, "kind": "Application", "metadata": metadata, "spec": spec}

    def second(self) -> bool:
        """Whether the second wave has begun."""
        return self.argo.application("little-second") is not None

    def remove(self) -> None:
        """Take the tree away, the root first.

        A root that is deleted ends the sync it is in and so makes children anew, and takes along only
        those that Argo CD's cache knows: what it left is deleted when it is gone.
        """
        for name in self.names:
            self.argo.until(f"{name} is gone", lambda name=name: self._gone(name), 60)

    def _gone(self, name: str) -> bool:
        body = self.argo.application(name)
        if body and "deletionTimestamp" not in body["metadata"]:
            self.argo.cluster.delete(API, "Application", name, "argocd")
        return body is None


def _config(name: str) -> Json:
    head = {"name": f"little-{name}", "namespace": "monitoring"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": head, "data": {"key": "value"}}


def _deployment(**annotations: str) -> Json:
    safe = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    pod = {
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [{"name": "main", "image": "registry.example/main:1", "securityContext": safe}],
    }
    labels = {"app": "little"}
    template = {"metadata": {"labels": labels, "annotations": annotations}, "spec": pod}
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
    head = {"name": "little", "namespace": "monitoring"}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": head, "spec": spec}


def test_an_object_that_cannot_be_applied_holds_the_next_wave(region: Region, little: Little) -> None:
    broken = {**_config("first"), "data": {"key": ["no", "text"]}}
    little.deliver(broken)
    argo = region.argo
    argo.until("the first wave fails", lambda: _failed(region, "little-first"), 60)
    time.sleep(PAUSE)
    assert not little.second()
    region.checkout.write(f"{little.folder}/first/object.yaml", json.dumps(_config("first")))
    revision = region.commit("Mended")
    argo.until_ready(revision, *little.names, seconds=120)


def test_a_workload_that_is_late_holds_the_next_wave(region: Region, little: Little) -> None:
    little.deliver(_deployment(**{READY_AFTER: "12s"}))
    region.argo.until("the pod is there", lambda: _pod_waits(region), 60)
    assert not little.second()
    region.argo.until("the second wave has begun", little.second, 60)
    assert _available(region)


def _failed(region: Region, name: str) -> bool:
    status = region.argo.status(name)
    return status is not None and bool(status.message) and not status.ready


def _pod_waits(region: Region) -> bool:
    return bool(region.argo.cluster.list("v1", "Pod", "monitoring", labels="app=little"))


def _available(region: Region) -> bool:
    found = region.argo.cluster.get("apps/v1", "Deployment", "little", "monitoring")
    return (found or {}).get("status", {}).get("availableReplicas", 0) == 1


# ---- how far a tenant reaches ------------------------------------------------------------------------

FOREIGN = {
    "another tenant's namespace": {
        **_config("foreign"),
        "metadata": {"name": "foreign", "namespace": "data"},
    },
    "a namespace of the platform": {
        **_config("foreign"),
        "metadata": {"name": "foreign", "namespace": "argocd"},
    },
    "an object without a namespace": {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "foreign"},
        "rules": [],
    },
    "a kind that services do not consist of": {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "foreign", "namespace": "shop"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
    },
}


@pytest.mark.parametrize("body", FOREIGN.values(), ids=FOREIGN)
def test_a_tenants_application_cannot_write(region: Region, body: Json) -> None:
    argo, name = region.argo, "foreign"
    region.checkout.write("foreign/object.yaml", json.dumps(body))
    revision = region.checkout.commit("A tenant reaches out")
    source = {"repoURL": region.checkout.url, "targetRevision": revision, "path": "foreign"}
    spec = {"project": "shop", "source": source, "destination": {"server": SERVER, "namespace": "shop"}}
    spec["syncPolicy"] = {"automated": {}, "syncOptions": ["ServerSideApply=true"]}
    argo.apply(
        {
            "apiVersion": API,
            "kind": "Application",
            "metadata": {"name": name, "namespace": "argocd"},
            "spec": spec,
        }
    )
    try:
        argo.until("Argo CD refuses", lambda: "not permitted" in _message(region, name), 60)
        head = body["metadata"]
        assert (
            argo.cluster.get(body["apiVersion"], body["kind"], "foreign", head.get("namespace", "")) is None
        )
    finally:
        argo.cluster.delete(API, "Application", name, "argocd", wait=30)


def test_a_tenants_application_cannot_go_to_another_namespace(region: Region) -> None:
    argo = region.argo
    source = {"repoURL": region.checkout.url, "targetRevision": region.revision, "path": "foreign"}
    spec = {"project": "shop", "source": source, "destination": {"server": SERVER, "namespace": "data"}}
    head = {"name": "foreign", "namespace": "argocd"}
    argo.apply({"apiVersion": API, "kind": "Application", "metadata": head, "spec": spec})
    try:
        wanted = "do not match any of the allowed destinations"
        argo.until("Argo CD refuses", lambda: wanted in _message(region, "foreign"), 60)
    finally:
        argo.cluster.delete(API, "Application", "foreign", "argocd", wait=30)


def _message(region: Region, name: str) -> str:
    status = region.argo.application(name) or {}
    return json.dumps(status.get("status", {}))
