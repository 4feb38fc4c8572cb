"""Transform: the gate's object rules on each Kubernetes resource before Pulumi registers it.

Pulumi calls a stack's transforms for every resource, children of remote components included. A denied
resource is never registered: its findings are printed as an error, the transform raises, and Pulumi stops.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pulumi
from pulumi.runtime.rpc import is_rpc_secret, unwrap_rpc_secret

from dharma.delivery.resource import UNKNOWN, Hidden, Resource
from dharma.delivery.verdict import Assessor, Verdict
from dharma.policy.finding import Finding
from dharma.report.terminal import where

_RELEASE = "kubernetes:helm.sh/v3:Release"
_OBJECTS_INSIDE = ("kubernetes:helm.sh/", "kubernetes:kustomize", "kubernetes:yaml")
"""Resources that are no Kubernetes objects themselves."""


class Denied(Exception):  # noqa: N818 - it is read by people as part of Pulumi's message
    """A resource that rules deny; Pulumi prints its text and, where it finds one, its traceback."""

    __traceback__ = None  # the text says all; where Dharma raised it does not help


class Transform:
    """Judges resources; a callable for `pulumi.runtime.register_resource_transform`."""

    def __init__(self, assessor: Assessor) -> None:
        self.assessor = assessor

    async def __call__(self, args: pulumi.ResourceTransformArgs) -> None:
        """Let a resource pass unchanged, or raise Denied; what is told becomes warnings."""
        if args.type_ == _RELEASE:
            pulumi.log.warn(f"{args.name}: Helm renders this release; its objects are not held against rules")
        if not (args.custom and concerned(args.type_)):
            return
        preview = pulumi.runtime.is_dry_run()
        for resource in objects(args.name, args.type_, await marked(args.props)):
            verdict = self.assessor.assess(resource, preview=preview)
            for line in warnings(args.name, verdict):
                pulumi.log.warn(line)
            if verdict.denied:
                pulumi.log.error(denial(args.name, verdict))
                raise Denied(f"{args.name} is denied; the findings are told above")


def register(assessor: Assessor) -> None:
    """Hold every resource that the running program makes from here on against the rules."""
    pulumi.runtime.register_resource_transform(Transform(assessor))


def concerned(type_: str) -> bool:
    """Whether a type of resource is a Kubernetes object, and not what makes several of them."""
    return type_.startswith("kubernetes:") and not type_.startswith(_OBJECTS_INSIDE)


def objects(name: str, type_: str, body: Any) -> Iterator[Resource]:
    """The Kubernetes objects of a resource: itself, or the items of a list; raises Denied for neither."""
    if not isinstance(body, Mapping) or not all(
        isinstance(body.get(key), str) for key in ("apiVersion", "kind")
    ):
        raise Denied(f"{name}: a {type_} without apiVersion and kind cannot be held against rules")
    items = body.get("items")
    if not body["kind"].endswith("List") or not isinstance(items, list):
        yield Resource(name, body)
        return
    kind = {"apiVersion": body["apiVersion"], "kind": body["kind"].removesuffix("List")}
    for number, item in enumerate(items):
        yield from objects(f"{name}[{number}]", type_, kind | item if isinstance(item, dict) else item)


async def marked(value: Any) -> Any:
    """A property as Pulumi hands it over, with what is unknown or secret marked."""
    resolved = {id(output): await _resolved(output) for output in _outputs(value)}
    return _marked(value, resolved)


def _marked(value: Any, resolved: Mapping[int, Any]) -> Any:
    if isinstance(value, pulumi.Output):
        return resolved[id(value)]
    if isinstance(value, pulumi.output.Unknown):
        return UNKNOWN
    if is_rpc_secret(value):
        return Hidden(_marked(unwrap_rpc_secret(value), resolved))
    if isinstance(value, Mapping):
        return {key: _marked(item, resolved) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_marked(item, resolved) for item in value]
    return value


def _outputs(value: Any) -> Iterator[pulumi.Output[Any]]:
    if isinstance(value, pulumi.Output):
        yield value
    elif isinstance(value, Mapping | list | tuple):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _outputs(item)


async def _resolved(output: pulumi.Output[Any]) -> Any:
    known, secret = await asyncio.gather(output.is_known(), output.is_secret())
    value = await marked(await output.future(with_unknowns=True)) if known else UNKNOWN
    return Hidden(value) if secret else value


def denial(name: str, verdict: Verdict) -> str:
    """Why a resource is denied, and how that is mended."""
    return "\n".join([f"{name} is denied by {len(verdict.denied)} findings:", *told_of(verdict.denied)])


def warnings(name: str, verdict: Verdict) -> Iterator[str]:
    """What is told of a resource, one message a kind."""
    if verdict.told:
        yield "\n".join([f"{name}:", *told_of(verdict.told)])
    if verdict.unknown:
        yield undecided_of(name, verdict)


def undecided_of(name: str, verdict: Verdict) -> str:
    """Which fields a preview does not know, and what may be denied once they are."""
    fields = ", ".join(".".join(path) for path in verdict.unknown)
    head = f"{name}: undecided until `pulumi up` knows {fields}"
    return "\n".join([head, *told_of(verdict.undecided)])


def told_of(findings: Iterable[Finding]) -> Iterator[str]:
    """Findings line by line, the remedy once a rule."""
    for rule, several in itertools.groupby(findings, key=lambda finding: finding.rule):
        same = list(several)
        yield from (f"  {one.level} {rule} {where(one)}: {one.message}{_cause(one)}" for one in same)
        if same[0].remedy:
            yield f"      {same[0].remedy}"


def _cause(finding: Finding) -> str:
    causes = ", ".join(map(str, finding.origins[:3]))
    return f" (from {causes})" if causes else ""
