"""Where conditions meet: conditions inside a range, and starts that the ends contradict.

A field that diffuses forgets a jump between its start and its ends; a field that is periodic has no
ends where it could have one, and a wave keeps it for ever.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lawc.analysis.conditions import Key, fixed_values
from lawc.analysis.findings import finding, shown
from lawc.analysis.numbers import NoValueError, evaluate
from lawc.diagnostics.diagnostic import Diagnostic
from lawc.knowledge.expression import Expression, Symbol
from lawc.knowledge.law import Boundary, Condition, Law, Quantity

SHARES = (0.37, 0.61, 0.83)
"""Where in their ranges parameters are tried: a contradiction holds at all of these places."""
APART = 1e-6
EDGE = 1e-9


def check_corners(law: Law, orders: Mapping[Key, int]) -> list[Diagnostic]:
    """Return a finding for each condition inside a range, and for each start with a jump.

    Args:
        law: With its conditions read.
        orders: The order of each field in each variable.
    """
    return [*_inside(law), *_jumps(law, orders)]


def _inside(law: Law) -> Iterator[Diagnostic]:
    for line in law.boundary:
        quantity = law.quantities.get(line.variable)
        place = line.place
        if not isinstance(line.at, Expression) or quantity is None or place is None:
            continue
        if quantity.low is None or quantity.high is None:
            continue
        try:
            at = quantity.unit.from_si(evaluate(line.at, fixed_values(law)))
        except NoValueError:
            continue
        room = EDGE * (quantity.high - quantity.low)
        if not quantity.low + room < at < quantity.high - room:
            continue
        unit = f" [{quantity.unit.text}]" if quantity.unit.text else ""
        yield finding(
            "L0408",
            f"this condition lies inside the range of `{line.variable}`",
            place,
            f"`{line.variable}` runs from {quantity.low:g} to {quantity.high:g}{unit}",
            others=[(quantity.place, "declared here")] if quantity.place else [],
            note=f"`{line.quantity}` is bounded where its range ends",
            help=f"move the condition to an end, or end the range of `{line.variable}` here",
        )


def _jumps(law: Law, orders: Mapping[Key, int]) -> Iterator[Diagnostic]:
    for start in law.conditions:
        if start.order != 0 or start.quantity not in law.quantities:
            continue
        for line in law.boundary:
            if line.quantity != start.quantity or line.variable == start.variable:
                continue
            keeps_jumps = orders.get((start.quantity, start.variable), 0) > 1
            if line.is_periodic:
                yield from _open_ring(law, start, line)
            elif keeps_jumps and line.left == Symbol(start.quantity) and line.right is not None:
                yield from _torn_corner(law, start, line, line.right)


def _open_ring(law: Law, start: Condition, line: Boundary) -> Iterator[Diagnostic]:
    quantity = law.quantities.get(line.variable)
    if quantity is None or quantity.low is None or quantity.high is None:
        return
    low, high = (quantity.unit.to_si(end) for end in (quantity.low, quantity.high))
    pairs = [
        (
            _value(start.value, {**values, line.variable: low}),
            _value(start.value, {**values, line.variable: high}),
            _value(start.value, values),
        )
        for values in _trials(law)
    ]
    if start.place is None or line.place is None or not _differ(pairs):
        return
    yield finding(
        "L0408",
        f"the start of `{start.quantity}` is not periodic in `{line.variable}`",
        start.place,
        f"it differs between `{line.variable}` = {shown(quantity.low)} and {shown(quantity.high)}",
        others=[(line.place, "both ends are one place")],
        help=f"start with what is equal at both ends, or bound `{start.quantity}` at each of them",
    )


def _torn_corner(
    law: Law, start: Condition, line: Boundary, bound: Expression
) -> Iterator[Diagnostic]:
    if not isinstance(line.at, Expression):
        return
    pairs = []
    for values in _trials(law):
        at, begin = _value(line.at, values), _value(start.at, values)
        if at is None or begin is None:
            return
        here = {**values, line.variable: at, start.variable: begin}
        pairs.append((_value(start.value, here), _value(bound, here), _value(start.value, values)))
    if start.place is None or line.place is None or not _differ(pairs):
        return
    yield finding(
        "L0408",
        f"the start of `{start.quantity}` contradicts its value at an end",
        start.place,
        f"this is what `{start.quantity}` is everywhere at the start",
        others=[(line.place, "and this is what it is here at any time")],
        note="a wave keeps a jump between the two for ever",
        help="let both agree where they meet",
    )


def _trials(law: Law) -> Iterator[dict[str, float]]:
    """Yield values of all quantities that have a range or a default, in SI."""
    for share in SHARES:
        values = fixed_values(law)
        for name, quantity in law.quantities.items():
            value = _inside_range(quantity, share)
            if value is not None:
                values[name] = value
        yield values


def _inside_range(quantity: Quantity, share: float) -> float | None:
    if quantity.default is not None:
        return quantity.unit.to_si(quantity.default)
    if quantity.low is None or quantity.high is None:
        return None
    return quantity.unit.to_si(quantity.low + share * (quantity.high - quantity.low))


def _value(expression: Expression, values: Mapping[str, float]) -> float | None:
    try:
        return evaluate(expression, values)
    except NoValueError:
        return None


def _differ(trials: list[tuple[float | None, float | None, float | None]]) -> bool:
    """Return whether the first two of all triples differ beyond rounding of any of the three."""
    for one, other, elsewhere in trials:
        if one is None or other is None:
            return False
        if abs(one - other) <= APART * max(abs(one), abs(other), abs(elsewhere or 0.0)):
            return False
    return bool(trials)
