"""Finding: what a rule, a schema or a check says about one object or about the fleet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from dharma.errors import Origin

Level = Literal["audit", "warn", "deny"]
LEVELS: tuple[Level, ...] = ("audit", "warn", "deny")
"""From the mildest to the one that blocks."""

Age = Literal["new", "old", "mended"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, where its cause is and how to mend it.

    `subject` is the object as group/Kind/namespace/name, empty for the fleet; `path` the place inside
    it; `source` the component's Python line, `origins` the YAML lines, `file` the generated file.
    """

    rule: str
    level: Level
    message: str
    target: str = ""
    component: str = ""
    subject: str = ""
    path: str = ""
    remedy: str = ""
    source: Origin | None = None
    origins: tuple[Origin, ...] = ()
    file: str = ""
    waiver: str = ""
    age: Age = "new"
    failed: bool = False
    """The check itself failed: that blocks whatever enforcement, waivers and age say."""

    @property
    def blocks(self) -> bool:
        """Whether the finding makes the gate fail."""
        if self.failed:
            return self.age != "mended"
        return self.level == "deny" and not self.waiver and self.age == "new"

    @property
    def identity(self) -> tuple[str, str, str, str, str]:
        """What makes two findings of different commits the same one."""
        return self.rule, self.target, self.subject, self.path, self.message

    def at(self, level: Level) -> Finding:
        """The same finding, as grave as `level`; the failure of a check stays a denial."""
        return self if self.failed else replace(self, level=level)
