"""A law of states is stated for a network whose starts hold for any weights."""

from __future__ import annotations

from functools import cache

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import lawc
from lawc.backends.eager import Eager
from lawc.forms.network import initial
from lawc.lowering.program import Program
from lawc.lowering.statements import Stated, ansatz, state

LAWS = {
    "physics.mechanics.damped-oscillator": "t x0 m c k F0 w -> x E",
    "biology.enzymes.michaelis-menten-progress": None,
    "biology.epidemics.sir": None,
    "chemistry.mechanisms.robertson": None,
    "chemistry.mechanisms.consecutive": None,
    "medicine.pharmacokinetics.absorption": None,
}


@cache
def program(name: str) -> Program:
    return lawc.compile(lawc.library()[name], LAWS[name])


@cache
def stated(name: str) -> Stated:
    return state(program(name), (7,))


@pytest.mark.parametrize("name", LAWS)
def test_a_statement_says_what_the_residual_of_the_frozen_network_says(name: str) -> None:
    of, said = program(name), stated(name)
    theta = initial(said.sizes, 3)
    columns = said.inside_columns(40, 5)
    rows = Eager(said.blocks(40, 4, seed=5)).by_row(theta)
    quantities = of.law.quantities
    declared = {
        key: (values - quantities[key].unit.offset) / quantities[key].unit.factor
        for key, values in columns.items()
    }
    found = of.residual(said.ansatz.answers(said.network(theta)))(declared)
    assert set(found) == set(said.inside.rows)
    for label, values in found.items():
        slack = 1e-11 * float(values.abs().max())
        assert torch.allclose(rows["interior", label], values, rtol=1e-10, atol=slack), label


@pytest.mark.parametrize("name", LAWS)
@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 999))
def test_starts_hold_for_any_weights(name: str, seed: int) -> None:
    of, said = program(name), stated(name)
    assert said.ansatz.exact
    assert not said.ansatz.soft
    form = said.network(2 * initial(said.sizes, seed))
    parts = of.objective.parts(said.ansatz.answers(form), of.sample(30, seed=seed))
    for label in said.ansatz.exact:
        assert float(parts[label]) < 1e-20, label


def test_what_is_never_negative_is_so_and_may_be_left_linear() -> None:
    of = program("medicine.pharmacokinetics.absorption")
    # Its equations are linear, so without exponentials they are linear in the network.
    assert state(of, (5,), positive=False).is_linear
    assert not stated("chemistry.mechanisms.robertson").is_linear
    progress = program("biology.enzymes.michaelis-menten-progress")
    around = ansatz(progress)
    form = around.network((6,), 3 * initial(around.sizes((6,)), 0))
    assert float(around.answers(form)(progress.sample(100).to_torch()).min()) >= 0


@pytest.mark.parametrize(
    "name", ["chemistry.mechanisms.robertson", "chemistry.mechanisms.consecutive"]
)
def test_sums_that_nothing_changes_hold_for_any_weights(name: str) -> None:
    of, said = program(name), stated(name)
    (conserved,) = of.law.conserved
    assert said.ansatz.sums == (f"{conserved} is constant",)
    assert said.sizes[-1] == len(of.outputs) - 1
    columns = said.inside_columns(50, 1)
    found = said.network(3 * initial(said.sizes, 2))(columns)
    total = sum(weight * found[n] for n, weight in conserved.weights)
    still = said.network(0 * initial(said.sizes, 2))(columns)
    other = sum(weight * still[n] for n, weight in conserved.weights)
    assert torch.allclose(torch.as_tensor(total), torch.as_tensor(other), rtol=1e-12)
    assert state(of, (5,), sums=False).sizes[-1] == len(of.outputs)


@pytest.mark.parametrize("name", LAWS)
@settings(max_examples=3, deadline=None)
@given(drawn=st.data())
def test_a_residual_knows_neither_batch_nor_order_and_keeps_its_precision(
    name: str, drawn: st.DataObject
) -> None:
    state = drawn.draw(program(name).states())
    for kept in program(name).invariances():
        kept.check(state)
