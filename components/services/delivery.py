"""Delivery: services that are rolled out in steps or beside the running version, judged by metrics."""

from __future__ import annotations

from typing import Any

import cdk8s

from dharma.component import Draft, part
from dharma.components.services.identity import (
    Chart,
    Variant,
    autoscaled,
    metadata,
    note_presence,
    web_ports,
)
from dharma.components.services.pod import CONTAINER
from dharma.components.services.traffic import CANARY, EXPOSED, PREVIEW, STABLE
from dharma.components.services.workload import OWNED_REPLICAS, common_spec, workload_metadata
from dharma.conventions import COST_CENTRE_LABEL, OWNER_LABEL, TENANT_LABEL
from dharma.declared import unobserved
from dharma.service import BlueGreen, Canary, Latency, Rollout, Service
from dharma.values import seconds

Json = dict[str, Any]
API = "argoproj.io/v1alpha1"
STABILITY = "rollout-stability"
"""Name of the analysis that a tenant's rollouts share."""
_SHORTEST_WINDOW = 60
"""Seconds over which a rate is taken at least: two scrapes."""
_LONGEST_WINDOW = 300
_GRPC_FAULTS = "2|4|12|13|14|15"
"""The server's fault: unknown, deadline, unimplemented, internal, unavailable, data loss."""


@part
def rollout(chart: Chart, name: str) -> Draft | None:
    """The replicas of a service whose changes are judged before everybody gets them."""
    service = chart.target.services[name]
    if service.rollout is None:
        return None
    variant: Variant = (name, None)
    strategy = _strategy(name, service, service.rollout)
    spec = common_spec(chart, name, variant) | {"progressDeadlineAbort": True, "strategy": strategy}
    return chart.object(
        API,
        "Rollout",
        name,
        **workload_metadata(chart, name, variant),
        owned=OWNED_REPLICAS if autoscaled(service, None) else (),
        spec=spec,
    )


def _strategy(name: str, service: Service, rollout: Rollout) -> Json:
    if rollout.canary:
        return {"canary": _canary(name, service, rollout.canary)}
    return {"blueGreen": _blue_green(name, service, rollout.blue_green or BlueGreen())}


def _canary(name: str, service: Service, canary: Canary) -> Json:
    steps: list[Json] = []
    for weight in canary.steps:
        steps += [{"setWeight": weight}, {"pause": {"duration": canary.pause}}]
        steps.append({"analysis": _analysis(name, service)})
    return {
        "stableService": name + STABLE,
        "canaryService": name + CANARY,
        "maxSurge": "25%",
        "maxUnavailable": 0,
        "trafficRouting": {"istio": {"virtualService": _routes(name, service)}},
        "steps": steps,
    }


def _routes(name: str, service: Service) -> Json:
    """The routes of the VirtualService whose weights the controller moves: all of them."""
    http = [port for port, _ in web_ports(service)]
    tcp = [{"port": port.port} for port in service.ports.values() if port.protocol == "tcp"]
    routes: Json = {"name": name}
    if http:
        routes["routes"] = [EXPOSED, *http] if service.expose else http
    if tcp:
        routes["tcpRoutes"] = tcp
    return routes


def _blue_green(name: str, service: Service, blue_green: BlueGreen) -> Json:
    """The new version is judged by its replicas before the switch and by its callers after it."""
    strategy: Json = {
        "activeService": name,
        "previewService": name + PREVIEW,
        "previewReplicaCount": blue_green.preview_replicas,
        "autoPromotionEnabled": blue_green.auto_promote,
        "scaleDownDelaySeconds": int(seconds(blue_green.keep)),
        "prePromotionAnalysis": _stability(name),
    }
    if web_ports(service):
        strategy["postPromotionAnalysis"] = {"templates": [{"templateName": name}]}
    return strategy


def _analysis(name: str, service: Service) -> Json:
    analysis = _stability(name)
    if web_ports(service):
        analysis["templates"].append({"templateName": name})
    return analysis


def _stability(name: str) -> Json:
    newest = {"podTemplateHashValue": "Latest"}
    return {
        "templates": [{"templateName": STABILITY}],
        "args": [{"name": "service", "value": name}, {"name": "hash", "valueFrom": newest}],
    }


@part
def analysis_template(chart: Chart, name: str) -> Draft | None:
    """Judges a rollout by the service's own objectives; None where the mesh sees no requests.

    Without calls there is no verdict: the rollout waits for a person instead of passing.
    """
    service = chart.target.services[name]
    if service.rollout is None or not web_ports(service):
        return None
    delay, window = _window(service.rollout)
    calls = _calls(name, service)
    metrics = [_availability(chart, service, calls, window)]
    if service.slo.latency:
        metrics.append(_latency(chart, service.slo.latency, calls, window))
    if delay:
        metrics = [metric | {"initialDelay": f"{delay}s"} for metric in metrics]
    return chart.object(API, "AnalysisTemplate", name, **metadata(chart, name), spec={"metrics": metrics})


def _window(rollout: Rollout) -> tuple[int, int]:
    """Seconds to wait before asking and seconds to look back.

    A canary has been held for its pause already; a new version that was switched to must be
    judged while the old one still stands.
    """
    if rollout.canary:
        return 0, max(_SHORTEST_WINDOW, int(seconds(rollout.canary.pause)))
    keep = int(seconds((rollout.blue_green or BlueGreen()).keep))
    window = max(_SHORTEST_WINDOW, min(_LONGEST_WINDOW, keep // 2))
    return window, window


def _calls(name: str, service: Service) -> str:
    """Selector of the calls to the new version, as its callers count them."""
    canary = service.rollout is not None and service.rollout.canary is not None
    called = name + CANARY if canary else name
    return (
        f'reporter="source",destination_service_namespace="{service.tenant}",'
        f'destination_service_name="{called}"'
    )


def _availability(chart: Chart, service: Service, calls: str, window: int) -> Json:
    total = f"sum(rate(istio_requests_total{{{calls}}}[{window}s]))"
    faults = ['response_code=~"5.."']
    if any(port.protocol == "grpc" for port in service.ports.values()):
        faults.append(f'response_code!~"5..",grpc_response_status=~"{_GRPC_FAULTS}"')
    failed = " - ".join(
        f"(sum(rate(istio_requests_total{{{calls},{fault}}}[{window}s])) or vector(0))" for fault in faults
    )
    goal = f"{service.slo.availability / 100:.6g}"
    return _metric(chart, "availability", f"({total} - {failed}) / {total}", f">= {goal}", f"< {goal}")


def _latency(chart: Chart, objective: Latency, calls: str, window: int) -> Json:
    """The percentile that must be answered in time; the objective's threshold is no bucket's bound."""
    buckets = f"sum by (le) (rate(istio_request_duration_milliseconds_bucket{{{calls}}}[{window}s]))"
    query = f"histogram_quantile({objective.percent / 100:.6g}, {buckets})"
    limit = f"{seconds(objective.threshold) * 1000:g}"
    return _metric(chart, "latency", query, f"<= {limit}", f"> {limit}")


def _metric(chart: Chart, name: str, query: str, success: str, failure: str) -> Json:
    known = "len(result) > 0 && !isNaN(result[0]) && result[0]"
    return {
        "name": name,
        "successCondition": f"{known} {success}",
        "failureCondition": f"{known} {failure}",
        "provider": {"prometheus": {"address": chart.options.prometheus, "query": query}},
    }


def rolling_tenants(chart: Chart) -> list[str]:
    """Tenants that have a service with a rollout."""
    with unobserved():
        return sorted({service.tenant for service in chart.target.services.values() if service.rollout})


@part
def stability(chart: Chart, tenant: str) -> Draft:
    """One analysis a tenant: the replicas of a new version must not have been restarted."""
    for name in _rolling(chart, tenant):
        chart.target.services[name].note(("tenant",))
        note_presence(chart.target.services[name])
    template = cdk8s.ApiObject(
        chart,
        f"{STABILITY}-{tenant}",
        api_version=API,
        kind="AnalysisTemplate",
        metadata=cdk8s.ApiObjectMetadata(
            name=STABILITY,
            namespace=tenant,
            labels={
                "app.kubernetes.io/name": STABILITY,
                "app.kubernetes.io/part-of": tenant,
                TENANT_LABEL: tenant,
                OWNER_LABEL: tenant,
                COST_CENTRE_LABEL: chart.target.tenants[tenant].cost_centre,
            },
        ),
    )
    template.add_json_patch(cdk8s.JsonPatch.add("/spec", _stability_spec(chart, tenant)))
    return chart.adopt(template, unit=tenant)


def _rolling(chart: Chart, tenant: str) -> list[str]:
    with unobserved():
        services = chart.target.services.items()
        return [name for name, service in services if service.rollout and service.tenant == tenant]


def _stability_spec(chart: Chart, tenant: str) -> Json:
    pods = "{{args.service}}-{{args.hash}}-.*"
    replicas = f'namespace="{tenant}",pod=~"{pods}",container="{CONTAINER}"'
    query = f"sum(kube_pod_container_status_restarts_total{{{replicas}}})"
    metric = _metric(chart, "restarts", query, "== 0", "> 0")
    return {"args": [{"name": "service"}, {"name": "hash"}], "metrics": [metric]}
