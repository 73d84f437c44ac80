"""Formulas just beside a point: their limit there, and their first slope.

Two values that are equal at the point are told apart by their slopes. Where these are equal too
and a formula is not linear, either may be larger beside it, and the solver may choose.
"""

from __future__ import annotations

from lawc.decision.formula import YES, Apply, Formula, Named, NotApplicable, Number, names
from lawc.diagnostics.immutable import immutable
from lawc.proofs.encoding import Encoding
from lawc.proofs.library import z3
from lawc.proofs.terms import (
    FALSE,
    TRUE,
    alike,
    as_number,
    as_real,
    conjunction,
    disjunction,
    negation,
)
from lawc.proofs.world import Real, power_of


@immutable
class Near:
    """A value beside a point, its slope there, and when it is applicable."""

    value: Real
    slope: Real
    applicable: Real = TRUE
    is_linear: bool = True


class Beside:
    """Formulas of an encoding just above (side 1) or below (side -1) its point."""

    def __init__(self, encoding: Encoding, by: str, side: int) -> None:
        self._encoding = encoding
        self._by = by
        self._side = side
        self._made: dict[int, tuple[Formula, Near | None]] = {}
        self._named: dict[str, Near | None] = {}

    def condition(self, formula: Formula) -> Real | None:
        """Return a condition beside the point, None where it has no encoding."""
        if not self._depends(formula):
            return self._encoding.condition(formula)
        match formula:
            case Apply("and" | "or" as operation, (first, second)):
                a, b = self.condition(first), self.condition(second)
                if a is None or b is None:
                    return None
                return conjunction([a, b]) if operation == "and" else disjunction([a, b])
            case Apply("not", (part,)):
                inner = self.condition(part)
                return None if inner is None else negation(inner)
            case Apply("is_known", (part,)):
                # What moves is known.
                return TRUE if part == Named(self._by) else None
            case Apply("is_applicable", (part,)):
                inner = self.of(part)
                return None if inner is None else inner.applicable
            case Apply("less" | "less_equal" | "equal" as operation, (first, second)):
                a, b = self.of(first), self.of(second)
                if a is None or b is None:
                    return None
                held = self._compared(operation, a, b)
                return conjunction([held, a.applicable, b.applicable])
            case _:
                made = self.of(formula)
                return None if made is None else conjunction([made.value != 0, made.applicable])

    def of(self, formula: Formula) -> Near | None:
        """Return a formula beside the point, None where it has no encoding."""
        known = self._made.get(id(formula))
        if known is not None:
            return known[1]
        made = self._near(formula)
        self._made[id(formula)] = (formula, made)
        return made

    def _near(self, formula: Formula) -> Near | None:
        if not self._depends(formula):
            term = self._encoding.term(formula)
            return Near(as_real(as_number(term.value)), z3.RealVal(0), term.applicable)
        match formula:
            case Named(name) if name == self._by:
                value = as_real(as_number(self._encoding.terms[name].value))
                return Near(value, z3.RealVal(self._side))
            case Named(name):
                return self._decided(name)
            case Apply("where", (condition, first, second)):
                chosen = self.condition(condition)
                a, b = self.of(first), self.of(second)
                return None if chosen is None or a is None or b is None else _either(chosen, a, b)
            case Apply("and" | "or" | "not" | "less" | "less_equal" | "equal" | "is_applicable"):
                held = self.condition(formula)
                return None if held is None else Near(z3.If(held, 1.0, 0.0), z3.RealVal(0))
            case Apply(operation, parts):
                near = [self.of(part) for part in parts]
                if any(part is None for part in near):
                    return None
                return self._applied(operation, [part for part in near if part is not None], parts)
            case Number() | NotApplicable():
                return None
        raise TypeError(f"no such formula: {type(formula).__name__}")

    def _decided(self, name: str) -> Near | None:
        if name not in self._named:
            definition = self._encoding.definitions[name]
            made = self.of(definition.value)
            spoken = self.condition(definition.spoken) if definition.spoken != YES else TRUE
            if made is not None and spoken is not None:
                both = conjunction([made.applicable, spoken])
                made = Near(made.value, made.slope, both, made.is_linear)
            self._named[name] = None if spoken is None else made
        return self._named[name]

    def _applied(self, operation: str, near: list[Near], parts: tuple[Formula, ...]) -> Near | None:
        a, b = near[0], near[-1]
        both = conjunction([part.applicable for part in near])
        linear = all(part.is_linear for part in near)
        match operation:
            case "add":
                return Near(a.value + b.value, a.slope + b.slope, both, linear)
            case "subtract":
                return Near(a.value - b.value, a.slope - b.slope, both, linear)
            case "negative":
                return Near(-a.value, -a.slope, both, linear)
            case "multiply":
                slope = a.slope * b.value + b.slope * a.value
                straight = linear and not all(self._depends(part) for part in parts)
                return Near(a.value * b.value, z3.simplify(slope), both, straight)
            case "divide":
                slope = (a.slope * b.value - b.slope * a.value) / (b.value * b.value)
                straight = linear and not self._depends(parts[1])
                slope = a.slope / b.value if straight else slope
                return Near(a.value / b.value, slope, both, straight)
            case "min" | "max":
                less = self._compared("less_equal", a, b)
                made = _either(less if operation == "min" else negation(less), a, b)
                return Near(made.value, made.slope, both, made.is_linear)
            case "abs":
                turned = Near(-a.value, -a.slope, both, linear)
                zero = Near(z3.RealVal(0), z3.RealVal(0))
                return _either(self._compared("less", a, zero), turned, a)
            case "floor":
                return _floor(a, both)
            case "ceiling":
                return _minus(_floor(Near(-a.value, -a.slope, both, linear), both))
            case _ if operation.startswith("round_"):
                return self._rounded(operation, a, parts[1], both)
            case "exp" | "ln" | "log10" | "log2" | "sqrt":
                return self._rising(operation, a, both)
            case "power" if not self._depends(parts[1]):
                return self._power(parts, a, both)
        return None

    def _rounded(self, operation: str, a: Near, step: Formula, both: Real) -> Near | None:
        """Return a rounding to a constant step; an even half is left open."""
        if not isinstance(step, Number) or operation == "round_half_even":
            return None
        size = z3.Q(step.value.numerator, step.value.denominator)
        half = z3.Q(1, 2) if "half" in operation else z3.RealVal(0)
        zero = Near(z3.RealVal(0), z3.RealVal(0))
        count = Near(a.value / size, a.slope / size, a.applicable, a.is_linear)
        down = _floor(Near(count.value + half, count.slope, both, count.is_linear), both)
        up = _minus(_floor(Near(half - count.value, -count.slope, both, count.is_linear), both))
        if down is None or up is None:
            return None
        below = self._compared("less", count, zero)
        first, second = {
            "round_floor": (down, down),
            "round_ceiling": (up, up),
            "round_to_zero": (up, down),
            "round_from_zero": (down, up),
            "round_half_from_zero": (up, down),
        }[operation]
        made = _either(below, first, second)
        return Near(made.value * size, z3.RealVal(0), both)

    def _rising(self, operation: str, a: Near, both: Real) -> Near:
        world = self._encoding.world
        if operation == "sqrt":
            value = world.root(a.value, 2)
        elif operation == "exp":
            value = world.apply("exp", a.value)
        else:
            # Logarithms to other bases differ by a positive factor, which no limit depends on.
            value = world.apply("ln", a.value)
            if operation != "ln":
                value = value / world.apply("ln", z3.RealVal(10 if operation == "log10" else 2))
        return Near(value, self._slope_like(a.slope), both, False)

    def _power(self, parts: tuple[Formula, ...], a: Near, both: Real) -> Near | None:
        exponent = parts[1]
        if not isinstance(exponent, Number):
            return None
        world, power = self._encoding.world, exponent.value
        if power.denominator == 1 and 0 < power <= 6:
            value, slope = a.value, a.slope
            for _ in range(int(power) - 1):
                slope = slope * a.value + a.slope * value
                value = value * a.value
            return Near(value, slope, both, power == 1)
        if power.denominator == 1:
            # Of a base that may be negative logarithms say nothing.
            return None
        value = power_of(a.value, power, world)
        slope = self._slope_like(a.slope if power > 0 else -a.slope)
        return Near(value, slope, both, False)

    def _slope_like(self, slope: Real) -> Real:
        """Return a number of which only the sign is known."""
        made = self._encoding.world.fresh()
        self._encoding.world.facts.append(
            z3.And((made > 0) == (slope > 0), (made < 0) == (slope < 0))
        )
        return made

    def _compared(self, operation: str, a: Near, b: Near) -> Real:
        same = a.value == b.value
        if a.is_linear and b.is_linear:
            tie = {
                "less": a.slope < b.slope,
                "less_equal": a.slope <= b.slope,
                "equal": a.slope == b.slope,
            }[operation]
        else:
            free = z3.FreshBool("tie")
            apart = FALSE if operation == "equal" else a.slope < b.slope
            tie = z3.If(a.slope == b.slope, free, apart)
        if operation == "equal":
            return z3.And(same, tie)
        return z3.Or(a.value < b.value, z3.And(same, tie))

    def _depends(self, formula: Formula) -> bool:
        definitions = self._encoding.definitions
        return any(
            name == self._by or (name in definitions and self._depends_name(name))
            for name in names(formula)
        )

    def _depends_name(self, name: str) -> bool:
        definition = self._encoding.definitions[name]
        return self._depends(definition.value) or self._depends(definition.spoken)


def _either(condition: Real, a: Near, b: Near) -> Near:
    applicable = z3.simplify(z3.If(condition, a.applicable, b.applicable))
    value, other = alike(a.value, b.value)
    return Near(
        z3.If(condition, value, other),
        z3.If(condition, a.slope, b.slope),
        applicable,
        a.is_linear and b.is_linear,
    )


def _floor(a: Near, both: Real) -> Near | None:
    """Return the whole number below: at one, that before it where the value falls."""
    if not a.is_linear:
        return None
    whole = z3.ToInt(a.value)
    at_edge = z3.And(z3.ToReal(whole) == a.value, a.slope < 0)
    return Near(z3.ToReal(z3.If(at_edge, whole - 1, whole)), z3.RealVal(0), both)


def _minus(a: Near | None) -> Near | None:
    return None if a is None else Near(-a.value, -a.slope, a.applicable, a.is_linear)
