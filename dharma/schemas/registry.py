"""All schemas of one Kubernetes version and its custom resources, compiled as kinds are met."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from dharma.schemas.catalogue import Catalogue, read
from dharma.schemas.native import Native, identity
from dharma.schemas.problem import SchemaProblem
from dharma.schemas.syntax import root
from dharma.schemas.validator import Validator

_ANY: Mapping[str, Any] = {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object"}


@dataclass(frozen=True, slots=True)
class _Kind:
    validator: Validator
    scope: str | None = None
    checked: bool = True
    fault: str = ""


class Schemas:
    """The schemas a cluster of one Kubernetes version accepts objects by.

    `kubernetes` is written `1.34`; `folders` hold custom resources' schemas, the first that has one wins.
    Raises UnknownKubernetesVersion when no schemas of the version are installed.
    """

    def __init__(self, kubernetes: str, folders: Sequence[Path] = ()) -> None:
        self._native = Native(kubernetes)
        self._catalogue = Catalogue(folders)
        self._kinds: dict[tuple[str, str], _Kind] = {}

    def check(self, obj: Mapping[str, Any]) -> tuple[SchemaProblem, ...] | None:
        """Every problem of an object, empty when it is valid.

        None when nothing but its metadata could be checked: a custom kind, and no folder was given.
        """
        api_version, name = obj.get("apiVersion"), obj.get("kind")
        if not (isinstance(api_version, str) and isinstance(name, str) and api_version and name):
            return _nameless(obj)
        kind = self._kinds.get((api_version, name)) or self._compile(api_version, name)
        fault = (SchemaProblem("", kind.fault),) if kind.fault else ()
        if kind.validator.accepts(obj):
            return fault if kind.checked else None
        return fault + kind.validator.problems(obj)

    def scope(self, api_version: str, kind: str) -> str | None:
        """`Namespaced`, `Cluster`, or None where neither Kubernetes nor a folder tells."""
        known = self._kinds.get((api_version, kind)) or self._compile(api_version, kind)
        return known.scope

    @cached_property
    def digest(self) -> str:
        """Changes whenever a check might answer otherwise; reads files' names, sizes and times only."""
        facts = [identity(), self._native.version, self._catalogue.files()]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()

    def _compile(self, api_version: str, kind: str) -> _Kind:
        compiled = self._kinds[api_version, kind] = self._compiled(api_version, kind)
        return compiled

    def _compiled(self, api_version: str, kind: str) -> _Kind:
        if self._native.serves(_group(api_version)):
            return self._built_in(api_version, kind)
        if (compiled := _compiled_rule(api_version, kind)) is not None:
            return compiled
        if not self._catalogue.folders:
            return _Kind(Validator(_ANY, root(api_version, kind, None)), checked=False)
        return self._custom(api_version, kind)

    def _built_in(self, api_version: str, kind: str) -> _Kind:
        scope = self._native.scope(api_version, kind)
        schema = self._native.schema(api_version, kind)
        fault = ""
        if schema is None:
            fault = f"Kubernetes {self._native.version} has no kind {kind} of {api_version}"
            fault += self._native.nearest(api_version, kind)
        return _Kind(Validator(schema or _ANY, root(api_version, kind, scope)), scope, fault=fault)

    def _custom(self, api_version: str, kind: str) -> _Kind:
        try:
            path = self._catalogue.find(api_version, kind)
            if path is not None:
                return _kept(path, path.stat().st_mtime_ns, api_version, kind)
            fault = self._catalogue.missing(api_version, kind)
        except ValueError as error:
            fault = f"the schema {self._catalogue.find(api_version, kind)} cannot be used: {error}"
        return _Kind(Validator(_ANY, root(api_version, kind, None)), fault=fault)


@cache
def _kept(path: Path, changed: int, api_version: str, kind: str) -> _Kind:  # noqa: ARG001
    """A custom kind is the same for every Kubernetes version, so it is compiled once."""
    schema = read(path)
    scope = _scope(schema)
    return _Kind(Validator(schema, root(api_version, kind, scope)), scope)


@cache
def _compiled_rule(api_version: str, kind: str) -> _Kind | None:
    """A kind that Gatekeeper makes of one of the rules: no catalogue has it, and it needs none."""
    from dharma.admission.definition import known

    schema = known(api_version, kind)
    return _Kind(Validator(schema, root(api_version, kind, "Cluster")), "Cluster") if schema else None


def _scope(schema: Mapping[str, Any]) -> str | None:
    facts = schema.get("x-upstream")
    scope = facts.get("scope") if isinstance(facts, dict) else None
    return scope if scope in {"Namespaced", "Cluster"} else None


def _nameless(obj: Mapping[str, Any]) -> tuple[SchemaProblem, ...]:
    return tuple(
        SchemaProblem(field, "is required" if field not in obj else "must be a string that is not empty")
        for field in ("apiVersion", "kind")
        if not (isinstance(obj.get(field), str) and obj[field])
    )


def _group(api_version: str) -> str:
    return api_version.rpartition("/")[0]
