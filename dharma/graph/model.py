"""What a picture of a target shows, before anybody decides where it stands on the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from dharma.render import levels
from dharma.sequence import chart_wave, own_wave
from dharma.service import Service
from dharma.target import Target

Kind = Literal["component", "service", "gateway"]
View = Literal["components", "services", "calls", "all"]
VIEWS: tuple[View, ...] = get_args(View)
OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Box:
    """A thing that is drawn; `group` is the tenant of a service, the level of a component."""

    id: str
    name: str
    kind: Kind
    group: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Arrow:
    """From a caller to who is called, or from a component to one that requires it, by box ids."""

    source: str
    target: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """One part of the picture; `ranks` fixes the column of each box, otherwise arrows decide."""

    title: str
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...] = ()
    ranks: Mapping[str, int] = field(default_factory=dict)
    headings: tuple[str, ...] = ()
    """Titles of the columns, where `ranks` fixes them."""

    @property
    def groups(self) -> tuple[str, ...]:
        """Groups in the order of their first box."""
        return tuple(dict.fromkeys(box.group for box in self.boxes))


@dataclass(frozen=True, slots=True)
class Graph:
    """A titled picture of one target."""

    title: str
    target: str
    panels: tuple[Panel, ...]


def graph_of(target: Target, view: View = "all") -> Graph:
    """The picture of a target; it is made from declarations alone, nothing is rendered."""
    views: Mapping[View, tuple[Callable[[Target], Panel], ...]] = {
        "components": (_components,),
        "services": (_services,),
        "calls": (_calls,),
        "all": (_components, _services, _calls),
    }
    return Graph(f"Platform {target.name}", target.name, tuple(make(target) for make in views[view]))


def _components(target: Target) -> Panel:
    columns = levels(target)
    boxes = [
        Box(_component(name), name, "component", f"level {level}", _state(target, name))
        for level, names in enumerate(columns)
        for name in names
    ]
    arrows = [
        Arrow(_component(need), _component(name))
        for names in columns
        for name in names
        for need in target.options[name].requires
    ]
    ranks = {_component(name): level for level, names in enumerate(columns) for name in names}
    headings = tuple(f"waves {chart_wave(level, 0)} to {own_wave(level)}" for level in range(len(columns)))
    return Panel("Components, in the order of their sync waves", tuple(boxes), tuple(arrows), ranks, headings)


def _state(target: Target, name: str) -> str:
    options = target.options[name]
    if options.state == "retiring":
        return "retiring"
    return "delivers all others" if options.last else ""


def _services(target: Target) -> Panel:
    boxes = sorted(_boxes(target), key=lambda box: (box.group, box.name))
    return Panel("Services, by the tenant that owns them", tuple(boxes))


def _calls(target: Target) -> Panel:
    exposed = {name: service.expose.gateway for name, service in target.services.items() if service.expose}
    gateways = [
        Box(_gateway(kind), f"{kind} gateway", "gateway", OUTSIDE) for kind in sorted(set(exposed.values()))
    ]
    arrows = [Arrow(_gateway(kind), _service(name)) for name, kind in sorted(exposed.items())]
    for name, service in sorted(target.services.items()):
        for call in service.calls:
            callee, _, port = call.partition(":")
            arrows.append(Arrow(_service(name), _service(callee), port))
    return Panel("Who calls whom; all else is refused", (*gateways, *_boxes(target)), tuple(arrows))


def _boxes(target: Target) -> list[Box]:
    return [
        Box(_service(name), name, "service", service.tenant, _traits(service))
        for name, service in sorted(target.services.items())
    ]


def _traits(service: Service) -> str:
    rollout = service.rollout
    traits = [
        f"{service.expose.gateway} route" if service.expose else "",
        "canary" if rollout and rollout.canary else "",
        "blue/green" if rollout and rollout.blue_green else "",
        f"{len(service.versions)} versions" if service.versions else "",
        f"{service.storage.size} volume" if service.storage else "",
    ]
    return " · ".join(trait for trait in traits if trait)


def _component(name: str) -> str:
    return f"component-{name}"


def _service(name: str) -> str:
    return f"service-{name}"


def _gateway(kind: str) -> str:
    return f"gateway-{kind}"
