"""Reference: which chart of which repository at which version; nothing else names a chart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from dharma.errors import InputError, Problem

LOCK = "charts.lock"
"""The file at the repository's root that pins charts."""
_CHART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_VERSION = re.compile(r"v?[0-9]+(\.[0-9]+){0,2}(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")
_PLAIN_TEXT = re.compile(r"[!-~]+")
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Chart(Protocol):
    """What a release says about its chart."""

    @property
    def repository(self) -> str:
        """Address of the repository."""

    @property
    def chart(self) -> str:
        """Name of the chart."""

    @property
    def version(self) -> str:
        """Exact version."""


@dataclass(frozen=True, slots=True, order=True)
class Reference:
    """A chart's repository, name and exact version."""

    repository: str
    chart: str
    version: str

    def __str__(self) -> str:
        return f"chart {self.chart} {self.version} of {self.repository}"

    @property
    def oci(self) -> bool:
        """Whether the chart lies in an OCI registry."""
        return self.repository.startswith("oci://")

    @property
    def loopback(self) -> bool:
        """Whether the repository is on this machine, where TLS is not asked for."""
        return urlsplit(self.repository).hostname in _LOOPBACK

    @property
    def address(self) -> str:
        """Where an OCI registry holds the chart."""
        return f"{self.repository.rstrip('/')}/{self.chart}"


def of(chart: Chart) -> Reference:
    """The reference of a release or of an entry."""
    return Reference(chart.repository, chart.chart, chart.version)


def safe(references: Iterable[Reference]) -> None:
    """Raise InputError for every reference that no program may be given."""
    problems = [
        Problem(f"chart {reference.chart!a}", what) for reference in references for what in faults(reference)
    ]
    if problems:
        raise InputError(problems)


def faults(reference: Reference) -> Iterator[str]:
    """What is wrong with a reference; a chart's name may neither leave a folder nor look like a flag."""
    if not _CHART.fullmatch(reference.chart) or ".." in reference.chart:
        yield "is no name of a chart: letters, digits, '-', '_' and single dots"
    if not _VERSION.fullmatch(reference.version):
        yield f"has no exact version: {reference.version!a}"
    yield from _address_faults(reference)


def _address_faults(reference: Reference) -> Iterator[str]:
    try:
        parts = urlsplit(reference.repository)
        host = parts.hostname
    except ValueError:
        yield f"has a repository that is no address: {reference.repository!a}"
        return
    plain = parts.scheme == "http" and host in _LOOPBACK
    if not (parts.scheme in {"https", "oci"} or plain) or not host:
        yield f"has a repository that is neither https:// nor oci://: {reference.repository!a}"
    elif parts.username or parts.password or parts.query or parts.fragment:
        yield "has a repository with a user, query or fragment; `helm registry login` knows passwords"
    elif not _PLAIN_TEXT.fullmatch(reference.repository) or ".." in parts.path.split("/"):
        yield f"has a repository that is no plain address: {reference.repository!a}"
