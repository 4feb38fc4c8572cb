"""Definition: the custom resource that Gatekeeper makes of a template, known before the cluster has it.

Gatekeeper writes it at run time. Written down here it lets Constraints be validated offline, and put
into an API server that runs no Gatekeeper.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dharma.admission.template import PREFIX, kind_of
from dharma.policy.rule import Rule
from dharma.schemas.definitions import convert

GROUP = "constraints.gatekeeper.sh"
_STRING: dict[str, Any] = {"type": "string"}
_GLOB = {"type": "string", "pattern": r"^\*?[-:a-z0-9]*\*?$"}
_FACTS = (
    "name",
    "environment",
    "region",
    "cluster",
    "role",
    "provider",
    "kubernetes",
    "domain",
    "trustDomain",
    "registry",
)


def definition(rule: Rule) -> dict[str, Any]:
    """The CustomResourceDefinition of the rule's Constraints, as Gatekeeper 3.23 makes it."""
    return _definition(kind_of(rule))


def schema(rule: Rule) -> dict[str, Any]:
    """The JSON Schema of the rule's Constraints, strict, as kubeconform reads it."""
    return schema_of(kind_of(rule))


def known(api_version: str, kind: str) -> dict[str, Any] | None:
    """The schema of a kind that rules are compiled to; None for any other."""
    return schema_of(kind) if api_version == f"{GROUP}/v1beta1" and kind.startswith(PREFIX) else None


def schema_of(kind: str) -> dict[str, Any]:
    """The JSON Schema of Constraints of a kind, which all take the same parameters."""
    return next(convert(_definition(kind))).schema


def schema_file(rule: Rule) -> str:
    """Where the schema stands in a catalogue of schemas."""
    return f"{GROUP}/{kind_of(rule).lower()}_v1beta1.json"


def parameters() -> dict[str, Any]:
    """The schema of `spec.parameters`: the target's facts and the waivers that hold there."""
    tenant = _object(costCentre=_STRING, podSecurity=_STRING)
    target = _object(
        **dict.fromkeys(_FACTS, _STRING),
        ring={"type": "integer"},
        tenants={"type": "object", "additionalProperties": tenant},
    )
    waiver = _object(
        ticket=_STRING,
        expires={"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
        subjects={"type": "array", "items": _STRING},
    )
    required = {"required": ["ticket", "expires", "subjects"]}
    return _object(target=target, waivers={"type": "array", "items": waiver | required})


def _definition(kind: str) -> dict[str, Any]:
    names = {
        "kind": kind,
        "listKind": f"{kind}List",
        "plural": kind.lower(),
        "singular": kind.lower(),
        "categories": ["constraint", "constraints"],
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind.lower()}.{GROUP}", "labels": {"gatekeeper.sh/constraint": "yes"}},
        "spec": {
            "group": GROUP,
            "names": names,
            "scope": "Cluster",
            "versions": [_version("v1beta1", stored=True), _version("v1alpha1", stored=False)],
        },
    }


def _version(name: str, *, stored: bool) -> dict[str, Any]:
    return {
        "name": name,
        "served": True,
        "storage": stored,
        "schema": {"openAPIV3Schema": _body()},
        "subresources": {"status": {}},
        "additionalPrinterColumns": [
            {
                "name": "enforcement-action",
                "description": "Type of enforcement action",
                "jsonPath": ".spec.enforcementAction",
                "type": "string",
            },
            {
                "name": "total-violations",
                "description": "Total number of violations",
                "jsonPath": ".status.totalViolations",
                "type": "integer",
            },
        ],
    }


def _body() -> dict[str, Any]:
    points = {"type": "array", "items": _object(name=_STRING)}
    scoped = _object(action=_STRING, enforcementPoints=points)
    spec = _object(
        match=_match(),
        enforcementAction={"type": "string", "default": "deny"},
        scopedEnforcementActions={"type": "array", "items": scoped},
        parameters=parameters(),
    )
    return _object(
        metadata=_object(name={"type": "string", "maxLength": 63}),
        spec=spec,
        status={"x-kubernetes-preserve-unknown-fields": True},
    )


def _match() -> dict[str, Any]:
    globs = {"type": "array", "items": _GLOB}
    texts = {"type": "array", "items": _STRING}
    return _object(
        excludedNamespaces=globs,
        kinds={"type": "array", "items": _object(apiGroups=texts, kinds=texts)},
        labelSelector=_selector(),
        name=_GLOB,
        namespaceSelector=_selector(),
        namespaces=globs,
        scope=_STRING,
        source={"type": "string", "enum": ["All", "Generated", "Original"]},
    )


def _selector() -> dict[str, Any]:
    requirement = _object(key=_STRING, operator=_STRING, values={"type": "array", "items": _STRING})
    expressions = {"type": "array", "items": requirement | {"required": ["key", "operator"]}}
    labels = {"type": "object", "additionalProperties": _STRING}
    return _object(matchExpressions=expressions, matchLabels=labels)


def _object(**properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": {name: dict(value) for name, value in properties.items()}}
