"""dharma schema: JSON Schemas of the declarations, for editors."""

from __future__ import annotations

import json
from pathlib import Path

import click

from dharma.cli.terminal import note, say

_EPILOG = """\b
Examples:
  dharma schema service            print one
  dharma schema --write            write all into schemas/, where the files' modelines look
  dharma schema --write --check    exit 1 when schemas/ is stale
"""


@click.command(name="schema", epilog=_EPILOG)
@click.argument("kind", required=False, metavar="[environment|tenants|service]")
@click.option("--write", is_flag=True, help="Write every schema into schemas/.")
@click.option("--check", is_flag=True, help="With --write: write nothing, exit 1 when stale.")
@click.pass_obj
def command(directory: str | None, kind: str | None, write: bool, check: bool) -> None:
    """Print the JSON Schemas of every kind of file under environments/, or of one.

    Options of components that the repository adds are part of them.
    """
    from dharma.errors import InputError, Problem
    from dharma.filekinds import file_kinds, json_schema
    from dharma.platform import platform
    from dharma.repository import root_of
    from dharma.spelling import nearest

    root = root_of(directory)
    schemas = {name: json_schema(name, model) for name, model in file_kinds(platform(root)).items()}
    if kind is not None and kind not in schemas:
        raise InputError([Problem(f"kind {kind!r}", "is not a kind of file", nearest(kind, schemas))])
    if write:
        _write(root / "schemas", {name: _text(schema) for name, schema in schemas.items()}, check=check)
    else:
        say(_text(schemas[kind] if kind else schemas).rstrip())


def _text(schema: object) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _write(folder: Path, texts: dict[str, str], *, check: bool) -> None:
    stale = [name for name, text in texts.items() if not _same(folder / f"{name}.json", text)]
    for name in stale:
        note(f"schemas/{name}.json is stale" if check else f"wrote schemas/{name}.json")
        if not check:
            folder.mkdir(exist_ok=True)
            (folder / f"{name}.json").write_text(texts[name], encoding="utf-8")
    if check and stale:
        raise SystemExit(1)


def _same(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text
