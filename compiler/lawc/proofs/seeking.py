"""Seek cases in which conditions hold, with the solver, or prove that there is none.

What a condition depends on is enough to show that no case fulfils it. A case that the solver finds
is filled up from one that the decision answers, and replayed before it counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lawc.decision.decision import Decision, reads
from lawc.decision.formula import Formula, names
from lawc.decision.partial import needed
from lawc.decision.reaching import Found, holds, in_floats
from lawc.decision.values import Value
from lawc.proofs.encoding import Encoding
from lawc.proofs.relaxing import apportions
from lawc.proofs.search import Clock, Limits, ask, case
from lawc.proofs.world import World

LIMITS = Limits(0.5, 1_500_000)
WHOLE, REALS, LOGARITHMS = "whole", "reals", "logarithms"


class Seeker:
    """A decision whose cases are sought.

    Attributes:
        patience: Processor seconds after which nothing more is asked.
    """

    def __init__(
        self, decision: Decision, answered: Mapping[str, Value] | None = None, patience: float = 6.0
    ) -> None:
        self.decision = decision
        self.patience = patience
        self._answered = dict(answered or {})
        self._clock = Clock()
        self._made: dict[tuple[tuple[int, ...], str], Encoding] = {}

    def find(self, condition: Formula) -> Found:
        """Return a replayed case, in numbers of floats, or that there is none, or neither."""
        for encoding in self._encodings(condition):
            if self._clock.seconds > self.patience:
                break
            facts = [*encoding.domain, encoding.answered(), encoding.condition(condition)]
            known = list(encoding.known.values())
            found = ask(encoding.world, [*facts, *known], LIMITS)
            if found.exists is False and known:
                found = ask(encoding.world, facts, LIMITS)
            if found.exists is False:
                return Found(None, True, 0)
            if not found.exists:
                continue
            given = in_floats({**self._answered, **self._read(encoding, condition, found.model)})
            if holds(self.decision, given, condition):
                return Found(given, True, 0)
        return Found(None, False, 0)

    def _read(self, encoding: Encoding, condition: Formula, model: object) -> dict[str, Value]:
        """Return the inputs on which a condition depends, as a model has them."""
        read = names(condition).union(*map(reads, encoding.decision.steps))
        said = case(encoding, model)
        if not self._answered:
            return said
        return {name: value for name, value in said.items() if name in read}

    def _encodings(self, condition: Formula) -> Iterator[Encoding]:
        """Yield what the condition depends on, and then the whole decision, in several forms."""
        inputs = {port.name for port in self.decision.inputs}
        part = needed(self.decision, tuple(names(condition) - inputs))
        for decision in (part, self.decision):
            if apportions(decision):
                return
            for form in (WHOLE, REALS, LOGARITHMS):
                yield self._encoding(decision, form)
            if len(part.steps) == len(self.decision.steps):
                return

    def _encoding(self, decision: Decision, form: str) -> Encoding:
        key = tuple(map(id, decision.steps)), form
        if key not in self._made:
            world = World(is_integral=form != REALS)
            self._made[key] = Encoding(decision, world, prefers_logarithms=form == LOGARITHMS)
        return self._made[key]
