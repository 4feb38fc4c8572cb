"""Settings, regions and clusters: what base.yaml and <environment>.yaml say."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from dharma.declared import Declared
from dharma.values import (
    AddressRange,
    Cidr,
    DnsName,
    Items,
    KubernetesVersion,
    Name,
    Repository,
    Text,
    Url,
)

Provider = Literal["onprem", "eks", "gke", "aks"]


class Gitops(Declared):
    """Where Argo CD finds what Dharma writes."""

    repository: Url
    credentials: Name
    """Secret in Argo CD's namespace that holds access to the repository; only its name."""
    branch_prefix: Text = "deploy"
    """Targets track <prefix>/<environment>.<region>[.<cluster>]."""
    path: Text = "generated"
    """Folder of the generated tree in the repository."""


class Identity(Declared):
    """The OpenID Connect provider that knows people and their groups."""

    issuer: Url
    client_id: Name
    groups_claim: Text = "groups"
    admin_group: Text
    """Group whose members run the platform."""


class Network(Declared):
    """Address plan of a cluster."""

    pods: Cidr
    services: Cidr
    nodes: Cidr
    api_server: Cidr
    """Where the Kubernetes API is reached, for egress rules."""


class Pool(Declared):
    """Addresses that a load balancer hands out."""

    addresses: Items[AddressRange] = Field(min_length=1)


class Cluster(Declared):
    """One Kubernetes cluster; its provider decides load balancer, storage classes, identity and CNI."""

    id: Name
    """Stable over renames; unique in the fleet."""
    provider: Provider
    kubernetes: KubernetesVersion
    ring: int = Field(ge=0, le=99)
    """Order in which changes arrive; 0 first."""
    kube_context: Text
    """Name of the context in the kubeconfig of who brings the cluster up."""
    network: Network
    pools: dict[Name, Pool] = Field(default_factory=dict)
    """Load-balancer pools by name; needed on `onprem`, where MetalLB hands them out."""
    zones: Items[Name] = Field(min_length=1)
    moved: Items[Text] = ()
    """Former names of this target, so that a rename tears nothing down."""


class Settings(Declared):
    """What every layer may say: base, environment, region, cluster."""

    domain: DnsName
    """DNS zone under which services are exposed."""
    organisation: Name
    trust_domain: DnsName = "cluster.local"
    """Root of workload identities; one for all clusters that trust each other."""
    gitops: Gitops
    identity: Identity
    registry: Repository | None = None
    """Private mirror; every image and chart reference is rewritten to it."""
    delivery: Literal["argocd", "direct"] = "argocd"
    """`direct` lets Pulumi apply the components themselves, for clusters without Argo CD."""
    output: Text = "generated"
    """Folder that `dharma build` writes, relative to the platform repository; it may lie in another one."""
    charts: Literal["reference", "inflate"] = "reference"
    """`reference`: Argo CD renders upstream charts; `inflate`: Dharma does, so that the gate sees them."""


class RegionFacts(Declared):
    """What a region is, whatever runs in it."""

    role: Literal["primary", "secondary"]
    location: Text
    """Where it is, for people and for latency."""
    residency: Name
    """Jurisdiction in which its data stays."""
