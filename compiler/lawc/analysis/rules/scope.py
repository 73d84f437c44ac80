"""What the names of one rule mean, and what is reported about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction

from lawc.analysis.constants import ConstantShelf, importing, meant, namesake
from lawc.analysis.findings import finding, listed, quoted
from lawc.analysis.rules.measures import YES_NO, Measure, measure_in, measure_of
from lawc.analysis.unit_reading import read_unit, unit_finding
from lawc.decision.decision import Calendar
from lawc.decision.values import exact
from lawc.diagnostics.diagnostic import Diagnostic, Place, Repair, Source
from lawc.knowledge.law import Constant, Quantity
from lawc.syntax.document import Block
from lawc.syntax.spelling import nearest
from lawc.syntax.tree import Date, Name, Node, UnitText
from lawc.units.unit import Unit

CALENDAR = "calendar"
"""The name of the calendar of a rule that gives it no name."""


@dataclass
class RuleScope:
    """The names of a rule, while it is read.

    Attributes:
        quantities: All that are declared and could be read.
        constants: What was imported.
        lost: Names whose line could not be read; nobody reports them.
        calendars: By name; the only one of a rule may have none.
        used: Names that something beside checks reads or decides.
        findings: What is wrong, as it is found.
        shelf: Constants that could be imported.
    """

    identity: str
    source: Source
    block: Block
    quantities: dict[str, Quantity] = field(default_factory=dict)
    constants: dict[str, Constant] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    calendars: dict[str, Calendar] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    findings: list[Diagnostic] = field(default_factory=list)
    shelf: ConstantShelf = field(default_factory=ConstantShelf)
    _unknown: set[str] = field(default_factory=set)

    def report(
        self,
        code: str,
        headline: str,
        place: Place,
        text: str = "",
        *,
        others: Iterable[tuple[Place, str]] = (),
        note: str = "",
        help: str = "",
        repairs: Iterable[Repair] = (),
    ) -> None:
        """Keep an error."""
        made = finding(
            code, headline, place, text, others=others, note=note, help=help, repairs=repairs
        )
        self.findings.append(made)

    def text(self, place: Place) -> str:
        """Return a part of the rule as its author wrote it."""
        return self.source.text[place.start : place.end]

    def quantity(self, name: Name, noun: str = "name") -> Quantity | None:
        """Return what a name declares; an unknown one is reported once."""
        found = self.quantities.get(name.name)
        if found is None:
            self.unknown(name, noun)
        else:
            self.used.add(name.name)
        return found

    def unknown(self, name: Name, noun: str = "name") -> None:
        """Report a name that means nothing, once."""
        if name.name in self.lost or name.name in self._unknown:
            return
        self._unknown.add(name.name)
        known = (*self.quantities, *self.constants)
        near = nearest(name.name, known)
        if near and min(len(near), len(name.name)) < 2 and near.casefold() != name.name.casefold():
            # One letter for another is no evidence.
            near = None
        home, constant = meant(name.name, self.shelf) or ("", None)
        text = f"did you mean `{near}`?" if near else ""
        help = "" if near else f"declare `{name.name}` under `symbols`"
        if name.name in YES_NO:
            near, text, help = None, "", "`yes` and `no` answer what is declared as `yes/no`"
        if constant is not None and (constant.name == name.name or not near):
            near, help = None, f"import it: {importing(home, constant)}"
            text = "" if constant.name == name.name else namesake(constant)
        self.report(
            "L0111",
            f"the {noun} `{name.name}` is not declared",
            name.place,
            text,
            help=help,
            repairs=(Repair(name.place, near, f"write `{near}`"),) if near else (),
        )

    def unit(self, node: UnitText) -> Unit | None:
        """Return a unit; a text that is none is reported."""
        unit = read_unit(node)
        if unit is None:
            found = unit_finding(node, self.source.text)
            if found is not None:
                self.findings.append(found)
        return unit

    def measure(self, quantity: Quantity, written: UnitText | None = None) -> Measure | None:
        """Return what values of a quantity are, in its unit or in the one written."""
        if written is None:
            return measure_of(quantity)
        unit = self.unit(written)
        if unit is None:
            return None
        own = measure_of(quantity)
        if not own.is_number:
            self.report(
                "L0209",
                f"`{quantity.name}` is {own.said}, and has no unit",
                written.place,
                help="remove the unit",
            )
            return None
        if unit.dimension != own.dimension:
            self.report(
                "L0209",
                f"this unit has another dimension than `{quantity.name}`",
                written.place,
                str(unit.dimension),
                others=[(quantity.place, str(own.dimension))] if quantity.place else [],
                note=f"`{quantity.name}` is declared in [{quantity.unit.text or '1'}]",
            )
            return None
        return measure_in(unit)

    def wrong_word(self, word: Name, choices: tuple[str, ...], of: str = "") -> None:
        """Report a word that is none of the choices."""
        near = nearest(word.name, choices)
        whose = f" of `{of}`" if of else ""
        self.report(
            "L0116",
            f"`{word.name}` is none of the choices{whose}",
            word.place,
            f"did you mean `{near}`?" if near else "",
            help=f"write {listed(quoted(choices), 'or')}" if len(choices) <= 12 else "",
            repairs=(Repair(word.place, near, f"write `{near}`"),) if near else (),
        )

    def day(self, node: Node | None) -> int | None:
        """Return the day that is written; report what is none."""
        if node is None:
            return None
        if isinstance(node, Date):
            return node.day
        self.report("L0116", "here a day stands", node.place, help="write it as 2024-07-01")
        return None

    def constant_value(self, constant: Constant) -> Fraction:
        """Return the value of a constant in its unit, as it was written."""
        return exact(float(f"{constant.unit.from_si(constant.value):.15g}"))
