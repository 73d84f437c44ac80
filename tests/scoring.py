"""Score a law in this process, without the processes that bound each mutant's time."""

from __future__ import annotations

from lawc.knowledge.base import KnowledgeBase
from lawc.knowledge.law import Law
from lawc.pipeline.mutant_judge import Judge
from lawc.pipeline.mutation import Fate, Score


def score_here(law: Law, base: KnowledgeBase) -> Score:
    judge = Judge(law, base)
    verdicts = tuple(judge.judge(number) for number in range(len(judge.mutants)))
    survivors = [v for v in verdicts if v.fate is Fate.SURVIVED]
    assert law.place is not None
    return Score(law.identity, law.place.path, verdicts, judge.advice(survivors))
