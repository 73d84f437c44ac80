"""From columns as people have them to the numbers that evaluators take, with masks beside them.

Words of a choice become their places, `yes` and `no` 1 and 0, dates their day numbers; what is
missing becomes a mask and never a number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lawc.decision.decision import Port
from lawc.decision.values import Absent, exact
from lawc.diagnostics.diagnostic import DomainError, ShapeError

Array = NDArray[Any]
Mask = NDArray[np.int8]

KNOWN, UNKNOWN, NOT_APPLICABLE = 0, 1, 2
EPOCH = date(1970, 1, 1).toordinal()
_MISSING = ("", "unknown", "na", "nan", "none", "<na>", "nat")


class Given(Protocol):
    """Columns by name: a mapping, or a data frame."""

    def __contains__(self, key: Any, /) -> bool: ...
    def __getitem__(self, key: Any, /) -> Any: ...


def gather(ports: Sequence[Port], columns: Given) -> tuple[dict[str, Array], dict[str, Mask], int]:
    """Return a column of numbers for each port, masks of those with missing values, and the rows.

    Args:
        columns: By name, arrays of one length or single values, which count for all rows; a data
            frame will do. Other columns are left alone.

    Raises:
        ShapeError: A column is missing or has another shape than the others.
        DomainError: A value is not of its port's kind, or missing where it may not be.
    """
    values: dict[str, Array] = {}
    masks: dict[str, Mask] = {}
    length: int | None = None
    for port in ports:
        if port.name not in columns:
            hint = "; give None where it is unknown" if port.may_be_unknown else ""
            raise ShapeError(f'expected a column for "{port.name}"{_unit(port)}, got none{hint}')
        array, mask = _numbers(port, columns[port.name])
        if array.ndim > 1 or (array.ndim and length not in (None, len(array))):
            wanted = "(n,)" if length is None else f"({length},) or ()"
            raise ShapeError(f'expected shape {wanted}, got {array.shape} for "{port.name}"')
        if array.ndim:
            length = len(array)
        values[port.name] = array
        if mask is not None and mask.any():
            if not port.may_be_unknown:
                row = int(np.argmax(np.atleast_1d(mask)))
                raise DomainError(f"{port.name} is missing in row {row}, and may not be unknown")
            masks[port.name] = mask
    rows = 1 if length is None else length
    return (
        {name: _spread(array, rows) for name, array in values.items()},
        {name: _spread(mask, rows) for name, mask in masks.items()},
        rows,
    )


def days(given: Any) -> Array:
    """Return day numbers of a date, a text such as 2024-07-01, or a column of them.

    Raises:
        DomainError: It is no date, or one is missing.
    """
    array, mask = _dates("as of", given)
    if mask is not None and mask.any():
        raise DomainError("the day of a question may not be unknown")
    return array


def _numbers(port: Port, given: Any) -> tuple[Array, Mask | None]:
    if port.kind == "one of":
        return _codes(port, given, {word: place for place, word in enumerate(port.choices)})
    if port.kind == "yes/no":
        return _codes(port, given, _YES_NO)
    if port.kind == "date":
        return _dates(port.name, given)
    return _plain(port, given)


_YES_NO: dict[Any, int] = {"no": 0, "yes": 1, False: 0, True: 1, "false": 0, "true": 1}


def _plain(port: Port, given: Any) -> tuple[Array, Mask | None]:
    array = np.asarray(given)
    if array.dtype.kind in "iu":
        return array.astype(np.int64, copy=False), None
    if array.dtype.kind == "f":
        if array.dtype != np.float64:
            # A number in single precision stands for its shortest decimal, as every number does.
            array = array.astype(str).astype(np.float64)
        missing = np.isnan(array)
        if not missing.any():
            return array, None
        return np.where(missing, 0.0, array), missing.astype(np.int8)
    if array.dtype.kind not in "OUS":
        raise DomainError(f"expected numbers for {port.name}, got {array.dtype}")
    absent = np.zeros(array.shape, np.int8)
    found = np.zeros(array.shape, np.float64)
    for place, value in np.ndenumerate(array):
        if _is_missing(value):
            absent[place] = UNKNOWN
        else:
            found[place] = _number(port, value)
    return found, absent


def _number(port: Port, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | Fraction):
        raise DomainError(f"expected numbers for {port.name}, got {value!r}")
    number = float(value)
    if exact(number) != exact(value):
        raise DomainError(
            f"{port.name} = {value} has more digits than a column holds; ask for it as one case"
        )
    return number


def _codes(port: Port, given: Any, places: Mapping[Any, int]) -> tuple[Array, Mask | None]:
    categories = getattr(given, "cat", None)
    if categories is not None:
        table = [_place(port, word, places) for word in categories.categories.tolist()]
        codes = np.asarray(categories.codes, dtype=np.int64)
        mask = (codes < 0).astype(np.int8)
        return np.array([*table, 0], dtype=np.int64)[codes], mask if mask.any() else None
    array = np.asarray(given)
    if array.dtype.kind == "b":
        return array.astype(np.int64), None
    if array.dtype.kind in "iuf":
        return _places(port, array, len(set(places.values())))
    words = array.astype(object).ravel().tolist()
    found = np.fromiter((places.get(word, -1) for word in words), np.int64, len(words))
    mask = np.zeros(len(words), np.int8)
    for row in np.flatnonzero(found < 0):
        if _is_missing(words[row]):
            mask[row], found[row] = UNKNOWN, 0
        else:
            found[row] = _place(port, words[row], places)
    return found.reshape(array.shape), mask.reshape(array.shape) if mask.any() else None


def _places(port: Port, array: Array, count: int) -> tuple[Array, Mask | None]:
    """Return what is given as places of words already; NaN is unknown."""
    missing = np.isnan(array) if array.dtype.kind == "f" else np.zeros(array.shape, bool)
    codes = np.where(missing, 0, array)
    wrong = (codes != np.floor(codes)) | (codes < 0) | (codes >= count)
    if wrong.any():
        value = np.atleast_1d(codes)[np.argmax(np.atleast_1d(wrong))]
        raise DomainError(f"expected {_words(port)} for {port.name}, got {value:g}")
    return codes.astype(np.int64), missing.astype(np.int8) if missing.any() else None


def _place(port: Port, word: Any, places: Mapping[Any, int]) -> int:
    found = places.get(word, places.get(word.lower(), -1) if isinstance(word, str) else -1)
    if found < 0:
        raise DomainError(f"expected {_words(port)} for {port.name}, got {word!r}")
    return found


def _dates(name: str, given: Any) -> tuple[Array, Mask | None]:
    array = np.asarray(given)
    if array.dtype.kind in "iu":
        return array.astype(np.int64), None
    if array.dtype.kind == "O":
        cleaned = [None if _is_missing(v) else v for v in array.ravel().tolist()]
        array = np.array(cleaned, dtype=object).reshape(array.shape)
    try:
        found = array.astype("datetime64[D]")
    except (TypeError, ValueError) as problem:
        raise DomainError(f"expected dates such as 2024-07-01 for {name}: {problem}") from problem
    missing = np.isnat(found)
    numbers = found.astype(np.int64) + EPOCH
    return np.where(missing, 1, numbers), missing.astype(np.int8) if missing.any() else None


def _is_missing(value: Any) -> bool:
    if value is None or isinstance(value, Absent):
        return True
    if isinstance(value, str):
        return value.strip().lower() in _MISSING
    # NaN, NaT and the missing value of pandas are all unequal to themselves, or no truth at all.
    return type(value).__name__ in ("NAType", "NaTType") or bool(value != value)


def _spread(array: Array, rows: int) -> Array:
    return array if array.ndim else np.full(rows, array)


def _unit(port: Port) -> str:
    return f" [{port.unit}]" if port.unit else ""


def _words(port: Port) -> str:
    return " or ".join(port.choices) if port.choices else "yes or no"
