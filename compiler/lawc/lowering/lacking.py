"""Say what stands against a signature: what nothing determines, what is determined twice.

The parts of Dulmage and Mendelsohn name everything that is concerned: the equations and unknowns
of the part with too few equations, and those of the part with too many.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from lawc.knowledge.algebra import plus, times
from lawc.knowledge.differentiate import derivative
from lawc.knowledge.expression import Binary, Expression, Symbol, names
from lawc.knowledge.law import Equation, Law
from lawc.lowering.flows import Dynamics, spoken, symbol
from lawc.lowering.matching import Structure, match
from lawc.lowering.plan import Signature

DEEPEST_INDEX = 4
_ORDINALS = ("", "first", "second", "third", "fourth")


@dataclass(frozen=True)
class Question:
    """A law asked by a signature: who reads what, and how it was matched.

    Attributes:
        system: The law's equations with derivatives named.
        equations: The same by label.
        fixed: SI values of what does not vary.
        flowing: Names that a flow gives: states and their lower derivatives.
        structure: The matching.
    """

    law: Law
    signature: Signature
    system: Dynamics
    equations: Mapping[str, Equation]
    fixed: Mapping[str, float]
    flowing: frozenset[str]
    structure: Structure

    def undetermined(self, name: str) -> str:
        """Return why nothing determines an unknown that is needed."""
        labels, unknowns = self.structure.free_part(name)
        said = self._said(name)
        course = [q for q in self.signature.inputs if q in self.system.orders]
        if course and (self._asks_back(unknowns) or not labels):
            return (
                f"{said} would have to be found from the course of {listed(sorted(course))}; a law "
                "with derivatives is compiled from its parameters and conditions to its states; "
                "back only where a formula gives the course; a fit to observations finds "
                f"{said} from more than one value"
            )
        outputs = self.signature.outputs
        wanted = [u for u in sorted(unknowns) if "'" not in u and u not in outputs]
        lacking = len(unknowns) - len(labels)
        by = f"; {self._related(labels, unknowns)}" if labels else ""
        if not wanted:
            return f"nothing in {self.law.identity} determines {said}{by}"
        if len(wanted) <= lacking:
            return f"nothing determines {listed(wanted)}; add {them(wanted)} to the inputs"
        number = "one" if lacking == 1 else str(lacking)
        return (
            f"nothing determines {said}{by}, so {number} of {listed(wanted)} must be among the "
            "inputs"
        )

    def twice(self) -> str:
        """Return what equations fix more than once, and what to leave out."""
        labels = sorted(self.structure.surplus)
        constraint = self._constraint(labels)
        if constraint:
            return constraint
        found = frozenset[str]().union(*(self._speaks_of(label) for label in labels))
        inputs = [name for name in self.signature.inputs if name in found]
        kept = [n for n in self.fixed if n in found and n in self.law.quantities]
        default = f" (and the default of {listed(kept)})" if kept else ""
        unknowns = sorted(set[str]().union(*(self.structure.reads[label] for label in labels)))
        if not inputs and not kept:
            given = sorted(map(self._said, unknowns or found - self.fixed.keys()))
            return (
                f"{listed(labels)} determine {listed(given) or 'the same quantities'} twice; "
                "leave one of these equations out"
            )
        relate = "relates" if len(labels) == 1 else "relate"
        between = f" through {listed([self._said(u) for u in unknowns])}" if unknowns else ""
        said = f"{listed(inputs)}{default} cannot be chosen freely: {listed(labels)} "
        loose = self._loose(inputs)
        if len(inputs) == 1 and not kept:
            if len(labels) == 1:
                return f"{said}gives {inputs[0]}; leave it out of the inputs"
            return f"{said}{relate} it to nothing else{between}; leave it out of the inputs"
        less = len(labels) - len(unknowns)
        number = "one" if less == 1 else str(less)
        of = "them" if set(loose) == set(inputs) or not loose else listed(loose, "or")
        leave = f"{number} of {of}" if of == "them" or len(loose) > 1 else of
        return f"{said}{relate} them{between}; leave {leave} out of the inputs"

    def _loose(self, inputs: Iterable[str]) -> list[str]:
        """Return the inputs without which fewer equations are left over."""
        found = []
        for name in inputs:
            reads = {
                label: known | ({name} & self._speaks_of(label))
                for label, known in self.structure.reads.items()
            }
            if len(match(reads).solver) > len(self.structure.solver):
                found.append(name)
        return found

    def _constraint(self, labels: Collection[str]) -> str:
        """Return why an equation that ties states only makes an index above one, or nothing."""
        owners = {name.partition("'")[0] for name in self.flowing}
        for label in labels:
            tied = sorted(n for n in self._speaks_of(label) if n.partition("'")[0] in owners)
            unknowns = sorted(u for u in self.structure.free if "'" not in u)
            if self.structure.reads[label] or not tied or not unknowns:
                continue
            times_over = self._differentiated(label)
            if not times_over:
                continue
            said = listed(sorted({name.partition("'")[0] for name in tied}))
            return (
                f"`{label}` ties {said}, which have rates of their own, so that only its "
                f"{_ORDINALS[times_over]} derivative gives {listed(unknowns)}: this is a system of "
                f"index {times_over + 1}, and only index 1 is compiled; write that derivative "
                f"instead of `{label}`, with starting values that satisfy `{label}`, or use "
                "coordinates in which it holds by itself"
            )
        return ""

    def _differentiated(self, label: str) -> int:
        """Return how often an equation is differentiated until a highest derivative occurs."""
        equation = self.equations[label]
        balance: Expression = Binary("-", equation.left, equation.right)
        orders = self.system.orders
        for count in range(1, DEEPEST_INDEX + 1):
            total: Expression | None = None
            for name in sorted(names(balance)):
                owner, _, order = name.partition("'")
                if name not in self.flowing:
                    continue
                onward = Symbol(symbol(owner, int(order or 0) + 1))
                term = times(derivative(balance, name), onward)
                total = term if total is None else plus(total, term)
            if total is None:
                return 0
            balance = total
            if any(symbol(owner, order) in names(balance) for owner, order in orders.items()):
                return count
        return 0

    def _speaks_of(self, label: str) -> frozenset[str]:
        equation = self.equations[label]
        return names(equation.left) | names(equation.right)

    def _related(self, labels: Collection[str], unknowns: Collection[str]) -> str:
        relate = "relates" if len(labels) == 1 else "relate"
        return f"{listed(sorted(labels))} {relate} {listed(sorted(map(self._said, unknowns)))}"

    def _asks_back(self, unknowns: Collection[str]) -> bool:
        owners = {unknown.partition("'")[0] for unknown in unknowns if "'" in unknown}
        return bool(owners & set(self.signature.inputs))

    def _said(self, name: str) -> str:
        return spoken(name, self.system.variable)


def listed(words: Iterable[str], last: str = "and") -> str:
    """Return words with commas, the last joined by a word."""
    items = list(words)
    return f" {last} ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)


def them(words: Collection[str]) -> str:
    """Return the pronoun of one thing or of several."""
    return "it" if len(words) == 1 else "them"
