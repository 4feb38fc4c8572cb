"""CustomResourceDefinitions → strict JSON Schemas as a catalogue holds them, one a served version.

Stricter than the API server, which prunes what it does not know: here unknown fields are refused, as
are nulls of fields that are not nullable. What it fills in before it validates is not required here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import YAMLError

Schema: TypeAlias = dict[str, Any]

DRAFT = "http://json-schema.org/draft-07/schema#"
KIND = "CustomResourceDefinition"
MAX_BYTES = 16 << 20
MAX_VALUES = 2_000_000

_DROPPED = frozenset({"description", "example", "externalDocs", "nullable"})
_BRANCHES = ("allOf", "anyOf", "oneOf")
_MAPS = ("properties", "patternProperties", "definitions")
_PRESERVED = "x-kubernetes-preserve-unknown-fields"
_EMBEDDED = "x-kubernetes-embedded-resource"
_INT_OR_STRING = "x-kubernetes-int-or-string"
_GROUP = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+")
_WORD = re.compile(r"[A-Za-z0-9]+")
_TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[()]", re.DOTALL)


class DefinitionError(ValueError):
    """A text holds no definitions, or one that cannot be converted; the message says why."""


@dataclass(frozen=True, slots=True)
class Definition:
    """The schema of one served version; `file` is `<group>/<kind in lower case>_<version>.json`."""

    file: str
    schema: Schema

    @property
    def text(self) -> str:
        """The schema as its file says it."""
        return json.dumps(self.schema, indent=1, ensure_ascii=False) + "\n"


class _Constructor(SafeConstructor):
    """Times and `=` (an enum value of matchers) stay the text they are."""


for _tag in ("timestamp", "value"):
    _Constructor.add_constructor(f"tag:yaml.org,2002:{_tag}", SafeConstructor.construct_yaml_str)


def definitions(text: str) -> Iterator[Definition]:
    """The schemas of every definition in a YAML or JSON text of one or several documents or lists.

    Other objects are passed over. Raises DefinitionError.
    """
    for document in _documents(text):
        for found in _listed(document):
            yield from convert(found)


def convert(definition: Mapping[str, Any]) -> Iterator[Definition]:
    """The schemas of a definition's served versions; raises DefinitionError for a malformed one."""
    try:
        yield from _versions(definition["spec"])
    except (KeyError, TypeError, AttributeError) as error:
        name = (definition.get("metadata") or {}).get("name", "without name")
        raise DefinitionError(f"the definition {name} is malformed: {error}") from None


def _documents(text: str) -> list[Any]:
    if len(text) > MAX_BYTES:
        raise DefinitionError(f"is larger than {MAX_BYTES >> 20} MiB")
    try:
        found = [json.loads(text)] if text.startswith("{") else list(_yaml().load_all(text))
        _bounded(found)
    except RecursionError:
        raise DefinitionError("nests too deep") from None
    except (YAMLError, ValueError) as error:
        reason = str(error) if isinstance(error, DefinitionError) else "is not YAML"
        raise DefinitionError(reason) from None
    return found


def _yaml() -> YAML:
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = _Constructor
    return yaml


def _bounded(documents: Sequence[Any]) -> None:
    """Aliases may make a small text a huge value: it is measured before it is walked."""
    waiting, left = list(documents), MAX_VALUES
    while waiting:
        value = waiting.pop()
        left -= 1
        if left < 0 or len(waiting) > MAX_VALUES:
            raise DefinitionError(f"grows beyond {MAX_VALUES} values")
        if isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def _listed(document: Any) -> Iterator[Mapping[str, Any]]:
    if not isinstance(document, dict):
        return
    if document.get("kind") == KIND:
        yield document
    elif str(document.get("kind", "")).endswith("List") and isinstance(document.get("items"), list):
        for item in document["items"]:
            yield from _listed({"kind": KIND, **item} if isinstance(item, dict) else item)


def _versions(spec: Mapping[str, Any]) -> Iterator[Definition]:
    group, kind = str(spec["group"]), str(spec["names"]["kind"])
    for version in spec["versions"]:
        name = str(version["name"])
        if not (_GROUP.fullmatch(group) and _WORD.fullmatch(kind) and _WORD.fullmatch(name)):
            raise DefinitionError(f"{group}/{name} {kind} is no name of a kind")
        if version.get("served"):
            yield Definition(f"{group}/{kind.lower()}_{name}.json", _root(spec, version))


def _root(spec: Mapping[str, Any], version: Mapping[str, Any]) -> Schema:
    group, kind, name = spec["group"], spec["names"]["kind"], version["name"]
    body = strict(version["schema"]["openAPIV3Schema"])
    properties = {
        **body.get("properties", {}),
        "apiVersion": {"type": "string", "enum": [f"{group}/{name}"]},
        "kind": {"type": "string", "enum": [kind]},
        "metadata": _METADATA,
    }
    return {
        "$schema": DRAFT,
        "x-kubernetes-group-version-kind": [{"group": group, "version": name, "kind": kind}],
        "x-upstream": _facts(spec, version),
        **body,
        "type": "object",
        "properties": properties,
        "required": sorted({"apiVersion", "kind", "metadata", *body.get("required", ())}),
    }


def _facts(spec: Mapping[str, Any], version: Mapping[str, Any]) -> Schema:
    return {
        "scope": spec["scope"],
        "plural": spec["names"]["plural"],
        "storage": bool(version.get("storage")),
        "deprecated": bool(version.get("deprecated")),
        "subresources": sorted(version.get("subresources") or ()),
    }


def strict(node: Mapping[str, Any], *, closed: bool = True) -> Schema:
    """A structural OpenAPI schema as JSON Schema; `closed` is false inside allOf, anyOf, oneOf and not."""
    found = {name: _converted(name, value, closed) for name, value in node.items() if name not in _DROPPED}
    _bound(found, "exclusiveMinimum", "minimum")
    _bound(found, "exclusiveMaximum", "maximum")
    _less_defaults(found)
    _pattern(found)
    if node.get(_INT_OR_STRING) is True:
        found.pop("type", None)
        if not any(branch in found for branch in _BRANCHES):
            found["anyOf"] = [{"type": "integer"}, {"type": "string"}]
    if node.get(_EMBEDDED) is True:
        _embed(found)
    if closed and _is_object(found) and node.get(_PRESERVED) is not True:
        found.setdefault("additionalProperties", False)
    return _nullable(found) if node.get("nullable") is True else found


def _converted(name: str, value: Any, closed: bool) -> Any:
    if name in _MAPS:
        return {key: strict(schema, closed=closed) for key, schema in value.items()}
    if name in _BRANCHES:
        return [strict(schema, closed=False) for schema in value]
    if name == "not":
        return strict(value, closed=False)
    if name in ("items", "additionalProperties") and isinstance(value, Mapping):
        return strict(value, closed=closed)
    return value


def _is_object(schema: Mapping[str, Any]) -> bool:
    return schema.get("type") == "object" or "properties" in schema


def _bound(schema: Schema, exclusive: str, bound: str) -> None:
    """OpenAPI says with a boolean that a bound is exclusive; JSON Schema moves the number."""
    if isinstance(schema.get(exclusive), bool) and schema.pop(exclusive) and bound in schema:
        schema[exclusive] = schema.pop(bound)


def _less_defaults(schema: Schema) -> None:
    """The API server fills defaults in before it validates."""
    properties = schema.get("properties", {})
    defaulted = [name for name in schema.get("required", ()) if "default" in properties.get(name, {})]
    if not defaulted:
        return
    schema["x-upstream-required-defaulted"] = defaulted
    schema["required"] = [name for name in schema["required"] if name not in defaulted]
    if not schema["required"]:
        del schema["required"]


def _pattern(schema: Schema) -> None:
    """An inline flag holds to the end of its group; only `(?i:…)` says so in every dialect."""
    written = schema.get("pattern")
    if isinstance(written, str) and "(?i)" in written[1:]:
        schema["x-upstream-pattern"] = written
        schema["pattern"] = _scoped(written)


def _scoped(pattern: str) -> str:
    while (start := pattern.find("(?i)")) >= 0:
        end = _group_end(pattern, start + len("(?i)"))
        pattern = f"{pattern[:start]}(?i:{pattern[start + 4 : end]}){pattern[end:]}"
    return pattern


def _group_end(pattern: str, start: int) -> int:
    depth = 0
    for token in _TOKEN.finditer(pattern, start):
        depth += {"(": 1, ")": -1}.get(token[0], 0)
        if depth < 0:
            return token.start()
    return len(pattern)


def _embed(schema: Schema) -> None:
    fields = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"}}
    schema["properties"] = {**schema.get("properties", {}), **fields}
    schema["required"] = sorted({*schema.get("required", ()), "apiVersion", "kind"})


def _nullable(schema: Schema) -> Schema:
    schema["x-kubernetes-nullable"] = True
    if isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]
    elif _INT_OR_STRING in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    if "enum" in schema and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]
    return schema


def _maybe(name: str, **more: Any) -> Schema:
    return {"type": [name, "null"], **more}


_OWNER: Schema = {
    "type": "object",
    "required": ["apiVersion", "kind", "name", "uid"],
    "properties": {
        **{name: {"type": "string"} for name in ("apiVersion", "kind", "name", "uid")},
        **{name: {"type": "boolean"} for name in ("controller", "blockOwnerDeletion")},
    },
    "additionalProperties": False,
}
_NAMES = ("name", "generateName", "namespace", "selfLink", "uid", "resourceVersion")
_METADATA: Schema = {
    "type": "object",
    "properties": {
        **{name: {"type": "string"} for name in _NAMES},
        "generation": {"type": "integer"},
        **dict.fromkeys(("creationTimestamp", "deletionTimestamp"), _maybe("string", format="date-time")),
        "deletionGracePeriodSeconds": _maybe("integer"),
        **dict.fromkeys(("labels", "annotations"), _maybe("object", additionalProperties={"type": "string"})),
        "finalizers": _maybe("array", items={"type": "string"}),
        "ownerReferences": _maybe("array", items=_OWNER),
        "managedFields": _maybe("array", items={"type": "object"}),
    },
    "additionalProperties": False,
}
