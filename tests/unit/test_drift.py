"""Drift's own arithmetic: differences, noise, ownership, local comparison, health, role, reports."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as some

from dharma.drift import local
from dharma.drift.difference import ABSENT, HIDDEN, differences, dotted
from dharma.drift.health import health
from dharma.drift.noise import changed, cleaned, settled, steps, value_at
from dharma.drift.ownership import added
from dharma.drift.role import guessed
from dharma.drift.verification import STATES, Deviation, Verification
from dharma.errors import Origin
from dharma.policy.finding import Finding
from dharma.report import drift, drift_metrics

NAMES = some.text("ab./~0", min_size=1, max_size=3)
SCALARS = some.none() | some.booleans() | some.integers(-2, 2) | some.text("ab", max_size=2)
JSON = some.recursive(
    SCALARS, lambda inner: some.lists(inner, max_size=3) | some.dictionaries(NAMES, inner, max_size=3)
)
MAPS = some.dictionaries(NAMES, JSON, max_size=4)


def body(kind="ConfigMap", *, version="v1", name="a", **fields: object):
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": "n"}, **fields}


# ---- differences ----------------------------------------------------------------------------------


@given(MAPS)
def test_an_object_does_not_differ_from_itself(one):
    assert differences(one, json.loads(json.dumps(one))) == ()


@given(MAPS, MAPS)
def test_differences_are_the_same_from_either_side(one, other):
    there, back = differences(one, other), differences(other, one)
    assert sorted((each.path, each.live, each.declared) for each in back) == sorted(
        (each.path, each.declared, each.live) for each in there
    )


@given(MAPS, MAPS)
def test_objects_that_differ_say_where(one, other):
    assert bool(differences(one, other)) == (canonical(one) != canonical(other))


def canonical(value):
    return json.dumps(value, sort_keys=True)


PLACES = {
    "a scalar": ({"spec": {"a": 1}}, {"spec": {"a": 2}}, ["spec.a: declared 1, live 2"]),
    "a type": ({"a": 1}, {"a": True}, ["a: declared 1, live true"]),
    "gone": ({"a": {"b": None}}, {"a": {}}, ["a.b: declared null, live absent"]),
    "more": ({}, {"a": [1]}, ["a: declared absent, live [1]"]),
    "a dotted name": ({"l": {"x.io/y": 1}}, {"l": {}}, ['l."x.io/y": declared 1, live absent']),
    "an element by name": (
        {"c": [{"name": "x", "v": 1}, {"name": "y", "v": 1}]},
        {"c": [{"name": "x", "v": 1}, {"name": "y", "v": 2}]},
        ["c[y].v: declared 1, live 2"],
    ),
    "the order of elements": (
        {"c": [{"name": "x"}, {"name": "y"}]},
        {"c": [{"name": "y"}, {"name": "x"}]},
        ['c: declared ["[x]", "[y]"], live ["[y]", "[x]"]'],
    ),
    "an element by place": ({"c": [1, 2]}, {"c": [1, 3]}, ["c[1]: declared 2, live 3"]),
    "a longer list": ({"c": [1]}, {"c": [1, 2]}, ["c: declared [1], live [1, 2]"]),
}


@pytest.mark.parametrize(("declared", "live", "said"), PLACES.values(), ids=PLACES)
def test_a_difference_is_told_at_its_deepest_place(declared, live, said):
    assert [str(each) for each in differences(declared, live)] == said


def test_values_of_secrets_are_never_shown():
    one = body("Secret", data={"a": "b25l", "b": "c2FtZQ=="}, stringData={"c": "one"})
    other = body("Secret", data={"a": "dHdv", "b": "c2FtZQ=="})
    found = differences(one, other)
    assert [each.path for each in found] == ["data.a", "stringData"]
    assert {value for each in found for value in (each.declared, each.live)} == {HIDDEN, "absent"}


def test_long_values_are_cut():
    (one,) = differences({"a": "x" * 1000}, {"a": 1})
    assert len(one.declared) < 200


# ---- noise and other owners -----------------------------------------------------------------------


def test_what_the_server_and_argo_cd_keep_in_an_object_is_noise():
    live = body(status={"a": 1})
    live["metadata"] |= {"uid": "u", "resourceVersion": "1", "generation": 2, "managedFields": []}
    live["metadata"] |= {"creationTimestamp": "now", "annotations": {"argocd.argoproj.io/tracking-id": "x"}}
    assert cleaned(live) == body()
    assert "status" in live


@given(MAPS, some.lists(NAMES, min_size=1, max_size=3), SCALARS)
def test_a_changed_place_holds_the_new_value_and_the_original_stays(value, path, new):
    before = canonical(value)
    after = changed(value, path, new)
    assert canonical(value) == before
    if value_at(value, path) is not ABSENT:
        assert canonical(value_at(after, path)) == canonical(new)
        gone = changed(value, path)
        parent = value_at(value, path[:-1])
        assert isinstance(parent, list) or value_at(gone, path) is ABSENT


@given(some.lists(NAMES, min_size=1))
def test_a_json_pointer_is_read_as_it_was_written(path):
    pointer = "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in path)
    assert list(steps(pointer)) == path


def test_fields_of_others_are_as_declared_for_the_rules():
    declared = body(spec={"routes": [{"weight": 100}], "template": {}})
    live = body(spec={"routes": [{"weight": 5}], "replicas": 9, "template": {}}, status={})
    assert settled(live, declared, ["/spec/routes/0/weight", "/spec/replicas"]) == declared


def written(manager, operation, fields, **more: object):
    return {"manager": manager, "operation": operation, "fieldsV1": fields, **more}


def deployed(*entries: dict):
    containers = [{"name": "app", "image": "a"}, {"name": "debug", "image": "b"}]
    live = body("Deployment", version="apps/v1", spec={"replicas": 2, "containers": containers})
    live["metadata"]["managedFields"] = list(entries)
    return live


APP = {'k:{"name":"app"}': {".": {}, "f:name": {}, "f:image": {}}}
DEBUG = {'k:{"name":"debug"}': {".": {}, "f:name": {}, "f:image": {}}}
OURS = written("argocd-controller", "Apply", {"f:spec": {"f:containers": APP}})

WRITERS = {
    "nobody else": ([OURS], []),
    "a whole element": (
        [OURS, written("kubectl", "Update", {"f:spec": {"f:containers": DEBUG}})],
        ["kubectl spec.containers[debug]"],
    ),
    "a field": (
        [OURS, written("kubectl", "Update", {"f:spec": {"f:replicas": {}}})],
        ["kubectl spec.replicas"],
    ),
    "a field that we own too": ([OURS, written("kubectl", "Update", {"f:spec": {"f:containers": APP}})], []),
    "the control plane": (
        [OURS, written("kube-controller-manager", "Update", {"f:spec": {"f:replicas": {}}})],
        [],
    ),
    "a subresource": (
        [OURS, written("hpa", "Update", {"f:spec": {"f:replicas": {}}}, subresource="scale")],
        [],
    ),
    "metadata": ([OURS, written("kubectl", "Update", {"f:metadata": {"f:labels": {"f:a": {}}}})], []),
}


@pytest.mark.parametrize(("entries", "said"), WRITERS.values(), ids=WRITERS)
def test_what_others_wrote_beside_us_is_told_with_who(entries, said):
    found = added(deployed(*entries), "argocd-controller")
    assert [f"{one.manager} {one.field.path}" for one in found] == said


def test_owned_fields_are_nobody_s_addition():
    live = deployed(OURS, written("someone", "Update", {"f:spec": {"f:replicas": {}}}))
    assert list(added(live, "argocd-controller", ("/spec/replicas",))) == []


# ---- local comparison -----------------------------------------------------------------------------

LOCAL = {
    "a default": ({"a": 1}, {"a": 1, "b": 2}, []),
    "a changed field": ({"a": 1}, {"a": 2}, ["spec.a"]),
    "an element more": ({"c": [{"name": "x"}]}, {"c": [{"name": "x"}, {"name": "y"}]}, []),
    "an element less": ({"c": [{"name": "x"}]}, {"c": [{"name": "y"}]}, ["spec.c[x]"]),
    "a plain list": ({"c": [1]}, {"c": [1, 2]}, ["spec.c"]),
    "empty and absent": ({"a": {}, "b": [], "c": None, "d": ""}, {}, []),
    "absent": ({"a": 1}, {}, ["spec.a"]),
    "a quantity": ({"limits": {"cpu": "1000m"}}, {"limits": {"cpu": "1"}}, []),
    "another quantity": ({"limits": {"cpu": "100m"}}, {"limits": {"cpu": "1"}}, ["spec.limits.cpu"]),
    "a number elsewhere": ({"version": "1.0"}, {"version": "1"}, ["spec.version"]),
}


@pytest.mark.parametrize(("declared", "live", "paths"), LOCAL.values(), ids=LOCAL)
def test_only_declared_fields_are_compared_locally(declared, live, paths):
    found = local.compared(body(spec=declared), body(spec=live), "argocd-controller")
    assert [each.path for each in found] == paths


def test_a_field_that_was_applied_and_is_declared_no_more_differs_locally():
    live = deployed(written("argocd-controller", "Apply", {"f:spec": {"f:containers": APP | DEBUG}}))
    declared = body("Deployment", version="apps/v1", spec={"containers": [{"name": "app", "image": "a"}]})
    found = local.compared(declared, live, "argocd-controller")
    assert [each.path for each in found] == ["spec.containers[debug]"]
    assert local.compared(declared, live, "another") == ()


# ---- health ---------------------------------------------------------------------------------------


def condition(kind, status, message="why"):
    return {"conditions": [{"type": kind, "status": status, "message": message}]}


def of(version, kind, status, spec=None, **metadata: object):
    found = body(kind, version=version, spec=spec or {}, status=status)
    found["metadata"] |= metadata
    return found


DONE = {"observedGeneration": 2, "updatedReplicas": 3, "availableReplicas": 3, "replicas": 3}
THREE = {"replicas": 3}
HEALTH = {
    "no status": (of("v1", "ConfigMap", {}), "Healthy"),
    "being deleted": (of("v1", "ConfigMap", {}, deletionTimestamp="now"), "Progressing"),
    "deployment done": (of("apps/v1", "Deployment", DONE, THREE, generation=2), "Healthy"),
    "deployment unseen": (of("apps/v1", "Deployment", DONE, THREE, generation=3), "Progressing"),
    "deployment updating": (of("apps/v1", "Deployment", DONE | {"updatedReplicas": 1}, THREE), "Progressing"),
    "deployment unready": (
        of("apps/v1", "Deployment", DONE | {"availableReplicas": 1}, THREE),
        "Progressing",
    ),
    "deployment with old replicas": (
        of("apps/v1", "Deployment", DONE | {"replicas": 4}, THREE),
        "Progressing",
    ),
    "deployment stuck": (of("apps/v1", "Deployment", condition("Progressing", "False"), THREE), "Degraded"),
    "deployment paused": (of("apps/v1", "Deployment", {}, {"paused": True}), "Suspended"),
    "set done": (of("apps/v1", "StatefulSet", {"readyReplicas": 3}, THREE), "Healthy"),
    "set unready": (of("apps/v1", "StatefulSet", {"readyReplicas": 2}, THREE), "Progressing"),
    "set updating": (
        of(
            "apps/v1", "StatefulSet", {"readyReplicas": 3, "updatedReplicas": 1, "updateRevision": "b"}, THREE
        ),
        "Progressing",
    ),
    "daemons done": (
        of(
            "apps/v1",
            "DaemonSet",
            {"desiredNumberScheduled": 2, "updatedNumberScheduled": 2, "numberAvailable": 2},
        ),
        "Healthy",
    ),
    "daemons unready": (
        of("apps/v1", "DaemonSet", {"desiredNumberScheduled": 2, "updatedNumberScheduled": 2}),
        "Progressing",
    ),
    "job complete": (of("batch/v1", "Job", condition("Complete", "True")), "Healthy"),
    "job failed": (of("batch/v1", "Job", condition("Failed", "True")), "Degraded"),
    "job running": (of("batch/v1", "Job", {}), "Progressing"),
    "claim bound": (of("v1", "PersistentVolumeClaim", {"phase": "Bound"}), "Healthy"),
    "claim pending": (of("v1", "PersistentVolumeClaim", {"phase": "Pending"}), "Progressing"),
    "claim lost": (of("v1", "PersistentVolumeClaim", {"phase": "Lost"}), "Degraded"),
    "service": (of("v1", "Service", {}), "Healthy"),
    "balancer waits": (of("v1", "Service", {}, {"type": "LoadBalancer"}), "Progressing"),
    "balancer": (
        of("v1", "Service", {"loadBalancer": {"ingress": [{}]}}, {"type": "LoadBalancer"}),
        "Healthy",
    ),
    "pod ready": (of("v1", "Pod", {"phase": "Running", **condition("Ready", "True")}), "Healthy"),
    "pod unready": (of("v1", "Pod", {"phase": "Running", **condition("Ready", "False")}), "Progressing"),
    "pod in a loop": (
        of(
            "v1",
            "Pod",
            {"containerStatuses": [{"name": "a", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]},
        ),
        "Degraded",
    ),
    "namespace ending": (of("v1", "Namespace", {"phase": "Terminating"}), "Progressing"),
    "rollout": (of("argoproj.io/v1alpha1", "Rollout", {"phase": "Healthy"}), "Healthy"),
    "rollout degraded": (of("argoproj.io/v1alpha1", "Rollout", {"phase": "Degraded"}), "Degraded"),
    "rollout paused": (of("argoproj.io/v1alpha1", "Rollout", {"phase": "Paused"}), "Suspended"),
    "custom ready": (of("x.io/v1", "X", condition("Ready", "True")), "Healthy"),
    "custom not ready": (of("x.io/v1", "X", condition("Ready", "False")), "Degraded"),
    "custom unknown": (of("x.io/v1", "X", condition("Ready", "Unknown")), "Progressing"),
    "custom stalled": (of("x.io/v1", "X", condition("Stalled", "True")), "Degraded"),
    "application": (
        of(
            "argoproj.io/v1alpha1",
            "Application",
            {"sync": {"status": "Synced"}, "health": {"status": "Healthy"}},
        ),
        "Healthy",
    ),
    "application whose last sync failed": (
        of(
            "argoproj.io/v1alpha1",
            "Application",
            {
                "sync": {"status": "Synced"},
                "health": {"status": "Healthy"},
                "operationState": {"phase": "Failed"},
            },
        ),
        "Degraded",
    ),
}


@pytest.mark.parametrize(("live", "state"), HEALTH.values(), ids=HEALTH)
def test_health_is_told_by_the_kind_s_own_rule(live, state):
    found = health(live)
    assert found.state == state
    assert (found.message == "") == (state == "Healthy")


# ---- role and reports -----------------------------------------------------------------------------

PLURALS = {
    "NetworkPolicy": "networkpolicies",
    "Gateway": "gateways",
    "Ingress": "ingresses",
    "Endpoints": "endpoints",
    "StorageClass": "storageclasses",
    "Prometheus": "prometheuses",
    "Service": "services",
}


@pytest.mark.parametrize(("kind", "plural"), PLURALS.items())
def test_a_plural_is_guessed_as_the_api_machinery_does(kind, plural):
    assert guessed(kind) == plural


def verification(*deviations: Deviation, findings=(), **more: object):
    fields = {
        "target": "production/region-a",
        "cluster": "lab (https://127.0.0.1)",
        "objects": 10,
        "dry_run": 8,
        "local": 1,
        "charts": 2,
        "kinds": 3,
        "unsearched": ("Secret (v1)",),
        "deviations": deviations,
        "findings": findings,
        "seconds": 1.5,
    }
    return Verification(**(fields | more))


(FIELD,) = differences({"a": "de|clared"}, {"a": '<li"ve\n'})
DRIFTED = Deviation("drift", "apps/Deployment/shop/a", "", (FIELD,), "services", (Origin("a.py", 3),))


@pytest.mark.parametrize("state", STATES)
def test_only_what_is_not_as_declared_makes_a_verification_fail(state):
    failing = {"drift", "missing", "foreign", "refused", "unread"}
    assert verification(Deviation(state, "/ConfigMap/n/a")).clean == (state not in failing)


LEVELS = {"deny": ("deny", "", False), "waived": ("deny", "T-1", True), "warn": ("warn", "", True)}


@pytest.mark.parametrize(("level", "waiver", "clean"), LEVELS.values(), ids=LEVELS)
def test_a_rule_that_denies_what_runs_makes_it_fail_unless_waived(level, waiver, clean):
    finding = Finding("a/b", level, "no", subject="/ConfigMap/n/a", waiver=waiver)
    assert verification(findings=(finding,)).clean == clean


def test_the_table_has_aligned_columns_and_says_what_it_does_not_know():
    lines = list(drift.lines(verification(DRIFTED)))
    assert lines[0].split() == ["STATE", "OBJECT", "FIELD", "DECLARED", "LIVE"]
    assert lines[1].startswith("drift  apps/Deployment/shop/a  a      ")
    text = "\n".join(lines)
    for said in ("1 drift", "may not be listed: Secret (v1)", "2 upstream charts", "compared locally"):
        assert said in text


def test_markdown_stays_under_60_kilobytes_and_escapes_what_came_from_the_cluster():
    several = [Deviation("drift", f"apps/Deployment/shop/{n}", "x" * 300, (FIELD,)) for n in range(900)]
    every = [verification(*several, target=f"t/{n}") for n in range(9)]
    text = drift.markdown(every)
    assert len(text.encode()) < 60_000
    assert "more tables" in text
    text = drift.markdown([verification(DRIFTED)])
    assert "de\\|clared" in text
    assert "&lt;li" in text


def test_json_names_each_place_in_one_string():
    document = drift.document([verification(DRIFTED)])
    (target,) = json.loads(json.dumps(document))["targets"]
    assert (document["clean"], target["clean"]) == (False, False)
    assert target["deviations"][0]["places"] == ["a.py:3:1"]


NAME, VALUE = r"[a-zA-Z_:][a-zA-Z0-9_:]*", r"[-+]?(\d+(\.\d+)?(e[-+]?\d+)?|NaN|\+?Inf)"
LABELS = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\\\|\\"|\\n)*"'
SAMPLE = re.compile(rf"({NAME})(\{{{LABELS}(?:,{LABELS})*\}})? {VALUE}")


@given(some.text(max_size=8), some.text(max_size=8))
def test_metrics_are_valid_exposition_format_whatever_the_names(component, target):
    foreign = Deviation("foreign", "/ConfigMap/n/a", component=component)
    every = [verification(DRIFTED, foreign), verification(target=f"t{target}")]
    text = drift_metrics.text(every, now=1.8e9)
    assert text.endswith("\n")
    seen, series, family = [], set(), ""
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            family = line.split()[2]
            assert family not in seen
            seen.append(family)
        elif line.startswith("# TYPE "):
            assert line == f"# TYPE {family} gauge"
        else:
            match = SAMPLE.fullmatch(line)
            assert match, line
            assert match[1] == family
            assert line.rpartition(" ")[0] not in series
            series.add(line.rpartition(" ")[0])


def test_metrics_count_by_state():
    text = drift_metrics.text([verification(DRIFTED, DRIFTED)], now=2)
    assert (
        'dharma_verify_deviations{target="production/region-a",state="drift",component="services"} 2\n'
        in text
    )
    assert 'dharma_verify_deviations{target="production/region-a",state="missing",component=""} 0\n' in text
    assert 'dharma_verify_objects{target="production/region-a",compared="none"} 1\n' in text
    assert 'dharma_verify_last_run_timestamp_seconds{target="production/region-a"} 2\n' in text


@given(some.lists(some.text("ab", min_size=1, max_size=2), min_size=1, max_size=3))
def test_plain_names_are_joined_by_dots(path):
    assert dotted(tuple(path)) == ".".join(path)
