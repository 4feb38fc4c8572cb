"""Rule: one Rego file with its metadata, as written under policies/rego/<category>/<rule>.rego."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from dharma.declared import Declared
from dharma.errors import InputError, Origin, Problem
from dharma.shelf import Table, named
from dharma.values import Items, Text

FLEET = "fleet"
LIBRARY = "lib"
OTHERS = frozenset({LIBRARY, "trust"})
_PACKAGE = re.compile(r"^package\s+([a-z0-9_.]+)\s*$", re.MULTILINE)

Framework = Literal["soc2", "gdpr", "cis", "pss", "nsa"]


class Remediation(Declared):
    """How to mend a finding, shown by a good and a bad example."""

    text: Text
    good: Text
    bad: Text


class Metadata(Declared):
    """What `# METADATA` says of a rule under `custom`."""

    id: Text
    """<category>/<rule>, as its file is found."""
    severity: Literal["warn", "deny"]
    kinds: Items[Text] = Field(min_length=1)
    """Kinds it applies to, as Kind or group/Kind, or "*"; fleet rules say Fleet."""
    remediation: Remediation
    controls: dict[Framework, Items[Text]]
    """Controls it is evidence for, by framework."""
    absent: bool = False
    """Whether it guards against kinds that a sound fleet has none of, so that meeting none is no fault."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that may be evaluated; `package` is its Rego package, such as dharma.images.digest."""

    package: str
    title: str
    description: str
    metadata: Metadata
    file: str
    source: str

    @property
    def id(self) -> str:
        """<category>/<rule>."""
        return self.metadata.id

    @property
    def category(self) -> str:
        """The folder it stands in."""
        return self.id.partition("/")[0]

    @property
    def fleet(self) -> bool:
        """Whether it sees all manifests of all targets at once."""
        return self.category == FLEET

    def concerns(self, group: str, kind: str) -> bool:
        """Whether an object of that group and kind meets the rule."""
        names = self.metadata.kinds
        return not self.fleet and ("*" in names or kind in names or f"{group}/{kind}" in names)


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules and libraries of one or several folders."""

    rules: tuple[Rule, ...]
    libraries: Mapping[str, str]

    @property
    def objects(self) -> tuple[Rule, ...]:
        """Rules that see one object."""
        return tuple(rule for rule in self.rules if not rule.fleet)

    @property
    def fleet(self) -> tuple[Rule, ...]:
        """Rules that see the fleet."""
        return tuple(rule for rule in self.rules if rule.fleet)

    def sources(self) -> list[tuple[str, str]]:
        """Every Rego file that evaluation needs, as path and text."""
        return [(rule.file, rule.source) for rule in self.rules] + sorted(self.libraries.items())


def load_rules(*folders: Path) -> RuleSet:
    """The rules under folders such as policies/rego; raises InputError with every problem of all.

    No folder replaces a file of an earlier one; how grave a rule is, environments/enforcement.yaml says.
    """
    rules: dict[str, Rule] = {}
    libraries: dict[str, str] = {}
    problems: list[Problem] = []
    seen: set[str] = set()
    for folder, path in _files(folders):
        name = f"policies/rego/{path.relative_to(folder).as_posix()}"
        category = path.relative_to(folder).parts[0]
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            problems.append(Problem(name, f"is not UTF-8 (byte {error.start})"))
            continue
        if name in seen:
            problems.append(Problem(name, "has the name of a shipped file", "Give it a name of its own."))
            continue
        seen.add(name)
        if category == LIBRARY:
            libraries[name] = text
        elif category not in OTHERS:
            try:
                rule = parse(name, text)
                rules[rule.id] = rule
            except InputError as error:
                problems.extend(error.problems)
    _heads().save()
    if problems:
        raise InputError(problems)
    return RuleSet(tuple(rules[name] for name in sorted(rules)), libraries)


def _files(folders: tuple[Path, ...]) -> Iterator[tuple[Path, Path]]:
    for folder in folders:
        for path in sorted(folder.rglob("*.rego")):
            if not path.name.endswith("_test.rego"):
                yield folder, path


@cache
def _heads() -> Table:
    """Metadata read before, by its text: reading YAML is most of what loading rules takes."""
    return Table("metadata", ["1"], most=2_000)


def parse(file: str, text: str) -> Rule:
    """A rule from its file's text; raises InputError where its metadata cannot stand."""
    package = _PACKAGE.search(text)
    if package is None:
        raise InputError([Problem(Origin(file, 1), "declares no package")])
    head = _metadata(file, text[: package.start()])
    try:
        metadata = Metadata.model_validate(head.get("custom", {}))
    except ValidationError as error:
        raise InputError(
            Problem(Origin(file, 1), f"metadata: {'.'.join(map(str, detail['loc']))}: {detail['msg']}")
            for detail in error.errors()
        ) from None
    rule = Rule(
        package[1], str(head.get("title", "")), str(head.get("description", "")).strip(), metadata, file, text
    )
    if problems := list(_misnamed(rule)):
        raise InputError(problems)
    return rule


def _metadata(file: str, head: str) -> dict[str, Any]:
    lines = head.splitlines()
    if "# METADATA" not in lines:
        mend = "Write `# METADATA` with title, description and custom above the package."
        raise InputError([Problem(Origin(file, 1), "has no metadata", mend)])
    start = lines.index("# METADATA") + 1
    block = "\n".join(
        line.removeprefix("#").removeprefix(" ") for line in lines[start:] if line.startswith("#")
    )
    kept = _heads().get(named([block]))
    if isinstance(kept, dict):
        return kept
    try:
        found = YAML(typ="safe", pure=True).load(StringIO(block))
    except YAMLError as error:
        raise InputError(
            [Problem(Origin(file, start), f"metadata is not YAML: {str(error)[:200]}")]
        ) from None
    if not isinstance(found, dict):
        return {}
    _heads().put(named([block]), found)
    return found


def _misnamed(rule: Rule) -> Iterator[Problem]:
    place = Origin(rule.file, 1)
    expected = rule.file.removeprefix("policies/rego/").removesuffix(".rego").replace("_", "-")
    if rule.id != expected:
        yield Problem(place, f"has the id {rule.id!r}, its file says {expected!r}")
    if rule.package != f"dharma.{expected.replace('/', '.').replace('-', '_')}":
        yield Problem(place, f"is in package {rule.package!r}, its file says otherwise")
    if not rule.title or not rule.description:
        yield Problem(place, "needs a title and a description")
