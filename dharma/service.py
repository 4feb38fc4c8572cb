"""Services: workloads of tenants, declared in twenty to thirty lines each."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from dharma.declared import Declared
from dharma.values import (
    Digest,
    Duration,
    HostName,
    HttpPath,
    Items,
    Name,
    Percent,
    Port,
    Quantity,
    Repository,
    Tag,
    Text,
)

PortReference = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=15)]
Call = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(:[a-z0-9]([-a-z0-9]*[a-z0-9])?)?$")
]
"""A service that is called, with the port's name where it is not its first: `postgres`, `neo4j:bolt`."""
Variable = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$")]


class Image(Declared):
    """The image to run; the digest is true or the word `placeholder`, never made up."""

    repository: Repository
    tag: Tag
    digest: Digest

    @property
    def reference(self) -> str:
        """What a container's `image` says; by digest where one is known."""
        suffix = f":{self.tag}" if self.digest == "placeholder" else f"@{self.digest}"
        return self.repository + suffix


class ServicePort(Declared):
    """A port the service listens on."""

    port: Port
    protocol: Literal["http", "grpc", "tcp"] = "http"


class Replicas(Declared):
    """How many; more than `min` only under a HorizontalPodAutoscaler."""

    min: int = Field(ge=1, le=500)
    max: int = Field(ge=1, le=500)
    cpu: Percent = 70
    """Mean CPU use, in percent of the request, that the autoscaler aims at."""


class Resources(Declared):
    """What one replica asks for; memory is limited, CPU is not throttled unless said."""

    cpu: Quantity
    memory: Quantity
    memory_limit: Quantity | None = None
    """Defaults to the request."""
    cpu_limit: Quantity | None = None


class Health(Declared):
    """How the kubelet asks; a service without an HTTP port is asked by opening `port`."""

    liveness: HttpPath = "/healthz"
    readiness: HttpPath = "/readyz"
    port: PortReference | None = None
    """Name of a port, the first one by default."""
    startup_seconds: int = Field(default=60, ge=1, le=1800)
    """How long a start may take before it counts as failed."""


class Metrics(Declared):
    """Where Prometheus scrapes."""

    port: PortReference | None = None
    """Name of a port, the first one by default."""
    path: HttpPath = "/metrics"
    interval: Duration = "30s"


class Route(Declared):
    """How the service is reached from outside its tenant's callers."""

    host: HostName | None = None
    """Defaults to <service>.<domain>."""
    paths: Items[HttpPath] = ("/",)
    gateway: Literal["public", "internal"] = "internal"


class Traffic(Declared):
    """What the mesh does for calls to this service."""

    timeout: Duration = "5s"
    retries: int = Field(default=2, ge=0, le=5)
    retry_timeout: Duration = "2s"
    max_connections: int = Field(default=1024, ge=1)
    max_pending: int = Field(default=256, ge=1)
    eject_after: int = Field(default=5, ge=1)
    """Consecutive server errors after which a replica is left out."""
    eject_for: Duration = "30s"


class Version(Declared):
    """One of several versions that run side by side."""

    weight: Percent
    image: Image | None = None
    """Defaults to the service's image."""
    replicas: Replicas | None = None
    """Defaults to the service's replicas."""


class Canary(Declared):
    """A rollout in growing shares of traffic, each held and judged by the mesh's metrics."""

    steps: Items[Percent] = (5, 25, 50)
    pause: Duration = "5m"


class BlueGreen(Declared):
    """A rollout beside the running version, switched at once when judged good."""

    preview_replicas: int = Field(default=1, ge=1)
    auto_promote: bool = True
    keep: Duration = "10m"
    """How long the old version stays after the switch."""


class Rollout(Declared):
    """Progressive delivery; exactly one of the two."""

    canary: Canary | None = None
    blue_green: BlueGreen | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.canary is None) == (self.blue_green is None):
            raise ValueError("say either canary or blueGreen")
        return self


class Latency(Declared):
    """A share of requests that must be answered within a time."""

    threshold: Duration
    percent: float = Field(gt=0, lt=100)


class Slo(Declared):
    """What the service promises over 30 days."""

    availability: float = Field(gt=0, lt=100)
    """Percent of requests that do not fail."""
    latency: Latency | None = None


class Data(Declared):
    """What the service keeps and how it is recovered."""

    classification: Literal["public", "internal", "confidential", "restricted"]
    personal: bool = False
    """Whether it holds personal data."""
    rpo: Duration = "60m"
    """Most data that may be lost, as time."""
    rto: Duration = "30m"
    """Longest time until it serves again."""


class Storage(Declared):
    """A volume for each replica; makes the workload a StatefulSet."""

    size: Quantity
    mount_path: HttpPath
    storage_class: Name | None = None
    """Defaults to the provider's class for databases."""


class External(Declared):
    """A host outside the platform that the service calls."""

    host: HostName
    port: Port = 443


class SecretVariables(Declared):
    """Variables taken from a Secret that the secret store fills; Dharma never sees the values."""

    secret: Name
    keys: dict[Variable, Name]
    """Variable to key of the Secret."""


class Placement(Declared):
    """Where the service runs; everywhere by default."""

    environments: Items[Name] = ()
    regions: Items[Name] = ()


class Service(Declared):
    """A workload that runs on the platform and is owned by a tenant."""

    tenant: Name
    description: Text
    image: Image
    ports: dict[PortReference, ServicePort] = Field(min_length=1)
    """By name; the first is the main one."""
    replicas: Replicas
    resources: Resources
    data: Data
    slo: Slo
    health: Health = Field(default_factory=Health)
    metrics: Metrics = Field(default_factory=Metrics)
    calls: Items[Call] = ()
    """Services it may call; nobody else may."""
    external: Items[External] = ()
    expose: Route | None = None
    traffic: Traffic = Field(default_factory=Traffic)
    rollout: Rollout | None = None
    versions: dict[PortReference, Version] = Field(default_factory=dict)
    storage: Storage | None = None
    variables: dict[Variable, Text] = Field(default_factory=dict)
    secrets: Items[SecretVariables] = ()
    placement: Placement = Field(default_factory=Placement)
    arguments: Items[Text] = ()
    """Command-line arguments of the container."""

    @property
    def main_port(self) -> tuple[str, ServicePort]:
        """Name and port of the first declared port."""
        return next(iter(self.ports.items()))

    @property
    def autoscaled(self) -> bool:
        """Whether a HorizontalPodAutoscaler owns the number of replicas."""
        return self.storage is None and self.replicas.max > self.replicas.min

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        if self.replicas.max < self.replicas.min:
            raise ValueError("replicas.max is below replicas.min")
        if self.versions and sum(version.weight for version in self.versions.values()) != 100:  # noqa: PLR2004
            raise ValueError("the weights of versions must add up to 100")
        if self.storage and (self.rollout or self.versions):
            raise ValueError("a service with storage has neither rollout nor versions")
        if self.rollout and self.versions:
            raise ValueError("say either rollout or versions")
        return self
