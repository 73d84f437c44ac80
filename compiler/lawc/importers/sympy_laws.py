"""A law given as equations of sympy and keyword data, to a document as if it had been typed.

A number that stands alone where a value is meant (an end of a range, a default, a value of an
example, a side of a condition that gives one quantity its value) is in the unit that the quantity
declares. Inside a formula it is a plain number, and `measured` gives it a unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Required, TypedDict

import sympy
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational

from lawc.diagnostics.diagnostic import CheckError, Source
from lawc.diagnostics.frame import render
from lawc.importers.imported import ImportRefusedError
from lawc.importers.sympy_formulas import NOWHERE, Formulas, as_tree, number
from lawc.syntax.blocks import Line
from lawc.syntax.document import (
    AlwaysLine,
    Block,
    ConditionLine,
    Declaration,
    EquationLine,
    ExampleLine,
    HeadLine,
    ImportLine,
    ValidLine,
    Word,
)
from lawc.syntax.lines import read_check
from lawc.syntax.refusal import UnreadableError
from lawc.syntax.scope import scope
from lawc.syntax.tree import Comparison, Derivative, Name, Negative, Node, Number, UnitText

# sympy's own types say too little to be of use here; what is given is tested when it is read.
LabelledEquations = Mapping[str, Any] | Iterable[Any]
Conditions = Mapping[Any, str] | Iterable[Any]


class QuantityData(TypedDict, total=False):
    """What a line of `symbols` says; `range` and `default` are numbers in the unit."""

    words: str
    unit: str
    range: tuple[Any, Any]
    log: bool
    default: Any


class ExampleData(TypedDict, total=False):
    """A worked value; its numbers are in the units that the quantities declare."""

    quantity: Required[Any]
    value: Required[Any]
    within: float
    given: Mapping[Any, Any]


@dataclass(frozen=True)
class SympyLaw:
    """All that a law says, as one gives it in Python; `lawc.Law.from_sympy` explains it."""

    identity: str
    quantities: Mapping[Any, QuantityData]
    equations: LabelledEquations = ()
    definitions: LabelledEquations = ()
    fits: LabelledEquations = ()
    title: str = ""
    status: str = "draft"
    sources: Sequence[str] = ()
    notes: Sequence[str] = ()
    imports: Mapping[str, Sequence[str]] = field(default_factory=dict)
    supersedes: Sequence[str] = ()
    initial: Iterable[Any] | Mapping[Any, Any] = ()
    valid: Conditions = ()
    examples: Iterable[ExampleData | str] = ()
    claims: Iterable[Any] = ()


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
            tuple(self._condition(left, right) for left, right in _pairs(law.initial)),
            tuple(self._valid(condition, words) for condition, words in _worded(law.valid)),
            examples,
            always,
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
        )

    def _equations(self, given: LabelledEquations, relation: str) -> Iterable[EquationLine]:
        pairs = given.items() if isinstance(given, Mapping) else (("", eq) for eq in given)
        for label, equation in pairs:
            if not isinstance(equation, sympy.Eq):
                shown = str(equation)[:60]
                raise ImportRefusedError(
                    f"expected an equation, sympy.Eq(left, right), got {shown}"
                )
            left, right = (self.formulas.node(side) for side in equation.args)
            yield EquationLine(NOWHERE, _word(label) if label else None, relation, left, right)

    def _condition(self, left: Any, right: Any) -> ConditionLine:
        """Return `x = x0 at t = 0 [s]` of `Eq(x(0), x0)`, and the like for derivatives."""
        at_point = isinstance(left, sympy.Subs)
        tree: Any = left.args[0] if at_point else left
        state = tree.expr if isinstance(tree, sympy.Derivative) else tree
        if not isinstance(state, AppliedUndef):
            raise ImportRefusedError(
                f"expected a state at a point, such as x(0) or x(t).diff(t).subs(t, 0), got {left}"
            )
        name = name_of(state)
        if len(self.depends.get(name, ())) != 1:
            raise ImportRefusedError(f"expected a state of one variable, got {left}")
        (variable,) = self.depends[name]
        order = 0
        if at_point:
            at = left.args[2].args[0]
            order = _order(tree)
        elif isinstance(tree, sympy.Derivative):
            raise ImportRefusedError(f"expected the point at which {left} is given")
        else:
            at = state.args[0]
        node: Node = _name(name)
        if order:
            node = Derivative(NOWHERE, node, _name(variable), order)
        unit = _rate(self._unit(name), self._unit(variable), order)
        value, point = self._value(right, unit), self._value(at, self._unit(variable))
        return ConditionLine(NOWHERE, node, value, _name(variable), point)

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
        imported = (name for names in self.law.imports.values() for name in names)
        known = scope(where, [*self.data, *imported])
        try:
            return read_check(text, Line(0, len(text)), known)
        except UnreadableError as refused:
            source = Source(where, text)
            shown = render([refused.finding], {where: source}, color=False)
            raise CheckError((refused.finding,), "\n" + shown) from None


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
        found.setdefault(name, ())
    return found


def _pairs(given: Iterable[Any] | Mapping[Any, Any]) -> Iterable[tuple[Any, Any]]:
    if isinstance(given, Mapping):
        return given.items()
    equations = list(given)
    for equation in equations:
        if not isinstance(equation, sympy.Eq):
            raise ImportRefusedError(f"expected sympy.Eq(x(0), x0), got {_shown(equation)}")
    return [(equation.lhs, equation.rhs) for equation in equations]


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
    return f"{unit}/{by if simple else f'({by})'}{power}"


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
