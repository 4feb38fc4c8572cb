"""Explanation: a value of a target and every line that had a say in it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dharma.declared import Declared
from dharma.errors import InputError, Origin, Problem
from dharma.layer import Node, Path, Step, children, find, plain
from dharma.spelling import nearest
from dharma.target import Target

REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Explanation:
    """What stands at a path and why.

    `steps` are the places that set it, oldest first, with what each set; None there means that
    the place removed it. `default` says that no file sets it; `field` then names the model's
    field that does. A part has `below`: explanations of all leaves under it.
    """

    path: str
    value: Any
    steps: tuple[tuple[Origin, Any], ...]
    default: bool = False
    field: str = ""
    below: tuple[Explanation, ...] = ()

    def lines(self) -> Iterator[str]:
        """For people: each value followed by the places that set it, the last of which won."""
        for leaf in self.below or (self,):
            yield f"{leaf.path}: {_said(leaf.value)}"
            places = [(str(origin), _said(value)) for origin, value in leaf.steps]
            width = max((len(place) for place, _ in places), default=0)
            yield from (
                f"    {place:<{width}}  {REMOVED if said == 'null' else said}" for place, said in places
            )
            if leaf.default:
                yield f"    default of {leaf.field}"
            elif not places:
                yield "    follows from the names of files and regions"

    def as_dict(self) -> dict[str, Any]:
        """For programs: JSON-shaped, places as file:line:column."""
        steps = [{"where": str(origin), "value": value} for origin, value in self.steps]
        found = {"path": self.path, "value": self.value, "steps": steps, "default": self.default}
        return found | ({"below": [leaf.as_dict() for leaf in self.below]} if self.below else {})


def explain(target: Target, path: str) -> Explanation:
    """The value at a dotted path and where it comes from; raises InputError for an unknown path."""
    place: Path = tuple(name for name in path.split(".") if name)
    value: Any = target
    field = ""
    for depth, name in enumerate(place):
        parts = _parts(value, find(target.tree, place[:depth]))
        if name not in parts:
            here = ".".join(place[:depth]) or target.name
            what = f"{here} has no {name!r}"
            raise InputError([Problem(f"path {path!r}", what, nearest(name, parts))])
        value, field = parts[name], _field(value, name) or field
    return _explained(target, place, value, field)


def _explained(target: Target, path: Path, value: Any, field: str) -> Explanation:
    node = find(target.tree, path)
    below: list[Explanation] = []
    if not isinstance(value, tuple):
        for name, part in _parts(value, node).items():
            found = _explained(target, (*path, name), part, _field(value, name) or field)
            below += found.below or (found,)
    steps = tuple((step.origin, plain(Node(step.value))) for step in _steps(target.tree, path))
    default = _unset(node) and bool(field) and (value is not None or not steps)
    return Explanation(".".join(path), _json(value), steps, default, field if default else "", tuple(below))


def _steps(tree: Node, path: Path) -> Iterator[Step]:
    """The steps of a node, after the places that removed a part it belongs to."""
    for depth in range(len(path)):
        above = find(tree, path[:depth])
        yield from (step for step in (above.chain if above else ()) if step.value is None)
    node = find(tree, path)
    yield from node.chain if node else ()


def _unset(node: Node | None) -> bool:
    return node is None or node.removed


def _parts(value: Any, node: Node | None) -> dict[str, Any]:
    """What stands directly under a value by name, then what files removed from it."""
    parts: dict[str, Any] = {}
    if isinstance(value, Declared):
        fields = type(value).model_fields
        parts = {info.alias or name: value.__dict__[name] for name, info in fields.items()}
    elif isinstance(value, Mapping):
        parts = dict(value)
    elif isinstance(value, tuple):
        parts = {str(position): item for position, item in enumerate(value)}
    if node is not None and node.is_map:
        parts |= {name: None for name, _ in children(node) if name not in parts}
    return parts


def _field(owner: Any, name: str) -> str:
    """The model's field by which a part of `owner` is called, such as Replicas.cpu."""
    if not isinstance(owner, Declared):
        return ""
    fields = type(owner).model_fields
    return next((f"{type(owner).__name__}.{key}" for key, info in fields.items() if info.alias == name), "")


def _json(value: Any) -> Any:
    if isinstance(value, Declared):
        return {name: _json(part) for name, part in _parts(value, None).items()}
    if isinstance(value, Mapping):
        return {name: _json(part) for name, part in value.items()}
    return [_json(item) for item in value] if isinstance(value, tuple) else value


def _said(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a map"
    if isinstance(value, list):
        return "[" + ", ".join(map(_said, value)) + "]"
    return json.dumps(value) if value is None or isinstance(value, bool) else str(value)
