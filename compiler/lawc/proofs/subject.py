"""A decision under proof: its encoding, made once, and questions about its cases."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property

from lawc.decision.decision import Decision
from lawc.proofs.encoding import Encoding
from lawc.proofs.replay import Case, shortened
from lawc.proofs.search import Clock, Limits, ask, case, refuted
from lawc.proofs.shown import Shown
from lawc.proofs.steps import Definition, definitions
from lawc.proofs.world import Real, World

Replay = Callable[[Case], bool]


class Subject:
    """A decision, and what it costs to ask about it.

    Attributes:
        patience: Seconds for all questions together; what is left over stays unasked.
    """

    def __init__(self, decision: Decision, limits: Limits, patience: float = 4.0) -> None:
        self.decision = decision
        self.limits = limits
        self.patience = patience
        self.clock = Clock()
        self.shown = Shown(decision, 2 * limits.seconds)
        self._answered: dict[int | None, Real] = {}
        self.definitions: dict[str, Definition] = definitions(decision)

    @cached_property
    def encoding(self) -> Encoding:
        """The decision with its inputs as variables."""
        return Encoding(self.decision, World())

    @property
    def is_spent(self) -> bool:
        """Whether no time is left for further questions."""
        return self.clock.seconds > self.patience

    def example(self, conditions: Iterable[Real], replay: Replay, before: int) -> Case | None:
        """Return a case of short numbers that reaches a step and was replayed, if one is found."""
        conditions = list(conditions)
        known = list(self.encoding.known.values())
        found = self._replayed(self.exists([*conditions, *known], before), replay)
        if found is None and known:
            found = self._replayed(self.exists(conditions, before), replay)
        return found

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

    def _replayed(self, found: Case | bool | None, replay: Replay) -> Case | None:
        if not isinstance(found, dict) or not replay(found):
            return None
        return shortened(self.decision, found, replay)
