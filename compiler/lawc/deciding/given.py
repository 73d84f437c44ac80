"""From columns as people have them to the numbers that evaluators take, with masks beside them.

Words of a choice become their places, `yes` and `no` 1 and 0, dates their day numbers; what is
missing becomes a mask and never a number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lawc.deciding.words import (
    day_of,
    demand_bare,
    is_longer,
    is_missing,
    number_of,
    numbers_of,
    place_of,
    plain,
)
from lawc.decision.dates import LAST_DAY
from lawc.decision.decision import Port
from lawc.decision.values import exact
from lawc.diagnostics.diagnostic import DomainError, ShapeError

Array = NDArray[Any]
Mask = NDArray[np.int8]
Read = tuple[Array, Mask | None]

KNOWN, UNKNOWN, NOT_APPLICABLE = 0, 1, 2
EPOCH = date(1970, 1, 1).toordinal()
_WORDS = {"no": 0, "yes": 1, False: 0, True: 1}
_MOST = np.iinfo(np.int64).max


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
        DomainError: A value is not of its port's kind, in another unit, or missing where it may
            not be.
    """
    values: dict[str, Array] = {}
    masks: dict[str, Mask] = {}
    length: int | None = None
    for port in ports:
        array, mask = _numbers(port, _column(port, columns))
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
    if isinstance(given, int | float):
        raise DomainError(f"expected a date such as 2024-07-01 for as of, got {given}")
    array, mask = _dates("as of", given)
    if mask is not None and mask.any():
        raise DomainError("the day of a question may not be unknown")
    wrong = (array < 1) | (array > LAST_DAY)
    if wrong.any():
        row = int(np.argmax(np.atleast_1d(wrong)))
        raise DomainError(f"expected dates such as 2024-07-01 for as of, got another in row {row}")
    return array


def _column(port: Port, columns: Given) -> Any:
    """Return what is given for a port.

    Raises:
        ShapeError: There is nothing by that name, or there are no names.
        DomainError: It is in another unit.
    """
    if not hasattr(columns, "__contains__") or isinstance(columns, list | tuple | str | np.ndarray):
        example = f'{{"{port.name}": […]}}'
        raise ShapeError(
            f"expected columns by name, such as {example}, got {type(columns).__name__}"
        )
    if port.name not in columns:
        hint = "; give None where it is unknown" if port.may_be_unknown else ""
        raise ShapeError(f'expected a column for "{port.name}"{_unit(port)}, got none{hint}')
    units = getattr(columns, "units", None)
    unit = units.get(port.name) if isinstance(units, Mapping) else None
    if unit and unit != port.unit:
        raise DomainError(
            f'"{port.name}" is asked for in [{port.unit or 1}], but the column is in [{unit}]; '
            "convert it, and give the numbers alone"
        )
    demand_bare(port, columns[port.name])
    return columns[port.name]


def _numbers(port: Port, given: Any) -> Read:
    if isinstance(given, np.ma.MaskedArray):
        seen = np.asarray(given.data).astype(object)
        seen[np.ma.getmaskarray(given)] = None
        given = seen
    if port.kind in ("one of", "yes/no"):
        return _codes(port, given)
    if port.kind == "date":
        return _dates(port.name, given)
    return _plain(port, given)


def _array(name: str, given: Any) -> Array:
    """Return a column as an array.

    Raises:
        ShapeError: Its rows are of unlike length.
        DomainError: numpy knows no such numbers.
    """
    try:
        if hasattr(given, "detach"):
            given = given.detach().cpu()
        return np.asarray(given)
    except ValueError:
        raise ShapeError(f'expected single values for "{name}", got a ragged list') from None
    except TypeError:
        kind = getattr(given, "dtype", type(given).__name__)
        raise DomainError(f"expected numbers for {name}, got {kind}; give float64") from None


def _plain(port: Port, given: Any) -> Read:
    array = _array(port.name, given)
    if array.dtype.kind == "u" and array.size and array.max() > _MOST:
        array = array.astype(object)
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
    if array.dtype.kind not in "OUST":
        raise DomainError(f"expected numbers for {port.name}, got {array.dtype}")
    return _each(array, lambda value: _number(port, value), np.float64)


def _number(port: Port, value: Any) -> float | None:
    if is_missing(value):
        return None
    number = number_of(port, value)
    try:
        found = float(number)
    except OverflowError:
        found = 0.0
    if exact(found) != number:
        raise DomainError(
            f"{port.name} = {value} has more digits than a column holds; ask for it as one case"
        )
    return found


def _codes(port: Port, given: Any) -> Read:
    categories = getattr(given, "cat", None)
    if categories is not None:
        return _categories(port, categories)
    array = _array(port.name, given)
    if array.dtype.kind == "b" and not port.choices:
        return array.astype(np.int64), None
    if array.dtype.kind in "iuf":
        if numbers_of(port):
            return _each(array.astype(object), lambda word: place_of(port, word), np.int64)
        return _places(port, array)
    places = {word: place for place, word in enumerate(port.choices)} or _WORDS
    words = array.astype(object).ravel()
    try:
        found = np.fromiter((places.get(word, -1) for word in words.tolist()), np.int64, words.size)
    except TypeError:
        # What has no hash is no word; it is named below.
        found = np.full(words.size, -1)
    mask = np.zeros(words.size, np.int8)
    left = found < 0
    if left.any():
        found[left], absent = _each(words[left], lambda word: place_of(port, word), np.int64)
        mask[left] = 0 if absent is None else absent
    return found.reshape(array.shape), mask.reshape(array.shape) if mask.any() else None


def _categories(port: Port, categories: Any) -> Read:
    """Return the places of a column of categories; those that stand in no row are no matter."""
    codes = np.asarray(categories.codes, dtype=np.int64)
    places = np.full(len(categories.categories) + 1, -1)
    words = categories.categories.tolist()
    for code in np.unique(codes[codes >= 0]).tolist():
        place = place_of(port, plain(words[code]))
        places[code] = -1 if place is None else place
    found = places[codes]
    mask = (found < 0).astype(np.int8)
    return np.maximum(found, 0), mask if mask.any() else None


def _places(port: Port, array: Array) -> Read:
    """Return what is given as places of words already; NaN is unknown."""
    missing = np.isnan(array) if array.dtype.kind == "f" else np.zeros(array.shape, bool)
    codes = np.where(missing, 0, array)
    wrong = (codes != np.floor(codes)) | (codes < 0) | (codes >= len(port.choices))
    if wrong.any():
        value = np.atleast_1d(codes)[np.argmax(np.atleast_1d(wrong))]
        expected = " or ".join(port.choices)
        raise DomainError(f"expected {expected} for {port.name}, got {value:g}")
    return codes.astype(np.int64), missing.astype(np.int8) if missing.any() else None


def _dates(name: str, given: Any) -> Read:
    if getattr(getattr(given, "dtype", None), "tz", None) is not None:
        # A time is of the day that it is where it was written down.
        given = getattr(given, "dt", given).tz_localize(None)
    array = _array(name, given)
    if array.dtype.kind in "iuf":
        return _day_numbers(name, array)
    if array.dtype.kind == "M" and is_longer(array.dtype):
        raise DomainError(f"expected dates such as 2024-07-01 for {name}, got {array.dtype}")
    if array.dtype.kind == "M":
        missing = np.isnat(array)
        numbers = array.astype("datetime64[D]").astype(np.int64) + EPOCH
        return np.where(missing, 1, numbers), missing.astype(np.int8) if missing.any() else None
    if array.dtype.kind not in "OUST":
        raise DomainError(f"expected dates such as 2024-07-01 for {name}, got {array.dtype}")
    return _each(array, lambda day: None if is_missing(day) else day_of(name, day), np.int64)


def _day_numbers(name: str, array: Array) -> Read:
    """Return what is given as day numbers already; NaN is unknown."""
    numbers = array.astype(np.float64)
    missing = np.isnan(numbers)
    if (numbers[~missing] % 1 != 0).any():
        raise DomainError(f"expected dates such as 2024-07-01 for {name}, got {array.dtype}")
    # No day is as large; a number beyond is refused as it is.
    numbers = np.clip(np.where(missing, 1, numbers), -LAST_DAY, 2 * LAST_DAY)
    return numbers.astype(np.int64), missing.astype(np.int8) if missing.any() else None


def _each(
    array: Array, read: Callable[[Any], float | int | None], kind: type[np.number[Any]]
) -> Read:
    """Return what is read of each value, 0 and a mask where that is None; equal ones once."""
    values = array.astype(object).ravel().tolist()
    found = np.zeros(len(values), kind)
    mask = np.zeros(len(values), np.int8)
    seen: dict[Any, float | int | None] = {}
    for row, value in enumerate(values):
        key = type(value), value
        try:
            number = seen[key]
        except KeyError:
            number = seen[key] = read(plain(value))
        except TypeError:
            # What has no hash is none of them, as is said in reading it.
            number = read(plain(value))
        if number is None:
            mask[row] = UNKNOWN
        else:
            found[row] = number
    return found.reshape(array.shape), mask.reshape(array.shape) if mask.any() else None


def _spread(array: Array, rows: int) -> Array:
    return array if array.ndim else np.full(rows, array)


def _unit(port: Port) -> str:
    return f" [{port.unit}]" if port.unit else ""
