"""Mirror: every image and chart of the platform, and a private registry filled with them.

Images are listed as upstream names them, so targets are rendered as if they had no registry. What a
chart prints is listed where the chart is held; others are counted.
"""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from dharma.charts import images, store
from dharma.charts.helm import program
from dharma.charts.lock import UNRESOLVED, Entry, read
from dharma.charts.objects import Body
from dharma.charts.reference import Reference
from dharma.charts.releases import Inflater
from dharma.charts.repository import mirrored, pull, push
from dharma.errors import DharmaError, Problem, ToolError
from dharma.target import Target

_AT_ONCE = 4
_SECONDS = 1800


@dataclass(frozen=True, slots=True, order=True)
class Item:
    """An image or a chart: where it is, where the mirror holds it, its digest or `unresolved`."""

    kind: str
    source: str
    destination: str
    digest: str = UNRESOLVED
    reference: Reference | None = None

    @property
    def resolved(self) -> bool:
        """Whether the bytes are known."""
        return self.digest != UNRESOLVED


@dataclass(frozen=True, slots=True)
class Contents:
    """What a mirror has to hold; `unknown` counts charts that are not held, whose images nobody knows."""

    items: tuple[Item, ...]
    unknown: int

    @property
    def unresolved(self) -> int:
        """How many items have no digest."""
        return sum(not item.resolved for item in self.items)


def contents(root: Path, targets: Sequence[Target], registry: str) -> Contents:
    """Every image and chart of the targets, and where the registry is to hold each."""
    from dharma.render import render

    lock = read(root)
    bodies: list[Body] = []
    entries: dict[Reference, Entry] = {}
    for target in targets:
        bare = target.model_copy(update={"registry": None})
        rendered = render(bare, root, inflate=False)
        bodies += [dict(manifest.body) for manifest in rendered.manifests]
        inflater = Inflater(root, bare, lock)
        for release in rendered.releases:
            entry = lock.entry(release)
            entries[entry.reference] = entry
            if store.take(root, entry) is not None:
                bodies += inflater.objects(release)
    charts = [_chart(entry, registry) for entry in entries.values()]
    unknown = sum(store.take(root, entry) is None for entry in entries.values())
    pictures = [_image(image, registry) for image in images.named(bodies)]
    return Contents(tuple(sorted((*pictures, *charts), key=lambda item: item.source)), unknown)


def _image(image: str, registry: str) -> Item:
    digest = images.pinned(image)
    known = digest if digest.startswith("sha256:") else UNRESOLVED
    return Item("image", image, images.mirrored(image, registry), known)


def _chart(entry: Entry, registry: str) -> Item:
    reference = entry.reference
    source = f"{reference.repository} {reference.chart} {reference.version}"
    destination = f"{mirrored(reference, registry).address}:{reference.version.replace('+', '_')}"
    return Item("chart", source, destination.removeprefix("oci://"), entry.digest, reference)


def fill(
    root: Path, items: Iterable[Item], registry: str, done: Callable[[str], None] = lambda _: None
) -> tuple[list[Item], list[Problem]]:
    """Copy everything; each item with the digest of the bytes that arrived, and what could not be copied."""

    def copied(item: Item) -> Item | DharmaError:
        try:
            found = _copied_chart(root, item, registry) if item.reference else _copied_image(item)
        except DharmaError as error:
            return error
        done(f"{found.source}: {found.digest[:19]}…")
        return found

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        results = list(pool.map(copied, items))
    problems = [one for result in results if isinstance(result, DharmaError) for one in result.problems]
    return [result for result in results if isinstance(result, Item)], problems


def _copied_chart(root: Path, item: Item, registry: str) -> Item:
    assert item.reference is not None  # noqa: S101
    data = store.take(root, read(root).entry(item.reference))
    if data is None:
        what = "is not held, so nobody knows whether what would be copied is right"
        raise ToolError([Problem(str(item.reference), what, "Run `dharma charts vendor` first.")])
    push(data, item.reference, registry)
    arrived = store.digest(pull(item.reference, registry))
    if arrived != item.digest:
        raise ToolError([Problem(item.destination, "holds another archive than was pushed")])
    return item


def _copied_image(item: Item) -> Item:
    """Copy an image; a mirror holds it under its tag, and under its digest where it has no tag."""
    source, destination = _addresses(item)
    _crane("copy", source, destination)
    manifest = _crane("manifest", destination)
    digest = f"sha256:{hashlib.sha256(manifest).hexdigest()}"
    if item.resolved and digest != item.digest:
        what = f"arrived as {digest[:19]}…, and {item.digest[:19]}… was wanted"
        raise ToolError([Problem(item.source, what)])
    return replace(item, digest=digest)


def _addresses(item: Item) -> tuple[str, str]:
    """What is copied is named by its digest; where it goes by its tag, if it has one."""
    name, _, digest = item.source.partition("@")
    target = item.destination.partition("@")[0]
    tagged = ":" in name.rpartition("/")[2]
    if not digest:
        return item.source, target
    bare = name.rpartition(":")[0] if tagged else name
    return f"{bare}@{digest}", target if tagged else f"{target}@{digest}"


def _crane(*arguments: str) -> bytes:
    command = [str(program("crane")), *arguments]
    try:
        ran = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise ToolError(
            [Problem(arguments[1], f"crane {arguments[0]} did not end within {_SECONDS} s")]
        ) from None
    if ran.returncode:
        said = ran.stderr.decode(errors="replace").strip().splitlines()
        raise ToolError([Problem(arguments[1], f"crane {arguments[0]}: {said[-1] if said else 'failed'}")])
    return ran.stdout


def rows(items: Iterable[Item]) -> Iterator[dict[str, str]]:
    """The items for machines."""
    for item in items:
        yield {
            "kind": item.kind,
            "source": item.source,
            "destination": item.destination,
            "digest": item.digest,
        }
