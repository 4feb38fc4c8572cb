"""A stack on the real API server: preview, up, up unchanged, denials and destroy, with the real Pulumi CLI.

The program runs inline, so that no language host is needed; `pulumi_provider` stands in for the plugin.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi import automation
from pulumi_kubernetes.yaml.v2 import ConfigGroup
from ruamel.yaml import YAML

from dharma import environment
from dharma.cluster import Applied
from dharma.delivery.pulumi import derived, stack_name
from dharma.delivery.transform import register
from dharma.delivery.verdict import Assessor
from dharma.render import render
from dharma.stacks.cluster import Object, reach
from dharma.stacks.configuration import configured
from dharma.stacks.program import run
from tests.cluster.lab import crd_files
from tests.cluster.process import binary

SECRETS = {"dharma:redisPassword": "redis-text", "dharma:repositoryPassword": "repository-text"}
KINDS = ("applications", "appprojects")
SPACE = "pulumi-trial"
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "bare", "namespace": SPACE},
    "spec": {"hostNetwork": True, "containers": [{"name": "app", "image": "docker.io/nginx:latest"}]},
}
LAUNCHER = """#!/bin/sh
exec {python} -u -m pulumi.policy "$1" "$2"
"""
"""What Pulumi's distribution starts a Python policy pack by; the built CLI comes without it."""
Program = Callable[[], None]


@pytest.fixture(scope="module")
def target(repository):
    return environment.load(repository).select(["staging/region-b"])[0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("pulumi")


@pytest.fixture(scope="module")
def kubeconfig(lab, target, folder):
    """The lab's kubeconfig under the context that the declarations name."""
    yaml = YAML(typ="safe")
    said = yaml.load(lab.kubeconfig)
    said["contexts"][0]["name"] = target.cluster.kube_context
    said["current-context"] = ""
    path = folder / "kubeconfig"
    yaml.dump(said, path)
    path.chmod(0o600)
    return path


@pytest.fixture(scope="module")
def provider(kubeconfig, folder, repository) -> Iterator[str]:
    """The port of the provider, which serves a small chart called argo-cd."""
    (folder / "argo-cd.json").write_text(json.dumps(list(_chart())))
    command = [sys.executable, Path(__file__).with_name("pulumi_provider.py"), folder]
    surroundings = {**os.environ, "KUBECONFIG": str(kubeconfig), "PYTHONPATH": str(repository)}
    with subprocess.Popen(command, env=surroundings, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def _chart() -> Iterator[dict[str, Any]]:
    """The kinds that a stack needs of Argo CD, and one of its settings."""
    yaml = YAML(typ="safe")
    for path in crd_files():
        if path.name in {f"{kind}.argoproj.io.yaml" for kind in KINDS}:
            yield yaml.load(path)
    metadata = {"name": "argocd-cm", "namespace": "argocd", "labels": {"app.kubernetes.io/part-of": "argocd"}}
    yield {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"admin.enabled": "false"}}


@pytest.fixture(scope="module")
def stack_of(provider, folder, target) -> Callable[[Program], automation.Stack]:
    """The target's stack with another program, on a backend of its own."""
    (folder / "bin").mkdir()
    (folder / "bin" / "pulumi").symlink_to(binary("pulumi"))
    launcher = folder / "bin" / "pulumi-analyzer-policy-python"
    launcher.write_text(LAUNCHER.format(python=sys.executable))
    launcher.chmod(0o700)
    (folder / "state").mkdir()
    surroundings = {
        "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
        "PULUMI_CONFIG_PASSPHRASE": "only for tests",
        "PULUMI_DEBUG_PROVIDERS": f"kubernetes:{provider}",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }
    os.environ["PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK"] = "true"
    options = automation.LocalWorkspaceOptions(
        work_dir=str(folder),
        pulumi_home=str(folder / "home"),
        pulumi_command=automation.PulumiCommand(str(folder), skip_version_check=True),
        env_vars=surroundings,
        secrets_provider="passphrase",
        project_settings=automation.ProjectSettings(
            name="dharma", runtime="python", backend=automation.ProjectBackend(f"file://{folder / 'state'}")
        ),
    )

    def of(program: Program) -> automation.Stack:
        stack = automation.create_or_select_stack(stack_name(target), "dharma", program, opts=options)
        plain = {**derived(target), "dharma:protect": "false"}
        stack.set_all_config(
            {key: automation.ConfigValue(value) for key, value in plain.items()}
            | {key: automation.ConfigValue(value, secret=True) for key, value in SECRETS.items()}
        )
        return stack

    return of


@pytest.fixture(scope="module")
def program(repository, target) -> Program:
    rendered = render(target, repository)
    return lambda: run(repository, target, rendered)


def test_a_cluster_is_brought_up_left_alone_and_taken_down(stack_of, program, lab, target, folder):
    stack = stack_of(program)
    with lab.timed("pulumi preview"):
        preview = stack.preview()
    assert preview.change_summary == {"create": _count(preview)}
    with lab.timed("pulumi up"):
        first = stack.up()
    assert first.summary.resource_changes == {"create": _count(preview)}
    assert first.outputs["branch"].value == target.branch
    root = lab.cluster.get("argoproj.io/v1alpha1", "Application", "root", "argocd")
    assert root is not None
    assert root["spec"]["source"]["targetRevision"] == target.branch
    secret = lab.cluster.get("v1", "Secret", target.gitops.credentials, "argocd")
    assert secret is not None
    kept = [path.read_text() for path in (folder / "state").rglob("*.json")]
    assert any("argocd/argocd-redis" in text for text in kept)
    assert not [text for text in kept if any(secret in text for secret in SECRETS.values())]
    with lab.timed("pulumi up, unchanged"):
        second = stack.up()
    assert set(second.summary.resource_changes) == {"same"}
    with lab.timed("pulumi destroy"):
        gone = stack.destroy()
    assert set(gone.summary.resource_changes) == {"delete"}
    assert lab.cluster.get("argoproj.io/v1alpha1", "Application", "root", "argocd") is None


def _count(preview: automation.PreviewResult) -> int:
    return preview.change_summary["create"]


@pytest.fixture(scope="module", autouse=True)
def _space(lab) -> Iterator[None]:
    """A namespace for objects of trials."""
    assert isinstance(
        lab.cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}}), Applied
    )
    yield
    lab.cluster.delete("v1", "Namespace", SPACE)


@pytest.fixture(scope="module")
def gated(repository, target) -> Callable[[Callable[[pulumi.ResourceOptions], object]], Program]:
    """A program of a few resources under the gate."""

    def of(make: Callable[[pulumi.ResourceOptions], object]) -> Program:
        def program() -> None:
            configuration = configured(repository, target)
            register(Assessor(repository, target, date(2026, 12, 1)))
            make(pulumi.ResourceOptions(provider=reach(target, configuration)))

        return program

    return of


def _pod(options: pulumi.ResourceOptions) -> object:
    return Object("bare", POD, options)


def _group(options: pulumi.ResourceOptions) -> object:
    return ConfigGroup("group", objs=[POD], opts=options)


@pytest.mark.parametrize("make", [pytest.param(_pod, id="own"), pytest.param(_group, id="child of a group")])
@pytest.mark.parametrize("verb", ["preview", "up"])
def test_a_denied_resource_stops_pulumi_with_the_finding(stack_of, gated, lab, make, verb):
    with pytest.raises(automation.CommandError) as caught:
        getattr(stack_of(gated(make)), verb)()
    text = str(caught.value)
    assert f"deny images/digest staging/region-b Pod {SPACE}/bare spec.containers[0].image" in text
    assert "error: bare is denied by" in text or "error: group:Pod/bare is denied by" in text
    assert lab.cluster.get("v1", "Pod", "bare", SPACE) is None


def _late(options: pulumi.ResourceOptions) -> object:
    first = Object("first", _settings("first", {"log": "json"}), options)
    return Object("second", _settings("second", {"password": first.id}), options)


def _settings(name: str, data: dict[str, Any]) -> dict[str, Any]:
    metadata = {"name": name, "namespace": SPACE}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def test_what_a_preview_cannot_know_is_decided_by_up(stack_of, gated, lab):
    stack = stack_of(gated(_late))
    told = stack.preview().stdout
    assert "second: undecided until `pulumi up` knows data.password" in told
    assert "secrets/config-map" in told
    with pytest.raises(automation.CommandError, match="deny secrets/config-map") as caught:
        stack.up()
    assert "undecided" not in str(caught.value)
    assert lab.cluster.get("v1", "ConfigMap", "first", SPACE) is not None
    assert lab.cluster.get("v1", "ConfigMap", "second", SPACE) is None
    stack.destroy()
    assert lab.cluster.get("v1", "ConfigMap", "first", SPACE) is None


def test_the_policy_pack_denies_what_the_transform_would(stack_of, target, repository):
    def of(body: dict[str, Any]) -> Program:
        def program() -> None:
            provider = reach(target, configured(repository, target))
            Object("one", body, pulumi.ResourceOptions(provider=provider))

        return program

    pack = [str(repository / "policies" / "pulumi")]
    with pytest.raises(automation.CommandError, match="images-digest") as caught:
        stack_of(of(POD)).preview(policy_packs=pack)
    assert "deny images/digest staging/region-b Pod" in str(caught.value)
    assert (
        "create" in stack_of(of(_settings("one", {"log": "json"}))).preview(policy_packs=pack).change_summary
    )
