"""A signature is read as it stands, or refused by naming the word that is wrong."""

from __future__ import annotations

import pytest
from laws import arrhenius, oscillator

from lawc.diagnostics.diagnostic import CompileError
from lawc.lowering.plan import Signature
from lawc.lowering.signature import parse_signature

SIGNATURE = Signature(("t", "m"), ("x", "E"))


@pytest.mark.parametrize(
    "text",
    ["t m -> x E", "t, m -> x, E", "  t m->x E ", "t m → x,E", SIGNATURE],
)
def test_commas_and_spaces_are_the_same(text: str | Signature) -> None:
    assert parse_signature(oscillator(), text) == SIGNATURE


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("t m x", "with one arrow"),
        ("t -> m -> x", "with one arrow"),
        ("t m ->", "names no output"),
        ("t m m -> x", "m stands twice in the signature, among the inputs"),
        ("t x -> x", "x stands twice in the signature, among the inputs and outputs"),
        ("t f0 -> x", "has no quantity 'f0'; near to it: F0"),
        ("t __import__ -> x", "has no quantity '__import__'"),
    ],
)
def test_what_is_wrong_is_named(text: str, said: str) -> None:
    with pytest.raises(CompileError, match=said):
        parse_signature(oscillator(), text)


def test_a_constant_is_no_input() -> None:
    with pytest.raises(CompileError, match="R is a constant of"):
        parse_signature(arrhenius(), "A Ea T R -> k")


def test_a_signature_without_inputs_is_one() -> None:
    assert parse_signature(oscillator(), "-> x") == Signature((), ("x",))
