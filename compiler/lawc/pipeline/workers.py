"""Start the processes that judge files, before there is anything to hand them.

A process of ours needs as long to start as this one needs to read the library, so both are done at
the same time. This file imports nothing that takes long.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import lawc

WORTH_A_START = 400_000
"""Bytes of laws that are read here in about the time that a process of ours needs to start."""

MOST_WORKERS = 7

File = tuple[str, bytes]
Worker = subprocess.Popen[bytes]


def start(files: Sequence[File]) -> list[Worker]:
    """Return processes that wait for files, as many as these files are worth; often none."""
    size = sum(len(data) for _, data in files)
    number = min(cores() - 1, MOST_WORKERS, size // WORTH_A_START, len(files) - 1)
    started: list[Worker] = []
    for _ in range(number):
        try:
            started.append(_started())
        except OSError:
            break
    return started


def end(workers: Sequence[Worker]) -> None:
    """End processes, whatever they are at."""
    for worker in workers:
        worker.kill()
        worker.wait()
        for pipe in (worker.stdin, worker.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    continue


def cores() -> int:
    """Return how many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def _started() -> Worker:
    root = str(Path(lawc.__file__).parent.parent)
    inherited = os.environ.get("PYTHONPATH", "")
    # -P keeps the current folder off the path: nothing an author put there is imported.
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "lawc.pipeline.judging"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (root, inherited)))},
    )
