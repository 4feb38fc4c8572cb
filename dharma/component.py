"""Component: the base class of every platform system and what its chart may call.

A component is a cdk8s chart and a pure function of its options and its target. `object` declares
a plain Kubernetes object, which belongs to the chart (construct path, labels, dependencies) but
stays in Python; any cdk8s construct works too and is announced with `adopt`. Methods marked
`@part` each declare one thing: what they read of the declarations counts for that thing only.
"""
# ruff: noqa: E402 - jsii looks for Node.js when cdk8s is imported

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import TYPE_CHECKING, Any, ClassVar, Generic, ParamSpec, TypeVar

from dharma import node

node.prepare()

import cdk8s
from constructs import Construct

from dharma.declared import Reads, reading, unobserved
from dharma.errors import Origin
from dharma.layer import Path
from dharma.options import Options
from dharma.signals import Alert, Dashboard, Metric
from dharma.target import Target

if TYPE_CHECKING:
    from dharma.admission.law import Law

MANAGED_BY = "dharma"
CHARTS = "charts"
"""Folder of a component that holds its inflated charts, each synced by an Application of its own."""
OptionsT = TypeVar("OptionsT", bound=Options)
Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Source:
    """The line of Python that declared something; `file` as the interpreter knows it."""

    file: str
    line: int


@dataclass(slots=True, eq=False)
class Draft:
    """An object as a chart declared it; `body` is None while a cdk8s construct still holds it.

    `owned` are JSON pointers of fields that others write: an autoscaler, a webhook, a rollout;
    `origins` are lines it rests on beside those of the target's declarations.
    """

    id: str
    body: dict[str, Any] | None
    source: Source
    reads: frozenset[Path]
    unit: str = ""
    folder: str = ""
    owned: tuple[str, ...] = ()
    origins: frozenset[Origin] = frozenset()
    construct: cdk8s.ApiObject | None = None
    needs: list[Draft] = field(default_factory=list)

    def after(self, *others: Draft) -> Draft:
        """Let the object be synced after others of its component."""
        self.needs.extend(others)
        return self

    @property
    def wave(self) -> int:
        """Argo CD's wave inside the component: one more than the latest it comes after."""
        return max((draft.wave + 1 for draft in self.needs), default=0)


@dataclass(frozen=True, slots=True)
class Release:
    """An upstream Helm chart at one version with our values.

    `crds` says that it installs custom resource definitions only. `owned` are fields that the
    running system writes into its own objects: (group, kind, JSON pointer). `random` are functions
    that its templates may call though they are random, with the reason. A release that is inflated
    has a `folder` of the generated tree, and its `objects` once they were rendered.
    """

    name: str
    repository: str
    chart: str
    version: str
    namespace: str
    values: Mapping[str, Any]
    source: Source
    reads: frozenset[Path]
    crds: bool = False
    owned: tuple[tuple[str, str, str], ...] = ()
    random: Mapping[str, str] = field(default_factory=dict)
    folder: str = ""
    objects: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one component hands to Argo CD: its place in the order, its releases, its units."""

    component: str
    level: int
    state: str
    releases: tuple[Release, ...]
    drafts: tuple[Draft, ...]
    chart: cdk8s.Chart

    @property
    def units(self) -> tuple[str, ...]:
        """Tenants whose objects form an Application of their own; "" is the platform's."""
        return tuple(sorted({draft.unit for draft in self.drafts}))


def part(method: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """A method of a component whose reads count only for what it declares."""

    @functools.wraps(method)
    def run(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        component: Any = args[0]
        with component.scope():
            return method(*args, **kwargs)

    return run


class Component(cdk8s.Chart, Generic[OptionsT]):
    """One platform system of one target; subclasses implement `declare`."""

    name: ClassVar[str]

    def __init__(
        self,
        scope: Construct,
        target: Target,
        options: OptionsT,
        earlier: tuple[Delivery, ...] = (),
        law: Law | None = None,
    ) -> None:
        labels = {"app.kubernetes.io/managed-by": MANAGED_BY, "app.kubernetes.io/component": self.name}
        super().__init__(scope, self.name, labels=labels, disable_resource_name_hashes=True)
        self.target = target
        self.options = options
        self.earlier = earlier
        self._law = law
        self.common_labels = labels
        self.drafts: list[Draft] = []
        self.released: list[Release] = []
        self._scopes: list[Reads] = []

    def declare(self) -> None:
        """Declare everything the component consists of."""
        raise NotImplementedError

    @property
    def law(self) -> Law:
        """The rules, levels and waivers; only for components whose options say that they govern.

        A cached target of any other component would not notice that a rule changed.
        """
        if self._law is None or not self.options.governs:
            raise TypeError(f"component {self.name} reads the rules, but its options do not say `governs`")
        return self._law

    def alerts(self) -> tuple[Alert, ...]:
        """Conditions somebody must look at."""
        return ()

    def dashboards(self) -> tuple[Dashboard, ...]:
        """What to look at."""
        return ()

    def metrics(self) -> tuple[Metric, ...]:
        """What the component exports."""
        return ()

    def object(
        self,
        api_version: str,
        kind: str,
        name: str,
        *,
        namespace: str | None = None,
        labels: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None,
        unit: str = "",
        folder: str = "",
        owned: tuple[str, ...] = (),
        reads: frozenset[Path] = frozenset(),
        origins: frozenset[Origin] = frozenset(),
        **fields: Any,
    ) -> Draft:
        """Declare one Kubernetes object; `fields` are its further top-level fields, such as spec.

        `unit` is the tenant whose Application it belongs to, `folder` a sub-folder of the output.
        """
        metadata: dict[str, Any] = {"name": name, "labels": self.common_labels | dict(labels or {})}
        if namespace is not None:
            metadata["namespace"] = namespace
        if annotations:
            metadata["annotations"] = dict(annotations)
        body = {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}
        path = "/".join(part for part in (folder, kind.lower(), namespace or "", name) if part)
        draft = Draft(path, body, _source(), self._reads() | reads, unit, folder, owned, origins)
        self.drafts.append(draft)
        return draft

    def adopt(self, construct: cdk8s.ApiObject, *, unit: str = "", folder: str = "") -> Draft:
        """Announce a cdk8s object of this chart, so that its line and what it rests on are known."""
        draft = Draft("", None, _source(), self._reads(), unit, folder, construct=construct)
        self.drafts.append(draft)
        return draft

    def release(
        self,
        name: str,
        *,
        repository: str,
        chart: str,
        version: str,
        namespace: str,
        values: Mapping[str, Any] | None = None,
        crds: bool = False,
        owned: tuple[tuple[str, str, str], ...] = (),
        random: Mapping[str, str] | None = None,
    ) -> Release:
        """Declare an upstream Helm chart at an exact version; releases are synced in this order.

        `random` names functions such as `now` that its templates may call, each with the reason why
        the output is the same all the same; it is proved by rendering twice.
        """
        made = Release(
            name,
            repository,
            chart,
            version,
            namespace,
            values or {},
            _source(),
            self._reads(),
            crds,
            owned,
            random or {},
            self._chart_folder(name),
        )
        self.released.append(made)
        return made

    def _chart_folder(self, release: str) -> str:
        """Where the objects of a release go, empty where Argo CD renders it."""
        with unobserved():
            return f"{self.name}/{CHARTS}/{release}" if self.target.charts == "inflate" else ""

    @contextmanager
    def scope(self) -> Iterator[None]:
        """Let what is read inside the block count only for what is declared inside it."""
        with reading(set()) as reads:
            self._scopes.append(reads)
            try:
                yield
            finally:
                self._scopes.pop()

    def _reads(self) -> frozenset[Path]:
        return frozenset().union(*self._scopes)


def _source() -> Source:
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001
    while frame is not None and frame.f_code.co_filename == __file__:
        frame = frame.f_back
    assert frame is not None  # noqa: S101
    return Source(frame.f_code.co_filename, frame.f_lineno)
