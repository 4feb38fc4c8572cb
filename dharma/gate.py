"""Gate: every check of a platform → one Report. Errors are findings; nothing is passed over in silence."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from dharma.build import Built, Plan
from dharma.cel import Rules as CelRules
from dharma.manifest import Manifest, file_names
from dharma.policy.enforcement import load_enforcement
from dharma.policy.engine import Answer, Documents, Embedded, Engine, Failure, evaluate_all
from dharma.policy.finding import Finding
from dharma.policy.fleet import facts, fleet_document
from dharma.policy.rule import Rule, RuleSet, load_rules
from dharma.policy.waiver import idle, load_waivers, waived
from dharma.target import Target

SHIPPED_RULES = Path(__file__).parent / "policies" / "rego"
SCHEMA_RULE, CEL_RULE = "schema/known", "schema/rules"


@dataclass(frozen=True, slots=True)
class Report:
    """What the gate found: findings in order, and how many objects met each rule."""

    findings: tuple[Finding, ...]
    rules: tuple[Rule, ...]
    met: Mapping[str, int]
    targets: tuple[str, ...]
    objects: int
    charts: int
    unchecked: int
    engine: str
    base: str = ""
    """The commit that findings were compared with, empty for none."""

    @property
    def blocked(self) -> bool:
        """Whether the change must not pass."""
        return any(finding.blocks for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Subject:
    """An object as the rules see it, with the JSON text of its input."""

    manifest: Manifest
    file: str
    text: str


def rules_of(root: Path | None) -> RuleSet:
    """The shipped rules, and a platform repository's own under policies/rego."""
    if root is None:
        return load_rules(SHIPPED_RULES)
    own = root / "policies" / "rego"
    shipped = not own.is_dir() or own.resolve() == SHIPPED_RULES.resolve()
    return load_rules(SHIPPED_RULES) if shipped else load_rules(SHIPPED_RULES, own)


def check(
    plan: Plan,
    built: Sequence[Built],
    targets: Sequence[Target],
    today: date,
    *,
    whole: bool,
    engine: Callable[[RuleSet, Mapping[str, Any]], Engine] = Embedded,
) -> Report:
    """Judge rendered targets; `whole` says that they are the whole fleet, which fleet rules need."""
    rules = rules_of(plan.code_root)
    data = {"fleet": fleet_document(built, targets)} if whole else {}
    machine = engine(rules, data)
    subjects = [subject for found in built for subject in _subjects(found, targets)]
    met: dict[str, int] = defaultdict(int)
    findings = [*_schema_findings(plan, built, subjects)]
    findings += object_findings(machine, rules, subjects, met)
    if whole:
        findings += _fleet_findings(machine, rules, subjects, met)
        findings += _unmet(rules, met)
    return _report(plan, built, rules, findings, met, machine.name, today)


def _report(
    plan: Plan,
    built: Sequence[Built],
    rules: RuleSet,
    findings: Iterable[Finding],
    met: Mapping[str, int],
    engine: str,
    today: date,
) -> Report:
    levelled = levelled_by(plan.root, rules, findings)
    waivers, tree = load_waivers(plan.root)
    accepted = [*waived(levelled, waivers, today), *idle(levelled, waivers, tree, today)]
    return Report(
        tuple(sorted(accepted, key=rank)),
        rules.rules,
        dict(met),
        tuple(found.target for found in built),
        sum(len(found.manifests) for found in built),
        sum(found.charts for found in built),
        sum(found.unchecked for found in built),
        engine,
    )


def levelled_by(root: Path, rules: RuleSet, findings: Iterable[Finding]) -> list[Finding]:
    """The findings, each as grave as environments/enforcement.yaml wants it."""
    enforcement = load_enforcement(root, rules)
    return [one.at(enforcement.level(one.rule, one.level, one.target)) for one in findings]


def rank(finding: Finding) -> tuple[int, str, str, str, str, str, str]:
    """The order of reports: the gravest first, by rule, new before old."""
    grave = {"deny": 0, "warn": 1, "audit": 2}[finding.level]
    return grave, finding.rule, finding.age, finding.target, finding.subject, finding.path, finding.message


def _subjects(built: Built, targets: Sequence[Target]) -> Iterator[Subject]:
    target = next(target for target in targets if target.name == built.target)
    shared = json.dumps(facts(target))
    states = {name: options.__dict__["state"] for name, options in target.options.items()}
    for path, manifest in file_names(built.manifests).items():
        component = json.dumps({"name": manifest.component, "state": states[manifest.component]})
        text = f'{{"component":{component},"object":{json.dumps(manifest.body)},"target":{shared}}}'
        yield Subject(manifest, f"{built.target}/{path}", text)


def finding_of(subject: Subject, rule: str, level: str, message: str, path: str, remedy: str = "") -> Finding:
    """A finding about an object, with all that is known of its causes."""
    manifest = subject.manifest
    return Finding(
        rule,
        "warn" if level == "warn" else "deny",
        message,
        manifest.target,
        manifest.component,
        subject_of(manifest),
        path,
        remedy,
        manifest.source,
        manifest.origins,
        subject.file,
    )


def subject_of(manifest: Manifest) -> str:
    """An object as findings and waivers name it: group/Kind/namespace/name."""
    return f"{manifest.group}/{manifest.kind}/{manifest.namespace}/{manifest.name}"


def object_findings(
    engine: Engine, rules: RuleSet, subjects: Sequence[Subject], met: dict[str, int]
) -> Iterator[Finding]:
    """What rules say of single objects; `met` counts the objects that each rule saw."""
    by_kind: dict[tuple[str, str], list[Subject]] = defaultdict(list)
    for subject in subjects:
        by_kind[subject.manifest.group, subject.manifest.kind].append(subject)
    documents = {kind: Documents([one.text for one in several]) for kind, several in by_kind.items()}
    tasks = [(rule, kind) for kind in by_kind for rule in rules.objects if rule.concerns(*kind)]
    answers = evaluate_all(engine, [(rule, documents[kind]) for rule, kind in tasks])
    for (rule, kind), said in zip(tasks, answers, strict=True):
        met[rule.id] += len(said)
        for subject, answer in zip(by_kind[kind], said, strict=True):
            if answer:
                yield from _said(rule, subject, answer)


def _said(rule: Rule, subject: Subject, answer: Answer) -> Iterator[Finding]:
    remedy = rule.metadata.remediation.text
    if isinstance(answer, Failure):
        message = f"the rule could not be evaluated ({answer.kind}): {answer.message}"
        yield finding_of(
            subject, rule.id, "deny", message, "", f"See {answer.file or rule.file}:{answer.line}."
        )
        return
    for one in answer:
        message, path = str(one["message"]), str(one.get("path", ""))
        yield finding_of(subject, rule.id, rule.metadata.severity, message, path, remedy)


def _fleet_findings(
    engine: Engine, rules: RuleSet, subjects: Sequence[Subject], met: dict[str, int]
) -> Iterator[Finding]:
    known = {(one.manifest.target, subject_of(one.manifest)): one for one in subjects}
    for rule in rules.fleet:
        met[rule.id] += len(subjects)
        (answer,) = engine.evaluate(rule, Documents(["{}"]))
        if isinstance(answer, Failure):
            message = f"the rule could not be evaluated ({answer.kind}): {answer.message}"
            yield Finding(rule.id, "deny", message, remedy=f"See {answer.file or rule.file}:{answer.line}.")
            continue
        for one in answer:
            place = (str(one.get("target", "")), str(one.get("subject", "")))
            finding = Finding(
                rule.id,
                rule.metadata.severity,
                str(one["message"]),
                target=place[0],
                subject=place[1],
                path=str(one.get("path", "")),
                remedy=rule.metadata.remediation.text,
            )
            yield _placed(finding, known.get(place))


def _placed(finding: Finding, subject: Subject | None) -> Finding:
    if subject is None:
        return finding
    manifest = subject.manifest
    return replace(
        finding,
        component=manifest.component,
        source=manifest.source,
        origins=manifest.origins,
        file=subject.file,
    )


def _unmet(rules: RuleSet, met: Mapping[str, int]) -> Iterator[Finding]:
    for rule in rules.rules:
        if not met.get(rule.id):
            yield Finding(
                "rules/met",
                "warn",
                f"the rule {rule.id} met no object of the fleet",
                remedy="Correct its kinds, or remove it.",
                file=rule.file,
            )


def _schema_findings(plan: Plan, built: Sequence[Built], subjects: Sequence[Subject]) -> Iterator[Finding]:
    """Schemas were checked when the target was built; here the rules inside schemas (CEL) are."""
    yield from cel_findings(plan.schemas, subjects)
    for found in built:
        yield from unchecked_finding(found.unchecked, found.target)


def cel_findings(schemas: Sequence[Path], subjects: Iterable[Subject]) -> Iterator[Finding]:
    """What the rules inside schemas say of objects that fit their schemas."""
    cel = CelRules(schemas)
    for subject in subjects:
        for problem in cel.check(subject.manifest.body):
            message = problem.message if problem.decided else f"undecided: {problem.message}"
            yield finding_of(subject, CEL_RULE, "deny" if problem.decided else "warn", message, problem.path)


def unchecked_finding(count: int, target: str = "") -> Iterator[Finding]:
    """One warning where custom resources had no catalogue to be checked against."""
    if count:
        message = f"{count} custom resources went unchecked: no catalogue of schemas"
        yield Finding(SCHEMA_RULE, "warn", message, target, remedy="Point DHARMA_SCHEMAS to a catalogue.")
