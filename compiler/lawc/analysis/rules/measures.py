"""What a part of a formula of a rule is: a number of some dimension and scale, a word, a day.

Numbers carry the exact SI value of one of them, so that a factor is put in only where two units
differ, and then exactly.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from lawc.decision.formula import NO, YES, Apply, Formula, Number, apply, number
from lawc.decision.values import exact
from lawc.diagnostics.immutable import immutable
from lawc.knowledge.law import Quantity
from lawc.units.dimension import NONE, Dimension
from lawc.units.reading import unit_size
from lawc.units.size import Size
from lawc.units.unit import Unit

DAY = Fraction(86400)
YES_NO = ("no", "yes")
NOTHING = "nothing"
"""The kind of `not applicable`, which stands for any."""


@immutable
class Measure:
    """What a value is.

    Attributes:
        kind: `number`, `integer`, `yes/no`, `one of`, `date`, or NOTHING.
        scale: SI value of one of a number.
        zero: SI value of the zero of a scale such as °C.
        choices: The words of `one of`.
        unit: As spelled, for messages.
        between: Whether it is a difference of two readings of such a scale.
    """

    kind: str = "number"
    dimension: Dimension = NONE
    scale: Fraction = Fraction(1)
    zero: Fraction = Fraction(0)
    choices: tuple[str, ...] = ()
    unit: str = ""
    between: bool = False

    @property
    def is_number(self) -> bool:
        """Whether one can calculate with it."""
        return self.kind in ("number", "integer")

    @property
    def said(self) -> str:
        """What it is, in words."""
        match self.kind:
            case "number" | "integer":
                return str(self.dimension)
            case "yes/no":
                return "a yes or no"
            case "one of":
                return "one of several words"
            case "date":
                return "a day"
        return self.kind


@immutable
class Typed:
    """A formula and what its values are.

    Attributes:
        bare: Whether it is a number as written, without a unit.
    """

    formula: Formula
    measure: Measure
    bare: bool = False


PLAIN = Measure()
CONDITION = Measure("yes/no", choices=YES_NO)
DATE = Measure("date")
DURATION = Measure(dimension=Dimension.of({"time": 1}), scale=DAY, unit="d")


def exchanged(wanted: Measure, own: Measure) -> str:
    """Return what joins two currencies, nothing where these are none."""
    if not all(one.is_number and _is_money(one.dimension) for one in (wanted, own)):
        return ""
    rate = f"[{wanted.dimension}/{own.dimension}]"
    return f"multiply what is in {own.dimension} by a rate of exchange, in {rate}"


def _is_money(dimension: Dimension) -> bool:
    one = dimension.exponents
    return len(one) == 1 and one[0][0].startswith("currency:") and one[0][1] == 1


@lru_cache(maxsize=1024)
def exact_scale(unit: Unit) -> tuple[Fraction, Fraction]:
    """Return the exact SI value of one of a unit, and of its zero.

    A power of pi is rounded to double precision.
    """
    size = unit_size(unit.text)
    zero = exact(unit.offset)
    if isinstance(size, Size) and size.pi == 0 and size.rounded == 1.0:
        return size.exact, zero
    return exact(unit.factor), zero


def measure_of(quantity: Quantity, unit: Unit | None = None) -> Measure:
    """Return what a quantity is, in its own unit or in another one."""
    if quantity.kind == "number":
        return measure_in(quantity.unit if unit is None else unit)
    if quantity.kind == "integer":
        return Measure("integer") if unit is None else measure_in(unit)
    return Measure(quantity.kind, choices=quantity.choices)


def measure_in(unit: Unit) -> Measure:
    """Return what numbers of a unit are."""
    scale, zero = exact_scale(unit)
    return Measure("number", unit.dimension, scale, zero, unit=unit.text)


def times(formula: Formula, factor: Fraction) -> Formula:
    """Return a formula times a number; numbers are multiplied at once."""
    if factor == 1:
        return formula
    if isinstance(formula, Number):
        return Number(formula.value * factor)
    return apply("multiply", formula, number(factor))


def plus(formula: Formula, offset: Fraction) -> Formula:
    """Return a formula and a number, added."""
    if offset == 0:
        return formula
    if isinstance(formula, Number):
        return Number(formula.value + offset)
    return apply("add", formula, number(offset))


def rescaled(typed: Typed, measure: Measure) -> Formula:
    """Return a number counted as another measure of its dimension counts."""
    own = typed.measure
    if (own.scale, own.zero) == (measure.scale, measure.zero):
        return typed.formula
    return plus(
        times(typed.formula, own.scale / measure.scale), (own.zero - measure.zero) / measure.scale
    )


def mixed(one: Measure, other: Measure) -> bool:
    """Return whether one is a reading of a scale and the other a difference of two readings."""
    return bool((one.between and other.zero) or (other.between and one.zero))


def as_between(typed: Typed, between: bool) -> Typed:
    """Return the same value, as a difference of two readings or not."""
    own = typed.measure
    if own.between == between:
        return typed
    measure = Measure(own.kind, own.dimension, own.scale, own.zero, own.choices, own.unit, between)
    return Typed(typed.formula, measure, typed.bare)


def negative(formula: Formula) -> Formula:
    """Return the negative; of a number at once."""
    return Number(-formula.value) if isinstance(formula, Number) else apply("negative", formula)


def denied(condition: Formula) -> Formula:
    """Return the condition that another does not hold."""
    match condition:
        case Apply("not", (inside,)):
            return inside
        case Number(value):
            return number(0 if value else 1)
    return apply("not", condition)


def related(operator: str, left: Formula, right: Formula) -> Formula:
    """Return a comparison; of two numbers its answer."""
    match operator:
        case "<":
            made = apply("less", left, right)
        case "<=":
            made = apply("less_equal", left, right)
        case ">":
            made = apply("less", right, left)
        case ">=":
            made = apply("less_equal", right, left)
        case "=" | "!=":
            if right in (YES, NO) and operator == "=" and _is_condition(left):
                return left if right == YES else denied(left)
            made = apply("equal", left, right)
        case _:
            raise ValueError(f"{operator!r} compares nothing")
    return denied(made) if operator == "!=" else made


def _is_condition(formula: Formula) -> bool:
    return getattr(formula, "operation", "") in ("and", "or", "not", "less", "less_equal", "equal")
