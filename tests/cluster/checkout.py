"""A platform of a user: a copy of the shipped declarations, and the Git repository Argo CD reads."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parent.parent.parent
TARGET = "production/region-a"
BRANCH = "deploy/production.region-a"
_WHO = ("-c", "user.name=lab", "-c", "user.email=lab@platform.example", "-c", "commit.gpgsign=false")


class Checkout:
    """Declarations in `folder`, what they render to in `tree`, which is pushed to a bare repository."""

    def __init__(self, folder: Path, registry: str) -> None:
        self.folder, self.tree, self.bare = folder / "platform", folder / "tree", folder / "platform.git"
        self.url = f"file://{self.bare}"
        shutil.copytree(ROOT / "environments", self.folder / "environments")
        self.change("base.yaml", {"gitops": {"repository": self.url}, "registry": registry})
        _git(folder, "init", "--quiet", "--bare", f"--initial-branch={BRANCH}", self.bare)
        _git(folder, "init", "--quiet", f"--initial-branch={BRANCH}", self.tree)
        _git(self.tree, "remote", "add", "origin", self.url)

    def change(self, file: str, fields: Mapping[str, Any]) -> None:
        """Lay fields over a file of environments/; None removes one."""
        path = self.folder / "environments" / file
        yaml = YAML()
        content = yaml.load(path)
        _overlay(content, fields)
        yaml.dump(content, path)

    def build(self) -> None:
        """Render the target, as a user does; without the catalogue, which knows no kinds of tests."""
        program = Path(sys.executable).with_name("dharma")
        command = [str(program), "build", TARGET, "--workers", "1"]
        env = {name: value for name, value in os.environ.items() if name != "DHARMA_SCHEMAS"}
        done = subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        shutil.rmtree(self.tree / "generated", ignore_errors=True)
        shutil.copytree(self.folder / "generated", self.tree / "generated")

    def commit(self, message: str) -> str:
        """Push the tree as it is to the target's branch; its commit."""
        _git(self.tree, "add", "--all")
        _git(self.tree, *_WHO, "commit", "--quiet", "--allow-empty", f"--message={message}")
        _git(self.tree, "push", "--quiet", "origin", BRANCH)
        return _git(self.tree, "rev-parse", "HEAD")

    def deliver(self, message: str) -> str:
        """Build and commit."""
        self.build()
        return self.commit(message)

    def objects(self, folder: str = "") -> Iterator[dict[str, Any]]:
        """Every object of the tree below a folder of the target."""
        yaml = YAML(typ="safe")
        for path in sorted((self.tree / "generated" / TARGET / folder).rglob("*.yaml")):
            yield yaml.load(path)

    def write(self, path: str, text: str) -> None:
        """Put a file into the tree by hand, as a bad commit would."""
        file = self.tree / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def _overlay(content: Any, fields: Mapping[str, Any]) -> None:
    for name, value in fields.items():
        if value is None:
            content.pop(name, None)
        elif isinstance(value, Mapping) and isinstance(content.get(name), Mapping):
            _overlay(content[name], value)
        else:
            content[name] = value


def _git(folder: Path, *arguments: object) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", *map(str, arguments)]
    done = subprocess.run(command, cwd=folder, env=clean, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
