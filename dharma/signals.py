"""Signals: what a component lets itself be watched by, as data that observability renders."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from dharma.declared import Declared
from dharma.values import Duration, Items, Name, Text


class Metric(Declared):
    """A metric that the component exports."""

    name: Text
    kind: Literal["counter", "gauge", "histogram", "summary"]
    labels: Items[Text] = ()


class Alert(Declared):
    """A condition that somebody must look at, and what they should do."""

    name: Text
    expression: Text
    """PromQL that returns a series for each thing that is wrong."""
    lasting: Duration = "5m"
    severity: Literal["critical", "warning", "info"]
    summary: Text
    remedy: Text
    """First steps for who is woken by it."""


class Panel(Declared):
    """One graph of a dashboard."""

    title: Text
    query: Text
    unit: Literal["short", "percentunit", "reqps", "s", "bytes", "cores"] = "short"


class Dashboard(Declared):
    """Graphs that answer one question together."""

    name: Name
    title: Text
    panels: Items[Panel] = Field(min_length=1)
