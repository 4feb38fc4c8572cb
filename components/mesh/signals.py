"""How the mesh lets itself be watched."""

from __future__ import annotations

from dharma.signals import Alert, Dashboard, Metric, Panel

_GATEWAYS = 'reporter="source", source_workload=~"gateway-.*"'

ALERTS = (
    Alert(
        name="IstiodDown",
        expression='absent(up{job="istiod"} == 1)',
        lasting="5m",
        severity="critical",
        summary="No istiod is there: new pods get no sidecar, certificates are not renewed.",
        remedy="Look at the pods in namespace istio-system. Running workloads go on for a day.",
    ),
    Alert(
        name="MeshConfigurationRejected",
        expression="sum by (type) (rate(pilot_total_xds_rejects[5m])) > 0",
        lasting="10m",
        severity="warning",
        summary="Sidecars reject the configuration they are sent, and keep the last good one.",
        remedy="istiod's log names proxy and resource; `istioctl proxy-status` shows who is stale.",
    ),
    Alert(
        name="SidecarInjectionFailing",
        expression="sum(rate(sidecar_injection_failure_total[5m])) > 0",
        lasting="5m",
        severity="critical",
        summary="Pods start without a sidecar or not at all.",
        remedy="Look for the webhook's error in the events of the ReplicaSet; check istiod and its policy.",
    ),
    Alert(
        name="GatewayErrors",
        expression="sum by (source_workload)"
        f' (rate(istio_requests_total{{{_GATEWAYS}, response_code=~"5.."}}[5m]))'
        f" / sum by (source_workload) (rate(istio_requests_total{{{_GATEWAYS}}}[5m])) > 0.05",
        lasting="5m",
        severity="critical",
        summary="{{ $labels.source_workload }} answers more than a twentieth of requests with an error.",
        remedy="Response flags in the gateway's log tell: UH no healthy replica, UF refused, NR no route.",
    ),
    Alert(
        name="MeshRootCertificateExpires",
        expression="min(citadel_server_root_cert_expiry_timestamp) - time() < 30 * 24 * 3600",
        lasting="1h",
        severity="warning",
        summary="The mesh's root certificate expires within thirty days.",
        remedy="Rotate it with both roots trusted for a while; see Istio's documentation on plug-in CAs.",
    ),
)
DASHBOARDS = (
    Dashboard(
        name="mesh",
        title="Mesh",
        panels=(
            Panel(
                title="Requests by destination",
                query="sum by (destination_service_name)"
                ' (rate(istio_requests_total{reporter="destination"}[5m]))',
                unit="reqps",
            ),
            Panel(
                title="Share of server errors",
                query="sum by (destination_service_name)"
                ' (rate(istio_requests_total{reporter="destination", response_code=~"5.."}[5m]))'
                " / sum by (destination_service_name)"
                ' (rate(istio_requests_total{reporter="destination"}[5m]))',
                unit="percentunit",
            ),
            Panel(
                title="Latency, 95th percentile",
                query="histogram_quantile(0.95, sum by (le, destination_service_name)"
                ' (rate(istio_request_duration_milliseconds_bucket{reporter="destination"}[5m]))) / 1000',
                unit="s",
            ),
            Panel(
                title="Time until sidecars have a change, 99th percentile",
                query="histogram_quantile(0.99, sum by (le) (rate(pilot_proxy_convergence_time_bucket[5m])))",
                unit="s",
            ),
            Panel(title="Connected proxies", query="sum(pilot_xds)"),
            Panel(
                title="Rejected configuration",
                query="sum by (type) (rate(pilot_total_xds_rejects[5m]))",
                unit="reqps",
            ),
        ),
    ),
)
_TRAFFIC = (
    "reporter",
    "source_workload",
    "source_workload_namespace",
    "destination_service_name",
    "destination_service_namespace",
    "destination_workload",
    "response_code",
    "response_flags",
    "connection_security_policy",
)
METRICS = (
    Metric(name="istio_requests_total", kind="counter", labels=_TRAFFIC),
    Metric(name="istio_request_duration_milliseconds", kind="histogram", labels=_TRAFFIC),
    Metric(name="istio_request_bytes", kind="histogram", labels=_TRAFFIC),
    Metric(name="istio_response_bytes", kind="histogram", labels=_TRAFFIC),
    Metric(name="istio_tcp_connections_opened_total", kind="counter", labels=_TRAFFIC),
    Metric(name="istio_tcp_connections_closed_total", kind="counter", labels=_TRAFFIC),
    Metric(name="pilot_xds", kind="gauge", labels=("version",)),
    Metric(name="pilot_total_xds_rejects", kind="counter", labels=("type",)),
    Metric(name="pilot_proxy_convergence_time", kind="histogram"),
    Metric(name="pilot_xds_pushes", kind="counter", labels=("type",)),
    Metric(name="sidecar_injection_failure_total", kind="counter"),
    Metric(name="sidecar_injection_success_total", kind="counter"),
    Metric(name="citadel_server_root_cert_expiry_timestamp", kind="gauge"),
)
