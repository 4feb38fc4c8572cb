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
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import dharma_rego
from dharma import document
from dharma.build import schemas_for
from dharma.errors import DeclarationError, InputError, Origin, Problem
from dharma.gate import Report, levelled_by, name_of, rank, rules_of, unchecked_finding
from dharma.judgement import Judge, MakeEngine, Remark, Subject, context, finding_of, meetings
from dharma.layer import Node, find, plain
from dharma.manifest import Manifest
from dharma.policy.engine import Embedded
from dharma.policy.finding import Finding
from dharma.policy.rule import RuleSet
from dharma.policy.waiver import load_waivers, waived
from dharma.schemas import SchemaProblem, newest
from dharma.shelf import Table, named

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


@dataclass(slots=True)
class Said:
    """What was said of one file: its objects by kind, how many went unchecked, and the findings."""

    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)
    unchecked: int = 0
    findings: list[Finding] = field(default_factory=list)

    def row(self) -> dict[str, Any]:
        """The same as JSON; lines stay, the file's name does not."""
        return {
            "kinds": [[*kind, number] for kind, number in self.kinds.items()],
            "unchecked": self.unchecked,
            "findings": [_row(finding) for finding in self.findings],
        }


def check(
    paths: Sequence[Path],
    schemas: tuple[Path, ...],
    root: Path | None,
    today: date,
    *,
    engine: MakeEngine = Embedded,
    cached: bool = True,
) -> Report:
    """Judge all objects under the paths; `root` is the platform repository whose rules hold too.

    What the embedded engine said of a file is reused while nothing changed, unless `cached` is false.
    """
    rules = rules_of(root)
    table = Table("files", context(rules, schemas, newest())) if cached and engine is Embedded else None
    said = _said(paths, table, Judge(rules, schemas, engine), schemas)
    kinds = sum((one.kinds for one in said), Counter())
    unchecked = sum(one.unchecked for one in said)
    findings = [*unchecked_finding(unchecked), *(finding for one in said for finding in one.findings)]
    met: dict[str, int] = defaultdict(int)
    for rule, number in meetings(rules, kinds):
        met[rule.id] += number
    accepted = sorted(_accepted(findings, rules, root, today), key=rank)
    count = sum(kinds.values())
    said_by, day = name_of(engine), today.isoformat()
    return Report(tuple(accepted), rules.rules, dict(met), (), count, 0, unchecked, said_by, day=day)


def _said(paths: Sequence[Path], table: Table | None, judge: Judge, schemas: tuple[Path, ...]) -> list[Said]:
    """What is said of every file, in their order; only files that are not in the table are judged."""
    said: dict[str, Said] = {}
    fresh: dict[str, tuple[str, Found]] = {}
    for base, path in _limited(paths):
        name = path.relative_to(base).as_posix()
        try:
            text = document.text(base, path, LIMITS)
        except DeclarationError as error:
            said[name] = Said(findings=[_refused(problem) for problem in error.problems])
            continue
        key = named([text])
        kept = _kept(table.get(key), name) if table else None
        said[name] = kept or Said()
        if kept is None:
            fresh[name] = key, _found(name, text)
    said |= _judged({name: found for name, (_, found) in fresh.items()}, judge, schemas)
    if table:
        _keep(table, {key: said[name] for name, (key, _) in fresh.items()})
    return list(said.values())


def _keep(table: Table, said: Mapping[str, Said]) -> None:
    for key, one in said.items():
        if not any(finding.failed for finding in one.findings):
            table.put(key, one.row())
    table.save()


def _kept(row: Any, file: str) -> Said | None:
    """What a table holds of a file; None for anything else."""
    try:
        kinds = Counter({(group, kind): number for group, kind, number in row["kinds"]})
        findings = [_finding(file, **kept) for kept in row["findings"]]
        return Said(kinds, int(row["unchecked"]), findings)
    except (TypeError, KeyError, ValueError):
        return None


_KEPT = ("rule", "level", "message", "subject", "path", "remedy")


def _row(finding: Finding) -> dict[str, Any]:
    place = finding.source
    line = [place.line, place.column] if place else [1, 1]
    return {name: getattr(finding, name) for name in _KEPT} | {"line": line}


def _finding(file: str, *, line: Sequence[int], **kept: str) -> Finding:
    return Finding(**kept, source=Origin(file, *line), file=file)  # type: ignore[arg-type]


def _judged(files: Mapping[str, Found], judge: Judge, folders: tuple[Path, ...]) -> dict[str, Said]:
    said = {name: Said(findings=list(found.findings)) for name, found in files.items()}
    subjects = [one for found in files.values() for one in _subjects(found.manifests)]
    schemas = schemas_for(newest(), folders)
    fitting = []
    for subject in subjects:
        one = said[subject.file]
        one.kinds[subject.manifest.group, subject.manifest.kind] += 1
        problems = schemas.check(subject.manifest.body)
        one.unchecked += problems is None
        one.findings += (_unfit(subject, problem) for problem in problems or ())
        fitting.append(problems == ())
    for subject, verdict in zip(subjects, judge.verdicts(subjects, fitting), strict=True):
        said[subject.file].findings += (finding_of(subject, remark) for remark in verdict)
    return said


def _unfit(subject: Subject, problem: SchemaProblem) -> Finding:
    return finding_of(subject, Remark(SCHEMA_RULE, "deny", problem.message, problem.path, _VALID))


def neutral_target() -> dict[str, Any]:
    """`input.target` of objects that belong to no declared target."""
    return {"name": "", "environment": "", "region": "", "kubernetes": newest()}


def read(paths: Sequence[Path]) -> Found:
    """Every object of the files and folders, in the order of paths; InputError where there are too many."""
    everything = Found()
    for base, path in _limited(paths):
        name = path.relative_to(base).as_posix()
        try:
            one = _found(name, document.text(base, path, LIMITS))
        except DeclarationError as error:
            one = Found(findings=[_refused(problem) for problem in error.problems])
        everything.manifests.extend(one.manifests)
        everything.findings.extend(one.findings)
    return everything


def _found(name: str, text: str) -> Found:
    """What stands in one file's text; plain files are read fast, all others strictly."""
    found = Found()
    plainly = dharma_rego.read(text, values=LIMITS.values, depth=LIMITS.depth)
    bodies = [(Origin(name, line, column), json.loads(body)) for line, column, body in plainly or ()]
    if plainly is not None and not any(str(body.get("kind")).endswith("List") for _, body in bodies):
        for place, body in bodies:
            _collect(place, body, name, found)
        return found
    try:
        trees, problems = document.read_all(text, name, LIMITS)
    except DeclarationError as error:
        return Found(findings=[_refused(problem) for problem in error.problems])
    found.findings.extend(_refused(problem) for problem in problems)
    for tree in trees:
        for node, value in _unfolded(tree, plain(tree)):
            if value is None or _is_text(value):
                _collect(node.origin or Origin(name, 1), value, name, found)
            else:
                what = "holds half of a character (a lone surrogate)"
                place = node.origin or Origin(name, 1)
                found.findings.append(
                    Finding(SCHEMA_RULE, "deny", what, remedy=_VALID, source=place, file=name)
                )
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


def _collect(place: Origin, value: Any, file: str, found: Found) -> None:
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
    return ""


def _is_text(body: Any) -> bool:
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


def _accepted(
    findings: Sequence[Finding], rules: RuleSet, root: Path | None, today: date
) -> Iterator[Finding]:
    """The findings as a platform repository's enforcement and waivers want them."""
    if root is None:
        return iter(findings)
    waivers, _ = load_waivers(root)
    return waived(levelled_by(root, rules, findings), waivers, today)
