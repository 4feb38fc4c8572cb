"""What several verbs begin with: the repository's targets, chosen and rendered, with progress."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from dharma.cli.terminal import progress

if TYPE_CHECKING:
    from dharma.build import Built, Plan
    from dharma.target import Target


@dataclass(frozen=True, slots=True)
class Rendered:
    """Chosen targets and their objects; `whole` says that they are all that the repository declares."""

    plan: Plan
    targets: Sequence[Target]
    built: Sequence[Built]
    whole: bool

    @property
    def root(self) -> Path:
        """The platform repository."""
        return self.plan.root


def rendered(
    directory: str | None,
    names: Sequence[str],
    *,
    workers: int | None = None,
    cached: bool = True,
    today: date | None = None,
) -> Rendered:
    """Load, choose and render; raises DharmaError with every problem found.

    Waivers that ended before `today`, by default this day, exempt nothing.
    """
    from dharma import environment
    from dharma.build import Plan, build
    from dharma.repository import root_of, schema_folders

    root = root_of(directory)
    fleet = environment.load(root)
    chosen = fleet.select(names)
    plan = Plan(root, schema_folders(root), workers=workers, cached=cached)
    plan = replace(plan, today=today) if today else plan
    with progress("rendered", len(chosen)) as step:
        built = build(plan, chosen, lambda found: step(found.target) if found.fresh else None)
    return Rendered(plan, chosen, built, len(chosen) == len(fleet.targets))
