"""What several encodings of one question share: facts, functions beyond algebra, and limits.

exp, ln and powers with real exponents have no exact encoding. Each application of one is a number
of its own, about which only true things are said: that the function rises or falls, where it is
one or zero, and in which rational interval it lies at a constant. What is proved from that holds;
a case that is found from it is replayed before anybody sees it.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache
from typing import Any

from lawc.diagnostics.immutable import immutable
from lawc.proofs.library import z3

Real = Any
"""A term of the solver: its library has no types."""

WIDENING = Fraction(1, 10**12)


@immutable
class Application:
    """A function of one argument, applied: `exp`, `ln`, or `power` with a constant."""

    function: str
    argument: Real
    result: Real


class World:
    """Facts that hold in every case, gathered while formulas are encoded.

    Attributes:
        facts: Conditions to be given to the solver.
        details: More of them, of the calendar: most questions are settled without.
        is_integral: Whether amounts of money are whole coins.
        has_calendar: Whether months have their days; else they are only bounded, at less work.
        dates: Days, and the year, month and day of the month of each.
        shifts: Days, months added to them, and what that gave.
        failures: Conditions under which what was encoded last has no result.
    """

    def __init__(self, is_integral: bool = True, has_calendar: bool = True) -> None:
        self.facts: list[Real] = []
        self.details: list[Real] = []
        self.is_integral = is_integral
        self.has_calendar = has_calendar
        self.dates: list[tuple[Real, tuple[Real, Real, Real]]] = []
        self.shifts: list[tuple[Real, Real, Real]] = []
        self.failures: list[Real] = []
        self._applied: list[Application] = []
        self._count = 0

    def fresh(self, sort: str = "real") -> Real:
        """Return a number that nothing is known about."""
        self._count += 1
        make = z3.Int if sort == "int" else z3.Real
        return make(f"{sort}!{self._count}")

    def apply(self, function: str, argument: Real) -> Real:
        """Return what an increasing function gives.

        Args:
            function: `exp`, `ln`, and for a base above one `power:BASE` or `line:BASE`: its power,
                or its logarithm times the argument.
            argument: A real number.
        """
        key = z3.simplify(argument)
        for known in self._applied:
            if known.function == function and known.argument.eq(key):
                return known.result
            if function == "ln" and known.function == "exp" and known.result.eq(key):
                return known.argument
        result = self.fresh()
        made = Application(function, key, result)
        value = as_fraction(key)
        near = None if value is None else within(function, value, result)
        if near is None:
            near = _shape(function, key, result)
        self.facts += near
        for known in self._applied:
            if known.function == function:
                self._order(known, made)
        self._applied.append(made)
        return result

    def root(self, base: Real, degree: int) -> Real:
        """Return the root of what is not negative, exactly."""
        result = self.fresh()
        product = result
        for _ in range(degree - 1):
            product = product * result
        self.facts.append(z3.Implies(base >= 0, z3.And(result >= 0, product == base)))
        return result

    def _order(self, one: Application, other: Application) -> None:
        first = z3.And(one.argument < other.argument, one.result < other.result)
        same = z3.And(one.argument == other.argument, one.result == other.result)
        last = z3.And(one.argument > other.argument, one.result > other.result)
        if one.function.startswith("line:"):
            low, high = (quotient(end) for end in _logarithm(one.function))
            apart, wide = other.argument - one.argument, other.result - one.result
            first = z3.And(first, low * apart <= wide, wide <= high * apart)
            last = z3.And(last, high * apart <= wide, wide <= low * apart)
        if one.function == "ln":
            both = z3.And(one.argument > 0, other.argument > 0)
            self.facts.append(z3.Implies(both, z3.Or(first, same, last)))
        else:
            self.facts.append(z3.Or(first, same, last))


def _shape(function: str, argument: Real, result: Real) -> list[Real]:
    if function == "ln":
        facts = [result <= argument - 1, (result > 0) == (argument > 1)]
        facts.append((result == 0) == (argument == 1))
        return [z3.Implies(argument > 0, fact) for fact in facts]
    if function.startswith("line:"):
        low, high = (quotient(end) for end in _logarithm(function))
        up = z3.And(argument >= 0, low * argument <= result, result <= high * argument)
        return [
            z3.Or(up, z3.And(argument < 0, high * argument <= result, result <= low * argument))
        ]
    facts = [result > 0, (result > 1) == (argument > 0), (result == 1) == (argument == 0)]
    return [*facts, result >= 1 + argument] if function == "exp" else facts


def power_of(base: Real, exponent: Fraction, world: World) -> Real:
    """Return a power of what is not negative: both logarithm and exponential keep the order."""
    above = world.apply("exp", quotient(exponent) * world.apply("ln", base))
    # Of zero there is no logarithm.
    return z3.If(base > 0, above, 0.0) if exponent > 0 else above


def within(function: str, argument: Fraction, result: Real) -> list[Real] | None:
    """Return a rational interval for a function at a constant; None where it has no result."""
    try:
        low, high = enclosure(function, argument)
    except (OverflowError, ValueError):
        return None
    return [result >= quotient(low), result <= quotient(high)]


def enclosure(function: str, argument: Fraction) -> tuple[Fraction, Fraction]:
    """Return two fractions between which a function lies at a constant.

    Raises:
        OverflowError, ValueError: It has no result in double precision.
    """
    if function.startswith("line:"):
        ends = sorted(end * argument for end in _logarithm(function))
        return ends[0], ends[1]
    if argument == (1 if function == "ln" else 0):
        middle = Fraction(int(function != "ln"))
        return middle, middle
    at = float(argument)
    if function == "ln":
        middle = math.log(at)
    elif function == "exp":
        middle = math.exp(at)
    else:
        middle = math.exp(at * math.log(float(Fraction(function.partition(":")[2]))))
    value = Fraction(middle)
    # The argument was rounded too, and ln may be near zero.
    slack = (
        WIDENING * (1 + abs(value))
        if function == "ln"
        else WIDENING * abs(value) * (1 + abs(int(at)))
    )
    return value - slack, value + slack


def _logarithm(function: str) -> tuple[Fraction, Fraction]:
    return enclosure("ln", Fraction(function.partition(":")[2]))


def quotient(value: Fraction) -> Real:
    """Return an exact number for the solver."""
    return _written(value.numerator, value.denominator)


@lru_cache(maxsize=4096)
def _written(numerator: int, denominator: int) -> Real:
    return z3.RealVal(f"{numerator}/{denominator}")


def as_fraction(term: Real) -> Fraction | None:
    """Return the number that a term is, None where it is none."""
    if z3.is_int_value(term):
        return Fraction(term.as_long())
    if z3.is_rational_value(term):
        return Fraction(term.numerator_as_long(), term.denominator_as_long())
    return None
