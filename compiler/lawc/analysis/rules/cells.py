"""Cells of a table: what holds where, as intervals, words, or conditions."""

from __future__ import annotations

from fractions import Fraction

from lawc.analysis.rules.formulas import NOT_APPLICABLE, Formulas
from lawc.analysis.rules.measures import Measure, denied, measure_of, related
from lawc.decision.conditions import cell_condition
from lawc.decision.decision import Cell, Interval, OneOf, Test
from lawc.decision.formula import Formula, Named, Number, apply, every, number, some
from lawc.diagnostics.diagnostic import Place
from lawc.knowledge.law import Quantity
from lawc.syntax.rules import document as written
from lawc.syntax.tree import Name, Node


def read_cell(cell: written.Cell, quantity: Quantity, measure: Measure, formulas: Formulas) -> Cell:
    """Return what a cell asks of a quantity; what cannot be read is reported, and holds always.

    Args:
        measure: What bare numbers in its column are counted in.
    """
    found = [_test(test, quantity, measure, formulas) for test in cell.tests]
    tests = [test for test in found if test is not None]
    if not tests or len(tests) < len(found):
        return None
    if all(isinstance(test, OneOf) for test in tests):
        values = frozenset[Fraction]().union(*(t.values for t in tests if isinstance(t, OneOf)))
        if not cell.negated:
            return OneOf(values)
        if quantity.choices:
            every_one = frozenset(Fraction(at) for at in range(len(quantity.choices)))
            return OneOf(every_one - values)
    if len(tests) == 1:
        turned = _turned(tests[0]) if cell.negated else tests[0]
        if turned is not None:
            return turned
    condition = some(tuple(cell_condition(test, quantity.name) for test in tests))
    return Test(denied(condition) if cell.negated else condition)


def _turned(test: Interval | OneOf | Test) -> Cell:
    """Return what holds where a half-line does not; None where that is no interval."""
    match test:
        case Interval(low, None, low_open) if low is not None:
            return Interval(None, low, False, not low_open)
        case Interval(None, high, _, high_open) if high is not None:
            return Interval(high, None, not high_open, False)
    return None


def _test(
    test: written.CellTest, quantity: Quantity, measure: Measure, formulas: Formulas
) -> Interval | OneOf | Test | None:
    low = test.low
    if isinstance(low, Name):
        if low.name == "unknown":
            return _asked("is_known", test, quantity, formulas)
        if low.name in NOT_APPLICABLE:
            return _asked("is_applicable", test, quantity, formulas)
    if quantity.choices:
        return _word(test, quantity, formulas)
    first = formulas.value(low, quantity, measure)
    if first is None:
        return None
    if test.relation == "..":
        last = None if test.high is None else formulas.value(test.high, quantity, measure)
        if last is None:
            return None
        return _range(test, quantity.name, first, last, formulas)
    if isinstance(first, Number):
        value = first.value
        match test.relation:
            case "<" | "<=":
                return Interval(None, value, False, test.relation == "<")
            case ">" | ">=":
                return Interval(value, None, test.relation == ">", False)
            case "=":
                whole = quantity.kind == "integer"
                return OneOf(frozenset((value,))) if whole else Interval(value, value)
    return Test(related(test.relation, Named(quantity.name), first))


def _range(
    test: written.CellTest, name: str, low: Formula, high: Formula, formulas: Formulas
) -> Interval | Test | None:
    if isinstance(low, Number) and isinstance(high, Number):
        empty = low.value == high.value and (test.low_open or test.high_open)
        if low.value > high.value or empty:
            formulas.scope.report(
                "L0705",
                "nothing lies in this range",
                test.place,
                help="write the lower end first" if low.value > high.value else "",
            )
            return None
        return Interval(low.value, high.value, test.low_open, test.high_open)
    ends = (
        related("<" if test.low_open else "<=", low, Named(name)),
        related("<" if test.high_open else "<=", Named(name), high),
    )
    return Test(every(ends))


def _asked(
    operation: str, test: written.CellTest, quantity: Quantity, formulas: Formulas
) -> Test | None:
    if test.relation not in ("=", "!="):
        formulas.scope.report(
            "L0705", f"nothing is compared with `{formulas.scope.text(test.place)}`", test.place
        )
        return None
    asked = apply(operation, Named(quantity.name))
    return Test(denied(asked) if test.relation == "=" else asked)


def _word(test: written.CellTest, quantity: Quantity, formulas: Formulas) -> OneOf | Test | None:
    if test.relation not in ("=", "!="):
        formulas.scope.report(
            "L0703",
            "words have no order",
            test.place,
            help="name the words that are meant, with commas between them",
        )
        return None
    value = formulas.value(test.low, quantity)
    if value is None:
        return None
    if not isinstance(value, Number):
        return Test(related(test.relation, Named(quantity.name), value))
    if test.relation == "=":
        return OneOf(frozenset((value.value,)))
    others = (Fraction(at) for at in range(len(quantity.choices)))
    return OneOf(frozenset(other for other in others if other != value.value))


def read_answer(
    cell: written.Cell, quantity: Quantity, measure: Measure, formulas: Formulas, row: Place
) -> Formula:
    """Return the answer that a cell gives; where it gives none, that is reported."""
    if cell.value is None:
        formulas.scope.report(
            "L0705",
            f"this row says nothing of `{quantity.name}`",
            cell.place if cell.text.strip() else row,
            help="write its value, or `not applicable`",
        )
        return number(0)
    found = formulas.value(cell.value, quantity, measure)
    return number(0) if found is None else found


def read_plain(
    node: Node, quantity: Quantity, measure: Measure | None, formulas: Formulas
) -> Fraction | None:
    """Return the number, word or day that stands in a cell; anything else is reported."""
    found = formulas.value(node, quantity, measure)
    if isinstance(found, Number):
        return found.value
    if found is not None:
        formulas.scope.report(
            "L0705",
            "here a value stands, and no formula",
            node.place,
            f"a value of `{quantity.name}`: {measure_of(quantity).said}",
        )
    return None
