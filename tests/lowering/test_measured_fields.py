"""A field that is zero is measured by what it is made of, and a small one by itself."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from field_texts import law
from hypothesis import given, settings
from hypothesis import strategies as st

import lawc
from lawc.forms.formula import Formula
from lawc.forms.tape import Step, Tape
from lawc.knowledge.law import Law
from lawc.lowering.program import Program
from lawc.training.judging import field_judge, reference_rows


def flow(inertia: bool, profile: str, drop: str, more: str = "") -> Law:
    """Return a flow between plates that enters with a profile and leaves at no pressure."""
    carried = "rho*(u*∂u/∂x + v*∂u/∂y) =" if inertia else "0 [Pa/m] ="
    across = "rho*(u*∂v/∂x + v*∂v/∂y) =" if inertia else "0 [Pa/m] ="
    return law(
        f"""
        x   : along the plates       [m]       0 .. 2
        y   : across                 [m]       0 .. 1
        u   : velocity along (x, y)  [m/s]
        v   : velocity across (x, y) [m/s]
        p   : pressure (x, y)        [Pa]
        mu  : viscosity              [Pa*s]    0.5 .. 2
        U   : speed of the plate     [m/s]     0.5 .. 2
        {"rho : density                [kg/m^3]  0.5 .. 2" if inertia else ""}
        {more}
        """,
        f"""
        along:  {carried} -∂p/∂x + mu*∇²u
        across: {across} -∂p/∂y + mu*∇²v
        mass:   ∂u/∂x + ∂v/∂y = 0 [1/s]
        """,
        boundary=f"""
        u = 0 [m/s] at y = 0 [m]
        v = 0 [m/s] at y = 0 [m]
        u = U at y = 1 [m]
        v = 0 [m/s] at y = 1 [m]
        u = {profile} at x = 0 [m]
        v = 0 [m/s] at x = 0 [m]
        p = {drop} at x = 2 [m]
        ∂u/∂x = 0 [1/s] at x = 2 [m]
        v = 0 [m/s] at x = 2 [m]
        """,
    )


COUETTE = flow(True, "U*y/(1 [m])", "0 [Pa]")
CREEPING = flow(False, "U*y/(1 [m])", "0 [Pa]")
DRIVEN = flow(
    True,
    "U*y/(1 [m]) + G/(2*mu)*y*(1 [m] - y)",
    "0 [Pa]",
    "G   : fall of pressure       [Pa/m]    0.5 .. 2",
)


def rows(program: Program, **still: float) -> dict[str, np.ndarray]:
    columns = program.sample(40, seed=2)
    return {**columns, **{name: np.full(40, value) for name, value in still.items()}}


@settings(max_examples=2)
@given(speed=st.floats(0.5, 2), mu=st.floats(0.5, 2), rho=st.floats(0.5, 2))
def test_a_flow_between_plates_has_no_velocity_across_and_no_pressure(
    speed: float, mu: float, rho: float
) -> None:
    program = lawc.compile(COUETTE, "x y mu U rho -> u v p")
    columns = rows(program, U=speed, mu=mu, rho=rho)
    found = program.reference(columns)
    assert found.lineage["estimated error"] < 1e-6
    assert np.abs(found["u"] - speed * columns["y"]).max() < 1e-10
    assert np.abs(found["v"]).max() < 1e-10
    assert np.abs(found["p"]).max() < 1e-8


@settings(max_examples=1)
@given(fall=st.floats(0.5, 2), mu=st.floats(0.5, 2))
def test_a_plate_and_a_pressure_drive_a_flow_together(fall: float, mu: float) -> None:
    program = lawc.compile(DRIVEN, "x y mu U rho G -> u v p")
    columns = rows(program, U=1.0, mu=mu, rho=1.0, G=fall)
    found = program.reference(columns)
    y = columns["y"]
    assert np.abs(found["u"] - (y + fall / (2 * mu) * y * (1 - y))).max() < 1e-8
    assert np.abs(found["p"] - fall * (2 - columns["x"])).max() < 1e-6
    assert np.abs(found["v"]).max() < 1e-8


@settings(max_examples=2)
@given(nu=st.floats(0.02, 0.5), share=st.floats(0.1, 0.9))
def test_a_shear_layer_spreads_where_rounding_alone_moves_it_across(
    nu: float, share: float
) -> None:
    # The two parts of the source differ by rounding, in most places.
    layer = law(
        """
        t  : time                   [s]      0 .. 1
        y  : across                 [m]      0 .. 1
        u  : velocity along (y, t)  [m/s]
        w  : velocity across (y, t) [m/s]
        nu : viscosity              [m^2/s]  0.01 .. 1 log
        s  : share                  [1]      0.1 .. 0.9
        """,
        """
        along:  ∂u/∂t + w*∂u/∂y = nu*∂²u/∂y²
        across: ∂w/∂t = nu*∂²w/∂y² + (s*(3*u) - 3*(s*u))/(1 [s])
        """,
        initial="u = 1 [m/s]*cos(pi*y/(1 [m])) at t = 0 [s]\nw = 0 [m/s] at t = 0 [s]",
        boundary="""
        ∂u/∂y = 0 [1/s] at y = 0 [m]
        ∂u/∂y = 0 [1/s] at y = 1 [m]
        w = 0 [m/s] at y = 0 [m]
        w = 0 [m/s] at y = 1 [m]
        """,
    )
    program = lawc.compile(layer, "t y nu s -> u w")
    columns = rows(program, nu=nu, s=share)
    found = program.reference(columns)
    exact = np.cos(np.pi * columns["y"]) * np.exp(-nu * np.pi**2 * columns["t"])
    assert np.abs(found["u"] - exact).max() < 1e-4
    assert np.abs(found["w"]).max() < 1e-12


@settings(max_examples=5)
@given(left=st.floats(1e-5, 1e-2))
def test_a_field_that_is_small_beside_its_terms_is_resolved_all_the_same(left: float) -> None:
    # Two sources cancel but for a small share, of which the field is made.
    rod = law(
        "x : place [1] 0 .. 1\nu : field (x) [1]\nb : left [1] 1e-5 .. 1e-2 log",
        "poisson: -d2u/dx2 = pi^2*sin(pi*x) - (1 - b)*pi^2*sin(pi*x)",
        boundary="u = 0 at x = 0\nu = 0 at x = 1",
    )
    columns = {"x": np.linspace(0, 1, 30), "b": np.full(30, left)}
    found = lawc.compile(rod, "x b -> u").reference(columns)["u"]
    assert np.abs(found - left * np.sin(np.pi * columns["x"])).max() < 1e-4 * left


def test_errors_of_a_field_that_is_zero_are_told_beside_those_of_its_kind() -> None:
    program = lawc.compile(COUETTE, "x y mu U rho -> u v p").within({"mu": (1, 1), "U": (1, 1)})
    program = program.within({"rho": (1, 1)})
    scale = program.scale(program.sample(5, seed=1))
    assert np.allclose(scale["u"], 1.0, rtol=0.02)
    assert (scale["v"] > 1e-4).all() and (scale["v"] < 1.0).all()
    assert (scale["p"] > 1e-4).all() and (scale["p"] < 1.0).all()


def test_a_creeping_flow_between_plates_is_learned_and_certified() -> None:
    program = lawc.compile(CREEPING, "x y mu U -> u v p").within({"mu": (1, 1), "U": (1, 1)})
    teacher = lawc.train(program, tolerance=1e-3, seconds=20)
    assert teacher.error < 1e-3
    assert lawc.certify(lawc.distil(teacher)).bound < 1e-3


def test_a_judge_tells_the_norm_of_an_error_of_a_field_that_is_zero() -> None:
    program = lawc.compile(CREEPING, "x y mu U -> u v p").within({"mu": (1, 1), "U": (1, 1)})
    given_, truth, scales = reference_rows(program, 1, 200)

    inputs = program.signature.inputs
    steps = tuple(Step("constant", (), 0.1 * float(size[0])) for size in scales.values())
    outputs = tuple((name, len(inputs) + number) for number, name in enumerate(scales))
    form = Formula(Tape(inputs, steps, outputs))
    judge = field_judge(lambda theta: form, lambda seed: (given_, truth, scales))
    errors = judge(torch.zeros(1), 1)
    for name in ("v", "p"):
        assert errors.l2[name] == pytest.approx(0.1, rel=1e-3)
        assert errors.largest[name] == pytest.approx(0.1, rel=1e-3)


DECAY = law(
    """
    t  : time                 [s]          0 .. 10
    x  : what decays (t)      [mol/m^3]
    y  : what is absent (t)   [mol/m^3]
    k  : rate                 [m^3/mol/s]  0.5 .. 2
    x0 : what it begins with  [mol/m^3]    0.5 .. 2
    """,
    "first: dx/dt = -k*x^2\nsecond: dy/dt = -2*k*y*x - k*y^2",
    initial="x = x0 at t = 0 [s]\ny = 0 [mol/m^3] at t = 0 [s]",
)


def test_a_state_that_stays_zero_is_measured_by_the_state_beside_it() -> None:
    for outputs in ("x y", "y"):
        program = lawc.compile(DECAY, f"t k x0 -> {outputs}")
        columns = program.sample(50, seed=3)
        assert np.allclose(program.scale(columns)["y"], columns["x0"])


def test_a_state_that_stays_zero_is_learned_and_certified() -> None:
    program = lawc.compile(DECAY, "t k x0 -> y")
    teacher = lawc.train(program, tolerance=1e-3, widths=(8,), seconds=5)
    assert teacher.error < 1e-3
    assert lawc.certify(lawc.distil(teacher)).bound < 1e-3
