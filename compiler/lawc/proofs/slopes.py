"""Bounds of the slope of a formula along one input, over many boxes at once.

Where every slope in a box has one sign and nothing jumps there, the formula rises or falls all
through the box. Corners, as of `max`, have all slopes between those of their sides.
"""

from __future__ import annotations

import numpy as np

from lawc.decision.formula import YES, Apply, Formula, Named, NotApplicable, Number, names
from lawc.diagnostics.immutable import immutable
from lawc.proofs.intervals import Bounds, Range, product
from lawc.proofs.steps import Definition, depending


@immutable
class Slope:
    """Bounds of a slope, and where the formula may jump up or down within the box."""

    slope: Range
    jumps: np.ndarray


class Slopes:
    """Slopes along one input of formulas over boxes."""

    def __init__(self, bounds: Bounds, definitions: dict[str, Definition], by: str) -> None:
        self._bounds = bounds
        self._definitions = definitions
        self._by = by
        self._moving = depending(definitions, by)
        self._made: dict[int, tuple[Formula, Slope]] = {}
        self._named: dict[str, Slope] = {}
        size = bounds.size
        self._none = np.zeros(size, bool)
        self._still = Slope(Range(np.zeros(size), np.zeros(size)), self._none)
        self._any = Range(np.full(size, -np.inf), np.full(size, np.inf))

    def of(self, formula: Formula) -> Slope:
        """Return the slope of a formula along the input."""
        known = self._made.get(id(formula))
        if known is not None:
            return known[1]
        with np.errstate(all="ignore"):
            made = self._slope(formula)
        self._made[id(formula)] = (formula, made)
        return made

    def depends(self, formula: Formula) -> bool:
        """Whether a formula may depend on the input."""
        return not self._moving.isdisjoint(names(formula))

    def _slope(self, formula: Formula) -> Slope:
        match formula:
            case Number() | NotApplicable():
                return self._still
            case Named(name) if name == self._by:
                one = np.ones(self._bounds.size)
                return Slope(Range(one, one), self._none)
            case Named(name) if name in self._definitions:
                if name not in self._named:
                    self._named[name] = self.of(self._definitions[name].value)
                return self._named[name]
            case Named():
                return self._still
            case Apply("where", (condition, first, second)):
                return self._chosen(condition, first, second)
            case Apply("min" | "max" as operation, (first, second)):
                return self._corner(operation, first, second)
            case Apply(operation, parts):
                if not self.depends(formula):
                    return self._still
                return self._applied(operation, parts)
        raise TypeError(f"no such formula: {type(formula).__name__}")

    def _chosen(self, condition: Formula, first: Formula, second: Formula) -> Slope:
        chosen = self._bounds.condition(condition)
        a, b = self.of(first), self.of(second)
        only_first, only_second = chosen.is_true, chosen.is_false
        made = self._between(a, b, only_first, only_second)
        unsure = ~(only_first | only_second)
        if self.depends(condition):
            made = Slope(made.slope, made.jumps | unsure)
        return made

    def _corner(self, operation: str, first: Formula, second: Formula) -> Slope:
        x, y = self._bounds.of(first), self._bounds.of(second)
        low, high = (x, y) if operation == "min" else (y, x)
        return self._between(
            self.of(first), self.of(second), low.high < high.low, low.low > high.high
        )

    def _between(self, a: Slope, b: Slope, first: np.ndarray, second: np.ndarray) -> Slope:
        low = np.where(first, a.slope.low, np.where(second, b.slope.low, 0))
        high = np.where(first, a.slope.high, np.where(second, b.slope.high, 0))
        unsure = ~(first | second)
        low = np.where(unsure, np.minimum(a.slope.low, b.slope.low), low)
        high = np.where(unsure, np.maximum(a.slope.high, b.slope.high), high)
        jumps = (a.jumps & ~second) | (b.jumps & ~first)
        return Slope(Range(low, high), jumps)

    def _applied(self, operation: str, parts: tuple[Formula, ...]) -> Slope:
        slopes = [self.of(part) for part in parts]
        values = [self._bounds.of(part) for part in parts]
        jumps = self._none
        for slope in slopes:
            jumps = jumps | slope.jumps
        a, x = slopes[0].slope, values[0]
        b, y = slopes[-1].slope, values[-1]
        match operation:
            case "add":
                made = Range(a.low + b.low, a.high + b.high)
            case "subtract":
                made = Range(a.low - b.high, a.high - b.low)
            case "negative":
                made = Range(-a.high, -a.low)
            case "multiply":
                made = _plus(times(a, y), times(b, x))
            case "divide":
                over = self._inverse(parts)
                first = times(a, over)
                second = times(times(b, x), times(over, over))
                made = Range(first.low - second.high, first.high - second.low)
            case "power" if not self.depends(parts[1]):
                made = self._power(parts, a, y)
            case "power" if not self.depends(parts[0]):
                logarithm = self._bounds.of(Apply("ln", (parts[0],)))
                made = times(times(b, logarithm), self._bounds.of(Apply("power", parts)))
            case "exp":
                made = times(a, self._bounds.of(Apply("exp", parts)))
            case "ln" | "log10" | "log2":
                # The base is a positive factor above or below one, never of another sign.
                made = times(a, self._inverse(parts))
                made = made if operation == "ln" else _loose(made)
            case "sqrt":
                root = self._bounds.of(Apply("sqrt", parts))
                upper = np.where(root.low > 0, 1 / root.low, np.inf)
                made = _loose(times(a, Range(1 / root.high, upper)))
            case "abs":
                sign = Range(np.where(x.low >= 0, 1.0, -1.0), np.where(x.high <= 0, -1.0, 1.0))
                made = times(a, sign)
            case _:
                return Slope(self._any, np.ones_like(self._none))
        return Slope(made, jumps)

    def _inverse(self, parts: tuple[Formula, ...]) -> Range:
        return self._bounds.of(Apply("divide", (YES, parts[-1])))

    def _power(self, parts: tuple[Formula, ...], a: Range, exponent: Range) -> Range:
        less = Apply("power", (parts[0], Apply("subtract", (parts[1], YES))))
        return times(times(exponent, self._bounds.of(less)), a)


def times(a: Range, b: Range) -> Range:
    """Return bounds of a product."""
    return Range(*product(a, b))


def _plus(a: Range, b: Range) -> Range:
    return Range(a.low + b.low, a.high + b.high)


def _loose(a: Range) -> Range:
    """Return bounds that keep the sign and leave the size open."""
    # Written so that what is no number stays open.
    return Range(np.where(a.low >= 0, 0.0, -np.inf), np.where(a.high <= 0, 0.0, np.inf))
