"""A law given as equations of sympy and keyword data, to a document as if it had been typed.

A number that stands alone where a value is meant (an end of a range, a default, a value of an
example, a side of a condition that gives one quantity its value) is in the unit that the quantity
declares. Inside a formula it is a plain number, and `measured` gives it a unit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import sympy
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational

from lawc.diagnostics.diagnostic import CheckError, Source
from lawc.diagnostics.frame import render
from lawc.importers.imported import ImportRefusedError
from lawc.importers.sympy_data import (
    Conditions,
    ExampleData,
    LabelledEquations,
    QuantityData,
    SympyLaw,
)
from lawc.importers.sympy_formulas import NOWHERE, Formulas, as_tree, number
from lawc.importers.sympy_points import AtPoint, at_point
from lawc.syntax.document import (
    AlwaysLine,
    Block,
    BoundaryLine,
    ConditionLine,
    CoordinatesLine,
    Declaration,
    EquationLine,
    ExampleLine,
    HeadLine,
    ImportLine,
    ValidLine,
    Word,
)
from lawc.syntax.head import read_coordinates
from lawc.syntax.lines import read_boundary, read_check, read_condition, read_equation
from lawc.syntax.raw_blocks import Line
from lawc.syntax.reactions import read_reaction
from lawc.syntax.refusal import UnreadableError
from lawc.syntax.scope import Scope, scope
from lawc.syntax.tree import Comparison, Name, Negative, Node, Number, UnitText
from lawc.units.tidying import tidy

_Read = TypeVar("_Read")


def block_of(law: SympyLaw) -> Block:
    """Return the block of a law, as if it had been typed.

    Raises:
        ImportRefusedError: Something in it has no counterpart in the language.
        CheckError: A claim or an example that is given as text cannot be read.
    """
    return _Maker(law).block()


class _Maker:
    def __init__(self, law: SympyLaw) -> None:
        self.law = law
        self.depends = _dependencies(law)
        self.data = {name_of(key): data for key, data in law.quantities.items()}
        if len(self.data) < len(law.quantities):
            raise ImportRefusedError("expected each quantity once, got two of one name")
        order = {name: index for index, name in enumerate(self.data)}
        self.formulas = Formulas(order, {n: d for n, d in self.depends.items() if d})

    def block(self) -> Block:
        law = self.law
        identity, _, version = law.identity.partition("@")
        symbols = tuple(self._declaration(name, data) for name, data in self.data.items())
        examples, always = self._checks()
        return Block(
            NOWHERE,
            "law",
            _word(identity.rpartition(".")[2]),
            _word(version) if version else None,
            self._head(),
            tuple(
                ImportLine(NOWHERE, _word(block), tuple(map(_name, names)))
                for block, names in law.imports.items()
            ),
            symbols,
            (
                *self._equations(law.equations, "="),
                *self._equations(law.definitions, ":="),
                *self._equations(law.fits, "~="),
            ),
            self._initial(),
            tuple(self._valid(condition, words) for condition, words in _worded(law.valid)),
            examples,
            always,
            reactions=tuple(
                self._read(read_reaction, words, f"reactions[{index}]")
                for index, words in enumerate(law.reactions)
            ),
            boundary=tuple(
                self._boundary(given, f"boundary[{index}]")
                for index, given in enumerate(law.boundary)
            ),
            coordinates=_coordinates(law.coordinates),
        )

    def _head(self) -> tuple[HeadLine, ...]:
        law = self.law
        lines = [("title", law.title)] if law.title else []
        lines += [("status", law.status)]
        lines += [("source", source) for source in law.sources]
        lines += [("note", note) for note in law.notes]
        lines += [("supersedes", earlier) for earlier in law.supersedes]
        return tuple(HeadLine(_word(key), _word(_on_one_line(value))) for key, value in lines)

    def _declaration(self, name: str, data: QuantityData) -> Declaration:
        unknown = set(data) - set(QuantityData.__annotations__)
        if unknown:
            known = ", ".join(QuantityData.__annotations__)
            raise ImportRefusedError(f"{name} has {unknown.pop()!r}, which is none of {known}")
        low, high = data.get("range", (None, None))
        default = data.get("default")
        return Declaration(
            NOWHERE,
            (_name(name),),
            _on_one_line(data.get("words", name)),
            tuple(_name(variable) for variable in self.depends[name]),
            UnitText(NOWHERE, data["unit"]) if "unit" in data else None,
            None if low is None else number(low),
            None if high is None else number(high),
            bool(data.get("log", False)),
            None if default is None else number(default),
            shape=int(data.get("shape", 1)),
        )

    def _equations(self, given: LabelledEquations, relation: str) -> Iterable[EquationLine]:
        pairs = given.items() if isinstance(given, Mapping) else (("", eq) for eq in given)
        for index, (label, equation) in enumerate(pairs):
            if isinstance(equation, str):
                read = self._read(read_equation, equation, f"equations[{label or index}]")
                yield replace(read, label=_word(label)) if label else read
                continue
            if not isinstance(equation, sympy.Eq):
                shown = str(equation)[:60]
                raise ImportRefusedError(
                    f"expected an equation, sympy.Eq(left, right), got {shown}"
                )
            left, right = (self.formulas.node(side) for side in equation.args)
            yield EquationLine(NOWHERE, _word(label) if label else None, relation, left, right)

    def _initial(self) -> tuple[ConditionLine, ...]:
        given = self.law.initial
        if isinstance(given, Mapping):
            return tuple(self._condition(left, right) for left, right in given.items())
        lines = []
        for index, one in enumerate(given):
            if isinstance(one, str):
                lines.append(self._read(read_condition, one, f"initial[{index}]"))
            elif isinstance(one, sympy.Eq):
                lines.append(self._condition(one.lhs, one.rhs))
            else:
                raise ImportRefusedError(f"expected sympy.Eq(x(0), x0), got {_shown(one)}")
        return tuple(lines)

    def _condition(self, left: Any, right: Any) -> ConditionLine:
        """Return `x = x0 at t = 0 [s]` of `Eq(x(0), x0)`, and the like for derivatives."""
        given = self._at_point(left)
        tree = given.expression
        state = tree.expr if isinstance(tree, sympy.Derivative) else tree
        if not isinstance(state, AppliedUndef):
            raise ImportRefusedError(
                f"expected a state at a point, such as x(0) or x(t).diff(t).subs(t, 0), got {left}"
            )
        if not given.variable:
            raise ImportRefusedError(f"expected the point at which {left} is given")
        order = _order(tree) if isinstance(tree, sympy.Derivative) else 0
        node = self.formulas.node(tree)
        unit = _rate(self._unit(name_of(state)), self._unit(given.variable), order)
        return ConditionLine(
            NOWHERE, node, self._value(right, unit), _name(given.variable), self._place(given)
        )

    def _boundary(self, given: Any, where: str) -> BoundaryLine:
        """Return `left = right at x = L`, of an equation whose fields stand at one point."""
        if isinstance(given, str):
            return self._read(read_boundary, given, where)
        if not isinstance(given, sympy.Eq):
            raise ImportRefusedError(f"expected sympy.Eq(u(0, t), u0), got {_shown(given)}")
        whole = self._at_point(given)
        if not whole.variable:
            raise ImportRefusedError(f"expected the end at which {_shown(given)} holds")
        equation = whole.expression
        left = self.formulas.node(equation.lhs)
        unit = None
        if isinstance(equation.lhs, AppliedUndef):
            unit = self._unit(name_of(equation.lhs))
        elif isinstance(equation.lhs, sympy.Derivative) and len(equation.lhs.variables) == 1:
            field, by = name_of(equation.lhs.expr), str(equation.lhs.variables[0])
            unit = _rate(self._unit(field), self._unit(by), 1)
        right = self._value(equation.rhs, unit)
        return BoundaryLine(NOWHERE, left, right, _name(whole.variable), self._place(whole))

    def _at_point(self, tree: Any) -> AtPoint:
        return at_point(as_tree(tree), self.depends)

    def _place(self, given: AtPoint) -> Any:
        """Return the value of a variable at a point; `oo` and `-oo` are words."""
        if given.value in (sympy.oo, -sympy.oo):
            return _word(str(given.value))
        return self._value(given.value, self._unit(given.variable))

    def _read(self, reader: Callable[[str, Line, Scope], _Read], words: str, where: str) -> _Read:
        """Return a line that is given in the words of the language."""
        imported = (name for names in self.law.imports.values() for name in names)
        known = scope(where, [*self.data, *imported])
        try:
            return reader(words, Line(0, len(words)), known)
        except UnreadableError as refused:
            source = Source(where, words)
            shown = render([refused.finding], {where: source}, color=False)
            raise CheckError((refused.finding,), "\n" + shown) from None

    def _valid(self, condition: Any, words: str) -> ValidLine:
        return ValidLine(NOWHERE, self._comparison(condition), words)

    def _comparison(self, condition: Any) -> Node:
        """Return a condition; a number that a quantity is compared with is in its unit."""
        node = self.formulas.node(condition)
        if not isinstance(condition, Relational) or not isinstance(node, Comparison):
            return node
        left, right = node.operands
        if isinstance(left, Name) and _is_number(right):
            right = self._value(condition.args[1], self._unit(left.name))
        elif isinstance(right, Name) and _is_number(left):
            left = self._value(condition.args[0], self._unit(right.name))
        return Comparison(NOWHERE, node.operators, (left, right))

    def _value(self, value: Any, unit: str | None) -> Node:
        tree = as_tree(value)
        if unit not in (None, "1") and tree.is_number:
            return number(tree, unit)
        return self.formulas.node(tree)

    def _unit(self, name: str) -> str | None:
        return self.data[name].get("unit") if name in self.data else None

    def _checks(self) -> tuple[tuple[ExampleLine, ...], tuple[AlwaysLine, ...]]:
        examples: list[ExampleLine] = []
        always: list[AlwaysLine] = []
        for index, example in enumerate(self.law.examples):
            if isinstance(example, str):
                line = self._sentence("example: ", example, f"examples[{index}]")
                examples += [line] if isinstance(line, ExampleLine) else []
            else:
                examples.append(self._example(example))
        for index, claim in enumerate(self.law.claims):
            if isinstance(claim, str):
                line = self._sentence("always ", claim, f"claims[{index}]")
                always += [line] if isinstance(line, AlwaysLine) else []
            else:
                always.append(AlwaysLine(NOWHERE, "comparison", self._comparison(claim)))
        return tuple(examples), tuple(always)

    def _example(self, data: ExampleData) -> ExampleLine:
        name = name_of(data["quantity"])
        within = data.get("within")
        return ExampleLine(
            NOWHERE,
            _name(name),
            self._value(data["value"], self._unit(name)),
            None if within is None else number(within),
            tuple(
                (_name(name_of(key)), self._value(value, self._unit(name_of(key))))
                for key, value in data.get("given", {}).items()
            ),
        )

    def _sentence(self, opening: str, words: str, where: str) -> ExampleLine | AlwaysLine:
        """Return a check that is given in the words of the language."""
        text = words if words.startswith(opening.strip(": ")) else opening + words
        return self._read(read_check, text, where)


def name_of(key: Any) -> str:
    """Return the name of a symbol, a function, an applied function, or a string."""
    if isinstance(key, str):
        return key
    if isinstance(key, AppliedUndef):
        return key.func.__name__
    if isinstance(key, sympy.Symbol):
        return key.name
    name = getattr(key, "__name__", None)
    if isinstance(name, str) and isinstance(key, type):
        return name
    raise ImportRefusedError(f"expected a symbol or a function of sympy, got {_shown(key)}")


def _dependencies(law: SympyLaw) -> dict[str, tuple[str, ...]]:
    """Return what each quantity depends on: as its key says, else as the equations use it."""
    found: dict[str, tuple[str, ...]] = {}
    groups = (law.equations, law.definitions, law.fits)
    for group in groups:
        for equation in group.values() if isinstance(group, Mapping) else group:
            uses = equation.atoms(AppliedUndef) if isinstance(equation, sympy.Basic) else ()
            for use in sorted(uses, key=str):
                if all(isinstance(argument, sympy.Symbol) for argument in use.args):
                    found.setdefault(use.func.__name__, tuple(str(a) for a in use.args))
    for key in law.quantities:
        name = name_of(key)
        if isinstance(key, AppliedUndef):
            found[name] = tuple(str(argument) for argument in key.args)
        depends = law.quantities[key].get("depends")
        if depends is not None:
            found[name] = tuple(name_of(one) for one in depends)
        found.setdefault(name, ())
    return found


def _coordinates(text: str) -> CoordinatesLine | None:
    """Return the line of the head that names coordinates and their system."""
    if not text:
        return None
    line = f"coordinates {text}"
    try:
        return read_coordinates(line, Line(0, len(line)), "coordinates")
    except UnreadableError as refused:
        shown = render([refused.finding], {"coordinates": Source("coordinates", line)}, color=False)
        raise CheckError((refused.finding,), "\n" + shown) from None


def _worded(given: Conditions) -> Iterable[tuple[Any, str]]:
    if isinstance(given, Mapping):
        return given.items()
    return [(condition, "") for condition in given]


def _rate(unit: str | None, by: str | None, order: int) -> str | None:
    """Return the unit of a derivative."""
    if unit is None or by is None or order == 0:
        return unit
    simple = by.isalpha()
    power = "" if order == 1 else f"^{order}"
    return tidy(f"{unit}/{by if simple else f'({by})'}{power}")


def _order(derivative: Any) -> int:
    return sum(int(count) for _, count in derivative.variable_count)


def _is_number(node: Node) -> bool:
    inner = node.of if isinstance(node, Negative) else node
    return isinstance(inner, Number) and inner.unit is None


def _shown(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


def _word(text: str) -> Word:
    return Word(NOWHERE, text)


def _name(name: str) -> Name:
    return Name(NOWHERE, name)
