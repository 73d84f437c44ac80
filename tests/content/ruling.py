"""Ask a rule of the shelf for its answers, in words, days and exact numbers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any

from lawc.decision.decision import Decision, Port
from lawc.decision.exact import decide
from lawc.decision.values import Absent, Value, exact
from lawc.knowledge.as_of import decision_of
from lawc.knowledge.base import KnowledgeBase


class Bench:
    """The rules of a knowledge base, each decided as of a day once."""

    def __init__(self, base: KnowledgeBase) -> None:
        self.base = base
        self.decision = lru_cache(maxsize=512)(self._decision)

    def ask(
        self,
        identity: str,
        day: date | None = None,
        /,
        **given: int | float | str | Decimal | Fraction | date,
    ) -> dict[str, Any]:
        """Return all that a rule says of a case."""
        decision = self.decision(identity, day)
        values = {port.name: value_of(port, given.pop(port.name)) for port in decision.inputs}
        assert not given, f"{identity} does not ask for {', '.join(given)}"
        answers = decide(decision, values)
        return {name: said(decision.port(name), answers.values[name]) for name in decision.outputs}

    def _decision(self, identity: str, day: date | None) -> Decision:
        return decision_of(self.base.rules[identity], day)


def value_of(port: Port, given: int | float | str | Decimal | Fraction | date) -> Value:
    """Return a given value as the decision takes it."""
    if isinstance(given, date):
        return Fraction(given.toordinal())
    if isinstance(given, str):
        words = port.choices or ("no", "yes")
        return Fraction(words.index(given))
    return exact(given)


def said(port: Port, value: Value) -> Any:
    """Return an answer in the words of the rule."""
    if isinstance(value, Absent):
        return value.value
    if port.kind == "date":
        return date.fromordinal(int(value))
    if port.kind == "yes/no":
        return ("no", "yes")[int(value)]
    return port.choices[int(value)] if port.choices else value


def cents(amount: Fraction) -> Fraction:
    """Return an amount rounded to the cent, half away from zero."""
    sign = -1 if amount < 0 else 1
    return sign * Fraction(int(abs(amount) * 100 + Fraction(1, 2)), 100)


def hinged(on: Fraction, ends: tuple[Fraction, ...], rates: tuple[str, ...]) -> Fraction:
    """A scale written in the other way: each rise of the rate counts above its threshold."""
    tax, before = Fraction(0), Fraction(0)
    for end, rate in zip((Fraction(0), *ends), map(Fraction, rates), strict=True):
        tax += (rate - before) * max(on - end, Fraction(0))
        before = rate
    return tax
