"""A model of DMN becomes a rule that decides what the model decides."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.importers.dmn_texts import answers, model, rule_of, table, values_of

from lawc.decision.exact import decide
from lawc.decision.values import NOT_APPLICABLE, Value
from lawc.importers.dmn.model import read_dmn
from lawc.importers.dmn.writing import import_decisions
from lawc.importers.feel.meaning import Known, Speech
from lawc.importers.feel.writing import read_expression, read_tests
from lawc.importers.formats import import_file
from lawc.importers.imported import ImportRefusedError
from lawc.knowledge.as_of import decision_of
from lawc.pipeline.imported_rules import without_dead_ends

NAMES = {"Age": Known("Age", "number"), "Monthly Pay": Known("Pay", "number")}
SPEECH = Speech(NAMES, lambda text, _: text.lower())


OVERLAPPING = [[">= 18", '"old"'], ["< 30", '"young"'], ["> 100", '"old"']]


@pytest.mark.parametrize(
    ("policy", "age", "expected"),
    [
        ('hitPolicy="FIRST"', 20, ["old"]),
        ('hitPolicy="FIRST"', 10, ["young"]),
        ('hitPolicy="PRIORITY"', 20, ["young"]),
        ('hitPolicy="RULE ORDER"', 20, ["old", "young", None]),
        ('hitPolicy="OUTPUT ORDER"', 20, ["young", "old", None]),
        ('hitPolicy="COLLECT"', 101, ["old", None, "old"]),
        ('hitPolicy="COLLECT" aggregation="COUNT"', 20, [Fraction(2)]),
    ],
)
def test_a_hit_policy_says_which_rows_speak(
    policy: str, age: int, expected: list[str | Fraction | None]
) -> None:
    kind = "number" if "COUNT" in policy else "string" if len(expected) == 1 else "Any"
    data = model(table(policy, OVERLAPPING, values='"young", "old"'), output=kind)
    assert answers(data, Age=age) == expected


def test_what_no_row_hits_is_not_applicable() -> None:
    data = model(table('hitPolicy="UNIQUE"', [["[1..3)", '"a"'], ["(3..5]", '"b"']]))
    assert [answers(data, Age=age) for age in (1, 3, 5, 6)] == [["a"], [None], ["b"], [None]]


def test_a_list_that_is_given_is_its_first_entries_and_their_number() -> None:
    types = '<itemDefinition name="texts" isCollection="true"><typeRef>string</typeRef>'
    literal = '<literalExpression><text>flatten(["b", given, "c"])</text></literalExpression>'
    data = model(literal, inputs="given texts", output="texts").replace(
        b"<inputData", f"{types}</itemDefinition><inputData".encode(), 1
    )
    imported = import_decisions("model.dmn", read_dmn(data))
    assert imported.remarks == ()
    facts: dict[str, Value] = {f"given_{n}": Fraction(0) for n in range(1, 9)}
    for count in (0, 2, 8):
        found = values_of(imported, facts | {"given_count": Fraction(count)})
        assert [one for one in found if one is not None] == ["b", *["b"] * count, "c"]


def test_what_rows_add_is_summed() -> None:
    rows = [["< 5", "1.5"], [">= 3", "2"], ["not(4)", "10"]]
    data = model(table('hitPolicy="COLLECT" aggregation="SUM"', rows), output="number")
    assert [answers(data, Age=age) for age in (3, 4)] == [[Fraction(27, 2)], [Fraction(7, 2)]]


numbers = st.sampled_from(["1", "2", "0.5", ".25", "Age", "Monthly Pay"])
formulas = st.recursive(
    numbers,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" + ", "-", "*"]), inner).map("".join),
        inner.map(lambda text: f"({text})"),
        inner.map(lambda text: f"-({text})"),
        st.tuples(inner, inner).map(lambda two: f"max({two[0]}, {two[1]})"),
        st.tuples(inner, inner, inner).map(
            lambda three: f"(if {three[0]} < {three[1]} then {three[2]} else 1)"
        ),
    ),
    max_leaves=8,
)


def _python(text: str) -> Fraction:
    """Return the value of a formula for Age = 7 and Monthly Pay = 3, by a reader of this test."""
    signs = text.replace("Monthly Pay", "3").replace("Age", "7")
    return _Sums(signs).whole()


class _Sums:
    """The smallest reader of sums, products and brackets."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text.replace(" ", ""), 0

    def whole(self) -> Fraction:
        value = self.sum()
        assert self.at == len(self.text)
        return value

    def take(self, sign: str) -> bool:
        found = self.text.startswith(sign, self.at)
        self.at += len(sign) * found
        return found

    def sum(self) -> Fraction:
        value = self.product()
        while True:
            if self.take("+"):
                value += self.product()
            elif self.take("-"):
                value -= self.product()
            else:
                return value

    def product(self) -> Fraction:
        value = self.one()
        while self.take("*"):
            value *= self.one()
        return value

    def one(self) -> Fraction:
        if self.take("-"):
            return -self.one()
        if self.take("max("):
            left = self.sum()
            assert self.take(",")
            right = self.sum()
            assert self.take(")")
            return max(left, right)
        if self.take("(if"):
            left = self.sum()
            assert self.take("<")
            right = self.sum()
            assert self.take("then")
            then = self.sum()
            assert self.take("else1)")
            return then if left < right else Fraction(1)
        if self.take("("):
            value = self.sum()
            assert self.take(")")
            return value
        end = self.at
        while end < len(self.text) and self.text[end] in "0123456789.":
            end += 1
        number, self.at = self.text[self.at : end], end
        return Fraction(f"0{number}" if number.startswith(".") else number)


@given(formulas)
def test_a_formula_keeps_its_value(text: str) -> None:
    from_feel = read_expression(text, SPEECH)
    rule = (
        'rule r@1.0.0\n  title "r"\n  status draft\n\n  symbols\n    Age : a  [1]\n'
        f"    Pay : p  [1]\n    y : y  [1]\n\n  clauses\n    y = {from_feel.text} + 0*Age + 0*Pay\n"
    )
    if from_feel.binds < 5:
        rule = rule.replace(from_feel.text, f"({from_feel.text})")
    decided = decide(decision_of(rule_of(rule)), {"Age": Fraction(7), "Pay": Fraction(3)})
    assert decided.values["y"] == _python(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-", []),
        ("[18..21]", [("..", "18\0" + "21")]),
        ("]18..21[", [("<..<", "18\0" + "21")]),
        ("(18..21)", [("<..<", "18\0" + "21")]),
        ('"High", "Low"', [("=", "high"), ("=", "low")]),
        (">= 2 * Monthly Pay", [(">=", "2*Pay")]),
        ("null", [("=", "not applicable")]),
        ("true", [("=", "yes")]),
    ],
)
def test_tests_of_cells_are_those_of_rules(text: str, expected: list[tuple[str, str]]) -> None:
    kind = "string" if '"' in text else "boolean" if text == "true" else "number"
    assert read_tests(text, Known("Age", kind), SPEECH) == (False, expected)


@pytest.mark.parametrize(
    "text",
    ["[1, 2]", "some x in y satisfies z", "a.b", "1 +", '"a" + "b"', "(" * 60 + "1", "1 ? 2", ""],
)
def test_what_a_rule_cannot_say_is_refused_by_name(text: str) -> None:
    with pytest.raises(ImportRefusedError):
        read_expression(text, SPEECH)


def test_a_decision_that_cannot_be_read_costs_itself_only() -> None:
    data = model(table("", [[">= 18", '"a"'], ["< 18", '"b"']]))
    other = '<decision name="Odd"><literalExpression><text>for x in y return 1</text>'
    data = data.replace(
        b"</definitions>", f"{other}</literalExpression></decision></definitions>".encode()
    )
    imported = import_decisions("model.dmn", read_dmn(data))
    assert [remark.where for remark in imported.remarks] == ["decision Odd"]
    assert values_of(imported, {"Age": Fraction(18)}) == ["a"]


def test_a_file_of_this_format_is_known_by_its_suffix() -> None:
    text = import_file("model.dmn", model(table("", [["-", '"a"']]))).text
    assert text.startswith("rule a-model@0.1.0\n") and "  table Answer by Age" in text


@given(st.text(max_size=40))
def test_no_text_of_a_model_leaves_its_line(text: str) -> None:
    shown = text.translate(dict.fromkeys(range(32))).replace("\x7f", "")
    try:
        shown.encode()
    except UnicodeEncodeError:
        return
    data = model(table("", [["-", '"a"']])).replace(
        b'name="a model"', f'name="{escape(shown, {chr(34): "&quot;"})}"'.encode()
    )
    try:
        imported = import_decisions("model.dmn", read_dmn(data))
    except ImportRefusedError:
        return
    assert values_of(imported, {"Age": Fraction(1)}) == ["a"]


def test_the_loan_of_the_kit_is_decided_as_it_expects(material: Path) -> None:
    path = material / "material" / "rules" / "dmn_tck" / "compliance-level-3" / "0004-lending"
    imported = import_decisions("lending.dmn", read_dmn((path / "0004-lending.dmn").read_bytes()))
    assert imported.remarks == ()
    assert rule_of(imported.text).outputs
    assert {"Strategy", "Routing", "Eligibility"} <= imported.answers.keys()


ends = st.integers(-4, 4)
brackets = st.tuples(ends, ends, st.booleans(), st.booleans()).filter(lambda r: r[0] < r[1])


def _interval(one: tuple[int, int, bool, bool]) -> str:
    low, high, has_low, has_high = one
    return f"{'[' if has_low else '('}{low}..{high}{']' if has_high else ')'}"


def _points(one: tuple[int, int, bool, bool]) -> set[Fraction]:
    """The quarters that lie in an interval; between whole ends they tell all intervals apart."""
    low, high, has_low, has_high = one
    inside = {Fraction(quarter, 4) for quarter in range(4 * low + 1, 4 * high)}
    return (
        inside | ({Fraction(low)} if has_low else set()) | ({Fraction(high)} if has_high else set())
    )


@given(brackets, brackets)
def test_functions_of_intervals_say_how_their_points_lie(
    one: tuple[int, int, bool, bool], other: tuple[int, int, bool, bool]
) -> None:
    a, b = _points(one), _points(other)
    first = one[3] and other[2] and one[1] == other[0]
    truths = {
        "before": max(a) < min(b),
        "after": min(a) > max(b),
        "meets": first,
        "met by": other[3] and one[2] and other[1] == one[0],
        "overlaps": bool(a & b),
        "during": a <= b,
        "includes": a >= b,
        "coincides": a == b,
        "starts": a <= b and one[0] == other[0] and one[2] == other[2],
        "finishes": a <= b and one[1] == other[1] and one[3] == other[3],
        "overlaps before": bool(a & b) and min(a) < min(b) and max(a) <= max(b),
    }
    for name, truth in truths.items():
        said = read_expression(f"{name}({_interval(one)}, {_interval(other)})", SPEECH)
        assert said.kind == "boolean"
        assert _holds(said.text) == truth, name


def _holds(text: str) -> bool:
    """Whether comparisons of numbers joined by `and` all hold."""
    signs = {"<": "__lt__", "<=": "__le__", ">": "__gt__", ">=": "__ge__", "=": "__eq__"}
    parts = [part.split(" ") for part in text.replace("(", "").replace(")", "").split(" and ")]
    return all(getattr(int(left), signs[sign])(int(right)) for left, sign, right in parts)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("even(Age)", "Age - 2*floor(Age/2) = 0"),
        ("product([Age, 2, Age + 1])", "Age*2*(Age + 1)"),
        ("sum(list: [1, Age])", "1 + Age"),
        ("modulo(dividend: Age, divisor: 7)", "Age - 7*floor(Age/7)"),
        ("before(Age, 3)", "Age < 3"),
        ("even()", "not applicable"),
        ("even(n: 4)", "not applicable"),
        ('product([1, "two"])', "not applicable"),
        ('even(duration("P4D"))', "not applicable"),
    ],
)
def test_functions_of_feel_are_formulas(text: str, expected: str) -> None:
    assert read_expression(text, SPEECH).text == expected


@pytest.mark.parametrize(
    "text",
    [
        'before(date("2020-01-01"), date("2021-01-01"))',
        'coincides("a", "a")',
        'before(duration("P1D"), duration("P2D"))',
        "before(point1: Age, point2: 3)",
        "during(point: Age, range: [1..3])",
    ],
)
def test_an_order_that_a_rule_cannot_say_is_refused_and_not_null(text: str) -> None:
    with pytest.raises(ImportRefusedError):
        read_expression(text, SPEECH)


def test_a_boxed_context_without_a_result_is_a_record() -> None:
    entries = "".join(
        f'<contextEntry><variable name="{name}"/>'
        f"<literalExpression><text>{escape(text)}</text></literalExpression></contextEntry>"
        for name, text in (("next", "Age + 1"), ("late", "next > 64"))
    )
    boxed = f"<context>{entries}</context>"
    imported = import_decisions("m.dmn", read_dmn(model(boxed)))
    parts = imported.answers["Answer"].parts
    assert list(parts) == ["next", "late"]
    decision = decision_of(rule_of(imported.text))
    found = decide(decision, {"Age": Fraction(64)}).values
    assert [found[parts[name].name] for name in parts] == [65, 1]


@pytest.mark.parametrize(
    ("rows", "closed"),
    [
        ([["< 18", '"young"'], [">= 18", '"grown"']], False),
        ([["< 18", '"young"'], ["> 18", '"grown"']], True),
    ],
)
def test_an_end_is_kept_where_rows_leave_a_gap(rows: list[list[str]], closed: bool) -> None:
    imported = import_decisions("m.dmn", read_dmn(model(table('hitPolicy="UNIQUE"', rows))))
    assert "| otherwise" in imported.text
    text = without_dead_ends("m.rule", imported.text)
    assert ("| otherwise" in text) == closed
    # Nothing else of it changes.
    kept = [line for line in imported.text.splitlines() if "otherwise" not in line or closed]
    assert text.splitlines() == kept


def test_a_value_of_another_type_than_declared_is_null() -> None:
    literal = "<literalExpression><text>Age + 1</text></literalExpression>"
    imported = import_decisions("m.dmn", read_dmn(model(literal, output="boolean")))
    decision = decision_of(rule_of(imported.text))
    assert decide(decision, {}).values["Answer"] is NOT_APPLICABLE
    assert any("which is `null`" in str(remark) for remark in imported.remarks)
