"""Loss: data that going back to an earlier tree cannot bring back, read from the two trees."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dharma.delivery.approval import manifests_of
from dharma.delivery.git import Entry, Git
from dharma.manifest import Manifest
from dharma.values import amount

Identity = tuple[str, str, str, str]
Objects = Mapping[Identity, Manifest]

_STORES = {("", "PersistentVolumeClaim"), ("", "PersistentVolume"), ("apps", "StatefulSet")}
_CONFIRM = "argocd.argoproj.io/sync-options"
_HOOK = "argocd.argoproj.io/hook"


@dataclass(frozen=True, slots=True, order=True)
class Loss:
    """One thing that stays lost or changed; `subject` is Kind namespace/name."""

    subject: str
    what: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.what}"


def losses(git: Git, now: str, then: str) -> tuple[Loss, ...]:
    """What cannot be brought back when a target goes from one tree to another."""
    before, after = git.entries(now), git.entries(then)
    old = _objects(git, set(before) - set(after))
    new = _objects(git, set(after) - set(before))
    found = {loss for check in _CHECKS for loss in check(old, new)}
    return tuple(sorted(found))


def _objects(git: Git, entries: Iterable[Entry]) -> Objects:
    """Objects of files that differ; one that moved to another file is on both sides."""
    found = manifests_of(git, sorted(entries, key=lambda entry: entry.path), "tree")
    return {manifest.identity: manifest for manifest in found.manifests}


def _removed(old: Objects, new: Objects) -> Iterator[Loss]:
    for identity in old.keys() - new.keys():
        manifest = old[identity]
        group, kind = identity[:2]
        if (group, kind) == ("", "Namespace"):
            yield Loss(_named(manifest), "goes, with everything in it")
        elif (group, kind) == ("apps", "StatefulSet"):
            yield Loss(_named(manifest), "goes; what it wrote since stays in its volumes, unread")
        elif (group, kind) in _STORES:
            yield Loss(_named(manifest), "goes; whether its data does depends on the reclaim policy")
        elif "=confirm" in _annotation(manifest, _CONFIRM):
            yield Loss(_named(manifest), "goes once that is confirmed, with the data it holds")


def _rewritten(old: Objects, new: Objects) -> Iterator[Loss]:
    """Programs with volumes of their own read what a later version wrote."""
    for identity in old.keys() & new.keys():
        before, after = old[identity], new[identity]
        if identity[:2] != ("apps", "StatefulSet") and not _mounts_claims(after):
            continue
        images = sorted(_images(before) ^ _images(after))
        if images:
            yield Loss(_named(before), f"changes its image; its volumes stay as {_later(before)} left them")


def _shrunk(old: Objects, new: Objects) -> Iterator[Loss]:
    for identity in old.keys() & new.keys():
        before, after = dict(_sizes(old[identity])), dict(_sizes(new[identity]))
        for name in before.keys() & after.keys():
            if amount(after[name]) < amount(before[name]):
                what = (
                    f"keeps {before[name]} for {name or 'its volume'}: volumes never shrink to {after[name]}"
                )
                yield Loss(_named(old[identity]), what)


def _definitions(old: Objects, new: Objects) -> Iterator[Loss]:
    for identity, manifest in old.items():
        if manifest.kind != "CustomResourceDefinition":
            continue
        if identity not in new:
            yield Loss(_named(manifest), "goes, and with it every object of its kind")
            continue
        gone = _versions(manifest, "served") - _versions(new[identity], "served")
        stored = _versions(manifest, "storage") - _versions(new[identity], "served")
        if stored:
            names = ", ".join(sorted(stored))
            yield Loss(
                _named(manifest), f"cannot go back: objects are stored as {names}, which it then lacks"
            )
        elif gone:
            yield Loss(_named(manifest), f"no longer serves {', '.join(sorted(gone))}")


def _migrations(old: Objects, new: Objects) -> Iterator[Loss]:
    """Jobs that ran: what they did to a database's schema or data is not undone."""
    for identity, manifest in old.items():
        if manifest.kind == "Job" or _annotation(manifest, _HOOK):
            changed = "is another one then" if identity in new else "is not there then"
            yield Loss(_named(manifest), f"{changed}; what it did, such as a schema migration, is not undone")


def _charts(old: Objects, new: Objects) -> Iterator[Loss]:
    for identity, manifest in old.items():
        chart = _chart(manifest)
        then = _chart(new[identity]) if identity in new else ("", "")
        if chart[0] and chart != then:
            back = f"back to {then[1]}" if then[1] else "removed"
            yield Loss(
                f"chart {chart[0]} {chart[1]}", f"is {back}; its definitions and data stay as it left them"
            )


_CHECKS: tuple[Callable[[Objects, Objects], Iterator[Loss]], ...] = (
    _removed,
    _rewritten,
    _shrunk,
    _definitions,
    _migrations,
    _charts,
)


def _named(manifest: Manifest) -> str:
    place = f"{manifest.namespace}/" if manifest.namespace else ""
    return f"{manifest.kind} {place}{manifest.name}"


def _later(manifest: Manifest) -> str:
    return ", ".join(sorted(_images(manifest))) or "it"


def _spec(manifest: Manifest) -> Mapping[str, Any]:
    return manifest.body.get("spec") or {}


def _pod(manifest: Manifest) -> Mapping[str, Any]:
    template = _spec(manifest).get("template") or {}
    return template.get("spec") or {} if isinstance(template, Mapping) else {}


def _images(manifest: Manifest) -> set[str]:
    parts = ("initContainers", "containers")
    return {str(one.get("image", "")) for part in parts for one in _pod(manifest).get(part) or ()}


def _mounts_claims(manifest: Manifest) -> bool:
    return any("persistentVolumeClaim" in volume for volume in _pod(manifest).get("volumes") or ())


def _sizes(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """Requested storage by the volume's name, empty for a claim's own."""
    spec = _spec(manifest)
    templates = spec.get("volumeClaimTemplates") or ()
    claims = [(str(claim["metadata"]["name"]), claim.get("spec") or {}) for claim in templates]
    if manifest.kind == "PersistentVolumeClaim":
        claims.append(("", spec))
    for name, claim in claims:
        size = ((claim.get("resources") or {}).get("requests") or {}).get("storage")
        if size is not None:
            yield name, str(size)


def _versions(manifest: Manifest, mark: str) -> set[str]:
    return {str(one["name"]) for one in _spec(manifest).get("versions") or () if one.get(mark)}


def _annotation(manifest: Manifest, name: str) -> str:
    return str((manifest.body["metadata"].get("annotations") or {}).get(name, ""))


def _chart(manifest: Manifest) -> tuple[str, str]:
    source = _spec(manifest).get("source") or {} if manifest.kind == "Application" else {}
    return (str(source.get("chart", "")), str(source.get("targetRevision", ""))) if source else ("", "")
