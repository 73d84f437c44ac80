"""Products, quotients and powers in a rule: dimensions and scales multiply, and so do numbers."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt

from lawc.analysis.rules.measures import PLAIN, Measure, Typed, times
from lawc.analysis.rules.scope import RuleScope
from lawc.decision.formula import Formula, apply, number
from lawc.decision.formula import Number as Exact
from lawc.decision.values import exact
from lawc.syntax.tree import Binary

LARGEST = 64
"""The largest exponent as written."""


def combined(operator: str, left: Typed, right: Typed) -> Typed | None:
    """Return a product or a quotient."""
    one, other = left.measure, right.measure
    if operator == "*":
        dimension, scale = one.dimension * other.dimension, one.scale * other.scale
    else:
        dimension, scale = one.dimension / other.dimension, one.scale / other.scale
    formula = _joined(operator, left.formula, right.formula)
    if dimension.is_none:
        # A ratio of like things is a plain number, whatever they are counted in.
        if operator == "*" and (left.bare or right.bare):
            return Typed(formula, right.measure if left.bare else one, left.bare and right.bare)
        return Typed(times(formula, scale), PLAIN, left.bare and right.bare)
    return Typed(formula, Measure(dimension=dimension, scale=scale), left.bare and right.bare)


def _joined(operator: str, left: Formula, right: Formula) -> Formula:
    if isinstance(left, Exact) and isinstance(right, Exact):
        if operator == "*":
            return Exact(left.value * right.value)
        if right.value:
            return Exact(left.value / right.value)
    return apply("multiply" if operator == "*" else "divide", left, right)


def to_the_power(scope: RuleScope, node: Binary, base: Typed, exponent: Typed) -> Typed | None:
    """Return a power; where its base has a dimension, the exponent has to be a number."""
    if not exponent.measure.dimension.is_none:
        scope.report(
            "L0207", "an exponent is a plain number", node.right.place, exponent.measure.said
        )
        return None
    power = times(exponent.formula, exponent.measure.scale)
    if base.measure.dimension.is_none:
        plain = times(base.formula, base.measure.scale)
        if isinstance(plain, Exact) and isinstance(power, Exact):
            folded = _folded(plain.value, power.value)
            if folded is not None:
                return Typed(number(folded), PLAIN, base.bare and exponent.bare)
        return Typed(apply("power", plain, power), PLAIN)
    if not isinstance(power, Exact):
        scope.report(
            "L0207",
            "a base with a dimension has a varying exponent",
            node.place,
            base.measure.said,
            help="divide the base by a value of its own dimension first",
        )
        return None
    return powered(base, power.value)


def powered(base: Typed, power: Fraction) -> Typed:
    """Return a power of something that has a dimension."""
    measure = base.measure
    scale = _root(measure.scale, power)
    dimension = measure.dimension**power
    if scale is None:
        # Counted in SI units the scale is one, and so is every power of it.
        inside = times(base.formula, measure.scale)
        made = apply("power", inside, number(power))
        return Typed(made, Measure(dimension=dimension))
    made = apply("power", base.formula, number(power))
    return Typed(made, Measure(dimension=dimension, scale=scale))


def _folded(base: Fraction, power: Fraction) -> Fraction | None:
    if power.denominator != 1 or abs(power) > LARGEST or (base == 0 and power < 0):
        return None
    return base**power.numerator


def _root(scale: Fraction, power: Fraction) -> Fraction | None:
    """Return a power of a scale, where it is a ratio of whole numbers."""
    if abs(power.numerator) > LARGEST:
        return exact(float(scale) ** float(power))
    if power.denominator == 1:
        return scale**power.numerator
    if power.denominator == 2:
        above, below = isqrt(scale.numerator), isqrt(scale.denominator)
        if above * above == scale.numerator and below * below == scale.denominator:
            return Fraction(above, below) ** power.numerator
    return None
