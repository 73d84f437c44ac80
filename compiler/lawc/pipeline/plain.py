"""Frozen dataclasses to plain data and back, for JSON between our own runs and processes.

A dataclass becomes the list of its fields. Reading back trusts nothing: every value must have the
type that its field declares, or it is refused.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from lawc.units.reading import parse_unit
from lawc.units.unit import PLAIN, Unit

Reader = Callable[[Any], Any]
_ATOMS = (str, int, float, bool, type(None))


class UnreadError(ValueError):
    """Plain data is not what a type can be made of."""


def encode(value: Any) -> Any:
    """Return a value as lists, strings and numbers.

    Raises:
        UnreadError: It has no plain form that reads back as the same.
    """
    kind = type(value)
    if kind in _ATOMS:
        return value
    if kind is tuple or kind is list:
        return [encode(part) for part in value]
    if kind is frozenset:
        return sorted(encode(part) for part in value)
    if isinstance(value, Mapping):
        return [[key, encode(part)] for key, part in value.items()]
    if isinstance(value, Enum):
        return value.value
    if kind is Unit:
        if _unit(value.text) != value:
            raise UnreadError(f"[{value.text}] is no unit that reads back")
        return value.text
    if is_dataclass(kind):
        return [encode(getattr(value, name)) for name in _names(kind)]
    raise UnreadError(f"{kind.__name__} has no plain form")


def decode(hint: Any, data: Any) -> Any:
    """Return what `encode` was given, for a value of a type.

    Raises:
        UnreadError: The data is nothing that this type is made of.
    """
    return reader(hint)(data)


@cache
def reader(hint: Any) -> Reader:
    """Return the function that reads plain data as a type."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint in _ATOMS:
        return _number if hint is float else _exactly(hint)
    if hint is Unit:
        return _read_unit
    if origin in (Union, types.UnionType):
        return _either(tuple(reader(argument) for argument in arguments))
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        return _series(tuple, reader(arguments[0]))
    if origin is tuple:
        return _record(lambda *parts: parts, tuple(reader(argument) for argument in arguments))
    if origin in (frozenset, list):
        return _series(origin, reader(arguments[0]))
    if origin is not None and issubclass(origin, Mapping):
        pairs = _series(list, _record(lambda *pair: pair, tuple(map(reader, arguments))))
        return lambda data: dict(pairs(data))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _member(hint)
    if isinstance(hint, type) and is_dataclass(hint):
        hints = get_type_hints(hint)
        return _record(hint, tuple(reader(hints[name]) for name in _names(hint)))
    raise TypeError(f"{hint} has no plain form")


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(f.name for f in fields(kind) if f.init)


def _exactly(kind: type) -> Reader:
    def read(data: Any) -> Any:
        if type(data) is not kind:
            raise UnreadError(f"expected {kind.__name__}, got {type(data).__name__}")
        return data

    return read


def _number(data: Any) -> Any:
    """Read a float; a whole number in its place stays whole, as it does in memory."""
    if type(data) is not float and type(data) is not int:
        raise UnreadError(f"expected a number, got {type(data).__name__}")
    return data


def _unit(text: str) -> Unit | None:
    if not text:
        return PLAIN
    unit = parse_unit(text)
    return unit if isinstance(unit, Unit) else None


def _read_unit(data: Any) -> Unit:
    unit = _unit(data) if type(data) is str else None
    if unit is None:
        raise UnreadError("expected the text of a unit")
    return unit


def _either(readers: tuple[Reader, ...]) -> Reader:
    def read(data: Any) -> Any:
        for one in readers:
            try:
                return one(data)
            except UnreadError:
                continue
        raise UnreadError("no type of several fits")

    return read


def _series(kind: Callable[[Any], Any], item: Reader) -> Reader:
    def read(data: Any) -> Any:
        if type(data) is not list:
            raise UnreadError("expected a list")
        return kind([item(part) for part in data])

    return read


def _record(make: Callable[..., Any], readers: tuple[Reader, ...]) -> Reader:
    def read(data: Any) -> Any:
        if type(data) is not list or len(data) != len(readers):
            raise UnreadError(f"expected {len(readers)} values")
        return make(*[one(part) for one, part in zip(readers, data, strict=True)])

    return read


def _member(kind: type[Enum]) -> Reader:
    def read(data: Any) -> Any:
        try:
            return kind(data)
        except (ValueError, TypeError):
            raise UnreadError(f"no {kind.__name__}") from None

    return read
