"""What an author claims becomes tests: they pass for the law, and fail for a law that is wrong."""

from __future__ import annotations

import builtins
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from laws import absorption, arrhenius, law, oscillator, read

from lawc.diagnostics.diagnostic import LawcError
from lawc.knowledge.law import Always, Claim, Example, Law
from lawc.lowering.program import Program, compile_law

BOUND = Claim(Always.COMPARISON, read("0 <= C <= F*D/V"), text="0 <= C <= F*D/V")
FALLS = Claim(Always.FALLS, read("A"), by="t", text="A falls with t")
LINEAR = Claim(Always.SCALES, read("C"), by="D", value=read("1"), text="C scales with D ^ 1")
WORKED = Example("A", 0.5e-6, 1e-9, {"t": 0.0, "D": 1e-6, "F": 0.5, "ka": 1e-4})


def compiled(*claims: Claim, examples: tuple[Example, ...] = ()) -> Program:
    known = replace(absorption(), claims=claims, examples=examples)
    return compile_law(known, "t D F ka V CL -> C")


TRUE = compiled(BOUND, FALLS, LINEAR, examples=(WORKED,))
FALSE = compiled(Claim(Always.RISES, read("C"), by="CL"))
UNDER = compile_law(oscillator(), "t x0 m c k F0 w -> x")
quiet = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@quiet
@given(TRUE.states())
def test_true_properties_pass_at_every_state(state: dict[str, float]) -> None:
    for one in TRUE.properties():
        one.check(state)


@pytest.mark.parametrize("moment", [5e-324, 1e-310, 1e-200, 1e-30])
def test_a_moment_after_the_start_has_an_answer(moment: float) -> None:
    state = {"t": moment, "D": 500.0, "F": 1.0, "ka": 1.0, "V": 20.0, "CL": 5.0}
    for one in TRUE.properties():
        one.check(state)


def test_properties_are_named_for_what_they_check() -> None:
    assert [one.name for one in TRUE.properties()] == [
        "the reference satisfies the law",
        "always 0 <= C <= F*D/V",
        "always A falls with t",
        "always C scales with D ^ 1",
        "example: A = 0.5 [mg]",
    ]


def test_a_false_claim_fails_with_the_state_in_the_text() -> None:
    state = {"t": 6.0, "D": 500.0, "F": 1.0, "ka": 1.0, "V": 20.0, "CL": 5.0}
    *_, one = FALSE.properties()
    with pytest.raises(AssertionError, match=r"always C rises with CL: C = .*; at t = 6"):
        one.check(state)


def test_a_wrong_example_fails_at_every_state() -> None:
    *_, one = compiled(examples=(replace(WORKED, value=1.0),)).properties()
    with pytest.raises(AssertionError, match=r"the law gives A = 0.5 \[mg\], off by"):
        one.check({})


@settings(max_examples=200, deadline=None)
@given(UNDER.states())
def test_states_lie_in_the_declared_ranges_and_in_valid(state: dict[str, float]) -> None:
    assert state["c"] ** 2 < 4 * state["m"] * state["k"]
    for q in UNDER.inputs:
        assert q.low is not None and q.high is not None
        assert q.low <= state[q.name] <= q.high


@pytest.mark.parametrize("name", ["t", "D", "ka"])
@pytest.mark.parametrize("end", ["low", "high"])
def test_states_reach_both_ends_of_every_range(name: str, end: str) -> None:
    edge = next(getattr(q, end) for q in TRUE.inputs if q.name == name)
    seen = False

    @settings(max_examples=100, deadline=None, database=None)
    @given(TRUE.states())
    def look(state: dict[str, float]) -> None:
        nonlocal seen
        seen |= state[name] == edge

    look()
    assert seen


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_a_thin_domain_still_has_states(data: st.DataObject) -> None:
    known = law("y [m]\n a [m] 0 .. 1\n b [m] 0 .. 1", "sum: y = a + b", valid="a < b/20")
    state = data.draw(compile_law(known, "a b -> y").states())
    assert state["a"] < state["b"] / 20


def test_claims_are_tried_from_any_direction_of_the_law() -> None:
    claims = (Claim(Always.RISES, read("k"), by="T"), Claim(Always.FALLS, read("k"), by="T"))
    known: Law = replace(arrhenius(), claims=claims)
    program = compile_law(known, "A T k -> Ea")
    state = {"A": 1e10, "T": 300.0, "k": 1e-3}
    _, true, false = program.properties()
    true.check(state)
    with pytest.raises(AssertionError):
        false.check(state)


def test_missing_hypothesis_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: object, **more: object) -> object:
        if name.startswith("hypothesis"):
            raise ModuleNotFoundError(name)
        return real(name, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(LawcError, match=r"pip install 'lawc\[test\]'"):
        TRUE.states()
