"""Noise: fields that tell an object's life and not what it should be; they are compared by nobody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dharma.drift.difference import ABSENT

_SERVER = frozenset(
    {"managedFields", "resourceVersion", "generation", "creationTimestamp", "uid", "selfLink"}
    | {"deletionTimestamp", "deletionGracePeriodSeconds"}
)
_ANNOTATIONS = frozenset(
    {
        "argocd.argoproj.io/tracking-id",
        "argocd.argoproj.io/installation-id",
        "argocd.argoproj.io/refresh",
        "kubectl.kubernetes.io/last-applied-configuration",
        "deployment.kubernetes.io/revision",
    }
)


def cleaned(body: Mapping[str, Any], owned: Iterable[str] = ()) -> dict[str, Any]:
    """A copy without status, what the server keeps, and the JSON pointers in `owned`.

    The trace that Argo CD leaves in annotations goes too: no declaration has it.
    """
    kept = {name: value for name, value in body.items() if name != "status"}
    metadata = {name: value for name, value in body["metadata"].items() if name not in _SERVER}
    notes = metadata.pop("annotations", None) or {}
    if notes := {name: value for name, value in notes.items() if name not in _ANNOTATIONS}:
        metadata["annotations"] = notes
    kept["metadata"] = metadata
    for pointer in owned:
        kept = changed(kept, steps(pointer))
    return kept


def steps(pointer: str) -> tuple[str, ...]:
    """The steps of a JSON pointer (RFC 6901)."""
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])


def value_at(value: Any, path: Sequence[str]) -> Any:
    """What stands at a path, ABSENT where nothing does."""
    for step in path:
        if isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        elif isinstance(value, dict) and step in value:
            value = value[step]
        else:
            return ABSENT
    return value


def changed(value: Any, path: Sequence[str], new: Any = ABSENT) -> Any:
    """A copy with another value at a place, or without the place; the same where it has no such parent."""
    head, *rest = path
    if isinstance(value, list) and head.isdigit() and int(head) < len(value):
        place = int(head)
        item = changed(value[place], rest, new) if rest else new
        return [*value[:place], *([] if item is ABSENT else [item]), *value[place + 1 :]]
    if not isinstance(value, dict) or (rest and head not in value):
        return value
    item = changed(value[head], rest, new) if rest else new
    others = {name: kept for name, kept in value.items() if name != head}
    return others if item is ABSENT else {**others, head: item}


def settled(live: Mapping[str, Any], declared: Mapping[str, Any], owned: Iterable[str]) -> dict[str, Any]:
    """A live object, cleaned, whose fields of others are as declared: not as they are at this moment."""
    body = cleaned(live)
    for path in map(steps, owned):
        body = changed(body, path, value_at(declared, path))
    return body
