"""What Argo CD says of a target's Applications, read from their status.

Argo CD lets an Application be Healthy while its last sync failed (argo-cd#25962) and keeps an old
verdict until it compares again; neither counts here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dharma.conventions import ARGOCD_NAMESPACE

if TYPE_CHECKING:
    from dharma.cluster import Cluster

API = "argoproj.io/v1alpha1"
SYNCED, HEALTHY, SUCCEEDED, PROGRESSING = "Synced", "Healthy", "Succeeded", "Progressing"
UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class ApplicationStatus:
    """One Application: `health` is Healthy only when it is synced and its last operation succeeded.

    `phase` is that operation's, empty when none was needed; `revision` is the commit, or the chart's
    version, that was compared; `message` says what is wrong, empty when nothing is.
    """

    name: str
    sync: str
    health: str
    phase: str
    revision: str
    message: str

    @property
    def ready(self) -> bool:
        """Whether it is what Git says, and works."""
        return self.sync == SYNCED and self.health == HEALTHY


def statuses(cluster: Cluster, namespace: str = ARGOCD_NAMESPACE) -> tuple[ApplicationStatus, ...]:
    """Every Application of a namespace, by name; ToolError when the cluster cannot be asked."""
    found = [status_of(body) for body in cluster.list(API, "Application", namespace)]
    return tuple(sorted(found, key=lambda status: status.name))


def status_of(application: Mapping[str, Any]) -> ApplicationStatus:
    """The status of one Application as the API server returns it."""
    status = application.get("status") or {}
    compared = status.get("sync") or {}
    phase = (status.get("operationState") or {}).get("phase", "")
    sync = compared.get("status", UNKNOWN) if _current(application, compared) else UNKNOWN
    health = (status.get("health") or {}).get("status", UNKNOWN)
    if health == HEALTHY and not (sync == SYNCED and phase in {"", SUCCEEDED}):
        health = PROGRESSING
    if application["metadata"].get("deletionTimestamp"):
        sync, health = UNKNOWN, PROGRESSING
    revision = compared.get("revision", "")
    return ApplicationStatus(
        application["metadata"]["name"], sync, health, phase, revision, _message(application, phase)
    )


def _current(application: Mapping[str, Any], compared: Mapping[str, Any]) -> bool:
    """Whether the comparison is with the source that is declared now."""
    source = (compared.get("comparedTo") or {}).get("source") or {}
    wanted = application["spec"].get("source") or {}
    return all(source.get(name) == wanted.get(name) for name in ("repoURL", "path", "targetRevision"))


def _message(application: Mapping[str, Any], phase: str) -> str:
    status = application.get("status") or {}
    said = [
        condition.get("message", "")
        for condition in status.get("conditions") or ()
        if condition.get("type", "").endswith("Error")
    ]
    if phase not in {"", SUCCEEDED}:
        said.append(status["operationState"].get("message", ""))
    said.append((status.get("health") or {}).get("message", ""))
    if application["metadata"].get("deletionTimestamp"):
        said.insert(0, "is being removed")
    return "; ".join(dict.fromkeys(text.strip() for text in said if text.strip()))
