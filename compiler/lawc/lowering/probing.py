"""Ask a law for the value of any expression, in the direction in which the law is written.

A probe is a definition that no author could write. With it an expression is an output like any
other, so the reference answers for it and no second way of evaluating a law is needed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import networkx as nx

from lawc.knowledge.expression import Expression, Symbol, names
from lawc.knowledge.law import Condition, Equation, Law, Quantity, Relation
from lawc.lowering.flows import Dynamics, dynamics, symbol
from lawc.lowering.plan import Plan, Signature
from lawc.lowering.planning import make_plan
from lawc.units.unit import PLAIN


def with_probes(law: Law, probes: Mapping[str, Expression]) -> Law:
    """Return the law with a definition for each probe; its values are SI numbers.

    Args:
        law: To which they are added.
        probes: Expressions by names that start with `#`, so that no author's name is hidden.
    """
    quantities = {**law.quantities, **{n: Quantity(n, "a probe", PLAIN) for n in probes}}
    definitions = tuple(
        Equation(name, Relation.DEFINITION, Symbol(name), body) for name, body in probes.items()
    )
    return replace(law, quantities=quantities, equations=(*law.equations, *definitions))


def probe_plan(
    law: Law,
    probes: Mapping[str, Expression],
    given: Collection[str] = (),
    inputs: Collection[str] | None = None,
    wanted: Collection[str] = (),
) -> Plan:
    """Return the plan that answers probes from whatever the law lets one choose.

    Args:
        law: Without the probes.
        probes: Expressions by names that start with `#`.
        given: Quantities that must be inputs where they matter.
        inputs: All quantities that may be inputs; a quantity with a default that is none keeps
            it. None lets every quantity with a range vary.
        wanted: Quantities that the law should give, where there is a choice.

    Raises:
        CompileError: Nothing determines a quantity that a probe needs.
    """
    probed = with_probes(law, probes)
    direction = _direction(probed, {*wanted} - {*given}, {*given, *(inputs or ())})
    needed = direction.needs(probes)
    chosen = []
    for name, quantity in law.quantities.items():
        if name not in needed or name in direction.outputs:
            continue
        fixed = quantity.default is not None and (
            name not in inputs if inputs is not None else quantity.low is None
        )
        if not fixed:
            chosen.append(name)
    return make_plan(probed, Signature(tuple(chosen), tuple(probes)))


@dataclass(frozen=True)
class _Direction:
    """Which equation gives which quantity."""

    system: Dynamics
    conditions: tuple[Condition, ...]
    solver: Mapping[str, Equation]

    @property
    def outputs(self) -> frozenset[str]:
        """Quantities that the law gives."""
        return frozenset(name.partition("'")[0] for name in self.solver)

    def needs(self, wanted: Collection[str]) -> frozenset[str]:
        """Return all quantities that lead to the wanted ones."""
        found: set[str] = set()
        stack = list(wanted)
        while stack:
            name = stack.pop()
            owner = name.partition("'")[0]
            for known in {name, owner} - found:
                found.add(known)
                if (equation := self.solver.get(known)) is not None:
                    stack.extend(names(equation.left) | names(equation.right))
            if owner in self.system.orders and owner not in self.solver:
                highest = symbol(owner, self.system.orders[owner])
                if highest in self.solver and highest not in found:
                    stack.append(highest)
                    stack.append(self.system.variable or owner)
                for condition in self.conditions:
                    if condition.quantity == owner:
                        stack.extend((names(condition.value) | names(condition.at)) - found)
        return frozenset(found)


def _direction(law: Law, wanted: Collection[str], given: Collection[str]) -> _Direction:
    system = dynamics(law)
    graph = nx.Graph()
    for number, equation in enumerate(system.equations):
        for name in names(equation.left) | names(equation.right):
            weight = _weight(law, system, equation, name, wanted)
            if weight is not None and name not in given:
                graph.add_edge(number, name, weight=weight)
    pairs = nx.max_weight_matching(graph, maxcardinality=True)
    solver = {}
    for one, other in pairs:
        number, name = (one, other) if isinstance(one, int) else (other, one)
        solver[name] = system.equations[number]
    return _Direction(system, law.conditions, solver)


def _weight(
    law: Law, system: Dynamics, equation: Equation, name: str, wanted: Collection[str]
) -> int | None:
    """Return how naturally an equation gives a quantity, None where it cannot."""
    owner, mark, order = name.partition("'")
    if owner in system.orders:
        return 40 if mark and int(order) == system.orders[owner] else None
    if name not in law.quantities or name == system.variable:
        return None
    quantity = law.quantities[name]
    weight = 1
    if equation.left == Symbol(name):
        weight += 60 if equation.relation is Relation.DEFINITION else 12
    elif names(equation.left) == {name}:
        weight += 8
    weight += 4 * bool(quantity.depends) + 4 * (quantity.low is None) + 20 * (name in wanted)
    return weight if quantity.default is None else 1
