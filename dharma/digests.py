"""Digests: which images and charts of rendered targets are known by their bytes, and which are not.

A digest stands in the declarations or in charts.lock only if somebody held the bytes it was computed
from; everything else is unresolved, and reports count it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dharma.build import Built
from dharma.charts.images import named, pinned
from dharma.charts.lock import read
from dharma.charts.reference import LOCK, Reference
from dharma.policy.finding import Finding

RULE = "charts/digest"
_REMEDY = "Run `dharma charts vendor`, which fetches the chart and locks the digest of its bytes."


@dataclass(frozen=True, slots=True)
class Unresolved:
    """Images, and charts with the first target that declares them, that no digest names."""

    images: tuple[str, ...]
    charts: Mapping[Reference, str]

    def __len__(self) -> int:
        return len(self.images) + len(self.charts)

    def findings(self) -> Iterator[Finding]:
        """One warning a chart; images have the rule images/placeholder."""
        for chart, target in self.charts.items():
            message = f"{chart} is unresolved: {LOCK} has no digest of its bytes"
            yield Finding(RULE, "warn", message, target, remedy=_REMEDY, file=LOCK)


def unresolved(root: Path, built: Sequence[Built]) -> Unresolved:
    """What no digest names in these targets; InputError for a lock that cannot be read."""
    lock = read(root)
    charts: dict[Reference, str] = {}
    for one in built:
        for chart in one.releases:
            if not lock.entry(chart).resolved:
                charts.setdefault(chart, one.target)
    images = named(found.body for one in built for found in one.manifests)
    return Unresolved(tuple(image for image in images if not pinned(image)), dict(sorted(charts.items())))
