"""Custom resource definitions before they are changed: what is stored must stay readable.

Kubernetes keeps each object in the version it was last written in, and lists those versions in the
definition's `status.storedVersions`; a definition without one of them would leave objects unreadable.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from dharma.cluster import Cluster
from dharma.delivery.approval import manifests_of
from dharma.delivery.git import Git
from dharma.delivery.ring import Held, unread
from dharma.errors import DharmaError, Problem

API, KIND = "apiextensions.k8s.io/v1", "CustomResourceDefinition"
_FILE = "customresourcedefinition-"


def unreadable(git: Git, held: Held, tree: str, kubeconfig: Path | None) -> list[Problem]:
    """Why a target must not be given a tree: its cluster stores versions that the tree no longer serves.

    The cluster is asked only where a definition has fewer versions than in what the target was given.
    """
    target, deployed = held
    before = {name: _versions(body) for name, body in _definitions(git, deployed.tree).items()}
    fewer = [
        body for name, body in _definitions(git, tree).items() if before.get(name, set()) - _versions(body)
    ]
    if not fewer:
        return []
    try:
        found = dropped_versions(Cluster.connect(kubeconfig, target.cluster.kube_context), fewer)
    except DharmaError as error:
        return [unread(target, problem) for problem in error.problems]
    return [Problem(f"{target.name} {one.where}", one.what, one.mend) for one in found]


def _definitions(git: Git, tree: str) -> dict[str, Mapping[str, Any]]:
    """The definitions of a tree by name; files are named after their kind."""
    named = [one for one in git.entries(tree) if one.path.rpartition("/")[2].startswith(_FILE)]
    found = manifests_of(git, named, "tree").manifests
    return {one.name: one.body for one in found if one.kind == KIND}


def _versions(body: Mapping[str, Any]) -> set[str]:
    return {version["name"] for version in body["spec"]["versions"]}


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
    gone = sorted(stored - _versions(body))
    if not gone:
        return None
    what = f"drops version {', '.join(gone)}, in which objects may still be stored"
    mend = "Serve it until every object was written anew and it was taken out of status.storedVersions."
    return Problem(f"definition {name}", what, mend)
