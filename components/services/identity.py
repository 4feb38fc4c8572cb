"""Identity: the names and labels by which a service's objects, replicas and callers are known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dharma.component import Component
from dharma.components.services.options import ServicesOptions
from dharma.conventions import COST_CENTRE_LABEL, GATEWAY_NAMESPACE, OWNER_LABEL, TENANT_LABEL
from dharma.declared import unobserved
from dharma.errors import Problem, RenderError
from dharma.service import Image, Replicas, Service, ServicePort, Version

Chart = Component[ServicesOptions]
Variant = tuple[str, Version | None]
"""A workload of a service: its name and, where several run side by side, its version."""

NAME = "app.kubernetes.io/name"
INSTANCE = "app.kubernetes.io/instance"
_LABEL_LENGTH = 63


def labels(chart: Chart, name: str, instance: str, image: Image | None = None) -> dict[str, str]:
    """The labels of an object of service `name`, without those that every object of the chart has."""
    service = chart.target.services[name]
    tenant = service.tenant
    note_presence(service)
    return {
        NAME: name,
        INSTANCE: instance,
        "app.kubernetes.io/version": _label((image or service.image).tag),
        "app.kubernetes.io/part-of": tenant,
        TENANT_LABEL: tenant,
        OWNER_LABEL: tenant,
        COST_CENTRE_LABEL: chart.target.tenants[tenant].cost_centre,
    }


def note_presence(service: Service) -> None:
    """Count what says where a service runs as a reason: elsewhere it would not be there."""
    service.placement.note(("environments",))
    service.placement.note(("regions",))


def metadata(
    chart: Chart, name: str, instance: str | None = None, image: Image | None = None
) -> dict[str, Any]:
    """What every object of service `name` says of itself, as arguments of `Component.object`."""
    own = labels(chart, name, instance or name, image)
    tenant = own[TENANT_LABEL]
    return {"namespace": tenant, "labels": own, "unit": tenant, "folder": name}


def selector(name: str, instance: str | None = None) -> dict[str, str]:
    """Labels that never change over a workload's life; without `instance`, of all its versions."""
    return {NAME: name} if instance is None else {NAME: name, INSTANCE: instance}


def variants(name: str, service: Service) -> Iterator[Variant]:
    """The workloads of a service: one, or one a version."""
    if not service.versions:
        yield name, None
    for version, spec in service.versions.items():
        yield f"{name}-{version}", spec


def image_of(service: Service, version: Version | None) -> Image:
    """The image of a workload."""
    return (version.image if version else None) or service.image


def replicas_of(service: Service, version: Version | None) -> Replicas:
    """The number of replicas of a workload."""
    return (version.replicas if version else None) or service.replicas


def autoscaled(service: Service, version: Version | None) -> bool:
    """Whether a HorizontalPodAutoscaler owns the workload's number of replicas.

    Where it does, the numbers are no reason for anything that the workload itself says.
    """
    replicas = replicas_of(service, version)
    with unobserved():
        owned = service.storage is None and replicas.max > replicas.min
    if not owned:
        replicas.note(("min",))
        replicas.note(("max",))
    return owned


def host(chart: Chart, name: str, suffix: str = "") -> str:
    """The name by which the mesh knows a service, or one of its Services by suffix."""
    return f"{name}{suffix}.{chart.target.services[name].tenant}.svc.cluster.local"


def principal(chart: Chart, namespace: str, account: str) -> str:
    """A workload's identity as its certificate says it (SPIFFE, without the scheme)."""
    return f"{chart.target.trust_domain}/ns/{namespace}/sa/{account}"


def gateway_principal(chart: Chart, kind: str) -> str:
    """The identity of the mesh gateway of that kind."""
    return principal(chart, GATEWAY_NAMESPACE, f"gateway-{kind}")


def web_ports(service: Service) -> list[tuple[str, ServicePort]]:
    """Ports whose requests the mesh understands: HTTP and gRPC."""
    return [(name, port) for name, port in service.ports.items() if port.protocol != "tcp"]


def exposed_port(name: str, service: Service) -> tuple[str, ServicePort]:
    """Name and port that a gateway reaches: the first that it can route."""
    for port_name, port in service.ports.items():
        if port.protocol != "tcp":
            return port_name, port
    mend = "Give it a port with protocol http or grpc, or remove `expose`."
    raise RenderError([Problem(f"service {name}", "is exposed, but no gateway can route plain TCP", mend)])


def main_number(service: Service, name: str | None) -> int:
    """Number of the named port, of the first where there is no name."""
    return (service.ports[name] if name else service.main_port[1]).port


def _label(tag: str) -> str:
    """A tag as a label's value, which is shorter and begins and ends with a letter or digit."""
    return tag[:_LABEL_LENGTH].strip("._-")
