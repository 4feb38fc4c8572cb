"""The transform on single resources, and the soundness of its verdicts where fields are not known."""

from __future__ import annotations

import asyncio
import copy
import logging
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pulumi
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pulumi.runtime import mocks, set_mocks
from pulumi.runtime.rpc import wrap_rpc_secret

from dharma import gate
from dharma.build import Built, Plan
from dharma.delivery.resource import PLACEHOLDER, UNKNOWN, Hidden, Resource, steps
from dharma.delivery.transform import Denied, Transform, marked
from dharma.delivery.verdict import Assessor, may_read
from dharma.manifest import Manifest
from dharma.policy.finding import Finding
from dharma.policy.rule import load_rules

TODAY = date(2026, 12, 1)
UP, PREVIEW = False, True
BARE = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "bare", "namespace": "shop"},
    "spec": {
        "hostNetwork": True,
        "replicas": 3.0,
        "containers": [
            {
                "name": "app",
                "image": "docker.io/library/nginx:latest",
                "securityContext": {"privileged": True},
                "env": [{"name": "API_PASSWORD", "value": "hunter-two"}],
            }
        ],
    },
}
SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "one", "namespace": "argocd"}}


@pytest.fixture(scope="module")
def target(fleet):
    return fleet.select(["production/region-a"])[0]


@pytest.fixture(scope="module")
def assessor(repository, target):
    return Assessor(repository, target, TODAY)


class _Mocks(mocks.Mocks):
    def call(self, args: Any) -> Any:  # noqa: ARG002 - the interface's
        return {}

    def new_resource(self, args: Any) -> tuple[str, dict[str, Any]]:
        return args.name, {}


@pytest.fixture
def ask(assessor):
    """Hand a resource to the transform as a preview or an update does."""

    def of(
        props: Any, *, preview: bool = UP, type_: str = "kubernetes:core/v1:Pod", custom: bool = True
    ) -> None:
        asyncio.set_event_loop(asyncio.new_event_loop())
        set_mocks(_Mocks(), project="dharma", stack="production.region-a", preview=preview)
        args = pulumi.ResourceTransformArgs(custom, type_, "probe", props, pulumi.ResourceOptions())
        asyncio.get_event_loop().run_until_complete(Transform(assessor)(args))

    return of


@pytest.fixture
def refused(ask, caplog):
    """Everything that is printed about a resource that is denied."""

    def of(props: Any, **how: Any) -> str:
        caplog.clear()
        with caplog.at_level(logging.WARNING), pytest.raises(Denied) as caught:
            ask(props, **how)
        return f"{caplog.text}\n{caught.value}"

    return of


def _with(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(body)
    *way, last = [int(step) if step.isdigit() else step for step in steps(path)]
    place: Any = changed
    for step in way:
        place = place[step]
    place[last] = value
    return changed


def test_a_denied_resource_is_refused_with_rule_place_and_remedy(refused, assessor):
    text = refused(BARE)
    assert "probe is denied by" in text
    assert "deny images/digest production/region-a Pod shop/bare spec.containers[0].image: " in text
    (rule,) = (rule for rule in assessor.rules.rules if rule.id == "images/digest")
    assert rule.metadata.remediation.text.strip() in text


def test_a_denial_brings_no_traceback(ask):
    with pytest.raises(Denied) as caught:
        ask(BARE)
    assert caught.value.__traceback__ is None


@pytest.mark.parametrize(
    ("type_", "custom"),
    [
        pytest.param("aws:s3/bucket:Bucket", True, id="another provider"),
        pytest.param("kubernetes:helm.sh/v4:Chart", False, id="a chart"),
        pytest.param("kubernetes:yaml/v2:ConfigGroup", False, id="a group"),
        pytest.param("pulumi:providers:kubernetes", True, id="a provider"),
    ],
)
def test_what_is_no_kubernetes_object_passes(ask, type_, custom):
    ask({"anything": 1}, type_=type_, custom=custom)


def test_a_helm_release_passes_and_is_told(ask, caplog):
    with caplog.at_level(logging.WARNING):
        ask({"chart": "one"}, type_="kubernetes:helm.sh/v3:Release")
    assert "its objects are not held against rules" in caplog.text


@pytest.mark.parametrize(
    "type_",
    [
        "kubernetes:core/v1:Pod",
        "kubernetes:core/v1:PodPatch",
        "kubernetes:apps/v1:Deployment",
        "kubernetes:example.org/v1:Anything",
    ],
)
def test_a_child_of_a_chart_or_group_is_judged_by_what_it_is(ask, type_):
    with pytest.raises(Denied):
        ask(BARE, type_=type_)


def test_an_object_without_a_kind_is_refused(refused):
    assert "cannot be held against rules" in refused({"metadata": {"name": "x"}})


def test_items_of_a_list_are_judged_one_by_one(refused):
    item = {key: value for key, value in BARE.items() if key not in ("apiVersion", "kind")}
    several = {"apiVersion": "v1", "kind": "PodList", "items": [item]}
    assert "Pod shop/bare" in refused(several, type_="kubernetes:core/v1:PodList")


@pytest.mark.parametrize(
    ("data", "passes"),
    [
        pytest.param(wrap_rpc_secret({"key": "hidden-text"}), True, id="a Pulumi secret"),
        pytest.param({"key": wrap_rpc_secret("hidden-text")}, True, id="values that are Pulumi secrets"),
        pytest.param({"key": "plain"}, False, id="plain text"),
        pytest.param(
            {"key": wrap_rpc_secret("hidden-text"), "other": "plain"}, False, id="one in plain text"
        ),
    ],
)
def test_values_of_a_secret_must_be_pulumi_secrets(ask, refused, data, passes):
    props = {**SECRET, "stringData": data}
    if passes:
        ask(props, type_="kubernetes:core/v1:Secret")
        return
    text = refused(props, type_="kubernetes:core/v1:Secret")
    assert "secrets/plain-object" in text
    assert "hidden-text" not in text


def test_a_secret_in_another_place_is_judged_and_not_repeated(refused):
    props = _with(BARE, "spec.containers[0].image", wrap_rpc_secret("docker.io/hidden-text:latest"))
    text = refused(props)
    assert "images/tag" in text
    assert "hidden-text" not in text


def test_what_a_preview_does_not_know_is_told_and_left_open(ask, refused, caplog, rendered, target):
    (good,) = (
        one.body for one in rendered(target).manifests if one.kind == "Namespace" and one.name == "argocd"
    )
    props = _with(good, "metadata.annotations", pulumi.output.Unknown())
    with caplog.at_level(logging.WARNING):
        ask(props, preview=PREVIEW, type_="kubernetes:core/v1:Namespace")
    assert "undecided until `pulumi up` knows metadata.annotations" in caplog.text
    assert "gitops/deletion-guard" in caplog.text
    bare = _with(good, "metadata.annotations", {})
    assert "deny gitops/deletion-guard" in refused(bare, type_="kubernetes:core/v1:Namespace")


def test_a_preview_denies_what_no_unknown_field_can_mend(refused):
    text = refused(_with(BARE, "spec.containers[0].image", pulumi.output.Unknown()), preview=PREVIEW)
    undecided, _, denied = text.partition("ERROR")
    assert "images/digest" in undecided
    assert "deny workloads/" in denied
    assert "images/digest" not in denied


def test_an_unknown_field_is_denied_when_it_is_no_preview(assessor):
    verdict = assessor.assess(Resource("x", _with(SECRET, "type", UNKNOWN)), preview=UP)
    assert [one.rule for one in verdict.denied] == ["delivery/known"]


def test_outputs_are_resolved_with_what_is_secret_and_unknown():
    async def run() -> Any:
        unknown: asyncio.Future[bool] = asyncio.Future()
        unknown.set_result(False)
        nothing: asyncio.Future[Any] = asyncio.Future()
        nothing.set_result(None)
        found = {"a": pulumi.Output.secret({"b": 1}), "c": pulumi.Output(_done(set()), nothing, unknown)}
        return await marked(found)

    asyncio.set_event_loop(loop := asyncio.new_event_loop())
    set_mocks(_Mocks(), project="dharma", stack="production.region-a", preview=PREVIEW)
    assert loop.run_until_complete(run()) == {"a": Hidden({"b": 1}), "c": UNKNOWN}


def _done(value: Any) -> asyncio.Future[Any]:
    future: asyncio.Future[Any] = asyncio.Future()
    future.set_result(value)
    return future


def test_waivers_and_enforcement_hold_as_in_the_gate(platform_copy, target):
    environments = platform_copy / "environments"
    resource = Resource("x", BARE)
    before = {one.rule for one in Assessor(platform_copy, target, TODAY).assess(resource, preview=UP).denied}
    assert {"images/digest", "images/tag"} <= before
    environments.joinpath("enforcement.yaml").write_text("enforcement: {images/tag: {level: warn}}\n")
    environments.joinpath("waivers.yaml").write_text(
        "waivers:\n- {rule: images/digest, scope: {objects: [/Pod/shop/*]}, owner: shop, ticket: ONE-1,"
        ' reason: tried, granted: "2026-11-01", expires: "2026-12-31"}\n'
    )
    after = Assessor(platform_copy, target, TODAY).assess(resource, preview=UP)
    assert before - {one.rule for one in after.denied} == {"images/digest", "images/tag"}
    assert "images/tag" in {one.rule for one in after.told}
    later = Assessor(platform_copy, target, date(2027, 1, 1)).assess(resource, preview=UP)
    assert "images/digest" in {one.rule for one in later.denied}


@pytest.mark.parametrize("place", ["metadata.name", "metadata.namespace", "metadata"])
def test_a_preview_leaves_open_what_a_waiver_may_accept_by_a_name_not_known_yet(platform_copy, target, place):
    (platform_copy / "environments" / "waivers.yaml").write_text(
        "waivers:\n- {rule: images/digest, scope: {objects: [/Pod/shop/bare]}, owner: shop, ticket: ONE-1,"
        ' reason: tried, granted: "2026-11-01", expires: "2026-12-31"}\n'
    )
    body = _with(BARE, place, UNKNOWN)
    verdict = Assessor(platform_copy, target, TODAY).assess(Resource("x", body), preview=PREVIEW)
    assert "images/digest" in {one.rule for one in verdict.undecided}
    assert "images/digest" not in {one.rule for one in verdict.denied}


def test_its_verdicts_are_those_of_the_gate(repository, catalogue, target, rendered):
    manifests = tuple(map(_broken, rendered(target).manifests))
    plan = Plan(repository, (catalogue,), cached=False)
    report = gate.check(plan, [Built(target.name, manifests, 0, 0)], [target], TODAY, whole=False)
    rules = {rule.id for rule in load_rules(gate.SHIPPED_RULES).objects}
    told = [one for one in report.findings if one.rule in rules and not one.waiver and one.level != "audit"]
    assessor = Assessor(repository, target, TODAY, rendered=manifests)
    verdicts = [assessor.assess(Resource("x", one.body), preview=UP) for one in manifests]
    found = [one for verdict in verdicts for one in (*verdict.denied, *verdict.told)]
    assert len({one.rule for one in told if one.level == "deny"}) > 10
    assert sorted(map(_shown, found)) == sorted(map(_shown, told))


def _shown(finding: Finding) -> tuple[Any, ...]:
    return finding.identity, finding.level, finding.component, finding.source, finding.origins


def _broken(manifest: Manifest) -> Manifest:
    """The object without labels of its own, annotations and the care of its containers."""
    body: Any = copy.deepcopy(dict(manifest.body))
    kept = ("app.kubernetes.io/component", "app.kubernetes.io/managed-by")
    labels = body["metadata"].get("labels", {})
    body["metadata"] |= {"annotations": {}, "labels": {key: labels[key] for key in kept if key in labels}}
    template = body.get("spec", {}).get("template", {})
    for container in template.get("spec", {}).get("containers", []) if isinstance(template, dict) else []:
        for field in ("resources", "securityContext", "readinessProbe"):
            container.pop(field, None)
    return replace(manifest, body=body)


def _places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        if path or name not in ("apiVersion", "kind"):
            yield (*path, name)
            yield from _places(item, (*path, name))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_preview_never_denies_what_an_update_lets_pass(assessor, rendered, target, data):
    """Whatever a preview does not know: what it denies, `up` denies too once the true values are there."""
    bodies = [BARE, *(one.body for one in rendered(target).manifests[::7])]
    body = data.draw(st.sampled_from(bodies))
    masked: Any = copy.deepcopy(body)
    place = data.draw(st.sampled_from(sorted(_places(body), key=str)))
    if len(place) > 1 and data.draw(st.booleans()):
        known: Any = body
        for step in place[:-1]:
            known = known[step]
        if isinstance(known, dict):
            body = copy.deepcopy(body)
            holder = body
            for step in place[:-1]:
                holder = holder[step]
            del holder[place[-1]]
    holder = masked
    for step in place[:-1]:
        holder = holder[step]
    holder[place[-1]] = UNKNOWN
    preview = _said(assessor.assess(Resource("x", masked), preview=PREVIEW).denied)
    assert preview <= _said(assessor.assess(Resource("x", body), preview=UP).denied)


def _said(findings: Iterable[Finding]) -> set[tuple[str, str, str]]:
    """Findings about one object, whatever a preview knows of its name."""
    return {(one.rule, one.path, one.message) for one in findings}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_preview_denies_all_that_does_not_rest_on_what_it_does_not_know(assessor, data):
    place = data.draw(st.sampled_from(sorted(_places(BARE), key=str)))
    masked: Any = copy.deepcopy(BARE)
    holder = masked
    for step in place[:-1]:
        holder = holder[step]
    holder[place[-1]] = UNKNOWN
    unknown = tuple(map(str, place))
    verdict = assessor.assess(Resource("x", masked), preview=PREVIEW)
    assert verdict.unknown == (unknown,)
    update = assessor.assess(Resource("x", BARE), preview=UP).denied
    assert _said(one for one in update if not assessor._rests_on(one, [unknown])) <= _said(verdict.denied)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("spec.containers[0].image", ("spec", "containers", "0", "image")),
        ('metadata.labels["a.b/c"]', ("metadata", "labels", "a.b/c")),
        ("data", ("data",)),
        ("", ()),
    ],
)
def test_paths_of_findings_are_read_in_steps(path, expected):
    assert steps(path) == expected


@pytest.mark.parametrize(
    ("text", "path", "reads"),
    [
        ("input.object.spec.replicas > 1", "spec.replicas", True),
        ("input.object.spec.replicas > 1", "spec.image", False),
        ("some key, _ in input.object.metadata.labels", 'metadata.labels["a/b"]', True),
        ("some image in x.images", "spec.image", True),
        ("walk(input.object)", "spec.anything", True),
        ("input.object.images", "spec.image", False),
    ],
)
def test_a_rule_may_read_what_it_names(text, path, reads):
    assert may_read(text, steps(path)) is reads


def test_an_unknown_item_of_a_list_keeps_its_place():
    body = {**SECRET, "items": [UNKNOWN, "b"]}
    assert Resource("x", body).known()["items"] == [PLACEHOLDER, "b"]
