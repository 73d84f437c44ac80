"""What is certified about a form, as data: a grade, a bound, and how they were obtained.

Grades keep apart what is known from what was seen. A: the form is the law's own formula, and only
rounding stands between them. C: no point that was tried is worse than the bound; how likely a
random point is to be worse is bounded by the binomial.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from lawc.forms.tape import Tape

Grade = Literal["A", "C"]


@dataclass(frozen=True)
class Certificate:
    """A bound on the error of a form against its law.

    Attributes:
        grade: A or C, see above.
        bound: Largest error, as a share of `measure`; at least every error that was seen.
        worst: Largest error seen, as a share of `measure`.
        typical: Root of the mean square of the errors at the random points, as such a share.
        measure: In words, what an error is a share of.
        points: How many points of each kind were tried.
        seeds: Seeds of those points; none was used in training.
        worst_at: Where the worst was seen, inputs in declared units.
        exceedance: With probability 1 - `risk`, the share of the domain whose error is above
            `worst_random` is at most this.
        worst_random: Largest error among the independent random points.
        risk: See `exceedance`.
        reference: The solver of the answers and its tolerance.
        arithmetic: Precision of the form.
        error: Tape from SI inputs and outputs to the bound of each output, in SI.
        agreement: Of a network in the place of a rule, how often it answers as the rule does: at
            all rows tried, near its thresholds and away from them; None for every other form.
        moves: Of a network, what its law says of how outputs rise and fall with inputs, and
            whether that is proved of the network; None where nothing is said.
        of: Digest of the form and of the domain that it is about, see `digest_of`; empty of a rule.
    """

    grade: Grade
    bound: float
    worst: float
    typical: float
    measure: str
    points: dict[str, int]
    seeds: dict[str, int]
    worst_at: dict[str, float]
    exceedance: float
    worst_random: float
    risk: float
    reference: str
    arithmetic: str
    error: Tape
    agreement: Mapping[str, Any] | None = None
    moves: Mapping[str, str] | None = None
    of: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return all but the error tape, which has a place of its own in a manifest."""
        return {
            "grade": self.grade,
            "bound": self.bound,
            "worst": self.worst,
            "typical": self.typical,
            "measure": self.measure,
            "points": dict(self.points),
            "seeds": dict(self.seeds),
            "worst_at": dict(self.worst_at),
            "exceedance": self.exceedance,
            "worst_random": self.worst_random,
            "risk": self.risk,
            "reference": self.reference,
            "arithmetic": self.arithmetic,
            **({"of": self.of} if self.of else {}),
            **({} if self.agreement is None else {"agreement": dict(self.agreement)}),
            **({} if self.moves is None else {"moves": dict(self.moves)}),
        }
