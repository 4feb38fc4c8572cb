"""Cluster: what a stack brings up, and how objects are put there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from dharma.delivery.direct import holds_data
from dharma.render import Rendered
from dharma.stacks.configuration import Configuration
from dharma.target import Target

_SECRET_OUTPUTS = ["data", "stringData"]


class Object(pulumi.CustomResource):
    """A Kubernetes object as its manifest says it; `body` may hold outputs anywhere."""

    def __init__(self, name: str, body: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        version = body["apiVersion"]
        group = version if "/" in version else f"core/{version}"
        super().__init__(f"kubernetes:{group}:{body['kind']}", name, dict(body), opts)


@dataclass(frozen=True, slots=True)
class Site:
    """One target's cluster: what is declared for it, and the provider that reaches it."""

    target: Target
    configuration: Configuration
    rendered: Rendered
    provider: kubernetes.Provider

    def options(
        self,
        *,
        after: Sequence[pulumi.Resource] = (),
        keep: bool = False,
        parent: pulumi.Resource | None = None,
    ) -> pulumi.ResourceOptions:
        """Options of a resource made after others; `keep` protects it from removal."""
        return pulumi.ResourceOptions(
            provider=self.provider,
            depends_on=list(after),
            protect=(keep and self.configuration.protect) or None,
            parent=parent,
        )

    def object(
        self,
        body: Mapping[str, Any],
        *,
        after: Sequence[pulumi.Resource] = (),
        keep: bool = False,
        parent: pulumi.Resource | None = None,
    ) -> Object:
        """Put an object into the cluster; it is called by its namespace and name.

        What holds data is protected, and stays in the cluster when it leaves the stack.
        """
        metadata = body["metadata"]
        name = "/".join(part for part in (metadata.get("namespace"), metadata["name"]) if part)
        holding = holds_data(body)
        options = self.options(after=after, keep=keep or holding, parent=parent)
        options.retain_on_delete = (holding and self.configuration.protect) or None
        if body["kind"] == "Secret":
            options.additional_secret_outputs = _SECRET_OUTPUTS
        return Object(name, body, options)


def reach(target: Target, configuration: Configuration) -> kubernetes.Provider:
    """The provider of a target's cluster; it applies on the server.

    It takes fields over from Argo CD, which later manages itself with the same values, and is replaced
    only when the cluster is another one.
    """
    return kubernetes.Provider(
        "cluster",
        context=configuration.kube_context,
        cluster_identifier=target.cluster.id,
        enable_server_side_apply=True,
        enable_patch_force=True,
    )
