"""Rules of custom resource definitions, judged offline as an API server judges them."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor

from dharma.cel import Rules
from dharma.cel.functions import is_cidr, is_ip, is_url, url
from dharma.cel.rules import evaluate
from dharma.cel.value import converted, escaped, filled
from dharma.schemas import Schemas

Object = dict[str, Any]

CATALOGUE = os.environ.get("DHARMA_SCHEMAS", "")
EXAMPLES = Path(CATALOGUE).parent / "examples"
INVALID = Path(CATALOGUE).parent / "examples-negative" / "istio"

needs_catalogue = pytest.mark.skipif(
    not (CATALOGUE and EXAMPLES.is_dir() and INVALID.is_dir()),
    reason="DHARMA_SCHEMAS names no catalogue with examples beside it: its rules go untested",
)


class _JsonConstructor(SafeConstructor):
    """Reads YAML as an API server does: no times, no `=` type."""


for _tag in ("timestamp", "value"):
    _JsonConstructor.add_constructor(f"tag:yaml.org,2002:{_tag}", SafeConstructor.construct_yaml_str)


@cache
def rules() -> Rules:
    return Rules([Path(CATALOGUE)])


def objects(folder: Path) -> list[tuple[str, Object]]:
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = _JsonConstructor
    return [(file.name, obj) for file in sorted(folder.rglob("*.yaml")) for obj in yaml.load_all(file)]


def said(folder: Path, spec_schema: Object, spec: Any) -> list[tuple[str, bool]]:
    """What the rules say of an object with this spec, and whether each is decided."""
    file = folder / "example.com" / "widget_v1.json"
    file.parent.mkdir()
    file.write_text(json.dumps({"type": "object", "properties": {"spec": spec_schema}}))
    widget = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "a"}, "spec": spec}
    return [(str(problem), problem.decided) for problem in Rules([folder]).check(widget)]


def one_rule(rule: str, message: str = "no", **schema: Any) -> Object:
    return {"type": "object", "x-kubernetes-validations": [{"rule": rule, "message": message}], **schema}


def test_a_rule_that_does_not_hold_refuses_with_its_message(tmp_path: Path) -> None:
    assert said(tmp_path, one_rule("self.a < 3", "a is too large"), {"a": 3}) == [
        ("spec: a is too large", True)
    ]


def test_a_rule_that_holds_says_nothing(tmp_path: Path) -> None:
    assert said(tmp_path, one_rule("self.a < 3"), {"a": 2}) == []


def test_defaults_are_filled_in_before_rules_run(tmp_path: Path) -> None:
    properties = {"a": {"type": "integer", "default": 5}}
    assert said(tmp_path, one_rule("self.a == 5", properties=properties), {}) == []


def test_a_rule_inside_a_list_names_the_item(tmp_path: Path) -> None:
    schema = {"properties": {"items": {"type": "array", "items": one_rule("self.a > 0")}}}
    assert said(tmp_path, schema, {"items": [{"a": 1}, {"a": 0}]}) == [("spec.items[1]: no", True)]


def test_a_transition_rule_does_not_apply_at_creation(tmp_path: Path) -> None:
    assert said(tmp_path, one_rule("self.a == oldSelf.a"), {"a": 1}) == []


def test_a_rule_that_only_quotes_the_former_state_applies(tmp_path: Path) -> None:
    assert said(tmp_path, one_rule("self.a == 'oldSelf'"), {"a": "x"}) == [("spec: no", True)]


ERRORS = {
    "missing key": ("self.b == 1", {"a": 1}, True),
    "division by zero": ("1 / self.a == 1", {"a": 0}, True),
    "index outside": ("self.a[3] == 1", {"a": [1]}, True),
    "no duration": ("duration(self.a) > duration('1s')", {"a": "soon"}, True),
    "a duration Go reads": ("duration(self.a) > duration('1s')", {"a": "1µs"}, False),
    "missing function": ("quantity(self.a).isGreaterThan(quantity('1'))", {"a": "2"}, False),
    "exhausted budget": ("self.a.all(x, self.a.all(y, x + y >= 0))", {"a": list(range(200))}, False),
    "unconvertible value": ("self.a == 1", {"a": 2**70}, False),
    "syntax": ("self.a ==", {"a": 1}, False),
    "no boolean": ("self.a", {"a": 1}, False),
}


@pytest.mark.parametrize(("rule", "spec", "decided"), ERRORS.values(), ids=ERRORS)
def test_an_error_refuses_or_is_reported_as_undecided_but_never_passes(
    tmp_path: Path, rule: str, spec: Object, decided: bool
) -> None:
    ((message, verdict),) = said(tmp_path, one_rule(rule), spec)
    assert verdict is decided
    assert ("undecided" in message) is not decided
    assert str(2**70) not in message


def test_a_text_that_is_not_its_format_is_undecided(tmp_path: Path) -> None:
    schema = one_rule("true", properties={"a": {"type": "string", "format": "duration"}})
    assert [decided for _, decided in said(tmp_path, schema, {"a": "soon"})] == [False]


@pytest.mark.parametrize(
    ("schema", "value", "message"),
    [
        (
            {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["p"]},
            [{"p": 1}, {"p": 1, "q": 2}],
            "spec.a[1]: repeats an earlier item's value of p",
        ),
        ({"x-kubernetes-list-type": "set"}, ["x", "y", "x"], "spec.a[2]: repeats an earlier item's value"),
    ],
    ids=["map", "set"],
)
def test_a_repeated_item_of_a_keyed_list_refuses(
    tmp_path: Path, schema: Object, value: list[Any], message: str
) -> None:
    spec = {"properties": {"a": {"type": "array", **schema}}}
    assert said(tmp_path, spec, {"a": value}) == [(message, True)]


def test_a_repeated_item_of_a_native_kinds_keyed_list_refuses() -> None:
    containers = [{"name": "a"}, {"name": "b"}, {"name": "a"}]
    pod = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": containers}}
    assert [str(one) for one in Rules(()).check(pod)] == [
        "spec.containers[2]: repeats an earlier item's value of name"
    ]
    assert Rules(()).check({**pod, "spec": {"containers": containers[:2]}}) == ()


CONVERSIONS = {
    "number": ({"type": "number"}, 2, "self / 4.0 == 0.5"),
    "nullable number": ({"type": ["number", "null"]}, 2, "self / 4.0 == 0.5"),
    "whole float": ({"type": "integer"}, 2.0, "self + 1 == 3"),
    "bytes": ({"type": "string", "format": "byte"}, "YQ==", "self == b'a'"),
    "time": (
        {"type": "string", "format": "date-time"},
        "2030-01-01T00:00:00Z",
        "self > timestamp('2029-12-31T00:00:00Z')",
    ),
    "duration": ({"type": "string", "format": "duration"}, "1h1.5s", "self == duration('3601.5s')"),
    "escaped field": ({"properties": {"a-b": {}, "namespace": {}}}, {"a-b": 1}, "self.a__dash__b == 1"),
    "map key stays": ({"additionalProperties": {}}, {"a-b": 1}, "self['a-b'] == 1"),
    "two-variable comprehension": ({}, {"a": 1}, "self.all(k, v, v == 1)"),
    "optional": ({}, {}, "self.?a.orValue(3) == 3"),
    "set": ({}, [1, 2], "sets.contains(self, [1])"),
}


@pytest.mark.parametrize(("schema", "value", "rule"), CONVERSIONS.values(), ids=CONVERSIONS)
def test_a_value_has_the_type_its_schema_gives(schema: Object, value: Any, rule: str) -> None:
    assert evaluate(rule, converted(schema, value)) is True


@pytest.mark.parametrize(
    ("name", "written"),
    [("namespace", "__namespace__"), ("a__b", "a__underscores__b"), ("a/b.c", "a__slash__b__dot__c")],
)
def test_a_field_name_is_escaped_as_kubernetes_does(name: str, written: str) -> None:
    assert escaped(name) == written


def test_defaults_do_not_change_the_object() -> None:
    schema = {"properties": {"a": {"default": {"b": []}}, "c": {"properties": {"d": {"default": 1}}}}}
    value: Object = {"c": {}}
    assert filled(schema, value) == {"a": {"b": []}, "c": {"d": 1}}
    assert value == {"c": {}}


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("https://a.example/x?y=z", True),
        ("oci://registry.example:5000/a", True),
        ("/path", True),
        ("http://[2001:db8::1]:80/", True),
        ("a.example/x", False),
        ("../a", False),
        ("http://a b/", False),
        ("http://a:port/", False),
        ("http://#%blah$#@", False),
        ("http://a/%zz", False),
        ("http://a\n/", False),
    ],
)
def test_a_url_is_what_go_takes_for_one(text: str, valid: bool) -> None:
    assert is_url(text) is valid


def test_a_url_has_parts() -> None:
    parts = url("https://user@a.example:8443/p?q#r")
    assert parts == {
        "scheme": "https",
        "host": "a.example:8443",
        "hostname": "a.example",
        "port": "8443",
        "path": "/p",
    }


@pytest.mark.parametrize(
    ("text", "address", "network"),
    [
        ("192.0.2.1", True, False),
        ("192.0.2.0/24", False, True),
        ("2001:db8::", True, False),
        ("2001:db8::/32", False, True),
        ("::ffff:192.0.2.1", False, False),
        ("fe80::1%eth0", False, False),
        ("192.0.2.0/255.255.255.0", False, False),
        ("a.example", False, False),
    ],
)
def test_addresses_and_networks_are_told_apart(text: str, address: bool, network: bool) -> None:
    assert (is_ip(text), is_cidr(text)) == (address, network)


@needs_catalogue
def test_no_upstream_sample_breaks_its_rules() -> None:
    samples = objects(EXAMPLES)
    assert len(samples) == 319
    assert {name: found for name, obj in samples if (found := rules().check(obj))} == {}


@needs_catalogue
def test_every_sample_istio_refuses_is_refused() -> None:
    schemas = Schemas("1.34", [Path(CATALOGUE)])
    invalid = objects(INVALID)
    passed = []
    for name, obj in invalid:
        obj["metadata"].setdefault("namespace", "default")
        if schemas.check(obj) == () and not any(problem.decided for problem in rules().check(obj)):
            passed.append(name)
    assert len(invalid) == 76
    assert passed == []
