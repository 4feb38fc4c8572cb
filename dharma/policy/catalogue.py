"""Catalogue: the rules as pages for readers, docs/rules.md and docs/controls.md."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from dharma.compliance.framework import reach, titles
from dharma.policy.rule import Rule

RULES, CONTROLS = "docs/rules.md", "docs/controls.md"
_MADE = "<!-- Written by `dharma rules docs`; edit the rules under policies/rego instead. -->"


def pages(rules: Sequence[Rule]) -> dict[str, str]:
    """Both pages by path; the same rules give the same bytes."""
    ordered = sorted(rules, key=lambda rule: rule.id)
    return {RULES: "\n".join(_rules_page(ordered)), CONTROLS: "\n".join(_controls_page(ordered))}


def row(rule: Rule) -> dict[str, Any]:
    """What a list says of a rule."""
    return {
        "id": rule.id,
        "severity": rule.metadata.severity,
        "kinds": list(rule.metadata.kinds),
        "title": rule.title,
        "controls": {name: list(controls) for name, controls in sorted(rule.metadata.controls.items())},
    }


def table(rules: Sequence[Rule]) -> str:
    """Rules as a Markdown table."""
    lines = ["| Rule | Severity | Title | Kinds | Controls |", "|---|---|---|---|---|"]
    for rule in rules:
        kinds = ", ".join(rule.metadata.kinds)
        lines.append(
            f"| {rule.id} | {rule.metadata.severity} | {_cell(rule.title)} | {_cell(kinds)} "
            f"| {_cell(_controls(rule))} |"
        )
    return "\n".join(lines)


def _rules_page(rules: Sequence[Rule]) -> Iterator[str]:
    denying = sum(rule.metadata.severity == "deny" for rule in rules)
    yield f"# Rules\n\n{_MADE}\n"
    yield f"{len(rules)} rules: {denying} deny, {len(rules) - denying} warn.\n"
    categories = [(name, list(some)) for name, some in groupby(rules, key=lambda rule: rule.category)]
    yield from (f"- [{name}](#{name}): {len(some)}" for name, some in categories)
    for name, some in categories:
        yield f"\n## {name}"
        for rule in some:
            yield from _section(rule)
    yield ""


def _section(rule: Rule) -> Iterator[str]:
    remediation = rule.metadata.remediation
    kinds = ", ".join(f"`{kind}`" for kind in rule.metadata.kinds)
    yield f"\n### {rule.id}\n\n**{rule.title}** · {rule.metadata.severity} · {kinds}\n"
    yield f"{rule.description}\n\n{remediation.text.strip()}\n"
    yield f"```yaml\n# good\n{remediation.good.strip()}\n# bad\n{remediation.bad.strip()}\n```\n"
    yield f"Controls: {_controls(rule) or 'none'}"


def _controls(rule: Rule) -> str:
    named = sorted(rule.metadata.controls.items())
    return "; ".join(f"{name} {', '.join(controls)}" for name, controls in named)


def _controls_page(rules: Sequence[Rule]) -> Iterator[str]:
    yield f"# Controls\n\n{_MADE}\n"
    yield "The rules that are evidence for each control. Holes are controls without a rule,"
    yield "and rules without a control; a control of an organisation, not of a manifest, stays a hole here."
    for framework, title in titles().items():
        yield f"\n## {title}\n"
        yield "| Control | Rules | Evidence |\n|---|---|---|"
        for control, names in reach(rules, framework).items():
            links = ", ".join(f"[{name}](rules.md#{_anchor(name)})" for name in names)
            yield f"| {_cell(control)} | {len(names)} | {links or '**hole**'} |"
    yield from _holes(rules)
    yield ""


def _holes(rules: Sequence[Rule]) -> Iterator[str]:
    alone = [rule.id for rule in rules if not any(rule.metadata.controls.values())]
    yield f"\n## Holes\n\n{len(alone)} rules are evidence for no control.\n"
    yield from (f"- [{name}](rules.md#{_anchor(name)})" for name in alone)


def _anchor(name: str) -> str:
    return name.replace("/", "")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
