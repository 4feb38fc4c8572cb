"""A component comes, changes and goes under the real Argo CD: in order, and never with data by accident."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from dharma.cluster import Applied, Cluster
from dharma.delivery.branch import Deployed
from dharma.delivery.definitions import API as DEFINITIONS
from dharma.delivery.definitions import KIND, dropped_versions, unreadable
from dharma.delivery.promotion import opened
from tests.cluster.checkout import ROOT, TARGET
from tests.cluster.region import Region
from tests.unit.ringed import Ringed

SPACE = "monitoring"
NAMES = ("chart-widgets-crds", "chart-widgets", "widgets")
CONFIRMATION = "waiting for pruning confirmation"

Json = dict[str, Any]


@pytest.fixture(scope="module")
def widgets(region: Region) -> Region:
    """The region with one component more, a small one of its own."""
    folder = region.checkout.folder / "components" / "widgets"
    shutil.copytree(ROOT / "tests" / "cluster" / "widgets", folder, dirs_exist_ok=True)
    region.checkout.change("base.yaml", {"components": {"widgets": {}}})
    revision = region.deliver("Widgets")
    region.argo.until_ready(revision, *NAMES, seconds=120)
    return region


def found(region: Region, what: str) -> Json | None:
    api, kind, name = {
        "operator": ("apps/v1", "Deployment", "widgets"),
        "widget": ("lab.dharma.dev/v1", "Widget", "one"),
        "volume": ("v1", "PersistentVolumeClaim", "widgets"),
        "definition": (DEFINITIONS, KIND, "widgets.lab.dharma.dev"),
    }[what]
    return region.argo.cluster.get(api, kind, name, "" if what == "definition" else SPACE)


def there(region: Region) -> set[str]:
    return {what for what in ("operator", "widget", "volume", "definition") if found(region, what)}


def test_the_definition_comes_before_the_operator_and_both_before_the_resource(widgets: Region) -> None:
    times = [
        (found(widgets, what) or {})["metadata"]["creationTimestamp"]
        for what in ("definition", "operator", "widget")
    ]
    assert times == sorted(times)


def test_an_update_of_definition_operator_and_resource_in_one_commit_ends_synced(widgets: Region) -> None:
    """Each Application syncs alone: the resource's fails until the definition's is done, and tries again."""
    fields = {"components": {"widgets": {"version": "1.1.0", "colour": "green"}}}
    widgets.checkout.change("base.yaml", fields)
    revision = widgets.deliver("A colour")
    argo = widgets.argo
    argo.until("the definition has the field", lambda: "colour" in str(found(widgets, "definition")), 90)
    argo.refresh("widgets")
    argo.until("the Widget has its colour", lambda: _colour(widgets) == "green", 90)
    argo.until_ready(revision, *NAMES, seconds=120)


def _colour(region: Region) -> str:
    return str((found(region, "widget") or {}).get("spec", {}).get("colour"))


def test_retiring_asks_before_data_goes_and_leaves_the_operator(widgets: Region) -> None:
    widgets.checkout.change("base.yaml", {"components": {"widgets": {"state": "retiring"}}})
    revision = widgets.deliver("Widgets retire")
    argo = widgets.argo
    argo.until("Argo CD asks", lambda: CONFIRMATION in _message(widgets, "widgets"), 60)
    assert there(widgets) == {"operator", "widget", "volume", "definition"}
    argo.approve("widgets")
    argo.until(
        "the component's own objects are gone", lambda: there(widgets) == {"operator", "definition"}, 90
    )
    argo.until_ready(revision, *NAMES)


def test_then_the_component_goes_and_its_definition_stays(widgets: Region) -> None:
    widgets.checkout.change("base.yaml", {"components": {"widgets": None}})
    revision = widgets.deliver("No widgets")
    argo = widgets.argo
    argo.until("its Applications are gone", lambda: not any(map(argo.application, NAMES)), 120)
    argo.until("the operator is gone", lambda: there(widgets) == {"definition"}, 60)
    argo.until_ready(revision, "root", "tenancy")


def test_a_database_that_vanishes_from_git_waits_for_a_person_and_leaves_its_volumes(region: Region) -> None:
    shutil.rmtree(region.checkout.tree / "generated" / TARGET / "services" / "data" / "mlflow")
    revision = region.commit("A bad commit removes a database")
    argo, cluster = region.argo, region.argo.cluster
    argo.until("Argo CD asks", lambda: CONFIRMATION in _message(region, "services-data"), 60)
    assert cluster.get("apps/v1", "StatefulSet", "mlflow", "data")
    argo.approve("services-data")
    argo.until("it is gone", lambda: not cluster.get("apps/v1", "StatefulSet", "mlflow", "data"), 90)
    argo.until_ready(revision, "services-data")
    assert len(_claims(cluster)) == 3


def test_a_tenant_whose_project_and_application_go_together_is_not_stuck(region: Region) -> None:
    folder = region.checkout.tree / "generated" / TARGET / "argocd"
    for name in ("application-services-finops", "appproject-finops"):
        (folder / f"{name}.yaml").unlink()
    region.commit("No finops")
    argo, cluster = region.argo, region.argo.cluster
    argo.until("its Application is gone", lambda: argo.application("services-finops") is None, 120)
    _touch(region, "finops")
    argo.until("its project is gone", lambda: cluster.get(*_project("finops")) is None, 60)
    assert cluster.get("apps/v1", "Deployment", "cost", "finops") is None
    assert cluster.get("v1", "Namespace", "finops") is not None


def _touch(region: Region, name: str) -> None:
    """Let Argo CD look at a project now, which it does by itself every few minutes."""
    if region.argo.cluster.get(*_project(name)):
        head = {"name": name, "namespace": "argocd", "annotations": {"lab.dharma.dev/look": "now"}}
        api, kind, *_ = _project(name)
        region.argo.cluster.apply({"apiVersion": api, "kind": kind, "metadata": head}, manager="lab")


def _project(name: str) -> tuple[str, str, str, str]:
    return "argoproj.io/v1alpha1", "AppProject", name, "argocd"


def _claims(cluster: Cluster) -> list[Json]:
    return [
        claim
        for claim in cluster.list("v1", "PersistentVolumeClaim", "data")
        if claim["metadata"]["name"].startswith("data-mlflow-")
    ]


def _message(region: Region, name: str) -> str:
    status = region.argo.status(name)
    return status.message if status else ""


def definition(*versions: str) -> Json:
    schema = {"openAPIV3Schema": {"type": "object"}}
    several = [
        {"name": name, "served": True, "storage": name == versions[-1], "schema": schema} for name in versions
    ]
    names = {"kind": "Gadget", "plural": "gadgets", "singular": "gadget"}
    spec = {"group": "lab.dharma.dev", "scope": "Namespaced", "names": names, "versions": several}
    head = {"name": "gadgets.lab.dharma.dev"}
    return {"apiVersion": DEFINITIONS, "kind": KIND, "metadata": head, "spec": spec}


def test_a_definition_must_not_drop_a_version_that_is_stored(region: Region) -> None:
    cluster = region.argo.cluster
    assert dropped_versions(cluster, [definition("v1")]) == []
    assert isinstance(cluster.apply(definition("v1")), Applied)
    assert isinstance(cluster.apply(definition("v1", "v2")), Applied)
    (problem,) = dropped_versions(cluster, [definition("v2")])
    assert "v1" in str(problem)
    assert dropped_versions(cluster, [definition("v1", "v2"), {"kind": "ConfigMap"}]) == []
    cluster.delete(DEFINITIONS, KIND, "gadgets.lab.dharma.dev")


def test_a_tree_whose_definition_lost_a_stored_version_is_refused(region: Region, tmp_path: Path) -> None:
    ringed = Ringed(tmp_path)
    given, kept, lost = (ringed.versions(*names) for names in (("v1", "v2"), ("v1", "v2", "v3"), ("v2",)))
    here = opened(ringed.root)
    target = here.fleet.select(["development/region-a"])[0]
    ours = [here.branches.tree(target, commit) for commit in (given, kept, lost)]
    held = (target, Deployed(target.branch, "", "", given, ours[0], given, pinned=False))
    for names in (["v1"], ["v1", "v2"]):
        assert isinstance(region.argo.cluster.apply(definition(*names)), Applied)
    git, config = here.branches.git, region.lab.kubeconfig
    assert unreadable(git, held, ours[1], config) == []
    (problem,) = unreadable(git, held, ours[2], config)
    assert str(problem).startswith("development/region-a definition gadgets.lab.dharma.dev: drops version v1")
    region.argo.cluster.delete(DEFINITIONS, KIND, "gadgets.lab.dharma.dev")
