"""Integrate an initial-value problem for many sets of parameters at once.

Where a C compiler is present, many trajectories are followed by generated code. Few of them are
marched here, which is sooner done than a compiler called; code is generated for those that turn
out stiff or long. Without a compiler scipy's Radau takes these over.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lawc.forms.tape import Tape
from lawc.solvers.following import Follower, follower
from lawc.solvers.marching import MAX_STEPS, PATIENCE, Moments, Watch, march
from lawc.solvers.stacking import finish
from lawc.solvers.trajectories import Array, End, Ends, Trajectories

CHUNK = 8192
MANY = 400
"""Trajectories for which code is generated at once."""


@dataclass(frozen=True)
class Solved:
    """States at moments of trajectories, shape (states, n), and how the trajectories ended.

    States are NaN where a trajectory ends before its moment.
    """

    states: Array
    ends: Ends


def integrate(
    runs: Trajectories,
    owner: np.ndarray,
    moment: Array,
    rtol: float,
    watch: Watch | None = None,
    program: Follower | None = None,
) -> Solved:
    """Return states at moments of trajectories.

    Args:
        runs: The trajectories.
        owner: Which trajectory each moment belongs to, shape (n,).
        moment: Time of each, in [0, 1], shape (n,).
        rtol: Tolerance of each step, relative to the state.
        watch: Looks on at every step, which generated code does not let it.
        program: The compiled program of the system, where one was made before.
    """
    order = np.lexsort((moment, owner))
    first = np.searchsorted(owner[order], np.arange(len(runs) + 1))
    if program is None and watch is None:
        program = _program(runs, None)
    result = np.full((len(runs.system.states), len(owner)), np.nan)
    if program is not None:
        followed = program.follow(runs, first, moment[order], rtol)
        found = followed.states
        stiff = np.flatnonzero(followed.ends.reason == End.STIFF)
        if stiff.size:
            # Without a Jacobian generated code has no method for these.
            time = followed.ends.time[stiff]
            rest = runs.pick(stiff).onward(time, followed.last[:, stiff])
            moments = Moments(first, moment[order])
            followed.ends.put(stiff, finish(rest, stiff, time, moments, rtol, found, None))
        result[:, order] = found
        return Solved(result, followed.ends)
    ends = Ends.arrived(len(runs))
    for start in range(0, len(runs), CHUNK):
        stop = min(start + CHUNK, len(runs))
        rows = order[first[start] : first[stop]]
        moments = Moments(first[start : stop + 1] - first[start], moment[rows])
        chosen = np.arange(start, stop)
        found = np.full((len(result), len(rows)), np.nan)
        look = None if watch is None else _shifted(watch, start)
        ends.put(chosen, _integrate(runs.pick(chosen), moments, rtol, found, look))
        result[:, rows] = found
    return Solved(result, ends)


def largest(runs: Trajectories, watched: Tape, rtol: float) -> Array | None:
    """Return the largest |value| of each output of a tape on trajectories, shape (outputs, m).

    None where `integrate` with a watch is the way: for few trajectories, without a compiler, and
    for stiff ones without a Jacobian.
    """
    program = _program(runs, watched)
    if program is None:
        return None
    none = np.zeros(len(runs) + 1, dtype=np.int64)
    followed = program.follow(runs, none, np.empty(0), rtol)
    # Where generated code gave up, the largest values may be still to come.
    return None if (followed.ends.reason == End.STIFF).any() else followed.most


def _program(runs: Trajectories, watched: Tape | None) -> Follower | None:
    """Return generated code for many trajectories, and for events, where there is a compiler."""
    many = len(runs) >= MANY
    if not many and runs.system.conditions is None:
        return None
    return follower(runs.system, watched, hurry=not many)


def _integrate(
    runs: Trajectories, moments: Moments, rtol: float, found: Array, watch: Watch | None
) -> Ends:
    """Fill in states at moments; return how the trajectories ended."""
    able = watch is None and runs.system.slopes is not None and runs.system.conditions is None
    most = PATIENCE if able else MAX_STEPS
    marched = march(runs, moments, rtol, found, watch, most)
    ends, left = marched.ends, marched.left
    if not left.number.size:
        return ends
    rest = runs.pick(left.number).onward(left.time, left.states)
    program = follower(runs.system, hurry=True) if able else None
    if program is None:
        ends.put(left.number, finish(rest, left.number, left.time, moments, rtol, found, watch))
        return ends
    rows, local = moments.rows(left.number)
    scaled = (moments.time[rows] - left.time[local]) / (1 - left.time[local])
    later = scaled >= 0
    first = np.searchsorted(local[later], np.arange(len(left.number) + 1))
    followed = program.follow(rest, first, np.minimum(scaled[later], 1.0), rtol)
    found[:, rows[later]] = followed.states
    time = left.time + (1 - left.time) * followed.ends.time
    ends.put(left.number, Ends(followed.ends.reason, time, followed.ends.which))
    return ends


def _shifted(watch: Watch, by: int) -> Watch:
    return lambda number, time, states: watch(number + by, time, states)
