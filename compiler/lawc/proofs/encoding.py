"""Decisions into terms of the solver: exact numbers, whole numbers, conditions.

Quantities are reals in their declared units; money, integers, dates and choices are whole numbers
of their step. Every quantity carries the condition under which it is applicable. Nothing here is
an estimate: what has no exact encoding is left open by `world.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from lawc.decision.decision import Decision, Port
from lawc.decision.formula import Apply, Formula, Named, NotApplicable, Number
from lawc.diagnostics.immutable import immutable
from lawc.proofs import days
from lawc.proofs.library import z3
from lawc.proofs.steps import Definition, definitions
from lawc.proofs.world import Real, World, as_fraction, quotient

TRUE = z3.BoolVal(True)
FALSE = z3.BoolVal(False)
LARGEST_POWER = 12
LARGEST_ROOT = 6


@immutable
class Term:
    """A value of the solver, and when it is applicable."""

    value: Real
    applicable: Real = TRUE


class Encoding:
    """A decision with its inputs as variables.

    Attributes:
        inputs: The terms of the inputs.
        domain: That inputs lie in their ranges.
        spoken: For each step, that something in it speaks.
    """

    def __init__(
        self,
        decision: Decision,
        world: World,
        prefix: str = "",
        shared: Mapping[str, Real] | None = None,
        unknown: frozenset[str] = frozenset(),
    ) -> None:
        self.decision = decision
        self.world = world
        self.unknown = unknown
        self.definitions: dict[str, Definition] = definitions(decision)
        self.variables: dict[str, Real] = {}
        self.domain: list[Real] = []
        self.terms: dict[str, Term] = {}
        self._made: dict[int, tuple[Formula, Term]] = {}
        for port in decision.inputs:
            given = (shared or {}).get(port.name)
            variable = variable_of(port, prefix, world.is_integral) if given is None else given
            self.variables[port.name] = variable
            self.terms[port.name] = Term(valued(port, variable))
            if given is None:
                self.domain += in_range(port, variable)
        for name, definition in self.definitions.items():
            made = self.term(definition.value)
            spoken = self.condition(definition.spoken)
            # A step that asks what is not applicable, and where nothing speaks, is so itself.
            self.terms[name] = Term(made.value, conjunction([made.applicable, spoken]))

    def answered(self, before: int | None = None) -> Real:
        """Return that every step, or each one before this one, answers or is not applicable."""
        return conjunction(
            [
                self.answers(definition)
                for definition in self.definitions.values()
                if before is None or definition.step < before
            ]
        )

    def answers(self, definition: Definition) -> Real:
        """Return that something in a step speaks, or it asks what is not applicable."""
        spoken = self.condition(definition.spoken)
        if z3.is_true(spoken):
            return TRUE
        missing = [z3.Not(self.terms[name].applicable) for name in definition.asked]
        return z3.simplify(z3.Or(spoken, *missing))

    def condition(self, formula: Formula) -> Real:
        """Return a formula as a condition; what is not applicable is no."""
        return truth(self.term(formula))

    def number(self, formula: Formula) -> Real:
        """Return a formula as a number."""
        return as_number(self.term(formula).value)

    def term(self, formula: Formula) -> Term:
        """Return the term of a formula over inputs and decided quantities."""
        known = self._made.get(id(formula))
        if known is not None:
            return known[1]
        made = self._encode(formula)
        # The formula is kept so that no other takes its place in memory.
        self._made[id(formula)] = (formula, made)
        return made

    def _encode(self, formula: Formula) -> Term:
        match formula:
            case Number(value):
                return Term(exactly(value))
            case Named(name):
                return self.terms[name]
            case NotApplicable():
                return Term(exactly(Fraction(0)), FALSE)
            case Apply("where", (condition, first, second)):
                chosen = self.condition(condition)
                if z3.is_true(chosen):
                    return self.term(first)
                if z3.is_false(chosen):
                    return self.term(second)
                return choose(chosen, self.term(first), self.term(second))
            case Apply("and" | "or" | "not" as operation, parts):
                conditions = [self.condition(part) for part in parts]
                join = {"and": z3.And, "or": z3.Or, "not": z3.Not}[operation]
                return Term(z3.simplify(join(*conditions)))
            case Apply("is_known", (part,)):
                return Term(z3.BoolVal(not self._is_unknown(part)))
            case Apply("is_applicable", (part,)):
                return Term(self.term(part).applicable)
            case Apply("less" | "less_equal" | "equal" as operation, parts):
                return self._compare(operation, parts)
            case Apply(operation, parts, calendar):
                terms = [self.term(part) for part in parts]
                values = [as_number(term.value) for term in terms]
                applicable = conjunction([term.applicable for term in terms])
                return Term(self._apply(operation, values, calendar), applicable)
        raise TypeError(f"no such formula: {type(formula).__name__}")

    def _is_unknown(self, formula: Formula) -> bool:
        return isinstance(formula, Named) and formula.name in self.unknown

    def _compare(self, operation: str, parts: tuple[Formula, ...]) -> Term:
        first, second = (self.term(part) for part in parts)
        a, b = first.value, second.value
        if operation == "equal" and z3.is_bool(a) and z3.is_bool(b):
            relation = a == b
        elif operation == "equal" and z3.is_bool(a) and (one := as_fraction(b)) is not None:
            relation = a if one == 1 else z3.Not(a) if one == 0 else FALSE
        else:
            a, b = as_number(a), as_number(b)
            relation = {"less": a < b, "less_equal": a <= b, "equal": a == b}[operation]
        applicable = [first.applicable, second.applicable]
        return Term(conjunction([z3.simplify(relation), *applicable]))

    def _apply(self, operation: str, values: list[Real], calendar: str) -> Real:
        a = values[0]
        b = values[-1]
        match operation:
            case "add":
                return a + b
            case "subtract":
                return a - b
            case "multiply":
                return a * b
            case "negative":
                return -a
            case "min":
                return z3.If(a <= b, *_alike(a, b))
            case "max":
                return z3.If(a >= b, *_alike(a, b))
            case "abs":
                return z3.If(a >= 0, a, -a)
            case "sign":
                return z3.If(a > 0, 1, z3.If(a < 0, -1, 0))
            case "divide":
                return self._divide(a, b)
            case "power":
                return self._power(a, b)
            case "sqrt":
                self.world.failures.append(a < 0)
                return self.world.root(as_real(a), 2)
            case "exp":
                return self.world.apply("exp", as_real(a))
            case "ln" | "log10" | "log2":
                self.world.failures.append(a <= 0)
                natural = self.world.apply("ln", as_real(a))
                if operation == "ln":
                    return natural
                return natural / self.world.apply(
                    "ln", exactly_real(10 if operation == "log10" else 2)
                )
            case "floor" | "ceiling":
                return (
                    a if z3.is_int(a) else (z3.ToInt(a) if operation == "floor" else -z3.ToInt(-a))
                )
        if operation.startswith("round_"):
            return rounded(operation, a, b)
        return days.encode(operation, values, self.decision.calendars.get(calendar), self.world)

    def _divide(self, a: Real, b: Real) -> Real:
        if as_fraction(z3.simplify(b)) in (None, 0):
            self.world.failures.append(b == 0)
        return as_real(a) / as_real(b)

    def _power(self, base: Real, exponent: Real) -> Real:
        world = self.world
        constant = as_fraction(z3.simplify(exponent))
        real = as_real(base)
        if constant is None:
            number = as_fraction(z3.simplify(base))
            if number is None or number <= 0:
                world.is_exact = False
                return world.fresh()
            if number == 1:
                return exactly_real(1)
            if number < 1:
                return world.apply(f"power:{1 / number}", -as_real(exponent))
            return world.apply(f"power:{number}", as_real(exponent))
        if constant.denominator == 1 and abs(constant) <= LARGEST_POWER:
            return self._whole_power(real, int(constant))
        world.failures.append(real < 0 if constant > 0 else real <= 0)
        if constant.denominator <= LARGEST_ROOT and abs(constant.numerator) <= LARGEST_POWER:
            return self._whole_power(world.root(real, constant.denominator), constant.numerator)
        # As exp(exponent * ln(base)): both rise, and so does a product with a constant.
        return world.apply("exp", quotient(constant) * world.apply("ln", real))

    def _whole_power(self, base: Real, exponent: int) -> Real:
        if exponent == 0:
            return exactly_real(1)
        product = base
        for _ in range(abs(exponent) - 1):
            product = product * base
        return product if exponent > 0 else self._divide(exactly_real(1), product)


def variable_of(port: Port, prefix: str, is_integral: bool) -> Real:
    """Return the variable of an input: yes/no, whole, or real."""
    name = prefix + port.name
    if port.kind == "yes/no":
        return z3.Bool(name)
    if port.kind != "number" or (is_integral and port.step is not None):
        return z3.Int(name)
    return z3.Real(name)


def valued(port: Port, variable: Real) -> Real:
    """Return the value in the declared unit of a variable that may count steps."""
    if port.kind == "number" and port.step is not None and z3.is_int(variable):
        return variable if port.step == 1 else z3.ToReal(variable) * quotient(port.step)
    return variable


def in_range(port: Port, variable: Real) -> list[Real]:
    """Return that an input lies in its declared range."""
    if port.kind == "yes/no":
        return []
    if port.choices:
        return [variable >= 0, variable < len(port.choices)]
    value = valued(port, variable)
    facts: list[Real] = []
    if port.low is not None:
        facts.append(value >= exactly(port.low))
    if port.high is not None:
        facts.append(value <= exactly(port.high))
    if port.kind == "date":
        facts += [variable >= 1, variable <= days.LAST_DAY]
    return facts


def truth(term: Term) -> Real:
    """Return a term as a condition."""
    held = term.value if z3.is_bool(term.value) else term.value != 0
    return conjunction([held, term.applicable])


def choose(condition: Real, first: Term, second: Term) -> Term:
    """Return one term under a condition, and the other where it does not hold."""
    a, b = first.value, second.value
    if not (z3.is_bool(a) and z3.is_bool(b)):
        a, b = _alike(as_number(a), as_number(b))
    value = a if a.eq(b) else z3.If(condition, a, b)
    same = first.applicable.eq(second.applicable)
    applicable = first.applicable if same else z3.If(condition, first.applicable, second.applicable)
    return Term(value, applicable)


def conjunction(conditions: list[Real]) -> Real:
    """Return that all of these hold, without what is plainly true."""
    kept = [c for c in conditions if not z3.is_true(c)]
    return TRUE if not kept else kept[0] if len(kept) == 1 else z3.And(*kept)


def as_number(value: Real) -> Real:
    """Return a condition as 1 or 0, a number as it is."""
    return z3.If(value, 1, 0) if z3.is_bool(value) else value


def as_real(value: Real) -> Real:
    """Return a whole number as a real one."""
    return z3.ToReal(value) if z3.is_int(value) else value


def exactly(value: Fraction) -> Real:
    """Return an exact number, whole where it is."""
    return z3.IntVal(value.numerator) if value.denominator == 1 else quotient(value)


def exactly_real(value: int) -> Real:
    """Return a whole number as a real one."""
    return z3.RealVal(value)


def rounded(operation: str, value: Real, step: Real) -> Real:
    """Return the multiple of a step that `round_…` goes to."""
    count = z3.simplify(as_real(value) / as_real(step))
    half = z3.Q(1, 2)
    low = z3.ToInt(count)
    match operation:
        case "round_floor":
            whole = low
        case "round_ceiling":
            whole = -z3.ToInt(-count)
        case "round_to_zero":
            whole = z3.If(count >= 0, low, -z3.ToInt(-count))
        case "round_from_zero":
            whole = z3.If(count >= 0, -z3.ToInt(-count), low)
        case "round_half_from_zero":
            whole = z3.If(count >= 0, z3.ToInt(count + half), -z3.ToInt(half - count))
        case "round_half_even":
            near = z3.ToInt(count + half)
            tie = z3.And(z3.ToReal(near) == count + half, near % 2 == 1)
            whole = z3.If(tie, near - 1, near)
        case _:
            raise ValueError(f"{operation!r} is no way of rounding")
    size = as_fraction(z3.simplify(step))
    return whole * step if size is not None and size.denominator == 1 else z3.ToReal(whole) * step


def _alike(a: Real, b: Real) -> tuple[Real, Real]:
    return (a, b) if z3.is_int(a) == z3.is_int(b) else (as_real(a), as_real(b))
