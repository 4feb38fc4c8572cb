"""Options of component `governance`."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from dharma.conventions import GOVERNANCE_NAMESPACE
from dharma.options import Options, PlatformNamespace
from dharma.values import Items, Name, Quantity, Text


class GovernanceOptions(Options):
    """Gatekeeper with the platform's rules, compiled for exactly this cluster."""

    chart: ClassVar[str] = "dharma.components.governance.chart:Governance"
    requires: ClassVar[tuple[str, ...]] = ("prometheus-operator", "tenancy")
    governs: ClassVar[bool] = True
    brings: ClassVar[tuple[str, ...]] = tuple(
        f"{group}.gatekeeper.sh"
        for group in (
            "config",
            "connection",
            "constraints",
            "expansion",
            "externaldata",
            "mutations",
            "status",
            "syncset",
            "templates",
        )
    )

    version: Text = "3.23.0"
    """Version of the chart gatekeeper."""
    mode: Literal["audit", "enforce"] = "enforce"
    """`enforce` refuses what the rules' levels deny; `audit` refuses nothing and reports all."""
    failure_policy: Literal["Fail", "Ignore"] = "Fail"
    """What becomes of a change while Gatekeeper does not answer: `Fail` refuses it."""
    timeout: int = Field(default=3, ge=1, le=30)
    """Seconds that the API server waits for Gatekeeper."""
    deletions: bool = True
    """Whether deletions are judged too."""
    expansion: bool = True
    """Whether the pods that a workload would make are judged with it."""
    exempt_namespaces: Items[Name] = ()
    """Namespaces that Gatekeeper leaves alone, beside kube-system's, its own and Argo CD's."""
    replicas: int = Field(default=3, ge=1, le=10)
    """Gatekeepers that answer the API server, spread over zones."""
    memory: Quantity = "512Mi"
    """Memory that each of them requests and may use."""
    audit_memory: Quantity = "512Mi"
    """Memory that the audit requests and may use; it grows with the objects of the cluster."""
    audit_interval: int = Field(default=300, ge=0, le=86_400)
    """Seconds between audits of everything that runs; 0 for none."""
    violations_limit: int = Field(default=20, ge=1, le=500)
    """Violations that a constraint's status names; all are counted."""
    log_denies: bool = True
    """Whether every refusal is logged with who asked for what."""
    events: bool = False
    """Whether refusals and violations become events in Gatekeeper's namespace."""
    log_level: Text = Field(default="INFO", pattern=r"^(DEBUG|INFO|WARNING|ERROR)$")
    """What Gatekeeper logs."""

    @model_validator(mode="after")
    def _affordable(self) -> Self:
        if self.failure_policy == "Fail" and self.replicas == 1 and self.mode == "enforce":
            raise ValueError("one replica cannot fail closed: say failurePolicy Ignore, or two replicas")
        return self

    def namespaces(self) -> tuple[PlatformNamespace, ...]:
        """Gatekeeper's own."""
        return (PlatformNamespace(GOVERNANCE_NAMESPACE, cpu="4", memory="16Gi", pods=30),)
