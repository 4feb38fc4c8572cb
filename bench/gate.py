"""The gate: a folder of objects held against the shipped rules and schemas, by Dharma and by other tools.

    DHARMA_SCHEMAS=<catalogue> .venv/bin/python bench/gate.py [--runs 5] [--objects 4000]
    .venv/bin/python bench/gate.py --profile

Prints Markdown. The other tools are looked for in ~/.cache/dharma/bin and on the PATH:

    GOBIN=~/.cache/dharma/bin go install github.com/open-policy-agent/conftest@latest
    GOBIN=~/.cache/dharma/bin go install github.com/yannh/kubeconform/cmd/kubeconform@latest
    uv tool install checkov

What is not there is left out, and said.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from measure import Run, run

ROOT = Path(__file__).parent.parent
DHARMA = (sys.executable, "-c", "from dharma.cli import main; main()", "check", "objects")
AGAIN = "defghijklmnopqrstuvwxyz"
RULES = 100


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        write_objects(work / "objects", options.objects)
        if options.profile:
            _profile(work / "objects")
        else:
            _compare(work, options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5, help="rounds; the least of each figure counts")
    parser.add_argument("--objects", type=int, default=4000, help="objects to check")
    parser.add_argument("--no-checkov", action="store_true", help="leave out checkov, which takes minutes")
    parser.add_argument("--profile", action="store_true", help="the engine alone: rules and threads")
    return parser.parse_args()


def write_objects(folder: Path, count: int) -> None:
    """The shipped fleet's objects, one a file, then those of its first region under other regions' names."""
    generated = ROOT / "generated"
    files = sorted(generated.rglob("*.yaml"))
    first = [file for file in files if file.is_relative_to(generated / "production" / "region-a")]
    wanted = [(file, "region-a") for file in files]
    wanted += [(file, f"region-{letter}") for letter in AGAIN for file in first]
    for file, region in wanted[:count]:
        path = folder / file.relative_to(generated).as_posix().replace("region-a", region)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.read_text().replace("region-a", region))


def _compare(work: Path, options: argparse.Namespace) -> None:
    """Rounds of all commands one after the other, so that a busy moment meets each alike."""
    commands = {"Dharma, cold": _cold, "Dharma, verdicts reused": _warm(work)}
    for tool, prepared in (("conftest", conftest), ("kubeconform", kubeconform)):
        if program := _program(tool):
            commands[tool] = _other(prepared(work, program))
    rounds: dict[str, list[Run]] = defaultdict(list)
    for _ in range(options.runs):
        for name, command in commands.items():
            rounds[name].append(command(work))
    if not options.no_checkov and (program := _program("checkov")):
        rounds["checkov, one run"] = [_other(checkov(work, program))(work)]
    _report({name: _least(several) for name, several in rounds.items()}, options.objects)


def _least(several: Sequence[Run]) -> Run:
    return Run(
        min(one.cpu for one in several), min(one.wall for one in several), max(one.memory for one in several)
    )


def _report(figures: dict[str, Run], objects: int) -> None:
    print(f"| {objects} objects | CPU s | wall s | MiB |\n|---|---:|---:|---:|")
    for name, found in figures.items():
        print(f"| {name} | {found.cpu:.2f} | {found.wall:.2f} | {found.memory:.0f} |")
    print("\n| ratio | CPU | wall |\n|---|---:|---:|")
    cold, warm = figures["Dharma, cold"], figures["Dharma, verdicts reused"]
    pair = [figures[tool] for tool in ("conftest", "kubeconform") if tool in figures]
    if len(pair) == 2:  # noqa: PLR2004
        both = Run(sum(one.cpu for one in pair), sum(one.wall for one in pair), 0)
        _ratio("conftest + kubeconform / Dharma, cold", both, cold)
        _ratio("conftest + kubeconform / Dharma, verdicts reused", both, warm)
    if "checkov, one run" in figures:
        _ratio("checkov / Dharma, cold", figures["checkov, one run"], cold)


def _ratio(what: str, other: Run, own: Run) -> None:
    print(f"| {what} | {other.cpu / own.cpu:.1f} | {other.wall / own.wall:.1f} |")


def _cold(work: Path) -> Run:
    with tempfile.TemporaryDirectory(dir=work) as cache:
        return _judging(DHARMA, work, cache)


def _warm(work: Path) -> Callable[[Path], Run]:
    cache = work / "cache"
    cache.mkdir()
    _judging(DHARMA, work, str(cache))
    return lambda folder: _judging(DHARMA, folder, str(cache))


def _other(command: Sequence[str]) -> Callable[[Path], Run]:
    return lambda work: _judging(command, work)


def _judging(command: Sequence[str], work: Path, cache: str = "") -> Run:
    """A run that may end with 1, by which all these tools say that they found something."""
    shell = ("sh", "-c", '"$@"; test $? -le 1', "sh", *command)
    return run(shell, work, {"XDG_CACHE_HOME": cache} if cache else None)


def _program(name: str) -> str | None:
    own = Path.home() / ".cache" / "dharma" / "bin" / name
    found = str(own) if own.is_file() else shutil.which(name)
    if found is None:
        print(f"{name} is not installed: {sys.argv[0]} --help tells how\n")
    return found


def conftest(work: Path, program: str) -> tuple[str, ...]:
    """The same rules, each asked for its kinds only; conftest's input is the object itself."""
    from dharma.foreign import neutral_target

    policy = work / "policy"
    policy.mkdir()
    for number, text in enumerate(_adapted()):
        (policy / f"{number}.rego").write_text(text)
    (policy / "facts.json").write_text(json.dumps({"target": neutral_target()}))
    return program, "test", "-p", "policy", "-d", "policy/facts.json", "-o", "json", "objects"


def _adapted() -> Iterator[str]:
    """Rules that read `input` and `data.target`, and a package that asks them."""
    from dharma.gate import rules_of

    rules = rules_of(None)
    yield from rules.libraries.values()
    asked = ["package main"]
    for rule in rules.objects:
        text = re.sub(r"\binput\.object\b", "input", rule.source)
        text = re.sub(r"\binput\.target\b", "data.target", text)
        yield re.sub(r"\binput\.component\b", "data.component", text)
        kinds = sorted({kind.rpartition("/")[2] for kind in rule.metadata.kinds})
        guard = "" if "*" in kinds else f"input.kind in {json.dumps(kinds)}\n\t"
        asked.append(
            f"{rule.metadata.severity} contains said if {{\n\t{guard}"
            f"some found in data.{rule.package}.{rule.metadata.severity}\n\t"
            f'said := sprintf("{rule.id}: %s", [found.message])\n}}'
        )
    yield "\n\n".join(asked) + "\n"


def kubeconform(work: Path, program: str) -> tuple[str, ...]:
    """The same catalogue, and Kubernetes' own kinds of the same release, each in one file."""
    schemas = work / "schemas"
    _write_native(schemas)
    name = "{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json"
    folders = [str(schemas), *filter(None, os.environ.get("DHARMA_SCHEMAS", "").split(":"))]
    locations = [part for folder in folders for part in ("-schema-location", f"{folder}/{name}")]
    return program, "-strict", "-summary", *locations, "objects"


def _write_native(folder: Path) -> None:
    from kubernetes_validate import __file__ as wheel

    from dharma.schemas import newest

    place = Path(wheel).with_name("kubernetes-json-schema") / f"v{newest()}.0-local-strict"
    definitions = json.loads((place / "_definitions.json").read_text())["$defs"]
    for definition in definitions.values():
        for served in definition.get("x-kubernetes-group-version-kind", ()):
            group = served["group"] or served["version"]  # as kubeconform calls the core group
            path = folder / group / f"{served['kind'].lower()}_{served['version']}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps({**definition, "$defs": _needed(definition, definitions)}))


def _needed(definition: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    needed: dict[str, Any] = {}
    waiting = [definition]
    while waiting:
        for name in re.findall(r'"\$ref": "[^"]*#/\$defs/([^"]+)"', json.dumps(waiting.pop())):
            if name not in needed:
                needed[name] = definitions[name]
                waiting.append(definitions[name])
    return needed


def checkov(_: Path, program: str) -> tuple[str, ...]:
    shown = ("--quiet", "--compact", "--output", "json")
    return program, "--directory", "objects", "--framework", "kubernetes", "--skip-download", *shown


def _profile(folder: Path) -> None:
    """The embedded engine alone: every object against 100 rules, and against those that concern it."""
    from dharma.foreign import _subjects, read
    from dharma.gate import rules_of
    from dharma.policy.engine import Documents, Embedded, Task, evaluate_all

    rules = rules_of(None)
    subjects = list(_subjects(read([folder]).manifests))
    by_kind: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in subjects:
        by_kind[one.manifest.group, one.manifest.kind].append(one.text)
    documents = {kind: Documents(texts) for kind, texts in by_kind.items()}
    every: list[Task] = [(rule, some) for rule in rules.objects[:RULES] for some in documents.values()]
    own: list[Task] = [
        (rule, some) for kind, some in documents.items() for rule in rules.objects if rule.concerns(*kind)
    ]
    engine = Embedded(rules)
    print("| evaluations | threads | CPU s | wall s |\n|---|---:|---:|---:|")
    for name, tasks in ((f"{len(subjects)} objects x {RULES} rules", every), ("each rule's kinds only", own)):
        count = sum(len(some) for _, some in tasks)
        walls = [
            _timed(f"{name}: {count}", number, lambda n=number, t=tasks: list(evaluate_all(engine, t, n)))
            for number in (1, 2)
        ]
        print(f"| two threads: {walls[0] / walls[1]:.2f} x as fast | | | |")


def _timed(name: str, threads: int, work: Callable[[], object]) -> float:
    """The least wall seconds of three runs."""
    figures = []
    for _ in range(3):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        figures.append((time.perf_counter() - wall, time.process_time() - cpu))
    least = min(wall for wall, _ in figures), min(cpu for _, cpu in figures)
    print(f"| {name} | {threads} | {least[1]:.2f} | {least[0]:.2f} |", flush=True)
    return least[0]


if __name__ == "__main__":
    main()
