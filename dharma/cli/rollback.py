"""dharma rollback: give a target an earlier source and pin it there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dharma.cli.terminal import as_json, loud, note, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dharma.delivery.loss import Loss
    from dharma.delivery.promotion import Promotion

_EPILOG = """\b
Examples:
  dharma rollback production/region-a --to 1f0c2a9     what it had at that commit
  dharma rollback production/region-a --to 1f0c2a9 --dry-run
  dharma promote --resume production/region-a          go on later
"""


@click.command(name="rollback", epilog=_EPILOG)
@click.argument("target", metavar="TARGET")
@click.option("--to", "source", required=True, metavar="SHA", help="An earlier commit of the default branch.")
@click.option("--kubeconfig", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
              help="Knows the target's context, asked where a definition loses a version.")  # fmt: skip
@click.option(
    "--remote", default="origin", metavar="NAME", show_default=True, help="Where branches are pushed."
)
@click.option(
    "--push/--no-push", default=None, help="Push, or move local branches; by default as there is a remote."
)
@click.option("--dry-run", is_flag=True, help="Show what would be done and what stays lost.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to report.")
@click.option("--today", metavar="DAY", help="The day by which waivers are judged, as 2027-01-31.")
@click.pass_obj
def command(
    directory: str | None,
    target: str,
    source: str,
    kubeconfig: Path | None,
    remote: str,
    push: bool | None,
    dry_run: bool,
    form: str,
    today: str | None,
) -> None:
    """Commit a target's tree of an earlier commit onto deploy/<target>, and pin it.

    The default branch is left as it is; promotions pass a pinned target by until `promote --resume`.
    Prints the data that a rollback cannot bring back. Exits 1 when today's rules deny what
    comes back, or when the cluster stores objects in a version that it would no longer serve.
    """
    from dharma.cli.promote import approval
    from dharma.delivery.promotion import carried, lost_versions, opened
    from dharma.delivery.rollback import lost, planned_back
    from dharma.errors import RefusedError
    from dharma.repository import root_of

    root = root_of(directory)
    here = opened(root, remote, push=push)
    plan = planned_back(here, here.branches.source(source), here.fleet.select([target]))
    losses = lost(here.branches, plan)
    verdict = approval(root, here, plan, today)
    if form == "text":
        _warn(losses)
        for text in verdict.notes:
            note(text)
    lacking = [one for ring in plan.rings for one in lost_versions(here.branches, plan, ring, kubeconfig)]
    if verdict.problems or lacking:
        raise RefusedError([*verdict.problems, *lacking])
    moving = plan.moving(*plan.rings)
    if moving and not dry_run:
        carried(here.branches, plan, moving, pinned=True)
    if form == "json":
        named = {name: [str(loss) for loss in several] for name, several in losses.items()}
        as_json({**plan.document(), "lost": named, "done": not dry_run, "notes": verdict.notes})
    else:
        _tell(plan, dry_run=dry_run)


def _warn(losses: Mapping[str, tuple[Loss, ...]]) -> None:
    for name, several in losses.items():
        loud(f"a rollback of {name} does not bring back:")
        for loss in several:
            note(f"  - {loss}")


def _tell(plan: Promotion, *, dry_run: bool) -> None:
    moving = {step.target.name for step in plan.moving(*plan.rings)}
    for step in plan.steps:
        if step.target.name not in plan.chosen:
            continue
        name, short = step.target.name, plan.source[:12]
        if name not in moving:
            say(f"{name}: is pinned to {short} already")
            continue
        verb = "would be given" if dry_run else "given"
        say(f"{name}: {verb} {short} on {step.target.branch}, pinned until dharma promote --resume {name}")
