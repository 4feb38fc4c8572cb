"""Constraint: a rule at work in one target (constraints.gatekeeper.sh/v1beta1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dharma.admission.exemption import exemptions
from dharma.admission.reach import Reach, kinds, reaches
from dharma.admission.template import kind_of, labels, notes
from dharma.policy.finding import Level
from dharma.policy.rule import Rule
from dharma.policy.waiver import Waiver

API_VERSION = "constraints.gatekeeper.sh/v1beta1"
ACTIONS: Mapping[Level, str] = {"deny": "deny", "warn": "warn", "audit": "dryrun"}
PODS = Reach("*", "Pod")


def constraint(
    rule: Rule, facts: Mapping[str, Any], level: Level, waivers: Sequence[Waiver]
) -> dict[str, Any]:
    """The Constraint of a rule in the target of `facts`, as grave as `level`.

    Pods that a workload would make are judged by rules that name Pod, and by no other.
    """
    excused = exemptions(rule, str(facts["name"]), waivers)
    reach = reaches(rule)
    return {
        "apiVersion": API_VERSION,
        "kind": kind_of(rule),
        "metadata": {
            "name": rule.id.replace("/", "-"),
            "labels": labels(rule),
            "annotations": {
                # The kind is not known until Gatekeeper has read the template.
                "argocd.argoproj.io/sync-options": "SkipDryRunOnMissingResource=true",
                **notes(rule),
            },
        },
        "spec": {
            "enforcementAction": ACTIONS[level],
            "match": {"kinds": kinds(reach), "source": "All" if PODS in reach else "Original"},
            "parameters": {
                "target": dict(facts),
                **({"waivers": [one.parameter for one in excused]} if excused else {}),
            },
        },
    }
