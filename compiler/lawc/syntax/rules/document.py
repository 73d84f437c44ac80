"""The sections of a rule as written: tables, scales, parameters, clauses, soft, sample.

A cell or an answer that is one word, `very-high`, `yes`, `unknown`, is a `Name` of that text, also
where a hyphen stands in it; what it names, the analysis says. A day is a `Date`. `x is known`,
`x is unknown`, `x is applicable` and `x is not applicable` are calls of `is_known` and
`is_applicable`, with `not` around them. `not applicable` in a cell is a `Name` of that text.
"""

from __future__ import annotations

from lawc.diagnostics.diagnostic import Place
from lawc.diagnostics.immutable import immutable
from lawc.syntax.document import Word
from lawc.syntax.tree import Name, Node, UnitText


@immutable
class CellTest:
    """One of the alternatives of a cell: `>= 90`, `60 ..< 90`, `G1`.

    Attributes:
        relation: `..` for a range with two ends, else one of `= != < <= > >=`.
        low: The lower end of a range, else what is compared with.
        high: The upper end of a range.
        low_open, high_open: `a <.. b` leaves out the lower end, `a ..< b` the upper, `a <..< b`
            both.
    """

    place: Place
    relation: str
    low: Node
    high: Node | None = None
    low_open: bool = False
    high_open: bool = False


@immutable
class Cell:
    """A cell of a table.

    Attributes:
        tests: Alternatives, one of which has to hold; none where the cell is `-` or empty, and in
            a column of answers.
        negated: Whether it begins with `not`, and so none of them may hold.
        value: The answer, in a column of answers, of points, rates or parameters; the condition in
            a column `when`; what is given, in a worked case; None where it is `-` or empty.
        tolerance: Of an answer of a worked case, `2.5 within 0.1`.
        text: As written, without surrounding space; in a column `words` or `label` without its
            quotation marks.
    """

    place: Place
    text: str
    tests: tuple[CellTest, ...] = ()
    negated: bool = False
    value: Node | None = None
    tolerance: Node | None = None


@immutable
class RowLine:
    """A line of a table, without its header.

    Attributes:
        otherwise: Whether its first cell is the word `otherwise`; its tests are then empty.
    """

    place: Place
    cells: tuple[Cell, ...]
    otherwise: bool = False


@immutable
class Column:
    """A cell of a header: a name, or one of `from`, `to`, `above`, `rate`, `points`, `when`.

    `label` and `words` head columns of text, and `as of` the day of a worked case.

    Attributes:
        unit: What its numbers are in, where it is written behind the name: `income [EUR]`.
        is_answer: Whether `->` stands before it, or its name is decided by the table.
        tests: In the header of a grid, from its second cell on: when the column counts, `A1`,
            `< 30`, `30 .. 300`; its name is then its text.
        tolerance: Of a column of worked cases, `-> x within 0.1`.
    """

    place: Place
    name: Name
    unit: UnitText | None = None
    is_answer: bool = False
    tests: tuple[CellTest, ...] = ()
    tolerance: Node | None = None


@immutable
class TableSection:
    """`table OUT, … by IN, … first`, or `grid OUT by A, B`, and its lines.

    Attributes:
        kind: `table` or `grid`; the header of a grid names A, then the values of B.
        policy: `unique`, `first` or `any`, the last word of the header; `unique` where none.
        header: Of a grid: its first cell, then one column for each value of B.
    """

    place: Place
    kind: str
    outputs: tuple[Name, ...]
    by: tuple[Name, ...]
    policy: str
    header: tuple[Column, ...]
    rows: tuple[RowLine, ...]


@immutable
class RoundingText:
    """`rounded down to 1 [USD]`.

    Attributes:
        mode: `down`, `up`, `nearest`, `half even`, `toward zero` or `from zero`.
    """

    place: Place
    mode: str
    step: Node


@immutable
class ScaleSection:
    """`scale OUT marginal on X by K rounded …` and its lines.

    The columns are `above` and `rate`, with one of the name K where there is one, and `from`; or
    `rate` and one for each value of K, whose cells say above what.

    Attributes:
        on: What is cut into brackets, an expression.
    """

    place: Place
    output: Name
    on: Node
    by: Name | None
    rounding: RoundingText | None
    header: tuple[Column, ...]
    rows: tuple[RowLine, ...]


@immutable
class ScoreSection:
    """`score OUT` and its lines, whose columns are `points`, `when` and perhaps `words`."""

    place: Place
    output: Name
    header: tuple[Column, ...]
    rows: tuple[RowLine, ...]


@immutable
class ApportionSection:
    """`apportion seats[party] from house by votes[party]` and the lines below it.

    Attributes:
        output: What each member of a set gets, `seats[party]`.
        whole: What is handed out.
        by: What each member has.
        rounding: `down`, `half-way`, `up`, `geometric`, `harmonic` or `largest remainders`.
        least: Behind `at least`.
        among: The set, and the condition under which a member takes part.
        ties: `by lot`, `by votes` or `in order`.
    """

    place: Place
    output: Name
    whole: Node
    by: Node
    rounding: Word
    least: Node | None = None
    among: tuple[Name, Node] | None = None
    ties: Word | None = None


@immutable
class ParametersSection:
    """`parameters` and its lines, whose columns are `from`, perhaps `to`, and the parameters."""

    place: Place
    header: tuple[Column, ...]
    rows: tuple[RowLine, ...]


@immutable
class ClauseLine:
    """`L2: except L1 when condition: y = value rounded down to 1 [USD] "words"`.

    All of these say the same of `y`; `when` may stand before the colon or behind the value:
    `L1: y = value when condition "words"`. `L3: … y not applicable` answers that there is none.

    Attributes:
        label: None where none is written.
        defeats: Labels behind `except`.
        output: What it decides.
        value: A Node, or None for `not applicable`.
        each: The indices it holds for: `L1[i in party]: …`; each with a set, or a Range.
    """

    place: Place
    label: Word | None
    output: Name
    value: Node | None
    condition: Node | None = None
    defeats: tuple[Word, ...] = ()
    rounding: RoundingText | None = None
    words: str = ""
    each: tuple[tuple[Name, Node], ...] = ()


@immutable
class SoftLine:
    """`stage: eGFR +/- 3 [mL/min], ACR +/- 5 [mg/g]`, one line of `soft`."""

    place: Place
    output: Name
    widths: tuple[tuple[Name, Node], ...]


@immutable
class SampleLine:
    """`income ~ normal(5e4 [USD], 2e4 [USD]), unknown 0.1`, or `status ~ single 3, joint 4`.

    Attributes:
        unit: Of `value(income, [USD]) ~ lognormal(10.8, 0.9)`; None where no `value` stands.
        family: None where values are listed.
        parameters: In the order of the family.
        shares: Values that are listed, each with its weight.
        unknown: The share of rows in which the value is unknown, behind a family.
    """

    place: Place
    name: Name
    unit: UnitText | None = None
    family: Name | None = None
    parameters: tuple[Node, ...] = ()
    shares: tuple[tuple[Node, Node], ...] = ()
    unknown: Node | None = None


@immutable
class AppliesLine:
    """`applies in US from 2024-01-01 to 2024-12-31`, a line of the head; each part may lack."""

    place: Place
    jurisdiction: Word | None
    since: Node | None = None
    until: Node | None = None


@immutable
class CasesSection:
    """The lines under `examples`, a table of worked cases.

    The columns are inputs, then decided quantities behind `->`; `as of` is a column for the day of
    the question, `label` one for the author's word. A cell may say `unknown` or `not applicable`,
    an answer `2.5 within 0.1`.

    Attributes:
        by: The set behind `examples by`: each row is an element, and all of them are one case.
        given: What is one value in such a case, behind `given`.
        day: The day of such a case, behind `as of`.
    """

    place: Place
    header: tuple[Column, ...]
    rows: tuple[RowLine, ...]
    by: Name | None = None
    given: tuple[tuple[Name, Node], ...] = ()
    day: Node | None = None


@immutable
class CalendarLine:
    """`holidays 2024-01-01, …`, `weekend saturday, sunday` or `known 2020-01-01 .. 2030-12-31`.

    Attributes:
        values: Days, names of days of the week, or the first day known and the last.
        calendar: The name behind `calendar`, where a rule has several.
    """

    place: Place
    key: Word
    values: tuple[Node, ...]
    calendar: Word | None = None


@immutable
class RuleSections:
    """What a `rule` block has beside the sections that every block may have, in their order."""

    steps: tuple[
        TableSection | ScaleSection | ScoreSection | ApportionSection | ClauseLine, ...
    ] = ()
    parameters: tuple[ParametersSection, ...] = ()
    soft: tuple[SoftLine, ...] = ()
    sample: tuple[SampleLine, ...] = ()
    applies: tuple[AppliesLine, ...] = ()
    cases: tuple[CasesSection, ...] = ()
    calendar: tuple[CalendarLine, ...] = ()
