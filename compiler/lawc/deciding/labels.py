"""What spoke, in words: rows, brackets, clauses and lines of a score, by their place in a step."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from lawc.deciding.words import in_words, said
from lawc.decision.apportioning import LOTS
from lawc.decision.decision import (
    Apportion,
    Cell,
    Clauses,
    Decision,
    Interval,
    OneOf,
    Port,
    Row,
    Scale,
    Score,
    Step,
    Table,
    decides,
)
from lawc.decision.formula import Number
from lawc.decision.operations import shown

BY_SEATS = ("votes", "at least", "takes no part", "lots are drawn")
"""What gives a member its seats, by its place in `apportioning.py`."""


def labels(step: Step) -> tuple[str, ...]:
    """Return the name of each row, bracket, clause or line of a step, as traces count them."""
    match step:
        case Table(_, _, rows):
            return tuple(row.label or f"row {i}" for i, row in enumerate(rows, start=1))
        case Scale(_, _, bands):
            brackets = [bracket for band in bands for bracket in band.brackets]
            return tuple(
                f"above {shown(b.above.value)}" if isinstance(b.above, Number) else f"bracket {i}"
                for i, b in enumerate(brackets, start=1)
            )
        case Score(_, points):
            return tuple(point.label or f"line {i}" for i, point in enumerate(points, start=1))
        case Clauses(_, clauses):
            return tuple(clause.label for clause in clauses)
        case Apportion():
            return BY_SEATS


def lots(step: Apportion, because: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[str, ...]]:
    """Return for each member that lots are drawn for between whom, by name of its seats."""
    drawn = [at for at, name in enumerate(step.outputs) if because[name] == (LOTS,)]
    members = [step.members[at] for at in drawn]
    *others, last = members or [""]
    said = f"lots are drawn between {', '.join(others)} and {last}"
    return {step.outputs[at]: (said,) for at in drawn}


def labels_of(decision: Decision) -> Mapping[str, tuple[str, ...]]:
    """Return the labels for each name that is decided."""
    return {name: labels(step) for step in decision.steps for name in decides(step)}


def told(decision: Decision, step: Step, place: int) -> str:
    """Return what spoke at a place of a step, with its condition or the words of the statute."""
    label = labels(step)[place]
    match step:
        case Table(_, on, rows):
            return f"{label}: {_conditions(decision, on, rows[place])}"
        case Clauses(_, clauses) if clauses[place].words:
            return f'{label}: "{clauses[place].words}"'
        case Scale(_, _, bands):
            rate = [bracket for band in bands for bracket in band.brackets][place].rate
            return f"{label}: rate {shown(rate.value)}" if isinstance(rate, Number) else label
    return label


def _conditions(decision: Decision, on: tuple[str, ...], row: Row) -> str:
    if row.otherwise:
        return "otherwise"
    said = [
        _condition(decision.port(name), cell)
        for name, cell in zip(on, row.cells, strict=True)
        if cell is not None
    ]
    return ", ".join(said) or "always"


def _condition(port: Port, cell: Cell) -> str:
    match cell:
        case OneOf(values):
            return f"{port.name} {' or '.join(_said(port, value) for value in sorted(values))}"
        case Interval(low, high, low_open, high_open):
            if low is None and high is None:
                return f"{port.name} any"
            if high is None and low is not None:
                return f"{port.name} {'>' if low_open else '>='} {_said(port, low)}"
            if low is None and high is not None:
                return f"{port.name} {'<' if high_open else '<='} {_said(port, high)}"
            if low is not None and high is not None and low != high:
                dots = f"{'<' * low_open}..{'<' * high_open}"
                return f"{port.name} {_said(port, low)} {dots} {_said(port, high)}"
            assert low is not None
            return f"{port.name} = {_said(port, low)}"
        case _:
            return f"{port.name} by a condition"


def _said(port: Port, value: Fraction) -> str:
    return said(in_words(port, value))


def shown_port(port: Port) -> str:
    """Return a quantity in a few words: `eGFR [mL/min] 0 .. 200`, `stage G1|G2`."""
    unit = f" [{port.unit}]" if port.unit else ""
    if port.choices:
        return f"{port.name} {'|'.join(port.choices)}"
    if port.kind not in ("number", "integer") or port.low is None or port.high is None:
        return f"{port.name}{unit or ('' if port.kind == 'number' else f' {port.kind}')}"
    return f"{port.name}{unit} {float(port.low):g} .. {float(port.high):g}"
