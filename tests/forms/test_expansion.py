"""An expansion answers sums and their derivatives, through storage and hostile descriptions."""

from __future__ import annotations

import json
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lawc.forms.expansion import Expansion, Read, Shape, rough
from lawc.forms.network import raw
from lawc.forms.reading import read_form
from lawc.forms.tape import Step, Tape

BEFORE = Tape(("x", "y"), (), (("x", 0), ("y", 1)))
READS = (Read(0, (0, 0)), Read(0, (1, 0)), Read(0, (1, 2)), Read(1, (0, 0)))


def after(is_rough: bool) -> Tape:
    names = tuple(raw(k) for k in range(1, 5))
    if not is_rough:
        steps = ()
        outputs = (("u", 2), ("ux", 3), ("uxyy", 4), ("v", 5))
    else:
        names += tuple(rough(k) for k in range(1, 5))
        steps = tuple(Step("add", (2 + k, 6 + k)) for k in range(4))
        outputs = (("u", 10), ("ux", 11), ("uxyy", 12), ("v", 13))
    return Tape(("x", "y", *names), steps, outputs)


def expansion(seed: int = 0, *, cuts: tuple = ((), ()), is_rough: bool = False) -> Expansion:
    generator = torch.Generator().manual_seed(seed)

    def drawn(*size: int) -> torch.Tensor:
        return torch.randn(*size, generator=generator, dtype=torch.float64)

    shape = Shape(BEFORE, after(is_rough), READS, cuts, ("x", "y") if is_rough else ())
    weights = {
        "slopes": drawn(shape.cells, 6, 2),
        "offsets": drawn(shape.cells, 6),
        "weights": drawn(shape.cells, 7, 2),
    }
    if is_rough:
        rows = [
            [-2.0, 0.3, 0.4, 1.5, 2 / 3, 0.0, 1.0],
            [-2.0, 0.3, 0.4, 1.5, 2.0, 1.0, 0.0],
            [0.1, -3.0, 1.0, 0.7, -2.0, 0.0, 0.0],
            [0.1, -3.0, 1.0, 0.7, 0.0, 1.0, 0.0],
        ]
        weights |= {"rough": torch.tensor(rows).double(), "rough_weights": drawn(4, 2)}
    return Expansion(shape, weights)


@settings(max_examples=10, deadline=None)
@given(x=st.floats(-1, 1), y=st.floats(-1, 1), seed=st.integers(0, 5), is_rough=st.booleans())
def test_derivatives_that_are_read_are_those_of_the_sum(
    x: float, y: float, seed: int, is_rough: bool
) -> None:
    form = expansion(seed, is_rough=is_rough)
    at = {n: torch.tensor([v]).double().requires_grad_() for n, v in (("x", x), ("y", y))}
    found = form(at)

    def slope(of: torch.Tensor, by: str) -> torch.Tensor:
        return torch.autograd.grad(of.sum(), at[by], create_graph=True)[0]

    first = slope(found["u"], "x")
    size = 1 + float(form.get_buffer("weights").abs().sum())
    assert float((first - found["ux"]).detach().abs().max()) < 1e-12 * size
    assert (
        float((slope(slope(first, "y"), "y") - found["uxyy"]).detach().abs().max()) < 1e-11 * size
    )


def test_each_point_is_answered_by_the_functions_of_its_cell() -> None:
    form = expansion(cuts=((0.0,), (-0.5, 0.5)))
    points = torch.tensor([[-0.5, 0.9], [0.5, -0.9], [0.5, 0.0]]).double()
    answers = form({"x": points[:, 0], "y": points[:, 1]})["u"]
    for row, cell in enumerate((2, 3, 4)):
        slopes, offsets, weights = (
            form.get_buffer(name)[cell] for name in ("slopes", "offsets", "weights")
        )
        alone = torch.tanh(slopes @ points[row] + offsets) @ weights[:-1, 0] + weights[-1, 0]
        assert math.isclose(float(answers[row]), float(alone), rel_tol=1e-12)


def test_rows_do_not_depend_on_rows_beside_them_and_vmap_agrees() -> None:
    form = expansion(cuts=((0.2,), ()), is_rough=True)
    x, y = torch.linspace(-1, 1, 9).double(), torch.linspace(1, -1, 9).double()
    whole = form({"x": x, "y": y})["u"]
    alone = torch.stack([form({"x": a, "y": b})["u"] for a, b in zip(x, y, strict=True)])
    mapped = torch.func.vmap(lambda a, b: form({"x": a, "y": b})["u"])(x, y)
    assert torch.allclose(whole, alone, rtol=1e-13, atol=1e-13)
    assert torch.allclose(whole, mapped, rtol=1e-13, atol=1e-13)


def test_the_corner_itself_has_a_finite_value() -> None:
    form = expansion(is_rough=True)
    found = form({"x": torch.tensor([-2.0]).double(), "y": torch.tensor([0.3]).double()})
    assert bool(torch.isfinite(found["u"]).all())


@pytest.mark.parametrize("is_rough", [False, True])
def test_what_is_stored_reads_back_to_the_same_answers(is_rough: bool) -> None:
    form = expansion(cuts=((-0.1, 0.4), ()), is_rough=is_rough)
    spec = json.loads(json.dumps(form.spec()))
    again = read_form(spec, {name: t.clone() for name, t in form.state_dict().items()})
    at = {"x": torch.linspace(-1, 1, 8).double(), "y": torch.linspace(-1, 0, 8).double()}
    for name, values in form(at).items():
        assert torch.equal(again(at)[name], values)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("cuts", [[0.4, 0.1], []]),
        ("cuts", [[float("nan")], []]),
        ("cuts", [[]]),
        ("cuts", [[10**400], []]),
        ("reads", [[7, [0, 0]]]),
        ("reads", [[0, [99, 0]]]),
        ("reads", [[0, [0]]]),
        ("plane", ["x"]),
        ("plane", ["x", "z"]),
        ("before", {"inputs": []}),
    ],
)
def test_a_description_that_fits_nothing_is_refused(key: str, value: object) -> None:
    form = expansion()
    spec = {**form.spec(), key: value}
    with pytest.raises(ValueError, match=r"."):
        read_form(spec, dict(form.state_dict()))


def test_weights_of_another_shape_or_without_a_number_are_refused() -> None:
    form = expansion()
    weights = dict(form.state_dict())
    with pytest.raises(ValueError, match="float64 of shape"):
        read_form(form.spec(), {**weights, "offsets": weights["offsets"][:, :3]})
    single = torch.zeros((), dtype=torch.float64)
    for name in weights:
        with pytest.raises(ValueError, match="expected"):
            read_form(form.spec(), {**weights, name: single})
    spoilt = weights["slopes"].clone()
    spoilt[0, 0, 0] = math.inf
    with pytest.raises(ValueError, match="no number"):
        read_form(form.spec(), {**weights, "slopes": spoilt})
