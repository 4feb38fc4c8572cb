"""Charts packaged by the real helm, places that serve them on loopback, and a platform that uses them."""

from __future__ import annotations

import functools
import http.server
import json
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from dharma.cli import main
from tests.charts.samples import (
    CHART,
    LAMP,
    OPTIONS,
    PRODUCTION,
    Files,
    Pack,
    Platform,
    Served,
    answering,
    free_port,
    has,
)

CACHED = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dharma" / "bin"


@pytest.fixture(scope="session", autouse=True)
def _cached_programs() -> Iterator[None]:
    """Programs that were built into the cache are found, though tests have a cache of their own."""
    before = os.environ["PATH"]
    os.environ["PATH"] = f"{before}{os.pathsep}{CACHED}"
    yield
    os.environ["PATH"] = before


@pytest.fixture(scope="session")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    """A chart packaged by the real helm, as the bytes of its archive; each is packaged once."""

    @functools.cache
    def packed(name: str, version: str, files: frozenset[tuple[str, str]], more: str) -> bytes:
        folder = tmp_path_factory.mktemp("chart")
        head = f"apiVersion: v2\nname: {name}\nversion: {version}\nappVersion: '7.{version}'\n{more}"
        for path, text in (("Chart.yaml", head), *files):
            place = folder / name / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        command = [has("helm"), "package", folder / name, "--destination", folder]
        subprocess.run(command, check=True, capture_output=True)
        return (folder / f"{name}-{version}.tgz").read_bytes()

    def of(name: str = "lamp", version: str = "1.0.0", files: Files = LAMP, more: str = "") -> bytes:
        return packed(name, version, frozenset(files.items()), more)

    return of


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A chart repository on loopback."""
    folder = tmp_path / "repository"
    folder.mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield Served(folder, f"http://127.0.0.1:{server.server_port}")
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def registry() -> Iterator[str]:
    """An OCI registry on loopback, `127.0.0.1:PORT`."""
    address = f"127.0.0.1:{free_port()}"
    command = [str(has("crane")), "registry", "serve", "--address", address]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            answering(f"http://{address}/v2/")
            yield address
        finally:
            process.terminate()


class Run(Protocol):
    """Runs the command line in the platform: exit code, output and errors."""

    def __call__(self, *arguments: str) -> tuple[int, str, str]: ...


@pytest.fixture
def run(platform: Platform, capfd: pytest.CaptureFixture[str]) -> Run:
    """The command line, in the platform repository."""

    def ran(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as stop:
            main(["-C", str(platform.root), *arguments])
        out, err = capfd.readouterr()
        return int(stop.value.code or 0), out, err

    return ran


@pytest.fixture
def platform(tmp_path: Path, pack: Pack) -> Platform:
    """One target, production/region-a, that inflates its charts; nothing is locked yet."""
    root = tmp_path / "platform"
    (root / "environments").mkdir(parents=True)
    (root / "components" / "lamp").mkdir(parents=True)
    (root / "components" / "lamp" / "__init__.py").touch()
    (root / "components" / "lamp" / "options.py").write_text(OPTIONS)
    (root / "components" / "lamp" / "chart.py").write_text(CHART.replace("RANDOM", "{}"))
    (root / "environments" / "production.yaml").write_text(json.dumps(PRODUCTION, indent=1))
    (root / "environments" / "tenants.yaml").write_text("tenants: {}\n")
    made = Platform(root, pack)
    made.settings(charts="inflate")
    return made
