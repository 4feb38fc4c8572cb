"""A platform of one target, small enough to read, for tests of components."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dharma.component import Delivery, Release
from dharma.environment import load
from dharma.manifest import Manifest
from dharma.render import render
from dharma.target import Target
from dharma_rego import emit

Json = dict[str, Any]

NETWORK = {
    "pods": "10.64.0.0/14",
    "services": "10.68.0.0/16",
    "nodes": "10.69.0.0/20",
    "apiServer": "10.69.0.10/32",
}
CLUSTER: Json = {
    "id": "prod-a",
    "provider": "onprem",
    "kubernetes": "1.34",
    "ring": 3,
    "kubeContext": "prod-a",
    "network": NETWORK,
    "pools": {"public": {"addresses": ["203.0.113.64/26"]}, "inside": {"addresses": ["10.70.0.0/24"]}},
    "zones": ["a", "b", "c"],
}
BASE: Json = {
    "description": "All.",
    "domain": "platform.example",
    "organisation": "dharma",
    "gitops": {"repository": "https://git.platform.example/p.git", "credentials": "git"},
    "identity": {
        "issuer": "https://id.platform.example",
        "clientId": "kubernetes",
        "adminGroup": "platform-admins",
    },
}
TENANTS: Json = {
    "shop": {
        "description": "Sells.",
        "costCentre": "cc-2000",
        "contact": {"email": "shop@platform.example"},
        "groups": {"admin": ["shop-admins"], "developer": ["shop-developers"]},
        "quota": {"cpu": "8", "memory": "16Gi", "storage": "100Gi", "pods": 50, "loadBalancers": 1},
        "budget": {"monthly": 100},
    },
    "data": {
        "description": "Learns.",
        "costCentre": "cc-1300",
        "contact": {"email": "data@platform.example"},
        "groups": {"admin": ["data-admins"], "viewer": ["auditors"]},
        "quota": {"cpu": "4", "memory": "8Gi", "storage": "50Gi", "pods": 20},
        "budget": {"monthly": 100},
        "podSecurity": "baseline",
    },
}
COMPONENTS: Json = {
    name: {} for name in ("tenancy", "prometheus-operator", "rollouts", "mesh", "services", "argocd")
}


def service(tenant: str, **fields: Any) -> Json:
    """A service that an autoscaler keeps between two and four replicas."""
    return {
        "tenant": tenant,
        "description": "Serves.",
        "image": {"repository": "registry.example/app", "tag": "1.2.3", "digest": "placeholder"},
        "ports": {"http": {"port": 8080}},
        "replicas": {"min": 2, "max": 4},
        "resources": {"cpu": "100m", "memory": "128Mi"},
        "data": {"classification": "internal"},
        "slo": {"availability": 99.9},
        **fields,
    }


SERVICES: Json = {
    "checkout": service("shop", calls=["model"]),
    "model": service("data", replicas={"min": 1, "max": 1}),
}


@dataclass(frozen=True)
class Found:
    """What a target was rendered to, by what a test asks for."""

    target: Target
    manifests: tuple[Manifest, ...]
    deliveries: Mapping[str, Delivery]

    def all(self, kind: str, component: str | None = None) -> list[Manifest]:
        wanted = [manifest for manifest in self.manifests if manifest.kind == kind]
        return [manifest for manifest in wanted if component in (None, manifest.component)]

    def one(self, kind: str, name: str, namespace: str | None = None) -> Json:
        found = [
            manifest
            for manifest in self.all(kind)
            if manifest.name == name and namespace in (None, manifest.namespace)
        ]
        assert len(found) == 1, f"{len(found)} {kind} {namespace}/{name}"
        return json.loads(json.dumps(found[0].body))

    def release(self, name: str) -> Release:
        return next(
            release
            for delivery in self.deliveries.values()
            for release in delivery.releases
            if release.name == name
        )

    def text(self, component: str | None = None) -> str:
        """Everything that a component declares, releases included, as one text."""
        bodies = [manifest.body for manifest in self.manifests if component in (None, manifest.component)]
        return "---\n".join(emit(body).decode() for body in bodies)


Small = Callable[..., Found]


@pytest.fixture
def small(tmp_path: Path) -> Small:
    """Render the small platform; each argument is laid over what it is by default."""

    def rendered(
        components: Json | None = None,
        *,
        without: tuple[str, ...] = (),
        tenants: Json | None = None,
        services: Json | None = None,
        settings: Json | None = None,
        **cluster: Any,
    ) -> Found:
        present = {name: value for name, value in COMPONENTS.items() if name not in without}
        base = {**BASE, **(settings or {}), "components": {**present, **(components or {})}}
        region = {"role": "primary", "location": "Here", "residency": "eu", "cluster": {**CLUSTER, **cluster}}
        folder = tmp_path / "environments"
        _write(folder / "base.yaml", base)
        _write(folder / "production.yaml", {"description": "Real.", "regions": {"region-a": region}})
        _write(folder / "tenants.yaml", {"tenants": TENANTS if tenants is None else tenants})
        for name, fields in (SERVICES if services is None else services).items():
            _write(folder / "services" / f"{name}.yaml", fields)
        (target,) = load(tmp_path).targets
        made = render(target, tmp_path)
        deliveries = {delivery.component: delivery for delivery in made.deliveries}
        return Found(target, made.manifests, deliveries)

    return rendered


def _write(path: Path, content: Json) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


@pytest.fixture
def conform(catalogue: Path, tmp_path: Path) -> Callable[[str], None]:
    """kubeconform's strict verdict on objects, with the catalogue and Kubernetes' own schemas."""
    program = shutil.which("kubeconform")
    if program is None:
        pytest.skip("kubeconform is not on PATH")
    native = max((catalogue / "kubernetes").iterdir())
    places = (
        f"{native}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json",
        f"{catalogue}/{{{{.Group}}}}/{{{{.ResourceKind}}}}_{{{{.ResourceAPIVersion}}}}.json",
    )
    where = [word for place in places for word in ("-schema-location", place)]

    def judged(text: str) -> None:
        file = tmp_path / "objects.yaml"
        file.write_text(text, encoding="utf-8")
        run = subprocess.run(
            [program, "-strict", *where, str(file)], capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, run.stdout + run.stderr

    return judged
