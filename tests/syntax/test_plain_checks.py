"""A plain check is read by its shape as the grammar reads it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from formulas import NAMES
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lawc.syntax.plain_checks import read_plain_claim, read_plain_example
from lawc.syntax.refusal import UnreadableError
from lawc.syntax.scope import Scope, scope
from lawc.syntax.table import Stop, read
from lawc.syntax.tokens import tokenize

pytestmark = pytest.mark.usefixtures("own_time")

LATIN = scope("a.law", [name for name in NAMES if name.isascii()], indexed=["S"])
GREEK = scope("a.law", [*NAMES, "μ"])
SCOPES = st.sampled_from([LATIN, LATIN, GREEK])
READERS = {"example": read_plain_example, "always": read_plain_claim}

names = st.sampled_from(
    ["t", "x", "k_1", "F0", "S", "d", "pi", "if", "where", "at", "with", "sin", "μ"]
)
WRITTEN = """0 1 007 0.5 0.0 2. .5 12.75 1e-3 1E+05 1e400 64 65 -1 -0.5 --1 1(2) 1..2 1e 1_0 x 2*3
    √2 ٣ 1234567890123456"""
numbers = st.sampled_from(WRITTEN.split())
units = st.sampled_from(["", "", "[m]", " [m/s^2]", "[ kg ]", "[kg m]", "[mm[Hg]]", "[]", "[°C]"])
gaps = st.sampled_from([" ", " ", "", "  ", "\n      ", "\t"])


@st.composite
def checks(draw: st.DrawFn) -> tuple[str, str]:
    """A form, and a line of it in one of the shapes, or nearly so."""
    gap, name = lambda: draw(gaps), lambda: draw(names)

    def value() -> str:
        return draw(numbers) + draw(units)

    if draw(st.booleans()):
        text = f"{name()}{gap()}={gap()}{value()}"
        if draw(st.booleans()):
            text += f"{gap()}within{gap()}{value()}"
        if draw(st.booleans()):
            given = [f"{gap()}{name()}{gap()}={gap()}{value()}" for _ in range(draw(settled))]
            text += f"{gap()}given{gap()}{(gap() + ',').join(given)}"
        return "example", text
    claim = draw(
        st.sampled_from(
            [
                f"rises{gap()}with{gap()}{name()}",
                f"falls with {name()}",
                f"scales with {name()}{gap()}^{gap()}{draw(numbers)}",
                f"{draw(relations)}{gap()}{name()}",
                f"{draw(relations)}{gap()}{value()}",
            ]
        )
    )
    return "always", f"{name()}{gap()}{claim}"


settled = st.integers(1, 3)
relations = st.sampled_from(["<", "<=", ">", ">=", "=", "!=", "<-", "≥", "< x <"])


def both(text: str, form: str, known: Scope) -> bool:
    """Hold both readings equal; return whether the line has one of the shapes."""
    padded = f"law a\n  checks\n    {text}\n    t : time [s]\n"
    start = padded.index("    ") + 4
    end = start + len(text)
    plain = READERS[form](padded, start, end, known)
    if plain is None:
        return False
    tokens = tokenize(padded, start, end, form, known)
    assert plain == read(form, tokens, known.path, tokens[-1][3])
    return True


@settings(max_examples=800, deadline=None)
@given(checks(), SCOPES)
@example(("example", "x = -0.5 [m] within 1e-6 given t = 3 [s], k_1 = -2"), LATIN)
@example(("always", "x scales with t ^ -0.5"), LATIN)
@example(("always", "x scales with t ^ 65"), LATIN)
@example(("always", "x >= -3 [ m ]"), LATIN)
@example(("always", "x < where"), LATIN)
def test_a_plain_check_is_read_as_the_grammar_reads_it(
    check: tuple[str, str], known: Scope
) -> None:
    form, text = check
    both(text.strip(), form, known)


@settings(max_examples=500, deadline=None)
@given(checks(), st.data())
def test_a_check_with_one_slip_is_read_the_same(
    check: tuple[str, str], data: st.DataObject
) -> None:
    form, text = check
    at = data.draw(st.integers(0, len(text)))
    slip = data.draw(
        st.sampled_from(["", ".", "-", " ", "[", "]", "(", "=", "e", "1", "²", ",", "#", "_", "٣"])
    )
    changed = (text[:at] + slip + text[at + 1 :]).strip()
    if changed:
        both(changed, form, LATIN)


def test_usual_checks_have_these_shapes() -> None:
    for form, text in (
        ("example", "x = 3"),
        ("example", "x = 0.0"),
        ("example", "x = -0.1 [m] within 1e-6\n   given t = 2 [s], k_1 = 1 [1/s]"),
        ("always", "x rises with t"),
        ("always", "x scales with t ^ -0.5"),
        ("always", "x <= F0"),
        ("always", "x > 0 [m]"),
    ):
        assert both(text, form, LATIN), text
    for form, text in (
        ("example", "if = 3"),
        ("example", "x = 1_0"),
        ("example", "x = 2*t"),
        ("always", "x scales with t ^ 65"),
        ("always", "where rises with t"),
        ("always", "x rises with t where t > 1"),
    ):
        try:
            assert not both(text, form, LATIN), text
        except UnreadableError:
            continue


def test_a_long_check_takes_time_in_proportion() -> None:
    for piece in ("x = 1, ", " ", "a", "1", "[m]", "= 3 [m] ", "[ ", "\n", "given x = 1 "):
        for start in ("x", "x = ", "x = 3 given ", "x rises with ", "x < ", "x = 1 ["):
            text = f"{start}{piece * 50_000}!"
            for form, reader in READERS.items():
                started = time.process_time()
                assert reader(text, 0, len(text), LATIN) is None, (form, piece)
                # A third of a second here; ten if each piece were looked at for each other.
                assert time.process_time() - started < 2


def test_most_checks_of_the_shipped_laws_have_these_shapes() -> None:
    count = dict.fromkeys(READERS, 0)
    shaped = dict.fromkeys(READERS, 0)
    for file in (Path(__file__).parents[2] / "knowledge").rglob("*.law"):
        for line in file.read_text(encoding="utf-8").split("\n"):
            form, _, text = line.strip().partition(" ")
            form = form.rstrip(":")
            if form in READERS and not text.endswith(","):
                count[form] += 1
                try:
                    shaped[form] += both(text.strip(), form, LATIN)
                except UnreadableError:
                    continue
    assert all(shaped[form] > 0.5 * count[form] > 50 for form in READERS), (count, shaped)


def test_a_line_that_the_grammar_refuses_has_none_of_these_shapes() -> None:
    for form, text in (("example", "x = 3 given"), ("always", "x rises with"), ("example", "x 3")):
        tokens = tokenize(text, 0, len(text), form, LATIN)
        assert isinstance(read(form, tokens, "a.law", len(text)), Stop)
        assert READERS[form](text, 0, len(text), LATIN) is None
