"""Bounds of formulas over many boxes at once, in doubles rounded outward.

A box gives each input a range. What a formula has no bounds for here, such as business days, is
left open: between minus and plus infinity.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from lawc.decision.formula import OPERATIONS, Apply, Formula, Named, NotApplicable, Number, parts
from lawc.diagnostics.immutable import immutable
from lawc.proofs.steps import Definition

Column = NDArray[np.float64]
_COMPARISONS = frozenset(("less", "less_equal", "equal"))
_ALWAYS = _COMPARISONS | {"and", "or", "not", "is_known", "is_applicable"}
"""What answers yes or no even of what is not applicable."""
WIDTH = 4
"""Steps to the next double by which functions of the system's library are widened."""


@immutable
class Range:
    """Lower and upper bounds, one of each for every box; conditions lie between 0 and 1."""

    low: Column
    high: Column

    @property
    def is_true(self) -> NDArray[np.bool_]:
        """Where a condition holds all over the box."""
        return (self.low > 0) | (self.high < 0)

    @property
    def is_false(self) -> NDArray[np.bool_]:
        """Where a condition holds nowhere in the box."""
        return (self.low == 0) & (self.high == 0)


class Bounds:
    """Bounds of quantities and formulas over boxes of inputs.

    What is not applicable has any bounds, and fulfils no condition.
    """

    def __init__(
        self,
        inputs: Mapping[str, Range],
        definitions: Mapping[str, Definition],
        present: frozenset[str] = frozenset(),
    ) -> None:
        self.size = len(next(iter(inputs.values())).low) if inputs else 1
        self._inputs = dict(inputs)
        self._named: dict[str, Range] = dict(inputs)
        self._definitions = definitions
        self._present = present
        self._partial = {n for n, d in definitions.items() if d.is_partial} - present
        self._made: dict[int, tuple[Formula, Range]] = {}

    def of(self, formula: Formula) -> Range:
        """Return the bounds of a formula."""
        known = self._made.get(id(formula))
        if known is not None:
            return known[1]
        with np.errstate(all="ignore"):
            made = self._bound(formula)
        self._made[id(formula)] = (formula, made)
        return made

    def at(self, name: str, there: Range) -> Bounds:
        """Return the bounds where an input has another range."""
        return Bounds({**self._inputs, name: there}, self._definitions, self._present)

    def given(self, present: frozenset[str]) -> Bounds:
        """Return the bounds in cases in which these are known and applicable."""
        return Bounds(self._inputs, self._definitions, self._present | present)

    def named(self, name: str) -> Range:
        """Return the bounds of an input or a decided quantity."""
        known = self._named.get(name)
        if known is None:
            known = self._named[name] = self.of(self._definitions[name].value)
        return known

    def _bound(self, formula: Formula) -> Range:
        match formula:
            case Number(value):
                near = np.full(self.size, float(value))
                if np.isfinite(near).all() and value == int(value) and abs(value) < 2**53:
                    return Range(near, near)
                return widened(near, near, 1)
            case Named(name):
                return self.named(name)
            case NotApplicable():
                return self._open()
            case Apply("where"):
                return self._chain(formula)
            case Apply("and" | "or" as operation, (first, second)):
                a, b = self.condition(first), self.condition(second)
                join = np.minimum if operation == "and" else np.maximum
                return Range(join(a.low, b.low), join(a.high, b.high))
            case Apply("not", (part,)):
                a = self.condition(part)
                return Range(1 - a.high, 1 - a.low)
            case Apply("is_known", (Named(name),)) if name in self._present:
                return Range(np.ones(self.size), np.ones(self.size))
            case Apply("is_known" | "is_applicable"):
                return Range(np.zeros(self.size), np.ones(self.size))
            case Apply(operation, of):
                rule = _OPERATIONS.get(operation)
                if rule is None:
                    return self._open()
                low, high = rule(*(self.of(part) for part in of))
                if operation in _COMPARISONS and any(map(self._may_lack, of)):
                    low = np.zeros(self.size)
                # No number is no bound.
                return Range(
                    np.where(np.isnan(low), -np.inf, low), np.where(np.isnan(high), np.inf, high)
                )
        raise TypeError(f"no such formula: {type(formula).__name__}")

    def _chain(self, formula: Formula) -> Range:
        """Return the hull of the answers that a chain of `where` may still give."""
        low = np.full(self.size, np.inf)
        high = np.full(self.size, -np.inf)
        still = np.ones(self.size, bool)
        while isinstance(formula, Apply) and formula.operation == "where":
            condition, first, formula = formula.parts
            chosen = self.condition(condition)
            answer, may = self.of(first), still & (chosen.high > 0)
            low = np.where(may, np.minimum(low, answer.low), low)
            high = np.where(may, np.maximum(high, answer.high), high)
            still = still & (chosen.low < 1)
        last = self.of(formula)
        low = np.where(still, np.minimum(low, last.low), low)
        return Range(low, np.where(still, np.maximum(high, last.high), high))

    def condition(self, formula: Formula) -> Range:
        """Return a formula as a condition: 1 where it holds all over the box, 0 .. 1 if it may."""
        made = self.of(formula)
        low = np.where(made.is_true, 1.0, 0.0)
        if not (isinstance(formula, Apply) and formula.operation in _ALWAYS):
            low = np.zeros(self.size) if self._may_lack(formula) else low
        return Range(low, np.where(made.is_false, 0.0, 1.0))

    def _may_lack(self, formula: Formula) -> bool:
        """Whether a formula may be not applicable."""
        match formula:
            case Number():
                return False
            case Named(name):
                return name in self._partial
            case NotApplicable():
                return True
            case Apply(operation) if operation in _ALWAYS:
                return False
            case _:
                return any(map(self._may_lack, parts(formula)))

    def _open(self) -> Range:
        return Range(np.full(self.size, -np.inf), np.full(self.size, np.inf))


def widened(low: Column, high: Column, steps: int = 1) -> Range:
    """Return bounds moved outward by steps between doubles."""
    for _ in range(steps):
        low, high = np.nextafter(low, -np.inf), np.nextafter(high, np.inf)
    return Range(low, high)


Pair = tuple[Column, Column]


def _sum(a: Range, b: Range) -> Pair:
    return _added(a.low, b.low, -np.inf), _added(a.high, b.high, np.inf)


def _difference(a: Range, b: Range) -> Pair:
    return _added(a.low, -b.high, -np.inf), _added(a.high, -b.low, np.inf)


def _added(a: Column, b: Column, toward: float) -> Column:
    """Return a sum moved outward, but where it is exact."""
    total = a + b
    rest = total - a
    lost = (a - (total - rest)) + (b - rest)
    return np.where(lost == 0, total, np.nextafter(total, toward))


def product(a: Range, b: Range) -> Pair:
    """Return bounds of a product; zero times infinity is zero."""
    pairs = [(x, y) for x in (a.low, a.high) for y in (b.low, b.high)]
    corners = [np.where((x == 0) | (y == 0), 0.0, x * y) for x, y in pairs]
    # A product of what is not zero may be too small for a double: then zero is no bound.
    lost = np.logical_or.reduce([(x != 0) & (y != 0) & (x * y == 0) for x, y in pairs])
    low, high = np.minimum.reduce(corners), np.maximum.reduce(corners)
    return (
        np.where((low == 0) & ~lost, 0.0, np.nextafter(low, -np.inf)),
        np.where((high == 0) & ~lost, 0.0, np.nextafter(high, np.inf)),
    )


def _quotient(a: Range, b: Range) -> Pair:
    safe = (b.low > 0) | (b.high < 0)
    low, high = product(a, widened(1 / np.where(safe, b.high, 1), 1 / np.where(safe, b.low, 1)))
    return np.where(safe, low, -np.inf), np.where(safe, high, np.inf)


def _power(a: Range, b: Range) -> Pair:
    fixed = (b.low == b.high) & (b.low == np.round(b.low))
    even = fixed & (b.low % 2 == 0)
    positive = a.low > 0
    corners = [np.power(x, y) for x in (a.low, a.high) for y in (b.low, b.high)]
    low, high = np.minimum.reduce(corners), np.maximum.reduce(corners)
    low = np.where(even & (a.low <= 0) & (a.high >= 0), 0.0, low)
    # A base at zero has a power where the exponent is positive.
    bare = (a.low >= 0) & (b.low >= 0)
    good = positive | bare | (fixed & (b.low >= 0)) | (fixed & (a.high < 0))
    made = widened(low, high, WIDTH)
    floor = np.where(a.low >= 0, np.maximum(made.low, 0.0), made.low)
    return np.where(good, floor, -np.inf), np.where(good, made.high, np.inf)


def _monotone(
    function: Callable[[Column], Column], low: float, least: float
) -> Callable[..., Pair]:
    """Return bounds of a function that rises from `low` on, where its value is `least`."""

    def bound(a: Range) -> Pair:
        made = widened(function(np.maximum(a.low, low)), function(np.maximum(a.high, low)), WIDTH)
        return np.maximum(made.low, least), made.high

    return bound


def _absolute(a: Range) -> Pair:
    low = np.where(a.low > 0, a.low, np.where(a.high < 0, -a.high, 0.0))
    return low, np.maximum(np.abs(a.low), np.abs(a.high))


def _less(a: Range, b: Range) -> Pair:
    return (a.high < b.low).astype(float), (a.low < b.high).astype(float)


def _less_equal(a: Range, b: Range) -> Pair:
    return (a.high <= b.low).astype(float), (a.low <= b.high).astype(float)


def _equal(a: Range, b: Range) -> Pair:
    one = (a.low == a.high) & (b.low == b.high) & (a.low == b.low)
    return one.astype(float), ((a.low <= b.high) & (b.low <= a.high)).astype(float)


def _rounded(a: Range, step: Range) -> Pair:
    """Return bounds of any rounding to a step: it goes no further than the next multiples."""
    low, high = _quotient(a, step)
    return product(Range(np.floor(low), np.ceil(high)), step)


_OPERATIONS: Mapping[str, Callable[..., Pair]] = {
    "add": _sum,
    "subtract": _difference,
    "multiply": product,
    "divide": _quotient,
    "negative": lambda a: (-a.high, -a.low),
    "power": _power,
    "min": lambda a, b: (np.minimum(a.low, b.low), np.minimum(a.high, b.high)),
    "max": lambda a, b: (np.maximum(a.low, b.low), np.maximum(a.high, b.high)),
    "abs": _absolute,
    "sign": lambda a: (np.sign(a.low), np.sign(a.high)),
    "floor": lambda a: (np.floor(a.low), np.floor(a.high)),
    "ceiling": lambda a: (np.ceil(a.low), np.ceil(a.high)),
    "exp": _monotone(np.exp, -np.inf, 0.0),
    "ln": _monotone(np.log, 0.0, -np.inf),
    "log10": _monotone(np.log10, 0.0, -np.inf),
    "log2": _monotone(np.log2, 0.0, -np.inf),
    "sqrt": _monotone(np.sqrt, 0.0, 0.0),
    "less": _less,
    "less_equal": _less_equal,
    "equal": _equal,
    **{name: _rounded for name in OPERATIONS if name.startswith("round_")},
}
