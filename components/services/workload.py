"""Workload: a service's account, Deployment or StatefulSet, how it scales and how it is drained."""

from __future__ import annotations

from typing import Any

from dharma.component import Draft, part
from dharma.components.services.identity import (
    Chart,
    Variant,
    autoscaled,
    image_of,
    metadata,
    replicas_of,
    selector,
)
from dharma.components.services.pod import CONTAINER, VOLUME, template
from dharma.conventions import KEPT, PLACEHOLDER_ANNOTATION
from dharma.service import Service, Storage
from dharma.values import PLACEHOLDER

STORAGE_CLASSES = {
    "onprem": "block-ssd",
    "eks": "gp3",
    "gke": "premium-rwo",
    "aks": "managed-csi-premium",
}
"""The class for databases by provider: replicated or network-attached SSDs."""
OWNED_REPLICAS = ("/spec/replicas",)
_FEWEST = 2
"""Replicas below which a drain cannot spare one."""
_SLACK = 540
"""Seconds beside its start that a replica may take before an update counts as stuck."""


@part
def service_account(chart: Chart, name: str) -> Draft:
    """The identity of a service; what its replicas may do in the mesh hangs on it."""
    return chart.object(
        "v1", "ServiceAccount", name, **metadata(chart, name), automountServiceAccountToken=False
    )


@part
def deployment(chart: Chart, name: str, variant: Variant) -> Draft | None:
    """The replicas of a service without storage and rollout, replaced with none missing."""
    service, (instance, version) = chart.target.services[name], variant
    if service.storage or service.rollout:
        return None
    spec = common_spec(chart, name, variant) | {
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 0}},
    }
    return chart.object(
        "apps/v1",
        "Deployment",
        instance,
        **workload_metadata(chart, name, variant),
        owned=OWNED_REPLICAS if autoscaled(service, version) else (),
        spec=spec,
    )


def common_spec(chart: Chart, name: str, variant: Variant) -> dict[str, Any]:
    """What a Deployment and a Rollout have in common."""
    service, (instance, version) = chart.target.services[name], variant
    spec: dict[str, Any] = {
        "selector": {"matchLabels": selector(name, instance)},
        "minReadySeconds": chart.options.min_ready,
        "progressDeadlineSeconds": service.health.startup_seconds + _SLACK,
        "revisionHistoryLimit": chart.options.history,
        "template": template(chart, name, instance, version),
    }
    if not autoscaled(service, version):
        spec["replicas"] = replicas_of(service, version).min
    return spec


def workload_metadata(chart: Chart, name: str, variant: Variant) -> dict[str, Any]:
    """Like `metadata`, with the workload's image, a mark for an unknown digest and a guard on data."""
    service, (instance, version) = chart.target.services[name], variant
    image = image_of(service, version)
    unknown = image.digest == PLACEHOLDER
    annotations = {PLACEHOLDER_ANNOTATION: PLACEHOLDER} if unknown else {}
    if service.storage is not None:
        annotations |= KEPT
    return metadata(chart, name, instance, image) | {"annotations": annotations}


@part
def stateful_set(chart: Chart, name: str) -> Draft | None:
    """The replicas of a service with storage; they start together, because quorums need each other."""
    service = chart.target.services[name]
    if service.storage is None:
        return None
    spec = {
        "serviceName": f"{name}-headless",
        "replicas": service.replicas.min,
        "selector": {"matchLabels": selector(name, name)},
        "podManagementPolicy": "Parallel",
        "updateStrategy": {"type": "RollingUpdate"},
        "minReadySeconds": chart.options.min_ready,
        "revisionHistoryLimit": chart.options.history,
        "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
        "template": template(chart, name, name),
        "volumeClaimTemplates": [_claim(chart, name, service.storage)],
    }
    return chart.object(
        "apps/v1", "StatefulSet", name, **workload_metadata(chart, name, (name, None)), spec=spec
    )


def _claim(chart: Chart, name: str, storage: Storage) -> dict[str, Any]:
    """A volume claim; only lasting labels, because a StatefulSet's claims cannot be changed.

    Fields that the API server would fill in are written out, so that a comparison finds no drift.
    """
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": VOLUME, "labels": selector(name, name)},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": storage.storage_class or STORAGE_CLASSES[chart.target.cluster.provider],
            "volumeMode": "Filesystem",
            "resources": {"requests": {"storage": storage.size}},
        },
    }


@part
def autoscaler(chart: Chart, name: str, variant: Variant) -> Draft | None:
    """Holds the container's mean CPU use; up fast, down slowly. None where the number is fixed."""
    service, (instance, version) = chart.target.services[name], variant
    if not autoscaled(service, version):
        return None
    replicas = replicas_of(service, version)
    return chart.object(
        "autoscaling/v2",
        "HorizontalPodAutoscaler",
        instance,
        **metadata(chart, name, instance),
        spec={
            "scaleTargetRef": _scale_target(service, instance),
            "minReplicas": replicas.min,
            "maxReplicas": replicas.max,
            "metrics": [_cpu(replicas.cpu)],
            "behavior": _BEHAVIOUR,
        },
    )


def _scale_target(service: Service, instance: str) -> dict[str, str]:
    if service.rollout:
        return {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": instance}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "name": instance}


def _cpu(percent: int) -> dict[str, Any]:
    """Of the service's own container, so that the sidecar's idle share does not hide a busy one."""
    target = {"type": "Utilization", "averageUtilization": percent}
    resource = {"name": "cpu", "container": CONTAINER, "target": target}
    return {"type": "ContainerResource", "containerResource": resource}


_BEHAVIOUR = {
    "scaleUp": {
        "stabilizationWindowSeconds": 0,
        "selectPolicy": "Max",
        "policies": [
            {"type": "Percent", "value": 100, "periodSeconds": 60},
            {"type": "Pods", "value": 4, "periodSeconds": 60},
        ],
    },
    "scaleDown": {
        "stabilizationWindowSeconds": 300,
        "selectPolicy": "Max",
        "policies": [{"type": "Percent", "value": 25, "periodSeconds": 60}],
    },
}


@part
def disruption_budget(chart: Chart, name: str, variant: Variant) -> Draft | None:
    """Lets a drain take one replica at a time, broken ones always; None for a single replica."""
    service, (instance, version) = chart.target.services[name], variant
    if replicas_of(service, version).min < _FEWEST:
        return None
    return chart.object(
        "policy/v1",
        "PodDisruptionBudget",
        instance,
        **metadata(chart, name, instance),
        spec={
            "maxUnavailable": 1,
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
            "selector": {"matchLabels": selector(name, instance)},
        },
    )
