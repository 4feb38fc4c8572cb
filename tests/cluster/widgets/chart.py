"""Component `widgets`."""

from __future__ import annotations

from dharma.component import Component, part
from dharma.conventions import KEPT, MONITORING_NAMESPACE

from .options import WidgetsOptions

CHARTS = "https://charts.platform.example"


class Widgets(Component[WidgetsOptions]):
    """Definition, operator, custom resource."""

    name = "widgets"

    def declare(self) -> None:
        """In the order in which they are needed."""
        self.charts()
        self.widget()
        self.volume()

    @part
    def charts(self) -> None:
        """The definition is a chart of its own."""
        for name in ("widgets-crds", "widgets"):
            self.release(
                name,
                repository=CHARTS,
                chart=name,
                version=self.options.version,
                namespace=MONITORING_NAMESPACE,
                crds=name.endswith("-crds"),
            )

    @part
    def widget(self) -> None:
        """What the operator works on."""
        spec = {"size": 1} | ({"colour": self.options.colour} if self.options.colour else {})
        self.object("lab.dharma.dev/v1", "Widget", "one", namespace=MONITORING_NAMESPACE, spec=spec)

    @part
    def volume(self) -> None:
        """Data that nobody may lose by a commit."""
        spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
        self.object(
            "v1",
            "PersistentVolumeClaim",
            "widgets",
            namespace=MONITORING_NAMESPACE,
            annotations=KEPT,
            spec=spec,
        )
