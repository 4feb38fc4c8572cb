"""The lab behaves like a cluster: workloads become ready, late where they are told to."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from dharma.cluster import Applied
from tests.cluster.lab import READY_AFTER, Lab, wait_for

NAMESPACE = "lab-workloads"

pytestmark = pytest.mark.usefixtures("namespace")


@pytest.fixture(scope="module")
def namespace(lab: Lab) -> Iterator[None]:
    lab.controllers()
    lab.cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    yield
    lab.cluster.delete("v1", "Namespace", NAMESPACE, wait=60)


def deployment(name: str, *, replicas: int = 3, **annotations: str) -> dict[str, Any]:
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels, "annotations": annotations},
                "spec": {"containers": [{"name": "main", "image": "registry.example/main:1"}]},
            },
        },
    }


def ready_replicas(lab: Lab, name: str) -> int:
    found = lab.cluster.get("apps/v1", "Deployment", name, NAMESPACE)
    return int((found or {}).get("status", {}).get("readyReplicas", 0))


def test_a_deployment_becomes_ready(lab: Lab) -> None:
    assert isinstance(lab.cluster.apply(deployment("prompt")), Applied)
    wait_for("three replicas are ready", lambda: ready_replicas(lab, "prompt") == 3)


def test_a_pod_becomes_ready_as_late_as_its_annotation_says(lab: Lab) -> None:
    started = time.monotonic()
    lab.cluster.apply(deployment("late", replicas=1, **{READY_AFTER: "6s"}))
    wait_for("the pod runs", lambda: _pods(lab, "late"))
    assert ready_replicas(lab, "late") == 0
    wait_for("the pod is ready", lambda: ready_replicas(lab, "late") == 1)
    assert time.monotonic() - started >= 6


def test_a_job_completes(lab: Lab) -> None:
    spec = deployment("once")["spec"]["template"]["spec"] | {"restartPolicy": "Never"}
    head = {"name": "once", "namespace": NAMESPACE}
    body = {"apiVersion": "batch/v1", "kind": "Job", "metadata": head, "spec": {"template": {"spec": spec}}}
    assert isinstance(lab.cluster.apply(body), Applied)
    wait_for("the job succeeded", lambda: _succeeded(lab, "once"))


def _pods(lab: Lab, name: str) -> list[dict[str, Any]]:
    return lab.cluster.list("v1", "Pod", NAMESPACE, labels=f"app={name}")


def _succeeded(lab: Lab, name: str) -> bool:
    job = lab.cluster.get("batch/v1", "Job", name, NAMESPACE)
    return bool((job or {}).get("status", {}).get("succeeded"))
