"""Verdict: what the gate's object rules say of one Kubernetes object that Pulumi is about to register.

A preview does not know every field. The object is then judged twice, with the unknown fields left
out and with a text in their place. A finding is decided only if both say it, it stands on no path to an
unknown field, and its rule names no unknown field; any other is undecided, and decided when all fields
are known. Outside a preview an unknown field is itself a denial. No message repeats a secret.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from dharma.delivery.resource import PLACEHOLDER, Resource, Steps, related, steps
from dharma.errors import Origin
from dharma.gate import rules_of
from dharma.judgement import Judge, Subject, subject_of
from dharma.manifest import Manifest
from dharma.policy.enforcement import load_enforcement
from dharma.policy.engine import Answer, Documents, Embedded
from dharma.policy.finding import Finding
from dharma.policy.fleet import facts
from dharma.policy.rule import Rule, RuleSet
from dharma.policy.waiver import load_waivers, waived
from dharma.target import Target

KNOWN_RULE = "delivery/known"
REDACTED = "(secret)"
_IMPORT = re.compile(r"^import data\.dharma\.lib\.(\w+)", re.MULTILINE)
_WHOLE = ("walk(", "json.marshal(", "json.patch(")
"""Built-ins with which a rule reads fields that it does not name."""
_MAPS = frozenset(
    {"annotations", "data", "labels", "limits", "matchLabels", "nodeSelector", "requests", "stringData"}
)
"""Maps with free keys, which rules go through without naming them."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What rules say of an object: what denies it, what is told, and what a preview cannot decide.

    `unknown` are the fields that the preview does not know.
    """

    denied: tuple[Finding, ...] = ()
    told: tuple[Finding, ...] = ()
    undecided: tuple[Finding, ...] = ()
    unknown: tuple[Steps, ...] = ()


class Assessor:
    """The rules, enforcement and waivers of a platform repository, ready to judge a target's objects.

    `today` is the day by which waivers are judged; `rendered` are the target's manifests, so that
    findings about them name their cause. Raises what loading them raises.
    """

    def __init__(self, root: Path, target: Target, today: date, *, rendered: Iterable[Manifest] = ()) -> None:
        self.target = target
        self.today = today
        self.rules = rules_of(root)
        self.enforcement = load_enforcement(root, self.rules)
        self.waivers, _ = load_waivers(root)
        engine = _Serial(Embedded(self.rules))
        self._judge = Judge(self.rules, (), lambda _rules, _data: engine)
        self._facts = facts(target)
        self._by_id = {rule.id: rule for rule in self.rules.rules}
        self._sources = {manifest.identity: manifest for manifest in rendered}

    def assess(self, resource: Resource, *, preview: bool) -> Verdict:
        """Judge an object; only a preview may leave anything undecided."""
        unknown = resource.unknown()
        said = self._findings(resource)
        if unknown and preview:
            return self._previewed(resource, said, unknown)
        said += [self._unasked(resource, path) for path in unknown]
        return _verdict(self._accepted(said, resource))

    def _previewed(self, resource: Resource, said: list[Finding], unknown: tuple[Steps, ...]) -> Verdict:
        first = {_said(finding): finding for finding in said}
        second = {_said(finding): finding for finding in self._findings(resource, PLACEHOLDER)}
        decided = {
            name: finding
            for name, finding in first.items()
            if name in second and not self._rests_on(finding, unknown)
        }
        open_ones = [one for name, one in (first | second).items() if name not in decided]
        undecided = [one for one in self._accepted(open_ones, resource) if one.blocks]
        found = _verdict(self._accepted(decided.values(), resource))
        return replace(found, undecided=tuple(undecided), unknown=unknown)

    def _findings(self, resource: Resource, placeholder: str | None = None) -> list[Finding]:
        subject = self._subject(resource.known(placeholder))
        return list(self._judge.judge([subject]))

    def _subject(self, body: dict[str, Any]) -> Subject:
        component = self._component(body)
        manifest = Manifest(self.target.name, component, "", "", body, Origin("stacks", 1), ())
        source = self._sources.get(manifest.identity, manifest)
        manifest = replace(manifest, source=source.source, origins=source.origins)
        document: dict[str, Any] = {"object": body, "target": self._facts}
        if component:
            state = self.target.options[component].state
            document["component"] = {"name": component, "state": state}
        return Subject(manifest, "", json.dumps(document))

    def _component(self, body: Mapping[str, Any]) -> str:
        """The component that declared an object, by the labels that every component sets; "" for none."""
        labels = body["metadata"].get("labels")
        labels = labels if isinstance(labels, dict) else {}
        name = labels.get("app.kubernetes.io/component")
        own = labels.get("app.kubernetes.io/managed-by") == "dharma"
        return str(name) if own and name in self.target.options else ""

    def _accepted(self, findings: Iterable[Finding], resource: Resource) -> list[Finding]:
        """The findings as enforcement and waivers want them, without secrets."""
        levels = self.enforcement
        levelled = [one.at(levels.level(one.rule, one.level, one.target)) for one in findings]
        secrets = sorted(resource.secrets(), key=len, reverse=True)
        return [_redacted(one, secrets) for one in waived(levelled, self.waivers, self.today)]

    def _rests_on(self, finding: Finding, unknown: Sequence[Steps]) -> bool:
        """Whether a finding, or a waiver that may accept it, may rest on a field that is not known."""
        rule, path = self._by_id.get(finding.rule), steps(finding.path)
        text = rule_text(self.rules, rule) if rule else ""
        waivable = any(waiver.rule == finding.rule for waiver in self.waivers.waivers)
        return any(
            related(path, other) or may_read(text, other) or (waivable and _names_object(other))
            for other in unknown
        )

    def _unasked(self, resource: Resource, path: Steps) -> Finding:
        manifest = self._subject(resource.known()).manifest
        message = "is not known although this is no preview, so no rule could be asked"
        place = ".".join(path)
        return Finding(
            KNOWN_RULE, "deny", message, self.target.name, subject=subject_of(manifest), path=place
        )


class _Serial:
    """The embedded engine without threads: one object is not worth a copy of the rules."""

    def __init__(self, engine: Embedded) -> None:
        self.name = engine.name
        self._engine = engine

    def evaluate(self, rule: Rule, documents: Documents) -> list[Answer]:
        return self._engine.evaluate(rule, documents)

    def close(self) -> None:
        """It serves the next object as well."""


def _said(finding: Finding) -> tuple[str, str, str]:
    """What makes two findings about one object the same, whatever it is called."""
    return finding.rule, finding.path, finding.message


def _names_object(path: Steps) -> bool:
    """Whether waivers are matched by the field: it is the object's name or namespace, or holds them."""
    return any(related(path, ("metadata", name)) for name in ("name", "namespace"))


def may_read(text: str, path: Steps) -> bool:
    """Whether a rule of that text may read a field: it names it, or the map that holds it, or reads all."""
    named = [step for step in path if not step.isdigit()]
    words = named[-1:] + [step for step in named[-2:-1] if step in _MAPS]
    return any(word in text for word in _WHOLE) or any(
        re.search(rf"\b{re.escape(word)}\b", text) for word in words
    )


def rule_text(rules: RuleSet, rule: Rule) -> str:
    """A rule's source with those of all libraries that it imports, directly or not."""
    return _with_libraries(rule.source, tuple(rules.libraries.items()))


@cache
def _with_libraries(source: str, libraries: tuple[tuple[str, str], ...]) -> str:
    texts = {Path(file).stem: text for file, text in libraries}
    found, wanted, seen = [source], set(_IMPORT.findall(source)), set[str]()
    while wanted:
        seen.add(name := wanted.pop())
        found.append(texts.get(name, ""))
        wanted |= set(_IMPORT.findall(found[-1])) - seen
    return "\n".join(found)


def _verdict(findings: Sequence[Finding]) -> Verdict:
    denied = tuple(one for one in findings if one.blocks)
    told = tuple(one for one in findings if one.level == "warn" and not one.waiver)
    return Verdict(denied, told)


def _redacted(finding: Finding, secrets: Sequence[str]) -> Finding:
    message, path = finding.message, finding.path
    for secret in secrets:
        message, path = message.replace(secret, REDACTED), path.replace(secret, REDACTED)
    return replace(finding, message=message, path=path)
