"""Try whether a quantity is even, odd, periodic or continuous in another.

A symmetry is tried by pairs of rows that it makes equal. A jump is sought by halving a step again
and again towards the half in which more changes: a change that stays is one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.random import Generator

from lawc.diagnostics.diagnostic import CompileError
from lawc.knowledge.law import Always, Claim, Law
from lawc.lowering.numpy_table import Array
from lawc.lowering.outcome import Answers, Outcome, over
from lawc.lowering.sampler import stretch

Rows = Mapping[str, Array]

HALVINGS = 40
REMAINS = 1e-4
"""Share of the first change that is no jump: a cube root keeps 1e-4 of it after 40 halvings."""


class Tried(Protocol):
    """What this needs of a trial."""

    law: Law
    claim: Claim
    by: str | None
    variable: str | None

    def answers(self, *blocks: Rows) -> list[Answers]:
        """Return the values of all probes for blocks of rows."""
        ...

    def placed(self, rows: Rows) -> dict[str, Array]:
        """Return rows with the equalities of the claim's region put in."""
        ...

    def shown(self, number: int, value: float) -> str:
        """Return a subject with its value."""
        ...


def repeated(trial: Tried, rows: Rows) -> Outcome:
    """Return by how much the values at paired rows differ."""
    name = _by(trial)
    first, other = _pair(trial, rows, name)
    one, two = trial.answers(first, other)
    q1, q2 = one.values["#0"], two.values["#0"]
    if trial.claim.form is Always.ODD:
        q2 = -q2
    excess = over(np.abs(q2 - q1), one.slack["#0"] + two.slack["#0"])
    sign = -1 if trial.claim.form is Always.ODD else 1

    def say(row: int) -> str:
        at = _at(trial, name, float(other[name][row]))
        return f"{trial.shown(0, q1[row])}, but {trial.shown(0, sign * q2[row])} where {at}"

    return Outcome(one.inside & two.inside, excess, False, say)


def unbroken(trial: Tried, rows: Rows, generator: Generator) -> Outcome:
    """Return by how much a change stays where a step is made smaller and smaller.

    Raises:
        CompileError: The law is integrated, and its solver joins its steps smoothly.
    """
    name = _by(trial)
    if trial.variable is not None:
        raise CompileError("continuity is tried only where a law is written out")
    quantity = trial.law.quantities[name]
    start = np.asarray(rows[name], dtype=np.float64)
    end = stretch([quantity], generator.random((len(start), 1)))[name]
    one, two = trial.answers(trial.placed({**rows, name: start}), trial.placed({**rows, name: end}))
    inside = one.inside & two.inside
    q1, q2 = one.values["#0"], two.values["#0"]
    allowed = one.slack["#0"] + two.slack["#0"] + REMAINS * np.abs(q2 - q1)
    for _ in range(HALVINGS):
        middle = (start + end) / 2
        (found,) = trial.answers(trial.placed({**rows, name: middle}))
        inside &= found.inside
        q = found.values["#0"]
        with np.errstate(all="ignore"):
            upper = np.abs(q2 - q) > np.abs(q - q1)
        start, end = np.where(upper, middle, start), np.where(upper, end, middle)
        q1, q2 = np.where(upper, q, q1), np.where(upper, q2, q)
    excess = over(np.abs(q2 - q1), allowed)

    def say(row: int) -> str:
        at = _at(trial, name, float(start[row]))
        return f"{trial.shown(0, q1[row])}, and {trial.shown(0, q2[row])} just beside, at {at}"

    return Outcome(inside, excess, False, say)


def _by(trial: Tried) -> str:
    if trial.by is None:
        raise CompileError("this claim names nothing that varies")
    return trial.by


def _pair(trial: Tried, rows: Rows, name: str) -> tuple[dict[str, Array], dict[str, Array]]:
    """Return rows, and the rows that a symmetry makes equal to them, in declared units."""
    quantity = trial.law.quantities[name]
    values = np.asarray(rows[name], dtype=np.float64)
    if trial.claim.form is not Always.PERIODIC:
        return trial.placed(rows), trial.placed({**rows, name: -values})
    low, high = quantity.low or 0.0, quantity.high or 0.0
    if trial.claim.value is None:
        # A range is one period: its two ends are the same place.
        ends = (np.full(len(values), end) for end in (low, high))
        first, last = (trial.placed({**rows, name: end}) for end in ends)
        return first, last
    (found,) = trial.answers(trial.placed(rows))
    period = np.abs(found.values["#target"]) / quantity.unit.factor
    moved = np.where(values + period <= high, values + period, values - period)
    return trial.placed(rows), trial.placed({**rows, name: moved})


def _at(trial: Tried, name: str, value: float) -> str:
    unit = trial.law.quantities[name].unit.text
    return f"{name} = {value:.9g}{f' [{unit}]' if unit else ''}"
