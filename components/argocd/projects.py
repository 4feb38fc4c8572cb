"""Projects: what each tenant's Applications, and the platform's, may deliver, from where and to where."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dharma.component import Delivery, Draft
from dharma.components.argocd.applications import CLUSTER
from dharma.components.argocd.options import SyncWindow
from dharma.platform import SHIPPED, load
from dharma.tenant import Groups

PLATFORM = "platform-system"
"""Project of the platform's own Applications; a tenant may be called `platform`."""
CHART_KINDS = (
    ("", "Namespace"),
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"),
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
    ("rbac.authorization.k8s.io", "ClusterRole"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
    ("scheduling.k8s.io", "PriorityClass"),
)
"""Kinds without a namespace that upstream charts bring."""
SERVICE_KINDS = (
    ("", "Service"),
    ("", "ServiceAccount"),
    ("apps", "Deployment"),
    ("apps", "StatefulSet"),
    ("argoproj.io", "AnalysisTemplate"),
    ("argoproj.io", "Rollout"),
    ("autoscaling", "HorizontalPodAutoscaler"),
    ("monitoring.coreos.com", "ServiceMonitor"),
    ("networking.istio.io", "DestinationRule"),
    ("networking.istio.io", "ServiceEntry"),
    ("networking.istio.io", "VirtualService"),
    ("networking.k8s.io", "NetworkPolicy"),
    ("policy", "PodDisruptionBudget"),
    ("security.istio.io", "AuthorizationPolicy"),
)
"""Kinds that services may consist of; what a tenant may deliver does not change with a replica more."""
MADE_BY_OTHERS = ({"kind": "ConfigMap", "name": "istio-ca-root-cert"},)
"""What controllers put into every namespace and no Application holds."""

Spec = dict[str, Any]
Kind = tuple[str, str]


def tenant(name: str, groups: Groups, repository: str, kinds: Iterable[Kind], windows: list[Spec]) -> Spec:
    """A tenant's project: one repository, one namespace, nothing without a namespace."""
    return {
        "description": f"Services of tenant {name}.",
        "sourceRepos": [repository],
        "destinations": [{"server": CLUSTER, "namespace": name}],
        "clusterResourceWhitelist": [],
        "namespaceResourceWhitelist": _kinds({*SERVICE_KINDS, *kinds}),
        "orphanedResources": {"warn": True, "ignore": list(MADE_BY_OTHERS)},
        "roles": [_role(name, role, getattr(groups, role)) for role in ACTIONS if getattr(groups, role)],
        **({"syncWindows": windows} if windows else {}),
    }


def platform(repositories: Iterable[str], namespaces: Iterable[str], kinds: Iterable[Kind]) -> Spec:
    """The platform's project: the charts' repositories, the namespaces that are used, no roles."""
    return {
        "description": "What the platform consists of.",
        "sourceRepos": sorted(set(repositories)),
        "destinations": [{"server": CLUSTER, "namespace": name} for name in sorted(set(namespaces))],
        "clusterResourceWhitelist": _kinds({*kinds, *CHART_KINDS}),
        "orphanedResources": {"warn": False},
        "roles": [],
    }


ACTIONS = {
    "admin": ("get", "sync", "override", "action/argoproj.io/Rollout/*", "action/apps/*"),
    "developer": ("get", "sync", "action/argoproj.io/Rollout/*", "action/apps/Deployment/restart"),
    "viewer": ("get",),
}
"""What each of a tenant's roles may do with the tenant's Applications."""


def window(declared: SyncWindow) -> Spec:
    """A window that holds for every Application of the project."""
    return {
        "kind": declared.kind,
        "schedule": declared.schedule,
        "duration": declared.duration,
        "timeZone": declared.time_zone,
        "manualSync": declared.manual,
        "applications": ["*"],
    }


def kinds_of(drafts: Iterable[Draft]) -> set[Kind]:
    """API group and kind of each object that a tenant's Application may hold."""
    bodies = [draft.body for draft in drafts if draft.body]
    return {(body["apiVersion"].rpartition("/")[0], body["kind"]) for body in bodies}


def cluster_kinds(deliveries: Iterable[Delivery]) -> set[Kind]:
    """Kinds of the platform's own objects that are in no namespace."""
    several = list(deliveries)
    drafts = [draft.body for delivery in several for draft in delivery.drafts if draft.body]
    charted = [body for delivery in several for release in delivery.releases for body in release.objects]
    bodies = [body for body in (*drafts, *charted) if "namespace" not in body["metadata"]]
    return {(body["apiVersion"].rpartition("/")[0], body["kind"]) for body in bodies}


def shipped_namespaces() -> set[str]:
    """Namespaces of every shipped component, present or not.

    Argo CD leaves alone what a project does not permit: a component that goes would stay running if
    its namespace went from the project in the same commit.
    """
    options = (load(value) for value in SHIPPED.values())
    return {space.name for its in options for space in its.model_construct().namespaces()}


def _role(project: str, name: str, groups: tuple[str, ...]) -> Spec:
    subject = f"proj:{project}:{name}"
    policies = [f"p, {subject}, applications, {action}, {project}/*, allow" for action in ACTIONS[name]]
    policies.append(f"p, {subject}, logs, get, {project}/*, allow")
    return {"name": name, "groups": list(groups), "policies": policies}


def _kinds(kinds: Iterable[Kind]) -> list[Spec]:
    return [{"group": group, "kind": kind} for group, kind in sorted(set(kinds))]
