"""Namespaces that must be there before Argo CD: as component `tenancy` declares them, or like it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dharma.conventions import KEPT, OWNER_LABEL, PLATFORM_OWNER
from dharma.options import PodSecurity
from dharma.render import Rendered
from dharma.target import Target


def declared(rendered: Rendered, name: str) -> Mapping[str, Any] | None:
    """The namespace as a component declares it; None where none does."""
    found = (one.body for one in rendered.manifests if one.kind == "Namespace" and one.name == name)
    return next(found, None)


def namespace(target: Target, name: str, level: PodSecurity = "restricted") -> dict[str, Any]:
    """A namespace of the platform that no component declares."""
    prefix = "pod-security.kubernetes.io"
    release = f"v{target.cluster.kubernetes}"
    modes = {"enforce": level, "audit": "restricted", "warn": "restricted"}
    labels = {
        "app.kubernetes.io/managed-by": "dharma",
        OWNER_LABEL: PLATFORM_OWNER,
        **{f"{prefix}/{mode}": wanted for mode, wanted in modes.items()},
        **{f"{prefix}/{mode}-version": release for mode in modes},
    }
    metadata = {"name": name, "labels": labels, "annotations": dict(KEPT)}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
