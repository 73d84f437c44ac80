"""Conditions against the kind of a field's equation: elliptic, or parabolic in one direction.

Both kinds are told by the signs of the coefficients before the highest derivatives, which are
looked at in several places of the domain. Where they differ, or cannot be worked out, nothing is
said.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from lawc.analysis.conditions import fixed_values
from lawc.analysis.findings import finding
from lawc.analysis.numbers import NoValueError, evaluate
from lawc.diagnostics.diagnostic import Diagnostic
from lawc.diagnostics.immutable import immutable
from lawc.knowledge.algebra import minus
from lawc.knowledge.expression import (
    Derivative,
    Expression,
    MixedDerivative,
    Number,
    distinct,
    rebuild,
)
from lawc.knowledge.law import Condition, Equation, Law, Quantity

_PLACES = (0.5, 0.21, 0.83, 0.37)
"""Where in each range, as shares of it; later names take them in another order."""


@immutable
class Kind:
    """The signs of an equation's coefficients for one field.

    Attributes:
        first, second: For each variable in which the equation is of order one, or two, the sign of
            the coefficient before that derivative when all stands on one side.
    """

    first: Mapping[str, int]
    second: Mapping[str, int]

    @property
    def is_elliptic(self) -> bool:
        """Whether every variable is of order two, with one sign."""
        return not self.first and len(self.second) > 1 and len(set(self.second.values())) == 1

    def runs_backwards(self, variable: str) -> bool:
        """Whether what starts at the low end of a variable grows without bound in no time."""
        signs = set(self.second.values())
        return set(self.first) == {variable} and signs == {self.first[variable]}


def check_kinds(law: Law) -> list[Diagnostic]:
    """Return a finding for each initial condition that the kind of its equation forbids."""
    findings: list[Diagnostic] = []
    for name, quantity in law.quantities.items():
        if len(quantity.depends) < 2:
            continue
        started = [c for c in law.conditions if c.quantity == name]
        if not started:
            continue
        for equation in law.equations:
            kind = kind_of(equation, name, law)
            if kind is None:
                continue
            found = next((c for c in started if _is_forbidden(kind, c, law)), None)
            if found is not None:
                findings.append(_forbidden(found, equation, kind))
                break
    return findings


def kind_of(equation: Equation, name: str, law: Law) -> Kind | None:
    """Return the kind of an equation in one field, None where it cannot be told.

    It is told where the equation is linear in the derivatives of this field, has none of another,
    no mixed one, and none of an order beyond two.
    """
    balance = minus(equation.left, equation.right)
    orders: dict[str, int] = {}
    for node in distinct(balance):
        if isinstance(node, MixedDerivative):
            return None
        if isinstance(node, Derivative):
            if node.quantity != name or node.order > 2:
                return None
            orders[node.by] = max(orders.get(node.by, 0), node.order)
    if 2 not in orders.values():
        return None
    signs: list[dict[str, int]] = []
    for turn in range(len(_PLACES)):
        found = _signs(balance, orders, _point(law, turn))
        if found is None:
            return None
        signs.append(found)
    if any(other != signs[0] for other in signs):
        return None
    first = {by: signs[0][by] for by, order in orders.items() if order == 1}
    second = {by: signs[0][by] for by, order in orders.items() if order == 2}
    return Kind(first, second)


def _signs(
    balance: Expression, orders: Mapping[str, int], point: Mapping[str, float]
) -> dict[str, int] | None:
    """Return the sign of the coefficient before the highest derivative by each variable."""
    signs: dict[str, int] = {}
    try:
        none = evaluate(_with(balance, None, 0.0), point)
        for by, order in orders.items():
            one = evaluate(_with(balance, (by, order), 1.0), point) - none
            two = evaluate(_with(balance, (by, order), 2.0), point) - none
            size = max(abs(one), abs(two), abs(none) * 1e-12)
            if one == 0 or abs(two - 2 * one) > 1e-6 * size:
                return None
            signs[by] = 1 if one > 0 else -1
    except NoValueError:
        return None
    return signs


def _with(balance: Expression, chosen: tuple[str, int] | None, value: float) -> Expression:
    """Return an expression with one derivative put to a value, and all others to zero."""

    def change(node: Expression) -> Expression | None:
        if isinstance(node, Derivative):
            return Number(value if (node.by, node.order) == chosen else 0.0)
        return None

    return rebuild(balance, change)


def _point(law: Law, turn: int) -> dict[str, float]:
    values = fixed_values(law)
    for number, quantity in enumerate(law.quantities.values()):
        share = _PLACES[(turn + number) % len(_PLACES)]
        values[quantity.name] = quantity.unit.to_si(_within(quantity, share))
    return values


def _within(quantity: Quantity, share: float) -> float:
    low, high = quantity.low, quantity.high
    if low is None or high is None:
        return quantity.default if quantity.default is not None else 1.0
    if quantity.log and low > 0:
        return math.exp(math.log(low) + share * (math.log(high) - math.log(low)))
    return low + share * (high - low)


def _is_forbidden(kind: Kind, condition: Condition, law: Law) -> bool:
    variable = condition.variable
    if kind.is_elliptic:
        return variable in kind.second
    return kind.runs_backwards(variable) and _at_low_end(condition, law)


def _at_low_end(condition: Condition, law: Law) -> bool:
    quantity = law.quantities[condition.variable]
    if quantity.low is None or quantity.high is None:
        return False
    try:
        at = quantity.unit.from_si(evaluate(condition.at, fixed_values(law)))
    except NoValueError:
        return False
    return abs(at - quantity.low) <= 1e-9 * max(abs(quantity.low), abs(quantity.high))


def _forbidden(condition: Condition, equation: Equation, kind: Kind) -> Diagnostic:
    assert condition.place is not None
    others: Sequence = [(equation.place, "")] if equation.place is not None else []
    name, variable = condition.quantity, condition.variable
    if kind.is_elliptic:
        return finding(
            "L0416",
            f"`{name}` cannot start in `{variable}`: its equation is elliptic",
            condition.place,
            "known at one side only",
            others=others,
            note="the smallest error at one side would grow without bound on the way to the other",
            help=f"write conditions at both ends of `{variable}` under `boundary`",
        )
    return finding(
        "L0416",
        f"this equation runs backwards in `{variable}`",
        condition.place,
        "known at the start",
        others=others,
        note="a spread that shrinks with time has no solution from most starts",
        help="mend the sign in the equation, or state what is known at the end",
    )
