"""The `.dharma-index` of each folder: what Dharma wrote there, in the format of `sha256sum`."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

from dharma.tree.folder import child, entries, is_file, read, sha256
from dharma.tree.path import join, split, unsafe_name
from dharma.tree.problem import TreeError, TreeProblem

INDEX = ".dharma-index"

_LINE = re.compile(r"([0-9a-f]{64})  (.+)")
_CONFLICT = re.compile(r"(<{7}|\|{7}|>{7})( .*)?|={7}")


def indexed(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files together with the index of every folder that directly holds some."""
    lines: dict[str, list[str]] = defaultdict(list)
    for path in sorted(files):
        folder, name = split(path)
        lines[folder].append(f"{hashlib.sha256(files[path]).hexdigest()}  {name}\n")
    indexes = {join(folder, INDEX): "".join(text) for folder, text in lines.items()}
    return {**files, **{path: text.encode(errors="surrogatepass") for path, text in indexes.items()}}


def listing(fd: int, folder: str) -> tuple[dict[str, set[str]], list[TreeProblem]]:
    """Names that Dharma wrote into a folder with their hashes, and the lines that cannot be read.

    A name has two hashes while a Git conflict is unresolved; the index lists itself with none. Where the
    index is no regular file, nothing is listed.
    """
    if not is_file(fd, INDEX):
        return {}, []
    listed: dict[str, set[str]] = defaultdict(set, {INDEX: set()})
    problems: list[TreeProblem] = []
    for number, line in enumerate(read(fd, INDEX).decode(errors="replace").splitlines(), 1):
        match = _LINE.fullmatch(line)
        if match and not unsafe_name(match[2]) and "/" not in match[2]:
            listed[match[2]].add(match[1])
        elif not _CONFLICT.fullmatch(line):
            message = f"line {number} is no `sha256  name`: restore the file from Git"
            problems.append(TreeProblem(join(folder, INDEX), message))
    return listed, problems


def hashes(fd: int, folder: str) -> Iterator[tuple[str, str]]:
    """Path and hash of each listed file that still exists, as it is now, in and below a folder."""
    listed, problems = listing(fd, folder)
    if problems:
        raise TreeError(problems)
    for entry in entries(fd):
        path = join(folder, entry.name)
        if entry.is_dir(follow_symlinks=False):
            with child(fd, entry.name) as below:
                yield from hashes(below, path)
        elif entry.name in listed and entry.name != INDEX:
            yield path, sha256(fd, entry.name)
