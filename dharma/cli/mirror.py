"""dharma mirror: every image and chart of the platform, in a private registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dharma.cli.terminal import as_json, loud, progress, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dharma.charts.mirror import Contents, Item
    from dharma.errors import Problem

_EPILOG = """\b
Examples:
  dharma mirror --to registry.example/platform --list       what it would hold, and where
  dharma mirror --to registry.example/platform --list --format json
  dharma mirror --to registry.example/platform              copy all images and charts
"""


@click.command(name="mirror", epilog=_EPILOG)
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@click.option("--to", "registry", required=True, metavar="REGISTRY", help="The private registry and path.")
@click.option("--list", "listed", is_flag=True, help="Copy nothing; list what would be copied.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to report.")
@click.pass_obj
def command(directory: str | None, targets: tuple[str, ...], registry: str, listed: bool, form: str) -> None:
    """List every image and chart of the targets with its digest, and fill a private registry with them.

    Images are copied by crane, charts by helm, both with the logins they have. Afterwards
    `registry: REGISTRY` in environments/ takes every reference from there.
    """
    from dharma import environment
    from dharma.charts import mirror
    from dharma.errors import ToolError
    from dharma.repository import root_of

    _well_formed(registry)
    root = root_of(directory)
    found = mirror.contents(root, environment.load(root).select(targets), registry)
    items: Sequence[Item] = found.items
    problems: list[Problem] = []
    if not listed:
        with progress("copied", len(items)) as step:
            items, problems = mirror.fill(root, items, registry, step)
    _report(items, found, form)
    if problems:
        raise ToolError(problems)


def _well_formed(registry: str) -> None:
    from pydantic import TypeAdapter, ValidationError

    from dharma.errors import InputError, Problem
    from dharma.values import Repository

    try:
        TypeAdapter(Repository).validate_python(registry)
    except ValidationError:
        what = "is no registry with a path, such as registry.example/platform"
        raise InputError([Problem(f"--to {registry!a}", what)]) from None


def _report(items: Sequence[Item], found: Contents, form: str) -> None:
    from dharma.charts.mirror import rows

    unresolved = sum(not item.resolved for item in items)
    if form == "json":
        as_json({"items": list(rows(items)), "unresolved": unresolved, "unknown": found.unknown})
        return
    for item in items:
        say(f"{item.kind} {item.source} → {item.destination} {item.digest}")
    kinds = [sum(item.kind == kind for item in items) for kind in ("image", "chart")]
    say(f"{kinds[0]} images, {kinds[1]} charts, {unresolved} unresolved")
    if found.unknown:
        loud(f"{found.unknown} charts are not held: their images are not listed. Run `dharma charts vendor`.")
