"""What a proof finds wrong with a decision, with a case that shows it."""

from __future__ import annotations

from enum import StrEnum

from lawc.decision.values import Value
from lawc.diagnostics.immutable import immutable


class Fault(StrEnum):
    """The kinds of findings; `LEFT` is none, but a step of which something is not decided."""

    GAP = "gap"
    OVERLAP = "overlap"
    DISAGREE = "disagree"
    DEAD_ROW = "dead row"
    UNREACHED = "unreached"
    CONFLICT = "conflict"
    SILENT = "silent"
    DEAD_CLAUSE = "dead clause"
    DEAD_EXCEPTION = "dead exception"
    RANGE = "range"
    NO_RESULT = "no result"
    NOT_WHOLE = "not whole"
    NO_PARAMETER = "no parameter"
    NO_INFLUENCE = "no influence"
    IDLE_EXCEPTION = "idle exception"
    LEFT = "left open"


@immutable
class Finding:
    """A fault of a step.

    Attributes:
        step: Its number.
        rows: The rows or clauses concerned, from zero.
        case: Inputs that show it, in their order; empty where none is needed.
        detail: What the exact evaluator says of the case, or what else is to be said.
        name: The quantity concerned.
        day: The day as of which it is so; None where the rule has no dates.
    """

    fault: Fault
    step: int
    rows: tuple[int, ...] = ()
    case: tuple[tuple[str, Value], ...] = ()
    detail: str = ""
    name: str = ""
    day: int | None = None


_HOLES = frozenset(
    (
        Fault.GAP,
        Fault.OVERLAP,
        Fault.DISAGREE,
        Fault.CONFLICT,
        Fault.SILENT,
        Fault.RANGE,
        Fault.NO_RESULT,
        Fault.NOT_WHOLE,
    )
)


def is_hole(finding: Finding) -> bool:
    """Return whether some case is left without an answer, so that claims are not asked."""
    return finding.fault in _HOLES
