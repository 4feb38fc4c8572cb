"""The file of a new environment: one on-premises cluster a region, or a copy of another environment."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from string import Template

from dharma import document
from dharma.edit import edited
from dharma.layer import Node, find
from dharma.layer import Path as KeyPath
from dharma.scaffold import Files, well_named

RESERVED = frozenset({"base", "tenants", "waivers", "enforcement", "prices", "services"})
_BLOCKS = 29

_HEAD = Template("""\
# yaml-language-server: $$schema=../schemas/environment.json
description: The environment $name.
domain: $name.$domain

regions:
""")
_REGION = Template("""\
  $region:
    cluster:
      id: $name-$region # unique in the fleet, also after renames
      provider: onprem # or eks, gke, aks
      kubernetes: "$kubernetes"
      ring: $ring # changes arrive in ring 0 first
      kubeContext: $name-$region
      network: # clusters of one environment are joined, so these must not overlap
        pods: 10.$a.0.0/14
        services: 10.$b.0.0/16
        nodes: 10.$c.0.0/20
        apiServer: 10.$c.0.10/32
      zones: [zone-1, zone-2, zone-3]
      pools:
        public: {addresses: [192.0.2.$public/28]}
        internal: {addresses: [10.$d.0.10-10.$d.0.250]}
""")


def environment_files(
    name: str,
    domain: str,
    regions: Iterable[str],
    taken: Collection[str],
    *,
    ring: int = 0,
    kubernetes: str = "1.34",
) -> Files:
    """The file of an environment by path, with a cluster for each region that base.yaml describes."""
    well_named("environment", name, taken, RESERVED)
    clusters = [
        _REGION.substitute(_addresses(number), name=name, region=region, ring=ring, kubernetes=kubernetes)
        for number, region in enumerate(regions)
    ]
    head = _HEAD.substitute(name=name, domain=domain)
    return {f"environments/{name}.yaml": head + "\n".join(clusters)}


def _addresses(number: int) -> dict[str, int]:
    first = 16 + 8 * (number % _BLOCKS)
    return {"a": first, "b": first + 4, "c": first + 5, "d": first + 6, "public": 16 * (number % 16)}


def copied_environment(root: Path, source: str, name: str, domain: str, taken: Collection[str]) -> Files:
    """The file of another environment with ids, contexts and domain of its own."""
    well_named("environment", name, taken, RESERVED)
    path = root / "environments" / f"{source}.yaml"
    tree = document.read(root, path)
    changes = dict(_own(tree, name))
    if find(tree, ("domain",)):
        changes["domain",] = f"{name}.{domain}"
    if find(tree, ("description",)):
        changes["description",] = f"A copy of {source}."
    return {f"environments/{name}.yaml": edited(root, path, changes)}


def _own(tree: Node, name: str) -> Iterator[tuple[KeyPath, str]]:
    for region in _map(tree, ("regions",)):
        place = ("regions", region)
        clusters = [(*place, "clusters", cluster) for cluster in _map(tree, (*place, "clusters"))]
        for cluster in ((*place, "cluster"), *clusters):
            suffix = "-".join((region, *cluster[3:]))
            for field in ("id", "kubeContext"):
                if find(tree, (*cluster, field)):
                    yield (*cluster, field), f"{name}-{suffix}"


def _map(tree: Node, place: KeyPath) -> Mapping[str, Node]:
    node = find(tree, place)
    return node.value if node and isinstance(node.value, Mapping) else {}
