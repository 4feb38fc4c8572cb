"""Options of component `rollouts`."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from dharma.options import Options, PlatformNamespace
from dharma.values import Quantity, Text


class RolloutsOptions(Options):
    """Argo Rollouts, the controller of canary and blue/green deliveries."""

    chart: ClassVar[str] = "dharma.components.rollouts.chart:Rollouts"
    requires: ClassVar[tuple[str, ...]] = ("tenancy",)
    brings: ClassVar[tuple[str, ...]] = tuple(
        f"argoproj.io/{kind}"
        for kind in ("AnalysisRun", "AnalysisTemplate", "ClusterAnalysisTemplate", "Experiment", "Rollout")
    )

    version: Text = "2.41.0"
    """Version of the chart argo-rollouts."""
    replicas: int = Field(default=2, ge=1, le=5)
    """Controllers, one of which leads."""
    memory: Quantity = "256Mi"
    """Memory that a controller requests and may use."""

    def namespaces(self) -> tuple[PlatformNamespace, ...]:
        """The controller's own."""
        return (PlatformNamespace("argo-rollouts", cpu="1", memory="2Gi", pods=10),)
