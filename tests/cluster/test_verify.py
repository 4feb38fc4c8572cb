"""dharma verify against a real API server that runs production/region-a."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from dharma import environment
from dharma.build import Built, Plan, build
from dharma.cli import command
from dharma.cluster import Applied, Cluster
from dharma.drift.comparison import MANAGER
from dharma.drift.role import role
from dharma.drift.verification import Request, Verification, verify
from dharma.report import drift
from dharma.repository import schema_folders
from dharma.target import Target
from tests.cluster.lab import Lab, binary, crd_files

ROOT = Path(__file__).parent.parent.parent
TARGET = "production/region-a"
DAY = date(2027, 1, 15)
CHECKOUT = ("apps/v1", "Deployment", "checkout", "shop")
Body = dict[str, Any]


@dataclass
class Platform:
    """A lab that runs a target; changes made to it are undone by applying the target again."""

    lab: Lab
    plan: Plan
    target: Target
    built: Built
    made: list[Body] = field(default_factory=list)

    @property
    def cluster(self) -> Cluster:
        return self.lab.cluster

    def verify(self, cluster: Cluster | None = None, **request: Any) -> Verification:
        asked = Request(self.plan, self.target, self.built, DAY)
        return verify(cluster or self.cluster, replace(asked, **request))

    def body(self, kind: str, name: str = "", namespace: str = "") -> Body:
        """A declared object as it is declared."""
        return next(
            dict(one.body)
            for one in self.built.manifests
            if one.kind == kind and name in {"", one.name} and namespace in {"", one.namespace}
        )

    def apply(self, body: Body, manager: str = "somebody") -> None:
        applied = self.cluster.apply(body, manager=manager)
        assert isinstance(applied, Applied), applied
        if manager != MANAGER:
            self.made.append(body)

    def patch(self, body: Body, change: Body, manager: str = "kubectl-edit") -> None:
        head = body["metadata"]
        path = self.cluster.path(body["apiVersion"], body["kind"], head["name"], head.get("namespace", ""))
        assert path is not None
        query, form = {"fieldManager": manager}, "application/merge-patch+json"
        assert self.cluster.request("PATCH", path, query, change, form).status == 200
        self.made.append(body)

    def delete(self, body: Body) -> None:
        head = body["metadata"]
        place = (body["apiVersion"], body["kind"], head["name"], head.get("namespace", ""))
        assert self.cluster.delete(*place, wait=20)
        self.made.append(body)

    def restore(self) -> None:
        """Undo: what a test touched is removed and, where it is declared, made anew."""
        declared = {one.identity: one.body for one in self.built.manifests}
        for body in self.made:
            head = body["metadata"]
            group, place = body["apiVersion"].rpartition("/")[0], head.get("namespace", "")
            self.cluster.delete(body["apiVersion"], body["kind"], head["name"], place, wait=20)
            if found := declared.get((group, body["kind"], place, head["name"])):
                self.apply(dict(found), MANAGER)
        self.made.clear()

    def versions(self) -> dict[tuple[str, str, str, str], str]:
        """The version of every object in the cluster, to see that none was touched."""
        return {
            (version, kind, body["metadata"].get("namespace", ""), body["metadata"]["name"]): body[
                "metadata"
            ]["resourceVersion"]
            for version, kind in self.cluster.kinds()
            if kind != "Lease"
            for body in self.cluster.list(version, kind)
        }


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    binary("etcd"), binary("kube-apiserver")
    plan = Plan(ROOT, schema_folders(ROOT))
    targets = environment.load(ROOT).select([TARGET])
    (built,) = build(plan, targets)
    with Lab.started(tmp_path_factory.mktemp("verify")) as lab:
        platform = Platform(lab, plan, targets[0], built)
        lab.define(needed_definitions(built))
        apply_all(platform)
        yield platform


@pytest.fixture
def platform(running: Platform) -> Iterator[Platform]:
    yield running
    running.restore()


def needed_definitions(built: Built) -> list[Path]:
    kinds = {(one.group, one.kind) for one in built.manifests}

    def defines(path: Path) -> bool:
        text = path.read_text()
        group = re.search(r"^  group: (\S+)", text, re.MULTILINE)
        kind = re.search(r"^    kind: (\S+)", text, re.MULTILINE)
        return bool(group and kind) and (group[1], kind[1]) in kinds

    return [path for path in crd_files() if defines(path)]


def apply_all(platform: Platform) -> None:
    several = [dict(one.body) for one in platform.built.manifests]
    first = [body for body in several if body["kind"] == "Namespace"]
    with ThreadPoolExecutor(6) as threads:
        for stage in (first, [body for body in several if body not in first]):
            list(threads.map(lambda body: platform.apply(body, MANAGER), stage))


def subjects(found: Verification, state: str) -> list[str]:
    return [one.subject for one in found.deviations if one.state == state]


def test_right_after_applying_there_is_no_drift(platform):
    found = platform.verify()
    states = {one.state for one in found.deviations}
    assert states <= {"unhealthy"}, "\n".join(drift.lines(found))
    assert found.dry_run == found.objects == len(platform.built.manifests)
    assert found.local == 0
    assert found.clean, "\n".join(drift.lines(found))


def test_verifying_changes_nothing(platform):
    before = platform.versions()
    assert len(before) > len(platform.built.manifests)
    platform.verify(everywhere=True)
    assert platform.versions() == before


def test_a_hand_made_change_is_drift_at_its_field(platform):
    body = platform.body("ServiceEntry")
    platform.patch(body, {"spec": {"resolution": "NONE"}})
    (one,) = platform.verify().of("drift")
    (difference,) = one.differences
    assert one.subject.endswith(f"/{body['metadata']['name']}")
    assert difference.path == "spec.resolution"
    assert (difference.declared, difference.live) == (f'"{body["spec"]["resolution"]}"', '"NONE"')
    assert one.places[0].file.startswith("components/")


def test_a_field_that_is_declared_no_more_is_drift(platform):
    body = platform.body("ServiceEntry")
    platform.made.append(body)
    labels = body["metadata"]["labels"] | {"left": "over"}
    platform.apply(body | {"metadata": body["metadata"] | {"labels": labels}}, MANAGER)
    (one,) = platform.verify().of("drift")
    assert [str(each) for each in one.differences] == ['metadata.labels.left: declared absent, live "over"']


def test_a_field_that_others_own_is_no_drift(platform):
    name = next(
        entry["name"]
        for one in platform.built.manifests
        if one.kind == "Application"
        for entry in one.body["spec"].get("ignoreDifferences", ())
        if entry["kind"] == "Rollout" or entry["kind"] == "Deployment"
    )
    body = next(
        dict(one.body)
        for one in platform.built.manifests
        if one.kind in {"Deployment", "Rollout"} and one.name == name
    )
    assert "replicas" not in body["spec"]
    platform.patch(body, {"spec": {"replicas": 7}})
    found = platform.verify()
    assert not found.of("drift")
    assert not found.of("added")


def test_a_deleted_object_is_missing(platform):
    body = platform.body("NetworkPolicy")
    platform.delete(body)
    found = platform.verify()
    name = f"{body['metadata']['namespace']}/{body['metadata']['name']}"
    assert subjects(found, "missing") == [f"networking.k8s.io/NetworkPolicy/{name}"]
    assert not found.clean


def extra(**more: Any) -> Body:
    head = {"name": "extra", "namespace": "shop", "labels": {"app.kubernetes.io/managed-by": "dharma"}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": head | more}


def test_an_object_with_the_label_that_nobody_declares_is_foreign(platform):
    body = platform.body("NetworkPolicy")
    platform.apply(body | {"metadata": body["metadata"] | {"name": "extra"}})
    found = platform.verify()
    namespace = body["metadata"]["namespace"]
    assert subjects(found, "foreign") == [f"networking.k8s.io/NetworkPolicy/{namespace}/extra"]
    assert not found.clean


def test_a_foreign_object_of_an_undeclared_kind_is_found_only_where_all_kinds_are_searched(platform):
    assert not any(one.kind == "ConfigMap" for one in platform.built.manifests)
    platform.apply(extra())
    assert not platform.verify().of("foreign")
    assert subjects(platform.verify(everywhere=True), "foreign") == ["/ConfigMap/shop/extra"]


def test_an_object_that_another_owns_is_not_foreign(platform):
    (service,) = [
        platform.cluster.get(
            "v1",
            "Service",
            platform.body("Service")["metadata"]["name"],
            platform.body("Service")["metadata"]["namespace"],
        )
    ]
    owner = {"apiVersion": "v1", "kind": "Service"} | {
        key: service["metadata"][key] for key in ("name", "uid")
    }
    platform.apply(extra(namespace=service["metadata"]["namespace"], ownerReferences=[owner]))
    assert not platform.verify(everywhere=True).of("foreign")


def test_a_sidecar_added_by_hand_is_shown_and_held_against_the_rules(platform):
    body = platform.body("StatefulSet")
    name, namespace = body["metadata"]["name"], body["metadata"]["namespace"]
    containers = [
        {"name": "debug", "image": "registry.example/debug:latest", "securityContext": {"privileged": True}}
    ]
    platform.apply(
        {
            "apiVersion": "apps/v1",
            "kind": "StatefulSet",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {"template": {"spec": {"containers": containers}}},
        },
        "kubectl",
    )
    found = platform.verify()
    (one,) = found.of("added")
    assert one.message == "written by kubectl"
    assert "spec.template.spec.containers[debug]" in {each.path for each in one.differences}
    denied = [finding for finding in found.findings if finding.blocks]
    assert {finding.subject for finding in denied} == {f"apps/StatefulSet/{namespace}/{name}"}
    assert any("privileged" in finding.rule for finding in denied), denied
    assert not found.clean


def test_an_object_that_the_server_would_not_take_is_refused(platform):
    body = platform.body("StatefulSet")
    head = body["metadata"]
    platform.delete(body)
    platform.apply(body | {"spec": body["spec"] | {"serviceName": "another"}})
    (one,) = platform.verify().of("refused")
    assert one.subject == f"apps/StatefulSet/{head['namespace']}/{head['name']}"
    assert "spec.serviceName" in {each.path for each in one.differences}


def test_a_kind_that_the_server_lost_makes_its_objects_missing(platform):
    found = platform.verify(
        built=replace(
            platform.built,
            manifests=(*platform.built.manifests, unknown_kind(platform)),
        )
    )
    assert subjects(found, "missing") == ["example.io/Unknown/shop/x"]


def unknown_kind(platform: Platform) -> Any:
    one = platform.built.manifests[0]
    body = {"apiVersion": "example.io/v1", "kind": "Unknown", "metadata": {"name": "x", "namespace": "shop"}}
    return replace(one, body=body)


# ---- the least role -------------------------------------------------------------------------------


def as_verifier(platform: Platform, folder: Path, *, patch: bool) -> tuple[Path, Cluster]:
    """A kubeconfig of the service account that the generated role is for."""
    for body in role(platform.built.manifests, patch=patch):
        platform.apply(body)
    path = "/api/v1/namespaces/argocd/serviceaccounts/dharma-verify/token"
    asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    token = platform.cluster.request("POST", path, body=asked).body["status"]["token"]
    document = yaml.safe_load(platform.lab.kubeconfig.read_text())
    document["users"][0]["user"] = {"token": token}
    file = folder / "verifier"
    file.write_text(yaml.safe_dump(document))
    return file, Cluster.connect(file)


def test_the_generated_role_names_every_kind_as_the_server_does(platform):
    (rules,) = [body["rules"] for body in role(platform.built.manifests) if body["kind"] == "ClusterRole"]
    named = {(group, name) for rule in rules for group in rule["apiGroups"] for name in rule["resources"]}
    kinds = {(one.group, one.api_version, one.kind) for one in platform.built.manifests}
    served = {(group, platform.cluster.resource(version, kind).plural) for group, version, kind in kinds}
    assert named == served


def test_the_generated_role_suffices_and_cannot_change_anything(platform, tmp_path):
    _, verifier = as_verifier(platform, tmp_path, patch=True)
    before = platform.versions()
    found = platform.verify(verifier)
    assert found.clean, "\n".join(drift.lines(found))
    rbac = sum(one.group == "rbac.authorization.k8s.io" for one in platform.built.manifests)
    assert (found.local, found.dry_run) == (rbac, found.objects - rbac)
    body = platform.body("ServiceEntry")
    changed = body | {"spec": body["spec"] | {"resolution": "NONE"}}
    refusal = verifier.apply(changed, manager=MANAGER)
    assert refusal.status in {403, 422}
    assert "changes nothing" in refusal.message
    assert verifier.list("v1", "Namespace")
    assert verifier.apply(extra()).status == 403
    assert platform.versions() == before


def test_without_patch_the_comparison_is_local_and_the_report_says_so(platform, tmp_path):
    file, verifier = as_verifier(platform, tmp_path, patch=False)
    before = platform.versions()
    found = platform.verify(verifier)
    assert found.clean, "\n".join(drift.lines(found))
    assert (found.local, found.dry_run) == (found.objects, 0)
    assert any("compared locally" in line and "no `patch`" in line for line in drift.lines(found))
    body = platform.body("ServiceEntry")
    platform.patch(body, {"spec": {"resolution": "NONE"}, "metadata": {"labels": {"by": "hand"}}})
    (one,) = platform.verify(verifier).of("drift")
    assert [each.path for each in one.differences] == ["spec.resolution"]
    platform.restore()
    assert file.is_file()
    assert before.keys() >= {key for key in platform.versions() if key[1] == "ServiceEntry"}


def test_what_may_not_be_read_is_unread_and_not_clean(platform, tmp_path):
    _, verifier = as_verifier(platform, tmp_path, patch=True)
    few = [one for one in platform.built.manifests if one.kind != "ServiceEntry"]
    for body in role(few):
        platform.apply(body)
    found = platform.verify(verifier)
    entries = [one for one in platform.built.manifests if one.kind == "ServiceEntry"]
    assert len(found.of("unread")) == len(entries)
    assert not found.clean
    assert any("ServiceEntry" in kind for kind in found.unsearched)


# ---- the command ------------------------------------------------------------------------------------


def run(platform: Platform, *arguments: str) -> tuple[int, str]:
    where = ["--kubeconfig", str(platform.lab.kubeconfig), "--context", "lab"]
    ran = CliRunner().invoke(command, ["-C", str(ROOT), "verify", TARGET, *where, *arguments])
    assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
    return ran.exit_code, ran.stdout


def test_the_command_exits_with_1_on_drift_and_0_without(platform):
    code, out = run(platform)
    assert code == 0, out
    assert " 0 drift, 0 missing, 0 foreign" in out
    platform.patch(platform.body("ServiceEntry"), {"spec": {"resolution": "NONE"}})
    code, out = run(platform)
    assert code == 1
    assert re.search(r'drift +networking.istio.io/ServiceEntry/\S+ +spec.resolution +"DNS" +"NONE"', out), out


def test_each_format_tells_of_the_drift(platform, tmp_path):
    platform.patch(platform.body("ServiceEntry"), {"spec": {"resolution": "NONE"}})
    code, out = run(platform, "--format", "json")
    (target,) = json.loads(out)["targets"]
    assert (code, target["clean"]) == (1, False)
    (drifted,) = [one for one in target["deviations"] if one["state"] == "drift"]
    assert drifted["differences"] == [{"path": "spec.resolution", "declared": '"DNS"', "live": '"NONE"'}]
    code, out = run(platform, "--format", "markdown")
    assert (code, "| spec.resolution |" in out) == (1, True)
    file = tmp_path / "dharma.prom"
    code, out = run(platform, "--format", "prometheus", "--output", str(file))
    assert (code, out) == (1, "")
    assert 'dharma_verify_clean{target="production/region-a"} 0\n' in file.read_text()
