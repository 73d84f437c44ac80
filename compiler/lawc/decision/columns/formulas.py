"""Formulas as instructions on columns.

Sums, products with few digits, roundings and days stay whole counts as long as these fit 64 bits;
the rest is floats. A product with a constant only changes the unit that is counted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from typing import Any

from lawc.decision.arrays import (
    EXACTLY,
    NOTHING,
    Arrays,
    Cell,
    chosen,
    conjunction,
    disjunction,
    flagged,
    joined,
    spread,
    unsure,
)
from lawc.decision.columns.days import DAYS, day_operation
from lawc.decision.columns.quotients import Quotient, note, settled
from lawc.decision.columns.rounding import rounded_counts, rounded_reals
from lawc.decision.decision import Calendar
from lawc.decision.formula import Apply, Formula, Named, Number
from lawc.decision.kinds import (
    LIMIT,
    Fixed,
    Real,
    Truth,
    added,
    divided,
    either,
    in_double,
    larger,
    multiplied,
    negated,
    raised,
)
from lawc.decision.operations import DecisionError, operate
from lawc.decision.registers import (
    Operand,
    Register,
    Registers,
    applies,
    ends,
    is_known,
)


class FormulaColumns(Registers):
    """Lowers formulas; `names` holds what is given and decided so far."""

    like: Register
    """An input, for columns that depend on none."""

    def __init__(self, calendars: Mapping[str, Calendar]) -> None:
        super().__init__()
        self.calendars = calendars
        self.names: dict[str, Operand] = {}
        self.definitions: dict[str, Formula] = {}
        self.quotients: dict[int, Quotient] = {}
        self._lowered: dict[int, tuple[Formula, Operand]] = {}

    def lower(self, formula: Formula) -> Operand:
        """Return the operand of a formula."""
        stack = [(formula, False)]
        while stack:
            node, ready = stack.pop()
            if id(node) in self._lowered:
                continue
            if isinstance(node, Apply) and not ready:
                stack.append((node, True))
                stack.extend((part, False) for part in node.parts)
                continue
            self._lowered[id(node)] = node, self._node(node)
        return self._lowered[id(formula)][1]

    @contextmanager
    def renamed(self, names: Mapping[str, Operand]) -> Iterator[None]:
        """Let names stand for other operands for a while."""
        kept = self.names, self._lowered
        self.names, self._lowered = {**self.names, **names}, {}
        yield
        self.names, self._lowered = kept

    def _node(self, node: Formula) -> Operand:
        match node:
            case Number(value):
                return value
            case Named(name):
                return self.names[name]
            case Apply(operation, parts, name):
                of = [self._lowered[id(part)][1] for part in parts]
                return self._operation(operation, of, self.calendars.get(name), name)
            case _:
                return self.absent(self.like, NOTHING)

    def _operation(
        self, operation: str, of: list[Operand], calendar: Calendar | None, name: str
    ) -> Operand:
        constants = [x for x in of if isinstance(x, Fraction)]
        if len(constants) == len(of) and operation not in ("and", "or", "where"):
            try:
                value = operate(operation, tuple(constants), calendar)
            except DecisionError:
                return self.absent(self.like, EXACTLY)
            assert isinstance(value, Fraction)
            return value
        if operation in DAYS:
            if any(x.denominator != 1 for x in constants):
                return self.absent(self.like, EXACTLY)
            return day_operation(self, operation, [self.whole(x) for x in of], calendar, name)
        if operation.startswith("round_"):
            return self.rounded(operation, of[0], of[1])
        if operation in _CONDITIONS:
            return _CONDITIONS[operation](self, *of)
        return note(operation, of, _NUMBERS[operation](self, *map(self.number, of)), self.quotients)

    # Conditions.

    def conjunction(self, a: Operand, b: Operand) -> Operand:
        """Return `and`; of what the left side decides the right one is not asked."""
        a, b = self.condition(a), self.condition(b)
        if isinstance(a, Fraction):
            return b if a else a
        if b == 1:
            return a
        if isinstance(b, Fraction):
            b = self.truth(False)
        return self.emit("and", Truth(), lambda xp, c: conjunction(xp, c[0], c[1]), a, b)

    def disjunction(self, a: Operand, b: Operand) -> Operand:
        """Return `or`; of what the left side decides the right one is not asked."""
        a, b = self.condition(a), self.condition(b)
        if isinstance(a, Fraction):
            return a if a else b
        if b == 0:
            return a
        if isinstance(b, Fraction):
            b = self.truth(True)
        return self.emit("or", Truth(), lambda xp, c: disjunction(xp, c[0], c[1]), a, b)

    def truth(self, value: bool) -> Register:
        """Return a column of one truth."""
        return self.emit(
            ("truth", value), Truth(), lambda xp, c: (xp.yes(c[0][0], value), None), self.like
        )

    def where(self, condition: Operand, yes: Operand, no: Operand) -> Operand:
        """Return one of two; where it is unknown which, what both agree on."""
        condition = self.condition(condition)
        if isinstance(condition, Fraction):
            return yes if condition else no
        if yes == no:
            return yes
        return self.pick(condition, yes, no)

    def pick(self, condition: Register, yes: Operand, no: Operand) -> Register:
        """Emit a choice between operands."""
        a, b, kind, near = self.common(yes, no)

        def run(xp: Arrays, cells: list[Cell]) -> Cell:
            rest = iter(cells[1:])
            one = next(rest) if isinstance(a, Register) else (a, None)
            two = next(rest) if isinstance(b, Register) else (b, None)
            if cells[0][1] is not None or one[1] is not None or two[1] is not None:
                one, two = (spread(xp, x, cells[0][0]) for x in (one, two))
            return chosen(xp, cells[0], one, two, near)

        key = ("where", *((None if isinstance(x, Register) else x) for x in (a, b)))
        return self.emit(key, kind, run, condition, *(x for x in (a, b) if isinstance(x, Register)))

    def common(
        self, one: Operand, two: Operand
    ) -> tuple[Register | int | float, Register | int | float, Fixed | Real | Truth, float]:
        """Return two operands as one kind, and how near they may be and still differ."""
        kinds = [x.kind for x in (one, two) if isinstance(x, Register)]
        if kinds == [Truth(), Truth()] and isinstance(one, Register) and isinstance(two, Register):
            return one, two, Truth(), 0.0
        one, two = self.number(one), self.number(two)
        counts = self.aligned(one, two)
        if counts is not None:
            unit, (a, b) = counts
            all_ends = [int(end / unit) for x in (one, two) for end in ends(x)]
            return a, b, Fixed(unit, min(all_ends), max(all_ends)), 0.0
        (k, x), (m, y) = self.real(one), self.real(two)
        near = 0.0 if k.raw and m.raw else min(k.absolute + m.absolute, 1e300)
        return x, y, either(k, m), near

    # Numbers.

    def add(self, a: Operand, b: Operand) -> Operand:
        """Return a sum."""
        if isinstance(a, Fraction) and isinstance(b, Fraction):
            return a + b
        if b == 0 or a == 0:
            return a if b == 0 else b
        counts = self.aligned(a, b)
        if counts is not None:
            unit, (x, y) = counts
            low, high = (int((p + q) / unit) for p, q in zip(ends(a), ends(b), strict=True))
            if max(abs(low), abs(high)) < LIMIT:
                return self.strict("add", Fixed(unit, low, high), lambda xp, x, y: x + y, x, y)
        (k, x), (m, y) = self.real(a), self.real(b)
        return self.strict("add", added(k, m), lambda xp, x, y: x + y, x, y)

    def subtract(self, a: Operand, b: Operand) -> Operand:
        """Return a difference."""
        if isinstance(b, Fraction):
            return self.add(a, -b)
        counts = self.aligned(a, b)
        if counts is not None:
            unit, (x, y) = counts
            (low, high), (least, most) = ends(a), ends(b)
            first, last = int((low - most) / unit), int((high - least) / unit)
            if max(abs(first), abs(last)) < LIMIT:
                kind = Fixed(unit, first, last)
                return self.strict("subtract", kind, lambda xp, x, y: x - y, x, y)
        (k, x), (m, y) = self.real(a), self.real(b)
        return self.strict("subtract", added(k, negated(m)), lambda xp, x, y: x - y, x, y)

    def negative(self, a: Operand) -> Operand:
        """Return what is below zero by as much."""
        return self.multiply(a, Fraction(-1))

    def multiply(self, a: Operand, b: Operand) -> Operand:
        """Return a product."""
        if isinstance(a, Fraction) and isinstance(b, Fraction):
            return a * b
        if isinstance(a, Fraction):
            a, b = b, a
        assert isinstance(a, Register)
        if isinstance(b, Fraction) and isinstance(a.kind, Fixed):
            if b == 0:
                return self.strict("scale", Fixed(a.kind.unit, 0, 0), lambda xp, a, z: a * z, a, 0)
            kind = Fixed(a.kind.unit * abs(b), a.kind.low, a.kind.high)
            if b > 0:
                # The same counts, of another unit.
                return self.strict("same", kind, lambda xp, a: a, a)
            kind = Fixed(kind.unit, -kind.high, -kind.low)
            return self.strict("negative", kind, lambda xp, a: -a, a)
        if isinstance(b, Register) and isinstance(a.kind, Fixed) and isinstance(b.kind, Fixed):
            found = [x * y for x in (a.kind.low, a.kind.high) for y in (b.kind.low, b.kind.high)]
            if max(map(abs, found)) < LIMIT:
                kind = Fixed(a.kind.unit * b.kind.unit, min(found), max(found))
                return self.strict("multiply", kind, lambda xp, a, b: a * b, a, b)
        (k, x), (m, y) = self.real(a), self.real(b)
        return self.strict("multiply", multiplied(k, m), lambda xp, x, y: x * y, x, y)

    def divide(self, a: Operand, b: Operand) -> Operand:
        """Return a quotient; by zero there is none."""
        if isinstance(b, Fraction):
            return self.multiply(a, 1 / b) if b else self.absent(self.like, EXACTLY)
        zero = self.equal(b, Fraction(0))
        assert isinstance(zero, Register)
        (k, x), (m, y) = self.real(a), self.real(b)
        kind, least = divided(k, m)
        if m.low > 0 or m.high < 0:
            return self.strict("divide", kind, lambda xp, x, y: x / y, x, y)

        def run(xp: Arrays, cells: list[Cell]) -> Cell:
            by = cells[1][0]
            bad = cells[0][0] | ~(abs(by) > least)
            over = cells[2][0] if isinstance(x, Register) else x
            safe = xp.where(bad, by * 0 + 1.0, by)
            return flagged(xp, (over / safe, joined(xp, cells[1:])), bad | unsure(cells[0]))

        assert isinstance(y, Register)
        key = ("divide", None if isinstance(x, Register) else x)
        return self.emit(key, kind, run, zero, y, *((x,) if isinstance(x, Register) else ()))

    def power(self, a: Operand, b: Operand) -> Operand:
        """Return a power; whole and small ones of counts are exact."""
        times = next((i for i in range(1, 9) if b == i), 0)
        if times and isinstance(a, Register) and isinstance(a.kind, Fixed):
            made: Operand = a
            for _ in range(times - 1):
                made = self.multiply(made, a)
            return made
        (k, x), (m, y) = self.real(a), self.real(b)
        kind = raised(k, m)
        return self._checked(("power",), kind, lambda xp, x, y: xp.call("power", x, y), x, y)

    def double(self, operation: str, a: Operand) -> Operand:
        """Return exp, ln, log10, log2 or sqrt."""
        k, x = self.real(a)
        name = "log" if operation == "ln" else operation
        return self._checked(
            (operation,), in_double(operation, k), lambda xp, x: xp.call(name, x), x
        )

    def _checked(
        self, key: tuple[str], kind: Real, apply: Callable[..., Any], *of: Register | float
    ) -> Register:
        """Emit an operation that may have no result in some rows."""
        made = self.strict(*key, kind, apply, *of)

        def run(xp: Arrays, cells: list[Cell]) -> Cell:
            safe = min(max(kind.low, 0.0), kind.high)
            return flagged(xp, cells[0], ~(abs(cells[0][0]) < math.inf), safe)

        return self.emit("finite", kind, run, made)

    def extreme(self, a: Operand, b: Operand, most: bool) -> Operand:
        """Return the larger or the smaller of two."""
        if isinstance(a, Fraction) and isinstance(b, Fraction):
            return max(a, b) if most else min(a, b)
        name = "larger" if most else "smaller"
        counts = self.aligned(a, b)
        if counts is not None:
            unit, (x, y) = counts
            pick = max if most else min
            low, high = (int(pick(p, q) / unit) for p, q in zip(ends(a), ends(b), strict=True))
            kind = Fixed(unit, low, high)
            return self.strict(name, kind, lambda xp, x, y: getattr(xp, name)(x, y), x, y)
        (k, x), (m, y) = self.real(a), self.real(b)
        kind = larger(k, m, most)
        return self.strict(name, kind, lambda xp, x, y: getattr(xp, name)(x, y), x, y)

    def absolute(self, a: Operand) -> Operand:
        """Return the size of a number."""
        assert isinstance(a, Register)
        assert not isinstance(a.kind, Truth)
        least, most = sorted((abs(a.kind.low), abs(a.kind.high)))
        made = replace(
            a.kind, low=0 * least if a.kind.low <= 0 <= a.kind.high else least, high=most
        )
        return self.strict("abs", made, lambda xp, a: abs(a), a)

    def sign(self, a: Operand) -> Operand:
        """Return -1, 0 or 1."""
        above, below = (self.less(Fraction(0), a, False), self.less(a, Fraction(0), False))
        # A comparison with what is not applicable holds not, but its sign is not applicable.
        masked = self.where(above, Fraction(1), self.where(below, Fraction(-1), Fraction(0)))
        assert isinstance(masked, Register) and isinstance(a, Register)
        kind = Fixed(Fraction(1), -1, 1)
        return self.strict("of", kind, lambda xp, x, y: x, masked, a)

    def rounded(self, operation: str, a: Operand, step: Operand) -> Operand:
        """Return a number rounded to a constant step; other steps are done exactly."""
        a = self.number(a)
        if isinstance(step, Register):
            return self._by_column(operation, a, step)
        if step <= 0 or isinstance(a, Fraction):
            return self.absent(self.like, EXACTLY)
        if isinstance(a.kind, Fixed):
            return rounded_counts(self, operation, a, step)
        made = rounded_reals(self, operation, a, step)
        return settled(self, operation, made, self.quotients.get(a.place), step)

    def _by_column(self, operation: str, a: Operand, step: Register) -> Operand:
        """Round to a step that is a column itself, through the quotient."""
        quotient = self.rounded(operation, self.divide(a, self.number(step)), Fraction(1))
        positive = self.less(Fraction(0), step, False)
        product = self.multiply(quotient, self.number(step))
        return self.where(positive, product, self.absent(self.like, EXACTLY))


_CONDITIONS: Mapping[str, Callable[..., Operand]] = {
    "and": FormulaColumns.conjunction,
    "or": FormulaColumns.disjunction,
    "where": FormulaColumns.where,
    "not": lambda self, a: self.negation(self.condition(a)),
    "less": lambda self, a, b: self.less(a, b, False),
    "less_equal": lambda self, a, b: self.less(a, b, True),
    "equal": FormulaColumns.equal,
    "is_known": lambda self, a: self.emit("is known", Truth(), is_known, a),
    "is_applicable": lambda self, a: self.emit("applies", Truth(), applies, a),
}

_NUMBERS: Mapping[str, Callable[..., Operand]] = {
    "add": FormulaColumns.add,
    "subtract": FormulaColumns.subtract,
    "multiply": FormulaColumns.multiply,
    "divide": FormulaColumns.divide,
    "negative": FormulaColumns.negative,
    "power": FormulaColumns.power,
    "min": lambda self, a, b: self.extreme(a, b, False),
    "max": lambda self, a, b: self.extreme(a, b, True),
    "abs": FormulaColumns.absolute,
    "sign": FormulaColumns.sign,
    "floor": lambda self, a: self.rounded("round_floor", a, Fraction(1)),
    "ceiling": lambda self, a: self.rounded("round_ceiling", a, Fraction(1)),
    "exp": lambda self, a: self.double("exp", a),
    "ln": lambda self, a: self.double("ln", a),
    "log10": lambda self, a: self.double("log10", a),
    "log2": lambda self, a: self.double("log2", a),
    "sqrt": lambda self, a: self.double("sqrt", a),
}
