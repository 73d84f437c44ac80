"""Worked cases and `always` sentences of a rule, as known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fractions import Fraction

from lawc.analysis.rules.cells import read_plain
from lawc.analysis.rules.formulas import NOT_APPLICABLE as WORDS
from lawc.analysis.rules.formulas import Formulas, is_bare
from lawc.analysis.rules.measures import Measure, Typed, measure_of, rescaled
from lawc.analysis.rules.tables import REMARKS
from lawc.decision.formula import Formula, Number
from lawc.decision.values import NOT_APPLICABLE, UNKNOWN, Value, exact
from lawc.diagnostics.diagnostic import Place
from lawc.knowledge.law import Quantity
from lawc.knowledge.rule import Case, RuleClaim
from lawc.knowledge.words import Always
from lawc.syntax.document import AlwaysLine, ExampleLine
from lawc.syntax.rules import document as written
from lawc.syntax.tree import Date, Name, Node
from lawc.syntax.tree import Number as Literal

_FORMS = {form.value: form for form in Always}
_UNFIT = (Always.LIMIT, Always.PERIODIC)
_DECIMALS = re.compile(r"-?\d*\.(?P<decimals>\d+)(?:[eE](?P<power>[+-]?\d+))?")


class Cases:
    """Reads the worked cases of one rule.

    Attributes:
        inputs: Names of what has to be given.
        day: The day of a question that names none; None where it has to.
    """

    def __init__(
        self, formulas: Formulas, inputs: tuple[str, ...], outputs: Iterable[str], day: int | None
    ) -> None:
        self.formulas = formulas
        self.scope = formulas.scope
        self.inputs = inputs
        self.outputs = frozenset(outputs)
        self.day = day

    def table(self, section: written.CasesSection) -> list[Case]:
        """Return the cases of a table."""
        roles = [self._role(column) for column in section.header]
        if None in roles:
            return []
        made: list[Case] = []
        for line in section.rows:
            if len(line.cells) != len(roles):
                headline = f"this row has {len(line.cells)} cells, and the header {len(roles)}"
                self.scope.report("L0101", headline, line.place)
                continue
            given: dict[str, Value] = {}
            expected: dict[str, Value] = {}
            near: dict[str, Fraction] = {}
            day, label = self.day, ""
            for column, role, cell in zip(section.header, roles, line.cells, strict=True):
                assert role is not None
                word, quantity, measure = role
                if word == "as of":
                    day = self._day(cell.value, cell.place)
                elif word in REMARKS:
                    label = label or cell.text
                elif quantity is not None and cell.value is not None:
                    value = self._value(cell.value, quantity, measure)
                    if value is None:
                        continue
                    if word == "->":
                        expected[quantity.name] = value
                        within = cell.tolerance or column.tolerance
                        self._near(cell.value, within, quantity, measure, near)
                    else:
                        given[quantity.name] = value
            made.append(self._case(given, expected, near, day, label, line.place))
        return made

    def sentence(self, line: ExampleLine) -> Case | None:
        """Return the case of an `example:` line."""
        quantity = self.scope.quantity(line.quantity)
        if quantity is None or not self._is_decided(line.quantity):
            return None
        value = self._value(line.value, quantity, None)
        given: dict[str, Value] = {}
        for name, node in line.given:
            own = self.scope.quantity(name)
            if own is not None and self._is_input(name):
                found = self._value(node, own, None)
                if found is not None:
                    given[name.name] = found
        near: dict[str, Fraction] = {}
        self._near(line.value, line.tolerance, quantity, None, near)
        if value is None:
            return None
        day = self.day if line.day is None else self._day(line.day, line.place)
        return self._case(given, {quantity.name: value}, near, day, "", line.place)

    def _role(self, column: written.Column) -> tuple[str, Quantity | None, Measure | None] | None:
        name = column.name.name
        declared = name in self.scope.quantities
        if not declared and (name == "as of" or name in REMARKS):
            return name, None, None
        quantity = self.scope.quantity(column.name)
        if quantity is None:
            return None
        measure = self.scope.measure(quantity, column.unit)
        if measure is None:
            return None
        fits = self._is_decided if column.is_answer else self._is_input
        return ("->" if column.is_answer else "", quantity, measure) if fits(column.name) else None

    def _is_input(self, name: Name) -> bool:
        if name.name in self.inputs:
            return True
        decided = name.name in self.outputs
        self.scope.report(
            "L0714",
            f"`{name.name}` is decided by the rule, and is not given"
            if decided
            else f"`{name.name}` is a parameter, and its value is known",
            name.place,
            help=f"write `-> {name.name}`" if decided else "leave it out; `as of` says the day",
        )
        return False

    def _is_decided(self, name: Name) -> bool:
        if name.name in self.outputs:
            return True
        self.scope.report(
            "L0714",
            f"`{name.name}` is given, and no answer",
            name.place,
            help=f"write `{name.name}` without an arrow, before the answers",
        )
        return False

    def _day(self, node: Node | None, place: Place) -> int | None:
        if isinstance(node, Date):
            return node.day
        if node is None:
            return self.day
        self.scope.report("L0116", "here a day stands", place, help="write it as 2024-07-01")
        return None

    def _value(self, node: Node, quantity: Quantity, measure: Measure | None) -> Value | None:
        if isinstance(node, Name) and node.name not in quantity.choices:
            if node.name == "unknown":
                return UNKNOWN
            if node.name in WORDS:
                return NOT_APPLICABLE
        return read_plain(node, quantity, measure, self.formulas)

    def _near(
        self,
        node: Node,
        within: Node | None,
        quantity: Quantity,
        measure: Measure | None,
        into: dict[str, Fraction],
    ) -> None:
        """Note how near an answer has to be: as written, or to the last digit of a decimal.

        Money, and what is a word, a day or a whole number, is exact.
        """
        own = measure_of(quantity)
        if not own.is_number:
            return
        counted = measure
        if isinstance(node, Literal) and node.unit is not None:
            unit = self.scope.unit(node.unit)
            counted = None if unit is None else self.scope.measure(quantity, node.unit)
        counted = own if counted is None else counted
        level = Measure(own.kind, own.dimension, own.scale, unit=own.unit)
        steps = Measure(counted.kind, counted.dimension, counted.scale)
        if within is not None:
            typed = self.formulas.read(within)
            if typed is None:
                return
            if is_bare(within):
                typed = Typed(typed.formula, steps)
            else:
                of = typed.measure
                difference = Measure(of.kind, of.dimension, of.scale)
                typed = Typed(typed.formula, difference, typed.bare)
            found = self.formulas.fitted(typed, level, within, f"`{quantity.name}`")
            if isinstance(found, Number):
                into[quantity.name] = abs(found.value)
            return
        money = any(base.startswith("currency:") for base, _ in own.dimension.exponents)
        if money or own.kind == "integer":
            return
        match = _DECIMALS.fullmatch(self.scope.text(node.place).partition("[")[0].strip())
        if match is not None:
            digit = int(match["power"] or 0) - len(match["decimals"])
            half = Typed(Number(exact(10) ** digit / 2), steps)
            found = rescaled(half, level)
            if isinstance(found, Number):
                into[quantity.name] = found.value

    def _case(
        self,
        given: dict[str, Value],
        expected: Mapping[str, Value],
        near: Mapping[str, Fraction],
        day: int | None,
        label: str,
        place: Place,
    ) -> Case:
        lacking: list[str] = []
        for name in self.inputs:
            if name in given:
                continue
            quantity = self.scope.quantities[name]
            if quantity.default is not None:
                given[name] = exact(quantity.default)
            elif quantity.may_be_unknown:
                given[name] = UNKNOWN
            else:
                lacking.append(name)
        # Where a line could not be read, what it would have decided only seems to be an input.
        if lacking and not self.scope.block.mentioned:
            names = ", ".join(f"`{name}`" for name in lacking)
            self.scope.report(
                "L0714",
                f"this case does not say {names}",
                place,
                help="give it a value, or declare that it `may be unknown`",
            )
        if not expected:
            self.scope.report(
                "L0714",
                "this case expects no answer",
                place,
                help="write an answer behind an arrow in the header: `-> risk`",
            )
        return Case(given, expected, near, day, label, place)


def read_claim(line: AlwaysLine, formulas: Formulas) -> RuleClaim | None:
    """Return an `always` sentence; what cannot be said of a rule is reported."""
    scope = formulas.scope
    form = _FORMS[line.form]
    if form in _UNFIT:
        scope.report(
            "L0717",
            f"nothing {form.value} in a rule" if form is Always.LIMIT else "no rule is periodic",
            line.place,
            help="a rule is compared, rises, falls, is constant, scales or is continuous",
        )
        return None
    conditions = [formulas.condition(condition) for condition in line.where]
    where = tuple(condition for condition in conditions if condition is not None)
    by = None if line.by is None else scope.quantity(line.by)
    if line.by is not None and by is None:
        return None
    value: Formula | None = None
    jumps: tuple[Formula, ...] = ()
    if form is Always.COMPARISON:
        subject = formulas.condition(line.subject)
    else:
        typed = formulas.read(line.subject)
        subject = None if typed is None else typed.formula
        if typed is not None and typed.measure.choices and form is not Always.CONSTANT:
            scope.report("L0717", "words neither rise nor fall", line.subject.place)
            return None
    if line.value is not None:
        exponent = formulas.read(line.value)
        value = None if exponent is None else exponent.formula
    if by is not None and line.jumps:
        found = [formulas.value(node, by) for node in line.jumps]
        jumps = tuple(jump for jump in found if jump is not None)
    if subject is None or len(where) < len(conditions):
        return None
    name = None if by is None else by.name
    return RuleClaim(form, subject, name, value, where, jumps, line.text, line.place)
