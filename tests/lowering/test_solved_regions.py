"""Regions with parts cut out: read, checked, written back, and solved."""

from __future__ import annotations

import json

import numpy as np
import pytest
from field_texts import law

import lawc
from lawc.analysis.checking import check
from lawc.diagnostics.diagnostic import CompileError, DomainError, Source
from lawc.export.json_form import to_json
from lawc.export.json_reading import read_json
from lawc.knowledge.law import Law
from lawc.knowledge.writing import write_boundary, write_hole
from lawc.lowering.fields.planning import solver_of
from lawc.syntax.formatting import formatted
from lawc.syntax.parsing import parse

SYMBOLS = "x, y : place [m] -1 .. 1\nu : field (x, y) [K]\nR : radius [m] 0.1 .. 0.5"
WALLS = "\n".join(f"u = 0 [K] at {name} = {end} [m]" for name in "xy" for end in (-1, 1))
HOLE = "hole: without disk at x = 0 [m], y = 0 [m] radius R"
NOTCH = "notch: without box x = 0 [m] .. 1 [m], y = 0 [m] .. 1 [m]"


def disk(boundary: str = "u = 1 [K] on hole", region: str = HOLE) -> Law:
    return law(SYMBOLS, "laplace: ∇²u = 0 [K/m^2]", region=region, boundary=WALLS + "\n" + boundary)


def codes(region: str, boundary: str) -> list[str]:
    text = (
        'law a@1.0.0\n  title "a"\n  status draft\n  symbols\n'
        + "".join(f"    {line}\n" for line in SYMBOLS.splitlines())
        + "  equations\n    a: ∇²u = 1 [K/m^2]*R/R\n  region\n"
        + "".join(f"    {line}\n" for line in region.splitlines())
        + "  boundary\n"
        + "".join(f"    {line}\n" for line in (WALLS + "\n" + boundary).splitlines())
    )
    document, findings = parse(Source("knowledge/tests/a.law", text))
    return [f.code for f in (*findings, *check([document])[1]) if f.is_error]


def test_parts_and_their_rims_are_known() -> None:
    known = disk()
    assert write_hole(known.region[0]) == "hole: without disk at x = 0, y = 0 radius R"
    assert write_boundary(known.boundary[-1]) == "u = 1 on hole"
    notched = disk("u = 0 [K] on notch", NOTCH)
    assert write_hole(notched.region[0]) == "notch: without box x = 0 .. 1, y = 0 .. 1"
    assert notched.digest != known.digest


@pytest.mark.parametrize(
    ("region", "boundary", "code"),
    [
        (HOLE, "u = 0 [K] on whole", "L0407"),
        (HOLE, "u = R on hole", "L0209"),
        (HOLE, "", "L0406"),
        ("hole: without disk at x = 0 [m], y = 0 [s] radius R", "u = 0 [K] on hole", "L0209"),
        ("hole: without disk at x = 0 [m], w = 0 [m] radius R", "u = 0 [K] on hole", "L0111"),
        ("without disk at x = 0 [m], y = 0 [m] radius R", "", "L0101"),
        ("hole: without disc at x = 0 [m], y = 0 [m] radius R", "", "L0101"),
        ("hole: without box x = 0 [m], y = 0 [m]", "", "L0101"),
        (HOLE.replace("hole", "round-hole"), "", "L0101"),
    ],
)
def test_a_slip_in_a_region_is_found(region: str, boundary: str, code: str) -> None:
    assert code in codes(region, boundary)


@pytest.mark.parametrize(("one", "other"), [("µ", "μ"), ("μ", "µ"), ("µ", "µ")])
def test_a_part_is_known_by_either_spelling_of_a_letter(one: str, other: str) -> None:
    assert codes(HOLE.replace("hole", one), f"u = 1 [K] on {other}  # {other}") == []


def test_a_region_is_laid_out_and_comes_back_from_json() -> None:
    text = (
        'law a@1.0.0\n  title   "a"\n  status  draft\n\n  symbols\n'
        "    x, y : place         [m]  0 .. 1\n    u    : field (x, y)  [K]\n\n"
        "  equations\n    a: ∇²u = 1 [K/m^2]\n\n  region\n"
        "    hole: without disk at x = 0 [m], y = 0 [m] radius 0.5 [m]\n"
        "    notch: without box x = 0.8 [m] .. 1 [m], y = 0.8 [m] .. 1 [m]\n\n  boundary\n"
        "    u = 0 [K]    at x = 1 [m]\n    u = 1 [K]    on hole\n"
        "    u = 0.5 [K]  at x = 0 [m], y = -1 [m]\n"
    )
    source = Source("knowledge/tests/a.law", text)
    assert formatted(source).text == text
    document, findings = parse(source)
    assert not findings
    _, back = read_json("a.json", json.dumps(to_json(document)).encode())
    assert back.replace("laplacian(u)", "∇²u") == text


def test_between_two_rings_the_potential_is_a_logarithm() -> None:
    """A square whose walls hold the values of a logarithm around a disk."""
    walls = "\n".join(
        f"u = 1 [K] - ln(sqrt(x^2 + y^2)/R)*1 [K] at {name} = {end} [m]"
        for name in "xy"
        for end in (-1, 1)
    )
    known = law(
        SYMBOLS,
        "laplace: ∇²u = 0 [K/m^2]",
        region=HOLE,
        boundary=walls + "\nu = 1 [K] on hole",
    )
    program = lawc.compile(known, "x y R -> u")
    around = np.linspace(0, 6, 40)
    far = np.linspace(0.31, 0.99, 40)
    rows = {"x": far * np.cos(around), "y": far * np.sin(around), "R": np.full(40, 0.3)}
    found = program.reference(rows)["u"]
    assert np.abs(found - (1 - np.log(far / 0.3))).max() < 2e-5


def test_samples_of_a_region_leave_its_holes_out() -> None:
    columns = lawc.compile(disk(), "x y R -> u").sample(300, seed=3)
    assert (columns["x"] ** 2 + columns["y"] ** 2 >= columns["R"] ** 2 * (1 - 1e-12)).all()


def test_inside_a_hole_there_is_no_value() -> None:
    rows = {"x": [0.1, 0.6], "y": [0.0, 0.6], "R": [0.3, 0.3]}
    program = lawc.compile(disk(), "x y R -> u")
    found = program.reference(rows, strict=False)["u"]
    assert np.isnan(found[0]) and 0 < found[1] < 1
    with pytest.raises(DomainError, match="no single value"):
        program.reference(rows)


def test_an_inward_corner_is_resolved() -> None:
    """The integral of the field over an L of three unit squares is 0.2140758036."""
    torsion = law(
        "x, y : place [m] -1 .. 1\nu : field (x, y) [m^2]",
        "poisson: -∇²u = 1",
        region=NOTCH,
        boundary=WALLS.replace("[K]", "[m^2]") + "\nu = 0 [m^2] on notch",
    )
    solution = solver_of(lawc.compile(torsion, "x y -> u").plan).solution({})
    assert isinstance(solution.unknowns, np.ndarray)
    inner = solution.space.inside()
    local = solution.unknowns[inner.numbers[0]][:, None, :]
    whole = (np.matmul(local, inner.values[0])[:, 0] * inner.weights).sum()
    assert whole == pytest.approx(0.2140758036, rel=1e-6)


def test_a_slope_on_a_rim_is_refused_by_name() -> None:
    known = disk("∂u/∂x = 0 [K/m] on hole")
    with pytest.raises(CompileError, match="gives a slope on a rim"):
        lawc.compile(known, "x y R -> u").reference({"x": [0.9], "y": [0.0], "R": [0.3]})


def test_a_disk_that_leaves_the_region_is_refused_by_name() -> None:
    region = "hole: without disk at x = 0.9 [m], y = 0 [m] radius R"
    with pytest.raises(CompileError, match="`hole` touches or leaves"):
        lawc.compile(disk(region=region), "x y R -> u").reference(
            {"x": [0.0], "y": [0.0], "R": [0.3]}
        )
