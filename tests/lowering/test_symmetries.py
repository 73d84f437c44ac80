"""Claims of symmetry and continuity hold where laws have them, and fail with a point elsewhere."""

from __future__ import annotations

import pytest

from lawc.analysis.checking import check
from lawc.diagnostics.diagnostic import Severity, Source
from lawc.knowledge.law import Law
from lawc.lowering.claims import findings, test_claims
from lawc.lowering.refusing import refusal
from lawc.syntax.parsing import parse

test_claims.__test__ = False  # type: ignore[attr-defined]


def law(right: str, *checks: str, symbols: str = "", more: str = "") -> Law:
    text = (
        'law tried@1.0.0\n  title "t"\n  status draft\n  symbols\n'
        "    x : argument [1] -2 .. 2\n    a : size [1] 0.5 .. 2\n    y : value [1]\n"
        f"{symbols}  equations\n    y := {right}\n{more}"
        "  checks\n" + "".join(f"    {line}\n" for line in checks)
    )
    document, findings = parse(Source("knowledge/tried.law", text))
    assert findings == ()
    base, found = check([document])
    assert not [one for one in found if one.is_error], found
    return base["tried"]


@pytest.mark.parametrize(
    ("right", "claim", "holds"),
    [
        ("a*x^2", "y is even in x", True),
        ("a*x^2 + 0.001*x", "y is even in x", False),
        ("a*sin(x)", "y is odd in x", True),
        ("a*sin(x) + 1e-6", "y is odd in x", False),
        ("a*x^3", "x*y is even in x", True),
        ("a*sin(2*pi*x)", "y is periodic in x with 1", True),
        ("a*sin(2*pi*x/a)", "y is periodic in x with a", True),
        ("a*sin(2*pi*x)", "y is periodic in x with 1.001", False),
        ("a*cos(pi*x)", "y is periodic in x", True),
        ("a*x", "y is periodic in x", False),
        ("if x < 1 then a*x else a", "y is continuous in x", True),
        ("if x < 1 then a*x else a*1.01", "y is continuous in x", False),
        ("a*sqrt(abs(x))", "y is continuous in x", True),
        ("a*sign(x)", "y is continuous in x", False),
        ("a*sign(x)", "y is continuous in x where x > 0.1", True),
    ],
)
def test_a_claim_of_symmetry_is_tried(right: str, claim: str, holds: bool) -> None:
    (result,) = test_claims(law(right, f"always {claim}"))
    assert result.holds is holds, result.detail
    assert holds or result.counterexample is not None


def test_an_equality_is_a_claim() -> None:
    symbols = "    s : shares one of A, B\n    w[s] : share [1]\n"
    right = "x^2*a"
    more = "    w[A] := 1/(1 + a)\n    w[B] := a/(1 + a)\n"
    good = law(right, "always sum(i in s: w[i]) = 1", symbols=symbols, more=more)
    assert [result.holds for result in test_claims(good)] == [True]
    bad = law(right, "always sum(i in s: w[i]) = 1.0001", symbols=symbols, more=more)
    assert [result.holds for result in test_claims(bad)] == [False]


@pytest.mark.parametrize(
    ("right", "symbols", "why"),
    [
        ("integral(exp(-s^2), s = 0 .. x)", "", "integrals"),
        ("if on = yes then x else a", "    on : switched on yes/no\n", "a yes or no"),
        ("n*x", "    n : count integer 1 .. 3\n", "a whole number"),
        ("m*x", "    m : factor [1] 1 .. 2 may be unknown\n", "may be unknown"),
    ],
)
def test_what_no_program_can_hold_is_refused_by_name(right: str, symbols: str, why: str) -> None:
    said = law(right, "example: y = 1 given x = 1, a = 1", "always y rises with x", symbols=symbols)
    assert why in refusal(said)
    (found,) = findings(said)
    assert (found.code, found.severity) == ("L0502", Severity.WARNING)
    assert why in found.notes[0]
