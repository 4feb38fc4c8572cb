"""What stops a run: every reason at once."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TreeProblem:
    """One reason why the tree cannot be read or written."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class TreeError(Exception):
    """Everything that stopped a run; nothing was written unless a message says that a build is half done."""

    def __init__(self, problems: Iterable[TreeProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))
