"""A frozen module answers value, error and inside, and cannot be moved by the network around it."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from area import manifest
from hypothesis import example, given
from hypothesis import strategies as st

from lawc.artifact.module import FrozenModule
from lawc.diagnostics.diagnostic import DomainError, ShapeError
from lawc.forms.network import Network, initial, raw
from lawc.forms.tape import Tape
from lawc.lowering.columns import Columns

sides = st.floats(1.0, 10.0)
logs = st.floats(1.0, 1000.0)


@pytest.fixture
def area() -> FrozenModule:
    return FrozenModule(manifest())


@given(a=sides, b=logs)
def test_the_answer_is_in_the_units_of_the_ports(a: float, b: float) -> None:
    answer = FrozenModule(manifest())({"a": a, "b": b})
    assert answer.value.shape == ()
    assert float(answer.value) == pytest.approx(a * b / 10, rel=1e-14)
    assert float(answer.inside) == pytest.approx(1.0)
    assert float(answer.error) == pytest.approx(a * b / 10 * 1e-15, rel=1e-6)


@given(a=st.floats(10.01, 1e6))
def test_outside_its_domain_it_says_so_and_its_error_grows(a: float) -> None:
    module = FrozenModule(manifest())
    answer, edge = module({"a": a, "b": 5.0}), module({"a": 10.0, "b": 5.0})
    assert float(answer.inside) < 1.0
    assert float(answer.error) > float(edge.error)


def test_membership_falls_smoothly_and_has_a_finite_slope_everywhere(area: FrozenModule) -> None:
    a = torch.linspace(-5.0, 25.0, 301, dtype=torch.float64, requires_grad=True)
    answer = area({"a": a, "b": 5.0})
    (slope,) = torch.autograd.grad(answer.inside.sum() + answer.error.sum(), a)
    assert torch.isfinite(slope).all()
    steps = answer.inside.diff().abs()
    assert float(steps.detach().max()) < 0.25


def test_a_value_of_zero_in_a_logarithmic_range_is_far_outside_but_a_number(
    area: FrozenModule,
) -> None:
    answer = area({"a": 2.0, "b": 0.0})
    assert float(answer.inside) == 0.0
    assert math.isfinite(float(answer.error))


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"b": 1.0}, 'a column for "a"'),
        ({"a": 1.0, "c": 1.0}, "no input 'c'"),
        ({"a": torch.ones(3), "b": torch.ones(4)}, 'shape (3,) or () for "b", got (4,)'),
        ({"a": torch.ones(3), "b": torch.ones(3, 1)}, 'shape (3,) or () for "b", got (3, 1)'),
        ({"a": "1"}, 'numbers for "a", got str'),
        ({"a": True}, 'numbers for "a", got bool'),
    ],
)
def test_a_wrong_column_is_named(area: FrozenModule, columns: dict, words: str) -> None:
    with pytest.raises(ShapeError) as refusal:
        area(columns)
    assert words in str(refusal.value)


def test_an_input_with_a_default_may_be_left_out(area: FrozenModule) -> None:
    assert float(area({"a": 2.0}).value) == pytest.approx(1.0)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_it_answers_in_the_dtype_it_is_asked_in_and_counts_the_rounding(
    area: FrozenModule, dtype: torch.dtype
) -> None:
    a = torch.tensor([1.7, 3.3], dtype=dtype)
    answer = area({"a": a, "b": 7.0})
    assert answer.value.dtype == answer.error.dtype == answer.inside.dtype == dtype
    true = a.double() * 0.7
    assert bool(((answer.value.double() - true).abs() <= answer.error.double() * 1.01).all())


@given(
    a=st.floats(2.0**-14, 30_000.0, width=16),
    b=st.floats(2.0**-14, 30_000.0, width=16),
    dtype=st.sampled_from([torch.float16, torch.bfloat16, torch.float32]),
)
def test_what_a_precision_cannot_hold_is_in_the_error(
    a: float, b: float, dtype: torch.dtype
) -> None:
    """Also where the answer is too small or too large for it."""
    columns = {"a": torch.tensor(a, dtype=dtype), "b": torch.tensor(b, dtype=dtype)}
    exact = float(columns["a"].double() * columns["b"].double()) / 10
    answer = FrozenModule(manifest())(columns)
    assert answer.value.dtype == answer.error.dtype == dtype
    assert abs(float(answer.value) - exact) <= float(answer.error)


@given(
    a=st.floats(width=64),
    b=st.floats(width=64),
    dtype=st.sampled_from([torch.float16, torch.bfloat16, torch.float32, torch.float64]),
)
@example(a=1e6, b=0.0, dtype=torch.float16)
@example(a=0.0, b=1e6, dtype=torch.float16)
@example(a=-1e6, b=5.0, dtype=torch.float16)
def test_an_error_is_infinite_and_never_no_number_where_nothing_is_known(
    a: float, b: float, dtype: torch.dtype
) -> None:
    """An input that its precision cannot hold arrives as infinite, and infinite times zero is
    no number."""
    columns = {"a": torch.tensor(a, dtype=dtype), "b": torch.tensor(b, dtype=dtype)}
    answer = FrozenModule(manifest())(columns)
    assert not answer.error.isnan()
    assert answer.value.isfinite() or answer.error == torch.inf
    held = all(column.isfinite() for column in columns.values())
    assert held or answer.inside == 0.0


def test_columns_that_say_another_unit_are_refused(area: FrozenModule) -> None:
    a, b = area.inputs
    rows = {"a": np.array([2.0]), "b": np.array([3.0])}
    right = Columns(rows, {"a": a.unit, "b": b.unit})
    assert area(right).value == area(rows).value
    with pytest.raises(DomainError, match='"a" is asked for in'):
        area(Columns(rows, {"a": "furlong", "b": b.unit}))


def test_numpy_and_tensors_give_the_same(area: FrozenModule) -> None:
    a = np.array([1.0, 2.5])
    from_numpy = area({"a": a, "b": 3.0}).value
    assert torch.equal(from_numpy, area({"a": torch.from_numpy(a), "b": 3.0}).value)


def test_it_has_no_parameters_and_stays_in_evaluation_mode(area: FrozenModule) -> None:
    host = torch.nn.Sequential(torch.nn.Linear(1, 1), area)
    host.train()
    assert list(area.parameters()) == []
    assert not area.training
    assert all(not below.training for below in area.modules())


@pytest.mark.parametrize("cast", ["half", "bfloat16", "float", "double"])
def test_a_cast_of_the_host_leaves_its_answer_alone(area: FrozenModule, cast: str) -> None:
    before = area({"a": 3.3, "b": 7.0}).value
    getattr(torch.nn.Sequential(area), cast)()
    assert torch.equal(area({"a": 3.3, "b": 7.0}).value, before)


def test_autocast_around_it_leaves_its_answer_alone(area: FrozenModule) -> None:
    before = area({"a": 3.3, "b": 7.0}).value
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(area({"a": 3.3, "b": 7.0}).value, before)


def test_its_stored_answers_hold_and_a_planted_fault_is_found() -> None:
    assert FrozenModule(manifest()).verify() < 1e-12
    wrong = manifest().golden.model_copy(update={"outputs": {"A": [1.0, 6.1]}})
    with pytest.raises(DomainError, match="off by"):
        FrozenModule(manifest(golden=wrong)).verify()


def test_gradients_reach_its_inputs(area: FrozenModule) -> None:
    a = torch.tensor([2.0, 3.0], dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(area({"a": a, "b": 30.0}).value.sum(), a)
    assert slope.tolist() == pytest.approx([3.0, 3.0])


def test_vmap_gives_what_the_batch_gives(area: FrozenModule) -> None:
    a, b = torch.rand(5, dtype=torch.float64) + 1, torch.rand(5, dtype=torch.float64) + 1
    mapped = torch.func.vmap(lambda a, b: area({"a": a, "b": b}).value)(a, b)
    assert torch.equal(mapped, area({"a": a, "b": b}).value)


def network() -> FrozenModule:
    """One hidden layer between the sides of a rectangle and what is said of its area."""
    before = Tape(("a", "b"), (), (("x", 0), ("y", 1)))
    after = Tape(("a", "b", raw(1)), (), (("A", 2),))
    sizes = (2, 3, 1)
    form = Network(before, sizes, after, initial(sizes, 0))
    return FrozenModule(manifest(form=form.spec()), form.state_dict())


def test_weights_of_another_file_are_refused_and_not_one_of_them_is_taken() -> None:
    host = torch.nn.Sequential(torch.nn.Linear(1, 1), network())
    before = {name: value.clone() for name, value in host.state_dict().items()}
    frozen = [name for name in before if name.startswith("1.")]
    assert frozen
    host.load_state_dict(before)
    other = {name: value + 1.0 for name, value in before.items()}
    with pytest.raises(RuntimeError, match="another version of the frozen module"):
        host.load_state_dict(other)
    assert all(torch.equal(host.state_dict()[name], before[name]) for name in frozen)
