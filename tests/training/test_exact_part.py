"""What is known of an output holds for any weights of the network inside."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from programs import program

from lawc.forms.network import Network, initial, raw
from lawc.forms.torch_table import evaluate
from lawc.knowledge.expression import Expression, Number, Symbol
from lawc.lowering.numpy_table import evaluate as numbers
from lawc.lowering.positivity import never_negative
from lawc.lowering.program import Program
from lawc.lowering.starting import Condition
from lawc.lowering.tapes import tape
from lawc.training.envelopes import Choice, choices, combined, surround
from lawc.training.outputs import write_output
from lawc.training.rows import Rows, drawn

SATURABLE = "medicine.pharmacokinetics.absorption-saturable"
SIR = "biology.epidemics.sir"
OSCILLATOR = "physics.mechanics.damped-oscillator"
ENZYME = "biology.enzymes.michaelis-menten"
LAWS = (SATURABLE, SIR, OSCILLATOR, ENZYME)


def rows(identity: str) -> Rows:
    return drawn(program(identity), 300, 5, "domain")


def networks(of: Program, pilot: Rows, scale: float) -> list[Network]:
    found = []
    for number, choice in enumerate(choices(of, pilot.pilot)):
        around = surround(of, pilot.pilot, choice)
        sizes = (len(around.before.outputs), 6, len(of.outputs))
        found.append(Network(around.before, sizes, around.after, scale * initial(sizes, number)))
    return found


def tensors(pilot: Rows) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(values) for name, values in pilot.pilot.si.items()}


@pytest.mark.parametrize("identity", [SATURABLE, SIR, OSCILLATOR])
def test_the_start_is_exact_whatever_the_network_says(identity: str) -> None:
    of, pilot = program(identity), rows(identity)
    columns = {**pilot.columns, "t": np.zeros(len(pilot))}
    truth = of.reference(columns)
    si = tensors(pilot) | {"t": torch.zeros(len(pilot), dtype=torch.float64)}
    for form in networks(of, pilot, 3.0):
        answer = form(si)
        for quantity in of.outputs:
            start = torch.from_numpy(truth[quantity.name].copy()) * quantity.unit.factor
            slack = 1e-12 * float(start.abs().max())
            assert torch.allclose(answer[quantity.name], start, rtol=1e-12, atol=slack)


def test_a_second_order_law_starts_with_its_slope() -> None:
    of, pilot = program(OSCILLATOR), rows(OSCILLATOR)
    si = tensors(pilot)
    start = torch.zeros(len(pilot), dtype=torch.float64, requires_grad=True)
    for form in networks(of, pilot, 3.0):
        (slope,) = torch.autograd.grad(form(si | {"t": start})["x"].sum(), start)
        assert float(slope.abs().max()) < 1e-12


@pytest.mark.parametrize("identity", [SATURABLE, SIR, ENZYME])
@pytest.mark.parametrize("scale", [1.0, 30.0])
def test_what_is_never_negative_is_so_for_any_weights(identity: str, scale: float) -> None:
    of, pilot = program(identity), rows(identity)
    for form in networks(of, pilot, scale):
        answer = form(tensors(pilot))
        for quantity in of.outputs:
            if never_negative(of.law, quantity.name):
                assert bool((answer[quantity.name] >= 0).all())
                assert bool(torch.isfinite(answer[quantity.name]).all())


@pytest.mark.parametrize("identity", LAWS)
def test_coordinates_lie_between_minus_one_and_one(identity: str) -> None:
    of, pilot = program(identity), rows(identity)
    for choice in choices(of, pilot.pilot):
        found = evaluate(surround(of, pilot.pilot, choice).before, tensors(pilot))
        for values in found.values():
            assert float(values.abs().max()) <= 1 + 1e-9


@pytest.mark.parametrize("identity", LAWS)
def test_what_a_network_has_to_say_is_of_order_one(identity: str) -> None:
    """Saying +1 and -1 at all rows encloses, within a few times, the answers of nearly all."""
    of, pilot = program(identity), rows(identity)
    count = len(of.outputs)
    for choice in choices(of, pilot.pilot):
        after = surround(of, pilot.pilot, choice).after
        ends = [
            evaluate(
                after,
                tensors(pilot)
                | {
                    raw(n): torch.full((len(pilot),), said, dtype=torch.float64)
                    for n in range(1, count + 1)
                },
            )
            for said in (-5.0, 5.0)
        ]
        for name, values in pilot.pilot.values.items():
            low, high = (
                torch.minimum(*(e[name] for e in ends)),
                torch.maximum(*(e[name] for e in ends)),
            )
            truth = torch.from_numpy(values)
            slack = 0.02 * torch.from_numpy(pilot.pilot.scales[name])
            within = (truth >= low - slack) & (truth <= high + slack)
            assert float(within.double().mean()) > 0.95


def test_each_output_gets_the_choice_that_suits_it() -> None:
    every = frozenset({"a", "b"})
    plain, log = Choice(), Choice(log=every)
    costs = {plain: {"a": 1.0, "b": 9.0}, log: {"a": 5.0, "b": 2.0}}
    assert combined(costs) == Choice(log=frozenset({"b"}))
    late = Choice(stretch=300.0)
    assert combined(costs | {late: {"a": 0.5, "b": 0.5}}) == late


def test_a_claim_in_a_region_only_promises_nothing_outside() -> None:
    law = program(SATURABLE).law
    assert never_negative(law, "C")
    assert not never_negative(program(OSCILLATOR).law, "x")


def test_an_answer_of_one_sign_may_be_told_by_its_logarithm() -> None:
    of, pilot = program(ENZYME), rows(ENZYME)
    (name,) = (quantity.name for quantity in of.outputs)
    assert any(choice.log for choice in choices(of, pilot.pilot))
    turned = replace(pilot.pilot, values={name: -pilot.pilot.values[name]})
    around = surround(of, turned, Choice(log=frozenset({name})))
    sizes = (len(around.before.outputs), 6, 1)
    said = Network(around.before, sizes, around.after, 3 * initial(sizes, 0))(tensors(pilot))
    assert bool((said[name] < 0).all())


@given(st.integers(-200, 200), st.booleans(), st.booleans())
def test_what_a_network_has_to_say_is_blind_to_the_size_of_the_answers(
    power: int, starts: bool, positive: bool
) -> None:
    time = np.linspace(0.1, 1.0, 20)

    def said(size: float, word: float) -> np.ndarray:
        start = Number(size)
        condition = Condition(start, start, Symbol("t"), Symbol("t")) if starts else None

        def answers(expression: Expression, **network: float) -> np.ndarray:
            of = tape({"x": expression}, ("t", *network), {})
            given = {"t": time, **{name: np.full(20, value) for name, value in network.items()}}
            return np.broadcast_to(numbers(of, given)["x"], 20)

        written = write_output(
            answer=size * (1.5 - time if positive else 1.0 - 2.0 * time),
            scale=Number(1.0),
            condition=condition,
            said=Symbol("network"),
            positive=positive and starts,
            log=False,
            evaluate=answers,
        )
        return answers(written, network=word)

    size = 10.0**power
    for word in (-1.0, 0.0, 1.0):
        assert said(size, word) / size == pytest.approx(said(1.0, word), rel=1e-6, abs=1e-9)
