"""Argo CD: its namespace, secrets, chart, projects, and the root application that delivers the rest."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_kubernetes as kubernetes

from dharma.conventions import ARGOCD_NAMESPACE
from dharma.errors import InputError, Problem
from dharma.manifest import Manifest
from dharma.render import Rendered
from dharma.stacks import configuration
from dharma.stacks.cluster import Site
from dharma.stacks.namespaces import declared, namespace
from dharma.stacks.network import source
from dharma.target import Target

if TYPE_CHECKING:
    from dharma.component import Release

CHART, ROOT, COMPONENT = "argo-cd", "root", "argocd"
REDIS_SECRET = "argocd-redis"  # noqa: S105 - a name
OIDC_KEY, REDIS_KEY = "clientSecret", "auth"
_PART_OF = {"app.kubernetes.io/part-of": "argocd"}


def argocd(site: Site, ready: Sequence[pulumi.Resource]) -> pulumi.Resource:
    """Argo CD on a network that is `ready`; returns the root application."""
    body = declared(site.rendered, ARGOCD_NAMESPACE) or namespace(site.target, ARGOCD_NAMESPACE)
    home = site.object(body)
    given = [site.object(secret, after=[home]) for secret in secrets(site)]
    chart = install(site, [*ready, home, *given])
    projects = [site.object(one.body, after=[chart]) for one in _own(site.rendered, "AppProject")]
    (root,) = (one for one in _own(site.rendered, "Application") if one.name == ROOT)
    return site.object(root.body, after=[chart, *given, *projects], keep=True)


def release(rendered: Rendered) -> Release:
    """Argo CD's chart as its component declares it; InputError where the target has no Argo CD."""
    for delivery in rendered.deliveries:
        for found in delivery.releases:
            if delivery.component == COMPONENT and found.name == CHART:
                return found
    mend = "Add the component argocd, or set `delivery: direct`."
    raise InputError([Problem(f"target {rendered.target.name}", "has no component argocd", mend)])


def install(site: Site, after: Sequence[pulumi.Resource]) -> kubernetes.helm.v4.Chart:
    """The pinned chart; its objects are resources of the stack, so that rules see each of them."""
    found = release(site.rendered)
    return kubernetes.helm.v4.Chart(
        CHART,
        name=found.name,
        namespace=found.namespace,
        version=found.version,
        values=first_values(found.values),
        opts=site.options(after=after),
        **source(site.target, found.chart, found.repository),
    )


def first_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values for a cluster where nothing else runs yet: monitors wait until their kind is there.

    Argo CD adds them when it takes over its own chart.
    """
    found = copy.deepcopy(dict(values))
    for section in found.values():
        metrics = section.get("metrics") if isinstance(section, dict) else None
        if metrics and "serviceMonitor" in metrics:
            metrics["serviceMonitor"] = {"enabled": False}
    return found


def secrets(site: Site) -> list[dict[str, Any]]:
    """Access to the repository, Redis' password, and sign-in where it is configured."""
    target, said = site.target, [_redis()]
    if target.gitops.repository.partition(":")[0] != "file":
        said.append(_repository(target, site.configuration.repository_username))
    if configuration.has(configuration.SIGN_IN):
        options = target.options[COMPONENT]
        name = str(getattr(options, "oidc_secret"))  # noqa: B009 - of the component's own options
        said.append(_secret(name, {OIDC_KEY: configuration.secret(configuration.SIGN_IN)}, _PART_OF))
    return said


def _redis() -> dict[str, Any]:
    """The chart makes it by a hook, and Pulumi runs no hooks."""
    return _secret(REDIS_SECRET, {REDIS_KEY: configuration.secret(configuration.REDIS)}, _PART_OF)


def _repository(target: Target, username: str) -> dict[str, Any]:
    url = target.gitops.repository
    values: dict[str, Any] = {"type": "git", "url": url}
    if url.startswith("ssh:"):
        values["sshPrivateKey"] = configuration.secret(configuration.REPOSITORY_KEY)
    else:
        values["username"] = username
        values["password"] = configuration.secret(configuration.REPOSITORY_PASSWORD)
    labels = {**_PART_OF, "argocd.argoproj.io/secret-type": "repository"}
    return _secret(target.gitops.credentials, values, labels)


def _secret(name: str, values: Mapping[str, Any], labels: Mapping[str, str]) -> dict[str, Any]:
    metadata = {"name": name, "namespace": ARGOCD_NAMESPACE, "labels": dict(labels)}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata,
        "type": "Opaque",
        "stringData": pulumi.Output.secret(dict(values)),
    }


def _own(rendered: Rendered, kind: str) -> list[Manifest]:
    return [one for one in rendered.manifests if one.component == COMPONENT and one.kind == kind]
