"""Components applied by Pulumi itself, for clusters without Argo CD: one component resource each."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_kubernetes as kubernetes

from dharma.delivery.direct import Part, parts
from dharma.stacks.cluster import Site
from dharma.stacks.network import source


class ComponentParts(pulumi.ComponentResource):
    """What one of Dharma's components consists of."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions) -> None:
        super().__init__("dharma:delivery:Component", name, {}, opts)


def components(site: Site, ready: Sequence[pulumi.Resource]) -> list[pulumi.Resource]:
    """Every component on a network that is `ready`, each after those that it needs."""
    made: dict[str, ComponentParts] = {}
    for part in parts(site.rendered):
        before: list[pulumi.Resource] = [made[name] for name in part.after]
        made[part.component] = _applied(site, part, before or list(ready))
    return [*made.values()]


def _applied(site: Site, part: Part, before: Sequence[pulumi.Resource]) -> ComponentParts:
    """Charts one after another, then own objects wave by wave."""
    options = pulumi.ResourceOptions(depends_on=list(before), providers=[site.provider])
    group = ComponentParts(part.component, options)
    latest: list[pulumi.Resource] = list(before)
    for release in part.releases:
        chart = kubernetes.helm.v4.Chart(
            release.name,
            name=release.name,
            namespace=release.namespace,
            version=release.version,
            values=dict(release.values),
            opts=site.options(after=latest, parent=group),
            **source(site.target, release.chart, release.repository),
        )
        latest = [chart]
    for wave in part.waves:
        latest = [site.object(one.body, after=latest, parent=group) for one in wave]
    group.register_outputs({})
    return group
