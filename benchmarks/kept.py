"""Keep runs of a benchmark as they end, so that it can be stopped and gone on with."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = dict[str, Any]

FOLDER = Path.home() / ".cache" / "lawc-benchmarks" / "runs"


class Runs:
    """What was measured, each run on a line of a file.

    Attributes:
        found: All runs, oldest first; each knows what it was asked, what came of it, and the load
            of the machine.
    """

    def __init__(self, place: Path) -> None:
        self._place = place
        self.found: list[Run] = []
        if place.exists():
            lines = place.read_text(encoding="utf-8").splitlines()
            self.found = [json.loads(line) for line in lines]

    def make(self, asked: Run, measure: Callable[[], Run]) -> Run:
        """Return the run that was asked, from the file or made now."""
        for run in self.found:
            if all(run.get(name) == value for name, value in asked.items()):
                return run
        before = os.getloadavg()[0]
        run = {**asked, **measure(), "load": max(before, os.getloadavg()[0])}
        self.found.append(run)
        self._place.parent.mkdir(parents=True, exist_ok=True)
        with self._place.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(run) + "\n")
        return run

    def where(self, **asked: Any) -> list[Run]:
        """Return the runs that were asked so."""
        return [
            run
            for run in self.found
            if all(run.get(name) == value for name, value in asked.items())
        ]

    @property
    def load(self) -> str:
        """The range of the machine's load at these runs."""
        loads = [run["load"] for run in self.found]
        return f"{min(loads):.1f} to {max(loads):.1f}" if loads else "unknown"
