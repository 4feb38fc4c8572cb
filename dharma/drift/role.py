"""Role: the least that a verification of a target needs, as objects to apply.

A dry run asks for `patch`, which alone would also let its holder change things. So an admission policy
comes with it: what this account sends must be a dry run. Roles and bindings can only be tried by who
has their permissions; they are compared locally, as everything is where `patch` is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from dharma.conventions import ARGOCD_NAMESPACE
from dharma.manifest import Manifest

NAME = "dharma-verify"
LABELS = {"app.kubernetes.io/part-of": "dharma"}

_RBAC = "rbac.authorization.k8s.io"
_ADMISSION = "admissionregistration.k8s.io/v1"

Plural = Callable[[str, str], str | None]
"""Finds a kind's plural by version and kind."""


def role(
    manifests: Iterable[Manifest],
    *,
    namespace: str = ARGOCD_NAMESPACE,
    patch: bool = True,
    plural: Plural = lambda *_: None,
) -> list[dict[str, Any]]:
    """Service account, role and binding and, with `patch`, the policy that holds it to dry runs."""
    kinds = sorted({(one.group, one.kind, one.api_version) for one in manifests})
    groups: dict[str, list[str]] = {}
    for group, kind, version in kinds:
        resource = plural(version, kind) or guessed(kind)
        if resource not in groups.setdefault(group, []):
            groups[group].append(resource)
    account = {"kind": "ServiceAccount", "name": NAME, "namespace": namespace}
    objects = [
        _object("v1", "ServiceAccount", namespace),
        _object(f"{_RBAC}/v1", "ClusterRole", rules=list(_rules(groups, patch=patch))),
        _object(
            f"{_RBAC}/v1",
            "ClusterRoleBinding",
            roleRef={"apiGroup": _RBAC, "kind": "ClusterRole", "name": NAME},
            subjects=[account],
        ),
    ]
    return [*objects, *_only_dry_runs(namespace)] if patch else objects


def guessed(kind: str) -> str:
    """The plural by which the API machinery's rules name a kind, such as networkpolicies."""
    name = kind.lower()
    if name == "endpoints":
        return name
    if name.endswith(("s", "x", "ch", "sh")):
        return f"{name}es"
    if name.endswith("y") and name[-2:-1] not in "aeiou":
        return f"{name[:-1]}ies"
    return f"{name}s"


def _rules(groups: Mapping[str, list[str]], *, patch: bool) -> Iterable[dict[str, Any]]:
    for group, resources in groups.items():
        verbs = ["get", "list", "patch"] if patch and group != _RBAC else ["get", "list"]
        yield {"apiGroups": [group], "resources": sorted(resources), "verbs": verbs}


def _object(version: str, kind: str, namespace: str = "", **fields: Any) -> dict[str, Any]:
    place = {"namespace": namespace} if namespace else {}
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": NAME, **place, "labels": LABELS},
        **fields,
    }


def _only_dry_runs(namespace: str) -> list[dict[str, Any]]:
    user = f"system:serviceaccount:{namespace}:{NAME}"
    everything = {
        "apiGroups": ["*"],
        "apiVersions": ["*"],
        "operations": ["CREATE", "UPDATE", "DELETE"],
        "resources": ["*"],
    }
    spec = {
        "failurePolicy": "Fail",
        "matchConstraints": {"resourceRules": [everything]},
        "matchConditions": [{"name": "verifier", "expression": f"request.userInfo.username == '{user}'"}],
        "validations": [
            {"expression": "request.dryRun == true", "message": f"{NAME} changes nothing: only dry runs"}
        ],
    }
    bound = {"policyName": NAME, "validationActions": ["Deny"]}
    return [
        _object(_ADMISSION, "ValidatingAdmissionPolicy", spec=spec),
        _object(_ADMISSION, "ValidatingAdmissionPolicyBinding", spec=bound),
    ]
