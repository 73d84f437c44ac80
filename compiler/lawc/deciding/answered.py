"""What a program answers: columns in words, and beside each what decided it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawc.deciding.given import EPOCH, KNOWN, NOT_APPLICABLE, UNKNOWN
from lawc.deciding.labels import labels_of
from lawc.decision.columns.evaluator import Decided
from lawc.decision.decision import Decision, Port, Score
from lawc.diagnostics.diagnostic import ShapeError

Array = NDArray[Any]
ABSENT = {UNKNOWN: "unknown", NOT_APPLICABLE: "not applicable"}


@dataclass(frozen=True, eq=False, repr=False)
class Answered(Mapping[str, Array]):
    """Columns of one length, one for each output; `len` counts rows, iteration gives names.

    A choice is a column of words, in which `unknown` and `not applicable` stand where they are the
    answer, as they do among truths; a number or a date is NaN or NaT there, and `masks` says which
    of the two it is.

    Attributes:
        ports: Of the outputs, by name.
        raw: As evaluators give them: places of words, day numbers, amounts; 0 where absent.
        masks: For each output that lacks a value somewhere, int8: 0 known, 1 unknown, 2 not
            applicable.
        because: For each output the place of the row, bracket or clause that spoke, -1 where it
            was not one.
        labels: By which `because` is read.
        rows: How many.
        scores: Outputs of which several lines count together; `because` has a bit for each.
    """

    ports: Mapping[str, Port]
    raw: Mapping[str, Array]
    masks: Mapping[str, Array]
    because: Mapping[str, Array]
    labels: Mapping[str, tuple[str, ...]]
    rows: int
    scores: frozenset[str] = frozenset()
    _said: dict[str, Array] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Array:
        if name not in self.raw:
            raise KeyError(f"no output {name!r} among {', '.join(self.raw)}")
        if name not in self._said:
            self._said[name] = said(self.ports[name], self.raw[name], self.masks.get(name))
        return self._said[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.raw)

    def __len__(self) -> int:
        return self.rows

    def __bool__(self) -> bool:
        return self.rows > 0

    def why(self, name: str) -> Array:
        """Return the label of what decided an output in each row, empty where it was not one.

        Of a score these are the lines that counted, where it has no more than 62.
        """
        if name not in self.because:
            raise KeyError(f"no reasons for {name!r} among {', '.join(self.because)}")
        if name in self.scores:
            codes, labels = counted(self.because[name], self.labels[name])
            return np.array(labels, dtype=object)[codes]
        table = np.array([*self.labels[name], ""], dtype=object)
        return table[self.because[name].astype(np.int64)]

    def table(self) -> dict[str, Array]:
        """Return each output, and `X because` behind it.

        `X is` stands there too where a number or date lacks a value in some row: it says `unknown`
        or `not applicable`.
        """
        made: dict[str, Array] = {}
        for name in self:
            made[name] = self[name]
            mask = self.masks.get(name)
            if mask is not None and mask.any() and not self.ports[name].choices:
                words = np.array(["", *ABSENT.values()], dtype=object)
                made[f"{name} is"] = words[mask.astype(np.int64)]
            if name in self.because:
                made[f"{name} because"] = self.why(name)
        return made

    def beside(self, frame: Any) -> Any:
        """Return a data frame with the columns of `table` behind its own.

        Raises:
            ShapeError: It is none, has another number of rows, or columns of such names.
        """
        if not hasattr(frame, "assign"):
            raise ShapeError(f"expected a data frame, got {type(frame).__name__}; see `table`")
        if len(frame) != self.rows:
            raise ShapeError(f"expected {self.rows} rows, got {len(frame)}")
        table = self.table()
        taken = next((name for name in table if name in frame), None)
        if taken is not None:
            raise ShapeError(f'the frame has a column "{taken}" already; rename it or leave it out')
        return frame.assign(**table)

    def __repr__(self) -> str:
        return f"Answered({self.rows} rows: {', '.join(self)})"


def answered(
    decision: Decision,
    found: Decided,
    rows: int,
    labels: Mapping[str, tuple[str, ...]] | None = None,
) -> Answered:
    """Return the outputs of a decision from what its evaluator found."""
    names = decision.outputs
    read = labels or labels_of(decision)
    masks = {name: mask for name in names if (mask := found.masks.get(name)) is not None}
    return Answered(
        ports={name: decision.port(name) for name in names},
        raw={name: found.values[name] for name in names},
        masks=masks,
        because={name: found.because[name] for name in names if name in found.because},
        labels={name: read[name] for name in names},
        rows=rows,
        scores=scores_of(decision),
    )


def scores_of(decision: Decision) -> frozenset[str]:
    """Return the quantities of which several lines count together."""
    return frozenset(step.output for step in decision.steps if isinstance(step, Score))


def counted(bits: Array, labels: tuple[str, ...]) -> tuple[Array, list[str]]:
    """Return for the lines of a score that counted a place, and what is said at each place."""
    different, places = np.unique(bits, return_inverse=True)
    said_of = [
        ", ".join(label for place, label in enumerate(labels) if int(found) >> place & 1)
        if found >= 0
        else f"some of {len(labels)} lines"
        for found in different
    ]
    return places, said_of


def said(port: Port, raw: Array, mask: Array | None) -> Array:
    """Return a column of numbers in words; see `Answered`."""
    absent = mask is not None and bool(mask.any())
    if port.choices or port.kind == "yes/no":
        words = port.choices or (False, True)
        if port.kind == "yes/no" and not absent:
            return raw.astype(bool)
        table = np.array([*words, *ABSENT.values()], dtype=object)
        codes = raw.astype(np.int64)
        if mask is not None:
            codes = np.where(mask == KNOWN, codes, len(words) - 1 + mask.astype(np.int64))
        return table[codes]
    if port.kind == "date":
        dates = (raw.astype(np.int64) - EPOCH).astype("datetime64[D]")
        return np.where(mask == KNOWN, dates, np.datetime64("NaT")) if absent else dates
    if not absent:
        return raw
    return np.where(mask == KNOWN, raw.astype(np.float64), np.nan)
