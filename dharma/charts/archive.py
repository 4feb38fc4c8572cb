"""Archive: a chart's .tgz taken apart in memory; nothing of it reaches a disk before it was checked.

Refused: names that are absolute, climb, or leave the chart's folder; links, devices and every other
entry that is no file or folder; names that stand twice or need a file to be a folder; more files,
bytes or growth than a chart has; and a Chart.yaml that names another chart or version.
"""

from __future__ import annotations

import io
import re
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from dharma.charts import text
from dharma.charts.reference import Reference
from dharma.errors import InputError, Problem

MAX_PACKED = 20 << 20
MAX_BYTES = 100 << 20
MAX_FILE = 5 << 20
MAX_FILES = 5_000
MAX_RATIO = 100
_SMALL = 1 << 20
"""Growth is not judged below this size: a few repeated lines shrink a lot."""
_MAX_NAME = 255
_STEP = 64 << 10
_GZIP = 31
_NAME = re.compile(r"[^\x00-\x1f\x7f\\:]+")


class Refused(Exception):  # noqa: N818 - a value that callers turn into a problem with a place
    """Why an archive is not opened."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart's files by their path inside its folder, and what Chart.yaml says."""

    files: Mapping[str, bytes]
    metadata: Mapping[str, Any]

    @property
    def app_version(self) -> str:
        """The version of what the chart installs, as its author wrote it."""
        return str(self.metadata.get("appVersion") or "")

    @property
    def values(self) -> dict[str, Any]:
        """The chart's own values; `Refused` where they cannot be read."""
        return _map(self.files.get("values.yaml", b""), "values.yaml")

    def subchart(self, name: str) -> Chart | None:
        """A chart that is packed inside, unpacked there."""
        prefix = f"charts/{name}/"
        files = {
            path.removeprefix(prefix): data for path, data in self.files.items() if path.startswith(prefix)
        }
        return _chart(files) if "Chart.yaml" in files else None

    def with_files(self, files: Mapping[str, bytes]) -> Chart:
        """The same chart with other bytes in its files."""
        return replace(self, files=files)

    def write(self, folder: Path) -> None:
        """Write the files into an empty private folder; .helmignore is left out, as archives have none."""
        for path, data in self.files.items():
            if PurePosixPath(path).name == ".helmignore":
                continue
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("xb") as file:
                file.write(data)


def unpack(data: bytes, reference: Reference) -> Chart:
    """The chart in an archive; InputError where it is not safe or not the one that is meant."""
    try:
        chart = _chart(_files(_unzipped(data), reference.chart))
        _same(chart, reference)
    except Refused as error:
        mend = "Do not use it; ask whoever publishes it."
        raise InputError([Problem(str(reference), f"its archive is refused: {error}", mend)]) from None
    return chart


def _unzipped(data: bytes) -> bytes:
    if len(data) > MAX_PACKED:
        raise Refused(f"it is larger than {MAX_PACKED >> 20} MiB")
    stream, parts, size = zlib.decompressobj(_GZIP), [], 0
    rest = data
    try:
        while rest and not stream.eof:
            parts.append(stream.decompress(rest, _STEP))
            rest, size = stream.unconsumed_tail, size + len(parts[-1])
            if size > MAX_BYTES or (size > _SMALL and size > MAX_RATIO * len(data)):
                raise Refused(f"it unpacks to more than {MAX_BYTES >> 20} MiB or {MAX_RATIO} times its size")
    except zlib.error:
        raise Refused("it is no gzip file") from None
    if not stream.eof or stream.unused_data.strip(b"\0"):
        raise Refused("it is cut off, or something follows its end")
    return b"".join(parts)


def _files(tar: bytes, chart: str) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    folders: set[str] = set()
    try:
        with tarfile.open(fileobj=io.BytesIO(tar), mode="r:") as archive:
            for number, entry in enumerate(archive, 1):
                if number > MAX_FILES:
                    raise Refused(f"it holds more than {MAX_FILES} entries")
                path = _inside(entry.name, chart)
                if _is_file(entry):
                    _add(files, path, archive, entry)
                elif path:
                    folders.add(path)
            if tar[archive.offset :].strip(b"\0"):
                raise Refused("an entry's header is damaged")
    except (tarfile.TarError, EOFError, ValueError, OverflowError, RecursionError):
        raise Refused("it is no tar archive") from None
    _distinct(files, folders)
    return files


def _is_file(entry: tarfile.TarInfo) -> bool:
    if not (entry.isreg() or entry.isdir()) or entry.issparse():
        kind = "a link" if entry.issym() or entry.islnk() else "a device, pipe or other special entry"
        raise Refused(f"{entry.name!a} is {kind}")
    return entry.isreg()


def _add(files: dict[str, bytes], path: str, archive: tarfile.TarFile, entry: tarfile.TarInfo) -> None:
    if not path or path in files:
        raise Refused(f"{entry.name!a} stands twice, or is no file inside the chart")
    if entry.size > MAX_FILE:
        raise Refused(f"{entry.name!a} is larger than {MAX_FILE >> 20} MiB")
    content = archive.extractfile(entry)
    data = content.read() if content else b""
    if len(data) != entry.size:
        raise Refused(f"{entry.name!a} is cut off")
    files[path] = data


def _inside(name: str, chart: str) -> str:
    """The path below the chart's folder, empty for the folder itself."""
    if len(name) > _MAX_NAME or not _NAME.fullmatch(name) or name.startswith("/"):
        raise Refused(f"{name[:_MAX_NAME]!a} is no name of a file in a chart")
    parts = name.rstrip("/").split("/")
    if parts[0] != chart or any(part in {"", ".", ".."} for part in parts):
        raise Refused(f"{name!a} is not inside the folder {chart!a}")
    return "/".join(parts[1:])


def _distinct(files: Mapping[str, bytes], folders: set[str]) -> None:
    if packed := [
        path for path in files if path.startswith("charts/") and path.endswith((".tgz", ".tar.gz"))
    ]:
        raise Refused(f"{packed[0]!a} is a chart packed inside, which was not looked into")
    above = folders | {str(parent) for path in files for parent in PurePosixPath(path).parents}
    if clash := sorted(above & files.keys()):
        raise Refused(f"{clash[0]!a} is a file and a folder")
    folded = {path.casefold() for path in files}
    if len(folded) != len(files):
        raise Refused("names differ in nothing but the case of letters")


def _chart(files: Mapping[str, bytes]) -> Chart:
    if "Chart.yaml" not in files:
        raise Refused("it has no Chart.yaml")
    return Chart(files, _map(files["Chart.yaml"], "Chart.yaml"))


def _map(data: bytes, name: str) -> dict[str, Any]:
    try:
        found = text.document(data)
    except text.Unreadable as error:
        raise Refused(f"{name}: {error}") from None
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise Refused(f"{name} is no map")
    return found


def _same(chart: Chart, reference: Reference) -> None:
    named = (str(chart.metadata.get("name")), str(chart.metadata.get("version")).lstrip("v"))
    if named != (reference.chart, reference.version.lstrip("v")):
        raise Refused(f"Chart.yaml says {named[0]!a} {named[1]!a}")
    if chart.metadata.get("type") == "library":
        raise Refused("it is a library, which installs nothing")


def subcharts(chart: Chart) -> Iterator[tuple[str, Chart]]:
    """The charts packed inside by the key their values stand under: the alias, or else the name."""
    listed = [(str(one.get("name")), one.get("alias")) for one in chart.metadata.get("dependencies") or ()]
    folders = {
        path.split("/")[1] for path in chart.files if path.startswith("charts/") and path.count("/") > 1
    }
    for name, alias in (
        *listed,
        *((folder, None) for folder in sorted(folders - {name for name, _ in listed})),
    ):
        found = chart.subchart(name)
        if found is not None:
            yield str(alias or name), found
