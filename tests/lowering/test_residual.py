"""The residual of a network is zero where the law holds, and sees every way of breaking it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from laws import absorption, arrhenius, kepler, law, logistic, oscillator, pendulum, read, saturable
from torch import Tensor, nn

import lawc
from lawc.diagnostics.diagnostic import ShapeError
from lawc.forms.torch_table import evaluate
from lawc.jets.jet import UnknownFunctionError
from lawc.knowledge.law import Always, Claim, Law
from lawc.lowering.program import Program, compile_law
from lawc.lowering.residual import Equations

Columns = dict[str, Tensor]

FLOWS: dict[str, tuple[Callable[[], Law], str]] = {
    "oscillator": (oscillator, "t x0 m c k F0 w -> x"),
    "absorption": (absorption, "t D F ka V CL -> C"),
    "logistic": (logistic, "t r K N0 -> N"),
}


@cache
def program(name: str) -> Program:
    build, signature = FLOWS[name]
    return compile_law(build(), signature)


class Exact(nn.Module):
    """The closed form as a network, with a factor that may be wrong."""

    def __init__(self, program: Program, factor: float = 1.0) -> None:
        super().__init__()
        self.program = program
        self.factor = nn.Parameter(torch.tensor(factor, dtype=torch.float64))

    def forward(self, columns: Columns) -> Tensor:
        tape = self.program.closed_form
        assert tape is not None
        si = {q.name: columns[q.name] * q.unit.factor + q.unit.offset for q in self.program.inputs}
        found = evaluate(tape, si)
        answers = [
            (found[q.name] - q.unit.offset) / q.unit.factor * self.factor
            for q in self.program.outputs
        ]
        return answers[0] if len(answers) == 1 else torch.stack(answers, dim=1)


class Small(nn.Module):
    """A network that knows nothing."""

    scale: Tensor

    def __init__(self, program: Program, seed: int = 0) -> None:
        super().__init__()
        torch.manual_seed(seed)
        width = len(program.signature.outputs)
        highs = [q.high or 1.0 for q in program.inputs]
        self.register_buffer("scale", torch.tensor(highs, dtype=torch.float64))
        self.layers = nn.Sequential(
            nn.Linear(len(program.inputs), 6), nn.Tanh(), nn.Linear(6, width)
        ).double()

    def forward(self, columns: Columns) -> Tensor:
        stacked = torch.stack(list(columns.values()), dim=1) / self.scale
        answer = self.layers(stacked)
        return answer[:, 0] if answer.shape[1] == 1 else answer


@pytest.mark.parametrize("name", FLOWS)
def test_a_closed_form_satisfies_its_law(name: str) -> None:
    made = program(name)
    found = made.residual(Exact(made))(made.sample(64))
    assert found and all(values.shape == (64,) for values in found.values())
    for values in found.values():
        assert values.abs().max().item() < 1e-9


@pytest.mark.parametrize("name", FLOWS)
def test_a_wrong_factor_is_seen(name: str) -> None:
    made = program(name)
    (values,) = made.residual(Exact(made, 1.05))(made.sample(64)).values()
    # A linear law without a drive keeps its form under a factor; its initial value does not.
    assert (values.abs().max().item() > 1e-3) == (name != "absorption")
    assert made.loss(Exact(made, 1.05), made.sample(64)).item() > 1e-5


def test_a_residual_takes_derivatives_as_nested_reverse_mode_does() -> None:
    made = program("oscillator")
    net, rows = Small(made), made.sample(32).to_torch()
    found = made.residual(net)(rows)["motion"]
    t = rows["t"].clone().requires_grad_()
    x = net({**rows, "t": t})
    (v,) = torch.autograd.grad(x.sum(), t, create_graph=True)
    (a,) = torch.autograd.grad(v.sum(), t)
    gap = rows["m"] * a + rows["c"] * v + rows["k"] * x
    gap = gap - rows["F0"] * torch.cos(rows["w"] * t)
    expected = gap / made.equations.sizes["motion"].at(rows)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


def test_units_of_columns_do_not_change_the_residual() -> None:
    hours = program("absorption")
    seconds = absorption()
    quantities = dict(seconds.quantities)
    t = quantities["t"]
    per_second = replace(t.unit, text="s", factor=1.0)
    quantities["t"] = replace(t, unit=per_second, high=24 * 3600.0)
    other = compile_law(replace(seconds, quantities=quantities), FLOWS["absorption"][1])
    rows = hours.sample(32).to_torch()
    net = Small(hours)

    def in_seconds(columns: Columns) -> Tensor:
        return net({**columns, "t": columns["t"] / 3600})

    one = hours.residual(net)(rows)["gut"]
    moved = {**rows, "t": rows["t"] * 3600}
    two = other.residual(in_seconds)(moved)["gut"]
    torch.testing.assert_close(one, two, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", FLOWS)
def test_rows_do_not_mix_and_order_does_not_matter(name: str) -> None:
    made = program(name)
    net, rows = Small(made), made.sample(16).to_torch()
    order = torch.randperm(16)
    whole = made.residual(net)(rows)
    mixed = made.residual(net)({key: values[order] for key, values in rows.items()})
    alone = made.residual(net)({key: values[3:4] for key, values in rows.items()})
    for label, values in whole.items():
        torch.testing.assert_close(mixed[label], values[order])
        torch.testing.assert_close(alone[label], values[3:4])


def test_a_residual_trains_and_runs_under_function_transforms() -> None:
    made = program("absorption")
    net, rows = Small(made), made.sample(16).to_torch()
    parameters = {name: p.detach() for name, p in net.named_parameters()}

    def loss(weights: dict[str, Tensor]) -> Tensor:
        def network(columns: Columns) -> Tensor:
            return torch.func.functional_call(net, weights, (columns,))

        return made.residual(network)(rows)["gut"].square().mean()

    plain = made.residual(net)(rows)["gut"].square().mean()
    plain.backward()
    gradients = torch.func.grad(loss)(parameters)
    for name, parameter in net.named_parameters():
        torch.testing.assert_close(gradients[name], parameter.grad)
    stacked = {name: torch.stack([p, 2 * p]) for name, p in parameters.items()}
    both = torch.func.vmap(loss)(stacked)
    torch.testing.assert_close(both[0], plain.detach())


def test_a_residual_keeps_the_precision_of_the_network() -> None:
    made = program("absorption")
    single = made.residual(Small(made).float())(made.sample(8))["gut"]
    double = made.residual(Small(made))(made.sample(8))["gut"]
    assert single.dtype == torch.float32
    torch.testing.assert_close(single.double(), double, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    ("shape", "given"),
    [
        (lambda x: x[:, None], r"got \(4, 1\)"),
        (lambda x: x.sum(), r"got \(\)"),
        (lambda x: x[:-1], r"got \(3,\)"),
        (lambda x: x.tolist(), "got list"),
        (lambda x: {"C": x[:, None]}, r"got \(4, 1\)"),
    ],
)
def test_an_answer_of_another_shape_is_refused(shape: Any, given: str) -> None:
    made = program("absorption")
    net = Small(made)
    with pytest.raises(ShapeError, match=given + ' from the network for "C"'):
        made.residual(lambda columns: shape(net(columns)))


def test_answers_by_name_are_those_of_a_table() -> None:
    made = compile_law(oscillator(), "t x0 m c k F0 w -> x E")

    def network(columns: Columns) -> dict[str, Tensor]:
        return {"E": columns["k"] * columns["t"] ** 2, "x": columns["x0"] * columns["t"].cos()}

    rows = made.sample(16, seed=3)
    by_name = made.residual(network)(rows)
    both = made.residual(lambda c: torch.stack([network(c)["x"], network(c)["E"]], 1))(rows)
    assert by_name.keys() == both.keys() and by_name
    for label, values in both.items():
        assert torch.equal(by_name[label], values)
    with pytest.raises(ShapeError, match='an answer for "E", got x from the network'):
        made.residual(lambda columns: {"x": columns["t"]})


def test_a_network_whose_rows_see_one_another_is_refused() -> None:
    made = program("absorption")
    net = Small(made)
    with pytest.raises(ShapeError, match="not independent"):
        made.residual(lambda columns: net(columns) - net(columns).mean())
    with pytest.raises(ShapeError, match="one row"):
        made.residual(nn.Sequential(Small(made), _Normal()))


class _Normal(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(1).double()

    def forward(self, values: Tensor) -> Tensor:
        return self.norm(values[:, None])[:, 0]


def test_a_column_that_is_missing_or_would_broadcast_is_named() -> None:
    made = program("absorption")
    residual, rows = made.residual(Small(made)), made.sample(8).to_torch()
    with pytest.raises(ShapeError, match='a column "ka"'):
        residual({name: values for name, values in rows.items() if name != "ka"})
    with pytest.raises(ShapeError, match=r'got \(8, 1\) for "ka"'):
        residual({**rows, "ka": rows["ka"][:, None]})


@pytest.mark.parametrize(
    ("known", "signature"),
    [(arrhenius(), "A Ea T -> k"), (pendulum(), "L a -> T"), (pendulum(), "L a -> T m")],
)
def test_a_formula_satisfies_its_equations(known: Law, signature: str) -> None:
    made = compile_law(known, signature)
    found = made.residual(Exact(made))(made.sample(64))
    assert found and all(values.abs().max().item() < 1e-12 for values in found.values())


def test_an_implicit_law_needs_no_root_for_its_residual() -> None:
    made = compile_law(kepler(), "M e -> E")
    rows = made.sample(32)
    truth = torch.tensor(made.reference(rows)["E"])
    known = dict(zip(rows["M"].tolist(), truth.tolist(), strict=True))

    def network(columns: Columns) -> Tensor:
        return torch.tensor([known.get(m, m) for m in columns["M"].tolist()], dtype=torch.float64)

    equations = made.equations
    assert isinstance(equations, Equations)
    found = equations.curve(network, rows.to_torch(), 0)
    values = found(equations.at(rows.to_torch()))
    assert torch.equal(values["E"], truth)
    with pytest.raises(KeyError):
        _ = values["nothing"]


def test_hidden_states_are_eliminated_or_said_to_be_left_out() -> None:
    whole = compile_law(saturable(), "t D F ka V Vmax Km -> C A")
    part = compile_law(saturable(), "t D F ka V Vmax Km -> C")
    assert whole.equations.labels == ("gut", "blood")
    assert part.equations.labels == ("gut",) and part.equations.left_out == ()
    gut = compile_law(saturable(), "t D F ka -> A")
    assert gut.equations.labels == ("gut",) and gut.equations.left_out == ("blood",)


def test_a_size_is_that_of_the_largest_term() -> None:
    known = law("y [m]\n a [m] 1000 .. 1000\n b [m] 1 .. 2", "sum: y = a + b")
    size = compile_law(known, "a b -> y").equations.sizes["sum"]
    assert size.at({"a": 1000.0, "b": 1.5}) == pytest.approx(1001.5, rel=1e-3)


def test_a_small_system_weighs_as_much_as_a_large_one() -> None:
    made = program("logistic")
    rows = made.sample(16).to_torch()
    big = {**rows, "K": rows["K"] * 1e3, "N0": rows["N0"] * 1e3}
    slow = {**rows, "t": rows["t"] * 40, "r": rows["r"] / 40}

    def network(columns: Columns) -> Tensor:
        return columns["N0"] + columns["K"] * torch.tanh(columns["r"] * columns["t"]) ** 2

    residual = made.residual(network)
    for other in (big, slow):
        torch.testing.assert_close(residual(other)["growth"], residual(rows)["growth"])


def test_claims_weigh_in_the_loss_where_they_can_be_told() -> None:
    claims = (
        Claim(Always.COMPARISON, read("C >= 0")),
        Claim(Always.FALLS, read("C"), by="CL", where=(read("F == 1"), read("V > 0.01"))),
        Claim(Always.RISES, read("A"), by="t"),
        Claim(Always.CONSTANT, read("C*V + A")),
        Claim(Always.SCALES, read("C"), by="D", value=read("1")),
    )
    made = compile_law(replace(absorption(), claims=claims), FLOWS["absorption"][1])
    rows = made.sample(64)
    assert len(made.objective.claims) == 4
    assert made.objective.left_out == ("always C scales with D ^ 1",)
    exact, net = made.objective.parts(Exact(made), rows), Exact(made)
    assert exact["always C >= 0"].item() == 0
    assert exact["always C falls with CL where F = 1, V > 0.01"].item() < 1e-20
    # The amount in the gut falls, and what is eliminated is lost: these two claims are false.
    assert exact["always A rises with t"].item() > 1e-3
    assert exact["always C*V + A is constant"].item() > 1e-3
    wrong = made.objective.parts(lambda c: net(c) * (c["CL"] - 4), rows)
    assert wrong["always C >= 0"].item() > 1e-3
    assert wrong["always C falls with CL where F = 1, V > 0.01"].item() > 1e-3


def test_initial_conditions_weigh_in_the_loss() -> None:
    made = program("oscillator")
    parts = made.objective.parts(lambda c: torch.ones_like(c["t"]) * c["x0"] + 0.1, made.sample(16))
    assert parts["start of x"].item() > 1e-2 and parts["start of x'1"].item() == 0


def test_a_loss_falls_when_it_is_trained_by() -> None:
    made = program("logistic")
    net, rows = Small(made), made.sample(64)
    optimiser = torch.optim.Adam(net.parameters(), 0.01)
    first = made.loss(net, rows).item()
    for _ in range(30):
        optimiser.zero_grad()
        loss = made.loss(net, rows)
        loss.backward()
        optimiser.step()
    assert np.isfinite(first) and made.loss(net, rows).item() < first


def test_derivatives_come_in_one_pass_and_equal_those_of_nested_forward_mode(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = lawc.library()["physics.mechanics.damped-oscillator"]
    assert isinstance(known, Law)
    program = compile_law(known, "t x0 m c k F0 w -> x")
    torch.manual_seed(0)
    body = nn.Sequential(nn.Linear(7, 8), nn.Tanh(), nn.Linear(8, 1))
    body = body.double()

    def network(columns: dict[str, Any]) -> Any:
        rows = torch.stack([columns[name] for name in program.signature.inputs], dim=-1)
        return body(rows).squeeze(-1)

    columns = program.sample(16, seed=0)

    def gradients() -> list[Tensor]:
        body.zero_grad()
        found = program.residual(network)(columns)
        torch.stack([values.square().mean() for values in found.values()]).sum().backward()
        return [weight.grad.clone() for weight in body.parameters() if weight.grad is not None]

    in_one_pass = gradients()

    def unknown(*_: Any) -> Any:
        raise UnknownFunctionError("none is known")

    monkeypatch.setattr("lawc.lowering.residual.partials", unknown)
    for one, other in zip(in_one_pass, gradients(), strict=True):
        assert bool(((one - other).abs() <= 1e-12 * other.abs().max()).all())
