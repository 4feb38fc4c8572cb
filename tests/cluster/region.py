"""The primary region of production, brought up once a session by the real Argo CD."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from dharma.delivery.argocd import statuses
from tests.cluster.argo import Argo
from tests.cluster.checkout import Checkout
from tests.cluster.lab import Lab
from tests.cluster.upstream import Upstream
from tests.cluster.writers import Writers

WAVE = "argocd.argoproj.io/sync-wave"
ROOT = "root"


@dataclass
class Region:
    """A cluster with Argo CD, the platform's checkout it reads, and when each Application was what."""

    lab: Lab
    argo: Argo
    checkout: Checkout
    upstream: Upstream
    writers: Writers
    revision: str = ""
    installed: float = 0.0
    began: dict[str, float] = field(default_factory=dict)
    done: dict[str, float] = field(default_factory=dict)

    def applications(self) -> dict[str, dict[str, Any]]:
        """The Applications that the tree declares, by name."""
        bodies = self.checkout.objects("argocd")
        return {body["metadata"]["name"]: body for body in bodies if body["kind"] == "Application"}

    def deliver(self, message: str) -> str:
        """Build, publish charts that are new, commit and tell Argo CD."""
        self.checkout.build()
        self.upstream.push(chart_sources(self.applications()))
        self.revision = self.argo.revision = self.checkout.commit(message)
        self.argo.refresh()
        return self.revision

    def commit(self, message: str) -> str:
        """Commit what the tree holds and tell Argo CD."""
        self.revision = self.argo.revision = self.checkout.commit(message)
        self.argo.refresh()
        return self.revision

    def install(self) -> None:
        """Apply what the stack applies: the platform's project and the root; then only look on."""
        bodies = list(self.checkout.objects("argocd"))
        names = ("platform-system", ROOT)
        for name in names:
            self.argo.apply(next(body for body in bodies if body["metadata"]["name"] == name))
        start = time.monotonic()
        wanted = set(self.applications())
        self.argo.until("every Application is synced and healthy", lambda: self._look(wanted, start), 400)
        self.installed = time.monotonic() - start

    def _look(self, wanted: set[str], start: float) -> bool:
        """Note who is what."""
        now = time.monotonic() - start
        for one in statuses(self.argo.cluster):
            self.began.setdefault(one.name, now)
            if one.ready:
                self.done.setdefault(one.name, now)
        return set(self.done) >= wanted


def chart_sources(applications: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The sources of Applications that are upstream charts."""
    sources = [body["spec"]["source"] for body in applications.values()]
    return [source for source in sources if "chart" in source]


@pytest.fixture(scope="session")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Region]:
    """Production's primary region, installed from an empty cluster by its root Application alone."""
    folder = tmp_path_factory.mktemp("region")
    with Lab.started(folder / "lab") as lab:
        (folder / "charts").mkdir()
        upstream = Upstream(lab, folder / "charts")
        checkout = Checkout(folder, upstream.prefix)
        revision = checkout.deliver("First delivery")
        applications = {body["metadata"]["name"]: body for body in checkout.objects("argocd")}
        sources = chart_sources({k: v for k, v in applications.items() if v["kind"] == "Application"})
        upstream.push(sources)
        itself = next(source for source in sources if source["chart"] == "argo-cd")
        lab.controllers()
        writers = Writers(lab)
        argo = Argo(lab, upstream.template(itself), f"{upstream.prefix}/charts")
        argo.start()
        made = Region(lab, argo, checkout, upstream, writers, revision)
        try:
            made.install()
            yield made
        finally:
            writers.end()
