"""Try an `always` sentence on rows of inputs, by the reference.

A row tests a claim if it lies in the region that the claim names. What counts as equal: the
reference answers to rounding where the law is written out (1e-16 a step), and to about 1e-8 of a
trajectory's peak where it is integrated. A claim is false only where it is missed by far more
than that, by the slacks below, since an author states the law and not its arithmetic. Ties count
as kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.random import Generator, default_rng

from lawc.diagnostics.diagnostic import CompileError
from lawc.knowledge.expression import Choice, Comparison, Expression, Number, Symbol
from lawc.knowledge.law import Always, Claim, Law
from lawc.knowledge.writing import write_expression
from lawc.lowering.domain import inside_box, valid_region
from lawc.lowering.numpy_table import Array, evaluate
from lawc.lowering.plan import Kind, Plan
from lawc.lowering.probing import probe_plan
from lawc.lowering.reference import reference, trajectory_scale
from lawc.lowering.regions import split_where
from lawc.lowering.sampler import declared_inputs, sample, stretch, to_si
from lawc.lowering.tapes import tape

Rows = Mapping[str, Array]

FORMULA_SLACK = 1e-10
"""Relative, where the law is written out or the root of an equation."""
SOLVER_SLACK = 1e-6
"""Of the peak of a trajectory, where the law is integrated."""
NEAR = 0.02
"""Half of all pairs lie this share of the range apart, the others anywhere in it."""

_ALONG = 6


@dataclass(frozen=True)
class Outcome:
    """What a trial found.

    Attributes:
        tested: Which rows lie in the claim's region, and have an answer.
        excess: By how much each row misses the claim, in units of the slack; up to 1 it is kept.
        still: Whether the subject never changed though it is said to.
        say: What was found at a row, for a counterexample.
    """

    tested: np.ndarray
    excess: Array
    still: bool
    say: Callable[[int], str]


class Trial:
    """A claim, made ready to be tried on rows of inputs.

    Raises:
        CompileError: The law does not answer what the claim speaks of, or an input has no range.
    """

    def __init__(self, law: Law, claim: Claim) -> None:
        self.law, self.claim = law, claim
        self.subjects = _subjects(claim)
        self.plan = _plan(law, claim, self.subjects)
        self.inputs = declared_inputs(self.plan)
        self._where = split_where(claim.where, self.plan.signature.inputs, self.plan.fixed)
        self._region = valid_region(self.plan)
        self.by = self._direction()

    def rows(self, n: int, seed: int) -> dict[str, Array]:
        """Return rows over the declared ranges, with what the claim's region pins put in."""
        return self.placed(sample(self.plan, n, seed))

    def outcome(self, rows: Rows, seed: int) -> Outcome:
        """Return what rows of inputs, in declared units, say about the claim."""
        rows = self.placed(rows)
        generator = default_rng([seed, 3])
        match self.claim.form:
            case Always.COMPARISON:
                return self._compared(rows)
            case Always.CONSTANT:
                return self._constant(rows, generator)
            case Always.RISES | Always.FALLS | Always.SCALES:
                return self._paired(rows, generator)
        raise CompileError(f"a claim that {self.claim.form.value} a limit is not tried row by row")

    def placed(self, rows: Rows) -> dict[str, Array]:
        """Return rows with the equalities of the claim's region put in exactly."""
        found = {q.name: np.asarray(rows[q.name], dtype=np.float64) for q in self.inputs}
        if self._where.exact:
            pins = tape(self._where.exact, self.plan.signature.inputs, self.plan.fixed)
            for name, values in evaluate(pins, to_si(self.inputs, found)).items():
                unit = self.law.quantities[name].unit
                found[name] = (values - unit.offset) / unit.factor
        return found

    def answers(self, rows: Rows) -> tuple[dict[str, Array], np.ndarray]:
        """Return the values of all probes, SI, and which rows lie in the claim's region."""
        values = reference(self.plan, rows, strict=False)
        valid = self._region.holds(to_si(self.inputs, rows))
        inside = np.logical_and.reduce([*valid, inside_box(self.inputs, rows)])
        for name, found in values.items():
            inside &= np.isfinite(found)
            if name.startswith("#where"):
                inside &= found > 0.5
        return values, inside

    def slack(self, rows: Rows, values: Mapping[str, Array]) -> dict[str, Array]:
        """Return what counts as nothing beside each probe."""
        if self.plan.kind is Kind.ODE:
            peaks = trajectory_scale(self.plan, rows)
            return {n: SOLVER_SLACK * np.fmax(peaks[n], np.abs(v)) for n, v in values.items()}
        # Differences of large terms round to the size of those, which the median stands for.
        return {
            name: FORMULA_SLACK * (np.abs(found) + float(np.nanmedian(np.abs(found))))
            for name, found in values.items()
        }

    def shown(self, number: int, value: float) -> str:
        """Return a subject with its value as an author would write it."""
        subject = self.subjects[number]
        text = write_expression(subject)
        if isinstance(subject, Symbol) and subject.name in self.law.quantities:
            unit = self.law.quantities[subject.name].unit
            return f"{text} = {unit.from_si(value):.9g}{f' [{unit.text}]' if unit.text else ''}"
        return text if isinstance(subject, Number) else f"{text} = {value:.9g} in SI units"

    def _direction(self) -> str | None:
        if self.claim.form is Always.COMPARISON:
            return None
        if self.claim.form is Always.CONSTANT:
            return self.plan.flow.variable if self.plan.flow else None
        if self.claim.by not in self.plan.signature.inputs:
            raise CompileError(
                f"`{write_expression(self.claim.subject)}` does not depend on {self.claim.by}"
            )
        return self.claim.by

    def _compared(self, rows: Rows) -> Outcome:
        values, tested = self.answers(rows)
        slack = self.slack(rows, values)
        assert isinstance(self.claim.subject, Comparison)
        excess = np.full(len(tested), -np.inf)
        sides = pairwise(range(len(self.subjects)))
        for operator, (one, other) in zip(self.claim.subject.operators, sides, strict=True):
            left, right = values[f"#{one}"], values[f"#{other}"]
            limit = slack[f"#{one}"] + slack[f"#{other}"]
            excess = np.fmax(excess, _missed(operator, left, right, limit))

        def say(row: int) -> str:
            found = [self.shown(k, values[f"#{k}"][row]) for k in range(len(self.subjects))]
            return ", ".join(text for text in found if "=" in text)

        return Outcome(tested, excess, False, say)

    def _constant(self, rows: Rows, generator: Generator) -> Outcome:
        values, tested = self.answers(rows)
        first = values["#0"]
        slack = self.slack(rows, values)["#0"]
        if self.by is None:
            chosen = first[tested][0] if tested.any() else 0.0
            return self._spread(tested, first, np.full_like(first, chosen), slack)
        last = first
        excess = np.zeros(len(tested))
        for _ in range(_ALONG):
            moved = self._moved(rows, generator, near=False)
            others, also = self.answers(moved)
            gap = np.where(also & tested, np.abs(others["#0"] - first), 0.0)
            now = _over(gap, slack)
            last = np.where(now > excess, others["#0"], last)
            excess = np.fmax(excess, now)

        def say(row: int) -> str:
            return f"{self.shown(0, first[row])}, and {last[row]:.9g} elsewhere along {self.by}"

        return Outcome(tested, excess, False, say)

    def _spread(self, tested: np.ndarray, values: Array, other: Array, slack: Array) -> Outcome:
        def say(row: int) -> str:
            return f"{self.shown(0, values[row])}, and {other[row]:.9g} elsewhere"

        return Outcome(tested, _over(np.abs(values - other), slack), False, say)

    def _paired(self, rows: Rows, generator: Generator) -> Outcome:
        assert self.by is not None
        moved = self._moved(rows, generator, near=True)
        one, first = self.answers(rows)
        two, second = self.answers(moved)
        x1, x2 = (to_si(self.inputs, part)[self.by] for part in (rows, moved))
        tested = first & second & (x1 != x2)
        s1, s2 = self.slack(rows, one)["#0"], self.slack(moved, two)["#0"]
        q1, q2 = one["#0"], two["#0"]
        still = False
        if self.claim.form is Always.SCALES:
            tested &= x1 * x2 > 0
            with np.errstate(all="ignore"):
                factor = (x2 / x1) ** one["#power"]
            excess = _over(np.abs(q2 - q1 * factor), s2 + s1 * factor)
        else:
            rise = (q2 - q1) * np.sign(x2 - x1)
            if self.claim.form is Always.FALLS:
                rise = -rise
            excess = _over(-rise, s1 + s2)
            still = bool(tested.any()) and not bool((np.abs(rise) > s1 + s2)[tested].any())
        unit = self.law.quantities[self.by].unit

        def say(row: int) -> str:
            at = f"{unit.from_si(x2[row]):.9g}{f' [{unit.text}]' if unit.text else ''}"
            return f"{self.shown(0, q1[row])}, but {self.shown(0, q2[row])} where {self.by} = {at}"

        return Outcome(tested, excess, still, say)

    def _moved(self, rows: Rows, generator: Generator, near: bool) -> dict[str, Array]:
        """Return rows in which only the quantity that the claim varies has other values."""
        assert self.by is not None
        quantity = self.law.quantities[self.by]
        size = len(rows[self.by])
        values = stretch([quantity], generator.random((size, 1)))[self.by]
        if near:
            low, high = quantity.low or 0.0, quantity.high or 0.0
            steps = NEAR * generator.uniform(-1, 1, size)
            if quantity.log and low > 0:
                beside = rows[self.by] * (high / low) ** steps
            else:
                beside = rows[self.by] + (high - low) * steps
            values = np.where(generator.random(size) < 0.5, np.clip(beside, low, high), values)
        return self.placed({**rows, self.by: values})


def _subjects(claim: Claim) -> tuple[Expression, ...]:
    if claim.form is Always.COMPARISON:
        if not isinstance(claim.subject, Comparison):
            raise CompileError(f"`{write_expression(claim.subject)}` compares nothing")
        return claim.subject.operands
    return (claim.subject,)


def _plan(law: Law, claim: Claim, subjects: tuple[Expression, ...]) -> Plan:
    probes = {f"#{number}": subject for number, subject in enumerate(subjects)}
    given = {claim.by} if claim.by is not None else set[str]()
    pins = split_where(claim.where, law.quantities, law.constants)
    for number, condition in enumerate(claim.where):
        # As a number, since a probe is a quantity like any other.
        probes[f"#where{number}"] = Choice(condition, Number(1), Number(0))
    if claim.value is not None:
        probes["#power" if claim.form is Always.SCALES else "#target"] = claim.value
    return probe_plan(law, probes, given=given | (pins.exact.keys() - _told(law)))


def _told(law: Law) -> set[str]:
    """Return quantities that a claim's region cannot choose: those that evolve or are defined."""
    return {name for name, q in law.quantities.items() if q.depends} | {
        e.left.name for e in law.equations if isinstance(e.left, Symbol)
    }


def _missed(operator: str, left: Array, right: Array, limit: Array) -> Array:
    match operator:
        case "<" | "<=":
            return _over(left - right, limit)
        case ">" | ">=":
            return _over(right - left, limit)
        case "=":
            return _over(np.abs(left - right), limit)
    return np.where(left == right, np.inf, -np.inf)


def _over(gap: Array, limit: Array) -> Array:
    """Return gap/limit; where nothing counts as nothing, any gap at all is too much."""
    with np.errstate(all="ignore"):
        return np.where(limit > 0, gap / limit, np.where(gap > 0, np.inf, 0.0))
