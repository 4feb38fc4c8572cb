"""Vendoring: real helm against an HTTP repository and an OCI registry on loopback."""

import pytest

from dharma.charts import store
from dharma.charts.lock import Entry, Lock, read, write
from dharma.charts.reference import Reference
from dharma.charts.repository import newest, push
from dharma.charts.vendor import vendor
from tests.charts.samples import tarred


@pytest.fixture(autouse=True)
def _empty_store(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_a_chart_of_an_http_repository_is_locked_by_the_digest_of_its_bytes(tmp_path, served, pack):
    reference = served.add(pack())
    found = vendor(tmp_path, [reference])
    entry = read(tmp_path).entry(reference)
    assert not found.problems
    assert entry == Entry(reference, store.digest(pack()), "7.1.0.0")
    assert store.take(tmp_path, entry) == pack()
    assert read(tmp_path).helm.startswith("v3.")


def test_a_chart_of_an_oci_registry_is_locked_the_same(tmp_path, registry, pack):
    upstream = Reference("https://charts.example", "lamp", "1.0.0")
    push(pack(), upstream, f"{registry}/upstream")
    reference = Reference(f"oci://{registry}/upstream/charts", "lamp", "1.0.0")
    assert not vendor(tmp_path, [reference]).problems
    assert read(tmp_path).entry(reference).digest == store.digest(pack())


def test_a_private_registry_may_stand_in_for_the_repository(tmp_path, registry, pack):
    reference = Reference("https://charts.example", "lamp", "1.0.0")
    push(pack(), reference, f"{registry}/private")
    assert not vendor(tmp_path, [reference], registry=f"{registry}/private").problems
    assert read(tmp_path).entry(reference).digest == store.digest(pack())


def test_what_cannot_be_fetched_stays_unresolved_and_holds_up_nothing(tmp_path, served, pack):
    there = served.add(pack())
    gone = Reference(served.url, "gone", "1.0.0")
    told = []
    found = vendor(tmp_path, [there, gone], told.append)
    assert [entry.reference for entry in found.fetched] == [there]
    assert "gone" in str(found.problems[0].what)
    assert not read(tmp_path).entry(gone).resolved
    assert read(tmp_path).entry(there).resolved
    assert sum(line.endswith("failed") for line in told) == 1


def test_without_network_only_what_is_held_is_locked(tmp_path, served, pack):
    reference = served.add(pack())
    assert not vendor(tmp_path, [reference], offline=True).fetched
    assert not read(tmp_path).entry(reference).resolved
    vendor(tmp_path, [reference])
    assert vendor(tmp_path, [reference], offline=True).held


def test_a_second_run_fetches_only_what_is_missing(tmp_path, served, pack):
    one = served.add(pack())
    vendor(tmp_path, [one])
    (served.folder / "lamp-1.0.0.tgz").unlink()
    two = served.add(pack("shade", "2.0.0", {}), "shade", "2.0.0")
    found = vendor(tmp_path, [one, two])
    assert [entry.reference for entry in found.held] == [one]
    assert [entry.reference for entry in found.fetched] == [two]


def test_other_bytes_under_a_locked_version_are_refused(tmp_path, served, pack):
    reference = served.add(pack())
    vendor(tmp_path, [reference])
    locked = read(tmp_path).entry(reference)
    for held in (tmp_path / "cache" / "dharma" / "charts").iterdir():
        held.unlink()
    served.add(pack(files={"values.yaml": "replicas: 9\n"}))
    (problem,) = vendor(tmp_path, [reference]).problems
    assert "charts.lock says" in problem.what
    assert read(tmp_path).entry(reference) == locked
    assert store.take(tmp_path, locked) is None


def test_bytes_that_were_tampered_with_here_are_fetched_again(tmp_path, served, pack):
    reference = served.add(pack())
    vendor(tmp_path, [reference])
    (held,) = (tmp_path / "cache" / "dharma" / "charts").iterdir()
    held.write_bytes(b"tampered")
    assert [entry.reference for entry in vendor(tmp_path, [reference]).fetched] == [reference]
    assert held.read_bytes() == pack()


def test_an_evil_archive_of_a_repository_is_neither_kept_nor_locked(tmp_path, served):
    reference = served.listed(tarred(("lamp/../../../evil", b"x")))
    (problem,) = vendor(tmp_path, [reference]).problems
    assert "archive is refused" in problem.what
    assert not read(tmp_path).entry(reference).resolved
    assert not (tmp_path / "cache" / "dharma" / "charts").exists()


def test_charts_that_nobody_declares_any_more_leave_the_lock(tmp_path, served, pack):
    reference = served.add(pack())
    old = Reference("https://charts.example", "old", "1.0.0")
    write(tmp_path, Lock("v3.0.0", {old: Entry(old, "sha256:" + "b" * 64)}))
    vendor(tmp_path, [reference])
    assert set(read(tmp_path).entries) == {reference}


def test_archives_are_kept_in_the_repository_where_that_is_wanted(tmp_path, served, pack):
    reference = served.add(pack())
    vendor(tmp_path, [reference])
    vendor(tmp_path, [reference], folder=tmp_path / store.FOLDER)
    (kept,) = (tmp_path / store.FOLDER).iterdir()
    assert kept.read_bytes() == pack()


def test_the_newest_version_is_no_pre_release(served, pack):
    for version in ("1.0.0", "1.10.0", "1.9.0", "2.0.0-rc.1"):
        reference = served.add(pack(version=version), version=version)
    assert newest(reference) == "1.10.0"
