"""Where a value is rounded up or down and may be negative, the author says which way that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from lawc.analysis.findings import shown
from lawc.analysis.rules.order import Placed
from lawc.analysis.rules.scope import RuleScope
from lawc.analysis.rules.signs import Range, range_of, ranges_of
from lawc.decision.decision import Clauses, Scale
from lawc.decision.formula import Apply
from lawc.decision.values import exact
from lawc.knowledge.law import Quantity
from lawc.knowledge.rule import Parameter
from lawc.syntax.rules.document import RoundingText

_OTHERS = {"down": "toward zero", "up": "from zero"}


def check_rounding(
    steps: Sequence[Placed],
    roundings: Mapping[tuple[str, str], RoundingText],
    parameters: Sequence[Parameter],
    scope: RuleScope,
) -> None:
    """Report roundings down and up of what may be negative inside the declared ranges."""
    if not any(text.mode in _OTHERS for text in roundings.values()):
        return
    known: dict[str, Range] = {name: _range(q) for name, q in scope.quantities.items()}
    for constant in scope.constants.values():
        value = scope.constant_value(constant)
        known[constant.name] = (value, value)
    for parameter in parameters:
        values = [value for _, value in parameter.values if value is not None]
        known[parameter.name] = (min(values, default=None), max(values, default=None))
    for placed in steps:
        step = placed.step
        if isinstance(step, Clauses):
            for clause in step.clauses:
                text = roundings.get((step.output, clause.label))
                if text is not None and text.mode in _OTHERS and isinstance(clause.value, Apply):
                    low, _ = range_of(clause.value.parts[0], known)
                    _check(low, text, scope)
        for name, found in ranges_of(step, known).items():
            text = roundings.get((name, "")) if isinstance(step, Scale) else None
            if text is not None and text.mode in _OTHERS:
                _check(found[0], text, scope)
            # What is declared holds: an answer beyond it is refused.
            low, high = known.get(name, (None, None))
            known[name] = (found[0] if low is None else low, found[1] if high is None else high)


def _check(low: Fraction | None, text: RoundingText, scope: RuleScope) -> None:
    if low is not None and low >= 0:
        return
    other = _OTHERS[text.mode]
    scope.report(
        "L0711",
        f"rounded {text.mode}, a value below zero is moved "
        + ("away from zero" if text.mode == "down" else "toward zero"),
        text.place,
        "and this one may be below zero"
        + ("" if low is None else f", down to {shown(float(low))}"),
        help=f"write `rounded {other} to …`, or bound the value: `max(…, 0 [USD])`",
    )


def _range(quantity: Quantity) -> Range:
    low = None if quantity.low is None else exact(quantity.low)
    return low, None if quantity.high is None else exact(quantity.high)
