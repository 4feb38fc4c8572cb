"""Graphs as text: Mermaid, Graphviz DOT, JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from dharma.graph.model import Box, Graph, Panel

_ENTITIES = str.maketrans({char: f"#{ord(char)};" for char in '"#<>&;`\\[]{}()|\n'})


def mermaid(graph: Graph) -> str:
    """A Mermaid flowchart, which Git forges draw inside Markdown."""
    lines = ["---", f"title: {_yaml(graph.title)}", "---", "flowchart LR"]
    for number, panel in enumerate(graph.panels):
        lines += _mermaid_panel(panel, number, alone=len(graph.panels) == 1)
    return "\n".join(lines) + "\n"


def _mermaid_panel(panel: Panel, number: int, *, alone: bool) -> Iterator[str]:
    prefix = f"p{number}_"
    if not alone:
        yield f'  subgraph {prefix}panel["{_entities(panel.title)}"]'
    for position, group in enumerate(panel.groups):
        yield f'  subgraph {prefix}g{position}["{_entities(_heading(panel, position, group))}"]'
        yield from (f"    {prefix}{_mermaid_box(box)}" for box in panel.boxes if box.group == group)
        yield "  end"
    for arrow in panel.arrows:
        label = f'|"{_entities(arrow.label)}"|' if arrow.label else ""
        yield f"  {prefix}{_word(arrow.source)} -->{label} {prefix}{_word(arrow.target)}"
    if not alone:
        yield "  end"


def _mermaid_box(box: Box) -> str:
    text = _entities(box.name) + (f"<br/>{_entities(box.note)}" if box.note else "")
    return f'{_word(box.id)}(["{text}"])' if box.kind == "gateway" else f'{_word(box.id)}["{text}"]'


def dot(graph: Graph) -> str:
    """A Graphviz digraph with a cluster for each group."""
    lines = [
        f"digraph {_quoted(graph.target)} {{",
        f"  label={_quoted(graph.title)}; labelloc=t; rankdir=LR; fontname=sans;",
        "  node [shape=box, style=rounded, fontname=sans]; edge [fontname=sans, fontsize=10];",
    ]
    for number, panel in enumerate(graph.panels):
        lines += _dot_panel(panel, number)
    return "\n".join([*lines, "}"]) + "\n"


def _dot_panel(panel: Panel, number: int) -> Iterator[str]:
    yield f"  subgraph cluster_{number} {{"
    yield f"    label={_quoted(panel.title)};"
    for position, group in enumerate(panel.groups):
        yield f"    subgraph cluster_{number}_{position} {{"
        yield f"      label={_quoted(_heading(panel, position, group))};"
        yield from (f"      {_dot_box(box, number)}" for box in panel.boxes if box.group == group)
        yield "    }"
    for arrow in panel.arrows:
        label = f" [label={_quoted(arrow.label)}]" if arrow.label else ""
        yield f"    {_quoted(f'{number}-{arrow.source}')} -> {_quoted(f'{number}-{arrow.target}')}{label};"
    yield "  }"


def _dot_box(box: Box, number: int) -> str:
    label = _quoted("\n".join(text for text in (box.name, box.note) if text))
    shape = ", shape=oval" if box.kind == "gateway" else ""
    return f"{_quoted(f'{number}-{box.id}')} [label={label}{shape}];"


def as_dict(graph: Graph) -> dict[str, Any]:
    """The picture for machines: panels with boxes and arrows, no positions."""
    return asdict(graph)


def _heading(panel: Panel, position: int, group: str) -> str:
    return panel.headings[position] if panel.headings else group


def _entities(text: str) -> str:
    """Text inside a Mermaid string, which knows no escapes but numbered entities."""
    return text.translate(_ENTITIES)


def _word(text: str) -> str:
    return re.sub(r"\W", "_", text)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _yaml(text: str) -> str:
    return "'" + text.replace("'", "''").replace("\n", " ") + "'"
