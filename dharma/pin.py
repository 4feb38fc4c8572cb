"""The pin: which versions of Dharma a platform repository is meant for, `dharma:` in its base.yaml."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from dharma import __version__, document
from dharma.errors import DeclarationError, Problem
from dharma.layer import Node, find

_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_PART = re.compile(r"([=!<>]+)([0-9.]+)")


def check(root: Path) -> None:
    """Raise DeclarationError when base.yaml asks for another version than the one that runs.

    It is asked before anything else is validated, because other versions know other fields.
    """
    if problems := list(_problems(root)):
        raise DeclarationError(problems)


def _problems(root: Path) -> Iterator[Problem]:
    tree = document.read(root, root / "environments" / "base.yaml")
    node = find(tree, ("dharma",))
    if node is not None and isinstance(node.value, str) and not allows(node.value, __version__):
        what = f"asks for dharma {node.value}, and this is {__version__}"
        mend = "Install a version that fits, or change the line and read what the build changes."
        yield Problem(node.origin or "environments/base.yaml", what, mend)


def misplaced(environments: Iterable[Node]) -> Iterator[Problem]:
    """Pins in files that are no base.yaml, where nobody would heed them."""
    for tree in environments:
        node = find(tree, ("dharma",))
        if node is not None:
            yield Problem(node.key or "dharma", "dharma is said in base.yaml only", "Move it there.")


def allows(versions: str, version: str) -> bool:
    """Whether a release satisfies every condition of a `Versions`; absent numbers count as 0."""
    numbers = _numbers(version)
    return all(_COMPARE[compare](numbers, _numbers(other)) for compare, other in _PART.findall(versions))


def _numbers(version: str) -> tuple[int, ...]:
    parts = [int(part) for part in re.findall(r"[0-9]+", version)[:3]]
    return (*parts, *[0] * (3 - len(parts)))
