"""Options of component `services`."""

from __future__ import annotations

from typing import Annotated, ClassVar, Self

from pydantic import Field, StringConstraints, model_validator

from dharma.options import Options
from dharma.values import Percent, Quantity

Address = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+$", max_length=255)]
"""Scheme, host and port of a server inside the cluster; plain http is usual there."""


class ServicesOptions(Options):
    """The golden path: everything a declared service needs to run, be reached, judged and watched."""

    chart: ClassVar[str] = "dharma.components.services.chart:Services"
    requires: ClassVar[tuple[str, ...]] = ("tenancy", "mesh", "rollouts", "prometheus-operator")

    prometheus: Address = "http://prometheus-operated.monitoring.svc.cluster.local:9090"
    """Where rollouts ask for the metrics that judge them."""
    grace_period: int = Field(default=30, ge=5, le=3600)
    """Seconds between the request to stop and the kill, draining included."""
    storage_grace_period: int = Field(default=120, ge=5, le=3600)
    """The same for services with storage, which write back what they hold."""
    drain: int = Field(default=5, ge=1, le=600)
    """Seconds a replica still serves after it was taken out of the load balancers."""
    min_ready: int = Field(default=10, ge=0, le=600)
    """Seconds a new replica must stay ready before it counts."""
    history: int = Field(default=3, ge=1, le=20)
    """How many former revisions are kept to go back to."""
    scratch: Quantity = "64Mi"
    """Size of /tmp, the only place that a container without storage may write to."""
    max_ejected: Percent = 50
    """Most replicas of a service, in percent, that callers leave out for their errors."""

    @model_validator(mode="after")
    def _drained_in_time(self) -> Self:
        if self.drain >= min(self.grace_period, self.storage_grace_period):
            raise ValueError("drain must be shorter than the grace periods")
        return self
