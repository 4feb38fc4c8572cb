"""Which commit of the declarations a tree was made of, for trees that lie in another repository."""

from __future__ import annotations

import json
from pathlib import Path

from git import InvalidGitRepositoryError, Repo

from dharma import __version__


def source_record(root: Path) -> str:
    """JSON with the repository's commit, whether it had uncommitted changes, and our version."""
    try:
        repository = Repo(root, search_parent_directories=True)
        commit = repository.head.commit.hexsha if repository.head.is_valid() else None
        record = {"commit": commit, "dirty": repository.is_dirty(untracked_files=True), "dharma": __version__}
    except InvalidGitRepositoryError:
        record = {"commit": None, "dirty": True, "dharma": __version__}
    return json.dumps(record, indent=2) + "\n"
