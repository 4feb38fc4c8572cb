"""A sync that fails is announced once, with what is needed to act; a good one is not."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from typing import Any

import pytest

from dharma.components.argocd import applications
from dharma.components.argocd.options import ArgocdOptions
from dharma.delivery.argocd import API
from tests.cluster.receiver import HOST, Receiver
from tests.cluster.region import Region

PAUSE = 8.0
"""Seconds in which a second message would have come: the controller looks at each change at once."""
NAMES = {
    "platform-system": ("announced-good", "announced-bad", "monitoring"),
    "shop": ("shop-good", "shop-bad", "shop"),
}
"""Project to an Application that syncs, one that cannot, and their namespace."""
RECIPIENTS = {"platform-system": "", "shop": "#shop"}
POLICY = applications.sync_policy(ArgocdOptions(retries=0), ignores=False)

Json = dict[str, Any]


@pytest.fixture(scope="module")
def receiver(region: Region, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    """The region with a webhook, declared as a user declares it."""
    with Receiver.started(tmp_path_factory.mktemp("receiver")) as receiver:
        shutil.copy(receiver.certificate, region.argo.certificates / HOST)
        _declare(region, receiver.url)
        yield receiver
        _declare(region, None)


def _declare(region: Region, url: str | None) -> None:
    region.checkout.change("base.yaml", {"components": {"argocd": {"webhook": url}}})
    revision = region.deliver("Where failures are announced")
    region.argo.until("the webhook is configured", lambda: (url or "") in _services(region), 90)
    region.argo.until_ready(revision, "root", "chart-argo-cd")


def _services(region: Region) -> str:
    found = region.argo.cluster.get("v1", "ConfigMap", "argocd-notifications-cm", "argocd")
    return str((found or {}).get("data", {}).get("service.webhook.platform", ""))


@pytest.mark.parametrize("project", NAMES)
def test_a_failed_sync_is_announced_once_and_a_good_one_never(
    region: Region, receiver: Receiver, project: str
) -> None:
    good, bad, namespace = NAMES[project]
    for name, broken in ((good, False), (bad, True)):
        region.checkout.write(f"{name}/object.yaml", json.dumps(_object(name, namespace, broken=broken)))
    revision = region.commit("One is good, one is not")
    argo = region.argo
    try:
        for name in (good, bad):
            argo.apply(_application(region, name, project, namespace))
        argo.until_ready(revision, good)
        argo.until("the failure is announced", lambda: receiver.about(bad), 60)
        time.sleep(PAUSE)
        argo.refresh(good, bad)
        time.sleep(PAUSE)
    finally:
        for name in (good, bad):
            argo.cluster.delete(API, "Application", name, "argocd", wait=60)
    (message,) = receiver.about(bad)
    assert message["project"] == project
    assert message["recipient"] == RECIPIENTS[project]
    assert (message["revision"], message["sync"], message["phase"]) == (revision, "OutOfSync", "Failed")
    assert "spec.ports" in message["reason"]
    assert '"' in message["reason"]
    assert {said["application"] for said in receiver.messages} <= {name for _, name, _ in NAMES.values()}


def _object(name: str, namespace: str, *, broken: bool) -> Json:
    """A Service, which tenants may deliver; a broken one names no port."""
    ports = [{"name": "http", "port": "none" if broken else 80}]
    head = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Service", "metadata": head, "spec": {"ports": ports}}


def _application(region: Region, name: str, project: str, namespace: str) -> Json:
    source = applications.folder_source(region.checkout.url, "deploy/production.region-a", name)
    return {
        "apiVersion": API,
        "kind": "Application",
        "metadata": {"name": name, "namespace": "argocd", **applications.metadata(0, "", cascade=True)},
        "spec": {
            "project": project,
            "source": source,
            "destination": {"server": applications.CLUSTER, "namespace": namespace},
            "syncPolicy": POLICY,
        },
    }
