"""Rows for a rule show all that there is to show; what they do not show cannot be shown."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.decision.samples import SAMPLES
from tests.decision.test_partial import decisions

from lawc.deciding.drawing import Normal, Rows, Shares, Uniform
from lawc.deciding.goals import atoms, conditions
from lawc.deciding.sampler import Sampler, rows
from lawc.decision.decision import Clause, Clauses, Decision, Port, Scale, Score, Table
from lawc.decision.exact import decide, evaluate
from lawc.decision.formula import NO, YES, Apply, Formula, Named, Number, apply, number, rebuild
from lawc.decision.operations import DecisionError, truth
from lawc.decision.reach import domain
from lawc.decision.values import UNKNOWN, Value, exact


def cases(decision: Decision, drawn: Rows) -> Iterator[dict[str, Value]]:
    for row in range(len(next(iter(drawn.columns.values())))):
        yield {
            port.name: UNKNOWN
            if port.name in drawn.masks and drawn.masks[port.name][row]
            else exact(float(drawn.columns[port.name][row]))
            for port in decision.inputs
        }


def holds(formula: Formula, values: Mapping[str, Value], decision: Decision) -> bool:
    try:
        return truth(evaluate(formula, values, decision.calendars)) == 1
    except DecisionError:
        return False


def turning(condition: Formula, values: Mapping[str, Value], decision: Decision) -> set[object]:
    """The atoms with which a condition turns in a case, and their truth: by trying both."""
    given = {atom: holds(atom, values, decision) for atom in atoms(condition)}

    def with_atom(turned: Formula | None) -> bool:
        def truth_of(node: Formula) -> Formula | None:
            if node not in given:
                return None
            return YES if given[node] != (node == turned) else NO

        return holds(rebuild(condition, truth_of), values, decision)

    return {(atom, given[atom]) for atom in given if with_atom(atom) != with_atom(None)}


def shown(decision: Decision, some: Iterator[dict[str, Value]]) -> set[object]:
    """What cases show: rows and clauses that speak, atoms that are decisive."""
    found: set[object] = set()
    for case in some:
        try:
            answers = decide(decision, case)
        except DecisionError:
            continue
        if UNKNOWN in case.values():
            continue
        for step_number, step in enumerate(decision.steps):
            for part, condition in conditions(step):
                if holds(condition, answers.values, decision):
                    found.add((step_number, part, "holds"))
                for turn in turning(condition, answers.values, decision):
                    found.add((step_number, part, turn))
        for name, places in answers.because.items():
            found.update((name, place) for place in places)
    return found


@settings(max_examples=6, deadline=None)
@given(decisions())
def test_rows_show_all_that_any_case_shows(decision: Decision) -> None:
    # Three truths are left free: every case can then be tried.
    free = {"p0", "p1", "p2", "count"}
    fixed = {port.name: YES for port in decision.inputs if port.name not in free}

    def settled(node: Formula) -> Formula | None:
        return fixed.get(getattr(node, "name", "")) if not isinstance(node, Apply) else None

    def settle(part: object) -> object:
        if isinstance(part, Formula):
            return rebuild(part, settled)
        if isinstance(part, tuple):
            return tuple(settle(one) for one in part)
        if hasattr(part, "__dataclass_fields__") and not isinstance(part, Number):
            names = part.__dataclass_fields__  # type: ignore[attr-defined]
            made = {name: settle(getattr(part, name)) for name in names}
            return type(part)(**made)
        return part

    ports = tuple(port for port in decision.inputs if port.name in free)
    small = replace(decision, inputs=ports, steps=settle(decision.steps))  # type: ignore[arg-type]
    every = (
        dict(zip((p.name for p in ports), values, strict=True))
        for values in itertools.product(*(sorted(domain(p).numbers) for p in ports))
    )
    sampler = Sampler(small)
    assert sampler.open == ()
    aimed = iter(dict(case) for case in sampler.cases)
    assert shown(small, aimed) == shown(small, every)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", list(SAMPLES))
def test_every_row_clause_and_line_speaks_in_the_first_rows(name: str) -> None:
    decision = SAMPLES[name].decision
    drawn = rows(decision, seed=1, count=300)
    spoke = {
        (output, place)
        for case in cases(decision, drawn)
        for output, places in decided(decision, case).items()
        for place in places
    }
    for step in decision.steps:
        match step:
            case Table():
                output, places = step.outputs[0], len(step.rows)
            case Clauses():
                output, places = step.output, len(step.clauses)
            case Score():
                output, places = step.output, len(step.points)
            case Scale():
                # Of all bands the brackets are counted; one set after the other.
                output, places = step.output, sum(len(bands.brackets) for bands in step.bands)
            case _:
                raise AssertionError(f"a step of another kind: {step}")
        assert {place for name, place in spoke if name == output} == set(range(places))


def decided(decision: Decision, case: Mapping[str, Value]) -> Mapping[str, tuple[int, ...]]:
    try:
        return decide(decision, case).because
    except DecisionError:
        return {}


def test_both_sides_of_every_boundary_are_there_at_the_finest_step() -> None:
    risk = rows(SAMPLES["ckd-risk"].decision, seed=0, count=2000)
    for name, edges in {"eGFR": (15, 30, 45, 60, 90), "ACR": (30, 300)}.items():
        numbers = set(risk.columns[name].tolist())
        for edge in map(float, edges):
            assert {np.nextafter(edge, 0), edge} <= numbers
            assert name == "eGFR" or np.nextafter(edge, 1e9) in numbers
    tax = rows(SAMPLES["income-tax"].decision, seed=0, count=500)
    assert {64.0, 65.0} <= set(tax.columns["age"].tolist())
    # Brackets stand on taxable income, so income is led to them over the deduction.
    kidney = SAMPLES["kidney-function"].decision
    found = [decide(kidney, case).values for case in cases(kidney, rows(kidney, 0, 60))]
    for edge in (90, 60, 30, 15):
        near = [v["eGFR"] - edge for v in found if isinstance(v["eGFR"], Fraction)]
        assert min(d for d in near if d >= 0) < Fraction(1, 10**9)
        assert min(-d for d in near if d < 0) < Fraction(1, 10**9)


@pytest.mark.parametrize("name", list(SAMPLES))
def test_all_that_the_samples_can_show_is_shown(name: str) -> None:
    sampler = Sampler(SAMPLES[name].decision)
    assert sampler.open == sampler.impossible == ()


def test_what_cannot_be_shown_is_said_and_not_searched_for_ever() -> None:
    """Nobody is seventy and under sixty-five."""
    young, old = (apply("less", Named("age"), number(edge)) for edge in (65, 70))
    never = apply("and", young, apply("not", old))
    step = Clauses("fee", (Clause("A", number(1)), Clause("B", number(2), never, ("A",))))
    ports = (Port("age", "integer", low=Fraction(0), high=Fraction(99)),)
    sampler = Sampler(Decision(ports, (Port("fee"),), ("fee",), (step,)))
    assert sampler.open == ()
    assert ("speaks", 1) in {(goal.kind, goal.part) for goal in sampler.impossible}
    assert ("speaks", 0) not in {(goal.kind, goal.part) for goal in sampler.impossible}


@pytest.mark.parametrize("tolerance", ["0.01", "0.00125", "0.0001"])
def test_what_holds_in_a_narrow_band_alone_is_found(tolerance: str) -> None:
    # Whether a rate, more or less, makes payments worth an amount: powers that no solver turns.
    def worth(by: Fraction) -> Formula:
        rate = apply("add", Named("rate"), number(by))
        growth = apply("power", apply("add", number(1), rate), apply("negative", Named("count")))
        paid = apply("multiply", Named("payment"), apply("subtract", number(1), growth))
        return apply("divide", paid, rate)

    ports = (
        Port("amount", "number", "", Fraction(1), Fraction(10**9)),
        Port("payment", "number", "", Fraction(1, 100), Fraction(10**9)),
        Port("count", "integer", "", Fraction(1), Fraction(720), step=Fraction(1)),
        Port("rate", "number", "", Fraction(1, 50), Fraction(2)),
    )
    high, low = worth(Fraction(tolerance)), worth(-Fraction(tolerance))
    above = apply("less_equal", high, Named("amount"))
    within = apply("and", above, apply("less_equal", Named("amount"), low))
    decision = Decision(
        ports, (Port("in", "yes/no"),), ("in",), (Clauses("in", (Clause("A", within),)),)
    )
    sampler = Sampler(decision)
    assert not sampler.open
    assert any(decide(decision, case).values["in"] == 1 for case in sampler.cases)


def test_rows_of_a_seed_are_the_same_and_of_another_seed_others() -> None:
    decision = SAMPLES["income-tax"].decision
    one, same, other = (rows(decision, seed, 500) for seed in (3, 3, 4))
    for name, column in one.columns.items():
        assert np.array_equal(column, same.columns[name])
    assert not np.array_equal(one.columns["income"], other.columns["income"])


@given(st.integers(0, 2**31), st.sampled_from(list(SAMPLES)))
@settings(max_examples=20, deadline=None)
def test_drawn_rows_are_within_the_ports(seed: int, name: str) -> None:
    decision = SAMPLES[name].decision
    drawn = rows(decision, seed, 400)
    for port in decision.inputs:
        reach = domain(port)
        assert all(exact(float(value)) in reach for value in drawn.columns[port.name])
        assert (port.name in drawn.masks) == port.may_be_unknown


def test_marginals_are_followed() -> None:
    decision = SAMPLES["income-tax"].decision
    marginals = {
        "income": Uniform(1000, 100_000, log=True),
        "age": Normal(50, 10),
        "children": Shares({0: 6, 1: 3, 2: 1}),
    }
    drawn = Sampler(decision).rows(5, 40_000, marginals)
    late = {name: column[drawn.aimed :] for name, column in drawn.columns.items()}
    assert np.median(late["income"]) == pytest.approx(10_000, rel=0.05)
    assert np.median(late["age"]) == pytest.approx(50, abs=1.5)
    assert (late["children"] == 0).mean() == pytest.approx(0.6, abs=0.02)


def test_rows_like_a_table_keep_together_what_goes_together() -> None:
    decision = SAMPLES["ckd-risk"].decision
    table = {"eGFR": np.array([10.5, 100.5]), "ACR": np.array([500.0, np.nan])}
    drawn = Sampler(decision).rows(0, 20_000, like=table)
    egfr, acr = (drawn.columns[name][drawn.aimed :] for name in ("eGFR", "ACR"))
    unknown = drawn.masks["ACR"][drawn.aimed :] == 1
    assert unknown[egfr == 100.5].mean() == 1
    assert ((acr == 500) | unknown)[egfr == 10.5].mean() == 1
    assert not unknown[egfr == 10.5].any()


def test_a_million_rows_a_second_are_drawn() -> None:
    sampler = Sampler(SAMPLES["income-tax"].decision)
    spent = []
    for seed in range(3):
        began = time.process_time()
        drawn = sampler.rows(seed, 400_000)
        spent.append(time.process_time() - began)
        assert len(drawn.columns["income"]) == 400_000
    # Other work beside it slows a core; it does not speed one up.
    assert min(spent) < 0.4
