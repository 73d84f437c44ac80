"""Put numbers in for names, and calculate what is then constant.

What is left reads inputs and decided quantities alone, so that the ends of most cells are numbers,
which every evaluator looks up instead of calculating. Only what has an exact result is folded;
what has none at all, as 1/0, is left for the evaluator to refuse where it is met.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

from lawc.decision.decision import Cell, Interval, OneOf, Test
from lawc.decision.formula import INEXACT, NO, YES, Apply, Formula, Named, Number
from lawc.decision.operations import DecisionError, operate

LARGEST_EXPONENT = 64


def fold(formula: Formula, values: Mapping[str, Fraction] | None = None) -> Formula:
    """Return the formula with numbers put in for names, and constant parts calculated."""
    known = values or {}
    done: dict[int, Formula] = {}

    def folded(node: Formula) -> Formula:
        made = done.get(id(node))
        if made is None:
            made = done[id(node)] = _folded(node, known, folded)
        return made

    return folded(formula)


def fold_cell(cell: Cell, name: str, values: Mapping[str, Fraction] | None = None) -> Cell:
    """Return a cell of the column `name` with constants folded, as an interval where it is one.

    A cell that always holds becomes None, one that never holds an interval without numbers.
    """
    if not isinstance(cell, Test):
        return cell
    condition = fold(cell.condition, values)
    if condition == YES:
        return None
    if condition == NO:
        return NOWHERE
    return _interval(condition, name) or _choice(condition, name) or Test(condition)


def holds(cell: Cell, value: Fraction) -> bool | None:
    """Return whether a cell without formulas holds at a number; None for one with a formula."""
    match cell:
        case None:
            return True
        case OneOf(chosen):
            return value in chosen
        case Interval(low, high, low_open, high_open):
            above = low is None or low < value or (low == value and not low_open)
            below = high is None or value < high or (high == value and not high_open)
            return above and below
        case Test():
            return None


NOWHERE = Interval(Fraction(0), Fraction(0), low_open=True, high_open=True)
"""A cell that never holds."""


def _folded(
    node: Formula, values: Mapping[str, Fraction], folded: Callable[[Formula], Formula]
) -> Formula:
    if isinstance(node, Named):
        value = values.get(node.name)
        return node if value is None else Number(value)
    if not isinstance(node, Apply):
        return node
    parts = tuple(folded(part) for part in node.parts)
    shorter = _shortened(node.operation, parts)
    if shorter is not None:
        return shorter
    numbers = [part.value for part in parts if isinstance(part, Number)]
    if len(numbers) == len(parts):
        value = _calculated(node, numbers)
        if value is not None:
            return Number(value)
    same = all(new is old for new, old in zip(parts, node.parts, strict=True))
    return node if same else Apply(node.operation, parts, node.name)


def _shortened(operation: str, parts: tuple[Formula, ...]) -> Formula | None:
    """Return the part that decides a condition or a case, where a constant makes it so."""
    if operation == "where" and isinstance(parts[0], Number):
        return parts[1] if parts[0] != NO else parts[2]
    if operation in ("and", "or"):
        neutral, deciding = (YES, NO) if operation == "and" else (NO, YES)
        for this, other in (parts, parts[::-1]):
            if this == neutral:
                return other
            if this == deciding:
                return deciding
    return None


def _calculated(node: Apply, numbers: list[Fraction]) -> Fraction | None:
    """Return the exact result of an operation on numbers, None where it has none."""
    operation = node.operation
    if operation in INEXACT or node.name:
        return None
    if operation == "power" and (numbers[1].denominator != 1 or abs(numbers[1]) > LARGEST_EXPONENT):
        return None
    try:
        value = operate(operation, tuple(numbers))
    except DecisionError:
        return None
    return value if isinstance(value, Fraction) else None


def _atoms(condition: Formula, operation: str) -> list[Formula]:
    """Return the conditions that are joined by one operation, in order."""
    if isinstance(condition, Apply) and condition.operation == operation:
        return [atom for part in condition.parts for atom in _atoms(part, operation)]
    return [condition]


def _interval(condition: Formula, name: str) -> Interval | None:
    """Return the interval of `name` in which a condition holds, or None where it is another."""
    made = Interval()
    for atom in _atoms(condition, "and"):
        one = _comparison(atom, name)
        if one is None:
            return None
        made = _meet(made, one)
    return made


def _comparison(atom: Formula, name: str) -> Interval | None:
    if not isinstance(atom, Apply):
        return None
    if atom.operation == "not":
        other = _comparison(atom.parts[0], name)
        return None if other is None else _complement(other)
    if atom.operation not in ("less", "less_equal", "equal"):
        return None
    left, right = atom.parts
    is_open = atom.operation == "less"
    if left == Named(name) and isinstance(right, Number):
        low = right.value if atom.operation == "equal" else None
        return Interval(low, right.value, high_open=is_open)
    if right == Named(name) and isinstance(left, Number):
        high = left.value if atom.operation == "equal" else None
        return Interval(left.value, high, low_open=is_open)
    return None


def _complement(interval: Interval) -> Interval | None:
    if interval.low is None and interval.high is not None:
        return Interval(low=interval.high, low_open=not interval.high_open)
    if interval.high is None and interval.low is not None:
        return Interval(high=interval.low, high_open=not interval.low_open)
    return None


def _meet(one: Interval, other: Interval) -> Interval:
    low, low_open = one.low, one.low_open
    if other.low is not None and (low is None or (other.low, other.low_open) > (low, low_open)):
        low, low_open = other.low, other.low_open
    high, high_open = one.high, one.high_open
    if other.high is not None and (
        high is None or (other.high, not other.high_open) < (high, not high_open)
    ):
        high, high_open = other.high, other.high_open
    return Interval(low, high, low_open, high_open)


def _choice(condition: Formula, name: str) -> OneOf | None:
    """Return the values of `name` of which a condition asks that it be one, or None."""
    found: set[Fraction] = set()
    for atom in _atoms(condition, "or"):
        one = _comparison(atom, name)
        if one is None or one.low is None or one.low != one.high or one.low_open or one.high_open:
            return None
        found.add(one.low)
    return OneOf(frozenset(found))
