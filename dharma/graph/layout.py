"""Layout of a directed graph in layers: Sugiyama, Tagawa and Toda, 1981, in its plainest form.

Arrows that close a cycle are turned round, boxes go to layers by longest path, long arrows are
split at every layer they pass, layers are ordered by barycentres, and positions inside a layer
are the least-squares fit to the neighbours that keeps the order (pool adjacent violators).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

Pair = tuple[str, str]
Layers = list[list[str]]
_SWEEPS = 24


@dataclass(frozen=True, slots=True)
class Layout:
    """Columns and vertical positions, in units of one row; `ways` are the points of each arrow."""

    columns: Mapping[str, int]
    rows: Mapping[str, float]
    ways: Mapping[Pair, tuple[str, ...]]

    @property
    def width(self) -> int:
        """How many columns there are."""
        return max(self.columns.values(), default=-1) + 1

    @property
    def height(self) -> float:
        """How many rows there are."""
        return max(self.rows.values(), default=-1) + 1


def layout(names: Sequence[str], arrows: Iterable[Pair], ranks: Mapping[str, int] | None = None) -> Layout:
    """Where each name stands; the same input gives the same picture."""
    pairs = sorted(set(arrows))
    forward = _acyclic(names, pairs)
    columns = dict(ranks or _ranks(names, forward.values()))
    ways = {pair: _split(*forward[pair], columns) for pair in pairs}
    links = [link for way in dict.fromkeys(ways.values()) for link in pairwise(way)]
    layers = _ordered(_layers(columns), links)
    rows = _rows(layers, links)
    turned = {pair: way if forward[pair] == pair else way[::-1] for pair, way in ways.items()}
    return Layout(columns, rows, turned)


def _acyclic(names: Sequence[str], pairs: Sequence[Pair]) -> dict[Pair, Pair]:
    """Every arrow as it is laid out: turned round where it would lead back."""
    follow: dict[str, list[str]] = {name: [] for name in names}
    for source, target in pairs:
        follow[source].append(target)
    open_, done, back = set[str](), set[str](), set[Pair]()

    def visit(name: str) -> None:
        open_.add(name)
        for other in follow[name]:
            if other in open_:
                back.add((name, other))
            elif other not in done:
                visit(other)
        open_.discard(name)
        done.add(name)

    called = {target for _, target in pairs}
    for name in sorted(names, key=lambda name: (name in called, name)):
        if name not in done:
            visit(name)
    return {pair: pair[::-1] if pair in back else pair for pair in pairs}


def _ranks(names: Sequence[str], pairs: Iterable[Pair]) -> dict[str, int]:
    forward = sorted(set(pairs))
    ranks = dict.fromkeys(names, 0)
    for _ in names:
        for source, target in forward:
            ranks[target] = max(ranks[target], ranks[source] + 1)
    called = {target for _, target in forward}
    for name in names:
        nearest = min((ranks[target] for source, target in forward if source == name), default=1)
        if name not in called:
            ranks[name] = nearest - 1
    return ranks


def _split(source: str, target: str, columns: dict[str, int]) -> tuple[str, ...]:
    """The arrow's way, with a point in each column between; columns learn of the points."""
    between = range(columns[source] + 1, columns[target])
    points = [f"{source}\0{target}\0{column}" for column in between]
    columns.update(zip(points, between, strict=True))
    return (source, *points, target)


def _layers(columns: Mapping[str, int]) -> Layers:
    layers: Layers = [[] for _ in range(max(columns.values(), default=-1) + 1)]
    for name in sorted(columns):
        layers[columns[name]].append(name)
    return layers


def _ordered(layers: Layers, links: Sequence[Pair]) -> Layers:
    before, after = _neighbours(links), _neighbours((target, source) for source, target in links)
    best, fewest = layers, crossings(layers, links)
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        layers = _swept(layers if down else layers[::-1], before if down else after)
        layers = layers if down else layers[::-1]
        count = crossings(layers, links)
        if count < fewest:
            best, fewest = layers, count
    return best


def _swept(layers: Layers, neighbours: Mapping[str, list[str]]) -> Layers:
    swept = layers[:1]
    for layer in layers[1:]:
        places = {name: place for place, name in enumerate(swept[-1])}
        weights = {
            name: _mean([places[other] for other in neighbours.get(name, ()) if other in places], place)
            for place, name in enumerate(layer)
        }
        swept.append(sorted(layer, key=lambda name: (weights[name], name)))
    return swept


def crossings(layers: Layers, links: Sequence[Pair]) -> int:
    """How many pairs of links between neighbouring layers cross."""
    place = {name: (number, row) for number, layer in enumerate(layers) for row, name in enumerate(layer)}
    spans: dict[int, list[tuple[int, int]]] = {}
    for source, target in links:
        (column, upper), (_, lower) = sorted((place[source], place[target]))
        spans.setdefault(column, []).append((upper, lower))
    return sum(_inversions([lower for _, lower in sorted(span)]) for span in spans.values())


def _inversions(values: Sequence[int]) -> int:
    return sum(earlier > later for place, later in enumerate(values) for earlier in values[:place])


def _rows(layers: Layers, links: Sequence[Pair]) -> dict[str, float]:
    both = _neighbours((*links, *((target, source) for source, target in links)))
    tallest = max((len(layer) for layer in layers), default=0)
    rows = {name: place + (tallest - len(layer)) / 2 for layer in layers for place, name in enumerate(layer)}
    for sweep in range(_SWEEPS):
        for layer in layers if sweep % 2 == 0 else layers[::-1]:
            wishes = [_mean([rows[other] for other in both.get(name, ())], rows[name]) for name in layer]
            rows.update(zip(layer, spread(wishes, [_height(name) for name in layer]), strict=True))
    top = min(rows.values(), default=0)
    return {name: row - top for name, row in rows.items()}


def _height(name: str) -> float:
    """Rows that a box needs; points of arrows run closer together."""
    return 0.4 if "\0" in name else 1.0


def spread(wishes: Sequence[float], heights: Sequence[float]) -> list[float]:
    """Positions nearest to the wishes, in their order, that do not overlap."""
    offsets = [0.0]
    for upper, lower in pairwise(heights):
        offsets.append(offsets[-1] + (upper + lower) / 2)
    pools: list[tuple[float, int]] = []
    for wish, offset in zip(wishes, offsets, strict=bool(wishes)):
        pools.append((wish - offset, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (mean, count), (other, more) = pools.pop(), pools.pop()
            pools.append(((mean * count + other * more) / (count + more), count + more))
    means = [mean for mean, count in pools for _ in range(count)]
    return [mean + offset for mean, offset in zip(means, offsets, strict=bool(wishes))]


def _neighbours(links: Iterable[Pair]) -> dict[str, list[str]]:
    """Sources by target."""
    found: dict[str, list[str]] = {}
    for source, target in links:
        found.setdefault(target, []).append(source)
    return found


def _mean(values: Sequence[float], default: float) -> float:
    return sum(values) / len(values) if values else default
