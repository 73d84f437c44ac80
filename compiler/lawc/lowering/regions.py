"""Read the `where` of a claim: which inputs it pins down, and what else must hold."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from lawc.knowledge.expression import Comparison, Expression, Logic, Symbol, names


@dataclass(frozen=True)
class Where:
    """The region of a claim.

    Attributes:
        exact: Inputs that an equality pins to an expression of other inputs; sampling would
            never hit them.
        rest: Conditions that are kept by rejection.
    """

    exact: Mapping[str, Expression] = field(default_factory=dict)
    rest: tuple[Expression, ...] = ()


def split_where(
    conditions: Collection[Expression], inputs: Collection[str], fixed: Collection[str]
) -> Where:
    """Return the region that conditions name, all of which hold."""
    exact: dict[str, Expression] = {}
    rest: list[Expression] = []
    stack = list(reversed(list(conditions)))
    while stack:
        condition = stack.pop()
        if isinstance(condition, Logic) and condition.operator == "and":
            stack.extend(reversed(condition.operands))
            continue
        pinned = _pinned(condition, inputs, fixed, exact)
        if pinned is None:
            rest.append(condition)
        else:
            exact[pinned[0]] = pinned[1]
    return Where(exact, tuple(rest))


def _pinned(
    condition: Expression,
    inputs: Collection[str],
    fixed: Collection[str],
    exact: Mapping[str, Expression],
) -> tuple[str, Expression] | None:
    if not isinstance(condition, Comparison) or condition.operators != ("=",):
        return None
    left, right = condition.operands
    for side, other in ((left, right), (right, left)):
        if not isinstance(side, Symbol) or side.name not in inputs or side.name in exact:
            continue
        # What pins an input must not be pinned itself, or the order would matter.
        if names(other) <= ({*inputs} - {side.name} - exact.keys()) | {*fixed}:
            return side.name, other
    return None
