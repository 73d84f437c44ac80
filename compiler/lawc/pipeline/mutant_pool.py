"""Judge the mutants of laws in processes, each mutant within a limit of time.

A slip may make an equation that no solver ends with. So a process that is silent for too long is
ended; its mutant counts as out of time, which is not a kill, and a new process takes the next.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

from lawc.analysis.mutants import Mutant, mutants
from lawc.diagnostics.diagnostic import LawcError
from lawc.knowledge.base import KnowledgeBase
from lawc.knowledge.law import Law
from lawc.pipeline.mutant_judge import written
from lawc.pipeline.mutation import Fate, Memory, Score, Verdict, key_of
from lawc.project.line_worker import LineWorker

SECONDS = 20.0
"""For one mutant."""
PATIENCE = 3
"""Times the limit that a mutant gets in a second trial, when the others are done."""
MAX_SECOND_TRIALS = 6
ADVICE_SECONDS = 60.0
START_SECONDS = 120.0


@dataclass(frozen=True)
class Place:
    """Where a worker reads knowledge from: files, else a project, else the library."""

    files: tuple[str, ...] = ()
    root: str = ""


def scores(
    laws: Sequence[Law],
    base: KnowledgeBase,
    place: Place,
    *,
    jobs: int | None = None,
    memory: Memory | None = None,
    seconds: float = SECONDS,
    tell: Callable[[Law, int, int], None] = lambda law, done, total: None,
) -> list[Score]:
    """Return the mutation score of each law, in their order.

    Args:
        laws: Of `base`.
        base: Checked knowledge, without errors.
        place: Where a worker finds the same knowledge.
        jobs: Worker processes; the number of cores where None.
        memory: Remembers scores; every law is judged where it is None.
        seconds: For one mutant.
        tell: Called with a law, and how many of all mutants are judged; from any thread.

    Raises:
        LawcError: The text of a law is not at hand, or changed meanwhile.
    """
    known = {law.identity: memory.score_of(law) for law in laws} if memory is not None else {}
    todo = [law for law in laws if known.get(law.identity) is None]
    made = {law.identity: mutants(written(law, base)[1], law) for law in todo}
    orders = [(law, number) for law in todo for number in range(len(made[law.identity]))]
    verdicts: dict[str, list[Verdict]] = {law.identity: [] for law in todo}
    pool = _Pool(place, min(jobs or os.cpu_count() or 1, max(len(orders), 1)), seconds)
    lock, done = threading.Lock(), 0

    def judge(order: tuple[Law, int]) -> None:
        nonlocal done
        law, number = order
        verdict = pool.judge(law, number, made[law.identity][number])
        with lock:
            done += 1
            verdicts[law.identity].append(verdict)
            tell(law, done, len(orders))

    try:
        pool.each(judge, orders)
        # A machine that had other work to do is no reason to call a mutant endless.
        late = [o for o in orders if _fate(verdicts, o) is Fate.TIME][:MAX_SECOND_TRIALS]
        for law, number in late:
            verdict = pool.judge(law, number, made[law.identity][number], PATIENCE)
            told = verdicts[law.identity]
            told[:] = [verdict if verdict.number == one.number else one for one in told]
        fresh = {}
        for law in todo:
            told = tuple(sorted(verdicts[law.identity], key=lambda verdict: verdict.number))
            path = law.place.path if law.place is not None else ""
            fresh[law.identity] = Score(law.identity, path, told, pool.advice(law, told))
    finally:
        pool.end()
    if memory is not None and fresh:
        memory.remember((law, fresh[law.identity]) for law in todo)
    return [known.get(law.identity) or fresh[law.identity] for law in laws]


def _fate(verdicts: Mapping[str, Sequence[Verdict]], order: tuple[Law, int]) -> Fate:
    law, number = order
    return next(v.fate for v in verdicts[law.identity] if v.number == number)


class _Pool:
    """Threads, each with a process of its own."""

    def __init__(self, place: Place, jobs: int, seconds: float) -> None:
        self._place, self._jobs, self._seconds = place, jobs, seconds
        self._own = threading.local()
        self._workers: list[_Worker] = []
        self._lock = threading.Lock()
        self._closed = False

    def each(
        self, judge: Callable[[tuple[Law, int]], None], orders: Sequence[tuple[Law, int]]
    ) -> None:
        with ThreadPoolExecutor(self._jobs) as threads:
            try:
                for finished in [threads.submit(judge, order) for order in orders]:
                    finished.result()
            except BaseException:
                self.end()
                threads.shutdown(wait=False, cancel_futures=True)
                raise

    def judge(self, law: Law, number: int, mutant: Mutant, patience: float = 1) -> Verdict:
        order = {"law": law.identity, "key": key_of(law), "number": number}
        answer = self._ask(order, self._seconds * patience)
        if "fate" in answer:
            return Verdict(**{**answer, "fate": Fate(answer["fate"])})
        fate = Fate.TIME if answer.get("late") else Fate.BROKEN
        return Verdict(
            number,
            mutant.kind,
            mutant.text,
            mutant.place.start,
            mutant.place.end,
            fate,
            str(answer.get("failed", "")),
        )

    def advice(self, law: Law, verdicts: Sequence[Verdict]) -> tuple[str, ...]:
        survivors = [asdict(v) for v in verdicts if v.fate is Fate.SURVIVED]
        if not survivors:
            return ()
        order = {"law": law.identity, "key": key_of(law), "survivors": survivors}
        return tuple(self._ask(order, ADVICE_SECONDS).get("advice", ()))

    def end(self) -> None:
        with self._lock:
            self._closed = True
            for worker in self._workers:
                worker.end()
            self._workers.clear()

    def _ask(self, order: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        worker: _Worker | None = getattr(self._own, "worker", None)
        if worker is None:
            worker = _Worker(self._place)
            with self._lock:
                self._workers.append(worker)
                if self._closed:
                    worker.end()
            self._own.worker = worker
        answer = worker.ask(order, seconds)
        if "refused" in answer:
            raise LawcError(f"{order['law']}: {answer['refused']}")
        if "late" in answer or "failed" in answer:
            worker.end()
            self._own.worker = None
        return answer


class _Worker:
    """The process that judges, started at its first order."""

    def __init__(self, place: Place) -> None:
        threads = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
        self._process = LineWorker(
            "lawc.pipeline.mutant_worker", [json.dumps(asdict(place))], dict.fromkeys(threads, "1")
        )
        self._ready = False

    def ask(self, order: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """Return the answer to an order; `late` or `failed` says that there is none."""
        if not self._ready:
            greeting = self._process.next(START_SECONDS)
            if greeting is None:
                return {"late": True}
            self._ready = bool(greeting)
        line = self._process.ask(json.dumps(order), seconds)
        if line is None:
            return {"late": True}
        return json.loads(line) if line else {"failed": "the worker broke off"}

    def end(self) -> None:
        """End the process."""
        self._process.end()
