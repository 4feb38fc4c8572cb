"""OPA as the referee: a real server answers the same questions as the embedded engine.

Documents of a rule are asked in one request, through a generated policy that evaluates the rule
`with input as` each of them. One that fails makes OPA give no answer at all, so the documents are then
asked one by one. Built-in errors are strict: `strict-builtin-errors` is a parameter of every query.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

from opa_client import OpaClient
from opa_client.errors import RegoParseError
from requests import HTTPError

from dharma.errors import DharmaError, InputError, Problem, ToolError
from dharma.policy.engine import Answer, Documents, Failure
from dharma.policy.rule import Rule, RuleSet

_STRICT = {"strict-builtin-errors": "true"}
_SECONDS = 120.0
_REFEREE, _DOCUMENTS = "dharma_referee", "dharma_documents"


def find_opa() -> Path | None:
    """The `opa` on PATH, or the one in Dharma's cache."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dharma" / "bin"
    found = shutil.which("opa") or shutil.which("opa", path=str(cache))
    return Path(found) if found else None


class Opa:
    """Asks an OPA server at `url`, which must hold nothing else; raises ToolError when it fails.

    Without a URL one is started on a free loopback port and stopped by `close` or at the end of `with`.
    """

    name = "opa"

    def __init__(
        self,
        rules: RuleSet,
        data: Mapping[str, Any] | None = None,
        *,
        url: str = "",
        tests: Mapping[str, str] | None = None,
    ) -> None:
        self._server: Server | None = None
        self._held: Documents | None = None
        self._names = {rule.id: f"rule_{number}" for number, rule in enumerate(rules.rules)}
        policies = {**dict(rules.sources()), **(tests or {}), "referee.rego": self._referee(rules)}
        if url:
            self._client = _client(url)
            with _answering():
                _put(self._client, policies, data or {})
        else:
            self._server = Server(policies, data or {})
            self._client = self._server.client

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection, and stop the server if it was started here."""
        with suppress(Exception):
            self._client.close_connection()
        if self._server is not None:
            self._server.stop()

    def evaluate(self, rule: Rule, documents: Documents) -> list[Answer]:
        """One answer a document, in their order."""
        if self._held is not documents:
            parsed = [json.loads(text) for text in documents.texts]
            with _answering():
                self._client.update_or_create_data({"all": parsed}, _DOCUMENTS)
            self._held = documents
        found = self._ask(_REFEREE, self._names[rule.id])
        if not isinstance(found, dict):
            return [self._one(rule, text) for text in documents.texts]
        return [_answer(found.get(str(number))) for number in range(len(documents))]

    def value(self, path: str) -> Any:
        """What data.<package>.<rule> is; None where it is undefined, a Failure where it fails."""
        package, _, name = path.removeprefix("data.").rpartition(".")
        return self._ask(package, name)

    def _one(self, rule: Rule, text: str) -> Answer:
        return _answer(self._ask(rule.package, rule.metadata.severity, json.loads(text)))

    def _ask(self, package: str, name: str, document: Any = None) -> Any:
        with _answering():
            try:
                found = self._client.query_rule(document, package, name, query_params=_STRICT)
            except HTTPError as error:
                return _failure(error)
            return found.get("result")

    def _referee(self, rules: RuleSet) -> str:
        asked = "\n\n".join(
            f"{self._names[rule.id]}[index] := said if {{\n"
            f"\tsome index, document in data.{_DOCUMENTS}.all\n"
            f"\tsaid := data.{rule.package}.{rule.metadata.severity} with input as document\n}}"
            for rule in rules.rules
        )
        return f"package {_REFEREE}\n\n{asked}\n"


@contextmanager
def _answering() -> Iterator[None]:
    """Whatever the client makes of a server that is gone, hangs or is no OPA is the failure of a tool."""
    try:
        yield
    except DharmaError:
        raise
    except Exception as error:  # noqa: BLE001 - the client raises what its parsing happens to meet
        what = f"does not answer as OPA does: {type(error).__name__}: {str(error)[:300]}"
        raise ToolError([Problem("opa", what, "See that OPA runs, and that --opa names it.")]) from None


@dataclass(frozen=True, slots=True)
class OpaAt:
    """Makes engines that ask the OPA server at `url`; with no URL each starts its own."""

    url: str = ""
    name: ClassVar[str] = "opa"

    def __call__(self, rules: RuleSet, data: Mapping[str, Any]) -> Opa:
        """The engine, its server holding rules and data."""
        return Opa(rules, data, url=self.url)


class Server:
    """An OPA process of our own on the loopback address, with policies and data from files."""

    def __init__(self, policies: Mapping[str, str], data: Mapping[str, Any]) -> None:
        program = find_opa()
        if program is None:
            raise ToolError([Problem("opa", "is not installed", "Put `opa` on PATH.")])
        self._folder = tempfile.TemporaryDirectory(prefix="dharma-opa-")
        place = Path(self._folder.name)
        _write(place / "loaded", policies, data)
        port = _free_port()
        self._log = place / "log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [program, *_OPTIONS, "--addr", f"127.0.0.1:{port}", "."],
                cwd=place / "loaded",
                stdout=log,
                stderr=log,
            )
        self.client = _client(f"http://127.0.0.1:{port}")
        self._wait()

    def stop(self) -> None:
        """End the process; harmless when it has ended."""
        self._process.kill()
        self._process.wait()
        self._folder.cleanup()

    def _wait(self) -> None:
        deadline = time.monotonic() + _SECONDS
        while not self.client.check_health():
            if self._process.poll() is not None or time.monotonic() > deadline:
                said = self._log.read_text(encoding="utf-8", errors="replace")
                self.stop()
                raise ToolError([Problem("opa", f"does not start: {said[-2000:]}")])
            time.sleep(0.02)


_OPTIONS = (
    "run",
    "--server",
    "--skip-version-check",
    "--log-level=error",
    "--optimize-store-for-read-speed",
)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _client(url: str) -> OpaClient:
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 8181)
    return OpaClient(parts.hostname or "127.0.0.1", port, ssl=secure, retries=0, timeout=_SECONDS)


def _write(folder: Path, policies: Mapping[str, str], data: Mapping[str, Any]) -> None:
    folder.mkdir()
    for name, text in policies.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / "data.json").write_text(json.dumps(data), encoding="utf-8")


def _put(client: OpaClient, policies: Mapping[str, str], data: Mapping[str, Any]) -> None:
    """Upload; a policy that needs one that comes later is refused and tried again after it."""
    for name, value in data.items():
        client.update_or_create_data(value, name)
    left = dict(policies)
    while left:
        refused = {name: why for name, text in left.items() if (why := _refusal(client, name, text))}
        if len(refused) == len(left):
            raise InputError(Problem(name, f"OPA refuses it: {why}") for name, why in refused.items())
        left = {name: left[name] for name in refused}


def _refusal(client: OpaClient, name: str, text: str) -> str:
    try:
        client.update_policy_from_string(text, name, rego_compat=False)
    except RegoParseError as error:
        return str(error)
    return ""


def _failure(error: HTTPError) -> Failure:
    """OPA's own words; `eval_builtin_error` and its like become the kinds of the embedded engine."""
    try:
        said = error.response.json() if error.response is not None else {}
    except ValueError:
        raise ToolError([Problem("opa", f"answers {error}")]) from None
    first = (said.get("errors") or [said])[0]
    place = first.get("location") or {}
    kind = "builtin" if first.get("code") == "eval_builtin_error" else "runtime"
    return Failure(kind, str(first.get("message", "")), str(place.get("file", "")), int(place.get("row", 0)))


def _answer(found: Any) -> Answer:
    if isinstance(found, Failure):
        return found
    if found is None:
        return Failure("undefined", "the rule has no value")
    if isinstance(found, list) and all(isinstance(one, dict) and "message" in one for one in found):
        return tuple(found)
    return Failure("shape", "the rule does not say a set of findings with a message")
