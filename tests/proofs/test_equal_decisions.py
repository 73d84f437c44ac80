"""Two encodings of one provision are proved equal; a change of one number is found."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from tests.decision.samples import SAMPLES

from lawc.decision.decision import Bands, Bracket, Clause, Clauses, Decision, Port, Scale
from lawc.decision.formula import Formula, Named, Number, apply, number
from lawc.proofs.equality import answers, prove_equal
from lawc.proofs.verdict import Word

INCOME = Port("income", low=Fraction(0), high=Fraction(10**7), step=Fraction(1, 100))
EDGES = (0, 11_600, 47_150, 100_525)
RATES = ("0.1", "0.12", "0.22", "0.24")


def by_brackets() -> Decision:
    pairs = zip(EDGES, RATES, strict=True)
    made = tuple(Bracket(number(edge), number(Fraction(rate))) for edge, rate in pairs)
    step = Scale("tax", Named("income"), (Bands(made),))
    return Decision((INCOME,), (Port("tax"),), ("tax",), (step,))


def by_clauses(last: str = "0.24") -> Decision:
    """What the bracket is, as a sum from the foot of it."""
    clauses: list[Clause] = []
    foot = Fraction(0)
    rates = [Fraction(rate) for rate in (*RATES[:3], last)]
    for place, (edge, rate) in enumerate(zip(EDGES, rates, strict=True)):
        more = apply("subtract", Named("income"), number(edge))
        value: Formula = apply("add", Number(foot), apply("multiply", Number(rate), more))
        above = apply("less", number(edge), Named("income"))
        before = tuple(clause.label for clause in clauses)
        condition = above if place else apply("less_equal", number(0), Named("income"))
        clauses.append(Clause(f"B{place}", value, condition, before))
        if place + 1 < len(EDGES):
            foot += rate * (EDGES[place + 1] - edge)
    step = Clauses("tax", tuple(clauses))
    return Decision((INCOME,), (Port("tax"),), ("tax",), (step,))


def test_brackets_and_sums_from_their_feet_are_one_scale() -> None:
    assert prove_equal(by_brackets(), by_clauses()).word is Word.PROVED


def test_a_rate_that_differs_in_its_last_digit_is_found() -> None:
    verdict = prove_equal(by_brackets(), by_clauses("0.25"))
    assert verdict.word is Word.REFUTED
    given = dict(verdict.cases[0])
    assert answers(by_brackets(), given) != answers(by_clauses("0.25"), given)


def test_rows_in_another_order_say_the_same() -> None:
    decision = SAMPLES["ckd-risk"].decision
    steps = [replace(s, rows=s.rows[::-1]) for s in decision.steps]  # type: ignore[union-attr]
    assert prove_equal(decision, replace(decision, steps=tuple(steps))).word is Word.PROVED


def test_a_case_that_only_one_of_them_answers_tells_them_apart() -> None:
    decision = SAMPLES["ckd-risk"].decision
    table = decision.steps[0]
    less = replace(table, rows=table.rows[1:])  # type: ignore[union-attr]
    made = replace(decision, steps=(less, *decision.steps[1:]))
    assert prove_equal(decision, made).word is Word.REFUTED
