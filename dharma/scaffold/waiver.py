"""One more entry of environments/waivers.yaml, appended as text so that comments stay."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from string import Template
from textwrap import indent

from dharma import edit
from dharma.errors import DeclarationError, InputError, Problem
from dharma.layer import Node, find
from dharma.policy.waiver import FILE, LONGEST, Waivers, load_waivers
from dharma.scaffold import written
from dharma.spelling import nearest

_HEAD = """\
# yaml-language-server: $schema=../schemas/waivers.json
# Findings accepted for a while: by whom, why and until when.
waivers:
"""
_ENTRY = Template("""\
- rule: $rule
  scope: {${targets}objects: $objects}
  owner: $owner
  ticket: $ticket
  reason: $reason
  granted: "$granted"
  expires: "$expires"
""")


@dataclass(frozen=True, slots=True)
class Grant:
    """What is accepted, by whom and why, from a day on for some days."""

    rule: str
    objects: Sequence[str]
    targets: Sequence[str]
    owner: str
    ticket: str
    reason: str
    granted: date
    days: int

    @property
    def entry(self) -> str:
        """It as a list item of the file; text is quoted as JSON, which YAML reads alike."""
        return _ENTRY.substitute(
            rule=_text(self.rule),
            targets=f"targets: {_text(self.targets)}, " if self.targets else "",
            objects=_text(self.objects),
            owner=_text(self.owner),
            ticket=_text(self.ticket),
            reason=_text(self.reason),
            granted=self.granted,
            expires=self.granted + timedelta(days=self.days),
        )


def _text(value: str | Sequence[str]) -> str:
    return json.dumps(value, ensure_ascii=False)


def grant(root: Path, waiver: Grant, rules: Collection[str]) -> None:
    """Append the waiver; raises InputError, and changes nothing, where the file would not stand."""
    if not 1 <= waiver.days <= LONGEST.days:
        raise InputError([Problem("--days", f"must be 1 to {LONGEST.days}, not {waiver.days}")])
    if waiver.rule not in rules:
        raise InputError([Problem(f"rule {waiver.rule!a}", "is not there", nearest(waiver.rule, rules))])
    path = root / "environments" / FILE
    if not path.exists() and not path.is_symlink():
        with written(root, {f"environments/{FILE}": _HEAD + indent(waiver.entry, "  ")}):
            load_waivers(root)
        return
    waivers, tree = load_waivers(root)
    old = path.read_bytes().decode("utf-8")
    edit.replace(path, _appended(old, tree, waiver.entry))
    problems = _problems(root, waivers)
    if problems:
        edit.replace(path, old)
        raise InputError(problems)


def _problems(root: Path, before: Waivers) -> list[Problem]:
    """Why the file does not say what it said before and one waiver more."""
    try:
        after = load_waivers(root)[0].waivers
    except DeclarationError as error:
        return [*error.problems, _UNFIT]
    return [] if after[:-1] == before.waivers and len(after) > len(before.waivers) else [_UNFIT]


_UNFIT = Problem(
    f"environments/{FILE}", "was not changed", "Write `waivers:` as a block list at the end of the file."
)


def _appended(text: str, tree: Node, entry: str) -> str:
    text += "" if not text or text.endswith("\n") else "\n"
    first = find(tree, ("waivers", "0"))
    if find(tree, ("waivers",)) is None:
        text += "waivers:\n"
    column = first.origin.column if first and first.origin else len("  - ") + 1
    return text + indent(entry, " " * (column - len("- ") - 1))
