"""Manifest: one Kubernetes object with where it comes from and what it rests on."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dharma.errors import Origin

_UNSAFE = re.compile(r"[^a-z0-9.-]+")


@dataclass(frozen=True, slots=True)
class Manifest:
    """A rendered object of one target.

    `path` is the construct path, `source` the Python line that declared it, `origins` the YAML
    lines it rests on, `folder` its place below the target's folder in the generated tree.
    """

    target: str
    component: str
    path: str
    folder: str
    body: Mapping[str, Any]
    source: Origin
    origins: tuple[Origin, ...]

    @property
    def kind(self) -> str:
        """The object's kind, such as Deployment."""
        return str(self.body["kind"])

    @property
    def api_version(self) -> str:
        """Group and version as the object says them, such as apps/v1."""
        return str(self.body["apiVersion"])

    @property
    def name(self) -> str:
        """The object's own name."""
        return str(self.body["metadata"]["name"])

    @property
    def namespace(self) -> str:
        """The namespace, empty for what has none."""
        return str(self.body["metadata"].get("namespace", ""))

    @property
    def group(self) -> str:
        """The API group, empty for Kubernetes' core."""
        return self.api_version.rpartition("/")[0]

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """What the API server knows the object by; versions of a group are the same object."""
        return self.group, self.kind, self.namespace, self.name


def file_names(manifests: Iterable[Manifest]) -> dict[str, Manifest]:
    """Every manifest by its path below the target's folder.

    A file is named <kind>-<name>.yaml; where two of a folder would share that, the namespace is
    added, and where that is not enough, the API group.
    """
    several = list(manifests)
    named: dict[str, Manifest] = {}
    short = Counter(_file(manifest) for manifest in several)
    longer = Counter(_file(manifest, manifest.namespace) for manifest in several)
    for manifest in several:
        name = _file(manifest)
        if short[name] > 1:
            name = _file(manifest, manifest.namespace)
        if longer[name] > 1:
            name = _file(manifest, manifest.namespace, manifest.group)
        named[name] = manifest
    return named


def _file(manifest: Manifest, *more: str) -> str:
    parts = (manifest.kind.lower(), manifest.name, *(part for part in more if part))
    return f"{manifest.folder}/{_UNSAFE.sub('.', '-'.join(parts).lower())}.yaml"
