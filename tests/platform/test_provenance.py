"""Every object lists the YAML lines it rests on: found by changing each scalar and looking."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dharma.consistency import inconsistencies
from dharma.environment import declarations, resolve, validated
from dharma.errors import DeclarationError, Origin, Problem, RenderError
from dharma.filekinds import target_model
from dharma.layer import Node, Scalar, children, leaves
from dharma.layer import Path as KeyPath
from dharma.manifest import Manifest
from dharma.overlay import Declarations, trees
from dharma.platform import platform
from dharma.render import render
from dharma.target import Target

ROOT = Path(__file__).parents[2]
FILES = sorted(
    path.relative_to(ROOT / "environments").as_posix().removesuffix(".yaml")
    for path in (ROOT / "environments").rglob("*.yaml")
)
TARGETS_A_SCALAR = 2
ENUMS = (
    ("onprem", "eks", "gke", "aks"),
    ("http", "grpc", "tcp"),
    ("public", "internal"),
    ("public", "internal", "confidential", "restricted"),
    ("restricted", "baseline", "privileged"),
    ("EUR", "USD", "GBP"),
    ("primary", "secondary"),
    ("audit", "enforce"),
    ("Fail", "Ignore"),
)
Key = tuple[str, str, str, str]


@pytest.fixture(scope="module")
def shipped() -> Declarations:
    return declarations(ROOT)


@pytest.fixture(scope="module")
def before(shipped: Declarations) -> dict[str, tuple[Target, dict[Key, Manifest]]]:
    fleet = resolve(shipped, platform(ROOT))
    return {target.name: (target, _rendered(target)) for target in fleet.targets}


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES)
def test_an_object_lists_exactly_the_lines_that_change_it(file, shipped, before):
    tried, skipped, missed = 0, 0, []
    changes: dict[tuple[str, Key, int], bool] = {}
    for path, leaf in leaves(_tree(shipped, file)):
        origin = leaf.origin
        targets = [pair for pair in before.values() if origin in _origins(pair[0])]
        if leaf.value is None or origin is None or not targets:
            continue
        for target, objects in _spread(targets):
            tried += 1
            changed: set[Key] = set()
            afters = list(_mutated(shipped, file, path, leaf, target.name))
            skipped += not afters
            for after in afters:
                differing = {key for key in {*objects, *after} if _body(objects, key) != _body(after, key)}
                changed |= differing
                missed += [
                    f"{origin}: {'.'.join(path)} changes {key} of {target.name}, which does not list the line"
                    for key in differing
                    if not (_lists(objects, key, origin) or _lists(after, key, origin))
                ]
            if not afters:
                continue
            for key in objects:
                if _lists(objects, key, origin):
                    pair = (target.name, key, origin.line)
                    changes[pair] = changes.get(pair, False) or key in changed
    assert not missed, "\n".join(missed[:20])
    assert skipped <= max(3, tried * 0.2), f"{skipped} of {tried} changes of {file} were no valid platform"
    idle = [pair for pair, changed in changes.items() if not changed]
    shown = "\n".join(f"{file}:{line} {key} {target}" for target, key, line in idle[:40])
    assert len(idle) <= len(changes) * 0.1, (
        f"{len(idle)} of {len(changes)} listed lines change nothing:\n{shown}"
    )


def _rendered(target: Target) -> dict[Key, Manifest]:
    return {manifest.identity: manifest for manifest in render(target, ROOT).manifests}


def _body(objects: dict[Key, Manifest], key: Key) -> object:
    return objects[key].body if key in objects else None


def _lists(objects: dict[Key, Manifest], key: Key, origin: Origin) -> bool:
    place = (origin.file, origin.line)
    return key in objects and any((found.file, found.line) == place for found in objects[key].origins)


def _origins(target: Target) -> set[Origin | None]:
    return {leaf.origin for _, leaf in leaves(target.tree)}


def _spread(targets: list[tuple[Target, dict[Key, Manifest]]]) -> list[tuple[Target, dict[Key, Manifest]]]:
    """A first and a last target that a scalar reaches, so that overrides of both kinds are seen."""
    return targets if len(targets) <= TARGETS_A_SCALAR else [targets[0], targets[-1]]


def _tree(shipped: Declarations, file: str) -> Node:
    name = file.removeprefix("services/")
    if file != name:
        return shipped.services[name]
    named = {"base": shipped.base, "tenants": shipped.tenants}
    return named[file] if file in named else shipped.environments[file]


def _mutated(
    shipped: Declarations, file: str, path: KeyPath, leaf: Node, target: str
) -> Iterator[dict[Key, Manifest]]:
    """What the target renders to with other values: one, or all boundaries of a number."""
    for value in _others(leaf.value, shipped, path):
        tree = _replaced(_tree(shipped, file), path, value)
        try:
            yield _rendered(_alone(_with(shipped, file, tree), target))
        except (DeclarationError, RenderError):
            continue
        if not isinstance(value, int):
            return


def _alone(declared: Declarations, name: str) -> Target:
    """One target of the fleet, without resolving all the others."""
    environment = name.partition("/")[0]
    declared = replace(declared, environments={environment: declared.environments[environment]})
    problems: list[Problem] = []
    for tree in trees(declared):
        facts = dict(children(tree))
        if f"{environment}/{facts['regionName'].value}" == name:
            for target in validated(target_model(platform(ROOT)), tree, problems):
                problems += [found for found in inconsistencies([target]) if "primary" not in found.what]
                if not problems:
                    return target
    raise DeclarationError(problems)


def _with(shipped: Declarations, file: str, tree: Node) -> Declarations:
    name = file.removeprefix("services/")
    if file != name:
        return replace(shipped, services={**shipped.services, name: tree})
    if file in ("base", "tenants"):
        return replace(shipped, **{file: tree})
    return replace(shipped, environments={**shipped.environments, file: tree})


def _replaced(node: Node, path: KeyPath, value: Scalar) -> Node:
    if not path:
        return replace(node, value=value)
    below = {
        name: _replaced(child, path[1:], value) if name == path[0] else child
        for name, child in children(node)
    }
    return replace(node, value=below if node.is_map else tuple(below.values()))


def _others(value: object, shipped: Declarations, path: KeyPath) -> Iterator[Scalar]:
    """Other values of the same kind, likely valid ones first."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from {value + 1, 1, 2, value * 2 + 7} - {value}
    elif isinstance(value, float):
        yield from (value - 0.01, value + 0.01, value / 2)
    elif isinstance(value, str):
        yield from (other for other in _other_texts(value, shipped, path) if other != value)


def _other_texts(value: str, shipped: Declarations, path: KeyPath) -> Iterator[str]:
    for enum in ENUMS:
        if value in enum:
            yield from (other for other in enum if other != value)
    if value == "placeholder":
        yield "sha256:" + "5" * 64
    if path[-1] == "tenant":
        yield from (name for name, _ in children(dict(children(shipped.tenants))["tenants"]) if name != value)
    if len(path) > 1 and path[-2] == "calls":
        yield from (name for name in shipped.services if name not in value)
    if "/" in value and re.match(r"^[0-9.]+/[0-9]+$", value):
        yield from (f"{octet}.0.0.0/{value.rpartition('/')[2]}" for octet in (11, 12, 13))
    if re.match(r"^[0-9.]+-[0-9.]+$", value):
        yield "172.30.0.10-172.30.0.20"
    if value.startswith("1.3"):
        yield from ("1.33", "1.34", "1.32")
    for match in reversed(list(re.finditer(r"[0-9]+", value))):
        yield value[: match.start()] + str(int(match[0]) + 1) + value[match.end() :]
    yield from (value + "x", value + "-x", "x" + value, value.replace(".", "x.", 1))
