"""Turn what an author claims into tests that hypothesis can drive.

A state is one row of inputs in declared units, inside `valid`. A property is something that must
hold at every state: a claim, a worked example, and the law itself, by the reference.

    @given(program.states())
    def test_the_law_keeps_its_word(state):
        for property in program.properties():
            property.check(state)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from lawc.diagnostics.diagnostic import CompileError, DomainError
from lawc.knowledge.law import Always, Claim, Example, Law
from lawc.knowledge.writing import write_claim
from lawc.lowering.claims import ClaimResult, example_result, example_text, judge
from lawc.lowering.domain import inside_box, valid_region
from lawc.lowering.limits import limit_outcome
from lawc.lowering.plan import Plan
from lawc.lowering.reference import reference
from lawc.lowering.sampler import declared_inputs, sample, to_si
from lawc.lowering.trying import Trial
from lawc.project import generating
from lawc.project.generating import strategies

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

State = Mapping[str, float]

_POOL = 256
# Below this share hypothesis would give up on drawing freely and rejecting.
_EASY = 0.3


@dataclass(frozen=True)
class Property:
    """Something that holds at every state.

    Attributes:
        name: The claim or example as written, or the label of what is checked.
    """

    name: str
    _check: Callable[[State], str | None]

    def check(self, state: State) -> None:
        """Raise AssertionError if it does not hold at a state; the text says what was found."""
        problem = self._check(state)
        if problem is not None:
            at = ", ".join(f"{name} = {value!r}" for name, value in state.items())
            raise AssertionError(f"{self.name}: {problem}; at {at}")


def properties(plan: Plan) -> tuple[Property, ...]:
    """Return a property for each claim, each example, and the reference of a plan."""
    law = plan.law
    found = [Property("the reference satisfies the law", _Reference(plan))]
    found += [Property(write_claim(claim), _Kept(plan, claim)) for claim in law.claims]
    found += [Property(f"example: {example_text(law, e)}", _Worked(law, e)) for e in law.examples]
    return tuple(found)


def states(plan: Plan) -> SearchStrategy[dict[str, float]]:
    """Return a strategy of states: anywhere in the ranges, on their ends, inside `valid`.

    Raises:
        CompileError: An input has no declared range.
        DomainError: `valid` leaves almost nothing of the ranges.
        LawcError: hypothesis is not installed.
    """
    st = strategies()
    inputs = declared_inputs(plan)
    region = valid_region(plan)
    pool = _rows(sample(plan, _POOL, 1))
    # A domain that touches no face of its box has no ends to stand on.
    with suppress(DomainError):
        pool += _rows(sample(plan, _POOL, 1, what="faces"))

    def inside(state: State) -> bool:
        columns = {name: np.array([value]) for name, value in state.items()}
        return bool(region.holds(to_si(inputs, columns)).all())

    def one(low: float, high: float) -> SearchStrategy[float]:
        return st.one_of(st.floats(low, high), st.sampled_from(sorted({low, high})))

    ready = st.sampled_from(pool)
    if _share(plan) < _EASY:
        return ready
    free = st.fixed_dictionaries({q.name: one(q.low or 0.0, q.high or 0.0) for q in inputs})
    return st.one_of(free.filter(inside), ready)


def drive(plan: Plan, found: Property, count: int) -> str | None:
    """Try a property at `count` states, always the same ones, outside a test runner.

    Returns:
        What was found at the first counterexample, or None where the property held.

    Raises:
        LawcError: hypothesis is not installed.
    """
    try:
        generating.drive(states(plan), found.check, count)
    except (AssertionError, DomainError) as problem:
        return str(problem)
    return None


class _Reference:
    """The reference answers; it holds its answers against the law's equations itself."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def __call__(self, state: State) -> str | None:
        columns = {name: np.array([state[name]]) for name in self._plan.signature.inputs}
        try:
            reference(self._plan, columns)
        except DomainError as problem:
            return str(problem)
        return None


class _Kept:
    """A claim of the law at one state."""

    def __init__(self, plan: Plan, claim: Claim) -> None:
        self._plan, self._claim = plan, claim

    @cached_property
    def _trial(self) -> Trial | None:
        try:
            return Trial(self._plan.law, self._claim)
        except CompileError:
            return None

    def __call__(self, state: State) -> str | None:
        trial = self._trial
        if trial is None:
            return None
        known = self._known(trial, state)
        if known is None:
            return None
        # The plan may give the claim's inputs as outputs, and those may lie anywhere.
        if not inside_box(trial.inputs, {n: np.array([v]) for n, v in known.items()}).all():
            return None
        limit = self._claim.form is Always.LIMIT
        rows = trial.around(known)
        if limit:
            rows = {name: values[:1] for name, values in rows.items()}
        outcome = limit_outcome(trial, rows) if limit else trial.outcome(rows, _seed(state))
        result: ClaimResult = judge(trial, rows, outcome)
        # That nothing moved at one state does not say that nothing ever moves.
        return result.detail if result.holds is False and not outcome.still else None

    def _known(self, trial: Trial, state: State) -> dict[str, float] | None:
        """Return the inputs of the trial, which may be outputs of the plan."""
        wanted = [q.name for q in trial.inputs]
        known = dict(state)
        if not known.keys() >= set(wanted):
            columns = {name: np.array([state[name]]) for name in self._plan.signature.inputs}
            known |= {n: float(v[0]) for n, v in reference(self._plan, columns).items()}
        for name in wanted:
            default = trial.law.quantities[name].default
            if name not in known and default is not None:
                known[name] = default
        return {n: known[n] for n in wanted} if known.keys() >= set(wanted) else None


class _Worked:
    """A worked value of the law; it is the same at every state."""

    def __init__(self, law: Law, example: Example) -> None:
        self._law, self._example = law, example

    @cached_property
    def _result(self) -> ClaimResult:
        return example_result(self._law, self._example)

    def __call__(self, state: State) -> str | None:
        return None if self._result.holds else self._result.detail


def _rows(columns: Mapping[str, np.ndarray]) -> list[dict[str, float]]:
    lists = {name: values.tolist() for name, values in columns.items()}
    size = len(next(iter(lists.values()), []))
    return [{name: values[row] for name, values in lists.items()} for row in range(size)]


def _share(plan: Plan) -> float:
    """Return how much of the box of ranges lies inside `valid`."""
    free = replace(plan, law=replace(plan.law, validity=()))
    inputs = declared_inputs(plan)
    held = valid_region(plan).holds(to_si(inputs, sample(free, _POOL, 2)))
    return float(held.all(axis=0).mean()) if len(held) else 1.0


def _seed(state: State) -> int:
    """Return a number that is the same for the same state, in every process."""
    return int(sum(abs(hash(value)) % 65_521 for value in state.values()))
