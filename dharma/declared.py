"""Declared: the base of everything read from environments/, which knows what was read of it.

A model knows its path in the declarations. While a `Reads` collects, reading a scalar field
adds that path to it; `dharma.component` uses this to tell which YAML lines an object rests on.
Serialising or comparing a model reads nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, create_model
from pydantic.alias_generators import to_camel

from dharma.layer import Path

Reads = set[Path]
_sinks: list[Reads] = []


@contextmanager
def reading(sink: Reads) -> Iterator[Reads]:
    """Collect the paths of scalars that are read inside the block, in this block only."""
    _sinks.append(sink)
    try:
        yield sink
    finally:
        _sinks.pop()


@contextmanager
def unobserved() -> Iterator[None]:
    """Read without leaving a trace, for looking through many declarations to find a few."""
    with reading(set()):
        yield


class Declared(BaseModel):
    """A part of the declarations: frozen, closed to unknown fields, camelCase in YAML."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        alias_generator=to_camel,
        use_attribute_docstrings=True,
        defer_build=True,
    )
    _path: Path = PrivateAttr(default=())

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        for name, info in cls.model_fields.items():
            if not isinstance(cls.__dict__.get(name), _Field):
                setattr(cls, name, _Field(name, info.alias or name))

    def note(self, below: Path) -> None:
        """Count the value at a path below this part as read."""
        if _sinks:
            _sinks[-1].add((*path_of(self), *below))

    def placed(self, path: Path) -> None:
        """Tell this part and all parts below it where they stand."""
        self._path = path
        for name, info in type(self).model_fields.items():
            _place(self.__dict__[name], (*path, info.alias or name))


_PLAIN = frozenset({str, int, float, bool, type(None)})


class _Field:
    """A data descriptor before pydantic's instance dictionary; it notes reads of scalars."""

    __slots__ = ("alias", "name")

    def __init__(self, name: str, alias: str) -> None:
        self.name = name
        self.alias = alias

    def __get__(self, owner: Declared | None, kind: type[Declared]) -> Any:
        if owner is None:
            raise AttributeError(self.name)
        value = owner.__dict__[self.name]
        if _sinks and (type(value) in _PLAIN or not _has_parts(value)):
            _sinks[-1].add((*path_of(owner), self.alias))
        return value

    def __set__(self, owner: Declared, value: Any) -> None:
        raise AttributeError(f"{type(owner).__name__}.{self.name} is frozen")


def _has_parts(value: Any) -> bool:
    if isinstance(value, Declared):
        return True
    if isinstance(value, dict):
        return any(isinstance(item, Declared) for item in value.values())
    return isinstance(value, tuple) and bool(value) and isinstance(value[0], Declared)


def _place(value: Any, path: Path) -> None:
    if isinstance(value, Declared):
        value.placed(path)
    elif isinstance(value, dict):
        for name, item in value.items():
            _place(item, (*path, name))
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            _place(item, (*path, str(index)))


def path_of(part: Declared) -> Path:
    """Where in the declarations a part stands, such as ("services", "checkout")."""
    private: Any = part.__pydantic_private__  # pydantic's own way to it is ten times as slow
    path: Path = private["_path"]
    return path


class Layer(Declared):
    """Base of models of one layer, whose fields are described by the models they are made from."""

    model_config = ConfigDict(use_attribute_docstrings=False)


_partials: dict[type[Declared], type[Declared]] = {}


def partial(model: type[Declared]) -> type[Declared]:
    """The model of one layer: the same fields, each of which may be absent or null.

    Lists stay whole, because a layer replaces them; maps and parts become partial too. Checks
    that compare fields are left to the whole model.
    """
    if model not in _partials:
        fields: dict[str, Any] = {
            name: (
                _loosen(info.rebuild_annotation()) | None,
                Field(default=None, alias=info.alias, description=info.description),
            )
            for name, info in model.model_fields.items()
        }
        _partials[model] = create_model(model.__name__, __base__=Layer, __doc__=model.__doc__, **fields)
    return _partials[model]


def _loosen(kind: Any) -> Any:
    if isinstance(kind, type) and issubclass(kind, Declared):
        return partial(kind)
    if get_origin(kind) is dict:
        key, value = get_args(kind)
        return dict[key, _loosen(value) | None]  # type: ignore[misc, valid-type]
    if get_origin(kind) is Annotated:
        inner = _loosen(get_args(kind)[0])
        return kind if inner is get_args(kind)[0] else inner
    if get_origin(kind) in (Union, UnionType):
        return Union[tuple(_loosen(part) for part in get_args(kind))]  # noqa: UP007
    return kind
