"""Sections with days: `parameters`, `applies`, `calendar`; and `soft`, which has widths."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from lawc.analysis.findings import shown
from lawc.analysis.rules.cells import read_plain
from lawc.analysis.rules.formulas import Formulas
from lawc.analysis.rules.measures import DURATION, Measure, Typed, measure_of
from lawc.analysis.rules.scope import CALENDAR, RuleScope
from lawc.analysis.rules.tables import REMARKS, day_of
from lawc.decision.decision import WEEK, Calendar, Softness
from lawc.decision.formula import Number
from lawc.diagnostics.diagnostic import Place
from lawc.knowledge.law import Quantity
from lawc.knowledge.rule import Applies, Parameter
from lawc.syntax.rules import document as written
from lawc.syntax.spelling import nearest
from lawc.syntax.tree import Name, Node
from lawc.units.unit import PLAIN

NONE = ("none", "not applicable")

Values = dict[int, tuple[Fraction | None, Place]]


def declare_parameters(sections: tuple[written.ParametersSection, ...], scope: RuleScope) -> None:
    """Declare parameters that stand only in the header of their section, with a unit there."""
    for section in sections:
        for column in section.header:
            name = column.name
            if column.unit is None or name.name in scope.quantities or name.name in scope.lost:
                continue
            unit = scope.unit(column.unit)
            scope.quantities[name.name] = Quantity(
                name.name, "", PLAIN if unit is None else unit, place=name.place
            )


def read_parameters(
    sections: tuple[written.ParametersSection, ...], formulas: Formulas
) -> tuple[Parameter, ...]:
    """Return the parameters of a rule, with their values from early to late."""
    found: dict[str, tuple[Place, Values, Values]] = {}
    for section in sections:
        _read_section(section, formulas, found)
    made: list[Parameter] = []
    for name, (place, starts, ends) in found.items():
        for day, end in ends.items():
            starts.setdefault(day, end)
        values = tuple((day, starts[day][0]) for day in sorted(starts))
        made.append(Parameter(name, values, place))
    return tuple(made)


def _read_section(
    section: written.ParametersSection,
    formulas: Formulas,
    found: dict[str, tuple[Place, Values, Values]],
) -> None:
    scope = formulas.scope
    roles: list[tuple[Quantity, Measure] | None] = []
    for column in section.header:
        quantity = None
        if column.name.name not in ("from", "to", *REMARKS):
            quantity = scope.quantity(column.name, "parameter")
        measure = None if quantity is None else scope.measure(quantity, column.unit)
        roles.append(None if quantity is None or measure is None else (quantity, measure))
        if quantity is not None:
            found.setdefault(quantity.name, (column.name.place, {}, {}))
    names = [column.name.name for column in section.header]
    if "from" not in names:
        scope.report(
            "L0712",
            "parameters have a column `from`: the day from which they are in force",
            section.place,
        )
        return
    for line in section.rows:
        if len(line.cells) != len(roles):
            headline = f"this row has {len(line.cells)} cells, and the header {len(roles)}"
            scope.report("L0101", headline, line.place)
            continue
        since = day_of(line.cells[names.index("from")], formulas)
        until = day_of(line.cells[names.index("to")], formulas) if "to" in names else None
        if since is None:
            scope.report("L0712", "this row does not say from which day it is in force", line.place)
            continue
        if until is not None and until < since:
            scope.report("L0712", "this row ends before it begins", line.place)
            continue
        for role, cell in zip(roles, line.cells, strict=True):
            if role is not None:
                _value(role, cell, (since, until), formulas, found[role[0].name])


def _value(
    role: tuple[Quantity, Measure],
    cell: written.Cell,
    span: tuple[int, int | None],
    formulas: Formulas,
    into: tuple[Place, Values, Values],
) -> None:
    quantity, measure = role
    _, starts, ends = into
    since, until = span
    if cell.text.strip() in ("", "-"):
        return
    value = None
    node = cell.value
    if node is None and len(cell.tests) == 1 and cell.tests[0].relation == "=":
        node = cell.tests[0].low
    if node is not None and not (isinstance(node, Name) and node.name in NONE):
        value = read_plain(node, quantity, measure, formulas)
        if value is None:
            return
    if since in starts:
        formulas.scope.report(
            "L0712",
            f"`{quantity.name}` has two values from {date.fromordinal(since)}",
            cell.place,
            others=[(starts[since][1], "the first one")],
        )
        return
    starts[since] = value, cell.place
    if until is not None:
        ends[until + 1] = None, cell.place


def read_applies(lines: tuple[written.AppliesLine, ...], scope: RuleScope) -> tuple[Applies, ...]:
    """Return where and when a rule is in force."""
    made: list[Applies] = []
    for line in lines:
        since, until = scope.day(line.since), scope.day(line.until)
        if since is not None and until is not None and until < since:
            scope.report("L0712", "a rule cannot end before it begins", line.place)
            continue
        where = "" if line.jurisdiction is None else line.jurisdiction.text
        made.append(Applies(where, since, until, line.place))
    return tuple(made)


def read_calendars(lines: tuple[written.CalendarLine, ...], scope: RuleScope) -> None:
    """Put the calendars of a rule into its scope."""
    grouped: dict[str, list[written.CalendarLine]] = {}
    for line in lines:
        name = CALENDAR if line.calendar is None else line.calendar.text
        grouped.setdefault(name, []).append(line)
    for name, own in grouped.items():
        scope.calendars[name] = _calendar(own, scope)


def _calendar(lines: list[written.CalendarLine], scope: RuleScope) -> Calendar:
    weekend: tuple[int, ...] | None = None
    holidays: set[int] = set()
    since = until = None
    for line in lines:
        match line.key.text:
            case "weekend":
                weekend = tuple(sorted(d for v in line.values if (d := _weekday(v, scope))))
            case "holidays":
                days = [scope.day(value) for value in line.values]
                holidays.update(day for day in days if day is not None)
            case "known":
                ends = [scope.day(value) for value in line.values]
                if len(ends) == 2:
                    since, until = ends
                    if since is not None and until is not None and until < since:
                        scope.report("L0704", "this calendar ends before it begins", line.place)
            case key:
                near = nearest(key, ("weekend", "holidays", "known"))
                scope.report(
                    "L0704",
                    f"a calendar has no line `{key}`",
                    line.key.place,
                    f"did you mean `{near}`?" if near else "",
                    help="write `weekend`, `holidays` or `known`",
                )
    for day in sorted(holidays):
        if (since is not None and day < since) or (until is not None and day > until):
            scope.report(
                "L0704",
                f"the holiday {date.fromordinal(day)} lies outside the days that are known",
                lines[0].place,
                help="widen the line `known`",
            )
            break
    if weekend is not None and len(set(weekend)) == 7:
        scope.report("L0704", "a week has a day for business", lines[0].place)
        weekend = None
    chosen = (6, 7) if weekend is None else weekend
    return Calendar(chosen, tuple(sorted(holidays)), since, until)


def _weekday(node: Node, scope: RuleScope) -> int:
    word = node.name.lower() if isinstance(node, Name) else scope.text(node.place).lower()
    if word in WEEK:
        return WEEK.index(word) + 1
    if word == "none":
        return 0
    near = nearest(word, WEEK)
    scope.report(
        "L0704",
        f"`{word}` is no day of the week",
        node.place,
        f"did you mean `{near}`?" if near else "",
    )
    return 0


def read_soft(lines: tuple[written.SoftLine, ...], formulas: Formulas) -> tuple[Softness, ...]:
    """Return the widths of blurs, each in the unit of its input."""
    scope = formulas.scope
    made: dict[tuple[str, str], Softness] = {}
    for line in lines:
        output = scope.quantity(line.output)
        for name, node in line.widths:
            quantity = scope.quantity(name)
            if quantity is None or output is None:
                continue
            width = _width(node, quantity, formulas)
            if width is None:
                continue
            if width <= 0:
                headline = f"a blur has a width above zero, and not {shown(float(width))}"
                scope.report("L0718", headline, node.place)
            made[output.name, quantity.name] = Softness(output.name, quantity.name, width)
    return tuple(made.values())


def _width(node: Node, quantity: Quantity, formulas: Formulas) -> Fraction | None:
    own = measure_of(quantity)
    if own.choices:
        formulas.scope.report(
            "L0718", f"`{quantity.name}` is {own.said}, and has no width to blur", node.place
        )
        return None
    typed = formulas.read(node)
    if typed is None:
        return None
    # A width is a difference, also on a scale such as °C and between days.
    wanted = DURATION if own.kind == "date" else _difference(own)
    typed = Typed(typed.formula, _difference(typed.measure), typed.bare)
    of = f"the width of the blur along `{quantity.name}`"
    width = formulas.fitted(typed, wanted, node, of)
    return width.value if isinstance(width, Number) else None


def _difference(measure: Measure) -> Measure:
    return Measure(measure.kind, measure.dimension, measure.scale, unit=measure.unit)
