"""Store: chart archives that were fetched, kept by their digest outside of Git.

They lie in the cache; a repository that wants them in Git keeps copies in its folder `charts/`.
Bytes are hashed anew each time they are taken.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from dharma.charts.lock import Entry
from dharma.errors import InputError, Problem
from dharma.node import cache_folder

FOLDER = "charts"


def digest(data: bytes) -> str:
    """sha256 of bytes that are held, as the lock writes it."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def put(data: bytes, folder: Path | None = None) -> str:
    """Keep an archive, in the cache or another folder, and return its digest."""
    name = digest(data)
    folder = folder or _cache()
    folder.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=folder)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    Path(temporary).chmod(0o644)
    Path(temporary).replace(folder / _file(name))
    return name


def take(root: Path, entry: Entry) -> bytes | None:
    """An entry's bytes, None where they are not held; InputError where they are not what the lock says."""
    if not entry.resolved:
        return None
    for path in (root / FOLDER / _file(entry.digest), _cache() / _file(entry.digest)):
        data = _bytes(path)
        if data is None:
            continue
        if digest(data) != entry.digest:
            what = f"holds other bytes than charts.lock says ({digest(data)[:19]}… for {entry.digest[:19]}…)"
            raise InputError(
                [Problem(str(path), what, "Remove it; `dharma charts vendor` fetches it again.")]
            )
        return data
    return None


def _bytes(path: Path) -> bytes | None:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError([Problem(str(path), f"cannot be read as a file: {error.strerror}")]) from None
    with os.fdopen(handle, "rb") as file:
        return file.read()


def _cache() -> Path:
    return cache_folder() / "charts"


def _file(name: str) -> str:
    return f"{name.removeprefix('sha256:')}.tgz"
