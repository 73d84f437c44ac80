"""Laws of fields are solved, as closed forms say, and never silently wrong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from field_texts import HEAT, POISSON, ROD, WAVE, law
from hypothesis import given, settings
from hypothesis import strategies as st

import lawc
from lawc.diagnostics.diagnostic import CompileError, DomainError
from lawc.knowledge.expression import Number
from lawc.lowering.fields.checks import check
from lawc.lowering.fields.laws import field_signature
from lawc.lowering.fields.planning import solver_of
from lawc.lowering.reference import reference
from lawc.solvers.assembling import Assembly
from lawc.solvers.elements import Space
from lawc.solvers.field_refining import division
from lawc.solvers.field_steady import rest
from lawc.solvers.meshing import scattered

PLACES = np.linspace(0.03, 0.97, 12)


@settings(max_examples=2)
@given(a=st.floats(0.02, 1), height=st.floats(1, 10))
def test_a_sine_of_heat_decays_as_fourier_says(a: float, height: float) -> None:
    times = np.linspace(0.05, 1, 12)
    rows = {"t": times, "x": PLACES, "a": np.full(12, a), "A": np.full(12, height)}
    found = lawc.compile(HEAT, "t x a A -> T").reference(rows)["T"]
    decayed = height * np.exp(-a * np.pi**2 * times) * np.sin(np.pi * PLACES)
    assert np.abs(found - decayed).max() < 1e-5 * height


def test_a_standing_wave_keeps_its_shape() -> None:
    times = np.linspace(0, 2, 12)
    rows = {"t": times, "x": PLACES, "c": np.full(12, 1.3)}
    found = lawc.compile(WAVE, "t x c -> u").reference(rows)["u"]
    exact = np.sin(np.pi * PLACES) * np.cos(1.3 * np.pi * times)
    assert np.abs(found - exact).max() < 1e-5


def test_poissons_equation_gives_the_sine_that_its_source_is_made_of() -> None:
    program = lawc.compile(POISSON, "x y -> u")
    assert program.kind == "field"
    columns = program.sample(200, seed=1)
    found = program.reference(columns)
    exact = np.sin(np.pi * columns["x"]) * np.sin(np.pi * columns["y"])
    assert np.abs(found["u"] - exact).max() < found.lineage["estimated error"] < 1e-5


def test_a_field_of_three_coordinates_is_solved_in_a_cube(capfd: pytest.CaptureFixture) -> None:
    cube = law(
        "x, y, z : place [1] 0 .. 1\nu : field (x, y, z) [1]\nk : waves [1] 0.5 .. 1",
        "poisson: -∇²u = 3*pi^2*k^2*sin(pi*k*x)*sin(pi*k*y)*sin(pi*k*z)",
        "  coordinates x, y, z",
        boundary="\n".join(
            f"u = {side} at {name} = {end}"
            for name in "xyz"
            for end, side in (
                (0, "0"),
                (1, "*".join(f"sin(pi*k*{n})" if n != name else "sin(pi*k)" for n in "xyz")),
            )
        ),
    )
    program = lawc.compile(cube, "x y z k -> u")
    columns = program.sample(100, seed=1)
    rows = {**columns, "k": np.full(100, 0.8)}
    found = program.reference(rows)
    exact = np.prod([np.sin(0.8 * np.pi * rows[name]) for name in "xyz"], axis=0)
    assert np.abs(found["u"] - exact).max() < found.lineage["estimated error"] < 1e-2
    assert capfd.readouterr() == ("", "")


@settings(max_examples=8)
@given(
    length=st.floats(0.5, 2),
    k=st.floats(0.1, 10),
    h=st.floats(1, 10),
    wall=st.floats(10, 30),
    air=st.floats(-20, 10),
)
def test_a_rod_loses_what_flows_through_it(
    length: float, k: float, h: float, wall: float, air: float
) -> None:
    program = lawc.compile(ROD, "x L k h Tw Ta -> T")
    assert program.kind == "boundary-value"
    x = np.linspace(0, length, 5)
    given_ = {"L": length, "k": k, "h": h, "Tw": wall, "Ta": air}
    rows = {"x": x, **{name: np.full(5, value) for name, value in given_.items()}}
    found = program.reference(rows)["T"]
    slope = -h * (wall - air) / (k + h * length)
    assert np.allclose(found, wall + slope * x + 273.15, atol=1e-7)


def test_a_nonlinear_problem_has_the_smaller_of_bratus_solutions() -> None:
    bratu = law(
        "x : place [1] 0 .. 1\nu : field (x) [1]\nlam : strength [1] 0.1 .. 2",
        "balance: d2u/dx2 = -lam*exp(u)",
        boundary="u = 0 at x = 0\nu = 0 at x = 1",
    )
    rows = {"x": PLACES, "lam": np.ones(12)}
    found = lawc.compile(bratu, "x lam -> u").reference(rows)["u"]
    theta = 1.5171645990507543
    exact = -2 * np.log(np.cosh((PLACES - 0.5) * theta / 2) / np.cosh(theta / 4))
    assert np.abs(found - exact).max() < 1e-9


def test_what_is_periodic_leaves_at_one_end_and_comes_back_at_the_other() -> None:
    carried = law(
        "t : time [s] 0 .. 1\nx : place [m] 0 .. 1\nu : field (x, t) [1]\n"
        "v : speed [m/s] 0.5 .. 2\nD : diffusivity [m^2/s] 1e-3 .. 0.01",
        "carried: ∂u/∂t + v*∂u/∂x = D*∂²u/∂x²",
        initial="u = sin(2*pi*x/1 [m]) at t = 0 [s]",
        boundary="u periodic in x",
    )
    times = np.linspace(0, 1, 12)
    rows = {"t": times, "x": PLACES, "v": np.full(12, 1.5), "D": np.full(12, 0.004)}
    found = lawc.compile(carried, "t x v D -> u").reference(rows)["u"]
    exact = np.exp(-0.004 * 4 * np.pi**2 * times) * np.sin(2 * np.pi * (PLACES - 1.5 * times))
    assert np.abs(found - exact).max() < 1e-5


def test_around_an_axis_the_profile_of_a_pipe_is_a_parabola() -> None:
    pipe = lawc.library()["physics.fields.pipe-flow"]
    rows = {"r": np.linspace(0, 0.01, 5), "G": np.full(5, 100.0), "mu": np.full(5, 1e-3)}
    found = lawc.compile(pipe, "r G mu -> v").reference(rows)["v"]
    assert np.allclose(found, 100 / 4e-3 * (1e-4 - rows["r"] ** 2), rtol=1e-9, atol=1e-12)


def test_a_definition_of_a_field_is_answered_from_its_slopes() -> None:
    potential = law(
        "x, y : place [m] 0 .. 1\nphi : potential (x, y) [V]\nE : field (x, y) [V/m] vector2",
        "gauss: ∇·E = 0 [V/m^2]\nE := -∇phi",
        boundary="\n".join(
            f"phi = 2 [V/m]*x + 3 [V/m]*y at {name} = {end} [m]" for name in "xy" for end in (0, 1)
        ),
    )
    program = lawc.compile(potential, "x y -> phi E[x] E[y]")
    found = program.reference(program.sample(20, seed=2))
    assert np.allclose(found["E[x]"], -2) and np.allclose(found["E[y]"], -3)


def test_halving_the_cells_divides_the_error_by_the_order_of_the_elements() -> None:
    plan = lawc.compile(POISSON, "x y -> u").plan
    problem = solver_of(plan).problem({})
    points = scattered(problem.shape, 300)
    exact = np.sin(np.pi * points[0]) * np.sin(np.pi * points[1])
    errors = []
    for parts in (2, 4, 8):
        space = Space(problem.shape, [False], parts, 0)
        values = space.read(points).value(0, rest(Assembly(problem, space)))
        errors.append(np.sqrt(np.mean((values - exact) ** 2)))
    assert errors[1] / errors[2] > 2**4.5


@settings(max_examples=2)
@given(left=st.floats(-5, 5), right=st.floats(-5, 5), start=st.floats(-5, 5))
def test_heat_is_nowhere_warmer_than_it_was_or_its_ends_are(
    left: float, right: float, start: float
) -> None:
    bar = law(
        "t : time [1] 0 .. 1\nx : place [1] 0 .. 1\nT : temperature (x, t) [1]\n"
        "a, b, c : values [1] -5 .. 5",
        "heat: ∂T/∂t = ∂²T/∂x²",
        initial="T = c at t = 0",
        boundary="T = a at x = 0\nT = b at x = 1",
    )
    program = lawc.compile(bar, "t x a b c -> T")
    t, x = (grid.ravel() for grid in np.meshgrid(np.linspace(0.02, 1, 9), np.linspace(0, 1, 9)))
    same = {name: np.full(81, value) for name, value in (("a", left), ("b", right), ("c", start))}
    found = program.reference({"t": t, "x": x, **same})["T"]
    slack = 1e-4 * max(abs(left), abs(right), abs(start), 1e-9)
    assert found.max() <= max(left, right, start) + slack
    assert found.min() >= min(left, right, start) - slack


def test_outside_the_region_there_is_no_value() -> None:
    program = lawc.compile(ROD, "x L k h Tw Ta -> T")
    rows = {"x": [0.4, 0.9], "L": [0.5, 0.5], "k": [1.0, 1.0], "h": [1.0, 1.0]}
    rows |= {"Tw": [20.0, 20.0], "Ta": [0.0, 0.0]}
    found = program.reference(rows, strict=False)["T"]
    assert np.isfinite(found[0]) and np.isnan(found[1])
    with pytest.raises(DomainError, match=r"T has no single value .* x = 0\.9 \[m\]"):
        program.reference(rows)


def test_rows_of_one_set_of_parameters_share_a_solution() -> None:
    program = lawc.compile(ROD, "x L k h Tw Ta -> T")
    columns = {"L": 1.0, "h": 2.0, "Tw": 20.0, "Ta": 0.0}
    rows = {name: np.full(60, value) for name, value in columns.items()}
    rows |= {"x": np.linspace(0, 1, 60), "k": np.repeat([1.0, 2.0, 5.0], 20)}
    program.reference(rows)
    assert len(solver_of(program.plan).kept) == 3


def test_a_solution_that_misses_its_law_is_never_used() -> None:
    solver = solver_of(lawc.compile(ROD, "x L k h Tw Ta -> T").plan)
    parameters = {"L": 1.0, "k": 1.0, "h": 5.0, "Tw": 293.15, "Ta": 263.15}
    solution = solver.solution(parameters)
    with pytest.raises(DomainError, match=r"the solved field misses `.*` of .* by"):
        check(solver, replace(solution, unknowns=1.2 * solution.unknowns), parameters)
    solver = solver_of(lawc.compile(POISSON, "x y -> u").plan)
    solution = solver.solution({})
    with pytest.raises(DomainError, match="misses"):
        check(solver, replace(solution, unknowns=1.1 * solution.unknowns), {})


def test_a_solution_that_is_not_a_number_is_never_used() -> None:
    solver = solver_of(lawc.compile(POISSON, "x y -> u").plan)
    solution = solver.solution({})
    with pytest.raises(DomainError, match="misses"):
        check(solver, replace(solution, unknowns=np.nan * solution.unknowns), {})


def test_a_solution_that_starts_at_another_rate_is_never_used() -> None:
    solution = solver_of(lawc.compile(WAVE, "t x c -> u").plan).solution({"c": 1.3})
    start, rate = WAVE.conditions
    pushed = replace(WAVE, conditions=(start, replace(rate, value=Number(0.5))))
    with pytest.raises(DomainError, match=r"misses `du/dt = "):
        check(solver_of(lawc.compile(pushed, "t x c -> u").plan), solution, {"c": 1.3})


def test_a_field_that_conditions_leave_free_is_refused() -> None:
    free = law(
        "x : place [1] 0 .. 1\nu : field (x) [1]\nf : source [1] 0 .. 1",
        "poisson: d2u/dx2 = f",
        boundary="du/dx = 0 at x = 0\ndu/dx = 1 at x = 1",
    )
    with pytest.raises(DomainError, match="do not determine the fields"):
        lawc.compile(free, "x f -> u").reference({"x": [0.5], "f": [0.5]})


def test_a_law_without_conditions_is_refused_by_name() -> None:
    with pytest.raises(CompileError, match="states no condition on"):
        lawc.compile(lawc.library()["physics.fields.maxwell-vacuum"], "x y z t -> E[x]")


def test_what_is_missing_or_idle_among_the_inputs_is_named() -> None:
    with pytest.raises(CompileError, match="nothing determines A"):
        lawc.compile(HEAT, "t x a -> T")
    with pytest.raises(CompileError, match="depends on t, which must be among the inputs"):
        lawc.compile(HEAT, "x a A -> T")


def test_a_coefficient_that_depends_on_slopes_is_refused_by_name() -> None:
    glacier = law(
        "x : place [1] 0 .. 1\nu : field (x) [1]",
        "flow: d/dx((du/dx)^3) = 1",
        boundary="u = 0 at x = 0\nu = 0 at x = 1",
    )
    with pytest.raises(CompileError, match="depends on slopes of a field"):
        lawc.compile(glacier, "x -> u").reference({"x": [0.5]})


def test_the_direction_of_a_field_is_from_coordinates_and_parameters() -> None:
    assert str(field_signature(HEAT)) == "t x a A -> T"
    assert str(field_signature(ROD)) == "x L k h Tw Ta -> T"


def test_parameters_without_a_solution_take_no_others_with_them_where_asked() -> None:
    plate = law(
        "x, y : place [1] 0 .. 1\nu : field (x, y) [1]\nk : conductivity [1] 0 .. 2",
        "poisson: -k*∇²u = 2*pi^2*sin(pi*x)*sin(pi*y)",
        "  coordinates x, y",
        boundary="\n".join(f"u = 0 at {n} = {end}" for n in "xy" for end in (0, 1)),
    )
    plan = lawc.compile(plate, "x y k -> u").plan
    rows = {"x": np.full(3, 0.5), "y": np.full(3, 0.5), "k": np.array([0.0, 1.0, 2.0])}
    found = reference(plan, rows, strict=False)["u"]
    assert np.isnan(found[0])
    assert np.abs(found[1:] - [1, 0.5]).max() < 1e-5
    with pytest.raises(DomainError, match="do not determine"):
        reference(plan, rows)


TURNED = "v[y] = 0 at x = 1\nnu*∂v[x]/∂x = p at x = 1"
FREE = "nu*∂v/∂x = vector(p, 0) at x = 1"


@pytest.mark.parametrize(("outlet", "width"), [(TURNED, 0.03), (FREE, 0.2)])
def test_an_outlet_that_turns_a_flow_gets_thin_cells(outlet: str, width: float) -> None:
    channel = law(
        """
        x, y : place            [1] 0 .. 1
        v    : velocity (x, y)  [1] vector2
        p    : pressure (x, y)  [1]
        nu   : viscosity        [1] 0.05 .. 1 log
        """,
        "motion: (v·∇)v = -∇p + nu*∇²v\ncontinuity: ∇·v = 0",
        head="  coordinates x, y",
        boundary=f"""
        v = vector(y*(1 - y), 0) at x = 0
        {outlet}
        v = vector(0, 0) at y = 0
        v = vector(0, 0) at y = 1
        """.replace("\n", "\n    "),
    )
    program = lawc.compile(channel, "x y nu -> v[x] v[y] p")
    space = division(solver_of(program.plan).problem({"nu": 0.1}), 6, 0)
    places = np.unique(space.places(2)[0].round(9))
    # Unknowns of the pressure stand at thirds of the edges of a cell.
    assert 3 * (places[-1] - places[-2]) < width
