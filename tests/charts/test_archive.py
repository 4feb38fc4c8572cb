"""Archives: what is refused before a byte of it reaches a disk."""

import gzip
import io
import random
import tarfile

import pytest

from dharma.charts import archive
from dharma.charts.archive import unpack
from dharma.charts.reference import Reference
from dharma.errors import InputError
from tests.charts.samples import tarred

LAMP = Reference("https://charts.example", "lamp", "1.0.0")


def link(kind):
    return lambda entry: setattr(entry, "type", kind) or setattr(entry, "linkname", "../../etc/passwd")


EVIL = {
    "climbs out": [("lamp/../../evil", b"x")],
    "climbs out from the start": [("../evil", b"x")],
    "is absolute": [("/etc/evil", b"x")],
    "is in another folder": [("other/values.yaml", b"x")],
    "has a step that is a dot": [("lamp/./values.yaml", b"x")],
    "has an empty step": [("lamp//values.yaml", b"x")],
    "has a backslash": [("lamp/..\\..\\evil", b"x")],
    "has a drive": [("lamp/C:evil", b"x")],
    "has an escape": [("lamp/\x1b[2Jevil", b"x")],
    "is too long": [("lamp/" + "x" * 300, b"x")],
    "symbolic link": [("lamp/values.yaml", link(tarfile.SYMTYPE))],
    "hard link": [("lamp/values.yaml", link(tarfile.LNKTYPE))],
    "character device": [("lamp/null", link(tarfile.CHRTYPE))],
    "block device": [("lamp/disk", link(tarfile.BLKTYPE))],
    "pipe": [("lamp/pipe", link(tarfile.FIFOTYPE))],
    "stands twice": [("lamp/a", b"x"), ("lamp/a", b"y")],
    "differs in case": [("lamp/values.yaml", b""), ("lamp/Values.yaml", b"")],
    "a file and a folder": [("lamp/a", b"x"), ("lamp/a/b", b"y")],
    "a file in the chart's place": [("lamp", b"x")],
    "packed chart inside": [("lamp/charts/inner-1.0.0.tgz", b"x")],
}


@pytest.mark.parametrize("entries", EVIL.values(), ids=EVIL)
def test_an_evil_archive_is_refused_and_writes_nothing(entries, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="archive is refused"):
        unpack(tarred(*entries), LAMP)
    assert not list(tmp_path.iterdir())


def test_a_clean_archive_is_taken():
    chart = unpack(tarred(("lamp/values.yaml", b"a: 1\n"), ("lamp/templates/x.yaml", b"")), LAMP)
    assert chart.values == {"a": 1}
    assert set(chart.files) == {"Chart.yaml", "values.yaml", "templates/x.yaml"}


def test_what_helm_packages_is_taken(pack):
    chart = unpack(pack(), LAMP)
    assert chart.app_version == "7.1.0.0"
    assert "templates/deployment.yaml" in chart.files


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"no gzip", id="no gzip"),
        pytest.param(gzip.compress(b"no tar" * 200), id="no tar"),
        pytest.param(tarred()[:-20], id="cut off"),
        pytest.param(tarred() + tarred(), id="a second member"),
        pytest.param(tarred() + b"more", id="something after the end"),
    ],
)
def test_what_is_no_whole_archive_is_refused(data):
    with pytest.raises(InputError, match="archive is refused"):
        unpack(data, LAMP)


def test_a_bomb_is_refused_before_it_unfolds():
    with pytest.raises(InputError, match="100 times its size"):
        unpack(gzip.compress(bytes(64 << 20)), LAMP)


def test_limits_hold_for_bytes_files_and_single_files(monkeypatch):
    noise = random.Random(1).randbytes(3000)
    monkeypatch.setattr(archive, "MAX_PACKED", 2000)
    with pytest.raises(InputError, match="larger than"):
        unpack(tarred(("lamp/x", noise)), LAMP)
    monkeypatch.undo()
    monkeypatch.setattr(archive, "MAX_BYTES", 10_000)
    with pytest.raises(InputError, match="unpacks to more"):
        unpack(tarred(("lamp/x", bytes(20_000))), LAMP)
    monkeypatch.undo()
    monkeypatch.setattr(archive, "MAX_FILES", 5)
    with pytest.raises(InputError, match="more than 5 entries"):
        unpack(tarred(*[(f"lamp/{number}", b"") for number in range(5)]), LAMP)
    monkeypatch.undo()
    monkeypatch.setattr(archive, "MAX_FILE", 10)
    with pytest.raises(InputError, match="larger than 0 MiB"):
        unpack(tarred(("lamp/x", noise[:50])), LAMP)


@pytest.mark.parametrize("size", [20_000, 4 << 20, 8 << 30])
def test_a_size_that_lies_is_refused(size):
    with pytest.raises(InputError, match="archive is refused"):
        unpack(tarred(("lamp/x", lambda entry: setattr(entry, "size", size))), LAMP)


def test_a_damaged_header_does_not_hide_what_follows_it():
    data = bytearray(gzip.decompress(tarred(("lamp/x", b"hello"))))
    data[data.index(b"lamp/x")] = ord("L")
    with pytest.raises(InputError, match="header is damaged"):
        unpack(gzip.compress(bytes(data)), LAMP)


@pytest.mark.parametrize(
    ("head", "said"),
    [
        pytest.param(b"name: other\nversion: 1.0.0\n", "says 'other'", id="another name"),
        pytest.param(b"name: lamp\nversion: 2.0.0\n", "'2.0.0'", id="another version"),
        pytest.param(b"name: lamp\nversion: 1.0.0\ntype: library\n", "library", id="a library"),
        pytest.param(b"name: lamp\nname: lamp\n", "stands twice", id="a key twice"),
        pytest.param(b"[", "Chart.yaml: line", id="no YAML"),
        pytest.param(b"- a", "no map", id="no map"),
    ],
)
def test_an_archive_of_another_chart_is_refused(head, said):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as made:
        entry = tarfile.TarInfo("lamp/Chart.yaml")
        entry.size = len(head)
        made.addfile(entry, io.BytesIO(head))
    with pytest.raises(InputError, match=said):
        unpack(out.getvalue(), LAMP)


def test_helmignore_is_not_written_because_helm_would_heed_it(tmp_path):
    chart = unpack(tarred(("lamp/.helmignore", b"*"), ("lamp/values.yaml", b"")), LAMP)
    chart.write(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"Chart.yaml", "values.yaml"}
