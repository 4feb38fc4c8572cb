"""Health: whether a live object does its work, by the terms and rules that Argo CD uses.

A custom resource without a rule of its own is judged by its conditions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Body = Mapping[str, Any]
State = Literal["Healthy", "Progressing", "Degraded", "Suspended"]


@dataclass(frozen=True, slots=True)
class Health:
    """A state and, unless it is Healthy, why."""

    state: State
    message: str = ""


HEALTHY = Health("Healthy")
_GOOD = frozenset({"Ready", "Available", "Established", "NamesAccepted", "Accepted", "Programmed", "Healthy"})
_BAD = frozenset({"Degraded", "Failed", "Stalled", "ReplicaFailure"})


def health(body: Body) -> Health:
    """How an object fares; what has no status to speak of is Healthy."""
    if body["metadata"].get("deletionTimestamp"):
        return Health("Progressing", "is being deleted")
    status = body.get("status") or {}
    rule = _RULES.get((body["apiVersion"].rpartition("/")[0], body["kind"]), _by_conditions)
    return rule(body, status)


def _conditions(status: Body) -> Iterator[tuple[str, str, str]]:
    """Type, status and explanation of each condition."""
    for one in status.get("conditions") or ():
        if isinstance(one, dict) and "type" in one:
            said = one.get("message") or one.get("reason") or ""
            yield str(one["type"]), str(one.get("status", "")), f"{one['type']}: {said}".rstrip(": ")


def _by_conditions(_: Body, status: Body) -> Health:
    for kind, value, said in _conditions(status):
        if (kind in _GOOD and value == "False") or (kind in _BAD and value == "True"):
            return Health("Degraded", said)
        if kind in _GOOD and value == "Unknown":
            return Health("Progressing", said)
    return HEALTHY


def _seen(body: Body, status: Body) -> bool:
    """Whether the controller has looked at the object as it is now."""
    return int(status.get("observedGeneration") or 0) >= int(body["metadata"].get("generation") or 0)


def _counted(wanted: int, updated: int, ready: int) -> Health:
    if updated < wanted:
        return Health("Progressing", f"{updated} of {wanted} replicas are updated")
    if ready < wanted:
        return Health("Progressing", f"{ready} of {wanted} replicas are ready")
    return HEALTHY


def _deployment(body: Body, status: Body) -> Health:
    spec = body.get("spec") or {}
    if spec.get("paused"):
        return Health("Suspended", "is paused")
    for kind, value, said in _conditions(status):
        if kind == "ReplicaFailure" and value == "True":
            return Health("Degraded", said)
        if kind == "Progressing" and value == "False":
            return Health("Degraded", said)
    if not _seen(body, status):
        return Health("Progressing", "the change was not seen yet")
    wanted = int(spec.get("replicas", 1))
    found = _counted(wanted, status.get("updatedReplicas") or 0, status.get("availableReplicas") or 0)
    if found == HEALTHY and (left := (status.get("replicas") or 0) - wanted) > 0:
        return Health("Progressing", f"{left} old replicas are still there")
    return found


def _stateful_set(body: Body, status: Body) -> Health:
    spec = body.get("spec") or {}
    if not _seen(body, status):
        return Health("Progressing", "the change was not seen yet")
    wanted = int(spec.get("replicas", 1))
    strategy = spec.get("updateStrategy") or {}
    kept = int((strategy.get("rollingUpdate") or {}).get("partition") or 0)
    current = strategy.get("type") == "OnDelete" or status.get("updateRevision") == status.get(
        "currentRevision"
    )
    updated = wanted if current else (status.get("updatedReplicas") or 0) + kept
    return _counted(wanted, updated, status.get("readyReplicas") or 0)


def _daemon_set(body: Body, status: Body) -> Health:
    if not _seen(body, status):
        return Health("Progressing", "the change was not seen yet")
    wanted = status.get("desiredNumberScheduled") or 0
    rolling = ((body.get("spec") or {}).get("updateStrategy") or {}).get("type") != "OnDelete"
    updated = (status.get("updatedNumberScheduled") or 0) if rolling else wanted
    return _counted(wanted, updated, status.get("numberAvailable") or 0)


def _job(_: Body, status: Body) -> Health:
    for kind, value, said in _conditions(status):
        if value == "True" and kind in {"Failed", "Complete", "Suspended"}:
            states: dict[str, Health] = {"Complete": HEALTHY, "Suspended": Health("Suspended", said)}
            return states.get(kind, Health("Degraded", said))
    return Health("Progressing", "has not finished")


def _claim(_: Body, status: Body) -> Health:
    phase = status.get("phase", "Pending")
    states: dict[str, Health] = {"Bound": HEALTHY, "Lost": Health("Degraded", "its volume is lost")}
    return states.get(phase, Health("Progressing", "has no volume yet"))


def _service(body: Body, status: Body) -> Health:
    balanced = (body.get("spec") or {}).get("type") == "LoadBalancer"
    if balanced and not (status.get("loadBalancer") or {}).get("ingress"):
        return Health("Progressing", "has no address of a load balancer yet")
    return HEALTHY


def _pod(_: Body, status: Body) -> Health:
    phase = status.get("phase", "Pending")
    every = [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]
    for one in every:
        waiting = (one.get("state") or {}).get("waiting") or {}
        if waiting.get("reason", "").endswith(("Error", "BackOff")):
            return Health("Degraded", f"{one['name']}: {waiting['reason']}")
    if phase in {"Failed", "Unknown"}:
        return Health("Degraded", status.get("message") or phase)
    ready = any(kind == "Ready" and value == "True" for kind, value, _ in _conditions(status))
    if phase == "Succeeded" or (phase == "Running" and ready):
        return HEALTHY
    return Health("Progressing", f"is {phase}, not ready" if phase == "Running" else f"is {phase}")


def _namespace(_: Body, status: Body) -> Health:
    ending = status.get("phase") == "Terminating"
    return Health("Progressing", "is being deleted") if ending else HEALTHY


def _application(body: Body, _: Body) -> Health:
    from dharma.delivery.argocd import status_of

    found = status_of(body)
    if found.ready:
        return HEALTHY
    state: State = (
        "Degraded" if found.health == "Degraded" or found.phase in {"Failed", "Error"} else "Progressing"
    )
    return Health(state, f"{found.sync}, {found.health} {found.message}".strip())


def _rollout(body: Body, status: Body) -> Health:
    spec, phase = body.get("spec") or {}, status.get("phase", "")
    if phase == "Degraded":
        return Health("Degraded", status.get("message") or phase)
    if phase == "Paused" or spec.get("paused"):
        return Health("Suspended", status.get("message") or "is paused")
    return (
        HEALTHY
        if phase == "Healthy"
        else Health("Progressing", status.get("message") or "is not rolled out yet")
    )


_RULES: Mapping[tuple[str, str], Callable[[Body, Body], Health]] = {
    ("", "Namespace"): _namespace,
    ("", "PersistentVolumeClaim"): _claim,
    ("", "Pod"): _pod,
    ("", "Service"): _service,
    ("apps", "DaemonSet"): _daemon_set,
    ("apps", "Deployment"): _deployment,
    ("apps", "StatefulSet"): _stateful_set,
    ("argoproj.io", "Application"): _application,
    ("argoproj.io", "Rollout"): _rollout,
    ("batch", "Job"): _job,
}
