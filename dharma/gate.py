"""Gate: every check of a platform → one Report. Errors are findings; nothing is passed over in silence."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from dharma.build import Built, Plan
from dharma.digests import unresolved
from dharma.judgement import FleetJudge, Judge, MakeEngine, Subject
from dharma.manifest import file_names
from dharma.policy.enforcement import load_enforcement
from dharma.policy.engine import Embedded
from dharma.policy.finding import Finding
from dharma.policy.fleet import facts, fleet_document
from dharma.policy.rule import Rule, RuleSet, load_rules
from dharma.policy.waiver import Waiver, idle, load_waivers, waived
from dharma.target import Target

SHIPPED_RULES = Path(__file__).parent / "policies" / "rego"
SCHEMA_RULE = "schema/known"


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
    unresolved: int = 0
    """Images and charts that no digest names."""
    base: str = ""
    """The commit that findings were compared with, empty for none."""
    day: str = ""
    """The day by which waivers were judged, such as 2027-01-31."""
    waivers: tuple[Waiver, ...] = ()
    """All waivers of the platform repository, whether they match or not."""

    @property
    def blocked(self) -> bool:
        """Whether the change must not pass."""
        return any(finding.blocks for finding in self.findings)


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
    engine: MakeEngine = Embedded,
) -> Report:
    """Judge rendered targets; `whole` says that they are the whole fleet, which fleet rules need.

    Verdicts of the embedded engine are reused where the plan's cache is; another engine judges anew.
    """
    rules = rules_of(plan.code_root)
    keep = plan.cached and engine is Embedded
    judge = Judge(rules, plan.schemas, engine, keep=keep)
    subjects = [subject for found in built for subject in _subjects(found, targets)]
    findings = [*judge.judge(subjects)]
    for one in built:
        findings += unchecked_finding(one.unchecked, one.target)
    met = dict(judge.met)
    if whole:
        findings += FleetJudge(rules, engine, keep=keep).judge(fleet_document(built, targets), subjects)
        met |= {rule.id: len(subjects) for rule in rules.fleet}
        findings += _unmet(rules, met)
    open_ends = unresolved(plan.root, built)
    findings += open_ends.findings()
    report = _report(plan, built, rules, findings, met, name_of(engine), today)
    return replace(report, unresolved=len(open_ends))


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
        day=today.isoformat(),
        waivers=waivers.waivers,
    )


def name_of(engine: MakeEngine) -> str:
    """How reports name the engine that a callable makes."""
    return str(getattr(engine, "name", "own"))


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


def _unmet(rules: RuleSet, met: Mapping[str, int]) -> Iterator[Finding]:
    for rule in rules.rules:
        if not met.get(rule.id) and not rule.metadata.absent:
            yield Finding(
                "rules/met",
                "warn",
                f"the rule {rule.id} met no object of the fleet",
                remedy="Correct its kinds, or remove it.",
                file=rule.file,
            )


def unchecked_finding(count: int, target: str = "") -> Iterator[Finding]:
    """One warning where custom resources had no catalogue to be checked against."""
    if count:
        message = f"{count} custom resources went unchecked: no catalogue of schemas"
        yield Finding(SCHEMA_RULE, "warn", message, target, remedy="Point DHARMA_SCHEMAS to a catalogue.")
