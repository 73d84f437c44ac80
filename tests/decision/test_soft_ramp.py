"""The ramp at a threshold: Gaussian noise of three deviations, and exact beyond them."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lawc.decision.soft.axes import bins
from lawc.decision.soft.lines import lines_between
from lawc.decision.soft.ramp import DEVIATIONS, passed, slope_at

EDGES = torch.tensor([-1.0, 0.5, 0.75, 4.0], dtype=torch.float64)


def test_the_ramp_is_the_normal_distribution_function_to_a_quarter_percent() -> None:
    u = torch.linspace(-1, 1, 4001, dtype=torch.float64)
    noise = torch.special.ndtr(DEVIATIONS * u)
    assert float((passed(u) - noise).abs().max()) < 0.0025
    assert float((passed(u) + passed(-u) - 1).abs().max()) < 1e-15


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_at_its_ends_the_ramp_is_exact_and_level(dtype: torch.dtype) -> None:
    ends = torch.tensor([-1, 0, 1], dtype=dtype)
    assert passed(ends).tolist() == [0, 0.5, 1]
    assert slope_at(ends)[::2].tolist() == [0, 0]
    near = 1 - torch.arange(1, 2000, dtype=dtype) * torch.finfo(dtype).eps
    assert passed(near).max() <= 1
    assert passed(-near).min() >= 0


def test_the_ramp_never_falls_and_its_slope_falls_on_each_side() -> None:
    u = torch.linspace(0, 1, 10_001, dtype=torch.float64)
    slopes = slope_at(u)
    assert (slopes >= 0).all()
    assert (slopes.diff() <= 0).all()
    # The slope is what the ramp gains, by the rule of Simpson.
    middle = slope_at((u[1:] + u[:-1]) / 2)
    gained = (slopes[1:] + slopes[:-1] + 4 * middle) / 6 * u.diff()
    assert float((passed(u).diff() - gained).abs().max()) < 1e-15


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-8, 8), min_size=1, max_size=5), st.floats(0.1, 6))
def test_memberships_between_overlapping_blurs_sum_to_one_and_have_true_slopes(
    at: list[float], width: float
) -> None:
    half = torch.tensor(width, dtype=torch.float64)
    # Second slopes jump where a blur begins.
    ends = [float(edge) + side * width for edge in EDGES for side in (-1, 1)]
    at = [x for x in at if all(not math.isclose(x, end, abs_tol=1e-3) for end in ends)] or [0.1]
    x = torch.tensor(at, dtype=torch.float64, requires_grad=True)
    for made in (bins(x, EDGES, half), lines_between(x, EDGES, half).t()):
        assert float((made.detach().sum(-1) - 1).abs().max()) < 1e-14
        assert float(made.detach().min()) > -1e-15
    for memberships in (bins, lines_between):
        assert torch.autograd.gradcheck(lambda x, f=memberships: f(x, EDGES, half), (x,))
        assert torch.autograd.gradgradcheck(lambda x, f=memberships: f(x, EDGES, half), (x,))
