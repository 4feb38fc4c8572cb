"""pydantic's errors as problems to act on: file:line:column, what is wrong, the nearest valid name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from dharma import values
from dharma.declared import Declared
from dharma.errors import Origin, Problem
from dharma.layer import Node, Path, find
from dharma.spelling import nearest

_EXPECTED = {
    values.Name: "a DNS label: lower-case letters, digits and '-', at most 63 characters",
    values.DnsName: "a DNS name in lower case",
    values.HostName: "a fully qualified host name in lower case",
    values.Cidr: "an IPv4 network such as 10.16.0.0/14",
    values.AddressRange: "an IPv4 network or a range such as 10.0.0.10-10.0.0.20",
    values.Quantity: 'a Kubernetes quantity such as 250m, "2" or 512Mi',
    values.Duration: "a duration such as 300ms, 5s or 1h30m",
    values.Cron: "five cron fields such as 0 3 * * *",
    values.Repository: "an image repository such as registry.example/team/app, without tag",
    values.Tag: "an image tag",
    values.Digest: "sha256:<64 hexadecimal digits>, or `placeholder` while there is no true one",
    values.Url: "an https, ssh or file URL",
    values.Email: "a mail address",
    values.KubernetesVersion: 'a minor release in quotes, such as "1.34"',
    values.Versions: "conditions such as >=0.1,<0.2",
    values.HttpPath: "an absolute path such as /healthz",
}
_PATTERNS = {
    constraint.pattern: text for kind, text in _EXPECTED.items() for constraint in get_args(kind)[1:]
}
_KEY = "[key]"
"""What pydantic puts behind the name of an entry whose name is wrong."""
_KINDS = {
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "dict_type": "a map",
    "tuple_type": "a list",
    "model_type": "a map",
    "model_attributes_type": "a map",
}


def complaints(error: ValidationError, tree: Node, model: type[Declared]) -> Iterator[Problem]:
    """One problem for each thing pydantic found, located in the tree that was validated."""
    for detail in error.errors(include_url=False, include_context=True, include_input=False):
        path = tuple(str(part) for part in detail["loc"] if part != _KEY)
        node = find(tree, path)
        named = detail["type"] == "extra_forbidden" or detail["loc"][-1:] == (_KEY,)
        where = node.key if named and node else locate(tree, path)
        yield Problem(where or ".".join(path), *_words(detail, path, tree, model))


def locate(tree: Node, path: Path) -> Origin | None:
    """The place of the key at a path, or of the nearest thing above it that a file says."""
    for length in range(len(path), -1, -1):
        node = find(tree, path[:length])
        if node is not None and (node.key or node.chain):
            return (node.origin if length == len(path) else None) or node.key or node.origin
    return None


def _words(detail: ErrorDetails, path: Path, tree: Node, model: type[Declared]) -> tuple[str, str]:
    kind, context = detail["type"], detail.get("ctx", {})
    name = ("the name " if detail["loc"][-1:] == (_KEY,) else "") + ".".join(path)
    if kind == "missing":
        return f"{name} is missing", ""
    if kind == "extra_forbidden":
        return f"{name} is not known here", nearest(path[-1], _fields(model, path[:-1]))
    if kind == "literal_error":
        node = find(tree, path)
        given = str(node.value) if node else ""
        allowed = [part.strip(" '") for part in str(context["expected"]).replace(" or ", ", ").split(",")]
        return f"{name} must be {context['expected']}", nearest(given, allowed)
    if kind == "string_pattern_mismatch":
        return f"{name} must be {_PATTERNS.get(context['pattern'], 'of another form')}", ""
    if kind in _KINDS:
        hint = "Put it in quotes." if kind == "string_type" else ""
        return f"{name} must be {_KINDS[kind]}", hint
    if kind == "value_error":
        return f"{name}: {context['error']}" if name else str(context["error"]), ""
    return f"{name}: {detail['msg'][0].lower()}{detail['msg'][1:]}", ""


def _fields(model: Any, path: Path) -> set[str]:
    """Names that are valid inside the part of the model at a path."""
    for name in path:
        model = _step(model, name)
    parts = [model] if _is_model(model) else [part for part in _flat(model) if _is_model(part)]
    return {info.alias or field for part in parts for field, info in part.model_fields.items()}


def _step(model: Any, name: str) -> Any:
    for part in _flat(model):
        if _is_model(part):
            for field, info in part.model_fields.items():
                if name in (info.alias, field):
                    return info.annotation
        elif getattr(part, "__origin__", None) in (dict, tuple):
            return get_args(part)[-1] if part.__origin__ is dict else get_args(part)[0]
    return None


def _flat(model: Any) -> Iterator[Any]:
    """A type and, for unions and annotations, what they are made of."""
    yield model
    if getattr(model, "__origin__", None) not in (dict, tuple):
        for part in get_args(model):
            yield from _flat(part)


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Declared)
