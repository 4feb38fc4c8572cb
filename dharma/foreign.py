"""Foreign objects: folders of YAML or JSON that Dharma need not have made, held against schemas and rules.

No target is declared for them, so `input.component` is absent and `input.target` says only what holds
anywhere: an empty name, environment and region, and the newest Kubernetes release whose schemas are
carried. Tenants and domain are absent: rules that ask whose an object is find nobody.

Over 4 MiB, 200,000 values or 64 levels a file is refused, over 10,000 files or 64 MiB the whole; so is
every symbolic link. What `dharma.document` refuses in declarations is refused here as well.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from dharma import document
from dharma.build import schemas_for
from dharma.errors import DeclarationError, InputError, Origin, Problem
from dharma.gate import (
    Report,
    Subject,
    cel_findings,
    finding_of,
    levelled_by,
    object_findings,
    rank,
    rules_of,
    unchecked_finding,
)
from dharma.layer import Node, find, plain
from dharma.manifest import Manifest
from dharma.policy.engine import Embedded
from dharma.policy.finding import Finding
from dharma.policy.rule import RuleSet
from dharma.policy.waiver import load_waivers, waived
from dharma.schemas import newest

LIMITS = document.Limits(size=4 << 20, values=200_000, depth=64)
MOST_FILES = 10_000
MOST_BYTES = 64 << 20
READ_RULE, SCHEMA_RULE = "yaml/strict", "schema/valid"

_SUFFIXES = (".yaml", ".yml", ".json")
_PLAIN = "Write plain YAML that versions 1.1 and 1.2 read alike, one object a document."
_VALID = "Write what the kind's schema asks for."


@dataclass(frozen=True, slots=True)
class Found:
    """What stands in files: objects that have a name, and findings about all that is no such object."""

    manifests: list[Manifest] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def check(
    paths: Sequence[Path],
    schemas: tuple[Path, ...],
    root: Path | None,
    today: date,
    *,
    engine: type[Embedded] = Embedded,
) -> Report:
    """Judge all objects under the paths; `root` is the platform repository whose rules hold too."""
    rules = rules_of(root)
    found = read(paths)
    findings = list(found.findings)
    subjects = list(_subjects(found.manifests))
    valid, unchecked = _fitting(subjects, schemas, findings)
    met: dict[str, int] = defaultdict(int)
    findings += cel_findings(schemas, valid)
    findings += unchecked_finding(unchecked)
    findings += object_findings(engine(rules), rules, subjects, met)
    accepted = sorted(_accepted(findings, rules, root, today), key=rank)
    return Report(
        tuple(accepted), rules.rules, dict(met), (), len(found.manifests), 0, unchecked, engine.name
    )


def neutral_target() -> dict[str, Any]:
    """`input.target` of objects that belong to no declared target."""
    return {"name": "", "environment": "", "region": "", "kubernetes": newest()}


def read(paths: Sequence[Path]) -> Found:
    """Every object of the files and folders, in the order of paths; InputError where there are too many."""
    found = Found()
    for root, path in _limited(paths):
        try:
            trees, problems = document.read_all(root, path, LIMITS)
        except DeclarationError as error:
            found.findings.extend(_refused(problem) for problem in error.problems)
            continue
        found.findings.extend(_refused(problem) for problem in problems)
        for tree in trees:
            _collect(tree, path.relative_to(root).as_posix(), found)
    return found


def _limited(paths: Sequence[Path]) -> Iterator[tuple[Path, Path]]:
    files = size = 0
    for given in paths:
        path = Path(os.path.abspath(given))  # noqa: PTH100 - resolve() would follow a link that is refused
        root = Path.cwd() if path.is_relative_to(Path.cwd()) else path.parent
        for file in _files(path):
            files, size = files + 1, size + min(file.lstat().st_size, LIMITS.size)
            if files > MOST_FILES or size > MOST_BYTES:
                what = f"holds more than {MOST_FILES} files or {MOST_BYTES >> 20} MiB of YAML and JSON"
                raise InputError([Problem(str(given), what, "Name folders below it one by one.")])
            yield root, file


def _files(path: Path) -> Iterator[Path]:
    """A file, or those below a folder whose names say YAML or JSON, and every linked folder."""
    if path.is_symlink() or not path.is_dir():
        yield path
        return
    for folder, folders, names in os.walk(path):
        here = Path(folder)
        folders[:] = sorted(name for name in folders if name != ".git")
        yield from (here / name for name in folders if (here / name).is_symlink())
        yield from (here / name for name in sorted(names) if name.endswith(_SUFFIXES))


def _refused(problem: Problem) -> Finding:
    place = problem.where if isinstance(problem.where, Origin) else Origin(problem.where, 1)
    return Finding(READ_RULE, "deny", problem.what, remedy=_PLAIN, source=place, file=place.file)


def _collect(tree: Node, file: str, found: Found) -> None:
    for node, value in _unfolded(tree, plain(tree)):
        place = node.origin or Origin(file, 1)
        body: dict[str, Any] = value if isinstance(value, dict) else {}
        if fault := _fault(body):
            found.findings.append(Finding(SCHEMA_RULE, "deny", fault, remedy=_VALID, source=place, file=file))
        else:
            path = f"{body['kind'].lower()}/{body['metadata']['name']}"
            found.manifests.append(Manifest("", "", path, "", body, place, ()))


def _unfolded(node: Node, body: Any) -> Iterator[tuple[Node, Any]]:
    """The objects of a `List`, or of a list of one kind, whose items need not say their kind."""
    kind = str(body.get("kind")) if isinstance(body, dict) else ""
    items = find(node, ("items",)) if kind.endswith("List") else None
    if items is None or not isinstance(items.value, tuple):
        yield node, body
        return
    shared = {"apiVersion": body.get("apiVersion"), "kind": kind[:-4]} if kind != "List" else {}
    for item in items.value:
        said = plain(item)
        yield from _unfolded(item, shared | said if isinstance(said, dict) else said)


def _fault(body: Mapping[str, Any]) -> str:
    """Why a value is no object that rules can be asked about, empty if it is one."""
    for name in ("apiVersion", "kind"):
        if not (isinstance(body.get(name), str) and body[name]):
            return f"is no Kubernetes object: {name} is required"
    metadata = body.get("metadata")
    if not (isinstance(metadata, dict) and isinstance(metadata.get("name"), str)):
        return f"{body['kind']}: metadata.name is required"
    return "" if _is_text(body) else f"{body['kind']}: holds half of a character (a lone surrogate)"


def _is_text(body: Mapping[str, Any]) -> bool:
    try:
        json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _subjects(manifests: Iterable[Manifest]) -> Iterator[Subject]:
    target = neutral_target()
    for manifest in manifests:
        text = json.dumps({"object": manifest.body, "target": target})
        yield Subject(manifest, manifest.source.file, text)


def _fitting(
    subjects: Sequence[Subject], folders: tuple[Path, ...], findings: list[Finding]
) -> tuple[list[Subject], int]:
    """The objects that fit their schemas and how many have none; what does not fit becomes findings."""
    schemas = schemas_for(newest(), folders)
    fitting, unchecked = [], 0
    for subject in subjects:
        problems = schemas.check(subject.manifest.body)
        unchecked += problems is None
        if problems == ():
            fitting.append(subject)
        findings += [
            finding_of(subject, SCHEMA_RULE, "deny", problem.message, problem.path, _VALID)
            for problem in problems or ()
        ]
    return fitting, unchecked


def _accepted(
    findings: Sequence[Finding], rules: RuleSet, root: Path | None, today: date
) -> Iterator[Finding]:
    """The findings as a platform repository's enforcement and waivers want them."""
    if root is None:
        return iter(findings)
    waivers, _ = load_waivers(root)
    return waived(levelled_by(root, rules, findings), waivers, today)
