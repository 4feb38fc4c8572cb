"""Signals: what all services together are watched by; objectives of single services are not here."""

from __future__ import annotations

from collections.abc import Iterable

from dharma.signals import Alert, Dashboard, Metric, Panel

_MESH = ("reporter", "destination_service_namespace", "destination_service_name", "response_code")


def metrics() -> tuple[Metric, ...]:
    """What the sidecars export for every service."""
    return (
        Metric(name="istio_requests_total", kind="counter", labels=_MESH),
        Metric(name="istio_request_duration_milliseconds", kind="histogram", labels=_MESH),
    )


def alerts(namespaces: Iterable[str]) -> tuple[Alert, ...]:
    """Conditions of services in the tenants' namespaces."""
    where = f'namespace=~"{"|".join(namespaces)}"'
    return (_errors(where), _latency(where), *_workloads(where), _saturated(where))


def _errors(where: str) -> Alert:
    return Alert(
        name="ServiceErrors",
        expression=f"{_ratio(where)} > 0.05",
        severity="critical",
        summary="More than one call in twenty to a service fails",
        remedy="Look at the service's latest rollout and at what it calls; roll back what changed last.",
    )


def _latency(where: str) -> Alert:
    return Alert(
        name="ServiceSlow",
        expression=f"{_quantile(where, 0.99)} > 5000",
        lasting="10m",
        severity="warning",
        summary="One call in a hundred to a service takes longer than five seconds",
        remedy="Compare its CPU use with its request and its callees' latencies with their objectives.",
    )


def _workloads(where: str) -> tuple[Alert, Alert]:
    crashing = Alert(
        name="ServiceCrashLoop",
        expression=f"increase(kube_pod_container_status_restarts_total{{{where}}}[15m]) > 3",
        severity="critical",
        summary="A replica of a service restarts again and again",
        remedy="Read the log of the container before its restart and its last state's reason.",
    )
    unready = Alert(
        name="ServiceNotReady",
        expression=f'kube_pod_status_ready{{{where},condition="true"}} == 0'
        f' and on (namespace, pod) kube_pod_status_phase{{{where},phase=~"Pending|Running"}} == 1',
        lasting="15m",
        severity="warning",
        summary="A replica of a service is not ready for a quarter of an hour",
        remedy="Describe the pod: its events say whether it is unscheduled, pulling or failing its probe.",
    )
    return crashing, unready


def _saturated(where: str) -> Alert:
    current = f"kube_horizontalpodautoscaler_status_current_replicas{{{where}}}"
    most = f"kube_horizontalpodautoscaler_spec_max_replicas{{{where}}}"
    return Alert(
        name="ServiceAtMaximum",
        expression=f"{current} >= on (namespace, horizontalpodautoscaler) {most}",
        lasting="30m",
        severity="warning",
        summary="A service runs as many replicas as it may and cannot grow further",
        remedy="Raise `replicas.max` or `resources.cpu` of the service, or find out who calls it so much.",
    )


def dashboards(namespaces: Iterable[str]) -> tuple[Dashboard, ...]:
    """Rate, errors, duration and replicas of every service."""
    where = f'namespace=~"{"|".join(namespaces)}"'
    mesh = f'reporter="destination",destination_service_{where}'
    rate = f"sum by (destination_service_name) (rate(istio_requests_total{{{mesh}}}[5m]))"
    current = f"kube_horizontalpodautoscaler_status_current_replicas{{{where}}}"
    panels = (
        Panel(title="Requests", query=rate, unit="reqps"),
        Panel(title="Errors", query=_ratio(where), unit="percentunit"),
        Panel(title="99th percentile", query=f"{_quantile(where, 0.99)} / 1000", unit="s"),
        Panel(title="Replicas", query=f"sum by (horizontalpodautoscaler) ({current})"),
    )
    return (Dashboard(name="services", title="Services", panels=panels),)


def _ratio(where: str) -> str:
    mesh = f'reporter="destination",destination_service_{where}'
    by = "sum by (destination_service_namespace, destination_service_name)"
    failed = f'{by} (rate(istio_requests_total{{{mesh},response_code=~"5.."}}[5m]))'
    return f"{failed} / {by} (rate(istio_requests_total{{{mesh}}}[5m]))"


def _quantile(where: str, share: float) -> str:
    mesh = f'reporter="destination",destination_service_{where}'
    by = "sum by (le, destination_service_namespace, destination_service_name)"
    rate = f"rate(istio_request_duration_milliseconds_bucket{{{mesh}}}[5m])"
    return f"histogram_quantile({share}, {by} ({rate}))"
