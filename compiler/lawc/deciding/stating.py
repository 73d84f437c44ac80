"""How rows are to be drawn, as a rule or somebody asks for it: checked, with words as places."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lawc.deciding.drawing import Array, Marginal, Normal, Shares, Stated, Uniform
from lawc.deciding.families import FAMILIES
from lawc.deciding.given import Given, gather
from lawc.deciding.words import in_numbers, meant, numbers_of
from lawc.decision.admission import bounds, fitting
from lawc.decision.decision import Port
from lawc.decision.operations import DecisionError, shown
from lawc.decision.values import UNKNOWN, exact
from lawc.diagnostics.diagnostic import DomainError, ShapeError


def stated(
    ports: Sequence[Port], usual: Mapping[str, Marginal], asked: Mapping[str, Marginal] | None
) -> dict[str, Marginal]:
    """Return by name how inputs are distributed: as somebody asks, or as is usual.

    Raises:
        DomainError: A name is no input, or an input cannot be distributed in that way.
    """
    by_name = {port.name: port for port in ports}
    made = {name: marginal for name, marginal in usual.items() if name in by_name}
    for name, marginal in (asked or {}).items():
        if name not in by_name:
            hint = meant(name, by_name, "inputs are")
            raise DomainError(f"{name!r} is no input to be drawn; {hint}")
        made[name] = _checked(by_name[name], marginal)
    return made


def like_table(ports: Sequence[Port], table: Given) -> dict[str, Array]:
    """Return the columns of a table that are inputs, as numbers with NaN where missing.

    Rows with a number out of range are left out, since no rule answers them.

    Raises:
        ShapeError: It has no row, or no column that is an input.
        DomainError: A value is not of its input's kind, or all rows are out of range.
    """
    listed = [port for port in ports if not isinstance(table, str) and port.name in table]
    if not listed:
        names = ", ".join(port.name for port in ports)
        raise ShapeError(f"expected a table with a column for some input: {names}; it has none")
    values, masks, rows = gather(listed, table)
    if not rows:
        raise ShapeError("expected a table with rows, got none")
    kept = np.ones(rows, bool)
    made: dict[str, Array] = {}
    for port in listed:
        missing = masks.get(port.name, np.zeros(rows)) != 0
        column = np.where(missing, np.nan, values[port.name])
        low, high = bounds(port)
        with np.errstate(invalid="ignore"):
            fits = missing | (
                ((low is None) | (column >= float(low or 0)))
                & ((high is None) | (column <= float(high or 0)))
            )
        if not (kept & fits).any():
            said = f"{port.name} = {column[np.argmax(kept)]:g} lies outside of {_ends(port)}"
            raise DomainError(f"no row of the table is left: {said}")
        kept &= fits
        made[port.name] = column
    return {name: column[kept] for name, column in made.items()}


def _checked(port: Port, marginal: Marginal) -> Marginal:
    """Return a marginal with words as places.

    Raises:
        DomainError: The port cannot be distributed in that way.
    """
    match marginal:
        case Shares(shares):
            return _shares(port, shares)
        case _ if port.kind == "one of":
            raise DomainError(f"{port.name} is a choice; say in Shares how often each word occurs")
        case Normal(mean, deviation):
            _demand_finite(port, mean, deviation)
            _try(port, "normal", (mean, deviation))
        case Uniform(low, high, log):
            _demand_finite(port, low, high)
            first, last = bounds(port)
            if low > high:
                raise DomainError(f"{port.name} has no values from {low:g} up to {high:g}")
            if (first is not None and high < first) or (last is not None and low > last):
                said = f"{low:g} .. {high:g} lies outside of {_ends(port)}"
                raise DomainError(f"{port.name} cannot be drawn: {said}")
            if log and high <= 0:
                raise DomainError(f"{port.name} has no logarithms between {low:g} and {high:g}")
        case Stated(family, parameters, scale, zero, unknown):
            _demand_finite(port, *parameters, scale, zero)
            _try(port, family, parameters)
            if not 0 <= unknown <= 1 or (unknown and not port.may_be_unknown):
                raise DomainError(f"{port.name} cannot be unknown in a share of {unknown}")
        case _:
            raise DomainError(
                f"expected Normal, Uniform, Shares or Stated for {port.name}, "
                f"got {type(marginal).__name__}"
            )
    return marginal


def _ends(port: Port) -> str:
    return " .. ".join("" if end is None else shown(end) for end in bounds(port))


def _shares(port: Port, shares: Mapping[Any, float]) -> Shares:
    made: dict[float | None, float] = {}
    for word, weight in shares.items():
        value = _value(port, word)
        if not (isinstance(weight, int | float) and math.isfinite(weight) and weight >= 0):
            raise DomainError(f"expected a weight for {port.name} = {word}, got {weight!r}")
        made[value] = made.get(value, 0.0) + weight
    if not sum(made.values()):
        raise DomainError(f"expected values of {port.name} with their weights, got none")
    return Shares(made)


def _value(port: Port, word: Any) -> float | None:
    """Return a value of `Shares` as a number, a word as its place; None is unknown."""
    whole = isinstance(word, int | float | np.integer) and not isinstance(word, bool)
    place = whole and word == word and bool(port.choices) and not numbers_of(port)
    value = exact(float(word)) if place else in_numbers(port, word)
    if value is UNKNOWN and not port.may_be_unknown:
        raise DomainError(f"{port.name} may not be unknown")
    try:
        fitted = fitting(port, value, given=True)
    except DecisionError as problem:
        raise DomainError(str(problem)) from None
    return None if fitted is UNKNOWN else float(fitted)  # type: ignore[arg-type]


def _demand_finite(port: Port, *numbers: Any) -> None:
    for number in numbers:
        if not isinstance(number, int | float | np.number) or not math.isfinite(number):
            raise DomainError(f"expected finite numbers to draw {port.name} by, got {number!r}")


def _try(port: Port, family: str, parameters: Sequence[float]) -> None:
    """Draw once, so that parameters which a family does not take are told by name."""
    if family not in FAMILIES:
        raise DomainError(f"no family {family!r} for {port.name}; there are {', '.join(FAMILIES)}")
    try:
        FAMILIES[family](np.random.default_rng(0), *parameters, 1)
    except (TypeError, ValueError, ZeroDivisionError):
        said = f"{family}({', '.join(f'{p:g}' for p in parameters)})"
        raise DomainError(f"{said} is no distribution for {port.name}") from None
