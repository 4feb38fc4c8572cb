"""dharma build: render the declarations into generated/."""

from __future__ import annotations

import gc
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dharma.cli.terminal import as_json, loud, note, progress, say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dharma.build import Built, Plan
    from dharma.environment import Fleet
    from dharma.render import Synth
    from dharma.target import Target
    from dharma.tree import Changes

_SHOWN = 400
_EPILOG = """\b
Examples:
  dharma build                             all targets
  dharma build staging production/region-b an environment and one target
  dharma build --component mesh            one component everywhere
  dharma build --check                     write nothing; exit 1 with a diff when generated/ is stale
"""


@click.command(name="build", epilog=_EPILOG)
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@click.option("--component", metavar="NAME", help="Write only this component.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 with a diff when the tree is stale.")
@click.option("--workers", type=click.IntRange(1, 256), metavar="N", help="Processes that render.")
@click.option(
    "--synth",
    type=click.Choice(["python", "cdk8s"]),
    default="python",
    show_default=True,
    help="Who serialises plain objects; both give the same bytes.",
)
@click.option("--no-cache", is_flag=True, help="Render everything anew.")
@click.option("--today", metavar="DAY", help="The day by which waivers have ended, as 2027-01-31.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to report.")
@click.pass_obj
def command(
    directory: str | None,
    targets: tuple[str, ...],
    component: str | None,
    check: bool,
    workers: int | None,
    synth: str,
    no_cache: bool,
    today: str | None,
    form: str,
) -> None:
    """Render the declarations into generated/, one file an object.

    The tree changes as a whole or not at all. Files that Dharma did not write are left alone and reported.
    """
    from dharma import environment
    from dharma.build import Plan, merged_files
    from dharma.cli.promote import day
    from dharma.repository import root_of, schema_folders

    started = time.perf_counter()
    root = root_of(directory)
    fleet = environment.load(root)
    chosen = fleet.select(targets)
    how: Synth = "cdk8s" if synth == "cdk8s" else "python"
    plan = Plan(root, schema_folders(root), how, workers, not no_cache, today=day(today))
    _known_component(chosen, component)
    built = _build(plan, chosen)
    tree, scopes = _place(root, fleet, chosen, component, whole=not targets)
    changes = _write(tree, merged_files(built, component), scopes, check=check)
    if not check:
        _record_source(root, tree)
    _report(built, changes, tree, root, time.perf_counter() - started, form)
    if check and changes.stale:
        raise SystemExit(1)


def _build(plan: Plan, chosen: Sequence[Target]) -> list[Built]:
    from dharma.build import build

    gc.disable()  # millions of small objects, none of them in circles
    try:
        with progress("rendered", len(chosen)) as step:
            return build(plan, chosen, lambda built: step(_line(built)) if built.fresh else None)
    finally:
        gc.enable()


def _line(built: Built) -> str:
    return f"{built.target}: {len(built.manifests)} objects"


def _known_component(chosen: Sequence[Target], component: str | None) -> None:
    from dharma.errors import InputError, Problem
    from dharma.spelling import nearest

    known = {name for target in chosen for name in target.options}
    if component is not None and component not in known:
        what = "is part of none of these targets"
        raise InputError([Problem(f"component {component!r}", what, nearest(component, known))])


def _place(
    root: Path, fleet: Fleet, chosen: Sequence[Target], component: str | None, *, whole: bool
) -> tuple[Path, list[str]]:
    from dharma.build import vanished
    from dharma.errors import InputError
    from dharma.repository import output_folder

    tree = output_folder(root, fleet.targets[0].output)
    if component is not None:
        return tree, [f"{target.name}/{component}" for target in chosen]
    if not whole:
        return tree, [target.name for target in chosen]
    if gone := vanished(tree, fleet):
        raise InputError(gone)
    return tree, [""]


def _write(tree: Path, files: Mapping[str, bytes], scopes: Sequence[str], *, check: bool) -> Changes:
    from dharma import tree as trees
    from dharma.errors import InputError, Problem

    try:
        if not check:
            return trees.write(tree, files, scopes)
        trees.recover(tree)
        changes = trees.compare(tree, files, scopes)
    except trees.TreeError as error:
        raise InputError(
            Problem(problem.path or tree.name, problem.message) for problem in error.problems
        ) from None
    lines = list(trees.diff(tree, files, changes)) if changes.stale else []
    for line in lines[:_SHOWN]:
        say(line.rstrip("\n"))
    if len(lines) > _SHOWN:
        note(f"… {len(lines) - _SHOWN} more lines of difference")
    return changes


def _record_source(root: Path, tree: Path) -> None:
    """Beside a tree that lies elsewhere, say which commit it was made of."""
    if tree == root / "generated":
        return
    from dharma.provenance import source_record

    record = tree.with_name(f"{tree.name}.source.json")
    text = source_record(root)
    if not record.is_file() or record.read_text() != text:
        record.write_text(text)


def _report(
    built: Sequence[Built], changes: Changes, tree: Path, root: Path, seconds: float, form: str
) -> None:
    charts = sum(found.charts for found in built)
    unchecked = sum(found.unchecked for found in built)
    objects = sum(len(found.manifests) for found in built)
    name = tree.relative_to(root).as_posix() if tree.is_relative_to(root) else str(tree)
    if form == "json":
        as_json(
            {
                "tree": name,
                "targets": {found.target: len(found.manifests) for found in built},
                "objects": objects,
                "charts": charts,
                "unchecked": unchecked,
                "seconds": round(seconds, 3),
                **{
                    kind: list(getattr(changes, kind))
                    for kind in ("added", "changed", "removed", "foreign", "edited")
                },
            }
        )
        return
    counts = ", ".join(
        f"{len(getattr(changes, kind))} {kind}"
        for kind in ("added", "changed", "removed")
        if getattr(changes, kind)
    )
    say(f"{name}: {objects} objects of {len(built)} targets, {counts or 'nothing changed'} ({seconds:.1f} s)")
    note(f"{charts} upstream charts are rendered by Argo CD; their objects were not checked")
    if unchecked:
        loud(
            f"{unchecked} objects went unchecked: no catalogue of custom resource schemas. "
            "Point DHARMA_SCHEMAS to one in kubeconform's layout."
        )
    for path in changes.edited:
        loud(f"{name}/{path} had been edited by hand")
    for path in changes.foreign:
        loud(f"{name}/{path} was not written by Dharma and is left alone")
