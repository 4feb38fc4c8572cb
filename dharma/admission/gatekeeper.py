"""Gatekeeper: everything that Gatekeeper needs to hold one target to the rules.

Rules that name Pod name the workloads of Kubernetes and Argo too, and judge them by the template in
them. An ExpansionTemplate is written for what makes pods and is named by no such rule: the finding
comes with the workload, not only with its pods, and comes once. Expanding a Deployment as well would
say every finding about its pods twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dharma.admission.constraint import PODS, constraint
from dharma.admission.reach import Reach, reaches
from dharma.admission.template import admitted, template
from dharma.policy.enforcement import Enforcement
from dharma.policy.rule import Rule, RuleSet
from dharma.policy.waiver import Waiver

_MAKERS = {
    ("apps", "v1", "DaemonSet"): "spec.template",
    ("apps", "v1", "Deployment"): "spec.template",
    ("apps", "v1", "ReplicaSet"): "spec.template",
    ("apps", "v1", "StatefulSet"): "spec.template",
    ("batch", "v1", "CronJob"): "spec.jobTemplate.spec.template",
    ("batch", "v1", "Job"): "spec.template",
    ("", "v1", "ReplicationController"): "spec.template",
}
"""What makes pods, and where in it their template stands."""


def objects(
    rules: RuleSet, facts: Mapping[str, Any], enforcement: Enforcement, waivers: Sequence[Waiver]
) -> tuple[dict[str, Any], ...]:
    """ConstraintTemplates, ExpansionTemplates and Constraints of the target, in this order."""
    several = admitted(rules)
    target = str(facts["name"])
    constraints = [
        constraint(rule, facts, enforcement.level(rule.id, rule.metadata.severity, target), waivers)
        for rule in several
    ]
    return (*(template(rule, rules) for rule in several), *expansions(several), *constraints)


def expansions(rules: Iterable[Rule]) -> list[dict[str, Any]]:
    """ExpansionTemplates for what makes pods and no rule about pods names."""
    about = [reach for reach in map(reaches, rules) if PODS in reach]
    named = {one for reach in about for one in reach}
    return [
        _expansion(group, version, kind, place)
        for (group, version, kind), place in _MAKERS.items()
        if about and not named & {Reach("*", kind), Reach(group, kind)}
    ]


def _expansion(group: str, version: str, kind: str, place: str) -> dict[str, Any]:
    return {
        "apiVersion": "expansion.gatekeeper.sh/v1beta1",
        "kind": "ExpansionTemplate",
        "metadata": {"name": f"dharma-{kind.lower()}"},
        "spec": {
            "applyTo": [{"groups": [group], "versions": [version], "kinds": [kind]}],
            "templateSource": place,
            "generatedGVK": {"group": "", "version": "v1", "kind": "Pod"},
        },
    }
