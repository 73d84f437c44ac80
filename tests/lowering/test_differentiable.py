"""Answers of algebraic laws have the derivatives that differences of the reference show."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from laws import kepler, law, oscillator

from lawc.diagnostics.diagnostic import CompileError, ShapeError
from lawc.lowering.differentiable import answers
from lawc.lowering.plan import Plan
from lawc.lowering.planning import make_plan
from lawc.lowering.reference import reference

WAVES = law(
    "a [] 0.1 .. 0.9\nx [] 0 .. 3\ny [] 0 .. 3\nz []",
    "one: x = a + 0.3*sin(y) + 0.2*sin(x)\ntwo: y = 1 + 0.3*cos(x) + 0.1*sin(y)\nthree: z := x*y",
)


@pytest.mark.parametrize(
    ("plan", "row"),
    [
        (make_plan(kepler(), "M e -> E"), {"M": [0.4, 2.0], "e": [0.3, 0.6]}),
        (make_plan(WAVES, "a -> x z"), {"a": [0.2, 0.7]}),
    ],
    ids=["root", "together"],
)
def test_derivatives_are_those_of_differences(plan: Plan, row: dict[str, list[float]]) -> None:
    columns = {n: torch.tensor(v, dtype=torch.float64, requires_grad=True) for n, v in row.items()}
    found = answers(plan, columns)
    truth = reference(plan, {name: np.array(values) for name, values in row.items()})
    for output, value in found.items():
        np.testing.assert_allclose(value.detach().numpy(), truth[output], rtol=1e-12)
        slopes = torch.autograd.grad(value.sum(), list(columns.values()), retain_graph=True)
        for name, slope in zip(columns, slopes, strict=True):
            moved = [
                reference(plan, {**{n: np.array(v) for n, v in row.items()}, name: shifted})[output]
                for shifted in (np.array(row[name]) + 1e-5, np.array(row[name]) - 1e-5)
            ]
            expected = (moved[0] - moved[1]) / 2e-5
            np.testing.assert_allclose(slope.numpy(), expected, rtol=1e-7, atol=1e-8)


def test_second_derivatives_are_those_of_keplers_equation() -> None:
    m = torch.tensor([0.4, 2.0], dtype=torch.float64, requires_grad=True)
    e = torch.tensor([0.3, 0.6], dtype=torch.float64)
    anomaly = answers(make_plan(kepler(), "M e -> E"), {"M": m, "e": e})["E"]
    (first,) = torch.autograd.grad(anomaly.sum(), m, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), m)
    # E - e·sin(E) = M, derived twice by M.
    swept = anomaly.detach()
    exact = -e * torch.sin(swept) / (1 - e * torch.cos(swept)) ** 3
    torch.testing.assert_close(second, exact, rtol=1e-9, atol=1e-12)


def test_a_column_of_another_shape_is_refused_by_name() -> None:
    plan = make_plan(kepler(), "M e -> E")
    one, column = torch.tensor([0.4, 0.5]), torch.tensor([[0.3], [0.6]])
    with pytest.raises(ShapeError, match=r'expected shape \(2,\), got \(2, 1\) for "e"'):
        answers(plan, {"M": one, "e": column})
    with pytest.raises(ShapeError, match='expected a column "e", got M'):
        answers(plan, {"M": one})


def test_what_follows_from_a_solver_is_refused() -> None:
    plan = make_plan(oscillator(), "t m c k F0 w x0 -> x")
    with pytest.raises(CompileError, match="is solved along t; only algebraic laws"):
        answers(plan, {"t": torch.ones(2)})
