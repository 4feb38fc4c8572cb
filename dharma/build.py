"""Build: the declarations of many targets become one generated tree, rendered in parallel and cached."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import dharma_rego
from dharma import store
from dharma.admission.law import Law
from dharma.charts.reference import LOCK, Reference, of
from dharma.environment import Fleet
from dharma.errors import DharmaError, InputError, Problem, RenderError
from dharma.manifest import Manifest, file_names
from dharma.platform import Platform, platform
from dharma.render import Synth, render
from dharma.schemas import Schemas
from dharma.sequence import disorder
from dharma.target import Target

_TARGETS_A_WORKER = 16


@dataclass(frozen=True, slots=True)
class Plan:
    """What to build and how; `schemas` are catalogue folders, `root` the platform repository.

    `code` holds its own components and rules, where they are not those beside the declarations; a
    waiver that ended before `today` exempts nothing.
    """

    root: Path
    schemas: tuple[Path, ...] = ()
    synth: Synth = "python"
    workers: int | None = None
    cached: bool = True
    code: Path | None = None
    today: date = field(default_factory=date.today)

    @property
    def code_root(self) -> Path:
        """The folder whose components and rules are used."""
        return self.code or self.root

    def law(self) -> Law:
        """The rules, levels and standing waivers that components are rendered by."""
        return Law(self.root, self.code_root, self.today)


@dataclass(frozen=True, slots=True)
class Built:
    """One target's manifests.

    `charts` counts upstream charts that Argo CD renders, `releases` are all of them; `unchecked` counts
    objects whose schema is in no catalogue.
    """

    target: str
    manifests: tuple[Manifest, ...]
    charts: int
    unchecked: int
    fresh: bool = True
    problems: tuple[Problem, ...] = ()
    releases: tuple[Reference, ...] = ()

    def files(self, component: str | None = None) -> dict[str, bytes]:
        """The generated files of the target, or of one of its components, by path in the tree."""
        named = file_names(self.manifests)
        chosen = {
            path: manifest for path, manifest in named.items() if component in (None, manifest.component)
        }
        texts = dharma_rego.emit_all([manifest.body for manifest in chosen.values()])
        return {f"{self.target}/{path}": text for path, text in zip(chosen, texts, strict=True)}


def build(
    plan: Plan, targets: Sequence[Target], done: Callable[[Built], None] = lambda _: None
) -> list[Built]:
    """Render and check targets, in their order; raises RenderError with every problem of all of them."""
    known = platform(plan.code_root)
    law = plan.law()
    tasks = [(plan, law, target, _key(plan, law, known, target)) for target in targets]
    kept = (_kept(target, key) for _, _, target, key in tasks) if plan.cached else ()
    built = {found.target: found for found in kept if found is not None}
    for found in built.values():
        done(found)
    for found in _rendered(plan, [task for task in tasks if task[2].name not in built]):
        built[found.target] = found
        done(found)
    problems = [problem for found in built.values() for problem in found.problems]
    if problems:
        raise RenderError(problems)
    return [built[target.name] for target in targets]


Task = tuple[Plan, Law, Target, str]


def _rendered(plan: Plan, tasks: Sequence[Task]) -> Iterator[Built]:
    workers = min(plan.workers or _default_workers(len(tasks)), len(tasks))
    if workers <= 1:
        yield from (_build_one(*task) for task in tasks)
        return
    _work[:] = tasks
    with multiprocessing.get_context("fork").Pool(workers) as pool:
        yield from pool.imap_unordered(_build_nth, range(len(tasks)))


_work: list[Task] = []


def _build_nth(number: int) -> Built:
    """A worker's task; it inherits the list by fork, before any Node.js was started."""
    return _build_one(*_work[number])


def _default_workers(targets: int) -> int:
    return max(1, min(os.cpu_count() or 1, targets // _TARGETS_A_WORKER))


def _build_one(plan: Plan, law: Law, target: Target, key: str) -> Built:
    try:
        rendered = render(target, plan.code_root, plan.synth, law=law)
    except DharmaError as error:
        return Built(target.name, (), 0, 0, problems=error.problems)
    unchecked, problems = _checked(plan, target, rendered.manifests)
    problems += disorder(target, rendered.manifests, rendered.deliveries)
    releases = tuple(of(release) for release in rendered.releases)
    built = Built(
        target.name, rendered.manifests, rendered.charts, unchecked, True, tuple(problems), releases
    )
    if not problems:
        rows = [[one.repository, one.chart, one.version] for one in releases]
        notes = {"charts": built.charts, "unchecked": unchecked, "releases": rows}
        store.write(key, list(built.manifests), notes)
    return built


def _kept(target: Target, key: str) -> Built | None:
    entry = store.read(key, target.name)
    if entry is None:
        return None
    manifests, notes = entry
    releases = tuple(Reference(*row) for row in notes["releases"])
    return Built(target.name, tuple(manifests), notes["charts"], notes["unchecked"], False, (), releases)


def _key(plan: Plan, law: Law, known: Platform, target: Target) -> str:
    governed = any(options.governs for options in target.options.values())
    parts = (
        plan.synth,
        _schemas(plan, target).digest,
        *_lock(plan, target),
        *([law.digest] if governed else []),
    )
    return store.key(target, known, plan.code_root, *parts)


def _lock(plan: Plan, target: Target) -> tuple[str, ...]:
    """What inflated charts rest on beside the declarations; nothing where Argo CD renders them."""
    path = plan.code_root / LOCK
    inflates = target.__dict__["charts"] == "inflate"
    return (path.read_text(encoding="utf-8"),) if inflates and path.is_file() else ()


def _schemas(plan: Plan, target: Target) -> Schemas:
    return schemas_for(target.__dict__["cluster"].__dict__["kubernetes"], plan.schemas)


_cached_schemas: dict[tuple[str, tuple[Path, ...]], Schemas] = {}


def schemas_for(kubernetes: str, folders: tuple[Path, ...]) -> Schemas:
    """The schemas of a Kubernetes release and catalogue folders; each is loaded once a process."""
    found = _cached_schemas.get((kubernetes, folders))
    if found is None:
        try:
            found = _cached_schemas.setdefault((kubernetes, folders), Schemas(kubernetes, folders))
        except ValueError as error:
            raise InputError([Problem(f"Kubernetes {kubernetes}", str(error))]) from None
    return found


def _checked(plan: Plan, target: Target, manifests: Iterable[Manifest]) -> tuple[int, list[Problem]]:
    schemas = _schemas(plan, target)
    unchecked, problems = 0, []
    for manifest in manifests:
        found = schemas.check(manifest.body)
        if found is None:
            unchecked += 1
            continue
        for problem in found:
            what = f"{manifest.kind} {manifest.name} in {target.name}: {problem}"
            problems.append(Problem(manifest.source, what))
    return unchecked, problems


def vanished(tree: Path, fleet: Fleet) -> list[Problem]:
    """Target folders of a generated tree that the declarations no longer name and no rename explains."""
    names = {target.name for target in fleet.targets}
    moved = {old for target in fleet.targets for old in target.cluster.moved}
    gone = sorted(set(_targets_in(tree)) - names - moved)
    mend = (
        "If it was renamed, add `moved: [{0}]` to the cluster's new declaration; "
        "if it is gone for good, remove {1}/{0} yourself."
    )
    return [
        Problem(name, "is in the generated tree, but no longer declared", mend.format(name, tree.name))
        for name in gone
    ]


def _targets_in(tree: Path) -> Iterator[str]:
    for path in sorted(tree.glob("*/*/**/argocd")):
        yield path.parent.relative_to(tree).as_posix()


def merged_files(built: Iterable[Built], component: str | None = None) -> Mapping[str, bytes]:
    """The generated files of several targets together."""
    return {path: text for found in built for path, text in found.files(component).items()}
