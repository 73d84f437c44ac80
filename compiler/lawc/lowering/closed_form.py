"""Find a formula for a plan, and prove it before it is returned.

Algebraic plans are formulas already. For a flow, states are taken one after the other: linear
ones with constant coefficients and a few classical nonlinear ones have stable formulas of our
own; what is left goes to sympy in its worker. Whatever the way, a formula must satisfy the
equations with many digits and agree with the numerical solution, or it does not exist.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

import numpy as np

from lawc.diagnostics.diagnostic import CompileError, DomainError
from lawc.forms.tape import Tape
from lawc.knowledge.algebra import ZERO, fold, minus, negative, over, square, times
from lawc.knowledge.differentiate import derivative
from lawc.knowledge.encoding import encode
from lawc.knowledge.expression import Expression, Number, Symbol, names, size, substitute
from lawc.lowering.bounded import NoAnswerError, ask
from lawc.lowering.isolating import fraction
from lawc.lowering.numpy_table import evaluate
from lawc.lowering.plan import Assignment, Flow, Plan, State, Step
from lawc.lowering.points import signs
from lawc.lowering.proving import holds
from lawc.lowering.responses import (
    Term,
    first_order,
    logistic,
    riccati,
    saturating,
    second_order,
    terms_of,
)
from lawc.lowering.specimens import specimens
from lawc.lowering.tapes import tape

MAX_SIZE = 5_000
"""Nodes of all rates together; what is larger has no formula worth looking for."""


def closed_form(plan: Plan, seconds: float = 20.0) -> Tape | None:
    """Return the tape that gives the outputs from the inputs, both in SI, or None.

    Args:
        plan: How the law answers.
        seconds: How long sympy may take.

    Returns:
        A formula that is exact up to rounding, proven at points of the domain; None where no such
        formula was found.
    """
    steps = (*plan.before, *plan.after)
    if not all(isinstance(step, Assignment) for step in steps):
        return None
    if plan.flow is not None and (plan.flow.algebraic or plan.flow.events):
        return None
    try:
        written = _written(plan.before, {})
        if plan.flow is not None:
            if sum(size(state.rate) + size(state.start) for state in plan.flow.states) > MAX_SIZE:
                return None
            states = _Solver(plan, plan.flow, time.monotonic() + seconds).states()
            if states is None or not holds(plan, plan.flow, states):
                return None
            written |= {name: substitute(body, written) for name, body in states.items()}
        written = _written(plan.after, written)
        if not written.keys() >= set(plan.signature.outputs):
            return None
        outputs = {name: written[name] for name in plan.signature.outputs}
        return tape(outputs, plan.signature.inputs, plan.fixed)
    except (CompileError, DomainError):
        return None


def _written(steps: tuple[Step, ...], known: Mapping[str, Expression]) -> dict[str, Expression]:
    """Return what is known and assigned, each in terms of inputs only."""
    found = dict(known)
    for step in steps:
        if isinstance(step, Assignment):
            found[step.quantity] = substitute(step.expression, found)
    return found


class _Solver:
    """Formulas of the states of one flow, found one after the other."""

    def __init__(self, plan: Plan, flow: Flow, deadline: float) -> None:
        self._plan = plan
        self._flow = flow
        self._deadline = deadline
        self._symbols = {state.symbol for state in flow.states}
        self._elapsed = minus(Symbol(flow.variable), flow.start)
        self._found: dict[str, Expression] = {}
        self._terms: dict[str, tuple[Term, ...]] = {}

    def states(self) -> dict[str, Expression] | None:
        """Return a formula for each state, in terms of inputs and earlier steps."""
        waiting = {quantity: self._components(quantity) for quantity in self._quantities()}
        while waiting:
            ready = [q for q, parts in waiting.items() if self._ready(parts)]
            if not ready:
                return None
            for quantity in ready:
                if not self._solve(waiting.pop(quantity)):
                    return None
        return self._found

    def _quantities(self) -> list[str]:
        return list(dict.fromkeys(state.quantity for state in self._flow.states))

    def _components(self, quantity: str) -> list[State]:
        return [state for state in self._flow.states if state.quantity == quantity]

    def _ready(self, parts: list[State]) -> bool:
        own = {state.symbol for state in parts}
        read = frozenset[str]().union(*(names(state.rate) for state in parts)) & self._symbols
        return read <= own | self._found.keys()

    def _moving(self) -> set[str]:
        return {*self._symbols, self._flow.variable}

    def _solve(self, parts: list[State]) -> bool:
        if len(parts) == 2:
            return self._second_order(*parts)
        if len(parts) > 2:
            return False
        (state,) = parts
        return self._linear(state) or self._classical(state) or self._by_algebra(state)

    def _linear(self, state: State) -> bool:
        slope = fold(derivative(state.rate, state.symbol))
        if names(slope) & self._moving():
            return False
        forcing = self._forcing(fold(substitute(state.rate, {state.symbol: ZERO})))
        if forcing is None:
            return False
        value, terms = first_order(slope, state.start, forcing, self._elapsed)
        self._found[state.symbol] = value
        if terms is not None:
            self._terms[state.symbol] = terms
        return True

    def _forcing(self, expression: Expression) -> tuple[Term, ...] | None:
        if expression == ZERO:
            return ()
        # A state whose formula is no sum of terms would be taken for something that stands still.
        if names(expression) & (self._symbols - self._terms.keys()):
            return None
        return terms_of(expression, self._flow.variable, self._flow.start, self._terms)

    def _second_order(self, position: State, speed: State) -> bool:
        rate, x, v = speed.rate, position.symbol, speed.symbol
        pull, drag = fold(derivative(rate, x)), fold(derivative(rate, v))
        if (names(pull) | names(drag)) & self._moving():
            return False
        forcing = self._forcing(fold(substitute(rate, {x: ZERO, v: ZERO})))
        if forcing is None:
            return False
        stiffness, damping = negative(pull), negative(drag)
        pair = second_order(
            stiffness,
            damping,
            position.start,
            speed.start,
            forcing,
            self._elapsed,
            self._sign(minus(stiffness, over(square(damping), Number(4)))),
        )
        if pair is None:
            return False
        self._found[x], self._found[v] = pair
        return True

    def _sign(self, gap: Expression) -> str:
        """Return `under` where a gap is positive in the whole domain, `over` where negative."""
        values = specimens(self._plan, 1024, seed=5)
        free = sorted(names(gap) - self._plan.fixed.keys())
        given = {name: values[name] for name in free}
        found = evaluate(tape({"gap": gap}, free, self._plan.fixed), given)["gap"]
        if np.all(found > 0):
            return "under"
        return "over" if np.all(found < 0) else "both"

    def _classical(self, state: State) -> bool:
        """Solve dy/dt = a + b*y + c*y^2 and dy/dt = p*y/(q + r*y)."""
        y, rate = state.symbol, state.rate
        if names(rate) & (self._moving() - {y}):
            return False
        first = fold(derivative(rate, y))
        bend = fold(derivative(first, y))
        at_zero = fold(substitute(rate, {y: ZERO}))
        if y not in names(bend):
            growth, bend = fold(substitute(first, {y: ZERO})), over(bend, Number(2))
            return self._quadratic(state, at_zero, growth, bend)
        pair = fraction(rate, y)
        if pair is None or at_zero != ZERO:
            return False
        above, below = pair
        pull, slope = fold(derivative(above, y)), fold(derivative(below, y))
        if y in names(pull) | names(slope) or slope == ZERO:
            return False
        offset = fold(substitute(below, {y: ZERO}))
        self._found[y] = saturating(offset, slope, pull, state.start, self._elapsed)
        return True

    def _quadratic(
        self, state: State, constant: Expression, growth: Expression, bend: Expression
    ) -> bool:
        if constant == ZERO:
            self._found[state.symbol] = logistic(growth, bend, state.start, self._elapsed)
            return True
        regime = self._sign(minus(times(constant, bend), over(square(growth), Number(4))))
        if regime == "both":
            return False
        self._found[state.symbol] = riccati(
            constant, growth, bend, state.start, self._elapsed, regime
        )
        return True

    def _by_algebra(self, state: State) -> bool:
        """Ask sympy for a state that reads itself and the variable only."""
        if names(state.rate) & (self._symbols - {state.symbol}):
            return False
        free = names(state.rate) | names(state.start) | names(self._flow.start)
        law, fixed = self._plan.law, self._plan.fixed
        question = {
            "variable": self._flow.variable,
            "state": state.symbol,
            "rate": encode(state.rate),
            "initial": encode(state.start),
            "start": encode(self._flow.start),
            "signs": signs(law, fixed, free | {self._flow.variable}),
        }
        left = self._deadline - time.monotonic()
        try:
            answers = ask("course", question, max(left, 0.1))
        except NoAnswerError:
            return False
        for answer in answers:
            self._found[state.symbol] = answer
            return True
        return False
