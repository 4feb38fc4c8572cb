"""Custom resource definitions before they are changed: what is stored must stay readable.

Kubernetes keeps each object in the version it was last written in, and lists those versions in the
definition's `status.storedVersions`; a definition without one of them would leave objects unreadable.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from dharma.errors import Problem

if TYPE_CHECKING:
    from dharma.cluster import Cluster

API, KIND = "apiextensions.k8s.io/v1", "CustomResourceDefinition"


def dropped_versions(cluster: Cluster, declared: Iterable[Mapping[str, Any]]) -> list[Problem]:
    """A problem for each declared definition that drops a version in which objects may be stored.

    Other objects are passed over; ToolError when the cluster cannot be asked.
    """
    found = [_dropped(cluster, body) for body in declared if body.get("kind") == KIND]
    return [problem for problem in found if problem is not None]


def _dropped(cluster: Cluster, body: Mapping[str, Any]) -> Problem | None:
    name = body["metadata"]["name"]
    running = cluster.get(API, KIND, name) or {}
    stored = set((running.get("status") or {}).get("storedVersions") or ())
    gone = sorted(stored - {version["name"] for version in body["spec"]["versions"]})
    if not gone:
        return None
    what = f"drops version {', '.join(gone)}, in which objects may still be stored"
    mend = "Serve it until every object was written anew and it was taken out of status.storedVersions."
    return Problem(f"definition {name}", what, mend)
