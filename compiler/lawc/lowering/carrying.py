"""Carry along what only a search gives, as further states of a flow.

An unknown that an equation ties to states moves with them. Differentiated along the flow, its
equation gives its rate; where the flow starts, a search in its declared range gives its start. So
the solvers of initial-value problems take a system of differential and algebraic equations of
index 1, and the unknown stays on the branch on which it starts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lawc.diagnostics.diagnostic import CompileError
from lawc.knowledge.algebra import ZERO, negative, over, plus, times
from lawc.knowledge.differentiate import derivative
from lawc.knowledge.expression import Expression, Symbol, names, size, substitute
from lawc.lowering.flows import symbol
from lawc.lowering.plan import Assignment, Bracket, Flow, Root, State, Step, Together
from lawc.lowering.simultaneous import cramer
from lawc.lowering.solving import MAX_SIZE

START = "start"


@dataclass(frozen=True)
class Carried:
    """A flow with algebraic unknowns among its states.

    Attributes:
        flow: With a state for each of them.
        starts: Steps that give their values where the flow starts.
    """

    flow: Flow
    starts: tuple[Step, ...]


def start_of(quantity: str) -> str:
    """Return the name of an unknown's value where the flow starts, which no author can write."""
    return f"{quantity}'{START}"


def carry(flow: Flow, searched: Sequence[Root | Together]) -> Carried:
    """Return a flow that carries along what is searched for.

    Args:
        flow: Whose rates may speak of the unknowns.
        searched: What ties unknowns to states, the variable and earlier unknowns, in order.

    Raises:
        CompileError: A start speaks of an unknown, or a rate has no derivative in the language.
    """
    unknowns = [name for step in searched for name in step.quantities]
    if flow.events and unknowns:
        raise CompileError(
            f"{', '.join(unknowns)} would have to be searched for anew after each event; "
            "write out what gives it"
        )
    for state in flow.states:
        found = names(state.start) & set(unknowns)
        if found:
            raise CompileError(
                f"the initial condition of {state.quantity} speaks of {', '.join(sorted(found))}, "
                f"which is found from the states"
            )
    speeds: dict[str, Expression] = {state.symbol: state.rate for state in flow.states}
    speeds[flow.variable] = Symbol(flow.variable)
    known: dict[str, Expression] = {state.symbol: state.start for state in flow.states}
    known[flow.variable] = flow.start
    states, starts = list(flow.states), list[Step]()
    for step in searched:
        rates = _rates(step, speeds, flow.variable)
        for name, rate in zip(step.quantities, rates, strict=True):
            if size(rate) > MAX_SIZE:
                raise CompileError(
                    f"the rate of {name} has more than {MAX_SIZE} operations once written out"
                )
            speeds[name] = rate
            known[name] = Symbol(start_of(name))
            states.append(State(name, 0, symbol(name, 0), rate, Symbol(start_of(name))))
        starts.append(_started(step, known))
    # The rates of the unknowns speak of rates of states; these come last, so nothing is circular.
    return Carried(
        Flow(flow.variable, flow.start, tuple(states), tuple(searched), flow.events), tuple(starts)
    )


def _rates(
    step: Root | Together, speeds: Mapping[str, Expression], variable: str
) -> tuple[Expression, ...]:
    """Return d(unknown)/d(variable) of each unknown, by the theorem of implicit functions."""
    balances = _balances(step)
    along = [negative(_along(balance, speeds, variable)) for balance in balances]
    matrix = [[derivative(balance, name) for name in step.quantities] for balance in balances]
    solution = cramer(matrix, along)
    return tuple(over(part, solution.determinant) for part in solution.parts)


def _along(expression: Expression, speeds: Mapping[str, Expression], variable: str) -> Expression:
    """Return the derivative along the flow of all that moves before the unknowns."""
    found: Expression = ZERO
    for name in sorted(names(expression) & speeds.keys()):
        slope = derivative(expression, name)
        found = plus(found, slope if name == variable else times(slope, speeds[name]))
    return found


def _balances(step: Root | Together) -> tuple[Expression, ...]:
    return (step.expression,) if isinstance(step, Root) else step.expressions


def _started(step: Root | Together, known: Mapping[str, Expression]) -> Step:
    """Return the step where the flow starts, its unknowns under names of their own."""
    values = dict(known)
    conditions = tuple(substitute(condition, values) for condition in step.conditions)
    if isinstance(step, Root):
        return Root(
            start_of(step.quantity),
            substitute(step.expression, values),
            step.low,
            step.high,
            step.log,
            conditions,
        )
    brackets = tuple(Bracket(start_of(b.quantity), b.low, b.high, b.log) for b in step.brackets)
    expressions = tuple(substitute(expression, values) for expression in step.expressions)
    return Together(brackets, expressions, step.linear, conditions)


def written_out(step: Step, written: Mapping[str, Expression]) -> Step:
    """Return a step that reads what is searched for, states and inputs only."""
    values = dict(written)
    match step:
        case Assignment(quantity, expression, turned):
            return Assignment(quantity, substitute(expression, values), turned)
        case Root():
            return Root(
                step.quantity,
                substitute(step.expression, values),
                step.low,
                step.high,
                step.log,
                tuple(substitute(condition, values) for condition in step.conditions),
            )
    return Together(
        step.brackets,
        tuple(substitute(expression, values) for expression in step.expressions),
        step.linear,
        tuple(substitute(condition, values) for condition in step.conditions),
    )
