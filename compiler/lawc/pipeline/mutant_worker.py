"""A process that judges mutants: orders come as lines on the standard input, verdicts leave as
lines.

It reads the law anew from its files, so that no law travels between processes. Time is limited
from outside (`mutant_pool.py` ends the process). It ends when its input does, or its parent.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lawc.diagnostics.diagnostic import LawcError
from lawc.knowledge.base import KnowledgeBase
from lawc.pipeline.checking import read_library, read_paths, read_project
from lawc.pipeline.mutant_judge import Judge
from lawc.pipeline.mutation import Fate, Verdict, key_of


class _Bench:
    """The knowledge that orders speak of, and the law that was judged last."""

    def __init__(self, place: Mapping[str, Any]) -> None:
        self._base = knowledge_at(place)
        self._judge: Judge | None = None

    def judge(self, order: Mapping[str, Any]) -> Judge:
        """Return the judge of an order's law."""
        if self._judge is None or self._judge.law.identity != order["law"]:
            law = self._base.laws.get(order["law"])
            if law is None or key_of(law) != order["key"]:
                raise LawcError("its text changed while its mutants were judged; try again")
            self._judge = Judge(law, self._base)
        return self._judge


def knowledge_at(place: Mapping[str, Any]) -> KnowledgeBase:
    """Return the knowledge of the files or the project that a place names, else the library."""
    if place.get("files"):
        return read_paths([Path(name) for name in place["files"]])[0]
    return read_project(Path(place["root"])) if place.get("root") else read_library()


def verdict_on(judge: Judge, number: int) -> Verdict:
    """Return what becomes of a mutant, or why it could not be judged."""
    try:
        return judge.judge(number)
    except Exception as defect:
        # A defect of ours is no merit of the law's checks, and must not end the others' judgement.
        mutant = judge.mutants[number]
        place, by = mutant.place, f"{type(defect).__name__}: {defect}"
        return Verdict(number, mutant.kind, mutant.text, place.start, place.end, Fate.BROKEN, by)


def serve(place: Mapping[str, Any]) -> None:
    """Judge what each order asks for, until the input ends."""
    # Only verdicts may reach the parent; what a library prints goes to the error stream.
    channel = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    sys.stdout = sys.stderr
    bench = _Bench(place)
    channel.write(json.dumps({"ready": True}) + "\n")
    channel.flush()
    for line in sys.stdin:
        order = json.loads(line)
        try:
            judge = bench.judge(order)
            if "survivors" in order:
                survivors = [Verdict(**{**v, "fate": Fate(v["fate"])}) for v in order["survivors"]]
                answers: list[Any] = [{"advice": judge.advice(survivors)}]
            else:
                answers = [asdict(verdict_on(judge, order["number"]))]
        except LawcError as refusal:
            answers = [{"refused": str(refusal)}]
        for answer in answers:
            channel.write(json.dumps(answer) + "\n")
        channel.flush()


def _end_with_parent(parent: int) -> None:
    """End at once when the parent is gone, even in the middle of a calculation."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    serve(json.loads(sys.argv[1]))
