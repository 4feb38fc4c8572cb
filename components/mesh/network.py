"""What the mesh's own pods may reach and who may reach them, beside what every namespace has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dharma.components.mesh.gateways import HTTP_PORT, HTTPS_PORT, METRICS_PORT, STATUS_PORT
from dharma.components.mesh.options import Tracing
from dharma.conventions import MERGED_METRICS_PORT, MONITORING_NAMESPACE, OWNER_LABEL, peer

WEBHOOK_PORT = 15017
XDS_PORT = 15012
ISTIOD_METRICS_PORT = 15014

Spec = dict[str, Any]


def istiod(callers: Sequence[str]) -> Spec:
    """Webhooks from the API server, configuration for everybody, metrics for Prometheus.

    `callers` are the networks that the API server calls from.
    """
    networks = [{"ipBlock": {"cidr": cidr}} for cidr in callers]
    return {
        "podSelector": {"matchLabels": {"app": "istiod"}},
        "policyTypes": ["Ingress"],
        "ingress": [
            {"from": [*networks, peer("kube-system")], "ports": _ports(WEBHOOK_PORT)},
            {"from": [{"namespaceSelector": {}}], "ports": _ports(XDS_PORT)},
            {"from": [peer(MONITORING_NAMESPACE)], "ports": _ports(ISTIOD_METRICS_PORT)},
        ],
    }


def gateway(name: str) -> Spec:
    """Anybody may come in, and the request goes on to namespaces that have an owner."""
    owned = {"namespaceSelector": {"matchExpressions": [{"key": OWNER_LABEL, "operator": "Exists"}]}}
    metrics = _ports(METRICS_PORT, MERGED_METRICS_PORT)
    return {
        "podSelector": {"matchLabels": {"istio": name}},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [
            {"ports": _ports(HTTP_PORT, HTTPS_PORT, STATUS_PORT)},
            {"from": [peer(MONITORING_NAMESPACE)], "ports": metrics},
        ],
        "egress": [{"to": [owned]}],
    }


def tracing(tracing: Tracing) -> Spec:
    """Spans leave for the collector, which may be in any namespace."""
    to: list[Spec] = [{"namespaceSelector": {}}]
    return {
        "podSelector": {},
        "policyTypes": ["Egress"],
        "egress": [{"to": to, "ports": _ports(tracing.port)}],
    }


def _ports(*numbers: int) -> list[Spec]:
    return [{"protocol": "TCP", "port": number} for number in numbers]
