"""Notes of a merge request by GitLab's REST API, version 4."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from dharma.forge.client import Api
from dharma.forge.comment import Comment

MOST_CHARACTERS = 65_536
"""GitLab takes a million; what nobody reads to its end is cut as on GitHub."""
URL = "https://gitlab.com/api/v4"


def api(url: str, token: str) -> Api:
    """The API as a token's owner may use it."""
    return Api(url.rstrip("/"), {"PRIVATE-TOKEN": token})


@dataclass(frozen=True, slots=True)
class Merge:
    """A merge request of a project, named by path or number."""

    api: Api
    repository: str
    number: int
    most_characters: int = MOST_CHARACTERS

    def comments(self) -> Iterator[Comment]:
        """Notes that this token's owner wrote, the oldest first."""
        own = self.api.get("/user")["id"]
        for row in self.api.pages(f"{self._notes}?per_page=100&sort=asc&order_by=created_at"):
            if not row.get("system") and (row.get("author") or {}).get("id") == own:
                yield Comment(row["id"], row.get("body") or "")

    def add(self, body: str) -> int:
        """Add a note; its id."""
        return int(self.api.send("POST", self._notes, {"body": body})["id"])

    def change(self, comment: int, body: str) -> None:
        """Replace the text of a note."""
        self.api.send("PUT", f"{self._notes}/{comment}", {"body": body})

    def remove(self, comment: int) -> None:
        """Delete a note."""
        self.api.send("DELETE", f"{self._notes}/{comment}")

    @property
    def _notes(self) -> str:
        return f"/projects/{quote(self.repository, safe='')}/merge_requests/{self.number}/notes"
