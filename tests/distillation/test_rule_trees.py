"""Trees and lists of a decision: equal to it everywhere, shown by two routes; regions of others."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.decision.samples import SAMPLES, number_port, one_of
from tests.decision.test_partial import decisions

from lawc.decision.decision import Clause, Clauses, Decision, Interval, OneOf, Port, Row, Table
from lawc.decision.differing import compare, described
from lawc.decision.exact import decide
from lawc.decision.formula import Formula, Named, apply, number
from lawc.decision.reach import domain
from lawc.decision.values import UNKNOWN, Value
from lawc.distillation.rule_network import fitted
from lawc.distillation.rule_trees import (
    Leaf,
    answer_of,
    as_table,
    grid,
    leaves,
    rule_list,
    smallest_tree,
)

RISK = SAMPLES["ckd-risk"].decision


@settings(max_examples=25, deadline=None)
@given(decisions(), st.randoms(use_true_random=False))
def test_a_tree_and_a_list_answer_every_case_as_the_decision_does(
    decision: Decision, chance: random.Random
) -> None:
    cells = grid(decision, "level")
    tree = smallest_tree(cells)
    listed = replace(decision, steps=(rule_list(cells, decision.inputs),), outputs=("level",))
    table = replace(decision, steps=(as_table(tree, decision.inputs, "level"),), outputs=("level",))
    ports = [port for port in decision.inputs if port.name in ("p0", "count")]
    fixed: dict[str, Value] = {
        port.name: Fraction(chance.randrange(2)) for port in decision.inputs if port not in ports
    }
    for values in itertools.product(*(sorted(domain(port).numbers) for port in ports)):
        case = {**fixed, **{port.name: v for port, v in zip(ports, values, strict=True)}}
        expected = decide(decision, case).values["level"]
        assert answer_of(tree, case) == expected
        assert decide(table, case).values["level"] == expected
        assert decide(listed, case).values["level"] == expected
    assert compare(decision, table, ("level",)).equal
    assert compare(decision, listed, ("level",)).equal


def encoded(table: Table, names: dict[str, z3.ArithRef]) -> z3.ArithRef:
    """A table in z3, written out here: the first row whose cells hold."""
    value: z3.ArithRef = z3.RealVal(-1)
    for row in reversed(table.rows):
        held = []
        for cell, name in zip(row.cells, table.on, strict=True):
            x = names[name]
            if isinstance(cell, OneOf):
                held.append(z3.Or(*(x == z3.RealVal(str(v)) for v in cell.values)))
            elif isinstance(cell, Interval):
                if cell.low is not None:
                    low = z3.RealVal(str(cell.low))
                    held.append(x > low if cell.low_open else x >= low)
                if cell.high is not None:
                    high = z3.RealVal(str(cell.high))
                    held.append(x < high if cell.high_open else x <= high)
        value = z3.If(z3.And(*held), z3.RealVal(str(row.answers[0].value)), value)  # type: ignore[attr-defined]
    return value


def test_z3_finds_no_case_in_which_the_tree_of_a_guideline_differs() -> None:
    cells = grid(RISK, "risk")
    tree = smallest_tree(cells)
    names = {"eGFR": z3.Real("eGFR"), "ACR": z3.Real("ACR")}
    stages, ratios, levels = (step for step in RISK.steps if isinstance(step, Table))
    given = {
        **names,
        "stage": encoded(stages, names),
        "albuminuria": encoded(ratios, names),
    }
    written = encoded(levels, given)
    for table in (as_table(tree, RISK.inputs, "risk"), rule_list(cells, RISK.inputs)):
        solver = z3.Solver()
        solver.add(names["eGFR"] >= 0, names["eGFR"] <= 200, names["ACR"] >= 0)
        solver.add(names["ACR"] <= 20000, written != encoded(table, names))
        assert solver.check() == z3.unsat


def fewest(grid: tuple[str, ...]) -> int:
    """Leaves of the best tree over a grid of letters, by trying every cut."""
    if len(set("".join(grid))) == 1:
        return 1
    down = [(grid[:i], grid[i:]) for i in range(1, len(grid))]
    over = [
        (tuple(line[:i] for line in grid), tuple(line[i:] for line in grid))
        for i in range(1, len(grid[0]))
    ]
    return min(fewest(a) + fewest(b) for a, b in (*down, *over))


def test_no_tree_of_the_guideline_has_fewer_leaves() -> None:
    assert leaves(smallest_tree(grid(RISK, "risk"))) == fewest(("012", "123", "233", "333"))
    assert leaves(smallest_tree(grid(RISK, "stage"))) == 6


def test_inputs_that_do_not_matter_are_not_asked_for() -> None:
    cells = grid(RISK, "stage")
    assert list(cells.cuts) == ["eGFR"]
    constant = Port("x", "yes/no")
    rows = (Row((None,), (number(1),)),)
    plain = Decision((constant,), (Port("y"),), ("y",), (Table(("y",), ("x",), rows),))
    assert smallest_tree(grid(plain, "y")) == Leaf(Fraction(1))


def test_an_output_without_cells_is_refused() -> None:
    with pytest.raises(ValueError, match="cells"):
        grid(SAMPLES["income-tax"].decision, "tax")


def moved(edge: Fraction) -> Decision:
    """The guideline with the threshold of 60 moved."""
    stages, ratios, levels = RISK.steps
    assert isinstance(stages, Table)
    rows = list(stages.rows)
    rows[1] = replace(rows[1], cells=(Interval(edge, Fraction(90), high_open=True),))
    rows[2] = replace(rows[2], cells=(Interval(Fraction(45), edge, high_open=True),))
    return replace(RISK, steps=(replace(stages, rows=tuple(rows)), ratios, levels))


def test_where_two_decisions_differ_is_told_as_regions() -> None:
    found = compare(RISK, moved(Fraction(58)))
    assert not found.equal
    assert {described(region, RISK) for region in found.regions} == {
        "eGFR 58 ..< 60: stage is G3a, not G2",
        "eGFR 58 ..< 60, ACR 0 ..< 30: risk is moderate, not low",
        "eGFR 58 ..< 60, ACR 30 .. 300: risk is high, not moderate",
        "eGFR 58 ..< 60, ACR 300 <.. 20000: risk is very-high, not high",
    }
    assert compare(RISK, RISK).equal


@settings(max_examples=30, deadline=None)
@given(st.integers(46, 89), st.integers(0, 200), st.integers(0, 400))
def test_regions_hold_the_cases_that_differ_and_no_others(edge: int, egfr: int, acr: int) -> None:
    other = moved(Fraction(edge))
    case: dict[str, Value] = {"eGFR": Fraction(egfr), "ACR": Fraction(acr)}
    one, two = decide(RISK, case).values, decide(other, case).values
    for name in ("stage", "risk"):
        regions = compare(RISK, other, (name,)).regions
        inside = [r for r in regions if all(case[key] in reach for key, reach in r.box.items())]
        assert bool(inside) == (one[name] != two[name])
        for region in inside:
            assert (region.first.single, region.second.single) == (one[name], two[name])


@pytest.mark.parametrize(
    ("side", "changed", "said"),
    [
        ("inputs", {"unit": "L/h"}, r"eGFR is in .* and in \[L/h\] in the other"),
        ("inputs", {"kind": "date"}, "eGFR is number in the first decision, date in the other"),
        ("inputs", {"low": Fraction(300), "high": Fraction(400)}, "no value of eGFR in common"),
        ("decided", {"choices": ("high", "low")}, "stage is one of G1, .* one of high, low"),
    ],
)
def test_decisions_that_speak_of_other_things_are_not_compared(
    side: str, changed: dict[str, Any], said: str
) -> None:
    ports = getattr(RISK, side)
    other = replace(RISK, **{side: (replace(ports[0], **changed), *ports[1:])})
    with pytest.raises(ValueError, match=said):
        compare(RISK, other)


def test_decisions_are_compared_where_both_ranges_hold() -> None:
    narrow = (replace(RISK.inputs[0], high=Fraction(59)), *RISK.inputs[1:])
    assert not compare(RISK, moved(Fraction(58))).equal
    assert compare(RISK, replace(moved(Fraction(70)), inputs=narrow)).equal


def test_what_cannot_be_decided_is_not_called_equal() -> None:
    tax = SAMPLES["income-tax"].decision
    due = tax.steps[-1]
    assert isinstance(due, Clauses)
    constant = replace(due, clauses=(replace(due.clauses[0], value=number(7)),))
    found = compare(tax, replace(tax, steps=(*tax.steps[:-1], constant)), ("due",), boxes=40)
    assert not found.equal
    assert any(not region.certain for region in found.regions)


cuts = st.lists(
    st.tuples(st.sampled_from([0, 3, 7, 10]).map(Fraction), st.booleans()), max_size=4, unique=True
).map(sorted)


@settings(max_examples=60, deadline=None)
@given(cuts, st.randoms(use_true_random=False))
def test_cuts_at_the_ends_of_a_range_are_kept(
    places: list[tuple[Fraction, bool]], chance: random.Random
) -> None:
    x, y = number_port("x", 0, 10), one_of("y", "a", "b", "c")
    said = [chance.randrange(3) for _ in range(len(places) + 1)]
    conditions = [
        apply("less_equal" if keeps else "less", Named("x"), number(at)) for at, keeps in places
    ]
    value: Formula = number(said[-1])
    for condition, answer in zip(reversed(conditions), reversed(said[:-1]), strict=True):
        value = apply("where", condition, number(answer), value)
    rule = Decision((x,), (y,), ("y",), (Clauses("y", (Clause("L", value),)),))
    cells = grid(rule, "y")
    small = smallest_tree(cells)
    for table in (as_table(small, (x,), "y"), rule_list(cells, (x,))):
        made = replace(rule, steps=(table,))
        for at in (0, "0.001", "2.999", 3, "3.001", 7, "7.001", "9.999", 10):
            case: dict[str, Value] = {"x": Fraction(at)}
            expected = decide(rule, case).values["y"]
            assert decide(made, case).values["y"] == expected == answer_of(small, case)
        assert compare(rule, made).equal


@settings(max_examples=25, deadline=None)
@given(decisions(), st.randoms(use_true_random=False))
def test_a_tree_that_lacks_facts_says_what_all_cells_agree_on(
    decision: Decision, chance: random.Random
) -> None:
    tree = smallest_tree(grid(decision, "level"))
    lacking = chance.choice([port for port in decision.inputs if port.kind == "yes/no"])
    case: dict[str, Value] = {
        port.name: chance.choice(sorted(domain(port).numbers))
        for port in decision.inputs
        if port is not lacking
    }
    both = {answer_of(tree, {**case, lacking.name: Fraction(side)}) for side in (0, 1)}
    assert answer_of(tree, case) == (both.pop() if len(both) == 1 else UNKNOWN)


def test_what_asks_whether_a_fact_is_known_has_no_tree() -> None:
    x, y = number_port("x", 0, 10, may_be_unknown=True), one_of("y", "a", "b")
    asked = apply("where", apply("is_known", Named("x")), number(0), number(1))
    rule = Decision((x,), (y,), ("y",), (Clauses("y", (Clause("L", asked),)),))
    with pytest.raises(ValueError, match="'y' depends on whether 'x' is known"):
        grid(rule, "y")
    with pytest.raises(ValueError, match="'y' depends on whether 'x' is known"):
        fitted(rule, "y")
    assert grid(replace(rule, inputs=(number_port("x", 0, 10),)), "y").answers == {(): 0}
