"""Training is judged on fresh points against the reference, and never by its cost."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from programs import program, recipe

from lawc.lowering.program import compile_law
from lawc.lowering.sampler import to_si
from lawc.training.attempt import RungTerms, attempt
from lawc.training.budget import Budget
from lawc.training.lawful import Lawful
from lawc.training.train import LAST_SEED, SEEDS_PER_RUN, Workshop, root_mean_square, train

ENZYME = "biology.enzymes.michaelis-menten"
SATURABLE = "medicine.pharmacokinetics.absorption-saturable"
SIR = "biology.epidemics.sir"


def workshop(identity: str, **changes: float) -> Workshop:
    wanted = recipe(identity, **changes)  # type: ignore[arg-type]
    return Workshop(program(identity), wanted, 0, Budget(wanted.train.seconds))


def test_a_trained_network_is_as_near_to_its_law_as_it_says() -> None:
    of = program(ENZYME)
    told: list[tuple[float, float | None]] = []
    teacher = train(
        of,
        recipe(ENZYME, tolerance=1e-3),
        progress=lambda fraction, error, detail: told.append((fraction, error)),
    )
    assert teacher.error <= 4e-4
    columns = of.sample(2_000, seed=12_345)
    si = {n: torch.from_numpy(v) for n, v in to_si(of.inputs, dict(columns)).items()}
    found = teacher.form(si)["v"].numpy() / of.outputs[0].unit.factor
    truth = of.reference(columns)["v"]
    assert np.max(np.abs(found / truth - 1)) < 1e-3
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions) and fractions[-1] <= 1
    assert told[-1][1] == pytest.approx(teacher.error, rel=1.0)


def test_the_same_seed_trains_the_same_network() -> None:
    wanted = recipe(ENZYME, tolerance=0.3, rows=600, widths=((5,),), seconds=120.0)
    one, again = (train(program(ENZYME), wanted, seed=3).form.theta for _ in range(2))
    assert torch.equal(one, again)


def test_weights_with_the_least_error_are_kept_not_the_last_ones() -> None:
    shop = workshop(SATURABLE, seconds=4.0)
    sizes = shop.sizes(shop.around, (6, 6))
    pool, fresh = shop.pool.fit(shop.around, sizes), shop.fresh.fit(shop.around, sizes)
    found = attempt(pool, fresh, 0.0, Budget(2.0), 1)
    assert fresh.worst(found.theta) == pytest.approx(found.error)
    errors = [error for _, error in found.history]
    assert errors == sorted(errors, reverse=True)


def test_an_impatient_fit_that_cannot_hold_is_given_up_early() -> None:
    shop = workshop(SATURABLE, seconds=60.0)
    budget = Budget(12.0)
    sizes = shop.sizes(shop.around, (2,))
    pool, fresh = shop.pool.fit(shop.around, sizes), shop.fresh.fit(shop.around, sizes)
    found = attempt(pool, fresh, 1e-9, budget, 0, rung=RungTerms(1e-9, 0.9))
    assert found.error > 1e-3
    assert found.seconds < 8.0


def test_worse_points_that_are_found_count_in_the_error() -> None:
    shop = workshop(ENZYME)
    sizes = shop.sizes(shop.around, (4,))
    few = shop.pool.fit(shop.around, sizes).pick(torch.arange(200))
    plain = attempt(few, few, 0.2, Budget(20.0), 0)

    def harder(theta: torch.Tensor):
        far = few.pick(torch.arange(10))
        worse = type(far)(far.sizes, far.coordinates, far.readout, far.values + 1e6, far.weights)
        return far, worse

    found = attempt(few, few, 0.2, Budget(1.0), 0, harder=harder)
    assert plain.error <= 0.2
    assert found.error > 1.0


def test_seeds_stay_below_those_of_certificates() -> None:
    last = LAST_SEED // SEEDS_PER_RUN - 1
    shop = Workshop(program(ENZYME), recipe(ENZYME), last, Budget(1.0))
    assert max(shop.seeds) <= LAST_SEED
    for seed in (-1, last + 1):
        with pytest.raises(ValueError, match="expected a seed"):
            Workshop(program(ENZYME), recipe(ENZYME), seed, Budget(1.0))


@pytest.mark.parametrize("identity", [SATURABLE, SIR])
def test_the_residual_term_has_the_slope_of_its_value(identity: str) -> None:
    of = program(identity)
    shop = workshop(identity, rows=400)
    sizes = shop.sizes(shop.around, (4,))
    found = attempt(
        shop.pool.fit(shop.around, sizes), shop.fresh.fit(shop.around, sizes), 0.0, Budget(1.0), 0
    )
    term = Lawful(of, shop.network(found), 0.5, 7)
    value, slope = term(found.theta)
    assert value > 0 and slope.shape == found.theta.shape
    step = 1e-6 * torch.randn(len(slope), generator=torch.Generator().manual_seed(0)).double()
    ahead, behind = term(found.theta + step)[0], term(found.theta - step)[0]
    assert ahead - behind == pytest.approx(2 * float(slope @ step), rel=1e-4)


def test_the_residual_joins_the_training_where_it_is_asked_for() -> None:
    wanted = recipe(SATURABLE, residual=1e-2, seconds=8.0, rows=1_000, tolerance=1e-9)
    teacher = train(program(SATURABLE), wanted)
    assert math.isfinite(teacher.error) and teacher.error < 0.5


def test_narrower_ranges_are_what_is_trained_on() -> None:
    of = compile_law(program(ENZYME).law, "S Vmax Km -> v").within({"S": (1.0, 2.0)})
    shop = Workshop(of, recipe(ENZYME, rows=300), 0, Budget(5.0))
    assert shop.pool.columns["S"].min() >= 1.0 and shop.pool.columns["S"].max() <= 2.0


@pytest.mark.parametrize(
    ("error", "fraction", "stalled", "lost"),
    [
        (0.9, 0.9, 99, False),
        (1.5, 0.7, 0, False),
        (2.5, 0.7, 0, True),
        (50.0, 0.1, 0, False),
        (50.0, 0.4, 0, True),
        (1.5, 0.2, 99, True),
    ],
)
def test_a_rung_is_left_where_its_decline_falls_short(error, fraction, stalled, lost) -> None:
    assert RungTerms(enough=1.0, share=0.6).is_lost(error, fraction, stalled) is lost


@given(
    st.lists(st.floats(-1.0, 1.0, allow_subnormal=False), min_size=1, max_size=20),
    st.sampled_from([1e-200, 1.0, 1e200]),
)
def test_a_typical_size_is_known_where_its_square_is_no_number(
    values: list[float], size: float
) -> None:
    plain = math.sqrt(sum(value**2 for value in values) / len(values))
    assert root_mean_square(size * np.array(values)) == pytest.approx(size * plain, rel=1e-9)
