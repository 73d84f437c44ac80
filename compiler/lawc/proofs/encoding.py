"""Decisions into terms of the solver: exact numbers, whole numbers, conditions.

Quantities are reals in their declared units; money, integers, dates and choices are whole numbers
of their step. Every quantity carries the condition under which it is applicable. Nothing here is
an estimate: what has no exact encoding is left open by `world.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from lawc.decision.decision import Decision, Port
from lawc.decision.formula import Apply, Formula, Named, NotApplicable, Number, names
from lawc.proofs import days
from lawc.proofs.library import is_false, is_true, z3
from lawc.proofs.logarithms import Logarithms
from lawc.proofs.steps import Definition, definitions
from lawc.proofs.terms import (
    FALSE,
    TRUE,
    Term,
    alike,
    as_number,
    as_real,
    choose,
    conjunction,
    disjunction,
    exactly,
    exactly_real,
    negation,
    rounded,
    truth,
)
from lawc.proofs.world import Real, World, as_fraction, power_of, quotient

LARGEST_POWER = 12
LARGEST_ROOT = 6


class Encoding:
    """A decision with its inputs as variables.

    Attributes:
        inputs: The terms of the inputs.
        domain: That inputs lie in their ranges.
        known: For inputs that a formula asks whether they are known, whether they are. Where they
            are not, the terms still take some value of the range.
    """

    def __init__(
        self,
        decision: Decision,
        world: World,
        prefix: str = "",
        shared: Mapping[str, Real] | None = None,
        prefers_logarithms: bool = False,
    ) -> None:
        self.decision = decision
        self.world = world
        self.prefix = prefix
        self.logarithms = Logarithms(self, prefers_logarithms)
        self.known: dict[str, Real] = {}
        self._known_too: dict[str, Real] = {}
        self.definitions: dict[str, Definition] = definitions(decision)
        self.variables: dict[str, Real] = {}
        self.domain: list[Real] = []
        self.terms: dict[str, Term] = {}
        self.fails: dict[str, Real] = {}
        self._made: dict[int, tuple[Formula, Term]] = {}
        for port in decision.inputs:
            given = (shared or {}).get(port.name)
            variable = variable_of(port, prefix, world.is_integral) if given is None else given
            self.variables[port.name] = variable
            self.terms[port.name] = Term(valued(port, variable))
            if given is None:
                self.domain += in_range(port, self.terms[port.name])
        for name, definition in self.definitions.items():
            made = self.term(definition.value)
            spoken = self.condition(definition.spoken)
            # A step that asks what is not applicable, and where nothing speaks, is so itself.
            self.terms[name] = Term(made.value, conjunction([made.applicable, spoken]))
            self.fails[name] = made.fails

    def answered(self, before: int | None = None) -> Real:
        """Return that every step, or each one before this one, answers or is not applicable."""
        asked = [d for d in self.definitions.values() if before is None or d.step < before]
        facts = [self.answers(definition) for definition in asked]
        facts += [negation(self.fails[definition.name]) for definition in asked]
        for definition in asked:
            facts += in_range(self.decision.port(definition.name), self.terms[definition.name])
        return conjunction(facts)

    def answers(self, definition: Definition) -> Real:
        """Return that something in a step speaks, or it asks what is not applicable."""
        spoken = self.condition(definition.spoken)
        if is_true(spoken):
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
            case Apply("where"):
                return self._chain(formula)
            case Apply("and" | "or"):
                return self._joined(formula)
            case Apply("not", (part,)):
                return Term(negation(self.condition(part)), fails=self.term(part).fails)
            case Apply("is_known", (part,)):
                return Term(self._is_known(part))
            case Apply("is_applicable", (part,)):
                return Term(self.term(part).applicable)
            case Apply("less" | "less_equal" | "equal" as operation, parts):
                return self._compare(operation, parts)
            case Apply(operation, parts, calendar):
                if (found := self.logarithms.product(formula)) is not None:
                    return found
                terms = [self.term(part) for part in parts]
                values = [as_number(term.value) for term in terms]
                applicable = conjunction([term.applicable for term in terms])
                failures = self.world.failures
                failures.clear()
                value = self._apply(operation, values, calendar)
                own = conjunction([applicable, disjunction(failures)])
                fails = disjunction([*(term.fails for term in terms), own])
                return Term(value, applicable, fails)
        raise TypeError(f"no such formula: {type(formula).__name__}")

    def _chain(self, formula: Formula) -> Term:
        """Return a chain of `where`, which a table of a thousand rows makes long."""
        links: list[tuple[Term, Formula]] = []
        while isinstance(formula, Apply) and formula.operation == "where":
            condition, first, formula = formula.parts
            links.append((self.term(condition), first))
        made = self.term(formula)
        for condition, first in reversed(links):
            chosen = truth(condition)
            if is_true(chosen):
                made = self.term(first)
            elif not is_false(chosen):
                made = choose(chosen, self.term(first), made)
            made = Term(made.value, made.applicable, disjunction([condition.fails, made.fails]))
        return made

    def _joined(self, formula: Apply) -> Term:
        """Return a long `and` or `or`; a part is reached where those before leave it open."""
        operation = formula.operation
        parts: list[Formula] = []
        node: Formula = formula
        while isinstance(node, Apply) and node.operation == operation:
            node, last = node.parts
            parts.append(last)
        terms = [self.term(part) for part in (node, *reversed(parts))]
        conditions = [truth(term) for term in terms]
        fails: list[Real] = []
        for place, term in enumerate(terms):
            if not is_false(term.fails):
                before = conditions[:place]
                open_still = before if operation == "and" else [negation(c) for c in before]
                fails.append(conjunction([*open_still, term.fails]))
        join = conjunction if operation == "and" else disjunction
        return Term(z3.simplify(join(conditions)), fails=disjunction(fails))

    def _is_known(self, formula: Formula) -> Real:
        """Return whether a value is known, a variable of its own where it is asked of an input."""
        match formula:
            case Named(name) if name in self.variables:
                if not self.decision.port(name).may_be_unknown:
                    return TRUE
                return self.known.setdefault(name, z3.Bool(f"{self.prefix}{name} is known"))
            case Named(name):
                read = conjunction([self._is_known(Named(n)) for n in names(self._value(name))])
                if is_true(read):
                    return TRUE
                # It may be known all the same, where what is unknown does not matter.
                made = self._known_too.setdefault(name, z3.Bool(f"{self.prefix}{name} is known"))
                self.world.facts.append(z3.Implies(read, made))
                return made
            case _:
                return conjunction([self._is_known(Named(n)) for n in names(formula)])

    def _value(self, name: str) -> Formula:
        return self.definitions[name].value

    def _compare(self, operation: str, parts: tuple[Formula, ...]) -> Term:
        first, second = (self.term(part) for part in parts)
        a, b = first.value, second.value
        if operation == "equal" and z3.is_bool(a) and z3.is_bool(b):
            relation = a == b
        elif operation == "equal" and z3.is_bool(a) and (one := as_fraction(b)) is not None:
            relation = a if one == 1 else z3.Not(a) if one == 0 else FALSE
        else:
            a, b = as_number(a), as_number(b)
            relation = a < b if operation == "less" else a <= b if operation != "equal" else a == b
        applicable = [first.applicable, second.applicable]
        fails = disjunction([first.fails, second.fails])
        return Term(conjunction([z3.simplify(relation), *applicable]), fails=fails)

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
                return z3.If(a <= b, *alike(a, b))
            case "max":
                return z3.If(a >= b, *alike(a, b))
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
                return world.fresh()
            if number == 1:
                return exactly_real(1)
            if number < 1:
                return world.apply(f"power:{1 / number}", -as_real(exponent))
            return world.apply(f"power:{number}", as_real(exponent))
        if constant.denominator == 1 and abs(constant) <= LARGEST_POWER:
            return self._whole_power(real, int(constant))
        if constant.denominator == 1:
            above = power_of(real, constant, world)
            return z3.If(real > 0, above, world.fresh())
        world.failures.append(real < 0 if constant > 0 else real <= 0)
        if constant.denominator <= LARGEST_ROOT and abs(constant.numerator) <= LARGEST_POWER:
            return self._whole_power(world.root(real, constant.denominator), constant.numerator)
        return power_of(real, constant, world)

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


def in_range(port: Port, term: Term) -> list[Real]:
    """Return that a value lies in its declared range, or is not applicable."""
    if port.kind == "yes/no":
        return []
    value = as_number(term.value)
    facts: list[Real] = []
    low, high = port.low, port.high
    if port.choices:
        low, high = Fraction(0), Fraction(len(port.choices) - 1)
    elif port.kind == "date":
        low = Fraction(1) if low is None else low
        high = Fraction(days.LAST_DAY) if high is None else high
    if low is not None:
        facts.append(value >= exactly(low))
    if high is not None:
        facts.append(value <= exactly(high))
    if is_true(term.applicable):
        return facts
    return [z3.Implies(term.applicable, fact) for fact in facts]
