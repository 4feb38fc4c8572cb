"""Options of component `widgets`."""

from __future__ import annotations

from typing import ClassVar

from dharma.options import Options
from dharma.values import Text


class WidgetsOptions(Options):
    """An operator in namespace monitoring and one Widget with a volume."""

    chart: ClassVar[str] = f"{__package__}.chart:Widgets"
    requires: ClassVar[tuple[str, ...]] = ("tenancy", "prometheus-operator")
    brings: ClassVar[tuple[str, ...]] = ("lab.dharma.dev",)

    version: Text = "1.0.0"
    """Version of both charts."""
    colour: Text | None = None
    """A field that the definition has from 1.1.0 on."""
