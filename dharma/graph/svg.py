"""Graphs as SVG, laid out here: readable on light and dark pages, without any other program."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from dharma.graph.layout import Layout, layout
from dharma.graph.model import OUTSIDE, Arrow, Box, Graph, Panel

_PALETTE = ("#4c78a8", "#d9772b", "#3a9d5d", "#b5519b", "#8068cf", "#b98a12", "#2a98a8", "#cf4f5c")
_NEUTRAL = "#7b8794"
_MARGIN, _ROW, _GAP = 32, 52, 84
_BOX, _HEADING, _TITLE = 40, 26, 44
_LETTER, _SMALL = 7.4, 6.1
_CARDS_A_ROW = 6
_STYLE = """
text { font: 13px system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif; fill: #1f2933; }
.page { fill: #ffffff; } .title { font-size: 20px; font-weight: 600; }
.panel { font-size: 15px; font-weight: 600; } .small { font-size: 11px; fill: #616e7c; }
.box { fill: #f5f7fa; stroke: #cbd2d9; } .card { fill: none; stroke: #cbd2d9; }
.arrow { fill: none; stroke-width: 1.4; opacity: .75; }
@media (prefers-color-scheme: dark) {
  text { fill: #e4e7eb; } .page { fill: #12181f; } .small { fill: #9aa5b1; }
  .box { fill: #1c2530; stroke: #3e4c59; } .card { stroke: #3e4c59; }
}
"""

Colours = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A part of the page whose origin is its own upper left corner; sizes in pixels."""

    width: float
    height: float
    lines: tuple[str, ...]


def svg(graph: Graph) -> str:
    """A standalone SVG file: title, panels one below the other, legend."""
    colours = _colours(graph)
    parts = [_panel(panel, colours) for panel in graph.panels] + [_legend(graph, colours)]
    width = max(part.width for part in parts) + 2 * _MARGIN
    lines, top = [], _MARGIN + 44.0
    for part in parts:
        lines += [f'<g transform="translate({_MARGIN},{_px(top)})">', *part.lines, "</g>"]
        top += part.height + _MARGIN
    size = f'width="{_px(width)}" height="{_px(top)}"'
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {_px(width)} {_px(top)}" role="img">',
        f"<title>{escape(graph.title)}</title>",
        f"<style>{_STYLE}</style>",
        f"<defs>{''.join(_heads(colours))}</defs>",
        f'<rect class="page" {size}/>',
        _text(_MARGIN, _MARGIN + 16, graph.title, "title"),
    )
    return "\n".join([*head, *lines, "</svg>"]) + "\n"


def _colours(graph: Graph) -> Colours:
    owners = sorted({box.group for panel in graph.panels for box in panel.boxes if box.kind == "service"})
    return {owner: _PALETTE[number % len(_PALETTE)] for number, owner in enumerate(owners)}


def _heads(colours: Colours) -> Iterator[str]:
    for colour in sorted({*colours.values(), _NEUTRAL}):
        yield (
            f'<marker id="head-{colour[1:]}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
            f'markerHeight="7" orient="auto"><path d="M0 0.5 L8 4 L0 7.5 z" fill="{colour}"/></marker>'
        )


def _panel(panel: Panel, colours: Colours) -> _Drawn:
    drawn = _layered(panel, colours) if panel.arrows or panel.ranks else _cards(panel, colours)
    return _Drawn(
        drawn.width, drawn.height + _TITLE, (_text(0, 14, panel.title, "panel"), *_moved(drawn, 0, _TITLE))
    )


def _cards(panel: Panel, colours: Colours) -> _Drawn:
    """A card for each group, several in a row."""
    width = _width(panel.boxes)
    lines: list[str] = []
    top = right = 0.0
    groups = panel.groups
    for first in range(0, len(groups), _CARDS_A_ROW):
        cards = [_card(panel, group, width, colours) for group in groups[first : first + _CARDS_A_ROW]]
        for position, card in enumerate(cards):
            lines += _moved(card, position * (card.width + 16), top)
        top += max(card.height for card in cards) + 16
        right = max(right, sum(card.width + 16 for card in cards) - 16)
    return _Drawn(right, max(top - 16, 0), tuple(lines))


def _card(panel: Panel, group: str, width: float, colours: Colours) -> _Drawn:
    boxes = [box for box in panel.boxes if box.group == group]
    height = _HEADING + 8 + len(boxes) * (_BOX + 8) + 4
    lines = [
        f'<rect class="card" width="{_px(width + 24)}" height="{_px(height)}" rx="8"/>',
        _text(12, 21, group, "small"),
    ]
    for row, box in enumerate(boxes):
        lines += _box(box, 12, _HEADING + 8 + row * (_BOX + 8), width, colours)
    return _Drawn(width + 24, height, tuple(lines))


def _layered(panel: Panel, colours: Colours) -> _Drawn:
    """Columns of boxes with arrows from left to right."""
    pairs = [(arrow.source, arrow.target) for arrow in panel.arrows]
    placed = layout([box.id for box in panel.boxes], pairs, panel.ranks)
    width = _width(panel.boxes)
    top = _HEADING if panel.headings else 0
    lines = [_text(_left(column, width), 10, text, "small") for column, text in enumerate(panel.headings)]

    def at(name: str) -> tuple[float, float]:
        return _left(placed.columns[name], width), top + placed.rows[name] * _ROW + _BOX / 2

    owners = {box.id: box for box in panel.boxes}
    for arrow, path in zip(panel.arrows, _ways(panel.arrows, placed, at, width), strict=True):
        colour = _colour(owners[arrow.source], colours)
        lines.append(_arrow(arrow, owners, path, colour))
    for box in panel.boxes:
        left, middle = at(box.id)
        lines += _box(box, left, middle - _BOX / 2, width, colours)
    return _Drawn(_left(placed.width - 1, width) + width, top + placed.height * _ROW, tuple(lines))


def _left(column: int, width: float) -> float:
    return column * (width + _GAP)


def _ways(
    arrows: Sequence[Arrow], placed: Layout, at: Callable[[str], tuple[float, float]], width: float
) -> list[str]:
    """SVG paths, one an arrow; the ends on a box are spread over its side in the order they come."""
    ways = [placed.ways[arrow.source, arrow.target] for arrow in arrows]
    starts = _spread([(way[0], at(way[1])[1]) for way in ways])
    ends = _spread([(way[-1], at(way[-2])[1]) for way in ways])
    return [
        _path([at(name) for name in way], start, end, width)
        for way, start, end in zip(ways, starts, ends, strict=True)
    ]


def _spread(ends: Sequence[tuple[str, float]]) -> list[float]:
    offsets = [0.0] * len(ends)
    for name in {name for name, _ in ends}:
        mine = sorted((height, number) for number, (owner, height) in enumerate(ends) if owner == name)
        step = min(7.0, (_BOX - 12) / len(mine))
        for place, (_, number) in enumerate(mine):
            offsets[number] = (place - (len(mine) - 1) / 2) * step
    return offsets


def _path(points: Sequence[tuple[float, float]], start: float, end: float, width: float) -> str:
    back = points[0][0] > points[-1][0]
    enter, leave = (width, 0.0) if back else (0.0, width)
    shifts = [start, *[0.0] * (len(points) - 2), end]
    stops = [(x, y + shift) for (x, y), shift in zip(points, shifts, strict=True)]
    parts = [f"M{_px(stops[0][0] + leave)} {_px(stops[0][1])}"]
    for number, ((x, y), (next_x, next_y)) in enumerate(pairwise(stops)):
        middle = (x + leave + next_x + enter) / 2
        bend = f"C{_px(middle)} {_px(y)} {_px(middle)} {_px(next_y)} {_px(next_x + enter)} {_px(next_y)}"
        parts += [bend] if number == len(stops) - 2 else [bend, f"H{_px(next_x + leave)}"]
    return " ".join(parts)


def _arrow(arrow: Arrow, owners: Mapping[str, Box], path: str, colour: str) -> str:
    hint = f"{owners[arrow.source].name} to {owners[arrow.target].name}" + (
        f":{arrow.label}" if arrow.label else ""
    )
    return (
        f'<path class="arrow" d="{path}" stroke="{colour}" marker-end="url(#head-{colour[1:]})">'
        f"<title>{escape(hint)}</title></path>"
    )


def _box(box: Box, left: float, top: float, width: float, colours: Colours) -> Iterator[str]:
    colour, round_ = _colour(box, colours), _BOX / 2 if box.kind == "gateway" else 6
    place = f'x="{_px(left)}" y="{_px(top)}"'
    yield f'<rect class="box" {place} width="{_px(width)}" height="{_BOX}" rx="{_px(round_)}"/>'
    if box.kind == "service":
        yield f'<rect {place} width="5" height="{_BOX}" rx="2.5" fill="{colour}"/>'
    yield _text(left + 15, top + (17 if box.note else 25), box.name)
    if box.note:
        yield _text(left + 15, top + 32, box.note, "small")


def _colour(box: Box, colours: Colours) -> str:
    return colours.get(box.group, _NEUTRAL) if box.kind == "service" else _NEUTRAL


def _legend(graph: Graph, colours: Colours) -> _Drawn:
    lines, left = [], 0.0
    for owner, colour in colours.items():
        lines.append(f'<rect x="{_px(left)}" y="2" width="12" height="12" rx="3" fill="{colour}"/>')
        lines.append(_text(left + 18, 12, owner, "small"))
        left += 18 + len(owner) * _SMALL + 22
    for text in _meanings(graph):
        lines.append(
            f'<path class="arrow" d="M{_px(left)} 8 H{_px(left + 26)}" stroke="{_NEUTRAL}" '
            f'marker-end="url(#head-{_NEUTRAL[1:]})"/>'
        )
        lines.append(_text(left + 34, 12, text, "small"))
        left += 34 + len(text) * _SMALL + 22
    return _Drawn(left, 16, tuple(lines))


def _meanings(graph: Graph) -> Iterator[str]:
    kinds = {box.kind for panel in graph.panels if panel.arrows for box in panel.boxes}
    if "component" in kinds:
        yield "component is required by"
    if "service" in kinds:
        yield "service calls, coloured by its tenant"
    if any(box.group == OUTSIDE for panel in graph.panels for box in panel.boxes):
        yield "gateway exposes"


def _width(boxes: Sequence[Box]) -> float:
    texts = [max(len(box.name) * _LETTER, len(box.note) * _SMALL) for box in boxes]
    return round(max([*texts, 110]) + 30)


def _moved(drawn: _Drawn, left: float, top: float) -> list[str]:
    return [f'<g transform="translate({_px(left)},{_px(top)})">', *drawn.lines, "</g>"]


def _text(left: float, top: float, text: str, style: str = "") -> str:
    name = f' class="{style}"' if style else ""
    return f'<text x="{_px(left)}" y="{_px(top)}"{name}>{escape(text)}</text>'


def _px(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
