"""Options of component `prometheus-operator`."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from dharma.conventions import MONITORING_NAMESPACE
from dharma.options import Options, PlatformNamespace
from dharma.values import Quantity, Text


class PrometheusOperatorOptions(Options):
    """The Prometheus operator and its custom resource definitions; it runs no Prometheus by itself."""

    chart: ClassVar[str] = "dharma.components.prometheus_operator.chart:PrometheusOperator"
    requires: ClassVar[tuple[str, ...]] = ("tenancy",)
    brings: ClassVar[tuple[str, ...]] = ("monitoring.coreos.com",)

    crds_version: Text = "31.0.1"
    """Version of the chart prometheus-operator-crds."""
    version: Text = "88.5.3"
    """Version of the chart kube-prometheus-stack, of which only the operator is used."""
    memory: Quantity = "256Mi"
    """Memory that the operator requests and may use."""
    log_level: Text = Field(default="info", pattern=r"^(debug|info|warn|error)$")
    """What the operator logs."""

    def namespaces(self) -> tuple[PlatformNamespace, ...]:
        """Where everything that watches the platform runs."""
        return (PlatformNamespace(MONITORING_NAMESPACE),)
