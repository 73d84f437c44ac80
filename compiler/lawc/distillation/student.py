"""What distilling ends with: a form, how it was found and what it keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from lawc.forms.form import Form
from lawc.lowering.program import Program


@dataclass(frozen=True)
class Rung:
    """One network of the ladder and how it went.

    Attributes:
        widths: Hidden widths.
        weights: How many numbers it stores.
        error: Largest error on fresh points, as a share of `program.scale`.
        seconds: Of one core.
        holds: Whether that is good enough.
    """

    widths: tuple[int, ...]
    weights: int
    error: float
    seconds: float
    holds: bool


@dataclass(frozen=True, eq=False)
class Student:
    """The form to be certified and frozen.

    Attributes:
        form: With its weights.
        program: What it answers.
        target: `formula`, `network` or `least squares`.
        error: Largest error on fresh points, as a share of `program.scale`.
        seeds: Seeds of all points that its making saw.
        ladder: The networks of its kind that were tried, in order.
        built_in: How outputs move with inputs for any weights, in words.
        covered: What share of a monotone cover was added to an output so that it moves as stated.
    """

    form: Form
    program: Program
    target: Literal["formula", "network", "least squares"]
    error: float
    seeds: tuple[int, ...] = ()
    ladder: tuple[Rung, ...] = ()
    built_in: tuple[str, ...] = ()
    covered: Mapping[str, float] = field(default_factory=dict)

    @property
    def facts(self) -> dict[str, Any]:
        """What a card says about its making, as JSON."""
        if self.target == "formula":
            return {"form": "exact formula", "error_on_fresh_points": self.error}
        if self.target == "least squares":
            return {
                "form": f"least squares over {self.form.size} stored numbers",
                "error_on_fresh_points": self.error,
                "training_seeds": list(self.seeds),
            }
        return {
            "form": f"network of {self.form.size} weights",
            "error_on_fresh_points": self.error,
            "training_seeds": list(self.seeds),
            "ladder": [
                {
                    "widths": list(rung.widths),
                    "weights": rung.weights,
                    "error": rung.error,
                    "seconds": round(rung.seconds, 2),
                    "holds": rung.holds,
                }
                for rung in self.ladder
            ],
            **({"built_in": ", ".join(self.built_in)} if self.built_in else {}),
            **({"covered": dict(self.covered)} if self.covered else {}),
        }
