"""Exact fields satisfy the residual of their law to rounding, and wrong ones do not."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from field_texts import HEAT, POISSON, ROD, WAVE, law, read
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

import lawc
from lawc.diagnostics.diagnostic import CompileError, ShapeError
from lawc.knowledge.law import Law
from lawc.lowering.fields.residual import FieldEquations, FieldResidual
from lawc.lowering.program import Program

ROOT = Path(__file__).parent.parent.parent
PROBLEMS = (ROOT / "benchmarks" / "fields" / "problems.law").read_text(encoding="utf-8")
Field = Callable[[dict[str, Any]], Any]
pi, sin, cos, exp = math.pi, torch.sin, torch.cos, torch.exp


def problem(name: str) -> Law:
    start = PROBLEMS.index(f"law {name}@")
    end = PROBLEMS.find("\nlaw ", start)
    return read(PROBLEMS[start:end] if end > 0 else PROBLEMS[start:])


@dataclass(frozen=True)
class Case:
    """A law with a field that solves it, written by hand."""

    law: Law
    signature: str
    field: Field
    conditions: bool = True


def stacked(*fields: Field) -> Field:
    return lambda c: torch.stack([field(c) for field in fields], dim=1)


def _graded_source(c: dict[str, Any]) -> Any:
    s = sin(pi * c["x"]) * sin(pi * c["y"])
    mixed = (cos(pi * c["x"]) * sin(pi * c["y"])) ** 2
    other = (sin(pi * c["x"]) * cos(pi * c["y"])) ** 2
    return exp(-c["t"]) * ((4 * pi**2 - 1) * s + pi**2 * (2 * s**2 - mixed - other))


def _rod(c: dict[str, Any]) -> Any:
    slope = c["h"] * (c["Ta"] - c["Tw"]) / (c["k"] + c["h"] * c["L"])
    return c["Tw"] + slope * c["x"] + 273.15


def _soliton(c: dict[str, Any]) -> Any:
    at = 0.5 * c["s"] ** 0.5 * (c["x"] - c["s"] * c["t"])
    return 0.5 * c["s"] * (2 / (exp(at) + exp(-at))) ** 2


def _swirl(c: dict[str, Any]) -> Any:
    return exp(-2 * pi**2 * c["nu"] * c["t"])


CASES = {
    "heat": Case(
        HEAT,
        "t x a A -> T",
        lambda c: c["A"] * exp(-c["a"] * c["t"] * pi**2) * sin(pi * c["x"]),
    ),
    "wave": Case(WAVE, "t x c -> u", lambda c: sin(pi * c["x"]) * cos(pi * c["c"] * c["t"])),
    "poisson": Case(POISSON, "x y -> u", lambda c: sin(pi * c["x"]) * sin(pi * c["y"])),
    "rod": Case(ROD, "x L k h Tw Ta -> T", _rod),
    "graded plate": Case(
        problem("heat-in-a-graded-plate"),
        "t x y -> u f a",
        stacked(
            lambda c: exp(-c["t"]) * sin(pi * c["x"]) * sin(pi * c["y"]),
            _graded_source,
            lambda c: 2 + sin(pi * c["x"]) * sin(pi * c["y"]),
        ),
    ),
    "biharmonic": Case(
        law(
            "x, y : place [1] 0 .. 1\nw : deflection (x, y) [1]\nq : load [1] 0.5 .. 2",
            "plate: laplacian(laplacian(w)) = q*sin(pi*x)*sin(pi*y)",
            head="  coordinates x, y",
            boundary="\n".join(
                f"{side} at {name} = {end}"
                for name in ("x", "y")
                for end in (0, 1)
                for side in ("w = 0", f"∂²w/∂{name}² = 0")
            ),
        ),
        "x y q -> w",
        lambda c: c["q"] * sin(pi * c["x"]) * sin(pi * c["y"]) / (4 * pi**4),
    ),
    "korteweg-de vries": Case(
        law(
            "t : time [1] 0 .. 1\nx : place [1] -10 .. 10\nu : height (x, t) [1]\n"
            "s : speed [1] 0.5 .. 2",
            "motion: ∂u/∂t + 6*u*∂u/∂x + ∂³u/∂x³ = 0",
            initial="u = s/2/cosh(sqrt(s)*x/2)^2 at t = 0",
            boundary="u = s/2/cosh(sqrt(s)*(-10 - s*t)/2)^2 at x = -10\n"
            "u = s/2/cosh(sqrt(s)*(10 - s*t)/2)^2 at x = 10\n"
            "∂u/∂x = -sqrt(s)*s/2*tanh(sqrt(s)*(10 - s*t)/2)/cosh(sqrt(s)*(10 - s*t)/2)^2"
            " at x = 10",
        ),
        "t x s -> u",
        _soliton,
    ),
    "decaying vortices": Case(
        law(
            "t : time [s] 0 .. 1\nx, y : place [m] 0 .. 2\nv : velocity (x, y, t) [m/s] vector2\n"
            "p : pressure (x, y, t) [Pa]\nnu : viscosity [m^2/s] 0.01 .. 0.1 log\n"
            "rho : density [kg/m^3] 500 .. 2000",
            "motion: rho*(∂v/∂t + (v·∇)v) = -∇p + rho*nu*∇²v\ncontinuity: ∇·v = 0 [1/s]",
            head="  coordinates x, y",
            initial="v = vector(-cos(pi*x/1 [m])*sin(pi*y/1 [m])*1 [m/s],"
            " sin(pi*x/1 [m])*cos(pi*y/1 [m])*1 [m/s]) at t = 0 [s]",
            boundary="v periodic in x\nv periodic in y\np periodic in x\np periodic in y",
        ),
        "t x y nu rho -> v[x] v[y] p",
        stacked(
            lambda c: -cos(pi * c["x"]) * sin(pi * c["y"]) * _swirl(c),
            lambda c: sin(pi * c["x"]) * cos(pi * c["y"]) * _swirl(c),
            lambda c: (
                -c["rho"] / 4 * (cos(2 * pi * c["x"]) + cos(2 * pi * c["y"])) * _swirl(c) ** 2
            ),
        ),
    ),
    "ring": Case(
        law(
            "x, y : place [cm] -2 .. 2\nu : potential (x, y) [V]\nR : radius [cm] 0.5 .. 1",
            "laplace: ∇²u = 0 [V/m^2]",
            region="rim: without disk at x = 0 [cm], y = 0 [cm] radius R",
            boundary="\n".join(
                [
                    "u = 1 [V] on rim",
                    *(
                        f"u = (1 + ln(sqrt(x^2 + y^2)/R))*1 [V] at {side} [cm]"
                        for side in ("x = -2", "x = 2", "y = -2", "y = 2")
                    ),
                ]
            ),
        ),
        "x y R -> u",
        lambda c: 1 + torch.log((c["x"] ** 2 + c["y"] ** 2) ** 0.5 / c["R"]),
    ),
    "waves in a room": Case(
        law(
            "t : time [s] 0 .. 1\nx, y, z : place [m] 0 .. 1\nu : pressure (x, y, z, t) [Pa]\n"
            "c : speed [m/s] 0.5 .. 2",
            "motion: ∂²u/∂t² = c^2*∇²u",
            initial="u = cos(pi*x/1 [m])*cos(pi*y/1 [m])*cos(pi*z/1 [m])*1 [Pa] at t = 0 [s]\n"
            "∂u/∂t = 0 [Pa/s] at t = 0 [s]",
            boundary="\n".join(
                f"∂u/∂{name} = 0 [Pa/m] at {name} = {end} [m]" for name in "xyz" for end in (0, 1)
            ),
        ),
        "t x y z c -> u",
        lambda c: (
            cos(pi * c["x"])
            * cos(pi * c["y"])
            * cos(pi * c["z"])
            * cos(3**0.5 * pi * c["c"] * c["t"])
        ),
    ),
}


def held(program: Program, network: Any) -> FieldResidual:
    residual = program.residual(network)
    assert isinstance(residual, FieldResidual)
    return residual


def compiled(case: Case) -> Program:
    return lawc.compile(case.law, case.signature)


@pytest.mark.parametrize("name", CASES)
def test_an_exact_field_has_no_residual_and_a_wrong_one_has(name: str) -> None:
    case = CASES[name]
    program = compiled(case)
    columns = program.sample(200, seed=3)
    residual = held(program, case.field)
    found = {**residual(columns), **residual.conditions(columns)}
    for label, values in found.items():
        assert values.shape == (200,), label
        assert float(values.abs().max()) < 1e-10, label
    loss = float(program.loss(case.field, columns))
    assert loss < 1e-20

    assert program.plan.fields is not None
    coordinates = program.plan.fields.coordinates

    def wrong(c: dict[str, Any]) -> Any:
        shift = 0.3 * torch.stack([c[name] ** 4 for name in coordinates]).sum(dim=0)
        answer = case.field(c)
        return answer * (1 + (shift if answer.ndim == 1 else shift[:, None]))

    missed = held(program, wrong)
    worst = {n: float(v.abs().max()) for n, v in missed(columns).items()}
    worst |= {n: float(v.abs().max()) for n, v in missed.conditions(columns).items()}
    assert any(worst[label] > 1e-3 for label in residual(columns)), worst
    assert float(program.loss(wrong, columns)) > 1e-8


class Net(nn.Module):
    """A smooth network of some columns, the same for every law."""

    def __init__(self, program: Program, dtype: torch.dtype) -> None:
        super().__init__()
        torch.manual_seed(5)
        names, outputs = program.signature.inputs, len(program.outputs)
        self.names, self.outputs = names, outputs
        self.inner = nn.Linear(len(names), 12, dtype=dtype)
        ends = [(q.low or 0.0, q.high or 0.0) for q in program.inputs]
        self.register_buffer("low", torch.tensor([low for low, _ in ends], dtype=dtype))
        self.register_buffer("wide", torch.tensor([high - low for low, high in ends], dtype=dtype))
        self.outer = nn.Linear(12, outputs, dtype=dtype)

    def forward(self, columns: dict[str, Any]) -> Any:
        whole = torch.stack([columns[name] for name in self.names], dim=-1)
        whole = (whole - self.get_buffer("low")) / self.get_buffer("wide")
        said = self.outer(torch.tanh(self.inner(whole)))
        return said.squeeze(-1) if self.outputs == 1 else said


def net(program: Program, dtype: torch.dtype = torch.float64) -> Net:
    return Net(program, dtype)


def everything(program: Program, network: Any, columns: Any) -> dict[str, Tensor]:
    residual = held(program, network)
    return {**residual(columns), **residual.conditions(columns)}


@pytest.mark.parametrize("name", CASES)
@settings(max_examples=4, deadline=None)
@given(drawn=st.data())
def test_a_residual_knows_neither_batch_nor_order_and_keeps_its_precision(
    name: str, drawn: st.DataObject
) -> None:
    program = compiled(CASES[name])
    state = drawn.draw(program.states())
    for kept in program.invariances():
        kept.check(state)


@pytest.mark.parametrize("spoilt", [lambda v: v - v.mean(), lambda v: v.cumsum(0)])
def test_rows_that_influence_one_another_are_noticed(
    spoilt: Callable[[Tensor], Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    program = compiled(CASES["heat"])
    state = {"t": 0.3, "x": 0.4, "a": 0.2, "A": 3.0}
    honest = FieldEquations.hold
    monkeypatch.setattr(FieldEquations, "hold", lambda *given: [spoilt(v) for v in honest(*given)])
    alone, _, _ = program.invariances()
    with pytest.raises(AssertionError, match="heat is"):
        alone.check(state)


def test_a_loss_is_batched_over_networks_and_derived_twice() -> None:
    program = compiled(CASES["ring"])
    network = net(program)
    columns = program.sample(12, seed=1).to_torch()
    weights = {name: value.detach() for name, value in network.named_parameters()}
    kept = dict(network.named_buffers())

    def loss(given: dict[str, Tensor]) -> Tensor:
        asked = lambda c: torch.func.functional_call(network, (given, kept), (c,))  # noqa: E731
        return program.loss(asked, columns)

    stack = {name: torch.stack([value, 1.1 * value]) for name, value in weights.items()}
    together = torch.func.vmap(loss)(stack)
    for k in range(2):
        alone = loss({name: values[k] for name, values in stack.items()})
        assert torch.allclose(together[k], alone, rtol=1e-12)
    bend = torch.func.hessian(lambda b: loss({**weights, "outer.bias": b}))(weights["outer.bias"])
    assert float(torch.as_tensor(bend)) > 0


def _reverse(value: Tensor, leaf: Tensor, order: int) -> Tensor:
    for _ in range(order):
        (value,) = torch.autograd.grad(value.sum(), leaf, create_graph=True)
    return value


def test_derivatives_are_those_of_nested_reverse_mode() -> None:
    program = lawc.compile(problem("burgers"), "t x nu -> u")
    network = net(program)
    columns = program.sample(50, seed=2).to_torch()
    leaves = {name: c.clone().requires_grad_() for name, c in columns.items()}
    u = network(leaves)
    side = _reverse(u, leaves["t"], 1) + u * _reverse(u, leaves["x"], 1)
    side = side - leaves["nu"] * _reverse(u, leaves["x"], 2)
    found = program.residual(network)(columns)["motion"]
    size = program.equations.sizes["motion"].at(columns)
    assert torch.allclose(found * size, side.detach(), rtol=1e-12, atol=1e-12)


def test_a_function_that_jets_do_not_know_is_differentiated_all_the_same() -> None:
    program = compiled(CASES["heat"])
    columns = program.sample(20, seed=2)

    def odd(c: dict[str, Any]) -> Tensor:
        # No rule of jets speaks of a cumulative product.
        pair = torch.stack([c["A"] * exp(-c["a"] * c["t"] * pi**2), sin(pi * c["x"])])
        return torch.cumprod(pair, dim=0)[1]

    for values in everything(program, odd, columns).values():
        assert float(values.abs().max()) < 1e-10


def test_a_network_that_leaves_out_a_field_is_refused() -> None:
    program = lawc.compile(problem("lid-driven-cavity"), "x y nu a -> v[x] v[y]")
    with pytest.raises(CompileError, match="speak of p"):
        program.residual(lambda c: torch.stack([c["x"], c["y"]], dim=1))


def test_a_network_of_a_wrong_shape_is_refused() -> None:
    program = compiled(CASES["poisson"])
    with pytest.raises(ShapeError, match='"u"'):
        program.residual(lambda c: c["x"][:, None])


def test_conditions_on_rims_are_asked_on_rims_and_where_the_region_is() -> None:
    program = lawc.compile(problem("poisson-on-an-l"), "x y -> u")
    columns = program.sample(400, seed=0)
    seen: dict[str, Tensor] = {}

    def spy(c: dict[str, Any]) -> Tensor:
        seen["x"], seen["y"] = torch.as_tensor(c["x"]), torch.as_tensor(c["y"])
        return c["x"] * 0 + 1.0

    found = held(program, spy).conditions(columns)
    notch = found["u = 0 on notch"]
    # Two of the notch's four sides are no part of the region's rim: points are on the others.
    assert bool((notch != 0).all())
    assert bool(((seen["x"] == 0) | (seen["y"] == 0)).all())
    assert float(seen["x"].min()) == 0
    assert float(seen["x"].max()) > 0.9
    right = found["u = 0 at x = 1"]
    share = float((right != 0).double().mean())
    inside = float((columns.to_torch()["y"] < 0).double().mean())
    assert abs(share - inside) < 1e-9


def test_claims_that_compare_count_and_the_answer_does_not() -> None:
    text = law(
        "t : time [s] 0 .. 1\nx : place [m] 0 .. 1\nT : temperature (x, t) [K]\n"
        "a : diffusivity [m^2/s] 0.01 .. 1\nA : height [K] 1 .. 10",
        "heat: ∂T/∂t = a*∇²T",
        initial="T = A*sin(pi*x/1 [m]) at t = 0 [s]",
        boundary="T = 0 [K] at x = 0 [m]\nT = 0 [K] at x = 1 [m]",
        checks="always T = A*exp(-a*t*pi^2/1 [m^2])*sin(pi*x/1 [m])\nalways T >= 0 [K]\n"
        "always T falls with t\nalways T rises with A",
    )
    program = lawc.compile(text, "t x a A -> T")
    columns = program.sample(64, seed=1)
    exact = program.objective.parts(CASES["heat"].field, columns)
    below = program.objective.parts(lambda c: -CASES["heat"].field(c), columns)
    assert len(program.objective.claims) == 3
    assert len(program.objective.left_out) == 1
    for claim in program.objective.claims:
        assert float(exact[claim]) < 1e-25
        assert float(below[claim]) > 1e-4


def test_sizes_do_not_depend_on_the_units_that_columns_are_in() -> None:
    def rod(unit: str, per: int) -> Program:
        return lawc.compile(
            law(
                f"t : time [s] 0 .. 100\nx : place [{unit}] 0 .. {2 * per}\n"
                f"T : temperature (x, t) [K]\na : diffusivity [{unit}^2/s] {per**2} .. {9 * per**2}"
                f"\nA : height [K] 1 .. 10",
                "heat: ∂T/∂t = a*∇²T",
                initial="T = A*sin(pi*x/1 [m]) at t = 0 [s]",
                boundary=f"T = 0 [K] at x = 0 [m]\n∂T/∂x = 0 [K/{unit}] at x = 2 [m]",
            ),
            "t x a A -> T",
        )

    at = {"a": torch.tensor([2.0], dtype=torch.float64), "A": torch.tensor([3.0]).double()}
    metres, millimetres = (rod(*how).equations.sizes for how in (("m", 1), ("mm", 1000)))
    for one, other in zip(metres.values(), millimetres.values(), strict=True):
        assert float(one.at(at)) == pytest.approx(float(other.at(at)), rel=1e-9)
    size = metres["heat"]
    # Of the order of a·A·(pi/2)², and it grows as this does.
    assert 1 / 3 < float(size.at(at)) / (2 * 3 * (math.pi / 2) ** 2) < 3
    assert size.exponents == {"a": 1, "A": 1}
