"""Draw columns of inputs: over their ranges, by stated marginals, or like a table that is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from lawc.deciding.edges import Edges, beside, ends
from lawc.deciding.families import FAMILIES
from lawc.decision.admission import bounds, grain
from lawc.decision.decision import Port
from lawc.diagnostics.diagnostic import DomainError

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Normal:
    """Numbers around a mean; those out of range are drawn again."""

    mean: float
    deviation: float


@dataclass(frozen=True)
class Uniform:
    """Numbers between two ends, all equally likely, or their logarithms."""

    low: float
    high: float
    log: bool = False


@dataclass(frozen=True)
class Shares:
    """Values or words, and how often each of them occurs, in any measure; None is unknown."""

    shares: Mapping[Any, float]


@dataclass(frozen=True)
class Stated:
    """A family of the language, `zero` + `scale` times what it describes; see `families`.

    Attributes:
        unknown: The share of rows in which the value is unknown.
    """

    family: str
    parameters: tuple[float, ...]
    scale: float = 1.0
    zero: float = 0.0
    unknown: float = 0.0


Marginal = Normal | Uniform | Shares | Stated


@dataclass(frozen=True)
class Rows:
    """Rows of inputs.

    Attributes:
        columns: By name; numbers, truths as 1 and 0, words by their places, days by their numbers.
        masks: By name, 1 where a value is unknown; only for what may be.
        aimed: How many of the first rows were made to show something.
    """

    columns: Mapping[str, Array]
    masks: Mapping[str, Array]
    aimed: int = 0


NEAR_EDGES = 0.3
UNKNOWN = 0.05
LEAST_SHARE = 1e-3
_TRIES = 200_000


def drawn(
    ports: tuple[Port, ...],
    edges: Edges,
    chance: np.random.Generator,
    rows: int,
    marginals: Mapping[str, Marginal] | None = None,
    like: Mapping[str, Array] | None = None,
    near: float = NEAR_EDGES,
) -> Rows:
    """Return rows, a share of which have one input at an edge or right beside it.

    Args:
        marginals: By name, how an input is distributed, which moves to no edge; over its range
            where left out.
        like: Columns of a table, NaN where a value is missing; inputs that it has are drawn from
            its rows, together, so that what goes together stays together.
    """
    table = {name: np.asarray(column, np.float64) for name, column in (like or {}).items()}
    taken = None
    if table:
        taken = chance.integers(0, len(next(iter(table.values()))), rows)
    columns: dict[str, Array] = {}
    masks: dict[str, Array] = {}
    for port in ports:
        name = port.name
        marginal = (marginals or {}).get(name)
        if name in table and taken is not None:
            columns[name] = _from_table(port, table[name][taken], edges, chance, masks)
            continue
        columns[name] = fitted(port, _by(port, marginal, edges, chance, rows))
        if port.may_be_unknown:
            masks[name] = _unknown(columns[name], marginal, chance)
    free = tuple(p for p in ports if p.name not in table and p.name not in (marginals or {}))
    _move_to_edges(free, edges, columns, masks, chance, near)
    return Rows(columns, masks)


def fitted(port: Port, column: Array) -> Array:
    """Return numbers as their port takes them: within its range and at its step."""
    step = grain(port)
    low, high = bounds(port)
    if step is not None:
        column = on_step(np.rint(column / float(step)), step)
    if low is not None or high is not None:
        first = None if low is None else float(low)
        last = None if high is None else float(high)
        column = np.clip(column, first, last, out=column)
    return column


def on_step(counts: Array, step: Fraction) -> Array:
    """Return multiples of a step, each the float nearest to the exact number."""
    if step.numerator != 1:
        counts = counts * step.numerator
    return counts / step.denominator if step.denominator != 1 else counts


def _by(
    port: Port, marginal: Marginal | None, edges: Edges, chance: np.random.Generator, rows: int
) -> Array:
    first, last = ends(port, edges.get(port.name, ()))
    match marginal:
        case Normal(mean, deviation):
            return _by(port, Stated("normal", (mean, deviation)), edges, chance, rows)
        case Stated():
            return _within(port, marginal, chance, rows)
        case Uniform(low, high, log):
            return _between(chance, max(low, first), min(high, last), log, rows)
        case Shares(shares):
            values = np.array([np.nan if v is None else v for v in shares], np.float64)
            weights = np.array(list(shares.values()), np.float64)
            return values[chance.choice(len(values), rows, p=weights / weights.sum())]
        case None:
            step = grain(port)
            if step is not None:
                # Both ends are as likely as what lies between.
                half = float(step) / 2
                return chance.random(rows) * (last - first + 2 * half * 0.999) + (
                    first - half * 0.999
                )
            return _between(chance, first, last, port.log, rows)


def _within(port: Port, stated: Stated, chance: np.random.Generator, rows: int) -> Array:
    """Return numbers of a family that their port takes; others are drawn again.

    Raises:
        DomainError: Almost all of them lie outside of its range.
    """
    low, high = (None if end is None else float(end) for end in bounds(port))
    draw = FAMILIES[stated.family]
    step = grain(port)
    found: list[Array] = [np.empty(0)]
    have = tried = 0
    while have < rows:
        size = max(2 * (rows - have), 64)
        column = draw(chance, *stated.parameters, size) * stated.scale + stated.zero
        if step is not None:
            column = on_step(np.rint(column / float(step)), step)
        kept = np.isfinite(column)
        kept &= True if low is None else column >= low
        kept &= True if high is None else column <= high
        found.append(column[kept])
        have += len(found[-1])
        tried += size
        if have < LEAST_SHARE * tried and tried > _TRIES:
            said = f"{stated.family}({', '.join(f'{p:g}' for p in stated.parameters)})"
            raise DomainError(f"almost nothing of {said} lies in the range of {port.name}")
    return np.concatenate(found)[:rows]


def _unknown(column: Array, marginal: Marginal | None, chance: np.random.Generator) -> Array:
    """Return where a value is unknown, and put a number there that stands for nothing."""
    match marginal:
        case Shares():
            mask = np.isnan(column)
            column[mask] = np.nanmin(column) if not mask.all() else 0.0
            return mask.astype(np.int8)
        case Stated():
            share = marginal.unknown
        case _:
            share = UNKNOWN
    return (chance.random(len(column), np.float32) < share).astype(np.int8)


def _between(chance: np.random.Generator, low: float, high: float, log: bool, rows: int) -> Array:
    column = chance.random(rows)
    if log and high > 0:
        bottom = np.log(low if low > 0 else high * 1e-6)
        column *= np.log(high) - bottom
        column += bottom
        return np.exp(column, out=column)
    column *= high - low
    column += low
    return column


def _from_table(
    port: Port,
    column: Array,
    edges: Edges,
    chance: np.random.Generator,
    masks: dict[str, Array],
) -> Array:
    missing = np.isnan(column)
    if port.may_be_unknown:
        masks[port.name] = missing.astype(np.int8)
        column = np.where(missing, ends(port, edges.get(port.name, ()))[0], column)
    elif missing.any():
        column = column.copy()
        column[missing] = _by(port, None, edges, chance, int(missing.sum()))
    return fitted(port, np.array(column))


def _move_to_edges(
    ports: tuple[Port, ...],
    edges: Edges,
    columns: dict[str, Array],
    masks: dict[str, Array],
    chance: np.random.Generator,
    near: float,
) -> None:
    rows = len(next(iter(columns.values()), np.zeros(0)))
    sides = {
        port.name: np.array(
            sorted({float(v) for edge in edges.get(port.name, ()) for v in beside(port, edge)})
        )
        for port in ports
    }
    names = [name for name, values in sides.items() if len(values)]
    if not names or not rows:
        return
    # A row out of some few is moved, and every input has its turn.
    count = int(rows * near / len(names))
    for name in names:
        places = chance.integers(0, rows, count)
        columns[name][places] = chance.choice(sides[name], count)
        if name in masks:
            masks[name][places] = 0
