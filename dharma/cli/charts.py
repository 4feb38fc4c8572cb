"""dharma charts: official Helm charts, pinned by version and digest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dharma.cli.terminal import as_json, loud, note, progress, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dharma.charts.difference import Difference
    from dharma.charts.releases import Used
    from dharma.charts.update import Bump

_FORM = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to report."
)
_EPILOG = """\b
Examples:
  dharma charts list                        which charts the targets use, and their digests
  dharma charts vendor                      fetch what is not held, and write charts.lock
  dharma charts vendor --from REGISTRY      the same from a private registry
  dharma charts verify                      exit 1 when archive, lock or values do not fit
  dharma charts update istiod               what the newest version would change
  dharma charts update mesh --to 1.31.0 --write
"""


@click.group(name="charts", epilog=_EPILOG)
def command() -> None:
    """Pin upstream charts in charts.lock, hold their archives, and see what another version changes.

    Archives are kept in the cache by digest, outside of Git. `charts: inflate` in a layer of
    environments/ renders them into generated/, so that every object is checked.
    """


@command.command(name="list", epilog=_EPILOG)
@_FORM
@click.pass_obj
def list_(directory: str | None, form: str) -> None:
    """List every chart with its digest, and how many releases use it."""
    from dharma.charts.lock import read
    from dharma.repository import root_of

    root = root_of(directory)
    several, lock = _used(root), read(root)
    rows = [
        {
            "repository": one.repository,
            "chart": one.chart,
            "version": one.version,
            "digest": lock.entry(one).digest,
            "appVersion": lock.entry(one).app_version,
            "releases": sum(used.reference == one for used in several),
            "inflated": sum(used.reference == one and bool(used.release.folder) for used in several),
        }
        for one in sorted({used.reference for used in several})
    ]
    if form == "json":
        as_json({"helm": lock.helm, "charts": rows})
        return
    for row in rows:
        where = f"{row['releases']} releases, {row['inflated']} inflated"
        say(f"{row['chart']} {row['version']}  {row['digest']}  {where}  {row['repository']}")
    _count(root, several)


@command.command(name="vendor", epilog=_EPILOG)
@click.option("--from", "registry", metavar="REGISTRY", help="Take charts from this private registry.")
@click.option("--offline", is_flag=True, help="Fetch nothing; lock what is held, the rest as unresolved.")
@click.option("--keep", is_flag=True, help="Keep the archives in the repository's charts/ too, for Git.")
@click.pass_obj
def vendor(directory: str | None, registry: str | None, offline: bool, keep: bool) -> None:
    """Fetch every chart that is not held, check its archive, and write charts.lock.

    A chart that cannot be fetched stays `unresolved`; what came before it stays locked. Exits 3 then.
    """
    from dharma.charts import store
    from dharma.charts import vendor as vendors
    from dharma.errors import ToolError
    from dharma.repository import root_of

    root = root_of(directory)
    several = _used(root)
    references = sorted({used.reference for used in several})
    with progress("charts", len(references)) as step:
        folder = root / store.FOLDER if keep else None
        found = vendors.vendor(root, references, step, registry=registry, folder=folder, offline=offline)
    say(f"charts.lock: {len(found.fetched)} fetched, {len(found.held)} held, {len(found.problems)} failed")
    _count(root, several)
    if found.problems:
        raise ToolError(found.problems)


@command.command(name="verify", epilog=_EPILOG)
@click.pass_obj
def verify(directory: str | None) -> None:
    """Hold archives, charts.lock, declarations and values against each other; exit 1 when they differ."""
    from dharma.charts.vendor import verify as faults
    from dharma.errors import DriftError
    from dharma.repository import root_of

    root = root_of(directory)
    several = _used(root)
    if found := list(faults(root, several)):
        _count(root, several)
        raise DriftError(found)
    resolved = len({used.reference for used in several}) - _count(root, several)
    say(f"{resolved} charts are as charts.lock says")


@command.command(name="update", epilog=_EPILOG)
@click.argument("name", required=False)
@click.option("--to", "version", metavar="VERSION", help="This version instead of the newest.")
@click.option("--write", is_flag=True, help="Lock the new archives and set the versions.")
@_FORM
@click.pass_obj
def update(directory: str | None, name: str | None, version: str | None, write: bool, form: str) -> None:
    """Show what another version of a chart changes: objects, images, definitions and values.

    NAME is a chart or a release; releases that take their version from the same option move together.
    """
    from dharma.charts import update as updates
    from dharma.errors import InputError, Problem
    from dharma.repository import root_of

    root = root_of(directory)
    if version and not name:
        raise InputError([Problem("--to", "needs the NAME of a chart")])
    several = _used(root)
    moving = updates.together(several, updates.chosen(several, name))
    bumps = _bumps(root, moving, version)
    if form == "json":
        as_json({"charts": [_row(bump) for bump in bumps]})
    else:
        _show(bumps)
    if write and bumps:
        moved = {bump.old.reference for bump in bumps}
        for line in updates.write(root, [used for used in moving if used.reference in moved], bumps):
            note(line)


def _bumps(root: Path, moving: Sequence[Used], version: str | None) -> list[Bump]:
    from dharma.charts.update import bump

    references = sorted({used.reference for used in moving})
    found = []
    with progress("compared", len(references)) as step:
        for reference in references:
            found.append(bump(root, [used for used in moving if used.reference == reference], version))
            step(str(reference))
    return [one for one in found if one is not None]


def _used(root: Path) -> list[Used]:
    from dharma import environment
    from dharma.charts.releases import used

    return used(root, environment.load(root).targets)


def _count(root: Path, several: Iterable[Used]) -> int:
    from dharma.charts.lock import unresolved

    if count := unresolved(root, [used.release for used in several]):
        loud(f"{count} charts are unresolved: nobody held their bytes")
    return count


def _show(bumps: Sequence[Bump]) -> None:
    if not bumps:
        say("nothing to update")
    for bump in bumps:
        say(f"{bump.old.reference.chart} {bump.old.reference.version} → {bump.new.reference.version}")
        for targets, found in _grouped(bump):
            say(f"  {', '.join(targets)}")
            for line in _lines(found) or ["nothing changes"]:
                say(f"    {line}")


def _grouped(bump: Bump) -> list[tuple[list[str], Difference]]:
    """Releases that change alike, together."""
    groups: list[tuple[list[str], Difference]] = []
    for name, found in bump.differences.items():
        same = next((names for names, other in groups if other == found), None)
        if same is None:
            groups.append(([name], found))
        else:
            same.append(name)
    return groups


def _lines(found: Difference) -> list[str]:
    lines = [f"+ {name}" for name in found.added] + [f"- {name}" for name in found.removed]
    lines += [f"~ {name}: {', '.join(places)}" for name, places in found.changed.items()]
    lines += [f"image + {image}" for image in found.images_added]
    lines += [f"image - {image}" for image in found.images_removed]
    lines += [f"definition lost {what}" for what in found.definitions]
    lines += [f"value gone: {key}" for key in found.vanished if key not in found.lost]
    return lines + [f"value gone, and we set it: {key}" for key in found.lost]


def _row(bump: Bump) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "chart": bump.old.reference.chart,
        "repository": bump.old.reference.repository,
        "from": bump.old.reference.version,
        "to": bump.new.reference.version,
        "digest": bump.new.digest,
        "breaking": any(found.breaking for found in bump.differences.values()),
        "releases": {name: asdict(found) for name, found in bump.differences.items()},
    }
