"""Releases: the charts that targets declare, and what each of them is inflated to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from dharma.charts import objects
from dharma.charts.inflation import Faulty, Rendering, inflated, problems
from dharma.charts.lock import Lock, read
from dharma.charts.objects import Body
from dharma.charts.reference import Reference, of, safe
from dharma.declared import unobserved
from dharma.errors import DharmaError, Origin, Problem, RenderError
from dharma.schemas.native import Native
from dharma.target import Target

if TYPE_CHECKING:
    from dharma.component import Delivery, Release


@dataclass(frozen=True, slots=True)
class Used:
    """A release of a target, and the line that declared it."""

    target: Target
    component: str
    release: Release
    where: Origin

    @property
    def reference(self) -> Reference:
        """Its chart."""
        return of(self.release)


def used(root: Path, targets: Sequence[Target]) -> list[Used]:
    """Every release of the targets, found without rendering a chart; InputError for an unsafe reference."""
    from dharma.render import render, source_file

    found = []
    for target in targets:
        for delivery in render(target, root, inflate=False).deliveries:
            for release in delivery.releases:
                where = Origin(source_file(release.source.file, root), release.source.line)
                found.append(Used(target, delivery.component, release, where))
    safe({one.reference for one in found})
    return found


class Inflater:
    """Inflates the releases of one target in their order; later ones see the kinds of earlier ones."""

    def __init__(self, root: Path, target: Target, lock: Lock | None = None) -> None:
        self._root = root
        self._lock = lock or read(root)
        with unobserved():
            self._kubernetes = target.cluster.kubernetes
            self._registry = target.registry
        self._native = Native(self._kubernetes)
        self._apis: list[str] = []
        self._scopes: dict[tuple[str, str], str] = {}

    def delivered(self, delivery: Delivery) -> Delivery:
        """The delivery with the objects of its releases; RenderError with every problem of all of them."""
        found: list[Release] = []
        wrong: list[Problem] = []
        for release in delivery.releases:
            try:
                found.append(replace(release, objects=tuple(self.objects(release))))
            except DharmaError as error:
                wrong += error.problems
        if wrong:
            raise RenderError(wrong)
        return replace(delivery, releases=tuple(found))

    def objects(self, release: Release) -> list[Body]:
        """What a release consists of, as Argo CD is to apply it."""
        from dharma.render import source_file

        safe([of(release)])
        entry = self._lock.entry(release)
        try:
            found = inflated(self._root, self._lock, entry, self.rendering(release))
        except Faulty as error:
            where = Origin(source_file(release.source.file, self._root), release.source.line)
            raise RenderError(problems(where, entry, error)) from None
        return self.shaped(release, found)

    def rendering(self, release: Release) -> Rendering:
        """What the release's chart is rendered for, with the kinds that were installed before."""
        apis = tuple(self._apis)
        values = release.values
        return Rendering(release.name, release.namespace, values, self._kubernetes, apis, release.random)

    def shaped(self, release: Release, printed: list[Body]) -> list[Body]:
        """Objects in order and place; the kinds they define count for later releases."""
        self._scopes |= objects.scopes(printed)
        self._apis = sorted({*self._apis, *objects.served(printed)})
        return objects.shaped(printed, release.namespace, self._scope, self._registry)

    def _scope(self, api_version: str, kind: str) -> str | None:
        group = api_version.rpartition("/")[0]
        return self._scopes.get((group, kind)) or self._native.scope(api_version, kind)


def references(several: Sequence[Used]) -> Iterator[Reference]:
    """The different charts, in order."""
    yield from sorted({one.reference for one in several})
