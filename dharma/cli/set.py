"""dharma set: change one value in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dharma.cli.terminal import note, say

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from dharma.layer import Node
    from dharma.layer import Path as KeyPath

_EPILOG = """\b
Examples:
  dharma set image checkout sha256:<64 hexadecimal digits>
  dharma set image checkout sha256:... --tag 2.9.0
  dharma set image checkout sha256:... --environment production --region region-b
"""


@click.group(name="set", epilog=_EPILOG)
def command() -> None:
    """Change one value under environments/ where it stands; comments, order and quotes stay."""


@command.command(name="image", epilog=_EPILOG)
@click.argument("service")
@click.argument("digest")
@click.option("--tag", metavar="TAG", help="Set the tag too.")
@click.option("--environment", metavar="ENV", help="Set it in this environment's override.")
@click.option("--region", metavar="REGION", help="Set it in this region's override; needs --environment.")
@click.pass_obj
def image(
    directory: str | None,
    service: str,
    digest: str,
    tag: str | None,
    environment: str | None,
    region: str | None,
) -> None:
    """Set the image of SERVICE to DIGEST, which somebody computed from the image's bytes.

    The whole platform is checked afterwards; when it is not valid, the file is put back.
    """
    from dharma.repository import root_of

    if region and not environment:
        raise click.UsageError("--region needs --environment.")
    _well_formed(digest, tag)
    root = root_of(directory)
    place = _place(environment, region)
    changes = {(*place, "digest"): digest} | ({(*place, "tag"): tag} if tag else {})
    for line in _change(root, _file(root, service), changes):
        say(line)
    note("next: dharma build")


def _well_formed(digest: str, tag: str | None) -> None:
    from pydantic import ValidationError

    from dharma.errors import InputError, Problem
    from dharma.service import Image
    from dharma.values import PLACEHOLDER

    try:
        Image(repository="registry.example/x", digest=digest, tag="0" if tag is None else tag)
    except ValidationError as error:
        forms = {"digest": "sha256: and 64 hexadecimal digits", "tag": "an image tag"}
        given = {"digest": digest, "tag": tag}
        fields = [str(detail["loc"][0]) for detail in error.errors()]
        problems = (Problem(repr(given[field]), f"is not {forms[field]}") for field in fields)
        raise InputError(problems) from None
    if digest == PLACEHOLDER:
        raise InputError([Problem(repr(digest), "is no digest", "Give the one that the registry reports.")])


def _place(environment: str | None, region: str | None) -> KeyPath:
    steps = (("environments", environment), ("regions", region))
    return (*(part for step in steps if step[1] for part in step if part), "image")


def _file(root: Path, service: str) -> Path:
    from dharma.errors import InputError, Problem
    from dharma.spelling import nearest

    known = {path.stem: path for path in (root / "environments" / "services").glob("*.yaml")}
    if service not in known:
        raise InputError([Problem(f"service {service!r}", "is not declared", nearest(service, known))])
    return known[service]


def _overridden(tree: Node, file: Path, changes: Iterable[KeyPath]) -> None:
    from dharma.errors import InputError, Problem
    from dharma.layer import find

    missing = [place for place in changes if find(tree, place) is None]
    if missing:
        mend = "Write it there once by hand, or name another --environment and --region, or none."
        raise InputError(Problem(file.as_posix(), f"has no {'.'.join(place)}", mend) for place in missing)


def _change(root: Path, path: Path, changes: dict[KeyPath, str]) -> list[str]:
    from dharma import document, edit, environment
    from dharma.errors import DharmaError
    from dharma.layer import find

    tree = document.read(root, path)
    _overridden(tree, path.relative_to(root), changes)
    old, new = path.read_bytes().decode(), edit.edited(root, path, changes)
    edit.replace(path, new)
    try:
        environment.load(root)
    except DharmaError:
        edit.replace(path, old)
        raise
    nodes = ((place, find(tree, place)) for place in changes)
    return [
        f"{node.origin} {'.'.join(place)}: {node.value} → {changes[place]}" for place, node in nodes if node
    ]
