"""The generated tree as Argo CD reads it: Applications in waves, and in each its objects in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from dharma.cluster import Cluster
from dharma.manifest import Manifest

WAVE = "argocd.argoproj.io/sync-wave"
# What Argo CD applies first inside a wave; all other kinds follow by name.
_FIRST = (
    *("Namespace", "NetworkPolicy", "ResourceQuota", "LimitRange", "PodDisruptionBudget"),
    *("ServiceAccount", "Secret", "ConfigMap", "CustomResourceDefinition", "ClusterRole"),
    *("ClusterRoleBinding", "Role", "RoleBinding", "Service", "Deployment", "HorizontalPodAutoscaler"),
)
_THREADS = 6

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """One Application: the objects of its folder in order, or none for an upstream chart."""

    wave: int
    name: str
    objects: tuple[Object, ...]


def steps(tree: Path, target: str) -> list[Step]:
    """The Applications of a target in the order of their waves."""
    bodies = {path.relative_to(tree): _read(path) for path in sorted((tree / target).rglob("*.yaml"))}
    found = [_step(body, bodies, tree) for body in bodies.values() if body["kind"] == "Application"]
    return sorted(found, key=lambda step: (step.wave, step.name))


def in_order(several: Iterable[Step]) -> list[Object]:
    """Every object, in the order in which it is applied."""
    return [body for step in several for body in step.objects]


def is_namespace(body: Mapping[str, Any]) -> bool:
    """Whether the object is a Namespace."""
    return (body["apiVersion"], body["kind"]) == ("v1", "Namespace")


def named(body: Mapping[str, Any]) -> str:
    """An object as messages call it."""
    head = body["metadata"]
    return f"{body['apiVersion']} {body['kind']} {head.get('namespace', '')}/{head['name']}"


def identity(body: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """What the API server knows an object by."""
    return Manifest("", "", "", "", body, None, ()).identity  # type: ignore[arg-type]


def remove(cluster: Cluster, bodies: Iterable[Mapping[str, Any]]) -> None:
    """Remove objects without waiting for a controller: finalizers are dropped, namespaces come last."""
    several = list(bodies)
    for namespaces in (False, True):
        with ThreadPoolExecutor(_THREADS) as threads:
            chosen = (body for body in several if is_namespace(body) == namespaces)
            for _ in threads.map(lambda body: _remove(cluster, body), chosen):
                pass


def _remove(cluster: Cluster, body: Mapping[str, Any]) -> None:
    head = body["metadata"]
    path = cluster.path(body["apiVersion"], body["kind"], head["name"], head.get("namespace", ""))
    if path is None:
        return
    if head.get("finalizers"):
        none = {"metadata": {"finalizers": None}}
        cluster.request("PATCH", path, body=none, form="application/merge-patch+json")
    cluster.request("DELETE", path)
    if is_namespace(body):
        final = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": head["name"]}, "spec": {}}
        cluster.request("PUT", f"{path}/finalize", body=final)


def _step(application: Object, bodies: Mapping[Path, Object], tree: Path) -> Step:
    head, source = application["metadata"], application["spec"].get("source") or {}
    folder, excluded = source.get("path"), (source.get("directory") or {}).get("exclude", "")
    objects = _folder(bodies, Path(folder).relative_to(tree.name), excluded) if folder else ()
    wave = int(head.get("annotations", {}).get(WAVE, 0))
    return Step(wave, head["name"], tuple(sorted(objects, key=_rank)))


def _folder(bodies: Mapping[Path, Object], folder: Path, excluded: str) -> Iterator[Object]:
    for path, body in bodies.items():
        if path.is_relative_to(folder) and not fnmatch(path.relative_to(folder).as_posix(), excluded):
            yield body


def _rank(body: Object) -> tuple[int, int, str, str]:
    wave = int(body["metadata"].get("annotations", {}).get(WAVE, 0))
    place = _FIRST.index(body["kind"]) if body["kind"] in _FIRST else len(_FIRST)
    return wave, place, body["kind"], body["metadata"]["name"]


def _read(path: Path) -> Object:
    body: Object = yaml.load(path.read_bytes(), yaml.CSafeLoader)
    return body
