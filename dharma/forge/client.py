"""A small client of a forge's REST API: JSON in and out, pages, bounded retries, a token never shown."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from dharma.errors import InputError, Problem, ToolError

ATTEMPTS = 4
LONGEST_WAIT = 60.0
"""Seconds that an answer may ask us to wait, at most."""

_CONNECT, _READ = 10.0, 30.0
_MOST_PAGES = 100
_MOST_BYTES = 16 << 20
_FORBIDDEN, _TOO_MANY, _SERVER = 403, 429, 500
_LOCAL = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API said; `next` is the address of the following page, empty for none."""

    status: int
    body: Any
    next: str
    wait: float | None

    @property
    def passing(self) -> bool:
        """Whether the same request may succeed later: a limit of requests, or a fault over there."""
        return (self.status == _FORBIDDEN and self.wait is not None) or self._faulty

    @property
    def _faulty(self) -> bool:
        return self.status == _TOO_MANY or self.status >= _SERVER

    @property
    def fine(self) -> bool:
        """Whether it was done."""
        return 200 <= self.status < 300  # noqa: PLR2004 - the class of success


class RefusedRequest(Exception):  # noqa: N818 - an answer that its caller may know how to take
    """An answer that is neither success nor passing."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Api:
    """An API at an address; ToolError where it cannot be reached, RefusedRequest for what it refuses."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    pause: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if not parts.hostname or parts.username or parts.password or parts.query or parts.fragment:
            raise InputError([Problem("--url", f"{parts.hostname or self.url!a} is no address of an API")])
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOCAL):
            raise InputError([Problem("--url", "would send the token unencrypted", "Write https://…")])

    def get(self, path: str) -> Any:
        """The value at a path."""
        return self._done("GET", self.url + path, None).body

    def pages(self, path: str) -> Iterator[Any]:
        """The items of every page; ToolError beyond a hundred pages."""
        address = self.url + path
        for _ in range(_MOST_PAGES):
            answer = self._done("GET", address, None)
            if not isinstance(answer.body, list) or not all(isinstance(row, dict) for row in answer.body):
                raise ToolError([Problem(self._name, "answers something else than a list")])
            yield from answer.body
            if not answer.next:
                return
            address = self._own(answer.next)
        raise ToolError([Problem(self._name, f"has more than {_MOST_PAGES} pages of comments")])

    def send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """What the API made of a request that changes something.

        One that adds something is sent once: whether an answer that got lost was obeyed is not known.
        """
        return self._done(method, self.url + path, body, attempts=1 if method == "POST" else ATTEMPTS).body

    def _own(self, address: str) -> str:
        """A following page, which must be of the same server, since the token goes there."""
        if urlsplit(address)[:2] != urlsplit(self.url)[:2]:
            raise ToolError([Problem(self._name, "names a page of another server")])
        return address

    def _done(
        self, method: str, address: str, body: Mapping[str, Any] | None, attempts: int = ATTEMPTS
    ) -> Answer:
        for attempt in range(1, attempts + 1):
            answer = self._asked(method, address, body)
            if answer.fine:
                return answer
            if not answer.passing:
                raise RefusedRequest(answer.status, _message(answer))
            if attempt < attempts:
                self.wait(attempt, answer.wait)
        raise Passing(f"{self._name}: {_message(answer)}", answer.wait)

    def wait(self, attempt: int, asked: float | None) -> None:
        """Wait as long as the API asked, or twice as long each time; never over a minute."""
        self.pause(min(2.0**attempt if asked is None else asked, LONGEST_WAIT))

    def _asked(self, method: str, address: str, body: Mapping[str, Any] | None) -> Answer:
        import urllib3
        from urllib3.exceptions import HTTPError

        head = {"Accept": "application/json", "User-Agent": "dharma", **self.headers}
        sent = None if body is None else json.dumps(body).encode()
        try:
            with urllib3.PoolManager(
                timeout=urllib3.Timeout(_CONNECT, _READ),  # type: ignore[no-untyped-call, unused-ignore]
                retries=False,
            ) as pool:
                raw = pool.request(
                    method,
                    address,
                    body=sent,
                    headers=head | ({"Content-Type": "application/json"} if sent else {}),
                    redirect=False,
                    preload_content=False,
                )
                data = raw.read(_MOST_BYTES)
                return Answer(raw.status, _json(data), _next(raw.headers), _wait(raw.headers))
        except (HTTPError, OSError) as error:
            raise ToolError([Problem(self._name, f"cannot be reached: {type(error).__name__}")]) from None

    @property
    def _name(self) -> str:
        return urlsplit(self.url).netloc


class Passing(Exception):  # noqa: N818 - the same
    """No attempt succeeded, and a later one may."""

    def __init__(self, message: str, wait: float | None) -> None:
        super().__init__(message)
        self.wait = wait


def _json(data: bytes) -> Any:
    try:
        return json.loads(data) if data else None
    except ValueError:
        return None


def _message(answer: Answer) -> str:
    said = answer.body.get("message") or answer.body.get("error") if isinstance(answer.body, dict) else ""
    return f"{answer.status} {str(said)[:300]}".strip()


def _wait(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, as `Retry-After` says in seconds, or as GitHub's limit of requests is renewed."""
    after = headers.get("Retry-After", "")
    if after.isdecimal():
        return float(after)
    reset = headers.get("X-RateLimit-Reset", "")
    if headers.get("X-RateLimit-Remaining") == "0" and reset.isdecimal():
        return max(0.0, float(reset) - time.time())
    return None


def _next(headers: Mapping[str, str]) -> str:
    """The following page by the `Link` header (RFC 8288)."""
    for link in headers.get("Link", "").split(","):
        address, _, relation = link.partition(";")
        if 'rel="next"' in relation:
            return address.strip().removeprefix("<").removesuffix(">")
    return ""
