"""Answers of the decisions of several days, put together row by row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawc.deciding.answered import counted
from lawc.decision.columns.evaluator import Decided

Array = NDArray[Any]


class Merged:
    """Answers of several days put together; labels of all days are counted through."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.values: dict[str, Array] = {}
        self.masks: dict[str, Array] = {}
        self.because: dict[str, Array] = {}
        self.known: dict[str, dict[str, int]] = {}

    def put(
        self,
        rows: Array,
        found: Decided,
        labels: Mapping[str, tuple[str, ...]],
        names: tuple[str, ...],
        scores: frozenset[str],
    ) -> None:
        """Put the answers of some rows where they belong."""
        for name in names:
            self._place(self.values, name, rows, found.values[name])
            mask = found.masks.get(name)
            if mask is not None:
                self._place(self.masks, name, rows, mask)
            if name in found.because:
                known = self.known.setdefault(name, {})
                places, read = found.because[name].astype(np.int64), labels[name]
                if name in scores:
                    places, read = counted(places, read)
                table = [known.setdefault(label, len(known)) for label in read]
                places = np.array([*table, -1], dtype=np.int32)[places]
                self._place(self.because, name, rows, places, empty=-1)

    def decided(self) -> Decided:
        """Return the answers of all rows."""
        return Decided(self.values, self.masks, self.because, {}, 0)

    def labels(self) -> dict[str, tuple[str, ...]]:
        """Return what spoke on any day, by output."""
        return {name: tuple(self.known.get(name, ())) for name in self.values}

    def _place(
        self, kept: dict[str, Array], name: str, rows: Array, part: Array, empty: int = 0
    ) -> None:
        if name not in kept:
            kept[name] = np.full(self.rows, empty, dtype=part.dtype)
        elif kept[name].dtype != part.dtype:
            kept[name] = kept[name].astype(np.promote_types(kept[name].dtype, part.dtype))
        kept[name][rows] = part


def of_row(problem: str, rows: Array) -> str:
    """Return what is said of a row of a part, with its number among all rows."""
    word, number, said_of = (*problem.split(" ", 2), "", "")[:3]
    if word == "row" and number.rstrip(":").isdigit():
        return f"row {rows[int(number.rstrip(':'))]}: {said_of}"
    return problem
