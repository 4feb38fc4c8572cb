"""What the API server refuses, the gate refuses without one, as far as schemas and their rules go."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from dharma.cel import Rules
from dharma.cluster import Cluster, Refusal
from dharma.schemas import Schemas
from dharma.schemas.catalogue import Catalogue, read
from dharma.schemas.native import Native
from dharma.sequence import native
from tests.cluster.generated import Object, identity, in_order, is_namespace, remove, steps
from tests.cluster.lab import Lab
from tests.cluster.mutation import Mutant, Schema, mutants

TREE = Path(__file__).parent.parent.parent / "generated"
TARGET = "production/region-a"
KUBERNETES = "1.37"
"""The server's own release, so that both sides speak of the same kinds."""

SEED = 20261123
OBJECTS_A_KIND, MUTANTS_AN_OBJECT = 6, 10
# Native kinds have checks in Go code beyond their schema, such as that a port is below 65536.
NATIVE_FLOOR = 0.82
_THREADS = 6


@dataclass(frozen=True)
class Verdict:
    """What both sides say of one mutant; empty where they accept it."""

    mutant: Mutant
    server: Refusal | None
    offline: str

    @property
    def custom(self) -> bool:
        return not native(identity(self.mutant.body)[0])

    @property
    def missed(self) -> bool:
        return self.server is not None and not self.offline

    @property
    def in_go(self) -> bool:
        """Refused by the server's own code for a native kind, after its schema was satisfied."""
        return self.server is not None and not self.custom and self.server.reason == "Invalid"

    def __str__(self) -> str:
        where = ".".join(map(str, self.mutant.where))
        kind = self.mutant.body["kind"]
        return (
            f"{kind} {self.mutant.how} at {where}: server {self.server}; offline {self.offline or 'accepts'}"
        )


@dataclass(frozen=True)
class Offline:
    """The gate's checks of schemas and of the rules inside them."""

    schemas: Schemas
    rules: Rules

    def refusal(self, body: Object) -> str:
        """What is wrong, empty for nothing; a rule that could not be decided refuses nothing."""
        found = self.schemas.check(body)
        if found:
            return str(found[0])
        return next((str(problem) for problem in self.rules.check(body) if problem.decided), "")


@pytest.fixture(scope="module")
def verdicts(lab: Lab, catalogue: Path) -> Iterator[list[Verdict]]:
    lab.crds()
    bodies = in_order(steps(TREE, TARGET))
    namespaces = [body for body in bodies if is_namespace(body)]
    offline = Offline(Schemas(KUBERNETES, (catalogue,)), Rules((catalogue,)))
    for body in namespaces:
        lab.cluster.apply(body)
    with lab.timed("mutants, judged by the server and offline"), ThreadPoolExecutor(_THREADS) as threads:
        several = list(spoiled(bodies, catalogue))
        answers = list(threads.map(lambda mutant: tried(lab.cluster, mutant.body), several))
        yield [
            Verdict(mutant, answer, offline.refusal(mutant.body))
            for mutant, answer in zip(several, answers, strict=True)
        ]
    remove(lab.cluster, namespaces)


def spoiled(bodies: Iterable[Object], catalogue: Path) -> Iterator[Mutant]:
    """Mutants of some objects of every kind."""
    chance = random.Random(SEED)
    by_kind: dict[tuple[str, str], list[Object]] = defaultdict(list)
    for body in bodies:
        by_kind[body["apiVersion"], body["kind"]].append(body)
    for (api_version, kind), several in sorted(by_kind.items()):
        schema = schema_of(api_version, kind, catalogue)
        for body in chance.sample(several, min(OBJECTS_A_KIND, len(several))):
            yield from mutants(body, schema, chance, MUTANTS_AN_OBJECT)


@cache
def schema_of(api_version: str, kind: str, catalogue: Path) -> Schema:
    known = Native(KUBERNETES)
    schema = known.schema(api_version, kind)
    if schema is None:
        path = Catalogue((catalogue,)).find(api_version, kind)
        assert path is not None
        schema = read(path)
    return schema


def tried(cluster: Cluster, body: Object) -> Refusal | None:
    """What the server says of an object that is not there yet."""
    answer = cluster.apply(body, dry_run=True, strict=True)
    return answer if isinstance(answer, Refusal) else None


def counts(verdicts: Iterable[Verdict]) -> tuple[int, int, int, int]:
    """Refused by both, accepted by both, refused by the server alone, refused offline alone."""
    found = Counter((one.server is not None, bool(one.offline)) for one in verdicts)
    return found[True, True], found[False, False], found[True, False], found[False, True]


def agreement(verdicts: Iterable[Verdict]) -> float:
    """The share of mutants on which both sides agree."""
    both, neither, missed, stricter = counts(verdicts)
    return (both + neither) / (both + neither + missed + stricter)


def test_the_sound_objects_are_accepted_by_both(lab: Lab, catalogue: Path, verdicts: list[Verdict]) -> None:
    assert verdicts
    offline = Offline(Schemas(KUBERNETES, (catalogue,)), Rules((catalogue,)))
    bodies = in_order(steps(TREE, TARGET))
    assert [said for body in bodies if (said := offline.refusal(body))] == []
    assert [refusal for body in bodies[::5] if (refusal := tried(lab.cluster, body))] == []


def test_what_the_server_refuses_of_custom_resources_is_refused_offline(
    lab: Lab, verdicts: list[Verdict]
) -> None:
    custom = [one for one in verdicts if one.custom]
    _report(lab, "custom", custom)
    assert len(custom) >= 400
    assert counts(custom)[0] >= 150, "too few mutants are refused at all"
    assert [str(one) for one in custom if one.missed] == []


def test_what_the_servers_schemas_refuse_of_native_kinds_is_refused_offline(
    lab: Lab, verdicts: list[Verdict]
) -> None:
    kinds = [one for one in verdicts if not one.custom]
    _report(lab, "native", kinds)
    assert len(kinds) >= 200
    assert [str(one) for one in kinds if one.missed and not one.in_go] == []
    assert agreement(kinds) >= NATIVE_FLOOR


def _report(lab: Lab, title: str, verdicts: list[Verdict]) -> None:
    names = ("kinds", "mutants", "both refuse", "both accept", "server only", "offline only", "agreement")
    numbers = (len(verdicts), *counts(verdicts))
    row = "".join(f"{number:>14}" for number in numbers) + f"{agreement(verdicts):>14.1%}"
    heading = f"{names[0]:8}" + "".join(f"{name:>14}" for name in names[1:])
    lab.note("Mutants judged by the API server and offline", heading, f"{title:8}{row}")
    (lab.folder / f"disagreement-{title}.txt").write_text(
        "".join(f"{one}\n" for one in verdicts if (one.server is None) != (not one.offline))
    )
    reasons = Counter(_reason(one) for one in verdicts if one.missed)
    lab.note(
        "Refused by the server alone", *(f"{count:5} {reason}" for reason, count in reasons.most_common())
    )


def _reason(verdict: Verdict) -> str:
    kind, message = verdict.mutant.body["kind"], str(verdict.server)
    said = next((word for word in _GO if word in message), message.rpartition("): ")[2][:100])
    return f"{kind}: {said} (Go code)" if verdict.in_go else f"{kind}: {said}"


_GO = ("Invalid value", "Required value", "Unsupported value", "Forbidden", "Duplicate value", "Too long")
