"""A plain formula is read by precedence as the grammar reads it."""

from __future__ import annotations

import time

import pytest
from formulas import NAMES, conditions, sides
from hypothesis import given, settings
from hypothesis import strategies as st

from lawc.syntax.plain_lines import read_plain_line
from lawc.syntax.refusal import UnreadableError
from lawc.syntax.scope import Scope, scope
from lawc.syntax.table import Stop, read
from lawc.syntax.tokens import tokenize

pytestmark = pytest.mark.usefixtures("own_time")

LATIN = scope("a.law", [name for name in NAMES if name.isascii()], indexed=["S"])
GREEK = scope("a.law", [*NAMES, "μ"])
CLAIMS = (
    "rises with t", "falls with x", "is constant", "scales with m ^ 2", "scales with m ^ -1/2",
    "is even in x", "-> 0 as t -> oo", "-> x as t -> -oo", "-> 0 as t -> 2 [s]", "rises t",
)  # fmt: skip
SCOPES = st.sampled_from([LATIN, GREEK])
WORDS = """
    t x m F0 d dx dt dx/dt d2x/dt2 d/dt( pi sin max( value( log sum( µ α if then else and or not at
    within as given where in is constant rises falls with scales oo 0 1 2 0.5 .5 5. 1e-3 1e999
    6.674(15)e-11 007 65 64 [m] [m/s^2] [mm[Hg]] [] [ ] ( ) ( ) , , + - - * / ^ ^ ^2 ^-1 ^(1/2)
    = = := ~= < <= > >= != == ** -> .. ± · × − √ ∞ ≤ ² ⁻¹ "words" " # #x . : ∇ ∂x/∂t
"""
PIECES = st.sampled_from(WORDS.split())
GAPS = st.sampled_from(["", "", " ", "  ", "\t", "\n      "])


@st.composite
def lines(draw: st.DrawFn) -> tuple[str, str]:
    """A form and a line of it, which is right in its structure."""
    form = draw(st.sampled_from(["equation", "initial", "valid", "example", "always", "cell"]))
    gap, value = draw(GAPS), lambda: draw(sides)
    match form:
        case "equation":
            text = f"{value()}{gap}{draw(st.sampled_from(['=', ':=', '~=', '≈']))}{gap}{value()}"
        case "initial":
            text = f"{value()} = {value()} at t{gap}={gap}{value()}"
        case "valid":
            text = draw(conditions) + draw(st.sampled_from(["", ' "words"', '""']))
        case "example":
            within = draw(st.sampled_from(["", f" within {value()}"]))
            names = draw(st.lists(st.sampled_from(NAMES), max_size=3))
            given = ",".join(f"{gap}{name} = {value()}" for name in names)
            text = f"x ={gap}{value()}{within}" + (f" given {given}" if names else "")
        case "always":
            claim = draw(st.sampled_from([*CLAIMS, f"< {value()}"]))
            where = draw(st.sampled_from(["", f" where {draw(conditions)}", " where x < 1, m = 2"]))
            text = f"{value()} {claim}{where}"
        case _:
            text = value()
    return form, text


def both(text: str, form: str, known: Scope) -> bool:
    """Hold both readings equal; return whether the line is read as a plain one at all."""
    padded = f"law a\n  section\n    {text}\n    t : time [s]\n"
    start = padded.index("    ") + 4
    end = start + len(text)
    plain = read_plain_line(padded, start, end, form, known)
    if plain is None:
        return False
    tokens = tokenize(padded, start, end, form, known)
    assert tokens
    assert plain == read(form, tokens, known.path, tokens[-1][3])
    return True


@settings(max_examples=500, deadline=None)
@given(lines(), SCOPES)
def test_a_plain_line_is_read_as_the_grammar_reads_it(line: tuple[str, str], known: Scope) -> None:
    form, text = line
    both(text, form, known)


@settings(max_examples=500, deadline=None)
@given(
    st.lists(st.tuples(PIECES, GAPS).map("".join), min_size=1, max_size=14).map("".join),
    st.sampled_from(["equation", "initial", "valid", "example", "always", "cell", "constant"]),
    SCOPES,
)
def test_any_other_line_is_left_to_the_grammar(text: str, form: str, known: Scope) -> None:
    both(text, form, known)


@settings(max_examples=500, deadline=None)
@given(lines(), SCOPES, st.data())
def test_a_line_with_one_slip_is_read_the_same(
    line: tuple[str, str], known: Scope, data: st.DataObject
) -> None:
    form, text = line
    at = data.draw(st.integers(0, len(text)))
    width = data.draw(st.integers(0, 2))
    both(f"{text[:at]}{data.draw(PIECES)}{text[at + width :]}", form, known)


def test_usual_lines_are_plain() -> None:
    usual = {
        "equation": "m*d2x/dt2 + k_1*dx/dt - -x^m^(1/2)/(t + 3.5 [s]) = F0*cos(2*pi*t)",
        "initial": "dx/dt = -0.5 [m/s]  at t = 0 [s]",
        "valid": '0 < k_1^2 <= 4*m*F0  "underdamped"',
        "example": "x = -0.1 [m] within 1e-6\n   given t = pi, m = 1 [kg]",
        "always": "x scales with m ^ -1/2 where t > 1 [s], x < max(m, 2)",
        "cell": "if x < 0 [m] and m = 1 or t > 2*pi then -3e-2 else if m < 1 then x else max(x, 1)",
    }
    limit = "x - 1 [m] -> k_1*m as t -> -oo where x > 1 [m] or t < 3 [s] and m < 1 [kg]"
    for form, text in [*usual.items(), ("cell", "6.5e-3"), ("always", limit)]:
        assert both(text, form, LATIN), text
        assert both(text.replace("k_1", "μ").replace("*", "·"), form, GREEK), text


def refused(text: str, form: str) -> bool:
    try:
        tokens = tokenize(text, 0, len(text), form, LATIN)
    except UnreadableError:
        return True
    return isinstance(read(form, tokens, "a.law", len(text)), Stop)


def test_what_passes_a_bound_is_not_plain() -> None:
    for text in (
        "x^65", "x^-65", "x^(65)", "(x^8)^9", "x^2^7", "(x^8 + (m^2)^(3))^9", "-x^-(65)", "1e999",
        "1" * 41, "(" * 61 + "x" + ")" * 61, "-" * 61 + "x", "+".join("x" * 300),
    ):  # fmt: skip
        assert refused(text, "cell"), text
        assert read_plain_line(text, 0, len(text), "cell", LATIN) is None, text
    claim = "x scales with m ^ 65"
    assert refused(claim, "always")
    assert read_plain_line(claim, 0, len(claim), "always", LATIN) is None


def test_a_long_line_takes_time_in_proportion() -> None:
    for piece in ("a, ", " ", "a", "(t)", "a = ", "a-", "[s]", "0 .. ", "^", "[[", '"', "1."):
        text = piece * (600_000 // len(piece))
        started = time.process_time()
        assert read_plain_line(text, 0, len(text), "equation", LATIN) is None
        assert time.process_time() - started < 1
