"""dharma comment: tell a pull or merge request what was found, in one comment kept up to date."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dharma.cli.terminal import say

if TYPE_CHECKING:
    from dharma.forge.comment import Change

_TOKENS = {"github": ("DHARMA_FORGE_TOKEN", "GITHUB_TOKEN"), "gitlab": ("DHARMA_FORGE_TOKEN", "GITLAB_TOKEN")}
_REPOSITORIES = {"github": "GITHUB_REPOSITORY", "gitlab": "CI_PROJECT_ID"}
_URLS = {"github": "GITHUB_API_URL", "gitlab": "CI_API_V4_URL"}
_FORMS = {"github": r"[\w.-]+/[\w.-]+", "gitlab": r"\d+|[\w.-]+(/[\w.-]+)+"}
_EPILOG = """\b
Examples:
  dharma check --base --format markdown | dharma comment --forge github --pull 12
  dharma comment --forge gitlab --pull 12 --file report.md
  dharma comment --forge github --pull 12 --repository platform/platform --url https://git.example/api/v3
\b
The token is read from $DHARMA_FORGE_TOKEN, else from $GITHUB_TOKEN or $GITLAB_TOKEN, and from nowhere else.
"""


@click.command(name="comment", epilog=_EPILOG)
@click.option("--forge", type=click.Choice(["github", "gitlab"]), required=True, help="Whose API it is.")
@click.option("--pull", type=click.IntRange(1), required=True, metavar="N", help="Number of the request.")
@click.option(
    "--file", type=click.Path(path_type=Path, allow_dash=True), default=Path("-"), metavar="FILE",
    help="The report in Markdown; standard input if left out.",
)  # fmt: skip
@click.option("--repository", default="", metavar="NAME", help="By default the one whose job this is.")
@click.option("--url", default="", metavar="URL", help="The API; by default the job's, else the public one.")
def command(forge: str, pull: int, file: Path, repository: str, url: str) -> None:
    """Post a report as a comment of a pull or merge request, or update the one that is there.

    The comment is known by a hidden marker and by its author. One that is too long is cut at its end.
    """
    from dharma.forge.comment import publish

    change = _change(forge, pull, repository, url)
    done = publish(change, _report(file))
    say(f"{done} the comment of {forge} {change.repository} {pull}")


def _change(forge: str, pull: int, repository: str, url: str) -> Change:
    from dharma.errors import InputError, Problem
    from dharma.forge import github, gitlab

    token = next((os.environ[name] for name in _TOKENS[forge] if os.environ.get(name)), "").strip()
    name = repository or os.environ.get(_REPOSITORIES[forge], "")
    problems = []
    if not token or not token.isascii() or not token.isprintable():
        problems.append(Problem("token", "is not in the environment", f"Set ${_TOKENS[forge][0]}."))
    if not re.fullmatch(_FORMS[forge], name) or ".." in name:
        problems.append(Problem("--repository", f"{name!a} is no repository", "Write it as owner/name."))
    if problems:
        raise InputError(problems)
    if forge == "github":
        return github.Pull(github.api(url or os.environ.get(_URLS[forge]) or github.URL, token), name, pull)
    return gitlab.Merge(gitlab.api(url or os.environ.get(_URLS[forge]) or gitlab.URL, token), name, pull)


def _report(file: Path) -> str:
    from dharma.errors import InputError, Problem

    try:
        with click.open_file(str(file), encoding="utf-8") as text:
            report = str(text.read())
    except (OSError, UnicodeError) as error:
        raise InputError([Problem(str(file), f"cannot be read: {error}")]) from None
    if not report.strip():
        raise InputError([Problem(str(file), "is empty", "Make it: dharma check --format markdown")])
    return report
