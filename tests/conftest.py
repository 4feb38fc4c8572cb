"""Fixtures that several kinds of tests share."""

from __future__ import annotations

import difflib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is no reason to fail; what must be fast has a test of its own.
settings.register_profile("dharma", deadline=None)
settings.load_profile("dharma")

ROOT = Path(__file__).parent.parent
GOLDENS = Path(__file__).parent / "golden"

Golden = Callable[[str, str], None]


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout with the shipped platform."""
    return ROOT


@pytest.fixture(scope="session")
def catalogue() -> Path:
    """The catalogue of custom resource schemas that DHARMA_SCHEMAS names."""
    folder = os.environ.get("DHARMA_SCHEMAS") or str(ROOT.parent / "shared" / "upstream" / "schemas")
    if not Path(folder).is_dir():
        pytest.skip("no catalogue of custom resource schemas: set DHARMA_SCHEMAS")
    return Path(folder).resolve()


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tests keep no rendered targets in the user's cache, but share the unpacked jsii packages."""
    folder = tmp_path_factory.mktemp("cache")
    before = os.environ.get("XDG_CACHE_HOME")
    shared = Path(before or Path.home() / ".cache") / "dharma" / "jsii"
    shared.mkdir(parents=True, exist_ok=True)
    os.environ["JSII_RUNTIME_PACKAGE_CACHE_ROOT"] = str(shared)
    os.environ["XDG_CACHE_HOME"] = str(folder)
    yield
    if before is None:
        del os.environ["XDG_CACHE_HOME"]
    else:
        os.environ["XDG_CACHE_HOME"] = before


@pytest.fixture
def platform_copy(tmp_path: Path) -> Path:
    """The shipped environments in a repository of their own, free to be changed."""
    copy = tmp_path / "platform"
    shutil.copytree(ROOT / "environments", copy / "environments")
    return copy


@pytest.fixture
def golden() -> Golden:
    """Compare text to a file under tests/golden; UPDATE_GOLDENS=1 rewrites it."""

    def compare(name: str, text: str) -> None:
        path = GOLDENS / name
        if os.environ.get("UPDATE_GOLDENS"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        kept = path.read_text(encoding="utf-8") if path.is_file() else ""
        lines = difflib.unified_diff(
            kept.splitlines(), text.splitlines(), f"golden/{name}", "now", lineterm=""
        )
        assert kept == text, "\n".join(["UPDATE_GOLDENS=1 rewrites it", *lines])

    return compare


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly, at the very end, what could not be tried on this machine."""
    reasons = {report.longrepr[2] for report in terminalreporter.getreports("skipped") if report.longrepr}
    for reason in sorted(reasons):
        terminalreporter.write_line(f"NOT TESTED HERE: {reason}", yellow=True, bold=True)
