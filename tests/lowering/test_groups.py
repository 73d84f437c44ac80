"""Groups say the same as the inputs, in fewer numbers, whatever the units."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from laws import (
    AMOUNT,
    ENERGY,
    TEMPERATURE,
    absorption,
    arrhenius,
    law,
    logistic,
    oscillator,
    pendulum,
    read,
    saturable,
)

from lawc.diagnostics.diagnostic import CompileError
from lawc.knowledge.law import Always, Claim, Constant, Quantity
from lawc.lowering.groups import Reduction, reduce, reduce_dimensions, require_ranges
from lawc.lowering.numpy_table import evaluate
from lawc.lowering.planning import make_plan
from lawc.lowering.sampler import declared_inputs, sample, to_si
from lawc.lowering.scaling import row_reduce
from lawc.units.dimension import Dimension
from lawc.units.unit import Unit

BASES = ("length", "mass", "time", "temperature", "amount")
dimensions = st.dictionaries(st.sampled_from(BASES), st.integers(-2, 2), max_size=3).map(
    Dimension.of
)
factors = st.sampled_from([0.01, 0.3048, 0.5, 2.0, 60.0, 1e3])


@st.composite
def quantities(draw: st.DrawFn) -> list[Quantity]:
    count = draw(st.integers(2, 6))
    return [
        Quantity(f"q{i}", "", Unit("u", draw(dimensions)), 0.5, draw(st.floats(0.6, 50)))
        for i in range(count)
    ]


def texts(reduction: Reduction) -> list[str]:
    return [str(group) for group in reduction.groups]


@given(quantities(), st.dictionaries(st.sampled_from(BASES), factors), st.data())
def test_groups_are_blind_to_the_choice_of_base_units(
    inputs: list[Quantity], change: dict[str, float], data: st.DataObject
) -> None:
    constant = Dimension.of({"length": 1, "time": -1})
    reduction = reduce_dimensions(inputs, [], {"v": (3.0, constant)})
    values = {q.name: np.array([data.draw(st.floats(0.5, 50))]) for q in inputs}

    def factor(dimension: Dimension) -> float:
        total = 1.0
        for base, power in dimension.exponents:
            total *= change.get(base, 1.0) ** float(power)
        return total

    other = {q.name: values[q.name] * factor(q.dimension) for q in inputs}
    constants = {"v": np.array([3.0])} if reduction.constants else {}
    before = reduction.evaluate({**values, **constants})
    after = reduction.evaluate({**other, "v": np.array([3.0 * factor(constant)])})
    for name, group in before.items():
        assert after[name] == pytest.approx(group, rel=1e-9)


@given(quantities())
def test_as_many_groups_are_left_as_the_rank_says(inputs: list[Quantity]) -> None:
    rows = [[q.dimension.exponent(base) for q in inputs] for base in BASES]
    _, pivots = row_reduce(rows)
    reduction = reduce_dimensions(inputs, [], {})
    assert len(reduction.groups) == len(inputs) - len(pivots)


@given(quantities())
def test_groups_are_independent_and_plain(inputs: list[Quantity]) -> None:
    reduction = reduce_dimensions(inputs, [], {})
    rows = [[g.exponents.get(q.name, Fraction(0)) for q in inputs] for g in reduction.groups]
    assert len(row_reduce(rows)[1]) == len(rows)
    for group in reduction.groups:
        total = Dimension()
        for name, exponent in group.exponents.items():
            total *= next(q for q in inputs if q.name == name).dimension ** exponent
        assert total.is_none and group.dimension.is_none


def test_seven_inputs_of_an_oscillator_become_five() -> None:
    """No length is certain not to be zero, so two groups keep a length."""
    reduction = reduce(make_plan(oscillator(), "t x0 m c k F0 w -> x"))
    assert len(reduction.groups) == 5
    assert sum("t" in group.exponents for group in reduction.groups) == 1
    assert [str(g.dimension) for g in reduction.groups if not g.dimension.is_none] == ["length"] * 2


def test_five_inputs_of_absorption_become_two_and_a_scale() -> None:
    reduction = reduce(make_plan(absorption(), "t D F ka V CL -> C"))
    assert texts(reduction) == ["t*ka", "CL/(ka*V)"]
    assert reduction.scales["C"] == {"D": 1, "F": 1, "V": -1}


def test_three_numbers_tell_all_of_saturable_elimination() -> None:
    reduction = reduce(make_plan(saturable(), "t D F ka V Vmax Km -> C"))
    assert len(reduction.groups) == 3


def test_a_claimed_bound_becomes_the_scale() -> None:
    bound = Claim(Always.COMPARISON, read("C <= F*D/V"))
    stated = saturable()
    stated = replace(stated, claims=(bound,))
    reduction = reduce(make_plan(stated, "t D F ka V Vmax Km -> C"))
    assert reduction.scales["C"] == {"F": 1, "D": 1, "V": -1}


def test_a_constant_completes_a_group() -> None:
    known = arrhenius()
    unit = Unit("J/mol/K", ENERGY / AMOUNT / TEMPERATURE)
    known.constants["R"] = Constant("R", "", unit, 8.31446261815324)  # type: ignore[index]
    reduction = reduce(make_plan(known, "A Ea T -> k"))
    (group,) = reduction.groups
    assert str(group) == "Ea/(T*R)" and group.dimension.is_none
    assert group.low == pytest.approx(10e3 / (8.31446261815324 * 1500))
    assert reduction.scales == {"k": {"A": Fraction(1)}}


def test_a_unit_hidden_in_a_number_stops_the_reduction() -> None:
    """Dimensions alone would say that nothing can depend on a lone time."""
    hidden = law("y [m]\n x [m] 1 .. 2\n t [s] 1 .. 5", "decay: y = x*exp(-t/5)")
    reduction = reduce(make_plan(hidden, "x t -> y"))
    assert texts(reduction) == ["t"] and reduction.scales["y"] == {"x": 1}


def test_an_input_that_may_be_zero_divides_nothing() -> None:
    growth = law(
        "t [s] 0 .. 9\n N(t) []\n r [1/s] -1 .. 1\n N0 [] 1 .. 10 log",
        "growth: D(N, t) = r*N",
        "N = N0 @ t = 0",
    )
    reduction = reduce(make_plan(growth, "t r N0 -> N"))
    assert texts(reduction) == ["t*r"] and reduction.groups[0].low == -9


@pytest.mark.parametrize(
    ("known", "signature"),
    [
        (oscillator(), "t x0 m c k F0 w -> x E"),
        (absorption(), "t D F ka V CL -> C A"),
        (logistic(), "t r K N0 -> N"),
        (pendulum(), "L a -> T"),
    ],
)
def test_arrays_tensors_and_the_tape_agree_inside_the_image(known: Any, signature: str) -> None:
    plan = make_plan(known, signature)
    reduction = reduce(plan)
    si = to_si(declared_inputs(plan), sample(plan, 64))
    arrays = reduction.evaluate(si)
    tensors = reduction.evaluate({name: torch.tensor(values) for name, values in si.items()})
    taped = evaluate(reduction.tape, si)
    for group in reduction.groups:
        values = arrays[group.name]
        assert np.all((values >= group.low * (1 - 1e-12)) & (values <= group.high * (1 + 1e-12)))
        np.testing.assert_allclose(tensors[group.name].numpy(), values, rtol=1e-12)
        np.testing.assert_allclose(taped[group.name], values, rtol=1e-12)
    for name, scale in reduction.scale(si).items():
        np.testing.assert_allclose(taped[f"scale {name}"], scale, rtol=1e-12)


def test_inputs_without_a_range_are_all_named() -> None:
    with pytest.raises(CompileError, match="no range is declared for a, b"):
        require_ranges([Quantity(name, "", Unit("", Dimension())) for name in "ab"])
