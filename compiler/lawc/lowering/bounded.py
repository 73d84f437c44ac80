"""Ask sympy in a worker process, within limits of time and memory.

The process is started at the first question and kept, since loading sympy takes most of a second.
A question that takes too long ends it; the next question gets a new one.
"""

from __future__ import annotations

import atexit
import json
import math
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import lawc
from lawc.knowledge.encoding import decode
from lawc.knowledge.expression import Expression

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
    """One process and the thread that reads its lines."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        root = str(Path(lawc.__file__).parent.parent)
        inherited = os.environ.get("PYTHONPATH", "")
        # -P keeps the current folder off the path: nothing an author put there is imported.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "lawc.lowering.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (root, inherited)))},
        )
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        if self._next(START_SECONDS) is None:
            self.end()
            raise NoAnswerError("the worker did not start")

    def ask(self, line: str, seconds: float) -> str | None:
        """Return the answer to a line, None where it does not come in time."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        except OSError:
            return None
        return self._next(seconds)

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        try:
            for line in self._process.stdout:
                self._lines.put(line)
        except ValueError:
            pass  # The pipe was closed by `end`.
        self._lines.put("")

    def _next(self, seconds: float) -> str | None:
        try:
            return self._lines.get(timeout=seconds) or None
        except queue.Empty:
            return None


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
