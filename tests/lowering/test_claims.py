"""A true claim holds, a false one comes with a counterexample that can be replayed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from laws import absorption, arrhenius, kepler, law, logistic, oscillator, pendulum, read

from lawc.diagnostics.diagnostic import Place, Severity
from lawc.knowledge.expression import Expression
from lawc.knowledge.law import Always, Claim, Example, Law
from lawc.lowering import claims, limits
from lawc.lowering.claims import ClaimResult
from lawc.lowering.planning import make_plan
from lawc.lowering.reference import reference
from lawc.lowering.slips import factor_between, slips
from lawc.units.reading import parse_unit
from lawc.units.unit import Unit


def claim(
    form: Always,
    subject: str,
    by: str | None = None,
    value: str | None = None,
    towards: str | None = None,
    where: str = "",
) -> Claim:
    end: Expression | str | None = towards if towards in (None, "oo", "-oo") else read(towards)
    conditions = tuple(read(part) for part in where.split(",") if part)
    return Claim(form, read(subject), by, read(value) if value else None, end, conditions)


def fate(known: Law, one: Claim, n: int = 60) -> ClaimResult:
    return claims.test_claim(known, one, n)


CMP, RISES, FALLS, CONST, SCALES, LIMIT = (
    Always.COMPARISON,
    Always.RISES,
    Always.FALLS,
    Always.CONSTANT,
    Always.SCALES,
    Always.LIMIT,
)

TRUE = [
    (absorption(), claim(CMP, "0 <= C <= F*D/V")),
    (absorption(), claim(FALLS, "A", "t")),
    (absorption(), claim(FALLS, "C", "CL")),
    (absorption(), claim(SCALES, "C", "D", "1")),
    (absorption(), claim(LIMIT, "C", "t", "0", "oo")),
    (absorption(), claim(LIMIT, "A", "t", "F*D", "0")),
    (logistic(), claim(CMP, "N <= K", where="N0 <= K")),
    (logistic(), claim(RISES, "N", "t", where="N0 <= K")),
    (logistic(), claim(LIMIT, "N", "t", "K", "oo")),
    (oscillator(), claim(CONST, "E", where="F0 == 0, c == 0")),
    (oscillator(), claim(FALLS, "E", "t", where="F0 == 0")),
    (oscillator(), claim(SCALES, "x", "x0", "1", where="F0 == 0")),
    (arrhenius(), claim(RISES, "k", "T")),
    (arrhenius(), claim(LIMIT, "k", "T", "A", "oo")),
    (arrhenius(), claim(LIMIT, "k", "T", "0", "0")),
    (pendulum(), claim(SCALES, "T", "L", "0.5")),
    (pendulum(), claim(CMP, "T >= 2*3.141592*sqrt(L/g)")),
    (kepler(), claim(CMP, "E >= M", where="M <= 3.14")),
]

FALSE = [
    (absorption(), claim(CMP, "C <= F*D/V/2")),
    (absorption(), claim(RISES, "C", "CL")),
    (absorption(), claim(FALLS, "C", "t")),
    (absorption(), claim(CONST, "A + C*V")),
    (absorption(), claim(SCALES, "C", "V", "-1")),
    (absorption(), claim(LIMIT, "C", "t", "F*D/V", "oo")),
    (logistic(), claim(CMP, "N < K")),
    (logistic(), claim(LIMIT, "N", "t", "0", "oo")),
    (oscillator(), claim(CONST, "E", where="F0 == 0")),
    (arrhenius(), claim(SCALES, "k", "A", "2")),
    (arrhenius(), claim(LIMIT, "k", "T", "A/2", "oo")),
    (pendulum(), claim(FALLS, "T", "a")),
    (kepler(), claim(CMP, "E >= M")),
]


@pytest.mark.parametrize(("known", "one"), TRUE, ids=lambda part: getattr(part, "form", ""))
def test_a_true_claim_holds(known: Law, one: Claim) -> None:
    result = fate(known, one)
    assert result.holds is True, result.detail
    assert result.tested > 0 and result.counterexample is None


@pytest.mark.parametrize(("known", "one"), FALSE, ids=lambda part: getattr(part, "form", ""))
def test_a_false_claim_comes_with_a_counterexample(known: Law, one: Claim) -> None:
    result = fate(known, one)
    assert result.holds is False and result.counterexample, result.detail


@pytest.mark.parametrize("step", [1, 2, 3, 4])
def test_a_machine_that_is_slow_makes_no_limit_false(
    step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for known, one in TRUE + FALSE:
        if one.form is LIMIT:
            clock = iter([0.0] * step + [1e9] * 99)
            monkeypatch.setattr(limits, "process_time", lambda clock=clock: next(clock))
            result = fate(known, one)
            assert result.holds in (None, (known, one) in TRUE), result.detail


def test_a_counterexample_can_be_replayed() -> None:
    result = fate(absorption(), claim(CMP, "C <= F*D/V/2"))
    assert result.counterexample is not None
    at = {name: np.array([value]) for name, value in result.counterexample.items()}
    plan = make_plan(absorption(), "t D F ka V CL -> C")
    found = reference(plan, at)["C"][0]
    assert found > at["F"][0] * at["D"][0] / at["V"][0] / 2
    assert result.detail.startswith(f"C = {found:.6g}"[:9])


def test_equalities_of_a_region_are_put_in_exactly() -> None:
    result = fate(oscillator(), claim(CMP, "x >= x0", where="F0 == 0, c == 0"))
    assert result.counterexample is not None
    assert result.counterexample["F0"] == 0 and result.counterexample["c"] == 0


def test_what_never_changes_does_not_rise() -> None:
    known = law("y [m]\n a [m] 1 .. 2\n b [m] 1 .. 2", "flat: y = max(a, 0)*(b/b)")
    result = fate(known, claim(RISES, "y", "b"))
    assert result.holds is False and "never changes" in result.detail


def test_ties_do_not_break_a_rise() -> None:
    known = law("y [m]\n a [m] 0 .. 2", "step: y = max(a, 1)")
    assert fate(known, claim(RISES, "y", "a")).holds is True


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (claim(RISES, "k", "q"), "does not depend on q"),
        (claim(CMP, "k > 0", where="T > 1e9"), "no row lay in its region"),
        (claim(CMP, "q > 0"), "q"),
    ],
)
def test_what_cannot_be_tried_is_neither_true_nor_false(one: Claim, why: str) -> None:
    known = arrhenius()
    quantities = {**known.quantities, "q": replace(known.quantities["T"], name="q", low=None)}
    result = fate(replace(known, quantities=quantities), one)
    assert result.holds is None and why in result.detail


def example(value: float, tolerance: float = 1e-6) -> Example:
    given = {"t": 3600.0, "D": 500e-6, "F": 1.0, "ka": 1 / 3600, "V": 0.02, "CL": 0.005 / 3600}
    return Example("C", value, tolerance, given, Place("a.law", 3, 9))


def exact() -> float:
    k = 0.25
    return 500e-6 / 0.02 / (1 - k) * (np.exp(-k) - np.exp(-1.0))


def test_a_worked_value_of_the_law_is_confirmed() -> None:
    (result,) = claims.test_examples(replace(absorption(), examples=(example(exact()),)))
    assert result.holds is True and result.text.startswith("C = 13.697")


def test_a_worked_value_that_the_law_misses_is_reported_in_declared_units() -> None:
    wrong = replace(absorption(), examples=(example(exact() + 3e-6, 1e-6),))
    (result,) = claims.test_examples(wrong)
    assert result.holds is False
    assert "[mg/L], off by 0.003 where 0.001 is allowed" in result.detail


def test_an_example_that_gives_too_little_says_what() -> None:
    poor = replace(example(1.0), given={"t": 1.0})
    (result,) = claims.test_examples(replace(absorption(), examples=(poor,)))
    assert result.holds is None and "D" in result.detail


def test_findings_carry_code_place_and_counterexample() -> None:
    place = Place("a.law", 20, 30)
    false = replace(claim(CMP, "C <= F*D/V/2"), place=place, text="C <= F*D/V/2")
    odd = replace(claim(RISES, "C", "C"), place=place, text="C rises with C")
    wrong = replace(absorption(), claims=(false, odd), examples=(example(1.0),))
    found = claims.findings(wrong)
    assert [(d.code, d.severity) for d in found] == [
        ("L0501", Severity.ERROR),
        ("L0502", Severity.ERROR),
        ("L0502", Severity.WARNING),
    ]
    assert found[1].place == place and found[1].notes[0].startswith("at t = ")
    assert "CL = " in found[1].notes[0] and "[L/h]" in found[1].notes[0]
    assert found[1].headline == "this claim is false"


def test_a_law_that_keeps_its_word_has_no_findings() -> None:
    true = tuple(one for known, one in TRUE if known.quantities.keys() >= {"ka", "CL"})
    assert claims.findings(replace(absorption(), claims=true, examples=(example(exact()),))) == ()


def test_the_same_seed_finds_the_same_counterexample() -> None:
    one = claim(CMP, "C <= F*D/V/2")
    assert claims.test_claim(absorption(), one, 60, 4) == claims.test_claim(
        absorption(), one, 60, 4
    )


def test_claims_are_tried_without_torch() -> None:
    text = "import sys, lawc.lowering.claims; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_false_example_names_the_slip_that_explains_it() -> None:
    given = {"t": (3.0, parse_unit("min")), "k": (0.1, parse_unit("1/h"))}
    given = {name: (value, unit) for name, (value, unit) in given.items() if isinstance(unit, Unit)}

    def holds(columns: Mapping[str, np.ndarray]) -> np.ndarray:
        return np.isclose(columns["t"] * columns["k"], 0.3)

    assert [(slip.name, slip.unit) for slip in slips(given, holds)] == [("t", "h"), ("k", "1/min")]
    assert factor_between(2.0, 2.0 * 180 / np.pi).endswith("as between degrees and radians")
    assert factor_between(3600.0, 1.0).startswith("the value is that of the law divided by 3600")
    assert factor_between(1.0, 1.23) == ""
