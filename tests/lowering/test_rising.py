"""What is proved of how a network moves with its inputs holds at every point, and no more."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from written import compiled

from lawc.diagnostics.diagnostic import BuildError
from lawc.forms.network import Network, initial
from lawc.knowledge.algebra import call, minus, over, plus, times
from lawc.knowledge.expression import Number, Symbol
from lawc.lowering.interval_table import Interval
from lawc.lowering.program import Program
from lawc.lowering.rising import Monotone, demand_true, monotone_claims, prove
from lawc.lowering.sampler import to_si
from lawc.lowering.slope_bounds import box_input, slopes
from lawc.lowering.slope_search import SlopeSearch
from lawc.lowering.tapes import tape

ROOT = """\
law root@1.0.0
  title   "a root that rises with both inputs"
  status  confirmed
  source  "worked by hand"

  symbols
    y : answer  [1]  0 .. 4
    x : one     [1]  0.5 .. 2
    z : other   [1]  0.1 .. 10 log

  equations
    y + y^3 = x + z/10
{valid}
  checks
    always y rises with x
{more}
"""


@cache
def root(valid: str = "", more: str = "") -> Program:
    return compiled(ROOT.format(valid=valid, more=more), "x z -> y")


def form(theta: torch.Tensor, sizes: tuple[int, ...]) -> Network:
    x, z, said = Symbol("x"), Symbol("z"), Symbol("network 1")
    seen = {"1": minus(x, Number(1.25)), "2": over(call("ln", z), Number(2.3))}
    body = plus(call("sqrt", z), times(over(call("exp", x), plus(x, z)), call("tanh", said)))
    inputs = ("x", "z")
    return Network(
        tape(seen, inputs, {}), sizes, tape({"y": body}, (*inputs, said.name), {}), theta
    )


def plain(theta: torch.Tensor, sizes: tuple[int, ...]) -> Network:
    x, z, said = Symbol("x"), Symbol("z"), Symbol("network 1")
    seen = {"1": minus(x, Number(1.25)), "2": over(call("ln", z), Number(2.3))}
    inputs = ("x", "z")
    return Network(
        tape(seen, inputs, {}), sizes, tape({"y": said}, (*inputs, said.name), {}), theta
    )


def falls_somewhere(network: Network, program: Program, by: str, seed: int) -> bool:
    """Seek two points that differ in one input and are in the wrong order."""
    generator = np.random.default_rng(seed)
    rows = {n: np.asarray(v) for n, v in program.sample(4_000, seed=seed).items()}
    low, high = rows[by].min(), rows[by].max()
    moved = np.clip(rows[by] + (high - low) * generator.normal(size=4_000) * 0.02, low, high)
    pair = []
    for values in (rows[by], moved):
        si = to_si(program.inputs, {**rows, by: values})
        found = network({n: torch.from_numpy(v) for n, v in si.items()})["y"]
        pair.append(found.detach().numpy())
    return bool((((pair[1] - pair[0]) * np.sign(moved - rows[by])) < -1e-11).any())


@settings(max_examples=25)
@given(seed=st.integers(0, 10_000), width=st.floats(0, 0.5))
def test_bounds_on_slopes_hold_every_slope_in_a_box(seed: int, width: float) -> None:
    sizes = (2, 5, 4, 1)
    network = form(2.0 * initial(sizes, seed), sizes)
    generator = np.random.default_rng(seed)
    low = generator.uniform([0.5, 0.5], [1.5, 3.0])
    high = low + width
    points = generator.uniform(low, high, size=(20, 2))

    def sides(row: int) -> Interval:
        return np.array([low[row]]), np.array([high[row]])

    one = (np.ones(1), np.ones(1))
    cells = {
        "x": box_input(sides(0), one, None, 0, True, 2),
        "z": box_input(sides(1), one, None, 1, False, 2),
    }
    found = slopes(network, cells, "y", 2)
    x, z = (torch.from_numpy(points[:, k].copy()).requires_grad_() for k in (0, 1))
    value = network({"x": x, "z": z})["y"]
    first = torch.autograd.grad(value.sum(), (x, z), create_graph=True)
    second = torch.autograd.grad(first[0].sum(), (x, z))
    bounds: list[tuple[Any, Any]] = [
        (found.value, value),
        (found.by, first[0]),
        *zip(found.along, first, strict=True),
        *zip(found.change, second, strict=True),
    ]
    for bound, truth in bounds:
        numbers = truth.detach().numpy()
        slack = 1e-12 * (1 + np.abs(numbers))
        assert (bound[0] <= numbers + slack).all() and (numbers - slack <= bound[1]).all()


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000), size=st.floats(0.2, 3.0))
def test_what_is_proved_has_no_counter_example(seed: int, size: float) -> None:
    program, sizes = root(), (2, 4, 4, 1)
    (said,) = monotone_claims(program)
    network = plain(size * initial(sizes, seed), sizes)
    verdict = prove(network, program, said, boxes=5_000)
    wrong = falls_somewhere(network, program, "x", seed)
    assert not (verdict.holds and wrong)
    if verdict.at is not None:
        # It names a place where the slope is wrong.
        x = torch.tensor([verdict.at["x"]], dtype=torch.float64, requires_grad=True)
        z = torch.tensor([verdict.at["z"]], dtype=torch.float64)
        (slope,) = torch.autograd.grad(network({"x": x, "z": z})["y"].sum(), x)
        assert float(slope) < 0


def test_a_network_that_rises_is_proved_and_its_negative_is_refuted() -> None:
    program = root()
    (said,) = monotone_claims(program)
    sizes = (2, 1, 1)
    rises = torch.tensor([0.8, 0.3, 0.1, 1.5, 0.0], dtype=torch.float64)
    assert prove(plain(rises, sizes), program, said).holds
    turned = rises.clone()
    turned[3] = -1.5
    refuted = prove(plain(turned, sizes), program, said)
    assert not refuted.holds and refuted.at is not None
    falls = replace(said, sign=-1)
    assert prove(plain(turned, sizes), program, falls).holds


def test_a_small_dip_between_two_points_is_found() -> None:
    # tanh(3x) - 0.9 tanh(3.3x) rises far out and falls in the middle.
    theta = torch.tensor([3.0, 0, 3.5, 0, 0, 0, 1.0, -0.9, 0.0], dtype=torch.float64)
    program = root()
    (said,) = monotone_claims(program)
    assert not prove(plain(theta, (2, 2, 1)), program, said).holds


def test_a_gap_in_the_domain_is_not_stepped_over() -> None:
    # It rises on both sides of the gap, and falls from one to the other.
    sizes = (2, 1, 1)
    theta = torch.tensor([-40.0, 0.0, 0.0, 1.0, 0.0], dtype=torch.float64)
    network = plain(theta, sizes)
    gap = root(valid='\n  valid\n    (x - 1.25)^2 >= 0.2  "away from the middle"\n')
    (said,) = monotone_claims(gap)
    verdict = prove(network, gap, said)
    assert not verdict.holds


def test_only_the_part_of_the_domain_that_is_valid_counts() -> None:
    theta = torch.tensor([1.0, 0.0, 9.0, 0.0, 0.0, 5.0, 1.0, -0.5, 0.0], dtype=torch.float64)
    network = plain(theta, (2, 2, 1))
    whole, part = root(), root(valid='\n  valid\n    x >= 1.3  "on the right"\n')
    assert not prove(network, whole, monotone_claims(whole)[0]).holds
    assert prove(network, part, monotone_claims(part)[0]).holds


def test_a_sentence_with_a_region_is_held_to_it() -> None:
    program = root(more="    always y rises with z where x >= 1.3\n")
    _, said = monotone_claims(program)
    theta = torch.tensor([0.0, 1.0, 9.0, 0.0, 0.0, 5.0, 1.0, 0.0, 0.0], dtype=torch.float64)
    assert said.text.startswith("y rises with z where")
    assert prove(plain(theta, (2, 2, 1)), program, said).holds


def test_a_sentence_that_the_answers_contradict_is_refused() -> None:
    program = root()
    (said,) = monotone_claims(program)
    demand_true(program, said)
    false = Monotone(said.claim, said.output, said.by, -1, said.region)
    with pytest.raises(BuildError, match=r"claims that y falls with x, and its own answers do not"):
        demand_true(program, false)


WAIT = """\
law wait@1.0.0
  title   "time between two levels"
  status  confirmed
  source  "worked by hand"

  symbols
    t : time   [s]
    a : upper  [m]    1 .. 3
    b : lower  [m]    0.2 .. 3
    v : speed  [m/s]  0.5 .. 2
    k : bend   [m]    0.5 .. 2

  equations
    t = (a - b + k*ln(a/b))/v

  valid
    b <= a  "it falls"

  checks
    always t rises with a
    always t rises with k
"""


@cache
def wait() -> Program:
    return compiled(WAIT, "a b v k -> t")


def waiting(off: float) -> tuple[Network, Program]:
    """Return a network that says ln(a/b), the bend's slope, with something off."""
    program = wait()
    a, b, v, k, said = map(Symbol, ("a", "b", "v", "k", "network 1"))
    inputs = ("a", "b", "v", "k")
    bent = plus(call("ln", over(a, b)), times(Number(off), call("tanh", said)))
    body = over(plus(minus(a, b), times(k, bent)), v)
    before = tape({"1": over(a, b)}, inputs, {})
    theta = torch.tensor([0.0, 9.0, 1.0, 9.0], dtype=torch.float64)
    return Network(before, (1, 1, 1), tape({"t": body}, (*inputs, said.name), {}), theta), program


def test_a_slope_that_vanishes_along_a_border_is_proved() -> None:
    network, program = waiting(1e-4)
    for said in monotone_claims(program):
        verdict = prove(network, program, said)
        assert verdict.holds and verdict.boxes < 100_000


def test_a_slope_that_is_wrong_next_to_a_border_is_found() -> None:
    network, program = waiting(-1e-3)
    said = next(one for one in monotone_claims(program) if one.by == "k")
    verdict = prove(network, program, said)
    assert not verdict.holds and verdict.at is not None
    at = verdict.at
    assert at["b"] <= at["a"] and np.log(at["a"] / at["b"]) < 1e-3


@settings(max_examples=12)
@given(seed=st.integers(0, 10_000), size=st.floats(0.1, 1.5))
def test_what_is_proved_in_fewer_coordinates_has_no_counter_example(seed: int, size: float) -> None:
    program, sizes = wait(), (2, 3, 1)
    a, b, v, k, said = map(Symbol, ("a", "b", "v", "k", "network 1"))
    inputs = ("a", "b", "v", "k")
    seen = {"1": call("ln", over(a, b)), "2": over(k, b)}
    body = over(times(minus(a, b), plus(Number(1), said)), v)
    after = tape({"t": body}, (*inputs, said.name), {})
    network = Network(tape(seen, inputs, {}), sizes, after, size * initial(sizes, seed))
    generator = np.random.default_rng(seed)
    rows = {n: np.asarray(values) for n, values in program.sample(4_000, seed=seed).items()}
    for one in monotone_claims(program):
        verdict = prove(network, program, one, boxes=30_000)
        low, high = rows[one.by].min(), rows[one.by].max()
        step = (high - low) * generator.normal(size=4_000) * 0.02
        moved = {**rows, one.by: np.clip(rows[one.by] + step, low, high)}
        found = []
        for block in (rows, moved):
            si = to_si(program.inputs, block)
            answer = network({n: torch.from_numpy(values) for n, values in si.items()})["t"]
            found.append(answer.detach().numpy())
        inside = moved["b"] <= moved["a"]
        wrong = (found[1] - found[0]) * np.sign(moved[one.by] - rows[one.by]) < -1e-9
        assert not (verdict.holds and (wrong & inside).any())
        if verdict.at is not None:
            at = {n: torch.tensor([x], dtype=torch.float64) for n, x in verdict.at.items()}
            by = at[one.by].requires_grad_()
            (slope,) = torch.autograd.grad(network(at)["t"].sum(), by)
            assert float(slope) < 0 and verdict.at["b"] <= verdict.at["a"]


def test_what_has_one_value_is_not_brought_to_another() -> None:
    network, program = waiting(1e-4)
    still = program.within({"k": (1.0, 1.0)})
    (said, _) = monotone_claims(still)
    for own, size in ((program, 2), (still, 2)):
        search = SlopeSearch(network, own.inputs, (own.region,), "t", said.by, said.sign)
        assert search.domain.size == size
    values = {axis.name: (axis.low, axis.high) for axis in search.domain.axes}
    assert values["k"] == (1.0, 1.0) and values["a"] == (1.0, 3.0)
    assert prove(network, still, said).holds


def grown(sign: float) -> tuple[Network, Program]:
    """Return a network between a factor of one sign and the exponential of what it says."""
    x, z, said = Symbol("x"), Symbol("z"), Symbol("network 1")
    seen = {"1": minus(x, Number(1.25)), "2": over(call("ln", z), Number(2.3))}
    body = times(times(Number(sign), z), call("exp", times(Number(9), said)))
    inputs, theta = ("x", "z"), torch.tensor([0.5, 0.1, 0.0, 2.0, 0.0], dtype=torch.float64)
    after = tape({"y": body}, (*inputs, said.name), {})
    return Network(tape(seen, inputs, {}), (2, 1, 1), after, theta), root()


def test_an_exponential_is_bounded_by_its_logarithm_only_beside_positive_factors() -> None:
    for sign in (1, -1):
        network, program = grown(sign)
        (said,) = monotone_claims(program)
        assert prove(network, program, replace(said, sign=sign)).holds
        refuted = prove(network, program, replace(said, sign=-sign))
        assert not refuted.holds and refuted.at is not None
