"""The examples of docs/environments.md do what the page says."""

from __future__ import annotations

import re
from functools import reduce
from pathlib import Path

import pytest

from dharma import document
from dharma.layer import EMPTY, Node, compose, conflicts, plain

PAGE = Path(__file__).parents[2] / "docs" / "environments.md"
BLOCKS = re.findall(r"^```yaml (lower|upper|result)\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)


def _examples() -> list[tuple[list[str], str]]:
    examples, layers = [], []
    for role, text in BLOCKS:
        if role == "result":
            examples.append((layers, text))
        layers = [] if role == "result" else [*layers, text]
    return examples


def test_the_page_has_an_example_of_every_rule():
    assert len(_examples()) >= 5
    assert "```yaml\n" not in PAGE.read_text()


@pytest.mark.parametrize(("layers", "result"), _examples())
def test_an_example_merges_to_its_result(tmp_path, layers, result):
    merged = reduce(compose, (_tree(tmp_path, text) for text in layers), EMPTY)
    assert not list(conflicts(merged))
    assert plain(merged) == plain(_tree(tmp_path, result))


def _tree(root, text) -> Node:
    (root / "example.yaml").write_text(text)
    return document.read(root, root / "example.yaml")
