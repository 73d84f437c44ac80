"""Linear laws of fields are solved by least squares, and judged by what is known of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import lawc
from lawc.analysis.checking import check
from lawc.diagnostics.diagnostic import Source
from lawc.forms.expansion import Expansion
from lawc.knowledge.law import Law, Status
from lawc.lowering.demands import demands, is_linear, sources
from lawc.syntax.parsing import parse
from lawc.training.budget import Budget
from lawc.training.collocation import Task
from lawc.training.expanding import form_of
from lawc.training.linear_laws import Choice, Solution, solution, solve
from lawc.training.recipe import Recipe, Train
from lawc.training.solved import solved, task_of


def law(symbols: str, equations: str, **sections: str) -> Law:
    text = 'law tested@1.0.0\n  title "A law of the tests"\n  status draft\n\n'
    for key, lines in {"symbols": symbols, "equations": equations, **sections}.items():
        items = [line.strip() for line in lines.strip().splitlines()]
        text += f"  {key}\n" + "".join(f"    {item}\n" for item in items) + "\n"
    document, findings = parse(Source("knowledge/tests/linear.law", text))
    base, found = check([document])
    assert not [finding for finding in (*findings, *found) if finding.is_error]
    return next(iter(base.laws.values()))


POISSON = law(
    """
    x, y : place        [1] 0 .. 1
    u    : field (x, y) [1]
    """,
    "poisson: -(∂²u/∂x² + ∂²u/∂y²) = 2*pi^2*sin(pi*x)*sin(pi*y)",
    boundary="""
    u = 0 at x = 0
    u = 0 at x = 1
    u = 0 at y = 0
    u = 0 at y = 1
    """,
)

FLUX = law(
    """
    x : place           [m]      0 .. 2
    T : temperature (x) [K]
    q : flux (x)        [K/m]
    """,
    """
    balance: d²T/dx² = 1 [K/m^2]*exp(-x/1 [m])
    flux: q := -2*dT/dx
    """,
    boundary="""
    T = 1 [K] at x = 0 [m]
    T = exp(-2)*1 [K] at x = 2 [m]
    """,
)

HEAT = law(
    """
    t  : time                [s]      0 .. 1
    x  : place               [m]      0 .. 1
    T  : temperature (x, t)  [K]
    a  : diffusivity         [m^2/s]  0.01 .. 1 log
    A  : height              [K]      1 .. 10
    """,
    "heat: ∂T/∂t = a*∇²T",
    initial="T = A*sin(pi*x/1 [m]) at t = 0 [s]",
    boundary="""
    T = 0 [K] at x = 0 [m]
    T = 0 [K] at x = 1 [m]
    """,
)

ROBIN = law(
    """
    x  : place           [m]       0 .. 2
    L  : length          [m]       1 .. 2
    T  : temperature (x) [K]
    q  : heating         [K/m^2]   0 .. 5
    Ta : air             [K]       0 .. 10
    h  : transfer        [1/m]     1 .. 3
    """,
    "balance: ∂²T/∂x² = -q",
    boundary="""
    ∂T/∂x = 0 [K/m]       at x = 0 [m]
    ∂T/∂x = -h*(T - Ta)   at x = L
    """,
)

RING = law(
    """
    t : time           [s]   0 .. 0.5
    x : place          [m]   0 .. 1
    u : height (x, t)  [m]
    c : speed          [m/s] 0.5 .. 1
    """,
    "moved: ∂u/∂t = -c*∂u/∂x",
    initial="u = 1 [m]*sin(2*pi*x/1 [m]) at t = 0 [s]",
    boundary="u periodic in x",
)

BENT = law(
    """
    x : place     [1] 0 .. 1
    u : field (x) [1]
    """,
    "bent: ∂²u/∂x² = u^2",
    boundary="""
    u = 1 at x = 0
    u = 0 at x = 1
    """,
)

PIPE = law(
    """
    x, y : place              [m] -1 .. 1
    T    : temperature (x, y) [K]
    R    : radius             [m] 0.2 .. 0.5
    hot  : temperature        [K] 1 .. 2
    """,
    "laplace: ∂²T/∂x² + ∂²T/∂y² = 0 [K/m^2]",
    region="hole: without disk at x = 0 [m], y = 0 [m] radius R",
    boundary="""
    T = 0 [K] at x = -1 [m]
    T = 0 [K] at x = 1 [m]
    T = 0 [K] at y = -1 [m]
    T = 0 [K] at y = 1 [m]
    T = hot on hole
    """,
)

PAIR = law(
    """
    x : place       [1] 0 .. 1
    u : one (x)     [1]
    v : another (x) [1]
    """,
    """
    one: ∂²u/∂x² = v
    another: ∂²v/∂x² = pi^4*sin(pi*x)
    """,
    boundary="""
    u = 0 at x = 0
    u = 0 at x = 1
    v = 0 at x = 0
    v = 0 at x = 1
    """,
)


def best(tested: Law, signature: str, target: float) -> Solution:
    task = Task(lawc.compile(tested, signature).plan)
    return list(solve(task, target, Budget(20.0), 0))[-1]


def answers(found: Solution, columns: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    form = form_of(found.space, found.weights)
    said = form({name: torch.from_numpy(values) for name, values in columns.items()})
    return {name: values.numpy() for name, values in said.items()}


def drawn(n: int, **ranges: tuple[float, float]) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(11)
    return {name: generator.uniform(*ends, n) for name, ends in ranges.items()}


def test_poissons_equation_on_a_square_is_exact_to_eleven_digits() -> None:
    at = drawn(500, x=(0, 1), y=(0, 1))
    exact = np.sin(np.pi * at["x"]) * np.sin(np.pi * at["y"])
    ours = answers(best(POISSON, "x y -> u", 1e-11), at)["u"]
    assert np.linalg.norm(ours - exact) < 1e-11 * np.linalg.norm(exact)


def test_parameters_are_inputs_and_sources_are_added_up() -> None:
    task = Task(lawc.compile(ROBIN, "x L q Ta h -> T").plan)
    assert task.sources == ("q", "Ta")
    at = drawn(300, x=(0, 1), L=(1, 2), q=(0, 5), Ta=(0, 10), h=(1, 3))
    at["x"] = at["x"] * at["L"]
    exact = at["Ta"] + at["q"] * ((at["L"] ** 2 - at["x"] ** 2) / 2 + at["L"] / at["h"])
    ours = answers(best(ROBIN, "x L q Ta h -> T", 1e-7), at)["T"]
    assert np.abs(ours - exact).max() < 1e-5 * exact.max()


def test_a_wave_runs_around_a_ring_at_any_speed() -> None:
    at = drawn(300, t=(0, 0.5), x=(0, 1), c=(0.5, 1))
    exact = np.sin(2 * np.pi * (at["x"] - at["c"] * at["t"]))
    ours = answers(best(RING, "t x c -> u", 1e-4), at)["u"]
    assert np.abs(ours - exact).max() < 5e-4


def test_two_fields_are_solved_at_once() -> None:
    at = drawn(200, x=(0, 1))
    ours = answers(best(PAIR, "x -> u v", 1e-10), at)
    assert ours["u"] == pytest.approx(np.sin(np.pi * at["x"]), abs=1e-9)
    assert ours["v"] == pytest.approx(-(np.pi**2) * np.sin(np.pi * at["x"]), abs=1e-8)


def test_a_law_is_known_as_linear_only_where_it_is() -> None:
    for tested, signature, linear in (
        (POISSON, "x y -> u", True),
        (HEAT, "t x a A -> T", True),
        (RING, "t x c -> u", True),
        (BENT, "x -> u", False),
    ):
        program = lawc.compile(tested, signature)
        found = demands(program.plan)
        assert is_linear(found) is linear
        assert task_of(program) is not None
        assert sources(program.plan, found) == (("A",) if tested is HEAT else ())


def test_the_radius_of_a_hole_is_no_source() -> None:
    plan = lawc.compile(PIPE, "x y R hot -> T").plan
    assert sources(plan, demands(plan)) == ("hot",)


def test_an_answer_is_accepted_by_the_reference_and_frozen_as_a_form() -> None:
    program = lawc.compile(POISSON, "x y -> u")
    recipe = Recipe(law="tested", signature="x y -> u", tolerance=1e-4, train=Train(seconds=20))
    found = solved(program, recipe)
    assert found is not None
    assert found.error <= 1e-4
    assert found.form.inputs == ("x", "y")
    assert found.seeds


def test_an_answer_with_a_derivative_is_frozen_loaded_and_exported(tmp_path: Path) -> None:
    program = lawc.compile(replace(FLUX, status=Status.CONFIRMED), "x -> T q")
    student = lawc.distil(program, tolerance=1e-4, seconds=20)
    assert isinstance(student.form, Expansion)
    certificate = lawc.certify(student, points=512)
    assert student.error <= certificate.bound <= 1e-4
    lawc.freeze(student, certificate, tmp_path / "flux")
    module = lawc.module(tmp_path / "flux")
    x = torch.linspace(0.1, 1.9, 7, dtype=torch.float64)
    value = module({"x": x}).value
    # T = e^(-x) solves T'' = e^(-x) with these ends; q = -2 T' = 2 e^(-x).
    wanted = torch.stack([torch.exp(-x), 2 * torch.exp(-x)], 1)
    assert torch.allclose(value, wanted, rtol=0, atol=2e-4)
    given = {"x": x}
    exported = torch.export.export(student.form, (given,)).module()
    assert torch.equal(exported(given)["q"], student.form(given)["q"])


def test_newtons_method_solves_a_law_that_is_not_linear() -> None:
    program = lawc.compile(BENT, "x -> u")
    recipe = Recipe(law="tested", signature="x -> u", tolerance=1e-5, train=Train(seconds=20))
    found = solved(program, recipe)
    assert found is not None
    assert found.error <= 1e-5


def test_the_same_seed_gives_the_same_bits() -> None:
    task = Task(lawc.compile(PAIR, "x -> u v").plan)
    choice = Choice(np.array([2.0]), (), (1.0, 10.0))
    first, second, other = (solution(task, choice, 60, seed) for seed in (3, 3, 4))
    assert np.array_equal(first.weights, second.weights)
    assert not np.array_equal(first.weights, other.weights)


def test_newtons_method_makes_no_further_step_when_the_time_is_spent() -> None:
    task = Task(lawc.compile(BENT, "x -> u").plan)
    choice = Choice(np.array([2.0]), (), (1.0,))
    first, spent = (solution(task, choice, 60, 0, budget=Budget(s)) for s in (60.0, 0.0))
    assert first.left < 1e-9
    # One step from fields of zero: their square, u^2, was not seen yet.
    assert spent.left > 1e-3
