"""Template: a rule as Gatekeeper's ConstraintTemplate (templates.gatekeeper.sh/v1, Gatekeeper >= 3.19).

The rule and the libraries that it needs stand in the template's `libs` as they were written: only
`lib.` goes before the names of their packages, as Gatekeeper asks. A short main module hands them the
input that they were written for, so that no expression of a rule is translated.

An object that goes has nothing to be refused for: Gatekeeper reviews the old object on DELETE, and
the main module says nothing of it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from dharma.admission.source import Source, by_package, closure
from dharma.policy.rule import Rule, RuleSet

WAIVERS = "dharma.lib.waivers"
PREFIX = "Dharma"
SEEN = frozenset({"object", "target"})
"""What of its input a rule may read to be admitted."""

_MAIN = """package dharma.admission

import data.lib.{waivers} as waivers
import data.lib.{package} as rule

violation contains {{"msg": finding.message, "details": details}} if {{
	object.get(input.review, "operation", "") != "DELETE"
	not waivers.hold(input.review.object, object.get(input.parameters, "waivers", []), time.now_ns())
	some finding in rule.{verdicts} with input as {seen}
	details := {{"rule": "{id}", "path": object.get(finding, "path", "")}}
}}
"""


def admitted(rules: RuleSet) -> tuple[Rule, ...]:
    """The rules that can run at admission: they read the object and the target's facts alone."""
    outside = pull_request_only(rules)
    return tuple(rule for rule in rules.rules if rule.id not in outside)


def pull_request_only(rules: RuleSet) -> dict[str, str]:
    """Why a rule stays in the pull request, by its id."""
    known = _known(rules)
    reasons = {rule.id: _reason(rule, known) for rule in rules.rules}
    return {name: reason for name, reason in reasons.items() if reason}


def kind_of(rule: Rule) -> str:
    """The kind of the rule's Constraints: DharmaImagesDigest for images/digest."""
    return PREFIX + "".join(word.capitalize() for word in re.split(r"[/-]", rule.id))


def reads_target(rule: Rule, rules: RuleSet) -> bool:
    """Whether the rule or a library that it needs asks for the target's facts."""
    known = _known(rules)
    return any("target" in known[name].inputs for name in closure(rule.package, known))


def modules(rule: Rule, rules: RuleSet) -> tuple[str, tuple[str, ...]]:
    """The main module and the libraries, in the text that Gatekeeper's OPA runs."""
    known = _known(rules)
    seen = ['"object": input.review.object']
    if reads_target(rule, rules):
        seen.append('"target": input.parameters.target')
    main = _MAIN.format(
        waivers=WAIVERS,
        package=rule.package,
        verdicts=rule.metadata.severity,
        seen=f"{{{', '.join(seen)}}}",
        id=rule.id,
    )
    needed = [*closure(WAIVERS, known), *closure(rule.package, known)]
    return main, tuple(known[name].under("lib") for name in dict.fromkeys(needed))


def template(rule: Rule, rules: RuleSet) -> dict[str, Any]:
    """The ConstraintTemplate of an admitted rule."""
    from dharma.admission.definition import parameters

    main, libraries = modules(rule, rules)
    source = {"version": "v1", "rego": main, "libs": list(libraries)}
    return {
        "apiVersion": "templates.gatekeeper.sh/v1",
        "kind": "ConstraintTemplate",
        "metadata": {
            "name": kind_of(rule).lower(),
            "labels": labels(rule),
            "annotations": {
                "metadata.gatekeeper.sh/title": rule.title,
                "description": " ".join(rule.description.split()),
                **notes(rule),
            },
        },
        "spec": {
            "crd": {
                "spec": {
                    "names": {"kind": kind_of(rule)},
                    "validation": {"openAPIV3Schema": parameters()},
                }
            },
            "targets": [
                {
                    "target": "admission.k8s.gatekeeper.sh",
                    "code": [{"engine": "Rego", "source": source}],
                }
            ],
        },
    }


def labels(rule: Rule) -> dict[str, str]:
    """By what the rule's objects are chosen."""
    return {"dharma.dev/category": rule.category, "dharma.dev/severity": rule.metadata.severity}


def notes(rule: Rule) -> dict[str, str]:
    """What a reader of the cluster is told: the rule, its controls, how to mend a finding."""
    named = sorted(rule.metadata.controls.items())
    controls = "; ".join(f"{name} {', '.join(several)}" for name, several in named)
    return {
        "dharma.dev/rule": rule.id,
        **({"dharma.dev/controls": controls} if controls else {}),
        "dharma.dev/remediation": " ".join(rule.metadata.remediation.text.split()),
    }


def _reason(rule: Rule, known: dict[str, Source]) -> str:
    if rule.fleet:
        return "sees the whole fleet"
    needed = [known[name] for name in closure(rule.package, known)]
    beyond = sorted({field for one in needed for field in one.inputs} - SEEN)
    if beyond:
        return f"reads {f'input.{beyond[0]}' if beyond[0] else 'its input as a whole'}"
    foreign = sorted(name for one in needed for name in one.references if not name.startswith("dharma."))
    return f"reads data.{foreign[0]}" if foreign else ""


def _known(rules: RuleSet) -> dict[str, Source]:
    return _parsed(tuple(rules.sources()))


@lru_cache(maxsize=4)
def _parsed(files: tuple[tuple[str, str], ...]) -> dict[str, Source]:
    return by_package(text for _, text in files)
