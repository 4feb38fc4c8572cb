"""Pod: what runs in a replica of a service, under the restricted Pod Security Standard."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from typing import Any

from dharma.components.services.identity import Chart, image_of, labels, main_number, selector
from dharma.conventions import mirrored
from dharma.service import Service, Version

CONTAINER = "app"
VOLUME = "data"
_GROUP = 10001
"""Group that owns a volume's files; the container's user is a member of it."""
_STARTUP_PERIOD = 5


def template(chart: Chart, name: str, instance: str, version: Version | None = None) -> dict[str, Any]:
    """The pod template of a workload."""
    image = image_of(chart.target.services[name], version)
    return {
        "metadata": {
            "labels": chart.common_labels | labels(chart, name, instance, image),
            "annotations": _scrape(chart.target.services[name]),
        },
        "spec": _spec(chart, name, instance, version),
    }


def _scrape(service: Service) -> dict[str, str]:
    """Tells the sidecar where the container's own metrics are, which it merges with its own."""
    return {
        "prometheus.io/scrape": "true",
        "prometheus.io/port": str(main_number(service, service.metrics.port)),
        "prometheus.io/path": service.metrics.path,
    }


def _spec(chart: Chart, name: str, instance: str, version: Version | None) -> dict[str, Any]:
    service, options = chart.target.services[name], chart.options
    security: dict[str, Any] = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    grace_period = options.grace_period
    if service.storage:
        security |= {"fsGroup": _GROUP, "fsGroupChangePolicy": "OnRootMismatch"}
        grace_period = options.storage_grace_period
    return {
        "serviceAccountName": name,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": grace_period,
        "securityContext": security,
        "topologySpreadConstraints": [
            _spread(key, name, instance) for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
        ],
        "containers": [_container(chart, service, version)],
        "volumes": [{"name": "tmp", "emptyDir": {"sizeLimit": options.scratch}}],
    }


def _spread(key: str, name: str, instance: str) -> dict[str, Any]:
    return {
        "maxSkew": 1,
        "topologyKey": key,
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": selector(name, instance)},
    }


def _container(chart: Chart, service: Service, version: Version | None) -> dict[str, Any]:
    container: dict[str, Any] = {
        "name": CONTAINER,
        "image": mirrored(image_of(service, version).reference, chart.target.registry),
        "imagePullPolicy": "IfNotPresent",
        "ports": [
            {"name": name, "containerPort": port.port, "protocol": "TCP"}
            for name, port in service.ports.items()
        ],
        "resources": _resources(service),
        **_probes(service),
        "lifecycle": {"preStop": {"sleep": {"seconds": chart.options.drain}}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
        },
        "volumeMounts": list(_mounts(service)),
    }
    if arguments := service.arguments:
        container["args"] = list(arguments)
    if environment := list(_environment(service)):
        container["env"] = environment
    return container


def _resources(service: Service) -> dict[str, Any]:
    asked = service.resources
    limits = {"memory": asked.memory_limit or asked.memory}
    if cpu := asked.cpu_limit:
        limits["cpu"] = cpu
    return {"requests": {"cpu": asked.cpu, "memory": asked.memory}, "limits": limits}


def _mounts(service: Service) -> Iterator[dict[str, Any]]:
    yield {"name": "tmp", "mountPath": "/tmp"}  # noqa: S108 - a volume of the replica's own
    if service.storage:
        yield {"name": VOLUME, "mountPath": service.storage.mount_path}


def _environment(service: Service) -> Iterator[dict[str, Any]]:
    for variable, value in service.variables.items():
        yield {"name": variable, "value": value}
    for entry in service.secrets:
        secret = entry.secret
        for variable, key in entry.keys.items():
            reference = {"name": secret, "key": key, "optional": False}
            yield {"name": variable, "valueFrom": {"secretKeyRef": reference}}


def _probes(service: Service) -> dict[str, Any]:
    health = service.health
    periods = ceil(health.startup_seconds / _STARTUP_PERIOD)
    alive, ready = _ask(service, ready=False), _ask(service, ready=True)
    return {
        "startupProbe": alive | {"periodSeconds": _STARTUP_PERIOD, "failureThreshold": periods},
        "livenessProbe": alive | {"periodSeconds": 10, "timeoutSeconds": 3, "failureThreshold": 3},
        "readinessProbe": ready | {"periodSeconds": 5, "timeoutSeconds": 3, "failureThreshold": 3},
    }


def _ask(service: Service, *, ready: bool) -> dict[str, Any]:
    health = service.health
    name = health.port or service.main_port[0]
    port = service.ports[name]
    if port.protocol == "grpc":
        return {"grpc": {"port": port.port}}
    if port.protocol == "tcp":
        return {"tcpSocket": {"port": name}}
    return {"httpGet": {"path": health.readiness if ready else health.liveness, "port": name}}
