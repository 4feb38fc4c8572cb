"""dharma hooks: install Git's hooks and merge driver, and what they run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dharma.cli.terminal import note, say

if TYPE_CHECKING:
    from dharma.cli.rendering import Rendered
    from dharma.hooks import Checkout

_EPILOG = """\b
Examples:
  dharma hooks install      once in each clone
  dharma hooks rebuild      after a merge that stopped at files of generated/
  dharma hooks run pre-commit
"""


@click.group(name="hooks", epilog=_EPILOG)
def command() -> None:
    """Keep generated/ true while committing, merging and rebasing."""


@command.command(name="install", epilog=_EPILOG)
@click.pass_obj
def install(directory: str | None) -> None:
    """Write the hooks where Git looks for them, the merge driver, and .gitattributes.

    A hook that somebody else wrote is never overwritten.
    """
    from dharma import hooks
    from dharma.repository import root_of

    for path in hooks.install(root_of(directory)):
        say(f"wrote {path}")
    note("next: commit .gitattributes; others run `dharma hooks install` in their clones")


@command.command(name="rebuild", epilog=_EPILOG)
@click.pass_obj
def rebuild(directory: str | None) -> None:
    """Build the whole tree from the declarations and stage it, conflicts in it included."""
    _rebuilt(directory)
    say("staged generated/")


@command.command(name="run", epilog=_EPILOG)
@click.argument("name", type=click.Choice(["pre-commit", "pre-merge-commit", "post-merge", "post-rewrite"]))
@click.argument("arguments", nargs=-1)
@click.pass_obj
def run(directory: str | None, name: str, arguments: tuple[str, ...]) -> None:
    """What a hook does: build and check what is staged; rebuild what a merge or rebase brought together."""
    from dharma.hooks import Checkout
    from dharma.repository import root_of

    checkout = Checkout(root_of(directory))
    if name == "post-merge":
        return _settled(checkout)
    if name == "post-rewrite":
        return _rebased(directory, checkout) if arguments[:1] == ("rebase",) else None
    merging = name == "pre-merge-commit" or checkout.merging
    if not merging and not checkout.relevant():
        return None
    made = _rebuilt(directory) if merging else _built(directory, checkout)
    _judge(made)
    if name == "pre-merge-commit":
        checkout.mark.touch()
    return None


def _built(directory: str | None, checkout: Checkout) -> Rendered:
    """Build, and refuse a commit that would hold another tree than the declarations say."""
    from dharma.errors import DriftError, Problem
    from dharma.hooks import TREE

    _only_staged(checkout)
    made = _write(directory)
    if stale := checkout.unstaged(TREE):
        more = f" and {len(stale) - 1} more" if len(stale) > 1 else ""
        what = f"was built anew and is not staged: {stale[0]}{more}"
        raise DriftError([Problem(TREE, what, f"Look at it, then: git add --all {TREE}")])
    return made


def _rebuilt(directory: str | None) -> Rendered:
    from dharma.hooks import Checkout
    from dharma.repository import root_of

    checkout = Checkout(root_of(directory))
    _only_staged(checkout)
    made = _write(directory)
    checkout.stage_tree()
    return made


def _only_staged(checkout: Checkout) -> None:
    """What is built are the files as they lie there, so these must be what is committed."""
    from dharma.errors import InputError, Problem
    from dharma.hooks import DECLARED

    mend = "Stage it, or put it aside: git stash --keep-index --include-untracked"
    if found := checkout.unstaged(*DECLARED):
        raise InputError(Problem(name, "has changes that are not staged", mend) for name in found)


def _write(directory: str | None) -> Rendered:
    from dharma import tree
    from dharma.build import merged_files
    from dharma.cli.rendering import rendered
    from dharma.errors import InputError, Problem
    from dharma.hooks import TREE

    made = rendered(directory, ())
    try:
        tree.write(made.root / TREE, merged_files(made.built, None), [""])
    except tree.TreeError as error:
        raise InputError(Problem(one.path or TREE, one.message) for one in error.problems) from None
    return made


def _judge(made: Rendered) -> None:
    """Only what HEAD has not yet blocks a commit; HEAD is rendered only where something would."""
    from dataclasses import replace
    from datetime import date

    from dharma.errors import InputError
    from dharma.gate import check
    from dharma.report.terminal import lines, summary

    today = date.today()  # noqa: DTZ011 - a day of the user's calendar
    report = check(made.plan, made.built, made.targets, today, whole=True)
    if report.blocked:
        from dharma.baseline import against

        try:
            report = against(report, made.plan, "HEAD", None, today)
        except InputError:
            note("there is no commit yet to compare with")
    if report.blocked:
        blocking = tuple(one for one in report.findings if one.blocks)
        say("\n".join([*lines(replace(report, findings=blocking))][:-1]))
        note(summary(report))
        raise SystemExit(1)
    note(summary(report))


def _settled(checkout: Checkout) -> None:
    """The tree that was rebuilt before the merge was committed becomes that commit's."""
    if checkout.mark.exists():
        checkout.mark.unlink()
        _amend(checkout)


def _rebased(directory: str | None, checkout: Checkout) -> None:
    """The last commit of a rebase gets the tree that its declarations say."""
    _rebuilt(directory)
    _amend(checkout)


def _amend(checkout: Checkout) -> None:
    from dharma.hooks import TREE

    if checkout.attempt("diff", "--cached", "--quiet", "HEAD", "--", TREE).returncode == 0:
        return
    if checkout.amend_tree():
        note("generated/ was built anew into the last commit")
    else:
        note("generated/ was built anew and staged; the commit is signed: git commit --amend")
