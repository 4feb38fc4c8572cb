"""Objects: what helm printed, made fit for Argo CD: lists unfolded, hooks and definitions in their order.

Helm's hooks become Argo CD's (`helm.sh/hook` → `argocd.argoproj.io/hook`, weights → waves); tests and
rollback hooks, which Argo CD never runs, are dropped. Definitions come first and are never pruned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from dharma.charts import images

Body = dict[str, Any]
Scope = Callable[[str, str], str | None]

DEFINITION = "CustomResourceDefinition"
WAVE = "argocd.argoproj.io/sync-wave"
OPTIONS = "argocd.argoproj.io/sync-options"
KEPT = "Prune=false,Delete=false"
DEFINITION_WAVE = "-5"

_HOOK, _WEIGHT, _DELETE = "helm.sh/hook", "helm.sh/hook-weight", "helm.sh/hook-delete-policy"
_POLICY = "helm.sh/resource-policy"
_HELM = {_HOOK, _WEIGHT, _DELETE, "helm.sh/hook-output-log-policy"}
_PHASES = {
    "pre-install": "PreSync",
    "pre-upgrade": "PreSync",
    "post-install": "PostSync",
    "post-upgrade": "PostSync",
    "pre-delete": "PreDelete",
    "post-delete": "PostDelete",
}
_PHASE_ORDER = ("PreSync", "PostSync", "PreDelete", "PostDelete")
_DELETIONS = {
    "before-hook-creation": "BeforeHookCreation",
    "hook-succeeded": "HookSucceeded",
    "hook-failed": "HookFailed",
}


class Malformed(ValueError):  # noqa: N818 - a value that callers turn into a problem with a place
    """Why something a chart printed is no object."""


def unfolded(documents: Iterable[Any]) -> Iterator[Body]:
    """The objects of documents, those of lists one by one; Malformed for what is none."""
    for document in documents:
        kind = document.get("kind") if isinstance(document, dict) else None
        if isinstance(kind, str) and kind.endswith("List") and isinstance(document.get("items"), list):
            shared = {} if kind == "List" else {"apiVersion": document.get("apiVersion"), "kind": kind[:-4]}
            yield from unfolded(
                [shared | item if isinstance(item, dict) else item for item in document["items"]]
            )
        else:
            yield _object(document)


def _object(document: Any) -> Body:
    if not isinstance(document, dict) or not (document.get("apiVersion") and document.get("kind")):
        raise Malformed("prints something that is no Kubernetes object: apiVersion and kind are required")
    metadata = document.get("metadata")
    if not (isinstance(metadata, dict) and isinstance(metadata.get("name"), str) and metadata["name"]):
        raise Malformed(f"prints a {document['kind']!a} without metadata.name, which cannot be compared")
    return document


def shaped(bodies: Iterable[Body], namespace: str, scope: Scope, registry: str | None = None) -> list[Body]:
    """The objects as Argo CD is to apply them, definitions first; hooks it never runs are left out."""
    hooked = (_hooked(body) for body in bodies)
    found = [_placed(_settled(body), namespace, scope) for body in hooked if body is not None]
    if registry:
        found = [images.rewritten(body, registry) for body in found]
    return sorted(found, key=lambda body: not is_definition(body))


def is_definition(body: Mapping[str, Any]) -> bool:
    """Whether an object defines a kind."""
    return body["kind"] == DEFINITION and str(body["apiVersion"]).startswith("apiextensions.k8s.io/")


def scopes(bodies: Iterable[Body]) -> dict[tuple[str, str], str]:
    """`Namespaced` or `Cluster` by group and kind, of the kinds that objects define."""
    specs = [body["spec"] for body in bodies if is_definition(body)]
    return {(spec["group"], spec["names"]["kind"]): spec["scope"] for spec in specs}


def served(bodies: Iterable[Body]) -> list[str]:
    """What an API server serves once the definitions are there, as `helm --api-versions` takes it."""
    found = set()
    for spec in (body["spec"] for body in bodies if is_definition(body)):
        for version in spec.get("versions", ()):
            if version.get("served"):
                api = f"{spec['group']}/{version['name']}"
                found |= {api, f"{api}/{spec['names']['kind']}"}
    return sorted(found)


def _hooked(body: Body) -> Body | None:
    """A hook as Argo CD knows it, None for one it never runs, anything else as it is."""
    notes = body["metadata"].get("annotations") or {}
    if _HOOK not in notes:
        return body
    events = {event.strip() for event in str(notes[_HOOK]).split(",")}
    phases = {_PHASES[event] for event in events if event in _PHASES}
    if "crd-install" in events:
        return _annotated(body, {}, drop=_HELM)
    if not phases:
        return None
    wanted = {"argocd.argoproj.io/hook": ",".join(phase for phase in _PHASE_ORDER if phase in phases)}
    policies = [policy.strip() for policy in str(notes.get(_DELETE, "before-hook-creation")).split(",")]
    known = [_DELETIONS[policy] for policy in policies if policy in _DELETIONS]
    wanted["argocd.argoproj.io/hook-delete-policy"] = ",".join(known or ["BeforeHookCreation"])
    if str(notes.get(_WEIGHT, "0")) != "0":
        wanted[WAVE] = str(notes[_WEIGHT])
    return _annotated(body, wanted, drop=_HELM)


def _settled(body: Body) -> Body:
    """Definitions before all else; what the chart wants to keep is kept."""
    notes = body["metadata"].get("annotations") or {}
    if is_definition(body):
        return _annotated(body, {WAVE: DEFINITION_WAVE, OPTIONS: KEPT}, drop={_POLICY})
    if notes.get(_POLICY) == "keep":
        return _annotated(body, {OPTIONS: KEPT}, drop={_POLICY})
    return body


def _annotated(body: Body, notes: Mapping[str, str], drop: set[str]) -> Body:
    metadata = dict(body["metadata"])
    said = {
        name: value for name, value in (metadata.pop("annotations", None) or {}).items() if name not in drop
    }
    if merged := said | dict(notes):
        metadata["annotations"] = merged
    return {**body, "metadata": metadata}


def _placed(body: Body, namespace: str, scope: Scope) -> Body:
    """The object in the release's namespace, as helm would install it, unless it says another."""
    if body["metadata"].get("namespace") or scope(body["apiVersion"], body["kind"]) != "Namespaced":
        return body
    return {**body, "metadata": {**body["metadata"], "namespace": namespace}}
