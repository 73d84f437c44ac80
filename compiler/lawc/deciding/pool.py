"""Rows that are drawn to begin with, and what each of them shows."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import numpy as np

from lawc.deciding.drawing import Array, drawn
from lawc.deciding.goals import Goal, atoms
from lawc.decision.columns.evaluator import Evaluator
from lawc.decision.decision import Clause, Clauses, Decision, Port
from lawc.decision.formula import Apply, Formula, Number, names
from lawc.decision.operations import DecisionError
from lawc.decision.values import UNKNOWN, Value, exact

Case = Mapping[str, Value]

LEAST, MOST = 200, 4000
"""Rows."""


class Pool:
    """Rows drawn to begin with, and in which of them each atom holds."""

    def __init__(
        self, decision: Decision, near: dict[str, tuple[Fraction, ...]], wanted: tuple[Goal, ...]
    ) -> None:
        self._ports = decision.inputs
        chance = np.random.default_rng(0)
        self._count = min(max(LEAST, 4 * len(wanted)), MOST)
        often = 0.8 * len(decision.inputs)
        self._rows = drawn(decision.inputs, near, chance, self._count, near=often)
        found = {atom: None for goal in wanted for atom in atoms(goal.condition)}
        self._atoms = {atom: f"atom {number}" for number, atom in enumerate(found)}
        ports = tuple(Port(name, "yes/no") for name in self._atoms.values())
        steps = tuple(Clauses(name, (Clause("A", atom),)) for atom, name in self._atoms.items())
        watched = Decision(
            decision.inputs,
            (*decision.decided, *ports),
            (*decision.outputs, *self._atoms.values()),
            (*decision.steps, *steps),
            decision.calendars,
        )
        self._held, self._known = self._evaluate(watched)
        self._taken: list[int] = []

    def case(self, goal: Goal) -> Case | None:
        """Return a case that shows a goal, one that was given before if it does; else None."""
        held = self._where(goal.condition)
        held = held & self._answered
        for row in self._taken:
            if held[row]:
                return self.row(row)
        places = np.flatnonzero(held)
        if not len(places):
            return None
        row = int(places[0])
        self._taken.append(row)
        return self.row(row)

    def row(self, row: int) -> Case:
        """Return a row as a case."""
        case: dict[str, Value] = {}
        for port in self._ports:
            mask = self._rows.masks.get(port.name)
            unknown = mask is not None and mask[row]
            case[port.name] = (
                UNKNOWN if unknown else exact(float(self._rows.columns[port.name][row]))
            )
        return case

    def _where(self, condition: Formula) -> Array:
        if isinstance(condition, Number):
            return np.full(self._count, condition.value == 1)
        if condition in self._atoms:
            return self._held[self._atoms[condition]]
        assert isinstance(condition, Apply), names(condition)
        parts = [self._where(part) for part in condition.parts]
        if condition.operation == "not":
            return ~parts[0]
        return parts[0] & parts[1] if condition.operation == "and" else parts[0] | parts[1]

    def _evaluate(self, watched: Decision) -> tuple[dict[str, Array], dict[str, Array]]:
        held = {name: np.zeros(self._count, np.bool_) for name in self._atoms.values()}
        known = {name: np.zeros(self._count, np.bool_) for name in self._atoms.values()}
        self._answered = np.zeros(self._count, np.bool_)
        evaluator = Evaluator(watched, wanted=tuple(held))
        waiting = [(0, self._count)]
        tries = 400
        while waiting and tries:
            tries -= 1
            start, stop = waiting.pop()
            part = slice(start, stop)
            columns = {name: column[part] for name, column in self._rows.columns.items()}
            masks = {name: mask[part] for name, mask in self._rows.masks.items()}
            try:
                decided = evaluator(columns, masks, traced=False)
            except DecisionError:
                if stop - start > 1:
                    middle = (start + stop) // 2
                    waiting += [(start, middle), (middle, stop)]
                continue
            self._answered[part] = True
            for name in held:
                mask = decided.masks.get(name)
                held[name][part] = decided.values[name] == 1
                known[name][part] = True if mask is None else mask == 0
                held[name][part] &= known[name][part]
        return held, known
