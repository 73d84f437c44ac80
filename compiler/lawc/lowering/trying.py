"""Try an `always` sentence on rows of inputs, by the reference.

A row tests a claim if it lies in the region that the claim names. What counts as equal: the
reference answers to rounding where the law is written out (1e-16 a step), and to about 1e-8 of a
trajectory's peak where it is integrated. A claim is false only where it is missed by far more
than that, by the slacks below, since an author states the law and not its arithmetic. Ties count
as kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
from numpy.random import Generator, default_rng

from lawc.diagnostics.diagnostic import CompileError
from lawc.knowledge.expression import Choice, Comparison, Expression, Number, Symbol, names
from lawc.knowledge.law import Always, Claim, Law
from lawc.knowledge.writing import write_expression
from lawc.lowering.courses import groups
from lawc.lowering.domain import inside_box, valid_region
from lawc.lowering.fields.claims import SECONDS, aimed, owners, shared_rows, slack, solved
from lawc.lowering.numpy_table import Array, evaluate
from lawc.lowering.outcome import Answers, Outcome, over
from lawc.lowering.plan import Plan
from lawc.lowering.probing import probe_plan
from lawc.lowering.reference import reference
from lawc.lowering.regions import split_where
from lawc.lowering.sampler import declared_inputs, sample, stretch, to_si, trajectories
from lawc.lowering.symmetries import repeated, unbroken
from lawc.lowering.tapes import tape
from lawc.solvers.patience import patience

Rows = Mapping[str, Array]

FORMULA_SLACK = 1e-10
"""Relative, where the law is written out or the root of an equation."""
SOLVER_SLACK = 1e-6
"""Of the largest value on a trajectory, where the law is integrated."""
RTOL = 1e-9
"""Tolerance of a solver's step; errors add up to less than a tenth of the slack."""
NEAR = 0.02
"""Half of all pairs lie this share of the range apart, the others anywhere in it."""
TIMES = 6
"""Rows on one trajectory: they share its integration, and show its size."""


class Trial:
    """A claim, made ready to be tried on rows of inputs.

    Raises:
        CompileError: The law does not answer what the claim speaks of, or an input has no range.
    """

    def __init__(self, law: Law, claim: Claim) -> None:
        self.law, self.claim = law, claim
        self.subjects = _subjects(claim)
        self.plan = aimed(_plan(law, claim, self.subjects))
        self.inputs = declared_inputs(self.plan)
        self._where = split_where(claim.where, self.plan.signature.inputs, self.plan.fixed)
        self._region = valid_region(self.plan)
        flow = self.plan.flow
        within = flow is not None and flow.variable in self.plan.signature.inputs
        self.variable = flow.variable if flow is not None and within else None
        self.by = self._direction()

    def rows(self, n: int, seed: int) -> dict[str, Array]:
        """Return about n rows over the declared ranges, with what the claim's region pins put in.

        Where the law is integrated, rows stand together in trajectories.
        """
        if solved(self.plan):
            return self.placed(shared_rows(self.plan, n, seed))
        if self.variable is None:
            return self.placed(sample(self.plan, n, seed))
        return self.placed(trajectories(self.plan, max(1, n // TIMES), TIMES, seed))

    def around(self, state: Mapping[str, float]) -> dict[str, Array]:
        """Return a row, and others that a claim at it has to do with: its trajectory, or itself."""
        rows = {q.name: np.full(TIMES + 1, state[q.name]) for q in self.inputs}
        if self.variable is not None:
            # From the start on, since a solver is as exact as the largest value on its course.
            quantity = self.law.quantities[self.variable]
            shares = np.linspace(0, 1, TIMES)[:, None] ** 2
            rows[self.variable][1:] = stretch([quantity], shares)[self.variable]
        return self.placed(rows)

    def outcome(self, rows: Rows, seed: int) -> Outcome:
        """Return what rows of inputs, in declared units, say about the claim."""
        rows = self.placed(rows)
        generator = default_rng([seed, 3])
        match self.claim.form:
            case Always.COMPARISON:
                return self._compared(rows)
            case Always.CONSTANT:
                return self._constant(rows)
            case Always.RISES | Always.FALLS | Always.SCALES:
                return self._paired(rows, generator)
            case Always.EVEN | Always.ODD | Always.PERIODIC:
                return repeated(self, rows)
            case Always.CONTINUOUS:
                return unbroken(self, rows, generator)
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

    def answers(self, *blocks: Rows) -> list[Answers]:
        """Return the values of all probes for blocks of rows, what they are worth, and where."""
        size = len(blocks[0][self.inputs[0].name]) if self.inputs else 1
        rows = {q.name: np.concatenate([block[q.name] for block in blocks]) for q in self.inputs}
        with patience(SECONDS):
            values = reference(self.plan, rows, rtol=RTOL, strict=False)
        si = to_si(self.inputs, rows)
        inside = np.logical_and.reduce([*self._region.holds(si), inside_box(self.inputs, rows)])
        for name, found in values.items():
            inside &= np.isfinite(found)
            if name.startswith("#where"):
                inside &= found > 0.5
        slack = {name: self._slack(si, found) for name, found in values.items()}
        owner = self._owner(si)
        return [
            Answers(
                {name: found[start : start + size] for name, found in values.items()},
                {name: found[start : start + size] for name, found in slack.items()},
                inside[start : start + size],
                owner[start : start + size],
            )
            for start in range(0, size * len(blocks), size)
        ]

    def _slack(self, si: Rows, values: Array) -> Array:
        """Return what counts as nothing beside values of one probe."""
        size = np.nan_to_num(np.abs(values))
        share = slack(self.plan) if solved(self.plan) else SOLVER_SLACK
        if self.variable is None and not solved(self.plan):
            # Differences of large terms round to the size of those, which the median stands for.
            return FORMULA_SLACK * (size + float(np.median(size)))
        owner = self._owner(si)
        peak = np.zeros(owner.max() + 1)
        np.maximum.at(peak, owner, size)
        return share * peak[owner]

    def _owner(self, si: Rows) -> np.ndarray:
        """Return which trajectory or solution each row lies on; without these all lie on one."""
        if solved(self.plan):
            return owners(self.plan, si)
        if self.variable is None or not si:
            return np.zeros(len(next(iter(si.values()), [0])), dtype=int)
        return groups(si, self.variable)[1]

    def shown(self, number: int, value: float) -> str:
        """Return a subject with its value as an author would write it."""
        subject = self.subjects[number]
        text = write_expression(subject)
        if isinstance(subject, Symbol) and subject.name in self.law.quantities:
            unit = self.law.quantities[subject.name].unit
            return f"{text} = {unit.from_si(value):.9g}{f' [{unit.text}]' if unit.text else ''}"
        return text if isinstance(subject, Number) else f"{text} = {value:.9g} in SI units"

    def _moving(self) -> tuple[str, ...]:
        """Return inputs that vary along one trajectory or over one solution; none where none is."""
        fields = self.plan.fields
        if fields is not None and solved(self.plan):
            return (*fields.coordinates, *((fields.time,) if fields.time else ()))
        return (self.variable,) if self.variable is not None else ()

    def _direction(self) -> str | None:
        if self.claim.form is Always.COMPARISON:
            return None
        if self.claim.form is Always.CONSTANT:
            return self.variable
        if self.claim.by not in self.plan.signature.inputs:
            raise CompileError(
                f"`{write_expression(self.claim.subject)}` does not depend on {self.claim.by}"
            )
        return self.claim.by

    def _compared(self, rows: Rows) -> Outcome:
        (found,) = self.answers(rows)
        assert isinstance(self.claim.subject, Comparison)
        excess = np.full(len(found.inside), -np.inf)
        sides = pairwise(range(len(self.subjects)))
        for operator, (one, other) in zip(self.claim.subject.operators, sides, strict=True):
            left, right = found.values[f"#{one}"], found.values[f"#{other}"]
            limit = found.slack[f"#{one}"] + found.slack[f"#{other}"]
            excess = np.fmax(excess, _missed(operator, left, right, limit))

        def say(row: int) -> str:
            shown = [self.shown(k, found.values[f"#{k}"][row]) for k in range(len(self.subjects))]
            return ", ".join(text for text in shown if "=" in text)

        return Outcome(found.inside, excess, False, say)

    def _constant(self, rows: Rows) -> Outcome:
        (found,) = self.answers(rows)
        values = found.values["#0"]
        rank = np.where(found.inside, np.arange(len(values)), len(values) - 1)
        first = np.full(found.owner.max() + 1, len(values) - 1)
        np.minimum.at(first, found.owner, rank)
        other = values[first[found.owner]]
        excess = over(np.abs(values - other), found.slack["#0"])

        def say(row: int) -> str:
            along = f" along {self.by}" if self.by else ""
            shown = self.shown(0, other[row]).rpartition(" = ")[2].removesuffix(" in SI units")
            return f"{self.shown(0, values[row])}, and {shown} elsewhere{along}"

        return Outcome(found.inside, excess, False, say)

    def _paired(self, rows: Rows, generator: Generator) -> Outcome:
        assert self.by is not None
        moved = self._moved(rows, generator)
        one, two = self.answers(rows, moved)
        x1, x2 = (to_si(self.inputs, part)[self.by] for part in (rows, moved))
        tested = one.inside & two.inside & (x1 != x2)
        q1, q2 = one.values["#0"], two.values["#0"]
        s1, s2 = one.slack["#0"], two.slack["#0"]
        still = False
        if self.claim.form is Always.SCALES:
            tested &= x1 * x2 > 0
            with np.errstate(all="ignore"):
                factor = (x2 / x1) ** one.values["#power"]
                excess = over(np.abs(q2 - q1 * factor), s2 + s1 * np.abs(factor))
        else:
            rise = (q2 - q1) * np.sign(x2 - x1)
            if self.claim.form is Always.FALLS:
                rise = -rise
            excess = over(-rise, s1 + s2)
            still = bool(tested.any()) and not bool((np.abs(rise) > s1 + s2)[tested].any())
        unit = self.law.quantities[self.by].unit

        def say(row: int) -> str:
            at = f"{unit.from_si(x2[row]):.9g}{f' [{unit.text}]' if unit.text else ''}"
            return f"{self.shown(0, q1[row])}, but {self.shown(0, q2[row])} where {self.by} = {at}"

        return Outcome(tested, excess, still, say)

    def _moved(self, rows: Rows, generator: Generator) -> dict[str, Array]:
        """Return rows in which only the quantity that the claim varies has other values.

        A parameter moves in the same way for all rows of a trajectory.
        """
        assert self.by is not None
        quantity = self.law.quantities[self.by]
        size = len(rows[self.by])
        owner = np.arange(size)
        moving = self._moving()
        if self.by not in moving and moving:
            owner = self._owner(to_si(self.inputs, rows))
        anywhere = stretch([quantity], generator.random((size, 1)))[self.by][owner]
        steps = (NEAR * generator.uniform(-1, 1, size))[owner]
        low, high = quantity.low or 0.0, quantity.high or 0.0
        if quantity.log and low > 0:
            beside = rows[self.by] * (high / low) ** steps
        else:
            beside = rows[self.by] + (high - low) * steps
        near = (generator.random(size) < 0.5)[owner]
        values = np.where(near, np.clip(beside, low, high), anywhere)
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
    given |= pins.exact.keys() - _told(law)
    wanted = names(claim.subject) if claim.form is not Always.COMPARISON else frozenset[str]()
    return probe_plan(law, probes, given=given, wanted=wanted)


def _told(law: Law) -> set[str]:
    """Return quantities that a claim's region cannot choose: those that evolve or are defined."""
    return {name for name, q in law.quantities.items() if q.depends} | {
        e.left.name for e in law.equations if isinstance(e.left, Symbol)
    }


def _missed(operator: str, left: Array, right: Array, limit: Array) -> Array:
    match operator:
        case "<" | "<=":
            return over(left - right, limit)
        case ">" | ">=":
            return over(right - left, limit)
        case "=":
            return over(np.abs(left - right), limit)
    return np.where(left == right, np.inf, -np.inf)
