"""Cluster: a Kubernetes API server, and the few things Dharma asks of one.

Objects go in and come out as plain JSON-shaped dicts. Kinds become addresses through the server's
own discovery, so that custom resources need no code. Every request has a deadline.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from dharma import __version__
from dharma.errors import Problem, ToolError
from dharma.kubeconfig import access

if TYPE_CHECKING:
    from kubernetes.client.api_client import ApiClient

PAGE = 500
CONNECT_SECONDS, READ_SECONDS = 5.0, 60.0
APPLY = "application/apply-patch+yaml"

_GONE, _UNAUTHORIZED, _FORBIDDEN, _MISSING = 410, 401, 403, 404
_WARNING = re.compile(r'\b299 \S+ "((?:[^"\\]|\\.)*)"')
_PAUSE = 0.2

Object = dict[str, Any]


class ForbiddenError(ToolError):
    """The API server knows who asks and does not let them."""


@dataclass(frozen=True, slots=True)
class Resource:
    """Where objects of a kind live: their plural, and whether namespaces hold them."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool
    verbs: frozenset[str]


@dataclass(frozen=True, slots=True)
class Applied:
    """An object as the server stored it, or would store it, and what it warned of."""

    object: Object
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the server did not take an object: HTTP status, machine-readable reason, message."""

    status: int
    reason: str
    message: str

    def __str__(self) -> str:
        return f"{self.reason or self.status}: {self.message}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server answered to one request."""

    status: int
    body: Object
    warnings: tuple[str, ...] = ()

    @property
    def refusal(self) -> Refusal:
        """The answer as an error of the API machinery."""
        return Refusal(self.status, str(self.body.get("reason", "")), str(self.body.get("message", "")))


@dataclass(slots=True)
class Cluster:
    """A Kubernetes API server as kubeconfig names it; threads may share one.

    Raises ToolError when it cannot be reached or fails, ForbiddenError when it refuses to be read.
    """

    name: str
    client: ApiClient
    known: dict[str, dict[str, Resource]] = field(default_factory=dict)

    @classmethod
    def connect(cls, kubeconfig: Path | None = None, context: str | None = None) -> Cluster:
        """The server of a kubeconfig's context; nothing is sent yet, but exec plugins run."""
        from kubernetes.client.api_client import ApiClient

        way = access(kubeconfig, context)
        client = ApiClient(way.configuration)
        client.user_agent = f"dharma/{__version__}"
        return cls(way.name, client)

    def get(self, api_version: str, kind: str, name: str, namespace: str = "") -> Object | None:
        """One object; None where it, or its kind, does not exist."""
        path = self.path(api_version, kind, name, namespace)
        return self.read(path) if path else None

    def list(self, api_version: str, kind: str, namespace: str = "", *, labels: str = "") -> list[Object]:
        """All objects of a kind, of one namespace or all, in pages; none where the kind does not exist."""
        path = self.path(api_version, kind, "", namespace)
        for _ in range(3):
            found: Sequence[Object] | None = self._pages(path, labels) if path else []
            if found is not None:
                return [{"apiVersion": api_version, "kind": kind, **body} for body in found]
        raise ToolError([Problem(self.name, f"listing {kind} was cut short three times")])

    def apply(
        self,
        body: Mapping[str, Any],
        *,
        dry_run: bool = False,
        manager: str = "dharma",
        force: bool = True,
        strict: bool = False,
    ) -> Applied | Refusal:
        """Apply server-side; `strict` makes unknown and doubled fields an error, not a warning."""
        head = body["metadata"]
        path = self.path(body["apiVersion"], body["kind"], head["name"], head.get("namespace", ""))
        if path is None:
            kind = f"{body['apiVersion']} {body['kind']}"
            return Refusal(_MISSING, "NoKind", f"the server has no kind {kind}")
        query = {"fieldManager": manager, "force": str(force).lower()}
        query |= {"fieldValidation": "Strict"} if strict else {}
        query |= {"dryRun": "All"} if dry_run else {}
        answer = self.request("PATCH", path, query, body, APPLY)
        return Applied(answer.body, answer.warnings) if _good(answer) else answer.refusal

    def delete(self, api_version: str, kind: str, name: str, namespace: str = "", *, wait: float = 0) -> bool:
        """Delete an object with what it owns; whether it existed. ToolError if it outlives `wait` seconds."""
        path = self.path(api_version, kind, name, namespace)
        if path is None or self.read(path) is None:
            return False
        answer = self.request("DELETE", path, body={"propagationPolicy": "Background"})
        if answer.status != _MISSING and not _good(answer):
            raise self._failure(answer, f"delete {kind} {name}")
        until = time.monotonic() + wait
        while wait and self.read(path) is not None:
            if time.monotonic() > until:
                raise ToolError([Problem(self.name, f"{kind} {namespace}/{name} is not gone after {wait} s")])
            time.sleep(_PAUSE)
        return True

    def resource(self, api_version: str, kind: str) -> Resource | None:
        """Where the server keeps a kind, None where it has none; asked again until it has one."""
        found = self.known.get(api_version, {}).get(kind)
        if found is None:
            self.known[api_version] = self._discovered(api_version)
            found = self.known[api_version].get(kind)
        return found

    def kinds(self) -> Iterator[tuple[str, str]]:
        """Version and kind of everything that can be listed and changed, in its preferred version."""
        groups = (self.read("/apis") or {}).get("groups", ())
        for version in ("v1", *(group["preferredVersion"]["groupVersion"] for group in groups)):
            self.known[version] = self._discovered(version)
            for kind, found in self.known[version].items():
                if {"list", "patch"} <= found.verbs:
                    yield version, kind

    def path(self, api_version: str, kind: str, name: str = "", namespace: str = "") -> str | None:
        """The address of an object, or of all of a kind; what is in no namespace counts as in `default`."""
        found = self.resource(api_version, kind)
        if found is None:
            return None
        parts = [_root(api_version)]
        if found.namespaced and (name or namespace):
            parts += ["namespaces", quote(namespace or "default", safe="")]
        return "/".join([*parts, found.plural, *([quote(name, safe="")] if name else [])])

    def read(self, path: str, query: Mapping[str, str] | None = None) -> Object | None:
        """What a path of the server holds; None for 404."""
        answer = self.request("GET", path, query)
        if answer.status == _MISSING:
            return None
        if not _good(answer):
            raise self._failure(answer, f"read {path}")
        return answer.body

    def request(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        form: str = "application/json",
    ) -> Answer:
        """Any request; ToolError only where no answer came or who asks is not known."""
        from kubernetes.client.exceptions import ApiException
        from urllib3.exceptions import HTTPError

        head = {"Accept": "application/json", "Content-Type": form}
        sent = json.dumps(body) if form == APPLY else body
        method, url, head, sent, *_ = self.client.param_serialize(
            method, path, header_params=head, body=sent, auth_settings=["BearerToken"]
        )
        url += f"?{urlencode(query)}" if query else ""
        deadline = (CONNECT_SECONDS, READ_SECONDS)
        try:
            send: Any = self.client.rest_client.request
            raw = send(method, url, head, sent, _request_timeout=deadline)
            answer = Answer(raw.status, _json(raw.read()), _warnings(raw.headers.getlist("Warning")))
        except (HTTPError, ApiException, OSError) as error:
            raise ToolError([Problem(self.name, f"cannot be reached: {_plain(error)}")]) from None
        if answer.status == _UNAUTHORIZED:
            raise self._failure(answer, f"{method.lower()} {path}")
        return answer

    def _discovered(self, api_version: str) -> dict[str, Resource]:
        found = self.read(_root(api_version)) or {}
        return {
            row["kind"]: Resource(
                api_version, row["kind"], row["name"], row["namespaced"], frozenset(row.get("verbs", ()))
            )
            for row in found.get("resources", ())
            if "/" not in row["name"]
        }

    def _pages(self, path: str, labels: str) -> Sequence[Object] | None:
        """The items of all pages; None where the server forgot the list before its end."""
        found: list[Object] = []
        query = {"limit": str(PAGE)} | ({"labelSelector": labels} if labels else {})
        while True:
            answer = self.request("GET", path, query)
            if answer.status == _GONE and "continue" in query:
                return None
            if answer.status == _MISSING:
                return found
            if not _good(answer):
                raise self._failure(answer, f"list {path}")
            found += answer.body.get("items") or ()
            token = answer.body.get("metadata", {}).get("continue")
            if not token:
                return found
            query["continue"] = token

    def _failure(self, answer: Answer, doing: str) -> ToolError:
        refusal = answer.refusal
        what = f"did not {doing}: {refusal.status} {refusal.reason} {refusal.message}".rstrip()
        kind = ForbiddenError if answer.status == _FORBIDDEN else ToolError
        return kind([Problem(self.name, what)])


def _root(api_version: str) -> str:
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"


def _good(answer: Answer) -> bool:
    return 200 <= answer.status < 300  # noqa: PLR2004 - HTTP's range of success


def _json(data: bytes) -> Object:
    """A body as the API machinery writes it; anything else, such as a proxy's page, as its message."""
    try:
        value = json.loads(data)
    except ValueError:
        value = data.decode("utf-8", "replace")[:400].strip()
    return value if isinstance(value, dict) else {"message": value}


def _warnings(headers: Sequence[str]) -> tuple[str, ...]:
    texts = (text for header in headers for text in _WARNING.findall(header))
    return tuple(re.sub(r"\\(.)", r"\1", text) for text in texts)


def _plain(error: Exception) -> str:
    return " ".join(str(getattr(error, "reason", None) or error).split())
