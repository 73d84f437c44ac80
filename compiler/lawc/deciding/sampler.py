"""Rows for a rule: each row, clause and exception at work, both sides of every boundary.

Rows are drawn at random and by the edges of comparisons; what they do not show is looked for by
cutting boxes and by the solver, which find a case or show that there is none. From each case in
which a condition is decisive, neighbours lead over its boundary at the finest step.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, lru_cache
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np

from lawc.deciding.drawing import Array, Marginal, Rows, drawn, fitted
from lawc.deciding.edges import beside, edge_of, edges
from lawc.deciding.goals import Goal, goals
from lawc.deciding.pool import Pool
from lawc.deciding.ties import near_ties
from lawc.decision.admission import bounds, grain
from lawc.decision.decision import Decision, Port
from lawc.decision.exact import decide, evaluate
from lawc.decision.formula import YES, Formula, Named
from lawc.decision.operations import DecisionError, truth
from lawc.decision.partial import affordable
from lawc.decision.reaching import Found, find, holds, in_floats
from lawc.decision.values import UNKNOWN, Value, exact
from lawc.diagnostics.sizes import demand_whole

if TYPE_CHECKING:
    from lawc.proofs.seeking import Seeker

Case = Mapping[str, Value]

BOXES = 60
ALL_BOXES = 1000
BASES = 6
"""Cases from which a number beside an edge is reached, until one has an answer."""


@dataclass
class Sampler:
    """What rows of a decision ought to show, and the cases that show it.

    Attributes:
        goals: All that rows ought to show.
        cases: Cases that show all that was found, rows and clauses first.
        impossible: Goals that no case can show; it was shown that there is none.
        open: Goals for which no case was found before the search was given up.
    """

    decision: Decision
    goals: tuple[Goal, ...] = ()
    cases: tuple[Case, ...] = ()
    impossible: tuple[Goal, ...] = ()
    open: tuple[Goal, ...] = ()
    _edges: dict[str, tuple[Fraction, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._edges = edges(self.decision)
        self.goals = goals(self.decision)
        _Search(self).run()

    def rows(
        self,
        seed: int,
        count: int,
        marginals: Mapping[str, Marginal] | None = None,
        like: Mapping[str, Array] | None = None,
    ) -> Rows:
        """Return rows: first the cases that show what there is to show, then drawn ones.

        Args:
            marginals: By name, how an input is distributed.
            like: Columns of a table that rows are to be like.

        Raises:
            ValueError: Seed or count is no whole number from 0 on.
        """
        demand_whole("n", count, least=0)
        demand_whole("seed", seed, least=0)
        ports = self.decision.inputs
        aimed = min(len(self.cases), count)
        chance = np.random.default_rng(seed)
        rest = drawn(ports, self._edges, chance, count - aimed, marginals, like)
        first = as_columns(ports, self.cases[:aimed])
        columns = {
            name: np.concatenate((first.columns[name], rest.columns[name])) for name in rest.columns
        }
        masks = {name: np.concatenate((first.masks[name], rest.masks[name])) for name in rest.masks}
        return Rows(columns, masks, aimed)


@lru_cache(maxsize=64)
def _sampler(decision: _Same) -> Sampler:
    return Sampler(decision.decision)


class _Same:
    """A decision by which object it is."""

    def __init__(self, decision: Decision) -> None:
        self.decision = decision

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.decision is self.decision

    def __hash__(self) -> int:
        return id(self.decision)


def rows(
    decision: Decision,
    seed: int,
    count: int,
    marginals: Mapping[str, Marginal] | None = None,
    like: Mapping[str, Array] | None = None,
) -> Rows:
    """Return rows of a decision: cases that show all there is to show, then drawn ones."""
    return _sampler(_Same(decision)).rows(seed, count, marginals, like)


def as_columns(ports: tuple[Port, ...], cases: tuple[Case, ...]) -> Rows:
    """Return cases as columns and masks."""
    columns, masks = {}, {}
    for port in ports:
        values = [case.get(port.name, UNKNOWN) for case in cases]
        numbers = [float(v) if isinstance(v, Fraction) else 0.0 for v in values]
        column = np.array(numbers, np.float64)
        if port.may_be_unknown:
            masks[port.name] = np.array([v is UNKNOWN for v in values], np.int8)
            column = fitted(port, column)
        columns[port.name] = column
    return Rows(columns, masks, len(cases))


class _Search:
    """Find cases for the goals of a sampler."""

    def __init__(self, sampler: Sampler) -> None:
        self._sampler = sampler
        self._decision = sampler.decision
        self._ports = {port.name: port for port in sampler.decision.inputs}
        self._cases: dict[tuple[tuple[str, Value], ...], Case] = {}
        self._sought: list[tuple[Case, Mapping[str, Value]]] = []

    def run(self) -> None:
        """Fill in what was found."""
        pool = Pool(self._decision, self._sampler._edges, self._sampler.goals)
        impossible, still_open = [], []
        shown: dict[Goal, Case] = {}
        boxes = affordable(self._decision, ALL_BOXES)
        for goal in self._sampler.goals:
            case = pool.case(goal)
            if case is not None and holds(self._decision, case, goal.condition):
                shown[goal] = self._add(case)
                continue
            case = self._seen(goal)
            if case is not None:
                shown[goal] = case
                continue
            found = Found(None, False, 0)
            if boxes > 0:
                found = find(self._decision, goal.condition, boxes=BOXES)
                boxes -= found.boxes
            if not found.proved:
                found = self._seeker.find(goal.condition)
            if found.case is not None and self._keep(found.case, goal):
                shown[goal] = self._add(self._sought[-1][0])
            else:
                none = found.proved and found.case is None
                (impossible if none else still_open).append(goal)
        still_open = [goal for goal in still_open if not self._found_on_the_way(goal, shown)]
        self._cross(shown)
        self._stand_beside()
        for case in near_ties(self._decision, self._bases()):
            self._add(case)
        self._leave_unknown()
        self._sampler.cases = tuple(self._cases.values())
        self._sampler.impossible = tuple(impossible)
        self._sampler.open = tuple(still_open)

    @cached_property
    def _seeker(self) -> Seeker:
        """What asks the solver, whose library most decisions do not need."""
        first = next(iter(self._cases.values()), None)
        return import_module("lawc.proofs.seeking").Seeker(self._decision, first)

    def _keep(self, case: Case, goal: Goal) -> bool:
        """Keep a case that was sought, in numbers that floats stand for, if it still shows."""
        given = in_floats(case)
        try:
            values = decide(self._decision, given).values
        except DecisionError:
            return False
        if not self._is_shown(goal, values):
            return False
        self._sought.append((given, values))
        return True

    def _seen(self, goal: Goal) -> Case | None:
        """Return a case that was sought for another goal and shows this one too."""
        return next((case for case, values in self._sought if self._is_shown(goal, values)), None)

    def _is_shown(self, goal: Goal, values: Mapping[str, Value]) -> bool:
        try:
            return truth(evaluate(goal.condition, values, self._decision.calendars)) == 1
        except DecisionError:
            return False

    def _add(self, case: Case) -> Case:
        return self._cases.setdefault(tuple(sorted(case.items(), key=lambda i: i[0])), case)

    def _cross(self, shown: Mapping[Goal, Case]) -> None:
        """Lead each decisive case over the boundary of its atom."""
        crossed: dict[Formula, dict[str, Case]] = {}
        for goal, case in shown.items():
            if goal.atom is None:
                continue
            edge = edge_of(goal.atom)
            if edge is not None and edge[0] in self._ports:
                name, at = edge
                for value in beside(self._ports[name], at):
                    self._add({**case, name: value})
            elif not (isinstance(goal.atom, Named) and goal.atom.name in self._ports):
                crossed.setdefault(goal.atom, {})[goal.kind] = case
        for atom, cases in crossed.items():
            if len(cases) == 2:
                for case in self._turn(atom, *cases.values()):
                    self._add(case)

    def _found_on_the_way(self, goal: Goal, shown: dict[Goal, Case]) -> bool:
        """Show a goal where its atom turns as one input goes from end to end, if it holds there.

        What holds in a narrow band alone begins where an atom of it turns.
        """
        near = [
            case
            for other, case in shown.items()
            if (other.output, other.part) == (goal.output, goal.part) and other.atom is not None
        ]
        for base, (name, port) in itertools.product(near[:4], self._ports.items()):
            low, high = bounds(port)
            if goal.atom is None or low is None or high is None:
                continue
            for case in self._turn(goal.atom, {**base, name: low}, {**base, name: high}):
                if holds(self._decision, case, goal.condition):
                    shown[goal] = self._add(case)
                    return True
        return False

    def _stand_beside(self) -> None:
        """Add cases beside numbers with which an input is compared but in no condition."""
        bases = tuple(self._cases.values())[:BASES]
        for name, edges_there in self._sampler._edges.items():
            seen = {case.get(name) for case in self._cases.values()}
            for edge in edges_there:
                for value in beside(self._ports[name], edge):
                    if value in seen:
                        continue
                    made = ({**base, name: value} for base in bases)
                    case = next((c for c in made if holds(self._decision, c, YES)), None)
                    if case is not None:
                        self._add(case)

    def _turn(self, atom: Formula, one: Case, other: Case) -> tuple[Case, ...]:
        """Return two cases that differ by the least in one input, on both sides of an atom."""
        start = self._holds(atom, one)
        here = dict(one)
        for name in self._ports:
            there = {**here, name: other[name]}
            if self._holds(atom, there) == start:
                here = there
                continue
            low, high = here[name], other[name]
            if not isinstance(low, Fraction) or not isinstance(high, Fraction):
                return ()
            step = grain(self._ports[name])
            for _ in range(120):
                middle = (low + high) / 2
                middle = (
                    exact(float(middle)) if step is None else low + (high - low) / step // 2 * step
                )
                if middle in (low, high):
                    break
                if self._holds(atom, {**here, name: middle}) == start:
                    low = middle
                else:
                    high = middle
            return {**here, name: low}, {**here, name: high}
        return ()

    def _holds(self, atom: Formula, case: Case) -> bool | None:
        try:
            values = decide(self._decision, case).values
            return truth(evaluate(atom, values, self._decision.calendars)) == 1
        except DecisionError:
            return None

    def _bases(self) -> list[Case]:
        """Return cases to begin with; drawn ones where there is no goal to show."""
        if self._cases:
            return list(self._cases.values())[:BASES]
        pool = Pool(self._decision, self._sampler._edges, ())
        return [case for row in range(BASES) if holds(self._decision, case := pool.row(row), YES)]

    def _leave_unknown(self) -> None:
        free = [port.name for port in self._decision.inputs if port.may_be_unknown]
        base = next(iter(self._cases.values()), None)
        if base is None:
            return
        patterns = itertools.chain.from_iterable(
            itertools.combinations(free, size) for size in (1, 2, 3)
        )
        for pattern in itertools.islice(patterns, 60):
            self._add({**base, **dict.fromkeys(pattern, UNKNOWN)})
