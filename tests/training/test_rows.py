"""Rows of training lie inside the domain, reach its ends, and carry the reference's answers."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from programs import program

from lawc.lowering.domain import inside_box
from lawc.training.envelopes import Choice, surround
from lawc.training.rows import around, drawn, even, joined

SATURABLE = "medicine.pharmacokinetics.absorption-saturable"
SIR = "biology.epidemics.sir"
OSCILLATOR = "physics.mechanics.damped-oscillator"


@pytest.mark.parametrize("identity", [SATURABLE, SIR, OSCILLATOR])
def test_rows_lie_in_the_ranges_and_inside_valid(identity: str) -> None:
    of = program(identity)
    rows = even(of, 500, 1)
    assert inside_box(of.inputs, rows.columns).all()
    assert of.region.holds(rows.pilot.si).all()


def test_rows_carry_the_answers_and_scales_of_the_reference() -> None:
    of = program(SATURABLE)
    rows = even(of, 200, 2)
    factor = of.outputs[0].unit.factor
    truth, scale = of.reference(rows.columns)["C"], of.scale(rows.columns)["C"]
    assert np.allclose(rows.pilot.values["C"], truth * factor, rtol=1e-8, atol=1e-12)
    assert np.allclose(rows.pilot.scales["C"], scale * factor, rtol=1e-5)


def test_the_extremes_of_the_groups_are_reached_far_more_often_than_by_uniform_points() -> None:
    of = program(SATURABLE)

    def near_ends(columns: object) -> float:
        found = of.reduction.evaluate(columns)
        shares = []
        for group in of.reduction.groups:
            if group.log:
                place = np.log(found[group.name] / group.low) / np.log(group.high / group.low)
                shares.append(np.mean((place < 0.1) | (place > 0.9)))
        return float(np.mean(shares))

    crowded = near_ends(even(of, 2_000, 3).pilot.si)
    uniform = near_ends(drawn(of, 2_000, 3, "domain").pilot.si)
    assert crowded > 2 * uniform


def test_no_row_of_training_is_a_corner_of_the_box() -> None:
    of = program(SATURABLE)
    columns = even(of, 2_000, 4).columns
    at_end = [(columns[q.name] == q.low) | (columns[q.name] == q.high) for q in of.inputs]
    assert not np.logical_and.reduce(at_end).any()


def test_the_same_seed_gives_the_same_rows_and_another_seed_shares_none() -> None:
    of = program(SATURABLE)
    one, again, other = (even(of, 300, seed).columns for seed in (5, 5, 6))
    for name in one:
        assert np.array_equal(one[name], again[name])
    stacked = [np.stack(list(columns.values()), axis=1) for columns in (one, other)]
    assert not set(map(bytes, stacked[0])) & set(map(bytes, stacked[1]))


def test_neighbours_are_near_inside_and_answered() -> None:
    of = program(SIR)
    centre = drawn(of, 3, 7, "domain")
    found = around(of, centre.columns, 20, np.random.default_rng(0))
    assert found is not None and 10 < len(found) <= 60
    assert inside_box(of.inputs, found.columns).all()
    assert of.region.holds(found.pilot.si).all()


def test_joining_and_picking_rows_keeps_them_in_step() -> None:
    of = program(SATURABLE)
    first, second = drawn(of, 6, 8, "domain"), drawn(of, 4, 9, "domain")
    both = joined(first, second)
    choice = surround(of, both.pilot, Choice())
    sizes = (len(choice.before.outputs), 4, 1)
    theta = torch.linspace(-1, 1, 4 * 4 + 5, dtype=torch.float64)
    whole = both.fit(choice, sizes).deviations(theta)
    parts = first.fit(choice, sizes).join(second.fit(choice, sizes)).deviations(theta)
    assert torch.allclose(whole, parts, rtol=1e-12, atol=1e-14)
    picked = both.pick(np.array([7, 1])).fit(choice, sizes).deviations(theta)
    assert torch.allclose(picked, whole[torch.tensor([7, 1])], rtol=1e-12, atol=1e-14)
