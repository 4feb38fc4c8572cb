"""Component `governance`: the rules, held where objects are admitted and audited where they run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from dharma.admission import gatekeeper
from dharma.admission.template import reads_target
from dharma.component import Component, Draft, part
from dharma.components.governance import exemptions, system
from dharma.components.governance.options import GovernanceOptions
from dharma.components.governance.signals import ALERTS, DASHBOARDS, METRICS
from dharma.conventions import GOVERNANCE_NAMESPACE, MONITORING_NAMESPACE, SERVICE_MONITOR_LABEL, peer
from dharma.declared import reading
from dharma.layer import Path
from dharma.policy.enforcement import Enforcement, Setting
from dharma.policy.fleet import stated
from dharma.policy.rule import Rule
from dharma.signals import Alert, Dashboard, Metric

Json = dict[str, Any]
Value = TypeVar("Value")


class Governance(Component[GovernanceOptions]):
    """Gatekeeper, and what it holds this cluster to."""

    name = "governance"

    def declare(self) -> None:
        """Gatekeeper, then templates before their constraints."""
        self.rules = {rule.id: rule for rule in self.law.rules.objects}
        self.facts, self.told = _observed(lambda: stated(self.target))
        self.levels, self.graded = _observed(self._enforcement)
        self.controller()
        self.traffic()
        self.monitor()
        self.limits()
        self.constraints()

    @part
    def controller(self) -> None:
        """Gatekeeper with its definitions, from its official chart."""
        exempt = exemptions.unjudged(self.options.exempt_namespaces)
        self.release(
            "gatekeeper",
            repository="https://open-policy-agent.github.io/gatekeeper/charts",
            chart="gatekeeper",
            version=self.options.version,
            namespace=GOVERNANCE_NAMESPACE,
            values=system.values(self.options, exempt, self._conditions(), self.target.registry),
            owned=system.OWNED,
        )

    @part
    def traffic(self) -> None:
        """The API server reaches the webhook, Prometheus the metrics."""
        network = self.target.cluster.network
        spec = system.traffic(network.api_server, network.nodes, peer(MONITORING_NAMESPACE))
        self.object(
            "networking.k8s.io/v1", "NetworkPolicy", "gatekeeper", namespace=GOVERNANCE_NAMESPACE, spec=spec
        )

    @part
    def monitor(self) -> None:
        """Prometheus scrapes webhook and audit, which no Service names."""
        selector = {"matchLabels": {"gatekeeper.sh/system": "yes"}}
        self.object(
            "monitoring.coreos.com/v1",
            "PodMonitor",
            "gatekeeper",
            namespace=GOVERNANCE_NAMESPACE,
            labels=SERVICE_MONITOR_LABEL,
            spec={"selector": selector, "podMetricsEndpoints": [{"port": "metrics", "interval": "30s"}]},
        )

    @part
    def limits(self) -> None:
        """What Gatekeeper neither judges nor audits; the platform's own namespaces are audited."""
        exempt = sorted({*exemptions.UNTOUCHED, *self.options.exempt_namespaces})
        spec = {"match": [{"excludedNamespaces": exempt, "processes": ["*"]}]}
        self.object(
            "config.gatekeeper.sh/v1alpha1", "Config", "config", namespace=GOVERNANCE_NAMESPACE, spec=spec
        )

    def constraints(self) -> None:
        """Templates, what is judged with a workload, and each rule at work in this target."""
        templates: dict[str, Draft] = {}
        for body in gatekeeper.objects(self.law.rules, self.facts, self.levels, self.law.waivers):
            kind = body["kind"]
            if kind == "ConstraintTemplate":
                templates[body["spec"]["crd"]["spec"]["names"]["kind"]] = self._ruled(body, "templates")
            elif kind == "ExpansionTemplate":
                self.expanded(body)
            else:
                self._constraint(body).after(templates[kind])

    @part
    def expanded(self, body: Json) -> None:
        """What a workload would make is judged with it."""
        if self.options.expansion:
            self._ruled(body, "expansion")

    def _constraint(self, body: Json) -> Draft:
        """A rule that does not ask for the target's facts is not told them."""
        spec = body["spec"]
        if not self._asks(body):
            parameters = {name: value for name, value in spec["parameters"].items() if name != "target"}
            spec = {**spec, "parameters": parameters}
        return self._ruled({**body, "spec": spec}, "constraints", self._rests(body))

    def _ruled(self, body: Json, folder: str, reads: frozenset[Path] = frozenset()) -> Draft:
        """An object that was compiled from a rule."""
        head = body["metadata"]
        rule = self._rule(body)
        return self.object(
            body["apiVersion"],
            body["kind"],
            head["name"],
            labels=head.get("labels"),
            annotations=head.get("annotations"),
            folder=folder,
            reads=reads,
            origins=self.law.origins(rule) if rule else frozenset(),
            spec=body["spec"],
        )

    def _asks(self, body: Json) -> bool:
        rule = self._rule(body)
        return rule is None or reads_target(rule, self.law.rules)

    def _rests(self, body: Json) -> frozenset[Path]:
        """What of the declarations decides about a rule at work: its level, and facts that it asks for."""
        return self.graded | self.told if self._asks(body) else self.graded

    def _rule(self, body: Json) -> Rule | None:
        return self.rules.get(body["metadata"].get("annotations", {}).get("dharma.dev/rule", ""))

    def _enforcement(self) -> Enforcement:
        """The levels; in an audit nothing is graver than that."""
        if self.options.mode == "enforce":
            return self.law.enforcement
        return Enforcement(enforcement={name: Setting(level="audit") for name in self.rules})

    def _conditions(self) -> list[exemptions.Condition]:
        platform = sorted({space.name for several in self.target.namespaces().values() for space in several})
        return exemptions.conditions(platform, seen=self.target.charts == "inflate")

    def alerts(self) -> tuple[Alert, ...]:
        """When rules are not held, or not held in time."""
        return ALERTS

    def dashboards(self) -> tuple[Dashboard, ...]:
        """What is refused, what runs against the rules, how long it takes."""
        return DASHBOARDS

    def metrics(self) -> tuple[Metric, ...]:
        """What Gatekeeper exports."""
        return METRICS


def _observed(read: Callable[[], Value]) -> tuple[Value, frozenset[Path]]:
    """A value, and what was read for it; that counts only for objects that are said to rest on it."""
    with reading(set()) as reads:
        return read(), frozenset(reads)
