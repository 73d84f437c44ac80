"""What a law predicts for observed rows, and how that moves with each unknown parameter.

Derivatives are exact where the language has them: a formula by the chain rule over its steps, a
root by the implicit function, a flow by its sensitivity equations, which are states like any other
and are integrated together with the flow, fields by their linearised equations on the same cells.
Elsewhere they are differences of predictions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace

import numpy as np

from lawc.diagnostics.diagnostic import CompileError, DomainError
from lawc.forms.tape import Tape
from lawc.knowledge.algebra import ZERO, minus, negative, over, plus, times
from lawc.knowledge.differentiate import derivative
from lawc.knowledge.expression import Expression, Symbol, names, substitute
from lawc.lowering.courses import Prepared, course, prepare
from lawc.lowering.fields.responses import Responses
from lawc.lowering.numpy_table import Array, evaluate
from lawc.lowering.plan import Assignment, Flow, Plan, Root, State, Step, Together
from lawc.lowering.reference import reference
from lawc.lowering.steps import Steps
from lawc.lowering.tapes import tape

RTOL = 1e-10
"""What a course may be off, relative to the largest value of a state."""
_STEP = 1e-4
_STEP_OF_FIELDS = 3e-3
_REMEMBERED = 256
_LARGEST_BLOCK = 4


class Model:
    """Predictions of a plan in SI units.

    Attributes:
        dear: Whether a prediction is the work of a solver of fields.
        exact: Whether derivatives are exact to rounding.
        linear: Unknown parameters in which all outputs are jointly linear.
    """

    def __init__(self, plan: Plan, unknown: Sequence[str]) -> None:
        self.plan = plan
        self.dear = plan.fields is not None
        self.unknown = tuple(unknown)
        algebraic = plan.flow is None and plan.fields is None
        self._steps = Steps((*plan.before, *plan.after), plan.fixed) if algebraic else None
        self._after = Steps(plan.after, plan.fixed)
        self._prepared: dict[str, Prepared] = {}
        self._answers: dict[bytes, dict[str, Array]] = {}
        self._slopes = None if plan.fields is not None else _slopes(plan, self.unknown)
        self.exact = self._slopes is not None and algebraic
        self.linear = _linear(self._slopes, self.unknown) if self._slopes else ()
        solved = plan.fields is not None and plan.fields.exact is None
        self._responses = Responses(plan, self.unknown) if solved else None
        self._offset: dict[str, Array] = {}

    def corrected(self, offset: Mapping[str, Array]) -> Model:
        """Return the model with what the cells of its fields are off added in each observed row."""
        model = copy(self)
        model._offset = dict(offset)
        return model

    def predict(self, given: Mapping[str, Array]) -> dict[str, Array]:
        """Return the outputs; what has no answer is NaN.

        Args:
            given: SI columns of all inputs, each of shape (n,).
        """
        rows = len(next(iter(given.values())))
        if self._responses is not None:
            return self._offset_by(self._responses.answers(given, rows))
        if self.dear:
            return self._remembered(given)
        if self._steps is not None:
            values = self._steps(given, rows)
        else:
            values = self._after(self._course(self.plan, given), rows)
        return {n: np.broadcast_to(values[n], (rows,)) for n in self.plan.signature.outputs}

    def slopes(
        self, given: Mapping[str, Array]
    ) -> tuple[dict[str, Array], dict[tuple[str, str], Array]]:
        """Return the outputs, and the derivative of each output by each unknown parameter."""
        rows = len(next(iter(given.values())))
        if self._responses is not None:
            try:
                found, parts = self._responses.slopes(given, rows)
            except DomainError:
                # Where the region itself is unknown no cells stay as they are.
                return self.predict(given), self._differences(given)
            return self._offset_by(found), parts
        if self._slopes is None:
            return self.predict(given), self._differences(given)
        if self._slopes.plan.flow is not None:
            values = self._course(self._slopes.plan, given)
            states = [state.symbol for state in self._slopes.plan.flow.states]
            if not all(np.isfinite(values[name]).all() for name in states):
                plain = self.predict(given)
                if all(np.isfinite(column).all() for column in plain.values()):
                    # A sensitivity that is zero but for rounding has no size that a solver could
                    # keep to: differences do without it, from here on.
                    self._slopes = None
                    return plain, self._differences(given)
        elif self._slopes.roots:
            assert self._steps is not None
            values = self._steps(given, rows)
        else:
            values = dict(given)
        found = evaluate(self._slopes.tape, {n: values[n] for n in self._slopes.tape.inputs})
        full = {name: np.broadcast_to(column, (rows,)) for name, column in found.items()}
        outputs = {name: full[name] for name in self.plan.signature.outputs}
        parts = {
            (name, by): full.get(_slope(name, by), np.zeros(rows))
            for name in outputs
            for by in self.unknown
        }
        return outputs, parts

    def _offset_by(self, found: dict[str, Array]) -> dict[str, Array]:
        for name, offset in self._offset.items():
            rows = len(found[name])
            sets, left = divmod(rows, len(offset))
            if left:
                raise ValueError(f"expected the {len(offset)} observed rows, got {rows}")
            found[name] = found[name] + np.tile(offset, sets)
        return found

    def _course(self, plan: Plan, given: Mapping[str, Array]) -> dict[str, Array]:
        """Return inputs, earlier steps and states; equations are compiled at the first call."""
        key = "plain" if plan is self.plan else "sensitive"
        if key not in self._prepared:
            self._prepared[key] = prepare(plan)
        return course(plan, given, RTOL, self._prepared[key]).values

    def _remembered(self, given: Mapping[str, Array]) -> dict[str, Array]:
        """Return what the solver of fields answers, or answered to the same question before."""
        question = b"".join(np.ascontiguousarray(given[name]).tobytes() for name in sorted(given))
        if question not in self._answers:
            if len(self._answers) >= _REMEMBERED:
                self._answers.pop(next(iter(self._answers)))
            self._answers[question] = self._fields(given)
        return self._answers[question]

    def _fields(self, given: Mapping[str, Array]) -> dict[str, Array]:
        """Return what the solver of fields answers; a set of parameters costs it a solution."""
        law = self.plan.law
        units = {name: law.quantities[name].unit for name in self.plan.signature.outputs}
        columns = {
            name: (values - law.quantities[name].unit.offset) / law.quantities[name].unit.factor
            for name, values in given.items()
        }
        found = reference(self.plan, columns, strict=False)
        return {n: found[n] * unit.factor + unit.offset for n, unit in units.items()}

    def _differences(self, given: Mapping[str, Array]) -> dict[tuple[str, str], Array]:
        """Return central differences, taken for all parameters in one call.

        They are of fourth order, and of second where each prediction is dear.
        """
        rows = len(next(iter(given.values())))
        # What a mesh is off moves smoothly with the parameters, but not to the last digits.
        share = _STEP_OF_FIELDS if self.dear else _STEP
        weights = {-1.0: -0.5, 1.0: 0.5}
        if not self.dear:
            weights = {-2.0: 1 / 12, -1.0: -8 / 12, 1.0: 8 / 12, 2.0: -1 / 12}
        moved: dict[str, list[Array]] = {name: [] for name in given}
        steps = {n: share * np.maximum(np.abs(given[n]), _typical(given[n])) for n in self.unknown}
        for by in self.unknown:
            for shift in weights:
                for name, column in given.items():
                    moved[name].append(column + shift * steps[by] if name == by else column)
        found = self.predict({name: np.concatenate(parts) for name, parts in moved.items()})
        parts = {}
        for name, column in found.items():
            table = column.reshape(len(self.unknown), len(weights), rows)
            for k, by in enumerate(self.unknown):
                parts[name, by] = np.tensordot(list(weights.values()), table[k], 1) / steps[by]
        return parts


class _Slopes:
    """The tape from what a plan gives to outputs and their derivatives."""

    def __init__(
        self, plan: Plan, tape: Tape, roots: bool, found: Mapping[str, Expression]
    ) -> None:
        self.plan = plan
        self.tape = tape
        self.roots = roots
        self.found = found


def _typical(column: Array) -> float:
    return float(np.max(np.abs(column), initial=0.0)) or 1.0


def _slope(name: str, by: str) -> str:
    # No author can write a blank in a name.
    return f"d {name} d {by}"


def _slopes(plan: Plan, unknown: Sequence[str]) -> _Slopes | None:
    """Return how outputs move with parameters, None where that cannot be written out."""
    try:
        return _written(plan, unknown)
    except (CompileError, _UnwrittenError):
        return None


class _UnwrittenError(Exception):
    """A plan has a step whose derivative is not written out."""


class _Chain:
    """The chain rule over the steps of a plan.

    Attributes:
        written: Assigned quantities in terms of inputs, roots, states and constants.
        moves: For what is neither: its derivative by each parameter.
    """

    def __init__(self, unknown: Sequence[str]) -> None:
        self.unknown = tuple(unknown)
        self.written: dict[str, Expression] = {}
        self.moves: dict[str, dict[str, Expression]] = {}
        self.roots = False

    def take(self, steps: Sequence[Step]) -> None:
        """Go through algebraic steps in order."""
        for step in steps:
            if isinstance(step, Assignment):
                self.written[step.quantity] = substitute(step.expression, self.written)
            elif isinstance(step, Root):
                self._root(step)
            elif isinstance(step, Together):
                self._block(step)

    def total(self, expression: Expression, by: str) -> Expression:
        """Return the derivative by a parameter, by way of everything that moves with it."""
        spoken = names(expression)
        found = derivative(expression, by) if by in spoken else ZERO
        for name, moves in self.moves.items():
            if name in spoken and moves.get(by, ZERO) != ZERO:
                found = plus(found, times(derivative(expression, name), moves[by]))
        return found

    def _root(self, step: Root) -> None:
        self.roots = True
        body = substitute(step.expression, self.written)
        slope = derivative(body, step.quantity)
        moves = {}
        for by in self.unknown:
            part = self.total(body, by)
            if part != ZERO:
                moves[by] = negative(over(part, slope))
        self.moves[step.quantity] = moves

    def _block(self, step: Together) -> None:
        """Solve the block's equations for its movements, by Cramer's rule."""
        if len(step.quantities) > _LARGEST_BLOCK:
            raise _UnwrittenError
        self.roots = True
        bodies = [substitute(e, self.written) for e in step.expressions]
        table = [[derivative(body, name) for name in step.quantities] for body in bodies]
        whole = _determinant(table)
        moved: dict[str, dict[str, Expression]] = {name: {} for name in step.quantities}
        for by in self.unknown:
            parts = [negative(self.total(body, by)) for body in bodies]
            if all(part == ZERO for part in parts):
                continue
            for k, name in enumerate(step.quantities):
                replaced = [
                    [*row[:k], part, *row[k + 1 :]] for row, part in zip(table, parts, strict=True)
                ]
                moved[name][by] = over(_determinant(replaced), whole)
        self.moves |= moved


def _determinant(table: Sequence[Sequence[Expression]]) -> Expression:
    """Return a determinant, written out along the first row."""
    if len(table) == 1:
        return table[0][0]
    total: Expression = ZERO
    for k, entry in enumerate(table[0]):
        if entry != ZERO:
            rest = _determinant([[*row[:k], *row[k + 1 :]] for row in table[1:]])
            part = times(entry, rest)
            total = plus(total, part) if k % 2 == 0 else minus(total, part)
    return total


def _written(plan: Plan, unknown: Sequence[str]) -> _Slopes:
    chain = _Chain(unknown)
    chain.take(plan.before)
    if plan.flow is not None:
        if chain.roots or plan.flow.algebraic or plan.flow.events:
            raise _UnwrittenError
        flow = _sensitive(plan.flow, chain)
        plan = replace(plan, flow=flow)
        for state in flow.states:
            chain.moves.setdefault(state.symbol, {})
    chain.take(plan.after)
    outputs = {n: chain.written.get(n, Symbol(n)) for n in plan.signature.outputs}
    found = dict(outputs)
    for name, body in outputs.items():
        for by in unknown:
            slope = chain.total(body, by)
            if slope != ZERO:
                found[_slope(name, by)] = slope
    free = frozenset[str]().union(*map(names, found.values())) - plan.fixed.keys()
    return _Slopes(plan, tape(found, sorted(free), plan.fixed), chain.roots, found)


def _sensitive(flow: Flow, chain: _Chain) -> Flow:
    """Return the flow with the sensitivities of its states as further states."""
    rates = {s.symbol: substitute(s.rate, chain.written) for s in flow.states}
    starts = {s.symbol: substitute(s.start, chain.written) for s in flow.states}
    begin = substitute(flow.start, chain.written)
    for state in flow.states:
        chain.moves[state.symbol] = {by: Symbol(_slope(state.symbol, by)) for by in chain.unknown}
    further: list[State] = []
    idle: dict[str, set[str]] = {by: _unmoved(by, rates, starts, begin) for by in chain.unknown}
    for state in flow.states:
        for by in idle:
            if state.symbol in idle[by]:
                chain.moves[state.symbol].pop(by)
    for by in chain.unknown:
        for state in flow.states:
            if state.symbol in idle[by]:
                continue
            name = _slope(state.symbol, by)
            # Where the states start they are what the conditions say, not yet what they become.
            start = derivative(starts[state.symbol], by)
            moved = derivative(begin, by)
            if moved != ZERO:
                first = substitute(rates[state.symbol], {**starts, flow.variable: begin})
                start = minus(start, times(first, moved))
            further.append(State(name, 0, name, chain.total(rates[state.symbol], by), start))
    return replace(flow, states=(*flow.states, *further))


def _unmoved(
    by: str,
    rates: Mapping[str, Expression],
    starts: Mapping[str, Expression],
    begin: Expression,
) -> set[str]:
    """Return states that a parameter cannot reach, so that no equation is solved for zeros."""
    if by in names(begin):
        return set()
    reached = {n for n in rates if by in names(rates[n]) or by in names(starts[n])}
    while True:
        further = {n for n in rates if n not in reached and names(rates[n]) & reached}
        if not further:
            return set(rates) - reached
        reached |= further


def _linear(slopes: _Slopes, unknown: Sequence[str]) -> tuple[str, ...]:
    """Return the largest set, as far as a first search finds it, that is jointly linear.

    A set is linear where no derivative by one of its members speaks of a member.
    """
    if slopes.roots or slopes.plan.flow is not None:
        return ()
    spoken = {
        by: frozenset[str]().union(
            *(names(body) for name, body in slopes.found.items() if name.endswith(f" d {by}"))
        )
        for by in unknown
    }
    chosen: list[str] = []
    # Those that the fewest others speak of come first.
    for by in sorted(unknown, key=lambda n: sum(n in spoken[other] for other in unknown)):
        if by in spoken[by]:
            continue
        if any(by in spoken[other] or other in spoken[by] for other in chosen):
            continue
        chosen.append(by)
    return tuple(name for name in unknown if name in chosen)
