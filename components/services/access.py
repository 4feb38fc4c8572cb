"""Access: who may call a service and whom it may call, by identity in the mesh and by address below it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dharma.component import Draft, part
from dharma.components.services.identity import (
    Chart,
    exposed_port,
    gateway_principal,
    metadata,
    note_presence,
    principal,
    selector,
)
from dharma.conventions import (
    GATEWAY_NAMESPACE,
    MERGED_METRICS_PORT,
    MESH_NAMESPACE,
    MONITORING_NAMESPACE,
    peer,
)
from dharma.service import External

Json = dict[str, Any]
ISTIOD_PORT = 15012
NOT_PUBLIC = ("10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16")
"""Private, carrier-grade and link-local networks (RFC 1918, 6598, 3927); clouds serve credentials in
the third, at 169.254.169.254."""
_PROTOCOLS = {80: "HTTP", 443: "TLS"}


@part
def authorization_policy(chart: Chart, name: str) -> Draft:
    """Lets in exactly the declared callers at the ports they declared; without rules, nobody."""
    rules = list(_rules(chart, name))
    spec: Json = {"selector": {"matchLabels": selector(name)}, "action": "ALLOW", "rules": rules}
    return chart.object(
        "security.istio.io/v1", "AuthorizationPolicy", name, **metadata(chart, name), spec=spec
    )


def _rules(chart: Chart, name: str) -> Iterator[Json]:
    service = chart.target.services[name]
    callers = _callers(chart, name)
    for port_name, port in service.ports.items():
        allowed = [principal(chart, tenant, caller) for caller, tenant in callers.get(port_name, ())]
        if service.expose and port_name == exposed_port(name, service)[0]:
            allowed.append(gateway_principal(chart, service.expose.gateway))
        if service.storage:
            allowed.append(principal(chart, service.tenant, name))
        if allowed:
            yield {
                "from": [{"source": {"principals": allowed}}],
                "to": [{"operation": {"ports": [str(port.port)]}}],
            }


def _callers(chart: Chart, name: str) -> dict[str, list[tuple[str, str]]]:
    """Callers with their tenants by the name of the port they call."""
    callers: dict[str, list[tuple[str, str]]] = {}
    for caller, service, port in chart.target.callers(name):
        note_presence(service)
        entry = (caller, service.tenant)
        if entry not in callers.setdefault(port, []):
            callers[port].append(entry)
    return callers


@part
def network_policy(chart: Chart, name: str) -> Draft:
    """The same for packets: declared callers, gateway and Prometheus in; callees and mesh out."""
    spec = {
        "podSelector": {"matchLabels": selector(name)},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": list(_ingress(chart, name)),
        "egress": list(_egress(chart, name)),
    }
    return chart.object("networking.k8s.io/v1", "NetworkPolicy", name, **metadata(chart, name), spec=spec)


def _ingress(chart: Chart, name: str) -> Iterator[Json]:
    service = chart.target.services[name]
    callers = _callers(chart, name)
    for port_name, port in service.ports.items():
        peers = [_replicas(tenant, caller) for caller, tenant in callers.get(port_name, ())]
        if service.expose and port_name == exposed_port(name, service)[0]:
            peers.append(peer(GATEWAY_NAMESPACE))
        if service.storage:
            peers.append(_replicas(service.tenant, name))
        if peers:
            yield {"from": peers, "ports": [_tcp(port.port)]}
    yield {"from": [peer(MONITORING_NAMESPACE)], "ports": [_tcp(MERGED_METRICS_PORT)]}


def _egress(chart: Chart, name: str) -> Iterator[Json]:
    yield {
        "to": [peer("kube-system")],
        "ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}],
    }
    yield {"to": [peer(MESH_NAMESPACE, app="istiod")], "ports": [_tcp(ISTIOD_PORT)]}
    yield from _callees(chart, name)
    service = chart.target.services[name]
    if service.storage:
        ports = [_tcp(port.port) for port in service.ports.values()]
        yield {"to": [_replicas(service.tenant, name)], "ports": ports}
    if ports := [_tcp(number) for number in sorted({external.port for external in service.external})]:
        yield {"to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": list(NOT_PUBLIC)}}], "ports": ports}


def _callees(chart: Chart, name: str) -> Iterator[Json]:
    for call in dict.fromkeys(chart.target.services[name].calls):
        callee, _, port = call.partition(":")
        service = chart.target.services[callee]
        number = service.ports[port or service.main_port[0]].port
        yield {"to": [_replicas(service.tenant, callee)], "ports": [_tcp(number)]}


def _replicas(tenant: str, name: str) -> Json:
    return peer(tenant, **selector(name))


def _tcp(port: int) -> Json:
    return {"protocol": "TCP", "port": port}


@part
def service_entry(chart: Chart, name: str, external: External) -> Draft:
    """A host outside the platform, known to the mesh in the tenant's namespace only."""
    address, port = external.host, external.port
    slug = address.replace("*", "any").replace(".", "-")
    protocol = _PROTOCOLS.get(port, "TCP")
    return chart.object(
        "networking.istio.io/v1",
        "ServiceEntry",
        f"{name}-{slug}-{port}",
        **metadata(chart, name),
        spec={
            "hosts": [address],
            "location": "MESH_EXTERNAL",
            "resolution": "NONE" if "*" in address else "DNS",
            "ports": [{"number": port, "name": f"{protocol.lower()}-{port}", "protocol": protocol}],
            "exportTo": ["."],
        },
    )
