"""The filesystem through directory descriptors, so that no link below the root is ever followed."""

import ctypes
import fcntl
import hashlib
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dharma.tree.problem import TreeError, TreeProblem

_OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_OPEN_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
_OPEN_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW


@contextmanager
def opened(root: Path, *, make: bool = False) -> Iterator[int | None]:
    """The root as a descriptor, or None if it does not exist; turns every `OSError` into a `TreeError`."""
    try:
        if make and not os.path.lexists(root):
            root.mkdir(parents=True, exist_ok=True)
        try:
            fd = os.open(root, _OPEN_FOLDER)
        except FileNotFoundError:
            yield None
            return
        with _closing(fd):
            yield fd
    except NotADirectoryError as error:
        problem = TreeProblem(str(root), "is a symbolic link or no folder: name the folder itself")
        raise TreeError([problem]) from error
    except OSError as error:
        where = "" if error.filename is None else f" ({error.filename})"
        raise TreeError([TreeProblem(str(root), f"{error.strerror}{where}")]) from error


@contextmanager
def locked(fd: int, root: Path) -> Iterator[None]:
    """Keeps other builds out; raises `TreeError` with the process that is at work already."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        message = f"another build is writing here (pid {_holder(fd)}): wait for its end, then run again"
        raise TreeError([TreeProblem(str(root), message)]) from None
    try:
        yield
    finally:
        fcntl.flock(fd, fcntl.LOCK_UN)


def _holder(fd: int) -> str:
    """Process that holds the lock, from lines like `1: FLOCK ADVISORY WRITE 4242 fe:00:1234 0 EOF`."""
    try:
        locks = Path("/proc/locks").read_text()
    except OSError:
        return "unknown"
    held = re.search(rf"FLOCK +ADVISORY +WRITE +(\d+) \w+:\w+:{os.fstat(fd).st_ino} ", locks)
    return held[1] if held else "unknown"


@contextmanager
def descended(root: int, path: str, *, make: bool = False, nearest: bool = False) -> Iterator[int]:
    """A folder below the root, opened component by component.

    `make` creates what is missing, `nearest` stops at the last folder there is. Raises `TreeError` for a
    link or a file on the way.
    """
    fd = os.dup(root)
    try:
        for name in filter(None, path.split("/")):
            if make and not exists(fd, name):
                os.mkdir(name, dir_fd=fd)
            try:
                below = os.open(name, _OPEN_FOLDER, dir_fd=fd)
            except (FileNotFoundError, NotADirectoryError) as error:
                if nearest:
                    break
                if isinstance(error, FileNotFoundError):
                    raise
                raise TreeError([_in_the_way(path, name)]) from error
            os.close(fd)
            fd = below
        yield fd
    finally:
        os.close(fd)


def _in_the_way(path: str, name: str) -> TreeProblem:
    message = f"{name} is a symbolic link or a file, where a folder is wanted: move it or remove it"
    return TreeProblem(path, message)


@contextmanager
def child(folder: int, name: str) -> Iterator[int]:
    """A folder directly below another."""
    with _closing(os.open(name, _OPEN_FOLDER, dir_fd=folder)) as fd:
        yield fd


@contextmanager
def _closing(fd: int) -> Iterator[int]:
    try:
        yield fd
    finally:
        os.close(fd)


def entries(folder: int) -> list[os.DirEntry[str]]:
    """What a folder holds, sorted by name."""
    with os.scandir(folder) as found:
        return sorted(found, key=lambda entry: entry.name)


def exists(folder: int, name: str) -> bool:
    """Whether anything has that name, be it a dangling link."""
    return _mode(folder, name) != 0


def is_file(folder: int, name: str) -> bool:
    """Whether a regular file has that name."""
    return stat.S_ISREG(_mode(folder, name))


def _mode(folder: int, name: str) -> int:
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return 0


def read(folder: int, name: str) -> bytes:
    """The content of a file."""
    with _closing(os.open(name, _OPEN_FILE, dir_fd=folder)) as fd, open(fd, "rb", closefd=False) as file:
        return file.read()


def sha256(folder: int, name: str) -> str:
    """The hash of a file in hex."""
    return hashlib.sha256(read(folder, name)).hexdigest()


def equals(folder: int, name: str, content: bytes) -> bool:
    """Whether a file has that content; reads no more of it than needed."""
    with _closing(os.open(name, _OPEN_FILE, dir_fd=folder)) as fd:
        return os.read(fd, len(content) + 1) == content


def create(folder: int, name: str, content: bytes) -> None:
    """A new file, not yet durable; raises `FileExistsError` rather than touch another."""
    with _closing(os.open(name, _OPEN_NEW, 0o666, dir_fd=folder)) as fd:
        view = memoryview(content)
        while view:
            view = view[os.write(fd, view) :]


def sync(fd: int) -> None:
    """Makes everything written to the filesystem of a descriptor durable."""
    if ctypes.CDLL(None, use_errno=True).syncfs(fd):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
