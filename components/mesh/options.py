"""Options of component `mesh`."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from dharma.conventions import GATEWAY_NAMESPACE, MESH_NAMESPACE
from dharma.declared import Declared
from dharma.options import Options, PlatformNamespace
from dharma.values import DnsName, Name, Port, Quantity, Text

Kind = Literal["public", "internal"]


class GatewayOptions(Declared):
    """One entrance to the mesh."""

    enabled: bool = True
    min_replicas: int = Field(default=2, ge=1, le=50)
    max_replicas: int = Field(default=6, ge=1, le=200)
    certificate: Name | None = None
    """TLS Secret in istio-ingress; <kind>-gateway-tls by default. Only its name."""
    pool: Name | None = None
    """MetalLB pool on `onprem`; by default the cluster's pool of the gateway's name, or its first."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.max_replicas < self.min_replicas:
            raise ValueError("maxReplicas is below minReplicas")
        return self


class Tracing(Declared):
    """Where sidecars send spans, by OTLP over gRPC."""

    collector: DnsName
    port: Port = 4317
    percent: float = Field(default=1.0, ge=0, le=100)
    """Share of requests that is traced, unless the caller decided already."""


class MeshOptions(Options):
    """Istio: strict mutual TLS, calls only as declared, and gateways for what comes from outside."""

    chart: ClassVar[str] = "dharma.components.mesh.chart:Mesh"
    requires: ClassVar[tuple[str, ...]] = ("prometheus-operator", "tenancy")
    brings: ClassVar[tuple[str, ...]] = (
        "extensions.istio.io",
        "networking.istio.io",
        "security.istio.io",
        "telemetry.istio.io",
    )

    version: Text = "1.30.3"
    """Version of all Istio charts."""
    min_replicas: int = Field(default=2, ge=1, le=10)
    """Fewest istiod replicas."""
    max_replicas: int = Field(default=5, ge=1, le=50)
    memory: Quantity = "1Gi"
    """Memory that an istiod requests and may use."""
    proxy_memory: Quantity = "256Mi"
    """Most memory of a sidecar; it counts against the tenant's quota."""
    outbound: Literal["REGISTRY_ONLY", "ALLOW_ANY"] = "REGISTRY_ONLY"
    """Whether sidecars reach hosts that nobody declared."""
    access_log: Literal["all", "errors", "none"] = "errors"
    """Which requests sidecars and gateways log; `errors` are those answered with 400 and above."""
    tracing: Tracing | None = None
    public: GatewayOptions = Field(default_factory=GatewayOptions)
    internal: GatewayOptions = Field(default_factory=GatewayOptions)

    def namespaces(self) -> tuple[PlatformNamespace, ...]:
        """The control plane's, and the gateways', whose pods are injected."""
        return (
            PlatformNamespace(MESH_NAMESPACE, cpu="8", memory="16Gi", pods=30),
            PlatformNamespace(GATEWAY_NAMESPACE, inject=True, cpu="32", memory="32Gi", pods=60),
        )

    def gateways(self) -> dict[Kind, GatewayOptions]:
        """The gateways that are wanted, by kind."""
        both: dict[Kind, GatewayOptions] = {"public": self.public, "internal": self.internal}
        return {kind: gateway for kind, gateway in both.items() if gateway.enabled}

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.max_replicas < self.min_replicas:
            raise ValueError("maxReplicas is below minReplicas")
        return self
