"""docs/first-hour.md, word for word: a fork, a cluster that Argo CD delivers to, and one shell."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from dharma.delivery.argocd import API, statuses
from tests.cluster.argo import Argo, redis_server
from tests.cluster.lab import Lab
from tests.cluster.region import chart_sources
from tests.cluster.upstream import Upstream
from tests.cluster.writers import Writers

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "first-hour.md"
TARGET, BRANCH, CONTEXT = "development/region-a", "deploy/development.region-a", "dev-a"
BOOTSTRAP = ("platform-system", "root")
WHO = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "reader"), ("EMAIL", "reader@platform.example"))
}
pytestmark = pytest.mark.slow


def blocks(text: str) -> list[str]:
    """The page's bash blocks in their order."""
    return re.findall(r"^```bash\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def environment() -> dict[str, str]:
    """The variables of a person's shell: nothing of this process' own interpreter or repository."""
    dropped = ("GIT_", "VIRTUAL_ENV", "PYTHON", "MAKE", "PYTEST", "DHARMA_SCHEMAS")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    schemas = os.environ.get("DHARMA_SCHEMAS")
    return kept | WHO | ({"DHARMA_SCHEMAS": schemas} if schemas else {})


def ran(*command: object, cwd: Path, seconds: float = 300) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done.stdout


@dataclass
class Fork:
    """The platform repository of a team: this work tree, committed, with its own URL and mirror."""

    folder: Path
    registry: str

    @property
    def bare(self) -> Path:
        return self.folder / "platform.git"

    @property
    def url(self) -> str:
        return f"file://{self.bare}"

    @property
    def work(self) -> Path:
        return self.folder / "fork"

    def make(self) -> None:
        """Commit, render and push the fork, and give the target its first commit."""
        names = ran("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT)
        for name in filter(None, names.split("\0")):
            if os.path.lexists(ROOT / name):
                (self.work / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, self.work / name, follow_symlinks=False)
        self.settle()
        ran(*self.dharma, "build", cwd=self.work, seconds=600)
        ran("git", "init", "--quiet", "--bare", "--initial-branch=main", self.bare, cwd=self.folder)
        ran("git", "init", "--quiet", "--initial-branch=main", cwd=self.work)
        ran("git", "remote", "add", "origin", self.url, cwd=self.work)
        ran("git", "add", "--all", cwd=self.work)
        ran("git", "commit", "--quiet", "--message=Our platform", cwd=self.work)
        ran("git", "push", "--quiet", "--set-upstream", "origin", "main", cwd=self.work)
        ran("git", "remote", "set-head", "origin", "main", cwd=self.work)
        ran(*self.dharma, "promote", TARGET, cwd=self.work)

    @property
    def dharma(self) -> tuple[str, ...]:
        return (sys.executable, "-c", "from dharma.cli import main; main()")

    def settle(self) -> None:
        """What a fork says of itself: where it is, and the mirror that its images and charts come from."""
        path, yaml = self.work / "environments" / "base.yaml", YAML()
        content = yaml.load(path)
        content["gitops"]["repository"] = self.url
        content["registry"] = self.registry
        yaml.dump(content, path)
        trusted, known = self.work / "policies" / "rego" / "lib" / "images.rego", '"registry.example"'
        text = trusted.read_text()
        assert text.count(known) == 1
        trusted.write_text(text.replace(known, f'{known}, "{self.registry.partition("/")[0]}"'))

    def tip(self, branch: str) -> str:
        return ran("git", "rev-parse", branch, cwd=self.bare).strip()

    def objects(self) -> dict[str, dict[str, Any]]:
        """What the root Application delivers, by name."""
        yaml = YAML(typ="safe")
        files = sorted((self.work / "generated" / TARGET / "argocd").rglob("*.yaml"))
        return {body["metadata"]["name"]: body for body in map(yaml.load, files)}


@dataclass
class Place:
    """A fork and the cluster of its target, Synced."""

    fork: Fork
    argo: Argo
    kubeconfig: Path


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    redis_server()
    folder = tmp_path_factory.mktemp("first-hour")
    with Lab.started(folder / "lab") as lab:
        (folder / "charts").mkdir()
        upstream = Upstream(lab, folder / "charts")
        fork = Fork(folder, upstream.prefix)
        fork.make()
        objects = fork.objects()
        sources = chart_sources(
            {name: body for name, body in objects.items() if body["kind"] == "Application"}
        )
        upstream.push(sources)
        lab.controllers()
        writers = Writers(lab)
        try:
            chart = next(source for source in sources if source["chart"] == "argo-cd")
            argo = Argo(lab, upstream.template(chart), f"{upstream.prefix}/charts")
            argo.start()
            argo.until("projects are served", lambda: argo.cluster.resource(API, "AppProject"))
            for name in BOOTSTRAP:
                argo.apply(objects[name])
            wanted = {name for name, body in objects.items() if body["kind"] == "Application"}
            argo.until("every Application is synced", lambda: synced(argo) >= wanted, 600)
            yield Place(fork, argo, reader(lab, folder))
        finally:
            writers.end()


def synced(argo: Argo) -> set[str]:
    return {one.name for one in statuses(argo.cluster) if one.sync == "Synced"}


def reader(lab: Lab, folder: Path) -> Path:
    """The lab's kubeconfig under the context that the declarations name."""
    path, yaml = folder / "kubeconfig", YAML(typ="safe")
    content = yaml.load(lab.kubeconfig)
    content["contexts"][0]["name"] = content["current-context"] = CONTEXT
    yaml.dump(content, path)
    return path


@contextmanager
def webhook(place: Place) -> Iterator[None]:
    """Tell Argo CD whenever the target's branch moves, as the Git server's webhook does."""
    stop, seen = threading.Event(), [place.fork.tip(BRANCH)]

    def watch() -> None:
        while not stop.wait(1):
            if (tip := place.fork.tip(BRANCH)) != seen[-1]:
                seen.append(tip)
                place.argo.refresh()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_the_page_shows_every_step_it_promises():
    text = "".join(blocks(PAGE.read_text()))
    steps = (
        "git clone",
        "make",
        "dharma build",
        "dharma check",
        "git commit",
        "dharma promote",
        "dharma verify",
    )
    places = [text.find(step) for step in steps]
    assert -1 not in places
    assert places == sorted(places)
    assert "pulumi preview" in PAGE.read_text()


def test_the_first_hour_goes_as_the_page_says(place, tmp_path):
    script = "set -euxo pipefail\n" + "".join(blocks(PAGE.read_text()))
    variables = environment() | {"REPOSITORY": place.fork.url, "KUBECONFIG": str(place.kubeconfig)}
    before, started = place.fork.tip(BRANCH), time.monotonic()
    log = tmp_path / "log"
    with webhook(place), log.open("w") as out:
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=tmp_path,
            env=variables,
            stdout=out,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=1500,
        )
    assert done.returncode == 0, f"{log.read_text()[-6000:]}\n{place.argo.table()}"
    assert place.fork.tip(BRANCH) != before
    assert currency(place) == "CHF"
    (root,) = [one for one in statuses(place.argo.cluster) if one.name == "services-shop"]
    assert root.sync == "Synced"
    print(f"the first hour took {time.monotonic() - started:.0f} s")  # noqa: T201


def currency(place: Place) -> str:
    """What the checkout that runs is told."""
    cluster = place.argo.cluster
    for version, kind in (("apps/v1", "Deployment"), ("argoproj.io/v1alpha1", "Rollout")):
        if body := cluster.get(version, kind, "checkout", "shop"):
            (container,) = body["spec"]["template"]["spec"]["containers"]
            return {one["name"]: one.get("value") for one in container["env"]}["CURRENCY"]
    return ""
