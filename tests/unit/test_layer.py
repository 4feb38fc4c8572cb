from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dharma.errors import Origin
from dharma.layer import EMPTY, Conflict, Node, Step, compose, conflicts, find, kind, leaves, plain

_names = st.sampled_from("abc")
_lines = st.integers(min_value=1, max_value=99)


def made(value: object, line: int = 1, file: str = "f.yaml") -> Node:
    """The layer that a JSON-shaped value stands for."""
    origin = Origin(file, line)
    if isinstance(value, dict):
        return Node(
            {name: made(part, line, file) for name, part in value.items()}, (Step(origin, {}),), origin
        )
    if isinstance(value, list):
        items = tuple(made(part, line, file) for part in value)
        return Node(items, (Step(origin, items),), origin)
    return Node(value, (Step(origin, value),), origin)


_scalars = st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["x", "y"])
_values = st.recursive(
    _scalars | st.lists(_scalars, max_size=2),
    lambda inner: st.dictionaries(_names, inner, max_size=3),
    max_leaves=8,
)
layers = st.builds(made, st.dictionaries(_names, _values, max_size=3), _lines)


@given(layers, layers, layers)
def test_composition_is_associative_in_values_chains_and_conflicts(one, two, three):
    assert compose(compose(one, two), three) == compose(one, compose(two, three))


@given(layers, layers, layers, layers)
def test_conflicts_are_the_same_however_layers_are_grouped(one, two, three, four):
    left = compose(compose(compose(one, two), three), four)
    paired = compose(compose(one, two), compose(three, four))
    found = [(path, node.clash) for path, node in conflicts(left)]
    assert found == [(path, node.clash) for path, node in conflicts(paired)]


@given(layers)
def test_the_empty_map_is_the_identity(layer):
    assert compose(EMPTY, layer) == layer
    assert compose(layer, EMPTY) == layer


@given(layers)
def test_a_layer_over_itself_says_the_same(layer):
    assert plain(compose(layer, layer)) == plain(layer)


@given(layers, layers)
def test_scalars_and_lists_of_the_upper_layer_win(lower, upper):
    merged = compose(lower, upper)
    for path, leaf in leaves(upper):
        found = find(merged, path)
        if found is not None and not isinstance(found, Conflict) and not found.is_map:
            assert found.value == leaf.value


@given(layers, layers)
def test_chains_are_oldest_first_and_end_with_the_winner(lower, upper):
    merged = compose(lower, upper)
    for path, leaf in leaves(merged):
        over = find(upper, path)
        if over is not None and over.chain:
            assert leaf.chain[-len(over.chain) :] == over.chain


MERGES = {
    "maps merge": ({"a": {"x": 1}}, {"a": {"y": 2}}, {"a": {"x": 1, "y": 2}}),
    "scalars replace": ({"a": 1}, {"a": "two"}, {"a": "two"}),
    "lists replace": ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
    "a list replaces a scalar": ({"a": 1}, {"a": [3]}, {"a": [3]}),
    "false replaces": ({"a": True}, {"a": False}, {"a": False}),
    "null removes a scalar": ({"a": 1, "b": 2}, {"a": None}, {"b": 2}),
    "null removes a map": ({"a": {"x": 1}}, {"a": None}, {}),
    "null inside a map removes one key": ({"a": {"x": 1, "y": 2}}, {"a": {"x": None}}, {"a": {"y": 2}}),
    "null of nothing removes nothing": ({"b": 2}, {"a": None}, {"b": 2}),
    "an empty map changes nothing": ({"a": {"x": 1}}, {"a": {}}, {"a": {"x": 1}}),
    "an empty list empties": ({"a": [1]}, {"a": []}, {"a": []}),
}


@pytest.mark.parametrize(("lower", "upper", "result"), MERGES.values(), ids=MERGES.keys())
def test_two_layers_merge(lower, upper, result):
    assert plain(compose(made(lower), made(upper))) == result


def test_a_cleared_key_starts_empty_in_later_layers():
    over = compose(made({"a": None}), made({"a": {"y": 2}}))
    assert plain(compose(made({"a": {"x": 1}}), over)) == {"a": {"y": 2}}


def test_clearing_lets_a_map_become_a_list():
    steps = (made({"a": {"x": 1}}), made({"a": None}), made({"a": [1]}))
    merged = compose(compose(steps[0], steps[1]), steps[2])
    assert not list(conflicts(merged))
    assert plain(merged) == {"a": [1]}


@pytest.mark.parametrize(
    ("lower", "upper", "kinds"),
    [
        pytest.param(1, {"x": 1}, ("number", "map"), id="a map over a scalar"),
        pytest.param({"x": 1}, "s", ("map", "string"), id="a scalar over a map"),
        pytest.param([1], {"x": 1}, ("list", "map"), id="a map over a list"),
        pytest.param({"x": 1}, [1], ("map", "list"), id="a list over a map"),
        pytest.param({}, True, ("map", "boolean"), id="a boolean over an empty map"),
    ],
)
def test_a_map_and_another_kind_conflict_and_name_both_places(lower, upper, kinds):
    merged = compose(made({"a": lower}, 3, "low.yaml"), made({"a": upper}, 7, "up.yaml"))
    ((path, node),) = conflicts(merged)
    assert path == ("a",)
    assert [step.origin for step in node.clash] == [Origin("low.yaml", 3), Origin("up.yaml", 7)]
    assert tuple(kind(step.value) for step in node.clash) == kinds


def test_a_conflict_goes_away_when_a_later_layer_clears_it():
    clash = compose(made({"a": 1}), made({"a": {"x": 1}}))
    assert not list(conflicts(compose(clash, made({"a": None}))))


def test_the_chain_remembers_what_each_layer_set():
    merged = compose(compose(made({"a": 1}, 1), made({"a": None}, 2)), made({"a": 5}, 3))
    node = find(merged, ("a",))
    assert node is not None
    assert [(step.origin.line, step.value) for step in node.chain] == [(1, 1), (2, None), (3, 5)]


def test_find_reaches_into_lists_and_says_none_for_what_is_not_there():
    tree = made({"a": [{"b": 1}]})
    assert find(tree, ("a", "0", "b")) is not None
    assert find(tree, ("a", "1")) is None
    assert find(tree, ("a", "0", "b", "c")) is None
