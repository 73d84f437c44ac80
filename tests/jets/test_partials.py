"""A jet carries the partial derivatives that nested reverse mode finds one by one."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional

from lawc.jets.closure import Partial, closure, partial
from lawc.jets.jet import Jet, UnknownFunctionError
from lawc.jets.partials import partials

NAMES = ("t", "x", "y")
ROWS = 5


def columns(seed: int, low: float = -1.0, high: float = 1.0) -> dict[str, Tensor]:
    chance = torch.Generator().manual_seed(seed)
    draw = torch.rand(len(NAMES), ROWS, generator=chance, dtype=torch.float64)
    return dict(zip(NAMES, low + (high - low) * draw, strict=True))


def nested(function: Callable[..., Any], at: dict[str, Tensor], wanted: Partial) -> Tensor:
    """Differentiate by reverse mode, once for each order."""
    leaves = {name: column.clone().requires_grad_() for name, column in at.items()}
    found = function(leaves)
    for name, order in wanted:
        for _ in range(order):
            total = found.sum()
            if not total.requires_grad:
                return torch.zeros_like(found)
            (found,) = torch.autograd.grad(
                total, leaves[name], create_graph=True, materialize_grads=True
            )
    return found.detach()


def agree(one: Tensor, other: Tensor) -> bool:
    scale = other.abs().max().clamp(min=1.0)
    return bool(((one - other).abs() <= 1e-12 * scale).all())


class Net(nn.Module):
    """A small network of three inputs."""

    def __init__(self, activation: Any, width: int = 8) -> None:
        super().__init__()
        layers = [nn.Linear(3, width), activation, nn.Linear(width, width), activation]
        self.body = nn.Sequential(*layers, nn.Linear(width, 1)).double()

    def forward(self, given: dict[str, Any]) -> Any:
        return self.body(torch.stack([given[name] for name in NAMES], dim=-1)).squeeze(-1)


orders = st.fixed_dictionaries({name: st.integers(0, 6) for name in NAMES}).filter(
    lambda found: 1 <= sum(found.values()) <= 6
)
SMOOTH = [nn.Tanh(), nn.SiLU(), nn.GELU(), nn.GELU("tanh"), nn.Sigmoid(), nn.Softplus()]
ACTIVATIONS = [*SMOOTH, nn.ELU(), nn.LeakyReLU(0.1)]


@settings(max_examples=40, deadline=None)
@given(wanted=st.lists(orders, min_size=1, max_size=3), kind=st.sampled_from(ACTIVATIONS))
def test_a_network_has_the_derivatives_of_nested_reverse_mode(
    wanted: list[dict[str, int]], kind: nn.Module
) -> None:
    torch.manual_seed(0)
    net, at = Net(kind), columns(1)
    asked = [partial(**one) for one in wanted]
    found = partials(net, at, [(), *asked])
    assert agree(found[()], net(at))
    for one in asked:
        assert agree(found[one], nested(net, at, one)), one


def sine_layer(given: dict[str, Any]) -> Any:
    return torch.sin(3 * given["x"] - given["t"] ** 2) * torch.exp(-given["y"])


LAYERS = torch.linspace(-1, 2, 3 * ROWS, dtype=torch.float64).reshape(3, ROWS)

FORMULAS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "product": sine_layer,
    "quotient": lambda c: (1 + c["x"]) / (2 + c["t"] * c["y"]),
    "powers": lambda c: (2 + c["x"]) ** 2.5 + c["t"] ** 3 - (3 + c["y"]) ** -2,
    "power of powers": lambda c: (2 + c["x"]) ** (c["t"] + 0.5),
    "powers of a column": lambda c: (2 + c["x"]) ** torch.arange(ROWS).double() * c["t"],
    "two to the": lambda c: 2.0 ** c["x"],
    "roots": lambda c: torch.sqrt(2 + c["x"] * c["t"]) + torch.rsqrt(3 + c["y"]),
    "logarithms": lambda c: torch.log(3 + c["x"] + c["t"]) + torch.log1p(c["y"].square() * 0.5),
    "logarithms to a base": lambda c: torch.log10(2 + c["x"]) * torch.log2(3 + c["t"]),
    "trigonometry": lambda c: torch.tan(c["x"] * 0.7) + torch.cos(c["t"] * c["y"]),
    "inverse": lambda c: torch.atan(c["x"] + c["t"]) + torch.asin(0.3 * c["y"] + 0.2 * c["x"]),
    "arccos": lambda c: torch.acos(0.4 * c["x"] * c["t"]) + torch.asinh(2 * c["y"]),
    "hyperbolic": lambda c: torch.sinh(c["x"]) * torch.cosh(c["t"]) + torch.tanh(c["y"]),
    "error function": lambda c: torch.erf(c["x"] + 2 * c["t"]) * torch.expm1(c["y"]),
    "choice": lambda c: torch.where(c["x"] > c["t"], c["x"] ** 3 * c["y"], c["t"].sin()),
    "extremes": lambda c: torch.maximum(c["x"] ** 2, c["y"]) + torch.minimum(c["t"], 0.1 * c["x"]),
    "clamp": lambda c: c["x"].clamp(min=-0.5, max=0.5) ** 2 * c["t"],
    "absolute": lambda c: abs(c["x"]) * c["t"] + functional.leaky_relu(c["y"]) ** 2,
    "reduced": lambda c: torch.stack([c["x"] * c["t"], c["y"] ** 2]).sum(0) * 2 - c["x"].mul(3),
    "weighed": lambda c: torch.sub(c["x"] ** 2, c["t"], alpha=2) * torch.add(1, c["y"], alpha=3),
    "more dimensions": lambda c: (
        ((c["x"] + LAYERS) * c["t"] + c["y"] * LAYERS * c["x"] - (c["t"] * LAYERS + c["y"])).sum(0)
    ),
    "reflected": lambda c: 1 - c["x"] ** 2 + (2 / (3 - c["t"])) - torch.ones_like(c["x"]) * c["y"],
}  # fmt: skip


@pytest.mark.parametrize("name", FORMULAS)
@settings(max_examples=12, deadline=None)
@given(wanted=orders, seed=st.integers(0, 100))
def test_a_formula_has_the_derivatives_of_nested_reverse_mode(
    name: str, wanted: dict[str, int], seed: int
) -> None:
    asked, at = partial(**wanted), columns(seed)
    found = partials(FORMULAS[name], at, [asked])[asked]
    expected = nested(FORMULAS[name], at, asked)
    scale = expected.abs().max().clamp(min=1.0)
    assert bool(((found - expected).abs() <= 1e-11 * scale).all())


@pytest.mark.parametrize("power", range(7))
def test_a_monomial_is_exact_at_zero(power: int) -> None:
    at = {"x": torch.zeros(3, dtype=torch.float64)}
    for order in range(1, 7):
        found = partials(lambda c: c["x"] ** power, at, [partial(x=order)])[partial(x=order)]
        factorial = float(
            torch.lgamma(torch.tensor(power + 1.0, dtype=torch.float64)).exp().round()
        )
        expected = factorial if order == power else 0.0
        assert found.tolist() == [expected] * 3


def test_shapes_may_change_on_the_way() -> None:
    torch.manual_seed(0)
    weight = torch.randn(4, 3, dtype=torch.float64)

    def winding(given: dict[str, Any]) -> Any:
        rows = torch.cat([given[name].unsqueeze(1) for name in NAMES], dim=1)
        high = torch.matmul(rows, weight.T).reshape(ROWS, 2, 2).transpose(1, 2)
        one, two = torch.chunk(torch.tanh(high.flatten(1)), 2, dim=1)
        return (one * two).sum(dim=1) + torch.unbind(one, 1)[0] + (two @ weight[:2, 0])

    at, asked = columns(3), partial(x=2, t=1)
    assert agree(partials(winding, at, [asked])[asked], nested(winding, at, asked))


@pytest.mark.parametrize("asked", [partial(x=1), partial(x=3), partial(x=2, t=1)])
def test_a_stack_of_matrices_changes_every_coefficient(asked: Partial) -> None:
    """A stack of as many matrices as there are coefficients must not be taken for these."""
    torch.manual_seed(0)
    weight = torch.randn(3, 4, 2, dtype=torch.float64)

    def after(given: dict[str, Any]) -> Any:
        rows = torch.stack([given["x"] ** 3, given["x"] * given["t"], given["y"], given["t"]], 1)
        return torch.matmul(rows, weight).tanh()

    def before(given: dict[str, Any]) -> Any:
        rows = torch.stack([given["x"] ** 3, given["x"] * given["t"], given["y"], given["t"]], 0)
        return torch.matmul(weight.mT, rows).tanh()

    at = columns(3)
    for function in (after, before):
        found = partials(function, at, [(), asked])
        assert found[()].shape == found[asked].shape == function(at).shape
        assert agree(found[()], function(at))
        for k in range(len(weight)):
            alone = nested(lambda c, k=k, f=function: f(c)[k], at, asked)
            assert agree(found[asked][k].sum(), alone.sum())
    with pytest.raises(UnknownFunctionError, match="vector times a stack"):
        partials(lambda c: torch.matmul(weight[:, :, :1].expand(3, 4, ROWS), c["x"]), at, [asked])


SHAPES: dict[str, Callable[[Any], Any]] = {
    "squeeze all": lambda c: c.unsqueeze(1).unsqueeze(-1).squeeze(),
    "squeeze one": lambda c: c.unsqueeze(0).unsqueeze(2).squeeze(2),
    "unsqueeze last": lambda c: c.unsqueeze(-1),
    "reshape by numbers": lambda c: c.reshape(3, -1),
    "reshape by a tuple": lambda c: c.reshape((-1,)),
    "reshape to one number": lambda c: c.reshape(ROWS * 6),
    "expand by numbers": lambda c: c[:, :1].expand(ROWS, 4, 2),
    "expand by a tuple": lambda c: c[:, :1].expand((3, ROWS, 4, 2)),
    "flatten all": lambda c: c.flatten(),
    "flatten inner": lambda c: c.flatten(1),
    "flatten outer": lambda c: c.flatten(0, 1),
    "transpose": lambda c: c.transpose(0, 2),
    "transpose from the end": lambda c: c.transpose(-1, 1),
    "sum of all": lambda c: c.sum(),
    "sum along one": lambda c: c.sum(1),
    "sum along two": lambda c: c.sum((0, -1)),
    "sum kept": lambda c: c.sum(0, keepdim=True),
    "mean of all": lambda c: c.mean(),
    "mean along one": lambda c: c.mean(-2),
    "mean kept": lambda c: c.mean(1, keepdim=True),
    "unbind": lambda c: torch.unbind(c, 1)[2],
    "unbind from the end": lambda c: torch.unbind(c, -1)[1],
    "split": lambda c: torch.split(c, 2, 1)[1],
    "split in lengths": lambda c: torch.split(c, [1, 4])[1],
    "chunk": lambda c: torch.chunk(c, 2)[0],
    "chunk from the end": lambda c: torch.chunk(c, 2, -1)[1],
    "cat": lambda c: torch.cat([c, torch.zeros(2, 3, 2).double(), c]),
    "cat from the end": lambda c: torch.cat([c, c[..., :1]], -1),
    "stack": lambda c: torch.stack([c, 2 * c]),
    "stack at the end": lambda c: torch.stack([c, c], -1),
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_linear_change_of_shape_changes_each_derivative_alike(name: str) -> None:
    def cube(given: dict[str, Any]) -> Any:
        rows = torch.stack([given["x"] ** 3, given["x"] * given["t"], given["y"]], 1)
        return torch.stack([rows, rows**2], 2)

    change = SHAPES[name]
    at, asked = columns(5), [(), partial(x=3), partial(x=1)]
    whole, found = partials(cube, at, asked), partials(lambda c: change(cube(c)), at, asked)
    for one in asked:
        wanted = whole[one]
        # Zeros that are put in are constant; they have no derivative.
        assert found[one].shape == change(wanted).shape
        assert agree(found[one], change(wanted))


@pytest.mark.parametrize(
    "key",
    [
        2,
        (slice(None), 1),
        (..., 0),
        (0, ..., None, 1),
        torch.tensor([3, 0, 3]),
        torch.tensor([True, False, True, False, True]),
        (torch.tensor([1, 0, 4]), slice(None), torch.tensor([0, 1, 1])),
        (3, slice(1, None), torch.tensor([0, 1, 1])),
    ],
    ids=str,
)
def test_a_part_of_a_jet_is_the_part_of_each_coefficient(key: Any) -> None:
    def cube(given: dict[str, Any]) -> Any:
        rows = torch.stack([given["x"] ** 3, given["x"] * given["t"], given["y"]], 1)
        return torch.stack([rows, rows**2], 2)

    at, asked = columns(5), [(), partial(x=3), partial(x=1)]
    whole, found = partials(cube, at, asked), partials(lambda c: cube(c)[key], at, asked)
    for one in asked:
        assert torch.equal(found[one], whole[one][key])


def test_an_exponent_that_is_fitted_has_its_gradient() -> None:
    at, exponent = columns(2, 0.5, 1.5), torch.tensor(2.5, dtype=torch.float64, requires_grad=True)
    asked = partial(x=1)
    (found,) = torch.autograd.grad(
        partials(lambda c: c["x"] ** exponent, at, [asked])[asked].sum(), exponent
    )
    # d/dp of p x^(p-1)
    x, p = at["x"], 2.5
    assert agree(found, (x ** (p - 1) * (1 + p * x.log())).sum())


def test_what_is_no_number_stays_none_at_a_bound() -> None:
    at = {"x": torch.tensor([float("nan"), 2.0], dtype=torch.float64)}
    one = torch.ones(2, dtype=torch.float64)
    for bounded in (
        lambda c: c["x"].clamp(min=0.0),
        lambda c: c["x"].clamp(max=3.0),
        lambda c: torch.maximum(c["x"], one),
        lambda c: torch.minimum(one * 3, c["x"]),
    ):
        found = partials(bounded, at, [(), partial(x=1)])
        assert found[()][0].isnan()
        assert found[()][1] == 2
        assert found[partial(x=1)][1] == 1


def test_large_values_of_an_elu_have_gradients() -> None:
    x = torch.tensor([-1.0, 800.0], dtype=torch.float64, requires_grad=True)
    found = partials(lambda c: functional.elu(c["x"]), {"x": x}, [(), partial(x=1)])
    (slope,) = torch.autograd.grad(found[()].sum(), x)
    assert slope.tolist() == pytest.approx([torch.e**-1, 1.0])


def test_what_no_rule_is_known_for_is_refused_by_name() -> None:
    at = columns(0)
    with pytest.raises(UnknownFunctionError, match="cumsum"):
        partials(lambda c: torch.cumsum(c["x"], 0), at, [partial(x=1)])
    with pytest.raises(UnknownFunctionError, match="softmax"):
        partials(lambda c: functional.softmax(c["x"], 0), at, [partial(x=1)])
    with pytest.raises(UnknownFunctionError, match="a quotient that is rounded"):
        partials(lambda c: torch.div(c["x"], 2, rounding_mode="floor"), at, [partial(x=1)])
    for weights in (lambda x: (x[None], None), lambda x: (torch.eye(ROWS).double(), x)):
        with pytest.raises(UnknownFunctionError, match="weights that depend"):
            partials(lambda c, w=weights: functional.linear(c["x"], *w(c["x"])), at, [partial(x=1)])
    with pytest.raises(AttributeError, match="cumprod"):
        partials(lambda c: c["x"].cumprod(0), at, [partial(x=1)])


def test_what_does_not_depend_on_a_variable_has_no_derivative() -> None:
    at = columns(0)
    found = partials(lambda c: c["x"] * 2, at, [(), partial(t=1)])
    assert torch.equal(found[()], at["x"] * 2)
    assert not found[partial(t=1)].any()
    assert not partials(lambda c: torch.ones(ROWS), at, [partial(t=1)])[partial(t=1)].any()


def test_gradients_by_weights_are_those_of_nested_reverse_mode() -> None:
    torch.manual_seed(0)
    net, at, asked = Net(nn.Tanh()), columns(2), partial(x=3, t=1)
    partials(net, at, [asked])[asked].square().sum().backward()
    ours = [weight.grad.clone() for weight in net.parameters() if weight.grad is not None]
    net.zero_grad()
    leaves = {name: column.clone().requires_grad_() for name, column in at.items()}
    found = net(leaves)
    for name in ("t", "x", "x", "x"):
        (found,) = torch.autograd.grad(found.sum(), leaves[name], create_graph=True)
    found.square().sum().backward()
    theirs = [weight.grad for weight in net.parameters() if weight.grad is not None]
    # The last bias has no part in any derivative: both ways leave it without a gradient or at zero.
    for one, other in zip(ours, theirs, strict=False):
        assert agree(one, other)
    assert len(ours) >= 5


def test_second_derivatives_by_weights_exist() -> None:
    torch.manual_seed(0)
    net, at, asked = Net(nn.Tanh(), 3), columns(2), partial(x=2)
    weights = dict(net.named_parameters())

    def loss(first: Tensor) -> Tensor:
        changed = {**weights, "body.0.weight": first}
        found = partials(lambda c: torch.func.functional_call(net, changed, (c,)), at, [asked])[
            asked
        ]
        return found.square().sum()

    first = weights["body.0.weight"].detach().requires_grad_()
    assert torch.autograd.gradcheck(loss, (first,))
    assert torch.autograd.gradgradcheck(loss, (first,))


def test_forward_mode_sees_through_a_jet() -> None:
    torch.manual_seed(0)
    net, at, asked = Net(nn.Tanh(), 3), columns(2), partial(x=2, t=1)
    weights = dict(net.named_parameters())

    def found(first: Tensor) -> Tensor:
        changed = {**weights, "body.0.weight": first}
        return partials(lambda c: torch.func.functional_call(net, changed, (c,)), at, [asked])[
            asked
        ]

    first = weights["body.0.weight"].detach()
    forward = torch.func.jacfwd(found)(first)
    assert agree(forward, torch.func.jacrev(found)(first))


def test_a_stack_of_networks_is_differentiated_under_vmap() -> None:
    torch.manual_seed(0)
    nets = [Net(nn.Tanh()) for _ in range(3)]
    stacked, buffers = torch.func.stack_module_state(nets)
    at, asked = columns(4), partial(x=2, y=1)

    def one(weights: dict[str, Tensor]) -> Tensor:
        return partials(
            lambda c: torch.func.functional_call(nets[0], (weights, buffers), (c,)), at, [asked]
        )[asked]

    found = torch.func.vmap(one)(stacked)
    for net, row in zip(nets, found, strict=True):
        assert agree(row, partials(net, at, [asked])[asked])


@given(st.lists(orders, min_size=1, max_size=3))
def test_a_closure_holds_all_below_and_nothing_else(wanted: list[dict[str, int]]) -> None:
    known = closure(frozenset(partial(**one) for one in wanted))
    assert len(set(known.indices)) == len(known)
    variables = known.variables
    for index in known.indices:
        assert any(
            all(order <= one[name] for name, order in zip(variables, index, strict=True))
            for one in wanted
        )
        for place, order in enumerate(index):
            if order:
                assert (*index[:place], order - 1, *index[place + 1 :]) in known.indices


def test_float32_stays_float32() -> None:
    at = {name: column.float() for name, column in columns(0).items()}
    found = partials(sine_layer, at, [partial(x=2)])[partial(x=2)]
    assert found.dtype == torch.float32
    exact = partials(sine_layer, {k: v.double() for k, v in at.items()}, [partial(x=2)])
    assert torch.allclose(found.double(), exact[partial(x=2)], rtol=1e-5, atol=1e-5)


def test_jets_are_compared_by_value() -> None:
    def compared(given: dict[str, Any]) -> Any:
        x, t = given["x"], given["t"]
        # One row of equal values tells < from <= and > from >=.
        other: Any = torch.where(torch.arange(ROWS) == 0, x, t) + 0.0
        for sign in (operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge):
            assert torch.equal(sign(x, other), sign(x.value, other.value))
            assert torch.equal(sign(x, other.value), sign(x.value, other.value))
            assert torch.equal(sign(x.value, other), sign(x.value, other.value))
        other = x + 0.0
        assert (x == other).all() and not (x != other).any()
        return torch.where(x == other, x**2, t)

    at = columns(0)
    assert torch.equal(partials(compared, at, [partial(x=1)])[partial(x=1)], 2 * at["x"])


def test_a_partial_derivative_is_the_same_in_any_order_of_its_variables() -> None:
    assert partial(x=2, t=1) == partial(t=1, x=2) == partial(t=1, x=2, y=0)
    known = closure((partial(x=2, t=1),))
    assert known.indices[known.index((("x", 2), ("t", 1)))] == (1, 2)
    assert known.indices[known.seed("t")] == (1, 0)


def test_the_value_alone_is_that_of_the_function() -> None:
    at = columns(0)
    assert torch.equal(partials(sine_layer, at, [()])[()], sine_layer(at))
    assert partials(sine_layer, at, []) == {}


def test_what_is_no_derivative_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one derivative"):
        closure(((),))
    for orders in ((("x", 1), ("t", 0)), (("x", -1),)):
        with pytest.raises(ValueError, match="orders of one or more"):
            closure((orders,))
    known = closure((partial(x=1),))
    for absent in (partial(x=1, t=1), partial(x=2)):
        with pytest.raises(KeyError):
            known.index(absent)


def test_a_jet_says_its_shape_like_a_tensor() -> None:
    at = columns(0)

    def look(given: dict[str, Any]) -> Any:
        column = given["x"]
        assert isinstance(column, Jet)
        assert (column.shape, column.ndim, len(column)) == ((ROWS,), 1, ROWS)
        assert (column.dtype, column.size(0), column.dim()) == (torch.float64, ROWS, 1)
        return column[1:3]

    assert partials(look, at, [partial(x=1)])[partial(x=1)].tolist() == [1.0, 1.0]
