"""Network: the CNI of clusters whose provider brings none, Calico by its operator."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from dharma.stacks.cluster import Site
from dharma.stacks.namespaces import namespace
from dharma.target import Target

REPOSITORY = "https://docs.tigera.io/calico/charts"
CHART = "tigera-operator"
VERSION = "v3.32.1"
OPERATOR_NAMESPACE = "tigera-operator"
PROVIDED = frozenset({"aks", "eks", "gke"})
"""Providers whose clusters come with a network."""


def network(site: Site) -> list[pulumi.Resource]:
    """What everything with pods must wait for: nothing, or Calico.

    The operator's chart is a Helm release, because its hooks take Calico down in order.
    """
    target = site.target
    if target.cluster.provider in PROVIDED:
        return []
    home = site.object(namespace(target, OPERATOR_NAMESPACE, "privileged"))
    operator = kubernetes.helm.v3.Release(
        CHART,
        name=CHART,
        namespace=OPERATOR_NAMESPACE,
        version=VERSION,
        values=values(target),
        opts=site.options(after=[home], keep=True),
        **source(target, CHART, REPOSITORY),
    )
    return [site.object(installation(target), after=[operator], keep=True)]


def source(target: Target, chart: str, repository: str) -> dict[str, Any]:
    """Where a chart is taken from: its official repository, or the private mirror."""
    if target.registry:
        return {"chart": f"oci://{target.registry}/charts/{chart}"}
    if repository.startswith("oci://"):
        return {"chart": f"{repository}/{chart}"}
    return {"chart": chart, "repository_opts": {"repo": repository}}


def values(target: Target) -> dict[str, Any]:
    """The chart's values: the operator alone; the Installation is an object of ours."""
    found: dict[str, Any] = {
        "installation": {"enabled": False},
        "apiServer": {"enabled": False},
        "goldmane": {"enabled": False},
        "whisker": {"enabled": False},
    }
    if target.registry:
        found["tigeraOperator"] = {"registry": target.registry}
    return found


def installation(target: Target) -> dict[str, Any]:
    """How Calico is set up: pods' addresses from the declared network, encapsulated between subnets."""
    pool = {
        "name": "pods",
        "cidr": target.cluster.network.pods,
        "encapsulation": "VXLANCrossSubnet",
        "natOutgoing": "Enabled",
        "nodeSelector": "all()",
    }
    spec: dict[str, Any] = {
        "variant": "Calico",
        "calicoNetwork": {"bgp": "Disabled", "ipPools": [pool]},
        "serviceCIDRs": [target.cluster.network.services],
    }
    if target.registry:
        spec["registry"] = f"{target.registry}/"
    metadata = {"name": "default", "labels": {"app.kubernetes.io/managed-by": "dharma"}}
    return {"apiVersion": "operator.tigera.io/v1", "kind": "Installation", "metadata": metadata, "spec": spec}
