"""Promotion: a commit of the default branch reaches the targets ring by ring.

A target is behind while its branch holds another tree than the source has for it, unless it was given a
later commit. A ring moves when every earlier one was given the source and the one before is Synced and
Healthy at the commits it was given. Nothing moves backwards here; that is a rollback.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from dharma import baseline, environment
from dharma.delivery.branch import Branches, Deployed, Move
from dharma.delivery.definitions import unreadable
from dharma.delivery.git import Git
from dharma.delivery.ring import unready
from dharma.environment import Fleet
from dharma.errors import InputError, Problem
from dharma.repository import output_folder
from dharma.target import Target

State = Literal["behind", "current", "ahead", "pinned", "absent"]


@dataclass(frozen=True, slots=True)
class Opened:
    """The declarations of the default branch, their commit, and the branches that targets track."""

    branches: Branches
    fleet: Fleet
    declared: str


@dataclass(frozen=True, slots=True)
class Step:
    """One target and a source: the tree it would be given, empty for none, and what it has."""

    target: Target
    state: State
    tree: str
    before: Deployed | None

    @property
    def ring(self) -> int:
        """The ring of its cluster."""
        return self.target.cluster.ring


@dataclass(frozen=True, slots=True)
class Promotion:
    """Every target of the fleet, in the order of rings, and the rings that shall move, in theirs."""

    source: str
    steps: tuple[Step, ...]
    chosen: frozenset[str]
    rings: tuple[int, ...]

    def moving(self, *rings: int) -> tuple[Step, ...]:
        """What moves with some rings."""
        return tuple(step for step in self._behind() if step.ring in rings)

    def document(self) -> dict[str, Any]:
        """The plan for machines."""
        shown = [step for step in self.steps if step.target.name in self.chosen]
        moving = {step.target.name for step in self.moving(*self.rings)}
        targets = {step.target.name: described(step, moves=step.target.name in moving) for step in shown}
        return {"source": self.source, "rings": list(self.rings), "targets": targets}

    def _behind(self) -> Iterator[Step]:
        return (one for one in self.steps if one.state == "behind" and one.target.name in self.chosen)


def described(step: Step, *, moves: bool) -> dict[str, Any]:
    """One target of a plan for machines."""
    before = step.before
    return {
        "ring": step.ring,
        "branch": step.target.branch,
        "state": step.state,
        "moves": moves,
        "source": before.source if before else None,
        "commit": before.commit if before else None,
    }


def opened(root: Path, remote: str = "origin", *, push: bool | None = None) -> Opened:
    """Read what the default branch declares and, where there is a remote to push to, what it holds."""
    branches = Branches.around(root, remote, push=push)
    branches.fetch()
    declared = branches.default()
    with baseline.declared(root, baseline.resolve(root, declared)) as folder:
        fleet = environment.load(folder, root)
    tree = output_folder(root, fleet.targets[0].output)
    if Git.around(tree).folder != branches.git.folder:
        branches = Branches.around(tree, remote, push=push)
        branches.fetch()
    branches.fetch({target.gitops.branch_prefix for target in fleet.targets})
    return Opened(branches, fleet, declared)


def planned(
    here: Opened,
    source: str,
    chosen: Sequence[Target],
    *,
    to: int | None = None,
    resumed: bool = False,
) -> Promotion:
    """What a promotion up to a ring would do, or to the next one that is behind; writes nothing."""
    known = sorted({target.cluster.ring for target in here.fleet.targets})
    if to is not None and to not in known:
        named = ", ".join(map(str, known))
        raise InputError([Problem(f"--to {to}", "is the ring of no target", f"There are {named}.")])
    names = frozenset(target.name for target in chosen)
    deployed = here.branches.deployed(here.fleet.targets)
    steps = tuple(
        _step(here.branches, target, deployed.get(target.name), source, resumed and target.name in names)
        for target in here.fleet.targets
    )
    behind = sorted({step.ring for step in steps if step.state == "behind" and step.target.name in names})
    rings = behind[:1] if to is None else [ring for ring in behind if ring <= to]
    return Promotion(source, steps, names, tuple(rings))


def obstacles(branches: Branches, plan: Promotion, ring: int, kubeconfig: Path | None) -> list[Problem]:
    """Why a ring must not move yet; asks the clusters of the ring before it.

    Its own are asked only where a custom resource definition loses a version.
    """
    earlier = [step for step in plan.steps if step.ring < ring and step.state != "absent"]
    problems = [_behind(step, plan.source) for step in earlier if step.state == "behind"]
    before = [step for step in earlier if step.ring == max(step.ring for step in earlier)]
    if before and all(step.state == "pinned" for step in before):
        problems += [_unproven(step) for step in before]
    held = [
        (step.target, step.before)
        for step in before
        if step.before and step.state not in {"behind", "pinned"}
    ]
    return [*problems, *unready(branches, held, kubeconfig), *lost_versions(branches, plan, ring, kubeconfig)]


def lost_versions(
    branches: Branches, plan: Promotion, ring: int, kubeconfig: Path | None
) -> Iterator[Problem]:
    """What clusters of a ring store in versions that the source's definitions no longer serve."""
    for step in plan.moving(ring):
        if step.before is not None:
            yield from unreadable(branches.git, (step.target, step.before), step.tree, kubeconfig)


def carried(
    branches: Branches, plan: Promotion, moving: Collection[Step], *, pinned: bool = False
) -> Promotion:
    """The plan after some of its targets were given the source, all at once or none."""
    made = {step.target.name: _commit(branches, plan.source, step, pinned=pinned) for step in moving}
    branches.advance([_move(step, made[step.target.name]) for step in moving])
    deployed = branches.deployed(step.target for step in moving)
    steps = (
        replace(step, state="pinned" if pinned else "current", before=deployed[step.target.name])
        if step.target.name in made
        else step
        for step in plan.steps
    )
    return replace(plan, steps=tuple(steps))


def renamed(step: Step) -> str:
    """The branch of the former name that a step continues; empty for none."""
    before = step.before
    return before.branch if before and before.branch != step.target.branch else ""


def _step(branches: Branches, target: Target, before: Deployed | None, source: str, resumed: bool) -> Step:
    tree = branches.tree(target, source)
    return Step(target, _state(branches, target, before, tree, source, resumed), tree, before)


def _state(
    branches: Branches, target: Target, before: Deployed | None, tree: str, source: str, resumed: bool
) -> State:
    if before and before.pinned and not resumed:
        return "pinned"
    if not tree:
        return "absent"
    if before is None or before.pinned:
        return "behind"
    if before.tree == tree and before.branch == target.branch:
        return "current"
    later = before.source != source and branches.git.within(source, before.source)
    return "ahead" if later else "behind"


def _commit(branches: Branches, source: str, step: Step, *, pinned: bool) -> str:
    parent = step.before.commit if step.before else ""
    return branches.commit(step.target, step.tree, source, parent, pinned=pinned)


def _move(step: Step, new: str) -> Move:
    before = step.before
    if before is None or renamed(step):
        return Move(step.target.branch, new)
    return Move(before.branch, new, before.here, before.there)


def _behind(step: Step, source: str) -> Problem:
    what = f"of ring {step.ring} was not given {source[:12]} yet"
    return Problem(step.target.name, what, f"Promote it first: dharma promote --to {step.ring}")


def _unproven(step: Step) -> Problem:
    what = f"is pinned like all of ring {step.ring}, so nothing there proves the change"
    return Problem(step.target.name, what, f"Resume it first: dharma promote --resume {step.target.name}")
