"""Sync windows as they are declared hold the real Argo CD back, and let go again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.cluster.region import Region

APPLICATION = "services-shop"
PAUSE = 12.0
"""Seconds in which an automatic sync would have begun: it does within one after a refresh."""
AROUND, LATER = timedelta(hours=-2), timedelta(hours=6)
FOUR_HOURS = "4h"


@pytest.fixture
def frozen(region: Region, request: pytest.FixtureRequest) -> Iterator[Region]:
    """The region with a window of a kind that begins so far from now, every day."""
    kind, away = request.param
    begin = datetime.now(UTC) + away
    schedule = f"{begin.minute} {begin.hour} * * *"
    _declare(region, [{"kind": kind, "schedule": schedule, "duration": FOUR_HOURS}])
    yield region
    _declare(region, None)


def _declare(region: Region, windows: list[dict[str, str]] | None) -> None:
    region.checkout.change("base.yaml", {"components": {"argocd": {"syncWindows": windows}}})
    region.deliver("When tenants are synced")
    region.argo.until("the project says so", lambda: bool(_windows(region)) == bool(windows), 60)


def _windows(region: Region) -> Any:
    found = region.argo.cluster.get("argoproj.io/v1alpha1", "AppProject", "shop", "argocd")
    return (found or {})["spec"].get("syncWindows")


def _grow(region: Region, seconds: int) -> str:
    """A commit that changes what the shop runs."""
    variables = {"variables": {"CURRENCY": f"C{seconds}"}}
    region.checkout.change("services/catalogue.yaml", variables)
    return region.deliver("Another currency")


def _runs(region: Region, seconds: int) -> bool:
    found = region.argo.cluster.get("apps/v1", "Deployment", "catalogue-v1", "shop")
    return f"C{seconds}" in str((found or {})["spec"]["template"])


@pytest.mark.parametrize("frozen", [("deny", AROUND)], indirect=True, ids=["a freeze"])
def test_a_commit_in_a_freeze_waits_until_it_is_lifted(frozen: Region) -> None:
    revision = _grow(frozen, 1)
    _held_back(frozen, revision, 1)
    _declare(frozen, None)
    frozen.argo.until("the commit is synced", lambda: _runs(frozen, 1), 90)


@pytest.mark.parametrize("frozen", [("allow", LATER)], indirect=True, ids=["before working hours"])
def test_a_commit_outside_the_allowed_time_may_still_be_synced_by_hand(frozen: Region) -> None:
    revision = _grow(frozen, 2)
    _held_back(frozen, revision, 2)
    frozen.argo.sync(APPLICATION, revision)
    frozen.argo.until("what was synced by hand runs", lambda: _runs(frozen, 2), 60)


def _held_back(region: Region, revision: str, seconds: int) -> None:
    """Argo CD has seen the commit and does nothing of its own accord."""
    region.argo.until("the commit is compared", lambda: _compared(region, revision), 60)
    time.sleep(PAUSE)
    assert _compared(region, revision)
    assert not _runs(region, seconds)


def _compared(region: Region, revision: str) -> bool:
    status = region.argo.status(APPLICATION)
    return status is not None and (status.sync, status.revision) == ("OutOfSync", revision)
