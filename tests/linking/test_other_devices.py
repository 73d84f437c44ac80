"""Forms, modules, residuals and links make no tensor beside the device of what they are given.

Where there is no second device, two things show it. Tensors that are made without a device are made
on one that holds no values, and mix with none on the processor. And everything is moved there: what
is still made on the processor, from an array for example, does not mix with it either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import pytest
import torch
from speakers import network as small
from speakers import wake
from tests.artifact.area import manifest
from tests.backends.test_eager import CASES
from tests.forms.test_expansion import expansion
from tests.forms.test_network import network
from tests.forms.test_slabs import slabs
from tests.linking.test_blend import DATA, HOWS, rate_blend
from torch import Tensor, nn

from lawc.artifact.module import FrozenModule
from lawc.backends.eager import Eager
from lawc.backends.statement import Block, Points
from lawc.forms.answer import Answer
from lawc.forms.network import initial

Columns = Mapping[str, Tensor]

NOWHERE = torch.device("meta")
X = torch.linspace(0.1, 0.9, 5, dtype=torch.float64)
FORMS: dict[str, tuple[Callable[[], nn.Module], Columns]] = {
    "network": (network, {"x": X, "y": X}),
    "slabs": (slabs, {"x": X, "t": X}),
    "expansion": (lambda: expansion(cuts=((0.2,), (0.5,))), {"x": X, "y": X}),
    "rough expansion": (
        lambda: expansion(is_rough=True, cuts=((0.2,), (0.5,))),
        {"x": X, "y": X},
    ),
    **{how: (lambda how=how: woken(how), {"S": DATA["S"]}) for how in HOWS},
}


def woken(how: str) -> nn.Module:
    blend = rate_blend(how)
    wake(blend)
    return blend


def answered(module: nn.Module, columns: Columns) -> list[Tensor]:
    """Return what a module says, and how that changes with the columns."""
    given = {name: column.clone().requires_grad_() for name, column in columns.items()}
    said = module(given)
    if isinstance(said, Answer):
        values = [said.value, said.error, said.inside]
    else:
        values = [said] if isinstance(said, Tensor) else list(said.values())
    total = torch.stack([value.sum() for value in values]).sum()
    slopes = torch.autograd.grad(total, list(given.values()), materialize_grads=True)
    return [*values, *slopes]


def assert_same_elsewhere(ask: Callable[[], Iterable[Tensor]]) -> None:
    right = ask()
    with NOWHERE:
        found = ask()
    for one, other in zip(right, found, strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("name", FORMS)
def test_what_is_made_on_the_way_is_made_beside_the_columns(name: str) -> None:
    make, columns = FORMS[name]
    module = make()
    assert_same_elsewhere(lambda: answered(module, columns))


@pytest.mark.parametrize("name", FORMS)
def test_a_module_that_is_moved_answers_where_it_went(name: str) -> None:
    make, columns = FORMS[name]
    moved = {key: column.to(NOWHERE) for key, column in columns.items()}
    assert {value.device for value in answered(make().to(NOWHERE), moved)} == {NOWHERE}


def test_a_frozen_module_makes_its_error_and_membership_beside_the_columns() -> None:
    module = FrozenModule(manifest())
    assert_same_elsewhere(lambda: answered(module, {"a": 10 * X, "b": 20 * X}))


@pytest.mark.parametrize("blocks", CASES)
def test_residuals_and_their_slopes_stay_with_the_points(blocks: list[Block]) -> None:
    theta = initial(blocks[0].statement.sizes, 3)

    def asked() -> list[Tensor]:
        objective = Eager(blocks)
        _, slope = objective.cost_and_slope(theta)
        _, matrix, down = objective.normal_equations(theta)
        return [objective.residuals(theta), slope, objective.jacobian(theta), matrix, down]

    assert_same_elsewhere(asked)


@pytest.mark.parametrize("blocks", CASES)
def test_residuals_of_points_elsewhere_are_found_there(blocks: list[Block]) -> None:
    def away(points: Points) -> Points:
        columns = {key: column.to(NOWHERE) for key, column in points.columns.items()}
        weights = None if points.weights is None else points.weights.to(NOWHERE)
        return Points(points.values.to(NOWHERE), columns, weights)

    objective = Eager([replace(block, points=away(block.points)) for block in blocks])
    theta = initial(blocks[0].statement.sizes, 3).to(NOWHERE)
    assert {objective.residuals(theta).device, objective.jacobian(theta).device} == {NOWHERE}


def test_a_module_that_makes_a_tensor_on_the_processor_is_found() -> None:
    class Careless(nn.Module):
        def forward(self, columns: Columns) -> Tensor:
            return columns["S"] + torch.ones(len(columns["S"]), dtype=torch.float64)

    with pytest.raises(RuntimeError, match="device"):
        assert_same_elsewhere(lambda: answered(Careless(), {"S": X}))
    net = small(1)
    assert_same_elsewhere(lambda: [net(X[:, None])])
