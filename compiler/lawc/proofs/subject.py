"""A decision under proof: its encoding, made once, and questions about its cases."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property

from lawc.decision.decision import Decision
from lawc.decision.formula import Formula
from lawc.proofs.encoding import Encoding
from lawc.proofs.every import every_case
from lawc.proofs.replay import Case, holds, shortened, values_before
from lawc.proofs.search import Clock, Limits, ask, case, refuted
from lawc.proofs.shown import Shown
from lawc.proofs.steps import Definition, definitions
from lawc.proofs.world import Real, World

MOST_CASES = 20_000
"""Cases that are answered one by one, at some ten thousand a second."""

Replay = Callable[[Case], bool]


class Subject:
    """A decision, and what it costs to ask about it.

    Attributes:
        patience: Seconds for all questions together; what is left over stays unasked.
        left: The steps about which a question was left open.
    """

    def __init__(self, decision: Decision, limits: Limits, patience: float = 4.0) -> None:
        self.decision = decision
        self.limits = limits
        self.patience = patience
        self.clock = Clock()
        self.shown = Shown(decision, 2 * limits.seconds)
        self.left: set[int] = set()
        self._answered: dict[int | None, Real] = {}
        self._before: dict[int, tuple[Case, ...]] = {}
        self.definitions: dict[str, Definition] = definitions(decision)

    @cached_property
    def encoding(self) -> Encoding:
        """The decision with its inputs as variables."""
        return Encoding(self.decision, World())

    @property
    def is_spent(self) -> bool:
        """Whether no time is left for further questions."""
        return self.clock.seconds > self.patience

    @cached_property
    def every(self) -> tuple[Case, ...] | None:
        """Every case, where they are few enough to be answered one by one."""
        return every_case(self.decision, min(self.limits.boxes, MOST_CASES))

    def example(
        self,
        conditions: Iterable[Real],
        replay: Replay,
        before: int,
        otherwise: Callable[[], bool] | None = None,
    ) -> Case | None:
        """Return a case of short numbers that reaches a step and was replayed, if one is found.

        Args:
            conditions: Of the case.
            replay: Whether a case shows what is looked for.
            before: The step.
            otherwise: Shows, at more cost, that there is no such case.
        """
        conditions = list(conditions)
        found = self._asked(conditions, before)
        if isinstance(found, dict) and replay(found):
            return shortened(self.decision, found, replay)
        if found is False:
            return None
        if self.every is not None and not self.is_spent:
            return next((given for given in self.every if replay(given)), None)
        shown = (given for given, answers in self.shown.cases if answers is None)
        made = next((given for given in shown if replay(given)), None)
        if made is not None:
            return shortened(self.decision, made, replay)
        if self.is_spent or otherwise is None or not otherwise():
            self.left.add(before)
        return None

    def has(self, conditions: Iterable[Real], holds: Replay, before: int) -> bool | None:
        """Return whether some case reaches a step and shows something, None where open.

        Args:
            conditions: Of the case.
            holds: Whether the values that are known before the step show it.
            before: The step.
        """
        found = self.exists(conditions, before)
        if found is not None:
            return found is not False
        if self.every is not None and not self.is_spent:
            return any(map(holds, self._values_before(self.every, before)))
        self.left.add(before)
        return None

    def holding(self, *conditions: Formula) -> Replay:
        """Return whether conditions hold together, as a question to values."""
        return lambda values: all(holds(self.decision, values, c) for c in conditions)

    def _values_before(self, cases: tuple[Case, ...], before: int) -> tuple[Case, ...]:
        known = self._before.get(before)
        if known is None:
            made = (values_before(self.decision, given, before) for given in cases)
            known = self._before[before] = tuple(values for values in made if values is not None)
        return known

    def _asked(self, conditions: list[Real], before: int) -> Case | bool | None:
        """Return a case, one with known facts if there is one, False where there is none."""
        known = list(self.encoding.known.values())
        found = self.exists([*conditions, *known], before)
        return self.exists(conditions, before) if known and not isinstance(found, dict) else found

    def exists(self, conditions: Iterable[Real], before: int | None) -> Case | bool | None:
        """Return a case, False where there is none, None where that is not known.

        The case is the solver's: it was not replayed.
        """
        if self.is_spent:
            return None
        encoding, conditions = self.encoding, list(conditions)
        # What cannot be whatever earlier steps answer is settled without their formulas.
        if refuted([*encoding.domain, *conditions], self.limits):
            return False
        if before not in self._answered:
            self._answered[before] = encoding.answered(before)
        facts = [*encoding.domain, self._answered[before], *conditions]
        found = ask(encoding.world, facts, self.limits)
        if found.exists is not True:
            return found.exists
        return case(encoding, found.model)
