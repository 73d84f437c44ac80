"""What can still come out while facts are unknown, and which fact to ask next, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lawc.deciding.case import numbers_of_case
from lawc.deciding.words import Word, in_words, said
from lawc.decision.decision import Decision, Port
from lawc.decision.partial import ask, possible
from lawc.decision.reach import Reach
from lawc.decision.values import UNKNOWN, Value


def what_can_be(decision: Decision, given: Mapping[str, Any]) -> dict[str, str]:
    """Return for each output what it can be: `urgent or emergency`, `3 .. 5 [mg]`.

    An input that is left out or unknown can be whatever its quantity takes. `at most` stands
    before a set of which not every value is sure to come out.

    Raises:
        DomainError: A name is no input, or a value is not what its quantity takes.
        DecisionError: Nothing comes out.
    """
    found = possible(decision, _numbers(decision, given))
    return {
        name: ("" if name in found.exact else "at most ")
        + _set(decision.port(name), found.values[name])
        for name in decision.outputs
    }


def next_questions(decision: Decision, given: Mapping[str, Any]) -> dict[str, float]:
    """Return the unknown inputs that matter, the most telling first, with what each tells in bits.

    Raises:
        DomainError: A name is no input, or a value is not what its quantity takes.
        DecisionError: Nothing comes out.
    """
    return {q.name: q.gain for q in ask(decision, _numbers(decision, given)) if q.matters}


def _numbers(decision: Decision, given: Mapping[str, Any]) -> dict[str, Value]:
    numbers = numbers_of_case(decision, given)
    return {name: value for name, value in numbers.items() if value is not UNKNOWN}


def _set(port: Port, reach: Reach) -> str:
    words: list[Word] = [in_words(port, value) for value in reach.numbers]
    parts = [said(word) for word in words] + [span_in_words(port, s) for s in reach.spans]
    parts += sorted(said(value) for value in reach.absent)
    unit = f" [{port.unit}]" if port.unit else ""
    return (" or ".join(parts) or "nothing") + unit


def span_in_words(port: Port, span: Any) -> str:
    """Return numbers between two ends as authors write them."""
    low = "" if span.low is None else said(in_words(port, span.low))
    high = "" if span.high is None else said(in_words(port, span.high))
    return f"{low} {'<' * span.low_open}..{'<' * span.high_open} {high}".strip()
