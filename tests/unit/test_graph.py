"""Pictures of the platform: what is in them, that it can be read, and that it is always the same."""

import json
import os
import re
import subprocess
import sys
from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dharma import environment
from dharma.graph import Arrow, Box, Graph, Panel, as_dict, dot, graph_of, mermaid, svg
from dharma.graph.layout import crossings, layout, spread
from dharma.target import Target

SVG = "{http://www.w3.org/2000/svg}"
NASTY = 'a"] --> b[<script>&"\\\n%% x'

names = st.integers(2, 9).map(lambda count: [f"n{number}" for number in range(count)])
graphs = names.flatmap(
    lambda found: st.tuples(
        st.just(found),
        st.sets(
            st.tuples(st.sampled_from(found), st.sampled_from(found)).filter(lambda pair: pair[0] != pair[1])
        ),
    )
)


@pytest.fixture(scope="module")
def target(repository: Path) -> Target:
    return environment.load(repository).targets[-1]


@given(graphs)
def test_columns_increase_along_every_arrow_unless_it_closes_a_cycle(graph):
    found, arrows = graph
    placed = layout(found, arrows)
    for (source, aim), way in placed.ways.items():
        steps = [later - earlier for earlier, later in pairwise(placed.columns[name] for name in way)]
        assert (way[0], way[-1]) == (source, aim)
        assert set(steps) in ({1}, {-1})


@given(graphs)
def test_arrows_that_form_no_cycle_all_lead_to_the_right(graph):
    found, arrows = graph
    forward = {(source, aim) for source, aim in arrows if source < aim}
    columns = layout(found, forward).columns
    assert all(columns[source] < columns[aim] for source, aim in forward)


@given(graphs)
def test_boxes_of_a_column_never_overlap(graph):
    placed = layout(*graph)
    for one, two in combinations(graph[0], 2):
        if placed.columns[one] == placed.columns[two]:
            assert abs(placed.rows[one] - placed.rows[two]) > 1 - 1e-9


@given(graphs, st.randoms(use_true_random=False))
def test_layout_does_not_depend_on_the_order_of_its_input(graph, random):
    found, arrows = list(graph[0]), list(graph[1])
    before = layout(found, arrows)
    random.shuffle(found)
    random.shuffle(arrows)
    assert layout(found, arrows) == before


@given(st.lists(st.floats(-50, 50), max_size=12))
def test_spreading_what_does_not_overlap_changes_nothing(wishes):
    once = spread(wishes, [1.0] * len(wishes))
    assert all(lower - upper > 1 - 1e-6 for upper, lower in pairwise(once))
    assert spread(once, [1.0] * len(wishes)) == pytest.approx(once)


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [([], []), ([3.0], [3.0]), ([0.0, 5.0], [0.0, 5.0]), ([2.0, 2.0], [1.5, 2.5]), ([5.0, 0.0], [2.0, 3.0])],
    ids=["nothing", "alone", "apart", "same wish", "crossed wishes meet in the middle"],
)
def test_spread_is_the_least_squares_fit(wishes, expected):
    assert spread(wishes, [1.0] * len(wishes)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("links", "count"),
    [([("a", "x"), ("b", "y")], 0), ([("a", "y"), ("b", "x")], 1), ([("a", "x"), ("b", "x")], 0)],
    ids=["parallel", "crossed", "meeting"],
)
def test_crossings_are_counted(links, count):
    assert crossings([["a", "b"], ["x", "y"]], links) == count


def test_order_inside_columns_removes_crossings_that_are_not_needed():
    placed = layout(["a", "b", "y", "z"], [("a", "z"), ("b", "y")])
    assert (placed.rows["a"] < placed.rows["b"]) == (placed.rows["z"] < placed.rows["y"])


def test_every_component_has_a_column_after_what_it_requires(target):
    (panel,) = graph_of(target, "components").panels
    assert {box.name for box in panel.boxes} == set(target.options)
    assert all(panel.ranks[arrow.source] < panel.ranks[arrow.target] for arrow in panel.arrows)
    assert len(panel.headings) == max(panel.ranks.values()) + 1
    assert panel.headings[1] == "waves 10 to 19"


def test_services_stand_with_the_tenant_that_owns_them(target):
    (panel,) = graph_of(target, "services").panels
    assert {box.name: box.group for box in panel.boxes} == {
        name: service.tenant for name, service in target.services.items()
    }


def test_every_declared_call_and_every_exposed_service_is_an_arrow(target):
    (panel,) = graph_of(target, "calls").panels
    calls = {
        (f"service-{name}", f"service-{call.partition(':')[0]}")
        for name, service in target.services.items()
        for call in service.calls
    }
    exposed = {
        (f"gateway-{service.expose.gateway}", f"service-{name}")
        for name, service in target.services.items()
        if service.expose
    }
    assert {(arrow.source, arrow.target) for arrow in panel.arrows} == calls | exposed
    assert Arrow("service-checkout", "service-catalogue", "grpc") in panel.arrows


def test_svg_shows_every_name_and_no_box_lies_on_another(target):
    graph = graph_of(target, "calls")
    root = ET.fromstring(svg(graph))  # noqa: S314
    texts = {text.text for text in root.iter(f"{SVG}text")}
    assert {box.name for box in graph.panels[0].boxes} | {graph.title, graph.panels[0].title} <= texts
    boxes = [
        tuple(float(box.get(side, "")) for side in ("x", "y", "width", "height")) for box in _boxes(root)
    ]
    assert len(boxes) == len(graph.panels[0].boxes)
    for (left, top, width, height), (x, y, w, h) in combinations(boxes, 2):
        assert left + width <= x or x + w <= left or top + height <= y or y + h <= top


def _boxes(root: ET.Element) -> list[ET.Element]:
    return [rect for rect in root.iter(f"{SVG}rect") if rect.get("class") == "box"]


def test_svg_fits_its_page(target):
    root = ET.fromstring(svg(graph_of(target, "services")))  # noqa: S314
    width = float(root.get("width", ""))
    assert all(float(box.get("x", "")) + float(box.get("width", "")) <= width for box in _boxes(root))


def nasty() -> Graph:
    boxes = (Box("service-a", NASTY, "service", NASTY, NASTY), Box("service-b", "b", "service", "t"))
    return Graph(NASTY, NASTY, (Panel(NASTY, boxes, (Arrow("service-a", "service-b", NASTY),)),))


def test_svg_keeps_every_label_and_takes_none_as_markup():
    root = ET.fromstring(svg(nasty()))  # noqa: S314
    assert not list(root.iter(f"{SVG}script"))
    assert [text.text for text in root.iter(f"{SVG}text")].count(NASTY) >= 3


def test_mermaid_labels_hold_nothing_that_ends_or_starts_anything():
    lines = mermaid(nasty()).splitlines()
    labels = re.findall(r'"([^"]*)"', "\n".join(lines[3:]))
    assert len(labels) == 5
    assert all(not set(label.replace("<br/>", "")) & set('<>[]{}|&"\n') for label in labels)


def test_dot_quotes_every_label():
    text = dot(nasty())
    unquoted = re.sub(r'"(?:[^"\\]|\\.)*"', "", text)
    assert '"' not in unquoted
    assert "script" not in unquoted


def test_json_holds_every_box_and_arrow(target):
    graph = graph_of(target)
    found = json.loads(json.dumps(as_dict(graph)))
    assert [len(panel["boxes"]) for panel in found["panels"]] == [len(panel.boxes) for panel in graph.panels]
    assert found["target"] == target.name


def test_a_target_without_services_can_be_drawn(target):
    empty = target.model_copy(update={"services": {}})
    assert ET.fromstring(svg(graph_of(empty))).tag == f"{SVG}svg"  # noqa: S314
    assert mermaid(graph_of(empty)).startswith("---\n")


@pytest.mark.parametrize("form", ["svg", "mermaid", "dot", "json"])
def test_the_bytes_are_the_same_with_every_hash_seed(repository, form):
    code = f"from dharma.cli import main; main(['graph', '--view', 'calls', '--format', '{form}'])"
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=repository,
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


def test_a_file_is_written_where_it_is_asked_for(dharma, repository, tmp_path):
    ran = dharma(
        "-C", repository, "graph", "staging/region-b", "--format", "svg", "--output", tmp_path / "p.svg"
    )
    assert ran.code == 0
    assert "Platform staging/region-b" in (tmp_path / "p.svg").read_text()


def test_an_environment_is_no_single_target(dharma, repository):
    ran = dharma("-C", repository, "graph", "staging")
    assert ran.code == 2
    assert "means several targets" in ran.err
