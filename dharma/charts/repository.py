"""Repository: archives and newest versions from HTTP and OCI repositories, through the real helm."""

from __future__ import annotations

import tempfile
from pathlib import Path

from dharma.charts import text
from dharma.charts.archive import MAX_PACKED
from dharma.charts.helm import HelmFailed, helm
from dharma.charts.reference import Reference, safe
from dharma.errors import Problem, ToolError

MIRRORED = "charts"
"""Folder of a private registry that holds charts."""


def pull(reference: Reference, registry: str | None = None) -> bytes:
    """The archive of a chart as the repository serves it, or a private registry instead of it."""
    source = mirrored(reference, registry) if registry else reference
    with tempfile.TemporaryDirectory(prefix="dharma-pull-") as folder:
        options = ["--version", source.version, "--destination", folder]
        _helm("pull", source, *options)
        found = list(Path(folder).iterdir())
        if len(found) != 1 or found[0].is_symlink() or not found[0].is_file():
            raise ToolError([Problem(str(source), f"{len(found)} files came for one archive")])
        if found[0].stat().st_size > MAX_PACKED:
            raise ToolError([Problem(str(source), f"its archive is larger than {MAX_PACKED >> 20} MiB")])
        return found[0].read_bytes()


def newest(reference: Reference) -> str:
    """The newest version that is no pre-release; ToolError where the repository does not say."""
    printed = _helm("show", reference)
    try:
        found = text.document(printed)
    except text.Unreadable as error:
        raise ToolError([Problem(str(reference), f"its newest Chart.yaml cannot be read: {error}")]) from None
    version = str(found.get("version")) if isinstance(found, dict) else ""
    safe([Reference(reference.repository, reference.chart, version)])
    return version


def mirrored(reference: Reference, registry: str) -> Reference:
    """The same chart in a private registry."""
    return Reference(f"oci://{registry}/{MIRRORED}", reference.chart, reference.version)


def push(data: bytes, reference: Reference, registry: str) -> None:
    """Put an archive into a private registry."""
    wanted = mirrored(reference, registry)
    with tempfile.TemporaryDirectory(prefix="dharma-push-") as folder:
        file = Path(folder) / "chart.tgz"
        file.write_bytes(data)
        plain = ("--plain-http",) if wanted.loopback else ()
        _run(wanted, "push", str(file), wanted.repository, *plain)


def _helm(verb: str, reference: Reference, *options: str) -> bytes:
    verbs = ("show", "chart") if verb == "show" else (verb,)
    if reference.oci:
        plain = ("--plain-http",) if reference.loopback else ()
        return _run(reference, *verbs, reference.address, *options, *plain)
    return _run(reference, *verbs, reference.chart, "--repo", reference.repository, *options)


def _run(reference: Reference, *arguments: str) -> bytes:
    try:
        return helm().run(*arguments, network=True)
    except HelmFailed as error:
        raise ToolError([Problem(str(reference), f"helm {arguments[0]}: {error}")]) from None
