"""Rollback: targets are given an earlier source and pinned there until they are resumed.

The default branch is left as it is, and no ring is asked: what comes back has run there before. The target's
own cluster is asked where a custom resource definition loses a version.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dharma.delivery.branch import SOURCE, Branches
from dharma.delivery.loss import Loss, losses
from dharma.delivery.promotion import Opened, Promotion, State, Step, planned
from dharma.errors import InputError, Problem
from dharma.target import Target


def planned_back(here: Opened, source: str, chosen: Sequence[Target]) -> Promotion:
    """What a rollback would do; InputError where the source is not what a target ran before."""
    plan = planned(here, source, chosen, resumed=True)
    problems = [problem for step in plan.steps for problem in _faults(here.branches, plan, step)]
    if problems:
        raise InputError(problems)
    steps = tuple(replace(step, state=_state(plan, step)) for step in plan.steps)
    return replace(plan, steps=steps, rings=tuple(sorted({target.cluster.ring for target in chosen})))


def lost(branches: Branches, plan: Promotion) -> dict[str, tuple[Loss, ...]]:
    """By target, what the rollback cannot bring back."""
    moving = [step for step in plan.moving(*plan.rings) if step.before]
    found = {
        step.target.name: losses(branches.git, step.before.tree, step.tree) for step in moving if step.before
    }
    return {name: several for name, several in found.items() if several}


def _state(plan: Promotion, step: Step) -> State:
    if step.target.name not in plan.chosen or step.before is None:
        return step.state
    same = step.before.tree == step.tree and step.before.branch == step.target.branch
    return "pinned" if same and step.before.pinned else "behind"


def _faults(branches: Branches, plan: Promotion, step: Step) -> list[Problem]:
    name, short = step.target.name, plan.source[:12]
    if name not in plan.chosen:
        return []
    if step.before is None:
        return [Problem(name, "was given nothing yet, so nothing can be rolled back", "See dharma promote.")]
    if not step.tree:
        return [Problem(name, f"does not exist at {short}", "Name a later commit.")]
    if not _earlier(branches, step, plan.source):
        mend = "Promote it instead: dharma promote --source SHA."
        return [Problem(name, f"never had {short}, which is no earlier than what it has", mend)]
    return []


def _earlier(branches: Branches, step: Step, source: str) -> bool:
    """Whether a source is an ancestor of the present one, or was given to the target before."""
    if step.before is None:
        return False
    shown = f"--format=%(trailers:key={SOURCE},valueonly)"
    given = branches.git.run("log", shown, step.before.commit).split()
    return source in given or branches.git.within(source, step.before.source)
