"""What holds in the whole mesh: configuration, telemetry, and what istiod and sidecars are given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dharma.components.mesh.options import MeshOptions, Tracing

TRACING_PROVIDER = "otlp"
ADMISSION = "admissionregistration.k8s.io"
BASE_OWNED = tuple(
    (ADMISSION, "ValidatingWebhookConfiguration", f"/webhooks/0/{field}")
    for field in ("clientConfig/caBundle", "failurePolicy")
)
"""istiod writes these into the validation webhook once it serves."""
ISTIOD_OWNED = BASE_OWNED + tuple(
    (ADMISSION, "MutatingWebhookConfiguration", f"/webhooks/{position}/clientConfig/caBundle")
    for position in range(4)
)
"""The same, and the certificate of the four injection webhooks."""

Spec = dict[str, Any]


def istiod(options: MeshOptions, trust_domain: str, hub: str | None) -> Spec:
    """Values of Istio's chart `istiod`."""
    memory = options.memory
    return {
        "autoscaleMin": options.min_replicas,
        "autoscaleMax": options.max_replicas,
        "cni": {"enabled": True},
        "env": {"PILOT_ENABLE_IP_AUTOALLOCATE": "true"},
        "resources": {"requests": {"cpu": "200m", "memory": memory}, "limits": {"memory": memory}},
        "seccompProfile": {"type": "RuntimeDefault"},
        "meshConfig": mesh_config(options, trust_domain),
        "global": {
            **({"hub": hub} if hub else {}),
            "defaultPodDisruptionBudget": {"enabled": options.min_replicas > 1},
            "logAsJson": True,
            "proxy": _proxy(options.proxy_memory),
        },
    }


def mesh_config(options: MeshOptions, trust_domain: str) -> Spec:
    """Istio's MeshConfig: identities, what sidecars may reach, and how paths are compared."""
    config: Spec = {
        "trustDomain": trust_domain,
        "outboundTrafficPolicy": {"mode": options.outbound},
        "accessLogEncoding": "JSON",
        "enableAutoMtls": True,
        "meshMTLS": {"minProtocolVersion": "TLSV1_3"},
        "tlsDefaults": {"minProtocolVersion": "TLSV1_2"},
        "pathNormalization": {"normalization": "DECODE_AND_MERGE_SLASHES"},
        "defaultConfig": {"holdApplicationUntilProxyStarts": True},
    }
    if options.tracing:
        config["enableTracing"] = True
        config["extensionProviders"] = [_provider(options.tracing)]
    return config


def telemetry(access_log: str, tracing: Tracing | None) -> Spec:
    """Spec of the mesh's Telemetry: metrics for Prometheus, access logs, traces."""
    spec: Spec = {
        "metrics": [{"providers": [{"name": "prometheus"}]}],
        "accessLogging": [_access_log(access_log)],
    }
    if tracing:
        providers = [{"name": TRACING_PROVIDER}]
        spec["tracing"] = [{"providers": providers, "randomSamplingPercentage": tracing.percent}]
    return spec


def sidecar(namespaces: list[str], outbound: str) -> Spec:
    """Spec of a Sidecar that knows its own namespace, the control plane's, and those named."""
    hosts = [f"{name}/*" for name in (".", "istio-system", *namespaces)]
    return {"egress": [{"hosts": hosts}], "outboundTrafficPolicy": {"mode": outbound}}


def _access_log(which: str) -> Spec:
    rule: Spec = {"providers": [{"name": "envoy"}]}
    if which == "none":
        return rule | {"disabled": True}
    return rule | ({"filter": {"expression": "response.code >= 400"}} if which == "errors" else {})


def _provider(tracing: Tracing) -> Mapping[str, Any]:
    collector = {"service": tracing.collector, "port": tracing.port}
    return {"name": TRACING_PROVIDER, "opentelemetry": collector}


def _proxy(memory: str) -> Spec:
    resources = {"requests": {"cpu": "20m", "memory": "64Mi"}, "limits": {"memory": memory}}
    return {"resources": resources, "seccompProfile": {"type": "RuntimeDefault"}, "logLevel": "warning"}
