"""Judge whether observations determine parameters at all, and say what they do determine.

The matrix of derivatives, its columns brought to one size, has a singular value near zero where
some change of the parameters leaves every prediction as it is. That change is looked at in
logarithms and in plain numbers, at several points: where it is the same everywhere, the law itself
ties the parameters together, and the combination that stays is written out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product

import numpy as np

from lawc.diagnostics.diagnostic import NotDeterminedError
from lawc.estimation.models import Model
from lawc.estimation.observations import Observations
from lawc.estimation.problems import Problem
from lawc.estimation.questions import Question, widened
from lawc.lowering.numpy_table import Array
from lawc.lowering.points import spread

_EXACT = 1e-11
_COARSE = 1e-6
_SAME = 1e-4
_POINTS = 8
_HALF = 4
_FEW = 2


@dataclass(frozen=True)
class Tie:
    """Parameters that observations see only together.

    Attributes:
        names: The parameters that can be traded for each other, or one without influence.
        kept: Combinations that are determined, written out; empty where they are not the same at
            all points.
        trade: How much the others move for one per cent of the first, in per cent.
    """

    names: tuple[str, ...]
    kept: tuple[str, ...]
    trade: tuple[float, ...]

    def __str__(self) -> str:
        if len(self.names) == 1:
            return f"{self.names[0]} has no influence on what was measured"
        apart = f"{_listed(self.names)} apart"
        if self.kept:
            return f"the data determine {_listed(self.kept)} but not {apart}"
        moves = ", ".join(
            f"{name} by {share:+.3g} %"
            for name, share in zip(self.names[1:], self.trade[1:], strict=True)
        )
        return (
            f"the data do not determine {apart}: 1 % more of {self.names[0]} "
            f"is made up for by {moves}"
        )


def singular(problem: Problem, matrix: Array) -> tuple[Array, float]:
    """Return a basis of the changes that leave predictions as they are, and the condition.

    Args:
        problem: Its free parameters count.
        matrix: Derivatives of residuals by all parameters.

    Returns:
        Changes of all parameters, one in each row, and largest over smallest singular value of
        the matrix with columns of one size; infinite where a column is zero.
    """
    block = matrix[:, problem.free]
    norms = np.linalg.norm(block, axis=0)
    full = np.zeros((0, len(problem.parameters)))
    dead = norms <= 1e-280
    basis = [_unit(len(problem.parameters), problem.free[k]) for k in np.flatnonzero(dead)]
    alive = np.flatnonzero(~dead)
    condition = np.inf
    if alive.size:
        # The triangle of a matrix has its singular values, whatever the number of rows.
        triangle = np.linalg.qr(block[:, alive] / norms[alive], mode="r")
        _, s, vt = np.linalg.svd(triangle, full_matrices=True)
        s = np.concatenate([s, np.zeros(len(alive) - len(s))])
        limit = (_EXACT if problem.model.exact else _COARSE) * s[0]
        for k in np.flatnonzero(s <= limit):
            change = np.zeros(len(problem.parameters))
            change[problem.free[alive]] = vt[k] / norms[alive]
            basis.append(change)
        condition = float(s[0] / s[-1]) if s[-1] > 0 and not dead.any() else np.inf
    return (np.stack(basis) if basis else full), condition


def refuse_structure(question: Question, problem: Problem, seed: int) -> None:
    """Refuse parameters that no values of these observations could determine.

    Raises:
        NotDeterminedError: At every point of the ranges some change of the parameters leaves all
            predictions as they are; the text says which, and what would help.
    """
    points = _points(problem, seed)
    found: list[tuple[Array, Array]] = []
    for theta in points:
        residual, matrix = problem.matrix(theta)
        if not (np.isfinite(residual).all() and np.isfinite(matrix).all()):
            continue
        basis, _ = singular(problem, matrix)
        if not len(basis):
            return
        found.append((theta, basis))
    if not found:
        return
    fewest = min(len(basis) for _, basis in found)
    found = [(theta, basis) for theta, basis in found if len(basis) == fewest]
    raise _refusal(question, problem, ties(problem, found), found[0][0])


def refuse_flatness(question: Question, problem: Problem, theta: Array, matrix: Array) -> None:
    """Refuse parameters that the observations do not determine at the best fit.

    Raises:
        NotDeterminedError: As for the structure, at one point.
    """
    basis, _ = singular(problem, matrix)
    if len(basis):
        raise _refusal(question, problem, ties(problem, [(theta, basis)]), theta)


def ties(problem: Problem, found: Sequence[tuple[Array, Array]]) -> tuple[Tie, ...]:
    """Return what is tied together, from the idle changes at some points."""
    reduced = [(theta, _sparse(basis, theta)) for theta, basis in found]
    pivots = {tuple(np.flatnonzero(np.abs(row) > 0)[0] for row in rows) for _, rows in reduced}
    if len(pivots) > 1:
        reduced = reduced[:1]
    answer = []
    for number in range(len(reduced[0][1])):
        changes = [(theta, rows[number]) for theta, rows in reduced]
        answer.append(_tie(problem, changes))
    return tuple(answer)


def _tie(problem: Problem, changes: Sequence[tuple[Array, Array]]) -> Tie:
    theta, change = changes[0]
    relative = change / np.where(theta == 0, 1.0, theta)
    weight = np.abs(relative) / np.max(np.abs(relative))
    part = [int(k) for k in np.flatnonzero(weight > 1e-6)]
    names = tuple(problem.parameters[k].name for k in part)
    trade = tuple(float(relative[k] / relative[part[0]]) for k in part)
    if len(part) == 1 or len(part) > 6:
        return Tie(names, (), trade)
    # Where one point is known a change is the same everywhere for want of another.
    if len(changes) > 1:
        for scales in product(("log", "plain"), repeat=len(part)):
            direction = _constant(changes, part, scales)
            if direction is not None:
                return Tie(names, _invariants(names, scales, direction), trade)
    return Tie(names, (), trade)


def _constant(
    changes: Sequence[tuple[Array, Array]], part: Sequence[int], scales: Sequence[str]
) -> Array | None:
    """Return the direction that a change has at every point on these scales, if it has one."""
    directions = []
    for theta, change in changes:
        scale = np.array(
            [theta[k] if s == "log" else 1.0 for k, s in zip(part, scales, strict=True)]
        )
        if (scale == 0).any():
            return None
        here = change[list(part)] / scale
        if here[0] == 0:
            return None
        directions.append(here / here[0])
    table = np.stack(directions)
    if np.max(np.abs(table - table[0])) > _SAME * np.max(np.abs(table[0])):
        return None
    return np.median(table, axis=0)


def _invariants(names: Sequence[str], scales: Sequence[str], direction: Array) -> tuple[str, ...]:
    """Write out what stays the same along a direction: one combination with each other name."""
    kept = []
    for k in range(1, len(names)):
        ratio = Fraction(float(direction[k])).limit_denominator(12)
        exact = abs(float(ratio) - direction[k]) <= 1e-3 * abs(direction[k])
        first, other = names[0], names[k]
        match scales[0], scales[k]:
            case "log", "log" if exact:
                kept.append(_product(first, other, ratio))
            case "log", "log":
                kept.append(f"{first}^{direction[k]:.4g}{_signed('/', other)}")
            case "plain", "plain":
                # d(first) = 1 and d(other) = r leave other - r*first as it is.
                kept.append(_sum(first, other, float(direction[k])))
            case "log", "plain":
                kept.append(_sum(f"ln({first})", other, float(direction[k])))
            case _:
                kept.append(_sum(first, f"ln({other})", float(direction[k])))
    return tuple(kept)


def _product(first: str, other: str, ratio: Fraction) -> str:
    """Write what d ln(first) = 1 and d ln(other) = ratio leave: first^ratio / other."""
    power, below = ratio.numerator, ratio.denominator
    if power < 0:
        return f"{_power(first, -power)}*{_power(other, below)}"
    return f"{_power(first, power)}/{_power(other, below)}"


def _power(name: str, exponent: int) -> str:
    return name if exponent == 1 else f"{name}^{exponent}"


def _signed(operator: str, name: str) -> str:
    return f"{operator}{name}"


def _sum(first: str, other: str, ratio: float) -> str:
    sign = "-" if ratio > 0 else "+"
    size = abs(ratio)
    if abs(size - 1) < 1e-4:
        return f"{first} {sign} {other}" if sign == "+" else f"{other} - {first}"
    return f"{other} {sign} {size:.4g}*{first}"


def _sparse(basis: Array, theta: Array) -> Array:
    """Return the same changes with as many zeros as elimination gives."""
    rows = basis / np.where(theta == 0, 1.0, np.abs(theta))
    rows = rows.copy()
    used: list[int] = []
    for k in range(len(rows)):
        free = [j for j in range(rows.shape[1]) if j not in used]
        pivot = free[int(np.argmax(np.abs(rows[k, free])))]
        used.append(pivot)
        rows[k] /= rows[k, pivot]
        for other in range(len(rows)):
            if other != k:
                rows[other] -= rows[other, pivot] * rows[k]
    rows[np.abs(rows) < 1e-7] = 0.0
    rows = rows * np.where(theta == 0, 1.0, np.abs(theta))
    return rows[np.argsort([np.flatnonzero(row)[0] for row in rows], kind="stable")]


def _refusal(
    question: Question, problem: Problem, found: tuple[Tie, ...], theta: Array
) -> NotDeterminedError:
    names = tuple(dict.fromkeys(name for tie in found for name in tie.names))
    text = "; ".join(str(tie) for tie in found)
    helps = _helps(question, problem, found, theta)
    return NotDeterminedError(
        f"{text}; {'; or '.join(helps)}",
        undetermined=names,
        combinations=tuple(kept for tie in found for kept in tie.kept),
        helps=tuple(helps),
    )


def _helps(question: Question, problem: Problem, found: tuple[Tie, ...], theta: Array) -> list[str]:
    """Return what would determine the parameters, each tried before it is said."""
    helps = []
    constant = [
        name
        for name, column in problem.observed.inputs.items()
        if len(column) and np.ptp(column) <= 1e-12 * np.max(np.abs(column))
    ]
    if _rank_elsewhere(question, problem, theta):
        told = f" ({_listed(constant)} {_is(constant)} the same in all rows)" if constant else ""
        helps.append(f"observe at other values of {_listed(question.known)}{told}")
    further = [name for name in question.spare if _rank_with(question, problem, name, theta)]
    if further:
        helps.append(f"observe {' or '.join(further[:3])} as well")
    fixed = [f"one of {_listed(tie.names)}" for tie in found if len(tie.names) > 1]
    fixed += [tie.names[0] for tie in found if len(tie.names) == 1]
    helps.append(f"give a value to {_listed(fixed)}")
    return helps


def _rank_elsewhere(question: Question, problem: Problem, theta: Array) -> bool:
    """Return whether rows spread over the declared ranges of the inputs would determine all."""
    if not question.known:
        return False
    count = max(32, 2 * len(problem.parameters))
    generator = np.random.default_rng(0)
    inputs = {}
    for name in question.known:
        quantity = question.law.quantities[name]
        si = spread(quantity, generator.random(count))
        inputs[name] = (si - quantity.unit.offset) / quantity.unit.factor
    return _full(_elsewhere(problem, problem.model, inputs, question.outputs), theta)


def _rank_with(question: Question, problem: Problem, further: str, theta: Array) -> bool:
    """Return whether one more output in the same rows would determine all."""
    wider = widened(question, further)
    if wider is None:
        return False
    model = Model(wider.plan, problem.model.unknown)
    return _full(_elsewhere(problem, model, problem.observed.inputs, wider.outputs), theta)


def _elsewhere(problem: Problem, model: Model, inputs: object, outputs: Sequence[str]) -> Problem:
    assert isinstance(inputs, dict) or hasattr(inputs, "items")
    columns = {name: np.asarray(column) for name, column in inputs.items()}  # type: ignore[attr-defined]
    rows = len(next(iter(columns.values()))) if columns else len(problem.observed)
    groups = len(problem.observed.groups) or 1
    observed = Observations(
        columns,
        {name: np.ones(rows) for name in outputs},
        {},
        None,
        problem.observed.groups,
        np.arange(rows) % groups if rows != len(problem.observed) else problem.observed.owner,
        np.arange(1, rows + 1),
    )
    return replace(
        problem,
        model=model,
        observed=observed,
        errors="absolute",
        scales=dict.fromkeys(outputs, 1.0),
    )


def _full(problem: Problem, theta: Array) -> bool:
    try:
        residual, matrix = problem.matrix(theta)
    except (ArithmeticError, ValueError):
        return False
    if not (np.isfinite(residual).all() and np.isfinite(matrix).all()):
        return False
    return len(singular(problem, matrix)[0]) == 0


def _points(problem: Problem, seed: int) -> list[Array]:
    """Return generic points of the ranges; the middle half, where nothing is extreme."""
    generator = np.random.default_rng(seed + 1)
    many = _POINTS if problem.model.plan.flow is None else _HALF
    many = _FEW if problem.model.dear else many
    points = []
    for _ in range(many):
        theta = np.empty(len(problem.parameters))
        for k, parameter in enumerate(problem.parameters):
            share = np.array([0.25 + 0.5 * generator.random()])
            unit = parameter.quantity.unit
            theta[k] = ((spread(parameter.quantity, share) - unit.offset) / unit.factor)[0]
        points.append(problem.filled(theta))
    return points


def _unit(size: int, position: int) -> Array:
    row = np.zeros(size)
    row[position] = 1.0
    return row


def _listed(words: Sequence[str]) -> str:
    items = list(words)
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)


def _is(words: Sequence[str]) -> str:
    return "is" if len(words) == 1 else "are"
