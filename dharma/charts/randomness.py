"""Randomness: template functions that answer otherwise each time, found where templates really call them.

Charts carry many calls that no values reach. So a copy of the chart is rendered in which each such
function is replaced by `fail`: it stops exactly where one would have been called.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

RANDOM = frozenset(
    {
        *("ago", "bcrypt", "encryptAES", "genCA", "genCAWithKey", "genPrivateKey", "genSelfSignedCert"),
        *("genSelfSignedCertWithKey", "genSignedCert", "genSignedCertWithKey", "getHostByName", "htpasswd"),
        *("now", "randAlpha", "randAlphaNum", "randAscii", "randBytes", "randInt", "randNumeric"),
        *("shuffle", "uuidv4"),
    }
)
"""Functions of Sprig that draw random numbers, read the clock or ask the network."""
UNORDERED = frozenset({"keys", "values"})
"""Functions whose lists come in any order; harmless where the list is sorted afterwards."""
CLOCKS = frozenset({"ago", "now"})

_TOKEN = re.compile(
    r'"(?:\\.|[^"\\\n])*"|`[^`]*`|/\*.*?\*/|[.$][A-Za-z_][A-Za-z0-9_.]*|[A-Za-z_][A-Za-z0-9_]*|\}\}|.',
    re.DOTALL,
)
_PLACE = re.compile(r"([A-Za-z0-9_./-]+):([0-9]+):[0-9]+")


@dataclass(frozen=True, slots=True, order=True)
class Call:
    """A function's name where it stands in a file of the chart."""

    file: str
    line: int
    function: str

    def __str__(self) -> str:
        return f"{self.function} ({self.file}:{self.line})"


def calls(files: Mapping[str, bytes], functions: Collection[str]) -> list[Call]:
    """Every place where one of the functions stands inside `{{ }}`, in any file of the chart."""
    found = []
    for file, data in files.items():
        text = _text(data)
        found += [Call(file, text.count("\n", 0, start) + 1, name) for start, name in _names(text, functions)]
    return sorted(found)


def without(files: Mapping[str, bytes], functions: Collection[str]) -> dict[str, bytes]:
    """The files with every call of the functions turned into a failure."""
    return {file: _failing(data, functions) for file, data in files.items()}


def blamed(message: str, found: list[Call]) -> list[Call]:
    """The calls that helm's message is about; all of them where it names no place of theirs."""
    places = {(file.partition("/")[2], int(line)) for file, line in _PLACE.findall(message)}
    return [call for call in found if (call.file, call.line) in places] or found


def _failing(data: bytes, functions: Collection[str]) -> bytes:
    text = _text(data)
    parts, end = [], 0
    for start, name in _names(text, functions):
        parts += [text[end:start], "fail"]
        end = start + len(name)
    return "".join((*parts, text[end:])).encode() if parts else data


def _names(text: str, functions: Collection[str]) -> Iterator[tuple[int, str]]:
    start = text.find("{{")
    while start >= 0:
        end = start + 2
        for token in _TOKEN.finditer(text, end):
            end = token.end()
            if token[0] == "}}":
                break
            if token[0] in functions:
                yield token.start(), token[0]
        start = text.find("{{", end)


def _text(data: bytes) -> str:
    """Text of a template; what is no UTF-8 is no template."""
    return data.decode() if _is_text(data) else ""


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
