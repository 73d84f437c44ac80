"""What every value of a decided quantity is a whole multiple of, as far as its formulas show.

A tax that is rounded to a dollar is a multiple of one, a score of the greatest common divisor of
its points. Fixed point counts in these steps, and samplers go to a neighbour by one of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from fractions import Fraction

from lawc.decision.decision import Apportion, Bands, Clauses, Scale, Score, Step, Table
from lawc.decision.formula import (
    INEXACT,
    OPERATIONS,
    Apply,
    Formula,
    Named,
    NotApplicable,
    Number,
)

Steps = Mapping[str, Fraction | None]


def grain(step: Step, known: Steps) -> dict[str, Fraction | None]:
    """Return for each name that a step decides what its values are multiples of, None if nothing.

    Args:
        step: Of a decision.
        known: The same of inputs and of what was decided before.
    """
    match step:
        case Apportion(outputs):
            return dict.fromkeys(outputs, Fraction(1))
        case Table(outputs, _, rows):
            found = [[row.answers[i] for row in rows] for i in range(len(outputs))]
            return {
                name: _positive(_common(_of(answer, known) for answer in answers))
                for name, answers in zip(outputs, found, strict=True)
            }
        case Clauses(output, clauses):
            return {output: _positive(_common(_of(c.value, known) for c in clauses))}
        case Score(output, points):
            return {output: _positive(_common(_of(p.points, known) for p in points))}
        case Scale(output, on, bands, _, rounding):
            if rounding is not None:
                return {output: _positive(_rounding_step(rounding[1]))}
            base = _of(on, known)
            # What lies inside a bracket ends at its own bound, at the next one, or at the base.
            parts = (
                _product(_of(bracket.rate, known), _common((base, *_bounds(band, place, known))))
                for band in bands
                for place, bracket in enumerate(band.brackets)
            )
            return {output: _positive(_common(parts))}


def _bounds(band: Bands, place: int, known: Steps) -> Iterable[Fraction | None]:
    return (_of(bracket.above, known) for bracket in band.brackets[place : place + 2])


_KEEPS = frozenset(("add", "subtract", "min", "max", "abs", "negative"))
_WHOLE = OPERATIONS.keys() - _KEEPS - INEXACT - {"multiply", "divide", "power", "where"}
"""Conditions, dates, counts, signs; roundings to a step are read before."""


def _of(formula: Formula, known: Steps) -> Fraction | None:
    """Return what a formula is a multiple of; 0 where it is always 0, None where of nothing."""
    match formula:
        case Number(value):
            return abs(value)
        case Named(name):
            return known.get(name)
        case NotApplicable():
            return Fraction(0)
        case Apply(operation, parts):
            if operation.startswith("round_"):
                return _rounding_step(parts[1])
            if operation in _WHOLE:
                return Fraction(1)
            if operation == "where":
                return _common(_of(part, known) for part in parts[1:])
            if operation in _KEEPS:
                return _common(_of(part, known) for part in parts)
            if operation == "multiply":
                return _product(_of(parts[0], known), _of(parts[1], known))
    return None


def _rounding_step(step: Formula) -> Fraction | None:
    return step.value if isinstance(step, Number) else None


def _product(one: Fraction | None, other: Fraction | None) -> Fraction | None:
    return None if one is None or other is None else one * other


def _common(steps: Iterable[Fraction | None]) -> Fraction | None:
    """Return the greatest common divisor, None where one of them is None."""
    found = Fraction(0)
    for step in steps:
        if step is None:
            return None
        top = math.gcd(found.numerator * step.denominator, step.numerator * found.denominator)
        found = Fraction(top, found.denominator * step.denominator)
    return found


def _positive(step: Fraction | None) -> Fraction | None:
    return step or None
