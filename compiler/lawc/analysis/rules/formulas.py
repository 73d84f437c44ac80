"""Formulas of a rule as written to exact ones, with units and kinds checked on the tree as written.

Each part is read once. Where two parts count in different units, the exact factor between them is
put in; where they measure different things, that is reported and the part is left out.
"""

from __future__ import annotations

from fractions import Fraction

from lawc.analysis.rules import functions as rule_functions
from lawc.analysis.rules.days import days
from lawc.analysis.rules.measures import (
    CONDITION,
    DATE,
    NOTHING,
    PLAIN,
    Measure,
    Typed,
    as_between,
    denied,
    exchanged,
    measure_in,
    measure_of,
    mixed,
    negative,
    related,
    rescaled,
)
from lawc.analysis.rules.products import combined, to_the_power
from lawc.analysis.rules.scope import RuleScope
from lawc.decision.formula import Formula, Named, NotApplicable, apply, every, number, some
from lawc.decision.formula import Number as Exact
from lawc.decision.values import exact
from lawc.diagnostics.diagnostic import Place
from lawc.knowledge.law import Quantity
from lawc.syntax.tree import (
    Binary,
    Broken,
    Call,
    Choice,
    Comparison,
    Date,
    Logic,
    Name,
    Negative,
    Node,
    Number,
    UnitText,
    walk,
)

PI = Exact(exact(3.141592653589793))
_SCALE = "a scale with a zero of its own is only compared and subtracted"
_VALUE = "write `value(T, [degC])` for the number of °C"
NOT_APPLICABLE = ("not applicable", "not-applicable")


class Formulas:
    """Reads the formulas of one rule; what is wrong goes to its scope, and is answered by None."""

    def __init__(self, scope: RuleScope) -> None:
        self.scope = scope

    def value(
        self, node: Node, quantity: Quantity, measure: Measure | None = None
    ) -> Formula | None:
        """Return the formula of a value of a quantity, in its declared unit.

        Args:
            node: As written.
            quantity: Whose value it is.
            measure: What a bare number is counted in; None where it needs its unit.
        """
        own = measure_of(quantity)
        if measure is not None and measure.is_number and is_bare(node):
            typed = self.read(node)
            return None if typed is None else rescaled(Typed(typed.formula, measure), own)
        typed = self.read(node, own)
        if typed is None:
            return None
        return self.fitted(typed, own, node, f"`{quantity.name}`", quantity.place)

    def fitted(
        self, typed: Typed, wanted: Measure, node: Node, of: str, place: Place | None = None
    ) -> Formula | None:
        """Return a value as it is counted where it is wanted; another kind is reported."""
        own = typed.measure
        if own.kind == NOTHING:
            return typed.formula
        if wanted.is_number and own.is_number:
            if own.dimension == wanted.dimension:
                if not mixed(own, wanted):
                    return rescaled(typed, wanted)
                headline = "a difference of two readings of a scale is no reading of it"
                return self._scale(node, headline, "count differences in [K]")
            if typed.bare and _is_zero(typed.formula):
                return typed.formula
            if typed.bare:
                self._no_unit(node, wanted, of)
                return None
        elif own.kind == wanted.kind and own.choices == wanted.choices:
            return typed.formula
        elif own.kind == wanted.kind:
            self.scope.report(
                "L0116", f"the words of {of} are others than these", node.place,
                others=[(place, "declared here")] if place else [],
            )  # fmt: skip
            return None
        self.scope.report(
            "L0209" if wanted.is_number and own.is_number else "L0116",
            f"{of} is {wanted.said}, and this is {own.said}",
            node.place,
            own.said,
            others=[(place, wanted.said)] if place else [],
            help="write a day as 2024-07-01" if wanted.kind == "date" else exchanged(wanted, own),
        )
        return None

    def condition(self, node: Node) -> Formula | None:
        """Return the formula of a condition."""
        typed = self.read(node, CONDITION)
        if typed is None:
            return None
        if typed.measure.kind != "yes/no":
            self.scope.report(
                "L0116", "here a condition stands", node.place, f"this is {typed.measure.said}",
                help="compare it with something: `x > 2 [m]`",
            )  # fmt: skip
            return None
        return typed.formula

    def read(self, node: Node, wanted: Measure | None = None) -> Typed | None:
        """Return a part and what it is.

        Args:
            node: As written.
            wanted: What stands on the other side; it says what a word means.
        """
        if wanted is not None and wanted.choices:
            word = self.word(node, wanted)
            if word is not None:
                return word
        match node:
            case Number():
                return self._number(node)
            case Date(_, day):
                return Typed(number(day), DATE)
            case Name():
                return self._name(node, wanted)
            case Negative(_, of):
                return self._negative(node, of)
            case Binary():
                return self._binary(node)
            case Call():
                return self._call(node)
            case Comparison():
                return self._comparison(node)
            case Logic(_, operator, operands):
                return self._logic(operator, operands)
            case Choice():
                return self._choice(node, wanted)
        if not any(isinstance(part, Broken) for part in walk(node)):
            self.scope.report("L0701", "this has no place in a formula of a rule", node.place)
        return None

    def word(self, node: Node, wanted: Measure) -> Typed | None:
        """Return one of the wanted words; None where it is something else."""
        written = node.name if isinstance(node, Name) else self.scope.text(node.place)
        if written in wanted.choices:
            return Typed(number(wanted.choices.index(written)), wanted)
        return None

    def _name(self, node: Name, wanted: Measure | None) -> Typed | None:
        name = node.name
        if name == "pi":
            return Typed(PI, PLAIN)
        if name in NOT_APPLICABLE:
            return Typed(NotApplicable(), Measure(NOTHING))
        constant = self.scope.constants.get(name)
        if constant is not None:
            self.scope.used.add(name)
            return Typed(Named(name), measure_in(constant.unit))
        quantity = self.scope.quantities.get(name)
        if quantity is not None:
            self.scope.used.add(name)
            return Typed(Named(name), measure_of(quantity))
        if wanted is not None and wanted.choices and name not in self.scope.lost:
            self.scope.wrong_word(node, wanted.choices)
            return None
        if name == "unknown":
            self.scope.report(
                "L0116", "`unknown` is no value that one compares with", node.place,
                help="write `x is known` or `x is unknown`",
            )  # fmt: skip
            return None
        self.scope.unknown(node)
        return None

    def _number(self, node: Number) -> Typed | None:
        value = written_value(node)
        if node.unit is None:
            return Typed(number(value), PLAIN, bare=True)
        unit = self.scope.unit(node.unit)
        return None if unit is None else Typed(number(value), measure_in(unit))

    def _negative(self, node: Negative, of: Node) -> Typed | None:
        inside = self.read(of)
        if inside is None or not self.calculates(inside, of):
            return None
        if inside.measure.zero and not isinstance(inside.formula, Exact):
            self._scale(node)
            return None
        return Typed(negative(inside.formula), inside.measure, inside.bare)

    def _binary(self, node: Binary) -> Typed | None:
        left, right = self.read(node.left), self.read(node.right)
        if left is None or right is None:
            return None
        if node.operator in "+-" and "date" in (left.measure.kind, right.measure.kind):
            return days(self, node, left, right)
        if not self.calculates(left, node.left) or not self.calculates(right, node.right):
            return None
        if node.operator in "+-":
            return self._sum(node, left, right)
        for typed, part in ((left, node.left), (right, node.right)):
            if typed.measure.zero:
                self._scale(part)
                return None
        if node.operator == "^":
            return to_the_power(self.scope, node, left, right)
        return combined(node.operator, left, right)

    def _sum(self, node: Binary, left: Typed, right: Typed) -> Typed | None:
        operation = "add" if node.operator == "+" else "subtract"
        zeros = left.measure.zero, right.measure.zero
        if zeros[0] and zeros[1] and operation == "subtract" and _alike(left, right):
            # The difference of two readings of a scale is no reading of it.
            shared = rescaled(right, left.measure)
            own = left.measure
            plain = Measure(dimension=own.dimension, scale=own.scale, between=True)
            return Typed(apply(operation, left.formula, shared), plain)
        if (zeros[0] and zeros[1]) or (zeros[1] and operation == "subtract"):
            return self._scale(node.right)
        # A reading and a difference make a reading.
        between = left.measure.between and right.measure.between
        left, right = as_between(left, between), as_between(right, between)
        made = self.together((left, node.left), (right, node.right))
        if made is None:
            return None
        measure, (one, other) = made
        if measure.zero:
            difference = Measure(dimension=measure.dimension, scale=measure.scale)
            if not left.measure.zero:
                one = rescaled(left, difference)
            if not right.measure.zero:
                other = rescaled(right, difference)
        return Typed(apply(operation, one, other), measure, left.bare and right.bare)

    def _call(self, node: Call) -> Typed | None:
        name = node.function.name
        if name == "value":
            return self._plain_value(node)
        return rule_functions.call(self, node)

    def _plain_value(self, node: Call) -> Typed | None:
        of, written = (*node.arguments, None, None)[:2]
        if len(node.arguments) != 2 or not isinstance(written, UnitText) or of is None:
            self.scope.report(
                "L0113", "`value` takes an expression and a unit", node.place,
                help="write `value(P, [mmHg])` for the number of mmHg that `P` is",
            )  # fmt: skip
            return None
        unit, typed = self.scope.unit(written), self.read(of)
        if unit is None or typed is None:
            return None
        plain = self.fitted(typed, measure_in(unit), of, f"what is counted in [{unit.text}]")
        return None if plain is None else Typed(plain, PLAIN)

    def _comparison(self, node: Comparison) -> Typed | None:
        first: dict[int, Typed | None] = {}
        wanted: Measure | None = None
        for at, operand in enumerate(node.operands):
            if isinstance(operand, Name) and operand.name in self.scope.quantities:
                first[at] = self.read(operand)
                measure = measure_of(self.scope.quantities[operand.name])
                if measure.choices and wanted is None:
                    wanted = measure
        typed = [
            first[at] if at in first else self.read(operand, wanted)
            for at, operand in enumerate(node.operands)
        ]
        found: list[Formula] = []
        for at, operator in enumerate(node.operators):
            left, right = typed[at], typed[at + 1]
            if left is None or right is None:
                return None
            pair = (left, node.operands[at]), (right, node.operands[at + 1])
            made = self.together(*pair)
            if made is None:
                return None
            measure, (one, other) = made
            if measure.choices and operator not in ("=", "!="):
                meant = ", ".join(measure.choices[-2:])
                help = f"name those that are meant: `… is one of {meant}`"
                self.scope.report("L0703", "words have no order", node.place, help=help)
                return None
            found.append(related(operator, one, other))
        return Typed(every(tuple(found)), CONDITION)

    def together(self, *pairs: tuple[Typed, Node]) -> tuple[Measure, tuple[Formula, ...]] | None:
        """Return the measure in which some values are counted together, and each so counted."""
        shown = [pair for pair in pairs if pair[0].measure.kind != NOTHING]
        named = [pair for pair in shown if not isinstance(pair[0].formula, Exact)]
        if not shown:
            return Measure(NOTHING), tuple(typed.formula for typed, _ in pairs)
        leader = (named or [pair for pair in shown if not pair[0].bare] or shown)[0]
        wanted = leader[0].measure
        formulas = []
        for typed, node in pairs:
            own = typed.measure
            both = own.is_number and wanted.is_number
            if both and own.dimension != wanted.dimension and not typed.bare:
                self.scope.report(
                    "L0208", "these have different dimensions", leader[1].place, wanted.said,
                    others=[(node.place, own.said)],
                    help=exchanged(wanted, own),
                )  # fmt: skip
                return None
            said = self.scope.text(leader[1].place)
            formula = self.fitted(typed, wanted, node, f"`{said}`", leader[1].place)
            if formula is None:
                return None
            formulas.append(formula)
        return wanted, tuple(formulas)

    def _logic(self, operator: str, operands: tuple[Node, ...]) -> Typed | None:
        found = [self.condition(operand) for operand in operands]
        kept = [condition for condition in found if condition is not None]
        if len(kept) < len(found):
            return None
        if operator == "not":
            return Typed(denied(kept[0]), CONDITION)
        joined = every(tuple(kept)) if operator == "and" else some(tuple(kept))
        return Typed(joined, CONDITION)

    def _choice(self, node: Choice, wanted: Measure | None) -> Typed | None:
        condition = self.condition(node.condition)
        then, otherwise = self.read(node.then, wanted), self.read(node.otherwise, wanted)
        if condition is None or then is None or otherwise is None:
            return None
        made = self.together((then, node.then), (otherwise, node.otherwise))
        if made is None:
            return None
        measure, (one, other) = made
        return Typed(apply("where", condition, one, other), measure)

    def calculates(self, typed: Typed, node: Node) -> bool:
        """Return whether one can calculate with a part; if not, that is reported."""
        if typed.measure.is_number:
            return True
        self.scope.report(
            "L0116", "one cannot calculate with this", node.place, f"it is {typed.measure.said}",
            help="write `if … then … else …` to make a number of it",
        )  # fmt: skip
        return False

    def _no_unit(self, node: Node, wanted: Measure, of: str) -> None:
        self.scope.report(
            "L0204", f"this number has no unit, and {of} is {wanted.said}", node.place,
            help=f"write `{self.scope.text(node.place)} [{wanted.unit}]`" if wanted.unit else "",
        )  # fmt: skip

    def _scale(self, node: Node, headline: str = _SCALE, help: str = _VALUE) -> None:
        self.scope.report("L0206", headline, node.place, help=help)


def written_value(node: Number) -> Fraction:
    """Return the number that was written, digit for digit."""
    try:
        return Fraction(node.text.replace("_", ""))
    except (ValueError, ZeroDivisionError):
        return exact(node.value)


def is_bare(node: Node) -> bool:
    """Return whether a value is a number without a unit."""
    while isinstance(node, Negative):
        node = node.of
    return isinstance(node, Number) and node.unit is None


def _is_zero(formula: Formula) -> bool:
    return isinstance(formula, Exact) and formula.value == 0


def _alike(left: Typed, right: Typed) -> bool:
    return left.measure.dimension == right.measure.dimension
