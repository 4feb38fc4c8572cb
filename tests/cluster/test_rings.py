"""Promotion over three rings that the real Argo CD syncs, on one API server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from dharma.cli import main
from dharma.delivery.argocd import API
from tests.cluster.argo import REFRESH, Argo
from tests.cluster.lab import Lab, wait_for
from tests.unit.ringed import Ringed, git

DEVELOPMENT, STAGING = "development/region-a", "staging/region-a"
PRODUCTION = ("production/region-a", "production/region-b")
ROLES = "rbac.authorization.k8s.io/v1"
WIDE = "components: {probe: {wide: true}}\n"
CONFIGURATION = """\
{kind: ConfigMap, apiVersion: v1, metadata: {name: argocd-cm, namespace: argocd,
  labels: {app.kubernetes.io/part-of: argocd}}, data: {application.resourceTrackingMethod: annotation}}
---
{kind: ConfigMap, apiVersion: v1, metadata: {name: argocd-rbac-cm, namespace: argocd,
  labels: {app.kubernetes.io/part-of: argocd}}}
---
{kind: ConfigMap, apiVersion: v1, metadata: {name: argocd-cmd-params-cm, namespace: argocd,
  labels: {app.kubernetes.io/part-of: argocd}}, data: {controller.diff.server.side: "true"}}
---
{kind: ConfigMap, apiVersion: v1, metadata: {name: argocd-notifications-cm, namespace: argocd,
  labels: {app.kubernetes.io/part-of: argocd}}}
"""
PROJECT = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "AppProject",
    "metadata": {"name": "platform-system", "namespace": "argocd"},
    "spec": {"sourceRepos": ["*"], "destinations": [{"server": "*", "namespace": "*"}]},
}


@dataclass
class Rings:
    """A platform of three rings, its remote, and the Argo CD that syncs all of them."""

    made: Ringed
    argo: Argo
    kubeconfig: Path
    capsys: pytest.CaptureFixture[str]

    def run(self, *arguments: str, code: int = 0) -> str:
        """Run dharma in the checkout; what it printed."""
        with pytest.raises(SystemExit) as stop:
            main(["-C", str(self.made.root), *arguments, "--today=2026-12-01"])
        said = self.capsys.readouterr()
        assert int(stop.value.code or 0) == code, said.out + said.err
        return said.out + said.err

    def promote(self, *arguments: str, code: int = 0) -> str:
        return self.run("promote", "--kubeconfig", str(self.kubeconfig), *arguments, code=code)

    def start(self, target: str) -> None:
        """Apply a target's root Application, as the stack does."""
        name = target.replace("/", "-")
        path = self.made.root / "generated" / target / "probe" / f"application-{name}.yaml"
        self.argo.apply(YAML(typ="safe").load(path), manager="argocd-controller")

    def tip(self, target: str) -> str:
        return self.made.tip(f"deploy/{target.replace('/', '.')}")

    def settle(self, *targets: str) -> None:
        """Wait until targets are Synced and Healthy at the tips of their branches."""
        for target in targets:
            self.argo.refresh(target.replace("/", "-"))
            self.argo.until_ready(self.tip(target), target.replace("/", "-"))

    def looked(self, name: str) -> bool:
        """Whether Argo CD has done what it was told to look at."""
        notes = (self.argo.application(name) or {})["metadata"]["annotations"]
        return REFRESH not in notes

    def message(self, target: str) -> str:
        """What the target's settings say in the cluster."""
        name = target.replace("/", "-")
        settings = self.argo.cluster.get("v1", "ConfigMap", name, "argocd")
        return str(settings["data"]["message"]) if settings else ""


@pytest.fixture
def rings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Rings]:
    """An Argo CD of its own; nothing was promoted yet."""
    with Lab.started(tmp_path / "lab") as lab:
        argo = Argo(lab, CONFIGURATION, "127.0.0.1:1")
        argo.start()
        wait_for("projects are served", lambda: argo.cluster.resource(API, "AppProject"))
        argo.apply(PROJECT)
        made = Ringed(tmp_path, url=f"file://{tmp_path}/remote.git")
        made.merge()
        yield Rings(made, argo, lab.kubeconfig, capsys)


def test_a_ring_follows_only_one_that_is_synced_and_healthy(rings):
    rings.promote()
    assert "is not there yet" in rings.promote(code=1)
    rings.start(DEVELOPMENT)
    rings.settle(DEVELOPMENT)
    rings.promote()
    rings.start(STAGING)
    rings.settle(STAGING)
    rings.promote()
    for target in PRODUCTION:
        rings.start(target)
    rings.settle(*PRODUCTION)
    assert {rings.message(target) for target in (DEVELOPMENT, STAGING, *PRODUCTION)} == {"first"}
    assert "nothing to do" in rings.promote()

    first = rings.made.commit()
    _freeze(rings, STAGING)
    rings.made.say("second")
    rings.promote()
    assert "not yet at" in (said := rings.promote(code=1)) or "not Synced" in said
    rings.settle(DEVELOPMENT)
    rings.promote()
    rings.argo.refresh("staging-region-a")
    rings.argo.until("staging cannot be synced", lambda: _failed(rings))
    before = [rings.tip(target) for target in PRODUCTION]
    said = rings.promote("--to", "2", code=1)
    assert "staging/region-a Application staging-region-a: is " in said
    assert "not Synced and Healthy" in said
    assert "immutable" in said
    assert [rings.tip(target) for target in PRODUCTION] == before
    assert {rings.message(target) for target in PRODUCTION} == {"first"}

    rings.run("rollback", STAGING, "--to", first)
    rings.settle(STAGING)
    assert rings.message(STAGING) == "first"
    assert rings.message(DEVELOPMENT) == "second"
    assert "is pinned like all of ring 1" in rings.promote("--to", "2", code=1)


def test_a_bad_commit_is_refused_before_it_gets_to_the_cluster(rings):
    """Once as it is declared, once as the generated tree was changed by hand."""
    rings.promote()
    rings.start(DEVELOPMENT)
    rings.settle(DEVELOPMENT)
    tip, good = rings.tip(DEVELOPMENT), rings.made.commit()

    rings.made.swap("development.yaml", "description: development.", f"{WIDE}description: development.")
    rings.made.merge()
    for said in (rings.run("check", code=1), rings.promote(code=1)):
        assert "rbac/no-wildcards" in said
        assert "development-region-a" in said, said
    _nothing_moved(rings, tip)

    git(rings.made.root, "revert", "--no-edit", f"{good}..HEAD")
    folder, file = f"generated/{DEVELOPMENT}", "probe/configmap-development-region-a.yaml"
    text = (rings.made.root / folder / file).read_text()
    rings.made.write(f"{folder}/{file}", text.replace("first", "by hand"))
    rings.made.commit()
    assert file in rings.run("build", "--check", code=1)
    said = rings.promote(code=1)
    assert f"{folder}: 1 files" in said
    assert file in said
    _nothing_moved(rings, tip)


def _nothing_moved(rings: Rings, tip: str) -> None:
    """The branch is where it was, and so is what Argo CD made of it."""
    assert rings.tip(DEVELOPMENT) == tip
    name = DEVELOPMENT.replace("/", "-")
    rings.argo.refresh(name)
    rings.argo.until("Argo CD has looked again", lambda: rings.looked(name))
    status = rings.argo.status(name)
    assert status is not None
    assert (status.revision, status.ready) == (tip, True)
    assert rings.message(DEVELOPMENT) == "first"
    assert rings.argo.cluster.get(ROLES, "Role", name, "argocd") is None


def _freeze(rings: Rings, target: str) -> None:
    """Make the settings immutable, so that the next change of them cannot be applied."""
    metadata = {"name": target.replace("/", "-"), "namespace": "argocd"}
    frozen = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "immutable": True}
    rings.argo.apply(frozen, manager="somebody")


def _failed(rings: Rings) -> bool:
    status = rings.argo.status("staging-region-a")
    return status is not None and not status.ready and "immutable" in status.message
