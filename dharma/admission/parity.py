"""Parity: what Gatekeeper says of an object, held against the embedded engine's verdict of the same.

Two ways: every object of a target through all its Constraints, and every object on which the rules'
unit tests look, as an AdmissionReview of each operation.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import dharma_rego
from dharma.admission.constraint import ACTIONS, constraint
from dharma.admission.gatekeeper import objects
from dharma.admission.gator import Body, Case, Violation, reviewed, spelled, violations
from dharma.admission.reach import ANY
from dharma.admission.template import admitted, template
from dharma.policy.enforcement import Enforcement
from dharma.policy.engine import Documents, Embedded, Failure
from dharma.policy.finding import Finding
from dharma.policy.rule import Rule, RuleSet
from dharma.policy.suite import Suite
from dharma.policy.waiver import Waiver, Waivers, waived

OBJECTS, REVIEWS = "gatekeeper: objects", "gatekeeper: reviews"
OPERATIONS = ("CREATE", "UPDATE", "DELETE")
_PROBE = """
{verdicts} contains {{"message": ""}} if {{
	print(json.marshal(input))
	input == "never"
}}
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """An object and a target's facts, on which a unit test of a rule looks."""

    rule: Rule
    body: Body
    facts: Mapping[str, Any]


@dataclass(slots=True)
class Tally:
    """What was compared in a place of enforcement: pairs of rule and object, findings, differences."""

    place: str
    compared: int = 0
    findings: int = 0
    differences: list[str] = field(default_factory=list)

    def __add__(self, other: Tally) -> Tally:
        several = self.differences + other.differences
        return Tally(self.place, self.compared + other.compared, self.findings + other.findings, several)


@dataclass(frozen=True, slots=True)
class Ruling:
    """What holds in one target: its facts, levels and waivers, and the day."""

    rules: RuleSet
    facts: Mapping[str, Any]
    enforcement: Enforcement
    waivers: Sequence[Waiver]
    today: date

    def level(self, rule: Rule) -> Any:
        """How grave the rule is in the target."""
        return self.enforcement.level(rule.id, rule.metadata.severity, str(self.facts["name"]))


def compare(gator: Path, ruling: Ruling, bodies: Sequence[Body]) -> Tally:
    """Hold objects against all Constraints of a target, and the answers against the embedded engine's."""
    policies = objects(ruling.rules, ruling.facts, ruling.enforcement, ruling.waivers)
    said = set(violations(gator, policies, bodies))
    expected = {
        Violation(one.rule, spelled(body), one.message, one.path, ACTIONS[ruling.level(rule)])
        for rule, body, found in verdicts(ruling, bodies)
        for one in found
    }
    rules = admitted(ruling.rules)
    met = sum(rule.concerns(*group_kind(body)) for body in bodies for rule in rules)
    return Tally(OBJECTS, met, len(expected), sorted(_told(said, expected)))


def verdicts(ruling: Ruling, bodies: Sequence[Body]) -> Iterator[tuple[Rule, Body, list[Finding]]]:
    """The findings of the embedded engine that no waiver accepts, by admitted rule and object."""
    engine = Embedded(ruling.rules)
    by_kind: dict[tuple[str, str], list[Body]] = defaultdict(list)
    for body in bodies:
        by_kind[group_kind(body)].append(body)
    accepted = Waivers(waivers=tuple(ruling.waivers))
    for kind, several in by_kind.items():
        documents = Documents([json.dumps({"object": one, "target": ruling.facts}) for one in several])
        for rule in admitted(ruling.rules):
            if rule.concerns(*kind):
                answers = engine.evaluate(rule, documents)
                for body, answer in zip(several, answers, strict=True):
                    found = _findings(rule, str(ruling.facts["name"]), body, answer)
                    yield rule, body, [one for one in waived(found, accepted, ruling.today) if not one.waiver]


def _findings(rule: Rule, target: str, body: Body, answer: Any) -> list[Finding]:
    if isinstance(answer, Failure):
        return [Finding(rule.id, "deny", f"failed: {answer.message}", target, failed=True)]
    subject = subject_of(body)
    return [
        Finding(
            rule.id,
            rule.metadata.severity,
            str(one["message"]),
            target,
            subject=subject,
            path=str(one.get("path", "")),
        )
        for one in answer
    ]


def _told(said: set[Violation], expected: set[Violation]) -> Iterator[str]:
    for word, several in (("gatekeeper alone", said - expected), ("embedded alone", expected - said)):
        for one in several:
            subject = subject_of(json.loads(one.object))
            yield f"{one.rule}: {subject} {one.path}: {one.message} ({one.action}, {word})"


def samples(suite: Suite) -> Iterator[Sample]:
    """Everything on which a unit test of an admitted rule looks, once; tests are run to see it.

    A test that names no target, or a part of one, is given the rest by the samples' target. What is
    no object that an API server would take to admission is left out.
    """
    texts = [
        (rule.file, rule.source + _PROBE.format(verdicts=rule.metadata.severity))
        for rule in suite.rules.rules
    ]
    libraries = sorted(suite.rules.libraries.items())
    engine = dharma_rego.Engine([*libraries, *texts, *suite.tests.items()])
    usual = json.loads(engine.eval("data.dharma.lib.samples_test.target") or "{}")
    files = {rule.file: rule for rule in admitted(suite.rules)}
    seen: set[str] = set()
    for _, query in suite.queries():
        with suppress(dharma_rego.RegoError):
            engine.eval(query)
        for line in engine.take_prints():
            file, _, rest = line.partition(":")
            text = rest.partition(": ")[2]
            if file in files and (key := file + text) not in seen:
                seen.add(key)
                if sample := _sample(files[file], json.loads(text), usual):
                    yield sample


def _sample(rule: Rule, document: Any, usual: Mapping[str, Any]) -> Sample | None:
    body, facts = document.get("object"), document.get("target", usual)
    if not isinstance(body, dict) or not isinstance(facts, dict):
        return None
    if not isinstance(body.get("metadata", {}), dict):
        return None
    return Sample(rule, {**body, **_kind(rule, body)}, {**usual, **facts})


def _kind(rule: Rule, body: Body) -> dict[str, str]:
    """The kind by which an API server would take the body to the rule: its own, or one of the rule's."""
    version, kind = body.get("apiVersion", "v1"), body.get("kind", "")
    sound = isinstance(version, str) and isinstance(kind, str) and kind
    if sound and rule.concerns(version.rpartition("/")[0], kind):
        return {"apiVersion": version}
    names = [name.rpartition("/")[::2] for name in rule.metadata.kinds]
    group, meant = next((one for one in names if one[1] == kind), names[0])
    return {"apiVersion": f"{group}/v1" if group else "v1", "kind": meant if meant != ANY else "ConfigMap"}


def review_samples(
    gator: Path, rules: RuleSet, several: Sequence[Sample], operations: Sequence[str] = OPERATIONS
) -> Tally:
    """Send each sample as an AdmissionReview of each operation to its rule's Constraint."""
    made = {rule.id: template(rule, rules) for rule in admitted(rules)}
    engine = Embedded(rules)
    cases: list[Case] = []
    for one in several:
        held = constraint(one.rule, one.facts, one.rule.metadata.severity, ())
        messages = _expected(engine, one)
        for operation in operations:
            said = () if operation == "DELETE" else messages
            cases.append(Case(made[one.rule.id], held, admission_review(operation, one.body), said))
    wrong = reviewed(gator, cases)
    told = [f"{_of_case(cases[number])}: {what}" for number, what in sorted(wrong.items())]
    return Tally(REVIEWS, len(cases), sum(len(case.messages) for case in cases), told)


def _expected(engine: Embedded, sample: Sample) -> tuple[str, ...]:
    if not sample.rule.concerns(*group_kind(sample.body)):
        return ()
    text = json.dumps({"object": sample.body, "target": sample.facts})
    (answer,) = engine.evaluate(sample.rule, Documents([text]))
    if isinstance(answer, Failure):
        return (f"failed: {answer.message}",)
    return tuple(str(one["message"]) for one in answer)


def _of_case(case: Case) -> str:
    request = case.review["request"]
    body = request.get("object") or request["oldObject"]
    return f"{case.template['metadata']['name']}: {request['operation']} {json.dumps(body)[:300]}"


def admission_review(operation: str, body: Body) -> dict[str, Any]:
    """What an API server sends of an object: on DELETE the old object alone, on UPDATE both."""
    group, kind = group_kind(body)
    version = str(body["apiVersion"]).rpartition("/")[2]
    metadata = body.get("metadata") or {}
    request: dict[str, Any] = {
        "uid": "00000000-0000-0000-0000-000000000000",
        "kind": {"group": group, "version": version, "kind": kind},
        "resource": {"group": group, "version": version, "resource": kind.lower()},
        "operation": operation,
        "userInfo": {"username": "somebody"},
        **{name: str(metadata[name]) for name in ("name", "namespace") if metadata.get(name)},
    }
    if operation != "DELETE":
        request["object"] = body
    if operation != "CREATE":
        request["oldObject"] = body
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}


def group_kind(body: Body) -> tuple[str, str]:
    """The API group and kind of an object."""
    return str(body["apiVersion"]).rpartition("/")[0], str(body["kind"])


def subject_of(body: Body) -> str:
    """An object as findings name it."""
    metadata = body.get("metadata") or {}
    group, kind = group_kind(body)
    return f"{group}/{kind}/{metadata.get('namespace', '')}/{metadata.get('name', '')}"
