"""Rows of a rule are a data set: words, days and reasons, and the same bytes after any stop."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.deciding.hand_made import dated_tax, rule_of
from tests.decision.samples import SAMPLES

from lawc.deciding import population
from lawc.deciding.program import RuleProgram, compile_rule
from lawc.diagnostics.diagnostic import CompileError, LawcError
from lawc.knowledge.rule import Drawn
from lawc.lowering.columns import Columns
from lawc.pipeline.rules.data import RuleDataSet

pytest.importorskip("pyarrow")
CKD = compile_rule(rule_of(SAMPLES["ckd-risk"].decision))


@pytest.fixture(autouse=True)
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(population, "GROUP", 8)


class Stopped(Exception):  # noqa: N818
    """Stands for whatever ends a process."""


def stopping(calls: int) -> Callable[[int], None]:
    left = iter(range(calls))

    def tell(done: int) -> None:
        if next(left, None) is None:
            raise Stopped

    return tell


def as_given(program: RuleProgram, row: dict[str, Any]) -> dict[str, Any]:
    return {
        port.name: None if str(row[port.name]) in ("nan", "unknown", "") else row[port.name]
        for port in program.inputs
    }


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_a_row_that_is_read_back_is_the_case_it_is(name: str, tmp_path: Path) -> None:
    program = compile_rule(rule_of(SAMPLES[name].decision))
    RuleDataSet(program, 30, 4).write(tmp_path / "rows.parquet")
    columns = Columns.from_parquet(tmp_path / "rows.parquet")
    assert len(columns) == 30
    for at in range(30):
        row = {name: columns[name][at] for name in columns}
        days = {
            n: date.fromisoformat(str(v)) for n, v in row.items() if columns[n].dtype.kind == "M"
        }
        answer = program.case(as_given(program, {**row, **days}))
        for port in program.outputs:
            expected, found = answer[port.name], row[port.name]
            if isinstance(expected, Fraction):
                assert found == pytest.approx(float(expected), rel=1e-12)
            elif isinstance(expected, bool):
                assert found == ("yes" if expected else "no")
            elif str(found) in ("nan", "NaT"):
                assert row[f"{port.name} is"] == expected.value  # type: ignore[union-attr]
            else:
                assert str(found) == str(getattr(expected, "value", expected))


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 300), st.integers(0, 4), st.integers(0, 5))
def test_a_set_that_was_stopped_ends_with_the_same_bytes(n: int, calls: int, seed: int) -> None:
    with TemporaryDirectory() as folder:
        one, other = Path(folder) / "one.parquet", Path(folder) / "other.parquet"
        RuleDataSet(CKD, n, seed).write(one)
        try:
            RuleDataSet(CKD, n, seed).write(other, stopping(calls))
        except Stopped:
            RuleDataSet(CKD, n, seed).write(other)
        assert one.read_bytes() == other.read_bytes()


def test_fewer_rows_are_the_first_of_more_and_of_the_sample(tmp_path: Path) -> None:
    for rows in (20, 200):
        RuleDataSet(CKD, rows, 3).write(tmp_path / f"{rows}.parquet")
    few, more = (Columns.from_parquet(tmp_path / f"{rows}.parquet") for rows in (20, 200))
    assert np.array_equal(few["eGFR"], more["eGFR"][:20])
    assert np.array_equal(few["eGFR"], CKD.sample(20, 3)["eGFR"])


def test_a_file_says_what_it_is_and_another_set_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    program = compile_rule(dated_tax(), "income -> tax", "2024-07-01")
    RuleDataSet(program, 5, 1).write(path)
    about = Columns.from_parquet(path).lineage
    assert about["law"] == program.rule.identity and about["digest"] == program.rule.digest
    assert about["as_of"] == "2024-07-01" and about["seed"] == 1
    later = compile_rule(dated_tax(), "income -> tax", "2023-07-01")
    with pytest.raises(LawcError, match="as_of 2024-07-01 there, 2023-07-01 here"):
        RuleDataSet(later, 5, 1).write(path)
    stated = Drawn("income", "uniform", (Fraction(0), Fraction(9)), text="income ~ uniform(0, 9)")
    told = compile_rule(replace(dated_tax(), drawn=(stated,)), "income -> tax", "2024-07-01")
    with pytest.raises(LawcError, match="sample ranges and edges there, income ~ uniform"):
        RuleDataSet(told, 5, 1).write(path)
    RuleDataSet(told, 50, 1).write(path, anew=True)
    assert Columns.from_parquet(path)["income"].max() <= 9


def test_words_are_no_tensors_and_a_changed_word_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    RuleDataSet(CKD, 50, 1).write(path)
    columns = Columns.from_parquet(path)
    with pytest.raises(LawcError, match="holds words or days"):
        columns.to_torch()
    assert columns.only(("eGFR",)).to_torch()["eGFR"].shape == (50,)
    columns.to_parquet(tmp_path / "again.parquet")
    assert Columns.from_parquet(tmp_path / "again.parquet") == columns
    spoilt = path.read_bytes().replace(b"very-high", b"very-hig_")
    path.write_bytes(spoilt)
    with pytest.raises(LawcError):
        Columns.from_parquet(path)


def test_a_table_for_people_says_the_same(tmp_path: Path) -> None:
    data = RuleDataSet(CKD, 12, 4)
    data.write_csv(tmp_path / "rows.csv")
    data.write(tmp_path / "rows.parquet")
    columns = Columns.from_parquet(tmp_path / "rows.parquet")
    with (tmp_path / "rows.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["stage"] for row in rows] == columns["stage"].tolist()
    assert [row["stage because"] for row in rows] == columns["stage because"].tolist()
    for row, ratio in zip(rows, columns["ACR"], strict=True):
        assert row["ACR [mg/g]"] == "" if np.isnan(ratio) else float(row["ACR [mg/g]"]) == ratio


def test_a_rule_with_dates_asks_for_its_day() -> None:
    with pytest.raises(CompileError, match="ask as of a date"):
        RuleDataSet(compile_rule(dated_tax()), 3).heading  # noqa: B018
