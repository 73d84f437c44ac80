"""The change of variables that turns products of powers into sums.

k · x^a · y^b becomes ln k + a·ln x + b·ln y, which is linear in the logarithms, and `min` and `max`
stay what they are. Real exponents, which the solver does not know, are then plain factors.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Protocol

import numpy as np

from lawc.decision.decision import Decision, Port
from lawc.decision.formula import Apply, Formula, Named, Number
from lawc.proofs.intervals import Bounds, Range
from lawc.proofs.library import z3
from lawc.proofs.steps import Definition
from lawc.proofs.terms import Term, as_number, as_real, conjunction, disjunction
from lawc.proofs.world import Real, World, quotient

EASY_DENOMINATOR = 2
_PRODUCTS = frozenset(("multiply", "divide", "power", "sqrt"))


class Encoded(Protocol):
    """What is asked of an encoding here."""

    decision: Decision
    world: World
    definitions: dict[str, Definition]

    def term(self, formula: Formula) -> Term:
        """Return the term of a formula."""
        ...

    def condition(self, formula: Formula) -> Real:
        """Return a formula as a condition."""
        ...


class Logarithms:
    """Logarithms of the positive formulas of a decision.

    Attributes:
        everywhere: Whether every positive product is taken so, not only what needs it.
    """

    def __init__(self, encoding: Encoded, everywhere: bool) -> None:
        self._encoding = encoding
        self._bounds: Bounds | None = None
        self.everywhere = everywhere
        self._hard: dict[str, bool] = {}

    def product(self, formula: Formula) -> Term | None:
        """Return the term of a product of powers, None where it is none or may not be positive."""
        if not isinstance(formula, Apply) or formula.operation not in _PRODUCTS:
            return None
        if not (self.everywhere or self._is_hard(formula)) or not self._is_positive(formula):
            return None
        logarithm = self.of(formula)
        if logarithm is None:
            return None
        terms = [self._encoding.term(leaf) for leaf in self._leaves(formula)]
        applicable = conjunction([term.applicable for term in terms])
        fails = disjunction([term.fails for term in terms])
        return Term(self._encoding.world.apply("exp", logarithm), applicable, fails)

    def of(self, formula: Formula) -> Real | None:
        """Return the logarithm of a positive formula, None where it is not known to be positive."""
        if not self._is_positive(formula):
            return None
        world = self._encoding.world
        match formula:
            case Number(value):
                return world.apply("ln", quotient(value))
            case Apply("multiply", (first, second)):
                return _both(self.of(first), self.of(second), lambda a, b: a + b)
            case Apply("divide", (first, second)):
                return _both(self.of(first), self.of(second), lambda a, b: a - b)
            case Apply("sqrt", (base,)):
                return _both(self.of(base), quotient(Fraction(1, 2)), lambda a, b: a * b)
            case Apply("exp", (part,)):
                return as_real(as_number(self._encoding.term(part).value))
            case Apply("power", (base, exponent)):
                return self._power(base, exponent)
            case Apply("min" | "max" as operation, (first, second)):
                least = operation == "min"
                return _both(
                    self.of(first),
                    self.of(second),
                    lambda a, b: z3.If(a <= b, a, b) if least else z3.If(a >= b, a, b),
                )
            case Apply("where", (condition, first, second)):
                chosen = self._encoding.condition(condition)
                return _both(self.of(first), self.of(second), lambda a, b: z3.If(chosen, a, b))
            case _:
                value = as_number(self._encoding.term(formula).value)
                return world.apply("ln", as_real(value))

    def _power(self, base: Formula, exponent: Formula) -> Real | None:
        world = self._encoding.world
        cases = self._cases(exponent)
        if cases is not None:
            below = self.of(base)
            if below is None:
                return None
            made = quotient(cases[-1][1]) * below
            for condition, value in reversed(cases[:-1]):
                chosen = self._encoding.condition(condition)
                made = z3.If(chosen, quotient(value) * below, made)
            return made
        if not isinstance(base, Number) or base.value <= 0 or base.value == 1:
            return None
        times = as_real(as_number(self._encoding.term(exponent).value))
        if base.value > 1:
            return world.apply(f"line:{base.value}", times)
        return -world.apply(f"line:{1 / base.value}", times)

    def _cases(self, exponent: Formula) -> list[tuple[Formula, Fraction]] | None:
        """Return the numbers that an exponent takes, each with its condition."""
        if isinstance(exponent, Named) and exponent.name in self._encoding.definitions:
            exponent = self._encoding.definitions[exponent.name].value
        made: list[tuple[Formula, Fraction]] = []
        while isinstance(exponent, Apply) and exponent.operation == "where":
            condition, first, exponent = exponent.parts
            if not isinstance(first, Number):
                return None
            made.append((condition, first.value))
        if isinstance(exponent, Apply) and exponent.operation == "negative":
            inner = exponent.parts[0]
            exponent = Number(-inner.value) if isinstance(inner, Number) else exponent
        if not isinstance(exponent, Number):
            return None
        return [*made, (exponent, exponent.value)]

    def _is_hard(self, formula: Formula) -> bool:
        """Whether a product has a factor that is a power with no whole or half exponent."""
        match formula:
            case Apply("power", (_, exponent)):
                cases = self._cases(exponent)
                return cases is None or any(v.denominator > EASY_DENOMINATOR for _, v in cases)
            case Apply("exp"):
                return True
            case Apply("multiply" | "divide" | "sqrt" | "min" | "max", parts):
                return any(map(self._is_hard, parts))
            case Apply("where", (_, first, second)):
                return self._is_hard(first) or self._is_hard(second)
            case _:
                return False

    def _leaves(self, formula: Formula) -> list[Formula]:
        match formula:
            case Apply("multiply" | "divide" | "power" | "sqrt" | "min" | "max" | "where", parts):
                return [leaf for part in parts for leaf in self._leaves(part)]
            case _:
                return [formula]

    def _is_positive(self, formula: Formula) -> bool:
        if self._bounds is None:
            decision = self._encoding.decision
            inputs = {port.name: whole_range(port) for port in decision.inputs}
            self._bounds = Bounds(inputs, self._encoding.definitions)
        return bool(self._bounds.of(formula).low[0] > 0)


def whole_range(port: Port) -> Range:
    """Return the declared range of an input as one box."""
    ends = _ends(port)
    low = np.array([-np.inf if ends[0] is None else float(ends[0])])
    high = np.array([np.inf if ends[1] is None else float(ends[1])])
    # The nearest double of an end may lie inside the range.
    if ends[0] is not None and ends[0] != Fraction(float(low[0])):
        low = np.nextafter(low, -np.inf)
    if ends[1] is not None and ends[1] != Fraction(float(high[0])):
        high = np.nextafter(high, np.inf)
    return Range(low, high)


def _ends(port: Port) -> tuple[Fraction | None, Fraction | None]:
    if port.kind == "yes/no":
        return Fraction(0), Fraction(1)
    if port.choices:
        return Fraction(0), Fraction(len(port.choices) - 1)
    return port.low, port.high


def _both(a: Real | None, b: Real | None, join: Any) -> Real | None:
    return None if a is None or b is None else join(a, b)
