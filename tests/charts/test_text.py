"""Text of charts is read as Kubernetes reads it, within limits."""

import json
import math
import os
import random
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dharma.charts.text import Unreadable, document, documents
from dharma_rego import emit

GO_READER = Path(__file__).parent.parent / "unit" / "go-reader"
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
    "1e3": 1000,
    "1E+400": "1E+400",
    "1_.5": 1.5,
    "0o": "0o",
    "18446744073709551616": 1.8446744073709552e19,
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


def scalars(count):
    """Plain scalars of characters that numbers and words are made of; `0b-0` alone is read otherwise."""
    chosen = random.Random(7)
    made = (
        "".join(chosen.choices("0123456789xXbBoO_.+-eEyYnN~", k=chosen.randint(1, 7))) for _ in range(count)
    )
    return [one for one in made if one != "-" and not re.search("0[bB][-+]", one)]


def test_plain_scalars_are_read_as_kubernetes_own_reader_reads_them(tmp_path):
    if shutil.which("go") is None:
        pytest.skip("Go is not installed: Kubernetes' own reader is not asked")
    binary = tmp_path / "go-reader"
    warm = os.environ | {"GOCACHE": os.environ.get("GOCACHE") or str(Path.home() / ".cache" / "go-build")}
    subprocess.run(["go", "build", "-o", binary, "."], cwd=GO_READER, env=warm, check=True)
    texts = [f"a: {said}\n".encode() for said in (*SCALARS, *scalars(4000))]
    ran = subprocess.run([binary], input=b"\0".join(texts), capture_output=True, check=True)
    for text, line in zip(texts, ran.stdout.splitlines(), strict=True):
        mine, theirs = document(text)["a"], json.loads(line)["a"]
        assert mine == theirs or math.isclose(mine, theirs), text
        assert isinstance(mine, bool) == isinstance(theirs, bool), text


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
