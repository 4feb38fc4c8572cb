"""A provider named `kubernetes` for tests: it applies objects to a real API server through Dharma's client.

Pulumi attaches to it by PULUMI_DEBUG_PROVIDERS=kubernetes:PORT, so that no plugin is installed. Started as
`python pulumi_provider.py FOLDER`, it prints its port. Of a chart it makes what FOLDER/<chart>.json lists.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pulumi
from google.protobuf import empty_pb2
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from pulumi.provider import ConstructResult, Provider
from pulumi.provider.server import ProviderServicer
from pulumi.runtime import proto, rpc
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from dharma.cluster import Applied, Cluster
from dharma.stacks.cluster import Object

CHART, GROUP = "kubernetes:helm.sh/v4:Chart", "kubernetes:yaml/v2:ConfigGroup"
_SERVED = 20.0
"""Seconds within which a new definition is served."""


class _Several(pulumi.ComponentResource):
    """A remote component: its children are resources like any other."""

    def __init__(self, type_: str, name: str, bodies: list[Any], opts: pulumi.ResourceOptions) -> None:
        super().__init__(type_, name, {}, opts)
        for body in bodies:
            child = f"{name}:{body['kind']}/{body['metadata']['name']}"
            Object(child, body, pulumi.ResourceOptions(parent=self))


class _Charts(Provider):
    """Constructs charts and groups of objects."""

    def __init__(self, folder: Path) -> None:
        super().__init__("4.34.2")
        self.folder = folder

    def construct(
        self, name: str, resource_type: str, inputs: Any, options: pulumi.ResourceOptions | None = None
    ) -> ConstructResult:
        if resource_type == CHART:
            bodies = json.loads((self.folder / f"{inputs['chart']}.json").read_text())
        else:
            bodies = list(inputs["objs"])
        made = _Several(resource_type, name, bodies, options or pulumi.ResourceOptions())
        return ConstructResult(made.urn, {})


class Kubernetes(ProviderServicer):
    """The remote procedures of a provider, on protobuf values."""

    def __init__(self, provider: Provider) -> None:
        super().__init__(provider, [], engine_address="")
        self.cluster: Cluster | None = None

    async def Attach(self, request: Any, context: Any) -> Any:  # noqa: N802
        del context
        self.engine_address = request.address
        return empty_pb2.Empty()

    async def CheckConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        del context
        return proto.CheckResponse(inputs=request.news)

    async def DiffConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        return await self.Diff(request, context)

    async def Configure(self, request: Any, context: Any) -> Any:  # noqa: N802
        del context
        said = MessageToDict(request.args)
        self.cluster = Cluster.connect(Path(os.environ["KUBECONFIG"]), said.get("context"))
        return proto.ConfigureResponse(acceptSecrets=True, supportsPreview=True, acceptResources=True)

    async def Check(self, request: Any, context: Any) -> Any:  # noqa: N802
        del context
        return proto.CheckResponse(inputs=request.news)

    async def Diff(self, request: Any, context: Any) -> Any:  # noqa: N802
        del context
        same = MessageToDict(request.old_inputs) == MessageToDict(request.news)
        kinds = provider_pb2.DiffResponse
        return kinds(changes=kinds.DIFF_NONE if same else kinds.DIFF_SOME)

    async def Create(self, request: Any, context: Any) -> Any:  # noqa: N802
        if request.preview:
            return proto.CreateResponse(properties=request.properties)
        body = _body(request.properties)
        await self._apply(body, context)
        return proto.CreateResponse(id=_id(body), properties=request.properties)

    async def Update(self, request: Any, context: Any) -> Any:  # noqa: N802
        if not request.preview:
            await self._apply(_body(request.news), context)
        return proto.UpdateResponse(properties=request.news)

    async def Delete(self, request: Any, context: Any) -> Any:  # noqa: N802
        del context
        body = _body(request.properties)
        head = body["metadata"]
        assert self.cluster is not None
        self.cluster.delete(body["apiVersion"], body["kind"], head["name"], head.get("namespace", ""))
        return empty_pb2.Empty()

    async def Read(self, request: Any, context: Any) -> Any:  # noqa: N802
        del context
        return proto.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)

    async def _apply(self, body: Mapping[str, Any], context: Any) -> None:
        assert self.cluster is not None
        until = time.monotonic() + _SERVED
        answer = await asyncio.to_thread(self.cluster.apply, body, manager="pulumi-kubernetes")
        while not isinstance(answer, Applied) and answer.reason == "NoKind" and time.monotonic() < until:
            await asyncio.sleep(0.3)
            answer = await asyncio.to_thread(self.cluster.apply, body, manager="pulumi-kubernetes")
        if not isinstance(answer, Applied):
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"{_id(body)}: {answer}")


def _body(properties: Struct) -> dict[str, Any]:
    """The object that properties are."""
    body = _plain(MessageToDict(properties))
    assert isinstance(body, dict)
    return {key: value for key, value in body.items() if not key.startswith("__")}


def _plain(value: Any) -> Any:
    """Secrets in clear, and whole numbers as such: they travel as floating-point ones."""
    if isinstance(value, dict):
        if rpc._special_sig_key in value:
            return _plain(value["value"])
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _id(body: Mapping[str, Any]) -> str:
    head = body["metadata"]
    return "/".join(part for part in (head.get("namespace"), head.get("name", "unnamed")) if part)


async def _serve(folder: Path) -> None:
    logging.getLogger("asyncio").propagate = False  # it tells of registrations that were denied on purpose
    server = grpc.aio.server()
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Kubernetes(_Charts(folder)), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1])))
