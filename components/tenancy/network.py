"""What every namespace may reach before its workloads say more: DNS, the mesh, the API server."""

from __future__ import annotations

from typing import Any

from dharma.conventions import MESH_NAMESPACE, peer

API_SERVER_PORTS = (443, 6443)
LOCAL_DNS = "169.254.20.10/32"
XDS_PORT = 15012

Spec = dict[str, Any]


def deny() -> Spec:
    """Nothing in, nothing out; every other policy adds to this.

    The empty lists are declared, so that a rule that somebody adds is drift to `dharma verify` and goes
    with the next sync. Argo CD drops empty lists before it compares and does not see it by itself.
    """
    return {"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "ingress": [], "egress": []}


def dns(app: str, *, local: bool) -> Spec:
    """Name resolution by the cluster's DNS, and by the node's cache where there is one."""
    to = [peer("kube-system", **{"k8s-app": app})]
    if local:
        to.append({"ipBlock": {"cidr": LOCAL_DNS}})
    ports = [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")]
    return _policy(egress=[{"to": to, "ports": ports}])


def mesh() -> Spec:
    """Sidecars and gateways fetch configuration and certificates from istiod."""
    return _policy(egress=[{"to": [peer(MESH_NAMESPACE, app="istiod")], "ports": [tcp(XDS_PORT)]}])


def istiod() -> Spec:
    """The other side: istiod answers sidecars of every namespace."""
    selector = {"matchLabels": {"app": "istiod"}}
    return _policy(selector, ingress=[{"from": [{"namespaceSelector": {}}], "ports": [tcp(XDS_PORT)]}])


def platform(api_server: str, nodes: str) -> Spec:
    """Controllers talk within their namespace and to the API server, which calls their webhooks.

    Webhooks are called from the API server's address, from a node, or through agents in kube-system.
    """
    inside: Spec = {"podSelector": {}}
    callers = [{"ipBlock": {"cidr": api_server}}, {"ipBlock": {"cidr": nodes}}, peer("kube-system")]
    ports = [tcp(port) for port in API_SERVER_PORTS]
    return _policy(
        ingress=[{"from": [inside]}, {"from": callers}],
        egress=[{"to": [inside]}, {"to": [{"ipBlock": {"cidr": api_server}}], "ports": ports}],
    )


def tcp(port: int) -> dict[str, Any]:
    """A port of a NetworkPolicy's rule."""
    return {"protocol": "TCP", "port": port}


def _policy(selector: Spec | None = None, **rules: list[Spec]) -> Spec:
    types = [direction.capitalize() for direction in rules]
    return {"podSelector": selector or {}, "policyTypes": types, **rules}
