"""Derivatives of predictions are those of the predictions, whatever kind of step gives them."""

from __future__ import annotations

import numpy as np
import pytest
from estimation_texts import ENZYME, GROWTH, ORBIT, law

from lawc.estimation.models import Model
from lawc.lowering.planning import make_plan

BLOCK = """  symbols
    s : sum     [1]  1 .. 10
    u : first   [1]  0.01 .. 20
    v : second  [1]  0.01 .. 20
    k : factor  [1]  0.5 .. 2

  equations
    u^3 + v = s
    v^3 + v = k*u
"""

LATE = """  symbols
    t  : time         [s]    0 .. 20
    x  : place (t)    [m]
    k  : rate         [1/s]  0.05 .. 5 log
    t0 : when it starts [s]  0 .. 5
    x0 : from where   [m]    0.1 .. 10
    q  : doubled (t)  [m]

  equations
    dx/dt = -k*x
    q = 2*x + k*x0*1 [s]

  initial
    x = x0 at t = t0
"""

CASES = [
    (ENZYME, "c V K -> v", {"c": [0.5, 2.0, 7.0], "V": [3.0] * 3, "K": [2.0] * 3}, "V K"),
    (ORBIT, "M e -> E", {"M": [0.5, 1.0, 2.0], "e": [0.3] * 3}, "e"),
    (
        GROWTH,
        "t r C N0 -> N",
        {"t": [0.0, 2.0, 6.0], "r": [0.8] * 3, "C": [300.0] * 3, "N0": [5.0] * 3},
        "r C N0",
    ),
    (
        LATE,
        "t k t0 x0 -> q",
        {"t": [2.0, 3.0, 8.0], "k": [0.4] * 3, "t0": [1.0] * 3, "x0": [3.0] * 3},
        "k t0 x0",
    ),
    (BLOCK, "s k -> u v", {"s": [5.0, 6.0], "k": [1.2] * 2}, "k"),
]


@pytest.mark.parametrize(("body", "signature", "given", "unknown"), CASES)
def test_derivatives_are_those_of_the_predictions(
    body: str, signature: str, given: dict[str, list[float]], unknown: str
) -> None:
    plan = make_plan(law(body), signature)
    model = Model(plan, unknown.split())
    columns = {
        name: np.array(values) * plan.law.quantities[name].unit.factor
        for name, values in given.items()
    }
    outputs, slopes = model.slopes(columns)
    predicted, differences = model.predict(columns), model._differences(columns)
    assert slopes is not differences
    for key, slope in slopes.items():
        scale = np.max(np.abs(differences[key])) + 1e-300
        assert slope / scale == pytest.approx(differences[key] / scale, abs=2e-5), key
    for name, values in outputs.items():
        assert values == pytest.approx(predicted[name], rel=1e-8)


def test_what_enters_linearly_is_seen() -> None:
    assert Model(make_plan(law(ENZYME), "c V K -> v"), ("V", "K")).linear == ("V",)
    body = """  symbols
    x : place     [1]  0.1 .. 10
    y : response  [1]
    a : first     [1]
    b : second    [1]
    c : rate      [1]

  equations
    y = a + (b - a)*exp(-c*x)
"""
    assert Model(make_plan(law(body), "x a b c -> y"), ("a", "b", "c")).linear == ("a", "b")


def test_a_product_of_parameters_is_not_linear_in_both() -> None:
    body = """  symbols
    x : place     [1]  0.1 .. 10
    y : response  [1]
    a : first     [1]
    b : second    [1]

  equations
    y = a*b*x + b
"""
    assert len(Model(make_plan(law(body), "x a b -> y"), ("a", "b")).linear) == 1
