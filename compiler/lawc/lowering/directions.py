"""Find out in which direction a law is written: which of its equations gives what.

Every equation gives one quantity. A definition gives its left side; a differential equation the
highest derivative; of others, what stands alone on the left, or what has no declared range and so
is not for a reader to choose. A matching of the largest total weight decides for all at once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import networkx as nx

from lawc.knowledge.expression import Expression, Symbol, names, walk
from lawc.knowledge.law import Condition, Equation, Law, Relation
from lawc.lowering.flows import Dynamics, dynamics, met, symbol


@dataclass(frozen=True)
class Direction:
    """Which equation gives which quantity."""

    system: Dynamics
    conditions: tuple[Condition, ...]
    solver: Mapping[str, Equation]
    met: frozenset[str] = frozenset()

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
                stack.extend(self.met - found)
                for condition in self.conditions:
                    if condition.quantity == owner:
                        stack.extend((names(condition.value) | names(condition.at)) - found)
        return frozenset(found)


def direction(law: Law, wanted: Collection[str] = (), given: Collection[str] = ()) -> Direction:
    """Return the direction in which a law is written, as far as the choice is free.

    Args:
        law: Whose equations are matched with what they give.
        wanted: Quantities that an equation should give.
        given: Quantities that no equation may give.
    """
    system = dynamics(law)
    graph = nx.Graph()
    for number, equation in enumerate(system.equations):
        for name in sorted(names(equation.left) | names(equation.right)):
            weight = _weight(law, system, equation, name, wanted)
            if weight is not None and name not in given:
                graph.add_edge(number, name, weight=weight)
    pairs = nx.max_weight_matching(graph, maxcardinality=True)
    solver = {}
    for one, other in pairs:
        number, name = (one, other) if isinstance(one, int) else (other, one)
        solver[name] = system.equations[number]
    return Direction(system, law.conditions, solver, met(law))


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
    elif name == _first(equation.left):
        # In `ln(P/P0) = …` it is P that a reader expects to be given.
        weight += 2
    weight += 4 * bool(quantity.depends) + 4 * (quantity.low is None) + 20 * (name in wanted)
    return weight if quantity.default is None else 1


def _first(node: Expression) -> str | None:
    """Return the first quantity in the order of reading."""
    return next((part.name for part in walk(node) if isinstance(part, Symbol)), None)
