"""Layers: located YAML trees and the one way in which they are laid over each other.

Maps merge, lists and scalars replace, `null` removes. A layer remembers what it clears, so
composing is associative with the empty map as identity: it does not matter which neighbours
are composed first. A map over a scalar or list (or the reverse) is a `Conflict`, a value like
any other until the end, because a later layer may clear it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, TypeAlias

from dharma.errors import Origin

Scalar: TypeAlias = str | int | float | bool
Path: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A place in a file and what it says there; a map stands as an empty one."""

    origin: Origin
    value: Scalar | tuple[Node, ...] | dict[str, Node] | None


@dataclass(frozen=True, slots=True)
class Node:
    """A value of a layer: a scalar, a list (tuple), a map (dict) or None for `null`.

    `chain` holds the places that set it, oldest first; `cleared` says that nothing below counts.
    """

    value: Scalar | tuple[Node, ...] | dict[str, Node] | None
    chain: tuple[Step, ...] = ()
    key: Origin | None = None
    cleared: bool = False

    @property
    def origin(self) -> Origin | None:
        """The place that set the value last."""
        return self.chain[-1].origin if self.chain else None

    @property
    def is_map(self) -> bool:
        """Whether the value is a map."""
        return isinstance(self.value, dict)

    @property
    def removed(self) -> bool:
        """Whether the layer takes away what is there."""
        return self.value is None


@dataclass(frozen=True, slots=True)
class Conflict(Node):
    """A map and something that is no map met at one place; the chain holds both."""

    @property
    def removed(self) -> bool:
        """Never: a conflict is something, though no value."""
        return False

    @property
    def clash(self) -> tuple[Step, Step]:
        """The first two steps, after all that was cleared, that do not go together."""
        steps: list[Step] = []
        for step in self.chain:
            steps = [] if step.value is None else [*steps, step]
        return next(pair for pair in pairwise(steps) if _mapped(pair[0]) != _mapped(pair[1]))


EMPTY = Node({})


def compose(lower: Node, upper: Node) -> Node:
    """The layer that does what `lower` and then `upper` do."""
    chain, key = lower.chain + upper.chain, upper.key or lower.key
    if upper.cleared or upper.removed:
        return replace(upper, chain=chain, key=key, cleared=True)
    if lower.removed:
        return replace(upper, chain=chain, key=key, cleared=True)
    if isinstance(lower, Conflict) or isinstance(upper, Conflict) or lower.is_map != upper.is_map:
        return Conflict(None, chain, key, lower.cleared)
    value = _merge(lower.value, upper.value) if lower.is_map else upper.value
    return Node(value, chain, key, lower.cleared)


def _merge(lower: Any, upper: Any) -> dict[str, Node]:
    merged = dict(lower)
    for name, node in upper.items():
        merged[name] = compose(merged[name], node) if name in merged else node
    return merged


def _mapped(step: Step) -> bool:
    return isinstance(step.value, dict)


def kind(value: object) -> str:
    """What a user calls a value of a node: map, list, null, string, number or boolean."""
    if isinstance(value, dict):
        return "map"
    names = {bool: "boolean", str: "string", int: "number", float: "number", tuple: "list"}
    return names.get(type(value), "null")


def conflicts(node: Node, path: Path = ()) -> Iterator[tuple[Path, Conflict]]:
    """Every conflict that no later layer cleared."""
    yield from ((where, leaf) for where, leaf in leaves(node, path) if isinstance(leaf, Conflict))


def children(node: Node) -> Iterator[tuple[str, Node]]:
    """Names (or list positions as text) and values directly under a node."""
    if isinstance(node.value, dict):
        yield from node.value.items()
    elif isinstance(node.value, tuple):
        yield from ((str(i), item) for i, item in enumerate(node.value))


def plain(node: Node) -> Any:
    """The JSON-shaped value, removed entries left out."""
    if isinstance(node.value, dict):
        return {name: plain(child) for name, child in node.value.items() if child.value is not None}
    if isinstance(node.value, tuple):
        return [plain(item) for item in node.value]
    return node.value


def find(node: Node, path: Path) -> Node | None:
    """The node at a path, None where there is nothing."""
    for name in path:
        step = node.value.get(name) if isinstance(node.value, dict) else dict(children(node)).get(name)
        if step is None:
            return None
        node = step
    return node


def leaves(node: Node, path: Path = ()) -> Iterator[tuple[Path, Node]]:
    """Every scalar, removed entry and conflict with its path."""
    if isinstance(node.value, dict | tuple):
        for name, child in children(node):
            yield from leaves(child, (*path, name))
    else:
        yield path, node
