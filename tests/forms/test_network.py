"""A network form keeps its promise through storage, transforms and hostile descriptions."""

from __future__ import annotations

import json

import pytest
import torch
from tests.forms.test_slabs import slabs

from lawc.forms.form import Form
from lawc.forms.network import Network, count, initial, propagate, raw, split
from lawc.forms.reading import read_form
from lawc.forms.tape import Step, Tape

BEFORE = Tape(("x", "y"), (Step("ln", (0,)), Step("tanh", (1,))), (("1", 2), ("2", 3)))
AFTER = Tape(
    ("x", "y", raw(1)),
    (Step("multiply", (0, 2)), Step("exp", (3,)), Step("add", (4, 1))),
    (("z", 5), ("w", 3)),
)
SIZES = (2, 5, 4, 1)


def network(seed: int = 3) -> Network:
    return Network(BEFORE, SIZES, AFTER, initial(SIZES, seed))


def columns(n: int = 7) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(n)
    return {k: torch.rand(n, generator=generator, dtype=torch.float64) + 0.1 for k in ("x", "y")}


def test_what_is_stored_reads_back_to_the_same_answers() -> None:
    form = network()
    spec = json.loads(json.dumps(form.spec()))
    again = read_form(spec, {name: t.clone() for name, t in form.state_dict().items()})
    for name, values in form(columns()).items():
        assert torch.equal(again(columns())[name], values)


def test_weights_are_buffers_and_never_parameters() -> None:
    form = network()
    assert list(form.parameters()) == []
    assert form.size == count(SIZES) == form.theta.numel()


def test_flat_weights_and_layers_are_the_same_weights() -> None:
    theta = initial(SIZES, 1)
    form = Network(BEFORE, SIZES, AFTER, theta)
    assert torch.equal(form.theta, theta)
    answer = form.apply_layers(split(theta, SIZES), columns())
    assert torch.equal(answer["z"], form(columns())["z"])


@pytest.mark.parametrize("shape", [(), (6,), (2, 3)])
def test_answers_have_the_shape_of_the_inputs(shape: tuple[int, ...]) -> None:
    given = {k: torch.full(shape, 0.5, dtype=torch.float64) for k in ("x", "y")}
    assert all(values.shape == shape for values in network()(given).values())


def test_vmap_export_and_compile_agree_with_the_eager_form() -> None:
    form, given = network(), columns()
    eager = form(given)["z"]
    mapped = torch.func.vmap(lambda x, y: form({"x": x, "y": y})["z"])(given["x"], given["y"])
    assert torch.allclose(mapped, eager, rtol=1e-14, atol=0)
    assert torch.equal(torch.export.export(form, (given,)).module()(given)["z"], eager)
    compiled = torch.compile(form, backend="eager", fullgraph=True)
    assert torch.equal(compiled(given)["z"], eager)


def test_gradients_by_inputs_are_right() -> None:
    form = network()
    x, y = (values.requires_grad_() for values in columns().values())
    assert torch.autograd.gradcheck(lambda a, b: form({"x": a, "y": b})["z"], (x, y))


def test_autocast_around_it_takes_no_digit() -> None:
    form, given = network(), columns()
    eager = form(given)["z"]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(form(given)["z"], eager)


def broken(**changes: object) -> dict[str, object]:
    return {**network().spec(), **changes}


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        (broken(sizes=[2, 5, 4]), r"reads 'network \d', which nothing gives|expected the weights"),
        (broken(sizes=[2, 10**9, 4, 1]), "layers of 1 to"),
        (broken(sizes=[2, 0, 4, 1]), "layers of 1 to"),
        (broken(sizes=[2]), "layers of 1 to"),
        (broken(sizes=[3, 5, 4, 1]), "expected 3 coordinates, got 2"),
        (broken(sizes=[2] * 10_000), "layers of 1 to"),
        (broken(sizes="2541"), "layer sizes as whole numbers"),
        (broken(sizes=[2, True, 4, 1]), "layer sizes as whole numbers"),
        (
            broken(before={"inputs": ["x"], "steps": [["system", 0]], "outputs": []}),
            "unknown operation 'system'",
        ),
        (
            broken(after={"inputs": ["x", "q"], "steps": [], "outputs": [["z", 0]]}),
            "reads 'q', which nothing gives",
        ),
        (broken(after={"inputs": ["x"], "steps": [], "outputs": []}), "has no output"),
        (broken(more=1), "a network is the tapes before and after"),
        ({"kind": "network"}, "a network is the tapes before and after"),
        ({"kind": "pickle"}, "expected a form of kind"),
        ({"kind": ["network"]}, "expected a form of kind"),
    ],
)
def test_a_hostile_description_is_refused(spec: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read_form(spec, dict(network().state_dict()))


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("missing", "expected the weights"),
        ("surplus", "expected the weights"),
        ("shape", "expected float64 of shape .* for bias0"),
        ("dtype", "expected float64 of shape .* for bias0, got torch.float16"),
        ("nan", "bias0 holds a value that is no number"),
        ("infinite", "bias0 holds a value that is no number"),
    ],
)
@pytest.mark.parametrize("form", [network(), slabs()], ids=["network", "slabs"])
def test_weights_that_do_not_fit_are_refused(form: Form, fault: str, says: str) -> None:
    weights = {name: tensor.clone() for name, tensor in form.state_dict().items()}
    match fault:
        case "missing":
            del weights["bias0"]
        case "surplus":
            weights["bias9"] = torch.zeros(1)
        case "shape":
            weights["bias0"] = weights["bias0"].flatten()[:-1]
        case "dtype":
            weights["bias0"] = weights["bias0"].half()
        case "nan":
            weights["bias0"].flatten()[0] = torch.nan
        case _:
            weights["bias0"].flatten()[0] = torch.inf
    with pytest.raises(ValueError, match=says):
        read_form(form.spec(), weights)


def test_a_network_of_one_linear_layer_is_affine() -> None:
    theta = torch.tensor([2.0, -1.0, 0.5], dtype=torch.float64)
    x = torch.tensor([[1.0, 3.0], [0.0, 0.0]], dtype=torch.float64)
    assert propagate(split(theta, (2, 1)), x).squeeze(-1).tolist() == [-0.5, 0.5]
