"""What one value alone cannot show: references to nowhere, addresses that overlap, names used twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network, ip_address, ip_network, summarize_address_range
from itertools import combinations

from dharma.complaint import locate
from dharma.errors import InputError, Problem
from dharma.layer import Path
from dharma.platform import order
from dharma.service import Service
from dharma.spelling import nearest
from dharma.target import Target
from dharma.values import amount

_Claim = tuple[Target, Path, IPv4Network]


def inconsistencies(targets: Sequence[Target]) -> list[Problem]:
    """Every problem of the targets one by one and together; each is reported once."""
    checks: tuple[Callable[[Target], Iterator[Problem]], ...]
    checks = (_references, _ports, _networks, _pools, _order, _namespaces)
    found = [problem for target in targets for check in checks for problem in check(target)]
    found += [*_primaries(targets), *_identities(targets), *_overlaps(targets), *_moves(targets)]
    return sorted(set(found), key=str)


def _problem(target: Target, path: Path, what: str, mend: str = "") -> Problem:
    return Problem(locate(target.tree, path) or ".".join((target.name, *path)), what, mend)


def _references(target: Target) -> Iterator[Problem]:
    for name, service in target.services.items():
        here = ("services", name)
        if service.tenant not in target.tenants:
            what = f"tenant {service.tenant!r} is not declared"
            yield _problem(target, (*here, "tenant"), what, nearest(service.tenant, target.tenants))
        for position, call in enumerate(service.calls):
            yield from _call(target, name, (*here, "calls", str(position)), call)
            if call in service.calls[:position]:
                yield _problem(target, (*here, "calls", str(position)), f"{call!r} is listed already")
        for part in ("health", "metrics"):
            port = getattr(service, part).port
            if port is not None and port not in service.ports:
                what = f"{part}.port {port!r} is none of the ports"
                yield _problem(target, (*here, part, "port"), what, nearest(port, service.ports))


def _call(target: Target, caller: str, path: Path, call: str) -> Iterator[Problem]:
    callee, _, port = call.partition(":")
    if callee == caller:
        yield _problem(target, path, "a service does not declare calls to itself")
    elif callee not in target.services:
        what = f"service {callee!r} does not run in {target.name}"
        yield _problem(target, path, what, nearest(callee, target.services))
    elif port and port not in target.services[callee].ports:
        what = f"service {callee!r} has no port {port!r}"
        yield _problem(target, path, what, nearest(port, target.services[callee].ports))


def _ports(target: Target) -> Iterator[Problem]:
    hosts: dict[tuple[str, str, str], str] = {}
    for name, service in target.services.items():
        yield from _own_ports(target, name, service)
        if service.expose is None:
            continue
        for path in service.expose.paths:
            key = (service.expose.gateway, service.expose.host or f"{name}.{target.domain}", path)
            if key in hosts:
                what = f"{key[1]}{path} is exposed by {hosts[key]} already"
                yield _problem(target, ("services", name, "expose"), what)
            hosts[key] = name


def _own_ports(target: Target, name: str, service: Service) -> Iterator[Problem]:
    seen: dict[int, str] = {}
    for port, spec in service.ports.items():
        if spec.port in seen:
            what = f"port {spec.port} is {seen[spec.port]!r} already"
            yield _problem(target, ("services", name, "ports", port, "port"), what)
        seen[spec.port] = port
    limit = service.resources.memory_limit
    if limit is not None and amount(limit) < amount(service.resources.memory):
        yield _problem(target, ("services", name, "resources"), "memoryLimit is below memory")


def _networks(target: Target) -> Iterator[Problem]:
    for name in ("pods", "services", "nodes", "api_server"):
        text = getattr(target.cluster.network, name)
        if str(ip_network(text, strict=False)) != text:
            field = {"api_server": "apiServer"}.get(name, name)
            what = f"{text} has host bits set; the network is {ip_network(text, strict=False)}"
            yield _problem(target, ("cluster", "network", field), what)


def _pools(target: Target) -> Iterator[Problem]:
    if target.cluster.provider == "onprem" and not target.cluster.pools:
        yield _problem(target, ("cluster",), "an onprem cluster needs pools of load-balancer addresses")
    for name, pool in target.cluster.pools.items():
        for position, text in enumerate(pool.addresses):
            if not _blocks(text):
                path = ("cluster", "pools", name, "addresses", str(position))
                yield _problem(target, path, f"{text} ends before it starts")


def _order(target: Target) -> Iterator[Problem]:
    needs = {name: options.requires for name, options in target.options.items()}
    try:
        order(needs)
    except InputError as error:
        for problem in error.problems:
            name = str(problem.where).removeprefix("component ")
            place = locate(target.tree, ("components", name)) or target.name
            mend = "Declare it under `components`, or remove what requires it."
            yield Problem(place, f"{problem.where} {problem.what}", mend)


def _primaries(targets: Sequence[Target]) -> Iterator[Problem]:
    for environment in sorted({target.environment for target in targets}):
        mine = [target for target in targets if target.environment == environment]
        regions = {target.region_name for target in mine if target.region.role == "primary"}
        if len(regions) != 1:
            names = ", ".join(sorted(regions)) or "none"
            yield _problem(
                mine[0], ("region", "role"), f"{environment} needs one primary region and has {names}"
            )


def _identities(targets: Sequence[Target]) -> Iterator[Problem]:
    owners: dict[str, str] = {}
    for target in targets:
        name = target.cluster.id
        if name in owners:
            yield _problem(
                target, ("cluster", "id"), f"cluster id {name!r} belongs to {owners[name]} already"
            )
        owners[name] = target.name


def _moves(targets: Sequence[Target]) -> Iterator[Problem]:
    owners = {target.name: target.name for target in targets}
    for target in targets:
        for position, old in enumerate(target.cluster.moved):
            path = ("cluster", "moved", str(position))
            if owners.setdefault(old, target.name) == old:
                what = f"{old} is a target of its own, so it cannot have moved to {target.name}"
                yield _problem(target, path, what)
            elif owners[old] != target.name:
                yield _problem(target, path, f"{old} has moved to {owners[old]} already")


def _namespaces(target: Target) -> Iterator[Problem]:
    """A tenant's namespace bears its name, so the name must be free."""
    taken = {space.name: name for name, spaces in target.namespaces().items() for space in spaces}
    taken |= dict.fromkeys(("default", "kube-system", "kube-public", "kube-node-lease"), "Kubernetes")
    for name in target.tenants:
        if name in taken:
            what = f"tenant {name!r} cannot have the namespace {name}, which belongs to {taken[name]}"
            yield _problem(target, ("tenants", name), what, "Rename the tenant.")


def _overlaps(targets: Sequence[Target]) -> Iterator[Problem]:
    """Address ranges inside one environment, whose clusters are joined, must be disjoint."""
    for environment in sorted({target.environment for target in targets}):
        claims = [
            claim for target in targets if target.environment == environment for claim in _claims(target)
        ]
        for (one, path, network), (two, other, rival) in combinations(claims, 2):
            if network.overlaps(rival) and not (one is two and _shared(path, other)):
                what = f"{rival} overlaps {network} of {one.name} ({'.'.join(path)})"
                yield _problem(
                    two, other, what, "Clusters of an environment are joined; give each its own range."
                )


def _shared(path: Path, other: Path) -> bool:
    """Whether two ranges of one cluster may overlap: a pool may be cut out of the nodes' network."""
    return path == ("cluster", "network", "nodes") and other[:2] == ("cluster", "pools")


def _claims(target: Target) -> Iterator[_Claim]:
    network = target.cluster.network
    for name, text in (("pods", network.pods), ("services", network.services), ("nodes", network.nodes)):
        yield target, ("cluster", "network", name), IPv4Network(text, strict=False)
    for name, pool in target.cluster.pools.items():
        for position, text in enumerate(pool.addresses):
            for block in _blocks(text):
                yield target, ("cluster", "pools", name, "addresses", str(position)), block


def _blocks(text: str) -> list[IPv4Network]:
    if "/" in text:
        return [IPv4Network(text, strict=False)]
    first, last = (IPv4Address(ip_address(part)) for part in text.split("-"))
    return list(summarize_address_range(first, last)) if first <= last else []
