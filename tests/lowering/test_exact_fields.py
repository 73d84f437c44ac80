"""What a law states its field to be is held against the law, then answered."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from field_texts import HEAT, law, read

import lawc
from lawc.diagnostics.diagnostic import CompileError
from lawc.knowledge.law import Law

ROOT = Path(__file__).parent.parent.parent
PROBLEMS = (ROOT / "benchmarks" / "fields" / "problems.law").read_text(encoding="utf-8")
DECAY = "always T = A*exp(-a*t*pi^2/1 [m^2])*sin(pi*x/1 [m])"


def heat(claim: str, ends: str = "T = 0 [K] at x = 0 [m]\nT = 0 [K] at x = 1 [m]") -> Law:
    return law(
        "t : time [s] 0 .. 1\nx : place [m] 0 .. 1\nT : temperature (x, t) [K]\n"
        "a : diffusivity [m^2/s] 0.01 .. 1\nA : height [K] 1 .. 10",
        "heat: ∂T/∂t = a*∇²T",
        initial="T = A*sin(pi*x/1 [m]) at t = 0 [s]",
        boundary=ends,
        checks=claim,
    )


def problem(name: str) -> Law:
    start = PROBLEMS.index(f"law {name}@")
    end = PROBLEMS.find("\nlaw ", start)
    return read(PROBLEMS[start:end] if end > 0 else PROBLEMS[start:])


def test_a_stated_field_is_answered_to_rounding() -> None:
    program = lawc.compile(heat(DECAY), "t x a A -> T")
    rows = {"t": [0.3, 0.0], "x": [0.2, 0.5], "a": [0.5, 1.0], "A": [2.0, 3.0]}
    exact = 2 * np.exp(-0.5 * 0.3 * np.pi**2) * np.sin(0.2 * np.pi)
    assert np.allclose(program.reference(rows)["T"], [exact, 3.0], rtol=1e-14)


def test_a_stated_field_agrees_with_the_solved_one() -> None:
    rows = {"t": [0.3, 0.9], "x": [0.2, 0.7], "a": [0.4, 0.4], "A": [2.0, 2.0]}
    stated = lawc.compile(heat(DECAY), "t x a A -> T").reference(rows)["T"]
    solved = lawc.compile(HEAT, "t x a A -> T").reference(rows)["T"]
    assert np.abs(stated - solved).max() < 1e-5


@pytest.mark.parametrize(
    ("claim", "ends", "missed"),
    [
        (DECAY.replace("-a", "-2*a"), None, "misses `dT/dt"),
        (DECAY.replace("A*exp", "2*A*exp"), None, "misses `T = A"),
        (DECAY, "T = 0 [K] at x = 0 [m]\nT = A at x = 1 [m]", "misses `T = A at x = 1`"),
        (DECAY, "T = 0 [K] at x = 0 [m]\n∂T/∂x = 0 [K/m] at x = 1 [m]", "misses `dT/dx = 0"),
    ],
)
def test_a_stated_field_that_misses_its_law_is_refused(
    claim: str, ends: str | None, missed: str
) -> None:
    known = heat(claim) if ends is None else heat(claim, ends)
    with pytest.raises(CompileError, match=r"claims `T = .*`") as refusal:
        lawc.compile(known, "t x a A -> T")
    assert missed in str(refusal.value)


def test_a_tiny_field_is_held_to_its_law_like_any_other() -> None:
    tiny = law(
        "t : time [s] 0 .. 1\nx : place [m] 0 .. 1\nq : charge (x, t) [C]\n"
        "a : diffusivity [m^2/s] 0.01 .. 1",
        "spreading: ∂q/∂t = a*∇²q",
        initial="q = 1e-15 [C]*sin(pi*x/1 [m]) at t = 0 [s]",
        boundary="q = 0 [C] at x = 0 [m]\nq = 0 [C] at x = 1 [m]",
        checks="always q = 3e-15 [C]*exp(-a*t*pi^2/1 [m^2])*sin(pi*x/1 [m])",
    )
    with pytest.raises(CompileError, match=r"misses `q = "):
        lawc.compile(tiny, "t x a -> q")


def test_every_published_problem_is_stated_in_at_most_25_lines() -> None:
    laws = PROBLEMS.split("\nlaw ")[1:]
    assert len(laws) >= 7
    for block in laws:
        lines = [line for line in block.splitlines() if line.strip()]
        assert len(lines) <= 25, lines[0]


def test_the_published_course_of_lorenz_is_the_one_of_its_law(material: Path) -> None:
    stored = np.load(material / "material" / "pde" / "deepxde" / "Lorenz.npz")
    t = stored["t"][:, 0]
    rows = {"t": t, "s": np.full(25, 10.0), "r": np.full(25, 15.0), "b": np.full(25, 8 / 3)}
    found = lawc.compile(problem("lorenz"), "t s r b -> x y z").reference(rows)
    ours = np.stack([found[name] for name in "xyz"], axis=1)
    # The published course was made by a solver of relative tolerance 1e-3.
    assert np.linalg.norm(ours - stored["y"]) < 1e-3 * np.linalg.norm(stored["y"])


def test_the_published_field_of_the_inverse_heat_problem_satisfies_its_law(material: Path) -> None:
    sensors = np.loadtxt(material / "material" / "pde" / "pinnacle" / "ref" / "heatinv_points.dat")
    x, y, t = sensors.T
    found = lawc.compile(problem("heat-in-a-graded-plate"), "t x y -> u a").reference(
        {"t": t, "x": x, "y": y}
    )
    pattern = np.sin(np.pi * x) * np.sin(np.pi * y)
    assert np.allclose(found["u"], np.exp(-t) * pattern, atol=1e-14)
    assert np.allclose(found["a"], 2 + pattern, atol=1e-14)
