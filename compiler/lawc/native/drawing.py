"""Draw points of a box by generated C: numbers, ranges and conditions in one pass, on all cores.

Every point is known by its number alone, so that rows depend neither on the size of a batch nor
on the number of threads: scrambled Sobol points by the Gray code of their number, independent ones
by stepping PCG64 ahead. Both are the very numbers that scipy and numpy draw.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.random import PCG64, default_rng
from numpy.typing import NDArray
from scipy.stats import qmc

from lawc.forms.tape import Tape
from lawc.native.compiling import shared_library
from lawc.native.formulas import FLAGS, is_exact, lines, literal, prelude
from lawc.native.ladders import RUNGS, TERMS, ladder
from lawc.native.memory import columns as fresh
from lawc.native.threads import in_parts

Array = NDArray[np.float64]
Counts = NDArray[np.int64]

BITS = 53
_LOOKS = 16
_WORD = (1 << 64) - 1
_WIDE = (1 << 128) - 1
_FACTOR = 0x2360ED051FC65DA44385DF649FCCF645
"""By what PCG64 multiplies its state."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """How an input is spread over its range, and how its values become SI.

    Attributes:
        log: ln(high/low) where it is spread logarithmically, otherwise 0.
    """

    low: float
    high: float
    log: float
    factor: float
    offset: float


@dataclass(frozen=True, slots=True)
class Drawn:
    """Items of a sequence that hold: rows, or whole trajectories.

    Attributes:
        columns: One for each input and each answer, in declared units, of equal length.
        failures: The number of items that each condition rejects.
        held: Which items hold, counted from the first; None for all of them.
        finite: Whether all answers are; None where nobody looked.
    """

    columns: list[Array]
    failures: Counts
    held: Counts | None = None
    finite: bool | None = None


@dataclass(frozen=True, slots=True)
class Drawing:
    """The points of one seed, as compiled C."""

    _function: ctypes._NamedFuncPointer
    _stretches: Array
    _ladders: tuple[Array | None, ...]
    _conditions: int
    _answers: int
    _sobol: NDArray[np.uint64] | None
    _seed: int

    def __call__(self, first: int, count: int) -> Drawn:
        """Return points first … first + count - 1 as far as they hold, and answers to them."""
        columns = fresh(len(self._stretches) + self._answers, count)
        places = np.empty(count, dtype=np.int64) if self._conditions else None

        def part(start: int, end: int) -> tuple[int, int, Counts]:
            state = self._sobol if self._sobol is not None else self._ahead(first + start)
            told = np.zeros(self._conditions + 1, dtype=np.int64)
            to = (ctypes.c_void_p * len(columns))(*(c.ctypes.data + 8 * start for c in columns))
            kept = self._function(
                first + start,
                end - start,
                state.ctypes.data,
                self._stretches.ctypes.data,
                to,
                told.ctypes.data,
                None if places is None else places.ctypes.data + 8 * start,
            )
            return start, kept, told

        parts = in_parts(part, count)
        told = np.sum([found for _, _, found in parts], axis=0)
        failures, finite = told[: self._conditions], not told[self._conditions]
        if places is None:
            return Drawn(columns, failures, None, finite)
        # Each thread leaves a gap behind what it kept.
        have = 0
        for start, kept, _ in parts:
            places[start : start + kept] += start
            if have < start:
                for column in (*columns, places):
                    column[have : have + kept] = column[start : start + kept]
            have += kept
        columns, held = [column[:have] for column in columns], places[:have]
        return Drawn(columns, failures, held, finite)

    def _ahead(self, row: int) -> NDArray[np.uint64]:
        """Return the step of a row of PCG64, and its state for each number of a row."""
        inputs = len(self._stretches)
        inner = PCG64(self._seed).state["state"]
        factor, total = _power(inputs, inner["inc"])
        words = [factor, total]
        for number in range(inputs):
            by, plus = _power(row * inputs + number + 1, inner["inc"])
            words.append((inner["state"] * by + plus) & _WIDE)
        return np.array([half for w in words for half in (w >> 64, w & _WORD)], dtype=np.uint64)


@lru_cache(maxsize=32)
def drawing(
    stretches: tuple[Stretch, ...],
    truth: Tape,
    seed: int,
    *,
    sobol: bool,
    answers: Tape | None = None,
) -> Drawing | None:
    """Return the points of a seed as compiled C; None where numpy is to draw them.

    That is without a compiler, and where a condition needs a function that libraries round
    differently: a point at its border might be kept by one and not by the other.

    Args:
        stretches: How each input is spread.
        truth: SI inputs to one truth for each condition.
        seed: The same seed gives the same points.
        sobol: Scrambled Sobol points instead of independent ones.
        answers: Inputs to numbers that each point is to come with, all in declared units.
    """
    text = drawing_source(stretches, truth, answers, sobol=sobol)
    library = None if text is None else shared_library(text, FLAGS, ["draw"])
    if library is None:
        return None
    numbers = directions(len(stretches), seed) if sobol else None
    if sobol and numbers is None:
        return None
    function = library.draw
    function.restype = ctypes.c_int64
    function.argtypes = [ctypes.c_int64, ctypes.c_int64, *[ctypes.c_void_p] * 5]
    with np.errstate(over="ignore"):
        rows = [[s.low, np.subtract(s.high, s.low), s.high, s.log, 0.0] for s in stretches]
    ladders = tuple(ladder(s.low, s.high) if s.log else None for s in stretches)
    known = np.array(rows)
    for place, values in zip(known[:, 4:].view(np.uint64), ladders, strict=True):
        place[0] = 0 if values is None else values.ctypes.data
    given = len(answers.outputs) if answers is not None else 0
    return Drawing(function, known, ladders, len(truth.outputs), given, numbers, seed)


def drawing_source(
    stretches: Sequence[Stretch], truth: Tape, answers: Tape | None = None, *, sobol: bool
) -> str | None:
    """Return C that draws points; None where numpy could not decide a condition alike.

    Or where an answer has no form in C.
    """
    hold = _hold(stretches, truth)
    answer = "" if answers is None else _answer(answers)
    if hold is None or answer is None or not stretches:
        return None
    given = len(answers.outputs) if answers is not None else 0
    head = [
        f"#define D {len(stretches)}",
        f"#define RUNGS {RUNGS}",
        f"#define TERMS {TERMS}",
        f"#define CONDITIONS {len(truth.outputs)}",
        f"#define ANSWERS {given}",
        *(["#define SOBOL"] if sobol else []),
    ]
    numbers = "" if sobol else prelude("pcg64.h")
    return "\n".join([prelude(), *head, hold, answer, numbers, prelude("draws.h")])


def _hold(stretches: Sequence[Stretch], truth: Tape) -> str | None:
    inputs = [
        f"(x[{k}] * {literal(s.factor)} + {literal(s.offset)})" for k, s in enumerate(stretches)
    ]
    written = lines(truth, inputs) if is_exact(truth) else None
    if written is None:
        return None
    tests = []
    for k, (name, is_truth) in enumerate(written.outputs):
        test = name if is_truth else f"(vi)({name} != 0)"
        tests += [f"failed[{k}] += inside & ~({test});", f"kept &= {test};"]
    body = "\n    ".join([*written.statements, *tests])
    return f"""
IN vi hold(const vd *x, vi inside, vi *failed)
{{
    vi kept = inside;
    {body}
    return kept;
}}
"""


def _answer(answers: Tape) -> str | None:
    written = lines(answers, [f"x[{k}]" for k in range(len(answers.inputs))])
    if written is None or any(truth for _, truth in written.outputs):
        return None
    stores = [f"y[{k}] = {text};" for k, (text, _) in enumerate(written.outputs)]
    odd = " | ".join(f"(vi)({text} - {text} != 0)" for text, _ in written.outputs)
    body = "\n    ".join([*written.statements, *stores])
    return f"""
IN vi answer(const vd *x, vd *y)
{{
    {body}
    return {odd};
}}
"""


def directions(inputs: int, seed: int) -> NDArray[np.uint64] | None:
    """Return what scipy scrambled for a seed: directions and shift of each input.

    None where this scipy keeps them elsewhere, or they do not give its points.
    """
    engine = qmc.Sobol(inputs, scramble=True, bits=BITS, rng=default_rng(seed))
    directions, shift = getattr(engine, "_sv", None), getattr(engine, "_shift", None)
    if not (isinstance(directions, np.ndarray) and directions.shape == (inputs, BITS)):
        return None
    if not (isinstance(shift, np.ndarray) and shift.shape == (inputs,)):
        return None
    numbers = np.column_stack([directions, shift]).astype(np.uint64)
    mine = np.array([_point(numbers, index) for index in range(_LOOKS)]) * 2.0**-BITS
    return numbers if np.array_equal(mine, engine.random(_LOOKS)) else None


def _point(numbers: NDArray[np.uint64], index: int) -> NDArray[np.uint64]:
    value = numbers[:, BITS].copy()
    gray = index ^ index >> 1
    for bit in range(gray.bit_length()):
        if gray >> bit & 1:
            value ^= numbers[:, bit]
    return value


def _power(steps: int, increment: int) -> tuple[int, int]:
    """Return factor and sum of that many steps of PCG64 at once."""
    factor, total = 1, 0
    by, plus = _FACTOR, increment
    while steps:
        if steps & 1:
            factor, total = factor * by & _WIDE, (total * by + plus) & _WIDE
        plus, by = (by + 1) * plus & _WIDE, by * by & _WIDE
        steps >>= 1
    return factor, total
