"""The fast reader of YAML: what it reads is what the strict reader reads; the rest it leaves alone."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import dharma_rego
from dharma import document
from dharma.errors import DeclarationError
from dharma.layer import plain

LIMITS = document.Limits(size=4 << 20, values=200_000, depth=64)
ROOT = Path(__file__).parents[2]
UPSTREAM = Path(os.environ.get("DHARMA_SCHEMAS", ROOT.parent / "shared/upstream/schemas")).parent

LEFT_ALONE = {
    "an anchor": "a: &x 1",
    "an alias": "a: &x 1\nb: *x",
    "a tag": "a: !!str 1",
    "a merge key": "a: {<<: {b: 1}}",
    "a key twice": "a: 1\na: 2",
    "a word of YAML 1.1": "a: yes",
    "such a word as key": "on: 1",
    "octal": "a: 0644",
    "sexagesimal": "a: 63400:300:100",
    "hexadecimal": "a: 0x1F",
    "an exponent": "a: 1e3",
    "a date": "a: 2026-01-01",
    "underscores in a number": "a: 1_000",
    "infinity": "a: .inf",
    "a number as key": "1: a",
    "an end marker": "a: 1\n...\n",
    "no map": "- a",
    "bare text": "just text",
    "a carriage return": "a: 1\r\n",
    "a tab": "a:\t1",
    "a tab in a plain scalar": "a: b\tc",
    "a tab in a folded block": "a: >\n  b\n  \tc",
    "a tab that ends a line of a block": "a: |\n  b\t\n",
    "a control character": "a: \x07",
    "a directive": "%YAML 1.1\n---\na: yes",
    "a broken line": "a: [1",
    "null in a list": "a: [null]",
    "nothing where a value is": "a:",
}


def strictly(text: str) -> list[tuple[int, int, object]] | None:
    """What the strict reader reads, None where it refuses anything."""
    try:
        trees, problems = document.read_all(text, "f.yaml", LIMITS)
    except DeclarationError:
        return None
    if problems:
        return None
    places = [(tree.origin.line, tree.origin.column) if tree.origin else (1, 1) for tree in trees]
    return [(*place, plain(tree)) for place, tree in zip(places, trees, strict=True)]


def fast(text: str) -> list[tuple[int, int, object]] | None:
    found = dharma_rego.read(text, values=LIMITS.values, depth=LIMITS.depth)
    return found and [(line, column, json.loads(body)) for line, column, body in found]


@pytest.mark.parametrize("text", LEFT_ALONE.values(), ids=LEFT_ALONE)
def test_what_readers_may_read_differently_is_left_to_the_strict_reader(text):
    assert fast("b: 1\n") is not None
    assert fast(text + "\n") is None


def test_a_last_line_without_end_is_left_to_the_strict_reader():
    assert fast("a: 1") is None


FOLDERS = {
    "generated": (ROOT / "generated", 0.99),
    "upstream examples": (UPSTREAM / "examples", 0.6),
    "upstream examples that are wrong": (UPSTREAM / "examples-negative", 0.5),
}


@pytest.mark.parametrize(("folder", "floor"), FOLDERS.values(), ids=FOLDERS)
def test_real_files_are_read_alike_and_mostly_fast(folder, floor):
    files = sorted(folder.rglob("*.yaml"))[::9]
    if not files:
        pytest.skip(f"no upstream samples beside the catalogue: {folder.name}")
    texts = [path.read_text(encoding="utf-8") for path in files]
    read = [(text, found) for text in texts if (found := fast(text)) is not None]
    for text, found in read:
        assert found == strictly(text)
    assert len(read) >= floor * len(texts)


WORDS = ["\n  ", "- ", ": ", "yes", "null", "1.5", "0x1", "---\n", "é", "%", "..."]
PIECES = st.sampled_from([*"ab01:-.#'\"[]{},|>&*!%@`/?_~=+ \n", *WORDS])


@settings(max_examples=1_500, deadline=None)
@given(st.lists(PIECES, max_size=24).map("".join))
@example("a: 1.\n")
@example("a: -0\n")
@example("a: '\n'\n")
@example("? a\n: b\n")
@example("--- {a: b}\n--- {c: 1.10}\n")
def test_whatever_is_read_fast_is_read_strictly_to_the_same_value(text):
    for wrapped in (f"{text}\n", f"key: {text}\n", f"a:\n  b: {text}\n  c: d\n"):
        found = fast(wrapped)
        if found is not None:
            assert found == strictly(wrapped)


SCALARS = st.text("abexyn0123456789.:-+_%/ ~(){}$", min_size=1, max_size=10)


@settings(max_examples=3_000, deadline=None)
@given(SCALARS, SCALARS)
def test_plain_scalars_keep_their_type(key, value):
    text = f"{key}: {value}\n"
    found = fast(text)
    if found is not None:
        assert found == strictly(text)


@pytest.mark.parametrize("levels", [64, 65])
def test_the_limits_are_the_strict_readers(levels):
    text = "".join("  " * level + "a:\n" for level in range(levels)) + "  " * levels + "a: 1\n"
    assert (fast(text) is None) == (strictly(text) is None)
