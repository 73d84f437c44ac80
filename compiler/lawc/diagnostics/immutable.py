"""Value classes that nobody changes, and that cost little to make.

A frozen dataclass refuses assignments when it runs, and to do so sets its own fields by a detour
that takes three times as long. A check makes some two hundred values for each law, so here only
type checkers refuse assignments. Making the class costs less too, since only `__init__` is written
as source text; a command that imports a hundred of them feels it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def immutable(kind: type[T]) -> type[T]:
    """Return a class as a dataclass with slots, equality, a hash and no assignments.

    Values are equal, and have equal hashes, where their classes are the same and their fields
    equal, but for fields that do not compare.
    """
    given = kind.__dict__
    made: Any = dataclass(slots=True, eq=False, repr=False)(kind)
    key = _key(tuple(part.name for part in fields(made) if part.compare))

    def equals(self: Any, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return key(self) == key(other)

    def hashed(self: Any) -> int:
        return hash(key(self))

    for name, method in (("__eq__", equals), ("__hash__", hashed), ("__repr__", _shown)):
        if name not in given:
            setattr(made, name, method)
    return made


def _key(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """Return what reads fields as one tuple, which compares equal objects by identity first."""
    if len(names) > 1:
        return attrgetter(*names)
    if not names:
        return lambda value: ()
    only = attrgetter(names[0])
    return lambda value: (only(value),)


def _shown(self: Any) -> str:
    shown = ", ".join(f"{part.name}={getattr(self, part.name)!r}" for part in fields(self))
    return f"{type(self).__qualname__}({shown})"
