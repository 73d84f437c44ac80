"""The formatter changes white space only, says the same, and has nothing to do the second time."""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path
from time import process_time

import pytest
from formulas import LAW, NAMES, conditions, read, sides
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from lawc.cli.app import app
from lawc.cli.new_command import FIRST_LAW
from lawc.diagnostics.diagnostic import Source
from lawc.syntax.comparing import without_places
from lawc.syntax.formatting import Formatted, formatted

ROOT = Path(__file__).parents[2]
SHIPPED = tuple(sorted((ROOT / "knowledge").rglob("*.law")))
RECORDED = tuple(sorted((ROOT / "tests" / "diagnostics").glob("*.law")))


def laid_out(text: str, path: str = "a.law") -> str:
    result = formatted(Source(path, text))
    assert result.refusal == ""
    return result.text


def comments(text: str) -> Counter[str]:
    return Counter(comment.strip() for comment in re.findall(r"#[^\n]*", text))


def hold(text: str) -> None:
    """The promises of the formatter, for any text."""
    result = formatted(Source("a.law", text))
    before, found = read(text)
    after, again = read(result.text)
    assert without_places(after) == without_places(before)
    assert sorted(f.code for f in again) == sorted(f.code for f in found)
    assert "".join(result.text.split()) == "".join(text.split())
    assert comments(result.text) == comments(text)
    assert formatted(Source("a.law", result.text)).text == result.text


spaces = st.sampled_from(["", " ", "   "])
notes = st.sampled_from(["", "  # a note", " # x = 3", "#"])
own_lines = st.sampled_from(["", "\n", "# alone\n", "  # once\n", "    # twice\n\n"])


@st.composite
def laws(draw: st.DrawFn) -> str:
    """Return a law as somebody might type it."""
    lines = [
        f"law a {draw(spaces)}@1.0.0{draw(notes)}",
        f'  title {draw(spaces)}"a b"{draw(notes)}',
    ]
    lines += [f'  source "a"{draw(st.sampled_from([" ", chr(10) + "      "]))}"b  c"']
    lines += [draw(own_lines) + "  symbols" + draw(notes)]
    for name in NAMES:
        depends = draw(st.sampled_from(["", "(t)", " ( t )"])) if name != "t" else ""
        rest = draw(st.sampled_from(["", "-1..1", "0.1 .. 2*pi log", "=3", "1 .. 2  log=1"]))
        lines += [f"{draw(own_lines)}    {name}{draw(spaces)}:words  of {depends}[m/s] {rest}"]
        lines[-1] += draw(notes)
    lines += [draw(own_lines) + "  equations"]
    for number in range(draw(st.integers(0, 3))):
        label = draw(st.sampled_from(["", f"half-{number} :", f"l{number}: "]))
        relation = draw(st.sampled_from(["=", " := ", "~= ", "≈"]))
        broken = draw(st.sampled_from(["", "\n        ", "  # why\n      "]))
        lines += [f"    {label}{draw(sides)}{relation}{broken}{draw(sides)}{draw(notes)}"]
        lines += [draw(st.sampled_from(["", "    F = m a", "      + 1", "   x = 1"]))]
    lines += ["", "  valid", f'    {draw(conditions)} "words"{draw(notes)}', draw(own_lines)]
    lines += ["  checks", "    always x  scales with m^-2 where t>0,x<1"]
    settings = draw(st.sampled_from(["m=1", "m = -1 [kg],t=2"]))
    lines += [f"    example: x=1 [m] within 1e-6 given {settings}"]
    lines += ["    examples", "     | m|->x|", draw(spaces) + "| 1|-2 |", "      |100 | 3e-2|"]
    return "\n".join(lines) + draw(st.sampled_from(["", "\n", "\n\n\n"]))


@settings(max_examples=40)
@given(laws())
def test_any_law_keeps_what_it_says_and_is_settled_at_once(text: str) -> None:
    hold(text)


@settings(max_examples=60)
@given(sides)
def test_a_formula_keeps_its_tree(text: str) -> None:
    hold(f"law a\n  symbols\n    t : t [s]\n    x : x (t) [m]\n  equations\n    x = {text}\n")


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.name)
def test_a_text_with_findings_keeps_them(path: Path) -> None:
    hold(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("text", ["", "\n\n", "# a comment\n", "  x", "law", "law a\n\n\n"])
def test_a_text_with_hardly_anything_is_settled_too(text: str) -> None:
    hold(text)


def test_a_law_with_every_kind_of_line_is_settled_at_once() -> None:
    hold(LAW)
    hold(LAW.replace("\n", "  # why\n"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_shelf_is_formatted(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert laid_out(text) == text, f"run: lawc format {path.relative_to(ROOT)}"


def test_a_new_project_is_formatted() -> None:
    assert laid_out(FIRST_LAW) == FIRST_LAW


MESSY = """\


# Motion.
law fall @1.0.0   # first
  title "Fall"
  note "A body falls without drag, from rest, near the surface
      of the earth, where gravity is the same."
  symbols
    t:time[s]0..10   # since the release
    # How far.
    h,  depth  :  depth   (t) [m]  -5 .. 5 log=3
    v : speed[m/s]
  equations
    half-way:h=g0*t^2/2-  -3*( t+1 )
    v   := √( 2*g0*h ) # at the end
        +   0 [m/s]
    F = m a
  initial
    h=0 [m]at t=0 [s]
    dh/dt = 0 [m/s]  at t=0 [s]
  checks
    example: h = 19.6133 [m] within 1e-9 given t = 2 [s], v = 1 [m/s],
        depth = 3 [m], g0 = 9.80665 [m/s^2]
    examples
      |t|->h within 1e-3|
      |1|  4.9 |
# The end.
"""

NEAT = """\
# Motion.
law fall@1.0.0  # first
  title   "Fall"
  note    "A body falls without drag, from rest, near the
           surface of the earth, where gravity is the same."

  symbols
    t        : time       [s]  0 .. 10  # since the release
    # How far.
    h, depth : depth (t)  [m] -5 .. 5 log = 3
    v        : speed      [m/s]

  equations
    half-way: h = g0*t^2/2 - -3*(t + 1)
    v := √(2*g0*h)  # at the end
      + 0 [m/s]
    F = m a

  initial
    h = 0 [m]        at t = 0 [s]
    dh/dt = 0 [m/s]  at t = 0 [s]

  checks
    example: h = 19.6133 [m] within 1e-9
      given t = 2 [s], v = 1 [m/s], depth = 3 [m], g0 = 9.80665 [m/s^2]
    examples
      | t | -> h within 1e-3 |
      | 1 | 4.9              |
# The end.
"""


def test_a_messy_law_becomes_a_neat_one() -> None:
    assert laid_out(MESSY) == NEAT


def test_the_text_of_a_page_around_its_fences_is_left_alone() -> None:
    page = f"#  A page\n\n\n  x=1  \n```law\n{MESSY}```\ntext   \n\n\n```law\nlaw b\n```\n\n"
    neat = laid_out(page, "page.law.md")
    before, *_ = neat.partition("```law\n")
    assert before == "#  A page\n\n\n  x=1  \n"
    assert NEAT.strip() in neat
    assert neat.endswith("```\ntext   \n\n\n```law\nlaw b\n```\n\n")
    assert laid_out(neat, "page.law.md") == neat


def test_a_line_that_cannot_be_read_stays_exactly_as_it_is() -> None:
    text = (
        'law a\n  title "a"\n  equations\n    F  =  m   a   # as   typed\n\n\n  valid\n     odd\n'
    )
    neat = laid_out(text)
    assert "    F  =  m   a   # as   typed\n" in neat
    assert "     odd\n" in neat


def test_a_text_that_would_be_read_differently_is_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wrong = LAW.replace("cos(x/2)", "cos(x/3)")
    monkeypatch.setattr("lawc.syntax.formatting.laid_out", lambda source, found: wrong)
    result = formatted(Source("a.law", LAW))
    assert result == Formatted(LAW, "something besides white space would change")


@pytest.mark.parametrize(
    "text",
    [
        "#\n" * 20_000,
        "law a\n" * 4_000,
        'law a\n  note "' + "a " * 40_000 + '"\n',
        'law a\n  note "' + "a" * 200_000 + '"\n',
        "law a\n  equations\n    x = " + "(" * 50_000,
        "law a\n  equations\n    x = " + '"' * 50_000,
        "law a\n  equations\n    x = " + "[" * 50_000,
        "law a\n  symbols\n    t : " + "x.." * 50_000,
        "law a\n  symbols\n" + "    # x\n" * 20_000,
        "\t" * 100_000 + "x",
    ],
    ids=range(10),
)
def test_a_hostile_text_is_formatted_in_time_that_grows_with_its_length(text: str) -> None:
    start = process_time()
    formatted(Source("a.law", text))
    assert process_time() - start < 5


def test_the_command_writes_files_and_says_which(tmp_path: Path) -> None:
    file = tmp_path / "knowledge" / "fall.law"
    file.parent.mkdir()
    file.write_text(MESSY, encoding="utf-8")
    os.chmod(file, 0o640)
    run = CliRunner().invoke
    check = run(app, ["format", "--check", str(file)])
    assert (check.exit_code, file.read_text(encoding="utf-8")) == (1, MESSY)
    assert "would change knowledge/fall.law" in check.output
    done = run(app, ["format", str(tmp_path)])
    assert (done.exit_code, file.read_text(encoding="utf-8")) == (0, NEAT)
    assert "a line that cannot be read: left as typed" in done.output
    assert file.stat().st_mode & 0o777 == 0o640
    assert [entry.name for entry in file.parent.iterdir()] == ["fall.law"]
    assert run(app, ["format", "--check", str(file)]).exit_code == 0
    assert run(app, ["format", "--stdin"], input=MESSY.encode()).stdout == NEAT


def test_a_file_that_is_no_text_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "a.law"
    file.write_bytes(b"law a\n  title \xff\n")
    done = CliRunner().invoke(app, ["format", str(file)])
    assert done.exit_code == 1
    assert file.read_bytes() == b"law a\n  title \xff\n"


@pytest.mark.parametrize(
    "text",
    [
        'law a@1.0.0\n  source" "\n',
        "la\nsymbols\n    T:one  of\n",
        "law a@1.0.0\n  valid\n    0 < t <= 1 and (x >= 1) and a + x*" + "y*" * 40 + "z > 0.5\n"
        '    u = b ""\n',
    ],
)
def test_what_was_formatted_stays_as_it_is(text: str) -> None:
    once = formatted(Source("a.law", text)).text
    assert formatted(Source("a.law", once)).text == once
