"""The digest sees what a law says and nothing of how it is written."""

from __future__ import annotations

import pytest
from analysis_texts import OSCILLATOR, checked
from hypothesis import given, settings
from hypothesis import strategies as st

from lawc.analysis.digest import canonical, digest, gist
from lawc.knowledge.expression import Binary, Expression, Negative, Number, Symbol

LAW = checked(OSCILLATOR).law

SAME = {
    "a title": ("A law of the tests", "Another title"),
    "a comment": ("  equations", "  # a comment\n  equations"),
    "spacing": ("c*dx/dt + k*x", "c * dx/dt  +  k*x"),
    "the order of terms": ("m*d2x/dt2 + c*dx/dt", "c*dx/dt + m*d2x/dt2"),
    "the order of factors": ("F0*cos(w*t)", "cos(t*w)*F0"),
    "a label": ("motion:", "newton:"),
    "brackets": ("k/2*x^2", "(k/2)*(x^2)"),
    "the words of a condition": ('"underdamped"', '"rings"'),
    "a claim": ("always E >= 0 [J]", "always E > -1 [J]"),
    "a unit of the same size": ("[N/m]    1", "[kg/s^2]    1"),
    "the direction of a comparison": ("c^2 < 4*m*k", "4*m*k > c^2"),
}
OTHER = {
    "a sign": ("+ k*x =", "- k*x ="),
    "a number": ("4*m*k", "3*m*k"),
    "a range": ("0.1 .. 10 log", "0.1 .. 20 log"),
    "a scale": ("0.1 .. 10 log", "0.1 .. 10"),
    "a condition": ("dx/dt = 0 [m/s]", "dx/dt = 1 [m/s]"),
    "a condition of validity": ('c^2 < 4*m*k  "underdamped"', "c^2 < 5*m*k"),
    "an order of a quotient": ("m/2*(dx/dt)^2", "2/m*(dx/dt)^2*1 [kg^2]"),
}


@pytest.mark.parametrize("what", SAME)
def test_the_digest_is_blind_to(what: str) -> None:
    old, new = SAME[what]
    assert old in OSCILLATOR
    law = checked(OSCILLATOR.replace(old, new)).law
    assert (law.digest, gist(law)) == (LAW.digest, gist(LAW))


@pytest.mark.parametrize("what", OTHER)
def test_the_digest_sees(what: str) -> None:
    old, new = OTHER[what]
    assert old in OSCILLATOR
    assert checked(OSCILLATOR.replace(old, new)).law.digest != LAW.digest


def test_the_gist_tells_laws_apart_by_quantities_and_numbers() -> None:
    for old, new in (("0.1 .. 10 log", "0.1 .. 20 log"), ("m/2*(dx", "m/3*(dx")):
        assert old in OSCILLATOR
        assert gist(checked(OSCILLATOR.replace(old, new)).law) != gist(LAW)


def test_the_digest_is_a_sha256() -> None:
    assert digest(LAW) == LAW.digest
    assert len(LAW.digest) == 64 and int(LAW.digest, 16) >= 0


leaves = st.one_of(st.sampled_from("abcd").map(Symbol), st.integers(0, 9).map(Number))


def grown(children: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    return st.one_of(
        st.builds(Binary, st.sampled_from("+-*/^"), children, children),
        st.builds(Negative, children),
    )


def turned(node: Expression) -> Expression:
    """Return the tree with the operands of every sum and product exchanged."""
    match node:
        case Binary("+" | "*" as operator, left, right):
            return Binary(operator, turned(right), turned(left))
        case Binary(operator, left, right):
            return Binary(operator, turned(left), turned(right))
        case Negative(of):
            return Negative(turned(of))
    return node


@given(st.recursive(leaves, grown, max_leaves=12))
@settings(deadline=None)
def test_the_order_of_terms_and_factors_is_settled(tree: Expression) -> None:
    assert canonical(turned(tree)) == canonical(tree)
