"""Owned fields: those that a declaration leaves to others, object by object.

Argo CD is told them in its Applications (`ignoreDifferences`), and there they are read; a target
without Argo CD is rendered once more, because the cache of manifests does not keep them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dharma.build import Built, Plan
from dharma.manifest import Manifest
from dharma.target import Target

Identity = tuple[str, str, str, str]


def owned_fields(plan: Plan, target: Target, built: Built) -> Mapping[Identity, tuple[str, ...]]:
    """JSON pointers by the identity of the object that has the fields."""
    if "argocd" in target.options:
        return dict(_of_applications(built.manifests))
    from dharma.render import render

    drafts = (draft for delivery in render(target, plan.code_root).deliveries for draft in delivery.drafts)
    return {_identity(draft.body): draft.owned for draft in drafts if draft.owned and draft.body}


def _of_applications(manifests: Iterable[Manifest]) -> Iterator[tuple[Identity, tuple[str, ...]]]:
    for manifest in manifests:
        if (manifest.group, manifest.kind) != ("argoproj.io", "Application"):
            continue
        for entry in manifest.body["spec"].get("ignoreDifferences", ()):
            if "name" in entry:
                parts = [str(entry.get(part, "")) for part in ("group", "kind", "namespace", "name")]
                yield (parts[0], parts[1], parts[2], parts[3]), tuple(entry.get("jsonPointers", ()))


def _identity(body: Mapping[str, Any]) -> Identity:
    head = body["metadata"]
    return body["apiVersion"].rpartition("/")[0], body["kind"], head.get("namespace", ""), head["name"]
