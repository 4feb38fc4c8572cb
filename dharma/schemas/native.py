"""The kinds Kubernetes itself serves, from the schemas the wheel `kubernetes-validate` carries."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from difflib import get_close_matches
from functools import cached_property
from importlib.metadata import version as installed_version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

from dharma.schemas.syntax import ANNOTATIONS, LABELS, QUANTITY

Schema: TypeAlias = dict[str, Any]

WHEEL = "kubernetes-validate"

_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"
_FOLDER = re.compile(r"v(\d+)\.(\d+)\.\d+-local-strict")
_VERSION = re.compile(r"v?(\d+)\.(\d+)(?:[.+-].*)?")

# The API server's own list is built into its code; the published schemas do not carry it.
_CLUSTER_SCOPED = {
    "": {"ComponentStatus", "Namespace", "Node", "PersistentVolume"},
    "admissionregistration.k8s.io": {
        "MutatingAdmissionPolicy",
        "MutatingAdmissionPolicyBinding",
        "MutatingWebhookConfiguration",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
    },
    "apiextensions.k8s.io": {"CustomResourceDefinition"},
    "apiregistration.k8s.io": {"APIService"},
    "authentication.k8s.io": {"SelfSubjectReview", "TokenReview"},
    "authorization.k8s.io": {"SelfSubjectAccessReview", "SelfSubjectRulesReview", "SubjectAccessReview"},
    "certificates.k8s.io": {"CertificateSigningRequest", "ClusterTrustBundle"},
    "flowcontrol.apiserver.k8s.io": {"FlowSchema", "PriorityLevelConfiguration"},
    "internal.apiserver.k8s.io": {"StorageVersion"},
    "networking.k8s.io": {"IPAddress", "IngressClass", "ServiceCIDR"},
    "node.k8s.io": {"RuntimeClass"},
    "rbac.authorization.k8s.io": {"ClusterRole", "ClusterRoleBinding"},
    "resource.k8s.io": {"DeviceClass", "DeviceTaintRule", "ResourcePoolStatusRequest", "ResourceSlice"},
    "scheduling.k8s.io": {"PriorityClass"},
    "storage.k8s.io": {"CSIDriver", "CSINode", "StorageClass", "VolumeAttachment", "VolumeAttributesClass"},
    "storagemigration.k8s.io": {"StorageVersionMigration"},
}


class UnknownKubernetesVersion(ValueError):  # noqa: N818 - a name users read in a message
    """No schemas are carried for this Kubernetes version; the message names the nearest that are."""


class Native:
    """The definitions of one Kubernetes version, loaded at the first use (about 20 ms)."""

    def __init__(self, version: str) -> None:
        self._folder = _folder(version)
        self.version = "{}.{}".format(*_numbers(_FOLDER, self._folder.name))

    def serves(self, group: str) -> bool:
        """Whether the API server itself, not a custom resource, owns the group."""
        return "." not in group or any(_group(api) == group for api, _ in self._names)

    def schema(self, api_version: str, kind: str) -> Schema | None:
        """A self-contained JSON Schema, or None for a kind this version does not serve."""
        name = self._names.get((api_version, kind))
        if name is None:
            return None
        needed = {part: self._definitions[part] for part in self._closure(name)}
        return {**needed[name], "$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": needed}

    def scope(self, api_version: str, kind: str) -> str | None:
        """`Namespaced` or `Cluster`, None for a kind this version does not serve."""
        if (api_version, kind) not in self._names:
            return None
        return "Cluster" if kind in _CLUSTER_SCOPED.get(_group(api_version), ()) else "Namespaced"

    def nearest(self, api_version: str, kind: str) -> str:
        """Where the kind is served instead, or a kind of a similar name, as the end of a message."""
        elsewhere = [api for api, other in self._names if other == kind]
        if elsewhere:
            return f"; it is served as {', '.join(sorted(elsewhere))}"
        kinds = [other for api, other in self._names if api == api_version]
        close = get_close_matches(kind, kinds, n=1)
        return f"; did you mean {close[0]}?" if close else ""

    @cached_property
    def _definitions(self) -> dict[str, Schema]:
        definitions: dict[str, Schema] = json.loads((self._folder / "_definitions.json").read_bytes())[
            "$defs"
        ]
        metadata = definitions[_META]
        properties = {**metadata["properties"], "labels": LABELS, "annotations": ANNOTATIONS}
        return {**definitions, _META: {**metadata, "properties": properties}, _QUANTITY: QUANTITY}

    @cached_property
    def _names(self) -> dict[tuple[str, str], str]:
        return {
            (f"{served['group']}/{served['version']}".removeprefix("/"), served["kind"]): name
            for name, definition in self._definitions.items()
            for served in definition.get("x-kubernetes-group-version-kind", ())
        }

    def _closure(self, name: str) -> set[str]:
        seen: set[str] = set()
        waiting = [name]
        while waiting:
            part = waiting.pop()
            if part not in seen:
                seen.add(part)
                waiting.extend(_references(self._definitions[part]))
        return seen


def newest() -> str:
    """The newest Kubernetes release whose schemas are carried, such as 1.34."""
    carried = (_numbers(_FOLDER, path.name) for path in _wheel().iterdir())
    return "{}.{}".format(*max(carried))


def identity() -> str:
    """The wheel and its version."""
    return f"{WHEEL} {installed_version(WHEEL)}"


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        reference = schema.get("$ref")
        if isinstance(reference, str):
            yield reference.rpartition("/")[2]
        for value in schema.values():
            yield from _references(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _references(value)


def _folder(version: str) -> Path:
    carried = {_numbers(_FOLDER, path.name): path for path in _wheel().iterdir() if _FOLDER.match(path.name)}
    wanted = _VERSION.fullmatch(version.strip())
    if wanted is None:
        raise UnknownKubernetesVersion(f"{version!r} is no Kubernetes version; write it like 1.34")
    numbers = (int(wanted[1]), int(wanted[2]))
    if numbers not in carried:
        distances = sorted(
            carried, key=lambda known: (abs(known[0] - numbers[0]), abs(known[1] - numbers[1]))
        )
        near = ", ".join(f"{major}.{minor}" for major, minor in sorted(distances[:2]))
        raise UnknownKubernetesVersion(
            f"{identity()} has no schemas of Kubernetes {numbers[0]}.{numbers[1]}; the nearest are {near}"
        )
    return carried[numbers]


def _wheel() -> Path:
    # find_spec does not run the package, whose import takes longer than reading its data.
    spec = find_spec("kubernetes_validate")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{WHEEL} is not installed")
    return Path(spec.origin).with_name("kubernetes-json-schema")


def _numbers(pattern: re.Pattern[str], text: str) -> tuple[int, int]:
    found = pattern.match(text)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _group(api_version: str) -> str:
    return api_version.rpartition("/")[0]
