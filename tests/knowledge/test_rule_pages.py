"""A rule is shown as a page: nothing that decides is left out, and nothing of an author runs."""

from __future__ import annotations

import re
from datetime import date
from fractions import Fraction
from html.parser import HTMLParser
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lawc
from lawc.decision.decision import Clause, Clauses, Interval, Row, Scale, Score, Table
from lawc.decision.formula import Named, apply, number
from lawc.knowledge.law import Quantity
from lawc.knowledge.rule import Rule
from lawc.knowledge.rule_mathml import RuleSetter, number_text
from lawc.knowledge.rule_page import document
from lawc.knowledge.words import Status
from lawc.units.unit import PLAIN

RULES = dict(sorted(lawc.library().rules.items()))
VOID = {"meta", "br"}


class Balance(HTMLParser):
    """Notices an element that is not closed where it should be."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def balanced(text: str) -> bool:
    reader = Balance()
    reader.feed(text)
    return reader.open == []


@pytest.mark.parametrize("identity", RULES)
def test_every_shipped_rule_has_a_page(identity: str) -> None:
    rule = RULES[identity]
    text = document(rule)
    assert balanced(text)
    plain = re.sub(r"<[^>]*>", " ", text)
    for name in (*rule.inputs, *rule.outputs):
        assert name in plain
    for source in rule.sources:
        assert source.split()[0] in plain


def test_every_answer_of_a_step_is_on_the_page() -> None:
    for rule in RULES.values():
        text = document(rule)
        cells = text.count("<tr")
        wanted = 0
        for step in rule.steps:
            match step:
                case Table(_, on, rows) if len(on) != 2:
                    wanted += len(rows)
                case Score(_, points):
                    wanted += len(points)
                case Clauses(_, clauses) if len(clauses) > 1:
                    wanted += len(clauses)
                case Scale(_, _, bands):
                    wanted += min(len(band.brackets) for band in bands)
                case _:
                    pass
        assert cells >= wanted


@given(st.fractions(max_denominator=1000), st.integers(0, 12))
def test_a_number_is_written_so_that_it_is_itself(value: Fraction, power: int) -> None:
    for one in (value, Fraction(value.numerator, 10**power)):
        assert Fraction(number_text(one).replace("−", "-")) == one


def test_text_of_an_author_is_text() -> None:
    bad = "<script>alert(1)</script>"
    quantity = Quantity("x", bad, PLAIN)
    steps = (Clauses("y", (Clause("L", number(1), words=bad), Clause("M", number(2)))),)
    rule = Rule(
        "a.b", "1.0.0", bad, Status.DRAFT, (bad,), {"x": quantity, "y": quantity}, ("x",), ("y",),
        steps, notes=(bad,),
    )  # fmt: skip
    assert "<script" not in document(rule) and "&lt;script" in document(rule)
    assert rule._repr_html_().startswith("<style>") or "<div class='lawc'>" in rule._repr_html_()
    assert repr(rule) == "<Rule a.b@1.0.0 (draft): x -> y>"


def said(formula: object) -> str:
    choice = Quantity("status", "", PLAIN, kind="one of", choices=("single", "joint"))
    day = Quantity("day", "", PLAIN, kind="date")
    setter = RuleSetter({"status": choice, "day": day})
    text = re.sub(r"<[^>]*>", "", setter.of(formula))  # type: ignore[arg-type]
    return text.replace("&#160;", " ").replace("&lt;", "<").replace("&gt;", ">")


def test_formulas_are_written_as_people_say_them() -> None:
    x, y = Named("x"), Named("y")
    joint = apply("equal", Named("status"), number(1))
    assert said(apply("and", joint, apply("not", apply("less", x, y)))) == "status=joint and x≥y"
    assert said(apply("less_equal", number(3), x)) == "x≥3"
    assert (
        said(apply("less", Named("day"), number(date(2021, 7, 28).toordinal()))) == "day<2021-07-28"
    )
    assert said(apply("not", apply("is_known", x))) == "x is unknown"
    assert said(apply("multiply", apply("add", x, y), number(-2))) == "(x+y)·−2"
    assert said(apply("subtract", x, apply("subtract", y, x))) == "x−(y−x)"
    assert said(apply("power", apply("negative", x), number(2))) == "(−x)2"
    assert said(apply("where", joint, x, y)) == "{xif status=jointyotherwise"


def test_a_formula_shows_how_far_a_rounding_and_a_fraction_reach() -> None:
    x, y = Named("x"), Named("y")
    rounded = apply("round_floor", apply("add", x, y), number(1))
    assert said(rounded) == "x+y rounded down to 1"
    assert said(apply("multiply", rounded, y)) == "(x+y rounded down to 1)·y"
    assert said(apply("less", y, rounded)) == "y<(x+y rounded down to 1)"
    third = number(Fraction(1, 3))
    assert said(apply("power", third, number(2))) == "(1/3)2"
    assert said(apply("multiply", x, third)) == "x·1/3"


def test_a_calendar_is_on_the_page_and_beside_what_counts_by_it() -> None:
    rule = RULES["law.us.courts.court-deadline"]
    plain = re.sub(r"<[^>]*>", "", document(rule))
    assert "weekend saturday, sunday; holidays 2024-01-01, 2024-01-15" in plain
    assert "known 2023-12-26 .. 2024-12-23" in plain
    assert "last = next_business_day(event+days·1,calendar)" in plain


def test_a_table_that_takes_its_first_row_is_no_grid() -> None:
    x, y = Quantity("x", "", PLAIN), Quantity("y", "", PLAIN)
    low, high = (Interval(Fraction(0), Fraction(top)) for top in (1, 2))
    rows = tuple(
        Row((one, other), (number(answer),))
        for answer, (one, other) in enumerate(product((low, high), repeat=2))
    )
    for policy in ("unique", "first"):
        step = Table(("z",), ("x", "y"), rows, policy)
        rule = Rule("a.b", "1.0.0", "", Status.DRAFT, (), {"x": x, "y": y, "z": x},
                    ("x", "y"), ("z",), (step,))  # fmt: skip
        text = document(rule)
        assert ("x \\ y" in text) == (policy == "unique")
        assert ("the first row that holds" in text) == (policy == "first")
