"""What each part of a formula measures, on the tree as written.

One walk serves two algebras. With dimensions it compares at once and notes every disagreement;
with forms, in which the dimensions of names are unknowns, it notes every demand that the formulas
make. Never done on a simplified expression: cancelling would hide what does not fit.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Generic, Protocol, Self, TypeVar

from lawc.analysis.claims import is_relative
from lawc.analysis.kinds import Context, Kind
from lawc.analysis.settling import set_of
from lawc.analysis.vocabulary import FIELD_FUNCTIONS, NOTHING_SAID, Vocabulary
from lawc.knowledge.distributions import FAMILIES, Measure
from lawc.knowledge.expression import FUNCTIONS
from lawc.syntax.document import Block, EquationLine, ReactionLine
from lawc.syntax.tree import (
    Binary,
    Call,
    Choice,
    Comparison,
    Derivative,
    Fold,
    Index,
    Integral,
    Logic,
    Name,
    Negative,
    Node,
    Number,
    UnitText,
)


class Measured(Protocol):
    """What multiplies as dimensions do."""

    def __mul__(self, other: Self, /) -> Self:
        """Return what a product measures."""
        ...

    def __truediv__(self, other: Self, /) -> Self:
        """Return what a quotient measures."""
        ...

    def __pow__(self, power: Fraction | int, /) -> Self:
        """Return what a power measures."""
        ...


M = TypeVar("M", bound=Measured)

_SAME = frozenset(("abs", "min", "max"))
_ANGLES = frozenset(("arcsin", "arccos", "arctan"))


class Measuring(ABC, Generic[M]):
    """Walk the formulas of a block.

    Subclasses say what a unit measures and what happens where two parts must agree. A measure
    of None is one that nobody knows; whatever contains it is not known either.
    """

    def __init__(
        self, names: Mapping[str, M | None], none: M, angle: M, said: Vocabulary | None = None
    ) -> None:
        self.names = names
        self.none = none
        self.angle = angle
        self.said = said if said is not None else NOTHING_SAID
        self.walked = ("", "", 0)

    @property
    def context(self) -> Context:
        """The line that is walked; made where something is to be said of it."""
        return Context(*self.walked)

    @abstractmethod
    def unit(self, unit: UnitText) -> M | None:
        """Return what a unit measures, by itself or behind a number."""

    @abstractmethod
    def agree(self, kind: Kind, left: Node, one: M, right: Node | None, other: M) -> bool:
        """Ask that two parts measure the same; without a right one, that the left is plain.

        Returns:
            Whether they do, as far as that is known.
        """

    @abstractmethod
    def terms(self, kind: Kind, parts: list[tuple[Node, M | None]], hint: M | None) -> M | None:
        """Ask that all parts measure the same, and return what that is."""

    def block(self, block: Block) -> None:
        """Walk all formulas of a block, with the demands of their sections."""
        for number, line in enumerate(block.equations):
            self.walked = ("equations", line.label.text if line.label else "", number)
            if line.relation == "~":
                self.distribution(line)
            else:
                self.sides(line.left, line.right)
        for number, line in enumerate(block.reactions):
            self.walked = ("reactions", line.label.text if line.label else "", number)
            self.reaction(block, line)
        for number, line in enumerate(block.connections):
            self.walked = ("connect", line.left.name, number)
            self._both(Kind.CONNECTED, line.left, self.of(line.left), line.right)
        for number, line in enumerate(block.initial):
            self.walked = ("initial", "", number)
            self._both(Kind.START, line.left, self.of(line.left), line.right)
            self._both(Kind.AT, line.variable, self.of(line.variable), line.at)
        for number, line in enumerate(block.boundary):
            self.walked = ("boundary", "", number)
            if line.right is None:
                self.of(line.left)
                continue
            self._both(Kind.EDGE, line.left, self.of(line.left), line.right)
            for name, value in line.places:
                self._both(Kind.AT, name, self.of(name), value)
        for number, line in enumerate(block.events):
            self.walked = ("events", line.label.text if line.label else "", number)
            self.of(line.condition)
            for change in line.changes:
                self._both(Kind.CHANGE, change.left, self.of(change.left), change.right)
        for number, hole in enumerate(block.region):
            self.walked = ("region", hole.name.text, number)
            for name, value in hole.places:
                self._both(Kind.AT, name, self.of(name), value)
        for number, line in enumerate(block.valid):
            self.walked = ("valid", "", number)
            self.of(line.condition)
        for number, line in enumerate(block.examples):
            self.walked = ("example", "", number)
            own = self.of(line.quantity)
            self._both(Kind.EXAMPLE, line.quantity, own, line.value)
            tolerance = line.tolerance
            if tolerance is not None and not _is_share(tolerance, line.value):
                self._both(Kind.TOLERANCE, line.quantity, own, tolerance)
            for name, value in line.given:
                self._both(Kind.GIVEN, name, self.of(name), value)
        for number, line in enumerate(block.always):
            self.walked = ("always", "", number)
            subject = self.of(line.subject)
            if line.form == "tends to" and line.value is not None:
                self._both(Kind.LIMIT, line.subject, subject, line.value)
                if line.by is not None and isinstance(line.towards, Node):
                    self._both(Kind.TOWARDS, line.by, self.of(line.by), line.towards)
            elif line.form == "is periodic in" and line.value is not None and line.by is not None:
                self._both(Kind.AT, line.by, self.of(line.by), line.value)
            elif line.value is not None:
                self._plain(Kind.EXPONENT, line.value)
            for condition in line.where:
                self.of(condition)

    def reaction(self, block: Block, line: ReactionLine) -> None:
        """Ask that the substances of a reaction agree, and its rates fit them and its order."""
        substances = (*line.left, *line.right)
        first = substances[0].name
        named = {s.name.name: s.name for s in substances}
        measures: list[tuple[Node, M | None]] = [(name, self.of(name)) for name in named.values()]
        of = self.terms(Kind.SUBSTANCES, measures, None)
        time = next(
            (
                self.names.get(declared.depends[0].name)
                for declared in block.symbols
                if len(declared.depends) == 1
                and any(name.name == first.name for name in declared.names)
            ),
            None,
        )
        for side, rate in zip((line.left, line.right), line.rates, strict=False):
            order = Fraction(0)
            if not line.whole:
                order = sum((Fraction(repr(s.count)) for s in side), Fraction(0))
            wanted = None if of is None or time is None else of ** (1 - order) / time
            measure = self.of(rate, wanted)
            if wanted is not None and measure is not None:
                self.agree(Kind.RATE, first, wanted, rate, measure)

    def distribution(self, line: EquationLine) -> None:
        """Ask that the parameters of a distribution fit the quantity that is distributed."""
        call, measure = line.right, self.of(line.left)
        family = FAMILIES.get(call.function.name) if isinstance(call, Call) else None
        if family is None or not isinstance(call, Call):
            return
        if family.plain and measure is not None:
            self.agree(Kind.DISTRIBUTED, line.left, measure, None, self.none)
        for parameter, node in zip(family.parameters, call.arguments, strict=False):
            own = self.of(node)
            if own is None or measure is None:
                continue
            if parameter.measure is Measure.PLAIN:
                self.agree(Kind.DISTRIBUTED, node, own, None, self.none)
            elif parameter.measure is Measure.SAME:
                self.agree(Kind.DISTRIBUTED, line.left, measure, node, own)
            else:
                self.agree(Kind.DISTRIBUTED, line.left, self.none / measure, node, own)

    def sides(self, left: Node, right: Node) -> None:
        """Ask that the two sides of an equation agree.

        A sum is measured last, so that the other side says which of its terms is odd.
        """
        if type(left) is Binary and left.operator in "+-":
            other = self.of(right)
            one = self.of(left, other)
        else:
            one = self.of(left)
            other = self.of(right, one)
        if one is not None and other is not None:
            self.agree(Kind.SIDES, left, one, right, other)

    def of(self, node: Node, hint: M | None = None) -> M | None:
        """Return what an expression measures; a hint says what is expected of it."""
        kind = type(node)
        if kind is Name:
            return self.names.get(node.name)  # type: ignore[attr-defined]
        if kind is Binary:
            return self._binary(node, hint)  # type: ignore[arg-type]
        if kind is Number:
            if node.unit is None:  # type: ignore[attr-defined]
                return self.none
            return self.unit(node.unit)  # type: ignore[attr-defined]
        match node:
            case Negative(of=of):
                return self.of(of, hint)
            case Derivative(of=of, by=by, order=order):
                above, below = self.of(of), self.of(by)
                return None if above is None or below is None else above / below**order
            case Call():
                return self._call(node)
            case Comparison(operands=operands):
                self.terms(Kind.COMPARED, [(o, self.of(o)) for o in operands], None)
                return self.none
            case Logic(operands=operands):
                for operand in operands:
                    self.of(operand)
                return self.none
            case Choice(condition=condition, then=then, otherwise=otherwise):
                self.of(condition)
                branches = [(then, self.of(then, hint)), (otherwise, self.of(otherwise, hint))]
                return self.terms(Kind.BRANCHES, branches, hint)
            case UnitText():
                return self.unit(node)
            case Index(_, of, _):
                return self.of(of)
            case Fold():
                return self._fold(node)
            case Integral():
                return self._integral(node)
        return None

    def _fold(self, node: Fold) -> M | None:
        """Measure a sum as its terms, a product by how many there are."""
        inside = self._bound(node.index.name, self.none, node.of)
        if node.operator == "sum" or inside is None or inside == self.none:
            return inside
        elements = set_of(node.over, self.said)
        return None if elements is None else inside ** len(elements)

    def _integral(self, node: Integral) -> M | None:
        ends: list[tuple[Node, M | None]] = [(n, self.of(n)) for n in (node.low, node.high)]
        if node.by.name in self.names:
            ends.insert(0, (node.by, self.of(node.by)))
        by = self.terms(Kind.ENDS, ends, None)
        inside = self._bound(node.by.name, by, node.of)
        return None if inside is None or by is None else inside * by

    def _bound(self, name: str, measure: M | None, node: Node) -> M | None:
        """Measure an expression in which a name means what is bound to it."""
        before = self.names
        self.names = {**before, name: measure}
        inside = self.of(node)
        self.names = before
        return inside

    def _field(self, name: str, arguments: tuple[Node, ...]) -> M | None:
        """Measure an operator of fields or vectors."""
        if name == "norm":
            return self.of(arguments[0])
        if name == "vector":
            return self.terms(Kind.TERMS, [(a, self.of(a)) for a in arguments], None)
        total, *others = [self.of(argument) for argument in arguments]
        for measure in others:
            total = None if total is None or measure is None else total * measure
        if name in ("dot", "cross"):
            return total
        length = self.names.get(self.said.coordinates.length or "")
        if total is None or length is None:
            return None
        return total / (length**2 if name == "laplacian" else length)

    def _binary(self, node: Binary, hint: M | None) -> M | None:
        operator = node.operator
        if operator == "*":
            left, right = self.of(node.left), self.of(node.right)
            return None if left is None or right is None else left * right
        if operator == "/":
            left, right = self.of(node.left), self.of(node.right)
            return None if left is None or right is None else left / right
        if operator == "^":
            return self._power(node)
        terms: list[Node] = []
        part: Node = node
        while type(part) is Binary and part.operator in "+-":
            terms.append(part.right)
            part = part.left
        terms.append(part)
        return self.terms(Kind.TERMS, [(t, self.of(t, hint)) for t in reversed(terms)], hint)

    def _power(self, node: Binary) -> M | None:
        base = self.of(node.left)
        exponent = node.right
        literal = rational(exponent)
        if literal is not None:
            return None if base is None else base**literal
        self._plain(Kind.EXPONENT, exponent)
        agreed = base is not None and self.agree(Kind.BASE, node.left, base, None, self.none)
        return self.none if agreed else None

    def _call(self, node: Call) -> M | None:
        name, arguments = node.function.name, node.arguments
        if name == "value":
            if len(arguments) != 2 or not isinstance(arguments[1], UnitText):
                return None
            self._both(Kind.VALUE, arguments[0], self.of(arguments[0]), arguments[1])
            return self.none
        if name in _SAME:
            return self.terms(Kind.TERMS, [(a, self.of(a)) for a in arguments], None)
        if name == "sqrt":
            inside = self.of(arguments[0]) if arguments else None
            return None if inside is None else inside ** Fraction(1, 2)
        if name == "sign":
            for argument in arguments:
                self.of(argument)
            return self.none
        if name in FIELD_FUNCTIONS and len(arguments) in FIELD_FUNCTIONS[name]:
            return self._field(name, arguments)
        if name not in FUNCTIONS:
            for argument in arguments:
                self.of(argument)
            return None
        for argument in arguments:
            self._plain(Kind.ARGUMENT, argument)
        return self.angle if name in _ANGLES else self.none

    def _plain(self, kind: Kind, node: Node) -> None:
        measure = self.of(node)
        if measure is not None:
            self.agree(kind, node, measure, None, self.none)

    def _both(self, kind: Kind, left: Node, one: M | None, right: Node) -> None:
        other = self.of(right, one)
        if one is not None and other is not None:
            self.agree(kind, left, one, right, other)


_exactly = lru_cache(maxsize=4096)(Fraction)


def rational(node: Node) -> Fraction | None:
    """Return the value of an expression of plain numbers, None where it is not one."""
    match node:
        case Number(text=text, value=value, unit=None):
            return None if text == "pi" else _exactly(repr(value))
        case Negative(of=of):
            inside = rational(of)
            return None if inside is None else -inside
        case Binary(operator=operator, left=left, right=right):
            one, other = rational(left), rational(right)
            if one is None or other is None:
                return None
            match operator:
                case "+":
                    return one + other
                case "-":
                    return one - other
                case "*":
                    return one * other
                case "/":
                    return one / other if other else None
    return None


def _is_share(tolerance: Node, value: Node) -> bool:
    """Return whether a tolerance is a plain number, in the unit of the value, or a share of it."""
    if type(tolerance) is Number and tolerance.unit is None and tolerance.text != "pi":
        return True
    return is_relative(tolerance, value) or rational(tolerance) is not None
