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
from lawc.lowering.flows import Dynamics, dynamics, flow, rate_of, spoken, started, symbol
from lawc.lowering.matching import Structure, match
from lawc.lowering.plan import Assignment, Flow, Kind, Plan, Signature, Step
from lawc.lowering.signature import parse_signature
from lawc.lowering.simultaneous import solve_block
from lawc.lowering.solving import Setting, refuse_large, solve


def make_plan(law: Law, signature: str | Signature) -> Plan:
    """Return the steps that give the outputs of a signature from its inputs.

    Quantities that have a default and stand on neither side keep it.

    Raises:
        CompileError: The signature is malformed; something that is needed is determined by
            nothing, or something is determined twice; an input has no part in the outputs; or an
            equation cannot be solved for what it must give.
    """
    parsed = parse_signature(law, signature)
    try:
        return _Planner(law, parsed, dynamics(law)).plan()
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
            raise CompileError(self._twice())
        needs = self._needs()
        steps, rates = self._solved(needs)
        moving = self._moving(steps)
        before = tuple(step for step in steps if not moving & set(step.quantities))
        after = _leading_to(
            self.signature.outputs, [s for s in steps if moving & set(s.quantities)]
        )
        course = self._flow(needs, rates, steps, moving) if needs.states else None
        self._check_inputs(needs)
        roots = not all(isinstance(step, Assignment) for step in (*before, *after))
        kind = Kind.ODE if course else Kind.IMPLICIT if roots else Kind.EXPLICIT
        return Plan(self.law, self.signature, kind, self.fixed, before, course, after)

    def _needs(self) -> _Needs:
        """Follow the outputs back to the inputs."""
        unknowns: set[str] = set()
        states: set[str] = set()
        stack = list(self.signature.outputs)
        while stack:
            name = stack.pop()
            owner = name.partition("'")[0]
            if name in self.flowing:
                if owner not in states:
                    states.add(owner)
                    stack.append(symbol(owner, self.free_orders[owner]))
                    stack.extend(sorted(started(self.law, [owner])))
            elif name not in self.given and name not in unknowns:
                if name not in self.structure.solver or name in self.structure.free:
                    raise CompileError(self._undetermined(name))
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

    def _setting(self, steps: Sequence[Step]) -> Setting:
        given = frozenset(self.given) - self.fixed.keys()
        return Setting(self.law, self.fixed, steps, given)

    def _moving(self, steps: Iterable[Step]) -> frozenset[str]:
        """Return which steps read a state or the variable."""
        moving = {*self.flowing, self.variable} if self.variable else set[str | None]()
        found: set[str] = set()
        for step in steps:
            if step.reads & (moving | found):
                found |= set(step.quantities)
        return frozenset(found) if self.free_orders else frozenset()

    def _flow(
        self,
        needs: _Needs,
        rates: Mapping[str, Expression],
        steps: Iterable[Step],
        moving: frozenset[str],
    ) -> Flow:
        assert self.variable is not None
        orders = {q: self.free_orders[q] for q in needs.states}
        written = {
            name: body
            for name, body in _written(
                s for s in steps if not moving.isdisjoint(s.quantities)
            ).items()
            if name in moving
        }
        # A rate may read what stands still by name; what moves must be written out in it.
        moved = {q: substitute(rates[symbol(q, order)], written) for q, order in orders.items()}
        for q, rate in moved.items():
            found = names(rate) & set(moving)
            if found:
                raise CompileError(
                    f"the rate of {q} needs {', '.join(sorted(found))}, which only a search for "
                    "a root gives; such equations are not compiled"
                )
        return flow(self.law, self.variable, moved, orders, written)

    def _check_inputs(self, needs: _Needs) -> None:
        used = set(started(self.law, needs.states))
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
                f"{_listed(idle)} {_have(idle)} no part in "
                f"{_listed(self.signature.outputs)}; leave {_them(idle)} out of the inputs"
            )

    def _undetermined(self, name: str) -> str:
        labels, unknowns = self.structure.free_part(name)
        said = spoken(name, self.variable)
        if any("'" in unknown for unknown in unknowns) and self._asks_back(unknowns):
            course = sorted(q for q in self.signature.inputs if q in self.system.orders)
            return (
                f"{said} would have to be found from the course of {_listed(course)}; a law with "
                "derivatives is compiled from its parameters and conditions to its states, "
                "not back"
            )
        wanted = [u for u in sorted(unknowns) if "'" not in u and u not in self.signature.outputs]
        lacking = len(unknowns) - len(labels)
        by = f"; {self._related(labels, unknowns)}" if labels else ""
        if not wanted:
            return f"nothing in {self.law.identity} determines {said}{by}"
        if len(wanted) <= lacking:
            return f"nothing determines {_listed(wanted)}; add {_them(wanted)} to the inputs"
        number = "one" if lacking == 1 else str(lacking)
        return (
            f"nothing determines {said}{by}, so {number} of {_listed(wanted)} must be among the "
            "inputs"
        )

    def _related(self, labels: Collection[str], unknowns: Collection[str]) -> str:
        relate = "relates" if len(labels) == 1 else "relate"
        return f"{_listed(sorted(labels))} {relate} {_listed(sorted(map(self._said, unknowns)))}"

    def _asks_back(self, unknowns: Collection[str]) -> bool:
        owners = {unknown.partition("'")[0] for unknown in unknowns if "'" in unknown}
        return bool(owners & set(self.signature.inputs))

    def _said(self, name: str) -> str:
        return spoken(name, self.variable)

    def _twice(self) -> str:
        labels = sorted(self.structure.surplus)
        found: set[str] = set()
        for label in labels:
            found |= names(self.equations[label].left) | names(self.equations[label].right)
        inputs = [name for name in self.signature.inputs if name in found]
        kept = [n for n in self.fixed if n in found and n in self.law.quantities]
        default = f" (and the default of {_listed(kept)})" if kept else ""
        if not inputs and not kept:
            return f"{_listed(labels)} determine the same quantities twice"
        return (
            f"{_listed(inputs)}{default} cannot be chosen freely: {_listed(labels)} "
            f"{'relates' if len(labels) == 1 else 'relate'} them; leave one of them out of the "
            "inputs"
        )


def _joined(law: Law, signature: Signature) -> Dynamics | None:
    """Return the equations with intermediate definitions written out, None if there are none."""
    system = dynamics(law)
    outside = {*signature.inputs, *signature.outputs, *system.orders}
    outside |= {condition.quantity for condition in law.conditions}
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
            case Assignment(quantity, expression):
                body = substitute(expression, dict(rates))
                if "'" in quantity:
                    rates[quantity] = body
                else:
                    steps.append(Assignment(quantity, body))
            case _:
                steps.append(step)


def _written(steps: Iterable[Step]) -> dict[str, Expression]:
    """Return assignments with earlier ones substituted into later ones."""
    found: dict[str, Expression] = {}
    for step in steps:
        if isinstance(step, Assignment):
            found[step.quantity] = substitute(step.expression, found)
    return found


def _leading_to(wanted: Collection[str], steps: list[Step]) -> tuple[Step, ...]:
    """Return the steps that the wanted quantities need, in order."""
    needed = set(wanted)
    kept: list[Step] = []
    for step in reversed(steps):
        if needed & set(step.quantities):
            kept.append(step)
            needed |= step.reads
    return tuple(reversed(kept))


def _listed(words: Iterable[str]) -> str:
    items = list(words)
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)


def _have(words: list[str]) -> str:
    return "has" if len(words) == 1 else "have"


def _them(words: list[str]) -> str:
    return "it" if len(words) == 1 else "them"
