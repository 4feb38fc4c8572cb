"""OSCAL: the rules as a component definition, in the JSON form of OSCAL 1.1.3.

Format: https://pages.nist.gov/OSCAL-Reference/models/v1.1.3/component-definition/json-outline/
Every rule is a component of the type `validation`; identifiers are UUIDv5s of names, so that the same
rules give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from dharma.compliance.framework import STANDARDS, Standard
from dharma.policy.rule import Rule

Json = dict[str, Any]

OSCAL = "1.1.3"
NAMESPACE = "https://dharma.example/ns/oscal"
"""Of properties that OSCAL does not define; a name, not an address. URNs are refused by some readers."""


def definition(rules: Sequence[Rule], modified: datetime, version: str) -> Json:
    """The component definition of all rules; `modified` carries its time zone, `version` is Dharma's."""
    ordered = sorted(rules, key=lambda rule: rule.id)
    metadata = {
        "title": "Dharma's policy rules",
        "last-modified": modified.isoformat(),
        "version": version,
        "oscal-version": OSCAL,
    }
    named = {name for rule in ordered for name, controls in rule.metadata.controls.items() if controls}
    standards = [standard for name, standard in STANDARDS.items() if name in named]
    return {
        "component-definition": {
            "uuid": _uuid("definition"),
            "metadata": metadata,
            "components": [_component(rule) for rule in ordered],
            "back-matter": {"resources": [_resource(standard) for standard in standards]},
        }
    }


def _component(rule: Rule) -> Json:
    found: Json = {
        "uuid": _uuid("rule", rule.id),
        "type": "validation",
        "title": f"{rule.id}: {_line(rule.title)}",
        "description": rule.description,
        "props": list(_properties(rule)),
        "remarks": rule.metadata.remediation.text.strip(),
    }
    if implementations := list(_implementations(rule)):
        found["control-implementations"] = implementations
    return found


def _properties(rule: Rule) -> Iterator[Json]:
    yield _property("rule", rule.id)
    yield _property("severity", rule.metadata.severity)
    yield from (_property("kind", kind) for kind in rule.metadata.kinds)
    yield _property("file", rule.file)
    yield _property("package", rule.package)


def _implementations(rule: Rule) -> Iterator[Json]:
    for name, standard in STANDARDS.items():
        if controls := rule.metadata.controls.get(name):
            yield {
                "uuid": _uuid("implementation", rule.id, name),
                "source": f"#{_uuid('standard', name)}",
                "description": f"Where {rule.id} holds, it is evidence for controls of {standard.title}.",
                "implemented-requirements": [_requirement(rule, standard, one) for one in controls],
            }


def _requirement(rule: Rule, standard: Standard, control: str) -> Json:
    title = standard.controls.get(control, control)
    return {
        "uuid": _uuid("requirement", rule.id, standard.id, control),
        "control-id": standard.token(control),
        "description": f"{standard.title} {control}, {title}: {_line(rule.title)}",
        "props": [_property("control", control), _property("rule", rule.id)],
    }


def _resource(standard: Standard) -> Json:
    return {
        "uuid": _uuid("standard", standard.id),
        "title": standard.title,
        "description": f"Controls as {standard.title}, {standard.edition}, identifies them.",
        "citation": {"text": f"{standard.title}, {standard.edition}"},
    }


def _property(name: str, value: str) -> Json:
    return {"name": name, "ns": NAMESPACE, "value": value}


def _uuid(*parts: str) -> str:
    return str(uuid5(NAMESPACE_URL, "/".join((NAMESPACE, *parts))))


def _line(text: str) -> str:
    return " ".join(text.split())
