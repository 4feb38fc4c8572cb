"""Applications: what Argo CD is told to deliver, from where, in which order and what it leaves to others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dharma.component import CHARTS, Draft, Release
from dharma.components.argocd.options import ArgocdOptions

CLUSTER = "https://kubernetes.default.svc"
FINALIZER = "resources-finalizer.argocd.argoproj.io"
WAVE = "argocd.argoproj.io/sync-wave"
PATHS = "argocd.argoproj.io/manifest-generate-paths"
UNWAITED = "argocd.argoproj.io/ignore-healthcheck"

Spec = dict[str, Any]


def folder_source(repository: str, branch: str, path: str, *, exclude: str = "") -> Spec:
    """A folder of the generated tree but for the files that `exclude` matches."""
    directory: Spec = {"recurse": True} | ({"exclude": exclude} if exclude else {})
    return {"repoURL": repository, "targetRevision": branch, "path": path, "directory": directory}


def excluded(releases: Iterable[Release], *, empty: bool = False) -> str:
    """What a component's own Application leaves out: inflated charts, or all so that all is pruned."""
    charts = f"{CHARTS}/*" if any(release.folder for release in releases) else ""
    return "*" if empty else charts


def chart_source(release: Release, registry: str | None) -> Spec:
    """An upstream chart at its exact version with our values, from the private mirror if there is one."""
    repository = f"{registry}/charts" if registry else release.repository
    helm: Spec = {"releaseName": release.name}
    if release.values:
        helm["valuesObject"] = release.values
    return {
        "repoURL": repository.removeprefix("oci://"),
        "chart": release.chart,
        "targetRevision": release.version,
        "helm": helm,
    }


def sync_policy(options: ArgocdOptions, *, prune: bool = True, ignores: bool, empty: bool = False) -> Spec:
    """Automatic, server-side, and tried again with growing pauses; pruned last, and only if asked to.

    Each try takes the newest commit, so that a mended one need not wait for the last try of the broken.
    An Application may become empty only on purpose, when its component retires.
    """
    automated: Spec = {"prune": prune, "selfHeal": options.self_heal, "allowEmpty": empty}
    flags = ["ServerSideApply=true", "PruneLast=true" if prune else "Prune=false"]
    if ignores:
        flags.append("RespectIgnoreDifferences=true")
    backoff = {"duration": "10s", "factor": 2, "maxDuration": "5m"}
    return {
        "automated": automated,
        "syncOptions": flags,
        "retry": {"limit": options.retries, "backoff": backoff, "refresh": True},
    }


def ignored_of_drafts(drafts: Iterable[Draft]) -> list[Spec]:
    """Fields of our own objects that others write, each of exactly one object."""
    return [
        {**_identity(draft.body), "jsonPointers": list(draft.owned)}
        for draft in drafts
        if draft.owned and draft.body
    ]


def ignored_of_release(release: Release) -> list[Spec]:
    """Fields that a running chart writes into its own objects, by kind."""
    pointers: dict[tuple[str, str], list[str]] = {}
    for group, kind, pointer in release.owned:
        pointers.setdefault((group, kind), []).append(pointer)
    return [
        {**({"group": group} if group else {}), "kind": kind, "jsonPointers": found}
        for (group, kind), found in pointers.items()
    ]


def metadata(wave: int, path: str, *, cascade: bool) -> Spec:
    """Wave, the folder whose changes concern the Application, and whether it takes its objects along."""
    annotations = {WAVE: str(wave)}
    if path:
        annotations[PATHS] = f"/{path}"
    return {"annotations": annotations, "finalizers": [FINALIZER] if cascade else []}


def of_a_later_kind(wave: int) -> dict[str, str]:
    """Annotations of an object whose kind arrives during the sync; without them it would never begin."""
    return {WAVE: str(wave), "argocd.argoproj.io/sync-options": "SkipDryRunOnMissingResource=true"}


def _identity(body: Mapping[str, Any]) -> Spec:
    group = body["apiVersion"].rpartition("/")[0]
    place = {name: body["metadata"][name] for name in ("name", "namespace") if name in body["metadata"]}
    return {**({"group": group} if group else {}), "kind": body["kind"], **place}
