"""Forms, frozen modules and links say on another device what they say on the processor."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
import torch
from area import manifest  # pyright: ignore[reportMissingImports]
from speakers import Fall, Rate, network, wake  # pyright: ignore[reportMissingImports]
from tests.devices.alike import assert_alike, moved, sent
from tests.forms.test_expansion import expansion
from tests.forms.test_network import network as tanh_network
from tests.forms.test_slabs import slabs
from torch import Tensor, nn

from lawc.artifact.module import FrozenModule
from lawc.diagnostics.diagnostic import LawcError
from lawc.forms.answer import Answer
from lawc.forms.formula import Formula
from lawc.forms.network import Network, initial, raw
from lawc.forms.tape import OPERATIONS, Step, Tape
from lawc.linking.blend import Blend
from lawc.linking.guard import FrozenError, guard
from lawc.linking.latents import Latent

Columns = Mapping[str, Tensor]

HERE = torch.device("cpu")
X = torch.linspace(0.1, 0.9, 9, dtype=torch.float64)
DATA = {
    "S": torch.logspace(-1, 0, 12, dtype=torch.float64),
    "v": torch.linspace(20, 90, 12, dtype=torch.float64),
    "temperature": torch.linspace(280, 310, 12, dtype=torch.float64),
}
LINKS: dict[str, Callable[[], Blend]] = {
    "scale": lambda: rate(),
    "sum": lambda: rate("sum"),
    "gate": lambda: rate("gate", gate=network(1)),
    "fallback": lambda: rate(fallback=network(1)),
    "individual": lambda: rate(
        free=("Vmax", Latent("Km", start=0.1, scaled_by="temperature", reference=300.0)),
        individual=network(2, 2),
        features=("S", "temperature"),
        net=network(2),
    ),
    "fixed": lambda: rate(free=("Vmax",), fixed={"Km": 0.2}),
    "two outputs": lambda: Blend(
        Fall(), network(1, 2), support={"t": X}, features=("t",), free=("g",)
    ),
    "blend of a blend": lambda: Blend(rate(), network(1), "sum", support=DATA),
}
FORMS: dict[str, tuple[Callable[[], nn.Module], Columns]] = {
    "network": (tanh_network, {"x": X, "y": X.flip(0)}),
    "slabs": (slabs, {"x": X, "t": 2 * X - 1}),
    "expansion": (lambda: expansion(cuts=((0.2,), (0.5,))), {"x": X, "y": X.flip(0)}),
    "rough expansion": (
        lambda: expansion(is_rough=True, cuts=((0.2,), (0.5,))),
        {"x": X, "y": X.flip(0)},
    ),
    **{
        operation: (lambda operation=operation: of(operation), dict.fromkeys("xyz"[:arity], X))
        for operation, arity in OPERATIONS.items()
        if arity and operation not in ("less", "less_equal", "and", "or", "not", "where")
    },
    "truths": (lambda: Formula(TRUTHS), {"x": X, "y": X.flip(0)}),
    **{
        name: (lambda make=make: awake(make()), {**DATA, "t": DATA["S"]})
        for name, make in LINKS.items()
    },
    "frozen formula": (lambda: FrozenModule(manifest()), {"a": 20 * X, "b": 2000 * X}),
    "frozen network": (lambda: frozen_network(), {"a": 20 * X, "b": 2000 * X}),
}
TRUTHS = Tape(
    ("x", "y"),
    (
        Step("constant", (), 0.3),
        Step("less", (0, 1)),
        Step("less", (2, 0)),
        Step("and", (3, 4)),
        Step("not", (5,)),
        Step("where", (6, 0, 2)),
        Step("where", (3, 2, 1)),
    ),
    (("chosen", 7), ("other", 8)),
)


def of(operation: str) -> Formula:
    """Return one operation of a tape, as a module."""
    names = tuple("xyz"[: OPERATIONS[operation]])
    return Formula(
        Tape(names, (Step(operation, tuple(range(len(names)))),), (("out", len(names)),))
    )


def frozen_network() -> FrozenModule:
    """Return a network that answers for an area, its stored questions those of its own."""
    before = Tape(("a", "b"), (Step("ln", (0,)), Step("ln", (1,))), (("one", 2), ("two", 3)))
    form = Network(before, (2, 4, 1), Tape((raw(1),), (), (("A", 0),)), initial((2, 4, 1), 5))
    made = FrozenModule(manifest(form=form.spec()), dict(form.state_dict()))
    asked = made.manifest.golden.inputs
    said = made({name: torch.tensor(column).double() for name, column in asked.items()}).value
    golden = made.manifest.golden.model_copy(update={"outputs": {"A": said.tolist()}})
    return FrozenModule(manifest(form=form.spec(), golden=golden), dict(form.state_dict()))


def rate(how: str = "scale", net: nn.Module | None = None, **options: Any) -> Blend:
    chosen = {"free": ("Vmax", "Km"), "support": DATA, **options}
    return Blend(Rate(), net or network(1), how, **chosen)  # type: ignore[arg-type]


def awake(blend: Blend) -> Blend:
    wake(blend)
    return blend


def answered(module: nn.Module, columns: Columns) -> list[Tensor]:
    """Return what a module says, and how that changes with columns and parameters."""
    said = module(columns)
    if isinstance(said, Answer):
        values = [said.value, said.error, said.inside]
    else:
        values = [said] if isinstance(said, Tensor) else list(said.values())
    total = torch.stack([value.sum() for value in values]).sum()
    leaves = [*columns.values(), *module.parameters()]
    if not total.requires_grad:
        return values
    found = torch.autograd.grad(total, leaves, allow_unused=True, materialize_grads=True)
    return [*values, *found]


def asked(columns: Columns) -> dict[str, Tensor]:
    return {name: column.clone().requires_grad_() for name, column in columns.items()}


@pytest.mark.parametrize("name", FORMS)
def test_a_module_answers_alike_there_and_when_it_is_back(name: str, place: torch.device) -> None:
    make, columns = FORMS[name]
    module = make()
    here = answered(module, asked(columns))
    there = answered(module.to(place), sent(asked(columns), place))
    assert_alike(there, here, place)
    back = answered(module.to(HERE), asked(columns))
    assert all(torch.equal(one, other) for one, other in zip(back, here, strict=True))


@pytest.mark.parametrize("name", LINKS)
def test_what_a_link_tells_of_itself_is_alike(name: str, place: torch.device) -> None:
    blend = awake(LINKS[name]())

    def told(where: torch.device) -> list[Tensor]:
        blend.to(where)
        columns = sent({**DATA, "t": DATA["S"]}, where)
        trace, answer = blend.trace(columns), blend.answer(columns)
        parts = [part for one in trace.contributions for part in (one.value, one.inside)]
        shares = torch.tensor(list(trace.shares().values()), device=where)
        return [trace.total, *parts, answer.value, answer.error, answer.inside, shares]

    population = blend.population()
    here = told(HERE)
    assert_alike(told(place), here, place)
    assert blend.population() == pytest.approx(population, rel=1e-12)


def test_a_link_whose_data_are_there_starts_alike(place: torch.device) -> None:
    # Its scales come from data; a device of them is no device of the link.
    blend = rate("sum", support={key: column.to(place) for key, column in DATA.items()})
    for key, buffer in rate("sum").named_buffers():
        assert_alike([blend.get_buffer(key).to(place)], [buffer], place)
    blend.to(place)(sent(DATA, place))


def test_numbers_beside_columns_mean_the_same_for_all_rows(place: torch.device) -> None:
    blend, module = (
        awake(rate(free=("Vmax",), features=("S",))).to(place),
        frozen_network().to(place),
    )
    column = DATA["S"].to(place)
    for number in (0.2, np.full(12, 0.2), torch.tensor(0.2, dtype=torch.float64, device=place)):
        found = blend({"S": column, "Km": number})
        right = blend({"S": column, "Km": torch.full_like(column, 0.2)})
        assert torch.equal(found, right)
        said = module({"b": 900 * column, "a": number})
        whole = module({"a": torch.full_like(column, 0.2), "b": 900 * column})
        assert torch.equal(said.value, whole.value)


def test_a_module_is_asked_with_numbers_wherever_it_is(place: torch.device) -> None:
    for make in (lambda: FrozenModule(manifest()), frozen_network):
        module = make()
        here = module({"a": 2.0, "b": np.array([30.0, 40.0])})
        assert module.verify() <= 1e-12
        there = module.to(place)({"a": 2.0, "b": np.array([30.0, 40.0])})
        assert module.verify() <= 1e-12
        assert there.value.cpu().tolist() == pytest.approx(here.value.tolist(), rel=1e-12)
    blend = awake(rate())
    one = float(blend({"S": 0.5}).detach())
    assert float(blend.to(place)({"S": 0.5}).detach()) == pytest.approx(one, rel=1e-12)


def test_weights_are_put_away_there_and_taken_up_anywhere(place: torch.device) -> None:
    blend = awake(rate("gate")).to(place)
    state = blend.state_dict()
    here, there = rate("gate"), rate("gate").to(place)
    here.load_state_dict(state)
    there.load_state_dict({name: tensor.cpu() for name, tensor in state.items()})
    assert_alike([there(sent(DATA, place))], [here(DATA)], place)
    assert_alike([copy.deepcopy(blend)(sent(DATA, place))], [here(DATA)], place)
    module = frozen_network()
    module.to(place).load_state_dict(frozen_network().state_dict())
    changed = {name: tensor + 1 for name, tensor in frozen_network().state_dict().items()}
    with pytest.raises(RuntimeError, match="another version"):
        module.load_state_dict(changed)


def test_a_cast_on_the_way_moves_what_is_frozen_and_keeps_its_precision(
    place: torch.device,
) -> None:
    blend = awake(rate())
    here = [buffer.clone() for buffer in blend.buffers()]
    blend.to(place, torch.float32)
    assert_alike(blend.buffers(), here, place)
    assert {p.dtype for p in blend.net.parameters()} == {torch.float32}  # type: ignore[union-attr]


def test_a_guard_finds_there_what_was_changed(place: torch.device) -> None:
    blend = awake(rate()).to(place)
    optimizer = torch.optim.AdamW(blend.parameters(), lr=0.1, weight_decay=0.1)
    columns = sent(DATA, place)
    with guard(blend, every=2) as check:
        for _ in range(4):
            optimizer.zero_grad()
            (blend(columns) - columns["v"]).square().mean().backward()
            optimizer.step()
            check()
    frozen = blend.module
    with pytest.raises(FrozenError, match="past its version counter"), guard(blend) as check:
        frozen.get_buffer("weights").data[1] = 2.0
    with pytest.raises(FrozenError, match="written in place"), guard(blend) as check:
        frozen.get_buffer("weights").mul_(0.5)
        check()
    with pytest.raises(FrozenError, match="moved from"), guard(blend):
        blend.to(HERE)


def test_columns_of_two_devices_are_refused_by_name(place: torch.device) -> None:
    blend = awake(rate(free=("Vmax",), features=("S",))).to(place)
    with pytest.raises((RuntimeError, LawcError), match="device"):
        blend({"S": DATA["S"].to(place), "Km": DATA["S"]})


def test_training_steps_lead_to_the_same_weights(place: torch.device) -> None:
    first = awake(rate("gate"))

    def trained(where: torch.device) -> list[Tensor]:
        blend = copy.deepcopy(first).to(where)
        columns = sent(DATA, where)
        optimizer = torch.optim.Adam(blend.groups(lr=1e-2))
        for _ in range(5):
            optimizer.zero_grad()
            (blend(columns) - columns["v"]).square().mean().backward()
            optimizer.step()
        return list(blend.parameters())

    assert_alike(trained(place), trained(HERE), place, 1e-9)


def test_a_cloned_leaf_stays_a_leaf(place: torch.device) -> None:
    assert moved(X.requires_grad_(False).clone().requires_grad_(), place).is_leaf
