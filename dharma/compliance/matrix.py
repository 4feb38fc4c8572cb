"""The matrix control ↔ rule ↔ evidence: what each control rests on, and what is missing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from dharma.compliance.evidence import STATES, Evidence, Place, State, aged
from dharma.compliance.framework import STANDARDS, Standard, reach
from dharma.policy.rule import Framework, Rule

Verdict = Literal["hole"] | State
VERDICTS: tuple[Verdict, ...] = ("hole", *STATES)
"""A control without a rule, or what the evidence of its rules comes to."""

AGAINST = frozenset({"failed", "violated"})


@dataclass(frozen=True, slots=True)
class Said:
    """One piece of evidence as it counts on the day of the matrix."""

    evidence: Evidence
    state: State
    text: str


@dataclass(frozen=True, slots=True)
class Side:
    """All evidence of one rule from one place; without any, the state is unknown."""

    state: State
    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Support:
    """One rule of a control; clusters are asked only where somebody brought their evidence."""

    rule: Rule
    state: State
    ci: Side
    cluster: Side


@dataclass(frozen=True, slots=True)
class Control:
    """One control of a framework, its rules, and what they come to."""

    control: str
    title: str
    verdict: Verdict
    supports: tuple[Support, ...]

    @property
    def words(self) -> str:
        """The verdict in words: how many of the rules are in which state."""
        if not self.supports:
            return "no rule is evidence for it"
        counts = Counter(one.state for one in self.supports)
        states = ", ".join(f"{counts[state]} {state}" for state in STATES if counts[state])
        missing = {
            "pull requests": sum(not one.ci.said for one in self.supports),
            "clusters": sum(not one.cluster.said for one in self.supports),
        }
        return states + "".join(
            f"; {count} without evidence from {where}" for where, count in missing.items() if count
        )


@dataclass(frozen=True, slots=True)
class Section:
    """One framework's controls."""

    standard: Standard
    controls: tuple[Control, ...]

    @property
    def counts(self) -> dict[Verdict, int]:
        """How many controls came to each verdict, those that none came to left out."""
        found = Counter(one.verdict for one in self.controls)
        return {verdict: found[verdict] for verdict in VERDICTS if found[verdict]}


@dataclass(frozen=True, slots=True)
class Matrix:
    """All frameworks on one day; `most` is how old evidence may be, in days."""

    day: date
    most: int
    sections: tuple[Section, ...]
    sources: tuple[tuple[str, Place, str, str, str], ...]
    """Documents as file, place, day, engine and commit."""
    unmapped: tuple[str, ...]
    """Rules that are evidence for no control."""
    strangers: tuple[str, ...] = ()
    """Constraints in clusters that belong to no rule of today."""

    @property
    def broken(self) -> bool:
        """Whether a control is violated, or a check of it failed."""
        return any(one.verdict in AGAINST for section in self.sections for one in section.controls)


def matrix(
    rules: Sequence[Rule],
    evidence: Iterable[Evidence],
    day: date,
    most: int,
    frameworks: Sequence[Framework] = (),
    strangers: Sequence[str] = (),
) -> Matrix:
    """Every control of the frameworks, all of them by default, with what speaks for and against it."""
    several = list(evidence)
    supports = {one.rule.id: one for one in _supports(rules, several, day, most)}
    sections = [
        Section(standard, tuple(_controls(standard, rules, supports)))
        for name, standard in STANDARDS.items()
        if not frameworks or name in frameworks
    ]
    sources = sorted({(one.source, one.place, one.day, one.engine, one.commit) for one in several})
    unmapped = tuple(rule.id for rule in rules if not any(rule.metadata.controls.values()))
    return Matrix(day, most, tuple(sections), tuple(sources), unmapped, tuple(strangers))


def _supports(rules: Sequence[Rule], evidence: Sequence[Evidence], day: date, most: int) -> Iterator[Support]:
    said: dict[tuple[str, Place], list[Said]] = defaultdict(list)
    for one in evidence:
        said[one.rule, one.place].append(Said(one, *aged(one, day, most)))
    for rule in rules:
        ci, cluster = (_side(said[rule.id, place]) for place in _PLACES)
        told = [side.state for side in (ci, cluster) if side.said]
        yield Support(rule, gravest(told), ci, cluster)


_PLACES: tuple[Place, Place] = ("ci", "cluster")


def _side(said: Sequence[Said]) -> Side:
    return Side(gravest(one.state for one in said), tuple(said))


def gravest(states: Iterable[State]) -> State:
    """The state that says most against a control; where nothing is said, it is unknown."""
    return min(states, key=STATES.index, default="unknown")


def _of_control(states: Sequence[State]) -> Verdict:
    """What its rules come to: a guard that met nothing says nothing, unless there is nothing else."""
    return gravest([state for state in states if state != "idle"] or states) if states else "hole"


def _controls(
    standard: Standard, rules: Sequence[Rule], supports: Mapping[str, Support]
) -> Iterator[Control]:
    for control, names in reach(rules, standard.id).items():
        several = tuple(supports[name] for name in sorted(set(names)))
        verdict = _of_control([one.state for one in several])
        yield Control(control, standard.controls.get(control, ""), verdict, several)
