"""Comparison of one object: what the API server would make of the declaration, beside what it has.

The declaration is applied as a dry run in the name of who applies it for good (Argo CD), so that
defaults, webhooks and fields that others write come out as they would: the server-side diff of
Argo CD. Where the dry run is not allowed, or a webhook takes none, the comparison is a local one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dharma.cluster import Applied, Cluster, Refusal
from dharma.drift import local
from dharma.drift.difference import Difference, differences
from dharma.drift.noise import cleaned
from dharma.drift.ownership import Added, added

MANAGER = "argocd-controller"

_FORBIDDEN = 403
_NO_DRY_RUN = "does not support dry run"


@dataclass(frozen=True, slots=True)
class Compared:
    """One declared object and its live one; `live` is None where there is none.

    `dry_run` says that the server was asked, `refusal` why it would not take the declaration.
    """

    live: Mapping[str, Any] | None
    differences: tuple[Difference, ...] = ()
    others: tuple[Added, ...] = ()
    dry_run: bool = True
    refusal: str = ""


def compare(
    cluster: Cluster,
    declared: Mapping[str, Any],
    live: Mapping[str, Any],
    manager: str = MANAGER,
    owned: tuple[str, ...] = (),
) -> Compared:
    """Where the live object parts from the declared; fields in `owned` are left to others."""
    answer = cluster.apply(declared, dry_run=True, manager=manager)
    if isinstance(answer, Refusal):
        return _locally(declared, live, manager, owned, answer)
    current = _as_tried(cluster, live, answer)
    if current is None:
        return Compared(None)
    found = differences(cleaned(answer.object, owned), cleaned(current, owned))
    return Compared(current, found, tuple(added(current, manager, owned)))


def _locally(
    declared: Mapping[str, Any],
    live: Mapping[str, Any],
    manager: str,
    owned: tuple[str, ...],
    refused: Refusal,
) -> Compared:
    untried = refused.status == _FORBIDDEN or _NO_DRY_RUN in refused.message
    found = local.compared(declared, live, manager, owned)
    others = tuple(added(live, manager, owned))
    return Compared(live, found, others, dry_run=not untried, refusal="" if untried else str(refused))


def _as_tried(cluster: Cluster, live: Mapping[str, Any], tried: Applied) -> Mapping[str, Any] | None:
    """The live object of the version that the dry run was made on; it may have changed since the list."""
    head = tried.object["metadata"]
    if head.get("resourceVersion") == live["metadata"].get("resourceVersion"):
        return live
    place = (live["apiVersion"], live["kind"], head["name"], head.get("namespace", ""))
    return cluster.get(*place)
