"""Where schemas of custom resources come from: files of definitions, a cluster, or a pinned address."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, build_opener

from dharma.errors import InputError, Problem, ToolError
from dharma.schemas.definitions import MAX_BYTES, Definition, DefinitionError, definitions

SECONDS = 60
FETCH_SECONDS = 20
_COMMIT = re.compile(r"[0-9a-f]{40}")
_CONTEXT = re.compile(r"[A-Za-z0-9_][\w.:/@-]*")
_FIELD = re.compile(r"\{([^{}]*)\}")
_FIELDS = {"group", "kind", "version"}

Sourced = dict[str, tuple[str, str]]
"""Text and source by path in the catalogue."""


def from_folder(folder: Path) -> Sourced:
    """The schemas of every definition under a folder; raises InputError with every bad file."""
    found: Sourced = {}
    problems: list[Problem] = []
    for path in sorted(path for path in folder.rglob("*") if path.suffix in {".yaml", ".yml", ".json"}):
        name = path.relative_to(folder).as_posix()
        try:
            _merge(found, definitions(_text(path)), name)
        except (DefinitionError, OSError) as error:
            problems.append(Problem(name, str(error)))
    if problems or not found:
        raise InputError(problems or [Problem(str(folder), "holds no CustomResourceDefinition")])
    return found


def _text(path: Path) -> str:
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DefinitionError(f"is not UTF-8 (byte {error.start})") from None


def _merge(found: Sourced, several: Iterable[Definition], source: str) -> None:
    for one in several:
        if found.get(one.file, (one.text,))[0] != one.text:
            raise DefinitionError(f"defines {one.file} otherwise than {found[one.file][1]}")
        found.setdefault(one.file, (one.text, source))


def from_cluster(context: str) -> Sourced:
    """The schemas of the definitions a cluster has; raises ToolError when kubectl fails."""
    if not _CONTEXT.fullmatch(context):
        raise InputError([Problem("--cluster", f"{context!a} is no context of a kubeconfig")])
    found: Sourced = {}
    try:
        _merge(found, definitions(_kubectl("--context", context, "get", "crd", "-o", "json")), context)
    except DefinitionError as error:
        raise ToolError([Problem(f"cluster {context}", str(error))]) from None
    return {name: (text, f"cluster {source}") for name, (text, source) in found.items()}


def _kubectl(*arguments: str) -> str:
    try:
        ran = subprocess.run(("kubectl", *arguments), capture_output=True, timeout=SECONDS, check=False)
    except FileNotFoundError:
        raise ToolError([Problem("kubectl", "is not on PATH", "Install it, or use --crds.")]) from None
    except subprocess.TimeoutExpired:
        raise ToolError([Problem("kubectl", f"did not answer within {SECONDS} s")]) from None
    if ran.returncode:
        tail = ran.stderr.decode(errors="replace").strip().splitlines()[-3:]
        raise ToolError([Problem("kubectl", f"failed with {ran.returncode}: {' '.join(tail)}")])
    return ran.stdout.decode(errors="replace")


def address(pinned: str) -> str:
    """The template of `TEMPLATE@COMMIT`, checked; raises InputError."""
    template, _, commit = pinned.rpartition("@")
    parts = urlsplit(template)
    fields = set(_FIELD.findall(template))
    faults = {
        "the commit must be 40 hex digits: TEMPLATE@COMMIT": not _COMMIT.fullmatch(commit),
        "the commit must be part of the address": commit not in template,
        "only https is fetched": parts.scheme != "https" or not parts.hostname,
        "an address holds no user name": "@" in parts.netloc,
        "{group}, {kind} and {version} must stand in the address, and no others": fields != _FIELDS,
    }
    if found := [what for what, holds in faults.items() if holds]:
        raise InputError(Problem("--url", what) for what in found)
    return template


def from_address(template: str, kinds: Iterable[tuple[str, str]]) -> Sourced:
    """The ready-made schemas of kinds, as apiVersion and kind; raises ToolError with all that failed."""
    found: Sourced = {}
    problems: list[Problem] = []
    opener = build_opener(_NoRedirect)
    for api_version, kind in kinds:
        group, _, version = api_version.rpartition("/")
        url = template.replace("{group}", group).replace("{kind}", kind.lower())
        url = url.replace("{version}", version)
        try:
            found[f"{group}/{kind.lower()}_{version}.json"] = (_fetched(opener, url), url)
        except (URLError, OSError, ValueError) as error:
            problems.append(Problem(url, f"cannot be fetched: {error}"))
    if problems:
        raise ToolError(problems)
    return found


class _NoRedirect(HTTPRedirectHandler):
    """A pinned address answers itself; what it points to is not what was pinned."""

    def redirect_request(self, *_: object) -> None:
        """Never."""


def _fetched(opener: OpenerDirector, url: str) -> str:
    with opener.open(url, timeout=FETCH_SECONDS) as answer:
        content: bytes = answer.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ValueError(f"larger than {MAX_BYTES >> 20} MiB")
    schema = json.loads(content)
    if not isinstance(schema, dict) or not schema:
        raise ValueError("it is no JSON Schema")
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
