"""A real API server takes everything that is generated, in the order that Dharma derived.

The server is one release; the targets declare older ones, whose kinds it still serves.
"""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from dharma.build import Built, Plan, build
from dharma.cluster import Applied, Cluster, Refusal
from dharma.drift import verify
from dharma.drift.verification import Request
from dharma.environment import load
from dharma.policy.finding import Finding
from dharma.policy.waiver import load_waivers, waived
from dharma.render import render
from dharma.sequence import BUILT_IN_NAMESPACES, chart_wave, native
from tests.cluster.generated import Object, identity, in_order, is_namespace, named, remove, steps
from tests.cluster.lab import Lab, crd_files

ROOT = Path(__file__).parent.parent.parent
TREE = ROOT / "generated"
TARGETS = [target.name for target in load(ROOT).targets]
PRODUCTION = "production/region-a"
DEPRECATED = "versions/deprecated"
HARMLESS = ("prefer a domain-qualified finalizer name",)
"""Argo CD names its finalizer, not we."""
SEED = 20261123


@dataclass(frozen=True)
class Row:
    """One target's line of the table."""

    target: str
    objects: int
    rejected: tuple[str, ...]
    warnings: tuple[str, ...]
    changed: tuple[str, ...]
    seconds: float

    def __str__(self) -> str:
        counts = (self.objects, len(self.rejected), len(self.warnings), len(self.changed))
        return f"{self.target:24}" + "".join(f"{count:10}" for count in counts) + f"{self.seconds:10.1f}"


HEADING = f"{'target':24}" + "".join(
    f"{name:>10}" for name in ("objects", "rejected", "warnings", "changed", "seconds")
)


@pytest.fixture(scope="module")
def bare(lab: Lab) -> Lab:
    """The lab before any controller runs: they would write into the objects."""
    assert not lab.has_controllers, "these tests come before those that start controllers"
    lab.crds()
    return lab


def applied(cluster: Cluster, bodies: Sequence[Object]) -> list[Applied | Refusal]:
    """What the server answered to each object, one after another as in a sync."""
    return [cluster.apply(body) for body in bodies]


@pytest.mark.parametrize("target", TARGETS)
def test_every_object_is_accepted_without_a_warning_and_applying_again_changes_nothing(
    bare: Lab, target: str
) -> None:
    started = time.monotonic()
    bodies = in_order(steps(TREE, target))
    try:
        first, second = applied(bare.cluster, bodies), applied(bare.cluster, bodies)
    finally:
        remove(bare.cluster, bodies)
    row = Row(
        target,
        len(bodies),
        tuple(_refusals(bodies, first)),
        tuple(_warnings(target, bodies, first)),
        tuple(named(body) for body, *two in zip(bodies, first, second, strict=True) if _differ(body, *two)),
        time.monotonic() - started,
    )
    bare.note("Applied to the API server, twice", HEADING, str(row))
    assert (row.rejected, row.warnings, row.changed) == ((), (), ())
    assert len(bodies) == len(list((TREE / target).rglob("*.yaml"))), "an Application leaves objects out"


def _refusals(bodies: Sequence[Object], answers: Sequence[Applied | Refusal]) -> Iterator[str]:
    for body, answer in zip(bodies, answers, strict=True):
        if isinstance(answer, Refusal):
            yield f"{named(body)}: {answer}"


def _warnings(target: str, bodies: Sequence[Object], answers: Sequence[Applied | Refusal]) -> Iterator[str]:
    """What the server warned of, but for what a waiver accepts."""
    said = [
        Finding(DEPRECATED, "deny", text, target, subject="/".join(identity(body)))
        for body, answer in zip(bodies, answers, strict=True)
        if isinstance(answer, Applied)
        for text in answer.warnings
        if not any(harmless in text for harmless in HARMLESS)
    ]
    for finding in waived(said, load_waivers(ROOT)[0], date.today()):  # noqa: DTZ011 - as the gate reads it
        if finding.blocks:
            yield f"{finding.subject}: {finding.message}"


def _differ(body: Object, one: Applied | Refusal, other: Applied | Refusal) -> bool:
    """Whether the server wrote anew; of empty lists in NetworkPolicies, whether it wrote anything else.

    It keeps such a list as null, and so makes a new generation of the same whenever one is applied.
    """
    emptied = body["kind"] == "NetworkPolicy" and [] in body["spec"].values()
    return _told(one, whole=not emptied) != _told(other, whole=not emptied)


def _told(answer: Applied | Refusal, *, whole: bool) -> object:
    if not isinstance(answer, Applied):
        return str(answer)
    if whole:
        return answer.object["metadata"]["resourceVersion"]
    counted = ("resourceVersion", "generation", "managedFields")
    head = {name: value for name, value in answer.object["metadata"].items() if name not in counted}
    return {**answer.object, "metadata": head}


def test_a_refused_and_a_changed_object_are_seen(bare: Lab) -> None:
    head = {"name": "seen", "namespace": "default", "labels": {"app": "Not A Label!"}}
    broken = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": head}
    sound = {**broken, "metadata": {**head, "labels": {}}}
    changed = {**sound, "data": {"key": "value"}}
    answers = applied(bare.cluster, [broken, sound, changed])
    remove(bare.cluster, [sound])
    assert len(list(_refusals([broken, sound, changed], answers))) == 1
    assert _differ(sound, *answers[1:])


# ---- what is no longer declared -----------------------------------------------------------------


def test_what_a_component_leaves_behind_is_exactly_what_is_to_be_pruned(bare: Lab, tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    shutil.copytree(ROOT / "environments", before / "environments")
    shutil.copytree(ROOT / "environments", after / "environments")
    without(after, "services")
    _, old = built(before)
    request, new = built(after)
    bodies = [dict(manifest.body) for manifest in old.manifests]
    try:
        assert not list(_refusals(bodies, applied(bare.cluster, bodies)))
        applied(bare.cluster, [dict(manifest.body) for manifest in new.manifests])
        left = {one.subject for one in verify(bare.cluster, request).of("foreign")}
        kept = {manifest.identity for manifest in new.manifests}
        gone = [body for body in bodies if identity(body) not in kept]
        assert left == {"/".join(identity(body)) for body in gone}
        assert "apps/Deployment/shop/catalog" in left or any("/Rollout/" in one for one in left)
        remove(bare.cluster, gone)
        assert verify(bare.cluster, request).of("foreign") == ()
        assert verify(bare.cluster, request).of("missing") == ()
    finally:
        remove(bare.cluster, bodies)


def without(root: Path, component: str) -> None:
    """Take a component out of a platform's declarations."""
    path = root / "environments" / "base.yaml"
    text = path.read_text()
    assert text.count(f"  {component}: {{}}\n") == 1
    path.write_text(text.replace(f"  {component}: {{}}\n", ""))


def built(root: Path) -> tuple[Request, Built]:
    """One target of a platform, rendered, and what is needed to verify it."""
    (target,) = [one for one in load(root).targets if one.name == PRODUCTION]
    plan = Plan(root, cached=False, code=ROOT)
    (found,) = build(plan, [target])
    return Request(plan, target, found, date.today(), manager="dharma", everywhere=True), found  # noqa: DTZ011


# ---- the order ----------------------------------------------------------------------------------

Act = Object | tuple[str, ...]
"""An object to apply, or the API groups whose definitions an upstream chart installs."""


def test_the_derived_order_is_accepted_by_an_empty_server(tmp_path: Path) -> None:
    with Lab.started(tmp_path / "lab") as lab:
        assert refused(lab, acts()) == []


@pytest.mark.parametrize("order", ["reversed", "shuffled"])
def test_another_order_is_refused_exactly_where_something_is_missing(tmp_path: Path, order: str) -> None:
    other = acts()
    random.Random(SEED).shuffle(other) if order == "shuffled" else other.reverse()
    expected = too_early(other)
    assert len(expected) > len(other) // 10
    with Lab.started(tmp_path / "lab") as lab:
        assert refused(lab, other) == expected


def acts() -> list[Act]:
    """All of a target from nothing: each chart's definitions and each object, in Dharma's order."""
    brought = definitions()
    found: list[Act] = []
    for step in steps(TREE, PRODUCTION):
        found += [brought.pop(step.wave)] if not step.objects and step.wave in brought else []
        found += step.objects
    assert not brought, "a chart that installs definitions has no Application"
    return found


def definitions() -> dict[int, tuple[str, ...]]:
    """The API groups, or kinds of them, that are there after a wave."""
    (target,) = [one for one in load(ROOT).targets if one.name == PRODUCTION]
    return {
        chart_wave(delivery.level, len(delivery.releases) - 1): target.options[delivery.component].brings
        for delivery in render(target, ROOT).deliveries
        if delivery.releases
    }


def too_early(several: Sequence[Act]) -> list[str]:
    """The objects whose namespace or definition comes after them, by Dharma's own account."""
    there, known, early = set(BUILT_IN_NAMESPACES), set[str](), []
    for act in several:
        if isinstance(act, tuple):
            known |= set(act)
            continue
        group, kind, namespace, name = identity(act)
        if not (native(group) or {group, f"{group}/{kind}"} & known) or namespace not in {"", *there}:
            early.append(named(act))
        elif is_namespace(act):
            there.add(name)
    return early


def refused(lab: Lab, several: Sequence[Act]) -> list[str]:
    """The objects that the server refuses when all are applied once, in this order."""
    found = []
    for act in several:
        if isinstance(act, tuple):
            lab.define([file for file in crd_files() if _defines(file, act)])
        elif isinstance(answer := lab.cluster.apply(act), Refusal):
            assert answer.status == 404, f"{named(act)}: {answer}"
            found.append(named(act))
    return found


def _defines(file: Path, brought: Sequence[str]) -> bool:
    """Whether a file named plural.group.yaml defines a kind of what is brought: group or group/Kind."""
    pairs = (name.partition("/") for name in brought)
    kinds = [kind for group, _, kind in pairs if file.stem.endswith(f".{group}")]
    return any(not kind or f"\n    kind: {kind}\n" in file.read_text() for kind in kinds)
