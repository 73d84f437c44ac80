"""The guard finds every route by which a frozen module can be moved, and no other movement."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from speakers import Rate, network
from torch import Tensor, nn

from lawc.diagnostics.diagnostic import LawcError
from lawc.linking.blend import Blend
from lawc.linking.guard import FrozenError, guard

DATA = {"S": torch.linspace(0.1, 1, 8, dtype=torch.float64)}


def model() -> Blend:
    return Blend(Rate(), network(1), support=DATA, free=("Vmax", "Km"))


def weights_of(blend: Blend) -> Tensor:
    return blend.module.get_buffer("weights")


def by_optimizer(blend: Blend) -> None:
    weights = weights_of(blend)
    weights.grad = torch.ones_like(weights)
    torch.optim.AdamW([weights], lr=0.1).step()


def by_stale_momentum(blend: Blend) -> None:
    weights_of(blend).requires_grad_(True)


def by_in_place_copy(blend: Blend) -> None:
    weights_of(blend).copy_(torch.full((3,), 2.0))


def by_data(blend: Blend) -> None:
    weights_of(blend).data[1] = 2.0


def by_a_numpy_view(blend: Blend) -> None:
    weights_of(blend).numpy()[0] = 3.0


def by_the_storage(blend: Blend) -> None:
    # What a collective operation does: it writes bytes and leaves the version alone.
    weights_of(blend).untyped_storage().copy_(torch.zeros(3).double().untyped_storage())


def by_apply(blend: Blend) -> None:
    def reset(part: nn.Module) -> None:
        for buffer in part.buffers(recurse=False):
            buffer.mul_(0.5)

    blend.apply(reset)


def by_a_cast_there_and_back(blend: Blend) -> None:
    blend.half().double()


def by_a_cast(blend: Blend) -> None:
    blend.float()


def by_load_state_dict(blend: Blend) -> None:
    blend.load_state_dict(model().state_dict())


def by_load_state_dict_with_assign(blend: Blend) -> None:
    blend.load_state_dict(model().state_dict(), assign=True)


def by_setting_a_buffer(blend: Blend) -> None:
    blend.module.weights = torch.ones(3, dtype=torch.float64)


def by_making_it_a_parameter(blend: Blend) -> None:
    weights = weights_of(blend)
    del blend.module.weights
    blend.module.weights = nn.Parameter(weights)


def by_removing_a_buffer(blend: Blend) -> None:
    del blend.module.shift


def by_training_mode(blend: Blend) -> None:
    blend.module.training = True


def by_swapping_the_module(blend: Blend) -> None:
    blend.module = Rate()


def by_a_part_more(blend: Blend) -> None:
    blend.module.more = nn.Linear(1, 1)


def by_another_forward(blend: Blend) -> None:
    blend.module.forward = lambda columns: None  # pyright: ignore[reportAttributeAccessIssue]


def by_a_hook(blend: Blend) -> None:
    blend.module.register_forward_hook(lambda *_: None)


def answer(blend: Blend) -> torch.Tensor:
    one = torch.ones(4, dtype=torch.float64)
    return blend.module({"S": one, "Vmax": 9 * one, "Km": one}).value


ROUTES: list[Callable[[Blend], None]] = [
    by_optimizer,
    by_stale_momentum,
    by_in_place_copy,
    by_data,
    by_a_numpy_view,
    by_the_storage,
    by_apply,
    by_a_cast_there_and_back,
    by_a_cast,
    by_load_state_dict,
    by_load_state_dict_with_assign,
    by_setting_a_buffer,
    by_making_it_a_parameter,
    by_removing_a_buffer,
    by_training_mode,
    by_swapping_the_module,
    by_a_part_more,
    by_another_forward,
    by_a_hook,
]


HARMLESS = {by_a_cast, by_a_cast_there_and_back, by_load_state_dict, by_load_state_dict_with_assign}
"""Routes against which a frozen module may defend itself."""


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.__name__)
def test_every_route_is_found_at_exit(route: Callable[[Blend], None]) -> None:
    blend = model()
    before = answer(blend)
    try:
        with guard(blend) as check:
            check()
            route(blend)
    except FrozenError as found:
        assert "frozen module" in str(found)
    else:
        assert route in HARMLESS
        assert torch.equal(answer(blend), before)


@pytest.mark.parametrize(
    "route", [r for r in ROUTES if r not in HARMLESS], ids=lambda route: route.__name__
)
def test_every_route_is_found_before_saving(route: Callable[[Blend], None]) -> None:
    blend = model()
    with pytest.raises(FrozenError), guard(blend):
        route(blend)
        blend.state_dict()
        raise AssertionError("saved a changed module")


@pytest.mark.parametrize("route", [by_data, by_a_numpy_view, by_the_storage])
def test_writes_past_the_version_are_found_within_an_interval(
    route: Callable[[Blend], None],
) -> None:
    blend = model()
    check = guard(blend, every=3)
    route(blend)
    check()
    check()
    with pytest.raises(FrozenError, match="past its version counter"):
        check()


@pytest.mark.parametrize("route", [by_in_place_copy, by_apply, by_setting_a_buffer])
def test_ordinary_writes_are_found_at_the_next_step(route: Callable[[Blend], None]) -> None:
    blend = model()
    check = guard(blend)
    route(blend)
    with pytest.raises(FrozenError, match=r"buffer 'weights' of the frozen module 'module'"):
        check()


def test_training_what_is_not_frozen_passes() -> None:
    blend = model()
    optimizer = torch.optim.AdamW(blend.parameters(), lr=0.1, weight_decay=0.1)
    with guard(blend, every=2) as check:
        for _ in range(5):
            optimizer.zero_grad()
            blend(DATA).square().mean().backward()
            optimizer.step()
            check()
        blend.train()
        blend.state_dict()
    assert blend.training
    assert not blend.module.training


def test_an_error_of_the_loop_is_not_hidden_by_the_guard() -> None:
    blend = model()
    with pytest.raises(ZeroDivisionError), guard(blend):
        by_data(blend)
        raise ZeroDivisionError


def test_a_model_without_a_frozen_module_is_refused() -> None:
    with pytest.raises(LawcError, match="no frozen module"):
        guard(network(1))
