"""An exception to a continuous quantity excuses one jump, however near a second one is to it."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawc.knowledge.as_of import decision_of
from lawc.knowledge.base import KnowledgeBase
from lawc.pipeline.checking import check_text
from lawc.proofs.continuity import prove_continuous
from lawc.proofs.search import Limits
from lawc.proofs.verdict import Verdict

LIMITS = Limits(5, 4_000_000)


def proved(places: list[str], heights: list[int], excepted: str) -> Verdict:
    """Return what is proved of a fee that is another one from each place on."""
    ends = ["0", *places, "100000"]
    clauses = [
        f"    A{n}: y = {height} [USD] when x >= {low} [USD] and x < {high} [USD]"
        for n, (low, high, height) in enumerate(zip(ends, ends[1:], [0, *heights], strict=False))
    ]
    clauses.append(f"    B: y = {heights[-1]} [USD] when x >= 100000 [USD]")
    text = (
        'rule r@1.0.0\n  title "r"\n  status draft\n\n  symbols\n'
        "    x : income [USD] 0 .. 100000\n    y : fee [USD]\n\n  clauses\n"
        + "\n".join(clauses)
        + f"\n\n  checks\n    always y is continuous in x except at {excepted}\n"
    )
    base = check_text("r.rule", text, KnowledgeBase({}))
    assert not [one for one in base.diagnostics if one.is_error]
    (rule,) = [one for one in base.rules.values() if one.identity == "r.r"]
    (claim,) = rule.claims
    return prove_continuous(decision_of(rule), claim, LIMITS)


gaps = st.builds(Fraction, st.integers(1, 99), st.sampled_from([10**n for n in range(3, 9)]))


@settings(max_examples=8, deadline=None)
@given(gaps, st.booleans(), st.integers(-50, 50), st.integers(-50, 50))
def test_a_second_jump_beside_an_exception_is_found(
    gap: Fraction, above: bool, first: int, second: int
) -> None:
    stated, other = Fraction(1000), Fraction(1000) + (gap if above else -gap)
    heights = [first or 60, (first or 60) + (second or 60)]
    places = [f"{float(place):.9f}" for place in sorted((stated, other))]
    found = proved(places, heights, "1000 [USD]")
    assert found.word == "refuted"
    # The place is shown short, to one part in 10^9.
    (at,) = found.at
    assert abs(at - Fraction(places[above])) <= Fraction(1, 10**6) and at != stated
    assert proved(places, heights, ", ".join(f"{p} [USD]" for p in places)).word == "proved"


@pytest.mark.parametrize(
    ("places", "excepted", "word"),
    [
        # A place that is written to the cent stands for the one that is meant.
        (["10275.333333"], "10275.33 [USD]", "proved"),
        (["10275.333333"], "10275.3 [USD]", "refuted"),
        # It stands for one of them only.
        (["10275.333333", "10275.334"], "10275.33 [USD]", "refuted"),
        (["10275.326", "10275.33"], "10275.33 [USD]", "refuted"),
        (["10275.33"], "10275.33 [USD]", "proved"),
    ],
)
def test_an_exception_stands_for_one_place(places: list[str], excepted: str, word: str) -> None:
    heights = [80, 90][: len(places)]
    assert proved(places, heights, excepted).word == word
