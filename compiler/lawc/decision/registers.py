"""Columns as a list of instructions: each calculates one column from earlier ones.

An operand is an exact constant or a register. Equal instructions are kept once. What is lowered
here are numbers: the same unit for two of them, counts to floats, comparisons, truths.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from lawc.decision.arrays import (
    EXACTLY,
    KNOWN,
    NOTHING,
    Arrays,
    Cell,
    as_condition,
    flagged,
    full_mask,
    joined,
)
from lawc.decision.kinds import (
    LIMIT,
    Fixed,
    Kind,
    Real,
    Truth,
    U,
    as_real,
    constant_real,
    fraction_gcd,
)
from lawc.decision.values import exact

Run = Callable[[Arrays, list[Cell]], Cell]


@dataclass(frozen=True, slots=True)
class Register:
    """A column that an instruction calculates; `near` zero tells floats that are exact."""

    place: int
    kind: Kind


Operand = Fraction | Register
Scalar = Register | int | float | bool


@dataclass(frozen=True, slots=True)
class Instruction:
    """Calculate the column of a register from those of others."""

    run: Run
    reads: tuple[int, ...]


class Registers:
    """The instructions of a decision, as they are made."""

    def __init__(self) -> None:
        self.instructions: list[Instruction] = []
        self.registers: list[Register] = []
        self._made: dict[Hashable, Register] = {}

    def emit(self, key: Hashable, kind: Kind, run: Run, *reads: Register) -> Register:
        """Return the register of an instruction, made unless there is one of this key."""
        places = tuple(register.place for register in reads)
        whole = (key, kind, places)
        if whole not in self._made:
            self._made[whole] = Register(len(self.instructions), kind)
            self.registers.append(self._made[whole])
            self.instructions.append(Instruction(run, places))
        return self._made[whole]

    def strict(self, name: str, kind: Kind, apply: Callable[..., Any], *of: Scalar) -> Register:
        """Return the register of a plain operation on columns and numbers, all of them needed."""
        key = (name, *((None if isinstance(x, Register) else (type(x), x)) for x in of))
        registers = [x for x in of if isinstance(x, Register)]
        shape = tuple(isinstance(x, Register) for x in of)

        if shape == (True,):

            def run(xp: Arrays, cells: list[Cell]) -> Cell:
                return apply(xp, cells[0][0]), cells[0][1]

        elif shape == (True, True):

            def run(xp: Arrays, cells: list[Cell]) -> Cell:
                return apply(xp, cells[0][0], cells[1][0]), joined(xp, cells)

        else:

            def run(xp: Arrays, cells: list[Cell]) -> Cell:
                left = iter(cells)
                values = [
                    next(left)[0] if register else x for register, x in zip(shape, of, strict=True)
                ]
                return apply(xp, *values), joined(xp, cells)

        return self.emit(key, kind, run, *registers)

    def absent(self, like: Register, code: int) -> Register:
        """Return a register that has no value in any row: NOTHING or EXACTLY."""

        def run(xp: Arrays, cells: list[Cell]) -> Cell:
            return xp.full(cells[0][0], 0), xp.full(cells[0][0], code, small=True)

        return self.emit(("absent", code), Fixed(Fraction(1), 0, 0), run, like)

    # Numbers.

    def number(self, of: Operand) -> Operand:
        """Return truths as counts of 1, and anything else as it is."""
        if isinstance(of, Register) and isinstance(of.kind, Truth):
            return self.strict("whole", Fixed(Fraction(1), 0, 1), lambda xp, a: xp.whole(a), of)
        return of

    def scaled(self, of: Register, unit: Fraction) -> Register:
        """Return counts in a unit of which theirs is a whole multiple."""
        kind = of.kind
        assert isinstance(kind, Fixed)
        by = int(kind.unit / unit)
        if by == 1:
            return of
        made = Fixed(unit, *sorted((kind.low * by, kind.high * by)))
        return self.strict("scale", made, lambda xp, a, b: a * b, of, by)

    def aligned(self, *of: Operand) -> tuple[Fraction, list[Register | int]] | None:
        """Return a unit and all operands as counts of it; None where that is not possible."""
        unit = Fraction(0)
        for operand in of:
            if isinstance(operand, Register):
                if not isinstance(operand.kind, Fixed):
                    return None
                unit = fraction_gcd(unit, operand.kind.unit)
            else:
                unit = fraction_gcd(unit, operand)
        unit = unit or Fraction(1)
        for operand in of:
            low, high = ends(operand)
            if max(abs(low), abs(high)) / unit >= LIMIT:
                return None
        return unit, [
            self.scaled(operand, unit) if isinstance(operand, Register) else int(operand / unit)
            for operand in of
        ]

    def real(self, of: Operand) -> tuple[Real, Register | float]:
        """Return an operand as floats."""
        if isinstance(of, Fraction):
            return constant_real(of), float(of)
        if isinstance(of.kind, Real):
            return of.kind, of
        counted = self.number(of)
        assert isinstance(counted, Register) and isinstance(counted.kind, Fixed)
        kind, unit = as_real(counted.kind), counted.kind.unit
        p, q = unit.numerator, unit.denominator
        if q == 1 and p == 1:
            made = self.strict("double", kind, lambda xp, a: xp.double(a), counted)
        elif p == 1:
            made = self.strict("double", kind, lambda xp, a, q: xp.double(a) / q, counted, q)
        elif kind.raw:
            made = self.strict(
                "double", kind, lambda xp, a, p, q: xp.double(a * p) / q, counted, p, q
            )
        else:
            made = self.strict(
                "double", kind, lambda xp, a, u: xp.double(a) * u, counted, float(unit)
            )
        return kind, made

    def whole(self, of: Operand) -> Register | int:
        """Return an operand as whole numbers; a row in which it is none is done exactly."""
        if isinstance(of, Fraction):
            return int(of) if of.denominator == 1 else 0
        counted = self.number(of)
        assert isinstance(counted, Register)
        kind = counted.kind
        if isinstance(kind, Fixed):
            if kind.unit.denominator == 1:
                return self.scaled(counted, Fraction(1))
            unit = Fraction(1, kind.unit.denominator)
            fine = self.scaled(counted, unit)
            low, high = ends(counted)
            made = Fixed(Fraction(1), math.floor(low), math.floor(high))
            by = unit.denominator

            def run(xp: Arrays, cells: list[Cell]) -> Cell:
                value, mask = cells[0]
                return flagged(xp, (value // by, mask), value % by != 0)

            return self.emit(("whole", by), made, run, fine)
        assert isinstance(kind, Real)
        low, high = max(kind.low, -(2.0**52)), min(kind.high, 2.0**52)
        made = Fixed(Fraction(1), math.ceil(low), math.floor(high))
        safe = min(max(0, made.low), made.high)

        def convert(xp: Arrays, cells: list[Cell]) -> Cell:
            value, mask = cells[0]
            near = xp.call("rint", value)
            odd = ((near != value) if kind.raw else (value == value)) | (abs(near) > 2.0**52)
            near = xp.where(odd, value * 0 + safe, near)
            return flagged(xp, (xp.whole(near), mask), odd)

        return self.emit("whole", made, convert, counted)

    # Conditions.

    def condition(self, of: Operand) -> Operand:
        """Return an operand as a condition: 1 or 0, or a register of truths."""
        if isinstance(of, Fraction):
            return Fraction(bool(of))
        if isinstance(of.kind, Truth):
            return self.emit("condition", Truth(), lambda xp, cells: as_condition(xp, cells[0]), of)
        made = self.equal(of, Fraction(0))
        if isinstance(made, Fraction):
            return 1 - made
        # What is not applicable equals nothing, and is no condition either.
        absent = self.emit("applies", Truth(), applies, of)
        return self.both(self.negation(made), absent)

    def negation(self, of: Operand) -> Operand:
        """Return whether a condition does not hold."""
        if isinstance(of, Fraction):
            return 1 - of
        return self.emit("not", Truth(), lambda xp, cells: (~cells[0][0], cells[0][1]), of)

    def both(self, a: Operand, b: Operand) -> Operand:
        """Return whether two conditions hold, of which both are known or neither."""
        if isinstance(a, Fraction):
            return b if a else a
        if isinstance(b, Fraction):
            return a if b else b
        return self.strict("both", Truth(), lambda xp, a, b: a & b, a, b)

    def less(self, a: Operand, b: Operand, or_equal: bool) -> Operand:
        """Return whether one is less than the other, or equal to it."""
        a, b = self.number(a), self.number(b)
        if isinstance(a, Fraction) and isinstance(b, Fraction):
            return Fraction(a <= b if or_equal else a < b)
        if isinstance(a, Register) and isinstance(b, Fraction):
            return self._beside(a, b, "<=" if or_equal else "<")
        if isinstance(a, Fraction) and isinstance(b, Register):
            return self._beside(b, a, ">=" if or_equal else ">")
        return self._compared(a, b, "<=" if or_equal else "<")

    def equal(self, a: Operand, b: Operand) -> Operand:
        """Return whether two numbers or truths are the same."""
        a, b = self.number(a), self.number(b)
        if isinstance(a, Fraction) and isinstance(b, Fraction):
            return Fraction(a == b)
        if isinstance(a, Register) and isinstance(b, Fraction):
            return self._beside(a, b, "==")
        if isinstance(a, Fraction) and isinstance(b, Register):
            return self._beside(b, a, "==")
        return self._compared(a, b, "==")

    def _beside(self, a: Register, b: Fraction, sign: str) -> Operand:
        """Compare a column with a constant."""
        if isinstance(a.kind, Fixed):
            count = b / a.kind.unit
            match sign:
                case "<":
                    return self._judged(a, math.ceil(count), "<")
                case "<=":
                    return self._judged(a, math.floor(count), "<=")
                case ">":
                    return self._judged(a, math.floor(count), ">")
                case ">=":
                    return self._judged(a, math.ceil(count), ">=")
            if count.denominator != 1:
                # Beyond what the column can be: never equal, yet absent where it is absent.
                return self._judged(a, a.kind.high + 1, "==")
            return self._judged(a, int(count), "==")
        assert isinstance(a.kind, Real)
        if a.kind.raw:
            near = float(b)
            at = exact(near)
            if at < b:
                # The float at the constant stands for a number below it.
                sign = {"<": "<=", ">=": ">"}.get(sign, sign)
            elif at > b:
                sign = {"<=": "<", ">": ">="}.get(sign, sign)
            if at != b and sign == "==":
                near = math.inf
            return self._judged(a, near, sign)
        return self._near(a, float(b), a.kind, constant_real(b), sign)

    def _judged(self, a: Register, b: Scalar, sign: str) -> Register:
        compare = _SIGNS[sign]
        if isinstance(b, int):
            b = min(max(b, -LIMIT), LIMIT)

        def run(xp: Arrays, cells: list[Cell]) -> Cell:
            other = cells[1][0] if len(cells) > 1 else b
            return as_condition(xp, (compare(cells[0][0], other), joined(xp, cells)))

        if isinstance(b, Register):
            return self.emit(sign, Truth(), run, a, b)
        return self.emit((sign, type(b), b), Truth(), run, a)

    def _compared(self, a: Operand, b: Operand, sign: str) -> Operand:
        if a == b:
            # The same column: equal wherever it has a value.
            assert isinstance(a, Register)
            return self._judged(a, a, sign)
        counts = self.aligned(a, b)
        if counts is not None:
            one, two = counts[1]
            assert isinstance(one, Register)
            return self._judged(one, two, sign)
        (one, x), (two, y) = self.real(a), self.real(b)
        assert isinstance(x, Register) and isinstance(y, Register)
        if one.raw and two.raw:
            return self._judged(x, y, sign)
        return self._near(x, y, one, two, sign)

    def _near(self, x: Register, y: Register | float, a: Real, b: Real, sign: str) -> Register:
        """Compare floats; what is closer than their error is done exactly."""
        compare = _SIGNS[sign]

        def run(xp: Arrays, cells: list[Cell]) -> Cell:
            one = cells[0][0]
            two = cells[1][0] if len(cells) > 1 else y
            cell = compare(one, two), joined(xp, cells)
            error = error_of(a, one) + error_of(b, two)
            return as_condition(xp, flagged(xp, cell, ~(abs(one - two) > error)))

        if isinstance(y, Register):
            return self.emit(("near", sign), Truth(), run, x, y)
        return self.emit(("near", sign, y), Truth(), run, x)


def applies(xp: Arrays, cells: list[Cell]) -> Cell:
    """Return whether a column is applicable; unknown where that is unknown."""
    value, mask = cells[0]
    if mask is None:
        return xp.yes(value, True), None
    nothing = mask == NOTHING
    return ~nothing, xp.where(nothing, xp.full(value, KNOWN, small=True), mask)


def is_known(xp: Arrays, cells: list[Cell]) -> Cell:
    """Return whether a column is known; what is not applicable is known to be so."""
    value, mask = cells[0]
    if mask is None:
        return xp.yes(value, True), None
    cell = (mask == KNOWN) | (mask == NOTHING), None
    return flagged(xp, cell, full_mask(xp, cells[0]) == EXACTLY)


def marked(code: int) -> Run:
    """Return what marks the first column where the second one has a mask of this code."""

    def run(xp: Arrays, cells: list[Cell]) -> Cell:
        (value, mask), (_, other) = cells
        if other is None:
            return value, mask
        small = xp.full(value, KNOWN, small=True) if mask is None else mask
        return value, xp.where(other == code, other, small)

    return run


def ends(of: Operand) -> tuple[Fraction, Fraction]:
    """Return the least and the largest that an operand in counts or a constant can be."""
    if isinstance(of, Fraction):
        return of, of
    assert isinstance(of.kind, Fixed)
    return of.kind.low * of.kind.unit, of.kind.high * of.kind.unit


def error_of(kind: Real, value: Any) -> Any:
    """Return how far floats may be off: one bound, or one for each."""
    if kind.absolute <= 1e-13 or kind.relative == math.inf:
        return kind.absolute
    return kind.relative * abs(value) + U * 1e-290


_SIGNS: dict[str, Callable[[Any, Any], Any]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
}
