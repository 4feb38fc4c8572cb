"""Values: laid over the chart's own as helm does, and held against its schema."""

import json

import pytest

from dharma.charts.archive import unpack
from dharma.charts.reference import Reference
from dharma.charts.values import coalesced, faults
from tests.charts.samples import LAMP, tarred

REFERENCE = Reference("https://charts.example", "lamp", "1.0.0")


def chart(schema, **files: str):
    entries = {
        "values.yaml": "replicas: 2\nimage: {tag: '1'}\n",
        "values.schema.json": json.dumps(schema),
        **files,
    }
    return unpack(tarred(*((f"lamp/{path}", text.encode()) for path, text in entries.items())), REFERENCE)


STRICT = {
    "type": "object",
    "additionalProperties": False,
    "required": ["replicas"],
    "properties": {
        "replicas": {"type": "integer", "minimum": 1},
        "image": {"type": "object", "properties": {"tag": {"type": "string"}}},
    },
}


@pytest.mark.parametrize(
    ("ours", "places"),
    [
        pytest.param({}, [], id="the chart's own"),
        pytest.param({"replicas": 3, "image": {"tag": "2"}}, [], id="ours over them"),
        pytest.param({"replicas": "3"}, ["value replicas:"], id="a wrong type"),
        pytest.param({"image": {"tag": 2}}, ["value image.tag:"], id="deep"),
        pytest.param({"replicas": None}, ["value at the top:"], id="null removes what is required"),
        pytest.param(
            {"replicas": 0, "image": {"tag": 1}, "more": 1},
            ["value at the top:", "value image.tag:", "value replicas:"],
            id="all at once",
        ),
    ],
)
def test_every_place_that_breaks_the_schema_is_told(ours, places):
    found = list(faults(chart(STRICT), ours))
    assert len(found) == len(places)
    assert all(text.startswith(place) for text, place in zip(found, places, strict=True))


@pytest.mark.parametrize(
    "schema",
    [
        pytest.param({"$ref": "https://schemas.example/x.json"}, id="an address"),
        pytest.param({"$ref": "file:///etc/hostname"}, id="a file"),
        pytest.param({"type": 5}, id="no schema"),
    ],
)
def test_a_schema_that_cannot_be_used_alone_is_a_fault(schema):
    (said,) = faults(chart(schema), {})
    assert said.startswith("values.schema.json cannot be used")


def test_values_of_a_chart_inside_stand_under_its_alias():
    head = "name: lamp\nversion: 1.0.0\ndependencies: [{name: bulb, alias: light}]\n"
    inner = {
        "charts/bulb/Chart.yaml": "name: bulb\nversion: 1.0.0\n",
        "charts/bulb/values.yaml": "watts: 5\n",
    }
    entries = {**inner, "values.yaml": "light: {colour: red}\n"}
    made = unpack(
        tarred(*((f"lamp/{path}", text.encode()) for path, text in entries.items()), head=head), REFERENCE
    )
    assert coalesced(made, {"light": {"watts": 9}}) == {"light": {"colour": "red", "watts": 9}}
    assert coalesced(made, {}) == {"light": {"colour": "red", "watts": 5}}


def test_a_chart_inside_without_being_listed_has_its_values_too():
    entries = {"charts/bulb/Chart.yaml": "name: bulb\n", "charts/bulb/values.yaml": "watts: 5\n"}
    made = unpack(tarred(*((f"lamp/{path}", text.encode()) for path, text in entries.items())), REFERENCE)
    assert coalesced(made, {}) == {"bulb": {"watts": 5}}


def test_a_schema_inside_that_refers_to_an_address_is_a_fault_before_helm_sees_it():
    inner = {"charts/bulb/Chart.yaml": "name: bulb\nversion: 1.0.0\n"}
    schema = json.dumps({"$ref": "https://schemas.example/x.json"})
    made = chart({}, **inner, **{"charts/bulb/values.schema.json": schema})
    (said,) = faults(made, {})
    assert said.startswith("charts/bulb/values.schema.json cannot be used")


def test_helm_agrees_on_what_a_schema_refuses(pack):
    made = unpack(pack(files=LAMP), REFERENCE)
    assert list(faults(made, {"replicas": 0}))
    assert not list(faults(made, {"replicas": 1}))
