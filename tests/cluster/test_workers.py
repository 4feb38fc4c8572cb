"""Tests that share a lab run in one worker, or its state would be another's."""

from __future__ import annotations

import pytest


def test_each_worker_knows_the_group_of_every_test(request: pytest.FixtureRequest) -> None:
    """Where it does not, tests are handed out one by one and several labs start."""
    if not request.config.getoption("loadgroup", default=False):
        pytest.skip("one process, so nothing is handed out")
    for item in request.session.items:
        groups = [mark.args[0] for mark in item.iter_markers("xdist_group")]
        assert not groups or item.nodeid.endswith(f"@{groups[0]}"), item.nodeid
