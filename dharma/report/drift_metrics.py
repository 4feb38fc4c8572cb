"""Verifications as metrics: Prometheus' text exposition format 0.0.4, for a textfile collector."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from dharma.cli.terminal import safe
from dharma.drift.verification import STATES, Verification
from dharma.policy.finding import LEVELS

_PREFIX = "dharma_verify"
_HELP = {
    "clean": "1 if all runs as declared and no rule denies what runs, else 0.",
    "objects": "Declared objects, by how they were compared.",
    "deviations": "Objects that are not as declared, by state and component.",
    "object": "One object that is not as declared; always 1.",
    "findings": "Findings of rules on live objects, by level; waived ones have the level waived.",
    "duration_seconds": "How long the verification took.",
    "last_run_timestamp_seconds": "When the verification ended, in seconds since 1970.",
}

Sample = tuple[dict[str, str], float]


def text(verifications: Sequence[Verification], now: float | None = None) -> str:
    """The metrics of all verifications; `now` is the time that they say they ended."""
    ended = time.time() if now is None else now
    return "".join(line for name in _HELP for line in _family(name, verifications, ended))


def _family(name: str, verifications: Iterable[Verification], now: float) -> Iterator[str]:
    samples = [sample for one in verifications for sample in _samples(name, one, now)]
    if samples:
        yield f"# HELP {_PREFIX}_{name} {_HELP[name]}\n# TYPE {_PREFIX}_{name} gauge\n"
    for labels, value in samples:
        inside = ",".join(f'{label}="{_escaped(said)}"' for label, said in labels.items())
        yield f"{_PREFIX}_{name}{{{inside}}} {value:.15g}\n"


def _samples(name: str, one: Verification, now: float) -> Iterable[Sample]:
    target = {"target": one.target}
    plain = {"clean": float(one.clean), "duration_seconds": one.seconds, "last_run_timestamp_seconds": now}
    if name in plain:
        return [(target, plain[name])]
    return {"objects": _objects, "deviations": _deviations, "object": _each, "findings": _findings}[name](one)


def _objects(one: Verification) -> Iterator[Sample]:
    rest = one.objects - one.dry_run - one.local
    for way, number in (("dry_run", one.dry_run), ("local", one.local), ("none", rest)):
        yield {"target": one.target, "compared": way}, number


def _deviations(one: Verification) -> Iterator[Sample]:
    counts = Counter((found.state, found.component) for found in one.deviations)
    for state in STATES:
        components = sorted({component for known, component in counts if known == state}) or [""]
        for component in components:
            yield {"target": one.target, "state": state, "component": component}, counts[state, component]


def _each(one: Verification) -> Iterator[Sample]:
    known = dict.fromkeys((found.subject, found.state) for found in one.deviations)
    for subject, state in known:
        group, kind, namespace, name = subject.split("/", 3)
        place = {"group": group, "kind": kind, "namespace": namespace, "name": name}
        yield {"target": one.target, "state": state, **place}, 1


def _findings(one: Verification) -> Iterator[Sample]:
    counts = Counter("waived" if found.waiver else found.level for found in one.findings)
    for level in (*LEVELS, "waived"):
        yield {"target": one.target, "level": level}, counts[level]


def _escaped(value: str) -> str:
    """A label's value: control characters spelt out, then what the format itself escapes."""
    return safe(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
