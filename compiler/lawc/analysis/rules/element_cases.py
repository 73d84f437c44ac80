"""A worked case with a row for each element: `examples by party` as one case of plain columns."""

from __future__ import annotations

from dataclasses import replace

from lawc.analysis.findings import finding, listed, quoted
from lawc.analysis.vocabulary import Vocabulary, element
from lawc.diagnostics.diagnostic import Diagnostic, Place
from lawc.syntax.rules.document import CasesSection, Cell, Column, RowLine
from lawc.syntax.spelling import nearest
from lawc.syntax.tree import Name

AS_OF = "as of"
"""Heads the column of the day of a worked case."""


def vertical(
    section: CasesSection, said: Vocabulary, findings: list[Diagnostic]
) -> CasesSection | None:
    """Return a case whose rows are elements as one row; None where it cannot be, as is reported.

    Args:
        section: With the set that its rows run over behind `by`.
        said: The sets and indices of the rule.
        findings: Where to report.
    """
    assert section.by is not None
    reading = _Vertical(section, section.by, said, findings)
    before = len(findings)
    made = reading.section_of()
    return made if len(findings) == before else None


class _Vertical:
    def __init__(
        self, section: CasesSection, by: Name, said: Vocabulary, findings: list[Diagnostic]
    ) -> None:
        self.section, self.by, self.said, self.findings = section, by, said, findings

    def section_of(self) -> CasesSection | None:
        """Return the one row that the rows of elements make."""
        known = self.said.sets.get(self.by.name, ())
        if not known:
            self._report("L0118", f"`{self.by.name}` is no set of this rule", self.by.place)
            return None
        names = [column.name.name for column in self.section.header]
        if self.by.name not in names:
            headline = f"no column of these examples is `{self.by.name}`"
            self._report("L0101", headline, self.section.place)
            return None
        at = names.index(self.by.name)
        for place, column in enumerate(self.section.header):
            if place != at and self.said.indices.get(column.name.name) != (self.by.name,):
                self._report(
                    "L0115",
                    f"`{column.name.name}` has no value for each `{self.by.name}`",
                    column.place,
                    f"write it above the table: `examples by {self.by.name} … as of 2024-07-01`"
                    if column.name.name == AS_OF
                    else "write what is one value behind `given`, and an answer in a table of its "
                    "own",
                )
        columns: list[Column] = []
        cells: list[Cell] = []
        for name, value in self.section.given:
            columns.append(Column(name.place, name))
            cells.append(Cell(value.place, "", value=value))
        if (day := self.section.day) is not None:
            columns.append(Column(day.place, Name(day.place, AS_OF)))
            cells.append(Cell(day.place, "", value=day))
        seen: dict[str, Place] = {}
        for row in self.section.rows:
            self._row(row, at, known, seen, columns, cells)
        one = RowLine(self.section.place, tuple(cells))
        return replace(
            self.section, header=tuple(columns), rows=(one,), by=None, given=(), day=None
        )

    def _row(
        self,
        row: RowLine,
        at: int,
        known: tuple[str, ...],
        seen: dict[str, Place],
        columns: list[Column],
        cells: list[Cell],
    ) -> None:
        chosen = row.cells[at].text
        if chosen not in known:
            near = nearest(chosen, known)
            help = f"write `{near}`" if near else f"its elements are {listed(quoted(known[:8]))}"
            headline = f"`{self.by.name}` has no element `{chosen}`"
            self._report("L0115", headline, row.cells[at].place, help)
            return
        if chosen in seen:
            self._report("L0101", f"two rows speak of `{chosen}`", row.cells[at].place)
            return
        seen[chosen] = row.cells[at].place
        for place, (column, cell) in enumerate(zip(self.section.header, row.cells, strict=True)):
            if place != at and cell.value is not None:
                own = Name(cell.place, element(column.name.name, (chosen,)))
                columns.append(replace(column, name=own))
                cells.append(cell)

    def _report(self, code: str, headline: str, place: Place, help: str = "") -> None:
        self.findings.append(finding(code, headline, place, help=help))
