"""Laws of fields are held against their examples and claims: solved, stated or put in."""

from __future__ import annotations

import numpy as np
import pytest
from field_texts import law, read
from hypothesis import given, settings
from hypothesis import strategies as st

import lawc
from lawc.diagnostics.diagnostic import CompileError, Severity
from lawc.knowledge.law import Law
from lawc.lowering import claims
from lawc.lowering.fields import claims as field_claims
from lawc.lowering.fields.claims import same_equations
from lawc.pipeline.mutant_judge import Judge
from lawc.pipeline.mutation import KILLED, Fate
from lawc.pipeline.testing import try_law

FREE = """law free@1.0.0
  title   "Waves, wherever they are"
  status  draft

  symbols
    t, x : time and place      [1]  0 .. 3
    u    : one field (x, t)    [1]
    v    : the other (x, t)    [1]
    c    : speed               [1]  0.5 .. 2

  equations
    forth: ∂u/∂t = c*∂v/∂x
    back: ∂v/∂t = c*∂u/∂x

  checks
"""
TWIN = "    always u = cos(x + c*t) + 2*sin(x - c*t) where v = cos(x + c*t) - 2*sin(x - c*t)\n"


def heat(*checks: str, end: float = 1.0) -> Law:
    return law(
        f"""
        t  : time                [s]      0 .. {end}
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
        **({"checks": "\n".join(checks)} if checks else {}),
    )


def wave(*checks: str, start: str = "1 [m]*sin(pi*x/1 [m])") -> Law:
    return law(
        """
        t : time              [s]    0 .. 2
        x : place             [m]    0 .. 1
        u : deflection (x, t) [m]
        c : speed             [m/s]  0.5 .. 2
        """,
        "motion: ∂²u/∂t² = c^2*∂²u/∂x²",
        initial=f"""
        u = {start} at t = 0 [s]
        ∂u/∂t = 0 [m/s] at t = 0 [s]
        """,
        boundary="""
        u = 0 [m] at x = 0 [m]
        u = 0 [m] at x = 1 [m]
        """,
        **({"checks": "\n".join(checks)} if checks else {}),
    )


def rod(*checks: str) -> Law:
    return law(
        """
        x  : place            [m]        0 .. 1
        T  : temperature (x)  [K]
        k  : conductivity     [W/m/K]    0.1 .. 10 log
        h  : transfer         [W/m^2/K]  1 .. 10
        Tw : wall             [K]        300 .. 400
        Ta : air              [K]        200 .. 290
        """,
        "balance: d/dx(k*dT/dx) = 0 [W/m^3]",
        boundary="""
        T = Tw at x = 0 [m]
        -k*dT/dx = h*(T - Ta) at x = 1 [m]
        """,
        checks="\n".join(checks),
    )


@settings(max_examples=6, deadline=None)
@given(amount=st.floats(1, 10), diffusivity=st.floats(0.02, 1), time=st.floats(0.05, 0.4))
def test_an_example_holds_as_far_as_it_is_true(
    amount: float, diffusivity: float, time: float
) -> None:
    value = float(amount * np.exp(-diffusivity * np.pi**2 * time) * np.sin(np.pi * 0.3))
    at = f"x = 0.3 [m], t = {time!r} [s], a = {diffusivity!r} [m^2/s], A = {amount!r} [K]"
    slack = 0.01 * amount
    right = f"example: T = {value!r} [K] within {slack!r} given {at}"
    wrong = f"example: T = {value + 2 * slack!r} [K] within {slack!r} given {at}"
    assert [r.holds for r in claims.test_examples(heat(right, wrong))] == [True, False]


def test_claims_are_tried_on_few_solutions_and_many_points() -> None:
    held = rod("always T rises with Tw", "always T <= Tw", "always T falls with x")
    results = claims.test_claims(held, 60)
    assert [result.holds for result in results] == [True, True, True]
    assert all(result.tested > 20 for result in results)


def test_a_false_claim_of_a_solved_field_comes_with_a_counterexample() -> None:
    false = heat("always T rises with t", "always T scales with A ^ 2")
    for result in claims.test_claims(false, 40):
        assert result.holds is False
        assert result.counterexample is not None
        assert {*result.counterexample} == {"t", "x", "a", "A"}
    assert [found.code for found in claims.findings(false)] == ["L0502", "L0502"]


def test_a_field_that_is_stated_needs_no_solver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lawc.lowering.fields.solving.solve", None)
    right = "always u = 1 [m]*sin(pi*x/1 [m])*cos(pi*c*t/1 [m])"
    assert [r.holds for r in claims.test_claims(wave(right, "always u falls with c"))] == [
        True,
        False,
    ]
    (result,) = claims.test_claims(wave(right.replace("cos", "sin")))
    assert result.holds is False
    assert "misses" in result.detail


def test_a_law_without_conditions_is_held_against_fields_that_satisfy_it() -> None:
    (result,) = claims.test_claims(read(FREE + TWIN))
    assert result.holds is True
    (other,) = claims.test_claims(read(FREE + TWIN.replace("- 2*sin", "+ 2*sin")))
    assert other.holds is False
    assert "misses" in other.detail
    (half,) = claims.test_claims(read(FREE + "    always u <= 1 where v = x\n"))
    assert half.holds is None


def test_equations_say_the_same_where_one_is_a_multiple_of_the_other() -> None:
    one = read(FREE + TWIN)
    assert same_equations(one, read((FREE + TWIN).replace("∂v/∂t = c*∂u", "-2*∂v/∂t = -2*c*∂u")))
    assert not same_equations(one, read((FREE + TWIN).replace("∂v/∂t = c*∂u", "∂v/∂t = 2*c*∂u")))


def test_what_takes_too_long_is_a_warning_and_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(field_claims, "SECONDS", 0.0)
    given = "x = 0.5 [m], t = 0.1 [s], a = 1 [m^2/s], A = 1 [K]"
    slow = heat(f"example: T = 3 [K] within 0.01 given {given}")
    (found,) = claims.findings(slow)
    assert found.severity is Severity.WARNING
    assert "seconds of work" in found.notes[0]


def test_a_field_that_does_not_vary_along_an_axis_is_held_to_its_ends() -> None:
    plate = law(
        """
        x, y : place             [m]  0 .. 1
        T    : temperature (x, y) [K]
        """,
        "heat: ∂²T/∂x² + ∂²T/∂y² = 0 [K/m^2]",
        boundary="""
        T = 300 [K] at x = 0 [m]
        T = 400 [K] at x = 1 [m]
        ∂T/∂y = 0 [K/m] at y = 0 [m]
        ∂T/∂y = 0 [K/m] at y = 1 [m]
        """,
    )
    found = lawc.compile(plate, "x y -> T").reference({"x": [0.25], "y": [0.5]})
    assert found["T"] == pytest.approx(325)


def test_what_has_died_away_is_as_exact_as_what_there_was() -> None:
    columns = {"t": [1.0, 0.1], "x": [0.5, 0.5], "a": [1.0, 1.0], "A": [1.0, 1.0]}
    found = lawc.compile(heat(end=30.0), "t x a A -> T").reference(columns)["T"]
    assert found == pytest.approx(np.exp(-(np.pi**2) * np.array([1.0, 0.1])), abs=1e-5)


def test_a_field_that_starts_from_itself_is_refused_by_name() -> None:
    itself = lawc.compile(wave(start="u*sin(pi*x/1 [m])"), "t x c -> u")
    with pytest.raises(CompileError, match="u starts from u"):
        itself.reference({"t": [1.0], "x": [0.5], "c": [1.0]})


def test_a_program_is_not_asked_for_each_state() -> None:
    tested = try_law(wave("always u = 1 [m]*sin(pi*x/1 [m])*cos(pi*c*t/1 [m])"), 30)
    assert [(one.problem, one.states) for one in tested] == [(None, 30)]
    (false,) = try_law(heat("always T rises with t"), 30)
    assert false.problem is not None


@pytest.mark.parametrize(
    "name",
    [
        "physics.fields.pipe-flow",
        "physics.fields.navier-stokes",
        "physics.fields.maxwell-vacuum",
        "chemistry.diffusion.diffusion-into-a-half-space",
    ],
)
def test_slips_in_shipped_laws_of_fields_are_noticed(name: str) -> None:
    base = lawc.library()
    judge = Judge(base[name], base)
    fates = [judge.judge(number).fate for number in range(len(judge.mutants))]
    counted = [fate for fate in fates if fate is not Fate.EQUIVALENT]
    assert sum(fate in KILLED for fate in counted) >= 0.95 * len(counted)
    assert len(counted) > 10
