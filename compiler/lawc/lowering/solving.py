"""Solve one equation for one quantity.

A formula is found by turning the equation round, by hand or by sympy in a worker. It counts only
after it was tried: at sampled points of the declared ranges it must satisfy the equation and lie
inside the range of the quantity. Where no formula passes, the equation is left as a root to be
found inside the declared range.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lawc.diagnostics.diagnostic import CompileError
from lawc.knowledge.encoding import encode
from lawc.knowledge.expression import (
    Binary,
    Call,
    Choice,
    Expression,
    Symbol,
    names,
    parts,
    size,
    walk,
)
from lawc.knowledge.law import Equation, Law
from lawc.lowering.balance import imbalance
from lawc.lowering.bounded import NoAnswerError, ask
from lawc.lowering.branches import FEW, SHARE, conditions_on, refuse_several, several_roots
from lawc.lowering.isolating import isolate
from lawc.lowering.numpy_table import Array, evaluate
from lawc.lowering.plan import Assignment, Root, Step
from lawc.lowering.points import bounds, sample, signs
from lawc.lowering.tapes import tape

POINTS = 1024
MIN_POINTS = 12
RESIDUAL = 1e-8
SECONDS = 10.0
MAX_SIZE = 5_000


@dataclass(frozen=True)
class Setting:
    """What is known where an equation is solved.

    Attributes:
        law: Whose ranges are sampled.
        fixed: SI values of names that do not vary.
        steps: What was solved before, in order; later formulas may read it.
        given: Names of inputs and of what a flow gives, which conditions may speak of.
        moving: Those that move along a flow.
    """

    law: Law
    fixed: Mapping[str, float]
    steps: Sequence[Step] = ()
    given: frozenset[str] = frozenset()
    moving: frozenset[str] = frozenset()

    def known(self) -> frozenset[str]:
        """Return all names that have a value where the equation is solved."""
        solved = {name for step in self.steps for name in step.quantities}
        return self.given | self.fixed.keys() | solved


def solve(
    equation: Equation, unknown: str, setting: Setting, conditions: Sequence[Expression] = ()
) -> Assignment | Root:
    """Return how an equation gives an unknown.

    Args:
        equation: Without derivatives.
        unknown: A name that occurs in it.
        setting: Ranges and values of the other names.
        conditions: What a solution must satisfy beside the law's own conditions.

    Raises:
        CompileError: Several values inside the declared range satisfy the equation, or no
            formula was found and no range to search for a root is declared.
    """
    refuse_large(equation)
    for alone, other in ((equation.left, equation.right), (equation.right, equation.left)):
        if alone == Symbol(unknown) and unknown not in names(other):
            return Assignment(unknown, other)
    trial = _Trial(equation, unknown, setting, conditions)
    candidates = isolate(equation.left, equation.right, unknown)
    formula = trial.best(candidates)
    if formula is not None and len(candidates) == 1:
        return Assignment(unknown, formula, equation)
    root = trial.root()
    if root is not None:
        trial.refuse_several(root)
    if formula is None and not _in_pieces(equation, unknown):
        formula = trial.best(_by_algebra(equation, unknown, setting))
    if formula is not None:
        return Assignment(unknown, formula, equation)
    if root is not None:
        return root
    raise CompileError(
        f"no formula gives {unknown} from `{equation.label}`, and no range is declared in "
        f"which to search for it; declare `{unknown}` with `low .. high`"
    )


def refuse_large(equation: Equation) -> None:
    """Raise if an equation is too large to be turned round."""
    if size(equation.left) + size(equation.right) > MAX_SIZE:
        raise CompileError(
            f"`{equation.label}` has more than {MAX_SIZE} operations once definitions are written "
            "out"
        )


def _by_algebra(equation: Equation, unknown: str, setting: Setting) -> tuple[Expression, ...]:
    """Return what sympy makes of an equation in its worker, nothing where it finds no way."""
    balance = Binary("-", equation.left, equation.right)
    if _is_hopeless(balance, unknown):
        return ()
    free = names(balance)
    question = {
        "left": encode(equation.left),
        "right": encode(equation.right),
        "unknown": unknown,
        "signs": signs(setting.law, setting.fixed, free),
    }
    try:
        return ask("solve", question, SECONDS)
    except NoAnswerError:
        return ()


def _in_pieces(equation: Equation, unknown: str) -> bool:
    """Return whether an unknown stands where pieces join: one may be level, or be left by a jump.

    What algebra makes of one piece is silent on the others; only a search sees them all.
    """
    return any(
        unknown in names(node)
        and (isinstance(node, Choice) or (isinstance(node, Call) and node.function in _PIECES))
        for side in (equation.left, equation.right)
        for node in walk(side)
    )


_PIECES = frozenset(("min", "max", "sign"))
_ALGEBRAIC = frozenset(("exp", "ln", "log10", "log2", "sqrt", "abs", "expm1"))


def _is_hopeless(balance: Expression, unknown: str) -> bool:
    """Return whether a name stands both inside and outside of functions like sin or erf.

    Such an equation has no formula; starting a process to learn that takes a second.
    """
    inside = outside = False
    stack = [balance]
    while stack:
        node = stack.pop()
        if node == Symbol(unknown):
            outside = True
        elif isinstance(node, Call) and node.function not in _ALGEBRAIC:
            inside = inside or unknown in names(node)
        else:
            stack.extend(parts(node))
    return inside and outside


class _Trial:
    """Points at which an equation holds, and what they say of formulas for its unknown."""

    def __init__(
        self,
        equation: Equation,
        unknown: str,
        setting: Setting,
        conditions: Sequence[Expression],
    ) -> None:
        self._equation = equation
        self._unknown = unknown
        self._setting = setting
        self._low, self._high = bounds(setting.law.quantities[unknown])
        own = conditions_on((unknown,), setting.law, setting.known())
        self._conditions = tuple(dict.fromkeys((*own, *conditions)))
        free = _spoken(equation.left, equation.right, *self._conditions)
        self._given = sorted(free - {unknown} - setting.fixed.keys())
        self._points, self._truth = self._forward()
        self._solvable = not np.isnan(self._truth).any()

    def best(self, candidates: Collection[Expression]) -> Expression | None:
        """Return the candidate that holds everywhere, None where there is none."""
        passed: list[tuple[float, Expression, Array]] = []
        tried = [(candidate, *self._try(candidate)) for candidate in candidates]
        somewhere = np.full(len(self._truth), self._solvable, dtype=bool)
        for _, good, _, _ in tried:
            somewhere |= good
        if somewhere.sum() < MIN_POINTS:
            return None
        for candidate, good, residual, values in tried:
            if good[somewhere].mean() >= SHARE:
                passed.append((float(residual[somewhere].mean()), candidate, values[somewhere]))
        if not passed:
            return None
        _, formula, chosen = min(passed, key=lambda entry: entry[0])
        others = [np.where(good, values, np.nan)[somewhere] for _, good, _, values in tried]
        if self._solvable:
            others.append(self._truth[somewhere])
        for other in others:
            apart = np.abs(other - chosen) > 1e-4 * np.abs(chosen)
            if apart.mean() > 1 - SHARE:
                self._refuse_two(somewhere, chosen, other, int(np.argmax(apart)))
        return formula

    def root(self) -> Root | None:
        """Return the root to be searched for in the declared range, None where there is none."""
        if self._low is None or self._high is None:
            return None
        expression = Binary("-", self._equation.left, self._equation.right)
        log = self._setting.law.quantities[self._unknown].log and self._low > 0
        return Root(self._unknown, expression, self._low, self._high, log, self._conditions)

    def refuse_several(self, root: Root) -> None:
        """Raise if the range holds several roots that count, somewhere in the domain.

        States without a range are not drawn: a search that moves with them is judged where it
        starts, or row by row.
        """
        law = self._setting.law
        quantities = [law.quantities.get(name) for name in self._given]
        moving = self._setting.moving & set(self._given)
        if moving and any(q is None or q.low is None or q.high is None for q in quantities):
            return
        rows = min(FEW, self._count(self._points))
        points = {name: values[:rows] for name, values in self._points.items()}
        refuse_several(root, law, self._setting.fixed, points, rows, self._equation.label)

    def _refuse_two(self, somewhere: np.ndarray, one: Array, other: Array, number: int) -> None:
        row = int(np.flatnonzero(somewhere)[number])
        at = {name: float(values[row]) for name, values in self._points.items()}
        values = np.sort([one[number], other[number]])
        raise CompileError(
            several_roots(self._setting.law, self._unknown, self._equation.label, values, at)
        )

    def _try(self, candidate: Expression) -> tuple[np.ndarray, Array, Array]:
        """Return where a candidate is good, its residual, and its values."""
        count = len(self._truth)
        if names(candidate) - set(self._given) - self._setting.fixed.keys():
            return np.zeros(count, dtype=bool), np.full(count, np.inf), np.full(count, np.nan)
        values = self._value(candidate, self._points)
        residual = self._residual({**self._points, self._unknown: values})
        good = np.isfinite(values) & (residual <= RESIDUAL) & self._inside(values)
        good &= self._held({**self._points, self._unknown: values})
        return good, np.where(np.isfinite(residual), residual, 1.0), values

    def _held(self, points: Mapping[str, Array]) -> np.ndarray:
        """Return where the conditions on the unknown hold."""
        good = np.ones(self._count(points), dtype=bool)
        for condition in self._conditions:
            good &= self._value(condition, points).astype(bool)
        return good

    def _inside(self, values: Array) -> np.ndarray:
        width = np.abs(values) + 1e-300
        if self._low is not None and self._high is not None:
            width = np.maximum(width, self._high - self._low)
        good = np.ones(len(values), dtype=bool)
        if self._low is not None:
            good &= values >= self._low - 1e-9 * width
        if self._high is not None:
            good &= values <= self._high + 1e-9 * width
        return good

    def _residual(self, points: Mapping[str, Array]) -> Array:
        """Return |left - right| over the size of the terms."""
        return imbalance(self._equation, points, self._setting.fixed, self._count(points))

    def _value(self, expression: Expression, points: Mapping[str, Array]) -> Array:
        plan = tape({"value": expression}, sorted(points), self._setting.fixed)
        return np.broadcast_to(evaluate(plan, points)["value"], (self._count(points),))

    def _count(self, points: Mapping[str, Array]) -> int:
        return len(next(iter(points.values()))) if points else POINTS

    def _forward(self) -> tuple[dict[str, Array], Array]:
        """Return points, and the unknown's true value there or NaN where it is not known.

        Sampling the unknown too and computing one of the others from it gives points at which a
        solution inside the range exists, however wide the other ranges are.
        """
        law, fixed = self._setting.law, self._setting.fixed
        points = self._sampled(self._given)
        truth = sample(law, [self._unknown], POINTS, 1, {})[self._unknown]
        for name in self._turnable():
            others = {key: values for key, values in points.items() if key != name}
            formula, *more = isolate(self._equation.left, self._equation.right, name) or (None,)
            if formula is None or more:
                continue
            if names(formula) - others.keys() - {self._unknown} - fixed.keys():
                continue
            found = self._value(formula, {**others, self._unknown: truth})
            keep = _within(found, *bounds(law.quantities[name]))
            trial = {**others, name: found}
            keep &= self._residual({**trial, self._unknown: truth}) <= RESIDUAL
            # Where the equation does not feel a change of the unknown, no formula can find it.
            keep &= self._residual({**trial, self._unknown: truth * (1 + 1e-4)}) >= 1e-10
            keep &= self._held({**trial, self._unknown: truth})
            if keep.sum() >= MIN_POINTS:
                return {key: values[keep] for key, values in trial.items()}, truth[keep]
        return points, np.full(POINTS, np.nan)

    def _turnable(self) -> list[str]:
        """Return names with one formula, those that stand alone or have no range first."""
        law = self._setting.law
        computed = {name for step in self._setting.steps for name in step.quantities}
        usable = [n for n in self._given if n in law.quantities and n not in computed]
        sides = (self._equation.left, self._equation.right)
        return sorted(
            usable, key=lambda n: (Symbol(n) not in sides, law.quantities[n].low is not None)
        )

    def _sampled(self, wanted: Collection[str]) -> dict[str, Array]:
        """Return samples of names; those solved before and without a range are computed."""
        law, fixed = self._setting.law, self._setting.fixed
        computed = {
            step.quantity: step.expression
            for step in self._setting.steps
            if isinstance(step, Assignment)
        }
        points: dict[str, Array] = {}

        def value(name: str) -> Array:
            if name not in points:
                declared = name in law.quantities and law.quantities[name].low is not None
                if name in computed and not declared:
                    inner = {n: value(n) for n in sorted(names(computed[name]) - fixed.keys())}
                    points[name] = self._value(computed[name], inner)
                else:
                    seed = 2 + sorted(law.quantities).index(name) if name in law.quantities else 1
                    points[name] = sample(law, [name], POINTS, seed, fixed)[name]
            return points[name]

        return {name: value(name) for name in wanted}


def _spoken(*expressions: Expression) -> frozenset[str]:
    return frozenset[str]().union(*map(names, expressions))


def _within(values: Array, low: float | None, high: float | None) -> np.ndarray:
    good = np.isfinite(values)
    if low is not None:
        good &= values >= low
    return good if high is None else good & (values <= high)
