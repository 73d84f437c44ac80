"""Check a table: every case has exactly one row, and every row has a case.

Boxes answer where cells are ranges of inputs; the solver answers where a cell is a formula, or a
column is decided by an earlier step and so does not take all values of its range together.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from lawc.decision.decision import Decision, Port, Table
from lawc.decision.formula import Formula, apply
from lawc.decision.values import Value
from lawc.proofs.boxes import (
    Boxes,
    boxes,
    gap_between,
    gap_in,
    is_empty,
    meetings,
    shared,
)
from lawc.proofs.finding import Fault, Finding
from lawc.proofs.library import z3
from lawc.proofs.replay import Case, holds, refusal, values_before
from lawc.proofs.steps import hits
from lawc.proofs.subject import Subject
from lawc.proofs.terms import as_number, exactly, negation

MOST = 20
"""Findings of one kind in one table; more would not be read."""


def check_table(subject: Subject, index: int) -> tuple[Finding, ...]:
    """Return the gaps, overlaps and rows without a case of one table."""
    return tuple(Checked(subject, index).findings())


class Checked:
    """One table of a decision under proof."""

    def __init__(self, subject: Subject, index: int) -> None:
        step = subject.decision.steps[index]
        assert isinstance(step, Table)
        self.subject = subject
        self.decision: Decision = subject.decision
        self.index = index
        self.table = step
        inputs = {port.name for port in self.decision.inputs}
        self.ports: tuple[Port, ...] = tuple(self.decision.port(name) for name in step.on)
        self.boxes: Boxes = boxes(step, self.ports)
        self.is_plain = all(name in inputs for name in step.on)
        self.cases: tuple[Formula, ...] = hits(step)
        self.plain = [i for i, exact in enumerate(self.boxes.exact) if exact]
        self.others = [i for i, row in enumerate(step.rows) if not row.otherwise]

    def findings(self) -> Iterator[Finding]:
        """Yield what is wrong, rows without a case first: they explain the rest."""
        empty = [row for row in self.others if is_empty(self.boxes, row)]
        for row in empty[:MOST]:
            yield Finding(Fault.DEAD_ROW, self.index, (row,))
        if self.table.policy == "first":
            yield from self._hidden(set(empty))
            meet = True
        else:
            pairs = list(self._overlaps())
            yield from pairs
            meet = bool(pairs) or self.table.policy == "any"
            yield from self._unreached(set(empty))
        yield from self._gap(meet)

    # Overlaps

    def _overlaps(self) -> Iterator[Finding]:
        count = 0
        for one, other in meetings(self.boxes, self.others):
            if self.table.policy == "any" and self._answers_agree(one, other):
                continue
            if self.subject.is_spent and not self._is_sure(one, other):
                self.subject.left.add(self.index)
                return
            found = self._meeting(one, other)
            if found is None:
                continue
            fault = Fault.DISAGREE if self.table.policy == "any" else Fault.OVERLAP
            yield Finding(fault, self.index, (one, other), tuple(found.items()))
            count += 1
            if count == MOST:
                return

    def _answers_agree(self, one: int, other: int) -> bool:
        return self.table.rows[one].answers == self.table.rows[other].answers

    def _meeting(self, one: int, other: int) -> Case | None:
        """Return a case that both rows take."""

        def both(given: Case) -> bool:
            if not self._holds(given, (self.cases[one], self.cases[other])):
                return False
            return self.table.policy != "any" or "differ" in (self._said(given) or "")

        if self._is_sure(one, other):
            found = self._placed(shared(self.boxes, one, other))
            if found is not None and both(found):
                return found
        encoding = self.subject.encoding
        conditions = [encoding.condition(self.cases[row]) for row in (one, other)]
        if self.table.policy == "any":
            pairs = zip(self.table.rows[one].answers, self.table.rows[other].answers, strict=True)
            unlike = [encoding.number(a) != encoding.number(b) for a, b in pairs]
            conditions.append(z3.Or(*unlike))
        return self.subject.example(conditions, both, self.index)

    def _is_sure(self, *rows: int) -> bool:
        return self.is_plain and all(self.boxes.exact[row] for row in rows)

    # Gaps

    def _gap(self, meet: bool) -> Iterator[Finding]:
        closing = [i for i, row in enumerate(self.table.rows) if row.otherwise]
        place = None if meet else gap_between(self.boxes, self.plain)
        is_full = not meet and place is None
        if meet:
            search = gap_in(self.boxes, self.plain)
            place, is_full = search.found, search.decided and search.found is None
        if is_full:
            for row in closing:
                yield Finding(Fault.DEAD_ROW, self.index, (row,))
            return
        if closing:
            is_sure = self._is_sure(*self.others)
            for row in [] if is_sure else [row for row in closing if self._speaks(row) is False]:
                yield Finding(Fault.UNREACHED, self.index, (row,))
            return

        def missed(given: Case) -> bool:
            return "no row" in (self._said(given) or "")

        found: Case | None = None
        if place is not None and self.is_plain:
            at = self._placed(place)
            if at is not None and missed(at):
                found = at
        if found is None:
            encoding = self.subject.encoding
            applicable = [encoding.terms[name].applicable for name in self.table.on]
            conditions = [negation(encoding.condition(case)) for case in self.cases]
            found = self.subject.example([*conditions, *applicable], missed, self.index)
        if found is not None:
            said = self._said(found) or ""
            yield Finding(Fault.GAP, self.index, (), tuple(found.items()), said)

    # Rows without a case

    def _hidden(self, empty: set[int]) -> Iterator[Finding]:
        """Yield rows that earlier ones, which speak first, leave nothing to."""
        count = 0
        for row in self.others:
            if row in empty or count == MOST:
                continue
            earlier = [other for other in self.plain if other < row]
            search = gap_in(self.boxes, earlier, self.boxes.rows[row])
            if search.decided and search.found is None:
                yield Finding(Fault.DEAD_ROW, self.index, (row,), detail="hidden")
                count += 1
                continue
            if self.is_plain and all(self.boxes.exact[: row + 1]) and search.decided:
                continue
            free = tuple(apply("not", case) for case in self.cases[:row])
            if self._speaks(row, free) is False:
                fault = Fault.UNREACHED if self._speaks(row) is False else Fault.DEAD_ROW
                yield Finding(fault, self.index, (row,), detail="hidden")
                count += 1

    def _unreached(self, empty: set[int]) -> Iterator[Finding]:
        """Yield rows that no inputs lead to, where columns are decided or cells are formulas."""
        if self.is_plain and all(self.boxes.exact[i] for i in self.others):
            return
        for row in self.others:
            if not (row in empty or self._is_sure(row)) and self._speaks(row) is False:
                yield Finding(Fault.UNREACHED, self.index, (row,))

    def _speaks(self, row: int, free: tuple[Formula, ...] = ()) -> bool | None:
        """Whether a row holds somewhere, and with it that it is free of others; None where open."""
        conditions = (self.cases[row], *free)
        if self.subject.shown.speaks(self.table.outputs[0], row, *conditions):
            return True
        encoded = [self.subject.encoding.condition(condition) for condition in conditions]
        return self.subject.has(encoded, self.subject.holding(*conditions), self.index)

    # The exact evaluator

    def _placed(self, place: tuple[int, ...]) -> Case | None:
        """Return a case with the table's columns there, and all else anywhere in its range."""
        point = self.boxes.point(place)
        given: dict[str, Value] = {
            port.name: point.get(port.name, anywhere(port)) for port in self.decision.inputs
        }
        if self.index and not self._reaches(given):
            return self._led_to(point)
        return given

    def _led_to(self, point: dict[str, Fraction]) -> Case | None:
        """Return such a case where earlier steps do not answer everywhere."""
        encoding = self.subject.encoding
        at = [
            as_number(encoding.terms[name].value) == exactly(value) for name, value in point.items()
        ]
        found = self.subject.exists(at, self.index)
        return found if isinstance(found, dict) else None

    def _reaches(self, given: Case) -> bool:
        return values_before(self.decision, given, self.index) is not None

    def _holds(self, given: Case, conditions: tuple[Formula, ...]) -> bool:
        values = values_before(self.decision, given, self.index)
        return values is not None and all(holds(self.decision, values, c) for c in conditions)

    def _said(self, given: Case) -> str | None:
        return refusal(self.decision, given, self.index)


def anywhere(port: Port) -> Fraction:
    """Return a plain value in the range of an input."""
    if port.choices or port.kind == "yes/no":
        return Fraction(0)
    low, high = port.low, port.high
    if low is not None and low > 0:
        return low
    if high is not None and high < 0:
        return high
    if port.kind == "date":
        return Fraction(738_886) if low is None else low
    return Fraction(0)
