"""Verification: one target held against its cluster, object by object, and nothing changed there.

Foreign are objects that carry Dharma's label, belong to no other object and are not declared. Without
`everywhere` they are looked for among the kinds that the target declares.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from dharma.build import Built, Plan
from dharma.cluster import Cluster, ForbiddenError
from dharma.drift.comparison import MANAGER, Compared, compare
from dharma.drift.difference import Difference
from dharma.drift.health import health
from dharma.drift.noise import cleaned, settled
from dharma.drift.owned import owned_fields
from dharma.errors import Origin
from dharma.gate import levelled_by, rank, rules_of
from dharma.judgement import Judge, Subject, subject_of
from dharma.manifest import Manifest
from dharma.policy.finding import Finding
from dharma.policy.fleet import facts
from dharma.policy.waiver import load_waivers, waived
from dharma.target import Target

LABEL = "app.kubernetes.io/managed-by=dharma"
COMPONENT = "app.kubernetes.io/component"
THREADS = 8

State = Literal["drift", "missing", "foreign", "refused", "unread", "unhealthy", "added"]
STATES: tuple[State, ...] = ("drift", "missing", "foreign", "refused", "unread", "unhealthy", "added")
FAILING = frozenset(STATES[:5])
"""What makes a verification fail; health changes by itself, and what others add Argo CD leaves alone."""

Kind = tuple[str, str]
Identity = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Deviation:
    """One object that is not as declared: how, where, and what it rests on if it is declared."""

    state: State
    subject: str
    message: str = ""
    differences: tuple[Difference, ...] = ()
    component: str = ""
    places: tuple[Origin, ...] = ()


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found of one target; `findings` are of rules on live objects."""

    target: str
    cluster: str
    objects: int
    dry_run: int
    local: int
    charts: int
    kinds: int
    unsearched: tuple[str, ...]
    deviations: tuple[Deviation, ...]
    findings: tuple[Finding, ...]
    seconds: float

    def of(self, state: State) -> tuple[Deviation, ...]:
        """The deviations of one sort, by object."""
        return tuple(one for one in self.deviations if one.state == state)

    @property
    def clean(self) -> bool:
        """Whether all runs as declared and no rule denies what runs."""
        failing = any(one.state in FAILING for one in self.deviations)
        return not failing and not any(finding.blocks for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Request:
    """What to verify and how; `manager` is the field manager that applies the target for good."""

    plan: Plan
    target: Target
    built: Built
    today: date
    manager: str = MANAGER
    everywhere: bool = False


def verify(cluster: Cluster, request: Request, done: Callable[[str], None] = lambda _: None) -> Verification:
    """Compare every declared object; ToolError where the cluster cannot be asked."""
    started = time.monotonic()
    expected = declared(request.target, request.built)
    with ThreadPoolExecutor(THREADS) as threads:
        kinds = _kinds(cluster, expected, everywhere=request.everywhere)
        listed = dict(zip(kinds, threads.map(lambda kind: _listed(cluster, *kind), kinds), strict=True))
        known = {_identity(body): body for bodies in listed.values() for body in bodies or ()}
        owned = owned_fields(request.plan, request.target, request.built)

        def compared(manifest: Manifest) -> Compared | ForbiddenError:
            found = _compared(cluster, manifest, known, request.manager, owned.get(manifest.identity, ()))
            done(subject_of(manifest))
            return found

        found = list(threads.map(compared, expected))
    pairs = list(zip(expected, found, strict=True))
    strangers = list(_strangers(expected, known.values(), request.target.name))
    return Verification(
        request.target.name,
        cluster.name,
        len(expected),
        sum(isinstance(one, Compared) and one.live is not None and one.dry_run for one in found),
        sum(isinstance(one, Compared) and one.live is not None and not one.dry_run for one in found),
        request.built.charts,
        len(kinds),
        tuple(f"{kind} ({version})" for (version, kind), bodies in listed.items() if bodies is None),
        tuple(sorted(_deviations(pairs, strangers), key=_rank)),
        _judged(request, [*_live(pairs, owned), *strangers]),
        time.monotonic() - started,
    )


def declared(target: Target, built: Built) -> list[Manifest]:
    """The objects that should be there: those of a retiring component should not."""
    states = {name: options.__dict__["state"] for name, options in target.options.items()}
    return [one for one in built.manifests if states.get(one.component) != "retiring"]


def _kinds(cluster: Cluster, expected: Sequence[Manifest], *, everywhere: bool) -> list[Kind]:
    kinds = {(one.api_version, one.kind) for one in expected}
    if everywhere:
        known = {(one.group, one.kind) for one in expected}
        kinds |= {pair for pair in cluster.kinds() if (pair[0].rpartition("/")[0], pair[1]) not in known}
    return sorted(kinds)


def _listed(cluster: Cluster, version: str, kind: str) -> list[dict[str, Any]] | None:
    """Dharma's live objects of a kind; None where they may not be listed."""
    try:
        return cluster.list(version, kind, labels=LABEL)
    except ForbiddenError:
        return None


def _identity(body: Mapping[str, Any]) -> Identity:
    head = body["metadata"]
    return body["apiVersion"].rpartition("/")[0], body["kind"], head.get("namespace", ""), head["name"]


def _compared(
    cluster: Cluster,
    manifest: Manifest,
    known: Mapping[Identity, Mapping[str, Any]],
    manager: str,
    owned: tuple[str, ...],
) -> Compared | ForbiddenError:
    place = (manifest.api_version, manifest.kind, manifest.name, manifest.namespace)
    try:
        live = known.get(manifest.identity) or cluster.get(*place)
    except ForbiddenError as error:
        return error
    return Compared(None) if live is None else compare(cluster, manifest.body, live, manager, owned)


Pair = tuple[Manifest, Compared | ForbiddenError]


def _deviations(pairs: Iterable[Pair], strangers: Iterable[Manifest]) -> Iterator[Deviation]:
    for manifest, found in pairs:
        for state, message, fields in _said(found):
            places = (manifest.source, *manifest.origins)
            yield Deviation(state, subject_of(manifest), message, fields, manifest.component, places)
    for manifest in strangers:
        yield Deviation("foreign", subject_of(manifest), "is not declared", component=manifest.component)


def _said(found: Compared | ForbiddenError) -> Iterator[tuple[State, str, tuple[Difference, ...]]]:
    if isinstance(found, ForbiddenError):
        yield "unread", found.problems[0].what, ()
        return
    if found.live is None:
        yield "missing", "is declared and not there", ()
        return
    if found.refusal:
        yield "refused", f"the server would not take what is declared: {found.refusal}", found.differences
    elif found.differences:
        yield "drift", "", found.differences
    if (its := health(found.live)).state != "Healthy":
        yield "unhealthy", f"{its.state}: {its.message}", ()
    for manager in sorted({one.manager for one in found.others}):
        fields = tuple(one.field for one in found.others if one.manager == manager)
        yield "added", f"written by {manager}", fields


def _rank(one: Deviation) -> tuple[int, str, str]:
    return STATES.index(one.state), one.subject, one.message


def _strangers(
    expected: Iterable[Manifest], bodies: Iterable[Mapping[str, Any]], target: str
) -> Iterator[Manifest]:
    known = {manifest.identity for manifest in expected}
    for body in bodies:
        if _identity(body) not in known and not body["metadata"].get("ownerReferences"):
            component = body["metadata"]["labels"].get(COMPONENT, "")
            yield Manifest(target, component, "", "", cleaned(body), Origin("cluster", 1), ())


def _live(pairs: Iterable[Pair], owned: Mapping[Identity, tuple[str, ...]]) -> Iterator[Manifest]:
    """Live objects for the rules; what others own, such as the replicas of the moment, is as declared."""
    for manifest, found in pairs:
        if isinstance(found, Compared) and found.live is not None:
            fields = owned.get(manifest.identity, ())
            yield replace(manifest, body=settled(found.live, manifest.body, fields))


def _judged(request: Request, live: Sequence[Manifest]) -> tuple[Finding, ...]:
    """What object rules say of live objects; those inside schemas the server has enforced itself."""
    rules = rules_of(request.plan.code_root)
    shared = facts(request.target)
    subjects = [_subject(one, request.target, shared) for one in live]
    findings = levelled_by(request.plan.root, rules, Judge(rules, ()).judge(subjects))
    waivers, _ = load_waivers(request.plan.root)
    return tuple(sorted(waived(findings, waivers, request.today), key=rank))


def _subject(manifest: Manifest, target: Target, shared: Mapping[str, Any]) -> Subject:
    options = target.options.get(manifest.component)
    state = options.__dict__["state"] if options else "active"
    component = {"name": manifest.component, "state": state}
    text = json.dumps({"component": component, "object": manifest.body, "target": shared})
    return Subject(manifest, "", text)
