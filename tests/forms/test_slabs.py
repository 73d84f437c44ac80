"""Networks of slabs of time are one function without steps, through storage and hostile texts."""

from __future__ import annotations

import json
import re

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lawc.forms.network import Network, count
from lawc.forms.reading import read_form
from lawc.forms.slabs import Frame, Slabs
from lawc.forms.tape import Step, Tape

BEFORE = Tape(("x", "t"), (), (("x", 0), ("t", 1)))
AFTER = Tape(
    ("x", "network 1", "network 2"),
    (Step("add", (0, 1)),),
    (("u", 3), ("p", 2)),
)
MARKS = (-1.0, -0.4, 0.1, 1.0)
SIZES = (2, 5, 2)


def slabs(
    seed: int = 0, marks: tuple[float, ...] = MARKS, carried: tuple[int, ...] = (1, 0)
) -> Slabs:
    generator = torch.Generator().manual_seed(seed)
    shape = (len(marks) - 1, count(SIZES))
    theta = torch.randn(*shape, generator=generator, dtype=torch.float64)
    return Slabs(Frame(BEFORE, SIZES, AFTER, 1, marks, carried), theta)


def ask(form: Slabs | Network, x: float, t: float, name: str = "u") -> float:
    at = {"x": torch.tensor([x], dtype=torch.float64), "t": torch.tensor([t], dtype=torch.float64)}
    return float(form(at)[name])


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 99), x=st.floats(-1, 1), cut=st.sampled_from(MARKS[1:-1]))
def test_no_weights_make_a_step_between_two_slabs(seed: int, x: float, cut: float) -> None:
    form = slabs(seed)
    below, above = ask(form, x, cut - 1e-12), ask(form, x, cut + 1e-12)
    assert above == pytest.approx(below, abs=1e-8)
    # What is not handed on may step.
    assert ask(form, x, cut - 1e-12, "p") != ask(form, x, cut + 1e-12, "p")


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 99), x=st.floats(-1, 1), cut=st.sampled_from(MARKS[1:-1]))
def test_no_weights_make_a_kink_where_slopes_are_handed_on(seed: int, x: float, cut: float) -> None:
    form, step = slabs(seed, carried=(2, 1)), 1e-5
    u = [ask(form, x, cut + k * step) for k in (-2, -1, 0, 1, 2)]
    before, after = (3 * u[2] - 4 * u[1] + u[0]) / 2, (-3 * u[2] + 4 * u[3] - u[4]) / 2
    assert after / step == pytest.approx(before / step, abs=1e-4)
    # An output whose value alone is handed on keeps its kink.
    p = [ask(form, x, cut + k * step, "p") for k in (-1, 0, 1)]
    assert abs(p[2] - 2 * p[1] + p[0]) > 1e-4 * step
    # It starts level, and with nothing.
    assert ask(form, x, -1.0) == x
    assert ask(form, x, -1.0 + 1e-7) == pytest.approx(x, abs=1e-11)


def test_forms_that_say_true_and_false_are_read_as_before() -> None:
    form = slabs(4)
    older = {**form.spec(), "carried": [True, False]}
    back = read_form(older, dict(form.named_buffers()))
    assert ask(back, 0.2, 0.3) == ask(form, 0.2, 0.3)  # type: ignore[arg-type]
    assert back.spec() == form.spec()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 99), x=st.floats(-1, 1))
def test_nothing_is_said_at_the_start_whatever_the_weights(seed: int, x: float) -> None:
    assert ask(slabs(seed), x, -1.0) == x


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 99), x=st.floats(-1, 1), t=st.floats(-1, 0.1))
def test_later_slabs_do_not_touch_earlier_times(seed: int, x: float, t: float) -> None:
    form, other = slabs(seed), slabs(seed)
    other.get_buffer("weight0")[2] += 1.0
    other.get_buffer("bias1")[2] -= 3.0
    assert ask(form, x, t) == ask(other, x, t)
    assert ask(form, x, 0.5) != ask(other, x, 0.5)


def test_one_slab_is_a_network_that_begins_with_nothing() -> None:
    form = slabs(3, (-1.0, 1.0))
    theta = torch.cat([p.reshape(-1) for pair in form.layers(0) for p in pair])
    alone = Network(BEFORE, SIZES, AFTER, theta)
    for x, t in ((0.3, -0.7), (-0.9, 0.2), (0.1, 1.0)):
        assert ask(form, x, t) == pytest.approx(x + (t + 1) / 2 * (ask(alone, x, t) - x), rel=1e-12)


def test_slabs_come_back_from_their_description_and_answer_in_any_shape() -> None:
    form = slabs(7)
    spec = json.loads(json.dumps(form.spec()))
    back = read_form(spec, dict(form.named_buffers()))
    at = {n: torch.rand(4, 3, dtype=torch.float64) * 2 - 1 for n in ("x", "t")}
    assert torch.equal(form(at)["u"], back(at)["u"])
    assert form(at)["u"].shape == (4, 3)
    one = {name: values[2, 1] for name, values in at.items()}
    assert float(form(one)["u"]) == pytest.approx(float(form(at)["u"][2, 1]), rel=1e-12)


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("marks", [-1.0, 0.5, 0.2, 1.0], "marks that rise"),
        ("marks", [-1.0, 1.0], "shape"),
        ("marks", [float("nan")] * 4, "up to a million"),
        ("marks", ["a", "b", "c", "d"], "marks as numbers"),
        ("marks", [0.0] * 2000, "slabs"),
        ("carried", [True], "outputs"),
        ("carried", [3, 0], "0, 1 or 2"),
        ("carried", [1, "2"], "0, 1 or 2"),
        ("time", 2, "one of them to be cut"),
        ("time", -1, "one of them to be cut"),
        ("time", True, "the number of a coordinate, marks"),
        ("marks", None, "the number of a coordinate, marks"),
        ("marks", [0.0], "slabs, got 0"),
        ("marks", [float(n) for n in range(514)], "expected 1 to 512 slabs, got 513"),
        ("marks", [-1.0, 0.5, 0.5, 1.0], "marks that rise"),
        ("sizes", [2, 10**9, 2], "layers of 1 to"),
        ("sizes", [2], "layers of 1 to"),
        ("sizes", [2, True, 2], "layer sizes as whole numbers"),
        ("sizes", "252", "layer sizes as whole numbers"),
        ("more", 1, "slabs are two tapes"),
    ],
)
def test_what_is_none_of_slabs_is_refused(key: str, value: object, says: str) -> None:
    form = slabs()
    with pytest.raises(ValueError, match=says):
        read_form({**form.spec(), key: value}, dict(form.named_buffers()))


@given(st.tuples(*[st.integers(-5, 5) | st.floats() | st.booleans() | st.none()] * 2))
def test_frames_made_in_code_hand_on_nothing_value_or_slope_alone(carried: tuple[int, ...]) -> None:
    fits = [type(one) is int and one in (0, 1, 2) for one in carried]
    if all(fits):
        assert slabs(carried=carried).frame.carried == carried
        return
    where = fits.index(False)
    says = f"what of it is handed on; got {carried[where]!r} for output {where + 1}"
    with pytest.raises(ValueError, match=re.escape(says)):
        slabs(carried=carried)


@pytest.mark.parametrize("end", [float("inf"), 2e6])
def test_frames_made_in_code_have_marks_that_a_file_may_have(end: float) -> None:
    with pytest.raises(ValueError, match="up to a million"):
        slabs(marks=(-1.0, 0.0, end))
