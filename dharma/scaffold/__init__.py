"""New files from templates: written all or none, never over what is there."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import get_args

from dharma.document import guard
from dharma.errors import InputError, Problem
from dharma.values import Name

Files = Mapping[str, str]
_LABEL = re.compile(get_args(Name)[1].pattern)
_LONGEST = 63


def well_named(what: str, name: str, taken: Collection[str], reserved: Collection[str] = ()) -> None:
    """Raise InputError for a name that is no DNS label, means something else, or is taken."""
    where = f"{what} {name!a}"
    if not _LABEL.fullmatch(name) or len(name) > _LONGEST:
        form = "lower-case letters, digits and '-', at most 63 characters"
        raise InputError([Problem(where, "is no DNS label", f"A name has {form}.")])
    if name in reserved:
        raise InputError([Problem(where, "is a reserved word", "Choose another name.")])
    if name in taken:
        raise InputError([Problem(where, "is there already", "Choose another name.")])


@contextmanager
def written(root: Path, files: Files) -> Iterator[None]:
    """Write files below the root; they are gone again if the block raises."""
    root = root.resolve()
    paths = [root / name for name in files]
    for path in paths:
        guard(root, path)
    if there := [path for path in paths if path.exists()]:
        raise InputError(Problem(path.relative_to(root).as_posix(), "is there already") for path in there)
    made: list[Path] = []
    try:
        for path, text in zip(paths, files.values(), strict=True):
            _make_folders(path.parent, made)
            made.append(path)
            path.write_text(text, encoding="utf-8")
        yield
    except BaseException:
        for path in reversed(made):
            _remove(path)
        raise


def _make_folders(folder: Path, made: list[Path]) -> None:
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir()
        made.append(path)


def _remove(path: Path) -> None:
    if path.is_dir():
        for cached in path.glob("__pycache__/*.pyc"):
            cached.unlink()
        for folder in (path / "__pycache__", path):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
    else:
        path.unlink(missing_ok=True)
