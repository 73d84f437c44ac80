"""Bring equations with derivatives into a first-order system.

A quantity under a derivative is a state, unless a definition writes it out; then its derivative
follows from the definition. Each derivative becomes a name that no author can write, `x'1` for
dx/dt, so that equations with derivatives are equations like any other, in which the highest
derivative of a state is the unknown.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from lawc.diagnostics.diagnostic import CompileError
from lawc.knowledge.differentiate import total_derivative
from lawc.knowledge.expression import (
    Binary,
    Comparison,
    Derivative,
    Expression,
    Symbol,
    derivatives,
    names,
    rebuild,
    substitute,
)
from lawc.knowledge.law import Equation, Law, Relation
from lawc.knowledge.writing import write_expression
from lawc.lowering.isolating import isolate_linear
from lawc.lowering.plan import Flow, Happening, State
from lawc.lowering.refusing import refuse_unreadable

MAX_ORDER = 8


def symbol(quantity: str, order: int) -> str:
    """Return the name of a derivative: `x` itself, `x'1`, `x'2`."""
    return quantity if order == 0 else f"{quantity}'{order}"


def spoken(name: str, variable: str | None) -> str:
    """Return how an author would write a name: `d2x/dt2` for `x'2`."""
    quantity, mark, order = name.partition("'")
    if not mark:
        return name
    if not order.isdigit():
        return f"{quantity} at the {order}"
    power = "" if order == "1" else order
    return f"d{power}{quantity}/d{variable}{power}"


@dataclass(frozen=True)
class Dynamics:
    """Equations in which derivatives are names.

    Attributes:
        equations: Without derivative nodes.
        variable: What is differentiated by, None where nothing is.
        orders: The highest derivative of each state.
    """

    equations: tuple[Equation, ...]
    variable: str | None
    orders: Mapping[str, int]

    def known(self) -> frozenset[str]:
        """Return the names that the solution of the flow gives: states and lower derivatives."""
        return frozenset(symbol(q, k) for q, order in self.orders.items() for k in range(order))


def dynamics(law: Law) -> Dynamics:
    """Return the equations of a law with its derivatives named.

    Raises:
        CompileError: The law has what no program can hold yet, derivatives by several variables,
            or one of an order too high.
    """
    refuse_unreadable(law)
    found = {d for e in law.equations for side in (e.left, e.right) for d in derivatives(side)}
    found |= {d for c in law.conditions for d in derivatives(c.value)}
    variables = sorted({d.by for d in found})
    if not variables:
        return Dynamics(law.equations, None, {})
    if len(variables) > 1:
        raise CompileError(
            f"{law.identity} has derivatives by {' and '.join(variables)}; "
            "partial differential equations are not compiled"
        )
    variable = variables[0]
    definitions = _definitions(law, variable)
    equations = tuple(
        replace(
            e,
            left=_expanded(e.left, variable, definitions, law),
            right=_expanded(e.right, variable, definitions, law),
        )
        for e in law.equations
    )
    orders: dict[str, int] = {}
    for e in equations:
        for d in derivatives(e.left) | derivatives(e.right):
            orders[d.quantity] = max(orders.get(d.quantity, 0), d.order)
    if orders and max(orders.values()) > MAX_ORDER:
        raise CompileError(f"{law.identity} has a derivative above order {MAX_ORDER}")
    return Dynamics(
        tuple(replace(e, left=_named(e.left), right=_named(e.right)) for e in equations),
        variable,
        orders,
    )


def _definitions(law: Law, variable: str) -> dict[str, Expression]:
    """Return what defined quantities are, those that start from a condition left out."""
    started = {c.quantity for c in law.conditions}
    return {
        e.left.name: e.right
        for e in law.equations
        if e.relation is Relation.DEFINITION
        and isinstance(e.left, Symbol)
        and e.left.name not in started
        and e.left.name != variable
    }


def _expanded(
    expression: Expression, variable: str, definitions: Mapping[str, Expression], law: Law
) -> Expression:
    """Replace derivatives of defined quantities by what the definitions make of them."""
    depends = _depends(law, variable, definitions)

    def change(node: Expression) -> Expression | None:
        if not isinstance(node, Derivative) or node.quantity not in definitions:
            return None
        if depth[0] > MAX_ORDER * 4:
            raise CompileError(f"the definition of {node.quantity} leads back to its derivative")
        result = definitions[node.quantity]
        depth[0] += 1
        for _ in range(node.order):
            result = rebuild(total_derivative(result, variable, depends), change)
        depth[0] -= 1
        return result

    depth = [0]
    return rebuild(expression, change)


def _depends(
    law: Law, variable: str, definitions: Mapping[str, Expression]
) -> dict[str, tuple[str, ...]]:
    """Return which quantities move with the variable."""
    moving = {name for name, q in law.quantities.items() if variable in q.depends}
    moving |= {
        d.quantity for e in law.equations for side in (e.left, e.right) for d in derivatives(side)
    }
    grown = True
    while grown:
        new = {
            name
            for name, body in definitions.items()
            if name not in moving and names(body) & (moving | {variable})
        }
        moving |= new
        grown = bool(new)
    return dict.fromkeys(moving, (variable,))


def _named(expression: Expression) -> Expression:
    def change(node: Expression) -> Expression | None:
        if isinstance(node, Derivative):
            return Symbol(symbol(node.quantity, node.order))
        return None

    return rebuild(expression, change)


def rate_of(equation: Equation, highest: str, variable: str | None) -> Expression:
    """Return a highest derivative from its equation.

    Raises:
        CompileError: The equation is not linear in it.
    """
    rate = isolate_linear(equation.left, equation.right, highest)
    if rate is None:
        raise CompileError(
            f"`{equation.label}` is not linear in {spoken(highest, variable)}, "
            "its highest derivative, so it gives no rate"
        )
    return rate


def flow(
    law: Law,
    variable: str,
    rates: Mapping[str, Expression],
    orders: Mapping[str, int],
    moving: Mapping[str, Expression],
) -> Flow:
    """Return the initial-value problem of some states.

    Args:
        law: Whose conditions start them.
        variable: What the states move with.
        rates: The highest derivative of each state, by its name, in terms of states, the
            variable and names that stand still.
        orders: The order of the highest derivative of each state.
        moving: Quantities that are written out in terms of states or the variable.

    Raises:
        CompileError: A condition is missing or surplus, or conditions start at several places.
    """
    starts, start = _conditions(law, variable, orders)
    values = _starts(starts, start, moving, variable)
    states = tuple(
        State(
            quantity,
            order,
            symbol(quantity, order),
            rates[quantity] if order + 1 == highest else Symbol(symbol(quantity, order + 1)),
            values[symbol(quantity, order)],
        )
        for quantity, highest in orders.items()
        for order in range(highest)
    )
    return Flow(variable, start, states, events=_happenings(law, moving))


def _happenings(law: Law, moving: Mapping[str, Expression]) -> tuple[Happening, ...]:
    """Return the events of a law in terms of states, the variable and what stands still."""
    found: list[Happening] = []
    for event in law.events:
        condition = event.condition
        if not isinstance(condition, Comparison) or len(condition.operators) != 1:
            raise CompileError(f"{law.identity} has an event that is no single comparison")
        low, high = condition.operands
        if condition.operators[0] in (">", ">="):
            low, high = high, low
        written = dict(moving)
        value = substitute(_named(Binary("-", high, low)), written)
        resets = {
            symbol(change.quantity, change.order): substitute(_named(change.value), written)
            for change in event.changes
        }
        label = event.label or write_expression(condition)
        found.append(Happening(label, value, None if event.is_stop else resets))
    return tuple(found)


def met(law: Law) -> frozenset[str]:
    """Return the names that the events of a law speak of."""
    found: set[str] = set()
    for event in law.events:
        found |= names(_named(event.condition))
        for change in event.changes:
            found |= names(_named(change.value)) | {symbol(change.quantity, change.order)}
    return frozenset(found)


def _conditions(
    law: Law, variable: str, orders: Mapping[str, int]
) -> tuple[dict[str, Expression], Expression]:
    starts: dict[str, Expression] = {}
    places: list[Expression] = []
    for condition in law.conditions:
        quantity, order = condition.quantity, condition.order
        name = spoken(symbol(quantity, order), variable)
        if quantity not in orders:
            continue
        if condition.variable != variable:
            raise CompileError(f"{name} is given along {condition.variable}, not {variable}")
        if order >= orders[quantity]:
            raise CompileError(f"the condition on {name} is surplus: the law itself gives {name}")
        if symbol(quantity, order) in starts:
            raise CompileError(f"two conditions give {name} at the start")
        starts[symbol(quantity, order)] = _named(condition.value)
        places.append(condition.at)
    missing = [
        spoken(symbol(quantity, order), variable)
        for quantity, highest in orders.items()
        for order in range(highest)
        if symbol(quantity, order) not in starts
    ]
    if missing:
        raise CompileError(
            f"no initial condition gives {' and '.join(missing)}; "
            f"write `{missing[0]} = … at {variable} = …`"
        )
    if any(place != places[0] for place in places):
        raise CompileError(f"the initial conditions start at different values of {variable}")
    return starts, places[0]


def _starts(
    starts: Mapping[str, Expression],
    start: Expression,
    moving: Mapping[str, Expression],
    variable: str,
) -> dict[str, Expression]:
    """Return starting values that speak of inputs and constants only."""
    found: dict[str, Expression] = {}

    def resolve(expression: Expression, open_names: frozenset[str]) -> Expression:
        values: dict[str, Expression] = {}
        for name in names(expression):
            if name == variable:
                values[name] = start
            elif name in open_names:
                raise CompileError(f"the initial conditions give {name} in terms of itself")
            elif name in starts:
                values[name] = value(name, open_names)
            elif name in moving:
                values[name] = resolve(moving[name], open_names | {name})
        return substitute(expression, values)

    def value(name: str, open_names: frozenset[str]) -> Expression:
        if name not in found:
            found[name] = resolve(starts[name], open_names | {name})
        return found[name]

    return {name: value(name, frozenset()) for name in starts}


def started(law: Law, quantities: Collection[str]) -> frozenset[str]:
    """Return the names that the conditions of some quantities speak of."""
    found: set[str] = set()
    for condition in law.conditions:
        if condition.quantity in quantities:
            found |= names(condition.value) | names(condition.at)
    return frozenset(found)
