"""Schemas of custom resources, in folders laid out as kubeconform reads them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_GROUP = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_WORD = re.compile(r"[A-Za-z0-9]+")


def read(file: Path) -> dict[str, Any]:
    """A schema as written; raises ValueError when its file is not a JSON object."""
    schema = json.loads(file.read_bytes())
    if not isinstance(schema, dict):
        raise ValueError("it is not a JSON object")  # noqa: TRY004 - a malformed file, not a caller's mistake
    return schema


class Catalogue:
    """Folders with `<group>/<kind in lower case>_<version>.json`; the first folder that has a file wins."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self.folders = tuple(folders)

    def find(self, api_version: str, kind: str) -> Path | None:
        """The schema's file, None when no folder has one."""
        group, _, version = api_version.rpartition("/")
        if not (_GROUP.fullmatch(group) and _WORD.fullmatch(version) and _WORD.fullmatch(kind)):
            return None
        name = f"{group}/{kind.lower()}_{version}.json"
        return next((folder / name for folder in self.folders if (folder / name).is_file()), None)

    def missing(self, api_version: str, kind: str) -> str:
        """The message for a kind no folder knows: where it was sought and how to add it."""
        group, _, version = api_version.rpartition("/")
        sought = " or ".join(str(folder) for folder in self.folders)
        return (
            f"no schema for kind {kind} of {api_version} in {sought}; "
            f"add it with its custom resource definition's schema as {group}/{kind.lower()}_{version}.json"
        )

    def files(self) -> list[tuple[str, int, int]]:
        """Every schema's path under its folder, size in bytes and time of change in nanoseconds, sorted."""
        found = []
        for number, folder in enumerate(self.folders):
            for file in folder.glob("*/*.json"):
                facts = file.stat()
                name = f"{number}/{file.relative_to(folder).as_posix()}"
                found.append((name, facts.st_size, facts.st_mtime_ns))
        return sorted(found)
