"""Sums and differences of days: a day moved by days, and the days between two."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lawc.analysis.rules.measures import DATE, DURATION, Typed
from lawc.decision.formula import Number, apply
from lawc.syntax.tree import Binary

if TYPE_CHECKING:
    from lawc.analysis.rules.formulas import Formulas

_NOUNS = {"+": "sum", "-": "difference"}


def days(formulas: Formulas, node: Binary, left: Typed, right: Typed) -> Typed | None:
    """Return a sum or difference of which one part is a day; what has none is reported."""
    kinds = left.measure.kind, right.measure.kind
    if kinds == ("date", "date") and node.operator == "-":
        return Typed(apply("subtract", left.formula, right.formula), DURATION)
    if kinds[0] == "date" and right.measure.is_number:
        moved = formulas.fitted(right, DURATION, node.right, "what is added to a day")
        if moved is None:
            return None
        if isinstance(moved, Number) and moved.value.denominator != 1:
            formulas.scope.report(
                "L0702",
                "a day is moved by whole days, and these are none",
                node.right.place,
                help="write `add_months(d, 1)` or `add_years(d, 1)`",
            )
            return None
        operation = "add" if node.operator == "+" else "subtract"
        return Typed(apply(operation, left.formula, moved), DATE)
    if node.operator == "+" and kinds[1] == "date" and left.measure.is_number:
        return days(formulas, Binary(node.place, "+", node.right, node.left), right, left)
    formulas.scope.report(
        "L0702",
        f"{left.measure.said} and {right.measure.said} have no {_NOUNS[node.operator]}",
        node.place,
        help="write `d + 30 [d]`, or the days between two: `d2 - d1`",
    )
    return None
