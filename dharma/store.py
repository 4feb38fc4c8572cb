"""The render cache: what a target rendered to, kept by everything that it was rendered from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from dharma import shelf
from dharma.errors import Origin
from dharma.layer import Node, children
from dharma.manifest import Manifest
from dharma.platform import Platform
from dharma.target import Target

_SHELF, _KEPT = "render", 400


def key(target: Target, platform: Platform, root: Path, *parts: str) -> str:
    """A digest of the target's located declarations, all code that may render it, and `parts`."""
    digest = hashlib.sha256(code_digest(root, tuple(platform)).encode())
    for text in (*_tree(target.tree), *parts):
        digest.update(text.encode())
        digest.update(b"\0")
    return digest.hexdigest()


def read(name: str, target: str) -> tuple[list[Manifest], dict[str, Any]] | None:
    """Manifests and notes kept under a key, None where there are none."""
    entry = shelf.take(_SHELF, name)
    try:
        return [_manifest(target, row) for row in entry["manifests"]], entry["notes"]
    except (ValueError, KeyError, TypeError):
        return None


def write(name: str, manifests: list[Manifest], notes: dict[str, Any]) -> None:
    """Keep manifests and notes under a key."""
    rows = [_row(manifest) for manifest in manifests]
    shelf.keep(_SHELF, name, {"manifests": rows, "notes": notes}, _KEPT)


def _row(manifest: Manifest) -> list[Any]:
    origins = [[origin.file, origin.line, origin.column] for origin in manifest.origins]
    source = [manifest.source.file, manifest.source.line]
    return [manifest.component, manifest.path, manifest.folder, manifest.body, source, origins]


def _manifest(target: str, row: list[Any]) -> Manifest:
    component, path, folder, body, source, origins = row
    lines = tuple(Origin(*origin) for origin in origins)
    return Manifest(target, component, path, folder, body, Origin(*source), lines)


def _tree(node: Node) -> Iterator[str]:
    if isinstance(node.value, dict | tuple):
        for name, child in children(node):
            yield name
            yield from _tree(child)
    else:
        yield f"{node.value!r} {node.origin}"


@cache
def code_digest(root: Path, components: tuple[str, ...]) -> str:
    """A digest of Dharma's and the repository's Python files and of every installed distribution."""
    digest = hashlib.sha256(repr(components).encode())
    for folder in (Path(__file__).parent, root / "components"):
        for path in sorted(folder.rglob("*.py")) if folder.is_dir() else ():
            digest.update(path.relative_to(folder).as_posix().encode())
            digest.update(path.read_bytes())
    for folder in sorted(Path(__file__).parent.glob("components/*/")):
        for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"):
            digest.update(path.read_bytes())
    names = sorted(f"{found.name}=={found.version}" for found in distributions())
    digest.update("\n".join(names).encode())
    return digest.hexdigest()
