"""Overlay: which layer lies over which, from the files of environments/ to one tree a target.

Layers of a target: base → environment → region → cluster. Layers of a service in a target:
`serviceDefaults` of those four, then the service's file, its environment override and its
region override. How two layers combine stands in `dharma.layer`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path

from dharma.declared import Declared
from dharma.errors import Origin, Problem
from dharma.layer import EMPTY, Node, compose, find, plain
from dharma.layer import Path as KeyPath
from dharma.settings import Cluster, RegionFacts
from dharma.spelling import nearest


@dataclass(frozen=True, slots=True)
class Declarations:
    """Everything under environments/, one located tree a file, not merged yet."""

    root: Path
    base: Node
    environments: Mapping[str, Node]
    tenants: Node
    services: Mapping[str, Node]


def trees(declared: Declarations) -> Iterator[Node]:
    """One merged tree for each cluster of each region of each environment."""
    for name in declared.environments:
        environment = merged(declared, name)
        for region, layer in _present(environment, "regions"):
            for cluster, facts in _clusters(layer):
                yield _tree(declared, (name, region, cluster), (environment, layer, facts))


def merged(declared: Declarations, environment: str) -> Node:
    """base.yaml with the file of an environment over it."""
    return compose(declared.base, declared.environments[environment])


def strays(declared: Declarations) -> Iterator[Problem]:
    """Overrides and placements for what is not there, and regions that say their clusters twice."""
    regions = {name: dict(_present(merged(declared, name), "regions")) for name in declared.environments}
    anywhere = {region for found in regions.values() for region in found}
    for name, found in regions.items():
        for region, layer in found.items():
            yield from _twice(f"{name}/{region}", layer)
    for tenant in _map(declared.tenants, "tenants").values():
        yield from _unknown("environment", tenant, ("environments",), regions)
    for service in declared.services.values():
        yield from _unknown("environment", service, ("environments",), regions)
        for name, override in _present(service, "environments"):
            yield from _unknown("region", override, ("regions",), regions.get(name, anywhere))
            yield from _misplaced(override, regions, anywhere)
        yield from _misplaced(service, regions, anywhere)


def _misplaced(layer: Node, environments: Iterable[str], regions: Iterable[str]) -> Iterator[Problem]:
    yield from _unknown("environment", layer, ("placement", "environments"), environments)
    yield from _unknown("region", layer, ("placement", "regions"), regions)


def _unknown(what: str, layer: Node, path: KeyPath, known: Iterable[str]) -> Iterator[Problem]:
    names = find(layer, path) or EMPTY
    found: dict[str, Origin | None] = {name: node.key for name, node in _mapping(names).items()}
    if isinstance(names.value, tuple):
        found = {str(item.value): item.origin for item in names.value}
    for name, origin in found.items():
        if name not in known:
            yield Problem(origin or name, f"{what} {name!r} is not declared", nearest(name, known))


def _twice(name: str, region: Node) -> Iterator[Problem]:
    clusters = _map(region, "clusters")
    if clusters and (single := find(region, ("cluster",))) and not single.removed:
        what = "region has both `cluster` and `clusters`"
        yield Problem(single.key or name, what, "Move the cluster under `clusters`.")


def _clusters(region: Node) -> list[tuple[str | None, Node]]:
    several: list[tuple[str | None, Node]] = [*_present(region, "clusters")]
    single = find(region, ("cluster",))
    return several or [(None, single or Node({}, region.chain, region.key))]


def _tree(declared: Declarations, name: tuple[str, str, str | None], layers: tuple[Node, Node, Node]) -> Node:
    environment, region, cluster = name
    defaults = replace(_over(find(layer, ("serviceDefaults",)) or EMPTY for layer in layers), key=None)
    facts = {
        "environment": Node(environment),
        "regionName": Node(region),
        "clusterName": Node(cluster),
        "region": _part(layers[1], _REGION),
        "cluster": _part(layers[2], _CLUSTER),
        "tenants": Node(dict(_tenants(declared, environment))),
        "services": Node(dict(_services(declared, environment, region, defaults))),
    }
    settings = _over(_without(layer, _NO_SETTINGS) for layer in layers)
    return Node(dict(_mapping(settings)) | facts, layers[0].chain)


def _services(
    declared: Declarations, environment: str, region: str, defaults: Node
) -> Iterator[tuple[str, Node]]:
    for name, file in declared.services.items():
        override = _override(file, ("environments", environment))
        own, environmental = _without(file, ("environments",)), _without(override, ("regions",))
        tree = _over([defaults, own, environmental, _override(override, ("regions", region))])
        if _placed(tree, environment, region):
            yield name, tree


def _placed(service: Node, environment: str, region: str) -> bool:
    for field, here in (("environments", environment), ("regions", region)):
        node = find(service, ("placement", field))
        names = plain(node) if node else None
        if isinstance(names, list) and names and here not in names:
            return False
    return True


def _tenants(declared: Declarations, environment: str) -> Iterator[tuple[str, Node]]:
    for name, tenant in _map(declared.tenants, "tenants").items():
        override = _override(tenant, ("environments", environment))
        yield name, compose(_without(tenant, ("environments",)), override)


def _override(node: Node, path: KeyPath) -> Node:
    """The layer at a path; an absent or removed one does nothing."""
    found = find(node, path)
    return EMPTY if found is None or found.removed else found


def _over(layers: Iterable[Node]) -> Node:
    return reduce(compose, layers, EMPTY)


def _mapping(node: Node) -> Mapping[str, Node]:
    return node.value if isinstance(node.value, dict) else {}


def _map(node: Node, name: str) -> Mapping[str, Node]:
    child = _mapping(node).get(name)
    return _mapping(child) if child else {}


def _present(node: Node, name: str) -> Iterator[tuple[str, Node]]:
    return ((name, child) for name, child in _map(node, name).items() if not child.removed)


def _without(node: Node, names: Iterable[str]) -> Node:
    gone = frozenset(names)
    if not node.is_map:
        return node
    kept = {name: child for name, child in _mapping(node).items() if name not in gone}
    return Node(kept, node.chain, node.key)


def _part(node: Node, names: frozenset[str]) -> Node:
    kept = {name: child for name, child in _mapping(node).items() if name in names}
    return Node(kept, node.chain, node.key)


def _names(model: type[Declared]) -> frozenset[str]:
    return frozenset(info.alias or name for name, info in model.model_fields.items())


_REGION = _names(RegionFacts)
_CLUSTER = _names(Cluster)
_STRUCTURE = {"dharma", "description", "regions", "serviceDefaults", "cluster", "clusters"}
_NO_SETTINGS = _REGION | _CLUSTER | _STRUCTURE
