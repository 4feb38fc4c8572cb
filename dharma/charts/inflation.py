"""Inflation: a release rendered by the real helm into objects, the same bytes each time.

Kept by everything they rest on: the archive's digest, values, Kubernetes release, the kinds that are
served, helm's version, and this package's code.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from dharma import shelf
from dharma.charts import objects, randomness, store, text, values
from dharma.charts.archive import Chart, Refused, unpack
from dharma.charts.helm import HelmFailed, helm
from dharma.charts.lock import Entry, Lock
from dharma.charts.objects import Body
from dharma.errors import Origin, Problem, ToolError

_SHELF, _KEPT = "inflated", 1_000
_TICK = 1.1
"""Seconds after which a clock that is written to the second shows another one."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """What a chart is rendered for; `allowed` are functions that may be called though they are random."""

    name: str
    namespace: str
    values: Mapping[str, Any]
    kubernetes: str
    apis: tuple[str, ...] = ()
    allowed: Mapping[str, str] = field(default_factory=dict)


class Faulty(Exception):  # noqa: N818 - a value that callers turn into problems with a place
    """Everything that keeps a chart from being rendered."""

    def __init__(self, reasons: Iterable[str], mend: str = "") -> None:
        self.reasons = tuple(reasons)
        self.mend = mend
        super().__init__("\n".join(self.reasons))


def inflated(root: Path, lock: Lock, entry: Entry, rendering: Rendering) -> list[Body]:
    """What helm prints for a locked chart, object by object; Faulty where that cannot stand."""
    key = _key(lock.helm, entry, rendering)
    kept: list[Body] | None = shelf.take(_SHELF, key)
    if kept is not None:
        return kept
    found = rendered(opened(root, entry), rendering, wanted=lock.helm)
    shelf.keep(_SHELF, key, found, _KEPT)
    return found


def opened(root: Path, entry: Entry) -> Chart:
    """The chart of an entry, from bytes that are held; Faulty where none are."""
    data = store.take(root, entry)
    if data is None:
        what = "was never fetched" if not entry.resolved else "is in charts.lock, but its archive is not held"
        raise Faulty((f"{entry.reference} {what}",), "Run `dharma charts vendor`.")
    return unpack(data, entry.reference)


def rendered(chart: Chart, rendering: Rendering, wanted: str = "") -> list[Body]:
    """What helm prints for a chart, values checked first; ToolError where helm is not the `wanted` one."""
    try:
        if wrong := tuple(values.faults(chart, rendering.values)):
            raise Faulty(wrong, "Correct the values, or the options they come from.")
    except Refused as error:
        raise Faulty((str(error),)) from None
    _expect(wanted)
    printed = _template(chart, rendering)
    _refuse_random(chart, rendering, printed)
    try:
        return list(objects.unfolded(text.documents(printed)))
    except (text.Unreadable, objects.Malformed) as error:
        raise Faulty((str(error),)) from None


def _expect(version: str) -> None:
    if version and helm().version != version:
        what = f"is {helm().version}, and charts.lock was written with {version}"
        mend = "Install that version, or run `dharma charts vendor` and read what the build changes."
        raise ToolError([Problem(str(helm().binary), what, mend)])


def _template(chart: Chart, rendering: Rendering) -> bytes:
    with tempfile.TemporaryDirectory(prefix="dharma-chart-") as name:
        folder = Path(name) / "chart"
        folder.mkdir(mode=0o700)
        chart.write(folder)
        ours = Path(name) / "values.json"
        ours.write_text(json.dumps(rendering.values, default=dict))
        apis = [word for api in rendering.apis for word in ("--api-versions", api)]
        arguments = ["--namespace", rendering.namespace, "--values", str(ours), "--include-crds"]
        arguments += ["--kube-version", f"{rendering.kubernetes}.0", *apis]
        try:
            return helm().run("template", rendering.name, str(folder), *arguments)
        except HelmFailed as error:
            raise Faulty((f"helm: {str(error).replace(name + '/', '')}",)) from None


def _refuse_random(chart: Chart, rendering: Rendering, printed: bytes) -> None:
    """Stop at random functions that are called; render twice where some are allowed, or order is open."""
    files = {**chart.files, "values of ours": json.dumps(rendering.values, default=dict).encode()}
    refused = randomness.RANDOM - rendering.allowed.keys()
    if found := randomness.calls(files, refused):
        _probe(chart, rendering, refused, found)
    allowed = randomness.calls(files, rendering.allowed.keys())
    if not allowed and not randomness.calls(files, randomness.UNORDERED):
        return
    if any(call.function in randomness.CLOCKS for call in allowed):
        time.sleep(_TICK)
    if _template(chart, rendering) != printed:
        what = "renders otherwise each time"
        reasons = tuple(f"{what}: {call}" for call in allowed) or (what,)
        raise Faulty(reasons, "Give the value in the release's `values`.")


def _probe(
    chart: Chart, rendering: Rendering, functions: frozenset[str], found: list[randomness.Call]
) -> None:
    failing = chart.with_files(randomness.without(chart.files, functions))
    ours = randomness.without({"": json.dumps(rendering.values, default=dict).encode()}, functions)
    probe = Rendering(
        rendering.name, rendering.namespace, json.loads(ours[""]), rendering.kubernetes, rendering.apis
    )
    try:
        _template(failing, probe)
    except Faulty as stop:
        calls = randomness.blamed(stop.reasons[0], found)
        mend = (
            "Give the value in the release's `values`, or declare the function with a reason: "
            '`self.release(..., random={"NAME": "why the output is the same each time"})`.'
        )
        raise Faulty(tuple(f"calls a random function: {call}" for call in calls), mend) from None


def problems(where: Origin | str, entry: Entry, error: Faulty) -> list[Problem]:
    """The reasons as problems at the line that declared the release."""
    name = f"chart {entry.reference.chart} {entry.reference.version}"
    return [
        Problem(where, reason if str(entry.reference) in reason else f"{name}: {reason}", error.mend)
        for reason in error.reasons
    ]


def _key(version: str, entry: Entry, rendering: Rendering) -> str:
    facts: list[Any] = [_code(), version, entry.digest, rendering.name, rendering.namespace]
    facts += [rendering.kubernetes, rendering.apis, rendering.values, sorted(rendering.allowed)]
    return shelf.named([json.dumps(facts, default=dict, sort_keys=True)])


@cache
def _code() -> str:
    parts = [path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))]
    return hashlib.sha256(b"".join(parts)).hexdigest()
