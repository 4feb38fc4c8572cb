"""Rivals: the same work by Dharma and by other tools, outputs compared first, then timed in turn.

    DHARMA_SCHEMAS=<catalogue> .venv/bin/python bench/rivals.py [--runs 5] [--objects 1000] [--markdown]
    .venv/bin/python bench/rivals.py --only helm --only kapitan

A run whose verdicts or objects differ from Dharma's is said and is not timed. Every round runs all
commands of a task one after the other; ratios are taken within a round, so that a busy moment meets
both sides, and their median counts. Figures are of whole processes and of all they start.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import rival_objects
import rival_policy as policy
import rival_rendering as rendering
from measure import Run, run
from rival_tools import NAMES, Tool, tools

EQUAL = 0.05
"""Ratios closer to 1 than this are no difference."""
OTHER = "its own checks: other work, not compared"
OFTEN = {"checkov": 1}
"""Runs of what takes minutes."""


@dataclass(slots=True)
class Entry:
    """One command of a task: how its place is made ready, and what it said or made."""

    name: str
    version: str
    command: Sequence[str]
    folder: Path
    said: str
    fresh: tuple[str, ...] = ()
    """Folders that are removed before each run."""
    environment: Mapping[str, str] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Task:
    """The same work by several tools; the first entry is what the others are held against."""

    title: str
    entries: tuple[Entry, ...]


def main() -> None:
    options = _options()
    found = tools(options.only)
    before = os.getloadavg()
    with tempfile.TemporaryDirectory() as folder:
        for make in (_policy, _schemas, _rendering):
            task = make(Path(folder), found, options.objects)
            if any(not entry.name.startswith("Dharma") for entry in task.entries):
                _timed(task, options.runs)
                print("\n".join((_markdown if options.markdown else _plain)(task)), flush=True)
    print(_machine(before, options.runs))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--only", action="append", choices=NAMES, default=[], help="this tool; may be repeated"
    )
    parser.add_argument("--runs", type=int, default=5, help="counted rounds")
    parser.add_argument("--objects", type=int, default=1000, help="objects of the policy and schema tasks")
    parser.add_argument("--markdown", action="store_true", help="print tables for bench/README.md")
    return parser.parse_args()


def _policy(work: Path, found: Mapping[str, Tool], objects: int) -> Task:
    """Rules: conftest asks all object rules, gator those that may run at admission."""
    folder = work / "policy"
    policy.write_spoiled(folder / "objects", objects)
    entries = list(_checks(folder))
    if tool := found.get("conftest"):
        command = policy.conftest(folder, tool)
        _compared(entries, tool, command, folder, policy.of_conftest)
    if tool := found.get("gator"):
        _compared(entries, tool, policy.gator(folder, tool), folder, policy.of_gator)
    if tool := found.get("checkov"):
        entries.append(Entry("checkov", tool.version, policy.checkov(folder, tool), folder, OTHER))
    return Task(f"Rules, {objects} objects", tuple(entries))


def _schemas(work: Path, found: Mapping[str, Tool], objects: int) -> Task:
    folder = work / "schemas"
    policy.write_spoiled(folder / "objects", objects, invalid=True)
    only = (sys.executable, "-c", policy.SCHEMAS_ONLY)
    bad = len(policy.output(only, folder))
    entries = [
        Entry("Dharma, schemas only", _own(), only, folder, f"{bad} objects refused"),
        *_checks(folder),
    ]
    if tool := found.get("kubeconform"):
        command = policy.kubeconform(folder, tool)
        _compared(entries, tool, command, folder, policy.of_kubeconform)
    return Task(f"Schemas, {objects} objects", tuple(entries))


def _checks(folder: Path) -> Iterator[Entry]:
    """`dharma check`: schemas, CEL and all rules, cold and with verdicts of an earlier run."""
    command = (*policy.CHECK, "--no-cache")
    said = f"{len(policy.output(command, folder)['findings'])} findings of rules, CEL and schemas"
    yield Entry("Dharma, cold", _own(), command, folder, said)
    cache = {"XDG_CACHE_HOME": str(folder / "cache")}
    yield Entry("Dharma, verdicts reused", _own(), policy.CHECK, folder, said, environment=cache)


Compared = Callable[[Sequence[str], Path], tuple[policy.Verdicts, policy.Verdicts]]


def _compared(entries: list[Entry], tool: Tool, command: Sequence[str], folder: Path, of: Compared) -> None:
    own, other = of(command, folder)
    if own != other or not own:
        differing = (own - other).total() + (other - own).total()
        print(f"!! {tool.name}: {differing} of {own.total()} verdicts differ; not timed", file=sys.stderr)
        return
    entries.append(Entry(tool.name, tool.version, command, folder, f"{own.total()} verdicts, all equal"))


def _rendering(work: Path, found: Mapping[str, Tool], _: int) -> Task:
    first = _rendered(work, "Dharma, cold", "generated", rendering.dharma, None)
    if first is None:
        return Task("Rendering", ())
    place = work / "again"
    command = rendering.dharma(place)[:-1]
    kept = {"XDG_CACHE_HOME": str(work / "cache")}
    entries = [first, Entry("Dharma, nothing changed", _own(), command, place, first.said, environment=kept)]
    for name, prepare in rendering.GENERATORS.items():
        if name in found and (one := _rendered(work, name, "out", prepare, found[name])):
            entries.append(one)
    targets, services = len(rival_objects.TARGETS), len(rival_objects.SERVICES)
    return Task(f"Rendering, {services} services on {targets} targets", tuple(entries))


def _rendered(
    work: Path, name: str, output: str, prepare: Callable[..., Sequence[str]], tool: Tool | None
) -> Entry | None:
    """A generator in a folder of its own; None where its objects are not the reference's."""
    folder = work / name.replace(", ", "-").replace(" ", "-")
    folder.mkdir()
    command = tuple(prepare(folder, tool))
    run(command, folder)
    if differing := rival_objects.differing(folder / output):
        print(f"!! {name}: other objects on {len(differing)} targets; not timed", file=sys.stderr)
        return None
    count = sum(len(bodies) for bodies in rival_objects.read(folder / output).values())
    made = f"{count} objects, all equal"
    return Entry(name, tool.version if tool else _own(), command, folder, made, (output,))


def _timed(task: Task, runs: int) -> None:
    """Rounds of all entries in turn; the first is not counted."""
    for number in range(runs + 1):
        for entry in task.entries:
            if len(entry.runs) > OFTEN.get(entry.name, runs):
                continue
            for name in entry.fresh:
                shutil.rmtree(entry.folder / name, ignore_errors=True)
            shell = ("sh", "-c", '"$@"; test $? -le 1', "sh", *entry.command)
            entry.runs.append(run(shell, entry.folder, entry.environment))
        print(f"{task.title}: round {number} of {runs}", file=sys.stderr)


def _markdown(task: Task) -> Iterator[str]:
    yield f"### {task.title}\n"
    yield "| tool | version | said | CPU s | wall s | MiB | CPU / first | wall / first | |"
    yield "|---|---|---|---:|---:|---:|---:|---:|---|"
    for entry in task.entries:
        yield f"| {' | '.join(_cells(task, entry))} |"
    yield ""


def _plain(task: Task) -> Iterator[str]:
    yield task.title
    for entry in task.entries:
        name, version, said, *rest = _cells(task, entry)
        yield f"  {name:26} {version:10} {'  '.join(f'{cell:>8}' for cell in rest)}   {said}"


def _cells(task: Task, entry: Entry) -> tuple[str, ...]:
    counted = entry.runs[1:]
    cpu, wall = _ratios(task, entry)
    figures = (statistics.median(one.cpu for one in counted), statistics.median(one.wall for one in counted))
    shown = (*(f"{one:.2f}" for one in figures), f"{max(one.memory for one in counted):.0f}")
    compared = not entry.name.startswith("Dharma") and entry.said != OTHER
    outcome = _outcome(cpu, wall) if compared else ""
    return entry.name, entry.version, entry.said, *shown, f"{cpu:.2f}", f"{wall:.2f}", outcome


def _ratios(task: Task, entry: Entry) -> tuple[float, float]:
    """Medians of the ratios to the task's first entry in the same round."""
    pairs = list(zip(entry.runs[1:], task.entries[0].runs[1:], strict=False))
    return (
        statistics.median(other.cpu / own.cpu for other, own in pairs),
        statistics.median(other.wall / own.wall for other, own in pairs),
    )


def _outcome(cpu: float, wall: float) -> str:
    words = [
        f"{'loses' if ratio < 1 - EQUAL else 'wins'} in {what}"
        for what, ratio in (("CPU", cpu), ("wall", wall))
        if abs(ratio - 1) > EQUAL
    ]
    return f"Dharma {' and '.join(words)}" if words else "no difference"


def _machine(before: tuple[float, float, float], runs: int) -> str:
    after = os.getloadavg()
    return (
        f"{runs} counted rounds on {os.cpu_count()} cores; load average of a minute {before[0]:.1f} before"
        f" and {after[0]:.1f} after. `python bench/rivals.py {' '.join(sys.argv[1:])}`"
    )


def _own() -> str:
    from dharma import __version__

    return __version__


if __name__ == "__main__":
    main()
