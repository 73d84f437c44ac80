"""Clauses and their exceptions: when each of them is in effect."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawc.decision.decision import Clause, Clauses
from lawc.decision.exact import evaluate
from lawc.decision.formula import Apply, Formula, Named, Number, number, parts
from lawc.decision.guards import guards
from lawc.decision.values import UNKNOWN, exact


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


def exceptions(draw_from: list[list[bool]]) -> tuple[Clause, ...]:
    """Return clauses, each an exception to those before it that its line says."""
    return tuple(
        Clause(
            f"L{i}",
            number(i),
            Named(f"c{i}"),
            tuple(f"L{j}" for j in range(i) if line[j % len(line)]),
        )
        for i, line in enumerate(draw_from)
    )


lines = st.lists(st.lists(st.booleans(), min_size=6, max_size=6), min_size=1, max_size=6)


@given(lines, st.lists(st.sampled_from([True, False, None]), min_size=6, max_size=6))
def test_a_clause_is_in_effect_where_it_holds_and_no_exception_to_it_is(
    drawn: list[list[bool]], says: list[bool | None]
) -> None:
    clauses = exceptions(drawn)
    made = guards(Clauses("y", clauses))

    def is_in_effect(clause: Clause, values: dict[str, bool]) -> bool:
        over = (other for other in clauses if clause.label in other.defeats)
        own = values[f"c{clause.label[1:]}"]
        return own and not any(is_in_effect(other, values) for other in over)

    open_names = [f"c{i}" for i, said in enumerate(says) if said is None]
    told = {f"c{i}": said for i, said in enumerate(says) if said is not None}
    cases = [
        {**told, **dict(zip(open_names, more, strict=True))}
        for more in product([False, True], repeat=len(open_names))
    ]
    absent = {n: UNKNOWN if n in open_names else Fraction(told[n]) for n in (*told, *open_names)}
    for clause in clauses:
        found = [is_in_effect(clause, values) for values in cases]
        assert [holds(made[clause.label], values) for values in cases] == found
        # With unknown conditions nothing is said that not all of these cases say.
        said = evaluate(made[clause.label], absent, {})
        assert said is UNKNOWN or set(found) == {said == 1}


@pytest.mark.parametrize("count", [10, 20, 40])
def test_guards_stay_short_where_each_clause_names_all_that_it_defeats(count: int) -> None:
    def size(formula: Formula) -> int:
        return 1 + sum(map(size, parts(formula)))

    made = guards(Clauses("y", exceptions([[True] * count] * count)))
    assert sum(map(size, made.values())) < 4 * count**2


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
