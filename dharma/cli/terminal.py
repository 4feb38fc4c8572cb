"""What every verb prints through: sanitised lines, errors, progress, JSON."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import click

from dharma.errors import DharmaError

_KEPT = {"\t", "\n"}


class Step(Protocol):
    """Tells that one more thing is done."""

    def __call__(self, what: str) -> None:
        """Say what was done."""


def safe(text: str) -> str:
    """Text without control characters, so that no name or value can drive the terminal."""
    return "".join(char if char.isprintable() or char in _KEPT else f"\\x{ord(char):02x}" for char in text)


def say(text: str = "") -> None:
    """A line of the result."""
    click.echo(safe(text))


def note(text: str) -> None:
    """A line about the run, beside the result."""
    click.echo(safe(text), err=True)


def loud(text: str) -> None:
    """A line about the run that must not be overlooked."""
    click.secho(f"! {safe(text)}", err=True, fg="yellow", bold=True)


def report(error: DharmaError) -> None:
    """Print every problem of a failure and how many there are."""
    for problem in error.problems:
        note(str(problem))
    count = len(error.problems)
    click.secho(f"{count} problem{'s' * (count != 1)}", err=True, fg="red", bold=True)


def usage(error: click.ClickException) -> None:
    """Print how a command is called, without control characters of what was typed."""
    text = io.StringIO()
    error.show(text)
    click.echo(safe(text.getvalue()), err=True, nl=False)


def as_json(value: Any) -> None:
    """A result for machines."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


@contextmanager
def progress(title: str, total: int) -> Iterator[Step]:
    """A bar on a terminal, nothing for short work, plain lines elsewhere."""
    if not sys.stderr.isatty():
        yield lambda what: note(f"{title} {what}")
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda what: bar.update(task, advance=1, description=f"{title} {safe(what)}")
