"""dharma graph: the platform as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dharma.cli.terminal import note, say

if TYPE_CHECKING:
    from dharma.environment import Fleet
    from dharma.graph import Graph, View
    from dharma.target import Target

_EPILOG = """\b
Examples:
  dharma graph                                             the last target that changes reach, as Mermaid
  dharma graph production/region-b --view calls            who calls whom
  dharma graph --format svg --output docs/platform.svg     a picture, laid out without other programs
  dharma graph staging/region-a --format dot | dot -Tpdf   for Graphviz
"""


@click.command(name="graph", epilog=_EPILOG)
@click.argument("target", required=False)
@click.option(
    "--view",
    type=click.Choice(["components", "services", "calls", "all"]),
    default="all",
    show_default=True,
    help="What to draw.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["mermaid", "dot", "svg", "json"]),
    default="mermaid",
    show_default=True,
    help="How to draw it.",
)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file.")
@click.pass_obj
def command(directory: str | None, target: str | None, view: View, form: str, output: Path | None) -> None:
    """Draw TARGET: components with their sync waves, services by tenant, who calls whom, what is exposed.

    It is drawn from the declarations alone; nothing is rendered.
    """
    from dharma import environment
    from dharma.graph import graph_of
    from dharma.repository import root_of

    chosen = _one(environment.load(root_of(directory)), target)
    text = _text(graph_of(chosen, view), form)
    if output is None:
        say(text.rstrip("\n"))
        return
    output.write_text(text, encoding="utf-8")
    note(f"wrote {output}")


def _one(fleet: Fleet, name: str | None) -> Target:
    from dharma.errors import InputError, Problem

    chosen = fleet.select([name]) if name else fleet.targets
    if not chosen:
        raise InputError(
            [Problem("environments/", "declares no target", "dharma new environment NAME adds one.")]
        )
    if name and len(chosen) != 1:
        names = ", ".join(found.name for found in chosen)
        raise InputError([Problem(f"target {name!r}", "means several targets", f"Name one of {names}.")])
    return chosen[-1]


def _text(graph: Graph, form: str) -> str:
    import json

    from dharma.graph import as_dict, dot, mermaid, svg

    if form == "json":
        return json.dumps(as_dict(graph), indent=2, ensure_ascii=False)
    return {"mermaid": mermaid, "dot": dot, "svg": svg}[form](graph)
