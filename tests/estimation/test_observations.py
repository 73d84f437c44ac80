"""Columns are taken as what they say they are, and everything that does not fit is named."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas
import pyarrow
import pyarrow.parquet
import pytest
from estimation_texts import DECAY, GROWTH, HEAD, LINE, law
from typer.testing import CliRunner

import lawc
from lawc.cli.app import app
from lawc.diagnostics.diagnostic import CompileError, DomainError, LawcError, ShapeError

X = np.linspace(-5, 5, 12)
GOOD = {"x": X, "y": 2 - 3 * X + 0.1 * np.random.default_rng(0).normal(size=12)}


def test_a_column_of_another_dimension_is_refused_by_name() -> None:
    with pytest.raises(LawcError, match=r"column x is in \[kg\].*declared in \[m\]"):
        lawc.fit(law(LINE), GOOD, "a b", units={"x": "kg"})


def test_a_unit_that_is_none_is_refused() -> None:
    with pytest.raises(LawcError, match=r"the unit \[metres per moon\]"):
        lawc.fit(law(LINE), GOOD, "a b", units={"x": "metres per moon"})


def test_a_value_outside_the_declared_range_is_named_with_its_row() -> None:
    far = {**GOOD, "x": np.where(np.arange(12) == 4, 1e4, X)}
    with pytest.raises(DomainError, match="in row 5 lies outside"):
        lawc.fit(law(LINE), far, "a b")
    assert lawc.fit(law(LINE), far, "a b", outside="keep").n == 12


def test_missing_values_are_named_and_dropped_only_if_asked() -> None:
    holes = {**GOOD, "y": np.where(np.arange(12) < 2, np.nan, GOOD["y"])}
    with pytest.raises(LawcError, match="values are missing: y in rows 1, 2"):
        lawc.fit(law(LINE), holes, "a b")
    found = lawc.fit(law(LINE), holes, "a b", missing="drop")
    assert found.n == 10
    assert "left out" in found.notes[0]


def test_an_error_that_is_missing_with_its_value_costs_no_other_value() -> None:
    body = LINE.replace("  equations", "    z : other  [N]\n\n  equations") + "    z = 2*a\n"
    gap = np.where(np.arange(12) == 3, np.nan, 1.0)
    both = {**GOOD, "z": 4 * gap, "s": 0.1 * np.ones(12), "r": 0.1 * gap}
    found = lawc.fit(law(body), both, "a b", sigma={"y": "s", "z": "r"}, missing="drop")
    assert found.n == 23


def test_a_column_that_was_given_to_one_quantity_is_not_that_of_another() -> None:
    named = {"a": GOOD["x"], "y": GOOD["y"]}
    found = lawc.fit(law(LINE), named, columns={"x": "a"})
    assert found.names == ("a", "b")
    assert found["b"] == pytest.approx(lawc.fit(law(LINE), GOOD, "a b")["b"], rel=1e-12)


def test_a_word_among_numbers_is_named() -> None:
    with pytest.raises(LawcError, match="row 2 of column y holds 'about 5'"):
        lawc.fit(law(LINE), {"x": [1, 2, 3], "y": ["1", "about 5", "3"]}, "a b")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"unknown": "a q"}, "no quantity 'q'"),
        ({"unknown": "a x"}, "x is to be found but has a column"),
        ({"unknown": "a"}, "nothing gives b"),
        ({"columns": {"x": "z"}}, "no column 'z'"),
        ({"errors": "cubic"}, "expected errors to be one of"),
        ({"errors": "log"}, "y is not positive in"),
        ({"start": {"c": 1.0}}, "a start is given for c"),
        ({"where": {"x": 77}}, "no row"),
        ({"weights": np.full(12, -1.0)}, "weights are not negative"),
        ({"sigma": 0.0}, "standard errors are positive"),
        ({"each": "a"}, "name the column of the group"),
        ({"outputs": "a"}, "no column holds a"),
        ({"weights": ["much"] * 12}, "expected weights as a column, a number or an array"),
        ({"confidence": 95}, "a confidence between 0 and 1"),
        ({"starts": 0}, "expected starts >= 1"),
        ({"seed": -1}, "seed >= 0"),
    ],
)
def test_a_question_that_does_not_fit_is_refused(change: dict[str, object], words: str) -> None:
    with pytest.raises((LawcError, CompileError), match=words):
        lawc.fit(law(LINE), GOOD, **{"unknown": "a b", **change})  # type: ignore[arg-type]


def test_a_state_is_not_a_parameter_and_the_message_says_what_is() -> None:
    with pytest.raises(LawcError, match="such as the value it starts from"):
        lawc.fit(law(GROWTH), {"t": [1.0, 2.0], "N": [1.0, 2.0]}, "N")


def test_rows_in_which_the_law_is_not_valid_are_refused() -> None:
    body = LINE + '\n  valid\n    x > 0 [m] "on the right"\n'
    with pytest.raises(DomainError, match="6 of 12 rows lie where the law is not valid"):
        lawc.fit(law(body), GOOD, "a b")


def test_columns_of_unlike_length_are_refused() -> None:
    with pytest.raises(ShapeError, match="columns differ in length"):
        lawc.fit(law(LINE), {"x": [1.0, 2.0, 3.0], "y": [1.0, 2.0]}, "a b")


def test_all_ways_to_hand_over_a_table_give_the_same(tmp_path: Path) -> None:
    plain = lawc.fit(law(LINE), GOOD, "a b")
    frame = pandas.DataFrame(GOOD)
    frame.to_csv(tmp_path / "t.csv", index=False)
    frame.to_parquet(tmp_path / "t.parquet")
    twice = pyarrow.table([X, X, GOOD["y"]], names=["x", "x", "y"])
    pyarrow.parquet.write_table(twice, tmp_path / "twice.parquet")
    with pytest.raises(LawcError, match=r"two columns of .* are named 'x'"):
        lawc.fit(law(LINE), tmp_path / "twice.parquet", "a b")
    centi = pandas.DataFrame({" x [cm]": X * 100, "y": GOOD["y"]})
    centi.to_csv(tmp_path / "cm.csv", index=False)
    for table in (frame, *(tmp_path / n for n in ("t.csv", "t.parquet", "cm.csv"))):
        found = lawc.fit(law(LINE), table, "a b")
        assert found["b"] == pytest.approx(plain["b"], rel=1e-12)


def test_a_program_gives_its_own_columns_back() -> None:
    program = lawc.compile(law(DECAY), "t A k -> y")
    inputs = program.sample(40, seed=1)
    fixed = {"t": inputs["t"] / 20, "A": np.full(40, 3.0), "k": np.full(40, 0.5)}
    answers = program.reference(fixed)
    found = lawc.fit(program, {"t": fixed["t"], "y": answers["y"]}, "A k")
    assert found["A"] == pytest.approx(3, rel=1e-10)
    assert found["k"] == pytest.approx(0.5, rel=1e-10)


def test_the_command_fits_a_file_and_speaks_json(tmp_path: Path) -> None:
    (tmp_path / "line.law").write_text(HEAD + LINE, encoding="utf-8")
    pandas.DataFrame({"place": X * 100, "y": GOOD["y"]}).to_csv(tmp_path / "t.csv", index=False)
    words = ["fit", str(tmp_path / "line.law"), str(tmp_path / "t.csv")]
    words += ["--unknown", "a b", "--column", "x=place", "--unit", "place=cm"]
    told = CliRunner().invoke(app, [*words, "--json"])
    assert told.exit_code == 0, told.output
    found = json.loads(told.stdout)
    assert found["parameters"][1]["value"] == pytest.approx(lawc.fit(law(LINE), GOOD, "a b")["b"])
    shown = CliRunner().invoke(app, words)
    assert "standard error" in shown.output
    assert "[N/m]" in shown.output


def test_the_command_refuses_pairs_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "line.law").write_text(HEAD + LINE, encoding="utf-8")
    words = ["fit", str(tmp_path / "line.law"), str(tmp_path / "t.csv"), "--column", "x"]
    told = CliRunner().invoke(app, words)
    assert isinstance(told.exception, LawcError)
    assert "expected --column NAME=VALUE" in str(told.exception)


def test_a_choice_is_not_found_by_descent() -> None:
    body = LINE.replace("    b : slope      [N/m]  -1000 .. 1000", "    b : count  integer 1 .. 9")
    body = body.replace("[m]    -100 .. 100", "[N]    -100 .. 100")
    with pytest.raises(LawcError, match="b is declared as integer"):
        lawc.fit(law(body), GOOD, "a b")


def test_a_long_table_needs_memory_for_its_rows_only() -> None:
    generator = np.random.default_rng(0)
    time = generator.uniform(0, 6, 30_000)
    noisy = 5 * np.exp(-0.7 * time) + 0.05 * generator.normal(size=30_000)
    found = lawc.fit(law(DECAY), {"t": time, "y": noisy}, "A k", starts=1)
    assert abs(found["k"] - 0.7) < 4 * found.standard_errors["k"]
