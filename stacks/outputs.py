"""Outputs: what people need once a cluster is up."""

from __future__ import annotations

from typing import Any

from dharma.conventions import ARGOCD_NAMESPACE
from dharma.stacks.configuration import Configuration
from dharma.target import Target


def outputs(target: Target, configuration: Configuration) -> dict[str, Any]:
    """Where the cluster is reached, what it follows, and the commands that come next."""
    context = configuration.kube_context
    found: dict[str, Any] = {
        "target": target.name,
        "kubeContext": context,
        "delivery": target.delivery,
    }
    if target.delivery == "direct":
        return found | {"next": [f"dharma verify {target.name}"]}
    return found | {
        "argocdUrl": f"https://{host(target)}",
        "argocdNamespace": ARGOCD_NAMESPACE,
        "repository": target.gitops.repository,
        "branch": target.branch,
        "next": [
            f"kubectl --context {context} -n {ARGOCD_NAMESPACE} get applications",
            f"dharma verify {target.name}",
        ],
    }


def host(target: Target) -> str:
    """Where people reach Argo CD."""
    own = getattr(target.options.get("argocd"), "host", None)
    return str(own or f"argocd.{target.domain}")
