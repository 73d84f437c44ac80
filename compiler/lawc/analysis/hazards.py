"""Where a formula can break: what must not be zero, negative, beyond one, or beyond all numbers.

A divisor that is a product is zero where one of its factors is, and a power where its base is; so
each factor is watched by itself, which gives the smaller expression to say something about.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from enum import Enum

from lawc.analysis.intervals import Interval
from lawc.analysis.numbers import NEAR
from lawc.diagnostics.immutable import immutable
from lawc.knowledge.expression import (
    Binary,
    Call,
    Choice,
    Expression,
    Integral,
    Logic,
    Negative,
    Number,
    Symbol,
    parts,
)

LARGEST = math.log(sys.float_info.max)
"""The logarithm of the largest number."""


class Break(Enum):
    """What must not happen to a value."""

    ZERO = "is zero"
    NEGATIVE = "is negative"
    NOT_POSITIVE = "is not positive"
    BEYOND_ONE = "lies outside -1 to 1"
    FROM_ONE = "reaches 1"
    HUGE = "is larger than numbers go"


@immutable
class Hazard:
    """A part of a formula and what must not happen to it.

    Attributes:
        of: The divisor, or the argument.
        breaks: What must not happen.
        what: The operation, for the headline.
        guards: Conditions of the branches of choices in which it stands.
        at: The part of the formula to be shown; `of` itself where it stands in the text.
        quotient: The whole division, for a divisor or a factor of one.
    """

    of: Expression
    breaks: Break
    what: str
    guards: tuple[Expression, ...] = ()
    at: Expression | None = None
    quotient: Binary | None = None

    @property
    def shown(self) -> Expression:
        """The part of the formula that is shown."""
        return self.of if self.at is None else self.at

    @property
    def code(self) -> str:
        """The code of its finding."""
        return {Break.ZERO: "L0302", Break.HUGE: "L0304"}.get(self.breaks, "L0303")

    @property
    def headline(self) -> str:
        """What happens, in one sentence."""
        if self.breaks is Break.ZERO:
            return "a division by zero lies inside the domain"
        if self.breaks is Break.HUGE:
            return f"{self.what} overflows inside the domain"
        return f"{self.what} leaves its range inside the domain"

    def touched(self, values: Interval) -> bool:
        """Return whether a value in an interval could break it."""
        low, high = values
        match self.breaks:
            case Break.ZERO:
                return low <= 0 <= high
            case Break.NEGATIVE:
                return low < 0
            case Break.NOT_POSITIVE:
                return low <= 0
            case Break.BEYOND_ONE:
                return low < -1 or high > 1
            case Break.HUGE:
                return high > LARGEST
        return high >= 1

    def broken(self, value: float, size: float) -> bool:
        """Return whether a value breaks it beyond what rounding does to numbers of a size."""
        margin = NEAR * size
        match self.breaks:
            case Break.ZERO:
                return abs(value) <= 1e-15 * size
            case Break.NEGATIVE:
                return value < -margin
            case Break.NOT_POSITIVE:
                return value < -margin or value == 0
            case Break.BEYOND_ONE:
                return abs(value) > 1 + NEAR
            case Break.HUGE:
                return value > LARGEST
        return value >= 1


def hazards(expression: Expression) -> Iterator[Hazard]:
    """Yield what can break in an expression, parents first."""
    stack: list[tuple[Expression, tuple[Expression, ...]]] = [(expression, ())]
    while stack:
        node, guards = stack.pop()
        kind = type(node)
        if kind is Symbol or kind is Number:
            continue
        if kind is Choice:
            condition, then, otherwise = node.condition, node.then, node.otherwise  # type: ignore
            stack.append((otherwise, (*guards, Logic("not", (condition,)))))
            stack.append((then, (*guards, condition)))
            continue
        if kind is Binary:
            if node.operator == "/" and type(node.right) is not Number:  # type: ignore
                yield from _divisor(node.right, guards, node)  # type: ignore
            elif node.operator == "^":  # type: ignore
                yield from _power(node.left, node.right, guards)  # type: ignore
            stack.append((node.right, guards))  # type: ignore
            stack.append((node.left, guards))  # type: ignore
            continue
        if kind is Call:
            yield from _call(node.function, node.arguments, guards)  # type: ignore
        elif kind is Integral:
            # Where the variable of an integral runs is not known here.
            stack.extend((end, guards) for end in (node.high, node.low))  # type: ignore
            continue
        stack.extend((part, guards) for part in reversed(parts(node)))


def _divisor(
    node: Expression, guards: tuple[Expression, ...], quotient: Binary | None = None
) -> Iterator[Hazard]:
    """Yield what must not be zero for a divisor not to be."""
    if type(node) is Symbol:
        yield Hazard(node, Break.ZERO, "a division", guards, quotient=quotient)
        return
    match node:
        case Number(value) if value:
            return
        case Negative(of):
            yield from _divisor(of, guards, quotient)
        case Binary("*", left, right):
            yield from _divisor(left, guards, quotient)
            yield from _divisor(right, guards, quotient)
        case Binary("/", left, _):
            yield from _divisor(left, guards, quotient)
        case Binary("^", base, exponent) if (number_of(exponent) or 0) > 0:
            yield from _divisor(base, guards, quotient)
        case Call("sqrt" | "abs", (of,)):
            yield from _divisor(of, guards, quotient)
        case _:
            yield Hazard(node, Break.ZERO, "a division", guards, quotient=quotient)


def number_of(node: Expression) -> float | None:
    """Return the value of a literal, with its sign."""
    match node:
        case Number(value):
            return value
        case Negative(Number(value)):
            return -value
        case Binary("/", Number(above), Number(below)) if below:
            return above / below
    return None


def _power(
    base: Expression, exponent: Expression, guards: tuple[Expression, ...]
) -> Iterator[Hazard]:
    if isinstance(base, Number) and base.value > 0:
        scale = Number(math.log(base.value))
        if number_of(exponent) is None:
            power = Binary("^", base, exponent)
            yield Hazard(Binary("*", exponent, scale), Break.HUGE, "a power", guards, power)
        return
    power = number_of(exponent)
    if power is None or abs(power) > 4:
        yield Hazard(
            Binary("*", exponent, Call("ln", (Call("abs", (base,)),))),
            Break.HUGE,
            "a power",
            guards,
            Binary("^", base, exponent),
        )
    if power is None:
        yield Hazard(base, Break.NEGATIVE, "a power with a varying exponent", guards)
        return
    if power != int(power):
        yield Hazard(base, Break.NEGATIVE, "a fractional power", guards)
    if power < 0:
        yield from _divisor(base, guards)


_ARGUMENTS = {
    "sqrt": (Break.NEGATIVE, "a square root"),
    "ln": (Break.NOT_POSITIVE, "a logarithm"),
    "log10": (Break.NOT_POSITIVE, "a logarithm"),
    "log2": (Break.NOT_POSITIVE, "a logarithm"),
    "arcsin": (Break.BEYOND_ONE, "`arcsin`"),
    "arccos": (Break.BEYOND_ONE, "`arccos`"),
    "elliptic_k": (Break.FROM_ONE, "`elliptic_k`"),
}


def _call(
    function: str, arguments: tuple[Expression, ...], guards: tuple[Expression, ...]
) -> Iterator[Hazard]:
    if function in _ARGUMENTS and arguments:
        breaks, what = _ARGUMENTS[function]
        yield Hazard(arguments[0], breaks, what, guards)
    elif function in ("exp", "expm1", "exprel", "sinh", "cosh") and arguments:
        of: Expression = arguments[0]
        if function in ("sinh", "cosh"):
            of = Call("abs", (of,))
        whole = Call(function, arguments)
        yield Hazard(of, Break.HUGE, f"`{function}`", guards, whole)
