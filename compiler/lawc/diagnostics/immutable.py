"""Value classes that nobody changes, and that cost little to make.

A frozen dataclass refuses assignments when it runs, and to do so sets its own fields by a detour
that takes five times as long. A check makes some two hundred values for each law, so of what is
`immutable` only type checkers refuse assignments; what users hold is `frozen`, and refuses them
when it runs. Making the classes costs less too, since only little is written as source text; a
command that imports a hundred of them feels it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import (
    MISSING,
    Field,
    FrozenInstanceError,
    dataclass,
    field,
    fields,
    make_dataclass,
)
from functools import cache
from operator import attrgetter
from types import CodeType, FunctionType
from typing import Any, NoReturn, TypeVar, dataclass_transform

T = TypeVar("T")

_CONVERTER = "converter"


def later(*, converter: Callable[[Any], Any]) -> Any:
    """Return a field of an `immutable` class that may be given as a tuple, of what it is made from.

    The converter makes it when somebody asks for it; of most places of formulas nobody ever does.
    """
    return field(metadata={_CONVERTER: converter})


@dataclass_transform(frozen_default=True, field_specifiers=(field, later))
def immutable(kind: type[T]) -> type[T]:
    """Return a class as a dataclass with slots, equality, a hash and no assignments.

    Values are equal, and have equal hashes, where their classes are the same and their fields
    equal, but for fields that do not compare.
    """
    given = kind.__dict__
    parts = [*getattr(kind, "__dataclass_fields__", {}).values(), *given.values()]
    # To fill in what is left out takes more than to store what is given.
    plain = not any(type(p) is Field and p.default_factory is not MISSING for p in parts)
    if "__post_init__" in given or any(type(p) is Field and not p.init for p in parts):
        raise TypeError(f"{kind.__name__} has fields that nobody gives; make it a dataclass")
    made: Any = dataclass(slots=True, init=not plain, eq=False, repr=False)(kind)
    for part in fields(made):
        if _CONVERTER in part.metadata and part.name in made.__slots__:
            _convert_later(made, part.name, part.metadata[_CONVERTER])
    if plain:
        made.__init__ = _init(made)
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


def _init(made: Any) -> Callable[..., None]:
    """Return what sets the fields of a new value; to have it compiled takes ten times as long."""
    names = tuple(part.name for part in fields(made))
    stored = tuple(_hidden(name) if hasattr(made, _hidden(name)) else name for name in names)
    code = _setting(len(names)).replace(co_varnames=("self", *names), co_names=stored)
    defaults = tuple(p.default for p in fields(made) if p.default is not MISSING)
    if any(part.default is MISSING for part in fields(made)[len(names) - len(defaults) :]):
        raise TypeError(f"a field of {made.__name__} without a default follows one that has one")
    init = FunctionType(code, {"__name__": made.__module__}, "__init__", defaults)
    init.__qualname__ = f"{made.__qualname__}.__init__"
    return init


@cache
def _setting(count: int) -> CodeType:
    """Return code that sets so many fields from as many arguments."""
    made: Any = make_dataclass("Fields", [f"field_{at}" for at in range(count)])
    return made.__init__.__code__


def _hidden(name: str) -> str:
    return f"_given_{name}"


def _convert_later(made: Any, name: str, convert: Callable[[Any], Any]) -> None:
    """Let a field be converted when it is read first."""
    slot = getattr(made, name)
    hidden = _hidden(name)

    def read(self: Any) -> Any:
        value = getattr(self, hidden)
        if type(value) is tuple:
            value = convert(value)
            setattr(self, hidden, value)
        return value

    setattr(made, hidden, slot)
    setattr(made, name, property(read, slot.__set__, doc=slot.__doc__))


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
