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

    A schema that cannot be read, or that refers to an address, is a fault too: nothing is fetched.
    """
    schema = chart.files.get(SCHEMA)
    if schema is None:
        return
    try:
        judge = jsonschema_rs.validator_for(json.loads(schema), offline=True)
    except (ValueError, jsonschema_rs.ReferencingError) as error:
        yield f"{SCHEMA} cannot be used: {str(error).splitlines()[0]}"
        return
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
