"""Fleet: what rules see beside an object: `input.target` for object rules, `data.fleet` for fleet rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dharma.build import Built
from dharma.declared import unobserved
from dharma.manifest import Manifest
from dharma.render import levels
from dharma.target import Target

Json = dict[str, Any]


def facts(target: Target) -> Json:
    """The target's facts as `input.target` has them; `cluster` is its id, which outlives renames."""
    with unobserved():
        return stated(target)


def stated(target: Target) -> Json:
    """The same facts, for what is rendered from them: whose lines they are counts as read."""
    return {
        "name": target.name,
        "environment": target.environment,
        "region": target.region_name,
        "cluster": target.cluster.id,
        "role": target.region.role,
        "provider": target.cluster.provider,
        "kubernetes": target.cluster.kubernetes,
        "ring": target.cluster.ring,
        "domain": target.domain,
        "trustDomain": target.trust_domain,
        "registry": target.registry or "",
        "tenants": {
            name: {"costCentre": tenant.cost_centre, "podSecurity": tenant.pod_security}
            for name, tenant in target.tenants.items()
        },
    }


def fleet_document(built: Sequence[Built], targets: Sequence[Target]) -> Json:
    """The value of `data.fleet`: facts, plans, calls and objects of every target that was built.

    Objects stand under "<group>/<Kind>" and "<namespace>/<name>"; KeyError where a build's target is
    not among `targets`.
    """
    known = {target.name: target for target in targets}
    return {"targets": [_document(known[found.target], found.manifests) for found in built]}


def _document(target: Target, manifests: Iterable[Manifest]) -> Json:
    with unobserved():
        return {
            **facts(target),
            "network": _network(target),
            "pools": {name: list(pool.addresses) for name, pool in target.cluster.pools.items()},
            "quota": {name: _quota(target, name) for name in target.tenants},
            "calls": _calls(target),
            "components": _components(target),
            "objects": _objects(manifests),
        }


def _network(target: Target) -> dict[str, str]:
    network = target.cluster.network
    return {"pods": network.pods, "services": network.services, "nodes": network.nodes}


def _quota(target: Target, tenant: str) -> Json:
    quota = target.tenants[tenant].quota
    return {"cpu": quota.cpu, "memory": quota.memory, "storage": quota.storage, "pods": quota.pods}


def _calls(target: Target) -> list[Json]:
    """Every declared call once, by tenant/service on both sides and the number of the port."""
    calls: dict[tuple[str, str, int], None] = {}
    for caller, service in target.services.items():
        for call in service.calls:
            name, _, port = call.partition(":")
            callee = target.services[name]
            number = callee.ports[port or callee.main_port[0]].port
            calls[f"{service.tenant}/{caller}", f"{callee.tenant}/{name}", number] = None
    return [{"caller": caller, "callee": callee, "port": port} for caller, callee, port in calls]


def _components(target: Target) -> dict[str, Json]:
    """The level in the order of installation and the state of each component."""
    return {
        name: {"level": level, "state": target.options[name].state}
        for level, names in enumerate(levels(target))
        for name in names
    }


def _objects(manifests: Iterable[Manifest]) -> dict[str, dict[str, Mapping[str, Any]]]:
    objects: dict[str, dict[str, Mapping[str, Any]]] = {}
    for manifest in manifests:
        group, kind, namespace, name = manifest.identity
        objects.setdefault(f"{group}/{kind}", {})[f"{namespace}/{name}"] = manifest.body
    return objects
