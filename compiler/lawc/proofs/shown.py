"""What drawn cases show of a decision, so that the solver need not be asked.

A clause that speaks in one case which the exact evaluator answers is not dead, whatever else may
be. Most rows, clauses and exceptions show themselves in a few cases, at a small part of the cost
of a question.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from lawc.decision.decision import Decision
from lawc.decision.exact import Answers, decide, evaluate
from lawc.decision.formula import YES, Formula
from lawc.decision.operations import ONE, DecisionError, truth
from lawc.decision.values import Value
from lawc.knowledge.rule import RuleClaim
from lawc.knowledge.words import Always
from lawc.proofs.drawing import draw_cases
from lawc.proofs.replay import Case
from lawc.proofs.search import Clock

CASES = 40


class Shown:
    """Cases of a decision with their answers, drawn once for all questions about it."""

    def __init__(self, decision: Decision, patience: float) -> None:
        """Draw nothing yet.

        Args:
            patience: Seconds of this process after which no further case is answered.
        """
        self.decision = decision
        self.patience = patience

    @cached_property
    def cases(self) -> tuple[tuple[Case, Answers | None], ...]:
        """Cases, with None where one has no answer."""
        every = RuleClaim(Always.COMPARISON, YES, text="influence")
        clock = Clock()
        made: list[tuple[Case, Answers | None]] = []
        for (given,) in draw_cases(self.decision, every, CASES):
            if clock.seconds > self.patience:
                break
            made.append((given, answered(self.decision, given)))
        return tuple(made)

    @cached_property
    def _spoke(self) -> frozenset[tuple[str, int]]:
        """What spoke alone, or first, in some case."""
        return frozenset(
            (name, places[0])
            for _, answers in self.cases
            if answers is not None
            for name, places in answers.because.items()
            if len(places) == 1
        )

    def speaks(self, name: str, place: int, *conditions: Formula) -> bool:
        """Return whether a row or clause of a step speaks in some case.

        Args:
            name: What the step decides.
            place: Of the row or clause in its step.
            conditions: Under which it speaks.
        """
        return (name, place) in self._spoke or self.holds(*conditions)

    def holds(self, *conditions: Formula) -> bool:
        """Return whether conditions hold together in some case that has all answers."""
        return any(
            answers is not None and self._hold(conditions, answers.values)
            for _, answers in self.cases
        )

    def changes(self, name: str, guard: Formula, spoken: Formula, value: Formula) -> bool:
        """Return whether some case would be answered otherwise.

        Args:
            name: What is decided.
            guard: Holds where a change may be.
            spoken: Whether anything would speak.
            value: What would be answered.
        """
        calendars = self.decision.calendars
        for _, answers in self.cases:
            if answers is None or not self._hold((guard,), answers.values):
                continue
            try:
                if truth(evaluate(spoken, answers.values, calendars)) is not ONE:
                    return True
                if evaluate(value, answers.values, calendars) != answers.values[name]:
                    return True
            except DecisionError:
                continue
        return False

    def _hold(self, conditions: tuple[Formula, ...], values: Mapping[str, Value]) -> bool:
        try:
            return all(
                truth(evaluate(condition, values, self.decision.calendars)) is ONE
                for condition in conditions
            )
        except DecisionError:
            return False


def answered(decision: Decision, given: Case) -> Answers | None:
    """Return what a decision says of a case, None where it has no answer."""
    try:
        return decide(decision, given)
    except DecisionError:
        return None
