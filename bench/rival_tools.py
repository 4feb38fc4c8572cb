"""The tools that Dharma is measured against: pinned, installed outside the checkout, or left out loudly.

Go programs come as Go modules, kustomize and conftest into $CACHE/bin and the others by
tests/cluster/tools/build; cdk8s-cli comes with npm, Kapitan and checkov into Python environments of
their own, all under $CACHE/rivals.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
_HOME = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dharma"
CACHE = Path(os.environ.get("CACHE") or _HOME).absolute()
BIN, RIVALS = CACHE / "bin", CACHE / "rivals"

GO = {
    "conftest": ("github.com/open-policy-agent/conftest", "v0.71.1"),
    "kustomize": ("sigs.k8s.io/kustomize/kustomize/v5", "v5.8.2"),
}
BUILT = {"gator": "v3.23.1", "kubeconform": "v0.8.0", "helm": "v3.22.0"}
NPM = {"cdk8s-cli": "2.207.60", "cdk8s": "2.70.106", "constructs": "10.8.1"}
PYPI = {"kapitan": "0.36.3", "checkov": "3.3.30"}
NAMES = (*GO, *BUILT, "cdk8s-cli", *PYPI)


@dataclass(frozen=True, slots=True)
class Tool:
    """A program that is there, with the version that was asked for."""

    name: str
    version: str
    program: Path


def tools(only: Sequence[str]) -> Mapping[str, Tool]:
    """The tools by name; those that cannot be had are said on standard error and left out."""
    found = {}
    for name in only or NAMES:
        how, version = _setup(name)
        try:
            program = how(name, version)
        except (OSError, subprocess.CalledProcessError) as error:
            program = Path("/nonexistent")
            print(f"!! {name} {version}: {str(error)[:300]}", file=sys.stderr)
        if program.is_file():
            found[name] = Tool(name, version, program)
        else:
            print(f"!! {name} {version} CANNOT BE HAD HERE: it is not in the table", file=sys.stderr)
    return found


def _setup(name: str) -> tuple[Callable[[str, str], Path], str]:
    if name in GO:
        return _go, GO[name][1]
    if name in BUILT:
        return _built, BUILT[name]
    return (_npm, NPM[name]) if name in NPM else (_pypi, PYPI[name])


def _go(name: str, version: str) -> Path:
    """`go install` of a pinned version, kept under its version so that another is never taken for it."""
    folder = RIVALS / "go" / f"{name}-{version}"
    if not (folder / name).is_file():
        _run("go", "install", f"{GO[name][0]}@{version}", environment={"GOBIN": str(folder)})
    return folder / name


def _built(name: str, version: str) -> Path:
    program = BIN / f"{name}-{version}"
    if not program.is_file():
        _run(str(ROOT / "tests" / "cluster" / "tools" / "build"), name, environment={"CACHE": str(CACHE)})
    return program


def _npm(name: str, version: str) -> Path:
    folder = RIVALS / f"{name}-{version}"
    program = folder / "node_modules" / ".bin" / "cdk8s"
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        wanted = [f"{package}@{pinned}" for package, pinned in NPM.items()]
        _run("npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(folder), *wanted)
    return program


def _pypi(name: str, version: str) -> Path:
    folder = RIVALS / f"{name}-{version}"
    program = folder / "bin" / name
    if not program.is_file():
        _run(sys.executable, "-m", "venv", str(folder))
        uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
        python = str(folder / "bin" / "python")
        pip = (uv, "pip", "install", "--python", python) if uv else (python, "-m", "pip", "install")
        _run(*pip, "--quiet", f"{name}=={version}", environment={"UV_SYSTEM_CERTS": "true"})
    return program


def _run(*command: str, environment: Mapping[str, str] | None = None) -> None:
    """A step of the set-up; its output is shown where it fails."""
    print(f"setting up: {' '.join(command)}", file=sys.stderr)
    ran = subprocess.run(
        command, env={**os.environ, **(environment or {})}, capture_output=True, text=True, check=False
    )
    if ran.returncode:
        print(ran.stderr[-2000:], file=sys.stderr)
        ran.check_returncode()
