"""Residuals, losses of laws and training give on another device what they give on the processor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from laws import kepler  # pyright: ignore[reportMissingImports]
from tests.backends.test_eager import CASES
from tests.devices.alike import assert_alike, sent
from tests.lowering.test_differentiable import WAVES
from tests.lowering.test_field_residual import CASES as FIELDS
from tests.lowering.test_field_residual import compiled as compiled_field
from tests.lowering.test_field_residual import held, net
from tests.lowering.test_residual import Small
from tests.lowering.test_residual import program as flow
from tests.training import statements
from torch import Tensor

from lawc.backends import choosing, compiled, measuring
from lawc.backends.choosing import choose
from lawc.backends.compiled import Compiled
from lawc.backends.eager import Eager
from lawc.backends.kernel import NoKernelError
from lawc.backends.statement import Block, Objective
from lawc.forms.network import initial
from lawc.lowering.differentiable import answers
from lawc.lowering.planning import make_plan
from lawc.training.budget import Budget
from lawc.training.checkpoint import CheckpointError
from lawc.training.descent import descend
from lawc.training.optimiser import Array
from lawc.training.points import cast
from lawc.training.problem import blocks_of
from lawc.training.settings import OPTIMISERS, Settings

HERE = torch.device("cpu")
SHORT = Settings(seconds=60.0, points=60, backend="eager", starts=1)


def away(blocks: Sequence[Block], place: torch.device) -> list[Block]:
    """Return blocks whose points are on a device."""
    return [replace(block, points=cast(block.points, torch.float64, place)) for block in blocks]


def told(objective: Objective, theta: Tensor) -> list[Tensor]:
    """Return all that an objective answers, numbers as tensors beside the weights."""
    leaf = theta.clone().requires_grad_()
    rows = objective.residuals(leaf)
    weights = torch.linspace(1, 2, len(rows), dtype=theta.dtype, device=theta.device)
    (slope,) = torch.autograd.grad((rows * weights).sum(), leaf)
    cost, first = objective.cost_and_slope(theta)
    total, matrix, second = objective.normal_equations(theta)
    numbers = torch.tensor([cost, total], dtype=theta.dtype, device=theta.device)
    by_row = objective.by_row(theta).values()
    return [rows, slope, numbers, first, matrix, second, objective.jacobian(theta), *by_row]


def as_traced(graph: Callable[..., object], **_: object) -> Callable[..., object]:
    """Stand in for torch.compile, which knows no device of others: run what was traced."""
    return graph


@pytest.mark.parametrize("blocks", CASES)
def test_residuals_slopes_and_jacobians_are_alike(blocks: list[Block], place: torch.device) -> None:
    theta = initial(blocks[0].statement.sizes, 3)
    here = told(Eager(blocks), theta)
    assert_alike(told(Eager(away(blocks, place)), theta.to(place)), here, place)


@pytest.mark.parametrize("blocks", CASES)
def test_what_is_traced_for_the_compiler_says_the_same_there(
    blocks: list[Block], place: torch.device, monkeypatch: pytest.MonkeyPatch
) -> None:
    if place.type != "cuda":
        monkeypatch.setattr(compiled, "_graphs", {})
        monkeypatch.setattr(torch, "compile", as_traced)
    theta = initial(blocks[0].statement.sizes, 3)
    _, right = Eager(blocks).cost_and_slope(theta)
    objective = Compiled(away(blocks, place))
    for _ in range(2):
        _, found = objective.cost_and_slope(theta.to(place))
        assert_alike([found], [right], place)


@pytest.mark.parametrize("is_compiled", [True, False])
def test_eager_or_compiled_is_measured_and_never_the_kernel(
    is_compiled: bool, place: torch.device, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not is_compiled or place.type != "cuda":
        stand_in = as_traced if is_compiled else _refusing
        monkeypatch.setattr(torch, "compile", stand_in)
    monkeypatch.setattr(compiled, "_graphs", {})
    monkeypatch.setattr(measuring, "_found", {})
    asked: list[str] = []

    def noting(name: str) -> Callable[[Sequence[Block]], Objective]:
        def make(blocks: Sequence[Block]) -> Objective:
            asked.append(name)
            return kinds[name](blocks)

        return make

    kinds = choosing.BACKENDS
    monkeypatch.setattr(choosing, "BACKENDS", {name: noting(name) for name in kinds})
    blocks = away(CASES[0], place)
    chosen = choose(blocks)
    assert asked == ["eager", "compiled"]
    assert chosen.backend in (("eager", "compiled") if is_compiled else ("eager",))
    assert choose(blocks).backend == chosen.backend
    assert asked[2:] == [chosen.backend]
    with pytest.raises(NoKernelError, match=f"not on {place}"):
        kinds["kernel"](blocks)


def _refusing(graph: object, **_: object) -> object:
    def call(*_: Tensor) -> None:
        raise torch._dynamo.exc.Unsupported("no such device")  # type: ignore[attr-defined]

    return call


def test_the_clock_is_read_when_the_device_has_finished(
    place: torch.device, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []
    monkeypatch.setattr(measuring, "_found", {})
    module = torch.get_device_module(place)
    real = module.synchronize

    def waited(device: torch.device) -> None:
        assert device == place
        heard.append("waits")
        real(device)

    def clock() -> float:
        heard.append("reads")
        return float(len(heard))

    monkeypatch.setattr(module, "synchronize", waited)
    measuring.fastest({"eager": Eager}, away(CASES[0], place), rounds=3, clock=clock)
    assert heard == ["waits", "reads"] * 6


@pytest.mark.parametrize("name", ["oscillator", "logistic"])
def test_a_law_tells_a_network_the_same_wherever_it_is(name: str, place: torch.device) -> None:
    program = flow(name)
    rows = program.sample(16, seed=2)
    network = Small(program)

    def said(where: torch.device) -> list[Tensor]:
        network.to(where)
        given = sent(rows.to_torch(), where)
        residual = program.residual(network)(given)
        # Arrays go to where the network is.
        parts, loss = program.objective.parts(network, given), program.loss(network, rows)
        slopes = torch.autograd.grad(loss, list(network.parameters()))
        return [*residual.values(), *parts.values(), loss, *slopes]

    here = said(HERE)
    assert_alike(said(place), here, place, 1e-11)


def test_a_field_tells_a_network_the_same_wherever_it_is(place: torch.device) -> None:
    program = compiled_field(FIELDS["heat"])
    rows, network = program.sample(24, seed=2), net(program)

    def said(where: torch.device) -> list[Tensor]:
        network.to(where)
        given = sent(rows.to_torch(), where)
        residual = held(program, network)
        loss = program.loss(network, rows)
        slopes = torch.autograd.grad(loss, list(network.parameters()))
        inside, conditions = residual(given), residual.conditions(given)
        return [*inside.values(), *conditions.values(), loss, *slopes]

    here = said(HERE)
    assert_alike(said(place), here, place, 1e-11)


@pytest.mark.parametrize("is_root", [True, False])
def test_answers_of_a_law_and_their_slopes_are_alike(is_root: bool, place: torch.device) -> None:
    plan = make_plan(kepler(), "M e -> E") if is_root else make_plan(WAVES, "a -> x z")
    given = {"M": [0.4, 2.0], "e": [0.3, 0.6]} if is_root else {"a": [0.2, 0.7]}

    def said(where: torch.device) -> list[Tensor]:
        columns = {
            n: torch.tensor(v, dtype=torch.float64, device=where, requires_grad=True)
            for n, v in given.items()
        }
        found = answers(plan, columns)
        total = torch.stack([value.sum() for value in found.values()]).sum()
        first = torch.autograd.grad(total, list(columns.values()), create_graph=True)
        second = torch.autograd.grad(
            torch.stack([f.sum() for f in first]).sum(), [*columns.values()]
        )
        return [*found.values(), *first, *second]

    assert_alike(said(place), said(HERE), place)


@pytest.mark.parametrize("name", sorted(OPTIMISERS))
def test_an_optimiser_takes_the_same_steps(name: str, place: torch.device) -> None:
    site = statements.decay().sites[0]
    blocks = blocks_of([site], [site.draw(30, 1)], [(1.0,)])

    def reached(where: torch.device) -> Array:
        start = initial(statements.SIZES, 3).numpy()
        search = OPTIMISERS[name](Eager(away(blocks, where)), start)
        search.run(Budget(60.0), 6)
        return search.theta

    here, there = reached(HERE), reached(place)
    assert isinstance(there, type(here))
    assert abs(there - here).max() <= 1e-7 * abs(here).max()


@pytest.mark.parametrize("name", ["conditions", "causes"])
def test_a_network_is_trained_there_and_comes_back(name: str, place: torch.device) -> None:
    problem = statements.string() if name == "conditions" else statements.decay()
    how = replace(SHORT, causal=name == "causes", steps=24, redraw=8)
    here, there = descend(problem, how), descend(problem, replace(how, device=str(place)))
    assert (there.theta.device, there.theta.dtype) == (HERE, torch.float64)
    # Points are drawn by what is broken, and conditions weighed: both follow the same course.
    assert float((there.theta - here.theta).abs().max()) < 1e-6
    assert here.errors is not None and there.errors is not None
    assert there.errors.relative_l2 == pytest.approx(here.errors.relative_l2, rel=1e-4)


def test_a_training_on_a_device_goes_on_to_the_same_bits(
    place: torch.device, tmp_path: Path
) -> None:
    how = replace(SHORT, steps=16, redraw=8, device=str(place), save_every=0.0)
    whole = descend(statements.string(), how)
    kept = tmp_path / "training.safetensors"
    part = descend(statements.string(), replace(how, steps=8), keep=kept)
    assert part.steps == 8
    again = descend(statements.string(), how, keep=kept)
    assert again.steps == whole.steps
    assert torch.equal(again.theta, whole.theta)
    # The bits that were promised are those of the device.
    with pytest.raises(CheckpointError, match="device"):
        descend(statements.string(), replace(how, device="cpu"), keep=kept)
