"""Programs the lab runs: found in the cache or built, started on loopback, ended with the tests."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

# Read when tests are collected: later the session points XDG_CACHE_HOME elsewhere.
_ENVIRONMENT = dict(os.environ)
_XDG = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
CACHE = Path(os.environ.get("CACHE") or _XDG / "dharma")
_BUILD = Path(__file__).parent / "tools" / "build"
_LINES = 25


class LabError(Exception):
    """A program of the lab did not start, or died; the message ends with what it wrote."""


def binary(name: str) -> Path:
    """A program's path; builds it where it is missing, waits while another does, skips without Go."""
    path = CACHE / "bin" / name
    if not path.exists():
        if shutil.which("go") is None:
            pytest.skip(f"Go is not installed, so {name} cannot be built and no cluster be started")
        built = subprocess.run(
            [_BUILD, name],
            env=_ENVIRONMENT | {"CACHE": str(CACHE)},
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if built.returncode:
            raise LabError(f"{name} could not be built:\n{_tail(built.stderr)}")
    return path.resolve()


def free_port() -> int:
    """A TCP port of loopback that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Process:
    """A running program; it dies with the tests even when they are killed."""

    def __init__(
        self,
        name: str,
        *arguments: object,
        folder: Path,
        program: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        command = [str(part) for part in (program or binary(name), *arguments)]
        with self.log.open("ab") as log:
            self._running = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *command],
                cwd=folder,
                env={**os.environ, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def pid(self) -> int:
        """The program's own process id."""
        return self._running.pid

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._running.poll() is None

    def until(self, ready: Callable[[], bool], seconds: float = 120) -> Process:
        """Wait for a condition; LabError with the end of the log if the program dies or time is up."""
        end = time.monotonic() + seconds
        while not ready():
            if not self.alive or time.monotonic() > end:
                state = f"not ready after {seconds:g} s" if self.alive else "dead"
                raise LabError(f"{self.name} is {state}:\n{self.tail()}")
            time.sleep(0.1)
        return self

    def tail(self) -> str:
        """The end of what it wrote."""
        return _tail(self.log.read_text(errors="replace"))

    def end(self) -> None:
        """Ask it to end, insist after ten seconds."""
        self._running.terminate()
        try:
            self._running.wait(10)
        except subprocess.TimeoutExpired:
            self._running.kill()
            self._running.wait()


def wait_for(what: str, ready: Callable[[], object], seconds: float = 60) -> None:
    """Wait until something is true; fails with its name when it is not in time."""
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            raise LabError(f"{what}: not so after {seconds:g} s")
        time.sleep(0.1)


def _tail(text: str) -> str:
    return "\n".join(text.splitlines()[-_LINES:])
