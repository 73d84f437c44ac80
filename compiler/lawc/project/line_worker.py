"""A process of our own that answers lines with lines, within a limit of time for each.

What may not end is asked of a process: one that is silent for too long can be ended, which no
thread can.
"""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import lawc


class LineWorker:
    """One process and the thread that reads its lines."""

    def __init__(
        self,
        module: str,
        arguments: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start `python -m module`.

        Args:
            module: Of this package; it reads lines and answers each with one, flushed.
            arguments: What it is told on its command line.
            environment: Variables that it sees beside those of this process.
        """
        root = str(Path(lawc.__file__).parent.parent)
        paths = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH", ""))))
        # -P keeps the current folder off the path: nothing an author put there is imported.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            env={**os.environ, **(environment or {}), "PYTHONPATH": paths},
        )
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def number(self) -> int:
        """The number by which the system knows the process."""
        return self._process.pid

    def next(self, seconds: float) -> str | None:
        """Return its next line; empty where it has ended, None where none comes in time."""
        try:
            return self._lines.get(timeout=seconds)
        except queue.Empty:
            return None

    def ask(self, line: str, seconds: float) -> str | None:
        """Return its answer to a line; empty where it has ended, None where none comes in time."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        except (OSError, ValueError):
            # The process or its pipe is gone.
            return ""
        return self.next(seconds)

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        # `end` closes the pipe under the reader.
        with suppress(ValueError):
            for line in self._process.stdout:
                self._lines.put(line)
        self._lines.put("")
