"""Share rows among the cores: compiled code lets other threads run while it works."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import TypeVar

FEWEST = 1 << 15
"""Rows for which another thread is worth its start."""
MOST = 8
_ALIGNED = 64

Result = TypeVar("Result")


def thread_count() -> int:
    """Return how many threads may run: the cores of this process, or OMP_NUM_THREADS if fewer."""
    try:
        count = len(os.sched_getaffinity(0))
    except AttributeError:
        count = os.cpu_count() or 1
    with suppress(ValueError):
        count = min(count, int(os.environ.get("OMP_NUM_THREADS", MOST)))
    return max(1, min(count, MOST))


def in_parts(work: Callable[[int, int], Result], rows: int) -> list[Result]:
    """Return what a function answers for each of some parts of all rows, in order.

    Raises:
        Exception: What a part raised.
    """
    parts = max(1, min(thread_count(), rows // FEWEST))
    size = -(-rows // parts)
    size += -size % _ALIGNED
    edges = [(first, min(first + size, rows)) for first in range(0, max(rows, 1), size)]
    found: dict[int, Result] = {}
    failed: list[BaseException] = []

    def run(number: int) -> None:
        try:
            found[number] = work(*edges[number])
        except BaseException as problem:
            failed.append(problem)

    threads = [Thread(target=run, args=(number,)) for number in range(1, len(edges))]
    for thread in threads:
        thread.start()
    run(0)
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return [found[number] for number in range(len(edges))]
