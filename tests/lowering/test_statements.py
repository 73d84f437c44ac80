"""A law of fields is stated for a network whose conditions hold for any weights."""

from __future__ import annotations

import pytest
import torch
from field_texts import law
from hypothesis import given, settings
from hypothesis import strategies as st
from test_field_residual import CASES, held, problem

import lawc
from lawc.backends.eager import Eager
from lawc.diagnostics.diagnostic import CompileError
from lawc.forms.network import Network, initial
from lawc.knowledge.law import Law
from lawc.lowering.fields.residual import FieldEquations
from lawc.lowering.program import Program
from lawc.lowering.statements import ansatz, state

SIGNATURES = {
    "burgers": "t x nu -> u",
    "four-disks": "x y -> u",
    "poisson-on-an-l": "x y -> u",
    "lid-driven-cavity": "x y nu a -> v[x] v[y] p",
    "backward-step": "x y nu -> v[x] v[y] p",
}


def program(name: str) -> Program:
    if name in SIGNATURES:
        return lawc.compile(problem(name), SIGNATURES[name])
    return lawc.compile(CASES[name].law, CASES[name].signature)


def equations(of: Program) -> FieldEquations:
    found = of.equations
    assert isinstance(found, FieldEquations)
    return found


def rod(initial_value: str, ends: str, *, claim: str = "") -> Law:
    return law(
        "t : time [s] 0 .. 10\nx : place [m] 0 .. 1\nT : temperature (x, t) [K]\n"
        "a : diffusivity [m^2/s] 0.01 .. 1 log\nA : height [K] 1 .. 10",
        "heat: ∂T/∂t = a*∇²T",
        initial=f"T = {initial_value} at t = 0 [s]",
        boundary=ends,
        **({"checks": claim} if claim else {}),
    )


@pytest.mark.parametrize("name", [*CASES, *SIGNATURES])
@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 999), large=st.sampled_from([0.3, 1.0, 3.0]))
def test_what_is_built_in_holds_for_any_weights(name: str, seed: int, large: float) -> None:
    of = program(name)
    stated = state(of, (6,))
    form = stated.network(large * initial(stated.sizes, seed))
    found = held(of, stated.ansatz.answers(form)).conditions(of.sample(40, seed=seed))
    for label in stated.ansatz.exact:
        assert float(found[label].abs().max()) < 1e-9 * (1 + large), label
    # What is left to training is not fulfilled by chance.
    assert {part.label for part in stated.ansatz.soft} == set(found) - set(stated.ansatz.exact)


@pytest.mark.parametrize("name", [*CASES, *SIGNATURES])
def test_a_statement_says_what_the_residual_of_the_frozen_network_says(name: str) -> None:
    of = program(name)
    stated = state(of, (8, 8))
    theta = initial(stated.sizes, 4)
    rows = Eager(stated.blocks(40, 20, seed=2)).by_row(theta)
    residual = held(of, stated.ansatz.answers(stated.network(theta)))
    inside = equations(of).declared(stated.inside_columns(40, 2))
    by_jets = residual(inside)
    for label in stated.inside.rows:
        assert torch.allclose(rows["interior", label], by_jets[label], rtol=1e-9, atol=1e-10)
    for label in set(by_jets) - set(stated.inside.rows):
        assert float(by_jets[label].abs().max()) < 1e-9, label
    for number, one in enumerate(stated.sided, start=1):
        columns = stated.sided_columns(one, 20, 2 + number)
        declared = equations(of).declared(columns)
        asked = residual.equations.hold(
            residual.network, declared, [p for p in stated.ansatz.soft if p.place == one.place]
        )
        for label, values in zip(one.statement.rows, asked, strict=True):
            size = residual.equations.sizes[label].at(columns)
            assert torch.allclose(rows[one.name, label], values / size, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize(
    ("name", "soft", "linear"),
    [
        ("heat", 0, True),
        ("wave", 0, True),
        ("burgers", 0, False),
        ("four-disks", 0, True),
        ("ring", 0, True),
        ("decaying vortices", 0, False),
        ("lid-driven-cavity", 1, False),
        ("poisson-on-an-l", 1, True),
        ("rod", 1, True),
    ],
)
def test_as_much_as_can_be_is_built_in(name: str, soft: int, linear: bool) -> None:
    stated = state(program(name), (6,))
    assert len(stated.ansatz.soft) == soft
    assert stated.is_linear == linear


def test_a_clamped_plate_is_level_at_its_ends_for_any_weights() -> None:
    plate = law(
        "x, y : place [1] 0 .. 1\nw : deflection (x, y) [1]",
        "plate: laplacian(laplacian(w)) = 1",
        head="  coordinates x, y",
        boundary="\n".join(
            f"{side} at {name} = {end}"
            for name in ("x", "y")
            for end in (0, 1)
            for side in ("w = 0", f"∂w/∂{name} = 0")
        ),
    )
    assert not state(lawc.compile(plate, "x y -> w"), (6,)).ansatz.soft


def test_given_slopes_and_values_are_met_together() -> None:
    beam = law(
        "x : place [m] 0 .. 2\nw : deflection (x) [m]\nq : load [1/m^3] 0.5 .. 2\n"
        "s : slope [1] -1 .. 1",
        "beam: d4w/dx4 = q",
        boundary="w = 1 [m] at x = 0 [m]\ndw/dx = s at x = 0 [m]\n"
        "w = 2 [m] at x = 2 [m]\ndw/dx = -s at x = 2 [m]",
    )
    of = lawc.compile(beam, "x q s -> w")
    stated = state(of, (6,))
    assert not stated.ansatz.soft
    form = stated.network(initial(stated.sizes, 0))
    found = held(of, stated.ansatz.answers(form)).conditions(of.sample(30))
    assert max(float(values.abs().max()) for values in found.values()) < 1e-12


def test_values_that_disagree_at_a_corner_are_left_to_training() -> None:
    jump = rod("A", "T = 0 [K] at x = 0 [m]\nT = 0 [K] at x = 1 [m]")
    around = ansatz(lawc.compile(jump, "t x a A -> T"))
    assert [part.label for part in around.soft] == ["T = A at t = 0"]
    lid = law(
        "x, y : place [1] 0 .. 1\nu : speed (x, y) [1]",
        "laplace: ∂²u/∂x² + ∂²u/∂y² = 0",
        boundary="u = 0 at x = 0\nu = 0 at x = 1\nu = 0 at y = 0\nu = 1 at y = 1",
    )
    around = ansatz(lawc.compile(lid, "x y -> u"))
    assert [part.label for part in around.soft] == ["u = 1 at y = 1"]


@pytest.mark.parametrize(
    ("start", "ends"),
    [
        ("A", "T = A at x = 0 [m]\n∂T/∂x = 0 [K/m] at x = 1 [m]"),
        ("A*sin(pi*x/1 [m])", "T = 0 [K] at x = 0 [m]\nT = 0 [K] at x = 1 [m]"),
        ("0 [K]", "T = 0 [K] at x = 0 [m]\n∂T/∂x = A/1 [m] at x = 1 [m]"),
    ],
)
def test_what_is_never_negative_is_so_for_any_weights_where_it_can_be(
    start: str, ends: str
) -> None:
    of = lawc.compile(rod(start, ends, claim="always T >= 0 [K]"), "t x a A -> T")
    around = ansatz(of)
    if start.startswith("A*sin"):
        # An exponential has no zero, and the start has.
        assert not around.bounds["T"].positive
        return
    assert around.bounds["T"].positive
    form = around.network((6,), 5 * initial(around.sizes((6,)), 1))
    answers = around.answers(form)(of.sample(200).to_torch())
    assert float(answers.min()) >= 0
    assert not ansatz(of, positive=False).bounds["T"].positive


def test_a_quick_envelope_grows_early_and_holds_the_start() -> None:
    of = program("wave")
    slow, quick = ansatz(of, quick=0.0), ansatz(of, quick=20.0)
    assert slow.exact == quick.exact
    rows = {
        name: torch.tensor(values, dtype=torch.float64)
        for name, values in {"t": [0.0, 0.1, 2.0], "x": [0.5] * 3, "c": [1.0] * 3}.items()
    }
    one, other = (
        equations(of).places.evaluate([a.bounds["u"].envelope], rows)[0] for a in (slow, quick)
    )
    assert float(one[0]) == float(other[0]) == 0
    assert float(other[1]) > 50 * float(one[1])
    assert float(other[2]) == pytest.approx(float(one[2]))


@pytest.mark.parametrize("speed", [0.02, 1.0])
def test_the_envelope_of_a_fast_law_grows_early(speed: float) -> None:
    of = program("heat").within({"a": (speed, speed)})
    at = {"t": 0.1, "x": 0.5, "a": speed, "A": 2.0}
    rows = {name: torch.tensor([value]).double() for name, value in at.items()}
    usual, even = (ansatz(of, quick=q).bounds["T"].envelope for q in (None, 0.0))
    one, other = (equations(of).places.evaluate([side], rows)[0] for side in (usual, even))
    # Slowly, a rod cools evenly; fast, within a part of the time.
    assert (float(one) == pytest.approx(float(other))) == (speed < 0.1)


def test_a_stated_network_is_a_form_like_others() -> None:
    stated = state(program("lid-driven-cavity"), (7, 5))
    form = stated.network(initial(stated.sizes, 2))
    weights = dict(form.named_buffers())
    again = Network.from_spec(form.spec(), weights)
    rows = stated.inside_columns(9, 1)
    for name, values in form(rows).items():
        assert torch.equal(values, again(rows)[name])
    assert again.outputs == ("v[x]", "v[y]", "p")


def test_points_of_a_side_are_on_it_and_in_the_region() -> None:
    stated = state(program("backward-step"), (6,))
    by_name = {one.name: stated.sided_columns(one, 50, 3) for one in stated.sided}
    assert set(by_name["at x = 4"]["x"].tolist()) == {4.0}
    # Left of the step's end the region does not reach y = 2.
    assert float(by_name["at y = 2"]["x"].min()) > 2
    step = by_name["on step"]
    assert bool(((step["x"] == 2) | (step["y"] == 1)).all())


def test_a_field_that_is_periodic_beside_one_that_is_not_is_refused() -> None:
    mixed = law(
        "t : time [1] 0 .. 1\nx : place [1] 0 .. 1\nu, w : field (x, t) [1]",
        "one: ∂u/∂t = ∂²u/∂x² + w\nother: ∂w/∂t = ∂²w/∂x² - u",
        initial="u = sin(2*pi*x) at t = 0\nw = 0 at t = 0",
        boundary="u periodic in x\nw = 0 at x = 0\nw = 0 at x = 1",
    )
    with pytest.raises(CompileError, match="w is not"):
        state(lawc.compile(mixed, "t x -> u w"), (6,))
