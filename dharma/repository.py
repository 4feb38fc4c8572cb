"""The platform repository a command works in, and where its parts are."""

from __future__ import annotations

import os
from pathlib import Path

from dharma.errors import InputError, Problem

SCHEMAS_VARIABLE = "DHARMA_SCHEMAS"


def root_of(directory: str | None) -> Path:
    """The platform repository: the given folder, or the nearest above with environments/base.yaml."""
    start = Path(directory or Path.cwd()).resolve()
    for folder in (start,) if directory else (start, *start.parents):
        if (folder / "environments" / "base.yaml").is_file():
            return folder
    what = "holds no environments/base.yaml" + ("" if directory else ", nor does any folder above")
    mend = "Go to a platform repository, name one with -C, or make one: dharma init DIR"
    raise InputError([Problem(str(start), what, mend)])


def schema_folders(root: Path | None) -> tuple[Path, ...]:
    """Catalogues of custom resource schemas: the repository's `schemas/crds`, then $DHARMA_SCHEMAS.

    $DHARMA_SCHEMAS holds folders separated by colons; one that is not there is an error.
    """
    named = [Path(part) for part in os.environ.get(SCHEMAS_VARIABLE, "").split(":") if part]
    missing = [folder for folder in named if not folder.is_dir()]
    if missing:
        raise InputError(
            Problem(str(folder), f"of ${SCHEMAS_VARIABLE} is not a folder") for folder in missing
        )
    own = [root / "schemas" / "crds"] if root else []
    return tuple(folder.resolve() for folder in [folder for folder in own if folder.is_dir()] + named)


def output_folder(root: Path, output: str) -> Path:
    """Where the generated tree goes; `output` is relative to the repository."""
    return Path(os.path.normpath(root / output))
