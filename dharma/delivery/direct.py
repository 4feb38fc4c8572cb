"""Direct delivery: what Pulumi applies where no Argo CD runs, in the order in which Argo CD would.

Components that deliver the others (`last`) are left out: their objects are for Argo CD alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from dharma.conventions import KEPT
from dharma.manifest import Manifest
from dharma.render import Rendered

if TYPE_CHECKING:
    from dharma.component import Delivery, Release

WAVE = "argocd.argoproj.io/sync-wave"


@dataclass(frozen=True, slots=True)
class Part:
    """One component: its charts in order, its own objects by wave, and the components it comes after."""

    component: str
    after: tuple[str, ...]
    releases: tuple[Release, ...]
    waves: tuple[tuple[Manifest, ...], ...]


def parts(rendered: Rendered) -> list[Part]:
    """Every component that is delivered directly, each after those of the level before its own."""
    options = rendered.target.options
    kept = [delivery for delivery in rendered.deliveries if not options[delivery.component].last]
    return [_part(rendered, delivery, kept) for delivery in kept]


def _part(rendered: Rendered, delivery: Delivery, all_of_them: Iterable[Delivery]) -> Part:
    after = tuple(other.component for other in all_of_them if other.level == delivery.level - 1)
    own = [manifest for manifest in rendered.manifests if manifest.component == delivery.component]
    objects = [] if delivery.state == "retiring" else own
    return Part(delivery.component, after, delivery.releases, tuple(_waves(objects)))


def _waves(manifests: Iterable[Manifest]) -> Iterable[tuple[Manifest, ...]]:
    ordered = sorted(manifests, key=wave)
    return (tuple(several) for _, several in groupby(ordered, key=wave))


def wave(manifest: Manifest) -> int:
    """The wave of an object inside its component."""
    return int(manifest.body["metadata"].get("annotations", {}).get(WAVE, 0))


def holds_data(body: Mapping[str, Any]) -> bool:
    """Whether losing an object hurts: it says that a person must confirm its end."""
    (key, value), *_ = KEPT.items()
    return bool(body["metadata"].get("annotations", {}).get(key) == value)
