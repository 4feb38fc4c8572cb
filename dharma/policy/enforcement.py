"""Enforcement: how grave a rule is in which environment and region (environments/enforcement.yaml)."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import Field, ValidationError

from dharma import document
from dharma.complaint import complaints
from dharma.declared import Declared
from dharma.errors import DeclarationError, Problem
from dharma.layer import Node, plain
from dharma.policy.finding import Level
from dharma.policy.rule import RuleSet
from dharma.spelling import nearest
from dharma.values import Name, Text

FILE = "enforcement.yaml"
Model = TypeVar("Model", bound=Declared)


class InRegion(Declared):
    """The level in one region."""

    level: Level


class InEnvironment(Declared):
    """The level in one environment, and where its regions differ."""

    level: Level
    regions: dict[Name, InRegion] = Field(default_factory=dict)


class Setting(Declared):
    """The level of a rule or category, and where environments differ."""

    level: Level | None = None
    environments: dict[Name, InEnvironment] = Field(default_factory=dict)

    def at(self, environment: str, region: str) -> Level | None:
        """The level that holds there; None where the rule's own severity does."""
        here = self.environments.get(environment)
        if here is None:
            return self.level
        there = here.regions.get(region)
        return there.level if there else here.level


class Enforcement(Declared):
    """Levels by rule (`images/digest`) or category (`images`); the rule's own entry goes first."""

    enforcement: dict[Text, Setting] = Field(default_factory=dict)

    def level(self, rule: str, severity: Level, target: str) -> Level:
        """How grave a finding of the rule is in a target."""
        environment, region = (*target.split("/"), "", "")[:2]
        for name in (rule, rule.partition("/")[0]):
            setting = self.enforcement.get(name)
            level = setting.at(environment, region) if setting else None
            if level is not None:
                return level
        return severity


def load_enforcement(root: Path, rules: RuleSet) -> Enforcement:
    """environments/enforcement.yaml, or the rules' own severities where there is none."""
    path = root / "environments" / FILE
    if not path.is_file():
        return Enforcement()
    tree = document.read(root, path)
    found = validated(tree, Enforcement)
    known = {rule.id for rule in rules.rules} | {rule.category for rule in rules.rules}
    unknown = [name for name in found.enforcement if name not in known]
    if unknown:
        raise DeclarationError(
            Problem(f"environments/{FILE}", f"{name!r} is no rule or category", nearest(name, known))
            for name in unknown
        )
    return found


def validated(tree: Node, model: type[Model]) -> Model:
    """A file's content as a model; raises DeclarationError with every problem located."""
    try:
        return model.model_validate(plain(tree))
    except ValidationError as error:
        raise DeclarationError(complaints(error, tree, model)) from None
