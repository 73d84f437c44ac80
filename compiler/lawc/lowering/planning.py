"""Find out how a law answers a signature.

Inputs and constants are given; every other quantity is an unknown. A matching of equations and
unknowns says which equation gives which of them, what nothing determines, and what is determined
twice. States of differential equations are given by the flow, so that among their equations only
the highest derivatives are unknown.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from lawc.diagnostics.diagnostic import CompileError
from lawc.knowledge.expression import Expression, Symbol, names, substitute
from lawc.knowledge.law import Equation, Law, Relation
from lawc.lowering.branches import FEW, refuse_several
from lawc.lowering.carrying import Carried, carry, written_out
from lawc.lowering.fields.laws import is_of_fields
from lawc.lowering.fields.planning import field_plan
from lawc.lowering.flows import Dynamics, dynamics, flow, met, rate_of, started, symbol
from lawc.lowering.lacking import Question, listed, them
from lawc.lowering.matching import Structure, match
from lawc.lowering.plan import Assignment, Flow, Kind, Plan, Root, Signature, Step, Together
from lawc.lowering.points import sample
from lawc.lowering.refusing import refuse_unreadable
from lawc.lowering.signature import parse_signature
from lawc.lowering.simultaneous import solve_block
from lawc.lowering.solving import Setting, refuse_large, solve
from lawc.lowering.steps import Steps


def make_plan(law: Law, signature: str | Signature) -> Plan:
    """Return the steps that give the outputs of a signature from its inputs.

    Quantities that have a default and stand on neither side keep it.

    Raises:
        CompileError: The signature is malformed; something that is needed is determined by
            nothing, or something is determined twice; an input has no part in the outputs; or an
            equation cannot be solved for what it must give.
    """
    parsed = parse_signature(law, signature)
    if is_of_fields(law):
        refuse_unreadable(law)
        return field_plan(law, parsed, _fixed(law, parsed))
    system = dynamics(law)
    try:
        return _Planner(law, parsed, system).plan()
    except CompileError as refusal:
        # An intermediate quantity may have no formula of its own where what it is for has one.
        joined = _joined(law, parsed)
        if joined is None:
            raise
        try:
            return _Planner(law, parsed, joined).plan()
        except CompileError:
            raise refusal from None


@dataclass(frozen=True)
class _Needs:
    """What the outputs need: unknowns of the matching, and states of the flow."""

    unknowns: frozenset[str]
    states: tuple[str, ...]


class _Planner:
    def __init__(self, law: Law, signature: Signature, system: Dynamics) -> None:
        self.law = law
        self.signature = signature
        self.fixed = _fixed(law, signature)
        self.system = system
        self.variable = self.system.variable
        self.free_orders = {
            q: n for q, n in self.system.orders.items() if q not in signature.inputs
        }
        # States and their lower derivatives are the flow's to give, not the equations'.
        self.flowing = Dynamics((), None, self.free_orders).known()
        self.given = {*signature.inputs, *self.fixed, *self.flowing}
        if self.variable is not None:
            self.given.add(self.variable)
        self.equations = _labelled(self.system.equations)
        self.structure: Structure = match(
            {
                label: frozenset((names(e.left) | names(e.right)) - self.given)
                for label, e in self.equations.items()
            }
        )

    def plan(self) -> Plan:
        """Return the plan, or raise for the first thing that stands against it."""
        if self.structure.surplus:
            raise CompileError(self._question().twice())
        needs = self._needs()
        steps, rates = self._solved(needs)
        moving = self._moving(steps)
        before = tuple(step for step in steps if not moving & set(step.quantities))
        movable = [step for step in steps if moving & set(step.quantities)]
        course = None
        if needs.states:
            carried = self._flow(needs, rates, movable)
            course = carried.flow
            before = (*before, *carried.starts)
            self._refuse_several(before, carried.starts)
            movable = [step for step in movable if step.quantities[0] not in _given_by(course)]
        after = _leading_to(self.signature.outputs, movable)
        self._check_inputs(needs)
        return Plan(
            self.law,
            self.signature,
            _kind(course, (*before, *after)),
            self.fixed,
            before,
            course,
            after,
        )

    def _needs(self) -> _Needs:
        """Follow the outputs back to the inputs."""
        unknowns: set[str] = set()
        states: set[str] = set()
        stack = list(self.signature.outputs)
        if self.free_orders:
            # What happens on the way concerns every state that it speaks of.
            stack += sorted(met(self.law))
        while stack:
            name = stack.pop()
            owner = name.partition("'")[0]
            if name in self.flowing:
                if owner not in states:
                    states.add(owner)
                    stack.append(self.variable or owner)
                    stack.append(symbol(owner, self.free_orders[owner]))
                    stack.extend(sorted(started(self.law, [owner])))
            elif name not in self.given and name not in unknowns:
                if name not in self.structure.solver or name in self.structure.free:
                    raise CompileError(self._question().undetermined(name))
                unknowns.add(name)
                equation = self.equations[self.structure.solver[name]]
                stack.extend(sorted(names(equation.left) | names(equation.right)))
            elif name == self.variable and name not in self.signature.inputs:
                raise CompileError(
                    f"{', '.join(self.signature.outputs)} moves with {name}, "
                    f"so {name} must be among the inputs"
                )
        return _Needs(frozenset(unknowns), tuple(q for q in self.free_orders if q in states))

    def _solved(self, needs: _Needs) -> tuple[list[Step], dict[str, Expression]]:
        """Return algebraic steps in order, and the rate of each state."""
        steps: list[Step] = []
        rates: dict[str, Expression] = {}
        for block in self.structure.blocks(sorted(needs.unknowns)):
            unknown, *rest = block
            equations = [
                _replaced(self.equations[self.structure.solver[name]], rates) for name in block
            ]
            if rest:
                found = solve_block(equations, block, self._setting(steps), self.variable)
                _part(found, steps, rates)
                continue
            (equation,) = equations
            if "'" in unknown:
                refuse_large(equation)
                rates[unknown] = rate_of(equation, unknown, self.variable)
            else:
                steps.append(solve(equation, unknown, self._setting(steps)))
        return steps, rates

    def _question(self) -> Question:
        return Question(
            self.law,
            self.signature,
            self.system,
            self.equations,
            self.fixed,
            frozenset(self.flowing),
            self.structure,
        )

    def _setting(self, steps: Sequence[Step]) -> Setting:
        given = frozenset(self.given) - self.fixed.keys()
        return Setting(self.law, self.fixed, steps, given, self._moving(steps) | self.flowing)

    def _moving(self, steps: Iterable[Step]) -> frozenset[str]:
        """Return which steps read a state or the variable."""
        moving = {*self.flowing, self.variable} if self.variable else set[str | None]()
        found: set[str] = set()
        for step in steps:
            if step.reads & (moving | found):
                found |= set(step.quantities)
        return frozenset(found) if self.free_orders else frozenset()

    def _flow(
        self, needs: _Needs, rates: Mapping[str, Expression], movable: Sequence[Step]
    ) -> Carried:
        assert self.variable is not None
        orders = {q: self.free_orders[q] for q in needs.states}
        # A rate may read what stands still by name; what moves must be written out in it.
        written: dict[str, Expression] = {}
        searched: list[Root | Together] = []
        for step in (written_out(step, written) for step in movable):
            if isinstance(step, Assignment):
                written[step.quantity] = step.expression
            else:
                searched.append(step)
        moved = {
            q: substitute(rates[symbol(q, order)], dict(written)) for q, order in orders.items()
        }
        needed = frozenset[str]().union(*map(names, moved.values()))
        kept: list[Root | Together] = []
        for step in reversed(searched):
            if needed & set(step.quantities):
                needed |= step.reads
                kept.append(step)
        return carry(flow(self.law, self.variable, moved, orders, written), kept[::-1])

    def _refuse_several(self, before: Sequence[Step], starts: Sequence[Step]) -> None:
        """Raise if a search where the flow starts finds several values."""
        given = [name for name in self.signature.inputs if name in self.law.quantities]
        if not starts:
            return
        values = sample(self.law, given, FEW, 1, {})
        values = Steps(before, self.fixed)(values, FEW)
        for step in starts:
            if not isinstance(step, Assignment):
                refuse_several(step, self.law, self.fixed, values, FEW)

    def _check_inputs(self, needs: _Needs) -> None:
        used = set(started(self.law, needs.states))
        if needs.states:
            used |= met(self.law)
        if needs.states and self.variable:
            used.add(self.variable)
        for unknown in needs.unknowns:
            equation = self.equations[self.structure.solver[unknown]]
            used |= names(equation.left) | names(equation.right)
        for validity in self.law.validity:
            used |= names(validity.condition)
        idle = [name for name in self.signature.inputs if name not in used]
        if idle:
            raise CompileError(
                f"{listed(idle)} {_have(idle)} no part in "
                f"{listed(self.signature.outputs)}; leave {them(idle)} out of the inputs"
            )


def _joined(law: Law, signature: Signature) -> Dynamics | None:
    """Return the equations with intermediate definitions written out, None if there are none."""
    system = dynamics(law)
    outside = {*signature.inputs, *signature.outputs, *system.orders}
    outside |= {condition.quantity for condition in law.conditions} | met(law)
    written: dict[str, Expression] = {}
    kept: list[Equation] = []
    for equation in system.equations:
        match equation:
            case Equation(relation=Relation.DEFINITION, left=Symbol(name), right=body) if (
                name not in outside and name not in names(substitute(body, written))
            ):
                body = substitute(body, written)
                written = {n: substitute(b, {name: body}) for n, b in written.items()}
                written[name] = body
            case _:
                kept.append(equation)
    if not written:
        return None
    return replace(system, equations=tuple(_replaced(e, written) for e in kept))


def _fixed(law: Law, signature: Signature) -> dict[str, float]:
    """Return SI values of what does not vary."""
    named = {*signature.inputs, *signature.outputs}
    fixed = {name: constant.value for name, constant in law.constants.items()}
    if "pi" not in law.quantities:
        fixed.setdefault("pi", math.pi)
    for name, quantity in law.quantities.items():
        if quantity.default is not None and name not in named:
            fixed[name] = quantity.unit.to_si(quantity.default)
    return fixed


def _labelled(equations: Iterable[Equation]) -> dict[str, Equation]:
    found: dict[str, Equation] = {}
    for number, equation in enumerate(equations, start=1):
        label = equation.label or f"equation {number}"
        found[label if label not in found else f"{label} ({number})"] = equation
    return found


def _replaced(equation: Equation, rates: Mapping[str, Expression]) -> Equation:
    values = dict(rates)
    left, right = substitute(equation.left, values), substitute(equation.right, values)
    return Equation(equation.label, equation.relation, left, right, equation.place)


def _part(found: Iterable[Step], steps: list[Step], rates: dict[str, Expression]) -> None:
    """Put the steps of a block where they belong: derivatives to the rates."""
    for step in found:
        match step:
            case Assignment(quantity, expression, turned):
                body = substitute(expression, dict(rates))
                if "'" in quantity:
                    rates[quantity] = body
                else:
                    steps.append(Assignment(quantity, body, turned))
            case _:
                steps.append(step)


def _given_by(course: Flow) -> frozenset[str]:
    return frozenset(state.symbol for state in course.states)


def _kind(course: Flow | None, steps: Iterable[Step]) -> Kind:
    if course is not None:
        return Kind.DAE if course.algebraic else Kind.ODE
    searched = not all(isinstance(step, Assignment) for step in steps)
    return Kind.IMPLICIT if searched else Kind.EXPLICIT


def _leading_to(wanted: Collection[str], steps: list[Step]) -> tuple[Step, ...]:
    """Return the steps that the wanted quantities need, in order."""
    needed = set(wanted)
    kept: list[Step] = []
    for step in reversed(steps):
        if needed & set(step.quantities):
            kept.append(step)
            needed |= step.reads
    return tuple(reversed(kept))


def _have(words: list[str]) -> str:
    return "has" if len(words) == 1 else "have"
