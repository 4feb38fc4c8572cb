"""dharma promote: give targets a commit of the default branch, ring by ring."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dharma.cli.terminal import as_json, loud, note, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dharma.delivery.approval import Judgement
    from dharma.delivery.promotion import Opened, Promotion, Step
    from dharma.errors import Problem, RefusedError

_EPILOG = """\b
Examples:
  dharma promote                             the default branch's tip, to the next ring that is behind
  dharma promote --dry-run                   what that would do; writes nothing
  dharma promote --to 2 --wait 30            ring by ring up to ring 2, waiting 30 minutes for each
  dharma promote production/region-b         one target; earlier rings must have it already
  dharma promote --source v1.4.0             another commit of the default branch
  dharma promote --resume production/region-a
                                             go on after a rollback
\b
Exits 1, with everything that is in the way, when the gate denies or the ring before is not
Synced and Healthy.
"""


@click.command(name="promote", epilog=_EPILOG)
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@click.option(
    "--to", type=int, metavar="RING", help="Go on to this ring; by default the next that is behind."
)
@click.option(
    "--source", default="", metavar="REF", help="A commit of the default branch; by default its tip."
)
@click.option("--resume", is_flag=True, help="Promote targets that a rollback pinned, and unpin them.")
@click.option("--wait", type=click.FloatRange(0, 1440), default=0, metavar="MINUTES", show_default=True,
              help="How long to wait for a ring to be Synced and Healthy.")  # fmt: skip
@click.option("--kubeconfig", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
              help="Knows the targets' contexts; by default $KUBECONFIG.")  # fmt: skip
@click.option(
    "--remote", default="origin", metavar="NAME", show_default=True, help="Where branches are pushed."
)
@click.option(
    "--push/--no-push", default=None, help="Push, or move local branches; by default as there is a remote."
)
@click.option("--dry-run", is_flag=True, help="Show what would be done and what is in the way.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to report.")
@click.option("--today", metavar="DAY", help="The day by which waivers are judged, as 2027-01-31.")
@click.pass_obj
def command(
    directory: str | None,
    targets: tuple[str, ...],
    to: int | None,
    source: str,
    resume: bool,
    wait: float,
    kubeconfig: Path | None,
    remote: str,
    push: bool | None,
    dry_run: bool,
    form: str,
    today: str | None,
) -> None:
    """Commit each target's tree of a commit of the default branch onto deploy/<target>.

    A ring moves as a whole or not at all, and only when the ring before it is Synced and Healthy at the
    commit it was given. The work tree is not touched, and uncommitted changes are not promoted.
    """
    from dharma.delivery.promotion import opened, planned
    from dharma.repository import root_of

    root = root_of(directory)
    _named(targets, resume=resume)
    here = opened(root, remote, push=push)
    chosen = here.fleet.select(targets)
    plan = planned(here, here.branches.source(source), chosen, to=to, resumed=resume)
    verdict = approval(root, here, plan, today)
    run = _Run(here, plan, kubeconfig, wait * 60, dry_run=dry_run)
    refused = run.go(verdict)
    if form == "json":
        said = [str(problem) for problem in refused.problems] if refused else []
        as_json({**plan.document(), "done": run.done, "refused": said, "notes": verdict.notes})
    else:
        run.tell()
        for text in verdict.notes:
            note(text)
    if refused:
        raise refused


def approval(root: Path, here: Opened, plan: Promotion, today: str | None) -> Judgement:
    """What the gate says of everything that would move."""
    from dharma.delivery.approval import Case, judged

    targets = tuple(step.target for step in plan.moving(*plan.rings))
    return judged(Case(root, here.branches, plan.source, targets, here.declared, day(today)))


def day(text: str | None) -> date:
    """The day that waivers are judged by; today without a text."""
    from dharma.errors import InputError, Problem

    try:
        return date.fromisoformat(text) if text else date.today()  # noqa: DTZ011 - a day of the user's calendar
    except ValueError:
        raise InputError([Problem("--today", f"{text!r} is no day", "Write it as 2027-01-31.")]) from None


def line_of(step: Step, plan: Promotion, done: Sequence[int], *, dry_run: bool) -> str:
    """One target of a plan for people."""
    from dharma.delivery.promotion import renamed

    before = step.before
    had = f"has {before.source[:12]}" if before else "has nothing yet"
    said = {
        "current": had,
        "ahead": f"{had}, which is later",
        "pinned": f"pinned, {had}; to go on: dharma promote --resume {step.target.name}",
        "absent": f"{plan.source[:12]} has nothing for it",
        "behind": had,
    }[step.state]
    if step.state == "behind" and step.ring in plan.rings and step.ring not in done:
        said += "; waits for the ring before" if done or step.ring != plan.rings[0] else "; held back"
    if step.state == "behind" and step.ring in done:
        verb = "would be given" if dry_run else "given"
        said = f"{verb} {plan.source[:12]} on {step.target.branch}"
        if former := renamed(step):
            said += f", which continues {former}; keep that until everything is Synced, then delete it"
    return f"ring {step.ring}  {step.target.name}: {said}"


def _named(targets: Sequence[str], *, resume: bool) -> None:
    from dharma.errors import InputError, Problem

    if resume and not targets:
        mend = "Name what shall go on: dharma promote --resume production/region-a"
        raise InputError([Problem("--resume", "names no target", mend)])


class _Run:
    """Rings that move one after the other until one is held back."""

    def __init__(
        self, here: Opened, plan: Promotion, kubeconfig: Path | None, seconds: float, *, dry_run: bool
    ) -> None:
        self.here, self.first, self.kubeconfig = here, plan, kubeconfig
        self.seconds, self.dry_run = seconds, dry_run
        self.done: list[int] = []

    def go(self, verdict: Judgement) -> RefusedError | None:
        """Move the rings of the plan until one is refused; with all that holds it back."""
        from dharma.errors import RefusedError

        plan = self.first
        for ring in plan.rings[:1] if self.dry_run else plan.rings:
            try:
                plan = self._moved(plan, ring, verdict.problems)
            except RefusedError as error:
                return error
            self.done.append(ring)
        return None

    def _moved(self, plan: Promotion, ring: int, denied: Sequence[Problem]) -> Promotion:
        from dharma.delivery.promotion import carried, obstacles
        from dharma.delivery.ring import waited
        from dharma.errors import RefusedError

        def ask() -> list[Problem]:
            return obstacles(self.here.branches, plan, ring, self.kubeconfig)

        problems = [*denied, *waited(ask, 0 if denied or self.dry_run else self.seconds, note)]
        if problems:
            raise RefusedError(problems)
        if self.dry_run:
            return plan
        moved = carried(self.here.branches, plan, plan.moving(ring))
        note(f"ring {ring} was given {plan.source[:12]}")
        return moved

    def tell(self) -> None:
        """Every target that was asked for, and what became of it."""
        plan = self.first
        for step in plan.steps:
            if step.target.name in plan.chosen:
                say(line_of(step, plan, self.done, dry_run=self.dry_run))
        if not plan.rings:
            say(f"nothing to do: {plan.source[:12]} is where it shall be")
        if any(step.state == "pinned" and step.target.name in plan.chosen for step in plan.steps):
            loud("pinned targets were left alone")
