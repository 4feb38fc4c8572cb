"""Sequence: the waves in which Argo CD installs a target, and the proof that they are an order.

A component at level n of the dependency graph has the waves 10n to 10n+9: its upstream charts
in the order declared, then its own objects in the last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from dharma.errors import Problem
from dharma.manifest import Manifest
from dharma.target import Target

if TYPE_CHECKING:
    from dharma.component import Delivery

WAVES_A_LEVEL = 10
BUILT_IN_NAMESPACES = frozenset({"default", "kube-system", "kube-public", "kube-node-lease"})
_NATIVE = frozenset({"", "apps", "autoscaling", "batch", "policy"}) | {
    f"{group}.k8s.io"
    for group in (
        "admissionregistration",
        "apiextensions",
        "apiregistration",
        "certificates",
        "coordination",
        "discovery",
        "events",
        "flowcontrol.apiserver",
        "networking",
        "node",
        "rbac.authorization",
        "resource",
        "scheduling",
        "storage",
    )
}


def chart_wave(level: int, position: int) -> int:
    """The wave of a component's n-th upstream chart."""
    return level * WAVES_A_LEVEL + min(position, WAVES_A_LEVEL - 2)


def own_wave(level: int) -> int:
    """The wave of a component's own objects."""
    return level * WAVES_A_LEVEL + WAVES_A_LEVEL - 1


def disorder(target: Target, manifests: Iterable[Manifest], deliveries: Sequence[Delivery]) -> list[Problem]:
    """What would be applied before the thing it needs: a CRD, an operator or a namespace."""
    several = list(manifests)
    wave_of = waves(deliveries)
    brought = _brought(target, deliveries)
    defined = _defined(several, wave_of)
    made = {
        manifest.name: wave_of(manifest)
        for manifest in several
        if manifest.kind == "Namespace" and manifest.group == ""
    }
    problems: list[Problem] = []
    for manifest in several:
        wave = wave_of(manifest)
        if not _defined_before(manifest, wave, defined):
            problems += _definition(manifest, wave, brought)
        problems += _namespace(manifest, wave, made)
    return problems + list(_release_namespaces(target, deliveries, made))


def waves(deliveries: Sequence[Delivery]) -> Callable[[Manifest], int]:
    """Tells an object's wave: that of the inflated chart it is of, or else its component's own."""
    own = {delivery.component: own_wave(delivery.level) for delivery in deliveries}
    charts = {
        release.folder: chart_wave(delivery.level, position)
        for delivery in deliveries
        for position, release in enumerate(delivery.releases)
        if release.folder
    }
    return lambda manifest: charts.get(manifest.folder.removesuffix("/crds"), own[manifest.component])


def _defined(
    several: Iterable[Manifest], wave_of: Callable[[Manifest], int]
) -> Mapping[str, tuple[int, str]]:
    """Wave and folder of each definition that is among the objects, by group/Kind of what it defines."""
    return {
        f"{manifest.body['spec']['group']}/{manifest.body['spec']['names']['kind']}": (
            wave_of(manifest),
            manifest.folder.removesuffix("/crds"),
        )
        for manifest in several
        if manifest.kind == "CustomResourceDefinition"
    }


def _defined_before(manifest: Manifest, wave: int, defined: Mapping[str, tuple[int, str]]) -> bool:
    """Whether a definition is in an earlier wave, or in the same chart, where it comes first."""
    ready, folder = defined.get(f"{manifest.group}/{manifest.kind}", (wave, ""))
    return ready < wave or folder == manifest.folder


def _brought(target: Target, deliveries: Sequence[Delivery]) -> Mapping[str, int]:
    waves = {}
    for delivery in deliveries:
        ready = chart_wave(delivery.level, len(delivery.releases) - 1)
        for group in target.options[delivery.component].brings:
            waves[group] = ready
    return waves


def _definition(manifest: Manifest, wave: int, brought: Mapping[str, int]) -> Iterator[Problem]:
    if native(manifest.group):
        return
    names = (manifest.group, f"{manifest.group}/{manifest.kind}")
    ready = min((brought[name] for name in names if name in brought), default=None)
    what = f"{manifest.kind} {manifest.name} of {manifest.target}"
    if ready is None:
        mend = "Require the component whose chart installs it, or add the group to that component's `brings`."
        yield Problem(manifest.source, f"{what} is of a kind ({names[1]}) that no component brings", mend)
    elif ready >= wave:
        mend = "Require the component that brings it."
        yield Problem(
            manifest.source, f"{what} would be synced in wave {wave}, its definition in {ready}", mend
        )


def _namespace(manifest: Manifest, wave: int, made: Mapping[str, int]) -> Iterator[Problem]:
    name = manifest.namespace
    if not name or name in BUILT_IN_NAMESPACES:
        return
    what = f"{manifest.kind} {manifest.name} of {manifest.target}"
    if name not in made:
        mend = "Name it in the options' `namespaces()`."
        yield Problem(manifest.source, f"{what} is in namespace {name!r}, which nobody makes", mend)
    elif made[name] > wave:
        yield Problem(manifest.source, f"{what} would be synced before its namespace {name!r}")


def _release_namespaces(
    target: Target, deliveries: Sequence[Delivery], made: Mapping[str, int]
) -> Iterator[Problem]:
    for delivery in deliveries:
        for position, release in enumerate(delivery.releases):
            wave = chart_wave(delivery.level, position)
            ready = made.get(release.namespace, -1 if release.namespace in BUILT_IN_NAMESPACES else None)
            if ready is None or ready > wave:
                what = f"chart {release.name} of {target.name} would be synced before its namespace"
                yield Problem(f"component {delivery.component}", f"{what} {release.namespace!r}")


def native(group: str) -> bool:
    """Whether an API group is served by every Kubernetes API server."""
    return group in _NATIVE
