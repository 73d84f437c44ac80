"""Thresholds on which an answer does not turn are left out of it."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.decision.samples import SAMPLES, n, number_port

from lawc.decision.decision import Decision, Interval, Port, Row, Softness, Table
from lawc.decision.soft.form import Soft
from lawc.decision.soft.lines import lines_between

RISK = SAMPLES["ckd-risk"].decision


def cells(soft: Soft, name: str) -> list[int]:
    node, _ = soft._answers[name]
    return [axis.size for axis in node.axes]


def test_a_risk_of_six_stages_turns_on_three_of_their_thresholds() -> None:
    soft = Soft(RISK)
    assert cells(soft, "stage") == [6]
    assert cells(soft, "risk") == [4, 3]


def stairs(answers: list[int], other: list[int]) -> Decision:
    """Two tables on one quantity with thresholds at 1, 2, 3, …"""
    ends = [None, *(Fraction(i + 1) for i in range(len(answers) - 1)), None]
    pieces = [Interval(a, b, high_open=b is not None) for a, b in itertools.pairwise(ends)]

    def table(name: str, values: list[int]) -> Table:
        rows = (Row((piece,), (n(value),)) for piece, value in zip(pieces, values, strict=True))
        return Table((name,), ("x",), tuple(rows))

    made = Decision(
        (number_port("x", -2, 12),),
        (Port("a", "number"), Port("b", "number")),
        ("a", "b"),
        (table("a", answers), table("b", other)),
    )
    width = Fraction(1, 2)
    return replace(made, softness=(Softness("a", "x", width), Softness("b", "x", width)))


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 8).flatmap(lambda k: st.lists(st.integers(0, 2), min_size=k, max_size=k)))
def test_what_is_merged_is_the_average_over_all_cells(answers: list[int]) -> None:
    soft = Soft(stairs(answers, list(range(len(answers)))))
    x = torch.linspace(-1, 11, 301, dtype=torch.float64, requires_grad=True)
    found = soft({"x": x})
    edges = torch.arange(1.0, len(answers), dtype=torch.float64)
    memberships = lines_between(x, edges, torch.tensor(0.5, dtype=torch.float64))
    for name, values in (("a", answers), ("b", range(len(answers)))):
        wanted = torch.tensor([float(v) for v in values], dtype=torch.float64) @ memberships
        assert torch.allclose(found[name], wanted, atol=1e-14)
        if not found[name].requires_grad:
            assert len(set(values)) == 1
            continue
        ours, theirs = (
            torch.autograd.grad(one.sum(), x, retain_graph=True)[0] for one in (found[name], wanted)
        )
        assert torch.allclose(ours, theirs, atol=1e-13)
    turns = sum(a != b for a, b in itertools.pairwise(answers))
    assert cells(soft, "a") == ([turns + 1] if turns else [])
    assert cells(soft, "b") == [len(answers)]


def test_where_other_memberships_vary_with_an_axis_its_cells_stay() -> None:
    # y is 0, 4, 0 by cells of x; z tells by x and by y, which has a blur of its own.
    made = stairs([0, 4, 0], [0, 0, 0])
    first = made.steps[0]
    low, high = Interval(None, Fraction(3), high_open=True), Interval(Fraction(3), None)
    left, right = Interval(None, Fraction(2), high_open=True), Interval(Fraction(2), None)
    told = Table(
        ("b",),
        ("x", "a"),
        tuple(
            Row((of_x, of_a), (n(value),))
            for of_x, of_a, value in (
                (left, low, 1),
                (left, high, 10),
                (right, low, 100),
                (right, high, 1000),
            )
        ),
    )
    soft = Soft(
        replace(
            made,
            steps=(first, told),
            softness=(*made.softness, Softness("b", "a", Fraction(2))),
        )
    )
    x = torch.linspace(-1, 4, 201, dtype=torch.float64)
    half, two = (torch.tensor(w, dtype=torch.float64) for w in (0.5, 2.0))
    of_x = lines_between(x, torch.tensor([1.0, 2.0], dtype=torch.float64), half)
    a = torch.tensor([0.0, 4.0, 0.0], dtype=torch.float64)
    of_a = lines_between(a, torch.tensor([3.0], dtype=torch.float64), two)
    by_cell = torch.tensor([[1.0, 10.0], [1.0, 10.0], [100.0, 1000.0]], dtype=torch.float64)
    wanted = (by_cell * of_a.t()).sum(1) @ of_x
    assert torch.allclose(soft({"x": x})["b"], wanted, atol=1e-12)
