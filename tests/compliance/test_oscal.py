"""The component definition: what OSCAL's format asks, the same bytes each time, every control there."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dharma.compliance.framework import STANDARDS
from dharma.compliance.oscal import NAMESPACE, definition
from dharma.gate import rules_of
from tests.compliance.samples import RULES

DAY = datetime(2027, 1, 31, tzinfo=UTC)
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
TOKEN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


@pytest.fixture(scope="module")
def shipped():
    return definition(rules_of(None).rules, DAY, "0.1.0")["component-definition"]


def requirements(found) -> Iterator[tuple[str, dict[str, object]]]:
    for component in found["components"]:
        for implementation in component.get("control-implementations", ()):
            for one in implementation["implemented-requirements"]:
                yield implementation["source"], one


def nodes(value) -> Iterator[dict[str, object]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from nodes(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from nodes(inner)


def test_a_small_definition_is_as_it_was(golden):
    golden("compliance/oscal.json", json.dumps(definition(RULES, DAY, "0.1.0"), indent=2) + "\n")


def test_a_foreign_reader_takes_it(tmp_path):
    component = pytest.importorskip("trestle.oscal.component", reason="compliance-trestle is not installed")
    path = tmp_path / "component-definition.json"
    path.write_text(json.dumps(definition(rules_of(None).rules, DAY, "0.1.0")))
    assert len(component.ComponentDefinition.oscal_read(path).components) == len(rules_of(None).rules)


def test_every_identifier_is_a_uuid_5_and_used_once(shipped):
    found = [str(node["uuid"]) for node in nodes(shipped) if "uuid" in node]
    assert all(UUID.fullmatch(one) for one in found)
    assert len(found) == len(set(found))


def test_every_control_of_every_rule_is_a_requirement(shipped):
    wanted = sorted(
        (rule.id, STANDARDS[name].token(control))
        for rule in rules_of(None).rules
        for name, controls in rule.metadata.controls.items()
        for control in controls
    )
    properties = [
        ({one["name"]: one["value"] for one in found["props"]}, found) for _, found in requirements(shipped)
    ]
    assert sorted((props["rule"], found["control-id"]) for props, found in properties) == wanted


def test_sources_lead_to_frameworks_of_the_back_matter(shipped):
    resources = {f"#{one['uuid']}" for one in shipped["back-matter"]["resources"]}
    assert {source for source, _ in requirements(shipped)} == resources


def test_names_are_tokens_and_no_list_is_empty(shipped):
    for node in nodes(shipped):
        assert all(value not in ([], {}, "") for value in node.values()), node
        assert TOKEN.fullmatch(str(node.get("control-id", "x")))
        if "value" in node:
            assert TOKEN.fullmatch(str(node["name"]))
            assert node["ns"] == NAMESPACE
            assert re.fullmatch(r"\S(.*\S)?", str(node["value"]))


def test_titles_are_single_lines(shipped):
    assert all("\n" not in str(node["title"]) for node in nodes(shipped) if "title" in node)


@given(st.permutations(RULES))
def test_the_order_of_rules_changes_nothing(rules):
    assert definition(rules, DAY, "1") == definition(RULES, DAY, "1")


def test_a_framework_that_no_rule_names_is_left_out():
    found = definition(RULES[:1], DAY, "1")["component-definition"]
    assert {one["title"][:5] for one in found["back-matter"]["resources"]} == {"SOC 2", "NSA/C"}
