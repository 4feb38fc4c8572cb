"""Objects judged against the schemas of Kubernetes and, where a catalogue is at hand, of custom resources."""

from __future__ import annotations

import copy
import json
import os
import random
import time
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor

from dharma.schemas import SchemaProblem, Schemas, UnknownKubernetesVersion
from dharma.schemas.explanation import reference

Object = dict[str, Any]

CATALOGUE = os.environ.get("DHARMA_SCHEMAS", "")
EXAMPLES = Path(CATALOGUE).parent / "examples"

needs_catalogue = pytest.mark.skipif(
    not (CATALOGUE and EXAMPLES.is_dir()),
    reason="DHARMA_SCHEMAS names no catalogue with examples beside it: custom resources go untested",
)


class _JsonConstructor(SafeConstructor):
    """Reads YAML as an API server does: no times, no `=` type."""


for _tag in ("timestamp", "value"):
    _JsonConstructor.add_constructor(f"tag:yaml.org,2002:{_tag}", SafeConstructor.construct_yaml_str)


def deployment(**spec: Any) -> Object:
    labels = {"app.kubernetes.io/name": "web"}
    container = {"name": "web", "image": "registry.example/web:1", "ports": [{"containerPort": 80}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop", "labels": dict(labels)},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": dict(labels)}, "spec": {"containers": [container]}},
            **spec,
        },
    }


def at(obj: Object, path: str, value: Any) -> Object:
    changed = copy.deepcopy(obj)
    *steps, last = path.split("/")
    inner: Any = changed
    for step in steps:
        inner = inner[int(step) if step.isdigit() else step]
    inner[int(last) if last.isdigit() else last] = value
    return changed


def named(api_version: str, kind: str, name: str, namespace: str | None = "shop", **rest: Any) -> Object:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **rest}


@cache
def native() -> Schemas:
    return Schemas("1.34")


def said(obj: Object) -> list[str]:
    return [str(problem) for problem in native().check(obj) or ()]


VALID = {
    "deployment": deployment(),
    "namespace": named("v1", "Namespace", "shop", None),
    "cluster role with colons": named("rbac.authorization.k8s.io/v1", "ClusterRole", "system:a:b", None),
    "int-or-string number": named("v1", "Service", "web", spec={"ports": [{"port": 80, "targetPort": 8080}]}),
    "int-or-string name": named("v1", "Service", "web", spec={"ports": [{"port": 80, "targetPort": "http"}]}),
    "quantity as number": at(
        deployment(), "spec/template/spec/containers/0/resources", {"limits": {"cpu": 2, "memory": "1.5Gi"}}
    ),
    "empty label value": at(deployment(), "metadata/labels/canary", ""),
    "annotations of 256 KiB": at(deployment(), "metadata/annotations", {"a": "x" * (256 * 1024 - 1)}),
    "any data in a config map": named("v1", "ConfigMap", "a.b", data={"x.yaml": "null"}),
    "secret in base64": named("v1", "Secret", "a", data={"key": "YQ=="}, stringData={"other": "plain"}),
    "custom definition with a default": named(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        "things.example.com",
        None,
        spec={
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"kind": "Thing", "plural": "things"},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": {"type": "object", "default": {"a": [1, 2.5, "x"]}}},
                }
            ],
        },
    ),
}


@pytest.mark.parametrize("obj", VALID.values(), ids=VALID)
def test_a_valid_object_has_no_problems(obj: Object) -> None:
    assert native().check(obj) == ()


CONTAINER = "spec/template/spec/containers/0"
MISTAKES = {
    "unknown field": (
        at(deployment(), "spec/replica", 3),
        "spec.replica: unknown field; did you mean `replicas`?",
    ),
    "unknown root field": (at(deployment(), "extra", 3), "extra: unknown field"),
    "unknown container field": (
        at(deployment(), f"{CONTAINER}/imagePullPolice", "Always"),
        "spec.template.spec.containers[0].imagePullPolice: unknown field; did you mean `imagePullPolicy`?",
    ),
    "wrong type": (at(deployment(), "spec/replicas", "two"), "spec.replicas: must be integer, not 'two'"),
    "a boolean is no number": (
        at(deployment(), "spec/replicas", True),
        "spec.replicas: must be integer, not true",
    ),
    "beyond int32": (
        at(deployment(), "spec/replicas", 2**31),
        "spec.replicas: must be at most 2147483647, not 2147483648",
    ),
    "beyond int64 where no format says so": (
        at(deployment(), "spec/strategy", {"rollingUpdate": {"maxSurge": 2**63}}),
        "spec.strategy.rollingUpdate.maxSurge: must be at most 9223372036854775807, not 9223372036854775808",
    ),
    "a finalizer that is no name": (
        at(deployment(), "metadata/finalizers", ["two words"]),
        "metadata.finalizers[0]: must be a qualified name such as example.com/name, not 'two words'",
    ),
    "a finalizer twice": (
        at(deployment(), "metadata/finalizers", ["example.com/a", "example.com/a"]),
        "metadata.finalizers: must not name a finalizer twice",
    ),
    "a number as environment value": (
        at(deployment(), f"{CONTAINER}/env", [{"name": "A", "value": 1}]),
        "spec.template.spec.containers[0].env[0].value: must be string, not 1",
    ),
    "a list instead of an object": (
        at(deployment(), "spec/selector", []),
        "spec.selector: must be object, not array",
    ),
    "missing required": (
        named("apps/v1", "Deployment", "a", spec={"selector": {}}),
        "spec.template: is required",
    ),
    "quantity": (
        at(deployment(), f"{CONTAINER}/resources", {"limits": {"memory": "512MB"}}),
        (
            "spec.template.spec.containers[0].resources.limits.memory: "
            "must be a quantity such as 500m, 2 or 1Gi, not '512MB'"
        ),
    ),
    "null": (at(deployment(), "spec/replicas", None), "spec.replicas: must not be null: leave the field out"),
    "null where anything goes": (
        at(
            VALID["custom definition with a default"],
            "spec/versions/0/schema/openAPIV3Schema/default/a/1",
            None,
        ),
        "spec.versions[0].schema.openAPIV3Schema.default.a[1]: must not be null: leave the field out",
    ),
    "not a number": (
        at(deployment(), "spec/replicas", float("nan")),
        "spec.replicas: must be a finite number",
    ),
    "key is no string": (
        named("v1", "ConfigMap", "a", data={8080: "x"}),
        'data["8080"]: a key must be a string, not int: quote it',
    ),
    "no name": (
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {}},
        "metadata.name: is required",
    ),
    "no metadata": ({"apiVersion": "v1", "kind": "Namespace"}, "metadata: is required"),
    "no kind": ({"apiVersion": "v1", "metadata": {"name": "a"}}, "kind: is required"),
    "apiVersion is a number": (
        {"apiVersion": 1, "kind": "Pod", "metadata": {"name": "a"}},
        "apiVersion: must be a string that is not empty",
    ),
    "name in capitals": (
        at(deployment(), "metadata/name", "Web"),
        (
            "metadata.name: must be at most 253 lower case letters, digits, '-' and '.', "
            "starting and ending with a letter or digit, not 'Web'"
        ),
    ),
    "name ends with a newline": (
        at(deployment(), "metadata/name", "web\n"),
        "metadata.name: does not satisfy pattern of its schema: it ends with a newline",
    ),
    "namespace with a dot": (
        named("v1", "Namespace", "a.b", None),
        (
            "metadata.name: must be at most 63 lower case letters, digits and '-', "
            "starting and ending with a letter or digit, not 'a.b'"
        ),
    ),
    "service starts with a digit": (
        named("v1", "Service", "1a"),
        (
            "metadata.name: must be at most 63 lower case letters, digits and '-', "
            "starting with a letter and ending with a letter or digit, not '1a'"
        ),
    ),
    "label value with a space": (
        at(deployment(), "spec/template/metadata/labels/team", "team a"),
        (
            "spec.template.metadata.labels.team: must be empty or at most 63 letters, digits, '-', '_' "
            "and '.', starting and ending with a letter or digit, not 'team a'"
        ),
    ),
    "label value is a boolean": (
        at(deployment(), "metadata/labels/canary", True),
        "metadata.labels.canary: must be string, not true",
    ),
    "label key with two slashes": (
        {
            **named("v1", "ConfigMap", "a"),
            "metadata": {"name": "a", "namespace": "b", "labels": {"a/b/c": "d"}},
        },
        (
            "metadata.labels: keys must be an optional DNS prefix and '/', then at most 63 letters, digits, "
            "'-', '_' and '.', starting and ending with a letter or digit, not 'a/b/c'"
        ),
    ),
    "annotations too large": (
        at(deployment(), "metadata/annotations", {"a": "é" * (128 * 1024)}),
        "metadata.annotations: must be at most 256 KiB in total",
    ),
    "namespaced without namespace": (
        named("v1", "ConfigMap", "a", None),
        "metadata.namespace: is required",
    ),
    "cluster-scoped with namespace": (
        named("rbac.authorization.k8s.io/v1", "ClusterRole", "a"),
        "metadata.namespace: the kind is cluster-scoped: remove it, not 'shop'",
    ),
    "kind of another version": (
        named("policy/v1beta1", "PodDisruptionBudget", "a"),
        "Kubernetes 1.34 has no kind PodDisruptionBudget of policy/v1beta1; it is served as policy/v1",
    ),
    "kind misspelt": (
        named("apps/v1", "Deploymnet", "a"),
        "Kubernetes 1.34 has no kind Deploymnet of apps/v1; did you mean Deployment?",
    ),
    "base64": (
        named("v1", "ConfigMap", "a", binaryData={"k": "plain text"}),
        "binaryData.k: must be base64 (plain text belongs under stringData), not 'plain text'",
    ),
}


@pytest.mark.parametrize(("obj", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_typical_mistake_is_named_in_one_line(obj: Object, message: str) -> None:
    assert said(obj) == [message]


def test_all_problems_are_listed_in_order_of_their_places() -> None:
    env = [{"name": "A", "value": number} for number in range(12)]
    problems = said(at(deployment(replicas="x"), f"{CONTAINER}/env", env))
    assert problems[0] == "spec.replicas: must be integer, not 'x'"
    assert problems[3] == "spec.template.spec.containers[0].env[2].value: must be string, not 2"
    assert (len(problems), problems[-1]) == (11, "and 3 more problems")


def test_a_long_value_is_cut() -> None:
    (message,) = said(at(deployment(), "spec/replicas", "x" * 500))
    assert len(message) < 120


@pytest.mark.parametrize(
    "change",
    [
        {"data": {"key": "open-sesame"}},
        {"data": {"key": 5150}},
        {"data": "open-sesame"},
        {"stringData": {"key": ["open-sesame"]}},
        {"stringData": {"key": None, "b": "open-sesame"}},
        {"immutable": "open-sesame"},
        {"password": "open-sesame"},
    ],
    ids=json.dumps,
)
def test_a_bad_secret_never_shows_its_value(change: Object) -> None:
    messages = said(named("v1", "Secret", "a", **change))
    assert messages
    assert not any("sesame" in message or "5150" in message for message in messages)


@pytest.mark.parametrize(
    ("version", "near"),
    [("1.2", "1.25, 1.26"), ("1.99", "1.36, 1.37"), ("2.0", "1.25, 1.26"), ("latest", "write it like 1.34")],
)
def test_an_unknown_version_names_the_nearest(version: str, near: str) -> None:
    with pytest.raises(UnknownKubernetesVersion, match=near):
        Schemas(version)


@pytest.mark.parametrize("version", ["1.34", "v1.34", "1.34.2", "v1.34.2-eks-1"])
def test_a_version_may_carry_a_prefix_and_a_patch(version: str) -> None:
    assert Schemas(version).digest == native().digest


def test_the_version_of_the_cluster_chooses_the_schema() -> None:
    claim = named("resource.k8s.io/v1", "ResourceClaim", "a", spec={})
    assert Schemas("1.34").check(claim) == ()
    assert Schemas("1.30").check(claim) != ()


WIDGET = named("example.com/v1", "Widget", "a", spec={"size": 3})


def widget_schema(folder: Path, largest: int) -> Path:
    size = {"type": "integer", "maximum": largest}
    spec = {"type": "object", "properties": {"size": size}, "additionalProperties": False}
    file = folder / "example.com" / "widget_v1.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"properties": {"spec": spec}, "x-upstream": {"scope": "Namespaced"}}))
    return folder


def test_a_custom_kind_is_unchecked_without_a_catalogue() -> None:
    assert native().check(WIDGET) is None


def test_the_metadata_of_an_unchecked_kind_is_checked() -> None:
    assert native().check(at(WIDGET, "metadata/name", "A")) not in (None, ())


def test_a_custom_kind_no_folder_knows_is_a_problem(tmp_path: Path) -> None:
    (problem,) = Schemas("1.34", [tmp_path]).check(WIDGET) or ()
    assert problem.message.startswith(f"no schema for kind Widget of example.com/v1 in {tmp_path}; add it")
    assert problem.message.endswith("example.com/widget_v1.json")


def test_the_first_folder_wins(tmp_path: Path) -> None:
    strict, lax = widget_schema(tmp_path / "a", 2), widget_schema(tmp_path / "b", 9)
    wrong = (SchemaProblem("spec.size", "must be at most 2, not 3"),)
    assert Schemas("1.34", [strict, lax]).check(WIDGET) == wrong
    assert Schemas("1.34", [lax, strict]).check(WIDGET) == ()


@pytest.mark.parametrize("text", ["{", "[]", '{"type": "nonsense"}', '{"$ref": "#/definitions/none"}'])
def test_a_schema_that_cannot_be_used_is_a_problem(tmp_path: Path, text: str) -> None:
    file = widget_schema(tmp_path, 9) / "example.com" / "widget_v1.json"
    file.write_text(text)
    (problem,) = Schemas("1.34", [tmp_path]).check(WIDGET) or ()
    assert f"the schema {file} cannot be used" in problem.message


@pytest.mark.parametrize(
    "api_version", ["../example.com/v1", "example.com/../v1", "example.com/.", "example.com/v1/x"]
)
def test_a_path_in_the_api_version_finds_no_file(tmp_path: Path, api_version: str) -> None:
    folder = widget_schema(tmp_path / "inner", 9)
    obj = {**WIDGET, "apiVersion": api_version}
    assert "no schema" in str((Schemas("1.34", [folder]).check(obj) or ("",))[0])


@pytest.mark.parametrize(
    ("api_version", "kind", "scope"),
    [
        ("v1", "Namespace", "Cluster"),
        ("v1", "Pod", "Namespaced"),
        ("storage.k8s.io/v1", "StorageClass", "Cluster"),
        ("storage.k8s.io/v1", "CSIStorageCapacity", "Namespaced"),
        ("example.com/v1", "Widget", "Namespaced"),
        ("example.com/v1", "Gadget", None),
        ("v1", "Gadget", None),
    ],
)
def test_scope_comes_from_kubernetes_or_the_catalogue(
    tmp_path: Path, api_version: str, kind: str, scope: str | None
) -> None:
    assert Schemas("1.34", [widget_schema(tmp_path, 9)]).scope(api_version, kind) == scope


def test_the_digest_follows_version_and_files(tmp_path: Path) -> None:
    folder = widget_schema(tmp_path, 9)
    seen = {Schemas("1.34").digest, Schemas("1.33").digest, Schemas("1.34", [folder]).digest}
    (folder / "example.com" / "widget_v2.json").write_text("{}")
    seen.add(Schemas("1.34", [folder]).digest)
    assert len(seen) == 4
    assert Schemas("1.34", [folder]).digest in seen


class _Mapping(dict[str, Any]):
    """What a YAML reader that keeps comments gives."""


def test_subclasses_of_json_types_are_judged_alike() -> None:
    assert native().check(_Mapping(deployment())) == ()
    assert native().check(_Mapping(deployment(replicas="x"))) == native().check(deployment(replicas="x"))


LABEL = st.text(st.sampled_from("aZ0-_."), max_size=66)


@given(LABEL)
def test_a_label_value_is_judged_as_kubernetes_judges_it(value: str) -> None:
    ends = not value or (value[0].isalnum() and value[-1].isalnum())
    problems = native().check(at(deployment(), "metadata/labels/x", value))
    assert (problems == ()) == (ends and len(value) <= 63)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(["apiVersion", "kind", "metadata", "spec"]), JSON))
def test_any_value_is_answered_without_an_exception(obj: Object) -> None:
    assert native().check({"apiVersion": "apps/v1", "kind": "Deployment", **obj}) != ()


def samples() -> list[Object]:
    return copy.deepcopy(_samples())


@cache
def _samples() -> list[Object]:
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = _JsonConstructor
    found = [obj for file in sorted(EXAMPLES.rglob("*.yaml")) for obj in yaml.load_all(file)]
    return [_placed(obj) for obj in found]


def _placed(obj: Object) -> Object:
    """The sample as it is applied: with the namespace and name upstream leaves to the user."""
    metadata = obj["metadata"]
    if custom().scope(obj["apiVersion"], obj["kind"]) == "Namespaced":
        metadata.setdefault("namespace", "default")
    metadata.setdefault("name", metadata.get("generateName", "") + "x")
    # Two Prometheus samples keep the null that serializing an unset Go time leaves.
    if metadata.get("creationTimestamp", "") is None:
        del metadata["creationTimestamp"]
    return obj


@cache
def custom() -> Schemas:
    return Schemas("1.34", [Path(CATALOGUE)])


def wrong_type(obj: Object) -> bool:
    """Puts a list of lists where the first scalar of the spec (or beside it) is; False when there is none."""
    roots = [key for key in obj if key not in {"apiVersion", "kind", "metadata"}]
    for *steps, last in sorted((p for p in places(obj) if p and p[0] in roots), key=len):
        inner: Any = obj
        for step in steps:
            inner = inner[step]
        if isinstance(inner[last], str | int):
            inner[last] = [[inner[last]]]
            return True
    return False


@needs_catalogue
def test_every_upstream_sample_is_valid() -> None:
    refused = {str(obj["metadata"]["name"]): custom().check(obj) for obj in samples()}
    assert len(samples()) == 319
    assert {name: problems for name, problems in refused.items() if problems != ()} == {}


def unknown_root(obj: Object) -> bool:
    obj["unknownField"] = 1
    return True


def unknown_spec(obj: Object) -> bool:
    if not isinstance(obj.get("spec"), dict):
        return False
    obj["spec"]["unknownField"] = 1
    return True


@needs_catalogue
@pytest.mark.parametrize(
    ("mutation", "refused", "mutable"),
    [(unknown_root, 318, 319), (unknown_spec, 304, 313), (wrong_type, 301, 312)],
    ids=["unknown root field", "unknown spec field", "wrong type"],
)
def test_a_mutated_sample_is_refused(mutation: Any, refused: int, mutable: int) -> None:
    mutated = [obj for obj in samples() if mutation(obj)]
    assert len(mutated) == mutable
    assert sum(custom().check(obj) != () for obj in mutated) == refused


def places(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place, *(inner for key, item in items for inner in places(item, (*place, key)))]


def mutate(obj: Object, dice: random.Random) -> None:
    """One random edit below the root: remove, rename, retype or replace."""
    inside = [place for place in places(obj) if place and place[0] not in {"apiVersion", "kind"}]
    *steps, last = dice.choice(inside)
    inner: Any = obj
    for step in steps:
        inner = inner[step]
    if isinstance(inner, dict) and dice.random() < 0.3:
        value = inner.pop(last)
        if dice.random() < 0.5:
            inner[f"{last}x"] = value
    else:
        inner[last] = dice.choice([True, -1, 2**40, 1.5, "", "A b", "x\n", [], {}, [{}], {"a": 1}])


def verdicts(schemas: Schemas, objects: list[Object]) -> list[tuple[bool, bool]]:
    """What the deciding and the explaining engine say of each object after one random edit."""
    dice = random.Random(20)
    pairs = []
    for obj in objects:
        mutate(obj, dice)
        fast = schemas.check(obj) == ()
        validator = schemas._kinds[obj["apiVersion"], obj["kind"]].validator
        # Python's `$` also matches before a last newline; the refusal then stands with a plainer message.
        if fast or "\\n" not in json.dumps(obj):
            pairs.append((fast, reference(validator.schema).is_valid(obj)))
    return pairs


def test_the_engine_that_decides_and_the_one_that_explains_agree() -> None:
    pairs = verdicts(native(), [deployment() for _ in range(300)])
    assert [pair for pair in pairs if pair[0] != pair[1]] == []
    assert 5 < sum(fast for fast, _ in pairs) < 250


@needs_catalogue
def test_the_engines_agree_on_custom_resources() -> None:
    pairs = verdicts(custom(), [*samples(), *samples(), *samples()])
    assert [pair for pair in pairs if pair[0] != pair[1]] == []
    assert 100 < sum(fast for fast, _ in pairs) < len(pairs) - 100


@pytest.mark.slow
@needs_catalogue
def test_thousands_of_valid_objects_are_judged_a_second() -> None:
    objects = samples()
    for obj in objects:
        custom().check(obj)
    started = time.perf_counter()
    judged = sum(1 for obj in islice(objects * 10, None) if custom().check(obj) == ())
    assert judged / (time.perf_counter() - started) > 5_000
