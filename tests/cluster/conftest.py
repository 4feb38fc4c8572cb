"""The lab as a fixture; the tests that share one run in one worker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.lab import Lab
from tests.cluster.region import region  # noqa: F401 - a fixture

_HERE = Path(__file__).parent
_BARE = {"test_api_server.py", "test_offline_agreement.py"}
_Tables = list[tuple[str, dict[str, float], dict[str, list[str]]]]
_labs: list[Lab] = []
_of_workers: _Tables = []


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A running API server; what else a test needs it asks the lab for."""
    with Lab.started(tmp_path_factory.mktemp("lab")) as started:
        _labs.append(started)
        yield started


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep all that share a lab in one worker, first what needs it without controllers.

    Before xdist, whose own hook reads the groups.
    """
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.xdist_group(_shared(item)))
            item.add_marker(pytest.mark.cluster)
    items.sort(key=lambda item: item.path.parent == _HERE and item.path.name not in _BARE)


def _shared(item: pytest.Item) -> str:
    """What a test shares with others: the region, the lab, or only what its module starts."""
    used = getattr(item, "fixturenames", ())
    return next((name for name in ("region", "lab") if name in used), item.path.stem)


def _tables() -> _Tables:
    return [(lab.folder.name, lab.steps, lab.notes) for lab in _labs]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker hands over what it measured."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["labs"] = _tables()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Keep what a worker measured."""
    _of_workers.extend(getattr(node, "workeroutput", {}).get("labs", ()))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was started, how long each step took, and the tables that tests made."""
    for name, steps, notes in [*_of_workers, *_tables()]:
        terminalreporter.section(f"the lab in {name}")
        for step, seconds in steps.items():
            terminalreporter.write_line(f"{step:60}{seconds:8.1f} s")
        for title, lines in notes.items():
            terminalreporter.write_line("")
            for line in (title, *lines):
                terminalreporter.write_line(line)
