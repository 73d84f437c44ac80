"""Columns keep their shape, their units and their lineage, and cannot be changed in place."""

from __future__ import annotations

import builtins
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from lawc.diagnostics.diagnostic import LawcError, ShapeError
from lawc.lowering.columns import Columns

LINEAGE = {"law": "physics.fall", "seed": 3}


def columns(rows: int = 5) -> Columns:
    values = {"t": np.arange(rows, dtype=float), "x": np.linspace(0, 1, rows)}
    return Columns(values, {"t": "s", "x": "m"}, LINEAGE)


@given(st.integers(0, 20), st.integers(-25, 25), st.integers(-25, 25))
def test_a_slice_of_columns_is_the_slice_of_each(rows: int, start: int, stop: int) -> None:
    whole = columns(rows)
    part = whole[start:stop]
    assert len(part) == len(range(rows)[start:stop])
    assert all(np.array_equal(part[name], whole[name][start:stop]) for name in whole)
    assert part.units == whole.units and part.lineage == whole.lineage


@pytest.mark.parametrize("shape", [(3, 1), (), (4,)])
def test_a_column_that_would_broadcast_is_named(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match='for "x"'):
        Columns({"t": np.zeros(3), "x": np.zeros(shape)})


def test_columns_cannot_be_changed_in_place() -> None:
    given = np.zeros(3)
    made = Columns({"x": given})
    given[0] = 7
    assert made["x"][0] == 0
    with pytest.raises(ValueError, match="read-only"):
        made["x"][0] = 1


def test_length_counts_rows_and_iteration_gives_names() -> None:
    assert len(columns(5)) == 5 and list(columns(5)) == ["t", "x"]
    assert list(columns().keys()) == ["t", "x"] and len(dict(columns())) == 2
    assert "t" in columns() and "y" not in columns()
    assert not Columns({}) and columns(1)


def test_a_mask_chooses_rows() -> None:
    assert columns()[np.array([True, False, True, False, False])]["t"].tolist() == [0, 2]


def test_a_missing_column_is_told_from_those_that_are_there() -> None:
    with pytest.raises(KeyError, match="no column 'y' among t, x"):
        columns()["y"]


def test_a_row_number_is_refused_since_it_could_mean_a_column() -> None:
    with pytest.raises(TypeError, match="a slice or a mask"):
        columns()[3]  # type: ignore[call-overload]


def test_columns_join_side_by_side() -> None:
    other = Columns({"v": np.ones(5)}, {"v": "m/s"}, {"reference": "ode"})
    both = columns() | other
    assert list(both) == ["t", "x", "v"] and both.units["v"] == "m/s"
    assert both.lineage == {**LINEAGE, "reference": "ode"}
    assert both.only(("v",)) == Columns(other.arrays, other.units)


def test_columns_with_a_name_in_common_do_not_join() -> None:
    with pytest.raises(ShapeError, match="named t, x"):
        columns() | columns()


def test_columns_of_other_length_do_not_join() -> None:
    with pytest.raises(ShapeError, match='got \\(4,\\) for "v"'):
        columns() | Columns({"v": np.ones(4)})


def test_tensors_are_copies_in_the_wished_precision() -> None:
    made = columns().to_torch(torch.float32)
    assert made["x"].dtype == torch.float32 and made["x"].shape == (5,)
    made["x"][0] = 9
    assert columns()["x"][0] == 0


def test_a_frame_and_a_file_keep_units_and_lineage(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    frame = columns().to_pandas()
    assert frame.attrs["units"] == {"t": "s", "x": "m"}
    path = columns().to_parquet(tmp_path / "rows.parquet")
    again = pandas.read_parquet(path)
    assert np.array_equal(again["x"].to_numpy(), columns()["x"])
    parquet = pytest.importorskip("pyarrow.parquet")
    schema = parquet.read_schema(path)
    assert schema.field("t").metadata == {b"unit": b"s"}
    assert schema.metadata[b"lawc.law"] == b"physics.fall"


@pytest.mark.parametrize("write", ["to_pandas", "to_parquet"])
def test_a_missing_extra_is_named(write: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: object, **more: object) -> object:
        if name.split(".")[0] in {"pandas", "pyarrow"}:
            raise ModuleNotFoundError(name)
        return real(name, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(LawcError, match=r"pip install 'lawc\[data\]'"):
        getattr(columns(), write)(*([] if write == "to_pandas" else ["x.parquet"]))


def test_columns_print_their_units() -> None:
    assert repr(columns()) == "Columns(5 rows: t [s], x [m])"
    console = Console(width=60, record=True, file=StringIO())
    console.print(columns(9))
    text = console.export_text()
    assert "t [s]" in text and "9 rows" in text and "…" in text
