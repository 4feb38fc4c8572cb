"""Runs stacks on Pulumi's mock engine and keeps every registration as it went over the wire."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime import mocks, rpc, set_mocks
from pulumi.runtime.config import set_all_config
from pulumi.runtime.settings import get_root_resource, set_root_resource

from dharma import environment
from dharma.delivery.pulumi import derived, stack_name
from dharma.environment import Fleet
from dharma.render import Rendered, render
from dharma.stacks.program import run
from dharma.target import Target

SECRETS = {
    "dharma:redisPassword": "redis-text",
    "dharma:repositoryPassword": "repository-text",
    "dharma:oidcClientSecret": "sign-in-text",
    "dharma:vaultSeal": '{"token": "seal-text"}',
}


@dataclass
class Made:
    """One registration."""

    urn: str
    type: str
    name: str
    inputs: dict[str, Any]
    after: list[str]
    protect: bool
    retain: bool
    provider: str
    parent: str

    @property
    def key(self) -> str:
        return f"{self.type.split(':')[-1]} {self.name}"


@dataclass
class Stage:
    """What a stack made, in the order in which the engine saw it."""

    made: list[Made] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    transforms: list[Any] = field(default_factory=list)

    def one(self, key: str) -> Made:
        (found,) = (made for made in self.made if made.key == key)
        return found

    def keys(self) -> list[str]:
        return [made.key for made in self.made]

    def of_type(self, suffix: str) -> list[Made]:
        return [made for made in self.made if made.type.endswith(suffix)]


class _Mocks(mocks.Mocks):
    def call(self, args: mocks.MockCallArgs) -> Any:  # noqa: ARG002 - the interface's
        return {}

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        return f"{args.name}-id", {}


class _Monitor(mocks.MockMonitor):
    def __init__(self, stage: Stage) -> None:
        super().__init__(_Mocks())
        self.stage = stage

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the name of the remote procedure
        answer = super().RegisterResource(request)
        if request.type != "pulumi:pulumi:Stack":
            self.stage.made.append(_made(answer.urn, request))
        return answer


def _made(urn: str, request: Any) -> Made:
    return Made(
        urn,
        request.type,
        request.name,
        rpc.deserialize_properties(request.object, keep_unknowns=True),
        list(request.dependencies),
        request.protect,
        request.retainOnDelete,
        request.provider,
        request.parent,
    )


Run = Callable[..., Stage]


@pytest.fixture(scope="session")
def fleet(repository) -> Fleet:
    return environment.load(repository)


@pytest.fixture(scope="session")
def rendered(repository) -> Callable[[Target], Rendered]:
    kept: dict[str, Rendered] = {}

    def of(target: Target) -> Rendered:
        if target.name not in kept:
            kept[target.name] = render(target, repository)
        return kept[target.name]

    return of


@pytest.fixture(scope="session")
def staged(repository, rendered) -> Run:
    """Run a target's program; `config` and `secrets` are added to what follows from the declarations."""

    def of(
        target: Target,
        *,
        config: dict[str, str] | None = None,
        secrets: dict[str, str] | None = None,
        root: Path = repository,
        declared: Rendered | None = None,
    ) -> Stage:
        stage = Stage()
        monitor = _Monitor(stage)
        set_root_resource(None)
        asyncio.set_event_loop(asyncio.new_event_loop())
        set_mocks(monitor.mocks, project="dharma", stack=stack_name(target), preview=False, monitor=monitor)
        hidden = SECRETS if secrets is None else secrets
        set_all_config({**derived(target), **(config or {}), **hidden}, list(hidden))

        @pulumi.runtime.test
        def program() -> None:
            run(root, target, declared or rendered(target))
            stage.outputs = dict(getattr(get_root_resource(), "outputs", {}))

        program()
        stage.transforms = monitor.get_registered_transforms()
        return stage

    return of


@pytest.fixture(scope="session")
def usual(staged) -> Callable[[Target], Stage]:
    """What a target's stack makes with every secret set; run once."""
    kept: dict[str, Stage] = {}

    def of(target: Target) -> Stage:
        if target.name not in kept:
            kept[target.name] = staged(target)
        return kept[target.name]

    return of
