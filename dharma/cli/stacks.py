"""dharma stacks: Pulumi's stacks and their configuration files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dharma.cli.terminal import loud, note, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dharma.delivery.pulumi import StackFile

_EPILOG = """\b
Examples:
  dharma stacks            list the stack of every target, and whether its file is as declared
  dharma stacks --write    write or mend stacks/config/Pulumi.<stack>.yaml
  dharma stacks --check    write nothing; exit 1 when a file is missing, stale or stands for no target
"""


@click.command(name="stacks", epilog=_EPILOG)
@click.option("--write", is_flag=True, help="Write what the declarations say into the stack files.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 when they differ.")
@click.pass_obj
def command(directory: str | None, write: bool, check: bool) -> None:
    """List Pulumi's stacks, one a target, and keep their files as the declarations say.

    Only what follows from environments/ is written; secrets and keys of your own stay. A repository
    without Pulumi.yaml gets one.
    """
    from dharma import environment
    from dharma.delivery import pulumi
    from dharma.errors import DriftError
    from dharma.repository import root_of

    root = root_of(directory)
    fleet = environment.load(root)
    files = pulumi.stack_files(root, fleet)
    strangers = pulumi.strangers(root, fleet)
    if check:
        if problems := [*strangers, *(problem for file in files for problem in file.problems)]:
            raise DriftError(problems)
        note(f"{len(files)} stack files are as declared")
        return
    if write:
        _write(root, files)
    else:
        _list(files)
    for problem in strangers:
        loud(str(problem))


def _write(root: Path, files: Sequence[StackFile]) -> None:
    from dharma.delivery import pulumi

    for name, text in pulumi.project_files().items():
        if not (root / "Pulumi.yaml").is_file() or not (root / name).is_file():
            _create(root / name, text)
    written = pulumi.write(root, files)
    for path in written:
        note(f"wrote {path}")
    say(f"{len(files)} stacks, {len(written)} files written")


def _create(path: Path, text: str) -> None:
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    note(f"wrote {path.name}")


def _list(files: Sequence[StackFile]) -> None:
    from dharma.delivery.pulumi import stack_name

    width = max((len(stack_name(file.target)) for file in files), default=0)
    for file in files:
        target = file.target
        state = file.problems[0].what if file.problems else "as declared"
        say(
            f"{stack_name(target):{width}}  ring {target.cluster.ring}  {target.cluster.provider:6}  "
            f"context {target.cluster.kube_context}  {file.path.name}: {state}"
        )
