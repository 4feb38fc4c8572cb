"""The wheel in an empty environment: it is whole, it is alone, and a platform repository can stand on it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINKED = ("components", "policies", "stacks")
COMMON_NAMES = ("components", "engines", "policies", "stacks", "tests", "environments", "schemas")
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
VARIABLES = {
    "CARGO_TARGET_DIR": str(CACHE / "dharma" / "cargo"),
    "UV_CACHE_DIR": str(CACHE / "uv"),
    "UV_SYSTEM_CERTS": "true",
    **os.environ,
}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@dataclass(frozen=True)
class Installed:
    """An environment that holds the wheels, their dependencies and nothing else."""

    folder: Path
    wheel: Path

    @property
    def packages(self) -> Path:
        (found,) = self.folder.glob("lib/python3*/site-packages")
        return found

    def dharma(self, root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        variables = {
            name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")
        }
        command = [str(self.folder / "bin" / "dharma"), *arguments]
        return subprocess.run(command, cwd=root, env=variables, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    programs = {name: _program(name) for name in ("uv", "maturin", "cargo")}
    folder = tmp_path_factory.mktemp("wheel")
    _run([sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)], ROOT)
    _run(
        [programs["maturin"], "build", "--release", "--locked", "--quiet", "--out", str(folder)],
        ROOT / "rego",
    )
    uv, python = programs["uv"], str(folder / "venv" / "bin" / "python")
    _run([uv, "venv", "--quiet", "--python", sys.executable, str(folder / "venv")], folder)
    install = [uv, "pip", "install", "--quiet", "--python", python]
    _run([*install, "--require-hashes", "-r", str(ROOT / "requirements" / "core.lock")], folder)
    _run([*install, "--no-deps", *(str(wheel) for wheel in folder.glob("*.whl"))], folder)
    (wheel,) = folder.glob("dharma-*.whl")
    return Installed(folder / "venv", wheel)


def _program(name: str) -> str:
    found = shutil.which(name, path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    if found is None:
        pytest.skip(f"{name} is not installed, so no wheel can be built")
    return found


def _run(command: list[str], folder: Path) -> None:
    ran = subprocess.run(command, cwd=folder, env=VARIABLES, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


@pytest.fixture(scope="module")
def made(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("repository")
    ran = installed.dharma(folder, "init", "platform")
    assert ran.returncode == 0, ran.stderr
    return folder / "platform"


@pytest.fixture
def platform(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path / "platform")


def test_the_wheel_holds_every_file_of_the_linked_folders(installed: Installed) -> None:
    names = set(zipfile.ZipFile(installed.wheel).namelist())
    for folder in LINKED:
        wanted = {
            f"dharma/{path.relative_to(ROOT).as_posix()}"
            for path in (ROOT / folder).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        assert wanted, f"{folder} is empty, so its link dangles in a clone"
        assert wanted <= names
    assert "dharma/py.typed" in names


def test_the_wheel_holds_nothing_that_was_compiled_or_is_a_test(installed: Installed) -> None:
    names = zipfile.ZipFile(installed.wheel).namelist()
    assert not [name for name in names if name.endswith(".pyc") or "__pycache__" in name]
    assert {name.partition("/")[0] for name in names} == {"dharma", "dharma-0.1.0.dist-info"}


def test_no_folder_of_a_common_name_is_installed(installed: Installed) -> None:
    assert not [name for name in COMMON_NAMES if (installed.packages / name).exists()]


def test_a_new_repository_is_built_clean_and_not_copied_into(installed: Installed, platform: Path) -> None:
    assert not list(platform.rglob("*.py"))
    again = installed.dharma(platform, "build")
    assert again.returncode == 0, again.stderr
    assert "nothing changed" in again.stdout
    assert installed.dharma(platform, "build", "--check").returncode == 0


def test_an_edited_file_is_drift(installed: Installed, platform: Path) -> None:
    path = next(platform.glob("generated/production/**/*.yaml"))
    path.write_text(path.read_text() + "# by hand\n")
    checked = installed.dharma(platform, "build", "--check")
    assert checked.returncode == 1
    assert "-# by hand" in checked.stdout


def test_a_repository_adds_a_component_and_overrides_an_option(installed: Installed, platform: Path) -> None:
    assert installed.dharma(platform, "new", "component", "key-cache").returncode == 0
    base = platform / "environments" / "base.yaml"
    base.write_text(base.read_text().replace("components:\n", "components:\n  key-cache: {}\n", 1))
    staging = platform / "environments" / "staging.yaml"
    staging.write_text(
        staging.read_text() + "\ncomponents:\n  key-cache: {message: rehearsal}\n  rollouts: {replicas: 3}\n"
    )
    built = installed.dharma(platform, "build")
    assert built.returncode == 0, built.stderr
    messages = {
        path.parts[-4]: path.read_text()
        for path in platform.glob("generated/*/*/key-cache/configmap-settings.yaml")
    }
    assert set(messages) == {"development", "staging", "production"}
    assert [name for name, text in messages.items() if "message: rehearsal" in text] == ["staging"]
    overridden = {path.name for path in platform.glob("generated/*") if "replicas: 3" in _charts(path)}
    assert overridden == {"staging"}


def _charts(environment: Path) -> str:
    return "".join(path.read_text() for path in environment.glob("*/argocd/application-*rollouts*.yaml"))


def test_another_version_than_the_pinned_one_is_refused(installed: Installed, platform: Path) -> None:
    base = platform / "environments" / "base.yaml"
    base.write_text(base.read_text().replace('dharma: ">=0.1.0,<0.2"', 'dharma: ">=0.2"'))
    ran = installed.dharma(platform, "build")
    assert ran.returncode == 2
    assert "environments/base.yaml:3:9: asks for dharma >=0.2, and this is 0.1.0" in ran.stderr
