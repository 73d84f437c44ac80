"""What is wrong with a rule is said in plain words, once a line, and never runs away."""

from __future__ import annotations

import pytest
from formulas import slice_of
from hypothesis import given
from hypothesis import strategies as st
from rule_texts import HEAD, blocks_of, table

from lawc.diagnostics.diagnostic import Source
from lawc.syntax.parsing import parse


def headline(text: str) -> str:
    """Return the headline of the only finding."""
    _, findings, _ = blocks_of(text)
    assert [finding.code for finding in findings] in (["L0101"], ["L0102"], ["L0105"]), findings
    return findings[0].headline


def test_a_row_that_cannot_be_read_costs_one_finding_and_its_table() -> None:
    text = table("60-89", "    | >= | G1 |\n    | 3 | G1 | G2 |\n")
    block, findings, source = blocks_of(text)
    assert [slice_of(source, finding.place) for finding in findings] == [
        "60-89", ">=", "| 3 | G1 | G2 |",
    ]  # fmt: skip
    assert block.rule is not None and block.rule.steps == ()
    assert {"x", "stage"} <= block.mentioned


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (table("60-89"), "`60-89` does not say whether its ends belong to it"),
        (table("60 – 89"), "`60 – 89` does not say whether its ends belong to it"),
        (table("60 to 89"), "`60 to 89` does not say whether its ends belong to it"),
        (table("90+"), "`90+` is no condition"),
        (table(">= 60 and < 90"), "two conditions stand in this cell, and both are to hold"),
        (table("3 | 4"), "this row has 3 cells, and the header has 2"),
        (table("> 3 4"), "two numbers stand side by side: `3 4`"),
        ("  table stage by x\n", "this table has no rows"),
        ("  table stage by x\n    | x | stage |\n", "this table has a header and no row"),
        (table("3").replace("by x", ""), "this `table` does not say what it gives"),
        (table("3").replace("| x |", "| z |"), "this table has no column `x`"),
        (
            table("3 | 4").replace("| x |", "| x | y |"),
            "the column `y` is not in the line of `table`",
        ),
        (table("3").replace("G1 |", "G1"), "a row of a table begins and ends with `|`"),
        ("  score y\n    | points |\n    | 3 |\n", "no column of this score is `when`"),
        (
            "  parameters\n    | x |\n    | 3 |\n",
            "no column of these parameters says from when they are in force",
        ),
        (
            "  clauses\n    L1: except when x = 3: y = 2\n",
            "this clause does not say what it is an exception to",
        ),
        (
            "  clauses\n    when x > 3 y = 2\n",
            "no colon stands between `when …` and what this clause says",
        ),
        (
            "  clauses\n    y = 2 rounded to 1 [USD]\n",
            "`to` stands where a way of rounding belongs",
        ),
        ("  clauses\n    y\n", "the line ends where `=` belongs"),
        ("  equations\n    y = 2\n", "`equations` stands in a `law`, and this is a `rule`"),
        ("  use a.b as c\n", "`use` stands in a `system`, and this is a `rule`"),
        ("  sample\n    x\n", "this line does not say what is drawn, and how"),
        ("  tabel stage by x\n", "`tabel` is not a section"),
        ("  soft\n    stage +/- 3\n", "this line does not say what is blurred"),
        (
            "  calendar\n    holiday 2024-01-01\n",
            "a line of `calendar` begins with `holidays`, `weekend` or `known`",
        ),
        (
            "  checks\n    y rises with x\n",
            "a check begins with `example:`, `examples` or `always`",
        ),
        ("  checks\n    always y increases with x\n", "`increases` is no word of a claim"),
    ],
)
def test_a_mistake_in_a_rule_is_said_in_plain_words(text: str, said: str) -> None:
    assert headline(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (table("1", f"    |{'1|' * 10}\n" * 4_001), "this table has more than 40,000 cells"),
        (table("1", f"    |{'1|' * 201}\n"), "this table has more than 200 columns"),
        (table("1, " * 3_000 + "1"), "this line is longer than 4,000 names, numbers and signs"),
        (table("(" * 61 + "1" + ")" * 61), "this line nests deeper than 60 levels"),
    ],
)
def test_what_is_too_large_costs_one_finding(text: str, said: str) -> None:
    _, findings, _ = blocks_of(text)
    assert [finding.code for finding in findings] == ["L0106"]
    assert findings[0].headline == said


def test_a_quantity_has_at_most_a_thousand_choices() -> None:
    line = f"    z : many  one of {', '.join(f'a-{n}' for n in range(1_001))}\n\n"
    _, findings, _ = blocks_of("", HEAD.rstrip("\n") + "\n" + line)
    assert [finding.headline for finding in findings] == ["more than 1,000 choices stand here"]


SIGNS = [
    *'|:[]()"#<>=-,.\n',
    "when ",
    "except ",
    "..",
    "not ",
    "otherwise",
    "->",
    "\n    ",
    "é",
    "“",
]


@given(st.integers(0, 10**6), st.lists(st.tuples(st.integers(0, 10**6), st.sampled_from(SIGNS))))
def test_a_spoilt_rule_is_read_or_has_findings_inside_it(
    first: int, slips: list[tuple[int, str]]
) -> None:
    text = HEAD + SPOILT
    text = text[: len(HEAD) + first % len(SPOILT)]
    for at, sign in slips[:6]:
        place = at % (len(text) + 1)
        text = text[:place] + sign + text[place + at % 3 :]
    _, findings = parse(Source("a.rule", text))
    assert all(0 <= f.place.start <= f.place.end <= len(text) + 1 for f in findings)
    assert all(f.headline for f in findings)


SPOILT = """\
  table stage by x, d first
    | x [EUR] | d | stage | label |
    | >= 3, < 2*y | 2024-07-01 ..< 2025-01-01 | very-high | "one | two" |  # a remark
    | otherwise | - | G1 | |

  grid y by stage, x
    | stage | < 30 | >= 30 |
    | not G1 | 1 | 2 |

  scale y marginal on max(x - 3 [USD], 0 [USD]) by stage rounded down to 1 [USD]
    | rate | G1 | G2 |
    | 0.1 | 0 | -5 |

  parameters
    | parameter | from 2024-01-01 |
    | y [USD] | 14600 |

  clauses
    L1: y = x*0.1 rounded half even to 1 [USD] when x is known "words"
    L2: except L1 when stage is one of G1, very-high: y not applicable

  calendar
    holidays 2024-01-01
  soft
    stage: x +/- 3 [USD]

  checks
    always y is continuous in x except at 3 [USD] where stage = G1
    examples
      | x | as of | -> y within 0.1 |
      | 3 | 2024-07-01 | not applicable |
"""


def test_rules_beyond_what_is_read_in_time_cost_one_finding() -> None:
    rows = "    | 1 | G1 |\n" * 2_000
    texts = [HEAD.replace("rule ", f"rule r{i}-", 1) + table("1", rows) for i in range(20)]
    document, findings = parse(Source("rules/many.rule", "".join(texts)))
    (finding,) = [found for found in findings if found.code == "L0106"]
    assert finding.headline == "this rule ends beyond character 250,000 of its file"
    assert 0 < len(document.blocks) < 20
    read = document.blocks[-1].place.start + len(document.blocks[-1].text)
    first = finding.labels[0].place.start
    assert read <= first < 250_000 < first + len(texts[0])
