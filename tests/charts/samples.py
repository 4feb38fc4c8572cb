"""Small charts of our own, archives made by hand, and a platform whose component installs one."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import socket
import subprocess
import tarfile
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dharma.charts.helm import program
from dharma.charts.lock import Entry, Lock, write
from dharma.charts.reference import Reference
from dharma.charts.store import put
from dharma.errors import ToolError

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}, labels: {app: lamp}}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: lamp}}
  template:
    metadata: {labels: {app: lamp}}
    spec:
      containers:
      - name: lamp
        image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
"""
DEFINITION = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: bulbs.lamp.example}
spec:
  group: lamp.example
  scope: Namespaced
  names: {kind: Bulb, plural: bulbs, singular: bulb}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties: {watts: {type: integer}, colour: {type: string}}
"""
HOOK = """\
apiVersion: batch/v1
kind: Job
metadata:
  name: prepare
  annotations: {helm.sh/hook: "pre-install,pre-upgrade", helm.sh/hook-weight: "-2"}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: prepare, image: "quay.io/lamp/prepare:1"}]
"""
SCHEMA = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "properties": {"replicas": {"type": "integer", "minimum": 1}, "image": {"type": "object"}},
}
LAMP: dict[str, str] = {
    "values.yaml": "replicas: 2\nimage: {repository: lamp/lamp, tag: '1.0'}\nold: {shade: green}\n",
    "values.schema.json": json.dumps(SCHEMA),
    "templates/deployment.yaml": DEPLOYMENT,
    "templates/hook.yaml": HOOK,
    "crds/bulbs.yaml": DEFINITION,
}
Files = Mapping[str, str]
Pack = Callable[..., bytes]


def has(name: str) -> Path:
    """A program, or a loud skip."""
    try:
        return program(name)
    except ToolError:
        pytest.skip(f"{name} is not installed: charts are not tried")


def tarred(*entries: tuple[str, Any], head: str = "name: lamp\nversion: 1.0.0\n") -> bytes:
    """An archive made by hand: names with bytes, or with a function that bends the entry."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for path, content in (("lamp/Chart.yaml", head.encode()), *entries):
            entry = tarfile.TarInfo(path)
            if callable(content):
                content(entry)
                archive.addfile(entry)
            else:
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
    return gzip.compress(out.getvalue())


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@dataclass(frozen=True)
class Served:
    """An HTTP repository: its address, and what is put into its folder."""

    folder: Path
    url: str

    def add(self, data: bytes, name: str = "lamp", version: str = "1.0.0") -> Reference:
        (self.folder / f"{name}-{version}.tgz").write_bytes(data)
        command = [has("helm"), "repo", "index", self.folder, "--url", self.url]
        subprocess.run(command, check=True, capture_output=True)
        return Reference(self.url, name, version)

    def listed(self, data: bytes, name: str = "lamp", version: str = "1.0.0") -> Reference:
        """Add bytes that `helm repo index` would not take for a chart."""
        (self.folder / f"{name}-{version}.tgz").write_bytes(data)
        entry = {"apiVersion": "v2", "name": name, "version": version, "urls": [f"{name}-{version}.tgz"]}
        index = {"apiVersion": "v1", "entries": {name: [entry]}}
        (self.folder / "index.yaml").write_text(json.dumps(index))
        return Reference(self.url, name, version)


def answering(url: str) -> None:
    for _ in range(100):
        with contextlib.suppress(OSError), urllib.request.urlopen(url):  # noqa: S310 - loopback
            return
        time.sleep(0.05)
    raise AssertionError(f"{url} does not answer")


OPTIONS = """\
from dharma.options import Options, PlatformNamespace
from dharma.values import Text

class LampOptions(Options):
    chart = "dharma_local_components.lamp.chart:Lamp"
    requires = ("tenancy",)
    brings = ("lamp.example",)

    version: Text = "1.0.0"
    repository: Text = "https://charts.example"
    replicas: int = 2

    def namespaces(self):
        return (PlatformNamespace("light"),)
"""
CHART = """\
from dharma.component import Component

class Lamp(Component):
    name = "lamp"

    def declare(self):
        self.release(
            "lamp",
            repository=self.options.repository,
            chart="lamp",
            version=self.options.version,
            namespace="light",
            values={"replicas": self.options.replicas, "old": {"shade": "red"}},
            random=RANDOM,
        )
        self.object("lamp.example/v1", "Bulb", "desk", namespace="light", spec={"watts": 5})
"""
BASE: dict[str, Any] = {
    "description": "All.",
    "domain": "platform.example",
    "organisation": "dharma",
    "gitops": {"repository": "https://git.platform.example/p.git", "credentials": "git"},
    "identity": {"issuer": "https://id.example", "clientId": "kubernetes", "adminGroup": "admins"},
    "components": {"tenancy": {}, "lamp": {}, "argocd": {}},
    "regions": {"region-a": {"role": "primary", "location": "Here", "residency": "eu"}},
}
PRODUCTION: dict[str, Any] = {
    "description": "What customers use.",
    "regions": {
        "region-a": {
            "cluster": {
                "id": "prod-a",
                "provider": "eks",
                "kubernetes": "1.34",
                "ring": 3,
                "kubeContext": "prod-a",
                "network": {
                    "pods": "10.0.0.0/16",
                    "services": "10.1.0.0/16",
                    "nodes": "10.2.0.0/20",
                    "apiServer": "10.2.0.1/32",
                },
                "zones": ["a1", "a2", "a3"],
            }
        }
    },
}
ARGO_CD = Reference("https://argoproj.github.io/argo-helm", "argo-cd", "10.1.1")
ROLE = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: argo}\nrules: []\n"


@dataclass(frozen=True)
class Platform:
    """A platform repository with a component whose chart is our own."""

    root: Path
    pack: Pack

    def settings(self, **fields: Any) -> None:
        base = BASE | fields
        (self.root / "environments" / "base.yaml").write_text(json.dumps(base, indent=1))

    def lock(self, *charts: tuple[Reference, bytes]) -> None:
        """Hold archives and lock them, Argo CD's among them."""
        from dharma.charts.helm import helm

        argo = self.pack("argo-cd", "10.1.1", {"templates/role.yaml": ROLE})
        entries = [Entry(one, put(data), "1") for one, data in ((ARGO_CD, argo), *charts)]
        write(self.root, Lock(helm().version, {entry.reference: entry for entry in entries}))


LAMP_REFERENCE = Reference("https://charts.example", "lamp", "1.0.0")
