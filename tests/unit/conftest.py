"""Fixtures of small platform repositories and of the command line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dharma.cli import main
from dharma.errors import DeclarationError

if TYPE_CHECKING:
    from dharma.environment import Fleet
    from dharma.target import Target

BASE = """\
domain: platform.example
organisation: dharma
gitops: {repository: https://git.example/platform.git, credentials: repository-credentials}
identity: {issuer: https://id.example, clientId: kubernetes, adminGroup: platform-admins}
components: {}
regions:
  region-a: {role: primary, location: Frankfurt, residency: eu}
serviceDefaults:
  replicas: {min: 2, max: 4}
"""
PRODUCTION = """\
description: What customers use.
regions:
  region-a:
    cluster:
      id: prod-a
      provider: eks
      kubernetes: "1.34"
      ring: 3
      kubeContext: prod-a
      network: {pods: 10.0.0.0/16, services: 10.1.0.0/16, nodes: 10.2.0.0/20, apiServer: 10.2.0.1/32}
      zones: [a1, a2, a3]
"""
TENANTS = """\
tenants:
  shop:
    description: The shop.
    costCentre: cc-100
    contact: {email: shop@platform.example}
    groups: {admin: [shop-admins]}
    quota: {cpu: "20", memory: 40Gi, storage: 100Gi, pods: 100}
    budget: {monthly: 1000}
"""
CHECKOUT = """\
tenant: shop
description: Takes orders.
image: {repository: registry.example/shop/checkout, tag: 1.0.0, digest: placeholder}
ports: {http: {port: 8080}}
resources: {cpu: 100m, memory: 128Mi}
data: {classification: internal}
slo: {availability: 99.9}
"""


@dataclass(frozen=True)
class Repository:
    """A platform repository under construction; files are named from environments/."""

    root: Path

    def write(self, name: str, text: str) -> Repository:
        path = self.root / "environments" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return self

    def append(self, name: str, text: str) -> Repository:
        return self.write(name, self.text(name) + text)

    def swap(self, name: str, old: str, new: str) -> Repository:
        text = self.text(name)
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
        return self.write(name, text.replace(old, new))

    def text(self, name: str) -> str:
        return (self.root / "environments" / name).read_text()

    def load(self) -> Fleet:
        from dharma import environment

        return environment.load(self.root)

    def target(self, name: str) -> Target:
        (found,) = self.load().select([name])
        return found

    def problems(self) -> list[str]:
        with pytest.raises(DeclarationError) as caught:
            self.load()
        return [str(problem) for problem in caught.value.problems]


@pytest.fixture
def small(tmp_path: Path) -> Repository:
    """One tenant and one service in production/region-a, without components."""
    repository = Repository(tmp_path)
    files = {"base": BASE, "production": PRODUCTION, "tenants": TENANTS, "services/checkout": CHECKOUT}
    for name, text in files.items():
        repository.write(f"{name}.yaml", text)
    return repository


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str


@pytest.fixture
def dharma(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Run `dharma` with arguments in this process."""

    def run(*arguments: object) -> Ran:
        with pytest.raises(SystemExit) as stop:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Ran(int(stop.value.code or 0), captured.out, captured.err)

    return run
