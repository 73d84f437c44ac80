"""Say which quantities a law keeps from being negative."""

from __future__ import annotations

from lawc.knowledge.expression import Number, Symbol
from lawc.knowledge.law import Always, Claim, Law


def never_negative(law: Law, name: str) -> bool:
    """Return whether the author claims it, without a region, or the declared range says it."""
    low = law.quantities[name].low
    if low is not None and law.quantities[name].unit.to_si(low) >= 0:
        return True
    return any(_claims_it(claim, name) for claim in law.claims)


def _claims_it(claim: Claim, name: str) -> bool:
    subject = claim.subject
    if claim.form is not Always.COMPARISON or claim.where:
        return False
    operands, operators = getattr(subject, "operands", ()), getattr(subject, "operators", ())
    for operator, left, right in zip(operators, operands[:-1], operands[1:], strict=True):
        if operator in ("<", "<="):
            left, right = right, left
        elif operator not in (">", ">="):
            continue
        if left == Symbol(name) and isinstance(right, Number) and right.value >= 0:
            return True
    return False
