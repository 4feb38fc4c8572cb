"""The lab as a fixture, one a session, in one worker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.lab import Lab
from tests.cluster.region import region  # noqa: F401 - a fixture

_HERE = Path(__file__).parent
_BARE = {"test_api_server.py", "test_offline_agreement.py"}
_labs: list[Lab] = []


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A running API server; what else a test needs it asks the lab for."""
    with Lab.started(tmp_path_factory.mktemp("lab")) as started:
        _labs.append(started)
        yield started


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep all that share the lab in one worker, first what needs it without controllers."""
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.xdist_group("cluster"))
            item.add_marker(pytest.mark.cluster)
    items.sort(key=lambda item: item.path.parent == _HERE and item.path.name not in _BARE)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was started, how long each step took, and the tables that tests made."""
    for lab in _labs:
        terminalreporter.section(f"the lab in {lab.folder.name}")
        for step, seconds in lab.steps.items():
            terminalreporter.write_line(f"{step:60}{seconds:8.1f} s")
        for title, lines in lab.notes.items():
            terminalreporter.write_line("")
            for line in (title, *lines):
                terminalreporter.write_line(line)
