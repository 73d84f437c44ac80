"""Judge files in several processes: this one, and one more for each further core.

Each process takes the next file when it is done with its last one. A file that a process of ours
did not answer for is judged here. Few files are not worth a start.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Sequence
from pathlib import Path

import lawc
from lawc.analysis.constants import ConstantShelf
from lawc.pipeline.judging import Judge
from lawc.pipeline.plain import encode
from lawc.pipeline.verdict import to_text

WORTH_A_START = 400_000
"""Bytes of laws that are read here in about the time that a process of ours needs to start."""

MOST_WORKERS = 7

PAUSE = 0.0002
"""Seconds after which this process lets a thread that waits go on; Python's own are 25 times more.
"""

File = tuple[str, bytes]


def judge_all(shelf: ConstantShelf, files: Sequence[File]) -> list[str]:
    """Return the text of the verdict on each file, in order."""
    judge = Judge(shelf)
    answers: list[str] = [""] * len(files)
    # The largest first, so that none of them is left for the end.
    waiting = deque(sorted(range(len(files)), key=lambda at: -len(files[at][1])))
    size = sum(len(data) for _, data in files)
    helpers = min(_cores() - 1, MOST_WORKERS, size // WORTH_A_START, len(files) - 1)
    line = json.dumps(encode(shelf)).encode() + b"\n" if helpers > 0 else b""
    threads = [
        threading.Thread(target=_serve, args=(line, files, waiting, answers), daemon=True)
        for _ in range(helpers)
    ]
    usual = sys.getswitchinterval()
    # A thread that hands out files waits for this one to pause; its process waits with it.
    sys.setswitchinterval(PAUSE if threads else usual)
    try:
        for thread in threads:
            thread.start()
        while (at := _next(waiting)) is not None:
            answers[at] = to_text(judge.verdict(*files[at]))
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(usual)
    for at, (path, data) in enumerate(files):
        if not answers[at]:
            answers[at] = to_text(judge.verdict(path, data))
    return answers


def _serve(shelf: bytes, files: Sequence[File], waiting: deque[int], answers: list[str]) -> None:
    """Hand files to a process of its own until none is left, or the process fails."""
    root = str(Path(lawc.__file__).parent.parent)
    inherited = os.environ.get("PYTHONPATH", "")
    # -P keeps the current folder off the path: nothing an author put there is imported.
    try:
        worker = subprocess.Popen(
            [sys.executable, "-P", "-m", "lawc.pipeline.judging"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (root, inherited)))},
        )
    except OSError:
        return
    assert worker.stdin is not None and worker.stdout is not None
    try:
        worker.stdin.write(shelf)
        while (at := _next(waiting)) is not None:
            path, data = files[at]
            worker.stdin.write(b"%b\n%b" % (json.dumps([path, len(data)]).encode(), data))
            worker.stdin.flush()
            line = worker.stdout.readline()
            if not line.endswith(b"\n"):
                return
            answers[at] = line[:-1].decode()
    except (OSError, ValueError):
        return
    finally:
        worker.kill()
        worker.wait()
        worker.stdout.close()


def _next(waiting: deque[int]) -> int | None:
    try:
        return waiting.popleft()
    except IndexError:
        return None


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1
