"""A decision as JSON.

Formulas stand in one list of nodes, each of which names earlier ones by their number, so that
reading them back needs no recursion.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from lawc.decision.decision import (
    Apportion,
    Cell,
    Clauses,
    Decision,
    Interval,
    OneOf,
    Port,
    Scale,
    Score,
    Step,
    Table,
    Test,
)
from lawc.decision.formula import (
    Apply,
    Formula,
    Named,
    NotApplicable,
    Number,
    parts,
)


def to_json(decision: Decision) -> dict[str, Any]:
    """Return a decision as plain lists, texts and whole numbers; numbers are texts like `3/10`."""
    nodes = _Nodes()
    steps = [_step_out(step, nodes) for step in decision.steps]
    return {
        "inputs": [_port_out(port) for port in decision.inputs],
        "decided": [_port_out(port) for port in decision.decided],
        "outputs": list(decision.outputs),
        "nodes": nodes.rows,
        "steps": steps,
        "calendars": {
            name: {
                "weekend": list(calendar.weekend),
                "holidays": list(calendar.holidays),
                "since": calendar.since,
                "until": calendar.until,
            }
            for name, calendar in decision.calendars.items()
        },
        "softness": [[s.output, s.input, str(s.width)] for s in decision.softness],
    }


class _Nodes:
    """The list of nodes while it is written; a node that is met again is named by its number."""

    def __init__(self) -> None:
        self.rows: list[list[Any]] = []
        self.known: dict[tuple[Any, ...], int] = {}

    def number(self, formula: Formula) -> int:
        """Return the number of a formula, whose nodes are written where they are not yet."""
        stack: list[tuple[Formula, bool]] = [(formula, False)]
        done: dict[int, int] = {}
        while stack:
            node, ready = stack.pop()
            if id(node) in done:
                continue
            if not ready:
                stack.append((node, True))
                stack.extend((part, False) for part in parts(node))
                continue
            row = _node_out(node, [done[id(part)] for part in parts(node)])
            key = tuple(row)
            if key not in self.known:
                self.known[key] = len(self.rows)
                self.rows.append(row)
            done[id(node)] = self.known[key]
        return done[id(formula)]


def _node_out(node: Formula, of: list[int]) -> list[Any]:
    match node:
        case Number(value):
            return ["number", str(value)]
        case Named(name):
            return ["name", name]
        case Apply(operation, _, name):
            return [operation, name, *of] if name else [operation, "", *of]
        case NotApplicable():
            return ["not applicable"]
    raise TypeError(f"no formula: {node!r}")


def _port_out(port: Port) -> dict[str, Any]:
    return {
        "name": port.name,
        "kind": port.kind,
        "unit": port.unit,
        "low": _shown(port.low),
        "high": _shown(port.high),
        "choices": list(port.choices),
        "step": _shown(port.step),
        "may_be_unknown": port.may_be_unknown,
        "log": port.log,
        "words": port.words,
    }


def _step_out(step: Step, nodes: _Nodes) -> dict[str, Any]:
    of = nodes.number
    match step:
        case Table(outputs, on, rows, policy):
            return {
                "kind": "table",
                "outputs": list(outputs),
                "on": list(on),
                "policy": policy,
                "rows": [
                    {
                        "cells": [_cell_out(cell, of) for cell in row.cells],
                        "answers": [of(answer) for answer in row.answers],
                        "label": row.label,
                        "otherwise": row.otherwise,
                    }
                    for row in rows
                ],
            }
        case Scale(output, on, bands, by, rounding):
            return {
                "kind": "scale",
                "output": output,
                "on": of(on),
                "by": by,
                "rounding": None if rounding is None else [rounding[0], of(rounding[1])],
                "bands": [
                    {
                        "values": None if b.values is None else _values_out(b.values),
                        "brackets": [[of(x.above), of(x.rate)] for x in b.brackets],
                    }
                    for b in bands
                ],
            }
        case Score(output, points):
            return {
                "kind": "score",
                "output": output,
                "points": [[of(p.points), of(p.when), p.label] for p in points],
            }
        case Clauses(output, clauses):
            return {
                "kind": "clauses",
                "output": output,
                "clauses": [
                    {
                        "label": c.label,
                        "value": of(c.value),
                        "condition": of(c.condition),
                        "defeats": list(c.defeats),
                        "words": c.words,
                    }
                    for c in clauses
                ],
            }
        case Apportion(outputs, whole, by, among, method, least, ties, members):
            return {
                "kind": "apportion",
                "outputs": list(outputs),
                "whole": of(whole),
                "by": [of(formula) for formula in by],
                "among": [of(condition) for condition in among],
                "method": method,
                "least": of(least),
                "ties": ties,
                "members": list(members),
            }


def _cell_out(cell: Cell, of: Callable[[Formula], int]) -> object:
    match cell:
        case None:
            return None
        case Interval(low, high, low_open, high_open):
            return [_shown(low), _shown(high), low_open, high_open]
        case OneOf(values):
            return {"one of": _values_out(values)}
        case Test(condition):
            return {"test": of(condition)}


def _values_out(values: frozenset[Fraction]) -> list[str]:
    return [str(value) for value in sorted(values)]


def _shown(value: Fraction | None) -> str | None:
    return None if value is None else str(value)
