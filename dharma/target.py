"""Target: the facts of one cluster of one environment and region, ready for components."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, cached_property
from typing import Any, TypeVar

from pydantic import Field, PrivateAttr

from dharma.declared import unobserved
from dharma.errors import Origin
from dharma.layer import EMPTY, Node, Path, find, leaves
from dharma.options import Options, PlatformNamespace
from dharma.service import Service
from dharma.settings import Cluster, RegionFacts, Settings
from dharma.tenant import Tenant

AnyOptions = TypeVar("AnyOptions", bound=Options)


class Target(Settings):
    """One cluster of one environment and region with everything that is declared for it.

    `components` holds the options of each component that is part of the target.
    """

    environment: str
    region_name: str
    cluster_name: str | None = None
    region: RegionFacts
    cluster: Cluster
    components: Any
    tenants: dict[str, Tenant] = Field(default_factory=dict)
    services: dict[str, Service] = Field(default_factory=dict)

    _tree: Node = PrivateAttr(default=EMPTY)

    @cached_property
    def name(self) -> str:
        """The target as people write it: production/region-a or production/region-a/blue."""
        parts = self.__dict__
        names = (parts["environment"], parts["region_name"], parts["cluster_name"])
        return "/".join(name for name in names if name)

    @property
    def branch(self) -> str:
        """The branch that Argo CD of this cluster tracks."""
        return f"{self.gitops.branch_prefix}/{self.name.replace('/', '.')}"

    @cached_property
    def options(self) -> dict[str, Options]:
        """Options by component name, for the components that are part of this target."""
        fields = type(self.components).model_fields
        pairs = ((info.alias or name, self.components.__dict__[name]) for name, info in fields.items())
        return {name: options for name, options in pairs if options is not None}

    def options_of(self, name: str, kind: type[AnyOptions]) -> AnyOptions | None:
        """The options of a component, typed; None where it is not part of this target."""
        options = self.options.get(name)
        return options if isinstance(options, kind) else None

    def namespaces(self) -> dict[str, tuple[PlatformNamespace, ...]]:
        """The platform's own namespaces by the component that needs them."""
        return {name: options.namespaces() for name, options in self.options.items()}

    def callers(self, name: str) -> Iterator[tuple[str, Service, str]]:
        """Services that declare a call to `name`: their name, themselves, the port's name."""
        for caller, position, port in self._calls.get(name, ()):
            service = self.services[caller]
            service.note(("calls", position))
            yield caller, service, port or self.services[name].main_port[0]

    @cached_property
    def _calls(self) -> dict[str, list[tuple[str, str, str]]]:
        calls: dict[str, list[tuple[str, str, str]]] = {}
        with unobserved():
            for caller, service in self.services.items():
                for position, call in enumerate(service.calls):
                    callee, _, port = call.partition(":")
                    calls.setdefault(callee, []).append((caller, str(position), port))
        return calls

    @cached_property
    def origins(self) -> Callable[[Path], frozenset[Origin]]:
        """Finds the YAML places that set the scalars at or under a path."""
        tree = self._tree

        @cache
        def found(path: Path) -> frozenset[Origin]:
            node = find(tree, path)
            places = {leaf.origin for _, leaf in leaves(node)} if node else set()
            return frozenset(place for place in places if place is not None)

        return found

    @property
    def tree(self) -> Node:
        """The located tree that the target was validated from."""
        return self._tree

    def remember(self, tree: Node) -> None:
        """Keep the located tree that this target was validated from."""
        self._tree = tree
        self.placed(())
