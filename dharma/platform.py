"""The platform: which components there are, what they require, and the order that follows.

Shipped components are listed here; a package adds its own through the entry point group
`dharma.components` (name = component, value = `module:OptionsClass`), a platform repository
through folders `components/<name>/options.py`.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import re
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import entry_points
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import Any

from dharma.errors import InputError, Problem
from dharma.options import Options

SHIPPED: Mapping[str, str] = {
    "tenancy": "dharma.components.tenancy.options:TenancyOptions",
    "rollouts": "dharma.components.rollouts.options:RolloutsOptions",
    "prometheus-operator": "dharma.components.prometheus_operator.options:PrometheusOperatorOptions",
    "governance": "dharma.components.governance.options:GovernanceOptions",
    "mesh": "dharma.components.mesh.options:MeshOptions",
    "services": "dharma.components.services.options:ServicesOptions",
    "argocd": "dharma.components.argocd.options:ArgocdOptions",
}
_NAME = re.compile(r"^[a-z]([-a-z0-9]*[a-z0-9])?$")
_LOCAL = "dharma_local_components"

Platform = Mapping[str, type[Options]]


@cache
def platform(root: Path) -> Platform:
    """Every component known to a platform repository, by name: shipped, installed and its own."""
    known = {name: load(value) for name, value in SHIPPED.items()}
    for point in sorted(entry_points(group="dharma.components"), key=lambda point: point.name):
        known[_new(point.name, known)] = load(point.value)
    for folder in _own(root):
        known[_new(folder.name.replace("_", "-"), known)] = _own_options(folder)
    return known


def load(value: str) -> Any:
    """The object that `module:attribute` names."""
    module, _, attribute = value.partition(":")
    return getattr(importlib.import_module(module), attribute)


def order(requires: Mapping[str, Iterable[str]]) -> tuple[tuple[str, ...], ...]:
    """Components in levels: each requires only components of earlier levels.

    Raises InputError naming the way round a cycle, or a requirement that is not there.
    """
    missing = [
        Problem(f"component {name}", f"requires {need!r}, which is not part of this target")
        for name, needs in requires.items()
        for need in needs
        if need not in requires
    ]
    if missing:
        raise InputError(missing)
    sorter = TopologicalSorter({name: set(needs) for name, needs in requires.items()})
    try:
        sorter.prepare()
    except CycleError as error:
        way = " → ".join(reversed(error.args[1]))
        raise InputError([Problem("components", f"require each other in a circle: {way}")]) from None
    levels = []
    while sorter.is_active():
        ready = sorter.get_ready()
        levels.append(tuple(sorted(ready)))
        sorter.done(*ready)
    return tuple(levels)


def _new(name: str, known: Mapping[str, Any]) -> str:
    if not _NAME.match(name):
        raise InputError([Problem(f"component {name!r}", "is not a lower-case DNS label")])
    if name in known:
        raise InputError([Problem(f"component {name!r}", "is there twice", "Rename yours.")])
    return name


def ships(root: Path) -> bool:
    """Whether a platform repository is Dharma's own checkout, whose components are the shipped ones."""
    return (root / "components").resolve() == (Path(str(files("dharma"))) / "components").resolve()


def _own(root: Path) -> list[Path]:
    return [] if ships(root) else sorted(path.parent for path in (root / "components").glob("*/options.py"))


def _own_options(folder: Path) -> type[Options]:
    _package(_LOCAL, folder.parent)
    module = importlib.import_module(f"{_LOCAL}.{folder.name}.options")
    classes = (value for _, value in inspect.getmembers(module, inspect.isclass))
    own: list[type[Options]] = [
        value for value in classes if issubclass(value, Options) and value.__module__ == module.__name__
    ]
    if len(own) != 1:
        raise InputError([Problem(f"{folder}/options.py", f"defines {len(own)} classes of options, not one")])
    return own[0]


def _package(name: str, folder: Path) -> None:
    """Make a folder importable as a package without touching sys.path."""
    if name in sys.modules and str(folder) in sys.modules[name].__path__:
        return
    for module in [module for module in sys.modules if module.partition(".")[0] == name]:
        del sys.modules[module]
    package = ModuleType(name)
    package.__path__ = [str(folder)]
    sys.modules[name] = package
