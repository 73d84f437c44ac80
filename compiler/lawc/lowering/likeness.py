"""Compare the answers of a law with those of another that is nearly the same.

Two texts may say the same in the whole domain: `abs(x)` and `x` where x is positive. So laws are
compared by what they answer at many points, not by how they are written.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lawc.diagnostics.diagnostic import LawcError
from lawc.knowledge.expression import Symbol
from lawc.knowledge.law import Law
from lawc.lowering.domain import valid_region
from lawc.lowering.fields.claims import aimed, shared_rows, solved
from lawc.lowering.numpy_table import Array
from lawc.lowering.plan import Kind, Plan
from lawc.lowering.probing import probe_plan
from lawc.lowering.reference import reference
from lawc.lowering.sampler import declared_inputs, sample, to_si, trajectories
from lawc.lowering.signature import default_signature

POINTS = 96
TIMES = 8
SEED = 20
SAME = {Kind.EXPLICIT: 1e-11, Kind.IMPLICIT: 1e-9, Kind.ODE: 1e-7, Kind.DAE: 1e-7}
SAME |= {Kind.BOUNDARY_VALUE: 1e-6, Kind.FIELD: 1e-6}
"""Relative gaps that rounding, root finding and integration may leave; of the size of the answer,
and for a course or a solved field, of its largest value. Fields are compared on the coarsest cells,
where laws that say the same have the same answer, right or not."""


ENOUGH = 0.3
"""Relative gap that no arithmetic by hand can miss."""
_ALIKE = 1e-6
"""Share of the largest gap by which another may be smaller and count as much."""


@dataclass(frozen=True)
class Gaps:
    """By how much two laws differ.

    Attributes:
        same: Whether no answer differs by more than arithmetic may leave.
        sizes: For each output the relative gap in each row; infinite where only one answers.
    """

    same: bool
    sizes: Mapping[str, Array]


@dataclass(frozen=True)
class Proposal:
    """A point at which a law and others differ, with what the law itself gives there."""

    quantity: str
    value: float
    given: Mapping[str, float]
    gap: float


class Likeness:
    """A law, ready to be compared with others.

    Raises:
        LawcError: The law does not answer, or an input has no range.
    """

    def __init__(self, law: Law, points: int = POINTS) -> None:
        self.law = law
        signature = default_signature(law)
        self.outputs = signature.outputs
        self.plan = _plan(law, self.outputs, signature.inputs)
        flow = self.plan.flow
        moving = flow is not None and flow.variable in self.plan.signature.inputs
        self.rows: dict[str, Array]
        if solved(self.plan):
            self.rows = shared_rows(self.plan, points, SEED)
        elif moving:
            self.rows = trajectories(self.plan, points // TIMES, TIMES, SEED)
        else:
            self.rows = sample(self.plan, points, SEED)
        self._variable = flow.variable if flow is not None and moving else None

    @cached_property
    def answers(self) -> dict[str, Array]:
        """What the law itself gives, SI."""
        return _answers(self.plan, self.outputs, self.rows)

    def gaps(self, other: Law, first: int | None = None) -> Gaps:
        """Return how another law of the same quantities differs in the same rows.

        Args:
            other: A law of the same quantities.
            first: How many rows, a multiple of TIMES; all where None. That two laws differ shows
                in few rows, and some courses of a wrong law are endless work.

        Raises:
            LawcError: The other law does not give the same quantities from the same inputs.
        """
        plan = _plan(other, self.outputs, self.plan.signature.inputs)
        lacking = set(plan.signature.inputs) - self.rows.keys()
        if lacking:
            raise LawcError(f"the other law asks for {', '.join(sorted(lacking))}")
        theirs = _answers(plan, self.outputs, {n: v[:first] for n, v in self.rows.items()})
        least = max(SAME[self.plan.kind], SAME[plan.kind])
        sizes = {name: self._gap(self.answers[name][:first], theirs[name]) for name in self.outputs}
        return Gaps(all(bool((gap <= least).all()) for gap in sizes.values()), sizes)

    def propose(self, gaps: Sequence[Gaps]) -> Proposal | None:
        """Return the row in which the smallest gap to several laws is largest.

        Gaps beyond ENOUGH are alike, since a larger one is found only where terms cancel, and so
        are those that rounding tells apart. Of such rows the one with the most usual answer is
        taken, with its numbers rounded to two digits where they stay in the domain.
        """
        best: Proposal | None = None
        for name in self.outputs:
            sizes = [np.minimum(g.sizes[name], ENOUGH) for g in gaps]
            together = np.min(sizes, axis=0)
            alike = together >= (1 - _ALIKE) * together.max(initial=0.0)
            row = int(np.lexsort((-_unusual(self.answers[name]), alike))[-1])
            if together[row] > (best.gap if best else 0.0):
                found = self._proposal(name, row, float(together[row]))
                best = found or best
        return best

    def _proposal(self, name: str, row: int, gap: float) -> Proposal | None:
        plan = _plan(self.law, [name], self.plan.signature.inputs)
        exact = {q.name: float(self.rows[q.name][row]) for q in declared_inputs(plan)}
        round_ones = {key: float(f"{value:.2g}") for key, value in exact.items()}
        for given in (round_ones, exact):
            columns = {key: np.array([value]) for key, value in given.items()}
            if not self._inside(plan, columns):
                continue
            try:
                (value,) = reference(plan, columns)[f"#{name}"]
            except LawcError:
                continue
            return Proposal(name, self.law.quantities[name].unit.from_si(value), given, gap)
        return None

    def _inside(self, plan: Plan, columns: Mapping[str, Array]) -> bool:
        inputs = declared_inputs(plan)
        box = all((q.low or 0) <= columns[q.name][0] <= (q.high or 0) for q in inputs)
        return box and bool(valid_region(plan).holds(to_si(inputs, columns)).all())

    def _gap(self, ours: Array, theirs: Array) -> Array:
        size = np.fmax(np.abs(ours), np.abs(theirs))
        if self._variable is not None:
            size = np.repeat(np.nanmax(size.reshape(-1, TIMES), axis=1), TIMES)
        elif solved(self.plan):
            size = np.full_like(size, np.max(size[np.isfinite(size)], initial=0.0))
        with np.errstate(all="ignore"):
            gap = np.abs(ours - theirs) / size
        gap = np.where(size == 0, 0.0, gap)
        neither = ~np.isfinite(ours) & ~np.isfinite(theirs)
        return np.where(neither, 0.0, np.where(np.isfinite(gap), gap, np.inf))


def _unusual(values: Array) -> Array:
    """Return how many decades values lie from the middle one; infinite where there is none."""
    with np.errstate(all="ignore"):
        size = np.log10(np.abs(values))
    known = size[np.isfinite(size)]
    middle = float(np.median(known)) if known.size else 0.0
    return np.where(np.isfinite(size), np.abs(size - middle), np.inf)


def _plan(law: Law, outputs: Collection[str], inputs: Collection[str]) -> Plan:
    probes = {f"#{name}": Symbol(name) for name in outputs}
    plan = probe_plan(law, probes, given=inputs, inputs=inputs, wanted=outputs)
    return aimed(plan, np.inf)


def _answers(plan: Plan, outputs: Collection[str], rows: Mapping[str, Array]) -> dict[str, Array]:
    size = len(next(iter(rows.values()), np.zeros(1)))
    used = {name: rows[name] for name in plan.signature.inputs}
    found = reference(plan, used, strict=False)
    return {name: np.broadcast_to(found[f"#{name}"], (size,)) for name in outputs}
