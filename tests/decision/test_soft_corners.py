"""Corners of the soft form: their values are torch's, their slopes the mean of both sides."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.decision.samples import SAMPLES
from torch import Tensor

from lawc.decision.decision import Bands, Bracket, Decision, Scale
from lawc.decision.formula import Formula, apply, number
from lawc.decision.soft.corners import larger, ramps, smaller
from lawc.decision.soft.form import Soft

TAX = SAMPLES["income-tax"].decision
small = st.integers(-3, 3).map(float)
pairs = st.lists(st.tuples(small, small), min_size=1, max_size=12)


def column(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


@given(pairs)
def test_the_larger_and_the_smaller_are_torchs_with_its_slopes(
    found: list[tuple[float, float]],
) -> None:
    ours = [column(*side) for side in zip(*found, strict=True)]
    theirs = [column(*side) for side in zip(*found, strict=True)]
    for mine, other in ((larger, torch.maximum), (smaller, torch.minimum)):
        made, told = mine(*ours), other(*theirs)
        assert torch.equal(made, told)
        weights = torch.arange(1.0, len(found) + 1, dtype=torch.float64)
        left = torch.autograd.grad((made * weights).sum(), ours)
        right = torch.autograd.grad((told * weights).sum(), theirs)
        for a, b in zip(left, right, strict=True):
            assert torch.equal(a, b)


def test_what_is_broadcast_gets_the_sum_of_its_slopes() -> None:
    a, b = column(1.0, 2.0, 3.0), column(2.0)
    slopes = torch.autograd.grad(larger(a, b).sum(), (a, b))
    assert [slope.tolist() for slope in slopes] == [[0.0, 0.5, 1.0], [1.5]]


brackets = st.lists(st.tuples(st.integers(0, 6), st.integers(-4, 4)), min_size=1, max_size=5)


@given(brackets, st.lists(st.integers(-2, 16), min_size=1, max_size=9))
def test_ramps_are_sums_of_corners_and_rise_by_the_mean_of_both_sides(
    found: list[tuple[int, int]], places: list[int]
) -> None:
    edges, rises = (tuple(map(float, side)) for side in zip(*found, strict=True))
    x = column(*(place / 2 for place in places))
    made = ramps(x, edges, rises)
    total = sum(
        rise * torch.clamp(x - edge, min=0) for edge, rise in zip(edges, rises, strict=True)
    )
    assert isinstance(total, Tensor)
    assert torch.allclose(made, total, atol=1e-12)
    (slope,) = torch.autograd.grad(made.sum(), x)
    step = 0.125
    sides = (ramps(x + step, edges, rises) - ramps(x - step, edges, rises)) / (2 * step)
    assert torch.allclose(slope, sides, atol=1e-12)


def written(bracket: Bracket) -> Bracket:
    """Say an edge as a sum that no longer is a number."""

    def same(formula: Formula) -> Formula:
        return apply("add", apply("subtract", formula, number(1)), number(1))

    return Bracket(same(bracket.above), same(bracket.rate))


def rewritten(decision: Decision) -> Decision:
    steps = tuple(
        replace(
            step,
            bands=tuple(
                Bands(tuple(map(written, bands.brackets)), bands.values) for bands in step.bands
            ),
        )
        if isinstance(step, Scale)
        else step
        for step in decision.steps
    )
    return replace(decision, steps=steps)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 900_000), min_size=1, max_size=20), st.sampled_from((0.0, 1.0)))
def test_brackets_of_numbers_and_of_formulas_have_one_answer_and_one_slope(
    incomes: list[int], status: float
) -> None:
    # The places at which a bracket begins are among them.
    given_ = [*incomes, 14600, 26200, 62150, 52400, 900_000]
    found = []
    for decision in (TAX, rewritten(TAX)):
        income = column(*given_)
        rest = {
            name: torch.full_like(income, value).detach()
            for name, value in (("status", status), ("age", 40), ("dependent", 0), ("children", 0))
        }
        tax = Soft(decision, outputs=["tax"])({"income": income, **rest})["tax"]
        (slope,) = torch.autograd.grad(tax.sum(), income)
        found.append((tax.detach(), slope))
    (tax, slope), (again, also) = found
    assert torch.allclose(tax, again, atol=1e-9)
    assert torch.allclose(slope, also, atol=1e-12)
    assert float(slope.max()) == pytest.approx(0.37)
