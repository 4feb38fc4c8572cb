"""Component `prometheus-operator`: Prometheus operator and definitions from their official charts."""

from __future__ import annotations

from typing import Any

from dharma.component import Component, part
from dharma.components.prometheus_operator.options import PrometheusOperatorOptions
from dharma.components.prometheus_operator.signals import ALERTS, DASHBOARDS, METRICS
from dharma.conventions import MONITORING_NAMESPACE, SERVICE_MONITOR_LABEL
from dharma.signals import Alert, Dashboard, Metric

REPOSITORY = "https://prometheus-community.github.io/helm-charts"
ADMISSION = "admissionregistration.k8s.io"
OWNED = tuple(
    (ADMISSION, f"{kind}WebhookConfiguration", f"/webhooks/{position}/{field}")
    for kind, count in (("Mutating", 1), ("Validating", 2))
    for position in range(count)
    for field in ("clientConfig/caBundle", "failurePolicy")
)
"""The chart's job writes these once it has made the webhook's certificate."""
OFF: dict[str, Any] = {
    name: {"enabled": False}
    for name in (
        "alertmanager",
        "coreDns",
        "crds",
        "grafana",
        "kubeApiServer",
        "kubeControllerManager",
        "kubeDns",
        "kubeEtcd",
        "kubeProxy",
        "kubeScheduler",
        "kubeStateMetrics",
        "kubelet",
        "kubernetesServiceMonitors",
        "nodeExporter",
        "prometheus",
        "thanosRuler",
        "windowsMonitoring",
    )
} | {"defaultRules": {"create": False}}
"""Everything of kube-prometheus-stack but the operator."""


class PrometheusOperator(Component[PrometheusOperatorOptions]):
    """The definitions as a release of their own, then the operator that acts on them."""

    name = "prometheus-operator"

    def declare(self) -> None:
        """Two upstream charts."""
        self.definitions()
        self.operator()

    @part
    def definitions(self) -> None:
        """The custom resource definitions, which outlive the operator."""
        self.release(
            "prometheus-operator-crds",
            repository=REPOSITORY,
            chart="prometheus-operator-crds",
            version=self.options.crds_version,
            namespace=MONITORING_NAMESPACE,
            crds=True,
        )

    @part
    def operator(self) -> None:
        """The operator with its admission webhook."""
        self.release(
            "prometheus-operator",
            repository=REPOSITORY,
            chart="kube-prometheus-stack",
            version=self.options.version,
            namespace=MONITORING_NAMESPACE,
            values={**OFF, "prometheusOperator": self._values(), **self._mirror()},
            owned=OWNED,
        )

    def alerts(self) -> tuple[Alert, ...]:
        """When monitors and rules no longer reach Prometheus."""
        return ALERTS

    def dashboards(self) -> tuple[Dashboard, ...]:
        """What the operator is busy with."""
        return DASHBOARDS

    def metrics(self) -> tuple[Metric, ...]:
        """What the operator exports."""
        return METRICS

    def _values(self) -> dict[str, Any]:
        memory = self.options.memory
        small = {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "64Mi"}}
        return {
            "resources": {"requests": {"cpu": "50m", "memory": memory}, "limits": {"memory": memory}},
            "logLevel": self.options.log_level,
            "logFormat": "json",
            "kubeletService": {"enabled": False},
            "kubeletEndpointsEnabled": False,
            "admissionWebhooks": {"failurePolicy": "Fail", "patch": {"resources": small}},
            "prometheusConfigReloader": {"resources": small},
            "serviceMonitor": {"selfMonitor": True, "additionalLabels": SERVICE_MONITOR_LABEL},
        }

    def _mirror(self) -> dict[str, Any]:
        registry = self.target.registry
        return {"global": {"imageRegistry": registry}} if registry else {}
