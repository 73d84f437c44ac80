"""A plain declaration is read by one pattern as the grammar reads it."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lawc.syntax.declarations import read_any
from lawc.syntax.plain_declarations import read_plain
from lawc.syntax.raw_blocks import Line
from lawc.syntax.refusal import UnreadableError
from lawc.syntax.scope import scope

pytestmark = pytest.mark.usefixtures("own_time")

NAMES = ("t", "x", "x_1", "Re", "log", "pi", "if", "vector", "µ", "K", "one")
OTHERS = (
    "|  |:|:=|,|(t)|( x, t )|(|)|[s]|[ m/s ]|[]|[ ]|[|]|..|.|0|10|-0.5|1e-3|1e300|1e999|2*pi|5.|.5"
    "|007|1234567890123456|=|= 3|log|words|free-fall|sun's|#|# log|yes/no|one of a, b|integer|date"
    "|may be unknown|vector2|e5|−1|é|\t|\n| "
)
PIECES = st.sampled_from([*NAMES, '"', *OTHERS.split("|")])
NUMBERS = st.sampled_from(["0", "10", "-0.5", "1e-3", "-1E+5", "0.001", "60", "1e300", "12.50"])
SPACES = st.sampled_from(["", " ", "   "])


@st.composite
def declarations(draw: st.DrawFn) -> str:
    """Declarations that are plain, or nearly so."""
    gap = lambda: draw(SPACES)  # noqa: E731
    names = f"{gap()},{gap()}".join(draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3)))
    words = draw(
        st.sampled_from(["time", "free fall", "sun's own", "a, b", "", "x-rate", "one date"])
    )
    depends = draw(st.sampled_from(["", "(t)", "(x, t)", " ( t )", "(free)", " (x,free)"]))
    unit = draw(st.sampled_from(["[s]", "[ kg/m ]", "[1]", "[mL/min/(1.73 m^2)]", "[?]"]))
    limits = draw(st.sampled_from(["", "range"])) and (
        f"{draw(NUMBERS)}{gap()}..{gap()}{draw(NUMBERS)}"
    )
    log = draw(st.sampled_from(["", "log"]))
    default = draw(st.sampled_from(["", "="])) and f"={gap()}{draw(NUMBERS)}"
    parts = (names, gap(), ":", gap(), words, gap(), depends, gap(), unit, gap(), limits)
    return "".join((*parts, gap(), log, gap(), default)).strip()


def both(text: str) -> bool:
    """Hold both readings equal; return whether the pattern reads the line at all."""
    padded = f"law a\n  symbols\n    {text}\n    t : time [s]\n"
    start = padded.index(text, 14) if text else 14
    line = Line(start, start + len(text))
    known = scope("a.law", ["t", "x", "x_1", "Re", *(["µ"] if "µ" in text else [])])
    plain = read_plain(padded, line, known)
    if plain is not None:
        assert plain == read_any(padded, line, known)
    else:
        try:
            read_any(padded, line, known)
        except UnreadableError:
            return False
    return plain is not None


@settings(max_examples=400)
@given(declarations())
@example("m : mass [kg] 0.1 .. 10 log = 3")
@example("x : displacement (t) [m] -0.5 .. 0.5")
def test_a_plain_declaration_is_read_as_the_grammar_reads_it(text: str) -> None:
    both(text)


@settings(max_examples=400)
@given(st.lists(PIECES, min_size=1, max_size=12).map("".join))
def test_any_other_line_is_left_to_the_grammar(text: str) -> None:
    if text.strip():
        both(text.strip())


@settings(max_examples=300)
@given(declarations(), st.data())
def test_a_declaration_with_one_slip_is_read_the_same(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    inserted = data.draw(
        st.sampled_from(["", ".", "-", " ", "[", "]", "(", "=", "e", "1", "²", ",", "#", "_", "٣"])
    )
    changed = (text[:at] + inserted + text[at + 1 :]).strip()
    if changed:
        both(changed)


def test_plain_lines_are_recognised() -> None:
    assert both("m : mass [kg] 0.1 .. 10 log = 3")
    assert both("x, y : displacement (t) [m] -0.5..0.5")
    assert both("E  : mechanical energy (x, t)    [J]")
    assert not both("t : time [s] 0 .. 60  # seconds")
    assert not both("n : number in a length [#/m]")
    assert not both("n : number in a length [1/m] 0 .. 1_000")
    assert not both("t : one of a, b")


def test_a_long_line_takes_time_in_proportion() -> None:
    for piece in ("a, ", " ", "a", "(t)", "a : ", "a-", "[s]", "0 .. "):
        text = f"a : {piece * 300_000}!"
        started = time.process_time()
        assert read_plain(text, Line(0, len(text)), scope("a.law", ["t"])) is None
        text = text[4:]
        assert read_plain(text, Line(0, len(text)), scope("a.law", ["t"])) is None
        assert time.process_time() - started < 1
