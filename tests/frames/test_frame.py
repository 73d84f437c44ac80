"""A frame shows each label under what it speaks of, and never lets a text rewrite the terminal."""

import re
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from lawc.diagnostics.diagnostic import Diagnostic, Label, Place, Severity, Source
from lawc.diagnostics.frame import render, summary
from lawc.diagnostics.width import display_width

FALL = Source(
    "knowledge/physics/fall.law",
    "law fall@1.0.0\n"
    '  title "Energy of a fall"\n'
    "\n"
    "  symbols\n"
    "    m, h : mass, height [kg]\n"
    "    v : speed [m/s]\n"
    "\n"
    "  equations\n"
    "    m*v^2/2 = m*h\n",
)
MISMATCH = """\
error[L0203]: the two sides of this law have different dimensions
 --> knowledge/physics/fall.law:9:15
  |
9 |     m*v^2/2 = m*h
  |     -------   ^^^ mass · length
  |     |
  |     mass · length² / time²   (an energy)
  |
  = note: the right side lacks length / time², the dimension of `g`
  = help: write `m*v^2/2 = m*g*h`"""


def place(source: Source, words: str, nth: int = 0) -> Place:
    start = [found.start() for found in re.finditer(re.escape(words), source.text)][nth]
    return Place(source.path, start, start + len(words))


def framed(
    *labels: Label,
    sources: tuple[Source, ...],
    width: int = 100,
    severity: Severity = Severity.ERROR,
) -> str:
    finding = Diagnostic("L0000", "a headline", labels, severity=severity)
    return render([finding], {source.path: source for source in sources}, color=False, width=width)


def mismatch() -> Diagnostic:
    return Diagnostic(
        "L0203",
        "the two sides of this law have different dimensions",
        (
            Label(place(FALL, "m*h"), "mass · length"),
            Label(place(FALL, "m*v^2/2"), "mass · length² / time²   (an energy)", primary=False),
        ),
        notes=("the right side lacks length / time², the dimension of `g`",),
        helps=("write `m*v^2/2 = m*g*h`",),
    )


def test_two_sides_are_framed_as_in_the_style_guide() -> None:
    assert render([mismatch()], {FALL.path: FALL}, color=False) == MISMATCH


def test_a_blank_line_stands_between_two_findings() -> None:
    both = render([mismatch(), mismatch()], {FALL.path: FALL}, color=False)
    assert both == f"{MISMATCH}\n\n{MISMATCH}"


def test_labels_inside_one_another_hang_from_where_they_begin() -> None:
    source = Source("a.law", "first: a = b + c")
    labels = (
        Label(place(source, "a = b + c"), "the whole"),
        Label(place(source, "b"), "one term", primary=False),
        Label(place(source, "c"), "the other", primary=False),
    )
    assert framed(*labels, sources=(source,)) == (
        "error[L0000]: a headline\n"
        " --> a.law:1:8\n"
        "  |\n"
        "1 | first: a = b + c\n"
        "  |        ^^^^-^^^- the other\n"
        "  |        |   |\n"
        "  |        |   one term\n"
        "  |        the whole"
    )


def test_labels_on_lines_apart_leave_out_what_is_between() -> None:
    lines = [f"    x{number} : length [m]" for number in range(1, 13)]
    source = Source("b.law", "\n".join(lines))
    labels = (
        Label(place(source, "x12"), "declared here"),
        Label(place(source, "x1 "), "looks like this", primary=False),
        Label(place(source, "x3"), "", primary=False),
    )
    assert framed(*labels, sources=(source,), severity=Severity.WARNING) == (
        "warning[L0000]: a headline\n"
        "  --> b.law:12:5\n"
        "   |\n"
        " 1 |     x1 : length [m]\n"
        "   |     --- looks like this\n"
        " 2 |     x2 : length [m]\n"
        " 3 |     x3 : length [m]\n"
        "   |     --\n"
        "...\n"
        "12 |     x12 : length [m]\n"
        "   |     ^^^ declared here"
    )


def test_a_finding_in_two_files_shows_both_places() -> None:
    first = Source("knowledge/constants.law", "constants a@1.0.0\n  R : gas = 8.31 [J/mol/K]\n")
    second = Source("knowledge/gas.law", "\n" * 10 + "  R : gas = 8.32 [J/mol/K]\n")
    labels = (
        Label(place(second, "8.32"), "here it is another"),
        Label(place(first, "8.31"), "first given here", primary=False),
    )
    assert framed(*labels, sources=(first, second)) == (
        "error[L0000]: a headline\n"
        "  --> knowledge/gas.law:11:13\n"
        "   |\n"
        "11 |   R : gas = 8.32 [J/mol/K]\n"
        "   |             ^^^^ here it is another\n"
        "   |\n"
        "  ::: knowledge/constants.law:2:13\n"
        "   |\n"
        " 2 |   R : gas = 8.31 [J/mol/K]\n"
        "   |             ---- first given here"
    )


def test_wide_and_combining_characters_and_tabs_do_not_shift_a_label() -> None:
    source = Source("c.law", "\t漢字 e\u0301x = y")
    assert framed(Label(place(source, "y"), "here"), sources=(source,)).splitlines()[3:] == [
        "1 |     漢字 e\u0301x = y",
        "  |               ^ here",
    ]
    assert framed(Label(place(source, "e\u0301x"), "字"), sources=(source,)).splitlines()[4] == (
        "  |          ^^ 字"
    )


def test_a_long_line_is_cut_around_its_labels() -> None:
    source = Source("d.law", "x" * 150 + " = foo + bar" + "y" * 150)
    labels = (
        Label(place(source, "foo"), "one"),
        Label(place(source, "bar"), "two", primary=False),
    )
    assert framed(*labels, sources=(source,), width=60).splitlines()[3:] == [
        "1 | …xxxxxxxxxxxxxxxxxxx = foo + baryyyyyyyyyyyyyyyyyyyyyyy…",
        "  |                        ^^^   --- two",
        "  |                        |",
        "  |                        one",
    ]
    whole = framed(Label(Place("d.law", 0, len(source.text))), sources=(source,), width=60)
    assert max(len(line) for line in whole.splitlines()) <= 60


def test_what_a_terminal_would_act_on_is_spelled_out() -> None:
    source = Source("e.law", "a \x1b[31m \u202e b")
    shown = framed(Label(place(source, "b"), "\x07 \u2028 \x9b"), sources=(source,)).splitlines()
    assert shown[3] == "1 | a <U+001B>[31m <U+202E> b"
    assert shown[4] == "  |                         ^ <U+0007> <U+2028> <U+009B>"


def test_a_label_over_several_lines_is_marked_in_the_first() -> None:
    label = Label(Place(FALL.path, 0, 40), "this block")
    assert framed(label, sources=(FALL,)).splitlines()[3:] == [
        "1 | law fall@1.0.0",
        "  | ^^^^^^^^^^^^^^ this block",
    ]


def test_a_text_that_could_not_be_read_is_named_without_a_line() -> None:
    finding = Diagnostic(
        "L0109", "not UTF-8", (Label(Place("x.law", 0, 0)),), helps=("save it so",)
    )
    assert render([finding], {}, color=False) == (
        "error[L0109]: not UTF-8\n --> x.law\n  = help: save it so"
    )


def test_remarks_of_several_lines_are_indented_below_their_word() -> None:
    finding = Diagnostic("L0000", "a headline", (), notes=("one\ntwo",), helps=("three\nfour",))
    assert render([finding], {}, color=False).splitlines()[1:] == [
        "  = note: one",
        "          two",
        "  = help: three",
        "          four",
    ]


def test_the_summary_counts_findings_and_files() -> None:
    one = Diagnostic("L0111", "a", (Label(Place("a.law", 0, 1)),))
    two = Diagnostic("L0111", "b", (Label(Place("b.law", 0, 1)),))
    unused = Diagnostic("L0114", "c", (Label(Place("c.law", 0, 1)),), severity=Severity.WARNING)
    assert summary([one, two, unused]) == "2 errors and 1 warning in 3 files"
    assert summary([one]) == "1 error in 1 file"
    assert summary([unused, unused]) == "2 warnings in 1 file"
    assert summary([]) == "no findings"
    assert summary([], laws=24) == "no findings, 24 laws checked"


texts = st.text(alphabet=st.characters(exclude_categories=[]), max_size=60)
spans = st.tuples(st.integers(-3, 70), st.integers(-3, 70), texts, st.booleans())


@given(texts, st.lists(spans, min_size=1, max_size=5), st.integers(0, 60))
def test_any_text_and_labels_are_framed_safely_and_colour_only_adds_colour(
    text: str, labels: list[tuple[int, int, str, bool]], width: int
) -> None:
    source = Source("a.law", text)
    placed = tuple(
        Label(Place("a.law", start, end), words, primary) for start, end, words, primary in labels
    )
    finding = Diagnostic("L0000", text, placed, notes=(text,), helps=(text,))
    plain = render([finding], {"a.law": source}, color=False, width=width)
    coloured = render([finding], {"a.law": source}, color=True, width=width)
    stripped = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert [line.rstrip() for line in stripped.split("\n")] == plain.split("\n")
    assert all(
        c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in plain
    )
    plain.encode("utf-8")


letters = st.characters(categories=["L", "N", "S", "P"])


@given(st.text(letters, max_size=20), st.text(letters, min_size=1, max_size=5))
def test_the_marks_stand_below_the_text_they_mark(before: str, marked: str) -> None:
    source = Source("a.law", before + marked + " and more")
    start = len(before)
    shown = framed(Label(Place("a.law", start, start + len(marked))), sources=(source,), width=200)
    line, marks = shown.splitlines()[3:5]
    first = display_width("1 | " + before)
    assert marks == "  |".ljust(first) + "^" * max(display_width(marked), 1)
    assert line == "1 | " + before + marked + " and more"
