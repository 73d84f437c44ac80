"""Scales and scores as written to steps: sums over brackets, and over points."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from lawc.analysis.rules.cells import read_cell
from lawc.analysis.rules.clauses import ROUNDING, rounded
from lawc.analysis.rules.formulas import Formulas, is_bare
from lawc.analysis.rules.measures import Measure, Typed, measure_in, measure_of
from lawc.analysis.rules.tables import REMARKS, day_of
from lawc.decision.decision import Bands, Bracket, OneOf, Point, Scale, Score
from lawc.decision.formula import Apply, Formula, Number, number
from lawc.diagnostics.diagnostic import Place
from lawc.knowledge.law import Quantity
from lawc.syntax.rules import document as written
from lawc.syntax.tree import Node

Places = dict[str, Place]
Group = tuple[frozenset[Fraction] | None, int | None]


def read_score(section: written.ScoreSection, formulas: Formulas) -> tuple[Score, Places] | None:
    """Return a score, and the places of its points by label."""
    quantity = formulas.scope.quantity(section.output)
    if quantity is None:
        return None
    columns = {column.name.name: at for at, column in enumerate(section.header)}
    if not _has(columns, ("points", "when"), section.place, formulas):
        return None
    measure = formulas.scope.measure(quantity, section.header[columns["points"]].unit)
    if measure is None:
        return None
    points: list[Point] = []
    places: Places = {}
    for line in section.rows:
        if not _fits(line, len(section.header), formulas):
            continue
        count, when = line.cells[columns["points"]], line.cells[columns["when"]]
        if count.value is None or when.value is None:
            lacking = "points" if count.value is None else "when they count"
            formulas.scope.report("L0705", f"this line does not say {lacking}", line.place)
            continue
        many = formulas.value(count.value, quantity, measure)
        condition = formulas.condition(when.value)
        label = _label(line, section.header, places)
        places[label] = line.place
        if many is not None and condition is not None:
            points.append(Point(many, condition, label))
    return Score(quantity.name, tuple(points)), places


def read_scale(section: written.ScaleSection, formulas: Formulas) -> tuple[Scale, Places] | None:
    """Return a scale, and the places of its brackets by their number through all bands."""
    scope = formulas.scope
    output, on = scope.quantity(section.output), formulas.read(section.on)
    by = None if section.by is None else scope.quantity(section.by)
    if output is None or on is None or (by is None and section.by is not None):
        return None
    if not formulas.calculates(on, section.on):
        return None
    own = measure_of(output)
    if not own.is_number:
        scope.report("L0713", f"`{output.name}` is {own.said}, and is no sum", section.output.place)
        return None
    reading = _Scale(section, output, on, by, formulas)
    bands = reading.bands()
    rounding = None
    if section.rounding is not None:
        made = rounded(number(0), section.rounding, output, formulas)
        step = made.parts[1] if isinstance(made, Apply) else number(1)
        rounding = (ROUNDING[section.rounding.mode], step)
    name = "" if by is None else by.name
    return Scale(output.name, on.formula, bands, name, rounding), reading.places


class _Scale:
    def __init__(
        self,
        section: written.ScaleSection,
        output: Quantity,
        on: Typed,
        by: Quantity | None,
        formulas: Formulas,
    ) -> None:
        self.section, self.output, self.on, self.by = section, output, on, by
        self.formulas = formulas
        self.places: Places = {}
        self.columns = {column.name.name: at for at, column in enumerate(section.header)}

    def bands(self) -> tuple[Bands, ...]:
        """Return the bands, from the lowest bracket of each to the highest."""
        by = self.by
        if not _has(self.columns, ("rate",), self.section.place, self.formulas):
            return ()
        groups: dict[Group, list[tuple[Bracket, Place]]] = {}
        crossed = "above" not in self.columns
        if crossed and by is None:
            _has(self.columns, ("above",), self.section.place, self.formulas)
            return ()
        if not crossed and by is not None and by.name not in self.columns:
            _has(self.columns, (by.name,), self.section.place, self.formulas)
            return ()
        for line in self.section.rows:
            if not _fits(line, len(self.section.header), self.formulas):
                continue
            since = None
            if "from" in self.columns:
                since = day_of(line.cells[self.columns["from"]], self.formulas)
            rate = self._rate(line)
            for values, column, cell in self._ends(line, crossed):
                above = self._above(cell, column)
                if above is not None and rate is not None:
                    bracket = Bracket(above, rate), cell.place
                    groups.setdefault((values, since), []).append(bracket)
        made: list[Bands] = []
        for (values, since), brackets in groups.items():
            self._check(brackets)
            for _, place in brackets:
                self.places[str(len(self.places))] = place
            made.append(Bands(tuple(bracket for bracket, _ in brackets), values, since))
        return tuple(made)

    def _ends(
        self, line: written.RowLine, crossed: bool
    ) -> list[tuple[frozenset[Fraction] | None, written.Column, written.Cell]]:
        """Return above what a line begins, and for which values of what the scale hangs on."""
        header = self.section.header
        if not crossed:
            at = self.columns["above"]
            values = None
            if self.by is not None:
                cell = line.cells[self.columns[self.by.name]]
                values = self._values(cell.tests, cell.negated, cell)
            return [(values, header[at], line.cells[at])]
        found: list[tuple[frozenset[Fraction] | None, written.Column, written.Cell]] = []
        for column, cell in zip(header, line.cells, strict=True):
            if column.name.name in ("rate", "from", *REMARKS):
                continue
            tests = column.tests or (written.CellTest(column.place, "=", column.name),)
            if cell.text.strip() in ("", "-"):
                continue
            found.append((self._values(tests, False, cell), column, cell))
        return found

    def _values(
        self, tests: tuple[written.CellTest, ...], negated: bool, cell: written.Cell
    ) -> frozenset[Fraction] | None:
        assert self.by is not None
        if not tests:
            return None
        asked = written.Cell(tests[0].place, cell.text, tests, negated)
        found = read_cell(asked, self.by, measure_of(self.by), self.formulas)
        if isinstance(found, OneOf):
            return found.values
        if found is not None:
            self.formulas.scope.report(
                "L0713",
                "brackets are chosen by a word, a yes or no, or a whole number",
                tests[0].place,
            )
        return None

    def _node(self, cell: written.Cell) -> Node | None:
        if cell.value is None and len(cell.tests) == 1 and cell.tests[0].relation == "=":
            return cell.tests[0].low
        return cell.value

    def _rate(self, line: written.RowLine) -> Formula | None:
        """Return a rate in the unit of the output for one of what is cut."""
        at = self.columns["rate"]
        cell, column = line.cells[at], self.section.header[at]
        node = self._node(cell)
        if node is None:
            self.formulas.scope.report("L0705", "this bracket has no rate", line.place)
            return None
        own, cut = measure_of(self.output), self.on.measure
        wanted = Measure(
            dimension=own.dimension / cut.dimension, scale=own.scale / cut.scale, unit="1"
        )
        typed = self.formulas.read(node)
        if typed is None:
            return None
        if column.unit is not None and is_bare(node):
            unit = self.formulas.scope.unit(column.unit)
            if unit is None:
                return None
            typed = Typed(typed.formula, measure_in(unit))
        elif is_bare(node) and not wanted.dimension.is_none:
            return typed.formula
        return self.formulas.fitted(typed, wanted, node, f"a rate of `{self.output.name}`")

    def _above(self, cell: written.Cell, column: written.Column) -> Formula | None:
        node, cut = self._node(cell), self.on.measure
        if node is None:
            self.formulas.scope.report(
                "L0705", "this bracket does not say above what", cell.place, help="write a number"
            )
            return None
        typed = self.formulas.read(node)
        if typed is None:
            return None
        if is_bare(node):
            if column.unit is None:
                return typed.formula
            unit = self.formulas.scope.unit(column.unit)
            if unit is None:
                return None
            typed = Typed(typed.formula, measure_in(unit))
        return self.formulas.fitted(typed, cut, node, "what is cut into brackets")

    def _check(self, brackets: list[tuple[Bracket, Place]]) -> None:
        for (low, first), (high, second) in pairwise(brackets):
            if not isinstance(low.above, Number) or not isinstance(high.above, Number):
                continue
            if high.above.value <= low.above.value:
                self.formulas.scope.report(
                    "L0713",
                    "the brackets of a scale begin higher from line to line",
                    second,
                    others=[(first, "the one before")],
                    help="sort the lines from the lowest bracket to the highest",
                )
                return


def _has(
    columns: dict[str, int], wanted: tuple[str, ...], place: Place, formulas: Formulas
) -> bool:
    for name in wanted:
        if name not in columns:
            formulas.scope.report("L0101", f"here a column `{name}` is missing", place)
    return all(name in columns for name in wanted)


def _fits(line: written.RowLine, many: int, formulas: Formulas) -> bool:
    if len(line.cells) == many:
        return True
    formulas.scope.report(
        "L0101",
        f"this row has {len(line.cells)} cells, and the header {many}",
        line.place,
        help="write `-` where a cell does not matter",
    )
    return False


def _label(line: written.RowLine, header: tuple[written.Column, ...], places: Places) -> str:
    for column, cell in zip(header, line.cells, strict=True):
        if column.name.name in REMARKS and cell.text and cell.text not in places:
            return cell.text
    return f"row {len(places) + 1}"
