"""Baseline: findings compared with those of an earlier commit, so that only new ones block.

The commit's environments/ are read from Git's objects into a private folder. No code of that commit
runs: today's components and rules judge both sides. Links, modules and files over a declaration's size
are refused there, as are names that leave the folder.

The base `running` is what the targets run: each the commit that its deploy branch names as its source.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

from git import GitCommandError, InvalidGitRepositoryError, NoSuchPathError, Repo
from git.objects import Blob, Commit, Tree

from dharma import environment
from dharma.build import Built, Plan, build
from dharma.document import MAX_BYTES
from dharma.errors import DeclarationError, DharmaError, InputError, Problem
from dharma.gate import Report, check, rank
from dharma.policy.finding import Age, Finding
from dharma.target import Target

RULE = "baseline/loads"
RUNNING = "running"
DEFAULTS = ("refs/remotes/origin/HEAD", "origin/main", "origin/master", "main", "master")
"""Where the default branch is looked for."""

_MODES = {0o100644, 0o100755}
_MOST_ENTRIES = 10_000
_DEEPEST = 8


def aged(now: Report, before: Report) -> Report:
    """The report of now with each finding's age; those that are only in `before` follow as mended."""
    known = {finding.identity: finding for finding in before.findings if finding.age != "mended"}
    here = {finding.identity for finding in now.findings}
    findings = [replace(one, age=_age(one, known.get(one.identity))) for one in now.findings]
    gone = {one.identity: replace(one, age="mended") for one in before.findings if one.identity not in here}
    return replace(
        now, findings=(*sorted(findings, key=rank), *gone.values()), base=before.base or "an earlier state"
    )


def _age(now: Finding, before: Finding | None) -> Age:
    """New is also what a waiver accepted before and none does now, and every check that failed."""
    if before is None or now.failed or (before.waiver and not now.waiver):
        return "new"
    return "old"


def against(now: Report, plan: Plan, ref: str, chosen: Sequence[str] | None, today: date) -> Report:
    """The report aged by what the commit that `ref` names declared; empty for the usual one.

    `chosen` are the targets that were judged, None for the whole fleet. InputError for a ref that is
    not there; a commit whose declarations do not load leaves every finding new and says so.
    """
    if ref == RUNNING:
        return _since_running(now, plan, chosen, today)
    commit = resolve(plan.root, ref)
    name = commit.hexsha[:12]
    try:
        with declared(plan.root, commit) as folder:
            before = _report(replace(plan, root=folder, code=plan.code_root), chosen, today)
    except InputError as error:
        findings = sorted((*now.findings, _unknown(name, error)), key=rank)
        return replace(now, findings=tuple(findings), base=name)
    return aged(now, replace(before, base=name))


def _since_running(now: Report, plan: Plan, chosen: Sequence[str] | None, today: date) -> Report:
    targets: list[Target] = []
    built: list[Built] = []
    unknown: list[Finding] = []
    sources = _sources(plan.root, now.targets)
    for source, names in sources.items():
        try:
            with declared(plan.root, resolve(plan.root, source)) as folder:
                there = environment.load(folder, plan.code_root).targets
                running = [target for target in there if target.name in names]
                built += build(replace(plan, root=folder, code=plan.code_root), running)
                targets += running
        except InputError as error:
            unknown.append(_unknown(source[:12], error))
    unknown += [_nothing(name) for name in sorted(set(now.targets).difference(*sources.values()))]
    whole = chosen is None and len(targets) == len(now.targets)
    before = check(plan, built, targets, today, whole=whole)
    found = aged(now, replace(before, base="what runs"))
    return replace(found, findings=tuple(sorted((*found.findings, *unknown), key=rank)))


def _sources(root: Path, names: Sequence[str]) -> dict[str, set[str]]:
    """The targets that run each commit of the default branch, as far as was fetched."""
    from dharma.delivery.branch import Branches

    targets = [target for target in environment.load(root).targets if target.name in names]
    sources: dict[str, set[str]] = defaultdict(set)
    for name, deployed in Branches.around(root, push=False).deployed(targets).items():
        sources[deployed.source].add(name)
    return sources


def _nothing(target: str) -> Finding:
    message = "nothing was promoted to the target yet, so every finding counts as new"
    return Finding(RULE, "warn", message, target, remedy="If it runs something, fetch its deploy branch.")


def _report(plan: Plan, chosen: Sequence[str] | None, today: date) -> Report:
    fleet = environment.load(plan.root, plan.code_root)
    targets = [target for target in fleet.targets if chosen is None or target.name in chosen]
    return check(plan, build(plan, targets), targets, today, whole=chosen is None)


def _unknown(name: str, error: DharmaError) -> Finding:
    first = error.problems[0]
    message = f"the declarations of {name} do not load, so every finding counts as new: {first.what}"
    return Finding(RULE, "warn", message, remedy=f"It is about {first.where}; compare with a later commit.")


def resolve(root: Path, ref: str) -> Commit:
    """The commit that a ref names; for an empty one where HEAD left the default branch."""
    repository = _repository(root)
    if ref:
        found = _commit(repository, ref)
        if found is None:
            mend = "Name a branch, tag or commit that was fetched; write it as --base=REF."
            raise InputError([Problem(f"--base {ref!a}", "names no commit of this repository", mend)])
        return found
    return _fork(repository)


def _fork(repository: Repo) -> Commit:
    """The merge base of HEAD and the default branch."""
    head = _commit(repository, "HEAD")
    default = next(filter(None, (_commit(repository, name) for name in DEFAULTS)), None)
    if head is None or default is None:
        what = "finds no default branch to compare with" if head else "finds no commit yet"
        raise InputError([Problem("--base", what, "Name a commit: --base=REF.")])
    shared = repository.merge_base(head.hexsha, default.hexsha)
    if not shared or not isinstance(shared[0], Commit):
        what = "HEAD and the default branch share no commit that was fetched"
        raise InputError([Problem("--base", what, "Fetch more history, or name a commit: --base=REF.")])
    return shared[0]


def _repository(root: Path) -> Repo:
    try:
        return Repo(root, search_parent_directories=True)
    except (InvalidGitRepositoryError, NoSuchPathError):
        raise InputError(
            [Problem(str(root), "is in no Git repository", "Findings have an age only there.")]
        ) from None


def _commit(repository: Repo, ref: str) -> Commit | None:
    try:
        name = repository.git.rev_parse("--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
        return repository.commit(name)
    except (GitCommandError, ValueError):
        return None


@contextmanager
def declared(root: Path, commit: Commit) -> Iterator[Path]:
    """A private folder with the environments/ of a commit, while the context lasts."""
    with tempfile.TemporaryDirectory(prefix="dharma-") as name:
        folder = Path(name).resolve()
        _write(_environments(root, commit), folder)
        yield folder


def _environments(root: Path, commit: Commit) -> Iterable[tuple[Blob, str]]:
    top = Path(str(commit.repo.working_tree_dir)).resolve()
    tree: object = commit.tree
    for part in (*root.resolve().relative_to(top).parts, environment.FOLDER):
        found = [entry for entry in tree if entry.name == part] if isinstance(tree, Tree) else []
        tree = found[0] if found else None
    return _blobs(tree, environment.FOLDER, 0) if isinstance(tree, Tree) else ()


def _blobs(tree: Tree, path: str, depth: int) -> Iterator[tuple[Blob, str]]:
    for entry in tree:
        name = f"{path}/{entry.name}"
        if entry.name in {"", ".", "..", ".git"} or "/" in entry.name or depth > _DEEPEST:
            raise DeclarationError([Problem(ascii(name), "is no name that declarations may have")])
        if isinstance(entry, Tree):
            yield from _blobs(entry, name, depth + 1)
        elif not isinstance(entry, Blob) or entry.mode not in _MODES:
            raise DeclarationError([Problem(name, f"is no regular file (mode {entry.mode:o})")])
        else:
            yield entry, name


def _write(blobs: Iterable[tuple[Blob, str]], folder: Path) -> None:
    """Write the YAML files; no other file is a declaration."""
    for number, (blob, name) in enumerate(blobs):
        if number >= _MOST_ENTRIES:
            raise DeclarationError([Problem(environment.FOLDER, f"holds more than {_MOST_ENTRIES} files")])
        if not name.endswith((".yaml", ".yml")):
            continue
        if blob.size > MAX_BYTES:
            raise DeclarationError([Problem(name, f"is larger than {MAX_BYTES >> 20} MiB")])
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(blob.data_stream.read())
