"""The policy pack as Pulumi runs it: a process that is asked over gRPC about each resource."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from google.protobuf.json_format import ParseDict
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime import rpc
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc
from ruamel.yaml import YAML

from dharma.delivery.resource import UNKNOWN, Hidden, Resource
from dharma.delivery.verdict import Assessor
from dharma.policy.rule import load_rules

STACK = "production.region-a"
SIGNATURE = rpc._special_sig_key
SECRET_SIGNATURE = rpc._special_secret_sig
UNKNOWN_TEXT = rpc.UNKNOWN
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "bare", "namespace": "shop"},
    "spec": {"hostNetwork": True, "containers": [{"name": "app", "image": "docker.io/nginx:latest"}]},
}
SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "one", "namespace": "argocd"}}
MANDATORY, ADVISORY = analyzer_pb2.MANDATORY, analyzer_pb2.ADVISORY


@pytest.fixture
def today():
    return date.today()  # noqa: DTZ011 - as the pack reads the user's calendar


def _pack(root: Path, folder: Path, *, preview: bool) -> Iterator[analyzer_pb2_grpc.AnalyzerStub]:
    surroundings = {
        **os.environ,
        "PULUMI_PROJECT": "dharma",
        "PULUMI_STACK": STACK,
        "PULUMI_DRY_RUN": "true" if preview else "false",
    }
    command = [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", str(folder)]
    with subprocess.Popen(command, cwd=root, env=surroundings, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            with grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}") as channel:
                yield analyzer_pb2_grpc.AnalyzerStub(channel)
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def running(repository):
    """The pack during `pulumi up`."""
    yield from _pack(repository, repository / "policies" / "pulumi", preview=False)


@pytest.fixture(scope="module")
def previewing(repository):
    """The pack during `pulumi preview`."""
    yield from _pack(repository, repository / "policies" / "pulumi", preview=True)


def _request(properties: dict[str, Any], type_: str) -> Any:
    return analyzer_pb2.AnalyzeRequest(
        type=type_,
        name="probe",
        urn=f"urn:pulumi:{STACK}::dharma::{type_}::probe",
        properties=ParseDict(properties, Struct()),
    )


def _ask(stub: Any, properties: dict[str, Any], type_: str = "kubernetes:core/v1:Pod") -> list[Any]:
    return list(stub.Analyze(_request(properties, type_), timeout=60).diagnostics)


def _as_secret(value: Any) -> dict[str, Any]:
    return {SIGNATURE: SECRET_SIGNATURE, "value": value}


def test_every_object_rule_is_a_policy_with_severity_and_remediation(running, repository):
    info = running.GetAnalyzerInfo(empty_pb2.Empty())
    rules = load_rules(repository / "policies" / "rego").objects
    policies = {policy.name: policy for policy in info.policies}
    assert set(policies) == {rule.id.replace("/", "-") for rule in rules} | {"enforced", "told", "undecided"}
    for rule in rules:
        policy = policies[rule.id.replace("/", "-")]
        denies = rule.metadata.severity == "deny"
        assert policy.enforcementLevel == (MANDATORY if denies else ADVISORY)
        assert policy.severity == (
            analyzer_pb2.POLICY_SEVERITY_HIGH if denies else analyzer_pb2.POLICY_SEVERITY_MEDIUM
        )
        assert rule.metadata.remediation.text.strip() in policy.remediation_steps


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(POD, id="a bare pod"),
        pytest.param({**SECRET, "stringData": Hidden({"key": "text"})}, id="a secret of Pulumi"),
        pytest.param({**SECRET, "stringData": {"key": "plain"}}, id="a secret in plain text"),
        pytest.param({**SECRET, "stringData": {"a": Hidden("text"), "b": "plain"}}, id="half a secret"),
    ],
)
def test_its_verdicts_are_those_of_the_transform(running, repository, fleet, today, body):
    (target,) = fleet.select([STACK.replace(".", "/")])
    verdict = Assessor(repository, target, today).assess(Resource("probe", body), preview=False)
    said = _ask(running, _wire(body), f"kubernetes:core/v1:{body['kind']}")
    mandatory = {one.policyName for one in said if one.enforcementLevel == MANDATORY}
    advisory = {one.policyName for one in said if one.enforcementLevel == ADVISORY}
    assert mandatory == {one.rule.replace("/", "-") for one in verdict.denied}
    assert advisory == {one.rule.replace("/", "-") for one in verdict.told}
    text = "\n".join(one.message for one in said)
    assert all(one.message in text for one in (*verdict.denied, *verdict.told))


def _wire(value: Any) -> Any:
    if isinstance(value, Hidden):
        return _as_secret(_wire(value.value))
    if value is UNKNOWN:
        return UNKNOWN_TEXT
    if isinstance(value, dict):
        return {key: _wire(item) for key, item in value.items()}
    return [_wire(item) for item in value] if isinstance(value, list) else value


def test_what_a_preview_does_not_know_is_advice_only(previewing, repository, fleet, today):
    body = copy.deepcopy(POD)
    body["spec"]["containers"][0]["image"] = UNKNOWN
    (target,) = fleet.select([STACK.replace(".", "/")])
    verdict = Assessor(repository, target, today).assess(Resource("probe", body), preview=True)
    said = _ask(previewing, _wire(body))
    (open_ones,) = (one for one in said if one.policyName == "undecided")
    assert open_ones.enforcementLevel == ADVISORY
    assert "images/digest" in open_ones.message
    mandatory = {one.policyName for one in said if one.enforcementLevel == MANDATORY}
    assert mandatory == {one.rule.replace("/", "-") for one in verdict.denied}
    assert "images-digest" not in mandatory


def test_an_unknown_field_outside_a_preview_is_mandatory(running):
    said = _ask(running, {**SECRET, "type": UNKNOWN_TEXT}, "kubernetes:core/v1:Secret")
    assert [one.policyName for one in said if one.enforcementLevel == MANDATORY] == ["enforced"]


def test_secrets_are_never_repeated(running):
    body = copy.deepcopy(POD)
    body["spec"]["containers"][0]["image"] = _as_secret("docker.io/hidden-text:latest")
    said = _ask(running, body)
    assert "images-tag" in {one.policyName for one in said}
    assert "hidden-text" not in "".join(one.message for one in said)


@pytest.mark.parametrize("type_", ["kubernetes:example.org/v1:Other", "kubernetes:core/v1:PodPatch"])
def test_a_type_of_another_name_hides_no_object(running, type_):
    usual = {one.policyName for one in _ask(running, POD)}
    assert {one.policyName for one in _ask(running, POD, type_)} == usual
    item = {key: value for key, value in POD.items() if key not in ("apiVersion", "kind")}
    several = {"apiVersion": "v1", "kind": "PodList", "items": [item]}
    assert {one.policyName for one in _ask(running, several, "kubernetes:core/v1:PodList")} == usual


def test_it_remedies_nothing_by_itself(running):
    answer = running.Remediate(_request(POD, "kubernetes:core/v1:Pod"), timeout=60)
    assert list(answer.remediations) == []


@pytest.mark.parametrize("type_", ["aws:s3/bucket:Bucket", "kubernetes:helm.sh/v4:Chart"])
def test_what_is_no_kubernetes_object_is_let_pass(running, type_):
    assert _ask(running, {"anything": 1}, type_) == []


def test_an_object_without_a_kind_is_mandatory_for_every_rule_that_cannot_be_asked(running):
    said = _ask(running, {"metadata": {"name": "x"}})
    assert any(one.enforcementLevel == MANDATORY for one in said)


def test_enforcement_of_the_repository_holds(platform_copy, repository):
    environments = platform_copy / "environments"
    environments.joinpath("enforcement.yaml").write_text(
        "enforcement:\n  images/tag: {level: warn}\n  workloads/service-links: {level: deny}\n"
    )
    with contextmanager(_pack)(platform_copy, repository / "policies" / "pulumi", preview=False) as stub:
        said = _ask(stub, POD)
    asked = ("images/tag", "workloads/service-links")
    found = {(one.policyName, rule) for one in said for rule in asked if rule in one.message}
    assert found == {("told", "images/tag"), ("enforced", "workloads/service-links")}


def test_the_pack_runs_in_the_projects_environment(repository):
    project = YAML(typ="safe").load(repository / "Pulumi.yaml")
    folder = repository / "policies" / "pulumi"
    pack = YAML(typ="safe").load(folder / "PulumiPolicy.yaml")
    where = (folder / pack["runtime"]["options"]["virtualenv"]).resolve()
    assert where == (repository / project["runtime"]["options"]["virtualenv"]).resolve()
    assert pack["name"] == project["name"] == "dharma"
