"""System: the values of Gatekeeper's chart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dharma.components.governance.exemptions import Condition
from dharma.components.governance.options import GovernanceOptions
from dharma.conventions import mirrored

WEBHOOK_PORT = 8443
METRICS_PORT = 8888
IMAGES = "docker.io/openpolicyagent"
POD_SUBRESOURCES = ("pods/ephemeralcontainers", "pods/resize")
"""Subresources whose body is the object itself; others, such as scale, carry kinds that no rule knows."""

OWNED = (
    *(
        (
            "admissionregistration.k8s.io",
            "ValidatingWebhookConfiguration",
            f"/webhooks/{number}/clientConfig/caBundle",
        )
        for number in range(2)
    ),
    ("", "Secret", "/data"),
)
"""Gatekeeper makes its certificate, and writes the authority into its webhooks."""

Values = dict[str, Any]


def values(
    options: GovernanceOptions, exempt: Sequence[str], conditions: Sequence[Condition], registry: str | None
) -> Values:
    """What differs from the chart's defaults, or must not change with them."""
    return {
        **_webhook(options, exempt, conditions),
        **_audit(options),
        **_lean(),
        "image": {
            "repository": mirrored(f"{IMAGES}/gatekeeper", registry),
            "crdRepository": mirrored(f"{IMAGES}/gatekeeper-crds", registry),
        },
        "replicas": options.replicas,
        "pdb": {"controllerManager": {"minAvailable": max(options.replicas - 1, 0)}},
        "controllerManager": {
            "exemptNamespaces": list(exempt),
            "resources": _resources(options.memory),
            "topologySpreadConstraints": [_spread()],
        },
        "audit": {"resources": _resources(options.audit_memory)},
        "logLevel": options.log_level,
        "logDenies": options.log_denies,
        "emitAdmissionEvents": options.events,
        "emitAuditEvents": options.events,
    }


def _webhook(options: GovernanceOptions, exempt: Sequence[str], conditions: Sequence[Condition]) -> Values:
    """Who is asked about what, and what holds while nobody answers; nothing is refused in an audit."""
    return {
        "validatingWebhookFailurePolicy": options.failure_policy if options.mode == "enforce" else "Ignore",
        "validatingWebhookCheckIgnoreFailurePolicy": "Fail",
        "validatingWebhookTimeoutSeconds": options.timeout,
        "validatingWebhookSubResources": list(POD_SUBRESOURCES),
        "validatingWebhookExemptNamespacesLabels": {"kubernetes.io/metadata.name": list(exempt)},
        "validatingWebhookMatchConditions": list(conditions),
        "enableDeleteOperations": options.deletions,
        "enableConnectOperations": False,
        "enableGeneratorResourceExpansion": options.expansion,
    }


def _audit(options: GovernanceOptions) -> Values:
    return {
        "auditInterval": options.audit_interval,
        "auditFromCache": False,
        "auditChunkSize": 500,
        "constraintViolationsLimit": options.violations_limit,
    }


def _lean() -> Values:
    """What is not used is off: mutation, data from outside, admission policies of its own making.

    The namespace and its labels are tenancy's; definitions are delivered, so no job writes them.
    """
    off: Values = {"enabled": False}
    return {
        "disableMutation": True,
        "enableExternalData": False,
        "enableK8sNativeValidation": False,
        "defaultCreateVAPForTemplates": False,
        "defaultCreateVAPBindingForConstraints": False,
        "disabledBuiltins": ["{http.send}"],
        "metricsBackends": ["prometheus"],
        "postInstall": {"labelNamespace": off, "probeWebhook": off},
        "postUpgrade": {"labelNamespace": off},
        "preUninstall": {"deleteWebhookConfigurations": off},
        "upgradeCRDs": off,
        "enableRuntimeDefaultSeccompProfile": True,
        "resourceQuota": True,
    }


def _resources(memory: str) -> Values:
    return {"requests": {"cpu": "100m", "memory": memory}, "limits": {"memory": memory}}


def _spread() -> Values:
    labels = {"matchLabels": {"gatekeeper.sh/operation": "webhook"}}
    return {
        "maxSkew": 1,
        "topologyKey": "topology.kubernetes.io/zone",
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": labels,
    }


def traffic(api_server: str, nodes: str, prometheus: Values) -> Values:
    """The API server asks the webhook, from its address, a node or an agent; Prometheus reads metrics."""
    callers = [{"ipBlock": {"cidr": api_server}}, {"ipBlock": {"cidr": nodes}}]
    return {
        "podSelector": {"matchLabels": {"gatekeeper.sh/system": "yes"}},
        "policyTypes": ["Ingress"],
        "ingress": [
            {"from": callers, "ports": [{"protocol": "TCP", "port": WEBHOOK_PORT}]},
            {"from": [prometheus], "ports": [{"protocol": "TCP", "port": METRICS_PORT}]},
        ],
    }
