"""What can go wrong, as values until the command line prints them.

DharmaError
├── InputError      the user's files or arguments are wrong          exit 2
│   ├── DeclarationError   problems in environments/, all at once
│   └── RenderError        a component declared an object that cannot be
├── DriftError      generated/ is not what the declarations say      exit 1
├── RefusedError    a promotion or rollback that must not be         exit 1
└── ToolError       a program, engine or file system failed          exit 3
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, order=True)
class Origin:
    """A place in a file of the repository; line and column count from 1."""

    file: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake: where it is, what is wrong, how to mend it."""

    where: Origin | str
    what: str
    mend: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" + (f"\n    {self.mend}" if self.mend else "")


class DharmaError(Exception):
    """Any failure that is printed without a traceback; carries all problems of a run."""

    exit_code: ClassVar[int] = 2

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems), key=_place))
        super().__init__("\n".join(map(str, self.problems)))


class InputError(DharmaError):
    """The user's files or arguments are wrong."""


class DeclarationError(InputError):
    """environments/ cannot be read, merged or validated."""


class RenderError(InputError):
    """A component declared an object that cannot stand."""


class DriftError(DharmaError):
    """generated/ differs from what the declarations say."""

    exit_code = 1


class RefusedError(DharmaError):
    """A promotion or rollback that must not be: the gate, a ring or a concurrent one is against it."""

    exit_code = 1


class ToolError(DharmaError):
    """Something that Dharma runs on failed."""

    exit_code = 3


def _place(problem: Problem) -> tuple[str, int, int, str]:
    where = problem.where
    if isinstance(where, Origin):
        return where.file, where.line, where.column, problem.what
    return str(where), 0, 0, problem.what
