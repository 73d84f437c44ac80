"""Rows of an apportionment stand beside votes at which a seat changes hands."""

from __future__ import annotations

from fractions import Fraction

import pytest

from lawc.deciding.sampler import Sampler
from lawc.deciding.slicing import read_signature
from lawc.decision.decision import Apportion, Decision, Port
from lawc.decision.exact import decide
from lawc.decision.formula import NO, YES, Named
from lawc.decision.values import UNKNOWN


def house(method: str, votes: int) -> Decision:
    ports = tuple(
        Port(f"v{at}", "integer", low=Fraction(1), high=Fraction(votes), step=Fraction(1))
        for at in range(3)
    )
    whole = Port("whole", "integer", low=Fraction(1), high=Fraction(20), step=Fraction(1))
    seats = tuple(Port(f"s{at}", "integer", step=Fraction(1)) for at in range(3))
    step = Apportion(
        tuple(p.name for p in seats), Named("whole"), tuple(Named(p.name) for p in ports),
        (YES,) * 3, method, NO, "lots", ("A", "B", "C"),
    )  # fmt: skip
    return Decision((*ports, whole), seats, step.outputs, (step,))


@pytest.mark.parametrize(
    "method", ["down", "half-way", "up", "geometric", "harmonic", "remainders"]
)
def test_one_vote_more_changes_a_seat_in_some_rows(method: str) -> None:
    decision = house(method, 10**6)
    cases = Sampler(decision).cases
    found = {tuple(sorted(case.items())): decide(decision, case).values for case in cases}
    changes = 0
    for case in cases:
        for at in range(3):
            more = {**case, f"v{at}": case[f"v{at}"] + 1}  # type: ignore[operator]
            other = found.get(tuple(sorted(more.items())))
            here = found[tuple(sorted(case.items()))]
            changes += other is not None and other[f"s{at}"] != here[f"s{at}"]
    assert changes >= 3


def test_ties_are_among_the_rows_where_votes_are_few() -> None:
    decision = house("half-way", 12)
    seen = [decide(decision, case).values for case in Sampler(decision).cases]
    assert any(UNKNOWN in values.values() for values in seen)


def test_a_signature_names_elements_with_two_indices() -> None:
    inputs, outputs = read_signature("x[a, 1], x[a, 2] y -> z[b], w")
    assert inputs == ("x[a, 1]", "x[a, 2]", "y") and outputs == ("z[b]", "w")
