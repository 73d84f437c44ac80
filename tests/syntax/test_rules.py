"""A rule is read as it is written: tables, grids, scales, scores, parameters, clauses, checks."""

from __future__ import annotations

import pytest
from formulas import slice_of
from hypothesis import given
from hypothesis import strategies as st
from rule_texts import HEAD, blocks_of, table

from lawc.diagnostics.diagnostic import Source
from lawc.syntax.parsing import parse
from lawc.syntax.rules.document import (
    CellTest,
    ClauseLine,
    RowLine,
    RuleSections,
    ScaleSection,
    ScoreSection,
    TableSection,
)
from lawc.syntax.tree import Date, Name, Number
from lawc.syntax.writing import write


def sections(text: str) -> RuleSections:
    """Return the sections of a rule that has no findings."""
    block, findings, _ = blocks_of(text)
    assert findings == []
    assert block.rule is not None
    return block.rule


def shown(test: CellTest) -> str:
    """Return a test of a cell as text."""
    low = ("<" if test.low_open else "") + ".." + ("<" if test.high_open else "")
    if test.high is None:
        return f"{test.relation} {write(test.low)}"
    return f"{write(test.low)} {low} {write(test.high)}"


def texts(row: RowLine) -> list[str]:
    """Return the cells of a row as written."""
    return [cell.text for cell in row.cells]


@pytest.mark.parametrize(
    ("cell", "meant"),
    [
        (">= 90", [">= 90"]),
        ("60 ..< 90", ["60 ..< 90"]),
        ("60 <.. 90", ["60 <.. 90"]),
        ("60<..<90", ["60 <..< 90"]),
        ("60 .. 90 [EUR]", ["60 .. 90 [EUR]"]),
        ("-5 .. -1", ["-5 .. -1"]),
        ("≤ 2*y + 1", ["<= 2*y + 1"]),
        ("y ..< y + 3", ["y ..< y + 3"]),
        ("< 15, >= 90", ["< 15", ">= 90"]),
        ("G1", ["= G1"]),
        ("G1, very-high", ["= G1", "= very-high"]),
        ("!= 3", ["!= 3"]),
        ("unknown", ["= unknown"]),
        ("not applicable", ["= not applicable"]),
        ("2024-07-01 ..< 2025-01-01", ["2024-07-01 ..< 2025-01-01"]),
        ("yes", ["= yes"]),
        ("-", []),
        ("", []),
    ],
)
def test_a_cell_says_when_its_row_hits(cell: str, meant: list[str]) -> None:
    step = sections(table(cell)).steps[0]
    assert isinstance(step, TableSection)
    assert [shown(test) for test in step.rows[0].cells[0].tests] == meant
    assert step.rows[0].cells[0].text == cell
    assert not step.rows[0].cells[0].negated


@given(
    st.decimals(0, 10**6, places=3).map(lambda number: f"{number:f}"),
    st.sampled_from(["", "<"]),
    st.sampled_from(["", "<"]),
    st.sampled_from(["", " "]),
)
def test_a_range_keeps_its_ends(number: str, low: str, high: str, gap: str) -> None:
    cell = f"{number}{gap}{low}..{high}{gap}{number}"
    step = sections(table(cell)).steps[0]
    assert isinstance(step, TableSection)
    (test,) = step.rows[0].cells[0].tests
    assert (test.low_open, test.high_open) == (low == "<", high == "<")
    assert isinstance(test.low, Number) and isinstance(test.high, Number)
    assert test.low.text == test.high.text == number


def test_a_cell_may_be_negated() -> None:
    step = sections(table("not G1, G2")).steps[0]
    assert isinstance(step, TableSection)
    cell = step.rows[0].cells[0]
    assert cell.negated and [shown(test) for test in cell.tests] == ["= G1", "= G2"]


def test_a_table_may_end_by_otherwise_and_say_how_its_rows_meet() -> None:
    text = """\
  table stage, y by
      x, d first     # this line continues
    | x    | d            | stage     | -> y [EUR] | label |
    | >= 3 | < 2024-01-01 | very-high | 2*x        | "one | two" |
    # in between
    | otherwise | -       | G1        | not applicable | |

    | otherwise | G1 | 3 | last |
"""
    step = sections(text).steps[0]
    assert isinstance(step, TableSection)
    assert [name.name for name in step.outputs] == ["stage", "y"]
    assert [name.name for name in step.by] == ["x", "d"]
    assert step.policy == "first"
    assert [column.is_answer for column in step.header] == [False, False, True, True, False]
    assert step.header[3].unit is not None and step.header[3].unit.text == "EUR"
    assert [row.otherwise for row in step.rows] == [False, True, True]
    assert all(not cell.tests for row in step.rows[1:] for cell in row.cells)
    assert step.rows[0].cells[4].text == "one | two"
    assert step.rows[1].cells[3].value == Name(step.rows[1].cells[3].place, "not applicable")
    assert texts(step.rows[2])[2:] == ["G1", "3", "last"]


def test_a_grid_has_a_condition_for_each_row_and_each_column() -> None:
    text = """\
  grid y by stage, x
    | stage     | < 30 | 30 ..< 300 | >= 300 |
    | G1, G2    | 1    | 2          | 3      |
    | very-high | 4    | 5          | 6      |
"""
    step = sections(text).steps[0]
    assert isinstance(step, TableSection) and step.kind == "grid"
    assert [name.name for name in step.by] == ["stage", "x"]
    assert [[shown(test) for test in column.tests] for column in step.header[1:]] == [
        ["< 30"], ["30 ..< 300"], [">= 300"],
    ]  # fmt: skip
    assert [shown(test) for test in step.rows[0].cells[0].tests] == ["= G1", "= G2"]
    assert [write(cell.value) for cell in step.rows[1].cells[1:] if cell.value] == ["4", "5", "6"]


def test_a_scale_cuts_an_expression_and_may_be_rounded() -> None:
    text = """\
  scale y marginal on max(x - 10 [USD], 0 [USD]) by stage rounded half even to 0.01 [USD]
    | stage  | above | rate |
    | G1, G2 | 0     | 0.10 |
    | G1, G2 | 11600 | 0.12 |
"""
    step = sections(text).steps[0]
    assert isinstance(step, ScaleSection)
    assert write(step.on) == "max(x - 10 [USD], 0 [USD])"
    assert step.by is not None and step.by.name == "stage"
    assert step.rounding is not None and step.rounding.mode == "half even"
    assert write(step.rounding.step) == "0.01 [USD]"
    assert [shown(test) for test in step.rows[0].cells[0].tests] == ["= G1", "= G2"]


def test_a_score_has_points_and_conditions() -> None:
    text = """\
  score y
    | points | when                        | label |
    | 1      | x >= 75 [USD] and not z     | "age" |
    | -2     | x is unknown or stage = very-high | |
"""
    step = sections(text).steps[0]
    assert isinstance(step, ScoreSection)
    conditions = [write(row.cells[1].value) for row in step.rows if row.cells[1].value]
    assert conditions == ["x >= 75 [USD] and not z", "x is unknown or stage = very-high"]
    assert step.rows[0].cells[2].text == "age"


def test_parameters_say_the_same_by_rows_and_by_columns() -> None:
    down = "  parameters\n    | from | to | x [USD] | y |\n    | 2024-01-01 | - | 14600 | 1 |\n"
    across = """\
  parameters
    | parameter | from 2024-01-01 | from 2025-01-01 |
    | x [USD]   | 14600           | 15000           |
    | y         | 1               | -               |
"""
    (one,) = sections(down).parameters
    (other,) = sections(across).parameters
    assert [column.name.name for column in one.header] == ["from", "to", "x", "y"]
    assert [column.name.name for column in other.header] == ["from", "x", "y"]
    assert [texts(row) for row in other.rows] == [
        ["2024-01-01", "14600", "1"],
        ["2025-01-01", "15000", "-"],
    ]
    assert isinstance(other.rows[1].cells[0].value, Date) and other.rows[1].cells[2].value is None


def test_clauses_are_written_in_the_order_of_the_statute_or_of_speech() -> None:
    text = """\
  clauses
    L1: y = x*0.1 when x > 0 [USD] rounded down to 1 [USD] "words: of
      the statute"
    L1a: when x > 0 [USD]: y = x*0.1 rounded toward zero to 1 [USD]
    L2: except L1, L1a when stage = very-high: y = 0 [USD]
    § = 3
    y not applicable when x < 5 [USD]
    L3: except L2: y not applicable "gone"
    z := x > 3 [USD] and (stage = G1 or d >= 2024-07-01)   # a remark
"""
    block, findings, source = blocks_of(text)
    assert [f.headline for f in findings] == ["`§` has no meaning in a formula"]
    assert block.rule is not None
    steps = [step for step in block.rule.steps if isinstance(step, ClauseLine)]
    assert [step.label and step.label.text for step in steps] == [
        "L1",
        "L1a",
        "L2",
        None,
        "L3",
        None,
    ]
    assert [[label.text for label in step.defeats] for step in steps] == [
        [], [], ["L1", "L1a"], [], ["L2"], [],
    ]  # fmt: skip
    assert [step.condition and write(step.condition) for step in steps] == [
        "x > 0 [USD]", "x > 0 [USD]", "stage = very-high", "x < 5 [USD]", None, None,
    ]  # fmt: skip
    assert [step.value and write(step.value) for step in steps] == [
        "x*0.1", "x*0.1", "0 [USD]", None, None, "x > 3 [USD] and (stage = G1 or d >= 2024-07-01)",
    ]  # fmt: skip
    assert [step.rounding and step.rounding.mode for step in steps[:3]] == [
        "down", "toward zero", None,
    ]  # fmt: skip
    assert [step.words for step in steps] == ["words: of the statute", "", "", "", "gone", ""]
    assert (
        slice_of(source, steps[2].place) == "L2: except L1, L1a when stage = very-high: y = 0 [USD]"
    )
    assert {"x", "y"} <= {step.output.name for step in steps} | {"x"}


def test_the_head_says_where_and_when_a_rule_applies() -> None:
    head = HEAD.replace("  status draft", "  status draft\n  applies in US from 2024-01-01")
    block, findings, _ = blocks_of("", head)
    assert findings == [] and block.rule is not None
    (line,) = block.rule.applies
    assert line.jurisdiction is not None and line.jurisdiction.text == "US"
    assert isinstance(line.since, Date) and line.until is None


def test_calendars_and_blurs_are_lists() -> None:
    text = """\
  calendar london
    holidays 2024-01-01, 2024-12-25
    weekend  saturday, sunday
    known    2020-01-01 .. 2030-12-31

  soft
    stage: x +/- 3 [USD], y ± 5 [USD]
"""
    rule = sections(text)
    assert [line.key.text for line in rule.calendar] == ["holidays", "weekend", "known"]
    assert [len(line.values) for line in rule.calendar] == [2, 2, 2]
    assert all(line.calendar and line.calendar.text == "london" for line in rule.calendar)
    (soft,) = rule.soft
    assert [(name.name, write(width)) for name, width in soft.widths] == [
        ("x", "3 [USD]"),
        ("y", "5 [USD]"),
    ]


def test_checks_of_a_rule_name_days_words_and_jumps() -> None:
    text = """\
  checks
    example: y = 3 [USD] within 0.01 [USD] given x = 1 [USD], stage = very-high as of 2024-07-01
    example: y = not applicable given x = unknown
    always y rises with x where stage = very-high, x is known
    always y is continuous in x except at 10 [USD], 20 [USD] where stage = G1
    always if stage = G1 then y >= 0 [USD] else y = 0 [USD]
    always stage = G1 or y > 0 [USD]
    examples
      | x [EUR] | d          | as of      | -> stage  | -> y within 0.1 | label  |
      | 26.38   | 2024-01-01 | 2024-02-01 | very-high | 2.5 within 0.01 | "high" |
      | unknown | -          |            | G1        | not applicable  |        |
"""
    block, findings, _ = blocks_of(text)
    assert findings == [] and block.rule is not None
    one, other = block.examples
    assert isinstance(one.day, Date) and one.tolerance is not None
    assert [name.name for name, _ in one.given] == ["x", "stage"]
    assert isinstance(other.value, Name) and other.value.name == "not applicable"
    assert [line.form for line in block.always] == [
        "rises with", "is continuous in", "comparison", "comparison",
    ]  # fmt: skip
    assert [write(jump) for jump in block.always[1].jumps] == ["10 [USD]", "20 [USD]"]
    assert len(block.always[0].where) == 2 and len(block.always[1].where) == 1
    assert block.always[0].text == "y rises with x where stage = very-high, x is known"
    (cases,) = block.rule.cases
    assert [column.name.name for column in cases.header] == [
        "x", "d", "as of", "stage", "y", "label",
    ]  # fmt: skip
    first, second = cases.rows
    assert first.cells[4].tolerance is not None and first.cells[5].text == "high"
    assert second.cells[1].value is None
    assert second.cells[4].value == Name(second.cells[4].place, "not applicable")


def test_a_law_reads_no_words_of_rules() -> None:
    source = Source("a.law", 'law l@1.0.0\n  title "x"\n  clauses\n    y = 2\n')
    _, findings = parse(source)
    assert findings and findings[0].code == "L0105"


@pytest.mark.parametrize("default", ["", " = 2024-02-29"])
def test_a_date_may_have_a_first_day_and_a_last(default: str) -> None:
    line = f"    e : end  date 2020-01-01 .. 2030-12-31{default}\n\n"
    block, findings, _ = blocks_of("", HEAD.rstrip("\n") + "\n" + line)
    assert findings == []
    declared = block.symbols[-1]
    assert declared.kind == "date"
    assert declared.low is not None and write(declared.low) == "2020-01-01"
    assert declared.high is not None and write(declared.high) == "2030-12-31"
    assert (declared.default and write(declared.default)) == (default[3:] or None)


def test_a_range_of_dates_ends_at_days_that_there_are() -> None:
    line = "    e : end  date 2020-01-01 .. 2030-02-30\n\n"
    _, findings, _ = blocks_of("", HEAD.rstrip("\n") + "\n" + line)
    assert [finding.headline for finding in findings] == ["there is no day `2030-02-30`"]
