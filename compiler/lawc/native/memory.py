"""Give columns memory that earlier ones no longer need.

The system clears every page of fresh memory at its first touch, one thread at a time, which costs
as much as all that is then written there. So the last large pieces are kept, and given out again
once no array stands in them.
"""

from __future__ import annotations

import os
import sys
from threading import Lock

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MOST_KEPT = 128 << 20
"""Bytes that are kept when nobody needs them."""

_LARGE = 1 << 18
_LINE = 8
# Columns begin a little apart, so that the same row of all of them does not fall on one place of
# the processor's cache.
_APART = 72

_lock = Lock()
_kept: list[Array] = []
if hasattr(os, "register_at_fork"):
    # A child must not wait for a thread that it does not have.
    os.register_at_fork(
        before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release
    )


def columns(number: int, rows: int) -> list[Array]:
    """Return columns to be written, with whatever stands there, in one piece of memory.

    Each begins with a line of the processor's cache; the piece itself cannot be written to.
    """
    each = rows + _APART + -rows % _LINE
    piece = _piece(number * each + _LINE)
    first = -piece.__array_interface__["data"][0] % (8 * _LINE) // 8
    made = [piece[first + k * each :][:rows] for k in range(number)]
    piece.flags.writeable = False
    return made


def _piece(size: int) -> Array:
    if 8 * size < _LARGE or 8 * size > MOST_KEPT or not _counted():
        return np.empty(size)
    with _lock:
        # What was used last may still be in the processor's cache.
        for place in reversed(range(len(_kept))):
            # One reference is of the list, one is asked about.
            if size <= _kept[place].size <= 2 * size and sys.getrefcount(_kept[place]) == 2:
                piece = _kept.pop(place)
                piece.flags.writeable = True
                break
        else:
            piece = np.empty(size)
        while _kept and sum(other.nbytes for other in _kept) + piece.nbytes > MOST_KEPT:
            _kept.pop(0)
        _kept.append(piece)
    return piece


def _counted() -> bool:
    """Return whether references tell who needs an array."""
    return hasattr(sys, "getrefcount") and getattr(sys, "_is_gil_enabled", lambda: True)()
