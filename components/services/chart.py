"""Component `services`: what twenty to thirty declared lines of a service become."""

from __future__ import annotations

from dharma.component import Component, Draft
from dharma.components.services import access, delivery, signals, traffic, workload
from dharma.components.services.identity import Variant, variants
from dharma.components.services.options import ServicesOptions
from dharma.declared import unobserved
from dharma.service import External
from dharma.signals import Alert, Dashboard, Metric


class Services(Component[ServicesOptions]):
    """The golden path of every service of the target, each in its tenant's namespace and unit.

    Everything that can be is asked for; each part knows whether a service has it.
    """

    name = "services"

    def declare(self) -> None:
        """Every service; nothing while the component is retiring."""
        if self.options.state == "retiring":
            return
        stability = [delivery.stability(self, tenant) for tenant in delivery.rolling_tenants(self)]
        for name in self.target.services:
            self._guarded(name)
            routes = self._reachable(name)
            self._running(name, [*stability, *routes])

    def _guarded(self, name: str) -> None:
        workload.service_account(self, name)
        access.authorization_policy(self, name)
        access.network_policy(self, name)
        for external in self._externals(name):
            access.service_entry(self, name, external)

    def _reachable(self, name: str) -> list[Draft]:
        """Services and routes; a rollout is refused as long as those it moves are not there."""
        suffixes = ("", traffic.STABLE, traffic.CANARY, traffic.PREVIEW, traffic.HEADLESS)
        services = [traffic.service(self, name, suffix) for suffix in suffixes]
        for suffix in ("", traffic.STABLE, traffic.CANARY):
            traffic.destination_rule(self, name, suffix)
        traffic.service_monitor(self, name)
        routed = traffic.virtual_service(self, name)
        return [draft for draft in (*services, routed) if draft is not None]

    def _running(self, name: str, routes: list[Draft]) -> None:
        workload.stateful_set(self, name)
        judge = delivery.analysis_template(self, name)
        rollout = delivery.rollout(self, name)
        if rollout is not None:
            rollout.after(*routes, *([judge] if judge else []))
        for variant in self._variants(name):
            workload.deployment(self, name, variant)
            scaled = workload.autoscaler(self, name, variant)
            if scaled is not None and rollout is not None:
                scaled.after(rollout)
            workload.disruption_budget(self, name, variant)

    def _variants(self, name: str) -> list[Variant]:
        with unobserved():
            return list(variants(name, self.target.services[name]))

    def _externals(self, name: str) -> tuple[External, ...]:
        with unobserved():
            return self.target.services[name].external

    def metrics(self) -> tuple[Metric, ...]:
        """What the mesh counts for every service."""
        return signals.metrics()

    def alerts(self) -> tuple[Alert, ...]:
        """Errors, slowness, crashes, replicas that are not ready, autoscalers at their end."""
        return signals.alerts(sorted(self.target.tenants))

    def dashboards(self) -> tuple[Dashboard, ...]:
        """Rate, errors, duration and replicas."""
        return signals.dashboards(sorted(self.target.tenants))
