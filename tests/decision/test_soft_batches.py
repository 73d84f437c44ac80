"""The soft form row by row under vmap, and some rows after others: always the same answers."""

from __future__ import annotations

from typing import cast

import pytest
import torch
from tests.decision.samples import SAMPLES
from torch import Tensor

from lawc.deciding.sampler import Sampler
from lawc.decision.soft import lines
from lawc.decision.soft.form import Soft

ROWS = 12


def given(name: str, rows: int = ROWS) -> tuple[Soft, list[str], Tensor]:
    decision = SAMPLES[name].decision
    drawn = Sampler(decision).rows(0, rows).columns
    names = [port.name for port in decision.inputs]
    return Soft(decision), names, torch.stack([torch.tensor(drawn[n]).double() for n in names], 1)


def answers(soft: Soft, names: list[str], rows: Tensor) -> Tensor:
    found = soft({name: rows[:, place] for place, name in enumerate(names)})
    return torch.cat([one if one.dim() == 2 else one[:, None] for one in found.values()], 1)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", SAMPLES)
def test_each_row_by_itself_has_the_answers_and_slopes_of_all_together(name: str) -> None:
    soft, names, rows = given(name)

    def of(row: Tensor) -> Tensor:
        return answers(soft, names, row[None])[0]

    assert torch.allclose(torch.vmap(of)(rows), answers(soft, names, rows), atol=1e-14)
    alone = torch.stack([torch.autograd.functional.jacobian(of, row) for row in rows])
    for made in (
        torch.vmap(torch.func.jacrev(of))(rows),
        torch.stack([torch.autograd.functional.jacobian(of, r, vectorize=True) for r in rows]),
    ):
        assert torch.allclose(made, alone, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", ["ckd-risk", "kidney-function"])
def test_curvatures_by_vmap_are_those_of_one_row_after_another(name: str) -> None:
    soft, names, rows = given(name)

    def squared(row: Tensor) -> Tensor:
        return (answers(soft, names, row[None]) ** 2).sum()

    made = torch.vmap(torch.func.jacrev(torch.func.jacrev(squared)))(rows)
    alone = torch.stack(
        [cast("Tensor", torch.autograd.functional.hessian(squared, row)) for row in rows]
    )
    assert float(alone.abs().max()) > 0
    assert torch.allclose(made, alone, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("most", [1, 12, 100])
def test_few_rows_at_a_time_give_the_answers_of_all_at_once(
    most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    soft, names, rows = given("ckd-risk", 50)

    def made() -> tuple[Tensor, Tensor]:
        x = rows.clone().requires_grad_()
        found = answers(soft, names, x)
        weights = torch.arange(1.0, 1 + found.numel(), dtype=found.dtype).view_as(found)
        return found, torch.autograd.grad((weights * found).sum(), x)[0]

    at_once = made()
    monkeypatch.setattr(lines, "AT_ONCE", most)
    for one, other in zip(at_once, made(), strict=True):
        assert torch.allclose(one, other, rtol=1e-13, atol=1e-15)


def test_no_more_is_held_than_some_rows_times_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    soft, names, rows = given("ckd-risk", 4000)
    monkeypatch.setattr(lines, "AT_ONCE", 1200)
    largest = 0

    class Watch(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            nonlocal largest
            made = func(*args, **(kwargs or {}))
            if isinstance(made, Tensor):
                largest = max(largest, made.numel())
            return made

    with Watch(), torch.no_grad():
        answers(soft, names, rows)
    # The six stages of all rows, and three more columns of what is answered.
    assert largest <= 10 * 4000
    monkeypatch.undo()
    largest = 0
    with Watch(), torch.no_grad():
        answers(soft, names, rows)
    assert largest > 10 * 4000
