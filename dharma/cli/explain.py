"""dharma explain: a value and the chain of files and lines that set it."""

from __future__ import annotations

import click

from dharma.cli.terminal import as_json, say

_EPILOG = """\b
Examples:
  dharma explain production/region-b services.checkout.replicas.min
  dharma explain staging/region-a components.mesh
  dharma explain production/region-a cluster --format json
"""


@click.command(name="explain", epilog=_EPILOG)
@click.argument("target")
@click.argument("path", required=False, default="")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to answer.")
@click.pass_obj
def command(directory: str | None, target: str, path: str, form: str) -> None:
    """Show the value at PATH in TARGET and which lines of environments/ set it, oldest first.

    PATH is written with dots, as in services.checkout.replicas.min; a part is shown with all below it.
    """
    from dharma import environment
    from dharma.errors import InputError, Problem
    from dharma.explanation import explain
    from dharma.repository import root_of

    fleet = environment.load(root_of(directory))
    several = fleet.select([target])
    if len(several) != 1:
        names = ", ".join(found.name for found in several)
        raise InputError([Problem(f"target {target!r}", "means several targets", f"Name one of {names}.")])
    explanation = explain(several[0], path)
    if form == "json":
        as_json(explanation.as_dict())
        return
    for line in explanation.lines():
        say(line)
