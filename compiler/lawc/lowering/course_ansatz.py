"""Build the starts of a law of states into the network that is trained on it.

A state is written x = g + d·N: g begins as the state does and fades, d vanishes at the start to
the order of the law and stays bounded. A state that is never negative and starts above zero is
g·(1 + τ)^N, τ the way from the start; so a decay of many decades is a smooth N. The network sees
the dimensionless groups.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from lawc.diagnostics.diagnostic import LawcError
from lawc.forms.network import raw
from lawc.knowledge.algebra import ONE, ZERO, call, minus, plus, times
from lawc.knowledge.differentiate import total_derivative
from lawc.knowledge.expression import Derivative, Expression, Number, Symbol, rebuild
from lawc.lowering.ansatz import Ansatz, Bound
from lawc.lowering.cutting import carried
from lawc.lowering.eliminating import Start
from lawc.lowering.fields.parts import Part, Place, terms
from lawc.lowering.groups import Reduction, reduce
from lawc.lowering.monomials import SEED, Size, monomial
from lawc.lowering.numpy_table import evaluate
from lawc.lowering.plan import Plan
from lawc.lowering.positivity import never_negative
from lawc.lowering.residual import Equations
from lawc.lowering.sampler import declared_inputs, sample, to_si
from lawc.lowering.sizing import sizes
from lawc.lowering.starting import coordinates, start_of
from lawc.lowering.tapes import tape

_ROWS = 256


@dataclass(frozen=True)
class Course:
    """A law of states in terms of what a network gives.

    Attributes:
        ansatz: What stands before and after the network.
        parts: What holds all along, in terms of outputs and their derivatives.
        sizes: Of these and of the starts that are not built in, by label.
    """

    ansatz: Ansatz
    parts: tuple[Part, ...]
    sizes: Mapping[str, Size]


def course(
    equations: Equations,
    *,
    stretch: float = 0.0,
    positive: bool = True,
    sums: bool = True,
    march: bool = False,
) -> Course:
    """Return the exact part of a network for a law of states, or of any that is no law of fields.

    Args:
        equations: The law in terms of its outputs.
        stretch: How strongly the early part of the variable's range is spread; 0 leaves it.
        positive: Whether states that are never negative are exponentials.
        sums: Whether a state follows from the others where a sum of them never changes.
        march: Whether starts hold because what the network says is nothing there, as it is with a
            network for each slab of time.

    Raises:
        LawcError: The law does not answer in its domain, an input has no range, or the law has no
            start from which it could be marched.
    """
    plan = equations.plan
    written = _Written(equations)
    reduction = reduce(plan)
    inner = _with_constants(plan, reduction)
    typical = _typical(equations)
    starts = [(start, written.start(start)) for start in equations.balances.starts]
    known = {start for start, _ in starts if start_of(inner, reduction, _owner(start)) is not None}
    soft = tuple(part for start, part in starts if start not in known)
    exact = tuple(part.label for start, part in starts if start in known)
    values = {s.name: written.plain(s.value) for s in known}
    follows = _from_sums(inner, values, typical) if sums else {}
    bounds: dict[str, Bound] = {}
    for name in plan.signature.outputs:
        if name not in follows:
            said = raw(len(bounds) + 1)
            kept = positive and never_negative(plan.law, name)
            begin = _marched_bound if march else _bound
            bounds[name] = begin(inner, reduction, name, said, typical[name], kept)
    around = Ansatz(
        inner,
        coordinates(inner, reduction, 0.0 if march else stretch),
        bounds,
        {name: body for name, (_, body) in follows.items()},
        exact,
        soft,
        tuple(text for text, _ in follows.values()),
    )
    parts = written.parts()
    if march:
        around = replace(around, carried=carried(around, parts))
    found = dict(equations.sizes)
    found |= {part.label: typical[part.field] for part in soft}
    return Course(around, parts, found)


class _Written:
    """Parts of a law in terms of outputs and their derivatives alone."""

    def __init__(self, equations: Equations) -> None:
        self.balances = equations.balances
        self.variable = equations.balances.variable
        self.depends = dict.fromkeys(
            equations.plan.signature.outputs, (self.variable,) if self.variable else ()
        )
        self.bodies: dict[str, Expression] = {}
        for definition in self.balances.definitions:
            self.bodies[definition.quantity] = self.plain(definition.expression)

    def plain(self, side: Expression) -> Expression:
        """Return an expression with names such as `x'1` as derivatives, definitions put in."""

        def change(node: Expression) -> Expression | None:
            if not isinstance(node, Symbol):
                return None
            quantity, mark, order = node.name.partition("'")
            times_derived = int(order) if mark else 0
            if quantity in self.bodies:
                body = self.bodies[quantity]
                for _ in range(times_derived):
                    assert self.variable is not None
                    body = total_derivative(body, self.variable, self.depends)
                return body
            if times_derived and self.variable is not None:
                return Derivative(quantity, self.variable, times_derived)
            return None

        return rebuild(side, change)

    def parts(self) -> tuple[Part, ...]:
        """Return the equations."""
        found = []
        for balance in self.balances.equations:
            side: Expression = ZERO
            for term in balance.terms:
                side = plus(side, self.plain(term))
            found.append(Part(balance.label, "", side, terms(side), Place()))
        return tuple(found)

    def start(self, start: Start) -> Part:
        """Return a start as a condition."""
        assert self.variable is not None
        side = minus(self.plain(Symbol(start.name)), self.plain(start.value))
        place = Place(((self.variable, self.plain(start.at)),))
        return Part(f"start of {start.name}", _owner(start), side, terms(side), place)


def _owner(start: Start) -> str:
    return start.name.partition("'")[0]


def _with_constants(plan: Plan, reduction: Reduction) -> Plan:
    """Return the plan with what groups read of constants among its fixed values."""
    if reduction.constants.keys() <= plan.fixed.keys():
        return plan
    return replace(plan, fixed={**reduction.constants, **plan.fixed})


def _from_sums(
    plan: Plan, starts: Mapping[str, Expression], typical: Mapping[str, Size]
) -> dict[str, tuple[str, Expression]]:
    """Return what follows from sums that never change: the sum, and the state in terms of others.

    The largest state of a sum follows, since what is left of a difference is exact beside it; a
    state of another sum stays where it is.
    """
    found: dict[str, tuple[str, Expression]] = {}
    taken: set[str] = set()
    for conserved in plan.law.conserved:
        weights = dict(conserved.weights)
        if not weights.keys() <= starts.keys() - taken:
            continue
        largest = max(weights, key=lambda name: _usual(plan, typical[name]))
        body: Expression = ZERO
        for name, weight in weights.items():
            share = Number(weight / weights[largest])
            body = plus(body, times(share, starts[name]))
            if name != largest:
                body = minus(body, times(share, Symbol(name)))
        found[largest] = (f"{conserved} is constant", body)
        taken |= weights.keys()
    return found


def _usual(plan: Plan, size: Size) -> float:
    """Return the median of a size over the domain."""
    rows = to_si(declared_inputs(plan), sample(plan, _ROWS, SEED + 2))
    return float(np.median(size.at(rows)))


def _typical(equations: Equations) -> dict[str, Size]:
    outputs = equations.plan.signature.outputs
    found = sizes(equations.plan, [[Symbol(n)] for n in outputs], equations.balances.variable)
    return dict(zip(outputs, found, strict=True))


def _bound(plan: Plan, reduction: Reduction, name: str, said: str, size: Size, kept: bool) -> Bound:
    scale = times(Number(size.typical), monomial(size.exponents))
    start = start_of(plan, reduction, name)
    if start is None:
        return Bound(scale, ONE, said, positive=True) if kept else Bound(ZERO, scale, said)
    if kept and start.value == ZERO:
        return Bound(times(scale, start.envelope), ONE, said, positive=True)
    if kept and start.value is not None and _is_positive(plan, start.value):
        return Bound(start.value, call("ln", plus(ONE, start.reach)), said, positive=True)
    return Bound(start.fading, times(scale, start.envelope), said)


def _marched_bound(
    plan: Plan, reduction: Reduction, name: str, said: str, size: Size, kept: bool
) -> Bound:
    """Return g + d·W for what vanishes at the start, as far as it is handed on."""
    scale = times(Number(size.typical), monomial(size.exponents))
    start = start_of(plan, reduction, name)
    if start is None:
        return Bound(ZERO, scale, said)
    if start.value is None:
        return Bound(start.fading, scale, said)
    if kept and start.value != ZERO and _is_positive(plan, start.value):
        return Bound(start.value, ONE, said, positive=True)
    return Bound(start.value, scale, said)


def _is_positive(plan: Plan, side: Expression) -> bool:
    try:
        rows = to_si(declared_inputs(plan), sample(plan, _ROWS, SEED + 2))
        found = evaluate(tape({"": side}, plan.signature.inputs, plan.fixed), rows)[""]
    except LawcError:
        return False
    return bool(np.all(found > 1e-6 * np.max(np.abs(found))))
