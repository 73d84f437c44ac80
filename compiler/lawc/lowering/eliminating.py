"""Say a law in terms of what a network gives.

A network gives the outputs of a signature, and with them their derivatives. Other quantities of
the law must go: each is written out from the equation that gives it, which is then used up. What
is left over are the equations that the network can violate. Each is a sum of terms that balances
to zero.

Where a quantity follows from a derivative of an output, its own derivatives cost one order more;
the depth of a name counts how often the network has to be differentiated for it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from lawc.knowledge.expression import (
    Binary,
    Derivative,
    Expression,
    Negative,
    Symbol,
    names,
    rebuild,
)
from lawc.knowledge.law import Equation, Law, Relation
from lawc.lowering.flows import dynamics, symbol
from lawc.lowering.isolating import isolate_linear
from lawc.lowering.plan import Assignment, Plan

MAX_DEPTH = 6


@dataclass(frozen=True)
class Definition:
    """A quantity written out in names of no greater depth."""

    quantity: str
    expression: Expression
    depth: int


@dataclass(frozen=True)
class Balance:
    """A sum that is zero where the law holds."""

    label: str
    terms: tuple[Expression, ...]
    depth: int


@dataclass(frozen=True)
class Start:
    """`name = value` where the variable has the value `at`."""

    name: str
    value: Expression
    at: Expression
    depth: int


@dataclass(frozen=True)
class Balances:
    """A law in terms of inputs, outputs and derivatives of outputs.

    Attributes:
        variable: What is differentiated by, None where nothing is.
        definitions: In the order in which they can be evaluated.
        equations: What has to balance.
        starts: Initial conditions.
        depths: How often outputs are differentiated for each known quantity.
        left_out: Labels of equations whose quantities cannot be had from the outputs.
    """

    variable: str | None
    definitions: tuple[Definition, ...]
    equations: tuple[Balance, ...]
    starts: tuple[Start, ...]
    depths: Mapping[str, int]
    left_out: tuple[str, ...]
    still: frozenset[str] = field(default_factory=frozenset)

    def depth(self, expression: Expression) -> int | None:
        """Return how often outputs are differentiated for an expression, None if it cannot be."""
        return _depth(named(expression), self.depths, self.still)


def eliminate(plan: Plan) -> Balances:
    """Return a plan's law in terms of what a network of its signature gives."""
    law, system = plan.law, dynamics(plan.law)
    still = {*plan.signature.inputs, *plan.fixed}
    definitions: list[Definition] = []
    depths = dict.fromkeys(plan.signature.outputs, 0)
    for step in plan.before:
        if not isinstance(step, Assignment) or step.quantity in depths:
            continue
        if names(step.expression) <= still:
            definitions.append(Definition(step.quantity, step.expression, 0))
            still.add(step.quantity)
    pool = [
        (equation.label or f"equation {number}", equation)
        for number, equation in enumerate(system.equations, start=1)
        if not (names(equation.left) | names(equation.right)) <= still
    ]
    while (found := _next(pool, depths, still)) is not None:
        position, definition = found
        del pool[position]
        definitions.append(definition)
        depths[definition.quantity] = definition.depth
    equations, left_out = [], []
    for label, equation in pool:
        terms = tuple(_terms(equation))
        depth = max((d if (d := _depth(t, depths, still)) is not None else 99) for t in terms)
        if depth <= MAX_DEPTH:
            equations.append(Balance(label, terms, depth))
        else:
            left_out.append(label)
    starts = _starts(law, system.orders, depths, still)
    return Balances(
        system.variable,
        tuple(definitions),
        tuple(equations),
        starts,
        depths,
        tuple(left_out),
        frozenset(still),
    )


def named(expression: Expression) -> Expression:
    """Return the expression with derivatives as names, `x'1` for dx/dt."""

    def change(node: Expression) -> Expression | None:
        if isinstance(node, Derivative):
            return Symbol(symbol(node.quantity, node.order))
        return None

    return rebuild(expression, change)


def plain(expression: Expression, variable: str | None) -> Expression:
    """Return the expression with names of derivatives as derivatives again."""

    def change(node: Expression) -> Expression | None:
        if isinstance(node, Symbol) and "'" in node.name and variable is not None:
            quantity, _, order = node.name.partition("'")
            return Derivative(quantity, variable, int(order))
        return None

    return rebuild(expression, change)


def _next(
    pool: Sequence[tuple[str, Equation]], depths: Mapping[str, int], still: Collection[str]
) -> tuple[int, Definition] | None:
    """Return the equation to use up next, and what it gives: the least depth, definitions first."""
    best: tuple[tuple[int, bool, int], int, Definition] | None = None
    for position, (_, equation) in enumerate(pool):
        spoken = names(equation.left) | names(equation.right)
        owners = {name.partition("'")[0] for name in spoken} - depths.keys() - set(still)
        if len(owners) != 1 or not owners <= spoken:
            continue
        (unknown,) = owners
        if any(name.startswith(unknown + "'") for name in spoken):
            continue
        body = isolate_linear(equation.left, equation.right, unknown)
        if body is None:
            continue
        depth = _depth(body, depths, still)
        if depth is None or depth > MAX_DEPTH:
            continue
        rank = (depth, equation.relation is not Relation.DEFINITION, position)
        if best is None or rank < best[0]:
            best = (rank, position, Definition(unknown, body, depth))
    return None if best is None else (best[1], best[2])


def _depth(expression: Expression, depths: Mapping[str, int], still: Collection[str]) -> int | None:
    deepest = 0
    for name in names(expression):
        owner, mark, order = name.partition("'")
        if owner in depths:
            deepest = max(deepest, depths[owner] + (int(order) if mark else 0))
        elif owner not in still:
            return None
    return deepest


def _terms(equation: Equation) -> list[Expression]:
    return _signed(equation.left, False) + _signed(equation.right, True)


def _signed(node: Expression, negative: bool) -> list[Expression]:
    """Return the terms of a sum with their signs, so that they add up to it."""
    match node:
        case Negative(of):
            return _signed(of, not negative)
        case Binary("+", left, right):
            return _signed(left, negative) + _signed(right, negative)
        case Binary("-", left, right):
            return _signed(left, negative) + _signed(right, not negative)
    return [Negative(node) if negative else node]


def _starts(
    law: Law, orders: Mapping[str, int], depths: Mapping[str, int], still: Collection[str]
) -> tuple[Start, ...]:
    found = []
    for condition in law.conditions:
        if condition.quantity not in depths or condition.quantity not in orders:
            continue
        value, at = named(condition.value), named(condition.at)
        depth = _depth(value, depths, still)
        if depth is None or not names(at) <= set(still):
            continue
        own = depths[condition.quantity] + condition.order
        name = symbol(condition.quantity, condition.order)
        found.append(Start(name, value, at, max(depth, own)))
    return tuple(found)
