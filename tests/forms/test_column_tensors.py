"""A column is the same numbers however people have it; what is no number is refused by name."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pandas
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lawc.diagnostics.diagnostic import ShapeError
from lawc.forms.columns import column_tensor

numbers = st.floats(-1e6, 1e6, width=32)


@given(st.lists(numbers, min_size=1, max_size=6))
def test_a_list_an_array_a_series_and_a_tensor_are_one_column(values: list[float]) -> None:
    array = np.array(values)
    reversed_twice = np.array(values[::-1])[::-1]
    frame = pandas.DataFrame({"x": values}, index=range(7, 7 + len(values)))
    ways: list[Any] = [
        values,
        tuple(values),
        array,
        reversed_twice,
        array.astype(np.float32),
        frame["x"],
        torch.tensor(values, dtype=torch.float64),
    ]
    for way in ways:
        column = column_tensor("x", way)
        assert column.dtype == torch.float64
        assert column.tolist() == values


@pytest.mark.parametrize("one", [3, 3.0, np.int64(3), np.float32(3), np.array(3), np.array(3.0)])
def test_one_number_has_the_shape_of_one(one: Any) -> None:
    column = column_tensor("x", one)
    assert (column.shape, column.dtype, float(column)) == ((), torch.float64, 3.0)


def test_a_tensor_keeps_its_dtype_and_its_gradient() -> None:
    given = torch.ones(2, dtype=torch.float16, requires_grad=True)
    assert column_tensor("x", given) is given


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("3", "got str"),
        (True, "got bool"),
        (None, "got NoneType"),
        ([1.0, "two"], "got 'two'"),
        ([1.0, None], "got None"),
        (np.array([True, False]), "got True"),
        (np.array([1j]), "got 1j"),
        (pandas.Series(["a", "b"]), "got 'a'"),
        (Decimal("3"), "got Decimal"),
        ([Decimal("3")], "got Decimal"),
        (torch.ones(2, dtype=torch.bool), "got torch.bool"),
        (torch.ones(2, dtype=torch.complex64), "got torch.complex64"),
        ([[1.0], [1.0, 2.0]], "rows of one length"),
    ],
)
def test_what_is_no_number_is_refused_by_name(value: Any, said: str) -> None:
    with pytest.raises(ShapeError, match='for "mass"') as refusal:
        column_tensor("mass", value)
    assert said in str(refusal.value)
