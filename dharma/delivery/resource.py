"""Resource: a Kubernetes object before Pulumi registers it, with what is not known yet and what is secret."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

PLACEHOLDER = "(not known yet)"
"""Stands for an unknown field when the object is judged a second time."""
_SECRET_FIELDS = ("data", "stringData")
_STEP = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.\[\]]+)')

Steps = tuple[str, ...]


class Unknown:
    """A value that a preview does not know yet."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """A value that Pulumi keeps secret."""

    value: Any


UNKNOWN = Unknown()


@dataclass(frozen=True, slots=True)
class Resource:
    """A Kubernetes object; `body` may hold `UNKNOWN` and `Hidden` anywhere.

    `name` stands in for a name that Pulumi will choose.
    """

    name: str
    body: Mapping[str, Any]

    def known(self, placeholder: str | None = None) -> dict[str, Any]:
        """The object as rules see it: unknown fields are left out, or hold the placeholder.

        Secret values of a Secret are left out, anywhere else they are told.
        """
        body = {key: value for key, value in self.body.items() if not self._withheld(key, value)}
        said: dict[str, Any] = _plain(body, placeholder)
        metadata = said.get("metadata")
        said["metadata"] = {"name": self.name, **(metadata if isinstance(metadata, dict) else {})}
        return said

    def unknown(self) -> tuple[Steps, ...]:
        """The paths of the fields that are not known."""
        return tuple(_unknown((), self.body))

    def secrets(self) -> frozenset[str]:
        """The texts that nothing may repeat."""
        return frozenset(_secrets(self.body, hidden=False))

    def _withheld(self, key: str, value: Any) -> bool:
        secret = (self.body.get("apiVersion"), self.body.get("kind")) == ("v1", "Secret")
        return secret and key in _SECRET_FIELDS and _all_hidden(value)


def steps(path: str) -> Steps:
    """A finding's path, such as `spec.containers[0].env`, in steps."""
    return tuple(quoted or number or name for quoted, number, name in _STEP.findall(path))


def related(one: Steps, other: Steps) -> bool:
    """Whether one of two paths leads to or through the other."""
    shared = min(len(one), len(other))
    return one[:shared] == other[:shared]


def _plain(value: Any, placeholder: str | None) -> Any:
    """JSON without marks; whole numbers as such, because they travel as floating-point ones.

    An unknown item of a list keeps its place in any case, so that paths behind it hold.
    """
    if isinstance(value, Hidden):
        return _plain(value.value, placeholder)
    if isinstance(value, Unknown):
        return placeholder or PLACEHOLDER
    if isinstance(value, Mapping):
        told = {key: item for key, item in value.items() if placeholder or not isinstance(item, Unknown)}
        return {key: _plain(item, placeholder) for key, item in told.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, placeholder) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _items(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        yield from value.items()
    elif isinstance(value, list | tuple):
        yield from ((str(number), item) for number, item in enumerate(value))


def _unknown(path: Steps, value: Any) -> Iterator[Steps]:
    inner = value.value if isinstance(value, Hidden) else value
    if isinstance(inner, Unknown):
        yield path
    for name, item in _items(inner):
        yield from _unknown((*path, name), item)


def _secrets(value: Any, *, hidden: bool) -> Iterator[str]:
    hidden = hidden or isinstance(value, Hidden)
    inner = value.value if isinstance(value, Hidden) else value
    if hidden and isinstance(inner, str) and inner:
        yield inner
    for _, item in _items(inner):
        yield from _secrets(item, hidden=hidden)


def _all_hidden(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(isinstance(item, Hidden | Unknown) for item in value.values())
    return isinstance(value, Hidden)
