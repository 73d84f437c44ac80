"""A bound on the work of a question: solvers look at the clock between their steps.

Time is that of the processor, so that a busy machine changes no verdict.

A check asks solvers of fields on behalf of somebody who waits; what takes longer than it is worth
ends with the words that say so, and is no answer.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from lawc.diagnostics.diagnostic import DomainError, LawcError


class ImpatientError(DomainError):
    """A question took longer than it may."""


class MissingLibraryError(LawcError):
    """What a solver stands on is not installed."""


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Let no question that is asked here take longer; bounds that hold already stay."""
    end, allowed = _END.get()
    mine = time.thread_time() + seconds
    token = _END.set((mine, seconds) if mine < end else (end, allowed))
    try:
        yield
    finally:
        _END.reset(token)


def look_at_clock() -> None:
    """End what takes longer than it may.

    Raises:
        ImpatientError: The time is over.
    """
    end, allowed = _END.get()
    if time.thread_time() > end:
        raise ImpatientError(f"it is not solved in {allowed:.3g} seconds of work")


_END: ContextVar[tuple[float, float]] = ContextVar("end", default=(float("inf"), float("inf")))
