"""One YAML file read into a located tree, strictly: what surprises people is refused.

Refused: files over 1 MiB, symlinks and paths that leave the repository, duplicate keys, tags
such as `!!python/object`, keys that are not printable text, several documents, merge keys,
words and numbers that YAML 1.1 and 1.2 read differently, nesting over 32 levels and more than
20,000 values, also by way of aliases. Error texts name keys and never hold values.
"""

from __future__ import annotations

import errno
import math
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.nodes import Node as YamlNode
from ruamel.yaml.reader import ReaderError

from dharma.errors import DeclarationError, Origin, Problem
from dharma.layer import Node, Scalar, Step

MAX_BYTES = 1 << 20
MAX_VALUES = 20_000
MAX_DEPTH = 32
_MAX_BRACKETS = 256

_TAG = "tag:yaml.org,2002:"
_BRACKETS = re.compile(r"[\[{\]}]")
_STARTS = re.compile(r"[\[{,\n]")
_QUOTED = re.compile(r"\s*(: )?(['\"]).*\2")
_AMBIGUOUS = re.compile(r"(?i:y|n|yes|no|on|off)|[0-9]+(:[0-5]?[0-9])+")
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one file may hold: bytes, values (those of aliases counted at each use) and levels."""

    size: int = MAX_BYTES
    values: int = MAX_VALUES
    depth: int = MAX_DEPTH


_LIMITS = Limits()


def read(root: Path, path: Path) -> Node:
    """The tree of one file; raises DeclarationError with every problem found in it."""
    guard(root, path)
    name = path.relative_to(root).as_posix()
    problems: list[Problem] = []
    tree = _Reader(name, problems, _LIMITS).document(_compose(_text(path, name, _LIMITS), name))
    if problems:
        raise DeclarationError(problems)
    return tree


def text(root: Path, path: Path, limits: Limits) -> str:
    """A file's text; raises DeclarationError where it may not be read or is over the limits."""
    guard(root, path)
    return _text(path, path.relative_to(root).as_posix(), limits)


def read_all(text: str, name: str, limits: Limits) -> tuple[list[Node], list[Problem]]:
    """The trees of a file's documents, empty ones left out, and what is refused inside them.

    Raises DeclarationError where the text cannot be read as YAML or is over the limits.
    """
    problems: list[Problem] = []
    reader = _Reader(name, problems, limits)
    found = _parsed(text, name, limits)
    return [reader.document(node) for node in found if not _is_empty(node)], problems


def _is_empty(node: YamlNode | None) -> bool:
    return node is None or (isinstance(node, ScalarNode) and _short(node) == "null")


def guard(root: Path, path: Path) -> None:
    """Raise unless the path is a plain entry inside the repository, reached through no symlink."""
    if not path.is_relative_to(root) or ".." in path.parts:
        raise DeclarationError([Problem(path.as_posix(), "leaves the repository")])
    for step in (*reversed(path.relative_to(root).parents), path.relative_to(root)):
        if (root / step).is_symlink():
            raise DeclarationError([_linked(step.as_posix())])


def _linked(name: str) -> Problem:
    return Problem(name, "is a symbolic link", "Put the file itself in its place.")


def _text(path: Path, name: str, limits: Limits) -> str:
    content = _content(path, name, limits.size)
    if len(content) > limits.size:
        raise DeclarationError([Problem(name, f"is larger than {limits.size >> 20} MiB")])
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DeclarationError([Problem(name, f"is not UTF-8 (byte {error.start})")]) from None
    if len(_STARTS.findall(text)) > limits.values:
        raise DeclarationError([Problem(name, f"holds more than {limits.values} lines or entries")])
    if _nesting(text) > _MAX_BRACKETS:
        raise DeclarationError([Problem(name, f"nests deeper than {limits.depth} levels")])
    return text


def _nesting(text: str) -> int:
    """Brackets left open at the deepest place, quoted ones included: the scanner's time grows with it."""
    return max(accumulate((1 if found in "[{" else -1 for found in _BRACKETS.findall(text)), initial=0))


def _content(path: Path, name: str, size: int) -> bytes:
    """At most one byte more than is allowed; the link check is repeated by the kernel."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        what = error.strerror.lower() if error.strerror else "no reason given"
        problem = _linked(name) if error.errno == errno.ELOOP else Problem(name, f"cannot be read: {what}")
        raise DeclarationError([problem]) from None
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise DeclarationError([Problem(name, "is not a regular file")])
        with os.fdopen(handle, "rb", closefd=False) as file:
            return file.read(size + 1)
    finally:
        os.close(handle)


def _compose(text: str, name: str) -> YamlNode | None:
    (node,) = _parsed(text, name, _LIMITS, single=True)
    return node


def _parsed(text: str, name: str, limits: Limits, *, single: bool = False) -> list[YamlNode | None]:
    yaml = YAML(typ="safe", pure=True)
    yaml.composer.warn_double_anchors = False
    try:
        return [yaml.compose(text)] if single else list(yaml.compose_all(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = Origin(name, mark.line + 1, mark.column + 1) if mark else name
        what = _QUOTED.sub("", error.problem or error.context or "unreadable")
        raise DeclarationError([Problem(where, f"is not YAML: {what}")]) from None
    except ReaderError as error:
        what = f"character U+{error.character:04X} at offset {error.position} is not allowed"
        raise DeclarationError([Problem(name, f"is not YAML: {what}")]) from None
    except (YAMLError, ValueError):
        raise DeclarationError([Problem(name, "is not YAML")]) from None
    except RecursionError:
        raise DeclarationError([Problem(name, f"nests deeper than {limits.depth} levels")]) from None


class _Reader:
    """Turns ruamel's nodes into ours and collects what it refuses."""

    def __init__(self, file: str, problems: list[Problem], limits: Limits) -> None:
        self.file = file
        self.problems = problems
        self.limits = limits
        self.budget = limits.values

    def document(self, node: YamlNode | None) -> Node:
        if node is None:
            return Node({}, (Step(Origin(self.file, 1), {}),))
        if not isinstance(node, MappingNode):
            self.refuse(node, "must be a map of keys and values")
            return Node({})
        return self.value(node, 0)

    def value(self, node: YamlNode, depth: int, key: Origin | None = None) -> Node:
        self.budget -= 1
        most = self.limits
        if self.budget < 0 or depth > most.depth:
            limit = f"{most.depth} levels" if depth > most.depth else f"{most.values} values with its aliases"
            raise DeclarationError([*self.problems, Problem(self.at(node), f"grows beyond {limit}")])
        at = self.at(node)
        if isinstance(node, MappingNode) and self.tagged(node, "map"):
            return Node(dict(self.entries(node, depth)), (Step(at, {}),), key)
        if isinstance(node, SequenceNode) and self.tagged(node, "seq"):
            items = tuple(self.value(item, depth + 1) for item in node.value)
            return Node(items, (Step(at, items),), key)
        scalar = self.scalar(node) if isinstance(node, ScalarNode) else None
        return Node(scalar, (Step(at, scalar),), key)

    def entries(self, node: MappingNode, depth: int) -> Iterator[tuple[str, Node]]:
        seen: dict[str, Origin] = {}
        for key, value in node.value:
            at = self.at(key)
            if not self.names(key):
                continue
            if key.value in seen:
                self.refuse(key, f"key {key.value!r} stands twice, first on line {seen[key.value].line}")
                continue
            seen[key.value] = at
            yield key.value, self.value(value, depth + 1, at)

    def names(self, key: YamlNode) -> bool:
        """Whether a node may be a key; says why not."""
        if not isinstance(key, ScalarNode) or not key.value.isprintable():
            self.refuse(key, "a key must be plain text")
        elif _short(key) == "merge":
            self.refuse(key, "merge keys (<<) are not supported", "Use base.yaml for what is shared.")
        elif _short(key) not in ("str", "int", "float", "bool", "null", "timestamp"):
            self.refuse(key, "a tag is not allowed here")
        elif key.style is None and _AMBIGUOUS.fullmatch(key.value):
            self.refuse(key, *_ambiguous())
        else:
            return True
        return False

    def scalar(self, node: ScalarNode) -> Scalar | None:
        text = str(node.value)
        match _short(node):
            case "null":
                return None
            case "bool" if text.lower() in ("true", "false"):
                return text.lower() == "true"
            case "int" | "float":
                return self.number(node, text)
            case "str" | "timestamp":
                if node.style is None and _AMBIGUOUS.fullmatch(text):
                    self.refuse(node, *_ambiguous())
                return text
        self.refuse(node, "a tag is not allowed here")
        return None

    def number(self, node: ScalarNode, text: str) -> Scalar:
        if _INTEGER.fullmatch(text):
            return int(text)
        number = float(text) if _FLOAT.fullmatch(text) else math.inf
        if math.isinf(number):
            self.refuse(node, "is no decimal number", "Put it in quotes if it is text.")
            return 0
        return int(number) if number.is_integer() and abs(number) < 2**53 else number

    def tagged(self, node: YamlNode, expected: str) -> bool:
        if _short(node) == expected:
            return True
        self.refuse(node, "a tag is not allowed here")
        return False

    def at(self, node: YamlNode) -> Origin:
        return Origin(self.file, node.start_mark.line + 1, node.start_mark.column + 1)

    def refuse(self, node: YamlNode, what: str, mend: str = "") -> None:
        self.problems.append(Problem(self.at(node), what, mend))


def _ambiguous() -> tuple[str, str]:
    return "means another thing in YAML 1.1 than in YAML 1.2", "Write true or false, or put text in quotes."


def _short(node: YamlNode) -> str:
    return str(node.tag).removeprefix(_TAG)
