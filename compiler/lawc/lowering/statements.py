"""State what a law says of a network, so that a backend can evaluate and derive it.

The conditions that can be built in are (`ansatz.py`); the equations then speak of partial
derivatives of what the network says, with known functions of the inputs as factors. Terms that
are linear in these derivatives are gathered: each derivative gets one factor, evaluated once for a
set of points. Conditions that are not built in are statements of their own, at their own places.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from lawc.backends.statement import Block, Channel, Points, Statement
from lawc.diagnostics.diagnostic import CompileError, DomainError
from lawc.forms.network import Network
from lawc.jets.closure import Partial
from lawc.knowledge.algebra import ZERO, fold, negative, over, plus, times
from lawc.knowledge.differentiate import derivative
from lawc.knowledge.expression import (
    Binary,
    Expression,
    Negative,
    Number,
    Symbol,
    distinct,
    names,
    substitute,
)
from lawc.lowering.ansatz import Ansatz
from lawc.lowering.course_ansatz import course
from lawc.lowering.fields.ansatz import field_ansatz, written_size
from lawc.lowering.fields.parts import (
    Part,
    Place,
    in_columns,
    partial_name,
    partial_of,
    place_text,
)
from lawc.lowering.fields.places import Columns, Places
from lawc.lowering.fields.residual import FieldEquations
from lawc.lowering.monomials import Size
from lawc.lowering.plan import Plan
from lawc.lowering.program import Program
from lawc.lowering.sampler import box, declared_inputs, sample, to_si
from lawc.lowering.tapes import tape

_TRIES = 12


@dataclass(frozen=True)
class Sided:
    """Conditions that training has to bring about at one place.

    Attributes:
        name: Of the place, as messages say it.
        place: Where.
        statement: What is zero there.
    """

    name: str
    place: Place
    statement: Statement


@dataclass(frozen=True)
class Stated:
    """A law and a network of given widths, stated for training.

    Attributes:
        plan: Of the law.
        ansatz: What stands before and after the network.
        widths: Of its hidden layers.
        inside: What the equations say, a row for each.
        sided: What conditions say that are not built in.
        is_linear: Whether all rows are linear in what the network says.
    """

    plan: Plan
    ansatz: Ansatz
    widths: tuple[int, ...]
    inside: Statement
    sided: tuple[Sided, ...]
    is_linear: bool

    @property
    def sizes(self) -> tuple[int, ...]:
        """Layer sizes of the network."""
        return self.inside.sizes

    def network(self, theta: Tensor) -> Network:
        """Return the form that these weights make."""
        return self.ansatz.network(self.widths, theta)

    def blocks(
        self,
        inside: int,
        sided: int = 0,
        seed: int = 0,
        *,
        weights: Mapping[str, float] | None = None,
        dtype: torch.dtype = torch.float64,
    ) -> tuple[Block, ...]:
        """Return the equations at fresh points, and each place of conditions at its own.

        Args:
            inside: Number of points inside.
            sided: Number of points at each place; 0 for the fourth part of those inside.
            seed: The same seed draws the same points.
            weights: What rows count, by label; 1 where none is given.
            dtype: Of everything.
        """
        known = weights or {}
        found = [
            Block(
                self.inside,
                self.points(self.inside_columns(inside, seed), dtype),
                tuple(known.get(row, 1.0) for row in self.inside.rows),
            )
        ]
        for number, one in enumerate(self.sided, start=1):
            columns = self.sided_columns(one, sided or max(1, inside // 4), seed + number)
            rows = tuple(known.get(row, 1.0) for row in one.statement.rows)
            found.append(Block(one.statement, self.points(columns, dtype), rows, one.name))
        return tuple(found)

    def points(self, columns: Mapping[str, Tensor], dtype: torch.dtype = torch.float64) -> Points:
        """Return SI columns of the inputs as points."""
        return Points(torch.stack([columns[n] for n in self.inside.inputs], dim=1).to(dtype))

    def inside_columns(self, n: int, seed: int = 0) -> Columns:
        """Return SI columns of n points of the region."""
        return _si(self.plan, sample(self.plan, n, seed))

    def sided_columns(self, one: Sided, n: int, seed: int = 0) -> Columns:
        """Return SI columns of n points of a place; one point where it is no more than that.

        Raises:
            DomainError: The region has no point there.
        """
        pinned = {name for name, _ in one.place.pins}
        if not one.place.rim and pinned >= set(self.inside.inputs):
            n = 1
        found: list[Columns] = []
        have = 0
        for attempt in range(_TRIES):
            drawn = _si(self.plan, box(self.plan, 2 * n, seed + 7919 * attempt))
            moved, good = self._places.move(drawn, one.place)
            found.append({name: values[good] for name, values in moved.items()})
            have += int(good.sum())
            if have >= n:
                return {k: torch.cat([part[k] for part in found])[:n] for k in self.inside.inputs}
        raise DomainError(f"{self.plan.law.identity} has no region {one.name}")

    @cached_property
    def _places(self) -> Places:
        return Places(self.plan)


def state(
    program: Program,
    widths: Sequence[int],
    *,
    quick: float | None = None,
    stretch: float = 0.0,
    positive: bool = True,
    sums: bool = True,
    march: bool = False,
) -> Stated:
    """Return what a law says of a network with these hidden widths.

    Args:
        program: The law; its ranges count.
        widths: Of the hidden layers.
        quick, stretch, positive, sums: As for `ansatz`.
        march: Whether the network is one for each slab of time.

    Raises:
        CompileError: The law says what no statement can hold.
        LawcError: Sizes of terms cannot be had, since the law does not answer.
    """
    equations = program.equations
    if isinstance(equations, FieldEquations):
        around = field_ansatz(equations, quick=quick, positive=positive, march=march)
        # What is written out holds by itself.
        parts = [part for part in equations.parts.equations if part.field not in around.written]
        return _stated(around, parts, equations.sizes, widths)
    along = course(equations, stretch=stretch, positive=positive, sums=sums, march=march)
    return _stated(along.ansatz, along.parts, along.sizes, widths)


def ansatz(
    program: Program,
    *,
    quick: float | None = None,
    stretch: float = 0.0,
    positive: bool = True,
    sums: bool = True,
) -> Ansatz:
    """Return what stands before and after a network for a law.

    It gives `before` and `after` as tapes (`forms.network.Network` takes them with the weights),
    `exact`, the labels of the conditions that hold for any weights, and `soft`, the parts that
    training must bring about. `bounds` holds g and d of each output as expressions.

    Args:
        program: The law; its ranges count.
        quick: For a law of fields, how much earlier than evenly the envelope grows after a
            start; None for what suits the rates of the law.
        stretch: For other laws, how strongly the early part of the variable's range is spread.
        positive: Whether what the law keeps from being negative is an exponential. A linear law
            is linear in the network without.
        sums: Whether a state follows from the others where a sum of them never changes.

    Raises:
        CompileError: A network for the law is not made yet.
        LawcError: Sizes of outputs cannot be had, since the law does not answer.
    """
    equations = program.equations
    if isinstance(equations, FieldEquations):
        return field_ansatz(equations, quick=quick, positive=positive)
    return course(equations, stretch=stretch, positive=positive, sums=sums).ansatz


def _stated(
    around: Ansatz, parts: Sequence[Part], sizes: Mapping[str, Size], widths: Sequence[int]
) -> Stated:
    writer = _Writer(around, sizes, widths)
    inside = writer.statement(parts)
    sided: dict[tuple[object, str], list[Part]] = {}
    for part in around.soft:
        sided.setdefault((part.place.pins, part.place.rim), []).append(part)
    places = tuple(
        Sided(place_text(some[0].place), some[0].place, writer.statement(some))
        for some in sided.values()
    )
    return Stated(around.plan, around, tuple(widths), inside, places, writer.is_linear)


class _Writer:
    """Writes parts of a law as statements of one network."""

    def __init__(self, around: Ansatz, known: Mapping[str, Size], widths: Sequence[int]) -> None:
        self.known, self.around = known, around
        self.sizes = around.sizes(widths)
        self.said = {bound.said: k for k, bound in enumerate(around.bounds.values(), start=1)}
        self.is_linear = True

    def statement(self, parts: Sequence[Part]) -> Statement:
        """Return the statement that parts of one place are zero, each over its size."""
        channels: dict[str, Channel] = {}
        rows: dict[str, Expression] = {}
        for part in parts:
            size = written_size(self.known[part.label])
            row = self._gathered(part.side, size, channels)
            rows[part.label] = row
        inputs = self.around.plan.signature.inputs
        spoken = frozenset[str]().union(*map(names, rows.values()))
        read = {name: channel for name, channel in channels.items() if name in spoken}
        return Statement(
            self.sizes,
            inputs,
            read,
            tape(rows, [*read, *(n for n in inputs if n in spoken)], self.around.plan.fixed),
            self.around.before,
        )

    def _gathered(
        self, side: Expression, size: Expression, channels: dict[str, Channel]
    ) -> Expression:
        """Return a sum with one factor for each channel that is linear in it, over its size."""
        factors: dict[str, Expression] = {}
        rest: Expression = ZERO
        others: Expression = ZERO
        for term in addends(side):
            written = self._channelled(self.around.put_in(term), channels)
            slopes = _slopes(written, channels)
            if slopes is None:
                self.is_linear = False
                others = plus(others, written)
                continue
            for name, slope in slopes.items():
                factors[name] = plus(factors.get(name, ZERO), slope)
            still: dict[str, Expression] = dict.fromkeys(slopes, ZERO)
            rest = plus(rest, fold(substitute(written, still)) if still else written)
        total = over(rest, size)
        for name, factor in factors.items():
            total = plus(total, times(over(factor, size), Symbol(name)))
        return plus(total, times(over(Number(1), size), others))

    def _channelled(self, side: Expression, channels: dict[str, Channel]) -> Expression:
        """Return an expression with derivatives of the network as names of channels."""
        for node in distinct(side):
            asked: tuple[str, Partial] | None = partial_of(node)
            if isinstance(node, Symbol) and node.name in self.said:
                asked = (node.name, ())
            if asked is not None and asked[0] in self.said:
                channels[partial_name(*asked)] = Channel(self.said[asked[0]], asked[1])
        return in_columns(side, self.said)


def addends(side: Expression) -> list[Expression]:
    """Return what a sum adds up, with its signs."""
    match side:
        case Negative(of):
            return [negative(term) for term in addends(of)]
        case Binary("+", left, right):
            return [*addends(left), *addends(right)]
        case Binary("-", left, right):
            return [*addends(left), *(negative(term) for term in addends(right))]
    return [side]


def _slopes(side: Expression, channels: Collection[str]) -> dict[str, Expression] | None:
    """Return the factor of each channel in an expression; None where it is not linear in them."""
    found: dict[str, Expression] = {}
    for name in sorted(names(side) & set(channels)):
        try:
            slope = fold(derivative(side, name))
        except CompileError:
            return None
        if names(slope) & set(channels):
            return None
        if slope != ZERO:
            found[name] = slope
    return found


def _si(plan: Plan, columns: Mapping[str, object]) -> Columns:
    si = to_si(declared_inputs(plan), columns)  # type: ignore[arg-type]
    return {name: torch.from_numpy(values.copy()) for name, values in si.items()}
