"""Carry out a tape on numpy arrays in float64, by compiled C where rows are many."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from lawc.diagnostics.diagnostic import ShapeError
from lawc.forms.tape import Tape, run
from lawc.lowering.chunks import CHUNK, run_in_chunks
from lawc.native.evaluator import evaluator

Array = NDArray[np.float64]


def _lambert_w(z: Any) -> Any:
    value = special.lambertw(z)
    return np.where(np.imag(value) == 0, np.real(value), np.nan)


TABLE: Mapping[str, Callable[..., Any]] = {
    "constant": np.float64,
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "negative": np.negative,
    "power": np.power,
    "square": np.square,
    "exp": np.exp,
    "ln": np.log,
    "log10": np.log10,
    "log2": np.log2,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "sign": np.sign,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "arcsin": np.arcsin,
    "arccos": np.arccos,
    "arctan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "erf": special.erf,
    "elliptic_k": special.ellipk,
    "lambert_w": _lambert_w,
    "lambert_w_exp": special.wrightomega,
    "expm1": np.expm1,
    "exprel": special.exprel,
    "min": np.minimum,
    "max": np.maximum,
    "less": np.less,
    "less_equal": np.less_equal,
    "equal": np.equal,
    "and": np.logical_and,
    "or": np.logical_or,
    "not": np.logical_not,
    "where": np.where,
}
"""A function for each operation of a tape."""

MANY = 2_000_000
"""Operations, counted by row, from which a compiler is worth its time."""


def evaluate(tape: Tape, columns: Mapping[str, Any], *, compiled: bool = True) -> dict[str, Array]:
    """Return the outputs of a tape for columns of its inputs.

    A value outside the domain of an operation answers NaN or infinity, without a warning.

    Args:
        tape: What to do.
        columns: An array of shape (n,) or () for each input; others are ignored.
        compiled: Whether compiled C may answer, whose last bits differ from numpy's.

    Returns:
        An array for each output, shape (n,), or () where all inputs are scalars. Conditions
        come back as booleans.

    Raises:
        ShapeError: A column is missing, or has a shape that would broadcast silently.
    """
    return evaluate_and_look(tape, columns, compiled=compiled)[0]


def evaluate_and_look(
    tape: Tape, columns: Mapping[str, Any], *, compiled: bool = True
) -> tuple[dict[str, Array], bool | None]:
    """Return what `evaluate` does, and whether all numbers are finite; None if nobody looked.

    Raises:
        ShapeError: As `evaluate` does.
    """
    values = [column(columns, name) for name in tape.inputs]
    shape = common_shape(dict(zip(tape.inputs, values, strict=True)))
    rows, finite = shape[0] if shape else 0, None
    names = [name for name, _ in tape.outputs]
    if rows <= CHUNK:
        with np.errstate(all="ignore"):
            results = run(tape, values, TABLE)
        given = {id(value) for value in values}
        found: list[Array] = []
        for result in results:
            # Only what a step has made, and no other output shows, need not be copied.
            fresh = isinstance(result, np.ndarray) and result.shape == shape
            if not fresh or id(result) in given:
                result = np.broadcast_to(np.asarray(result), shape).copy()
            given.add(id(result))
            found.append(result)
        return dict(zip(names, found, strict=True)), finite
    native = evaluator(tape) if compiled and rows * len(tape.steps) >= MANY else None
    if native is not None:
        found, finite = native(values, rows)
    else:
        found, surely = run_in_chunks(tape, values, rows, TABLE)
        finite = True if surely else None
    return dict(zip(names, found, strict=True)), finite


def along(values: Array, rows: int) -> Array:
    """Return values of shape (n,) or () as n rows."""
    return values if values.shape == (rows,) else np.broadcast_to(values, (rows,))


def column(columns: Mapping[str, Any], name: str) -> Array:
    """Return a column as float64.

    Raises:
        ShapeError: There is none of that name.
    """
    if name not in columns:
        raise ShapeError(f'expected a column "{name}", got {", ".join(columns) or "none"}')
    return np.asarray(columns[name], dtype=np.float64)


def common_shape(columns: Mapping[str, Array]) -> tuple[int, ...]:
    """Return (n,) if any column has it and all others are (n,) or (); () if all are scalars.

    Raises:
        ShapeError: A column has another shape.
    """
    shape: tuple[int, ...] = ()
    for name, values in columns.items():
        if values.ndim == 0:
            continue
        if values.ndim != 1 or (shape and values.shape != shape):
            expected = shape or "(n,)"
            raise ShapeError(f'expected shape {expected}, got {values.shape} for "{name}"')
        shape = values.shape
    return shape
