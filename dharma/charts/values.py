"""Values: ours laid over a chart's own, held against the chart's values.schema.json before anything else."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs

from dharma.charts.archive import Chart, subcharts

SCHEMA = "values.schema.json"

Values = dict[str, Any]


def coalesced(chart: Chart, ours: Mapping[str, Any]) -> Values:
    """The values that templates see: a map merges, `null` removes, everything else replaces."""
    merged = laid_over(chart.values, ours)
    for key, inner in subcharts(chart):
        said = merged.get(key)
        if said is None or isinstance(said, dict):
            merged[key] = coalesced(inner, said or {})
    return merged


def laid_over(lower: Mapping[str, Any], upper: Mapping[str, Any]) -> Values:
    """One map of values over another."""
    merged = dict(lower)
    for name, value in upper.items():
        below = merged.get(name)
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, Mapping) and isinstance(below, Mapping):
            merged[name] = laid_over(below, value)
        else:
            merged[name] = value
    return merged


def faults(chart: Chart, ours: Mapping[str, Any]) -> Iterator[str]:
    """Every place where the values break the chart's schema; nothing where it has none.

    A schema that cannot be read, or that refers to an address, is a fault too, also one of a chart
    packed inside, which helm would judge and fetch for: nothing is fetched.
    """
    judges = {}
    for path in sorted(chart.files):
        if path == SCHEMA or path.endswith(f"/{SCHEMA}"):
            try:
                judges[path] = jsonschema_rs.validator_for(json.loads(chart.files[path]), offline=True)
            except (ValueError, jsonschema_rs.ReferencingError) as error:
                yield f"{path} cannot be used: {str(error).splitlines()[0]}"
    yield from _broken(judges[SCHEMA], chart, ours) if SCHEMA in judges else ()


def _broken(judge: Any, chart: Chart, ours: Mapping[str, Any]) -> Iterator[str]:
    found = {
        (tuple(map(str, error.instance_path)), error.message)
        for error in judge.iter_errors(coalesced(chart, ours))
    }
    for place, message in sorted(found):
        yield f"value {'.'.join(place) or 'at the top'}: {message}"


def keys(values: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The path of every value that is no map, and of every empty map."""
    for name, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from keys(value, (*path, name))
        else:
            yield (*path, name)
