"""Text of charts is read as Kubernetes reads it, within limits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dharma.charts.text import Unreadable, document, documents
from dharma_rego import emit

SCALARS = {
    "yes": True,
    "off": False,
    "y": True,
    "N": False,
    "true": True,
    "~": None,
    "": None,
    "0755": 493,
    "0x1F": 31,
    "0b11": 3,
    "08": 8,
    "1_000": 1000,
    "-5": -5,
    "+7": 7,
    "1.0": 1,
    "1.5": 1.5,
    "1e3": "1e3",
    "1.5e+3": 1500,
    ".5": 0.5,
    "1.2.3": "1.2.3",
    "12:30": "12:30",
    "2020-01-01": "2020-01-01",
    "2020-01-01T00:00:00Z": "2020-01-01T00:00:00Z",
    "'yes'": "yes",
    '"1"': "1",
    "Yes please": "Yes please",
    "0x": "0x",
    "1Gi": "1Gi",
    "=": "=",
}


@pytest.mark.parametrize(("said", "meant"), SCALARS.items(), ids=[repr(key) for key in SCALARS])
def test_a_plain_scalar_is_what_kubernetes_takes_it_for(said, meant):
    found = document(f"a: {said}\n".encode())["a"]
    assert (type(found), found) == (type(meant), meant)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
        lambda below: st.lists(below) | st.dictionaries(st.text(), below),
        max_leaves=20,
    )
)
def test_what_dharma_writes_is_read_as_it_was(value):
    assert document(emit({"a": value})) == {"a": value}


def test_anchors_and_merges_are_followed():
    assert document(b"a: &x {b: 1}\nc: {<<: *x, d: 2}\n") == {"a": {"b": 1}, "c": {"b": 1, "d": 2}}


def test_empty_documents_are_left_out():
    assert list(documents(b"---\n---\n# nothing\n---\na: 1\n---\n")) == [{"a": 1}]


BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join(['*' + below] * 10)}]\n"
    for below, name in zip("abcdefg", "bcdefgh", strict=True)
)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        pytest.param(BOMB, "unfolds to more", id="a billion laughs"),
        pytest.param("a: &a [*a]\n", "unfolds to more", id="a circle"),
        pytest.param("[" * 200_000, "nests deeper", id="deep flow"),
        pytest.param("- " * 200_000 + "a", "nests deeper", id="deep block"),
        pytest.param("[" * 500 + "]" * 500, "unfolds to more", id="deeper than objects are"),
        pytest.param("a: 1\na: 2\n", "stands twice", id="a key twice"),
        pytest.param(
            "a: !!python/object/apply:os.system [id]\n", "could not determine", id="an object of Python"
        ),
        pytest.param("a: .inf\n", "no such number", id="an infinite number"),
        pytest.param("a: [\n", "line 2", id="cut off"),
        pytest.param("a: \x07\n", "no YAML|line", id="a control character"),
    ],
)
def test_what_cannot_be_read_safely_is_refused(said, why):
    with pytest.raises(Unreadable, match=why):
        list(documents(said.encode()))
