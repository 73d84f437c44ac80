"""A rule as known: its quantities, parameters with dates, steps, examples, claims and sources.

Formulas are exact and in declared units (`decision/formula.py`). Rows and brackets may carry the
day from which they are in force; `as of` a day, a rule becomes a decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from lawc.decision.decision import Bands, Calendar, Row, Scale, Softness, Step, Table
from lawc.decision.formula import Formula
from lawc.decision.values import Value
from lawc.diagnostics.diagnostic import Place
from lawc.knowledge import rule_page
from lawc.knowledge.law import Quantity
from lawc.knowledge.words import Always, Status


@dataclass(frozen=True, slots=True)
class Parameter:
    """A quantity that the law sets by date: its values in force, from early to late.

    Attributes:
        values: The first day, and the value in the declared unit, or None where none is in force.
    """

    name: str
    values: tuple[tuple[int, Fraction | None], ...]
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Applies:
    """Where and when a rule is in force; both days included, None without an end."""

    jurisdiction: str
    since: int | None = None
    until: int | None = None
    place: Place | None = field(default=None, compare=False)

    def __str__(self) -> str:
        parts = [f"in {self.jurisdiction}"] if self.jurisdiction else []
        if self.since is not None:
            parts.append(f"from {date.fromordinal(self.since)}")
        if self.until is not None:
            parts.append(f"to {date.fromordinal(self.until)}")
        return " ".join(parts)


@dataclass(frozen=True, slots=True)
class Drawn:
    """How an input is distributed where people live: a family of a closed table, or weights.

    It says what rows are drawn, and nothing of what is decided.

    Attributes:
        family: One of `knowledge.distributions.FAMILIES`; empty where weights are given.
        parameters: Of the family.
        scale, zero: The quantity in its declared unit is `zero` + `scale` times what the family
            describes.
        shares: Values in the declared unit, each with its weight.
        unknown: The share of rows in which the value is unknown, behind a family.
        text: The line as written.
    """

    name: str
    family: str = ""
    parameters: tuple[Fraction, ...] = ()
    scale: Fraction = Fraction(1)
    zero: Fraction = Fraction(0)
    shares: tuple[tuple[Value, Fraction], ...] = ()
    unknown: Fraction = Fraction(0)
    text: str = ""
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Case:
    """A worked case: what is given, what must come out, and on which day it is asked.

    Attributes:
        given: By name, in declared units.
        expected: By name; in declared units.
        tolerance: By name, absolute; exact where none is written.
        day: The day of the question; None where the rule has no dates.
        label: The author's word for it.
    """

    given: Mapping[str, Value]
    expected: Mapping[str, Value]
    tolerance: Mapping[str, Fraction] = field(default_factory=dict)
    day: int | None = None
    label: str = ""
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class RuleClaim:
    """An `always` sentence about a rule.

    Attributes:
        form: COMPARISON, RISES, FALLS, CONSTANT, SCALES, EVEN, ODD or CONTINUOUS.
        subject: What it speaks of; for a comparison, the whole condition.
        by: The quantity it rises, falls or scales with, or in which it is continuous.
        value: The exponent of a scaling.
        where: Conditions that name the region in which it holds.
        jumps: For CONTINUOUS, the values of `by` at which it may jump: `except at 10 [USD]`.
        text: The sentence as written.
    """

    form: Always
    subject: Formula
    by: str | None = None
    value: Formula | None = None
    where: tuple[Formula, ...] = ()
    jumps: tuple[Formula, ...] = ()
    text: str = ""
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, repr=False)
class Rule:
    """A rule that passed its checks.

    Attributes:
        identity: Path and name, such as `medicine.kidney.ckd-risk`.
        quantities: Inputs, parameters and decided quantities, by name, as declared.
        inputs: Names of what must be given, in the order of declaration.
        outputs: Names that steps decide, in the order in which they can be.
        steps: In that order.
        constants: Imported numbers by name, in the unit that the block of constants gives.
        calendars: By name.
        drawn: How inputs are distributed, where the rule says it; the others over their range.
        digest: sha256 of what the rule says, blind to comments, spacing, titles and sources.
        step_places: Where each step stands, in the order of `steps`.
        row_places: Where each row, bracket, point or clause stands, by `STEP/LABEL`: the number of
            its step, and its label, or its number where it has none.
    """

    identity: str
    version: str
    title: str
    status: Status
    sources: tuple[str, ...]
    quantities: Mapping[str, Quantity]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    steps: tuple[Step, ...]
    parameters: tuple[Parameter, ...] = ()
    constants: Mapping[str, Fraction] = field(default_factory=dict)
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    softness: tuple[Softness, ...] = ()
    drawn: tuple[Drawn, ...] = ()
    applies: tuple[Applies, ...] = ()
    cases: tuple[Case, ...] = ()
    claims: tuple[RuleClaim, ...] = ()
    notes: tuple[str, ...] = ()
    supersedes: tuple[str, ...] = ()
    successor: str = ""
    digest: str = ""
    place: Place | None = field(default=None, compare=False)
    step_places: tuple[Place, ...] = field(default=(), compare=False)
    row_places: Mapping[str, Place] = field(default_factory=dict, compare=False)

    @property
    def name(self) -> str:
        """The last part of the identity."""
        return self.identity.rpartition(".")[2]

    @property
    def discipline(self) -> str:
        """The first part of the identity."""
        return self.identity.partition(".")[0]

    def __repr__(self) -> str:
        return rule_page.short(self)

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        return rule_page.fragment(self)

    @property
    def is_dated(self) -> bool:
        """Whether an answer depends on the day of the question."""
        bounded = any(a.since is not None or a.until is not None for a in self.applies)
        return bounded or bool(self.parameters) or any(map(_has_dates, self.steps))


def _has_dates(step: Step) -> bool:
    dated: tuple[Row | Bands, ...] = ()
    if isinstance(step, Table):
        dated = step.rows
    elif isinstance(step, Scale):
        dated = step.bands
    return any(part.since is not None for part in dated)
