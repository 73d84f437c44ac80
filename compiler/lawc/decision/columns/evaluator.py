"""Take a decision for whole columns of cases, with the same answers as `decide` on every row.

Money, whole numbers, words and days are calculated as whole counts in 64 bits. What a float cannot
tell, since it is too near to a threshold or to an edge of a rounding, and what has no answer, is
given to `decide`, row by row; a case that is refused there is refused here, with its row.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from lawc.decision.arrays import EXACTLY, KNOWN, NOTHING, UNSURE, Array, Arrays, Cell
from lawc.decision.columns.loading import Counts, loaded
from lawc.decision.decision import Decision, Score
from lawc.decision.exact import Answers, decide
from lawc.decision.kinds import Fixed, Kind
from lawc.decision.operations import DecisionError
from lawc.decision.plan import Plan, plan
from lawc.decision.registers import Operand, Register
from lawc.decision.values import NOT_APPLICABLE, UNKNOWN, Value, exact

CHUNK = 16_000
"""Rows that are calculated at once: their columns stay in the cache."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What a decision says of every row.

    Attributes:
        values: Of every wanted quantity: numbers as float64, whole numbers, days and places of
            words as int64, yes/no as bool. Arbitrary under a mask.
        masks: int8: 0 known, 1 unknown, 2 not applicable; None where all is known.
        because: The place of the row, clause or bracket that spoke, -1 where none did or it is
            open; for a score the lines that counted, as bits. Empty without a trace.
        counts: The exact numbers of those quantities that are counted exactly.
        exactly: How many rows were given to `decide`.
    """

    values: Mapping[str, Array]
    masks: Mapping[str, Array | None]
    because: Mapping[str, Array]
    counts: Mapping[str, Counts]
    exactly: int


class Evaluator:
    """A decision, lowered once, for columns of numpy."""

    arrays: Arrays = Arrays()
    chunk = CHUNK

    place: Any = None

    def __init__(self, decision: Decision, wanted: Sequence[str] | None = None) -> None:
        """Lower a decision.

        Args:
            wanted: The decided quantities that are answered; the outputs where none are named.

        Raises:
            DecisionError: It has no input, or a range does not fit 64 bits.
        """
        self.decision = decision
        self.wanted = tuple(decision.outputs if wanted is None else wanted)
        self.scores = {step.output for step in decision.steps if isinstance(step, Score)}
        self.plan: Plan = plan(decision, self.wanted)

    def __call__(
        self,
        columns: Mapping[str, Any],
        masks: Mapping[str, Any] | None = None,
        traced: bool = True,
    ) -> Decided:
        """Return what the decision says of each row.

        Args:
            columns: One for each input, in its unit; words by their place, days by their number.
                `Counts` are taken as they are. One that may be unknown may be left out.
            masks: For inputs with unknown values, 1 where they are.
            traced: Whether to say what spoke.

        Raises:
            DecisionError: A column is missing, columns differ in length, or `decide` refuses a
                row; the message names the first such row.
        """
        given, absent, count = self._prepared(columns, masks or {})
        store = _Store(self, count, traced)
        self._run(store, given, absent)
        return store.decided()

    def refused(
        self, columns: Mapping[str, Any], masks: Mapping[str, Any] | None = None
    ) -> dict[int, str]:
        """Return the rows that `decide` refuses, each with the reason; it is asked once for each.

        Args and errors are those of a call, besides the refusals.
        """
        given, absent, count = self._prepared(columns, masks or {})
        store = _Store(self, count, traced=False)
        store.refused = {}
        self._run(store, given, absent)
        return store.refused

    def _run(self, store: _Store, given: Mapping[str, Any], absent: Mapping[str, Any]) -> None:
        with np.errstate(all="ignore"):
            for start in range(0, store.count, self.chunk):
                part = slice(start, start + self.chunk)
                cells = [
                    loaded(self.arrays, port, kind, _part(given[port.name], part), mask)
                    for port, kind in zip(self.decision.inputs, self.plan.kinds, strict=False)
                    for mask in (_part(absent.get(port.name), part),)
                ]
                found = self.plan.run(self.arrays, cells, store.traced)
                store.put(part, found, given, absent)

    def _prepared(
        self, columns: Mapping[str, Any], masks: Mapping[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any], int]:
        names = {port.name for port in self.decision.inputs}
        for name in (*columns, *masks):
            if name not in names:
                raise DecisionError(f"{name!r} is no input of this decision")
        lengths = {
            name: len(c.counts if isinstance(c, Counts) else c) for name, c in columns.items()
        }
        if len(set(lengths.values())) > 1:
            raise DecisionError(f"expected columns of one length, got {lengths}")
        if not lengths:
            raise DecisionError("expected at least one column")
        count = next(iter(lengths.values()))
        given: dict[str, Any] = {}
        absent: dict[str, Any] = {}
        for port in self.decision.inputs:
            if port.name in columns:
                given[port.name] = self._column(columns[port.name])
                mask = masks.get(port.name)
                absent[port.name] = None if mask is None else self._mask(mask, count)
            elif port.may_be_unknown:
                given[port.name] = self._column(np.zeros(count, np.int64))
                absent[port.name] = self._mask(np.full(count, UNSURE, np.int8), count)
            else:
                raise DecisionError(
                    f"expected a column for {port.name!r}, which may not be unknown"
                )
        return given, absent, count

    def _column(self, column: Any) -> Any:
        return column if isinstance(column, Counts) else np.asarray(column)

    def _mask(self, mask: Any, count: int) -> Any:
        made = np.asarray(mask).astype(np.int8)
        if len(made) != count:
            raise DecisionError(f"expected a mask of {count} rows, got {len(made)}")
        return made


def _part(column: Any, part: slice) -> Any:
    if isinstance(column, Counts):
        return Counts(column.counts[part], column.unit)
    return None if column is None else column[part]


class _Store:
    """The columns of answers, filled part by part."""

    def __init__(self, evaluator: Evaluator, count: int, traced: bool) -> None:
        self.evaluator, self.count, self.traced = evaluator, count, traced
        self.exactly = 0
        self.refused: dict[int, str] | None = None
        self.uncounted: set[str] = set()
        xp, of = evaluator.arrays, evaluator.plan
        self.kinds = {name: _kind(of.decided[name]) for name in evaluator.wanted}
        self.values: dict[str, Any] = {}
        self.counts: dict[str, Counts] = {}
        self.masks: dict[str, Any] = dict.fromkeys(evaluator.wanted)
        self.because: dict[str, Any] = {}
        for name, kind in self.kinds.items():
            port = evaluator.decision.port(name)
            dtype = "bool" if port.kind == "yes/no" else "int64"
            dtype = "float64" if port.kind == "number" else dtype
            self.values[name] = xp.empty(count, dtype, evaluator.place)
            if port.kind == "number" and isinstance(kind, Fixed):
                counts = xp.empty(count, "int64", evaluator.place)
                self.counts[name] = Counts(counts, kind.unit)
            if traced:
                wide = of.because[name].kind
                small = isinstance(wide, Fixed) and wide.high < 1 << 15
                dtype = "int16" if small else "int64"
                self.because[name] = xp.empty(count, dtype, evaluator.place)

    def put(
        self,
        part: slice,
        found: tuple[dict[int, Cell], list[Any]],
        given: Mapping[str, Any],
        absent: Mapping[str, Any],
    ) -> None:
        """Take the columns of a part, and decide row by row what they leave open."""
        xp, of = self.evaluator.arrays, self.evaluator.plan
        cells, masks = found
        for name in self.evaluator.wanted:
            operand = of.decided[name]
            cell = cells[operand.place] if isinstance(operand, Register) else (operand, None)
            self._put(name, part, cell)
            if self.traced:
                self.because[name][part] = cells[of.because[name].place][0]
        exactly = None
        for mask in masks:
            here = mask == EXACTLY
            exactly = here if exactly is None else exactly | here
        if exactly is not None and xp.any(exactly):
            for row in xp.places(exactly):
                self._exactly(part.start + row, given, absent)

    def _put(self, name: str, part: slice, cell: Cell) -> None:
        value, mask = cell
        xp = self.evaluator.arrays
        if isinstance(value, Fraction):
            self._count(name, part, value)
            self.values[name][part] = self._stored(name, value)
        elif name in self.counts:
            counts = self.counts[name]
            counts.counts[part] = value
            p, q = counts.unit.numerator, counts.unit.denominator
            xp.divide(xp.double(value) * p if p != 1 else value, q, self.values[name][part])
        else:
            self.values[name][part] = value
        if mask is not None and xp.any(mask != KNOWN):
            if self.masks[name] is None:
                self.masks[name] = xp.empty(self.count, "int8", self.evaluator.place)
                self.masks[name][:] = KNOWN
            self.masks[name][part] = mask

    def _exactly(self, row: int, given: Mapping[str, Any], absent: Mapping[str, Any]) -> None:
        decision = self.evaluator.decision
        case: dict[str, Value] = {}
        for port in decision.inputs:
            case[port.name] = _one(given[port.name], absent.get(port.name), row)
        try:
            answers = decide(decision, case)
            for name in self.evaluator.wanted:
                self._patch(name, row, answers)
        except DecisionError as error:
            if self.refused is None:
                raise DecisionError(f"row {row}: {error}") from None
            self.refused[int(row)] = str(error)
            return
        self.exactly += 1

    def _patch(self, name: str, row: int, answers: Answers) -> None:
        value = answers.values[name]
        if self.masks[name] is not None:
            self.masks[name][row] = KNOWN
        if isinstance(value, Fraction):
            self.values[name][row] = self._stored(name, value)
            self._count(name, row, value)
        else:
            if self.masks[name] is None:
                xp = self.evaluator.arrays
                self.masks[name] = xp.empty(self.count, "int8", self.evaluator.place)
                self.masks[name][:] = KNOWN
            self.masks[name][row] = UNSURE if value is UNKNOWN else NOTHING
        if self.traced:
            spoke = answers.because[name]
            if name in self.evaluator.scores:
                bits = sum(1 << place for place in spoke)
                self.because[name][row] = bits if bits < 1 << 62 else -1
            else:
                self.because[name][row] = spoke[0] if len(spoke) == 1 else -1

    def _count(self, name: str, place: int | slice, value: Fraction) -> None:
        """Keep a value as a count of its unit; where it is none of 64 bits, the column has none."""
        if name in self.counts:
            count = value / self.counts[name].unit
            if count.denominator == 1 and -(2**63) <= count < 2**63:
                self.counts[name].counts[place] = int(count)
            else:
                self.uncounted.add(name)

    def _stored(self, name: str, value: Fraction) -> float | int:
        """Return a value as its column holds it."""
        whole = self.evaluator.decision.port(name).kind != "number"
        if whole and -(2**63) <= value < 2**63:
            return int(value)
        if not whole and abs(value) <= sys.float_info.max:
            return float(value)
        raise DecisionError(
            f"{name!r} is beyond the largest {'integer' if whole else 'float'} of a column; narrow "
            "the ranges of its inputs, or decide such cases one by one"
        )

    def decided(self) -> Decided:
        """Return what was filled."""
        counts = {name: one for name, one in self.counts.items() if name not in self.uncounted}
        return Decided(self.values, self.masks, self.because, counts, self.exactly)


def _kind(operand: Operand) -> Kind:
    if isinstance(operand, Register):
        return operand.kind
    return Fixed(abs(operand) or Fraction(1), -1, 1)


def _one(column: Any, mask: Any, row: int) -> Value:
    """Return one value of a column, exactly as somebody wrote it."""
    if mask is not None and mask[row] != KNOWN:
        return UNKNOWN if mask[row] == UNSURE else NOT_APPLICABLE
    if isinstance(column, Counts):
        return int(column.counts[row]) * column.unit
    value = column[row].item()
    try:
        return exact(value)
    except ValueError as error:
        raise DecisionError(f"row {row}: {error}") from None
