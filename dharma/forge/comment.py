"""One comment of a change, found by a hidden marker and updated in place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

from dharma.errors import Problem, ToolError
from dharma.forge.client import ATTEMPTS, Api, Passing, RefusedRequest

MARKER = "<!-- dharma: this comment is updated in place -->"
_GONE = {404, 410}
_MENDS = {
    401: "Give a token that is still valid.",
    403: "Give the token the right to write comments.",
    404: "Look at the repository, the number and what the token may see.",
}

Done = Literal["added", "updated", "unchanged"]


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment that is there."""

    id: int
    body: str


class Change(Protocol):
    """A pull or merge request."""

    @property
    def api(self) -> Api:
        """Where it is."""

    @property
    def repository(self) -> str:
        """Which repository it is of."""

    @property
    def most_characters(self) -> int:
        """How long a comment may be."""

    def comments(self) -> Iterable[Comment]:
        """Our comments, the oldest first."""

    def add(self, body: str) -> int:
        """Add one."""

    def change(self, comment: int, body: str) -> None:
        """Replace one's text."""

    def remove(self, comment: int) -> None:
        """Delete one."""


def publish(change: Change, report: str) -> Done:
    """Make the report the change's one comment; ToolError where the forge refuses or stays away.

    After a fault it is looked up anew what is there, so that an answer that got lost adds no second comment.
    """
    body = fitted(report, change.most_characters)
    try:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return _published(change, body)
            except Passing as error:
                if attempt == ATTEMPTS:
                    raise ToolError([Problem("comment", str(error), "Try again later.")]) from None
                change.api.wait(attempt, error.wait)
            except RefusedRequest as error:
                if error.status not in _GONE or attempt == ATTEMPTS:
                    raise
    except RefusedRequest as error:
        problem = Problem("comment", f"refused: {error}", _MENDS.get(error.status, ""))
        raise ToolError([problem]) from None
    raise AssertionError


def fitted(report: str, most: int) -> str:
    """The marker and as many whole lines of the report's beginning as a comment can hold."""
    whole = f"{MARKER}\n{report.replace(MARKER, '').strip()}\n"
    if len(whole.encode("utf-16-le")) // 2 <= most:
        return whole
    lines, size = whole.splitlines(keepends=True), 0
    room = most - len(_cut(len(lines)))
    kept = 0
    for line in lines:
        size += len(line.encode("utf-16-le")) // 2
        if size > room:
            break
        kept += 1
    return "".join(lines[:kept]) + _cut(len(lines) - kept)


def _cut(lines: int) -> str:
    return f"\n… {lines} more lines do not fit a comment; the job has them all.\n"


def _published(change: Change, body: str) -> Done:
    ours = _ours(change)
    if not ours:
        change.add(body)
        _lone(change, body)
        return "added"
    first, *others = ours
    if first.body.strip() != body.strip():
        change.change(first.id, body)
    _remove(change, others)
    return "unchanged" if first.body.strip() == body.strip() else "updated"


def _lone(change: Change, body: str) -> None:
    """Where another run added its own meanwhile, the oldest stays with what we say."""
    first, *others = _ours(change) or (None,)
    if first is None or not others:
        return
    if first.body.strip() != body.strip():
        change.change(first.id, body)
    _remove(change, [one for one in others if one is not None])


def _remove(change: Change, comments: Iterable[Comment]) -> None:
    for one in comments:
        try:
            change.remove(one.id)
        except RefusedRequest as error:
            if error.status not in _GONE:
                raise


def _ours(change: Change) -> list[Comment]:
    return sorted(
        (one for one in change.comments() if one.body.startswith(MARKER)), key=lambda comment: comment.id
    )
