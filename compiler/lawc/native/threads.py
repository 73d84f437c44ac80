"""Share rows among the cores: compiled code lets other threads run while it works."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from functools import cache
from typing import TypeVar, cast

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
    size = max(_ALIGNED, size + -size % _ALIGNED)
    edges = [(first, min(first + size, rows)) for first in range(0, max(rows, 1), size)]
    if len(edges) == 1:
        return [work(*edges[0])]
    others = [_pool().submit(work, *edge) for edge in edges[1:]]
    try:
        first = work(*edges[0])
    finally:
        # The columns must outlive all that is written into them.
        wait(others)
    return [first, *(other.result() for other in others)]


def shared_among(work: Callable[[int], Result], count: int) -> list[Result]:
    """Return what a function answers for each number below a count, in order.

    Raises:
        Exception: What a part raised.
    """
    return claimed(lambda: work, count)


def claimed(
    opened: Callable[[], Callable[[int], Result]], count: int, most: int = MOST
) -> list[Result]:
    """Return what functions answer for each number below a count, in order.

    Args:
        opened: Makes the function of a thread, which may hold memory of its own.
        count: How many numbers there are. Whichever thread is free takes the next one.
        most: How many threads may share them.

    Raises:
        Exception: What a part raised.
    """
    threads = min(thread_count(), count, most)
    if threads <= 1:
        work = opened()
        return [work(number) for number in range(count)]
    found: list[Result | None] = [None] * count
    waiting = iter(range(count))

    def some() -> None:
        work = opened()
        for number in waiting:
            found[number] = work(number)

    others = [_pool().submit(some) for _ in range(threads - 1)]
    try:
        some()
    finally:
        # What is written must outlive those that write it.
        wait(others)
    for other in others:
        other.result()
    return cast(list[Result], found)


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(MOST, thread_name_prefix="lawc")


if hasattr(os, "register_at_fork"):
    # A forked process has the pool, but none of its threads.
    os.register_at_fork(after_in_child=_pool.cache_clear)
