"""Judge files in several processes: this one, and one more for each further core.

Each process takes the next file when it is done with its last one. A file that a process of ours
did not answer for is judged here. Few files are not worth a start.
"""

from __future__ import annotations

import json
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence

from lawc.analysis.constants import ConstantShelf
from lawc.pipeline.judging import Judge
from lawc.pipeline.plain import encode
from lawc.pipeline.verdict import Verdict, from_text, to_text
from lawc.pipeline.workers import File, Worker, end, start

PAUSE = 0.0002
"""Seconds after which this process lets a thread that waits go on; Python's own are 25 times more.
"""


def judge_all(
    shelf: ConstantShelf,
    files: Sequence[File],
    workers: Sequence[Worker] = (),
    first: Callable[[], None] = lambda: None,
    *,
    whole: bool = True,
) -> list[tuple[str, Verdict]]:
    """Return the verdict on each file, and its text, in order.

    Args:
        shelf: What files may import.
        files: Paths and bytes.
        workers: Processes that wait for files; none is left running.
        first: What this process does before it judges files, while the others judge them.
        whole: Whether verdicts are to be whole.
    """
    judge = Judge(shelf, whole=whole)
    answers: list[str] = [""] * len(files)
    verdicts: dict[int, Verdict] = {}

    def judged(at: int) -> None:
        verdicts[at] = judge.verdict(*files[at])
        answers[at] = to_text(verdicts[at])

    # The largest first, so that none of them is left for the end.
    waiting = deque(sorted(range(len(files)), key=lambda at: -len(files[at][1])))
    workers = workers or start(files)
    line = json.dumps([encode(shelf), whole]).encode() + b"\n" if workers else b""
    threads = [
        threading.Thread(target=_serve, args=(worker, line, files, waiting, answers), daemon=True)
        for worker in workers
    ]
    usual = sys.getswitchinterval()
    # A thread that hands out files waits for this one to pause; its process waits with it.
    sys.setswitchinterval(PAUSE if threads else usual)
    try:
        for thread in threads:
            thread.start()
        first()
        while (at := _next(waiting)) is not None:
            judged(at)
        # The others are at their last files; what they answered before is read meanwhile.
        _read(files, answers, verdicts)
        for thread in threads:
            thread.join()
        _read(files, answers, verdicts)
    finally:
        sys.setswitchinterval(usual)
        end(workers)
    for at in range(len(files)):
        if at not in verdicts:
            judged(at)
    return [(answers[at], verdicts[at]) for at in range(len(files))]


def _read(files: Sequence[File], answers: list[str], verdicts: dict[int, Verdict]) -> None:
    """Read the answers that have come in, and have not been read."""
    for at, (path, _) in enumerate(files):
        if answers[at] and at not in verdicts:
            verdicts[at] = from_text(path, answers[at])


def _serve(
    worker: Worker,
    shelf: bytes,
    files: Sequence[File],
    waiting: deque[int],
    answers: list[str],
) -> None:
    """Hand files to a process until none is left, or the process fails."""
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


def _next(waiting: deque[int]) -> int | None:
    try:
        return waiting.popleft()
    except IndexError:
        return None
