"""dharma init: a new platform repository."""

from __future__ import annotations

from pathlib import Path

import click

from dharma.cli.terminal import note, say

_EPILOG = """\b
Examples:
  dharma init platform
  dharma init platform --environment staging --environment production
"""


@click.command(name="init", epilog=_EPILOG)
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--environment",
    "environments",
    multiple=True,
    metavar="NAME",
    default=("development", "staging", "production"),
    show_default=True,
    help="An environment, in the order in which changes reach them; may be repeated.",
)
@click.pass_obj
def command(directory: str | None, folder: Path, environments: tuple[str, ...]) -> None:
    """Make a platform repository in DIR, which must be empty or not there, and build it.

    It uses the installed Dharma and copies nothing of it; its version is pinned in two places.
    """
    from dharma.scaffold import written
    from dharma.scaffold.repository import repository_files

    root = (Path(directory or ".") / folder).resolve()
    _empty(root)
    files = repository_files(environments)
    root.mkdir(parents=True, exist_ok=True)
    with written(root, files):
        _run("schema", "--write", root=root)
        for name in files:
            say(f"wrote {folder / name}")
    _run("build", root=root)
    note(f"next: cd {folder}; git init; edit environments/, dharma build")


def _empty(root: Path) -> None:
    from dharma.errors import InputError, Problem

    if root.is_dir() and any(root.iterdir()):
        raise InputError(
            [Problem(str(root), "is not empty", "Name a folder that is empty or not there yet.")]
        )


def _run(verb: str, *arguments: str, root: Path) -> None:
    """Another verb in the new repository, as a user would run it."""
    from dharma.cli import command as dharma

    dharma.main(["-C", str(root), verb, *arguments], prog_name="dharma", standalone_mode=False)
