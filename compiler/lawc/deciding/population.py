"""Rows of a rule as they come: inputs as `sample` states them, or like a table that is there.

Rows are drawn a group at a time, each from the seed and its number, so that more rows of a seed
begin with the fewer, and a run that was stopped goes on behind its last group.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from lawc.deciding.drawing import Array, Marginal, Rows, Shares, Stated, drawn
from lawc.deciding.edges import edges
from lawc.decision.decision import Decision
from lawc.decision.operations import DecisionError
from lawc.decision.rowwise import Evaluate
from lawc.decision.values import Absent
from lawc.diagnostics.sizes import demand_whole
from lawc.knowledge.rule import Drawn, Rule

GROUP = 8192
NEAR = 0.5
"""The share of rows with an input at an edge, or right beside it, where none is stated."""
_LEAST = 0.25


def marginals_of(rule: Rule) -> dict[str, Marginal]:
    """Return how the inputs of a rule are distributed, where the rule says it."""
    return {one.name: _marginal(one) for one in rule.drawn}


@dataclass(frozen=True, eq=False)
class Population:
    """Rows that a decision answers.

    Attributes:
        marginals: By name, how an input is distributed.
        like: Columns of a table, NaN where a value is missing, from whose rows inputs are drawn.
    """

    decision: Decision
    evaluate: Evaluate
    marginals: Mapping[str, Marginal] = field(default_factory=dict)
    like: Mapping[str, Array] = field(default_factory=dict)

    def groups(self, seed: int, start: int = 0) -> Iterator[Rows]:
        """Yield groups of rows, those behind the first `start` groups.

        Raises:
            DecisionError: The decision answers almost none of them.
            DomainError: A stated family has almost nothing in the range of its quantity.
        """
        near = edges(self.decision)
        number = start
        while True:
            chance = np.random.default_rng((seed, number))
            rows = drawn(self.decision.inputs, near, chance, GROUP, self.marginals, self.like, NEAR)
            yield self._answered(rows)
            number += 1

    def rows(self, seed: int, count: int) -> Rows:
        """Return rows, the same ones for a seed.

        Raises:
            DecisionError, DomainError: As `groups`.
            ValueError: One of both is no whole number from 0 on.
        """
        demand_whole("n", count, least=0)
        demand_whole("seed", seed, least=0)
        found: list[Rows] = []
        have = 0
        for group in self.groups(seed):
            found.append(group)
            have += len(next(iter(group.columns.values())))
            if have >= count:
                break
        first = found[0]
        columns = {n: np.concatenate([g.columns[n] for g in found])[:count] for n in first.columns}
        masks = {n: np.concatenate([g.masks[n] for g in found])[:count] for n in first.masks}
        return Rows(columns, masks)

    def _answered(self, rows: Rows) -> Rows:
        """Return those rows that the decision answers."""
        refused = self.evaluate.refused(rows.columns, rows.masks)
        if not refused:
            return rows
        if len(refused) > (1 - _LEAST) * GROUP:
            raise DecisionError(next(iter(refused.values())))
        kept = np.ones(GROUP, np.bool_)
        kept[list(refused)] = False
        columns = {name: column[kept] for name, column in rows.columns.items()}
        return Rows(columns, {name: mask[kept] for name, mask in rows.masks.items()})


def _marginal(one: Drawn) -> Marginal:
    if one.family:
        parameters = tuple(map(float, one.parameters))
        return Stated(one.family, parameters, float(one.scale), float(one.zero), float(one.unknown))
    return Shares({None if isinstance(v, Absent) else float(v): float(w) for v, w in one.shares})
