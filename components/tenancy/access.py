"""Who may do what in a tenant's namespace and on the platform, as RBAC rules; none has a wildcard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Rule = Mapping[str, Any]

READ = ("get", "list", "watch")
WRITE = ("create", "update", "patch", "delete")

_CORE = (
    "configmaps",
    "endpoints",
    "events",
    "limitranges",
    "persistentvolumeclaims",
    "pods",
    "pods/log",
    "replicationcontrollers",
    "resourcequotas",
    "serviceaccounts",
    "services",
)
_WORKLOADS = {
    "apps": ("controllerrevisions", "daemonsets", "deployments", "replicasets", "statefulsets"),
    "autoscaling": ("horizontalpodautoscalers",),
    "batch": ("cronjobs", "jobs"),
    "policy": ("poddisruptionbudgets",),
    "argoproj.io": ("analysisruns", "analysistemplates", "experiments", "rollouts"),
}
_SURROUNDINGS = {
    "discovery.k8s.io": ("endpointslices",),
    "networking.k8s.io": ("ingresses", "networkpolicies"),
    "networking.istio.io": ("destinationrules", "gateways", "serviceentries", "sidecars", "virtualservices"),
    "security.istio.io": ("authorizationpolicies", "peerauthentications", "requestauthentications"),
    "telemetry.istio.io": ("telemetries",),
    "monitoring.coreos.com": ("podmonitors", "prometheusrules", "servicemonitors"),
}
_CLUSTER = {
    "": ("namespaces", "nodes", "persistentvolumes"),
    "storage.k8s.io": ("csidrivers", "csinodes", "storageclasses", "volumeattachments"),
    "apiextensions.k8s.io": ("customresourcedefinitions",),
    "admissionregistration.k8s.io": ("mutatingwebhookconfigurations", "validatingwebhookconfigurations"),
    "rbac.authorization.k8s.io": ("clusterrolebindings", "clusterroles", "rolebindings", "roles"),
    "scheduling.k8s.io": ("priorityclasses",),
    "argoproj.io": ("applications", "appprojects"),
}


def viewer() -> list[Rule]:
    """Reads everything of a namespace but secrets."""
    return [_rule([""], _CORE, READ), *_rules({**_WORKLOADS, **_SURROUNDINGS}, READ)]


def developer() -> list[Rule]:
    """Reads as a viewer does, restarts workloads and moves rollouts on; reads no secrets."""
    return [
        *viewer(),
        _rule([""], ["pods"], ["delete"]),
        _rule(["apps"], ["deployments", "statefulsets"], ["patch"]),
        _rule(["argoproj.io"], ["rollouts", "rollouts/status"], ["patch"]),
        _rule([""], ["pods/portforward"], ["create"]),
    ]


def admin(*, with_shell: bool) -> list[Rule]:
    """Changes workloads, configuration and secrets; limits, policies and roles stay the platform's."""
    owned = ["configmaps", "persistentvolumeclaims", "pods", "secrets", "serviceaccounts", "services"]
    rules = [
        *developer(),
        _rule([""], ["secrets"], READ),
        _rule([""], owned, WRITE),
        _rule([""], ["pods/eviction"], ["create"]),
        *_rules(_WORKLOADS, WRITE),
    ]
    return [*rules, _rule([""], ["pods/exec"], ["create"])] if with_shell else rules


def operator() -> list[Rule]:
    """Reads what belongs to no namespace, drains nodes, restarts pods and syncs Applications."""
    return [
        *_rules(_CLUSTER, READ),
        _rule([""], ["nodes"], ["patch"]),
        _rule([""], ["pods"], ["delete"]),
        _rule([""], ["pods/eviction"], ["create"]),
        _rule(["apps"], ["daemonsets", "deployments", "statefulsets"], ["patch"]),
        _rule(["argoproj.io"], ["applications", "rollouts", "rollouts/status"], ["patch"]),
        *_rules(_SURROUNDINGS, READ),
    ]


def groups(names: Iterable[str]) -> list[dict[str, str]]:
    """Subjects of a binding: groups of the identity provider."""
    return [{"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": name} for name in names]


def role(kind: str, name: str) -> dict[str, str]:
    """The roleRef of a binding."""
    return {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name}


def _rules(resources: Mapping[str, Sequence[str]], verbs: Sequence[str]) -> list[Rule]:
    return [_rule([group], names, verbs) for group, names in resources.items()]


def _rule(groups: Sequence[str], resources: Sequence[str], verbs: Sequence[str]) -> Rule:
    return {"apiGroups": list(groups), "resources": list(resources), "verbs": list(verbs)}
