"""How fields move with parameters: the equations, derived by a parameter, are linear.

What the fields are is `G(t, u, u', p) = 0`. Its derivative by p is an equation for du/dp with the
slopes that Newton's method or a step in time has factored already, so that a further parameter
costs a few solutions with known factors, on the same cells and the same steps. How G itself moves
with p, while the fields stand still, is a central difference: exact where p stands linearly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lawc.solvers.assembling import Assembly, Matrix
from lawc.solvers.elements import Space
from lawc.solvers.factoring import Factored, factor
from lawc.solvers.field_motion import STAGES, Course, followed, motion, stage_rates
from lawc.solvers.field_problem import Array, Problem
from lawc.solvers.field_steady import rest

State = Array | Course


@dataclass(frozen=True)
class Neighbours:
    """The problem with a parameter a little larger and a little smaller.

    Attributes:
        apart: How far the two are apart.
        driven: Whether the parameter stands where no field does: in a source, a value at an end.
        started: Whether the fields start from it.
    """

    more: Problem
    less: Problem
    apart: float
    driven: bool
    started: bool


def state(problem: Problem, space: Space, rtol: float, guess: Array | None = None) -> State:
    """Return the unknowns of a problem on a space, over time where it moves."""
    assembly = Assembly(problem, space)
    return rest(assembly, guess) if problem.time is None else motion(assembly, rtol)


def responses(
    problem: Problem,
    around: Sequence[Neighbours],
    space: Space,
    rtol: float,
    guess: Array | None = None,
) -> tuple[State, list[State]]:
    """Return the unknowns of a problem, and their derivative by each parameter.

    Args:
        problem: Where.
        around: A little to both sides, for each parameter.
        space: The cells.
        rtol: Error of a step in time.
        guess: Unknowns to begin with, where nothing moves in time.
    """
    assembly = Assembly(problem, space)
    near = [_Near(n, assembly) for n in around]
    if problem.time is None:
        found = rest(assembly, guess)
        still = np.zeros_like(found)
        slope, _ = assembly.slopes(0.0, found, still)
        factored = factor(slope, assembly.order(slope))
        right = np.stack([n.residual(0.0, found, still) for n in near], axis=1)
        moves = -factored.solve(right)[space.twin]
        return found, [moves[:, k] for k in range(len(near))]
    if not assembly.affine:
        # What is linearised anew at each step keeps no factors: differences of two solutions.
        course = motion(assembly, rtol)
        return course, [_differenced(n, space, rtol, course) for n in around]
    following = _Following(assembly, near)
    course = motion(assembly, rtol, following.step)
    return course, following.courses()


class _Near:
    """How the equations move with a parameter, at fields that stand still."""

    def __init__(self, neighbours: Neighbours, like: Assembly) -> None:
        self.more = Assembly(neighbours.more, like.space, like)
        self.less = Assembly(neighbours.less, like.space, like)
        self.apart = neighbours.apart
        self.driven, self.started = neighbours.driven, neighbours.started

    def residual(self, time: float, unknowns: Array, rates: Array) -> Array:
        more = self.more.residual(time, unknowns, rates)
        return (more - self.less.residual(time, unknowns, rates)) / self.apart

    def given(self, time: float) -> Array | float:
        return (self.more.given(time) - self.less.given(time)) / self.apart if self.driven else 0.0

    def start(self, time: float) -> Array:
        if not (self.driven or self.started):
            return np.zeros(self.more.space.size)
        return (self.more.start(time) - self.less.start(time)) / self.apart

    def slopes(self, time: float, like: Array) -> tuple[Matrix, Matrix]:
        more, less = (a.slopes(time, like, like) for a in (self.more, self.less))
        return (more[0] - less[0]) / self.apart, (more[1] - less[1]) / self.apart


class _Following:
    """Derivatives of affine equations that move, taken along with each step."""

    def __init__(self, assembly: Assembly, near: Sequence[_Near]) -> None:
        self.assembly, self.near = assembly, near
        begin = assembly.problem.span[0]
        zero = np.zeros(assembly.space.size)
        self.slope, _ = assembly.slopes(begin, zero, zero)
        self.moved = [n.slopes(begin, zero) for n in near]
        self.now = np.stack([n.start(begin) for n in near], axis=1)
        self.kept: list[tuple[float, float, Array, Array]] = []

    def step(
        self, t: float, h: float, y: Array, stages: Array, real: Factored, twisted: Factored
    ) -> None:
        """Take the step that the fields took."""
        space = self.assembly.space
        rates = stage_rates(stages, h)
        resting = self.slope @ self.now
        remains = np.empty((3, *self.now.shape))
        for k in range(3):
            for number, (by_value, by_rate) in enumerate(self.moved):
                given = self.near[number].given(t + STAGES[k] * h)
                driven = by_value @ (y + stages[k]) + by_rate @ rates[k] + given
                remains[k, :, number] = resting[:, number] + driven
        idle = space.twin != np.arange(space.size)
        remains[:, idle] = 0.0
        added, powers = followed(remains, real, twisted)
        self.kept.append((t, h, self.now, powers))
        self.now = (self.now + added[2])[space.twin]

    def courses(self) -> list[State]:
        """Return what was followed, for each parameter."""
        times, lengths = (np.array([step[k] for step in self.kept]) for k in (0, 1))
        return [
            Course(
                times,
                lengths,
                np.stack([now[:, number] for _, _, now, _ in self.kept]),
                np.stack([powers[:, :, number] for _, _, _, powers in self.kept]),
            )
            for number in range(len(self.near))
        ]


def _differenced(near: Neighbours, space: Space, rtol: float, like: Course) -> State:
    """Return the difference of two courses, on the steps of a third."""
    more, less = (motion(Assembly(p, space), rtol) for p in (near.more, near.less))
    ends = np.append(like.times[1:], like.times[-1] + like.lengths[-1])
    values, powers = [], []
    for time, end in zip(like.times.tolist(), ends.tolist(), strict=True):
        at = [time + share * (end - time) for share in (0.0, *STAGES.tolist())]
        nodes = [(_unknowns(more, t) - _unknowns(less, t)) / near.apart for t in at]
        values.append(nodes[0])
        powers.append(np.stack(nodes[1:]) - nodes[0])
    between = np.linalg.inv(STAGES[:, None] ** np.arange(1, 4))
    polynomials = np.tensordot(between, np.stack(powers, axis=1), 1).transpose(1, 0, 2)
    return Course(like.times, like.lengths, np.stack(values), polynomials)


def _unknowns(course: Course, time: float) -> Array:
    """Return all unknowns at a time."""
    step = int(np.clip(np.searchsorted(course.times, time, side="right") - 1, 0, None))
    share = (time - course.times[step]) / (course.lengths[step] or 1.0)
    powers = course.powers[step]
    return course.values[step] + share ** np.arange(1, 4) @ powers
