"""When rates change by themselves, so that no step jumps over it.

A solver sees rates at a few times of each step. What acts from outside for a short while, an
infusion or a pulse of light, may begin and end between them, and is then missed without a sign. So
rates that speak of the variable are looked at beforehand, with the states held still: at even
times, and ever closer to each number that may be a time itself. Where such a rate, or the condition
of an event, crosses a level, a step has to end; a jump is found to rounding. No step grows over
what never rests, such as an oscillation, so that has no marks.
"""

from __future__ import annotations

from itertools import chain

import numpy as np

from lawc.forms.tape import Tape, run
from lawc.solvers.trajectories import Array, System, Trajectories

LEVELS = (0.1, 0.5, 0.9)
"""Shares of what a rate spans, whose crossings are marked."""
CLOSER = 0.5 ** np.arange(1, 41)
"""Distances from a number that may be a time, in units of the whole time."""
EVEN_LOOKS, FEWEST, MOST = 1 << 21, 256, 4096
"""Even times for all trajectories together, and at least and most for one."""
BLOCK = 1 << 20
PASSES = 4
"""How far what acts from outside is followed through states that begin with nothing."""
HALVINGS = 50
APART = 1e-13
"""Marks that are nearer to each other are one, as a share of the time so far."""
SAME = 1e-12
"""A rate that changes by less, as a share of its size, stands still."""
RESTING = 0.01
"""A rate rests where it would take a hundred times the whole time for its span."""
LONG, FEW = 0.1, 4
"""How long it rests, of the usual time between two crossings, before a step may grow over them; of
so few crossings each is marked."""


def marked(runs: Trajectories) -> Trajectories:
    """Return trajectories with marks at which a step has to end, and sizes to measure errors by.

    Attributes `marks` and `sizes` of `Trajectories` say more.
    """
    driven = _driven(runs.system)
    if not driven or not len(runs):
        return runs
    even = np.linspace(0.0, 1.0, int(np.clip(EVEN_LOOKS // len(runs), FEWEST, MOST)))
    rows = max(1, BLOCK // (len(even) + 2 * len(CLOSER)))
    blocks = [
        _looked_at(runs.pick(np.arange(k, min(k + rows, len(runs)))), driven, even)
        for k in range(0, len(runs), rows)
    ]
    most = max(marks.shape[1] for marks, _ in blocks)
    padded = [
        np.pad(marks, ((0, 0), (0, most - marks.shape[1])), constant_values=np.inf)
        for marks, _ in blocks
    ]
    return runs.with_marks(np.concatenate(padded), np.concatenate([s for _, s in blocks], axis=1))


def _driven(system: System) -> list[tuple[Tape, bool]]:
    """Return rates and conditions, and whether their level is zero; none if none is driven."""
    found = [(system.rates, False)]
    if system.conditions is not None:
        found.append((system.conditions, True))
    variable = len(system.states)
    return found if any(_speaks(tape, variable) for tape, _ in found) else []


def _speaks(tape: Tape, register: int) -> bool:
    reached = {register}
    for number, step in enumerate(tape.steps, start=len(tape.inputs)):
        if reached.intersection(step.operands):
            reached.add(number)
    return any(place in reached for _, place in tape.outputs)


def _looked_at(
    runs: Trajectories, driven: list[tuple[Tape, bool]], even: Array
) -> tuple[Array, Array]:
    """Return the times of crossings, rising along each row and infinite beyond, and the sizes."""
    count = len(runs)
    times = [np.broadcast_to(even, (count, len(even)))]
    with np.errstate(all="ignore"):
        for number in _numbers(runs, driven):
            place = ((number - runs.start) / runs.span)[:, None]
            near = np.concatenate([place - CLOSER, place, place + CLOSER], axis=1)
            times.append(np.where((place >= 0) & (place <= 1), near, 0.0))
        s = np.sort(np.clip(np.concatenate(times, axis=1), 0.0, 1.0), axis=1)
        found = _Crossings(runs, s)
        sizes = np.zeros_like(runs.initial)
        for _ in range(PASSES):
            # A state that begins with nothing would hide what acts on it.
            states = np.where(runs.initial == 0, sizes, runs.initial)
            grown = sizes
            for tape, at_zero in driven:
                along = found.of(tape, states, at_zero)
                if tape is runs.system.rates:
                    moved = [_way(values, s) * np.abs(runs.span) for values in along]
                    grown = np.fmax(sizes, np.stack(moved))
            new = (grown > 0) & (sizes == 0)
            sizes = grown
            if not new.any():
                break
    return found.table(), sizes


class _Crossings:
    """Times at which results of tapes cross a level, with states held still."""

    def __init__(self, runs: Trajectories, s: Array) -> None:
        """Begin with none; s are the times at which to look, rising along each row."""
        self._runs, self._s = runs, s
        self._row, self._time = [np.empty(0, dtype=int)], [np.empty(0)]

    def of(self, tape: Tape, states: Array, at_zero: bool) -> list[Array]:
        """Add the crossings of a tape; return its results at the times, shape (m, t) each."""
        s = self._s
        everyone = np.arange(len(s))
        results = self._ask(tape, everyone, states[:, :, None], s)
        for number, values in enumerate(results):
            for level in _levels(values, s, at_zero):
                above = values >= level
                row, place = np.nonzero(above[:, 1:] != above[:, :-1])
                if not row.size:
                    continue
                if at_zero:
                    # Where an event happens is found on the way; a step has to end in its time.
                    time = s[row, place + 1]
                else:
                    ends, wanted = (s[row, place], s[row, place + 1]), level[row, 0]
                    time = self._before(tape, number, states[:, row], row, ends, wanted)
                self._time.append(time)
                self._row.append(row)
        return results

    def table(self) -> Array:
        """Return the times, rising along each row and infinite beyond."""
        row, time = np.concatenate(self._row), np.concatenate(self._time)
        order = np.lexsort((time, row))
        row, time = row[order], time[order]
        new = np.ones(len(row), dtype=bool)
        new[1:] = (row[1:] != row[:-1]) | (np.diff(time) > APART * np.maximum(time[1:], 1e-3))
        row, time = row[new], time[new]
        first = np.searchsorted(row, np.arange(len(self._s)))
        place = np.arange(len(row)) - first[row]
        marks = np.full((len(self._s), int(place.max(initial=-1)) + 1), np.inf)
        marks[row, place] = time
        return marks

    def _before(
        self,
        tape: Tape,
        number: int,
        states: Array,
        row: np.ndarray,
        ends: tuple[Array, Array],
        level: Array,
    ) -> Array:
        """Return the last times before crossings."""
        low, high = ends
        above = self._ask(tape, row, states, low)[number] >= level
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            same = (self._ask(tape, row, states, middle)[number] >= level) == above
            low, high = np.where(same, middle, low), np.where(same, high, middle)
        return low

    def _ask(self, tape: Tape, row: np.ndarray, states: Array, s: Array) -> list[Array]:
        runs, wide = self._runs, (slice(None),) + (None,) * (s.ndim - 1)
        inputs = (
            *states,
            runs.start[row][wide] + runs.span[row][wide] * s,
            *(runs.parameters[name][row][wide] for name in runs.system.parameters),
        )
        found = run(tape, inputs, runs.system.table)
        return [np.broadcast_to(values, s.shape) for values in found]


def _way(rates: Array, s: Array) -> Array:
    """Return how far a rate alone would move its state, there and back counted twice."""
    seen = np.abs(np.where(np.isfinite(rates), rates, 0.0))
    return np.trapezoid(seen, s, axis=1)


def _numbers(runs: Trajectories, driven: list[tuple[Tape, bool]]) -> list[Array]:
    """Return parameters and constants, each of which may be a time at which something happens."""
    steps = chain.from_iterable(tape.steps for tape, _ in driven)
    constants = {step.value for step in steps if step.operation == "constant"}
    every = [runs.parameters[name] for name in runs.system.parameters]
    every += [np.full(len(runs), value) for value in sorted(constants)]
    within = np.minimum(runs.start, runs.start + runs.span), runs.start + np.fmax(runs.span, 0)
    return [one for one in every if ((one > within[0]) & (one < within[1])).any()]


def _levels(values: Array, s: Array, at_zero: bool) -> list[Array]:
    """Return the levels whose crossings count, shape (m, 1) each; none where nothing moves."""
    seen = np.where(np.isfinite(values), values, np.nan)
    low, high = np.fmin.reduce(seen, axis=1)[:, None], np.fmax.reduce(seen, axis=1)[:, None]
    size = np.fmax(np.abs(low), np.abs(high))
    counts = high - low > SAME * size
    if not at_zero and counts.any():
        counts &= _rests(seen, s, low, high, SAME * size)
    if not counts.any():
        return []
    shares = [np.zeros_like(low)] if at_zero else [low + one * (high - low) for one in LEVELS]
    # Nothing is as high as infinity: what stands still crosses no level.
    return [np.where(counts, level, np.inf) for level in shares]


def _rests(values: Array, s: Array, low: Array, high: Array, rounding: Array) -> Array:
    """Return where a rate rests long enough for steps to grow over its crossings, shape (m, 1)."""
    passing = np.diff(s, axis=1)
    quiet = np.abs(np.diff(values, axis=1)) <= RESTING * (high - low) * passing + rounding
    so_far = np.cumsum(np.where(quiet, passing, 0.0), axis=1)
    before = np.maximum.accumulate(np.where(quiet, 0.0, so_far), axis=1)
    longest = (so_far - before).max(axis=1, keepdims=True)
    above = values >= (low + high) / 2
    crossings = np.count_nonzero(above[:, 1:] != above[:, :-1], axis=1)[:, None]
    return (crossings <= FEW) | (longest * crossings >= LONG)
