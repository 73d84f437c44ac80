"""Rows of a rule are written as words, with what decided each answer."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest
from tests.deciding.hand_made import dated_tax, rule_of
from tests.decision.samples import SAMPLES

from lawc.cli.rule_columns import write_rule
from lawc.deciding.program import compile_rule
from lawc.diagnostics.diagnostic import LawcError


def test_a_row_reads_back_as_the_case_it_is(tmp_path: Path) -> None:
    rule = rule_of(SAMPLES["ckd-risk"].decision)
    write_rule(rule, None, None, 12, 4, tmp_path / "rows.csv")
    with (tmp_path / "rows.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 12
    program = compile_rule(rule)
    for row in rows:
        ratio = row["ACR [mg/g]"]
        case = {
            "eGFR": float(row["eGFR [mL/min/(1.73 m^2)]"]),
            "ACR": float(ratio) if ratio else None,
        }
        answer = program.case(case)
        assert row["stage"] == answer["stage"]
        assert answer.because["stage"][0].startswith(f"{row['stage because']}: ")
        assert row["risk"] in (str(answer["risk"]), "unknown")


def test_a_rule_with_dates_asks_for_its_day_and_a_table_for_its_name(tmp_path: Path) -> None:
    names = write_rule(dated_tax(), "income -> tax", date(2024, 7, 1), 3, 0, tmp_path / "t.csv")
    assert names == ["income", "tax", "tax because"]
    with pytest.raises(LawcError, match="ask as of a date"):
        write_rule(dated_tax(), None, None, 3, 0, tmp_path / "t.csv")
    with pytest.raises(LawcError, match=r"ends in \.csv"):
        write_rule(dated_tax(), None, date(2024, 7, 1), 3, 0, tmp_path / "t.parquet")
