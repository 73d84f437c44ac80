"""Samples fill the declared ranges, keep `valid`, and come back the same for the same seed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from laws import absorption, kepler, law, logistic, oscillator, read

from lawc.diagnostics.diagnostic import CompileError, DomainError
from lawc.knowledge.law import Validity
from lawc.lowering import sampler
from lawc.lowering.domain import inside_box, margins, valid_region
from lawc.lowering.numpy_table import evaluate
from lawc.lowering.plan import Plan
from lawc.lowering.planning import make_plan
from lawc.lowering.sampler import KINDS, declared_inputs, sample, stream, to_si, trajectories
from lawc.native.drawing import drawing

PLAN = make_plan(oscillator(), "t x0 m c k F0 w -> x")


def box(valid: str = "") -> Plan:
    known = law("y [m]\n a [m] 1 .. 2\n b [m] 1 .. 100 log", "sum: y = a + b", valid=valid)
    return make_plan(known, "a b -> y")


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 700), st.integers(0, 2**31), st.sampled_from(KINDS))
def test_every_row_lies_in_the_domain(n: int, seed: int, what: str) -> None:
    rows = sample(PLAN, n, seed, what=what)
    inputs = declared_inputs(PLAN)
    assert all(values.shape == (n,) and values.dtype == np.float64 for values in rows.values())
    assert inside_box(inputs, rows).all()
    assert valid_region(PLAN).holds(to_si(inputs, rows)).all()
    again = sample(PLAN, n, seed, what=what)
    assert all(np.array_equal(rows[name], again[name]) for name in rows)


@pytest.mark.parametrize("what", KINDS)
def test_another_seed_gives_other_rows(what: str) -> None:
    one, other = (sample(PLAN, 50, seed, what=what) for seed in (0, 1))
    assert not np.array_equal(one["m"], other["m"])


def test_fewer_rows_are_the_first_of_more() -> None:
    few, many = sample(box(), 37), sample(box(), 512)
    assert all(np.array_equal(few[name], many[name][:37]) for name in few)


def test_sobol_points_fill_the_box_evenly_and_logarithmically_where_declared() -> None:
    rows = sample(box(), 1024)
    linear, _ = np.histogram(rows["a"], bins=8, range=(1, 2))
    logarithmic, _ = np.histogram(np.log10(rows["b"]), bins=8, range=(0, 2))
    assert np.all(linear == 128) and np.all(logarithmic == 128)


def test_corners_come_first_on_the_faces_and_every_face_is_met() -> None:
    rows = sample(box(), 64, what="faces")
    corners = {(a, b) for a, b in zip(rows["a"], rows["b"], strict=True)}
    assert {(1, 1), (1, 100), (2, 1), (2, 100)} <= corners
    on = [(rows["a"] == 1), (rows["a"] == 2), (rows["b"] == 1), (rows["b"] == 100)]
    assert np.logical_or.reduce(on).all() and all(face.any() for face in on)


def test_a_condition_that_leaves_nothing_is_named() -> None:
    with pytest.raises(DomainError, match=r"a > 3"):
        sample(box("a > 3"), 10)


def test_the_thin_condition_is_named_among_harmless_ones() -> None:
    with pytest.raises(DomainError, match=r"only 0 satisfy.*b < a"):
        sample(box("a > 0\nb < a/10"), 10)


def test_a_thin_domain_is_sampled_all_the_same() -> None:
    rows = sample(box("b < 1.05"), 300)
    assert len(rows["b"]) == 300 and rows["b"].max() < 1.05


def test_inputs_without_a_range_are_named() -> None:
    known = law("y [m]\n a [m] 1 .. 2\n b [m]\n d [m]", "sum: y = a + b + d")
    with pytest.raises(CompileError, match="no range is declared for b, d"):
        sample(make_plan(known, "a b d -> y"), 3)


@pytest.mark.parametrize("n", [0, -1, 2.5, True])
def test_a_number_of_rows_that_is_none_is_refused(n: object) -> None:
    with pytest.raises(ValueError, match="whole number"):
        sample(box(), n)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["start", "block"])
@pytest.mark.parametrize("number", [-1, 2.5, True, "4", None, np.float64(2), 2**60])
def test_a_place_or_a_size_of_a_stream_that_is_none_is_refused_by_its_name(
    name: str, number: object
) -> None:
    with pytest.raises(ValueError, match=f"whole number.* for {name}, got"):
        stream(box(), **{name: number})  # type: ignore[arg-type]


def test_a_stream_draws_no_blocks_of_nothing() -> None:
    with pytest.raises(ValueError, match=r"at least 1 and at most .* for block, got 0"):
        stream(box(), block=0)


@pytest.mark.parametrize("what", KINDS[:2])
def test_a_stream_begins_as_far_along_as_it_may(what: str) -> None:
    rows, places = next(stream(box(), what=what, start=2**52, block=5))
    assert places.tolist() == [2**52 + k for k in range(5)]
    assert all(len(np.unique(values)) == 5 for values in rows.values())


def test_trajectories_share_parameters_and_start_at_the_start() -> None:
    plan = make_plan(absorption(), "t D F ka V CL -> C")
    rows = trajectories(plan, 5, 11, seed=3)
    table = {name: values.reshape(5, 11) for name, values in rows.items()}
    assert np.all(table["t"][:, 0] == 0) and np.all(np.diff(table["t"]) > 0)
    assert np.all((table["t"] < 0.24).sum(axis=1) >= 3)
    for name in ("D", "F", "ka", "V", "CL"):
        assert np.all(table[name] == table[name][:, :1])
    assert len(np.unique(rows["ka"])) == 5


def test_trajectories_need_a_variable() -> None:
    with pytest.raises(CompileError, match="no variable"):
        trajectories(make_plan(kepler(), "M e -> E"), 2, 2)


@settings(max_examples=50, deadline=None)
@given(st.floats(-10, 10), st.floats(-10, 10), st.floats(-10, 10))
def test_a_margin_is_positive_just_where_its_condition_holds(a: float, b: float, c: float) -> None:
    text = "(a < b and not b <= c) or a + b > 2*c\na <= b\nnot (a < c or c < b)\na < b < c"
    known = law("y [m]\n a [m] -10 .. 10\n b [m] -10 .. 10\n c [m] -10 .. 10", "sum: y = a + b + c")
    known = replace(known, validity=tuple(Validity(read(line)) for line in text.splitlines()))
    plan = make_plan(known, "a b c -> y")
    columns = {"a": np.array([a]), "b": np.array([b]), "c": np.array([c])}
    found = evaluate(margins(plan), columns)
    assert all(-1 <= value[0] <= 1 for value in found.values())
    truth = valid_region(plan).holds(columns)[:, 0]
    for number, holds in enumerate(truth, start=1):
        mine = min(v[0] for key, v in found.items() if key.startswith(f"margin {number}."))
        assert mine > 0 if holds and mine != 0 else mine <= 0


def test_a_chain_gives_a_margin_for_each_of_its_comparisons() -> None:
    names = [name for name, _ in margins(box("1 < a < b")).outputs]
    assert names == ["margin 1.1", "margin 1.2"]


def test_margins_follow_what_the_law_defines() -> None:
    known = law("y [m]\n a [m] 1 .. 2\n q [m]", "double: q := 2*a\nsum: y = q + a", valid="q < 3")
    rows = sample(make_plan(known, "a -> y"), 100)
    assert rows["a"].max() < 1.5


def test_a_condition_on_the_solution_is_listed_not_dropped_in_silence() -> None:
    known = replace(logistic(), validity=(Validity(read("N < K"), "below capacity"),))
    region = valid_region(make_plan(known, "t r K N0 -> N"))
    assert region.unchecked == ("below capacity",) and region.conditions == ()


@pytest.mark.parametrize("what", ["domain", "iid"])
@pytest.mark.parametrize("valid", ["", "b < 20*a", "b < 1.05", "exp(a - b) < 1"])
def test_a_seed_gives_the_same_rows_with_and_without_a_compiler(
    monkeypatch: pytest.MonkeyPatch, what: str, valid: str
) -> None:
    monkeypatch.setattr(sampler, "MANY", 1)
    monkeypatch.setattr(sampler, "MANY_AT_ONCE", 1)

    def rows() -> list[np.ndarray]:
        first, places = next(stream(box(valid), 5, what=what, start=77, block=900))
        return [*sample(box(valid), 3_000, 5, what=what).values(), *first.values(), places]

    native = rows()
    monkeypatch.setenv("LAWC_NATIVE", "0")
    drawing.cache_clear()
    plain = rows()
    drawing.cache_clear()
    assert all(np.array_equal(one, other) for one, other in zip(native, plain, strict=True))


def test_a_thin_domain_is_refused_alike_by_compiled_code(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DomainError) as plain:
        sample(box("a > 0\nb < a/10"), 10)
    monkeypatch.setattr(sampler, "MANY", 1)
    with pytest.raises(DomainError) as native:
        sample(box("a > 0\nb < a/10"), 10)
    assert str(native.value) == str(plain.value)
