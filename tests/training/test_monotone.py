"""Networks that rise and fall as their law says, for any weights that they are made of."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.lowering.written import compiled

from lawc.certificate.certify import certify
from lawc.diagnostics.diagnostic import BuildError
from lawc.distillation.distil import Student, distil
from lawc.forms.network import Network
from lawc.forms.reading import read_form
from lawc.lowering.program import Program
from lawc.lowering.rising import Verdict, monotone_claims, prove
from lawc.lowering.sampler import to_si
from lawc.training.budget import Budget
from lawc.training.monotone import MonotoneWorkshop, able, monotone_workshop
from lawc.training.recipe import Ladder, Recipe, Train
from lawc.training.shaped import ShapedFit
from lawc.training.train import Workshop

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

  checks
    always y rises with x
    always y rises with z
"""

DECAY = """\
law decay@1.0.0
  title   "decay by two ways at once"
  status  confirmed
  source  "worked by hand"

  symbols
    c  : amount (t)  [1]
    t  : time    [s]    0 .. 5
    c0 : start   [1]    0.5 .. 2
    k  : rate    [1/s]  0.1 .. 1

  equations
    dc/dt = -k*(c + sin(c)^2)

  initial
    c = c0  at t = 0 [s]

  checks
    always c >= 0
    always c falls with t
    always c rises with c0
"""


@cache
def law(which: str) -> Program:
    if which == "root":
        return compiled(ROOT, "x z -> y")
    return compiled(DECAY, "t c0 k -> c")


@cache
def workshop(which: str) -> MonotoneWorkshop:
    program = law(which)
    recipe = Recipe(
        law=program.law.identity,
        signature=str(program.signature),
        tolerance=2e-2,
        train=Train(seconds=8.0, rows=300),
        ladder=Ladder(widths=((6, 6),)),
    )
    plain = Workshop(program, recipe, 0, Budget(8.0))
    said = able(program, monotone_claims(program))
    return monotone_workshop(plain, said)


def network(which: str, seed: int, size: float) -> Network:
    made = workshop(which)
    sizes = made.sizes(made.around, (4, 3))
    fit = made.fit_of(made.pool.pick(np.arange(8)), sizes)
    assert isinstance(fit, ShapedFit)
    numbers = size * torch.randn(fit.numbers, generator=torch.Generator().manual_seed(seed))
    weights = fit.weights_of(numbers.double())
    return Network(made.around.before, sizes, made.around.after, weights)


def answers(form: Network, program: Program, rows: dict[str, np.ndarray]) -> np.ndarray:
    si = to_si(program.inputs, rows)
    found = form({n: torch.from_numpy(np.asarray(v)) for n, v in si.items()})
    return found[program.signature.outputs[0]].detach().numpy()


def worst_step(form: Network, program: Program, by: str, sign: int, seed: int) -> float:
    """Return how far the answer goes the other way, found by climbing from random pairs."""
    generator = np.random.default_rng(seed)
    rows = {n: np.asarray(v) for n, v in program.sample(300, seed=seed).items()}
    quantity = next(q for q in program.inputs if q.name == by)
    low, high = quantity.low or 0.0, quantity.high or 0.0
    worst = -np.inf
    for _ in range(6):
        step = (high - low) * 10.0 ** generator.uniform(-5, 0, 300)
        other = np.clip(rows[by] + step, low, high)
        first, second = answers(form, program, rows), answers(form, program, {**rows, by: other})
        missed = sign * (first - second)
        worst = max(worst, float(missed.max()))
        best = np.argsort(-missed)[:60]
        rows = {
            q.name: np.clip(
                np.repeat(rows[q.name][best], 5)
                + 0.05 * (q.high - q.low) * generator.normal(size=300),  # type: ignore[operator]
                q.low,
                q.high,
            )
            for q in program.inputs
        }
    return worst


@settings(max_examples=6)
@given(
    seed=st.integers(0, 10_000), size=st.floats(0.1, 3.0), which=st.sampled_from(["root", "decay"])
)
def test_it_moves_as_the_law_says_for_any_weights(seed: int, size: float, which: str) -> None:
    form, program = network(which, seed, size), law(which)
    said = workshop(which).said
    assert [one.text for one in said] == (
        ["y rises with x", "y rises with z"] if which == "root" else ["c rises with c0"]
    )
    for one in said:
        assert worst_step(form, program, one.by, one.sign, seed) <= 1e-12
        assert prove(form, program, one, boxes=200).holds


def test_one_weight_of_the_other_sign_is_seen() -> None:
    form, program = network("root", 3, 1.0), law("root")
    turned = form.theta.clone()
    turned[-4:-1] *= -1.0
    fault = Network(form.before, form.sizes, form.after, turned)
    said = monotone_claims(program)[0]
    assert not prove(fault, program, said).holds
    assert worst_step(fault, program, said.by, said.sign, 0) > 1e-6


def test_what_starts_at_a_value_still_does_and_falls_from_there() -> None:
    program = law("decay")
    falls = [one for one in monotone_claims(program) if one.by == "t"]
    made = monotone_workshop(workshop("decay"), falls)
    sizes = made.sizes(made.around, (4, 3))
    fit = made.fit_of(made.pool.pick(np.arange(8)), sizes)
    numbers = torch.randn(fit.numbers, generator=torch.Generator().manual_seed(1)).double()
    form = Network(made.around.before, sizes, made.around.after, fit.weights_of(numbers))
    start = {"t": np.zeros(5), "c0": np.linspace(0.5, 2, 5), "k": np.full(5, 0.4)}
    assert answers(form, program, start) == pytest.approx(start["c0"], rel=1e-14)
    assert prove(form, program, falls[0], boxes=200).holds
    rows = {n: np.asarray(v) for n, v in program.sample(500, seed=4).items()}
    assert (answers(form, program, rows) > 0).all()


def test_slopes_of_a_shaped_fit_are_those_of_its_cost() -> None:
    made = workshop("root")
    sizes = made.sizes(made.around, (4, 3))
    fit = made.fit_of(made.pool.pick(np.arange(40)), sizes)
    theta = fit.start(5)
    cost, slope = fit.cost_and_slope(theta)
    matrix, right = fit.normal(theta)
    rows, residual = fit.rows(theta)
    assert np.triu(matrix) == pytest.approx(np.triu((rows.T @ rows).numpy()), rel=1e-9, abs=1e-12)
    assert right == pytest.approx((rows.T @ residual).numpy(), rel=1e-9, abs=1e-12)
    assert cost == pytest.approx(float(residual.square().mean()), rel=1e-9)
    for number in range(0, len(theta), 7):
        moved = theta.clone()
        moved[number] += 1e-6
        change = (fit.cost_and_slope(moved)[0] - cost) / 1e-6
        assert change == pytest.approx(float(slope[number]), rel=2e-3, abs=1e-6)


def _student() -> Student:
    made = workshop("root")
    source = Workshop(made.program, made.recipe, 0, Budget(8.0))
    return distil(source, made.recipe, target="network")


def test_a_free_network_that_is_proved_stays_and_its_certificate_says_so() -> None:
    student = _student()
    assert student.built_in == ()
    certificate = certify(student.form, student.program, trained_on=student.seeds, points=256)
    assert certificate.moves == {"y rises with x": "proved", "y rises with z": "proved"}
    assert certificate.to_json()["moves"] == certificate.moves


def test_where_the_proof_fails_it_is_built_in_and_freezes(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Network] = []

    def once(form: Network, *others: object) -> Verdict:
        seen.append(form)
        if form is seen[0]:
            return Verdict(False, 0, 0.0, "not tried")
        return prove(form, *others)  # type: ignore[arg-type]

    def never(*_: object) -> Verdict:
        return Verdict(False, 0, 0.0, "not tried")

    monkeypatch.setattr("lawc.distillation.keeping.prove", once)
    monkeypatch.setattr("lawc.training.turned.prove", never)
    student = _student()
    assert student.built_in == ("y rises with x", "y rises with z")
    assert student.facts["built_in"] == "y rises with x, y rises with z"
    assert student.error <= 2e-2
    weights = dict(student.form.named_buffers())
    again = read_form(student.form.spec(), weights)
    assert isinstance(again, Network)
    for one in monotone_claims(student.program):
        assert prove(again, student.program, one, boxes=200).holds
        assert worst_step(again, student.program, one.by, one.sign, 2) <= 1e-12


def test_a_law_that_contradicts_itself_is_not_trained() -> None:
    text = ROOT.replace("always y rises with z", "always y falls with z")
    with pytest.raises(BuildError, match=r"claims that y falls with z, and its own answers do not"):
        distil(compiled(text, "x z -> y"), workshop("root").recipe, target="network")
