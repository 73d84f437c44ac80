"""Ask sympy in a worker process, within limits of time and memory.

The process is started at the first question and kept, since loading sympy takes most of a second.
A question that takes too long ends it; the next question gets a new one.
"""

from __future__ import annotations

import atexit
import json
import math
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from lawc.knowledge.encoding import decode
from lawc.knowledge.expression import Expression
from lawc.project.line_worker import LineWorker

START_SECONDS = 60.0
MAX_REMEMBERED = 512


class NoAnswerError(Exception):
    """The worker found nothing: out of time, out of memory, or beyond its algorithms."""


def ask(task: str, question: Mapping[str, Any], seconds: float) -> tuple[Expression, ...]:
    """Return the trees that a task of the worker finds.

    Args:
        task: `solve` or `course`.
        question: What the task takes, as JSON data.
        seconds: How long it may take, not counting the start of the process.

    Raises:
        NoAnswerError: It found nothing within its limits; the text says why.
    """
    line = json.dumps({"task": task, **question})
    seconds = min(seconds, _CEILING.get())
    with _LOCK:
        known = _ANSWERS.get((line, seconds))
        if known is None:
            known = _ask(line, seconds)
            if len(_ANSWERS) >= MAX_REMEMBERED:
                _ANSWERS.clear()
            _ANSWERS[line, seconds] = known
    if "failed" in known:
        raise NoAnswerError(str(known["failed"]))
    return tuple(decode(tree) for tree in known["found"])


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Let no question take longer than this, where many are asked and few answers matter."""
    token = _CEILING.set(seconds)
    try:
        yield
    finally:
        _CEILING.reset(token)


_LOCK = threading.RLock()
_ANSWERS: dict[tuple[str, float], Mapping[str, Any]] = {}
_CEILING: ContextVar[float] = ContextVar("ceiling", default=math.inf)


class _Worker:
    """The process, and by whom it was started."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self._process = LineWorker("lawc.lowering.worker")
        if not self._process.next(START_SECONDS):
            self.end()
            raise NoAnswerError("the worker did not start")

    def ask(self, line: str, seconds: float) -> str | None:
        """Return the answer to a line, None where it does not come in time."""
        return self._process.ask(line, seconds) or None

    def end(self) -> None:
        """End the process."""
        self._process.end()


_workers: list[_Worker] = []


def _ask(line: str, seconds: float) -> Mapping[str, Any]:
    # A process that was forked must not share the pipes of its parent.
    if _workers and _workers[0].owner != os.getpid():
        _workers.clear()
    if not _workers:
        _workers.append(_Worker())
    text = _workers[0].ask(line, seconds)
    if text is None:
        _workers.pop().end()
        return {"failed": f"no answer within {seconds:g} s"}
    return json.loads(text)


@atexit.register
def _end() -> None:
    while _workers:
        worker = _workers.pop()
        if worker.owner == os.getpid():
            worker.end()
