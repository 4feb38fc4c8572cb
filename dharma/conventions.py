"""Names that components agree on without importing each other."""

from __future__ import annotations

from typing import Any

ARGOCD_NAMESPACE = "argocd"
GOVERNANCE_NAMESPACE = "gatekeeper-system"
MESH_NAMESPACE = "istio-system"
GATEWAY_NAMESPACE = "istio-ingress"
MONITORING_NAMESPACE = "monitoring"

TENANT_LABEL = "dharma.dev/tenant"
COST_CENTRE_LABEL = "dharma.dev/cost-centre"
OWNER_LABEL = "dharma.dev/owner"
PLACEHOLDER_ANNOTATION = "dharma.dev/image-digest"
"""Set to `placeholder` on workloads whose image has no true digest yet."""

KEPT = {"argocd.argoproj.io/sync-options": "Prune=confirm,Delete=confirm"}
"""Annotation of what holds data or names: Argo CD asks a person before it goes."""

PLATFORM_OWNER = "platform"
SERVICE_MONITOR_LABEL = {"dharma.dev/scrape": "platform"}
"""Label by which Prometheus selects ServiceMonitors."""

MERGED_METRICS_PORT = 15020
"""Where a sidecar serves the workload's and its own metrics outside mutual TLS."""


def gateway(kind: str) -> str:
    """The mesh gateway of that kind (public, internal) as a VirtualService refers to it."""
    return f"{GATEWAY_NAMESPACE}/{kind}"


def peer(namespace: str, **labels: str) -> dict[str, Any]:
    """A NetworkPolicy's peer: the pods of a namespace, or those of them with the label `app`, ..."""
    names = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}
    return names | ({"podSelector": {"matchLabels": labels}} if labels else {})


def mirrored(image: str, registry: str | None) -> str:
    """An image's repository in the private mirror, which keeps the path without the registry's host."""
    return f"{registry}/{image.partition('/')[2]}" if registry else image
