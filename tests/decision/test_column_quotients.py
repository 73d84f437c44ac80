"""Rounded quotients are told by whole numbers in all rows, as `decide` tells them one by one."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lawc.decision.columns.evaluator import Evaluator
from lawc.decision.columns.on_torch import TorchEvaluator
from lawc.decision.decision import Clause, Clauses, Decision, Port
from lawc.decision.exact import decide
from lawc.decision.formula import Formula, Named, apply, number
from lawc.decision.operations import DecisionError
from lawc.decision.values import UNKNOWN, Value, exact

ROUNDINGS = (
    "round_floor",
    "round_ceiling",
    "round_to_zero",
    "round_from_zero",
    "round_half_from_zero",
    "round_half_even",
)


def rule(operation: str, step: str, more: str, whole: bool) -> Decision:
    """A quotient of a whole number and another number, moved and rounded."""
    low, high = Fraction(-1000), Fraction(1000)
    over = Port("over", "integer", low=low, high=high, may_be_unknown=True)
    under = Port("under", "integer" if whole else "number", low=Fraction(0), high=high)
    quotient: Formula = apply("divide", Named("over"), Named("under"))
    moved = apply("add", number(Fraction(more)), quotient) if more != "0" else quotient
    answer = apply(operation, moved, number(Fraction(step)))
    zero = apply("equal", Named("under"), number(0))
    clause = Clause("A", apply("where", zero, number(0), answer))
    return Decision((over, under), (Port("out"),), ("out",), (Clauses("out", (clause,)),))


decimals = st.one_of(
    st.integers(1, 60).map(lambda k: k / 4),
    st.integers(1, 2000).map(lambda k: k / 100),
    st.floats(0.001, 1000),
)
cases = st.lists(
    st.tuples(st.integers(-1000, 1000), decimals, st.integers(-6, 6)), min_size=1, max_size=12
)


@settings(max_examples=120, deadline=None)
@given(
    st.sampled_from(ROUNDINGS),
    st.sampled_from(("1", "0.5", "0.01", "3")),
    st.sampled_from(("0", "0.5", "-0.25", "7")),
    st.booleans(),
    cases,
)
def test_a_rounded_quotient_is_that_of_exact_arithmetic(
    operation: str, step: str, more: str, whole: bool, found: list[tuple[int, float, int]]
) -> None:
    decision = rule(operation, step, more, whole)
    rows: list[tuple[int, float]] = []
    for over, under, times in found:
        under = float(round(under) or 1) if whole else under
        rows.append((over, under))
        # Beside an edge and at it, where the divisor lets it be one.
        at = round(times * float(step) * under)
        rows += [(max(-1000, min(1000, at + beside)), under) for beside in (-1, 0, 1)]
    over_column = np.array([over for over, _ in rows])
    under_column = np.array([under for _, under in rows])
    columns = {"over": over_column, "under": under_column}
    tensors = {name: torch.from_numpy(column) for name, column in columns.items()}
    for answers in (
        Evaluator(decision)(columns),
        TorchEvaluator(decision, shared=False)(tensors),
    ):
        for row, (over, under) in enumerate(rows):
            case: dict[str, Value] = {"over": Fraction(over), "under": exact(under)}
            told = decide(decision, case).values["out"]
            assert float(answers.values["out"][row]) == float(told)  # type: ignore[arg-type]
        if whole:
            assert answers.exactly == 0


def test_what_is_unknown_stays_unknown_beside_rows_at_an_edge() -> None:
    decision = rule("round_floor", "1", "0", whole=True)
    columns = {"over": np.array([6, 6, 7]), "under": np.array([3, 3, 2])}
    found = Evaluator(decision)(columns, {"over": np.array([0, 1, 0])})
    assert found.values["out"][[0, 2]].tolist() == [2, 3]
    assert found.masks["out"].tolist() == [0, 1, 0]  # type: ignore[union-attr]
    assert decide(decision, {"over": UNKNOWN, "under": Fraction(3)}).values["out"] is UNKNOWN


def test_no_divisor_is_refused_as_before() -> None:
    quotient = apply("round_floor", apply("divide", Named("a"), Named("b")), number(1))
    ports = tuple(Port(name, "integer", low=Fraction(0), high=Fraction(9)) for name in "ab")
    steps = (Clauses("out", (Clause("A", quotient),)),)
    decision = Decision(ports, (Port("out"),), ("out",), steps)
    with pytest.raises(DecisionError, match="row 1"):
        Evaluator(decision)({"a": np.array([4, 4]), "b": np.array([2, 0])})
