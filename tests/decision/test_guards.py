"""Clauses and their exceptions: when each of them is in effect."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawc.decision.decision import Clause, Clauses
from lawc.decision.formula import Apply, Formula, Named, Number, number
from lawc.decision.guards import guards
from lawc.decision.values import exact


def holds(formula: Formula, values: dict[str, bool]) -> bool:
    if isinstance(formula, Named):
        return values[formula.name]
    if isinstance(formula, Number):
        return formula.value == 1
    assert isinstance(formula, Apply)
    parts = [holds(part, values) for part in formula.parts]
    return not parts[0] if formula.operation == "not" else all(parts)


@given(st.lists(st.booleans(), min_size=1, max_size=6))
def test_a_chain_of_exceptions_lets_the_last_word_of_each_run_speak(says: list[bool]) -> None:
    clauses = tuple(
        Clause(f"L{i}", number(i), Named(f"c{i}"), (f"L{i - 1}",) if i else ())
        for i in range(len(says))
    )
    made = guards(Clauses("y", clauses))
    values = {f"c{i}": said for i, said in enumerate(says)}
    effect = [holds(made[f"L{i}"], values) for i in range(len(says))]
    wanted, later = [], False
    for said in reversed(says):
        later = said and not later
        wanted.append(later)
    assert effect == wanted[::-1]


def test_a_circle_of_exceptions_is_refused() -> None:
    first = Clause("L1", number(1), defeats=("L2",))
    second = Clause("L2", number(2), defeats=("L1",))
    with pytest.raises(ValueError, match="circle"):
        guards(Clauses("y", (first, second)))


def test_an_exception_to_a_clause_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="exception to L9"):
        guards(Clauses("y", (Clause("L1", number(1), defeats=("L9",)),)))


@given(st.integers(-(10**9), 10**9), st.integers(0, 6))
def test_a_float_stands_for_the_decimal_that_was_written(digits: int, places: int) -> None:
    written = Fraction(digits, 10**places)
    assert exact(float(written)) == written


def test_what_is_not_finite_is_no_number() -> None:
    with pytest.raises(ValueError, match="finite"):
        exact(float("nan"))
