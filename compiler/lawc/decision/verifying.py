"""What must be true of a decision before anything evaluates it, wherever it came from."""

from __future__ import annotations

from collections.abc import Iterable

from lawc.decision.decision import (
    METHODS,
    TIES,
    Apportion,
    Cell,
    Clauses,
    Decision,
    OneOf,
    Port,
    Scale,
    Step,
    Table,
    Test,
    decides,
    formulas,
    reads,
)
from lawc.decision.formula import OPERATIONS, Apply, Formula, Named, Number, walk
from lawc.decision.guards import guards

KINDS = ("number", "integer", "yes/no", "one of", "date")
POLICIES = ("unique", "first", "any")
LARGEST_FORMULA = 20_000
LARGEST_DEPTH = 400
LARGEST_EXPONENT = 64
MOST_NODES = 2_000_000
MOST_MEMBERS = 1_000
"""Of an apportionment."""
_ON_CALENDARS = frozenset(
    ("is_business_day", "add_business_days", "next_business_day", "business_days_between")
)


def verify(decision: Decision) -> None:
    """Refuse a decision that an evaluator could not take literally.

    Raises:
        ValueError: A name is unknown, stands twice, or is read before it is decided; a row has
            another number of cells; clauses except each other in a circle; the text says which.
    """
    for port in (*decision.inputs, *decision.decided):
        _port(port)
    known = _different((port.name for port in decision.inputs), "inputs")
    ports = _different((port.name for port in (*decision.inputs, *decision.decided)), "quantities")
    decided: list[str] = []
    for number, step in enumerate(decision.steps):
        _demand(reads(step) <= known, f"step {number} reads what no earlier step decides")
        _step(step, number, decision)
        decided += decides(step)
        known |= set(decides(step))
    _different(decided, "decided quantities")
    _demand(known == ports, "every quantity is an input or decided by a step, and the reverse")
    _demand(list(decided) == [p.name for p in decision.decided], "ports in the order of the steps")
    _demand(set(decision.outputs) <= set(decided), "outputs are decided by steps")
    _different(decision.outputs, "outputs")
    for soft in decision.softness:
        _demand({soft.output, soft.input} <= known and soft.width > 0, "a blur has a width")
    size = sum(sum(1 for _ in walk(f)) for step in decision.steps for f in formulas(step))
    _demand(size <= MOST_NODES, f"a decision has at most {MOST_NODES} nodes")


def _port(port: Port) -> None:
    name = port.name
    _demand(bool(name) and len(name) <= 200, "a quantity has a name")
    _demand(port.kind in KINDS, f"the kind of {name} is {' or '.join(KINDS)}")
    _demand((port.kind == "one of") == bool(port.choices), f"the choices of {name} are missing")
    _different(port.choices, f"choices of {name}")
    if port.low is not None and port.high is not None:
        _demand(port.low <= port.high, f"the range of {name} is empty")
    _demand(port.step is None or port.step > 0, f"the step of {name} is positive")


def _step(step: Step, number: int, decision: Decision) -> None:
    for formula in formulas(step):
        _formula(formula, decision)
    match step:
        case Table(outputs, on, rows, policy):
            _demand(policy in POLICIES and bool(rows), f"step {number} is no table")
            _different(on, f"columns of step {number}")
            for row in rows:
                _demand(len(row.cells) == len(on), f"a row of step {number} lacks cells")
                _demand(len(row.answers) == len(outputs), f"a row of step {number} lacks answers")
                for cell, name in zip(row.cells, on, strict=True):
                    _cell(cell, decision.port(name))
        case Scale(_, _, bands, by, rounding):
            _demand(bool(bands), f"step {number} has no brackets")
            _demand(
                all((band.values is None) == (not by) for band in bands),
                f"the brackets of step {number} are chosen by nothing",
            )
            _demand(
                rounding is None or (OPERATIONS.get(rounding[0]) == 2 and "round" in rounding[0]),
                f"step {number} rounds by no known operation",
            )
        case Apportion():
            _apportion(step, number, decision)
        case Clauses(output, clauses):
            _different((clause.label for clause in clauses), f"clauses of {output}")
            guards(step)


def _apportion(step: Apportion, number: int, decision: Decision) -> None:
    count = len(step.outputs)
    alike = {len(step.by), len(step.among), len(step.members)} == {count}
    _demand(alike and 0 < count <= MOST_MEMBERS, f"members of step {number} lack votes")
    _different(step.members, f"members of step {number}")
    _demand(step.method in METHODS, f"step {number} rounds by {' or '.join(METHODS)}")
    _demand(step.ties in TIES, f"ties of step {number} are broken by {' or '.join(TIES)}")
    kinds = {port.name: port.kind for port in decision.decided}
    counted = ("integer", "number")
    _demand(
        all(kinds.get(name) in counted for name in step.outputs), f"step {number} hands out numbers"
    )


def _cell(cell: Cell, port: Port) -> None:
    if isinstance(cell, OneOf) and port.choices:
        inside = all(v.denominator == 1 and 0 <= v < len(port.choices) for v in cell.values)
        _demand(inside, f"a cell asks for a choice that {port.name} does not have")
    if isinstance(cell, Test):
        _demand(isinstance(cell.condition, Apply | Named | Number), "a cell asks for nothing")


def _formula(formula: Formula, decision: Decision) -> None:
    for node in walk(formula):
        if not isinstance(node, Apply):
            continue
        _demand(
            OPERATIONS.get(node.operation) == len(node.parts),
            f"{node.operation!r} is no operation on {len(node.parts)} parts",
        )
        _demand(
            node.name in decision.calendars if node.operation in _ON_CALENDARS else node.name == "",
            f"{node.operation!r} names a calendar that is not there",
        )
        exponent = node.parts[-1]
        if node.operation == "power" and isinstance(exponent, Number):
            _demand(abs(exponent.value) <= LARGEST_EXPONENT, "an exponent is at most 64")


def _different(names: Iterable[str], what: str) -> set[str]:
    found = list(names)
    _demand(len(set(found)) == len(found), f"{what} have different names")
    return set(found)


def _demand(true: bool, what: str) -> None:
    if not true:
        raise ValueError(f"not a decision: {what}")
