"""What is wanted: files and the indexes of their folders, refused if some system could not hold them."""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from dharma.tree.index import INDEX, indexed
from dharma.tree.path import ancestors, join, split, unsafe
from dharma.tree.problem import TreeError, TreeProblem

ENTRIES = 200  # of one folder, its index included
STAGING = ".dharma-staging-"


def planned(files: Mapping[str, bytes], scopes: Sequence[str]) -> dict[str, bytes]:
    """All that the scopes shall hold, by path; raises `TreeError` for paths that are refused."""
    paths = [*files, *filter(None, scopes)]
    wanted = indexed(files)
    problems = [TreeProblem(path, why) for path in paths if (why := unsafe(path))]
    problems += [TreeProblem(path, "is reserved for Git or Dharma") for path in paths if _reserved(path)]
    problems += [TreeProblem(path, "lies outside what is being built") for path in _outside(files, scopes)]
    problems += _crowding(wanted)
    if problems:
        raise TreeError(problems)
    return wanted


def folders(paths: Iterable[str]) -> set[str]:
    """Every folder that must exist to hold the paths, the root always among them."""
    return ancestors(split(path)[0] for path in paths)


def _reserved(path: str) -> bool:
    return any(name == ".git" or name.startswith((INDEX, STAGING)) for name in path.lower().split("/"))


def _outside(files: Iterable[str], scopes: Sequence[str]) -> Iterator[str]:
    if "" not in scopes:
        inside = tuple(f"{scope}/" for scope in scopes)
        yield from (path for path in files if not path.startswith(inside))


def _crowding(wanted: Collection[str]) -> Iterator[TreeProblem]:
    for folder, names in sorted(_entries(wanted).items()):
        if len(names) > ENTRIES:
            message = f"would hold {len(names)} entries with its index, the limit is {ENTRIES}: split it"
            yield TreeProblem(folder or ".", message)
        yield from _collisions(folder, names)


def _entries(wanted: Collection[str]) -> dict[str, list[str]]:
    """Names by folder; twice where one is both a file and a folder."""
    found: dict[str, list[str]] = defaultdict(list)
    files = {split(path) for path in wanted}
    below = {split(path) for path in folders(wanted) if path}
    for folder, name in [*files, *below]:
        found[folder].append(name)
    return found


def _collisions(folder: str, names: Collection[str]) -> Iterator[TreeProblem]:
    spelled: dict[str, str] = {}
    for name in sorted(names):
        other = spelled.setdefault(unicodedata.normalize("NFC", name).casefold(), name)
        if other != name:
            message = f"differs from {join(folder, other)} only in case: rename one"
            yield TreeProblem(join(folder, name), message)
    for name in sorted(name for name, count in Counter(names).items() if count > 1):
        yield TreeProblem(join(folder, name), "is wanted both as a file and as a folder")
