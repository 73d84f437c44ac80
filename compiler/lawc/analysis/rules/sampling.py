"""Lines of `sample`: how an input is distributed where people live, in its declared unit."""

from __future__ import annotations

from fractions import Fraction

from lawc.analysis.findings import listed, quoted
from lawc.analysis.rules.cells import read_plain
from lawc.analysis.rules.formulas import Formulas
from lawc.analysis.rules.measures import DURATION, PLAIN, Measure, Typed, measure_of
from lawc.decision.formula import Number
from lawc.decision.values import UNKNOWN, Value
from lawc.diagnostics.diagnostic import Place
from lawc.knowledge.distributions import FAMILIES, Bound, Parameter
from lawc.knowledge.distributions import Measure as Measuring
from lawc.knowledge.law import Quantity
from lawc.knowledge.rule import Drawn
from lawc.syntax.rules.document import SampleLine
from lawc.syntax.spelling import nearest
from lawc.syntax.tree import Name, Node
from lawc.units.dimension import NONE

_READINGS = frozenset(("mean", "low end", "high end", "location", "least value"))
"""Parameters that are values of the quantity; the others measure differences of such values."""


def read_sample(
    lines: tuple[SampleLine, ...], formulas: Formulas, inputs: tuple[str, ...]
) -> tuple[Drawn, ...]:
    """Return how inputs are distributed; what does not fit is reported."""
    made: dict[str, Drawn] = {}
    for line in lines:
        quantity = formulas.scope.quantity(line.name)
        if quantity is None:
            continue
        name = quantity.name
        if name not in inputs:
            formulas.scope.report(
                "L0719",
                f"`{name}` is decided or set by date, and not drawn",
                line.name.place,
                help=f"draw what is given: {listed(quoted(inputs), 'or')}" if inputs else "",
            )
            continue
        if name in made:
            first = made[name].place
            formulas.scope.report(
                "L0719",
                f"two lines say how `{name}` is distributed",
                line.place,
                others=[(first, "the first one")] if first else [],
            )
            continue
        drawn = _Line(line, quantity, formulas).read()
        if drawn is not None:
            made[name] = drawn
    return tuple(made.values())


class _Line:
    def __init__(self, line: SampleLine, quantity: Quantity, formulas: Formulas) -> None:
        self.line, self.quantity, self.formulas = line, quantity, formulas
        self.own = measure_of(quantity)

    def read(self) -> Drawn | None:
        line = self.line
        made = self._shares() if line.family is None else self._family(line.family)
        if line.unknown is not None and made is not None:
            share = self._number(line.unknown, PLAIN, "the share of what is unknown")
            if share is None:
                return None
            if not 0 <= share <= 1:
                return self._unfit("a share lies between 0 and 1", line.unknown.place)
            made = Drawn(
                made.name, made.family, made.parameters, made.scale, made.zero, made.shares, share,
                made.text, made.place,
            )  # fmt: skip
        if made is not None and not self.quantity.may_be_unknown:
            rarely = made.unknown or any(value is UNKNOWN for value, _ in made.shares)
            if rarely:
                headline = f"`{made.name}` is drawn as unknown, and may not be"
                return self._unfit(headline, line.place, "declare it with `may be unknown`")
        return made

    def _shares(self) -> Drawn | None:
        if self.line.unit is not None:
            headline = "values that are listed carry their unit, and need no `value`"
            return self._unfit(headline, self.line.unit.place)
        found: dict[Value, Fraction] = {}
        for node, weight in self.line.shares:
            value: Value | None = UNKNOWN
            if not (isinstance(node, Name) and node.name == "unknown"):
                value = read_plain(node, self.quantity, None, self.formulas)
            share = self._number(weight, PLAIN, "a weight")
            if value is None or share is None:
                return None
            if share < 0:
                return self._unfit("a weight is not below zero", weight.place)
            if value in found:
                return self._unfit("this value has two weights", node.place)
            if isinstance(value, Fraction) and not self._in_range(value):
                return self._unfit(f"this lies outside of the range of `{self.name}`", node.place)
            found[value] = share
        if not sum(found.values()):
            return self._unfit("one weight at least is above zero", self.line.place)
        return self._made(shares=tuple(found.items()))

    def _family(self, word: Name) -> Drawn | None:
        family = FAMILIES.get(word.name)
        if family is None:
            near = nearest(word.name, tuple(FAMILIES))
            return self._unfit(
                f"`{word.name}` is no family of distributions",
                word.place,
                f"write `{near}`" if near else f"the families are {listed(quoted(FAMILIES))}",
            )
        if self.own.choices and (word.name != "bernoulli" or self.own.kind != "yes/no"):
            headline = f"`{self.name}` is {self.own.said}, and follows no such family"
            return self._unfit(headline, word.place, "list its values, each with its weight")
        scale, zero, plainly = Fraction(1), Fraction(0), self.own.dimension == NONE
        plainly = plainly and self.own.kind != "date"
        if self.line.unit is not None:
            measure = self.formulas.scope.measure(self.quantity, self.line.unit)
            if measure is None:
                return None
            scale = measure.scale / self.own.scale
            zero = (measure.zero - self.own.zero) / self.own.scale
            plainly = True
        if family.plain and not plainly:
            return self._unfit(
                f"`{word.name}` describes plain numbers, and `{self.name}` is {self.own.said}",
                word.place,
                f"write `value({self.name}, [{self.own.unit}]) ~ {word.name}(…)`",
            )
        if len(self.line.parameters) != len(family.parameters):
            wanted = listed([parameter.name for parameter in family.parameters])
            return self._unfit(f"`{word.name}` takes {wanted}", self.line.place)
        values: list[Fraction] = []
        for parameter, node in zip(family.parameters, self.line.parameters, strict=True):
            measure = PLAIN if self.line.unit is not None else self._measure(parameter)
            value = self._number(node, measure, f"the {parameter.name}")
            if value is None:
                return None
            if (parameter.bound is Bound.POSITIVE and value <= 0) or (
                parameter.bound is Bound.SHARE and not 0 <= value <= 1
            ):
                return self._unfit(f"the {parameter.name} is {parameter.bound.value}", node.place)
            values.append(value)
        if word.name == "uniform" and values[0] >= values[1]:
            return self._unfit("the low end is written first", self.line.place)
        if word.name == "bernoulli" and self.own.kind == "yes/no":
            return self._made(shares=((Fraction(0), 1 - values[0]), (Fraction(1), values[0])))
        return self._made(word.name, tuple(values), scale, zero)

    @property
    def name(self) -> str:
        return self.quantity.name

    def _made(
        self,
        family: str = "",
        parameters: tuple[Fraction, ...] = (),
        scale: Fraction = Fraction(1),
        zero: Fraction = Fraction(0),
        shares: tuple[tuple[Value, Fraction], ...] = (),
    ) -> Drawn:
        text = " ".join(self.formulas.scope.text(self.line.place).split())
        place = self.line.place
        return Drawn(self.name, family, parameters, scale, zero, shares, text=text, place=place)

    def _measure(self, parameter: Parameter) -> Measure:
        own = self.own
        if parameter.measure is Measuring.PLAIN or own.kind == "integer":
            return PLAIN
        if parameter.name in _READINGS:
            return own
        if own.kind == "date":
            own = DURATION
        if parameter.measure is Measuring.INVERSE:
            return Measure(
                dimension=NONE / own.dimension, scale=1 / own.scale, unit=f"1/{own.unit}"
            )
        return Measure(dimension=own.dimension, scale=own.scale, unit=own.unit)

    def _number(self, node: Node, wanted: Measure, of: str) -> Fraction | None:
        typed = self.formulas.read(node)
        if typed is None:
            return None
        if wanted.kind != "date" and not wanted.zero and typed.measure.is_number:
            # A difference may be written on a scale such as °C.
            measure = typed.measure
            measure = Measure(measure.kind, measure.dimension, measure.scale, unit=measure.unit)
            typed = Typed(typed.formula, measure, typed.bare)
        found = self.formulas.fitted(typed, wanted, node, of)
        if isinstance(found, Number):
            return found.value
        if found is not None:
            self._unfit(f"{of} is a number, and no formula", node.place)
        return None

    def _in_range(self, value: Fraction) -> bool:
        low, high = self.quantity.low, self.quantity.high
        if self.own.choices:
            return True
        return (low is None or value >= Fraction(repr(float(low)))) and (
            high is None or value <= Fraction(repr(float(high)))
        )

    def _unfit(self, headline: str, place: Place, help: str = "") -> None:
        self.formulas.scope.report("L0719", headline, place, help=help)
