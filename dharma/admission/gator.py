"""Gator: Gatekeeper's own evaluation on the command line, as the referee of what is compiled for it.

`gator test` holds objects against everything at once; `gator verify` holds one AdmissionReview against
one Constraint, and so sees the operation. Files are JSON, several of them in one YAML stream.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dharma.errors import Problem, ToolError

_SECONDS = 600
_FAILED = re.compile(r"^\s*--- FAIL: case-([0-9]+)\s")
Body = Mapping[str, Any]


def find_gator() -> Path | None:
    """The `gator` on PATH, or the one in Dharma's cache."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dharma" / "bin"
    found = shutil.which("gator") or shutil.which("gator", path=str(cache))
    return Path(found) if found else None


@dataclass(frozen=True, slots=True)
class Violation:
    """What one Constraint says of one object; `object` in one spelling, as `spelled` gives it."""

    rule: str
    object: str
    message: str
    path: str
    action: str


@dataclass(frozen=True, slots=True)
class Case:
    """An AdmissionReview, what reviews it and the messages that must come of it."""

    template: Body
    constraint: Body
    review: Body
    messages: tuple[str, ...]


def spelled(body: Any) -> str:
    """An object in one spelling, by which it is known again."""
    return json.dumps(body, sort_keys=True)


def violations(gator: Path, policies: Iterable[Body], bodies: Iterable[Body]) -> list[Violation]:
    """Everything that the policies say of the objects; raises ToolError when gator cannot say."""
    with tempfile.TemporaryDirectory(prefix="dharma-gator-") as folder:
        several = [("policies", policies), ("objects", bodies)]
        for name, content in several:
            (Path(folder) / f"{name}.yaml").write_text(_stream(content), encoding="utf-8")
        done = _run(gator, "test", "-f", folder, "-o", "json")
    try:
        found = json.loads(done.stdout or "[]")
    except ValueError:
        raise _broken(done) from None
    if done.returncode not in {0, 1} or (done.returncode and not found):
        raise _broken(done)
    return [_violation(row) for row in found or ()]


def reviewed(gator: Path, cases: Sequence[Case]) -> dict[int, str]:
    """What went otherwise than a case says, by the case's number; raises ToolError when gator stops."""
    if not cases:
        return {}
    with tempfile.TemporaryDirectory(prefix="dharma-gator-") as folder:
        _write_suite(Path(folder), cases)
        done = _run(gator, "verify", "-v", f"{folder}/suite.yaml")
    wrong = dict(_wrong(done.stdout))
    ran = len(re.findall(r"^\s*--- (?:PASS|FAIL): case-", done.stdout, re.MULTILINE))
    if ran != len(cases) or done.returncode not in {0, 1}:
        raise _broken(done)
    return wrong


def _write_suite(folder: Path, cases: Sequence[Case]) -> None:
    tests: dict[str, dict[str, Any]] = {}
    for number, case in enumerate(cases):
        name = spelled([case.template["metadata"]["name"], case.constraint])
        test = tests.setdefault(name, {"name": f"test-{len(tests)}", "cases": []})
        if not test["cases"]:
            for part, body in (("template", case.template), ("constraint", case.constraint)):
                test[part] = f"{test['name']}-{part}.yaml"
                (folder / test[part]).write_text(json.dumps(body), encoding="utf-8")
        file = f"review-{number}.yaml"
        (folder / file).write_text(json.dumps(case.review), encoding="utf-8")
        asserted = list(_assertions(case.messages))
        test["cases"].append({"name": f"case-{number}", "object": file, "assertions": asserted})
    suite = {"kind": "Suite", "apiVersion": "test.gatekeeper.sh/v1alpha1", "tests": list(tests.values())}
    (folder / "suite.yaml").write_text(json.dumps(suite), encoding="utf-8")


def _assertions(messages: Sequence[str]) -> Iterator[dict[str, Any]]:
    """How many violations in all, and how many with each message."""
    yield {"violations": len(messages)}
    for message, count in Counter(messages).items():
        yield {"violations": count, "message": f"^{_quoted(message)}$"}


def _quoted(text: str) -> str:
    """A text as an expression of RE2 that takes nothing else."""
    return re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", text)


def _wrong(said: str) -> Iterator[tuple[int, str]]:
    lines = said.splitlines()
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        if found := _FAILED.match(line):
            yield int(found[1]), after.strip()


def _violation(row: Mapping[str, Any]) -> Violation:
    details = row["metadata"]["details"]
    return Violation(
        details["rule"],
        spelled(row["violatingObject"]),
        row["msg"],
        details["path"],
        row["enforcementAction"],
    )


def _stream(bodies: Iterable[Body]) -> str:
    return "\n---\n".join(json.dumps(body) for body in bodies) + "\n"


def _run(gator: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            [gator, *arguments], capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolError([Problem("gator", f"does not run: {error}")]) from None


def _broken(done: subprocess.CompletedProcess[str]) -> ToolError:
    said = (done.stderr or done.stdout)[-2000:]
    return ToolError([Problem("gator", f"ended with {done.returncode}: {said}")])
