"""The syntax Kubernetes asks of names, labels, annotations, quantities and formats, as JSON Schema."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import Any

SAYS = "x-says"
"""A keyword of our own: the words for a value that the schema beside it refuses."""

ANNOTATIONS_BYTES = 256 * 1024

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_WORD = "[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?"
_UNIT = r"[0-9]+\s*(ns|us|µs|μs|ms|s|m|h|d|w|milli|micro|nano|sec|min|hour|hr|day|week)s?"

_SUBDOMAIN_NAME = {
    "type": "string",
    "maxLength": 253,
    "pattern": f"^{_SUBDOMAIN}$",
    SAYS: "must be at most 253 lower case letters, digits, '-' and '.', starting and ending with "
    "a letter or digit",
}
_PATH_NAME = {
    "type": "string",
    "minLength": 1,
    "pattern": r"^(?!\.{1,2}$)[^/%]+$",
    SAYS: "must not be empty, '.' or '..', nor contain '/' or '%'",
}
_LABEL_NAME = {
    "type": "string",
    "maxLength": 63,
    "pattern": f"^{_LABEL}$",
    SAYS: "must be at most 63 lower case letters, digits and '-', starting and ending with a letter or digit",
}
_SERVICE_NAME = {
    "type": "string",
    "maxLength": 63,
    "pattern": "^[a-z]([-a-z0-9]*[a-z0-9])?$",
    SAYS: "must be at most 63 lower case letters, digits and '-', starting with a letter and "
    "ending with a letter or digit",
}
_KEY_SAYS = (
    "keys must be an optional DNS prefix and '/', then at most 63 letters, digits, '-', '_' and '.', "
    "starting and ending with a letter or digit"
)
_LABEL_KEY = {"pattern": rf"^((?=[^/]{{1,253}}/){_SUBDOMAIN}/)?(?=.{{1,63}}$){_WORD}$", SAYS: _KEY_SAYS}
_ANNOTATION_KEY = {
    # Kubernetes lowers the case of annotation keys, not of label keys, before it checks them.
    "pattern": rf"^((?=[^/]{{1,253}}/){_SUBDOMAIN.replace('a-z', 'A-Za-z')}/)?(?=.{{1,63}}$){_WORD}$",
    SAYS: _KEY_SAYS,
}

LABELS = {
    "type": "object",
    "propertyNames": _LABEL_KEY,
    "additionalProperties": {
        "type": "string",
        "maxLength": 63,
        "pattern": f"^({_WORD})?$",
        SAYS: "must be empty or at most 63 letters, digits, '-', '_' and '.', starting and ending with "
        "a letter or digit",
    },
}
ANNOTATIONS = {
    "type": "object",
    "propertyNames": _ANNOTATION_KEY,
    "additionalProperties": {"type": "string"},
}
FINALIZERS = {
    "uniqueItems": True,
    "items": {"pattern": _LABEL_KEY["pattern"], SAYS: "must be a qualified name such as example.com/name"},
    SAYS: "must not name a finalizer twice",
}
QUANTITY = {
    "type": ["string", "number"],
    "pattern": r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$",
    SAYS: "must be a quantity such as 500m, 2 or 1Gi",
}

_RBAC = "rbac.authorization.k8s.io/"


def root(api_version: str, kind: str, scope: str | None) -> dict[str, Any]:
    """What every object must have, as a schema to stand beside the one of its kind."""
    metadata: dict[str, Any] = {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": _name(api_version, kind),
            "labels": LABELS,
            "annotations": ANNOTATIONS,
            "finalizers": FINALIZERS,
        },
    }
    if scope == "Cluster":
        metadata["properties"]["namespace"] = {"not": {}, SAYS: "the kind is cluster-scoped: remove it"}
    else:
        metadata["properties"]["namespace"] = _LABEL_NAME
    if scope == "Namespaced":
        metadata["required"] = ["name", "namespace"]
    return {"type": "object", "required": ["metadata"], "properties": {"metadata": metadata}}


def _name(api_version: str, kind: str) -> Mapping[str, Any]:
    if api_version.startswith(_RBAC):
        return _PATH_NAME
    if api_version == "v1":
        return {"Namespace": _LABEL_NAME, "Service": _SERVICE_NAME}.get(kind, _SUBDOMAIN_NAME)
    return _SUBDOMAIN_NAME


def _parses(parse: Callable[[str], object]) -> Callable[[object], bool]:
    def holds(value: object) -> bool:
        if not isinstance(value, str):
            return True
        try:
            parse(value)
        except ValueError:
            return False
        return True

    return holds


def _base64(text: str) -> None:
    try:
        base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
    except binascii.Error as error:
        raise ValueError(text) from error


def _network(text: str) -> None:
    if "/" not in text:
        raise ValueError(text)
    ip_network(text, strict=False)


def _time(text: str) -> None:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", text):
        raise ValueError(text)
    datetime.fromisoformat(re.sub(r"\.\d+", "", text.upper()))


def _duration(text: str) -> None:
    go = re.fullmatch(r"[+-]?(0|(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)", text)
    if not (go or re.fullmatch(_UNIT, text)):
        raise ValueError(text)


FORMATS: Mapping[str, Callable[[object], bool]] = {
    "byte": _parses(_base64),
    "cidr": _parses(_network),
    "date-time": _parses(_time),
    "duration": _parses(_duration),
    "ipv4": _parses(IPv4Address),
    "ipv6": _parses(IPv6Address),
}
"""The formats an API server checks. JSON Schema's `duration` is another (ISO 8601)."""

FORMAT_SAYS = {
    "byte": "must be base64 (plain text belongs under stringData)",
    "cidr": "must be a network such as 10.0.0.0/16",
    "date-time": "must be a time such as 2030-01-31T12:00:00Z",
    "duration": "must be a duration such as 90s or 1h30m",
    "ipv4": "must be an IPv4 address",
    "ipv6": "must be an IPv6 address",
}
