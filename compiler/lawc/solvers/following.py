"""Follow many trajectories in generated C, on all cores.

What goes in and out is checked here: the program reads as many numbers as it is told to. Calls are
kept short, so that Ctrl-C is heard.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

import numpy as np

from lawc.forms.tape import Tape
from lawc.native.compiling import available, shared_library
from lawc.native.threads import thread_count
from lawc.solvers.generating import LONG, SYMBOL, length, source
from lawc.solvers.trajectories import Array, Ends, System, Trajectories

SECONDS = 0.3
"""Of a call; in between Ctrl-C is heard."""
FLAGS = ("-ffp-contract=fast", "-fno-trapping-math")
EASY = 1e-7
"""From this tolerance on the method of order 5 is cheaper than that of order 8."""
WORK = 8e8
"""Operations that one trajectory may cost, a second or two."""
_MOST, _FEWEST = 3_000_000, 20_000


@dataclass(frozen=True)
class Followed:
    """What became of trajectories.

    Attributes:
        states: At the moments, shape (states, n); NaN past the end of a trajectory.
        ends: How each ended.
        last: States where each ended, shape (states, m).
        most: The largest |value| of what was watched, shape (watched, m).
        steps: How many steps each took, shape (m,).
    """

    states: Array
    ends: Ends
    last: Array
    most: Array
    steps: np.ndarray


class Follower:
    """The compiled program of one system."""

    def __init__(self, system: System, library: ctypes.CDLL, watched: Tape | None) -> None:
        self._system = system
        self._watched = 0 if watched is None else len(watched.outputs)
        self._call = getattr(library, SYMBOL)
        self._call.restype = ctypes.c_long

    def follow(
        self, runs: Trajectories, first: np.ndarray, moments: Array, rtol: float
    ) -> Followed:
        """Return the states of trajectories at moments.

        Args:
            runs: The trajectories.
            first: Where the moments of each trajectory begin, shape (m + 1,).
            moments: In [0, 1], rising along each trajectory, shape (n,).
            rtol: Tolerance of each step, relative to the state.
        """
        count, size = len(runs), len(self._system.states)
        if first.shape != (count + 1,) or first[0] != 0 or first[-1] != len(moments):
            raise ValueError("expected moments for each trajectory")
        states = np.full((len(moments), size), np.nan)
        last = np.empty((count, size))
        most = np.full((count, self._watched), np.nan)
        end, steps = np.empty(count), np.zeros(count, np.int64)
        reason, which = np.zeros(count, np.int32), np.zeros(count, np.int32)
        start, span = _rows(runs.start), _rows(runs.span)
        initial = _rows(runs.initial.T)
        names = self._system.parameters
        given = np.empty((count, len(names)))
        for number, name in enumerate(names):
            given[:, number] = runs.parameters[name]
        marks = np.empty((count, 0)) if runs.marks is None else _rows(runs.marks)
        sizes = np.zeros((count, size)) if runs.sizes is None else _rows(runs.sizes.T)
        least = _rows(runs.least().T)
        first = np.ascontiguousarray(first, dtype=np.int64)
        moments = _rows(moments)
        order = 5 if rtol > EASY else 8
        if not (np.diff(first) >= 0).all():
            raise ValueError("expected moments that are sorted by trajectory")
        done = 0
        while done < count:
            some = slice(done, count)
            offset = first[done]
            local = first[done:] - offset
            done += self._call(
                ctypes.c_long(count - done),
                *(_at(a[some]) for a in (start, span, initial, given, sizes, least, marks)),
                ctypes.c_long(marks.shape[1]),
                _at(local),
                _at(moments[offset:]),
                ctypes.c_double(rtol),
                ctypes.c_int(order),
                ctypes.c_long(self._most_steps()),
                ctypes.c_double(SECONDS),
                _at(states[offset:]),
                *(_at(a[some]) for a in (end, last, most, reason, which, steps)),
                ctypes.c_int(thread_count()),
            )
        return Followed(states.T, Ends(reason, end, which), last.T, most.T, steps)

    def _most_steps(self) -> int:
        """Return how many steps a trajectory may take, so that the work has a bound."""
        size = len(self._system.states)
        work = 20 * len(self._system.rates.steps) + 60 * size + size**3 / 3
        return int(np.clip(WORK / work, _FEWEST, _MOST))


def follower(
    system: System, watched: Tape | None = None, *, hurry: bool = False
) -> Follower | None:
    """Return the compiled program of a system, or None where none can be made.

    Args:
        system: What trajectories follow.
        watched: From the same inputs as the rates to values whose largest size is wanted.
        hurry: Whether the compiler should rather be quick than its program.
    """
    if not available():
        return None
    text = source(system, watched)
    flags = (*FLAGS, "-O1") if hurry or length(system, watched) > LONG else FLAGS
    library = None if text is None else shared_library(text, flags, (SYMBOL,))
    return None if library is None else Follower(system, library, watched)


def _rows(values: Array) -> Array:
    return np.ascontiguousarray(values, dtype=np.float64)


def _at(values: np.ndarray) -> ctypes.c_void_p:
    return ctypes.c_void_p(values.ctypes.data)
