"""The lock: what it says, what it counts, and what it refuses to be."""

import pytest

from dharma.charts import store
from dharma.charts.lock import Entry, Lock, read, unresolved, write
from dharma.charts.reference import LOCK, Reference
from dharma.errors import DharmaError, InputError

LAMP = Reference("https://charts.example", "lamp", "1.0.0")
SHADE = Reference("oci://registry.example/charts", "shade", "2.0.0")
DIGEST = "sha256:" + "a" * 64
FIELDS = f'chart: lamp, version: 1.0.0, digest: "{DIGEST}", appVersion: ""'
ROW = f'- {{repository: "https://charts.example", {FIELDS}}}\n'


def test_what_is_written_is_read_again_in_any_order(tmp_path):
    entries = {LAMP: Entry(LAMP, DIGEST, "7"), SHADE: Entry(SHADE)}
    write(tmp_path, Lock("v3.0.0", entries))
    text = (tmp_path / LOCK).read_text()
    assert read(tmp_path) == Lock("v3.0.0", entries)
    write(tmp_path, Lock("v3.0.0", dict(reversed(entries.items()))))
    assert (tmp_path / LOCK).read_text() == text


def test_different_charts_without_digest_are_counted_once_each(tmp_path):
    assert unresolved(tmp_path, [LAMP, LAMP, SHADE]) == 2
    write(tmp_path, Lock("v3.0.0", {LAMP: Entry(LAMP, DIGEST), SHADE: Entry(SHADE)}))
    assert unresolved(tmp_path, [LAMP, LAMP, SHADE]) == 1
    assert unresolved(tmp_path, [LAMP]) == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(ROW + ROW, "stands twice", id="a chart twice"),
        pytest.param(ROW.replace(DIGEST, "sha256:abc"), "digest", id="a short digest"),
        pytest.param(ROW.replace(DIGEST, "latest"), "digest", id="no digest"),
        pytest.param(ROW.replace("lamp", '".."'), "no name of a chart", id="a name that climbs"),
        pytest.param(ROW.replace("chart: lamp, ", ""), "no entry", id="a field missing"),
        pytest.param(ROW.replace("{repo", "{more: x, repo"), "no entry", id="a field too many"),
        pytest.param("- lamp\n", "no entry", id="no map"),
    ],
)
def test_a_lock_that_cannot_be_trusted_is_refused_with_its_line(tmp_path, text, said):
    (tmp_path / LOCK).write_text(f"helm: v3.0.0\ncharts:\n{text}")
    with pytest.raises(InputError, match=said) as stop:
        read(tmp_path)
    assert f"{LOCK}:" in str(stop.value)


def test_a_link_in_the_locks_place_is_neither_read_nor_written(tmp_path):
    (tmp_path / "other").write_text("helm: v3.0.0\ncharts: []\n")
    (tmp_path / LOCK).symlink_to("other")
    for use in (lambda: read(tmp_path), lambda: write(tmp_path, Lock())):
        with pytest.raises(DharmaError, match="symbolic link"):
            use()
    assert (tmp_path / "other").read_text() == "helm: v3.0.0\ncharts: []\n"


def test_held_bytes_are_hashed_anew_each_time(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    entry = Entry(LAMP, store.put(b"archive"))
    assert store.take(tmp_path, entry) == b"archive"
    (held,) = (tmp_path / "cache" / "dharma" / "charts").iterdir()
    held.write_bytes(b"tampered")
    with pytest.raises(InputError, match="holds other bytes"):
        store.take(tmp_path, entry)


def test_a_link_in_the_store_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    entry = Entry(LAMP, store.digest(b"archive"))
    folder = tmp_path / "cache" / "dharma" / "charts"
    folder.mkdir(parents=True)
    (tmp_path / "archive").write_bytes(b"archive")
    (folder / f"{entry.digest[7:]}.tgz").symlink_to(tmp_path / "archive")
    with pytest.raises(InputError, match="cannot be read as a file"):
        store.take(tmp_path, entry)


def test_archives_kept_in_the_repository_are_taken_first(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    entry = Entry(LAMP, store.put(b"archive", tmp_path / store.FOLDER))
    assert store.take(tmp_path, entry) == b"archive"
    assert store.take(tmp_path / "elsewhere", entry) is None
