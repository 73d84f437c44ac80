"""A formula of a decision: exact numbers, names, and operations of a closed list.

Every value is an exact number, `unknown` or `not applicable`. A `yes/no` is 1 or 0, a word its
place among the choices of its quantity, a date its proleptic Gregorian day number
(`date.toordinal`), a duration a number of days. Numbers are in the units in which quantities are
declared: where units differ, the factor between them stands in the formula as an exact number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from types import MappingProxyType

from lawc.diagnostics.immutable import immutable


class Formula:
    """A node of a formula; all nodes are immutable and hashable."""

    __slots__ = ()


@immutable
class Number(Formula):
    """An exact number."""

    value: Fraction


@immutable
class Named(Formula):
    """The value of an input, or of a quantity that an earlier step decides."""

    name: str


@immutable
class Apply(Formula):
    """An operation of OPERATIONS on its parts.

    Attributes:
        name: Of the calendar, for operations on business days.
    """

    operation: str
    parts: tuple[Formula, ...]
    name: str = ""


@immutable
class NotApplicable(Formula):
    """The answer that there is nothing to answer."""


OPERATIONS: Mapping[str, int] = MappingProxyType(
    {
        "add": 2,
        "subtract": 2,
        "multiply": 2,
        "divide": 2,
        "negative": 1,
        "power": 2,
        "min": 2,
        "max": 2,
        "abs": 1,
        "sign": 1,
        "floor": 1,
        "ceiling": 1,
        # To a multiple of the second part.
        "round_floor": 2,
        "round_ceiling": 2,
        "round_to_zero": 2,
        "round_from_zero": 2,
        "round_half_from_zero": 2,
        "round_half_even": 2,
        # Not exact: calculated in double precision, and the result taken as it is.
        "exp": 1,
        "ln": 1,
        "log10": 1,
        "log2": 1,
        "sqrt": 1,
        "less": 2,
        "less_equal": 2,
        "equal": 2,
        "and": 2,
        "or": 2,
        "not": 1,
        "where": 3,
        "is_known": 1,
        "is_applicable": 1,
        # Of dates; months and years keep the day, or take the last of a shorter month.
        "date": 3,
        "year": 1,
        "month": 1,
        "day": 1,
        "weekday": 1,
        "add_months": 2,
        "add_years": 2,
        "months_between": 2,
        "years_between": 2,
        "is_business_day": 1,
        "add_business_days": 2,
        "next_business_day": 1,
        "business_days_between": 2,
    }
)
"""Every operation and the number of its parts; conditions are 1 or 0.

`floor` and `round_floor` go toward minus infinity, `round_half_from_zero` is the usual rounding.
`weekday` is 1 on Monday and 7 on Sunday. `months_between(a, b)` and `years_between(a, b)` count
completed ones, negative where b is before a. `next_business_day(d)` is d where d is one.
"""

INEXACT = frozenset(("exp", "ln", "log10", "log2", "sqrt"))
"""Operations without an exact result; `power` is another where its exponent is not an integer."""

YES = Number(Fraction(1))
NO = Number(Fraction(0))


def parts(formula: Formula) -> tuple[Formula, ...]:
    """Return the direct parts of a node."""
    return formula.parts if isinstance(formula, Apply) else ()


def walk(formula: Formula) -> Iterator[Formula]:
    """Yield each node object once, parents first."""
    seen = {id(formula)}
    stack = [formula]
    while stack:
        node = stack.pop()
        yield node
        for part in reversed(parts(node)):
            if id(part) not in seen:
                seen.add(id(part))
                stack.append(part)


def names(formula: Formula) -> frozenset[str]:
    """Return the names that occur."""
    found: set[str] = set()
    seen: set[int] = set()
    stack = [formula]
    while stack:
        node = stack.pop()
        if isinstance(node, Named):
            found.add(node.name)
        elif isinstance(node, Apply) and id(node) not in seen:
            seen.add(id(node))
            stack += node.parts
    return frozenset(found)


def rebuild(formula: Formula, change: Callable[[Formula], Formula | None]) -> Formula:
    """Return the formula in which each node that `change` answers for is replaced by its answer.

    `change` sees parents first; where it answers None the node stays and its parts are visited.
    """
    answer = change(formula)
    if answer is not None:
        return answer
    if isinstance(formula, Apply):
        made = tuple(rebuild(part, change) for part in formula.parts)
        return formula if made == formula.parts else Apply(formula.operation, made, formula.name)
    return formula


def number(value: int | Fraction) -> Number:
    """Return an exact number as a formula."""
    return Number(Fraction(value))


def apply(operation: str, *of: Formula) -> Apply:
    """Return an operation on its parts.

    Raises:
        ValueError: There is no such operation, or it takes another number of parts.
    """
    if OPERATIONS.get(operation) != len(of):
        raise ValueError(f"{operation!r} is no operation on {len(of)} parts")
    return Apply(operation, of)


def every(conditions: tuple[Formula, ...]) -> Formula:
    """Return the condition that all of these hold; yes where there is none."""
    return _joined("and", conditions, YES)


def some(conditions: tuple[Formula, ...]) -> Formula:
    """Return the condition that one of these holds; no where there is none."""
    return _joined("or", conditions, NO)


def _joined(operation: str, conditions: tuple[Formula, ...], none: Number) -> Formula:
    if not conditions:
        return none
    joined = conditions[0]
    for condition in conditions[1:]:
        joined = apply(operation, joined, condition)
    return joined
