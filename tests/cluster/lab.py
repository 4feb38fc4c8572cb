"""The lab: etcd and a real API server on loopback, with controllers, a scheduler and pretended nodes."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import ssl
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pytest

from dharma.admission.definition import definition
from dharma.admission.template import admitted
from dharma.cluster import Applied, Cluster
from dharma.policy.rule import load_rules
from dharma_rego import emit
from tests.cluster.process import LabError, Process, binary, free_port, wait_for

__all__ = ["Lab", "LabError", "Process", "binary", "free_port", "wait_for"]

STAGES = Path(__file__).with_name("stages.yaml")
READY_AFTER = "lab.dharma.dev/ready-after"
"""Annotation of a pod: how long it stays unready, such as `5s`."""

_ROOT = Path(__file__).parent.parent.parent
_THREADS = 6
_KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: lab
clusters:
- name: lab
  cluster: {{server: "{url}", certificate-authority: "{authority}"}}
users:
- name: lab
  user: {{token: "{token}"}}
contexts:
- name: lab
  context: {{cluster: lab, user: lab}}
"""


class Lab:
    """A control plane of its own; `folder` holds its data and logs, `steps` what took how many seconds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kubeconfig = folder / "kubeconfig"
        self.url = f"https://127.0.0.1:{free_port()}"
        self.steps: dict[str, float] = {}
        self._token = secrets.token_hex(16)
        self._running: list[Process] = []
        self._done: set[str] = set()
        self.notes: dict[str, list[str]] = {}

    @classmethod
    @contextmanager
    def started(cls, folder: Path, etcd: Path | None = None) -> Iterator[Lab]:
        """A lab that ends with the block; `etcd` is a data folder to start from, which is copied."""
        lab = cls(folder)
        try:
            lab._start(etcd)
            yield lab
        finally:
            lab.end()

    @cached_property
    def cluster(self) -> Cluster:
        """The API server, as the cluster's administrator."""
        return Cluster.connect(self.kubeconfig)

    def run(self, name: str, *arguments: object, **options: Any) -> Process:
        """Start a program that ends with the lab; its log is in the lab's folder."""
        process = Process(name, *arguments, folder=self.folder, **options)
        self._running.append(process)
        return process

    @contextmanager
    def timed(self, step: str) -> Iterator[None]:
        """Note how long a step took, for the summary at the end."""
        start = time.monotonic()
        yield
        self.steps[step] = time.monotonic() - start

    def once(self, step: str, make: Callable[[], None]) -> None:
        """Do a step unless it was done."""
        if step not in self._done:
            with self.timed(step):
                make()
            self._done.add(step)

    def note(self, title: str, *lines: str) -> None:
        """Keep lines for the summary at the end of the run; a line that is there already stays once."""
        kept = self.notes.setdefault(title, [])
        kept.extend(line for line in lines if line not in kept)

    def end(self) -> None:
        """End every program, the latest first."""
        while self._running:
            self._running.pop().end()

    # ---- the control plane ----------------------------------------------------------------------

    def _start(self, etcd: Path | None) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.timed("etcd and kube-apiserver"):
            self._api_server(self._etcd(etcd))
        self._write_kubeconfig()

    def _etcd(self, kept: Path | None) -> str:
        data = self.folder / "etcd"
        if kept is not None:
            shutil.copytree(kept, data)
        client, peer = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
        process = self.run(
            "etcd",
            *("--unsafe-no-fsync", "--log-level=warn", "--quota-backend-bytes=4294967296"),
            *(f"--data-dir={data}", f"--listen-client-urls={client}", f"--advertise-client-urls={client}"),
            *(f"--listen-peer-urls={peer}", f"--initial-advertise-peer-urls={peer}"),
            f"--initial-cluster=default={peer}",
        )
        process.until(lambda: _answers(f"{client}/health"))
        return client

    def _api_server(self, etcd: str) -> None:
        key, tokens = self.folder / "account.key", self.folder / "tokens.csv"
        subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
        tokens.write_text(f'{self._token},lab,lab,"system:masters"\n')
        tokens.chmod(0o600)
        process = self.run(
            "kube-apiserver",
            *(
                f"--etcd-servers={etcd}",
                "--bind-address=127.0.0.1",
                f"--secure-port={self.url.rpartition(':')[2]}",
            ),
            *(f"--cert-dir={self.folder / 'certificates'}", f"--token-auth-file={tokens}"),
            *(f"--service-account-issuer={self.url}", f"--service-account-key-file={key}"),
            *(f"--service-account-signing-key-file={key}", "--service-cluster-ip-range=10.96.0.0/16"),
            *("--authorization-mode=RBAC", "--disable-admission-plugins=ServiceAccount"),
            *("--allow-privileged=true", "--enable-priority-and-fairness=false", "--profiling=false"),
            *("--max-requests-inflight=0", "--max-mutating-requests-inflight=0"),
        )
        process.until(lambda: self._certificate.is_file() and self._ready())

    @property
    def _certificate(self) -> Path:
        return self.folder / "certificates" / "apiserver.crt"

    def _ready(self) -> bool:
        self._write_kubeconfig()
        return _answers(f"{self.url}/readyz", self._certificate, self._token)

    def _write_kubeconfig(self) -> None:
        text = _KUBECONFIG.format(url=self.url, authority=self._certificate, token=self._token)
        self.kubeconfig.write_text(text)
        self.kubeconfig.chmod(0o600)

    # ---- controllers and nodes ------------------------------------------------------------------

    @property
    def has_controllers(self) -> bool:
        """Whether anything beside the API server writes into objects."""
        return len(self._running) > len(("etcd", "kube-apiserver"))

    def controllers(self) -> None:
        """Run the controllers, the scheduler and two nodes on which pods become ready."""
        self.once("controllers, scheduler and nodes", self._controllers)

    def _controllers(self) -> None:
        shared = (f"--kubeconfig={self.kubeconfig}", "--leader-elect=false", "--bind-address=127.0.0.1")
        key = self.folder / "account.key"
        for name, own in {
            "kube-controller-manager": (
                f"--service-account-private-key-file={key}",
                f"--root-ca-file={self._certificate}",
            ),
            "kube-scheduler": (),
        }.items():
            files = f"--cert-dir={self.folder / name}"
            self.run(name, *shared, files, f"--secure-port={free_port()}", *own)
        self.run(
            "kwok",
            *(f"--kubeconfig={self.kubeconfig}", f"--config={STAGES}", "--manage-all-nodes=true"),
            *("--node-lease-duration-seconds=40", f"--server-address=127.0.0.1:{free_port()}"),
            env={"HOME": str(self.folder)},
        )
        for number in (1, 2):
            self._require(_node(number))
        wait_for("both nodes are ready", lambda: sum(map(_is_ready, self.cluster.list("v1", "Node"))) == 2)

    # ---- custom resource definitions ------------------------------------------------------------

    def crds(self) -> int:
        """Load the catalogue of custom resource definitions and wait until all are served; their number."""
        files = crd_files()
        self.once(f"{len(files)} custom resource definitions", lambda: self.define(files))
        return len(files)

    def define(self, files: Sequence[Path]) -> None:
        """Load definitions, each a file named plural.group.yaml, and wait until all are served."""
        path = self.cluster.path("apiextensions.k8s.io/v1", "CustomResourceDefinition")
        assert path is not None
        with ThreadPoolExecutor(_THREADS) as threads:
            refused = [one for one in threads.map(lambda file: self._create(path, file), files) if one]
        assert not refused, refused
        names = {file.stem for file in files}
        wait_for("all definitions are served", lambda: names <= self._served(), 300)

    def _served(self) -> set[str]:
        """Every resource of the server's own list, written plural.group."""
        accept = {"Accept": "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"}
        answer = self._request("GET", "/apis", accept)
        return {
            f"{resource['resource']}.{group['metadata']['name']}"
            for group in json.loads(answer.data)["items"]
            for version in group["versions"]
            for resource in version.get("resources", ())
        }

    def _create(self, path: str, file: Path) -> str:
        """Post a file as it is: the server reads YAML faster than Python does."""
        answer = self._request("POST", path, {"Content-Type": "application/yaml"}, file.read_bytes())
        return "" if answer.status in {201, 409} else f"{file.name}: {answer.status} {answer.data[:400]!r}"

    def _request(self, method: str, path: str, head: Mapping[str, str], body: bytes | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self._token}", **head}
        pool = self.cluster.client.rest_client.pool_manager
        return pool.request(method, self.url + path, headers=headers, body=body, timeout=120)

    def _require(self, body: Mapping[str, Any]) -> None:
        answer = self.cluster.apply(body, manager="lab")
        assert isinstance(answer, Applied), answer


def crd_files() -> list[Path]:
    """One file for each definition of the catalogue that DHARMA_CRDS names; skips where there is none.

    The kinds of constraints are among them: Gatekeeper, which does not run here, makes them of templates.
    """
    folder = Path(os.environ.get("DHARMA_CRDS") or _ROOT.parent / "shared" / "upstream" / "crds")
    if not folder.is_dir():
        pytest.skip("no catalogue of custom resource definitions: set DHARMA_CRDS")
    first: dict[str, Path] = {}
    for path in sorted(folder.rglob("*.yaml")):
        first.setdefault(path.name, path)
    return [*first.values(), *_constraints()]


@cache
def _kept() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="dharma-constraints-")


@cache
def _constraints() -> tuple[Path, ...]:
    """The definitions of the kinds that rules are compiled to, as files; they go with the process."""
    files = []
    for rule in admitted(rules := load_rules(_ROOT / "policies" / "rego")):
        body = definition(rule)
        files.append(Path(_kept().name) / f"{body['metadata']['name']}.yaml")
        files[-1].write_bytes(emit(body))
    assert len(files) > len(rules.rules) // 2
    return tuple(files)


def _node(number: int) -> dict[str, Any]:
    room = {"cpu": "1000", "memory": "4Ti", "pods": "5000", "ephemeral-storage": "4Ti"}
    name = f"node-{number}"
    labels = {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "topology.kubernetes.io/zone": f"zone-{number}",
    }
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels, "annotations": {"kwok.x-k8s.io/node": "fake"}},
        "status": {"allocatable": room, "capacity": room},
    }


def _is_ready(node: Mapping[str, Any]) -> bool:
    conditions = node.get("status", {}).get("conditions") or ()
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def _answers(url: str, certificate: Path | None = None, token: str = "") -> bool:
    context = ssl.create_default_context(cafile=certificate) if certificate else None
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})  # noqa: S310 - loopback
    try:
        with urllib.request.urlopen(request, timeout=5, context=context) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except OSError:
        return False
