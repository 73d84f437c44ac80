"""Random features have the derivatives that calculus gives them, and least squares fit them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lawc.forms.expansion import Expansion, Read, Shape, rough
from lawc.forms.tape import Tape
from lawc.training.corner_functions import Harmonic, columns_of, table_of
from lawc.training.random_features import draw, least_squares

POWERS = st.tuples(st.integers(0, 3), st.integers(0, 2))


def derived(of: torch.Tensor, at: torch.Tensor, powers: tuple[int, ...]) -> torch.Tensor:
    for axis, power in enumerate(powers):
        for _ in range(power):
            of = torch.autograd.grad(of.sum(), at, create_graph=True)[0][:, axis]
    return of.detach() if sum(powers) else of


@settings(max_examples=12, deadline=None)
@given(terms=st.lists(POWERS, min_size=1, max_size=3), seed=st.integers(0, 100))
def test_a_row_is_the_operator_of_each_function(terms: list[tuple[int, int]], seed: int) -> None:
    generator = np.random.default_rng(seed)
    features = draw(5, np.array([2.0, 4.0]), generator)
    z = generator.uniform(-1, 1, (7, 2))
    factors = [generator.standard_normal(7) for _ in terms]
    found = features.rows(z, list(zip(factors, terms, strict=True)))
    slopes, offsets = torch.from_numpy(features.slopes), torch.from_numpy(features.offsets)
    for number in range(5):
        at = torch.from_numpy(z).clone().requires_grad_()
        total = np.zeros(7)
        for factor, powers in zip(factors, terms, strict=True):
            value = torch.tanh(at @ slopes[number] + offsets[number])
            total += factor * derived(value, at, powers).detach().numpy()
        assert found[:, number] == pytest.approx(total, rel=1e-10, abs=1e-10)
    constant = sum(f for f, powers in zip(factors, terms, strict=True) if not any(powers))
    assert found[:, -1] == pytest.approx(constant * np.ones(7))


@settings(max_examples=12, deadline=None)
@given(
    power=st.sampled_from([-3.0, -1.0, 0.0, 2 / 3, 2.0, 4 / 3]),
    log=st.booleans(),
    odd=st.booleans(),
    turn=st.floats(-3, 3),
)
def test_powers_around_a_corner_are_harmonic_and_have_their_slopes(
    power: float, log: bool, odd: bool, turn: float
) -> None:
    function = Harmonic(("x", "y"), (0.2, -0.1), turn, 0.7, power, log, odd)
    angle = turn + np.array([0.4, -0.9, 1.7])
    at = {"x": 0.2 + 0.5 * np.cos(angle), "y": -0.1 + 0.5 * np.sin(angle)}
    step = 1e-5

    def value(x: float, y: float) -> np.ndarray:
        return columns_of([function], {"x": at["x"] + x, "y": at["y"] + y}, {})[:, 0]

    size = 1 + np.abs(value(0, 0)).max()
    for name, x, y in (("x", step, 0.0), ("y", 0.0, step)):
        slope = (value(x, y) - value(-x, -y)) / (2 * step)
        found = columns_of([function], at, {name: 1})[:, 0]
        assert np.abs(found - slope).max() < 1e-5 * (size + np.abs(slope).max())
    bent = columns_of([function], at, {"x": 2}) + columns_of([function], at, {"y": 2})
    assert np.abs(bent).max() < 1e-9 * size


@pytest.mark.parametrize("power", [-2.0, 1.0, 2 / 3])
@pytest.mark.parametrize("odd", [False, True])
def test_a_form_answers_powers_as_they_were_fitted_on_every_side(power: float, odd: bool) -> None:
    function = Harmonic(("x", "y"), (0.5, 0.5), 0.0, 0.2, power, power == 1.0, odd)
    around = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0], [-0.6, 1e-9]])
    at = {"x": 0.5 + around[:, 0], "y": 0.5 + around[:, 1]}
    ports = Tape(("x", "y"), (), (("x", 0), ("y", 1)))
    after = Tape(("x", "y", rough(1)), (), (("u", 2),))
    shape = Shape(ports, after, (Read(0, (0, 0)),), ((), ()), ("x", "y"))
    weights = {
        "slopes": torch.zeros(1, 1, 2).double(),
        "offsets": torch.zeros(1, 1).double(),
        "weights": torch.zeros(1, 2, 1).double(),
        "rough": torch.from_numpy(table_of([function])),
        "rough_weights": torch.ones(1, 1).double(),
    }
    found = Expansion(shape, weights)({name: torch.from_numpy(v) for name, v in at.items()})
    assert found["u"].numpy() == pytest.approx(columns_of([function], at, {})[:, 0], rel=1e-12)


def test_least_squares_are_numpys_where_columns_are_independent() -> None:
    generator = np.random.default_rng(4)
    rows = generator.standard_normal((60, 7)) * 10.0 ** generator.integers(-6, 6, 7)
    right = generator.standard_normal((60, 2))
    whole = np.zeros((67, 9), order="F")
    whole[:60, :7], whole[:60, 7:] = rows, right
    expected = np.linalg.lstsq(rows, right, rcond=None)[0]
    assert least_squares(whole, 7) == pytest.approx(expected, rel=1e-9)
