"""What chance and boxes do not show is sought by the solver: a case, or that there is none."""

from __future__ import annotations

import itertools
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.decision.samples import SAMPLES

from lawc.deciding.goals import goals
from lawc.deciding.sampler import Sampler
from lawc.decision.decision import Clause, Clauses, Decision, Port
from lawc.decision.formula import Apply, Formula, Named, apply, every, number
from lawc.decision.reaching import holds
from lawc.proofs.seeking import Seeker

HERE = tuple(Port(name, "integer", low=Fraction(0), high=Fraction(3)) for name in "abc")
names = st.sampled_from([Named(name) for name in "abc"])
sums = st.builds(
    lambda a, b, n: apply("add", a, apply("multiply", number(n), b)),
    names,
    names,
    st.integers(-3, 3),
)
compared = st.builds(
    lambda operation, a, n: apply(operation, a, number(n)),
    st.sampled_from(["less", "less_equal", "equal"]),
    st.one_of(names, sums),
    st.integers(-9, 12),
)
conditions = st.recursive(
    compared,
    lambda inner: st.one_of(
        st.builds(lambda a: apply("not", a), inner),
        st.builds(lambda o, a, b: apply(o, a, b), st.sampled_from(["and", "or"]), inner, inner),
    ),
    max_leaves=5,
)


def asked(condition: Formula) -> Decision:
    # A refused case shows nothing: d leaves its range where a + b + c is 9.
    total = apply("add", apply("add", Named("a"), Named("b")), Named("c"))
    steps = (Clauses("d", (Clause("A", total),)), Clauses("held", (Clause("A", condition),)))
    decided = (Port("d", "integer", low=Fraction(0), high=Fraction(8)), Port("held", "yes/no"))
    return Decision(HERE, decided, ("d", "held"), steps)


@settings(max_examples=60, deadline=None)
@given(conditions)
def test_a_case_is_found_exactly_where_trying_all_cases_finds_one(condition: Formula) -> None:
    decision = asked(condition)
    every_case = itertools.product(map(Fraction, range(4)), repeat=3)
    there_is = any(
        holds(decision, dict(zip("abc", case, strict=True)), condition) for case in every_case
    )
    found = Seeker(decision).find(condition)
    assert found.proved
    assert (found.case is not None) == there_is
    assert found.case is None or holds(decision, found.case, condition)


def thin(total: int) -> Decision:
    """Twelve amounts up to a million each, of which the sum has to lie between two numbers."""
    ports = tuple(Port(f"x{i}", low=Fraction(0), high=Fraction(10**6)) for i in range(12))
    added: Formula = Named("x0")
    for port in ports[1:]:
        added = apply("add", added, Named(port.name))
    between = every(
        (
            apply("less_equal", number(total), Named("sum")),
            apply("less", Named("sum"), number(total + 1)),
        )
    )
    clauses = (
        Clause("few", number(1), between),
        Clause("rest", number(0), apply("not", between)),
    )
    return Decision(
        ports,
        (Port("sum"), Port("y")),
        ("y",),
        (Clauses("sum", (Clause("A", added),)), Clauses("y", clauses)),
    )


def test_the_thin_slice_of_a_wide_box_is_hit_on_both_of_its_sides() -> None:
    decision = thin(70)
    sampler = Sampler(decision)
    assert sampler.open == sampler.impossible == ()
    for goal in goals(decision):
        assert any(holds(decision, case, goal.condition) for case in sampler.cases), goal


def test_what_no_sum_reaches_is_shown_to_be_impossible() -> None:
    sampler = Sampler(thin(12 * 10**6 + 5))
    assert sampler.open == ()
    speaking = {goal.part for goal in sampler.impossible if goal.kind == "speaks"}
    assert speaking == {0}


def test_a_case_keeps_what_a_condition_does_not_ask_for() -> None:
    decision = SAMPLES["income-tax"].decision
    known = Sampler(decision).cases[0]
    condition = apply("less", number(77), Named("age"))
    found = Seeker(decision, known).find(condition)
    assert found.case is not None
    others = set(found.case) - {"age"}
    assert {name: found.case[name] for name in others} == {name: known[name] for name in others}
    assert isinstance(condition, Apply)
