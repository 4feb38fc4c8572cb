"""Pulumi's stacks: one a target, their names, and the configuration files that follow the declarations.

Of a stack's file Dharma owns the keys that `derived` names. Every other key, and the secrets that
`pulumi config set --secret` writes there, belong to people and stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from dharma import document
from dharma.environment import Fleet
from dharma.errors import DeclarationError, InputError, Origin, Problem
from dharma.layer import EMPTY, Node, find
from dharma.spelling import nearest
from dharma.target import Target

PROJECT = "dharma"
FOLDER = "stacks/config"
"""Where Pulumi.yaml's `stackConfigDir` points."""
MEND = "Run `dharma stacks --write`."
_HEAD = "# `dharma stacks --write` keeps {keys} as environments/ say; other keys are yours.\nconfig: {{}}\n"
_PROJECT_FILE = """\
name: dharma
description: Brings a cluster up to where Argo CD takes over; one stack a target.
main: stacks/
stackConfigDir: stacks/config
runtime:
  name: python
  options: {virtualenv: .venv}
"""
_PROGRAM = '''\
"""The program of every stack: what a cluster needs before Argo CD delivers the rest."""

from __future__ import annotations

from dharma.stacks.program import main

main()
'''


@dataclass(frozen=True, slots=True)
class StackFile:
    """A stack's configuration file, and what of it is not as the declarations say."""

    target: Target
    path: Path
    problems: tuple[Problem, ...]


def stack_name(target: Target) -> str:
    """The stack of a target, such as production.region-a."""
    return target.name.replace("/", ".")


def target_of(stack: str, fleet: Fleet) -> Target:
    """The target that a stack brings up; raises InputError where the declarations know none of that name."""
    targets = {stack_name(target): target for target in fleet.targets}
    if stack not in targets:
        mend = nearest(stack, targets) or "`dharma stacks` lists them."
        raise InputError([Problem(f"stack {stack!r}", "is the stack of no declared target", mend)])
    return targets[stack]


def derived(target: Target) -> dict[str, str]:
    """The configuration that follows from the declarations, by key."""
    return {
        f"{PROJECT}:target": target.name,
        f"{PROJECT}:cluster": target.cluster.id,
        f"{PROJECT}:kubeContext": target.cluster.kube_context,
    }


def file_of(target: Target) -> Path:
    """Where a stack's configuration file lies, relative to the repository."""
    return Path(FOLDER) / f"Pulumi.{stack_name(target)}.yaml"


def stack_files(root: Path, fleet: Fleet) -> list[StackFile]:
    """Every target's file with its problems, in the order of targets."""
    return [StackFile(target, file_of(target), tuple(differences(root, target))) for target in fleet.targets]


def differences(root: Path, target: Target) -> Iterator[Problem]:
    """Where a stack's file and the declarations disagree."""
    path = file_of(target)
    if not (root / path).is_file():
        yield Problem(path.as_posix(), "is not there", MEND)
        return
    tree = read(root, target)
    for key, wanted in derived(target).items():
        node = find(tree, ("config", key))
        if node is None or node.value != wanted:
            what = f"{key} is {'missing' if node is None else repr(node.value)}; it must be {wanted!r}"
            yield Problem((node and node.origin) or Origin(path.as_posix(), 1), what, MEND)


def read(root: Path, target: Target) -> Node:
    """The located tree of a stack's file; empty where there is none."""
    path = root / file_of(target)
    return document.read(root, path) if path.is_file() else EMPTY


def strangers(root: Path, fleet: Fleet) -> list[Problem]:
    """Stack files that stand for no declared target; they may hold secrets, so people remove them."""
    known = {file_of(target).name for target in fleet.targets}
    former = {
        f"Pulumi.{old.replace('/', '.')}.yaml": target
        for target in fleet.targets
        for old in target.cluster.moved
    }
    return [
        Problem(f"{FOLDER}/{path.name}", "stands for no declared target", _parting(former.get(path.name)))
        for path in sorted((root / FOLDER).glob("Pulumi.*.yaml"))
        if path.name not in known
    ]


def _parting(moved: Target | None) -> str:
    if moved is None:
        return "When its stack is destroyed, `pulumi stack rm` removes the file."
    return f"Its target was renamed: `pulumi stack rename {stack_name(moved)}` takes stack and file along."


def write(root: Path, files: Iterable[StackFile]) -> list[Path]:
    """Mend every file that has problems; returns those that were written."""
    stale = [file for file in files if file.problems]
    for file in stale:
        _mend(root / file.path, derived(file.target), root)
    return [file.path for file in stale]


def _mend(path: Path, wanted: Mapping[str, str], root: Path) -> None:
    yaml = YAML()
    yaml.preserve_quotes = True
    if path.is_file():
        document.guard(root, path)
        text = path.read_text(encoding="utf-8")
    else:
        text = _HEAD.format(keys=", ".join(key.partition(":")[2] for key in wanted))
    tree = yaml.load(text) or yaml.load("config: {}")
    config = tree.setdefault("config", CommentedMap())
    if not isinstance(config, CommentedMap):
        raise DeclarationError([Problem(path.relative_to(root).as_posix(), "config is no map")])
    if not config:
        config.fa.set_block_style()
    for key, value in wanted.items():
        config[key] = value
    out = StringIO()
    yaml.dump(tree, out)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(out.getvalue(), encoding="utf-8")


def project_files() -> dict[str, str]:
    """The project file and the program of a platform repository that has none, by path."""
    return {"Pulumi.yaml": _PROJECT_FILE, "stacks/__main__.py": _PROGRAM}
