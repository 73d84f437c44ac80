"""Whether a quantity scales with an input, by the rules of powers.

A product or quotient of powers is a power, and so is a sum, or the greater one, of terms of the
same power. A choice between them is one where its condition does not turn when the input is
scaled: where it does not read the input, or compares two terms of one power. What stands beside
the input may be as hard as it likes, such as an annuity for a payment. A condition on what may be
not applicable is left to others, since it turns with more than the value.
"""

from __future__ import annotations

from fractions import Fraction

from lawc.decision.formula import Apply, Formula, Named, NotApplicable, Number, names
from lawc.diagnostics.immutable import immutable
from lawc.proofs.steps import Definition, depending

_CONDITIONS = frozenset(
    ("less", "less_equal", "equal", "and", "or", "not", "is_applicable", "is_known")
)


@immutable
class Power:
    """A power of the input; None is any of them, as nought is, and what is not applicable."""

    exponent: Fraction | None


LEVEL = Power(Fraction(0))
ANY = Power(None)


class Powers:
    """The powers of one input which the quantities of a decision are, as far as rules tell.

    Args:
        definitions: Of the decided quantities.
        by: The input.
    """

    def __init__(self, definitions: dict[str, Definition], by: str) -> None:
        self._definitions = definitions
        self._by = by
        self._moving = depending(definitions, by)
        self._known: dict[str, Power | None] = {}

    def of(self, formula: Formula) -> Power | None:
        """Return the power which a formula is where the input is positive; None where unknown."""
        match formula:
            case Number(value):
                return LEVEL if value else ANY
            case NotApplicable():
                return ANY
            case Named(name):
                return self._named(name)
            case Apply() if self._moving.isdisjoint(names(formula)):
                return LEVEL
            case Apply("where", (condition, first, second)):
                if self._lacks(condition) or self.of(condition) not in (LEVEL, ANY):
                    return None
                return _same(self.of(first), self.of(second))
            case Apply(operation, parts):
                if operation in _CONDITIONS and any(map(self._lacks, parts)):
                    return None
                return self._applied(operation, parts)
        raise TypeError(f"no such formula: {type(formula).__name__}")

    def _named(self, name: str) -> Power | None:
        if name == self._by:
            return Power(Fraction(1))
        if name not in self._moving:
            return LEVEL
        if name not in self._known:
            self._known[name] = self.of(self._definitions[name].value)
        return self._known[name]

    def _applied(self, operation: str, parts: tuple[Formula, ...]) -> Power | None:
        powers = [self.of(part) for part in parts]
        match operation, powers:
            case "multiply", [Power(first), Power(second)]:
                return ANY if first is None or second is None else Power(first + second)
            case "divide", [Power(first), Power(second)]:
                if second is None:
                    return None
                return ANY if first is None else Power(first - second)
            case "add" | "subtract" | "min" | "max", [first, second]:
                return _same(first, second)
            case "less" | "less_equal" | "equal", [first, second]:
                return LEVEL if _same(first, second) is not None else None
            case "negative" | "abs", [power]:
                return power
            case "sqrt", [Power(exponent)]:
                return ANY if exponent is None else Power(exponent / 2)
            case "power", [Power(exponent), Power()] if isinstance(parts[1], Number):
                return None if exponent is None else Power(exponent * parts[1].value)
        # What is calculated from parts that stay as they are stays as it is.
        return LEVEL if all(power in (LEVEL, ANY) for power in powers) else None

    def _lacks(self, formula: Formula) -> bool:
        """Whether a formula reads what is applicable or not as the input goes."""
        return any(
            name in self._moving and name != self._by and self._definitions[name].is_partial
            for name in names(formula)
        )


def _same(first: Power | None, second: Power | None) -> Power | None:
    if first is None or second is None:
        return None
    if first == ANY or second == ANY:
        return second if first == ANY else first
    return first if first == second else None


def scales_by_rules(
    definitions: dict[str, Definition], subject: Formula, by: str, exponent: Fraction | None
) -> bool:
    """Return whether rules of powers show that a subject scales with an input as is claimed."""
    found = Powers(definitions, by).of(subject)
    return found is not None and exponent is not None and found in (ANY, Power(exponent))
