"""Traffic: how a service is found, how calls to it are routed and where its metrics are scraped."""

from __future__ import annotations

from typing import Any

from dharma.component import Draft, part
from dharma.components.services.identity import (
    INSTANCE,
    NAME,
    Chart,
    exposed_port,
    host,
    metadata,
    selector,
    variants,
    web_ports,
)
from dharma.conventions import MERGED_METRICS_PORT, SERVICE_MONITOR_LABEL, gateway
from dharma.service import Route, Service, Traffic

Json = dict[str, Any]
STABLE, CANARY, PREVIEW, HEADLESS = "-stable", "-canary", "-preview", "-headless"
EXPOSED = "exposed"
"""Name of the route that a gateway takes."""
_SELECTED = ("/spec/selector/rollouts-pod-template-hash",)
"""Where the controller of rollouts says which replicas a Service reaches."""
_RETRIED = "connect-failure,refused-stream,unavailable"
"""Failures before a replica took the request on, and gRPC's word that a retry may help."""


@part
def service(chart: Chart, name: str, suffix: str = "") -> Draft | None:
    """A Service; the one without suffix is what callers know and what is scraped."""
    declared = chart.target.services[name]
    if suffix not in _suffixes(declared):
        return None
    spec: Json = {"selector": selector(name), "type": "ClusterIP", "ports": _ports(declared)}
    if suffix == HEADLESS:
        spec |= {"clusterIP": "None", "publishNotReadyAddresses": True}
    return chart.object(
        "v1",
        "Service",
        name + suffix,
        **metadata(chart, name, name + suffix),
        owned=_SELECTED if _switched(declared, suffix) else (),
        spec=spec,
    )


def _ports(declared: Service) -> list[Json]:
    """Service ports; a container listens on the same numbers, so that policies can name them."""
    return [
        {
            "name": name,
            "port": port.port,
            "targetPort": name,
            "protocol": "TCP",
            "appProtocol": port.protocol,
        }
        for name, port in declared.ports.items()
    ]


def _suffixes(declared: Service) -> tuple[str, ...]:
    """The Services that a service has beside each other."""
    if declared.storage:
        return "", HEADLESS
    if declared.rollout is None:
        return ("",)
    return ("", STABLE, CANARY) if declared.rollout.canary else ("", PREVIEW)


def _switched(declared: Service, suffix: str) -> bool:
    rollout = declared.rollout
    return rollout is not None and (suffix != "" or rollout.blue_green is not None)


@part
def virtual_service(chart: Chart, name: str) -> Draft | None:
    """Routes with deadline and retries; None where there is nothing to route but plain TCP."""
    declared = chart.target.services[name]
    http = _http(chart, name, declared)
    tcp = _tcp(chart, name, declared) if _is_split(declared) else []
    if not http and not tcp:
        return None
    hosts, gateways = [host(chart, name)], ["mesh"]
    if declared.expose:
        hosts.append(_public_host(chart, name, declared.expose))
        gateways.append(gateway(declared.expose.gateway))
    routes = {kind: found for kind, found in (("http", http), ("tcp", tcp)) if found}
    return chart.object(
        "networking.istio.io/v1",
        "VirtualService",
        name,
        **metadata(chart, name),
        owned=_weights(routes) if declared.rollout and declared.rollout.canary else (),
        spec={"hosts": hosts, "gateways": gateways, **routes},
    )


def _public_host(chart: Chart, name: str, route: Route) -> str:
    return route.host or f"{name}.{chart.target.domain}"


def _is_split(declared: Service) -> bool:
    """Whether calls are shared out between several workloads."""
    return bool(declared.versions) or (declared.rollout is not None and declared.rollout.canary is not None)


def _weights(routes: Json) -> tuple[str, ...]:
    return tuple(
        f"/spec/{kind}/{number}/route/{side}/weight"
        for kind, found in routes.items()
        for number in range(len(found))
        for side in (0, 1)
    )


def _http(chart: Chart, name: str, declared: Service) -> list[Json]:
    routes = []
    if declared.expose:
        match, (_, port) = _from_gateway(declared.expose), exposed_port(name, declared)
        routes.append(_route(chart, name, declared, EXPOSED, match, port.port))
    for port_name, port in web_ports(declared):
        match = [{"gateways": ["mesh"], "port": port.port}]
        routes.append(_route(chart, name, declared, port_name, match, port.port))
    return routes


def _from_gateway(route: Route) -> list[Json]:
    """A path stands for itself and what lies below it: /api is not /apiary."""
    kind = gateway(route.gateway)
    matches = []
    for path in route.paths:
        if not path.endswith("/"):
            matches.append({"gateways": [kind], "uri": {"exact": path}})
        matches.append({"gateways": [kind], "uri": {"prefix": path.rstrip("/") + "/"}})
    return matches


def _route(chart: Chart, name: str, declared: Service, route: str, match: list[Json], port: int) -> Json:
    return {
        "name": route,
        "match": match,
        "route": _destinations(chart, name, declared, port),
        "timeout": declared.traffic.timeout,
        "retries": _retries(declared.traffic),
    }


def _retries(traffic: Traffic) -> Json:
    """Zero attempts are said too, because the mesh retries twice by itself."""
    if traffic.retries == 0:
        return {"attempts": 0}
    return {"attempts": traffic.retries, "perTryTimeout": traffic.retry_timeout, "retryOn": _RETRIED}


def _tcp(chart: Chart, name: str, declared: Service) -> list[Json]:
    return [
        {
            "match": [{"gateways": ["mesh"], "port": port.port}],
            "route": _destinations(chart, name, declared, port.port),
        }
        for port in declared.ports.values()
        if port.protocol == "tcp"
    ]


def _destinations(chart: Chart, name: str, declared: Service, port: int) -> list[Json]:
    number = {"number": port}
    if declared.rollout and declared.rollout.canary:
        shares = ((STABLE, 100), (CANARY, 0))
        return [
            {"destination": {"host": host(chart, name, suffix), "port": number}, "weight": weight}
            for suffix, weight in shares
        ]
    here = host(chart, name)
    if not declared.versions:
        return [{"destination": {"host": here, "port": number}}]
    return [
        {"destination": {"host": here, "subset": label, "port": number}, "weight": version.weight}
        for label, version in declared.versions.items()
    ]


@part
def destination_rule(chart: Chart, name: str, suffix: str = "") -> Draft | None:
    """What callers hold back and leave out, and the subsets that versions are routed to.

    Calls to a canary's service always go to its stable or its canary replicas, never to it itself.
    """
    declared = chart.target.services[name]
    canary = declared.rollout is not None and declared.rollout.canary is not None
    if (suffix != "") != canary:
        return None
    spec: Json = {
        "host": host(chart, name, suffix),
        "trafficPolicy": _policy(declared.traffic, chart.options.max_ejected),
    }
    if declared.versions:
        names = zip(declared.versions, variants(name, declared), strict=True)
        spec["subsets"] = [{"name": label, "labels": {INSTANCE: instance}} for label, (instance, _) in names]
    return chart.object(
        "networking.istio.io/v1",
        "DestinationRule",
        name + suffix,
        **metadata(chart, name, name + suffix),
        spec=spec,
    )


def _policy(traffic: Traffic, max_ejected: int) -> Json:
    return {
        "tls": {"mode": "ISTIO_MUTUAL"},
        "loadBalancer": {"simple": "LEAST_REQUEST", "localityLbSetting": {"enabled": True}},
        "connectionPool": {
            "tcp": {"maxConnections": traffic.max_connections, "connectTimeout": "3s"},
            "http": {"http1MaxPendingRequests": traffic.max_pending},
        },
        "outlierDetection": {
            "consecutive5xxErrors": traffic.eject_after,
            "interval": "10s",
            "baseEjectionTime": traffic.eject_for,
            "maxEjectionPercent": max_ejected,
        },
    }


@part
def service_monitor(chart: Chart, name: str) -> Draft:
    """Scrapes what the sidecar serves for itself and the workload.

    The address is rewritten, because the sidecar does not list that port among its container's.
    """
    declared = chart.target.services[name]
    about = metadata(chart, name)
    about["labels"] = about["labels"] | SERVICE_MONITOR_LABEL
    endpoint = {
        "port": declared.main_port[0],
        "path": "/stats/prometheus",
        "interval": declared.metrics.interval,
        "relabelings": [
            {
                "action": "replace",
                "sourceLabels": ["__address__"],
                "regex": r"(.+?)(:\d+)?",
                "replacement": f"$1:{MERGED_METRICS_PORT}",
                "targetLabel": "__address__",
            }
        ],
    }
    return chart.object(
        "monitoring.coreos.com/v1",
        "ServiceMonitor",
        name,
        **about,
        spec={
            "jobLabel": NAME,
            "selector": {"matchLabels": selector(name, name)},
            "endpoints": [endpoint],
        },
    )
