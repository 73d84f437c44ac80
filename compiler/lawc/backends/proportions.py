"""Find which registers of a tape are multiples of each other by a constant.

Each register is a constant times a product of powers of *atoms*: inputs, sums, and functions. Sums
of equal products, constants and quotients are gathered, so `2·(a·x)` and `x·a + a·x` are found to
be one column. What is not seen to be proportional may be so all the same; nothing is assumed.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from fractions import Fraction

from lawc.forms.tape import Step, Tape

Product = tuple[tuple[int, int], ...]
"""Atoms by number, with their powers, in order; empty for a constant."""


MOST_BITS = 1 << 12
"""Of an exact factor: each square of a square has twice as many, so longer ones are not known."""


def proportions(tape: Tape) -> dict[str, tuple[Fraction, Product]]:
    """Return a factor and a product for each input and output; equal products are proportional."""
    return _Reader(tape).found


class _Reader:
    def __init__(self, tape: Tape) -> None:
        self.atoms: dict[Hashable, int] = {}
        values = [(Fraction(1), self._atom(("input", name))) for name in tape.inputs]
        self.found = dict(zip(tape.inputs, values, strict=True))
        for step in tape.steps:
            values.append(self._value(step, [values[operand] for operand in step.operands]))
        self.found |= {name: values[register] for name, register in tape.outputs}

    def _atom(self, key: Hashable) -> Product:
        return ((self.atoms.setdefault(key, len(self.atoms)), 1),)

    def _value(self, step: Step, given: list[tuple[Fraction, Product]]) -> tuple[Fraction, Product]:
        factor, product = self._exact(step, given)
        if factor.numerator.bit_length() + factor.denominator.bit_length() > MOST_BITS:
            return Fraction(1), self._atom((step.operation, step.value.hex(), *given))
        return factor, product

    def _exact(self, step: Step, given: list[tuple[Fraction, Product]]) -> tuple[Fraction, Product]:
        operation = step.operation
        if operation == "constant" and math.isfinite(step.value):
            return Fraction(step.value), ()
        if operation in ("add", "subtract"):
            sign = 1 if operation == "add" else -1
            return self._sum(given[0], (sign * given[1][0], given[1][1]))
        if operation == "negative":
            return -given[0][0], given[0][1]
        if operation == "multiply":
            return given[0][0] * given[1][0], _times(given[0][1], given[1][1], 1)
        if operation == "square":
            return given[0][0] ** 2, _times(given[0][1], given[0][1], 1)
        if operation == "divide" and given[1][0]:
            return given[0][0] / given[1][0], _times(given[0][1], given[1][1], -1)
        return Fraction(1), self._atom((operation, step.value.hex(), *given))

    def _sum(
        self, one: tuple[Fraction, Product], other: tuple[Fraction, Product]
    ) -> tuple[Fraction, Product]:
        if one[1] == other[1]:
            return one[0] + other[0], one[1]
        if not one[0] or not other[0]:
            return one if one[0] else other
        if one[1] > other[1]:
            one, other = other, one
        return one[0], self._atom(("sum", one[1], other[1], other[0] / one[0]))


def _times(one: Product, other: Product, sign: int) -> Product:
    powers = dict(one)
    for atom, power in other:
        powers[atom] = powers.get(atom, 0) + sign * power
    return tuple(sorted((atom, power) for atom, power in powers.items() if power))
