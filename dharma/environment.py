"""Load, merge and validate environments/: YAML layers become `Target`s, mistakes become problems.

Which layer lies over which stands in `dharma.overlay`, how two combine in `dharma.layer`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import get_args

from pydantic import ValidationError

from dharma import document, pin
from dharma.complaint import complaints
from dharma.consistency import inconsistencies
from dharma.declared import Declared
from dharma.errors import DeclarationError, Problem
from dharma.filekinds import file_kinds, target_model
from dharma.layer import EMPTY, Conflict, Node, kind, leaves, plain
from dharma.layer import Path as KeyPath
from dharma.overlay import Declarations, strays, trees
from dharma.platform import Platform, platform
from dharma.spelling import nearest
from dharma.target import Target
from dharma.values import Name

__all__ = ["Declarations", "Fleet", "declarations", "load", "resolve"]

FOLDER = "environments"
_NOT_ENVIRONMENTS = {"base", "tenants", "waivers", "enforcement", "prices"}
_NAME = re.compile(get_args(Name)[1].pattern)
_LONGEST_NAME = 63


@dataclass(frozen=True, slots=True)
class Fleet:
    """Every target of a platform repository, in the order in which changes reach them."""

    targets: tuple[Target, ...]

    def names(self, name: str) -> bool:
        """Whether a target, region or environment is called so."""
        return any(name.strip("/") in _prefixes(target.name) for target in self.targets)

    def select(self, names: Iterable[str]) -> tuple[Target, ...]:
        """The targets that the names mean (a target, region or environment); all for no name."""
        wanted = {name.strip("/") for name in names}
        known = {name for target in self.targets for name in _prefixes(target.name)}
        if unknown := wanted - known:
            raise DeclarationError(_unknown_target(name, known) for name in unknown)
        return tuple(target for target in self.targets if not wanted or _prefixes(target.name) & wanted)


def load(root: Path, code: Path | None = None) -> Fleet:
    """The fleet that environments/ under `root` declares; raises DeclarationError with every problem.

    `code` is the platform repository whose own components are meant, where that is another folder.
    """
    known = platform((code or root).resolve())
    return resolve(declarations(root, known), known)


def declarations(root: Path, known: Platform | None = None) -> Declarations:
    """Read and check every file alone."""
    root = root.resolve()
    folder = root / FOLDER
    if not (folder / "base.yaml").is_file():
        where = f"{FOLDER}/base.yaml"
        raise DeclarationError(
            [Problem(where, "is not there", "`dharma init DIR` makes a platform repository.")]
        )
    pin.check(root)
    kinds = file_kinds(platform(root) if known is None else known)
    problems = list(_misnamed(folder))

    def read(path: Path, file: str) -> Node:
        return _checked(root, path, kinds[file], problems)

    found = Declarations(
        root,
        read(folder / "base.yaml", "environment"),
        {path.stem: read(path, "environment") for path in _environments(folder)},
        read(folder / "tenants.yaml", "tenants"),
        {path.stem: read(path, "service") for path in sorted(folder.glob("services/*.yaml"))},
    )
    problems += pin.misplaced(found.environments.values())
    if problems:
        raise DeclarationError(problems)
    return found


def _environments(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.yaml") if path.stem not in _NOT_ENVIRONMENTS)


def _misnamed(folder: Path) -> Iterator[Problem]:
    """Files that would be passed over, or whose names would become names of environments or services."""
    for path in sorted((*folder.glob("*.y*ml"), *folder.glob("services/*.y*ml"))):
        where = ascii(path.relative_to(folder.parent).as_posix()).strip("'")
        if path.suffix != ".yaml":
            yield Problem(where, "is not read", f"Name it {path.stem!a}.yaml.")
        elif not _NAME.search(path.stem) or len(path.stem) > _LONGEST_NAME:
            what = "is named by no DNS label: lower-case letters, digits and '-', at most 63 characters"
            yield Problem(where, what)


def _checked(root: Path, path: Path, model: type[Declared], problems: list[Problem]) -> Node:
    try:
        tree = document.read(root, path)
    except DeclarationError as error:
        problems.extend(error.problems)
        return EMPTY
    try:
        model.model_validate(plain_with_nulls(tree))
    except ValidationError as error:
        problems.extend(complaints(error, tree, model))
    return tree


def plain_with_nulls(node: Node) -> object:
    """The JSON-shaped value of one layer; `null` stands where the layer removes."""
    if isinstance(node.value, Mapping):
        return {name: plain_with_nulls(child) for name, child in node.value.items()}
    return plain(node)


def resolve(declared: Declarations, known: Platform) -> Fleet:
    """Merge and validate every target, then check what targets must not share."""
    problems = list(strays(declared))
    model = target_model(known)
    merged = list(trees(declared))
    targets = [target for tree in merged for target in validated(model, tree, problems)]
    if len(targets) == len(merged):
        problems.extend(_unused(declared, targets))
        problems.extend(inconsistencies(targets))
    if problems:
        raise DeclarationError(problems)
    return Fleet(tuple(sorted(targets, key=lambda target: (target.cluster.ring, target.name))))


def validated(model: type[Target], tree: Node, problems: list[Problem]) -> Iterator[Target]:
    empty = [(path, node) for path, node in leaves(tree) if node.value is None]
    clashes = [_conflict(path, node) for path, node in empty if isinstance(node, Conflict)]
    problems.extend(clashes)
    problems.extend(_idle(path, node) for path, node in empty if _removes_nothing(node))
    if clashes:
        return
    try:
        target = model.model_validate(plain(tree))
    except ValidationError as error:
        problems.extend(complaints(error, tree, model))
        return
    target.remember(tree)
    yield target


def _conflict(path: KeyPath, node: Conflict) -> Problem:
    lower, upper = node.clash
    what = f"{'.'.join(path)} is a {kind(upper.value)} here and a {kind(lower.value)} in {lower.origin}"
    return Problem(upper.origin, what, "Clear it with `null` in a layer between, or use one kind.")


def _removes_nothing(node: Node) -> bool:
    return node.removed and bool(node.chain) and all(step.value is None for step in node.chain)


def _idle(path: KeyPath, node: Node) -> Problem:
    what = f"{'.'.join(path)} is null, which removes what lower layers say, and they say nothing"
    return Problem(
        node.key or node.chain[-1].origin, what, "Write {} for a part without settings, or delete the key."
    )


def _unused(declared: Declarations, targets: Iterable[Target]) -> Iterator[Problem]:
    running = {name for target in targets for name in target.services}
    for name, file in declared.services.items():
        if name not in running:
            yield Problem(
                file.origin or name,
                f"service {name!r} runs in no target",
                "Widen its placement, or delete it.",
            )
    if not declared.environments:
        yield Problem(f"{FOLDER}/", "declares no environment", "Write <environment>.yaml beside base.yaml.")


@cache
def _prefixes(name: str) -> frozenset[str]:
    parts = name.split("/")
    return frozenset("/".join(parts[: count + 1]) for count in range(len(parts)))


def _unknown_target(name: str, known: Iterable[str]) -> Problem:
    return Problem(f"target {name!r}", "is not declared", nearest(name, known))
