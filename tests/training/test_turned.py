"""Networks that go the wrong way are turned, and covered by the least that makes them go right."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.training.test_monotone import answers, law, workshop, worst_step

from lawc.forms.network import Network, count, initial
from lawc.lowering.rising import monotone_claims, prove
from lawc.training.budget import Budget
from lawc.training.covering import Cover, cover
from lawc.training.decaying import DecayingWorkshop, decaying_workshop
from lawc.training.train import Workshop
from lawc.training.turned import turned
from lawc.training.turning import Turning


@cache
def free(which: str) -> Workshop:
    made = workshop(which)
    return Workshop(made.program, made.recipe, 0, Budget(8.0))


@cache
def decaying() -> DecayingWorkshop:
    made = decaying_workshop(free("decay"), monotone_claims(law("decay")))
    assert made is not None
    return made


def any_network(which: str, seed: int, size: float) -> tuple[Workshop, Network]:
    made = decaying() if which == "decay" else free(which)
    sizes = made.sizes(made.around, (4, 3))
    theta = size * initial(sizes, seed)
    return made, Network(made.around.before, sizes, made.around.after, theta)


def covered(which: str, seed: int, size: float) -> tuple[Workshop, Network, Cover]:
    made, form = any_network(which, seed, size)
    found = cover(form, made.program, monotone_claims(made.program), made.pool.pilot)
    assert found is not None
    return made, form, found


@settings(max_examples=3)
@given(seed=st.integers(0, 10_000), size=st.floats(0.2, 1.2))
def test_enough_of_a_cover_makes_sentences_hold_for_any_weights(seed: int, size: float) -> None:
    made, form, found = covered("root", seed, size)
    whole = found.over(form, 100.0)
    for one in monotone_claims(made.program):
        assert prove(whole, made.program, one).holds
        assert worst_step(whole, made.program, one.by, one.sign, seed) <= 1e-12


def test_a_cover_adds_at_most_its_share_of_the_typical_answer() -> None:
    made, form, found = covered("root", 3, 1.0)
    rows = dict(made.pool.columns)
    added = answers(found.over(form, 1e-3), made.program, rows) - answers(form, made.program, rows)
    typical = np.sqrt(np.mean(made.pool.pilot.values["y"] ** 2))
    share = np.sqrt(np.mean(added**2)) / typical
    assert 1e-4 < share <= 1.01e-3 and (added > 0).all()


@given(seed=st.integers(0, 10_000), size=st.floats(0.1, 3.0))
@settings(max_examples=10)
def test_what_decays_begins_at_its_start_and_stays_between_it_and_nothing(
    seed: int, size: float
) -> None:
    made, form = any_network("decay", seed, size)
    begun = np.linspace(0.5, 2, 7)
    rows = {"t": np.zeros(7), "c0": begun, "k": np.linspace(0.1, 1, 7)}
    assert answers(form, made.program, rows) == pytest.approx(begun, rel=1e-14)
    later = answers(form, made.program, {**rows, "t": np.linspace(0.1, 5, 7)})
    assert (later >= 0).all() and (later <= begun).all()


def test_the_term_for_slopes_has_the_slope_that_it_says() -> None:
    made, form, found = covered("decay", 5, 1.5)
    si = {name: values[values != 0][:40] for name, values in made.pool.pilot.si.items()}
    size = min(map(len, si.values()))
    points = {name: values[:size] for name, values in si.items()}
    term = Turning(form, monotone_claims(made.program), found, 1.0, points)
    term.least = 2.0 * float(term.look(form.theta).median())
    term.choose(term.look(form.theta))
    cost, slope = term(form.theta)
    assert cost > 0 and bool(torch.isfinite(slope).all())
    for number in range(0, count(form.sizes), 5):
        way = torch.zeros_like(form.theta)
        way[number] = 1e-6
        change = (term(form.theta + way)[0] - term(form.theta - way)[0]) / 2e-6
        assert change == pytest.approx(float(slope[number]), rel=1e-4, abs=1e-7)


def test_slopes_of_an_answer_are_multiples_of_those_of_its_cover() -> None:
    made, form, found = covered("root", 8, 0.7)
    si = {name: values[:30] for name, values in made.pool.pilot.si.items()}
    said = monotone_claims(made.program)
    before = Turning(form, said, found, 1.0, si).look(form.theta)
    more = found.over(form, 0.25)
    after = Turning(more, said, found, 1.0, si).look(form.theta)
    assert (after - before).numpy() == pytest.approx(np.full(before.shape, 0.25), abs=1e-9)


def test_sentences_on_time_and_on_a_parameter_of_one_state_are_kept_together() -> None:
    program = law("decay")
    said = monotone_claims(program)
    assert {one.by for one in said} == {"t", "c0"}
    own = replace(decaying(), budget=Budget(3.0))
    found = own.fit((6, 6), own.budget.part(1.0))
    made = turned(own, own.network(found), said, 2.0, 1e-3)
    assert made.held == said and made.error <= 2e-2
    for one in said:
        assert worst_step(made.form, program, one.by, one.sign, 1) <= 1e-12
