"""Comments of a pull request by GitHub's REST API, version 2022-11-28."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dharma.forge.client import Api, RefusedRequest
from dharma.forge.comment import Comment

MOST_CHARACTERS = 65_536
URL = "https://api.github.com"


def api(url: str, token: str) -> Api:
    """The API as a token's owner may use it."""
    head = {"Authorization": f"Bearer {token}", "X-GitHub-Api-Version": "2022-11-28"}
    return Api(url.rstrip("/"), head)


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull request of `owner/name`."""

    api: Api
    repository: str
    number: int
    most_characters: int = MOST_CHARACTERS

    def comments(self) -> Iterator[Comment]:
        """Comments that this token's owner wrote, the oldest first."""
        own = self._own_login()
        path = f"/repos/{self.repository}/issues/{self.number}/comments?per_page=100"
        for row in self.api.pages(path):
            user = row.get("user") or {}
            if user.get("login") == own if own else user.get("type") == "Bot":
                yield Comment(row["id"], row.get("body") or "")

    def add(self, body: str) -> int:
        """Add a comment; its id."""
        path = f"/repos/{self.repository}/issues/{self.number}/comments"
        return int(self.api.send("POST", path, {"body": body})["id"])

    def change(self, comment: int, body: str) -> None:
        """Replace the text of a comment."""
        self.api.send("PATCH", f"/repos/{self.repository}/issues/comments/{comment}", {"body": body})

    def remove(self, comment: int) -> None:
        """Delete a comment."""
        self.api.send("DELETE", f"/repos/{self.repository}/issues/comments/{comment}")

    def _own_login(self) -> str:
        """Who the token stands for; empty for a workflow's own, which may not ask and writes as a bot."""
        try:
            return str(self.api.get("/user")["login"])
        except RefusedRequest as error:
            if error.status in {403, 404}:
                return ""
            raise
