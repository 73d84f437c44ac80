"""A rule is laid out in one way, and says the same before and after."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawc.diagnostics.diagnostic import Source
from lawc.syntax.comparing import say_the_same
from lawc.syntax.formatting import formatted
from lawc.syntax.parsing import parse

RULE = """\
rule ckd-risk@1.0.0
  title   "Chronic kidney disease"
  status  draft
  applies in US from 2024-01-01 to 2024-12-31

  symbols
    eGFR  : estimated GFR        [mL/min]  0 .. 200
    ACR   : albumin              [mg/g]    0 .. 20000  may be unknown
    stage : GFR category         one of G1, G2, very-high
    risk  : risk of progression  one of low, A+, very-high
    tax   : what is paid         [USD]

  # The first table.
  table stage by eGFR, ACR
      first  # continued
    | eGFR [mL/min] | ACR      | -> stage  | label          |
    | >= 90         | -        | G1        | "a  b|c"       |  # a remark | with a bar
    # between
    | 60 ..< 90     | < 3, > 5 | G2        | 60-70 in words |

    | otherwise     | -        | very-high |                |

  grid risk by stage, ACR
    | stage     | < 30 | 30 ..< 300 | >= 300    |
    | G1, G2    | low  | A+         | very-high |
    | very-high | low  | low        | very-high |

  scale tax marginal on max(eGFR - 3, 0) by stage rounded down to 1 [USD]
    | rate | G1 | G2 |
    | 0.10 | 0  | -5 |

  parameters
    | parameter | from 2024-01-01 | from 2025-01-01 |
    | tax [USD] | 14600           | 15000           |

  clauses
    L1: tax = eGFR*0.1 rounded down to 1 [USD] when eGFR > 0 "words: of the statute"
    L2: except L1 when risk = very-high and d >= 2024-07-01: tax = -1 [USD]
    tax not applicable when eGFR < 18 - eGFR  # none

  calendar
    holidays 2024-01-01, 2024-07-04
    known 2020-01-01 .. 2030-12-31

  soft
    stage: eGFR +/- 3 [mL/min], ACR ± 5 [mg/g]

  checks
    example: tax = 3 [USD] within 0.01 given eGFR = 30, risk = very-high as of 2024-07-01
    always tax rises with eGFR where risk = A+, ACR is known
    examples
      | eGFR  | as of      | -> risk          |
      | 26.38 | 2024-07-01 | very-high        |
      | -3    | 2024-07-01 | 2.5 within 1e-10 |
"""


def of(text: str) -> str:
    """Return a rule in its layout."""
    made = formatted(Source("a.rule", text))
    assert made.refusal == "" and made.unread == 0
    return made.text


def test_a_rule_in_its_layout_stays() -> None:
    assert of(RULE) == RULE


@given(st.randoms(use_true_random=False))
def test_spaces_between_cells_and_signs_are_the_same_to_it(chance: random.Random) -> None:
    def spread(match: re.Match[str]) -> str:
        return " " * chance.randint(1, 3) + match[0].strip() + " " * chance.randint(1, 3)

    lines = [
        re.sub(r" \| | (?:>=|,|=) ", spread, line) if '"' not in line else line
        for line in of(RULE).split("\n")
    ]
    assert of("\n".join(lines)) == of(RULE)


@pytest.mark.parametrize(
    ("cell", "meant"),
    [
        (">=90", ">= 90"),
        ("60..<90", "60 ..< 90"),
        ("60  <..<  90", "60 <..< 90"),
        ("<3,>5", "< 3, > 5"),
        ("2024-07-01..<2025-01-01", "2024-07-01 ..< 2025-01-01"),
        ("very-high,G1", "very-high, G1"),
        ("-", "-"),
        ("-5..-1", "-5 .. -1"),
        ("not  G1", "not G1"),
    ],
)
def test_the_signs_of_a_cell_stand_apart(cell: str, meant: str) -> None:
    head = RULE[: RULE.index("  # The first")]
    text = f"{head}  table stage by eGFR\n    | eGFR | stage |\n    | {cell} | G1 |\n"
    assert f"| {meant} " in of(text)


def test_what_cannot_be_read_stays_as_it_is() -> None:
    text = RULE.replace("| G1, G2    |", "|   60-89|")
    made = formatted(Source("a.rule", text))
    assert made.unread == 1 and "|   60-89| low" in made.text
    assert say_the_same(parse(Source("a.rule", made.text))[0], parse(Source("a.rule", text))[0])
