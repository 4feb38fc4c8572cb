"""Helm: the real program, run with folders of its own, without plugins and without a cluster."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from dharma.errors import Problem, ToolError
from dharma.node import cache_folder

_SECONDS = 300
_PASSED = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")
_LOGINS = ".config/helm/registry/config.json"


class HelmFailed(Exception):  # noqa: N818 - a value that callers turn into a problem with a place
    """What helm said on standard error before it stopped."""


@dataclass(frozen=True, slots=True)
class Helm:
    """A helm program and the version it says it is."""

    binary: Path
    version: str

    def run(self, *arguments: str, network: bool = False, stdin: bytes = b"") -> bytes:
        """Standard output of a run; HelmFailed with standard error where it stopped.

        `network` lets proxies, certificates and registry logins through.
        """
        with _private() as folder:
            ran = _ran([str(self.binary), *arguments], _environment(folder, network=network), stdin)
        if ran.returncode:
            raise HelmFailed(_said(ran.stderr))
        return ran.stdout


@cache
def helm() -> Helm:
    """The helm on PATH or among the cached programs; ToolError where there is none."""
    found = program("helm")
    with _private() as folder:
        arguments = [str(found), "version", "--template", "{{.Version}}"]
        ran = _ran(arguments, _environment(folder, network=False), b"")
    version = ran.stdout.decode(errors="replace").strip()
    if ran.returncode or not version.startswith("v"):
        raise ToolError([Problem(str(found), f"does not say its version: {_said(ran.stderr)}")])
    return Helm(found, version)


def program(name: str) -> Path:
    """A program on PATH or among the cached ones."""
    found = shutil.which(name) or shutil.which(name, path=str(cache_folder() / "bin"))
    if found is None:
        mend = f"Install it, or put it into {cache_folder() / 'bin'}."
        raise ToolError([Problem(name, "is not installed", mend)])
    return Path(found)


def _ran(
    arguments: list[str], variables: Mapping[str, str], stdin: bytes
) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            arguments, env=variables, input=stdin, capture_output=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise ToolError([Problem(arguments[0], f"did not end within {_SECONDS} s")]) from None
    except OSError as error:
        raise ToolError([Problem(arguments[0], f"cannot be started: {error.strerror}")]) from None


def _said(stderr: bytes) -> str:
    """The lines that tell why, warnings left out."""
    lines = stderr.decode(errors="replace").strip().splitlines()
    return (
        "\n".join(line for line in lines if not line.startswith(("WARNING:", "level="))) or "no reason given"
    )


@contextmanager
def _private() -> Iterator[Path]:
    """A folder that nobody else may look into, gone afterwards (mode 0700)."""
    with tempfile.TemporaryDirectory(prefix="dharma-helm-") as name:
        yield Path(name)


def _environment(folder: Path, *, network: bool) -> dict[str, str]:
    """No home, plugins, repositories or cluster of the user; KUBECONFIG names nothing."""
    variables = {
        "PATH": os.defpath,
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "HELM_CACHE_HOME": str(folder / "cache"),
        "HELM_CONFIG_HOME": str(folder / "config"),
        "HELM_DATA_HOME": str(folder / "data"),
        "HELM_PLUGINS": str(folder / "plugins"),
        "KUBECONFIG": str(folder / "none"),
    }
    return variables | (_outside() if network else {})


def _outside() -> dict[str, str]:
    names = {variant for name in _PASSED for variant in (name, name.lower())}
    passed = {name: os.environ[name] for name in sorted(names & os.environ.keys())}
    logins = os.environ.get("HELM_REGISTRY_CONFIG") or str(Path.home() / _LOGINS)
    return passed | ({"HELM_REGISTRY_CONFIG": logins} if Path(logins).is_file() else {})
