"""A line of a section becomes the item that its author reads in it."""

import pytest
from formulas import law, only, read, slice_of
from hypothesis import given
from hypothesis import strategies as st

from lawc.syntax.document import Block, Declaration, Word
from lawc.syntax.tree import Call, Node, Number, UnitText
from lawc.syntax.writing import write


def block(text: str) -> Block:
    document, findings = read(text)
    assert not findings, findings
    return document.blocks[0]


def declaration(line: str) -> Declaration:
    return block(law(symbols=f"t, x : other [1]\n{line}")).symbols[1]


def shown(node: Node | None) -> str | None:
    return None if node is None else write(node)


WORDS = ["time since dose, first", "pre-exponential factor 2", "drug (free)", "", "share (a, b)"]


@given(
    st.sampled_from(["y", "S, I, R", "α_1"]),
    st.sampled_from(WORDS),
    st.sampled_from(["", "t", "x, t"]),
    st.sampled_from([None, "h", "mL/min/(1.73 m^2)", "1"]),
    st.sampled_from([None, ("0", "24"), ("-0.5", "2*pi"), ("1e-3", "1e3")]),
    st.booleans(),
    st.sampled_from([None, "3", "-0.1"]),
)
def test_a_declaration_gives_back_its_parts(
    names: str,
    words: str,
    depends: str,
    unit: str | None,
    limits: tuple[str, str] | None,
    log: bool,
    default: str | None,
) -> None:
    line = f"{names} : {words}"
    line += f" ({depends})" if depends else ""
    line += f" [{unit}]" if unit else ""
    line += f" {limits[0]} .. {limits[1]}" if limits else ""
    line += " log" if log and (unit or limits) else ""
    line += f" = {default}" if default else ""
    item = declaration(line)
    assert [name.name for name in item.names] == names.split(", ")
    assert item.words == words
    assert [name.name for name in item.depends] == (depends.split(", ") if depends else [])
    assert (item.unit.text if item.unit else None) == unit
    assert (shown(item.low), shown(item.high)) == (limits or (None, None))
    assert item.log == (log and bool(unit or limits))
    assert shown(item.default) == default


def test_a_list_with_one_declared_name_is_a_list_of_names() -> None:
    assert [name.name for name in declaration("y : place (tt, x) [m]").depends] == ["tt", "x"]
    assert declaration("y : place (tt) [m]").depends == ()
    assert declaration("y : place (y) [m]").depends == ()


def test_a_unit_has_the_place_of_its_text() -> None:
    text = law(symbols="y : speed [ m/s ] 0 .. 3 [m/s]")
    unit = block(text).symbols[0].unit
    assert unit is not None
    assert (unit.text, slice_of(text, unit.place)) == ("m/s", "m/s")


def test_a_constant_is_one_number_with_its_unit_and_its_uncertainty() -> None:
    text = (
        "constants c@1\n  R, R2 : gas, molar = 8.3 ± 0.1 [J/mol/K]\n"
        "  G : gravity = 6.67430(15)e-11 [m^3]\n  q : charge = -1.6e-19 [C]\n  n : number = 3 [1]\n"
    )
    values = [line.value for line in block(text).constants]
    assert all(isinstance(value, Number) for value in values)
    assert [(value.value, value.uncertainty) for value in values if isinstance(value, Number)] == [
        (8.3, 0.1),
        (6.67430e-11, 1.5e-15),
        (-1.6e-19, 0.0),
        (3, 0.0),
    ]
    assert [slice_of(text, value.place) for value in values][2] == "-1.6e-19 [C]"


def test_an_import_names_a_block_and_what_it_takes() -> None:
    text = "law a@1\n  import constants.codata-2022@1 (R, k_B)\n"
    item = block(text).imports[0]
    assert item.identity.text == "constants.codata-2022@1"
    assert [slice_of(text, name.place) for name in item.names] == ["R", "k_B"]


def test_equations_have_labels_and_relations() -> None:
    items = block(law(equations="first-law: F = m\nv := F\nx ~= 3\nx ≈ 3")).equations
    assert [item.label.text if item.label else None for item in items] == [
        "first-law",
        None,
        None,
        None,
    ]
    assert [item.relation for item in items] == ["=", ":=", "~=", "~="]


ALWAYS = [
    ("0 [m] <= x < 3 [m]", "comparison", "0 [m] <= x < 3 [m]", None, None, None),
    ("x + t rises with t", "rises with", "x + t", "t", None, None),
    ("x falls with t", "falls with", "x", "t", None, None),
    ("m*v^2/2 is constant", "is constant", "m*v^2/2", None, None, None),
    ("x scales with t ^ -1/2", "scales with", "x", "t", "-1/2", None),
    ("x -> 0 [m] as t -> oo", "tends to", "x", "t", "0 [m]", "oo"),
    ("x → 0 [m] as t → −∞", "tends to", "x", "t", "0 [m]", "-oo"),
    ("x -> m as t -> 3 [s]", "tends to", "x", "t", "m", "3 [s]"),
]


@pytest.mark.parametrize(("text", "form", "subject", "by", "value", "towards"), ALWAYS)
@pytest.mark.parametrize("where", ["", " where F = 0 [N], m > 1 and v < 2"])
def test_a_sentence_gives_back_its_parts(
    text: str,
    form: str,
    subject: str,
    by: str | None,
    value: str | None,
    towards: str | None,
    where: str,
) -> None:
    item = block(law(checks=f"always {text}{where}  # why")).always[0]
    assert (item.form, write(item.subject)) == (form, subject)
    assert (item.by.name if item.by else None) == by
    assert shown(item.value) == value
    target = item.towards
    assert (target.text if isinstance(target, Word) else shown(target)) == towards
    assert len(item.where) == (2 if where else 0)
    assert item.text == text + where


def test_an_example_may_lack_a_tolerance_and_inputs() -> None:
    items = block(law(checks="example: x = 3 [m]\nexample: x = 3 [m] given t = 1 [s]")).examples
    assert [(item.tolerance, len(item.given)) for item in items] == [(None, 0), (None, 1)]


def test_a_table_of_examples_is_one_example_for_each_row_and_answer() -> None:
    table = "examples\n  | t [min] | m | -> x within 1e-6 | -> v |\n  | 1 | -2 [g] | 3 | 4 |\n"
    items = block(law(checks=table + "  | 2 | 5 | 6 | 7e-3 |\nalways x rises with t")).examples
    assert [item.quantity.name for item in items] == ["x", "v", "x", "v"]
    assert [shown(item.value) for item in items] == ["3 [m]", "4 [m/s]", "6 [m]", "7e-3 [m/s]"]
    assert [shown(item.tolerance) for item in items] == ["1e-6", None, "1e-6", None]
    assert [shown(value) for _, value in items[0].given] == ["1 [min]", "-2 [g]"]


def test_each_broken_row_of_a_table_costs_one_finding() -> None:
    table = "examples\n  | t | -> x |\n  | 1 | 2 | 3 |\n  | 1 | |\n  | 1 | 2 |\n  | 1 | a b |"
    document, findings = read(law(checks=table))
    assert len(findings) == 3
    assert len(document.blocks[0].examples) == 1
    assert only(read(law(checks="examples\n  | t | x |\n  | 1 | 2 |"))[1]).helps


def test_value_takes_a_unit_as_its_second_argument() -> None:
    call = block(law(equations="F = value(m, [kg])")).equations[0].right
    assert isinstance(call, Call)
    assert write(call) == "value(m, [kg])"
    assert isinstance(call.arguments[-1], UnitText)
