"""Trial: what one component renders to with some options, whether a target declares it or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from dharma.build import Plan, build
from dharma.environment import declarations, resolve
from dharma.layer import Node, compose
from dharma.manifest import Manifest
from dharma.platform import platform


def trial(root: Path, name: str, options: Mapping[str, Any] | None = None) -> tuple[Manifest, ...]:
    """The component's manifests in the first target of a platform repository, for its tests.

    Options are laid over those of base.yaml. Everything that a build checks is checked, against
    the schemas that come with Dharma.
    """
    root = root.resolve()
    declared = declarations(root)
    layer = Node({"components": Node({name: _node(options or {})})})
    fleet = resolve(replace(declared, base=compose(declared.base, layer)), platform(root))
    (built,) = build(Plan(root, workers=1, cached=False), fleet.targets[:1])
    return tuple(manifest for manifest in built.manifests if manifest.component == name)


def _node(value: Any) -> Node:
    if isinstance(value, Mapping):
        return Node({key: _node(item) for key, item in value.items()})
    return Node(tuple(_node(item) for item in value) if isinstance(value, list | tuple) else value)
