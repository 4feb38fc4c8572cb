"""Options: what users may set of a component, and what the platform must know of it before rendering.

An options module imports no cdk8s, so that validating, explaining and drawing never start Node.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from dharma.declared import Declared

PodSecurity = Literal["restricted", "baseline", "privileged"]


@dataclass(frozen=True, slots=True)
class PlatformNamespace:
    """A namespace that a component needs; component `tenancy` makes it."""

    name: str
    pod_security: PodSecurity = "restricted"
    inject: bool = False
    """Whether the mesh puts sidecars into its pods."""
    cpu: str = "4"
    memory: str = "8Gi"
    pods: int = 50


class Options(Declared):
    """Base of every component's options.

    `chart` names the chart's class as `module:Class`; `requires` the components that must be
    there first; `brings` the custom resources it installs, as API groups or group/Kind; `last`
    says that it delivers what all others declare; `governs` that it enforces the rules of the
    repository, and so rests on them, their levels and their waivers too.
    """

    chart: ClassVar[str] = ""
    requires: ClassVar[tuple[str, ...]] = ()
    brings: ClassVar[tuple[str, ...]] = ()
    last: ClassVar[bool] = False
    governs: ClassVar[bool] = False

    state: Literal["active", "retiring"] = "active"
    """`retiring` removes the component's own objects while its operator still runs."""

    def namespaces(self) -> tuple[PlatformNamespace, ...]:
        """The namespaces the component works in."""
        return ()
