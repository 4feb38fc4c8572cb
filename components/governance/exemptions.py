"""Exemptions: which requests are not held up, told to the API server in CEL.

They keep a cluster able to mend itself while Gatekeeper is away, and let through what follows from an
object that was judged already.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dharma.conventions import ARGOCD_NAMESPACE, GOVERNANCE_NAMESPACE

SYSTEM_NAMESPACES = ("kube-node-lease", "kube-public", "kube-system")
UNTOUCHED = (*SYSTEM_NAMESPACES, GOVERNANCE_NAMESPACE)
"""What the cluster, and Gatekeeper, cannot start without; nobody audits it against the platform's rules."""
DELIVERER = f"system:serviceaccount:{ARGOCD_NAMESPACE}:argocd-application-controller"
_CONTROL_PLANE = ("system:apiserver", "system:kube-controller-manager", "system:kube-scheduler")
_MACHINES = ("system:bootstrappers", "system:nodes", "system:serviceaccounts:kube-system")

Condition = dict[str, str]


def unjudged(exempt: Iterable[str]) -> tuple[str, ...]:
    """Namespaces for which the webhook is not called; Argo CD's, so that it can take a change back."""
    return tuple(sorted({*UNTOUCHED, ARGOCD_NAMESPACE, *exempt}))


def conditions(platform: Sequence[str], *, seen: bool) -> list[Condition]:
    """All must hold for a request to be judged; `platform` are the platform's namespaces.

    Unless `seen`, Argo CD renders the upstream charts and the gate has not judged what they consist of.
    """
    found = [
        _condition(
            "no-machine", _no_group(_MACHINES), f"!(request.userInfo.username in {_list(_CONTROL_PLANE)})"
        ),
        _condition("no-controller", _no_group(_accounts(platform))),
        _condition("no-traffic", _traffic()),
    ]
    if not seen:
        found.append(_condition("no-upstream-chart", _unseen(platform)))
    return found


def _accounts(platform: Iterable[str]) -> list[str]:
    """Groups of the platform's own controllers; Argo CD brings tenants' objects and is not among them."""
    return [f"system:serviceaccounts:{name}" for name in platform if name != ARGOCD_NAMESPACE]


def _no_group(groups: Iterable[str]) -> str:
    return f"!request.userInfo.groups.exists(group, group in {_list(groups)})"


def _traffic() -> str:
    """Heartbeats, events and questions about rights, without which a cluster stands still."""
    groups = _list(("authentication.k8s.io", "authorization.k8s.io", "coordination.k8s.io", "events.k8s.io"))
    return f"!(request.resource.group in {groups} || request.resource.resource == 'events')"


def _unseen(platform: Iterable[str]) -> str:
    places = _list(["", *platform])
    return f"!(request.userInfo.username == '{DELIVERER}' && request.namespace in {places})"


def _condition(name: str, *parts: str) -> Condition:
    return {"name": name, "expression": " && ".join(parts)}


def _list(names: Iterable[str]) -> str:
    return f"[{', '.join(repr(name) for name in names)}]"
