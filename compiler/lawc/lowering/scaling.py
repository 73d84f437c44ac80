"""Find every change of scale that leaves a law as it is.

Each quantity is multiplied by its own power of a factor. A law allows such a change if the terms
of every sum keep in step, and if nothing changes under exp, ln, sin or in an exponent. Changes of
base units that leave the constants alone are among them, and so is linearity: twice the dose,
twice the concentration. A number inside the law may hide a unit (`value(P, [mmHg])`, `5 [s]`), so
the equations are asked, not the dimensions alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise

from lawc.knowledge.expression import (
    Binary,
    Call,
    Choice,
    Comparison,
    Derivative,
    Expression,
    Logic,
    Negative,
    Number,
    Symbol,
    derivatives,
)
from lawc.knowledge.law import Always, Law
from lawc.units.dimension import SCALABLE, Dimension

Weights = dict[str, Fraction]
"""Exponents by name: how a quantity answers to a change of scale, or a sum of such unknowns."""

_KEEPING = frozenset(("abs", "min", "max"))


def law_scalings(law: Law, fixed: Iterable[str] = ()) -> tuple[Weights, ...]:
    """Return a basis of the changes of scale that keep all equations and conditions of a law.

    Args:
        law: Whose equations are asked.
        fixed: Quantities that keep their value, such as defaults; constants always do.
    """
    still = {*law.constants, *fixed}
    balance = _Balance(law, still)
    for equation in law.equations:
        balance.alike([balance.weigh(equation.left), balance.weigh(equation.right)])
    for condition in law.conditions:
        rate = Derivative(condition.quantity, condition.variable, condition.order)
        left = Symbol(condition.quantity) if condition.order == 0 else rate
        balance.alike([balance.weigh(left), balance.weigh(condition.value)])
        balance.alike([balance.weigh(Symbol(condition.variable)), balance.weigh(condition.at)])
    for event in law.events:
        if isinstance(event.condition, Comparison):
            balance.alike([balance.weigh(side) for side in event.condition.operands])
        for change in event.changes:
            rate = Derivative(change.quantity, _variable(law), change.order)
            left = Symbol(change.quantity) if change.order == 0 else rate
            balance.alike([balance.weigh(left), balance.weigh(change.value)])
    free = [name for name in law.quantities if name not in still]
    return kernel(balance.constraints, free)


def unit_scalings(
    dimensions: Mapping[str, Dimension], constants: Mapping[str, Dimension]
) -> tuple[Weights, ...]:
    """Return a basis of the changes of base units that leave the constants alone."""
    bases = scalable_bases([*dimensions.values(), *constants.values()])
    keep = [scalable(dimension) for dimension in constants.values()]
    changes = kernel([row for row in keep if row], bases)
    return tuple(
        {
            name: sum(
                (power * change.get(base, Fraction(0)) for base, power in scalable(d).items()),
                Fraction(0),
            )
            for name, d in dimensions.items()
        }
        for change in changes
    )


def claimed_bounds(law: Law) -> dict[str, Weights]:
    """Return products of powers by which the law's claims bound a quantity from above, always."""
    found: dict[str, Weights] = {}
    for claim in law.claims:
        if claim.form is not Always.COMPARISON or claim.where:
            continue
        if not isinstance(claim.subject, Comparison):
            continue
        sides = pairwise(claim.subject.operands)
        for operator, (left, right) in zip(claim.subject.operators, sides, strict=True):
            low, high = (left, right) if operator in ("<", "<=") else (right, left)
            if operator in ("=", "!=") or not isinstance(low, Symbol):
                continue
            powers = powers_of(high)
            if powers:
                found.setdefault(low.name, powers)
    return found


def powers_of(node: Expression) -> Weights | None:
    """Return the exponents of a product of powers of names, None where it is something else."""
    match node:
        case Symbol(name):
            return {name: Fraction(1)}
        case Binary("*" | "/" as operator, left, right):
            first, second = powers_of(left), powers_of(right)
            if first is None or second is None:
                return None
            return _plus(first, second, 1 if operator == "*" else -1)
        case Binary("^", base, exponent):
            inner, power = powers_of(base), constant_value(exponent)
            if inner is None or power is None:
                return None
            return {name: value * power for name, value in inner.items()}
    return None


def scalable(dimension: Dimension) -> Weights:
    """Return the exponents of the bases whose unit may change: not of angles or information."""
    return {
        base: power
        for base, power in dimension.exponents
        if base in SCALABLE or base not in {"angle", "cycle", "information"}
    }


def scalable_bases(dimensions: Iterable[Dimension]) -> list[str]:
    """Return the bases that occur, those of the SI first; the others are currencies."""
    found = {base for dimension in dimensions for base in scalable(dimension)}
    return [base for base in SCALABLE if base in found] + sorted(found - set(SCALABLE))


def kernel(rows: Sequence[Weights], names: Sequence[str]) -> tuple[Weights, ...]:
    """Return a basis of all exponents, by name, that every row annihilates; exact."""
    matrix, pivots = row_reduce([[row.get(name, Fraction(0)) for name in names] for row in rows])
    basis = []
    for column, name in enumerate(names):
        if column in pivots:
            continue
        vector = {name: Fraction(1)}
        for row, pivot in zip(matrix, pivots, strict=False):
            if row[column]:
                vector[names[pivot]] = -row[column]
        basis.append(vector)
    return tuple(basis)


def row_reduce(
    rows: Sequence[Sequence[Fraction]], order: Sequence[int] | None = None
) -> tuple[list[list[Fraction]], list[int]]:
    """Return the reduced rows and their pivot columns, sought in the given order of columns."""
    matrix = [list(row) for row in rows]
    width = len(matrix[0]) if matrix else 0
    pivots: list[int] = []
    for column in order if order is not None else range(width):
        rank = len(pivots)
        found = next((r for r in range(rank, len(matrix)) if matrix[r][column]), None)
        if found is None:
            continue
        matrix[rank], matrix[found] = matrix[found], matrix[rank]
        lead = matrix[rank][column]
        matrix[rank] = [value / lead for value in matrix[rank]]
        for r, row in enumerate(matrix):
            if r != rank and (factor := row[column]):
                matrix[r] = [a - factor * b for a, b in zip(row, matrix[rank], strict=True)]
        pivots.append(column)
    return matrix, pivots


class _Balance:
    """The weight of each part of a law, and what must be zero for the law to keep its form.

    A weight is a sum of unknown exponents of quantities. None stands for zero itself, which
    stays zero under any change and so may stand beside anything.
    """

    def __init__(self, law: Law, still: Iterable[str]) -> None:
        self.constraints: list[Weights] = []
        self._moving = set(law.quantities) - set(still)

    def alike(self, weights: Sequence[Weights | None]) -> Weights | None:
        """Demand that all weights are one; return it."""
        known = [weight for weight in weights if weight is not None]
        for other in known[1:]:
            self._vanish(_plus(known[0], other, -1))
        return known[0] if known else None

    def weigh(self, node: Expression) -> Weights | None:
        """Return the weight of an expression, and note what it takes for there to be one."""
        match node:
            case Number(value):
                return None if value == 0 else {}
            case Symbol(name):
                return {name: Fraction(1)} if name in self._moving else {}
            case Negative(of):
                return self.weigh(of)
            case Derivative(quantity, by, order):
                above, below = self.weigh(Symbol(quantity)), self.weigh(Symbol(by))
                return _plus(above or {}, below or {}, -order)
            case Binary("+" | "-", left, right):
                return self.alike([self.weigh(left), self.weigh(right)])
            case Binary("*" | "/" as operator, left, right):
                first, second = self.weigh(left), self.weigh(right)
                if first is None or second is None:
                    return None
                return _plus(first, second, 1 if operator == "*" else -1)
            case Binary("^", base, exponent):
                return self._power(base, exponent)
            case Choice(condition, then, otherwise):
                self.weigh(condition)
                return self.alike([self.weigh(then), self.weigh(otherwise)])
            case Comparison(_, operands):
                self.alike([self.weigh(operand) for operand in operands])
                return {}
            case Logic(_, operands):
                for operand in operands:
                    self.weigh(operand)
                return {}
            case Call(function, arguments):
                return self._call(function, [self.weigh(argument) for argument in arguments])
        raise TypeError(f"expected a node of an expression, got {type(node).__name__}")

    def _power(self, base: Expression, exponent: Expression) -> Weights | None:
        weight = self.weigh(base)
        power = constant_value(exponent)
        if power is None:
            self._vanish(self.weigh(exponent) or {})
            self._vanish(weight or {})
            return {}
        if weight is None:
            return None
        return {name: value * power for name, value in weight.items()}

    def _call(self, function: str, weights: list[Weights | None]) -> Weights | None:
        if function in _KEEPING:
            return self.alike(weights)
        if function == "sqrt":
            weight = weights[0]
            return None if weight is None else {name: w / 2 for name, w in weight.items()}
        if function != "sign":
            for weight in weights:
                self._vanish(weight or {})
        return {}

    def _vanish(self, weight: Weights) -> None:
        if weight:
            self.constraints.append(weight)


def constant_value(node: Expression) -> Fraction | None:
    """Return the exact value of an expression of numbers alone, or None."""
    match node:
        case Number(value):
            return Fraction(value) if isinstance(value, int) else _simple(value)
        case Negative(of):
            inner = constant_value(of)
            return None if inner is None else -inner
        case Binary(operator, left, right):
            first, second = constant_value(left), constant_value(right)
            if first is None or second is None:
                return None
            match operator:
                case "+":
                    return first + second
                case "-":
                    return first - second
                case "*":
                    return first * second
                case "/" if second:
                    return first / second
    return None


def _simple(value: float) -> Fraction:
    """Return the short fraction that a decimal such as 0.75 or 0.333 means."""
    near = Fraction(value).limit_denominator(10_000)
    return near if float(near) == value else Fraction(value)


def _plus(left: Weights, right: Weights, factor: int) -> Weights:
    total = dict(left)
    for name, value in right.items():
        total[name] = total.get(name, Fraction(0)) + factor * value
    return {name: value for name, value in total.items() if value}


def _variable(law: Law) -> str:
    """Return what the law differentiates by."""
    sides = (side for equation in law.equations for side in (equation.left, equation.right))
    return next((d.by for side in sides for d in derivatives(side)), "")
