"""Solve a block of equations that depend on each other.

Equations that are linear in all unknowns together have formulas. Of others, unknowns that an
equation gives linearly are written out, one after the other, so that few are left to be searched
for: one, whose roots are all found, or several, by Newton's method from many starts. What was
written out must lie in its range too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from lawc.diagnostics.diagnostic import CompileError
from lawc.knowledge.algebra import ZERO, fold, minus, negative, over, plus, times
from lawc.knowledge.differentiate import derivative
from lawc.knowledge.expression import (
    Binary,
    Comparison,
    Expression,
    Negative,
    Number,
    Symbol,
    names,
    size,
    substitute,
)
from lawc.knowledge.law import Equation, Relation
from lawc.lowering.balance import terms
from lawc.lowering.branches import conditions_on, refuse_several
from lawc.lowering.flows import spoken
from lawc.lowering.isolating import isolate_linear
from lawc.lowering.numpy_table import Array, evaluate
from lawc.lowering.plan import Assignment, Bracket, Step, Together
from lawc.lowering.points import bounds, sample
from lawc.lowering.solving import MAX_SIZE, Setting, refuse_large, solve
from lawc.lowering.steps import Steps
from lawc.lowering.tapes import tape

MOST_WRITTEN_OUT = 3
"""Linear equations whose solution is a formula; more are solved as numbers."""
MOST_RATES = 8
FEW = 16


def solve_block(
    equations: Sequence[Equation], unknowns: Sequence[str], setting: Setting, variable: str | None
) -> list[Step]:
    """Return the steps that give all unknowns of a block, in order.

    Args:
        equations: As many as unknowns, without derivatives.
        unknowns: Quantities, and names of highest derivatives.
        setting: Ranges and values of the other names.
        variable: What is differentiated by, for messages.

    Raises:
        CompileError: The equations do not determine the unknowns, several solutions lie inside
            the declared ranges, or there is no range in which to search.
    """
    for equation in equations:
        refuse_large(equation)
    block = _Block(tuple(equations), tuple(unknowns), setting, variable)
    linear = block.linear()
    return linear if linear is not None else block.torn()


@dataclass(frozen=True)
class _Block:
    equations: tuple[Equation, ...]
    unknowns: tuple[str, ...]
    setting: Setting
    variable: str | None

    def linear(self) -> list[Step] | None:
        """Return formulas where all equations are linear, None where they are not."""
        system = linear_system([_balance(e) for e in self.equations], self.unknowns)
        if system is None:
            return None
        matrix, constants = system
        rates = any("'" in name for name in self.unknowns)
        count = len(self.unknowns)
        if count > (MOST_RATES if rates else MOST_WRITTEN_OUT):
            if rates:
                raise CompileError(
                    f"{self._said()} depend on each other through {self._labels()}; more than "
                    f"{MOST_RATES} derivatives at once are not compiled"
                )
            brackets = tuple(Bracket(name, None, None, False) for name in self.unknowns)
            balances = tuple(_balance(equation) for equation in self.equations)
            return [Together(brackets, balances, linear=True)]
        solution = cramer(matrix, constants)
        self._refuse_dependent(matrix, solution.determinant)
        return [
            Assignment(name, over(part, solution.determinant))
            for name, part in zip(self.unknowns, solution.parts, strict=True)
        ]

    def torn(self) -> list[Step]:
        """Return steps for the unknowns that are left when others are written out."""
        left, written = list(self.equations), list[tuple[str, Expression]]()
        open_names = list(self.unknowns)
        while len(left) > 1 and (found := self._next(left, open_names)) is not None:
            position, name, body = found
            del left[position]
            open_names.remove(name)
            written.append((name, body))
            left = [_replaced(equation, {name: body}) for equation in left]
            for equation in left:
                refuse_large(equation)
        bodies: dict[str, Expression] = {}
        for name, body in reversed(written):
            bodies[name] = substitute(body, bodies)
        conditions = self._conditions(bodies)
        label = "` and `".join(sorted(e.label for e in self.equations))
        rates = [name for name in open_names if "'" in name]
        if rates:
            raise CompileError(
                f"{_listed(sorted(e.label for e in left))} give "
                f"{spoken(rates[0], self.variable)} in no formula; declare a quantity for it "
                "with a range, in which it can be searched for"
            )
        if len(left) == 1:
            (last,) = left
            core = [
                solve(
                    Equation(label, last.relation, last.left, last.right, last.place),
                    open_names[0],
                    self.setting,
                    conditions,
                )
            ]
        else:
            core = [self._searched(left, open_names, conditions)]
        return [*core, *(Assignment(name, body) for name, body in reversed(written))]

    def _next(
        self, equations: Sequence[Equation], unknowns: Sequence[str]
    ) -> tuple[int, str, Expression] | None:
        """Return the equation to use up next, what it gives, and the formula."""
        best: tuple[tuple[int, ...], int, str, Expression] | None = None
        for position, equation in enumerate(equations):
            spoken_of = names(equation.left) | names(equation.right)
            for name in unknowns:
                if name not in spoken_of:
                    continue
                body = isolate_linear(equation.left, equation.right, name)
                if body is None or size(body) > MAX_SIZE:
                    continue
                rank = (
                    "'" not in name,
                    self._may_vanish(derivative(_balance(equation), name)),
                    equation.relation is not Relation.DEFINITION or equation.left != Symbol(name),
                    self._searchable(name),
                    # A product loses no digits; a sum may.
                    len(terms(body)) > 1,
                    size(body),
                )
                if best is None or rank < best[0]:
                    best = (rank, position, name, body)
        return None if best is None else best[1:]

    def _searchable(self, name: str) -> int:
        """Return how well a quantity can be searched for: along decades best."""
        quantity = self.setting.law.quantities.get(name)
        if quantity is None or quantity.low is None:
            return 0
        return 2 if quantity.log else 1

    def _may_vanish(self, factor: Expression) -> bool:
        """Return whether a factor with unknowns in it may be zero inside their ranges."""
        law = self.setting.law
        stack = [factor]
        while stack:
            match stack.pop():
                case Binary("*" | "/" | "^", left, right):
                    stack += [left, right]
                case Negative(of):
                    stack.append(of)
                case Symbol(name) if name in self.unknowns and "'" not in name:
                    low, high = bounds(law.quantities[name])
                    if not (low is not None and low > 0) and not (high is not None and high < 0):
                        return True
                case other if names(other) & set(self.unknowns):
                    return True
        return False

    def _conditions(self, bodies: Mapping[str, Expression]) -> tuple[Expression, ...]:
        """Return what must hold of a solution: ranges of what is written out, and `valid`."""
        law = self.setting.law
        found: list[Expression] = []
        for name, body in bodies.items():
            if "'" in name:
                continue
            low, high = bounds(law.quantities[name])
            width = (high - low) if low is not None and high is not None else 0.0
            if low is not None:
                room = 1e-9 * max(abs(low), 1e-3 * width)
                found.append(Comparison((">=",), (body, Number(low - room))))
            if high is not None:
                room = 1e-9 * max(abs(high), width)
                found.append(Comparison(("<=",), (body, Number(high + room))))
        unknowns = [name for name in self.unknowns if "'" not in name]
        for condition in conditions_on(unknowns, law, self.setting.known()):
            found.append(substitute(condition, dict(bodies)))
        return tuple(found)

    def _searched(
        self, left: Sequence[Equation], unknowns: Sequence[str], conditions: Sequence[Expression]
    ) -> Together:
        law = self.setting.law
        brackets = []
        for name in unknowns:
            low, high = bounds(law.quantities[name])
            brackets.append(Bracket(name, low, high, law.quantities[name].log and (low or 0) > 0))
        lacking = [b.quantity for b in brackets if b.low is None or b.high is None]
        if lacking:
            raise CompileError(
                f"{self._said()} depend on each other through {self._labels()}, and no formula "
                f"gives them; declare {_listed(lacking)} with `low .. high`, in which to search"
            )
        step = Together(tuple(brackets), tuple(map(_balance, left)), False, tuple(conditions))
        self._refuse_several(step)
        return step

    def _refuse_several(self, step: Together) -> None:
        """Raise if several solutions count, somewhere in the domain."""
        law = self.setting.law
        drawn = [law.quantities.get(name) for name in step.reads - self.setting.fixed.keys()]
        moving = self.setting.moving & step.reads
        if moving and any(q is None or q.low is None or q.high is None for q in drawn):
            return
        label = "` and `".join(sorted(equation.label for equation in self.equations))
        values = self._points(step.reads, FEW)
        refuse_several(step, law, self.setting.fixed, values, FEW, label)

    def _points(self, wanted: frozenset[str], count: int) -> dict[str, Array]:
        """Return SI values of names at random points of the ranges."""
        setting = self.setting
        given = sample(setting.law, sorted(setting.given), count, 1, setting.fixed)
        values = Steps(setting.steps, setting.fixed)(given, count)
        return {n: np.broadcast_to(values[n], (count,)) for n in wanted - setting.fixed.keys()}

    def _refuse_dependent(
        self, matrix: Sequence[Sequence[Expression]], determinant: Expression
    ) -> None:
        pieces: dict[str, Expression] = {"determinant": determinant}
        for i, line in enumerate(matrix):
            pieces |= {f"{i},{j}": entry for j, entry in enumerate(line)}
        spoken_of = frozenset[str]().union(*map(names, pieces.values()))
        free = sorted(spoken_of - self.setting.fixed.keys())
        values = self._points(frozenset(free), FEW)
        found = evaluate(tape(pieces, free, self.setting.fixed), values)
        size_of = np.ones(FEW)
        with np.errstate(all="ignore"):
            for i, line in enumerate(matrix):
                size_of = size_of * np.max([np.abs(found[f"{i},{j}"]) for j in range(len(line))], 0)
            vanishing = np.abs(found["determinant"]) <= 1e-12 * size_of
        if determinant == ZERO or vanishing.all():
            raise CompileError(
                f"{self._labels()} do not determine {self._said()}: one of them follows from the "
                "others or contradicts them"
            )

    def _labels(self) -> str:
        return _listed(sorted(equation.label for equation in self.equations))

    def _said(self) -> str:
        return _listed(sorted(spoken(name, self.variable) for name in self.unknowns))


@dataclass(frozen=True)
class Cramer:
    """A solution by determinants: each unknown is its part over the determinant."""

    determinant: Expression
    parts: tuple[Expression, ...]


def linear_system(
    balances: Sequence[Expression], unknowns: Sequence[str]
) -> tuple[list[list[Expression]], list[Expression]] | None:
    """Return matrix and right side of expressions that are zero, None where one is not linear."""
    matrix: list[list[Expression]] = []
    constants: list[Expression] = []
    nothing: dict[str, Expression] = dict.fromkeys(unknowns, ZERO)
    for balance in balances:
        line: list[Expression] = []
        for name in unknowns:
            try:
                slope = derivative(balance, name) if name in names(balance) else ZERO
            except CompileError:
                return None
            if names(slope) & set(unknowns):
                return None
            line.append(slope)
        matrix.append(line)
        constants.append(negative(fold(substitute(balance, nothing))))
    return matrix, constants


def cramer(matrix: Sequence[Sequence[Expression]], right: Sequence[Expression]) -> Cramer:
    """Return the solution of a linear system; minors that occur twice are shared."""
    columns = range(len(right))

    @cache
    def minor(row: int, kept: tuple[int, ...], replaced: int) -> Expression:
        """Return the determinant of the rows from one on; a column may be the right side."""
        if row == len(right):
            return Number(1)
        found: Expression = ZERO
        for place, column in enumerate(kept):
            entry = right[row] if column == replaced else matrix[row][column]
            if entry == ZERO:
                continue
            rest = tuple(c for c in kept if c != column)
            inner = minor(row + 1, rest, replaced if replaced in rest else -1)
            term = times(entry, inner)
            found = plus(found, term) if place % 2 == 0 else minus(found, term)
        return found

    every = tuple(columns)
    return Cramer(minor(0, every, -1), tuple(minor(0, every, column) for column in columns))


def _balance(equation: Equation) -> Expression:
    return Binary("-", equation.left, equation.right)


def _replaced(equation: Equation, values: dict[str, Expression]) -> Equation:
    left, right = substitute(equation.left, values), substitute(equation.right, values)
    return Equation(equation.label, equation.relation, left, right, equation.place)


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
