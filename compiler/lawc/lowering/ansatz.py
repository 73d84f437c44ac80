"""A trained field with its conditions built in: what stands before and after the network.

A field is written u = g + d·N: g takes the given values at the start and at the ends, d vanishes
there, and N is what the network says; a field that is never negative is g·exp(d·N). So these
conditions hold for any weights. How u and its derivatives follow from those of N is known here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from typing import Any

import torch
from torch import Tensor

from lawc.forms.network import Network
from lawc.forms.tape import Tape
from lawc.jets.closure import Partial
from lawc.knowledge.algebra import call, fold, plus, times
from lawc.knowledge.differentiate import derivative, total_derivative
from lawc.knowledge.expression import (
    Derivative,
    Expression,
    MixedDerivative,
    Number,
    Symbol,
    names,
    rebuild,
)
from lawc.lowering.fields.parts import Part, partial_of
from lawc.lowering.networks import si_columns
from lawc.lowering.plan import Plan
from lawc.lowering.tapes import tape


@dataclass(frozen=True)
class Bound:
    """A quantity that a network gives, with its conditions built in.

    Attributes:
        given: g, in terms of inputs in SI.
        envelope: d, in SI units of the quantity, or a plain number where it stands in exp.
        said: The name of what the network says.
        positive: Whether it is g·exp(d·N) and not g + d·N.
    """

    given: Expression
    envelope: Expression
    said: str
    positive: bool = False
    _known: dict[Any, Expression] = field(default_factory=dict, compare=False, repr=False)

    @property
    def body(self) -> Expression:
        """The quantity in terms of inputs and what the network says."""
        if self.positive:
            return times(self.given, call("exp", times(self.envelope, Symbol(self.said))))
        return plus(self.given, times(self.envelope, Symbol(self.said)))

    def partial(self, asked: Partial, inputs: tuple[str, ...]) -> Expression:
        """Return a partial derivative, in terms of those of what the network says."""
        if asked not in self._known:
            made = self._by_chain(asked, inputs) if self.positive else self._by_leibniz(asked)
            self._known[asked] = made
        return self._known[asked]

    def _by_chain(self, asked: Partial, inputs: tuple[str, ...]) -> Expression:
        if not asked:
            return self.body
        (name, order), *rest = asked
        lower = ((name, order - 1), *rest) if order > 1 else tuple(rest)
        return total_derivative(self.partial(lower, inputs), name, {self.said: inputs})

    def _by_leibniz(self, asked: Partial) -> Expression:
        total = self._of("given", asked)
        names = [name for name, _ in asked]
        for lower in product(*(range(order + 1) for _, order in asked)):
            inner = tuple((n, k) for n, k in zip(names, lower, strict=True) if k)
            outer = tuple(
                (n, order - k) for (n, order), k in zip(asked, lower, strict=True) if order > k
            )
            ways = math.prod(
                math.comb(order, k) for (_, order), k in zip(asked, lower, strict=True)
            )
            factor = times(Number(ways), self._of("envelope", outer))
            total = plus(total, times(factor, _network_partial(self.said, inner)))
        return total

    def _of(self, what: str, asked: Partial) -> Expression:
        """Return a partial derivative of g or d."""
        key = (what, asked)
        if key not in self._known:
            if not asked:
                return self.given if what == "given" else self.envelope
            (name, order), *rest = asked
            lower = ((name, order - 1), *rest) if order > 1 else tuple(rest)
            self._known[key] = derivative(self._of(what, lower), name)
        return self._known[key]


@dataclass(frozen=True)
class Ansatz:
    """What stands before and after a network that is trained on a law.

    Attributes:
        plan: Whose inputs and outputs are meant.
        coordinates: What the network sees, in terms of inputs in SI.
        bounds: What the network gives, by quantity, in the order of its outputs.
        written: Outputs that follow from these.
        exact: Labels of the conditions that hold for any weights.
        soft: Those that training has to bring about.
        sums: What else holds for any weights: sums that nothing changes.
        carried: Where a network is made for each slab of time: the quantities that are handed on,
            with 1 for the value and 2 for value and slope.
    """

    plan: Plan
    coordinates: Mapping[str, Expression]
    bounds: Mapping[str, Bound]
    written: Mapping[str, Expression]
    exact: tuple[str, ...]
    soft: tuple[Part, ...]
    sums: tuple[str, ...] = ()
    carried: Mapping[str, int] = field(default_factory=dict)

    def sizes(self, widths: Sequence[int]) -> tuple[int, ...]:
        """Return layer sizes for hidden widths."""
        return (len(self.coordinates), *widths, len(self.bounds))

    @cached_property
    def before(self) -> Tape:
        """SI inputs to what the network sees."""
        return tape(self.coordinates, self.plan.signature.inputs, self.plan.fixed)

    @cached_property
    def after(self) -> Tape:
        """SI inputs and what the network says to the outputs, in SI."""
        said = [bound.said for bound in self.bounds.values()]
        bodies = {name: self.put_in(self.written.get(name, Symbol(name))) for name in self._outputs}
        return tape(bodies, (*self.plan.signature.inputs, *said), self.plan.fixed)

    @property
    def _outputs(self) -> tuple[str, ...]:
        return self.plan.signature.outputs

    def clock(self, time: str) -> tuple[int, Tape]:
        """Return the number of the coordinate that tells a time, and that coordinate as `now`.

        The tape also gives `rate`, by which it grows with the time in SI.
        """
        sides = enumerate(self.coordinates.values())
        number, now = next((k, side) for k, side in sides if time in names(side))
        both = {"now": now, "rate": fold(derivative(now, time))}
        return number, tape(both, self.plan.signature.inputs, self.plan.fixed)

    def network(self, widths: Sequence[int], theta: Tensor) -> Network:
        """Return the form that these weights make: it certifies, freezes and exports as others."""
        return Network(self.before, self.sizes(widths), self.after, theta)

    def answers(self, form: Network) -> Any:
        """Return a form as a network of columns in declared units, for `program.residual`."""
        quantities = self.plan.law.quantities

        def answer(columns: Mapping[str, Tensor]) -> Tensor:
            found = form(si_columns(self.plan, columns))
            declared = [
                (found[name] - quantities[name].unit.offset) / quantities[name].unit.factor
                for name in self._outputs
            ]
            return declared[0] if len(declared) == 1 else torch.stack(declared, dim=1)

        return answer

    def put_in(self, side: Expression) -> Expression:
        """Return an expression of outputs and their derivatives in terms of the network's."""
        inputs = self.plan.signature.inputs

        def change(node: Expression) -> Expression | None:
            if isinstance(node, Symbol) and node.name in self.bounds:
                return self.bounds[node.name].partial((), inputs)
            if isinstance(node, Symbol) and node.name in self.written:
                return self.put_in(self.written[node.name])
            asked = partial_of(node)
            if asked is not None and asked[0] in self.bounds:
                return self.bounds[asked[0]].partial(asked[1], inputs)
            if asked is not None and asked[0] in self.written:
                return self.put_in(self._derived(self.written[asked[0]], asked[1]))
            return None

        return rebuild(side, change)

    def _derived(self, body: Expression, asked: Partial) -> Expression:
        """Return a partial derivative of an output that follows from others."""
        depends = dict.fromkeys(self.bounds, self.plan.signature.inputs)
        for by, order in asked:
            for _ in range(order):
                body = total_derivative(body, by, depends)
        return body


def _network_partial(name: str, asked: Partial) -> Expression:
    if not asked:
        return Symbol(name)
    if len(asked) == 1:
        return Derivative(name, *asked[0])
    return MixedDerivative(name, asked)
