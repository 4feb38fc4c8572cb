"""Approval: whether the gate lets a commit reach targets.

A source that is checked out is built anew: its generated files must be what its declarations say, and the
whole gate judges them. Code of another commit is not run. Its generated objects are judged as they stand in
Git, with the rules that are checked out and with the facts, waivers and enforcement of the default branch.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path, PurePosixPath

from dharma import baseline, environment, foreign
from dharma.build import Built, Plan, build, schemas_for
from dharma.delivery.branch import Branches, path_of
from dharma.delivery.git import REGULAR, Entry, Git, laid_out
from dharma.errors import Problem
from dharma.gate import check, levelled_by, rules_of, unchecked_finding
from dharma.judgement import Judge, Remark, Subject, finding_of
from dharma.manifest import Manifest
from dharma.policy.finding import Finding
from dharma.policy.fleet import facts
from dharma.policy.waiver import load_waivers, waived
from dharma.report.terminal import where
from dharma.repository import schema_folders
from dharma.target import Target
from dharma.tree.index import indexed

NOT_PROVEN = (
    "{0} is not checked out: its objects are judged as they stand; not fleet rules, "
    "nor that the objects are what its declarations say"
)
_READ = (".yaml", ".yml", ".json")
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Case:
    """What is to be judged: a source for some targets.

    `root` is the checked out platform repository, `declared` the commit whose declarations give facts.
    """

    root: Path
    branches: Branches
    source: str
    targets: tuple[Target, ...]
    declared: str
    today: date

    @property
    def checked_out(self) -> bool:
        """Whether the source is what HEAD of the platform repository says."""
        own = Git.around(self.root)
        return own.folder == self.branches.git.folder and own.commit("HEAD") == self.source


@dataclass(slots=True)
class Judgement:
    """Why a source must not reach the targets, and what could not be judged."""

    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def judged(case: Case) -> Judgement:
    """The gate's verdict; DeclarationError where the declarations of a checked out source do not load."""
    if not case.targets:
        return Judgement()
    found = _built(case) if case.checked_out else _as_it_stands(case)
    found.notes += _uncommitted(case.root)
    return found


def manifests_of(git: Git, entries: Sequence[Entry], path: str) -> foreign.Found:
    """The objects in files of a tree, whose paths are shown below `path`."""
    texts = [one for one in entries if one.mode in REGULAR and one.path.endswith(_READ)]
    with laid_out(git, texts, path) as folder:
        return foreign.read([folder / PurePosixPath(path).parts[0]])


def _built(case: Case) -> Judgement:
    commit = baseline.resolve(case.root, case.source)
    with baseline.declared(case.root, commit) as folder:
        fleet = environment.load(folder, case.root)
        plan = Plan(folder, schema_folders(case.root), code=case.root, today=case.today)
        built = build(plan, fleet.targets)
        report = check(plan, built, fleet.targets, case.today, whole=True)
    chosen = {target.name: target for target in case.targets}
    stale = [
        problem
        for found in built
        if found.target in chosen
        for problem in _stale(case, chosen[found.target], found)
    ]
    names = {"", *chosen}
    denied = [finding for finding in report.findings if finding.blocks and finding.target in names]
    return Judgement([*stale, *map(_denied, denied)])


def _stale(case: Case, target: Target, found: Built) -> Iterator[Problem]:
    """How the committed files of a target differ from what its declarations say."""
    wanted = {path.removeprefix(f"{target.name}/"): text for path, text in indexed(found.files()).items()}
    entries = _entries(case, target)
    yield from _irregular(target, entries)
    texts = case.branches.git.contents([entry for entry in entries if entry.mode in REGULAR])
    there = dict(zip((entry.path for entry in entries if entry.mode in REGULAR), texts, strict=True))
    differing = sorted(path for path in wanted.keys() | there.keys() if wanted.get(path) != there.get(path))
    if differing:
        named = ", ".join(differing[:_NAMED]) + (" …" if len(differing) > _NAMED else "")
        what = f"{len(differing)} files at {case.source[:12]} are not what its declarations say: {named}"
        mend = "Run `dharma build`, commit generated/ and merge it; the rules and components are those here."
        yield Problem(path_of(target), what, mend)


def _as_it_stands(case: Case) -> Judgement:
    found = Judgement(notes=[NOT_PROVEN.format(case.source[:12])])
    rules = rules_of(case.root)
    judge = Judge(rules, schema_folders(case.root), keep=True)
    findings: list[Finding] = []
    for target in case.targets:
        entries = _entries(case, target)
        found.problems += _irregular(target, entries)
        regular = [entry for entry in entries if entry.mode in REGULAR]
        read = manifests_of(case.branches.git, regular, path_of(target))
        findings += [replace(one, target=target.name) for one in read.findings]
        findings += _findings(case, target, judge, read.manifests)
    with baseline.declared(case.root, baseline.resolve(case.root, case.declared)) as folder:
        waivers, _ = load_waivers(folder)
        accepted = list(waived(levelled_by(folder, rules, findings), waivers, case.today))
    found.problems += [_denied(finding) for finding in accepted if finding.blocks]
    return found


def _findings(case: Case, target: Target, judge: Judge, manifests: Sequence[Manifest]) -> Iterator[Finding]:
    """What schemas and object rules say; what does not fit its schema is a finding of its own."""
    schemas = schemas_for(target.cluster.kubernetes, schema_folders(case.root))
    fitting: list[Subject] = []
    unchecked = 0
    for subject in (_subject(target, manifest) for manifest in manifests):
        problems = schemas.check(subject.manifest.body)
        unchecked += problems is None
        for problem in problems or ():
            yield finding_of(subject, Remark(foreign.SCHEMA_RULE, "deny", problem.message, problem.path))
        if not problems:
            fitting.append(subject)
    yield from judge.judge(fitting)
    yield from unchecked_finding(unchecked, target.name)


def _subject(target: Target, manifest: Manifest) -> Subject:
    """An object as its rules see it; a component that is no longer declared counts as active."""
    file = manifest.source.file
    component = PurePosixPath(file).relative_to(path_of(target)).parts[0]
    options = target.options.get(component)
    said = {"name": component, "state": options.state if options else "active"}
    document: Mapping[str, object] = {"component": said, "object": manifest.body, "target": facts(target)}
    return Subject(replace(manifest, target=target.name, component=component), file, json.dumps(document))


def _entries(case: Case, target: Target) -> tuple[Entry, ...]:
    git = case.branches.git
    tree = git.folder_at(case.source, path_of(target))
    return git.entries(tree) if tree else ()


def _irregular(target: Target, entries: Sequence[Entry]) -> Iterator[Problem]:
    for entry in entries:
        if entry.mode not in REGULAR:
            what = f"is no regular file (mode {entry.mode}), so no rule can judge it"
            yield Problem(f"{path_of(target)}/{entry.path}", what, "Remove it.")


def _denied(finding: Finding) -> Problem:
    return Problem(where(finding), f"{finding.rule} denies: {finding.message}", finding.remedy)


def _uncommitted(root: Path) -> Iterator[str]:
    if Git.around(root).run("status", "--porcelain", "--untracked-files=normal"):
        yield "uncommitted changes are not promoted; rules and components are judged by as they lie here"
