"""What a rule decides, as data: ports, and steps in the order in which they are taken.

The same decision is evaluated exactly, in columns, softly and with unknown values; it is proved,
sampled, stored and printed. A table that was checked is a partition of its inputs, and its
evaluators rely on that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from lawc.decision.formula import YES, Formula, Named, names
from lawc.diagnostics.immutable import immutable


@immutable
class Port:
    """An input, or a quantity that a step decides.

    Attributes:
        kind: `number`, `integer`, `yes/no`, `one of` or `date`.
        unit: As declared; empty for a plain number and for every other kind.
        low, high: The declared range, in the unit; None where it has no end.
        choices: The words of `one of`; a value is the place of its word, from zero.
        step: What every value is a whole multiple of: the smallest coin of money, 1 for integers,
            dates, choices; None for a number on a continuous scale.
        may_be_unknown: Whether a value may be missing.
        words: What it is, in the author's words.
    """

    name: str
    kind: str = "number"
    unit: str = ""
    low: Fraction | None = None
    high: Fraction | None = None
    choices: tuple[str, ...] = ()
    step: Fraction | None = None
    may_be_unknown: bool = False
    log: bool = False
    words: str = ""


@immutable
class Interval:
    """A cell that holds between two numbers; None is no end."""

    low: Fraction | None = None
    high: Fraction | None = None
    low_open: bool = False
    high_open: bool = False


@immutable
class OneOf:
    """A cell that holds at some of the values of a word, a `yes/no` or an integer."""

    values: frozenset[Fraction]


@immutable
class Test:
    """A cell whose condition is a formula: its ends are not constant, or it asks for unknown."""

    condition: Formula


Cell = Interval | OneOf | Test | None
"""A cell of a row; None holds always."""


@immutable
class Row:
    """A row of a table.

    Attributes:
        cells: One for each name in `Table.on`; the row hits where all hold.
        answers: One for each name in `Table.outputs`.
        label: For messages and the trace, `row 3` where the author gave none.
        otherwise: Whether it takes what no other row hits.
        since: The day from which it is in force; of dated rows those of the latest day count.
    """

    cells: tuple[Cell, ...]
    answers: tuple[Formula, ...]
    label: str = ""
    otherwise: bool = False
    since: int | None = None


@immutable
class Table:
    """A decision table.

    Attributes:
        policy: `unique` (exactly one row hits), `first` (the first that hits speaks), or `any`
            (rows that hit together agree).
    """

    outputs: tuple[str, ...]
    on: tuple[str, ...]
    rows: tuple[Row, ...]
    policy: str = "unique"


@immutable
class Bracket:
    """From `above` on, what is more is multiplied by `rate`."""

    above: Formula
    rate: Formula


@immutable
class Bands:
    """The brackets of a scale for some values of what it depends on, from low to high.

    Attributes:
        values: Of `Scale.by`; None where the scale depends on nothing.
        since: The day from which they are in force.
    """

    brackets: tuple[Bracket, ...]
    values: frozenset[Fraction] | None = None
    since: int | None = None


@immutable
class Scale:
    """A marginal scale: the sum over brackets of rate times what lies inside the bracket.

    Attributes:
        on: What is cut into brackets.
        by: The name that chooses the brackets; empty where there is one set of them.
        rounding: An operation `round_…` and its step, or None.
    """

    output: str
    on: Formula
    bands: tuple[Bands, ...]
    by: str = ""
    rounding: tuple[str, Formula] | None = None


@immutable
class Point:
    """A line of a score: points that count where a condition holds."""

    points: Formula
    when: Formula
    label: str = ""


@immutable
class Score:
    """The sum of the points whose condition holds."""

    output: str
    points: tuple[Point, ...]


@immutable
class Clause:
    """One sentence: under its condition, and where no exception to it is in effect, it speaks.

    Attributes:
        label: `L1`; unique in its rule.
        condition: YES where it has none.
        value: With its rounding.
        defeats: Labels of the clauses that it is an exception to.
        words: Of the statute.
    """

    label: str
    value: Formula
    condition: Formula = YES
    defeats: tuple[str, ...] = ()
    words: str = ""


@immutable
class Clauses:
    """All clauses that speak of one quantity; a plain definition is one clause."""

    output: str
    clauses: tuple[Clause, ...]


METHODS = ("down", "half-way", "up", "geometric", "harmonic", "remainders")
"""How seats are rounded: by the divisor methods of D'Hondt and Jefferson, of Sainte-Laguë and
Webster, of Adams, of Huntington and Hill, of Dean; and by the largest remainders of Hamilton."""

TIES = ("lots", "votes", "order")
"""Who gets a seat to which several have the same claim: lots are drawn, and it is unknown; who has
more votes, and lots are drawn among equal ones; who stands first."""


@immutable
class Apportion:
    """A whole handed out to members in whole parts, in proportion to what each has.

    Attributes:
        outputs: What each member gets, in the order of the members.
        whole: How much is handed out.
        by: What each member has, its votes.
        among: Under which condition each member takes part.
        method: One of METHODS.
        least: What each member that takes part gets at least.
        ties: One of TIES.
        members: What the members are called.
    """

    outputs: tuple[str, ...]
    whole: Formula
    by: tuple[Formula, ...]
    among: tuple[Formula, ...]
    method: str
    least: Formula
    ties: str = "lots"
    members: tuple[str, ...] = ()


Step = Table | Scale | Score | Clauses | Apportion


@immutable
class Softness:
    """Half the width of the blur of an output along an input, in the unit of the input."""

    output: str
    input: str
    width: Fraction


WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@immutable
class Calendar:
    """Which days are no business days.

    Attributes:
        weekend: Days of the week, 1 for Monday.
        holidays: Day numbers, sorted.
        since, until: The days between which it is known which days are holidays, both included;
            a question beyond is refused.
    """

    weekend: tuple[int, ...] = (6, 7)
    holidays: tuple[int, ...] = ()
    since: int | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """A rule at one date, ready to be evaluated.

    Attributes:
        inputs: What must be given.
        decided: What the steps decide, one port for each name that they give, in their order.
        outputs: Names among `decided` that are answered.
        steps: Each reads inputs and what earlier steps decided.
        calendars: By name.
    """

    inputs: tuple[Port, ...]
    decided: tuple[Port, ...]
    outputs: tuple[str, ...]
    steps: tuple[Step, ...]
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    softness: tuple[Softness, ...] = ()

    def port(self, name: str) -> Port:
        """Return the port of a name.

        Raises:
            KeyError: There is none.
        """
        for port in (*self.inputs, *self.decided):
            if port.name == name:
                return port
        raise KeyError(f"no quantity {name!r} in this decision")


def decides(step: Step) -> tuple[str, ...]:
    """Return the names that a step decides."""
    return step.outputs if isinstance(step, Table | Apportion) else (step.output,)


def formulas(step: Step) -> tuple[Formula, ...]:
    """Return all formulas of a step, in the order of its text."""
    match step:
        case Table(_, on, rows):
            tests = [c.condition for row in rows for c in row.cells if isinstance(c, Test)]
            answers = [answer for row in rows for answer in row.answers]
            return (*map(Named, on), *tests, *answers)
        case Scale(_, on, bands, by, rounding):
            brackets = [b for band in bands for b in band.brackets]
            ends = [formula for b in brackets for formula in (b.above, b.rate)]
            chooser = (Named(by),) if by else ()
            return (on, *chooser, *ends, *(() if rounding is None else (rounding[1],)))
        case Score(_, points):
            return tuple(formula for point in points for formula in (point.when, point.points))
        case Clauses(_, clauses):
            return tuple(f for clause in clauses for f in (clause.condition, clause.value))
        case Apportion(_, whole, by, among, _, least):
            return (whole, least, *by, *among)


def reads(step: Step) -> frozenset[str]:
    """Return the names that a step reads."""
    return frozenset().union(*(names(formula) for formula in formulas(step)))
