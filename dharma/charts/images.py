"""Images: every container image that objects name, and the same objects with a private registry's images.

Named by containers of any pod template, wherever it stands, by a field called `image` of a custom
resource, and by arguments and variables that hold a whole reference with its registry.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Change = Callable[[str], str]

HUB = "docker.io"

_HOST = r"(?:[a-z0-9-]+(?:\.[a-z0-9-]+)+|localhost)(?::[0-9]{1,5})?"
_PATH = r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*"
_SUFFIX = r"(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?"
_IMAGE = re.compile(rf"(?:{_HOST}/)?{_PATH}{_SUFFIX}")
_IN_TEXT = re.compile(
    rf"(?P<before>--?[A-Za-z0-9-]+=|)(?P<image>{_HOST}/{_PATH}(?::[A-Za-z0-9_][A-Za-z0-9_.-]*|@sha256:[0-9a-f]{{64}})+)"
)
_LISTS = frozenset({"containers", "initContainers", "ephemeralContainers"})
_WORDS = frozenset({"args", "command"})


def named(bodies: Iterable[Any]) -> list[str]:
    """Every image of the objects, once, with its registry: `nginx` is docker.io/library/nginx."""
    found: set[str] = set()

    def note(image: str) -> str:
        found.add(full(image))
        return image

    for body in bodies:
        _visited(body, note)
    return sorted(found)


def rewritten(body: Mapping[str, Any], registry: str) -> dict[str, Any]:
    """The object with every image taken from the private registry."""

    def change(image: str) -> str:
        return image if image.startswith(f"{registry}/") else mirrored(image, registry)

    found: dict[str, Any] = _visited(body, change)
    return found


def full(image: str) -> str:
    """An image with its registry, as container runtimes complete it."""
    host, slash, rest = image.partition("/")
    if slash and ("." in host or ":" in host or host == "localhost"):
        return image if "/" in rest or host != HUB else f"{HUB}/library/{rest}"
    return f"{HUB}/{image}" if slash else f"{HUB}/library/{image}"


def mirrored(image: str, registry: str) -> str:
    """Where the private registry holds an image: the same path without the host."""
    return f"{registry}/{full(image).partition('/')[2]}"


def pinned(image: str) -> str:
    """The digest that a reference carries, empty for none."""
    return image.partition("@")[2]


def _visited(value: Any, change: Change) -> Any:
    """A copy of a value in which each image went through `change`."""
    if isinstance(value, Mapping):
        return {name: _field(name, item, change) for name, item in value.items()}
    return [_visited(item, change) for item in value] if isinstance(value, list | tuple) else value


def _field(name: str, value: Any, change: Change) -> Any:
    if name == "image" and isinstance(value, str) and _looks_like_one(value):
        return change(value)
    if name in _LISTS and isinstance(value, list | tuple):
        return [_container(item, change) for item in value]
    return _visited(value, change)


def _container(value: Any, change: Change) -> Any:
    if not isinstance(value, Mapping):
        return value
    found = {name: _field(name, item, change) for name, item in value.items()}
    if isinstance(value.get("image"), str) and value["image"]:
        found["image"] = change(value["image"])
    for name in _WORDS & found.keys():
        found[name] = [_argument(word, change) for word in found[name] or ()]
    return _with_variables(found, change)


def _with_variables(container: dict[str, Any], change: Change) -> dict[str, Any]:
    variables = container.get("env")
    if isinstance(variables, list):
        container["env"] = [
            {**one, "value": _argument(one["value"], change)} if "value" in one else one for one in variables
        ]
    return container


def _argument(word: Any, change: Change) -> Any:
    match = _IN_TEXT.fullmatch(word) if isinstance(word, str) else None
    return f"{match['before']}{change(match['image'])}" if match else word


def _looks_like_one(text: str) -> bool:
    """Whether a field `image` outside of containers holds a reference: one with a registry or a tag."""
    return bool(_IMAGE.fullmatch(text)) and ("/" in text or ":" in text)
