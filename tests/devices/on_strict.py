"""The test device computes what the processor does, and refuses what a card refuses."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from tests.devices.alike import assert_alike
from torch import Tensor, nn

HERE = torch.tensor([3.0, 1.0, 2.0], dtype=torch.float64)
MIXED: dict[str, Callable[[Tensor], object]] = {
    "sum": lambda x: x + HERE,
    "sum the other way": lambda x: HERE + x,
    "a scalar of the device beside a column": lambda x: HERE + x.sum(),
    "choice": lambda x: torch.where(x > 1, x, HERE),
    "concatenation": lambda x: torch.cat([x, HERE]),
    "product of matrices": lambda x: torch.outer(x, HERE) @ HERE,
    "an edge": lambda x: torch.searchsorted(HERE, x),
    "places of a column": lambda x: HERE[x.long() - 1],
    "a sum into a column": lambda x: HERE.clone().add_(x),
    "values into places": lambda x: x.index_put((torch.tensor([0, 1, 2]),), HERE),
    "layer": lambda x: nn.Linear(3, 2, dtype=torch.float64)(x),
    "dice": lambda x: torch.multinomial(x, 1, generator=torch.Generator()),
}


@pytest.mark.parametrize("name", MIXED)
def test_tensors_of_two_devices_do_not_mix(name: str, place: torch.device) -> None:
    with pytest.raises(RuntimeError, match="device"):
        MIXED[name](HERE.to(place))


def test_an_array_is_taken_of_a_copy_on_the_processor_only(place: torch.device) -> None:
    away = HERE.to(place)
    for ask in (away.numpy, lambda: np.asarray(away)):
        with pytest.raises(TypeError):
            ask()
    assert (away.cpu().numpy() == HERE.numpy()).all()
    assert away.tolist() == HERE.tolist()


def test_what_is_calculated_there_is_what_the_processor_says(place: torch.device) -> None:
    def asked(x: Tensor) -> list[Tensor]:
        x = x.clone().requires_grad_()
        made = torch.zeros(2, 3, dtype=x.dtype, device=x.device)
        made[0] = x
        made[:, 1] += torch.tensor(5.0)
        made[1] *= HERE[2]
        made[made > 4] = -1.0
        ordered = x.sort()
        values = [
            made,
            made.T.contiguous().view(-1),
            ordered.values,
            ordered.indices,
            torch.einsum("i,j->ij", x, x),
            x[torch.tensor([2, 0])],
            torch.arange(3, device=x.device) + x,
            torch.func.vmap(torch.exp)(x),
            torch.as_tensor(HERE.numpy(), device=x.device).log(),
        ]
        total = torch.stack([value.double().sum() for value in values]).sum()
        return [*values, *torch.autograd.grad(total, x)]

    assert_alike(asked(HERE.to(place)), asked(HERE), place)


def test_a_network_goes_there_and_back(place: torch.device) -> None:
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)).double()
    before = net(HERE)
    assert_alike([net.to(place)(HERE.to(place))], [before], place)
    assert {parameter.device for parameter in net.parameters()} == {place}
    assert torch.equal(net.cpu()(HERE), before)
