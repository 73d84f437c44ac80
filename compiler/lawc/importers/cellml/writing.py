"""A CellML model as one draft law, as far as the language can say it.

Quantities are in SI once a law is known, so a variable that another component sees in other units
needs no factor here. What the language lacks is left out, one remark each, and the rest stands.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from lawc.importers.cellml.checking import CellmlDimensions, check_units, initial_values
from lawc.importers.cellml.model import Component, Key, Model
from lawc.importers.cellml.remarks import unit_remarks
from lawc.importers.cellml.roles import Roles, find_roles, names_of
from lawc.importers.cellml.spelling import spell
from lawc.importers.cellml.units import size_of, without_size
from lawc.importers.drafting import Draft, Symbol, write_draft
from lawc.importers.imported import Imported, ImportRefusedError, Remark
from lawc.importers.mathml import UNSAID, Equation, binary, call, number
from lawc.importers.naming import block_name, safe_names
from lawc.syntax.tree import (
    Binary,
    Broken,
    Call,
    Choice,
    Comparison,
    Derivative,
    Logic,
    Name,
    Negative,
    Node,
    Number,
    UnitText,
)
from lawc.syntax.writing import write


def import_model(file: str, model: Model) -> Imported:
    """Return the law of a model, with the findings about its units."""
    remarks = [*model.remarks, *unit_remarks(check_units(model))]
    writer = _Writer(model, find_roles(model))
    draft = writer.draft(f"{file}, CellML model {model.name}")
    text = write_draft(draft) if draft.symbols and draft.equations else ""
    return Imported(text, (*remarks, *writer.remarks))


@dataclass
class _Writer:
    """One model on its way into the language."""

    model: Model
    roles: Roles
    remarks: list[Remark] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.components = {component.name: component for component in self.model.components}
        self.variable = dict(self.model.variables())
        self.shown = self._representatives()
        self.names = self._names()
        self.units = {
            quantity: self._unit(self.components[key[0]], self.variable[key].units)
            for quantity, key in self.shown.items()
        }

    def draft(self, source: str) -> Draft:
        """Return the law; parts that cannot be said are in the remarks."""
        equations = self._equations()
        used = {key for keys, _ in equations if keys is not None for key in keys}
        initial, more = self._initial(used)
        order = [*dict.fromkeys(self.roles.by.values()), *self.roles.by, *self.names]
        symbols = tuple(self._symbol(key) for key in dict.fromkeys(order) if key in used)
        lines = [line for _, line in equations]
        for key in sorted(self.roles.given & used):
            sentence = "nothing in the file determines it; the law takes it as given"
            self.remarks.append(Remark(_where(self.shown[key]), sentence))
        for key in sorted(self.roles.guessed & used):
            sentence = "its initial value is left out, since an equation determines it"
            self.remarks.append(Remark(_where(self.shown[key]), sentence))
        title = self.model.name.replace("_", " ")
        return Draft(
            block_name(self.model.name), title, (source,), symbols, (*lines, *more), initial
        )

    def _equations(self) -> list[tuple[set[Key] | None, str]]:
        """Return the lines of `equations`, each with its quantities; None for a comment."""
        lines: list[tuple[set[Key] | None, str]] = []
        for component in self.model.components:
            walk = CellmlDimensions(component)
            said: list[tuple[set[Key] | None, str]] = []
            for equation in component.equations:
                try:
                    text = self._equation(equation, component, walk)
                except ImportRefusedError as problem:
                    where = f"component {component.name}, line {equation.line}"
                    self.remarks.append(Remark(where, f"left out: {problem}", is_error=True))
                    continue
                sides = (equation.left, equation.right)
                keys = {self.key(component, n) for side in sides for n in names_of(side)}
                said.append((keys, text))
            if said and len(self.model.components) > 1:
                lines.append((None, f"# {' '.join(component.name.split())[:80]}"))
            lines += said
        return lines

    def _equation(self, equation: Equation, component: Component, walk: CellmlDimensions) -> str:
        expression = _Expression(self, component, walk)
        left, right = expression.of(equation.left), expression.of(equation.right)
        return f"{write(left)} = {write(right)}"

    def _initial(self, used: set[Key]) -> tuple[tuple[str, ...], list[str]]:
        """Return the lines of `initial`, and equations for constants that equal a variable."""
        lines, more = [], []
        numbers = initial_values(self.model)
        for quantity, key in self.roles.initial.items():
            if quantity not in used or (quantity not in self.roles.by and key in numbers):
                continue
            component, variable = self.components[key[0]], self.variable[key]
            if key in numbers:
                value = write(number(variable.initial))
                if self.units[quantity] != "1":
                    value += f" [{self.units[quantity]}]"
            elif variable.initial in component.variables:
                other = self.key(component, variable.initial)
                used.add(other)
                value = self.names[other]
            else:
                sentence = f"its initial value {variable.initial[:40]!r} is not understood"
                self.remarks.append(Remark(_where(key), sentence, is_error=True))
                continue
            if quantity in self.roles.by:
                by = self.roles.by[quantity]
                unit = "" if self.units[by] == "1" else f" [{self.units[by]}]"
                at = f"{self.names[by]} = 0{unit}"
                lines.append(f"{self.names[quantity]} = {value} at {at}")
            else:
                more.append(f"{self.names[quantity]} = {value}")
        return tuple(lines), more

    def _symbol(self, quantity: Key) -> Symbol:
        key = self.shown[quantity]
        variable, depends, default = self.variable[key], "", ""
        if quantity in self.roles.running:
            depends = ", ".join(sorted({self.names[by] for by in self.roles.by.values()}))
        elif self.roles.initial.get(quantity) == key and key in initial_values(self.model):
            default = write(number(variable.initial))
        said = f"{variable.name} of {key[0].replace('_', ' ')}"
        return Symbol(self.names[quantity], said, self.units[quantity], depends, default=default)

    def _representatives(self) -> dict[Key, Key]:
        """Return for each quantity the variable whose name and units it takes."""
        shown = dict(self.roles.initial)
        for component in self.model.components:
            for equation in component.equations:
                for side in (equation.left, equation.right):
                    if isinstance(side, Name):
                        key = self.key(component, side.name)
                        if key in self.roles.computed and (component.name, side.name) in (
                            self.variable
                        ):
                            shown.setdefault(key, (component.name, side.name))
        for key in self.model.quantity.values():
            shown.setdefault(key, key)
        return shown

    def _names(self) -> dict[Key, str]:
        """Return a name for each quantity, with its component where two would be the same."""
        times = Counter(key[1] for key in self.shown.values())
        wanted = {
            quantity: key[1] if times[key[1]] == 1 else f"{key[0]}_{key[1]}"
            for quantity, key in self.shown.items()
        }
        # Two quantities may still want one name; the key keeps them apart.
        taken = Counter(wanted.values())
        for quantity, name in wanted.items():
            if taken[name] > 1:
                wanted[quantity] = f"{quantity[0]}__{quantity[1]}"
        ours = safe_names(wanted.values())
        return {quantity: ours[name] for quantity, name in wanted.items()}

    def _unit(self, component: Component, units: str) -> str | None:
        try:
            return spell(units, component.units)
        except ImportRefusedError:
            return None

    def key(self, component: Component, name: str) -> Key:
        """Return the quantity that a name of a component means."""
        key = (component.name, name)
        return self.model.quantity.get(key, key)


def _where(key: Key) -> str:
    return f"variable {key[1]} of component {key[0]}"


@dataclass(frozen=True, slots=True)
class _Expression:
    """Expressions of one component, with our names and units."""

    writer: _Writer
    component: Component
    walk: CellmlDimensions

    def of(self, node: Node) -> Node:
        """Return an expression in the language.

        Raises:
            ImportRefusedError: Part of it cannot be said.
        """
        match node:
            case Name():
                return self._name(node)
            case Number(_, _, _, unit):
                return node if unit is None else replace(node, unit=self._unit(unit))
            case Negative(_, of):
                return replace(node, of=self.of(of))
            case Binary(_, "^", left, right):
                return replace(node, left=self.of(left), right=self._plain(right))
            case Binary(_, _, left, right):
                return replace(node, left=self.of(left), right=self.of(right))
            case Call(_, Name(_, "root"), (of, degree)):
                one = Number(node.place, "1", 1)
                return binary("^", self.of(of), binary("/", one, self._plain(degree)))
            case Call(_, function, arguments):
                if function.name in UNSAID:
                    raise ImportRefusedError(f"the language has no {function.name}")
                keeps = function.name in ("sqrt", "abs", "min", "max")
                inside = self.of if keeps else self._plain
                return replace(node, arguments=tuple(inside(part) for part in arguments))
            case Derivative(_, Name() as of, by, _):
                return replace(node, of=self._name(of), by=self._name(by))
            case Comparison(_, _, operands) | Logic(_, _, operands):
                return replace(node, operands=tuple(self.of(part) for part in operands))
            case Choice(_, condition, then, otherwise):
                parts = (self.of(condition), self.of(then), self.of(otherwise))
                return Choice(node.place, *parts)
            case Broken():
                raise ImportRefusedError("a choice without `otherwise` has no value elsewhere")
        raise ImportRefusedError(f"{type(node).__name__} is not understood")

    def _name(self, node: Name) -> Name:
        key = self.writer.key(self.component, node.name)
        if key not in self.writer.names:
            raise ImportRefusedError(f"there is no variable {node.name[:40]!r}")
        if self.writer.units[key] is None:
            units = self.writer.variable[self.writer.shown[key]].units
            raise ImportRefusedError(f"the units {units[:40]!r} of {node.name[:40]} are not ours")
        return replace(node, name=self.writer.names[key])

    def _unit(self, unit: UnitText) -> UnitText:
        return replace(unit, text=spell(unit.text, self.component.units))

    def _plain(self, node: Node) -> Node:
        """Return an argument; a plain number of another size keeps the number of the file."""
        ours = self.of(node)
        measured = self.walk.of(node)
        if measured is None or measured.is_none or not without_size(measured).is_plain:
            return ours
        return call("value", ours, UnitText(node.place, repr(size_of(measured))))
