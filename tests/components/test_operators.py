"""Operators from official charts: prometheus-operator and rollouts."""

from __future__ import annotations

import json

import pytest

from dharma.components.prometheus_operator.options import PrometheusOperatorOptions
from dharma.components.rollouts.options import RolloutsOptions

OPTIONS = {
    "prometheus-operator": {
        "crds_version": "31.0.2",
        "version": "88.5.4",
        "memory": "300Mi",
        "log_level": "debug",
    },
    "rollouts": {"version": "2.41.1", "replicas": 3, "memory": "300Mi"},
}
MODELS = {"prometheus-operator": PrometheusOperatorOptions, "rollouts": RolloutsOptions}
CASES = [(component, option) for component, options in OPTIONS.items() for option in options]
component = pytest.mark.parametrize("name", OPTIONS)


@pytest.mark.parametrize(("name", "option"), CASES, ids=["/".join(case) for case in CASES])
def test_an_option_changes_the_release_that_argocd_delivers(small, name, option):
    value = OPTIONS[name][option]
    before = small().text("argocd")
    after = small({name: {MODELS[name].model_fields[option].alias: value}}).text("argocd")
    new = set(after.splitlines()) - set(before.splitlines())
    assert new
    assert all(str(value) in line for line in new)


@component
def test_every_option_is_tried(name):
    assert {*OPTIONS[name], "state"} == set(MODELS[name].model_fields)


def test_definitions_of_the_prometheus_operator_come_first_and_alone(small):
    first, second = small().deliveries["prometheus-operator"].releases
    assert (first.chart, first.crds) == ("prometheus-operator-crds", True)
    assert (second.chart, second.crds) == ("kube-prometheus-stack", False)
    assert second.values["crds"] == {"enabled": False}


def test_nothing_of_the_stack_runs_but_the_operator(small):
    values = small().release("prometheus-operator").values
    on = {name for name, value in values.items() if value.get("enabled", value.get("create", True))}
    assert on == {"prometheusOperator"}


def test_the_webhooks_certificate_is_left_to_the_job_that_makes_it(small):
    owned = small().release("prometheus-operator").owned
    group = "admissionregistration.k8s.io"
    assert (group, "ValidatingWebhookConfiguration", "/webhooks/1/clientConfig/caBundle") in owned
    assert (group, "MutatingWebhookConfiguration", "/webhooks/0/clientConfig/caBundle") in owned


def test_definitions_of_rollouts_survive_the_chart(small):
    sync = small().release("argo-rollouts").values["crdAnnotations"]["argocd.argoproj.io/sync-options"]
    assert "Prune=false" in sync
    assert "Delete=false" in sync


def test_rollouts_ask_prometheus_and_are_scraped_by_it(small):
    spec = small().one("NetworkPolicy", "argo-rollouts")["spec"]
    assert [port["port"] for rule in spec["egress"] for port in rule["ports"]] == [9090]
    assert [port["port"] for rule in spec["ingress"] for port in rule["ports"]] == [8090]


def test_a_monitor_needs_its_operator(small):
    found = small(without=("prometheus-operator", "mesh", "services"), services={})
    assert small().all("ServiceMonitor", "rollouts")
    assert not found.all("ServiceMonitor")


@pytest.mark.parametrize("release", ["argo-rollouts", "prometheus-operator"])
def test_images_come_from_the_private_mirror_where_there_is_one(small, release):
    mirror = "mirror.example/platform"
    assert mirror not in json.dumps(small().release(release).values)
    assert mirror in json.dumps(small(settings={"registry": mirror}).release(release).values)


@component
def test_signals_tell_what_to_do(small, name):
    chart = small().deliveries[name].chart
    assert len(chart.alerts()) >= 3
    assert chart.dashboards()
    exported = {metric.name for metric in chart.metrics()}
    queries = [panel.query for board in chart.dashboards() for panel in board.panels]
    queries += [alert.expression for alert in chart.alerts() if not alert.expression.startswith("absent(up")]
    assert all(any(metric in query for metric in exported) for query in queries)


def test_the_objects_stay_as_they_are(small, golden):
    golden("rollouts/small.yaml", small().text("rollouts"))


def test_kubeconform_accepts_every_object(small, conform):
    conform(small().text("rollouts"))
