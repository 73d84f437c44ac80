"""A rule as written becomes a rule as known: exact, in declared units, its steps in order."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, timedelta
from fractions import Fraction
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawc.analysis.checking import check
from lawc.analysis.recorded import UNRECORDED, read_record
from lawc.decision.decision import Decision
from lawc.decision.exact import decide
from lawc.diagnostics.diagnostic import CompileError, Source
from lawc.diagnostics.frame import render
from lawc.knowledge.as_of import decision_of
from lawc.knowledge.base import KnowledgeBase
from lawc.knowledge.rule import Rule
from lawc.pipeline.checking import check_text
from lawc.pipeline.evidence import with_evidence
from lawc.syntax.parsing import parse

HEAD = """rule {name}@1.0.0
  title "A rule"
  status draft

"""


def known(body: str, name: str = "it") -> KnowledgeBase:
    """Return the knowledge of one rule, with what its cases bring to light."""
    text = HEAD.format(name=name) + body
    base = check_text("rules/law/some.rule", text, KnowledgeBase({}))
    return with_evidence(base)


def rule_of(body: str) -> Rule:
    base = known(body)
    assert not base.diagnostics, render(base.diagnostics, base.sources, color=False)
    found = base["law.some.it"]
    assert isinstance(found, Rule)
    return found


def codes(body: str) -> list[str]:
    return [found.code for found in known(body).diagnostics]


TABLE = """  symbols
    x : length [m] 0 .. 10
    size : size one of small, large

  table size by x
    | x      | size  |
    | < {end} | small |
    | >= {end} | large |
"""


@pytest.mark.parametrize("end", ["2", "2 [m]", "200 [cm]", "0.002 [km]"])
def test_an_end_in_any_unit_is_the_same_end(end: str) -> None:
    rule = rule_of(TABLE.format(end=end))
    assert rule.digest == rule_of(TABLE.format(end="2")).digest
    decision = decision_of(rule)
    for x, expected in ((Fraction(2), 1), (Fraction(2) - Fraction(1, 10**30), 0)):
        assert decide(decision, {"x": x}).values["size"] == expected


def test_an_end_of_another_dimension_is_refused() -> None:
    assert codes(TABLE.format(end="2 [s]")) == ["L0209"]


CLAUSES = """  symbols
    wage : wage [USD] 0 .. 1000
    old  : old age yes/no
    fee  : fee [USD]

  clauses
    L2: except L1 when old: fee = 0 [USD]
    L1: fee = {value}
    L3: except L2 when wage > 500 [USD]: fee = 1 [USD]
"""


@pytest.mark.parametrize(
    ("facts", "fee"),
    [((100, 0), Fraction("3.33")), ((100, 1), 0), ((501, 1), 1), ((500, 1), 0)],
)
def test_the_innermost_exception_speaks(facts: tuple[int, int], fee: Fraction) -> None:
    # An exception to an exception only matters where the first one is in effect.
    body = CLAUSES.format(value="wage*0.033333 rounded down to 0.01 [USD]")
    body = body.replace("when wage", "when old and wage")
    body = body.replace("L3: except L2", "L3: except L1, L2")
    decision = decision_of(rule_of(body))
    wage, old = map(Fraction, facts)
    assert decide(decision, {"wage": wage, "old": old}).values["fee"] == fee


def test_a_number_beside_money_needs_its_unit_and_another_currency_is_refused() -> None:
    assert codes(CLAUSES.format(value="wage + 1")) == ["L0204"]
    assert codes(CLAUSES.format(value="wage + 1 [EUR]")) == ["L0208"]


def test_a_case_that_the_rule_answers_otherwise_is_reported_with_both_answers() -> None:
    body = TABLE.format(end="2") + "\n  checks\n    example: size = large given x = 199 [cm]\n"
    (found,) = known(body).diagnostics
    assert found.code == "L0715"
    assert "expected large, and the rule answers small" in found.labels[0].text


FACTORS = {
    "mm": Fraction(1, 1000),
    "m": Fraction(1),
    "km": Fraction(1000),
    "ft": Fraction(381, 1250),
}
units = st.sampled_from(sorted(FACTORS))
lengths = st.fractions(min_value=0, max_value=100, max_denominator=1000)


@settings(deadline=None, max_examples=25)
@given(one=units, other=units, answer=units, x=lengths, y=lengths)
def test_a_sum_is_the_same_in_all_units(
    one: str, other: str, answer: str, x: Fraction, y: Fraction
) -> None:
    rule = rule_of(
        f"""  symbols
    x : x [{one}] 0 .. 100
    y : y [{other}] 0 .. 100
    z : z [{answer}]
    far : far yes/no

  clauses
    z = 3*x - y/2 + 25 [mm]
    far = x > y
"""
    )
    metres = 3 * x * FACTORS[one] - y * FACTORS[other] / 2 + Fraction(25, 1000)
    values = decide(decision_of(rule), {"x": x, "y": y}).values
    assert values["z"] == metres / FACTORS[answer]
    assert values["far"] == (x * FACTORS[one] > y * FACTORS[other])


STEPS = [
    "    L1: fee = wage/10",
    "    L2: except L1 when wage < 100 [USD]: fee = 0 [USD]",
    "    rest = wage - fee",
    "    half = rest/2",
]


@settings(deadline=None, max_examples=12)
@given(order=st.permutations(STEPS))
def test_the_order_of_clauses_says_nothing(order: list[str]) -> None:
    head = """  symbols
    wage : wage [USD] 0 .. 1000
    fee  : fee [USD]
    rest : rest [USD]
    half : half [USD]

  clauses
"""
    rule = rule_of(head + "\n".join(order) + "\n")
    assert rule.digest == rule_of(head + "\n".join(STEPS) + "\n").digest
    assert rule.outputs.index("fee") < rule.outputs.index("rest") < rule.outputs.index("half")


DAYS = """  calendar
    weekend saturday, sunday
    holidays 2024-05-01
    known 2024-01-01 .. 2024-12-31

  symbols
    start : first day date 2024-01-01 .. 2024-12-27
    later : last day date
    due   : day due date
    between : days between [d]
    age   : years [1]

  clauses
    later = start + 2 [week]
    due = add_business_days(start, 2)
    between = later - start
    age = years_between(start, later)
"""


@given(day=st.dates(date(2024, 1, 1), date(2024, 11, 30)))
@settings(deadline=None, max_examples=40)
def test_days_are_moved_as_the_calendar_of_python_moves_them(day: date) -> None:
    values = decide(decided_days(), {"start": Fraction(day.toordinal())}).values
    assert values["later"] == (day + timedelta(weeks=2)).toordinal()
    assert values["between"] == 14
    due, left = day, 2
    while left:
        due += timedelta(days=1)
        left -= due.weekday() < 5 and due != date(2024, 5, 1)
    assert values["due"] == due.toordinal()


@cache
def decided_days() -> Decision:
    return decision_of(rule_of(DAYS))


def test_a_parameter_has_the_value_of_the_day() -> None:
    # A parameter that ends is reported, unless the rule ends with it.
    body = """  symbols
    wage : wage [EUR] 0 .. 1000
    fee  : fee [EUR]

  parameters
    | from       | to         | share [%] |
    | 2023-01-01 |            | 10        |
    | 2024-01-01 | 2024-06-30 | 12.5      |

  clauses
    fee = share*wage
"""
    assert codes(body) == ["L0738"]
    rule = known(body).rules["law.some.it"]
    for day, fee in ((date(2023, 12, 31), 10), (date(2024, 6, 30), Fraction(25, 2))):
        decision = decision_of(rule, day)
        assert decide(decision, {"wage": Fraction(100)}).values["fee"] == fee
    with pytest.raises(CompileError, match="no value in force"):
        decision_of(rule, date(2024, 7, 1))


def test_a_reading_of_a_scale_is_compared_and_subtracted_and_not_multiplied() -> None:
    body = """  symbols
    T : temperature [degC] 30 .. 45
    fever : fever yes/no
    above : above normal [K]

  clauses
    fever = T >= {end}
    above = {value}
"""
    rule = rule_of(body.format(end="311.15 [K]", value="T - 37 [degC]"))
    for value, fever in ((Fraction(38), 1), (Fraction("37.99"), 0)):
        values = decide(decision_of(rule), {"T": value}).values
        assert (values["fever"], values["above"]) == (fever, value - 37)
    assert codes(body.format(end="38 [degC]", value="2*T")) == ["L0206"]


def test_comments_titles_and_the_order_of_rows_say_nothing() -> None:
    plain = TABLE.format(end="2")
    rows = plain.rstrip("\n").split("\n")
    turned = "\n".join([*rows[:-2], rows[-1] + " # large", rows[-2]]) + "\n"
    assert rule_of(plain).digest == rule_of(turned).digest
    assert rule_of(plain).digest != rule_of(TABLE.format(end="2.0001")).digest


def test_a_decimal_of_a_case_agrees_to_its_last_digit_and_money_exactly() -> None:
    body = """  symbols
    x : x [{unit}] 0 .. 10
    y : y [{unit}]

  clauses
    y = x/3

  checks
    example: y = {value} [{unit}] given x = 2 [{unit}]
"""
    assert codes(body.format(unit="m", value="0.667")) == []
    assert codes(body.format(unit="m", value="0.666")) == ["L0715"]
    assert codes(body.format(unit="USD", value="0.67")) == ["L0715"]


def test_a_check_of_laws_alone_loads_nothing_that_serves_rules() -> None:
    law = """law doubling@1.0.0
  title "Double"
  status draft
  symbols
    x : input [1] 0 .. 1
    y : output [1]
  equations
    y := 2*x
"""
    code = f"""
import sys
from lawc.pipeline.checking import check_text
from lawc.knowledge.base import KnowledgeBase
assert check_text("knowledge/a.law", {law!r}, KnowledgeBase({{}})).laws
print([name for name in sys.modules if "lawc.decision" in name or ".rule" in name])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_chain_of_powers_is_refused_before_it_asks_for_all_memory() -> None:
    names = [f"y{at}" for at in range(8)]
    symbols = "".join(f"    {name} : y [1]\n" for name in names)
    powers = "".join(f"    {b} = {a}^64\n" for a, b in pairwise(names))
    body = f"  symbols\n    x : x [1] 0 .. 1\n{symbols}\n  clauses\n    y0 = x + 1e300\n{powers}"
    found = known(body + "\n  checks\n    example: y7 = 1 given x = 1\n").diagnostics
    said = {one.code: one for one in found}
    assert set(said) == {"L0716", "L0737"}
    assert "digits" in said["L0716"].labels[0].text
    assert any("digits" in note for note in said["L0737"].notes)


def test_exceptions_are_read_to_a_depth_and_not_beyond() -> None:
    def found(deep: int) -> list[str]:
        lines = [f"    L{at}: except L{at - 1} when x > {at}: y = {at}\n" for at in range(1, deep)]
        head = "  symbols\n    x : x [1] 0 .. 9\n    y : y [1]\n\n  clauses\n    L0: y = 0\n"
        text = HEAD.format(name="it") + head + "".join(lines)
        base = check_text("rules/a.rule", text, KnowledgeBase({}))
        return [one.code for one in base.diagnostics]

    assert found(60) == []
    assert found(900) == ["L0106"]


def test_one_wrong_declaration_gives_one_message() -> None:
    body = """  symbols
    x : length [s] 0 .. 10
    y : answer one of a, b, c
    far : far yes/no

  table y by x
    | x            | y |
    | < 1 [m]      | a |
    | 1 [m] .. 2 [m] | b |
    | > 2 [m]      | c |

  clauses
    far = x > 5 [m]
"""
    (found,) = known(body).diagnostics
    assert found.code == "L0209"
    assert "3 more places say the same" in " ".join(found.notes)


PUBLISHED = """rule fee@1.0.0
  title "A fee"
  status confirmed
  source "nobody"

  symbols
    x : length [m] 0 .. 10
    y : answer [m]

  clauses
    y = 2*x
"""


@pytest.mark.parametrize(
    ("was", "now", "asked"),
    [
        ("2*x", "3*x", "2.0.0"),
        ("0 .. 10", "0 .. 11", "1.1.0"),
        ('"A fee"', '"The fee"', "1.0.1"),
        ("2*x", "2*x  # twice", ""),
    ],
)
def test_a_change_of_a_published_rule_asks_for_a_version(was: str, now: str, asked: str) -> None:
    record = UNRECORDED.with_laws(check_text("rules/a.rule", PUBLISHED, KnowledgeBase({})).rules)
    record = read_record(record.text().encode(), "the record")
    document, _ = parse(Source("rules/a.rule", PUBLISHED.replace(was, now)))
    _, found = check([document], record=record)
    assert [one.code for one in found] == (["L0610"] if asked else [])
    assert all(asked in one.labels[0].text for one in found)


def test_a_number_is_no_word_no_day_and_no_yes() -> None:
    body = """  symbols
    x : x [1] 0 .. 9
    y : y {kind}

  table y by x
    | x    | y |
    | < 5  | {value} |
    | >= 5 | {value} |
"""
    for kind, value in (
        ("one of a, b", "1"),
        ("yes/no", "1"),
        ("date", "1"),
        ("[1]", "2024-01-01"),
    ):
        assert set(codes(body.format(kind=kind, value=value))) == {"L0116"}
    # A word may be written in digits.
    digits = body.format(kind="one of 1, 2", value="2").replace("| < 5  | 2 |", "| < 5  | 1 |")
    assert codes(digits) == []
