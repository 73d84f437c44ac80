"""A workshop for what decays from a start: the network says how fast, by its logarithm.

What is told is ln(-ln(y/start)/h), where h is a product of powers that grows with the way from the
start. It keeps of one size from the start to where nothing is left, so a network that is right
where the answer is large goes on in the right way where it is nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch

from lawc.forms.network import Network, count, raw
from lawc.knowledge.algebra import call, minus, plus, times
from lawc.knowledge.expression import Expression, Number, Symbol
from lawc.lowering.monomials import monomial
from lawc.lowering.numpy_table import evaluate
from lawc.lowering.positivity import never_negative
from lawc.lowering.rising import Monotone
from lawc.lowering.starting import start_of
from lawc.lowering.tapes import tape
from lawc.training.covering import way_of_decay
from lawc.training.envelopes import Surround
from lawc.training.fitting import Fit
from lawc.training.train import Workshop

_LEFT = 1e-8
"""Of the start: below, a solver's digits say nothing of the logarithm."""

_MOVED = 1e-9
_CAP = 5.0


@dataclass(frozen=True, eq=False)
class DecayingWorkshop(Workshop):
    """A workshop whose networks say how fast one output decays.

    Attributes:
        said: What the law says of how the output moves, one of them that it falls with time.
        given: The exact part of a free network, whose coordinates are kept.
    """

    said: tuple[Monotone, ...] = ()
    given: Surround | None = None

    @cached_property
    def around(self) -> Surround:
        """The exact part, which starts as the law does and only says how fast it decays."""
        made = self._written
        assert made is not None
        return made

    @cached_property
    def _written(self) -> Surround | None:
        program, output = self.program, self.said[0].output
        begun = program.variable
        condition = start_of(program.plan, program.reduction, output)
        given = self.given
        if condition is None or condition.value is None or begun is None or given is None:
            return None
        falls = any(one.by == begun and one.sign < 0 for one in self.said)
        if not falls or not never_negative(program.law, output):
            return None
        sizes = (len(given.before.outputs), 1, 1)
        blank = Network(given.before, sizes, given.after, torch.zeros(count(sizes)))
        way = way_of_decay(blank, program, self.said, begun)
        if way is None:
            return None
        inputs = program.signature.inputs
        fixed = {**program.plan.fixed, **program.reduction.constants}
        pilot = self.pool.pilot
        both = tape({"start": condition.value, "way": monomial(way)}, inputs, fixed)
        found = evaluate(both, pilot.si)
        start, far = (np.broadcast_to(found[n], pilot.values[output].shape) for n in found)
        if not (start > 0).all():
            return None
        left = pilot.values[output] / start
        seen = (far > 0) & (left > _LEFT) & (left < 1 - _MOVED)
        if not seen.any():
            return None
        rates = np.log(-np.log(left[seen]) / far[seen])
        middle, half = (rates.max() + rates.min()) / 2, np.ptp(rates) / 2 or 1.0
        told = plus(Number(float(middle)), times(Number(float(half)), Symbol(raw(1))))
        capped = call("min", told, Number(float(rates.max()) + _CAP))
        rate = times(monomial(way), call("exp", capped))
        answer: Expression = times(condition.value, call("exp", minus(Number(0), rate)))
        return Surround(
            given.before, tape({output: answer}, (*inputs, raw(1)), fixed), given.choice
        )

    @cached_property
    def possible(self) -> bool:
        """Whether the output can be told so."""
        return self.program.signature.outputs == (self.said[0].output,) and (
            self._written is not None
        )

    def fit_of_pool(self, sizes: tuple[int, ...]) -> Fit:
        """Return the sum of squares, in which what is nearly gone counts for more than its size."""
        fit = super().fit_of_pool(sizes)
        sizes_of = np.abs(self.pool.pilot.values[self.said[0].output])
        shares = sizes_of * fit.weights.numpy()[:, 0]
        more = np.maximum(shares / shares.max(), _LEFT) ** -0.5
        return replace(fit, weights=fit.weights * torch.from_numpy(more[:, None]))


def decaying_workshop(workshop: Workshop, said: Sequence[Monotone]) -> DecayingWorkshop | None:
    """Return a workshop with the same rows, whose networks say how fast an output decays.

    None where that is not how the output goes.
    """
    made = DecayingWorkshop(
        workshop.program,
        workshop.recipe,
        workshop.seed,
        workshop.budget,
        workshop.error,
        {},
        tuple(said),
        workshop.around,
    )
    for name in ("pool", "fresh"):
        if name in workshop.__dict__:
            made.__dict__[name] = workshop.__dict__[name]
    return made if said and made.possible else None
