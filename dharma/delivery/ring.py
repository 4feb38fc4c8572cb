"""Rings: targets in the order in which changes reach them, and whether one holds what it was given."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from dharma.cluster import Cluster
from dharma.delivery.approval import manifests_of
from dharma.delivery.argocd import ApplicationStatus, statuses
from dharma.delivery.branch import Branches, Deployed
from dharma.errors import DharmaError, Problem
from dharma.manifest import Manifest
from dharma.target import Target

Held = tuple[Target, Deployed]
_PAUSE = 5.0
_AT_ONCE = 8


def unready(branches: Branches, held: Sequence[Held], kubeconfig: Path | None) -> list[Problem]:
    """Why targets are not Synced and Healthy at the commits they were given; unreachable ones are not."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = pool.map(lambda one: _unready(branches, one[0], one[1], kubeconfig), held)
        return [problem for problems in found for problem in problems]


def waited(ask: Callable[[], list[Problem]], seconds: float, tell: Callable[[str], None]) -> list[Problem]:
    """What is still in the way when it has gone, or when the time is over; asks at least once."""
    end = time.monotonic() + seconds
    while (problems := ask()) and time.monotonic() < end:
        tell(f"waits for {problems[0].where}: {problems[0].what}")
        time.sleep(min(_PAUSE, max(0.0, end - time.monotonic())))
    return problems


def unread(target: Target, problem: Problem) -> Problem:
    """How a refusal says that a target's cluster could not be asked."""
    what = f"cannot be asked (context {target.cluster.kube_context}): {problem.where}: {problem.what}"
    return Problem(target.name, what, problem.mend or "Name the kubeconfig that knows it: --kubeconfig FILE.")


def _unready(
    branches: Branches, target: Target, deployed: Deployed, kubeconfig: Path | None
) -> list[Problem]:
    wanted = list(_applications(branches, target, deployed))
    if not wanted:
        what = f"was given no Application in {deployed.commit[:12]}, so nothing tells what runs there"
        return [Problem(target.name, what)]
    try:
        cluster = Cluster.connect(kubeconfig, target.cluster.kube_context)
        known = {
            (namespace, status.name): status
            for namespace in {manifest.namespace for manifest in wanted}
            for status in statuses(cluster, namespace)
        }
    except DharmaError as error:
        return [unread(target, problem) for problem in error.problems]
    return [*_lacking(branches, target, deployed, wanted, known)]


def _lacking(
    branches: Branches,
    target: Target,
    deployed: Deployed,
    wanted: Sequence[Manifest],
    known: Mapping[tuple[str, str], ApplicationStatus],
) -> Iterator[Problem]:
    for manifest in wanted:
        status = known.get((manifest.namespace, manifest.name))
        place = f"{target.name} Application {manifest.name}"
        if status is None:
            yield Problem(place, "is not there yet")
        elif not status.ready:
            said = f": {status.message}" if status.message else ""
            yield Problem(place, f"is {status.sync} and {status.health}, not Synced and Healthy{said}")
        elif not _current(branches, deployed, manifest.body["spec"].get("source") or {}, status.revision):
            what = f"is at {status.revision[:12] or 'no commit'}, not yet at {deployed.commit[:12]}"
            yield Problem(place, what)


def _current(branches: Branches, deployed: Deployed, source: Mapping[str, Any], revision: str) -> bool:
    """Whether a revision gives an Application what the deployed commit does.

    Argo CD need not compare again when a commit leaves the Application's folder alone.
    """
    path = str(source.get("path", "")).strip("/")
    if not path or source.get("targetRevision") != deployed.branch or revision == deployed.commit:
        return True
    git = branches.git
    same = git.commit(revision) if revision else ""
    return bool(same) and git.folder_at(same, path) == git.folder_at(deployed.commit, path) != ""


def _applications(branches: Branches, target: Target, deployed: Deployed) -> Iterator[Manifest]:
    """The Applications that the deployed tree declares; files are named after their kind."""
    entries = branches.git.entries(deployed.tree)
    named = [one for one in entries if one.path.rpartition("/")[2].startswith("application-")]
    for manifest in manifests_of(branches.git, named, target.name).manifests:
        if (manifest.group, manifest.kind) == ("argoproj.io", "Application"):
            yield manifest
