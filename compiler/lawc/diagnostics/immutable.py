"""Value classes that nobody changes, and that cost little to make.

A frozen dataclass refuses assignments when it runs, and to do so sets its own fields by a detour
that takes five times as long. A check makes some two hundred values for each law, so of what is
`immutable` only type checkers refuse assignments; what users hold is `frozen`, and refuses them
when it runs. Making the classes costs less too, since only little is written as source text; a
command that imports a hundred of them feels it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass, field, fields
from operator import attrgetter
from typing import Any, NoReturn, TypeVar, dataclass_transform

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


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(kind: type[T]) -> type[T]:
    """Return a class as a frozen dataclass with slots, made at a third of its cost.

    A value gets its fields while its class is open, as any other does, and then the closed class,
    which refuses assignments.
    """
    opened: Any = dataclass(slots=True, weakref_slot=True, unsafe_hash=True)(kind)

    def new(closed: Any, *given: Any, **named: Any) -> Any:
        made = opened(*given, **named)
        made.__class__ = closed
        return made

    # What shows the signature of the class finds it here.
    new.__wrapped__ = opened.__init__  # type: ignore[attr-defined]
    kept = {name: getattr(opened, name) for name in ("__doc__", "__module__", "__qualname__")}
    body = {
        "__slots__": (),
        "__new__": new,
        "__init__": object.__init__,
        "__setattr__": _refuse_to_set,
        "__delattr__": _refuse_to_delete,
        "__reduce__": _made_of,
    }
    return type(kind.__name__, (opened,), {**kept, **body})


def _refuse_to_set(self: Any, name: str, value: Any) -> NoReturn:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(self: Any, name: str) -> NoReturn:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _made_of(self: Any) -> tuple[type[Any], tuple[Any, ...]]:
    """Return the class of a value and its fields, from which a copy is made."""
    return type(self), tuple(getattr(self, part.name) for part in fields(self))


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
