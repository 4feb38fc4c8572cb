"""Component `rollouts`: Argo Rollouts from its official chart."""

from __future__ import annotations

from typing import Any

from dharma.component import Component, part
from dharma.components.rollouts.options import RolloutsOptions
from dharma.components.rollouts.signals import ALERTS, DASHBOARDS, METRICS
from dharma.conventions import MONITORING_NAMESPACE, SERVICE_MONITOR_LABEL, peer
from dharma.signals import Alert, Dashboard, Metric

NAMESPACE = "argo-rollouts"
APP = {"app.kubernetes.io/name": "argo-rollouts"}
METRICS_PORT = 8090
PROMETHEUS_PORT = 9090
KEPT = {"argocd.argoproj.io/sync-options": "Prune=false,Delete=false,ServerSideApply=true"}


class Rollouts(Component[RolloutsOptions]):
    """The controller of canary and blue/green deliveries, with its custom resource definitions."""

    name = "rollouts"

    def declare(self) -> None:
        """One upstream chart, its traffic, and its monitor where the operator is there to read it."""
        self.controller()
        self.traffic()
        if "prometheus-operator" in self.target.options:
            self.monitor()

    @part
    def controller(self) -> None:
        """The chart; the dashboard stays off, Argo CD shows rollouts."""
        self.release(
            "argo-rollouts",
            repository="https://argoproj.github.io/argo-helm",
            chart="argo-rollouts",
            version=self.options.version,
            namespace=NAMESPACE,
            values=self._values(),
        )

    @part
    def traffic(self) -> None:
        """Prometheus scrapes the controller; the controller asks Prometheus how a canary does."""
        scrape = {"from": [peer(MONITORING_NAMESPACE)], "ports": [{"protocol": "TCP", "port": METRICS_PORT}]}
        ask = {"to": [peer(MONITORING_NAMESPACE)], "ports": [{"protocol": "TCP", "port": PROMETHEUS_PORT}]}
        spec = {"podSelector": {"matchLabels": APP}, "policyTypes": ["Ingress", "Egress"]}
        rules = {"ingress": [scrape], "egress": [ask]}
        self.object(
            "networking.k8s.io/v1",
            "NetworkPolicy",
            "argo-rollouts",
            namespace=NAMESPACE,
            spec={**spec, **rules},
        )

    @part
    def monitor(self) -> None:
        """Metrics of the controller, phases of every rollout among them."""
        spec = {"selector": {"matchLabels": APP}, "endpoints": [{"port": "metrics", "interval": "30s"}]}
        self.object(
            "monitoring.coreos.com/v1",
            "ServiceMonitor",
            "argo-rollouts",
            namespace=NAMESPACE,
            labels=SERVICE_MONITOR_LABEL,
            spec=spec,
        )

    def alerts(self) -> tuple[Alert, ...]:
        """When deliveries stand still or go wrong."""
        return ALERTS

    def dashboards(self) -> tuple[Dashboard, ...]:
        """Deliveries under way."""
        return DASHBOARDS

    def metrics(self) -> tuple[Metric, ...]:
        """What the controller exports."""
        return METRICS

    def _values(self) -> dict[str, Any]:
        memory, replicas = self.options.memory, self.options.replicas
        controller: dict[str, Any] = {
            "replicas": replicas,
            "logging": {"format": "json"},
            "metrics": {"enabled": True},
            "pdb": {"enabled": replicas > 1, "maxUnavailable": 1},
            "resources": {"requests": {"cpu": "50m", "memory": memory}, "limits": {"memory": memory}},
        }
        if registry := self.target.registry:
            controller["image"] = {"registry": registry}
        return {
            "controller": controller,
            "dashboard": {"enabled": False},
            "crdAnnotations": KEPT,
            "podSecurityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            "providerRBAC": {"providers": {**dict.fromkeys(_OTHER_PROVIDERS, False), "istio": True}},
        }


_OTHER_PROVIDERS = (
    "ambassador",
    "apisix",
    "awsAppMesh",
    "awsLoadBalancerController",
    "contour",
    "gatewayAPI",
    "glooPlatform",
    "smi",
    "traefik",
)
"""Traffic routers that the chart would let the controller change; only the mesh is there."""
