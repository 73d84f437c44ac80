"""What is known of a claim: proved, refuted with a case, or unknown after so many boxes."""

from __future__ import annotations

from enum import StrEnum

from lawc.decision.values import Value
from lawc.diagnostics.immutable import immutable


class Word(StrEnum):
    """The three verdicts."""

    PROVED = "proved"
    REFUTED = "refuted"
    UNKNOWN = "unknown"


@immutable
class Verdict:
    """The verdict on a claim.

    Attributes:
        cases: Where refuted, the case that breaks it, or the two that do together, each with what
            the exact evaluator says of the subject.
        boxes: How many boxes were looked at.
        means: What decided it: `cases`, `slopes`, `solver`, `logarithms`, `intervals`.
        at: Where refuted, values of the quantity at which it breaks, such as jumps.
    """

    word: Word
    cases: tuple[tuple[tuple[str, Value], ...], ...] = ()
    said: tuple[Value, ...] = ()
    boxes: int = 0
    seconds: float = 0.0
    means: str = ""
    at: tuple[Value, ...] = ()
