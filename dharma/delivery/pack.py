"""Pack: the gate's object rules as policies of a Pulumi policy pack, with the transform's verdicts.

A policy has one level wherever it holds, and enforcement.yaml may want another for a target. So each
rule is a policy of its own severity, and what a target wants otherwise is said by two policies beside
them: `enforced` (mandatory) and `told` (advisory). `undecided` says what a preview cannot know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pulumi
import pulumi_policy
from pulumi_policy import EnforcementLevel, ReportViolation, ResourceValidationArgs, ResourceValidationPolicy
from pulumi_policy import Severity as PolicySeverity
from pulumi_policy import policy as servicer
from pulumi_policy import proxy as unknowns
from pulumi_policy import secret as secrets
from pulumi_policy.deserialize import deserialize_properties

from dharma import environment
from dharma.delivery.pulumi import PROJECT, target_of
from dharma.delivery.resource import UNKNOWN, Hidden
from dharma.delivery.transform import Denied, concerned, objects, told_of, undecided_of
from dharma.delivery.verdict import Assessor, Verdict
from dharma.gate import rules_of
from dharma.policy.finding import Finding
from dharma.policy.rule import Rule
from dharma.repository import root_of

_LEVELS = {"deny": EnforcementLevel.MANDATORY, "warn": EnforcementLevel.ADVISORY}
_SEVERITIES = {"deny": PolicySeverity.HIGH, "warn": PolicySeverity.MEDIUM}
_UNKNOWN_TEXTS = frozenset(value for name, value in vars(unknowns).items() if name.startswith("UNKNOWN_"))
_PROXIES = (
    unknowns._DictProxy,  # noqa: SLF001 - they raise or unwrap on reading, and have no other way in
    unknowns._ListProxy,  # noqa: SLF001
    secrets._DictSecretsProxy,  # noqa: SLF001
    secrets._ListSecretsProxy,  # noqa: SLF001
)

Assess = Callable[[ResourceValidationArgs], list[Verdict]]


def serve(folder: Path) -> None:
    """Serve the policies of the repository that the working directory, or the pack's folder, lies in."""
    here = Path.cwd()
    root = root_of(None) if _inside(here) else root_of(str(_above(folder)))
    keep_secrets()
    pulumi_policy.PolicyPack(PROJECT, policies(root, verdicts(root)))


def policies(root: Path, assess: Assess) -> list[pulumi_policy.Policy]:
    """A policy a rule, and those that say what differs from the rules' own severities."""
    rules = {rule.id: rule for rule in rules_of(root).objects}
    own = {name: rule.metadata.severity for name, rule in rules.items()}

    def enforced(verdict: Verdict) -> Iterator[Finding]:
        return (one for one in verdict.denied if own.get(one.rule) != "deny")

    def told(verdict: Verdict) -> Iterator[Finding]:
        return (one for one in verdict.told if own.get(one.rule) != "warn")

    return [
        *(_policy(rule, assess) for rule in rules.values()),
        _beside("enforced", "What this target enforces more strictly", "deny", assess, enforced),
        _beside("told", "What this target only wants to be told", "warn", assess, told),
        _undecided(assess),
    ]


def verdicts(root: Path) -> Assess:
    """Judges what Pulumi asks about; one judgement serves every policy that is asked about it."""
    fleet = environment.load(root)
    today = date.today()  # noqa: DTZ011 - waivers end by the user's calendar

    @cache
    def assessor(stack: str) -> Assessor:
        return Assessor(root, target_of(stack, fleet), today)

    kept: dict[str, list[Verdict]] = {}

    def assess(args: ResourceValidationArgs) -> list[Verdict]:
        properties = marked(args.props)
        key = f"{args.urn} {properties!r}"
        if key not in kept:
            kept.clear()
            judge = assessor(args.urn.split("::")[0].rpartition(":")[2])
            preview = bool(pulumi.runtime.is_dry_run())
            found = objects(args.name, args.resource_type, properties)
            kept[key] = [judge.assess(one, preview=preview) for one in found]
        return kept[key]

    return assess


def keep_secrets() -> None:
    """Let policies see which values are secret, as the transform does.

    pulumi-policy shows them in plain text when it validates, and marks them only when it remediates.
    """

    def marking(properties: dict[str, Any], proxy_secrets: bool = False) -> Any:
        found: Any = deserialize_properties(properties, proxy_secrets=True)
        return found if proxy_secrets else found["__target"]

    setattr(servicer, "deserialize_properties", marking)  # noqa: B010 - not part of its typed interface


def marked(value: Any) -> Any:
    """A property as pulumi-policy hands it over, with what is unknown or secret marked."""
    if isinstance(value, secrets.Secret):
        return Hidden(marked(value.value))
    if isinstance(value, _PROXIES):
        return marked(value["__target"])
    if isinstance(value, str) and value in _UNKNOWN_TEXTS:
        return UNKNOWN
    if isinstance(value, Mapping):
        return {key: marked(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [marked(item) for item in value]
    return value


def _policy(rule: Rule, assess: Assess) -> ResourceValidationPolicy:
    severity = rule.metadata.severity

    def own(verdict: Verdict) -> Iterator[Finding]:
        found = verdict.denied if severity == "deny" else verdict.told
        return (one for one in found if one.rule == rule.id)

    remediation = rule.metadata.remediation
    return ResourceValidationPolicy(
        name=rule.id.replace("/", "-"),
        description=rule.title,
        validate=_validation(assess, own, rule.concerns),
        enforcement_level=_LEVELS[severity],
        severity=_SEVERITIES[severity],
        tags=[f"{name}:{one}" for name, controls in rule.metadata.controls.items() for one in controls],
        remediation_steps=f"{remediation.text.strip()}\n\n{remediation.good.strip()}",
    )


def _beside(
    name: str, description: str, level: str, assess: Assess, chosen: Callable[[Verdict], Iterable[Finding]]
) -> ResourceValidationPolicy:
    return ResourceValidationPolicy(
        name=name,
        description=description,
        validate=_validation(assess, chosen),
        enforcement_level=_LEVELS[level],
        severity=_SEVERITIES[level],
        remediation_steps="See environments/enforcement.yaml.",
    )


def _undecided(assess: Assess) -> ResourceValidationPolicy:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        if concerned(args.resource_type):
            for verdict in _assessed(assess, args, report):
                if verdict.unknown:
                    report(undecided_of(args.name, verdict), args.urn)

    return ResourceValidationPolicy(
        name="undecided",
        description="What a preview cannot decide, `pulumi up` does",
        validate=validate,
        enforcement_level=EnforcementLevel.ADVISORY,
        severity=PolicySeverity.LOW,
        remediation_steps="Nothing is to be done; `pulumi up` stops if a rule denies the resource.",
    )


def _validation(
    assess: Assess,
    chosen: Callable[[Verdict], Iterable[Finding]],
    concerns: Callable[[str, str], bool] = lambda _group, _kind: True,
) -> Callable[[ResourceValidationArgs, ReportViolation], None]:
    """A policy's check; it is skipped for kinds of no concern, because reading a resource takes time."""

    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        if concerned(args.resource_type) and _met(args.props, concerns):
            for verdict in _assessed(assess, args, report):
                if found := list(chosen(verdict)):
                    report("\n".join(told_of(found)), args.urn)

    return validate


def _met(properties: Any, concerns: Callable[[str, str], bool]) -> bool:
    """Whether a rule may concern an object; it may concern a list, and what does not say its kind."""
    said = properties["__target"]
    version, kind = said.get("apiVersion"), said.get("kind")
    if not (isinstance(version, str) and isinstance(kind, str)) or kind.endswith("List"):
        return True
    return concerns(version.rpartition("/")[0], kind)


def _assessed(assess: Assess, args: ResourceValidationArgs, report: ReportViolation) -> list[Verdict]:
    try:
        return assess(args)
    except Denied as error:
        report(str(error), args.urn)
        return []


def _inside(folder: Path) -> bool:
    return any((one / "environments" / "base.yaml").is_file() for one in (folder, *folder.parents))


def _above(folder: Path) -> Path:
    above = folder.resolve().parents
    return next((one for one in above if (one / "environments" / "base.yaml").is_file()), folder)
