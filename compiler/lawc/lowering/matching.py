"""Which equation gives which unknown, and in which order.

Equations and unknowns form a bipartite graph. A maximum matching pairs them; what stays unpaired
names the part that is determined by too little or too much. Strongly connected components of
what is paired are the blocks that must be solved for together.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import networkx as nx
from networkx.algorithms.bipartite import hopcroft_karp_matching


@dataclass(frozen=True)
class Structure:
    """A matching of equations and unknowns, and what it leaves over.

    Attributes:
        reads: Unknowns of each equation, by its label.
        solver: The equation that gives each matched unknown.
        free: Unknowns that too few equations determine.
        surplus: Equations that are too many for their unknowns.
    """

    reads: Mapping[str, frozenset[str]]
    solver: Mapping[str, str]
    free: frozenset[str]
    surplus: frozenset[str]

    def free_part(self, unknown: str) -> tuple[frozenset[str], frozenset[str]]:
        """Return the equations and unknowns of the undetermined part around an unknown."""
        unknowns, equations = {unknown}, set[str]()
        grown = True
        while grown:
            new = {e for e, reads in self.reads.items() if e not in equations and reads & unknowns}
            new = {e for e in new if self.reads[e] & self.free & unknowns}
            equations |= new
            more = {u for e in new for u in self.reads[e] if u in self.free} - unknowns
            unknowns |= more
            grown = bool(new or more)
        return frozenset(equations), frozenset(unknowns)

    def blocks(self, wanted: Collection[str]) -> tuple[tuple[str, ...], ...]:
        """Return the unknowns that the wanted ones need, in blocks, in order of solution."""
        graph = nx.DiGraph()
        stack = [unknown for unknown in wanted if unknown in self.solver]
        graph.add_nodes_from(stack)
        seen = set(stack)
        while stack:
            unknown = stack.pop()
            for needed in sorted(self.reads[self.solver[unknown]]):
                if needed == unknown:
                    continue
                graph.add_edge(needed, unknown)
                if needed not in seen and needed in self.solver:
                    seen.add(needed)
                    stack.append(needed)
        condensed = nx.condensation(graph)
        order = nx.lexicographical_topological_sort(
            condensed, key=lambda block: min(condensed.nodes[block]["members"])
        )
        return tuple(tuple(sorted(condensed.nodes[block]["members"])) for block in order)


def match(reads: Mapping[str, frozenset[str]]) -> Structure:
    """Pair equations with the unknowns they read.

    Args:
        reads: Unknowns of each equation, by its label.
    """
    graph = nx.Graph()
    equations = [("equation", label) for label in reads]
    graph.add_nodes_from(equations)
    for label, unknowns in reads.items():
        graph.add_edges_from((("equation", label), ("unknown", name)) for name in sorted(unknowns))
    pairs = hopcroft_karp_matching(graph, equations)
    solver = {name: pairs[kind, name][1] for kind, name in pairs if kind == "unknown"}
    solved = {label: name for name, label in solver.items()}
    every = {name for unknowns in reads.values() for name in unknowns}
    free = _reach(
        every - solver.keys(),
        lambda name: {solved[label] for label, unknowns in reads.items() if name in unknowns},
    )
    surplus = _reach(
        reads.keys() - solved.keys(), lambda label: {solver[name] for name in reads[label]}
    )
    return Structure(reads, solver, frozenset(free), frozenset(surplus))


def _reach(start, follow) -> set[str]:
    """Return all that alternating paths reach from a set."""
    found, stack = set(start), list(start)
    while stack:
        for name in follow(stack.pop()):
            if name not in found:
                found.add(name)
                stack.append(name)
    return found
