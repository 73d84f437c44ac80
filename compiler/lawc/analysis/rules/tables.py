"""Tables and grids as written to decision tables."""

from __future__ import annotations

from lawc.analysis.findings import listed, quoted
from lawc.analysis.rules.cells import read_answer, read_cell
from lawc.analysis.rules.formulas import Formulas
from lawc.analysis.rules.measures import Measure, measure_of
from lawc.decision.decision import Cell, Row, Table
from lawc.diagnostics.diagnostic import Place
from lawc.knowledge.law import Quantity
from lawc.syntax.rules import document as written
from lawc.syntax.spelling import nearest
from lawc.syntax.tree import Date, Name

REMARKS = frozenset(("label", "words", "note", "comment"))
"""Columns that say nothing to the machine, beside that the first one labels a row."""

Places = dict[str, Place]


def read_table(section: written.TableSection, formulas: Formulas) -> tuple[Table, Places] | None:
    """Return a table, and the places of its rows by label; what is wrong is reported."""
    grid = section.kind == "grid"
    by = section.by or tuple(
        column.name for column in section.header if _role(column, section) == "by"
    )
    names = (*section.outputs, *by)
    quantities = {name.name: formulas.scope.quantity(name) for name in names}
    known = {name: q for name, q in quantities.items() if q is not None}
    if len(known) < len(quantities):
        return None
    before = len(formulas.scope.findings)
    reading = _Reading(section, by, known, formulas)
    rows = reading.grid() if grid else reading.table()
    if len(formulas.scope.findings) > before and not rows:
        return None
    outputs = tuple(name.name for name in section.outputs)
    return Table(outputs, tuple(n.name for n in by), tuple(rows), section.policy), reading.places


def _role(column: written.Column, section: written.TableSection) -> str:
    name = column.name.name
    if column.is_answer or any(name == output.name for output in section.outputs):
        return "answer"
    if any(name == one.name for one in section.by):
        return "by"
    if name == "from":
        return "from"
    return "remark" if name in REMARKS else "by" if not section.by else "other"


class _Reading:
    def __init__(
        self,
        section: written.TableSection,
        by: tuple[Name, ...],
        quantities: dict[str, Quantity],
        formulas: Formulas,
    ) -> None:
        self.section = section
        self.by = by
        self.quantities = quantities
        self.formulas = formulas
        self.scope = formulas.scope
        self.places: Places = {}

    def table(self) -> list[Row]:
        """Return the rows of a table."""
        roles = [_role(column, self.section) for column in self.section.header]
        measures = [self._measure(column) for column in self.section.header]
        if not self._complete(roles) or None in measures:
            return []
        rows: list[Row] = []
        for line in self.section.rows:
            if len(line.cells) != len(roles):
                self._short(line, len(roles))
                continue
            cells: dict[str, Cell] = {}
            answers: dict[str, object] = {}
            label, since = "", None
            for column, role, measure, cell in zip(
                self.section.header, roles, measures, line.cells, strict=True
            ):
                name = column.name.name
                if role == "remark":
                    label = label or cell.text
                elif role == "from":
                    since = day_of(cell, self.formulas)
                elif role == "answer":
                    assert measure is not None
                    quantity = self.quantities[name]
                    made = read_answer(cell, quantity, measure, self.formulas, line.place)
                    answers[name] = made
                elif not line.otherwise:
                    assert measure is not None
                    cells[name] = read_cell(cell, self.quantities[name], measure, self.formulas)
            rows.append(
                Row(
                    tuple(cells.get(name.name) for name in self.by),
                    tuple(answers[name.name] for name in self.section.outputs),  # type: ignore[misc]
                    self.labelled(label, line.place),
                    line.otherwise,
                    since,
                )
            )
        return rows

    def labelled(self, label: str, place: Place) -> str:
        """Return a label that no row has yet, and note where its row stands."""
        own = label if label and label not in self.places else f"row {len(self.places) + 1}"
        self.places[own] = place
        return own

    def _measure(self, column: written.Column) -> Measure | None:
        quantity = self.quantities.get(column.name.name)
        if quantity is None:
            return Measure()
        return self.scope.measure(quantity, column.unit)

    def _complete(self, roles: list[str]) -> bool:
        section = self.section
        seen: set[str] = set()
        complete = True
        for column, role in zip(section.header, roles, strict=True):
            name = column.name.name
            if name in seen:
                self.scope.report("L0101", f"the column `{name}` stands twice", column.place)
                complete = False
            seen.add(name)
            if role == "answer" and all(name != output.name for output in section.outputs):
                headline = f"the header of this table does not say that it decides `{name}`"
                names = ", ".join([*(o.name for o in section.outputs), name])
                self.scope.report("L0101", headline, column.place, help=f"write `table {names} …`")
                complete = False
            elif role == "other":
                near = nearest(name, tuple(n.name for n in (*section.by, *section.outputs)))
                self.scope.report(
                    "L0101",
                    f"the header of this table does not name `{name}`",
                    column.place,
                    f"did you mean `{near}`?" if near else "",
                    help="name it behind `by`; a column of remarks is called `label`",
                )
                complete = False
        lacking = [n.name for n in (*section.outputs, *self.by) if n.name not in seen]
        if lacking:
            noun = "column" if len(lacking) == 1 else "columns"
            self.scope.report(
                "L0101",
                f"this table has no {noun} for {listed(quoted(lacking))}",
                section.place,
            )
        return complete and not lacking

    def _short(self, line: written.RowLine, many: int) -> None:
        self.scope.report(
            "L0101",
            f"this row has {len(line.cells)} cells, and the header {many}",
            line.place,
            help="write `-` where a cell does not matter",
        )

    def grid(self) -> list[Row]:
        """Return the cells of a grid, each as a row."""
        section, header = self.section, self.section.header
        if len(self.by) != 2 or len(section.outputs) != 1:
            self.scope.report(
                "L0101",
                "a grid decides one quantity by two",
                section.place,
                help="write `grid risk by stage, albuminuria`",
            )
            return []
        across, down = self.quantities[self.by[1].name], self.quantities[self.by[0].name]
        output = self.quantities[section.outputs[0].name]
        if not header or header[0].name.name != down.name:
            self.scope.report(
                "L0101",
                f"the first column of this grid is headed by `{down.name}`",
                header[0].place if header else section.place,
            )
            return []
        own = self.scope.measure(down, header[0].unit)
        if own is None:
            return []
        tops = [
            read_cell(heading(column), across, measure_of(across), self.formulas)
            for column in header[1:]
        ]
        rows: list[Row] = []
        for line in section.rows:
            if len(line.cells) != len(header):
                self._short(line, len(header))
                continue
            left = read_cell(line.cells[0], down, own, self.formulas)
            for top, column, cell in zip(tops, header[1:], line.cells[1:], strict=True):
                answer = read_answer(cell, output, measure_of(output), self.formulas, line.place)
                label = f"{line.cells[0].text}, {column.name.name}"
                rows.append(
                    Row(
                        (None if line.otherwise else left, top),
                        (answer,),
                        self.labelled(label, cell.place),
                        line.otherwise,
                    )
                )
        return rows


def heading(column: written.Column) -> written.Cell:
    """Return the head of a column of a grid as a cell that asks for its value."""
    if column.tests:
        return written.Cell(column.place, column.name.name, column.tests)
    test = written.CellTest(column.place, "=", column.name)
    return written.Cell(column.place, column.name.name, (test,))


def day_of(cell: written.Cell, formulas: Formulas) -> int | None:
    """Return the day that stands in a cell, if any; something else is reported."""
    node = cell.value
    if node is None and len(cell.tests) == 1 and cell.tests[0].relation == "=":
        node = cell.tests[0].low
    if isinstance(node, Date):
        return node.day
    if node is not None or cell.tests:
        formulas.scope.report(
            "L0116", "here a day stands", cell.place, help="write it as 2024-07-01"
        )
    return None
