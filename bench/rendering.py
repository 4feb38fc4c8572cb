"""Rendering: the shipped platform, its growth, and the same objects by kustomize and cdk8s in TypeScript.

    .venv/bin/python bench/rendering.py [--runs 3] [--objects 4000]

Prints a Markdown table. kustomize comes with kubectl, or as `kustomize` on the PATH; cdk8s is
installed with npm into a cache folder. What is not there is left out, and said.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from measure import Run, median

ROOT = Path(__file__).parent.parent
DHARMA = (sys.executable, "-c", "from dharma.cli import main; main()")
COPIED = ("orders", "checkout", "payments", "catalogue", "cmdb")
NPM = {"cdk8s": "2.70.106", "constructs": "10.8.1"}
START = (
    "from dharma import node; node.prepare(); import cdk8s, click, dharma_rego, pydantic; "
    "import dharma.environment, dharma.build, dharma.component; cdk8s.App()"
)
APP = """
const { App, Chart, ApiObject, YamlOutputType } = require('cdk8s');
const objects = JSON.parse(require('fs').readFileSync('objects.json', 'utf8'));
const app = new App({ outdir: 'dist', yamlOutputType: YamlOutputType.FILE_PER_RESOURCE });
const chart = new Chart(app, 'all', { disableResourceNameHashes: true });
objects.forEach((object: any, index: number) => new ApiObject(chart, `o${index}`, object));
app.synth();
"""


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        print(f"| {'measurement':58} | {'CPU s':>7} | {'wall s':>7} | {'MiB':>5} | result |")
        print("|---|---:|---:|---:|---|")
        _shipped(work, options.runs)
        _growth(work, options.runs)
        _rivals(work, options.runs, options.objects)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=3, help="counted runs of each command")
    parser.add_argument("--objects", type=int, default=4000, help="objects for the comparison")
    return parser.parse_args()


def _shipped(work: Path, runs: int) -> None:
    platform = _platform(work / "shipped", 0)
    start = median((sys.executable, "-c", START), ROOT, runs)
    build = _build(platform, runs)
    count = len(_files(platform))
    each = (build.cpu - start.cpu) / count * 1000
    _row("one start of Python and Node.js", start, "")
    _row(f"nine targets, {count} objects, cold", build, f"{each:.2f} ms CPU an object beyond the start")
    _row("the same, nothing changed", median((*DHARMA, "build"), platform, runs), "")


def _growth(work: Path, runs: int) -> None:
    one = _platform(work / "nine", 0)
    two = _platform(work / "eighteen", 0)
    _double(two)
    start = median((sys.executable, "-c", START), ROOT, runs)
    single, double = _build(one, runs), _build(two, runs)
    ratio = (double.cpu - start.cpu) / (single.cpu - start.cpu)
    objects = len(_files(two)) / len(_files(one))
    _row("eighteen targets, cold", double, f"{ratio:.2f} x the CPU for {objects:.2f} x the objects")


def _rivals(work: Path, runs: int, objects: int) -> None:
    platform = _grown(work / "grown", objects)
    own = _build(platform, runs)
    files = _files(platform)
    bodies = [json.loads(text) for text in _as_json(files)]
    _row(f"Dharma: {len(files)} objects", own, "")
    _kustomize(work / "kustomize", files, own, runs)
    _typescript(work / "typescript", bodies, own, runs)


def _kustomize(folder: Path, files: list[Path], own: Run, runs: int) -> None:
    command = _kustomize_command()
    if command is None:
        print("| kustomize | | | | not installed |")
        return
    folder.mkdir()
    for number, file in enumerate(files):
        shutil.copy(file, folder / f"{number}.yaml")
    _make_unique(folder, files)
    resources = "\n".join(f"- {number}.yaml" for number in range(len(files)))
    (folder / "kustomization.yaml").write_text(f"resources:\n{resources}\n")
    found = median((*command, str(folder)), folder, min(runs, 1))
    _row("kustomize: the same objects", found, f"Dharma is {found.wall / own.wall:.1f} x as fast")


def _make_unique(folder: Path, files: list[Path]) -> None:
    """Kustomize refuses one object twice, so those of different targets get different names."""
    for number, file in enumerate(files):
        path = folder / f"{number}.yaml"
        target = "-".join(file.parts[file.parts.index("generated") + 1 :][:2])
        path.write_text(
            re.sub(r"^  name: (.*)$", rf"  name: \1-{target}", path.read_text(), count=1, flags=re.MULTILINE)
        )


def _kustomize_command() -> tuple[str, ...] | None:
    if shutil.which("kubectl"):
        return ("kubectl", "kustomize")
    return ("kustomize", "build") if shutil.which("kustomize") else None


def _typescript(folder: Path, bodies: list[object], own: Run, runs: int) -> None:
    from dharma import node

    node.prepare()
    program = Path(os.environ["JSII_NODE"])
    folder.mkdir()
    modules = _modules(node.cache_folder() / "bench" / "cdk8s", program)
    if modules is None:
        print("| cdk8s in TypeScript | | | | npm could not install it |")
        return
    (folder / "app.cts").write_text(APP)
    (folder / "objects.json").write_text(json.dumps(bodies))
    (folder / "node_modules").symlink_to(modules)
    found = median((str(program), "--disable-warning=ExperimentalWarning", "app.cts"), folder, runs)
    _row(
        "cdk8s in TypeScript: the same objects, one file each",
        found,
        f"Dharma is {found.wall / own.wall:.2f} x as fast",
    )


def _modules(folder: Path, program: Path) -> Path | None:
    marker = folder / "node_modules" / "cdk8s"
    if not marker.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        npm = program.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        wanted = [f"{name}@{version}" for name, version in NPM.items()]
        subprocess.run(
            [program, npm, "install", "--no-package-lock", "--no-audit", "--no-fund", "--silent", *wanted],
            cwd=folder,
            check=False,
        )
    return folder / "node_modules" if marker.is_dir() else None


def _platform(folder: Path, copies: int) -> Path:
    shutil.copytree(ROOT / "environments", folder / "environments")
    services = folder / "environments" / "services"
    for number in range(copies):
        name = COPIED[number % len(COPIED)]
        (services / f"{name}-{number}.yaml").write_text((services / f"{name}.yaml").read_text())
    return folder


def _grown(folder: Path, objects: int) -> Path:
    """A platform with at least so many objects: the shipped one with services copied."""
    base = _platform(folder / "0", 0)
    _build(base, 0)
    have = len(_files(base))
    probe = _platform(folder / "5", len(COPIED))
    _build(probe, 0)
    each = (len(_files(probe)) - have) / len(COPIED)
    copies = max(0, -(-(objects - have) // int(each)))
    return _platform(folder / "grown", copies)


def _double(platform: Path) -> None:
    """Each environment a second time, with other cluster ids."""
    for file in sorted((platform / "environments").glob("*.yaml")):
        if file.stem in ("development", "staging", "production"):
            text = re.sub(r"^(\s+id: )(.*)$", r"\1\2-twin", file.read_text(), flags=re.MULTILINE)
            file.with_name(f"{file.stem}-twin.yaml").write_text(text)


def _build(platform: Path, runs: int) -> Run:
    """Cold builds into an empty folder; the old one is moved away: ext4 is slow after deletions."""
    script = 'test ! -e generated || mv generated "$(mktemp -d -p .)"; exec "$@"'
    return median(("sh", "-c", script, "sh", *DHARMA, "build", "--no-cache"), platform, max(runs, 1))


def _files(platform: Path) -> list[Path]:
    return sorted((platform / "generated").rglob("*.yaml"))


def _as_json(files: list[Path]) -> Iterator[str]:
    import yaml

    for file in files:
        yield json.dumps(yaml.load(file.read_text(), Loader=yaml.CSafeLoader))


def _row(what: str, found: Run, result: str) -> None:
    print(
        f"| {what:58} | {found.cpu:7.2f} | {found.wall:7.2f} | {found.memory:5.0f} | {result} |", flush=True
    )


if __name__ == "__main__":
    main()
