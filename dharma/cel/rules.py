"""Every rule of a kind's schema, evaluated where its part of an object is present."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, TypeAlias

from cel_expr_python import cel

from dharma.cel.functions import declared
from dharma.cel.native import lists
from dharma.cel.value import Schema, children, converted, filled
from dharma.schemas.catalogue import Catalogue, read
from dharma.schemas.problem import path_of, shortened

Place: TypeAlias = tuple[str | int, ...]

_EXTENSIONS = ("two-var-comprehensions", "lists", "sets", "optional", "strings", "math", "encoders")
_TEXT = re.compile(r"""r?("(\\.|[^"\\])*"|'(\\.|[^'\\])*')""")
# What an API server also calls an error of the rule, and so refuses; any other may be this evaluator's own.
_REFUSING = re.compile(
    r"Key not found|(divide|modulus) by zero|Index error|URL parse error"
    r"|[cC]onversion failed|cannot convert string|integer overflow"
)


@dataclass(frozen=True, slots=True)
class RuleProblem:
    """A rule that refuses an object, or, where `decided` is false, that could not be evaluated here."""

    path: str
    message: str
    decided: bool = True

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class Rules:
    """The rules of the custom resources in folders of schemas, the first folder that has a kind wins.

    Rules that compare with the object's former state are left out: they do not apply when it is created.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._catalogue = Catalogue(folders)
        self._schemas: dict[tuple[str, str], Schema | None] = {}

    def check(self, obj: Mapping[str, Any]) -> tuple[RuleProblem, ...]:
        """What the rules, and the keys of lists that are maps, say of an object that fits its schema.

        Of a native kind only its lists are looked at. Empty for a kind without a schema: that is for
        the check of schemas to report.
        """
        key = str(obj.get("apiVersion", "")), str(obj.get("kind", ""))
        if key not in self._schemas:
            self._schemas[key] = self._load(*key)
        schema = self._schemas[key]
        return () if schema is None else tuple(_visit(schema, filled(schema, dict(obj)), ()))

    def _load(self, api_version: str, kind: str) -> Schema | None:
        if (known := lists(api_version, kind)) is not None:
            return known
        file = self._catalogue.find(api_version, kind)
        try:
            schema = read(file) if file else None
        except ValueError:
            return None
        return schema if schema is not None and _has_rules(schema) else None


def _has_rules(schema: object) -> bool:
    if isinstance(schema, dict):
        own = "x-kubernetes-validations" in schema or schema.get("x-kubernetes-list-type") in {"map", "set"}
        return own or any(_has_rules(part) for part in schema.values())
    return isinstance(schema, list) and any(_has_rules(part) for part in schema)


def _visit(schema: Schema, value: Any, place: Place) -> Iterator[RuleProblem]:
    yield from _repeated(schema, value, place)
    rules = [rule for rule in schema.get("x-kubernetes-validations", ()) if not _is_transition(rule)]
    if rules:
        yield from _judged(rules, schema, value, place)
    for step, part, item in children(schema, value):
        yield from _visit(part, item, (*place, step))


def _judged(
    rules: list[Mapping[str, Any]], schema: Schema, value: Any, place: Place
) -> Iterator[RuleProblem]:
    try:
        seen = converted(schema, value)
    except ValueError:
        yield RuleProblem(path_of(place), "undecided (a text inside is not in its format)", decided=False)
        return
    for rule in rules:
        verdict = evaluate(rule["rule"], seen)
        if verdict is not True:
            yield _problem(rule, verdict, place)


def _problem(rule: Mapping[str, Any], verdict: bool | str, place: Place) -> RuleProblem:
    """`verdict` is False, or why the rule could not be evaluated."""
    text = " ".join(str(rule["rule"]).split())
    said = " ".join(str(rule.get("message", "")).split()) or f"does not satisfy {shortened(text)}"
    if verdict is False:
        return RuleProblem(path_of(place), said)
    return RuleProblem(path_of(place), f"undecided ({verdict}): {said}", decided=False)


def evaluate(rule: str, value: Any) -> bool | str:
    """Whether the rule holds for `self`, or in words why that cannot be told here.

    A rule that errs as it would in an API server (a missing key, a text that is no duration) does not hold.
    """
    program = _compiled(rule)
    if isinstance(program, str):
        return program
    try:
        result = program.eval(data={"self": value})
    except RuntimeError as error:
        return _first_line(error)
    if result.type() == cel.Type.ERROR:
        return _error(str(result.value()), value)
    outcome = result.value()
    return outcome if isinstance(outcome, bool) else "the rule's result is no boolean"


def _error(reason: str, value: Any) -> bool | str:
    # The evaluator, unlike Go, does not read the micro sign of a duration.
    refuses = _REFUSING.search(reason) and ("Duration" not in reason or str(value).isascii())
    # What follows the first quote may be a value of the object.
    return False if refuses else _first_line(reason.partition("'")[0].rstrip(" :"))


@lru_cache(maxsize=4096)
def _compiled(rule: str) -> cel.Expression | str:
    try:
        return _environment.env.compile(rule)
    except RuntimeError as error:
        return _first_line(error)


class _Environment:
    @cached_property
    def env(self) -> cel.Env:
        extensions = "".join(f"- name: {name}\n" for name in _EXTENSIONS)
        config = cel.NewEnvConfigFromYaml(f"name: kubernetes\nextensions:\n{extensions}")
        return cel.NewEnv(config=config, variables={"self": cel.Type.DYN}, functions=declared())


_environment = _Environment()


def _first_line(error: object) -> str:
    return shortened(str(error).splitlines()[0])


def _is_transition(rule: Mapping[str, Any]) -> bool:
    return "oldSelf" in _TEXT.sub("", str(rule["rule"]))


def _repeated(schema: Schema, value: Any, place: Place) -> Iterator[RuleProblem]:
    """Items of a list that is a map or a set must differ: rules are written with that in mind."""
    kind = schema.get("x-kubernetes-list-type")
    if kind not in {"map", "set"} or not isinstance(value, list):
        return
    keys = schema.get("x-kubernetes-list-map-keys", ())
    seen: list[Any] = []
    for index, item in enumerate(value):
        identity = {key: item.get(key) for key in keys} if kind == "map" and isinstance(item, dict) else item
        if identity in seen:
            named = f" of {', '.join(keys)}" if kind == "map" else ""
            yield RuleProblem(path_of((*place, index)), f"repeats an earlier item's value{named}")
        seen.append(identity)
