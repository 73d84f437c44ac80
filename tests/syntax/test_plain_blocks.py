"""Plain lines of laws are found a run at a time, and so as if each were judged by itself."""

from pathlib import Path
from unittest.mock import patch

from hypothesis import example, given, settings
from hypothesis import strategies as st

from lawc.diagnostics.diagnostic import Diagnostic
from lawc.syntax.blocks import scan
from lawc.syntax.plain_blocks import PlainScanner
from lawc.syntax.raw_blocks import RawBlock

SHELVES = [Path(__file__).parents[2] / shelf for shelf in ("knowledge", "rules")]

LINES = st.sampled_from(
    (
        "law fall@1.0.0",
        "law always-so@2.1.0",
        "law fall @1.0.0  # first",
        "system two@1.0.0",
        "rule dose@1.0.0",
        "constants fixed@1.0.0",
        "laws fall@1.0.0",
        '  title "Fall"',
        '  source "a book"  # with a remark',
        '  note "a text that',
        '    goes on"',
        "  use physics.fall as one",
        "  symbols",
        "  symbols  # of all",
        "  equations ",
        "  checks",
        "  connect",
        "  symbol",
        "    h : height [m]",
        "    v : speed [m/s]  # down",
        "    F = m*a ",
        "    a := 1",
        "    checks",
        "    checks # below",
        "    |",
        "  | 1 | 2",
        "    # a remark",
        "# a remark",
        "      + g*h",
        "   m : mass [kg]",
        " valid",
        "F = m*a",
        "always so",
        "\tm : mass [kg]",
        "",
        "  ",
    )
)


def one_by_one(text: str) -> tuple[list[RawBlock], list[Diagnostic]]:
    with patch.object(PlainScanner, "plain", lambda _, at: at):
        return scan(text, "x.law")


@given(st.lists(LINES, max_size=14), st.sampled_from(("", "\n")))
@example(["law fall@1.0.0", "  symbols", "    checks", "    h : height [m]"], "\n")
@example(["law fall@1.0.0", "  symbols", "   m : mass [kg]", "    h : height [m]"], "\n")
@example(["law fall@1.0.0", '  note "a text that', '    goes on"', "    h : height [m]"], "\n")
@example(["law fall@1.0.0", "  symbols", "    h : height [m]", "  | 1 | 2"], "\n")
@example(["law fall@1.0.0", "  symbols", "    h : height [m]", "    |"], "\n")
@settings(max_examples=400)
def test_runs_of_plain_lines_are_what_their_lines_are(lines: list[str], end: str) -> None:
    text = "\n".join(lines) + end
    assert scan(text, "x.law") == one_by_one(text)


def test_shipped_laws_and_rules_are_cut_alike_by_runs_and_by_lines() -> None:
    files = [file for shelf in SHELVES for file in sorted(shelf.rglob("*.*"))]
    texts = [file.read_text(encoding="utf-8") for file in files if file.is_file()]
    assert len(texts) > 50
    for text in texts:
        assert scan(text, "x.law") == one_by_one(text)
