"""Spelling: what a user may have meant by a name that is not known."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_FEW = 20


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint at what was meant: the nearest of the known names, or all of them if they are few."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f"Did you mean {close[0]!r}?"
    return f"Known: {', '.join(names)}." if names and len(names) <= _FEW else ""
