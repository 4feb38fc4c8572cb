"""Paths below the root: POSIX strings, the root itself being ""."""

import re
from collections.abc import Iterable

_NAME_BYTES = 255
_DEVICES = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\..*)?", re.IGNORECASE)


def join(folder: str, name: str) -> str:
    """The path of an entry of a folder."""
    return f"{folder}/{name}" if folder else name


def split(path: str) -> tuple[str, str]:
    """The folder that holds a path, and the name it has there."""
    folder, _, name = path.rpartition("/")
    return folder, name


def ancestors(folders: Iterable[str]) -> set[str]:
    """The folders themselves and all above them, the root always among them."""
    found = {""}
    for folder in folders:
        path = folder
        while path not in found:
            found.add(path)
            path = split(path)[0]
    return found


def unsafe(path: str) -> str | None:
    """Why a path could lead out of the root or fail on some system, or None."""
    return next((why for name in path.split("/") if (why := unsafe_name(name))), None)


def unsafe_name(name: str) -> str | None:
    """The same for one component."""
    if name in ("", ".", ".."):
        return "is absolute or has an empty, `.` or `..` component"
    if "\\" in name or not name.isprintable():
        return "has a backslash or an unprintable character"
    if len(name.encode()) > _NAME_BYTES:
        return "has a component longer than 255 bytes"
    if name.endswith((" ", ".")) or _DEVICES.fullmatch(name):
        return "has a component that Windows cannot check out"
    return None
