"""Build into a network that its outputs rise and fall as the law says.

Between coordinates that each rise with one input, and a tape that rises with what the network says,
stands a network whose weights beyond the first layer are not negative, and whose first layer has
one sign for each input that is spoken of. It rises for any numbers it is made of. What starts with
a given value and moves one way in time is that value and the difference of two such networks with
the same weights, of which the second is asked at the start.

Such a network fits worse than a free one: it is made where a free one was not proved to rise.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from lawc.forms.network import raw
from lawc.knowledge.algebra import ONE, call, minus, over, plus, times
from lawc.knowledge.expression import Expression, Number, Symbol, names, substitute
from lawc.lowering.numpy_table import Array, evaluate
from lawc.lowering.positivity import never_negative
from lawc.lowering.program import Program
from lawc.lowering.rising import Monotone, covers
from lawc.lowering.starting import Condition, start_of
from lawc.lowering.tapes import tape
from lawc.training.envelopes import Pilot, Surround, sign_of
from lawc.training.fitting import Fit
from lawc.training.outputs import write_output
from lawc.training.rows import Rows
from lawc.training.shaped import Block, shaped, side_by_side
from lawc.training.train import Workshop

_DECADES = 30.0
"""Answers of one sign that span so much are told by their logarithm."""


def able(program: Program, said: Sequence[Monotone]) -> tuple[Monotone, ...]:
    """Return those of some sentences that can be built in together."""
    fit = [one for one in said if covers(program, one)]
    variable = program.variable
    found = []
    for output in program.signature.outputs:
        own = [one for one in fit if one.output == output]
        signs: dict[str, int] = {}
        if any(signs.setdefault(one.by, one.sign) != one.sign for one in own):
            continue
        begun = start_of(program.plan, program.reduction, output)
        if begun is None:
            found += own
        elif begun.value is not None:
            others = [one for one in own if one.by != variable and _may(begun.value, one)]
            # Both would need a mixed derivative of one sign.
            found += others or [one for one in own if one.by == variable]
    return tuple(found)


@dataclass(frozen=True, eq=False)
class MonotoneWorkshop(Workshop):
    """A workshop whose networks keep some sentences for any numbers.

    Attributes:
        said: The sentences, as `able` returned them.
        stretch: How strongly the early part of the variable's range is spread.
    """

    said: tuple[Monotone, ...] = ()
    stretch: float = 0.0

    @cached_property
    def around(self) -> Surround:
        """The tapes before and after the blocks."""
        return self._made[0]

    def sizes(self, around: Surround, widths: Sequence[int]) -> tuple[int, ...]:
        """Return layer sizes of all blocks together, for hidden widths of one."""
        blocks = self._made[1]
        hidden = (width * len(blocks) for width in widths)
        return (len(around.before.outputs), *hidden, len(blocks))

    def fit_of(self, rows: Rows, sizes: tuple[int, ...]) -> Fit:
        """Return the sum of squares of such a network on some rows."""
        blocks = self._made[1]
        widths = tuple(size // len(blocks) for size in sizes[1:-1])
        return shaped(rows.fit(self.around, sizes), side_by_side(sizes, widths, blocks))

    @cached_property
    def _made(self) -> tuple[Surround, tuple[Block, ...]]:
        rows = self.pool.pick(np.arange(0, len(self.pool), max(1, len(self.pool) // 1_000)))
        return _Builder(self.program, rows.pilot, self.said, self.stretch).built()


def monotone_workshop(workshop: Workshop, said: Sequence[Monotone]) -> MonotoneWorkshop:
    """Return a workshop with the same rows, whose networks keep some sentences."""
    train = workshop.recipe.train.model_copy(update={"residual": 0.0})
    made = MonotoneWorkshop(
        workshop.program,
        workshop.recipe.model_copy(update={"train": train}),
        workshop.seed,
        workshop.budget,
        workshop.error,
        {},
        tuple(said),
        workshop.around.choice.stretch,
    )
    for name in ("pool", "fresh"):
        if name in workshop.__dict__:
            made.__dict__[name] = workshop.__dict__[name]
    return made


class _Builder:
    def __init__(
        self, program: Program, pilot: Pilot, said: Sequence[Monotone], stretch: float
    ) -> None:
        self.program, self.pilot, self.said = program, pilot, said
        self.plan, self.reduction = program.plan, program.reduction
        self.inputs = program.signature.inputs
        self.fixed = {**self.plan.fixed, **self.reduction.constants}
        self.stretch = stretch
        self.seen = self._coordinates()
        self.blocks: list[Block] = []
        self.again = False

    def built(self) -> tuple[Surround, tuple[Block, ...]]:
        outputs = {name: self._output(name) for name in self.program.signature.outputs}
        seen = dict(self.seen)
        if self.again:
            assert self.plan.flow is not None
            at = {self.plan.flow.variable: self._begin()}
            seen |= {f"{name} at the start": substitute(e, at) for name, e in self.seen.items()}
        coordinates = {str(n): e for n, e in enumerate(seen.values(), start=1)}
        words = [raw(number) for number in range(1, len(self.blocks) + 1)]
        return (
            Surround(
                tape(coordinates, self.inputs, self.fixed),
                tape(outputs, (*self.inputs, *words), self.fixed),
            ),
            tuple(self.blocks),
        )

    def _coordinates(self) -> dict[str, Expression]:
        """Return each input that varies on [-1, 1], in the logarithm where it is declared so."""
        found: dict[str, Expression] = {}
        for quantity in self.program.inputs:
            if quantity.low is None or quantity.high is None or not quantity.low < quantity.high:
                continue
            value: Expression = Symbol(quantity.name)
            low, high = (quantity.unit.to_si(end) for end in (quantity.low, quantity.high))
            along = quantity.name == self.program.variable
            if quantity.log and low > 0:
                # From the start on, where the logarithm of the way itself would have no number.
                away = Number(low) if along else Number(0)
                value, ends = call("ln", plus(value, away)), (low + away.value, high + away.value)
                low, high = (math.log(end) for end in ends)
            elif along and self.stretch:
                rate = Number(self.stretch / (high - low))
                value = call("ln", plus(ONE, times(rate, minus(value, Number(low)))))
                low, high = 0.0, math.log1p(self.stretch)
            half = Number((high - low) / 2)
            found[quantity.name] = over(minus(value, Number((low + high) / 2)), half)
        return found or {self.inputs[0]: times(Number(0.0), Symbol(self.inputs[0]))}

    def _output(self, name: str) -> Expression:
        signs = {one.by: one.sign for one in self.said if one.output == name}
        condition = start_of(self.plan, self.reduction, name)
        word = self._block(signs)
        positive = never_negative(self.program.law, name)
        answer = self.pilot.values[name]
        if not signs:
            scale = Number(float(np.quantile(np.abs(answer), 0.95)) or 1.0)
            return write_output(
                answer=answer,
                scale=scale,
                condition=condition,
                said=word,
                positive=positive and bool((answer >= 0).all()),
                log=False,
                evaluate=self._values,
            )
        if condition is None or condition.value is None:
            return self._plain(answer, word)
        if self.program.variable in signs:
            return self._way(answer, condition.value, signs, word, positive)
        return self._started(answer, condition, word, positive)

    def _plain(self, answer: Array, word: Expression) -> Expression:
        sign = sign_of(answer)
        sizes = np.abs(answer)
        if sign > 0 and sizes.max() > _DECADES * sizes.min():
            return call("exp", _spread(np.log(sizes), word))
        return _spread(answer, word)

    def _started(
        self, answer: Array, condition: Condition, word: Expression, positive: bool
    ) -> Expression:
        """Return the start and an envelope times the word: both speak of the variable only."""
        assert condition.value is not None and self.plan.flow is not None
        variable = self.plan.law.quantities[self.plan.flow.variable]
        low, high = (variable.unit.to_si(end or 0.0) for end in (variable.low, variable.high))
        way = (low if variable.log and low > 0 else (high - low) / 10) or 1.0
        reach = over(minus(Symbol(variable.name), self._begin()), Number(way))
        grown = over(reach, plus(ONE, reach))
        begun, envelope = self._values(condition.value), self._values(grown)
        seen = envelope > 0.02
        rest = (answer - begun)[seen] / envelope[seen]
        if positive and not begun.any() and rest.size and (rest > 0).all():
            return times(grown, call("exp", _spread(np.log(rest), word)))
        return plus(condition.value, times(grown, _spread(rest, word)))

    def _way(
        self,
        answer: Array,
        start: Expression,
        signs: Mapping[str, int],
        word: Expression,
        positive: bool,
    ) -> Expression:
        """Return the start and what one network says beyond what it says of the start."""
        self.again = True
        number = len(self.blocks) - 1
        self.blocks.append(Block(len(self.seen), self.blocks[number].signs, number))
        way = minus(word, Symbol(raw(number + 2)))
        begun = self._values(start)
        falls = signs[self.program.variable or ""] < 0
        if positive and falls and (begun > 0).all():
            logs = np.log(np.maximum(answer / begun, 1e-12))
            return times(start, call("exp", times(Number(_size(logs)), way)))
        return plus(start, times(Number(_size(answer - begun)), way))

    def _block(self, signs: Mapping[str, int]) -> Symbol:
        own = tuple(signs.get(name, 0) for name in self.seen)
        self.blocks.append(Block(0, own))
        return Symbol(raw(len(self.blocks)))

    def _begin(self) -> Expression:
        assert self.plan.flow is not None
        return self.plan.flow.start

    def _values(self, expression: Expression) -> Array:
        found: Any = evaluate(tape({"value": expression}, self.inputs, self.fixed), self.pilot.si)
        return np.broadcast_to(found["value"], np.shape(next(iter(self.pilot.si.values()))))


def _may(start: Expression, said: Monotone) -> bool:
    """Return whether a start moves as a sentence says of what begins there."""
    if said.by not in names(start):
        return True
    return start == Symbol(said.by) and said.sign > 0


def _spread(values: Array, word: Expression) -> Expression:
    """Return the middle of some values and half of what they span times a word."""
    values = values[np.isfinite(values)]
    middle, half = (values.max() + values.min()) / 2, np.ptp(values) / 2
    return plus(Number(float(middle)), times(Number(float(half) or 1.0), word))


def _size(values: Array) -> float:
    return float(np.nan_to_num(np.abs(values)).max()) or 1.0
