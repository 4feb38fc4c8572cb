"""Gateways: how each provider's load balancer is asked for, and what a gateway listens to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dharma.components.mesh.options import GatewayOptions, Kind
from dharma.settings import Cluster

HTTP_PORT = 80
HTTPS_PORT = 443
STATUS_PORT = 15021
METRICS_PORT = 15090
CIPHERS = [
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
]
"""Suites of TLS 1.2 with forward secrecy and authenticated encryption; those of 1.3 are fixed."""
_EKS = "service.beta.kubernetes.io/aws-load-balancer"
_AKS = "service.beta.kubernetes.io/azure-load-balancer"


def release_name(kind: Kind) -> str:
    """Release, Deployment, ServiceAccount and the label `istio` of a gateway."""
    return f"gateway-{kind}"


def load_balancer(kind: Kind, cluster: Cluster, pool: str | None) -> dict[str, str]:
    """Annotations of the Service, by which the provider makes the right load balancer."""
    internal = kind == "internal"
    match cluster.provider:
        case "eks":
            scheme = "internal" if internal else "internet-facing"
            return {f"{_EKS}-type": "external", f"{_EKS}-nlb-target-type": "ip", f"{_EKS}-scheme": scheme}
        case "gke":
            if internal:
                return {"networking.gke.io/load-balancer-type": "Internal"}
            return {"cloud.google.com/l4-rbs": "enabled"}
        case "aks":
            return {f"{_AKS}-internal": str(internal).lower()}
        case "onprem":
            chosen = pool or _pool(kind, cluster.pools)
            return {"metallb.io/address-pool": chosen} if chosen else {}


def values(gateway: GatewayOptions, annotations: Mapping[str, str]) -> dict[str, Any]:
    """Values of Istio's chart `gateway`; requests reach it with the client's own address."""
    return {
        "service": {
            "type": "LoadBalancer",
            "annotations": dict(annotations),
            "externalTrafficPolicy": "Local",
        },
        "autoscaling": {
            "enabled": True,
            "minReplicas": gateway.min_replicas,
            "maxReplicas": gateway.max_replicas,
            "targetCPUUtilizationPercentage": 70,
        },
        "podDisruptionBudget": {"maxUnavailable": 1},
        "resources": {"requests": {"cpu": "200m", "memory": "256Mi"}, "limits": {"memory": "512Mi"}},
        "securityContext": {
            "seccompProfile": {"type": "RuntimeDefault"},
            "sysctls": [{"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}],
        },
        "terminationGracePeriodSeconds": 60,
    }


def servers(hosts: list[str], certificate: str) -> list[dict[str, Any]]:
    """Listeners: HTTPS with TLS 1.2 or later, and plain HTTP that only redirects to it."""
    tls = {
        "mode": "SIMPLE",
        "credentialName": certificate,
        "minProtocolVersion": "TLSV1_2",
        "cipherSuites": CIPHERS,
    }
    https = {"number": HTTPS_PORT, "name": "https", "protocol": "HTTPS"}
    http = {"number": HTTP_PORT, "name": "http", "protocol": "HTTP"}
    return [
        {"port": https, "hosts": hosts, "tls": tls},
        {"port": http, "hosts": hosts, "tls": {"httpsRedirect": True}},
    ]


def _pool(kind: Kind, pools: Mapping[str, object]) -> str | None:
    return kind if kind in pools else next(iter(pools), None)
