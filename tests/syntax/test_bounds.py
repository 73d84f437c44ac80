"""A text of any size and shape is read or refused in time that grows with its length."""

import time

import pytest
from formulas import law, only, read, value_of

from lawc.syntax.parsing import read_source
from lawc.syntax.tree import parts

pytestmark = pytest.mark.usefixtures("own_time")

LARGE = 100_000

REFUSED = {
    "brackets": "F = " + "(" * 61 + "x" + ")" * 61,
    "many brackets": "F = " + "(" * LARGE + "x" + ")" * LARGE,
    "minus signs": "F = " + "-" * 61 + "x",
    "powers": "F = " + "x^" * 61 + "x",
    "terms": "F = x" + " + x" * 300,
    "factors": "F = x" + "*x" * 300,
    "terms in brackets": "F = " + "(" * 50 + "x" + " + 1 + 1 + 1 + 1 + 1 + 1)" * 50,
    "choices": "F = " + "if x < t then x else " * 61 + "x",
    "tokens": "F = max(" + "x, " * 2000 + "x)",
    "power": "F = x^65",
    "negative power": "F = x^-65",
    "raised power": "F = x⁶⁵",
    "power in brackets": "F = x^(65)",
    "tower": "F = 9^9^9^9",
    "nested powers": "F = ((x^8)^9)",
    "digits": "F = 0." + "9" * 40,
    "large number": "F = 1e400*x",
    "larger number": "F = 1e999999999",
    "small number": "F = 1e-350",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_passes_a_bound_is_refused_with_a_plain_message(name: str) -> None:
    finding = only(read(law(equations=REFUSED[name]))[1])
    assert finding.code == "L0106"
    assert finding.helps


@pytest.mark.parametrize(
    "line",
    [
        "F = " + "(" * 60 + "x" + ")" * 60,
        "F = x" + " + 2*x^2" * 199,
        "F = x^64 + x^-64 + (x^8)^8 + x⁶⁴",
        "F = 1e300 + 1e-300 + 0." + "9" * 38,
        "F = max(" + "x, " * 1500 + "x)",
    ],
)
def test_what_keeps_the_bounds_is_read(line: str) -> None:
    assert read(law(equations=line))[1] == ()


def test_the_height_of_a_tree_stays_below_what_later_passes_recurse() -> None:
    highest = 0
    for text in ("x" + " + x" * 250, "(" * 50 + "x" + " + 1 + 1 + 1)" * 50, "2^-" * 25 + "x"):
        level = [value_of(text)]
        height = 0
        while level:
            level = [part for node in level for part in parts(node)]
            height += 1
        highest = max(highest, height)
    assert highest <= 330


ATTACKS = {
    "words": law(symbols="x : " + "(a, " * LARGE),
    "spaces": law(equations="F = " + " " * 800_000 + "x"),
    "derivatives": law(equations="F = " + "d/" * LARGE),
    "one name": law(equations="F = " + "d" * LARGE + "/" + "d" * LARGE),
    "comments": law(equations="F = x" + " # x" * LARGE),
    "quotes": "law a@1\n  title " + '"' * LARGE,
    "import": "law a@1\n  import a (" + "a, " * LARGE,
    "header": "law " + "a " * LARGE + "@",
    "broken lines": law(equations="\n".join("a b" for _ in range(LARGE))),
    "broken blocks": "x\n" * LARGE,
    "table": law(checks="examples\n" + "|" * LARGE),
    "heading": law(checks="examples\n  |" + " x" * LARGE + " |\n  | 3 |"),
    "unit": law(equations="F = 3 [" + "m*" * LARGE),
    "tabs": "\t" * LARGE,
    "names": law(symbols=", ".join(f"α{i}" for i in range(40_000)) + " : w [1]"),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_hostile_text_takes_no_longer_than_its_length(name: str) -> None:
    began = time.process_time()
    read(ATTACKS[name])
    assert time.process_time() - began < 2.0


def test_a_file_that_is_wrong_throughout_ends_with_one_finding_that_says_so() -> None:
    _, findings = read("x\n" * 2000)
    assert len(findings) == 501
    assert findings[-1].code == "L0106"


def test_a_file_above_one_megabyte_is_refused_unread() -> None:
    source, findings = read_source("a.law", b"#" * 1_000_001)
    assert source is None and only(findings).code == "L0106"
    assert read_source("a.law", b"#" * 1_000_000)[0] is not None


def test_bytes_that_are_no_text_are_refused_with_their_line() -> None:
    source, findings = read_source("a.law", b"law a@1\n  title \xff\n")
    assert source is None
    assert (only(findings).code, only(findings).headline[:6]) == ("L0109", "line 2")


def test_line_ends_and_the_mark_of_byte_order_are_made_plain() -> None:
    source, findings = read_source("a.law", "\ufefflaw a@1\r\n  x\ry".encode())
    assert source is not None and not findings
    assert source.text == "law a@1\n  x\ny"


def test_text_that_is_not_composed_is_reported_where_it_begins() -> None:
    text = 'law a@1\n  title "\u00e9"\n  note "e\u0301"\n'
    source, findings = read_source("a.law", text.encode())
    assert source is not None
    place = only(findings).place
    assert source.text[place.start : place.end] == "\u00e9"
    assert source.line_column(place.start)[0] == 3


@pytest.mark.parametrize("character", ["\u202e", "\u200b", "\x00", "\ufeff", "\u2028"])
def test_a_character_that_cannot_be_seen_is_reported(character: str) -> None:
    findings = read(law(valid=f'x > 1 [m] "wo{character}rds"'))[1]
    assert only(findings).code == "L0109"
