"""Render: components become manifests. The only place that starts cdk8s, and so Node.js."""

from __future__ import annotations

import functools
import os
import traceback
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from dharma import node
from dharma.declared import reading
from dharma.errors import DharmaError, Origin, Problem, RenderError
from dharma.manifest import Manifest
from dharma.platform import load, order
from dharma.target import Target

if TYPE_CHECKING:
    import cdk8s

    from dharma.admission.law import Law
    from dharma.charts.releases import Inflater
    from dharma.component import Component, Delivery, Draft, Release

Synth = Literal["python", "cdk8s"]


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a target consists of: its manifests and its upstream charts."""

    target: Target
    manifests: tuple[Manifest, ...]
    deliveries: tuple[Delivery, ...]

    @property
    def charts(self) -> int:
        """How many upstream charts are left to Argo CD."""
        return sum(not release.folder for release in self.releases)

    @property
    def releases(self) -> tuple[Release, ...]:
        """Every upstream chart."""
        return tuple(release for delivery in self.deliveries for release in delivery.releases)


def render(
    target: Target, root: Path, synth: Synth = "python", *, inflate: bool = True, law: Law | None = None
) -> Rendered:
    """Every manifest of a target, component by component in the order of their requirements.

    `synth="cdk8s"` sends plain objects through cdk8s too; the result is the same. Without `inflate`
    no chart is rendered, whatever the target says. `law` is what components that enforce the rules read,
    by default that of `root` with every waiver.
    """
    law = law or _law(root)
    app = _app()
    charts = _inflater(target, root) if inflate else None
    deliveries: list[Delivery] = []
    manifests: list[Manifest] = []
    for level, names in enumerate(levels(target)):
        for name in names:
            component = _declared(app, target, name, tuple(deliveries), law)
            delivery = _delivery(component, target, level)
            deliveries.append(charts.delivered(delivery) if charts else delivery)
            manifests += _charted(deliveries[-1], target, root)
            manifests += _manifests(component, root, synth)
    refuse(manifests)
    return Rendered(target, tuple(manifests), tuple(deliveries))


def levels(target: Target) -> tuple[tuple[str, ...], ...]:
    """The target's components in levels; those that deliver all others come last."""
    needs = {name: set(options.requires) for name, options in target.options.items()}
    for name, options in target.options.items():
        if options.last:
            needs[name] |= {other for other, its in target.options.items() if not its.last}
    return order(needs)


def _app() -> cdk8s.App:
    node.prepare()
    import cdk8s

    return cdk8s.App()


def _law(root: Path) -> Law:
    from dharma.admission.law import Law

    return Law(root, root)


def _inflater(target: Target, root: Path) -> Inflater | None:
    with reading(set()):
        inflates = target.charts == "inflate"
    if not inflates:
        return None
    from dharma.charts.releases import Inflater

    return Inflater(root, target)


def _charted(delivery: Delivery, target: Target, root: Path) -> Iterator[Manifest]:
    """The objects of inflated charts, at the line that declared the release; definitions apart."""
    for release in delivery.releases:
        origins = tuple(sorted({origin for path in release.reads for origin in target.origins(path)}))
        source = Origin(source_file(release.source.file, root), release.source.line)
        for body in release.objects:
            place = "/".join(part for part in (_id(body), body["metadata"].get("namespace", "")) if part)
            definition = body["kind"] == "CustomResourceDefinition"
            folder = f"{release.folder}/crds" if definition else release.folder
            path = f"{release.folder}/{place}"
            yield Manifest(target.name, delivery.component, path, folder, body, source, origins)


def _declared(
    app: cdk8s.App, target: Target, name: str, earlier: tuple[Delivery, ...], law: Law
) -> Component[Any]:
    options = target.options[name]
    chart: type[Component[Any]] = load(options.chart)
    component = chart(app, target, options, earlier, law)
    try:
        with component.scope():
            component.declare()
    except DharmaError:
        raise
    except Exception as error:
        raise RenderError([_broken(name, target, error)]) from error
    needed = [delivery.chart for delivery in earlier if delivery.component in options.requires]
    if needed:
        component.add_dependency(*needed)
    return component


def _broken(name: str, target: Target, error: Exception) -> Problem:
    """A chart that raised, as a problem at the last line of a component that was running."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if f"{os.sep}components{os.sep}" in frame.filename]
    frame = (own or list(frames))[-1]
    where = Origin(os.path.realpath(frame.filename), frame.lineno or 1)
    what = f"component {name} failed for {target.name}: {type(error).__name__}: {error}"
    return Problem(where, what)


def _delivery(component: Component[Any], target: Target, level: int) -> Delivery:
    from dharma.component import Delivery

    with reading(set()):
        state = target.options[component.name].state
    return Delivery(
        component.name, level, state, tuple(component.released), tuple(component.drafts), component
    )


def _manifests(component: Component[Any], root: Path, synth: Synth) -> Iterator[Manifest]:
    if synth == "cdk8s":
        _through_cdk8s(component)
    constructs = [draft.construct for draft in component.drafts if draft.construct is not None]
    if len(component.api_objects) != len(constructs):
        what = f"{len(component.api_objects) - len(constructs)} cdk8s objects were not announced"
        raise RenderError([Problem(f"component {component.name}", what, "Pass them to `self.adopt`.")])
    for draft in component.drafts:
        body: Mapping[str, Any] = draft.construct.to_json() if draft.construct else draft.body or {}
        yield _manifest(component, draft, _with_wave(draft, body), root)


def _manifest(component: Component[Any], draft: Draft, body: Mapping[str, Any], root: Path) -> Manifest:
    target = component.target
    origins = {origin for path in draft.reads for origin in target.origins(path)}
    folder = "/".join(name for name in (component.name, draft.unit, draft.folder) if name)
    source = Origin(source_file(draft.source.file, root), draft.source.line)
    path = f"{component.name}/{draft.id or _id(body)}"
    lines = tuple(sorted(origins | draft.origins))
    return Manifest(target.name, component.name, path, folder, body, source, lines)


def _id(body: Mapping[str, Any]) -> str:
    return f"{body['kind'].lower()}/{body['metadata']['name']}"


def _with_wave(draft: Draft, body: Mapping[str, Any]) -> Mapping[str, Any]:
    if draft.wave == 0:
        return body
    annotations = {**body["metadata"].get("annotations", {}), "argocd.argoproj.io/sync-wave": str(draft.wave)}
    return {**body, "metadata": {**body["metadata"], "annotations": annotations}}


def _through_cdk8s(component: Component[Any]) -> None:
    """Replace every plain object by a cdk8s construct that says the same."""
    import cdk8s

    for number, draft in enumerate(component.drafts):
        if draft.body is None or draft.construct is not None:
            continue
        body = dict(draft.body)
        metadata = body.pop("metadata")
        construct = cdk8s.ApiObject(
            component, f"plain-{number}", api_version=body.pop("apiVersion"), kind=body.pop("kind")
        )
        patches = [cdk8s.JsonPatch.add("/metadata", metadata)]
        patches += [cdk8s.JsonPatch.add(f"/{name}", value) for name, value in body.items()]
        construct.add_json_patch(*patches)
        draft.construct = construct


@functools.cache
def source_file(file: str, root: Path) -> str:
    """A source file as it is found in the repository, or in the package for what is installed."""
    path = Path(os.path.realpath(file))
    if path.is_relative_to(root):
        return path.relative_to(root).as_posix()
    package = Path(os.path.realpath(__file__)).parent.parent
    return path.relative_to(package).as_posix() if path.is_relative_to(package) else path.as_posix()


def refuse(manifests: Iterable[Manifest]) -> None:
    """Raise for objects that stand twice and for secrets that carry data."""
    seen: dict[tuple[str, str, str, str], Manifest] = {}
    problems = []
    for manifest in manifests:
        if manifest.kind == "Secret" and manifest.group == "" and _has_data(manifest.body):
            what = f"Secret {manifest.namespace}/{manifest.name} carries data"
            problems.append(
                Problem(manifest.source, what, "Refer to a secret store; no value may reach Git.")
            )
        if (other := seen.setdefault(manifest.identity, manifest)) is not manifest:
            what = f"{manifest.kind} {manifest.namespace}/{manifest.name} of {manifest.target} stands twice"
            problems.append(Problem(manifest.source, what, f"It was declared in {other.source} already."))
    if problems:
        raise RenderError(problems)


def _has_data(body: Mapping[str, Any]) -> bool:
    return bool(body.get("data") or body.get("stringData"))
