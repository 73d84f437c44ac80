"""Networks that make their first steps together end where each would end alone."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import program, recipe
from test_steps import fit

from lawc.forms.network import count, initial, propagate, raw, split
from lawc.forms.tape import Step, Tape
from lawc.training.budget import Budget
from lawc.training.fitting import Fit
from lawc.training.readout import Readout
from lawc.training.together import Aim, aim, start_together
from lawc.training.train import Workshop, begin_together

ENZYME = "biology.enzymes.michaelis-menten"

BENT = Tape(
    ("x", raw(1)),
    (
        Step("constant", (), 3.0),
        Step("min", (1, 2)),
        Step("exp", (3,)),
        Step("multiply", (0, 4)),
    ),
    (("u", 5),),
)


def problem(sizes: tuple[int, ...], seed: int, rows: int = 300) -> Aim:
    generator = torch.Generator().manual_seed(seed)
    x = 2 * torch.rand(rows, sizes[0], generator=generator, dtype=torch.float64) - 1
    way = torch.randn(sizes[0], sizes[-1], generator=generator, dtype=torch.float64)
    return Aim(sizes, x, torch.sin(x @ way), 0.5 + torch.rand_like(x @ way))


@settings(max_examples=15, deadline=None)
@given(
    st.integers(2, 5),
    st.lists(st.integers(1, 9), min_size=1, max_size=2),
    st.integers(1, 2),
    st.integers(0, 99),
)
def test_each_of_many_ends_where_it_ends_alone(
    members: int, hidden: list[int], outputs: int, seed: int
) -> None:
    sizes = (2, *hidden, outputs)
    aims = [problem(sizes, seed + k, rows=50 + 400 * k) for k in range(members)]
    seeds = [seed + 7 * k for k in range(members)]
    for one, own, both in zip(aims, seeds, start_together(aims, seeds, 40), strict=True):
        (alone,) = start_together([one], [own], 40)
        assert torch.allclose(both.theta, alone.theta, rtol=1e-3, atol=1e-4)
        assert both.cost == pytest.approx(alone.cost, rel=1e-3, abs=1e-7)


@pytest.mark.parametrize("spoilt", [math.nan, math.inf])
def test_a_member_that_fails_takes_no_other_along(spoilt: float) -> None:
    sizes = (2, 6, 1)
    sound, broken = problem(sizes, 1), problem(sizes, 2)
    broken = Aim(sizes, broken.coordinates, broken.wanted * spoilt, broken.weights)
    first, failed, last = start_together([sound, broken, sound], [5, 6, 7], 40)
    assert failed.cost == math.inf
    for found, seed in ((first, 5), (last, 7)):
        (alone,) = start_together([sound], [seed], 40)
        assert torch.allclose(found.theta, alone.theta, rtol=1e-3, atol=1e-4)


def test_first_steps_lead_down() -> None:
    sizes = (3, 16, 16, 1)
    aims = [problem(sizes, seed, rows=1000) for seed in range(4)]
    for one, found in zip(aims, start_together(aims, range(4)), strict=True):
        said = propagate(split(initial(sizes, 0), sizes), one.coordinates)
        before = float(((said - one.wanted) * one.weights).square().mean())
        assert found.cost < 0.1 * before
        assert found.theta.shape == (count(sizes),) and found.theta.dtype == torch.float64


@given(st.integers(0, 50))
def test_a_network_that_says_what_it_should_gives_the_answers(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    x, said = (torch.rand(20, generator=generator, dtype=torch.float64) for _ in range(2))
    readout = Readout(BENT, {"x": x + 0.5}, 1)
    answers = readout((4 * said - 2)[:, None])
    wanted = aim(Fit((1, 4, 1), x[:, None], readout, answers, 1 / answers))
    assert wanted is not None and bool((wanted.weights > 0).all())
    assert torch.allclose(wanted.wanted[:, 0], 4 * said - 2, atol=1e-6)


def test_rows_that_no_word_of_a_network_answers_do_not_count() -> None:
    x = torch.ones(3, dtype=torch.float64)
    values = torch.tensor([[1.0], [-1.0], [1e9]], dtype=torch.float64)
    fitted = Fit((1, 4, 1), x[:, None], Readout(BENT, {"x": x}, 1), values, torch.ones_like(values))
    wanted = aim(fitted)
    assert wanted is not None
    assert (wanted.weights[:, 0] > 0).tolist() == [True, False, False]


def test_outputs_that_share_what_the_network_says_have_no_aim() -> None:
    assert aim(fit()) is None


def test_unlike_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="one shape"):
        start_together([problem((2, 3, 1), 0), problem((2, 4, 1), 0)], [0, 1])
    with pytest.raises(ValueError, match="one seed"):
        start_together([problem((2, 3, 1), 0)], [0, 1])


def test_workshops_begin_together_as_each_begins_alone() -> None:
    asked = recipe(ENZYME, rows=600, widths=((5,), (6, 6)))

    def shop(seed: int) -> Workshop:
        return Workshop(program(ENZYME), asked, seed, Budget(60.0))

    one, other, alone = shop(0), shop(1), shop(0)
    begin_together([one, other])
    begin_together([alone])
    assert one.begun.keys() == alone.begun.keys() and len(one.begun) == 2
    for sizes, theta in alone.begun.items():
        assert torch.allclose(one.begun[sizes], theta, rtol=1e-3, atol=1e-3)
        assert not torch.allclose(one.begun[sizes], other.begun[sizes], atol=1e-2)
