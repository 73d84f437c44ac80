"""A table of formulas becomes laws that say the same, and nothing in it runs or escapes."""

from __future__ import annotations

import ast
import csv
import io
import math
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imported_texts import laws_of

from lawc.analysis.numbers import evaluate
from lawc.importers.drafting import Draft, Symbol, write_draft
from lawc.importers.formats import import_file
from lawc.importers.formulas import translate
from lawc.importers.imported import ImportRefusedError
from lawc.importers.naming import block_name, safe_names
from lawc.knowledge.law import Law
from lawc.units.reading import parse_unit
from lawc.units.unit import Unit

TABLES = ("FeynmanEquations", "BonusEquations")

# --- the other route: Python's own tree of the formula, valued node by node

_OPERATORS: dict[type, Callable[..., float]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Pow: lambda a, b: math.pow(a, b),
    ast.USub: lambda a: -a,
}
_FUNCTIONS: dict[str, Callable[[float], float]] = {
    "exp": math.exp, "sqrt": math.sqrt, "sin": math.sin, "cos": math.cos, "tanh": math.tanh,
    "arcsin": math.asin, "ln": math.log, "log": math.log,
}  # fmt: skip


def by_python(node: ast.AST, values: dict[str, float]) -> float:
    match node:
        case ast.Expression(body):
            return by_python(body, values)
        case ast.BinOp(left, operator, right):
            return _OPERATORS[type(operator)](by_python(left, values), by_python(right, values))
        case ast.UnaryOp(operator, operand):
            return _OPERATORS[type(operator)](by_python(operand, values))
        case ast.Call(ast.Name(function), [argument]):
            return _FUNCTIONS[function](by_python(argument, values))
        case ast.Constant(value) if isinstance(value, int | float):
            return float(value)
        case ast.Name(name):
            return values[name]
    raise AssertionError(ast.dump(node))


def table(*rows: dict[str, str]) -> bytes:
    titles = list(dict.fromkeys(key for row in rows for key in row))
    stream = io.StringIO()
    writer = csv.DictWriter(stream, titles)
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue().encode()


LEAVES = st.sampled_from(["x", "y", "2", "3.5", "1e-3", "pi"])
FORMULAS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/"]), inner).map(
            lambda parts: f"({parts[0]}){parts[1]}({parts[2]})"
        ),
        st.tuples(inner, st.sampled_from(["2", "3", "-1", "(1/2)"])).map(
            lambda parts: f"({parts[0]})**{parts[1]}"
        ),
        inner.map(lambda part: f"-{part}"),
        st.tuples(LEAVES, LEAVES, LEAVES).map(lambda leaves: "{}-{}*{}**2".format(*leaves)),
        inner.map(lambda part: f"sin({part})"),
    ),
    max_leaves=12,
)


@given(FORMULAS, st.floats(0.5, 3), st.floats(0.5, 3))
@settings(max_examples=150)
def test_a_formula_means_what_python_reads_in_it(formula: str, x: float, y: float) -> None:
    values = {"x": x, "y": y, "pi": math.pi}
    try:
        expected = by_python(ast.parse(formula, mode="eval"), values)
    except (ArithmeticError, ValueError):
        return
    imported = import_file("t.csv", table({"id": "a", "output": "z", "formula": formula}))
    # Units are given, so that none has to be inferred from a formula without names.
    text = re.sub(r" : (\w+)$", r" : \1 [1]", imported.text, flags=re.MULTILINE)
    laws, findings = laws_of(text)
    errors = [found for found in findings if found.is_error and found.code[:3] != "L03"]
    assert errors == []
    if "a" in laws:
        value = evaluate(laws["a"].equations[0].right, values)
        assert value == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    "formula",
    [
        "__import__('os').system('true')",
        "x.real",
        "lambda: 0",
        "x if y else z",
        "[x for x in y]",
        "eval(x)",
        "x; y",
        "f'{x}'",
        "x\ny",
        "x = 3",
        "0x10",
        "1_000",
        "x@y",
        "x//y#",
    ],
)
def test_a_formula_that_is_a_program_is_refused_or_reported(formula: str) -> None:
    data = table({"id": "a", "output": "z", "formula": formula})
    imported = import_file("t.csv", data)
    if imported.text:
        laws, findings = laws_of(imported.text)
        assert not laws
        assert any(found.is_error for found in findings)
    else:
        assert any(remark.is_error for remark in imported.remarks)


@given(st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=12, unique=True))
def test_names_stay_different_and_become_names(foreign: list[str]) -> None:
    ours = safe_names(foreign)
    assert len(set(ours.values())) == len(foreign)
    assert all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) for name in ours.values())


@pytest.mark.parametrize(
    ("foreign", "own"),
    [("lambda", "lambda"), ("if", "if_"), ("pi", "pi_"), ("exp", "exp_"), ("2x", "x_2x"),
     ("a b", "a_b"), ("θ", "theta"), ("m_0", "m_0"), ("given", "given_")],
)  # fmt: skip
def test_a_name_is_kept_where_it_can_be(foreign: str, own: str) -> None:
    assert safe_names([foreign]) == {foreign: own}


def test_a_quotient_of_names_cannot_turn_into_a_derivative() -> None:
    row = {"id": "a", "output": "z", "formula": "dx/dt + x*t"}
    laws, _ = laws_of(
        re.sub(r" : (\w+)$", r" : \1 [1]", import_file("t.csv", table(row)).text, flags=re.M)
    )
    values = {"d_x": 6.0, "d_t": 3.0, "x": 5.0, "t": 7.0}
    assert evaluate(laws["a"].equations[0].right, values) == 37.0


@given(title=st.text(max_size=60), said=st.text(max_size=60), source=st.text(max_size=60))
@settings(max_examples=200)
def test_no_text_of_a_file_becomes_more_than_text(title: str, said: str, source: str) -> None:
    draft = Draft(
        block_name(title),
        title,
        (source,),
        (Symbol("x", said, "m", low="1", high="2"), Symbol("y", said, "m")),
        ("y = 2*x",),
        notes=(said,),
    )
    laws, findings = laws_of(write_draft(draft))
    assert [found.headline for found in findings] == []
    (law,) = laws.values()
    assert law.status == "draft"
    assert [quantity.unit.text for quantity in law.quantities.values()] == ["m", "m"]


def test_a_row_that_cannot_be_written_leaves_the_others() -> None:
    good = {"id": "good", "output": "y", "formula": "x**2"}
    bad = {"id": "bad", "output": "y", "formula": "gamma_function(x)"}
    imported = import_file("t.csv", table(bad, good))
    assert imported.text.startswith("law good@")
    assert [remark.where for remark in imported.remarks] == ["row bad"]


@pytest.mark.parametrize("data", [b"formula,output\n\xff,1\n", b'formula,output\n"x,1\n'])
def test_a_table_that_is_none_is_refused(data: bytes) -> None:
    with pytest.raises(ImportRefusedError):
        import_file("t.csv", data)


def test_a_function_keeps_its_name_or_gets_ours() -> None:
    assert translate("log(x) + asin(x)**2", {"x": "x"}) == "ln(x) + arcsin(x)^2"


# --- the published tables


@pytest.mark.parametrize("name", TABLES)
def test_published_formulas_agree_with_their_dimension_column(name: str, material: Path) -> None:
    folder = material / "material" / "feynman"
    imported = import_file(
        f"{name}.csv", (folder / f"{name}.csv").read_bytes(), (folder / "units.csv").read_bytes()
    )
    with (folder / "dimension_check.csv").open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["file"] == name]
    assert imported.text.count("  status  draft\n") == len(rows)
    _, findings = laws_of(imported.text)
    wrong = [found for found in findings if found.code.startswith(("L01", "L02"))]
    assert {row["status"] for row in rows} == {"ok"}
    assert wrong == []


@pytest.mark.parametrize("name", TABLES)
def test_published_formulas_keep_their_values(name: str, material: Path) -> None:
    folder = material / "material" / "feynman"
    data = (folder / f"{name}.csv").read_bytes()
    text = import_file(f"{name}.csv", data, (folder / "units.csv").read_bytes()).text
    # Without its ranges, a law whose domain holds a division by zero is known too.
    laws, _ = laws_of(re.sub(r"  \S+ \.\. \S+$", "", text, flags=re.MULTILINE))
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert len(laws) == len(rows)
    chance = random.Random(7)
    for row, law in zip(rows, laws.values(), strict=True):
        tree = ast.parse(row["Formula"].strip(), mode="eval")
        tried = 0
        while tried < 20:
            values = {
                row[f"v{i}_name"]: chance.uniform(float(row[f"v{i}_low"]), float(row[f"v{i}_high"]))
                for i in range(1, 11)
                if row[f"v{i}_name"]
            }
            # Three formulas use a name that their own row gives no range.
            values = {"pi": math.pi} | dict.fromkeys(law.quantities, 0.7) | values
            try:
                expected = by_python(tree, values)
            except ValueError:
                continue
            tried += 1
            value = evaluate(law.equations[0].right, values)
            assert value == pytest.approx(expected, rel=1e-12), row["Filename"]


def test_a_wrong_unit_of_the_second_table_is_found(material: Path) -> None:
    folder = material / "material" / "feynman"
    units = (folder / "units.csv").read_bytes().replace(b"c,Velocity,1.0,", b"c,Velocity,2.0,")
    text = import_file("F.csv", (folder / "FeynmanEquations.csv").read_bytes(), units).text
    _, findings = laws_of(text)
    assert any(found.code.startswith("L02") for found in findings)


def test_two_published_tables_of_units_agree(material: Path) -> None:
    folder = material / "material" / "feynman"
    laws: dict[str, Law] = {}
    for table in ("FeynmanEquations", "BonusEquations"):
        data = (folder / f"{table}.csv").read_bytes()
        text = import_file(f"{table}.csv", data, (folder / "units.csv").read_bytes()).text
        laws |= laws_of(re.sub(r"  \S+ \.\. \S+$", "", text, flags=re.MULTILINE))[0]
    compared = 0
    with (folder / "pmlb_feynman_variables.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            block = row["dataset"].removeprefix("feynman_").replace("_", "-")
            described = row["var_desc"].rpartition(", ")[2]
            text = "1" if described == "Dimensionless" else described.replace("T^", "K^")
            unit = parse_unit(re.sub(r"\((-\d)\)", r"\1", text).replace(" ", ""))
            assert isinstance(unit, Unit), text
            assert laws[block].quantities[row["var"]].dimension == unit.dimension, row
            compared += 1
    assert compared > 200
