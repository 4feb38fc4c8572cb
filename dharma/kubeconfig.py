"""Kubeconfig: which API server to talk to and as whom, read by the official Kubernetes client.

Files are those of $KUBECONFIG or ~/.kube/config; inside a pod without either, its service account.
Exec plugins run as kubectl would run them. A server is only spoken to over verified TLS, or in
the clear on this machine (`kubectl proxy`).
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dharma.errors import InputError, Problem, ToolError

if TYPE_CHECKING:
    from kubernetes.client.configuration import Configuration
    from urllib3.util import Retry

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_CONNECTIONS = 16


@dataclass(frozen=True, slots=True)
class Access:
    """A client's configuration and how messages call what it leads to."""

    configuration: Configuration
    name: str


def access(kubeconfig: Path | None = None, context: str | None = None) -> Access:
    """The way to an API server; InputError where no kubeconfig says one, ToolError where sign-in fails."""
    from kubernetes.client.configuration import Configuration
    from kubernetes.config import ConfigException

    configuration = Configuration()
    if kubeconfig is None and context is None and _in_pod():
        _in_cluster(configuration)
        where = "this pod's service account"
    else:
        where = _name(kubeconfig, context)
        with _said() as complaints:
            try:
                _load(configuration, kubeconfig, context)
            except (ConfigException, OSError, ValueError, TypeError, KeyError) as error:
                mend = "Name another file with --kubeconfig, another context with --context."
                raise InputError([Problem(where, f"cannot be used: {error}", mend)]) from None
        if complaints:
            raise ToolError(Problem(where, f"signing in failed: {text}") for text in complaints)
    _refuse_open(configuration, where)
    configuration.retries = _retries()
    configuration.connection_pool_maxsize = _CONNECTIONS
    return Access(configuration, f"{where} ({configuration.host})")


def _load(configuration: Configuration, kubeconfig: Path | None, context: str | None) -> None:
    from kubernetes import config

    file = str(kubeconfig) if kubeconfig else os.environ.get("KUBECONFIG") or "~/.kube/config"
    load: Any = config.load_kube_config
    load(file, context, configuration, persist_config=False)


def _in_cluster(configuration: Configuration) -> None:
    from kubernetes import config

    load: Any = config.load_incluster_config
    load(client_configuration=configuration)


def _in_pod() -> bool:
    named = os.environ.get("KUBECONFIG") or Path("~/.kube/config").expanduser().is_file()
    return not named and "KUBERNETES_SERVICE_HOST" in os.environ


def _name(kubeconfig: Path | None, context: str | None) -> str:
    file = str(kubeconfig) if kubeconfig else "kubeconfig"
    return f"{file}, context {context}" if context else file


@contextmanager
def _said() -> Iterator[list[str]]:
    """What the client writes to the root log of errors, where it goes on after a sign-in that failed."""
    complaints: list[str] = []
    handler = logging.Handler(logging.ERROR)
    handler.addFilter(lambda record: record.name == "root")
    handler.emit = lambda record: complaints.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger()
    logger.addHandler(handler)
    try:
        yield complaints
    finally:
        logger.removeHandler(handler)


def _refuse_open(configuration: Configuration, where: str) -> None:
    server = urlsplit(configuration.host)
    if server.scheme == "http" and server.hostname not in _LOOPBACK:
        what = f"{configuration.host} is spoken to in the clear"
        raise InputError([Problem(where, what, "Use https.")])
    if not configuration.verify_ssl:
        what = f"turns off the verification of {configuration.host}"
        raise InputError([Problem(where, what, "Name its certificate-authority in the kubeconfig.")])


def _retries() -> Retry:
    """Connections are tried again, and answers 429 and 503 that say when; nothing else is."""
    from urllib3.util import Retry

    return Retry(
        total=4,
        connect=2,
        read=0,
        redirect=0,
        allowed_methods=None,
        backoff_factor=0.2,
        retry_after_max=10,
        raise_on_status=False,
    )
