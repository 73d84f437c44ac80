"""A decision as a list of instructions on columns, made once and run on any arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from lawc.decision.admission import bounds, grain
from lawc.decision.arrays import Array, Arrays, Cell
from lawc.decision.columns.apportion import lower_apportion
from lawc.decision.columns.formulas import FormulaColumns
from lawc.decision.columns.scales import lower_scale
from lawc.decision.columns.steps import fitted, lower_clauses, lower_score
from lawc.decision.columns.tables import lower_table
from lawc.decision.decision import Apportion, Decision, Port, Scale, Score, Step, Table, decides
from lawc.decision.kinds import LIMIT, Fixed, Kind, Truth, U, real
from lawc.decision.operations import DecisionError
from lawc.decision.registers import Instruction, Operand, Register

FAR = 10**9
"""Beyond this, a quantity whose range has no end is answered row by row."""


@dataclass(frozen=True, slots=True)
class Task:
    """An instruction in its place, and the columns that nobody reads after it."""

    place: int
    instruction: Instruction
    last: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is calculated of a decision.

    Attributes:
        kinds: Of all registers; the first ones are the inputs, in their order.
        decided: Of every decided quantity, an exact constant or a register.
        because: Of every wanted quantity, the register of what spoke.
        tasks: With what spoke, and without.
        checked: Registers of decided quantities: a row that none of them can tell is done exactly.
    """

    kinds: tuple[Kind, ...]
    decided: Mapping[str, Operand]
    because: Mapping[str, Register]
    tasks: Mapping[bool, tuple[Task, ...]]
    checked: frozenset[int]

    def run(
        self, xp: Arrays, given: Sequence[Cell], traced: bool
    ) -> tuple[dict[int, Cell], list[Array]]:
        """Return the wanted columns by the place of their register, and all masks to look at."""
        cells: dict[int, Cell] = dict(enumerate(given))
        masks = [mask for _, mask in given if mask is not None]
        for task in self.tasks[traced]:
            cell = task.instruction.run(xp, [cells[at] for at in task.instruction.reads])
            cells[task.place] = cell
            if cell[1] is not None and task.place in self.checked:
                masks.append(cell[1])
            for done in task.last:
                del cells[done]
        return cells, masks


def input_kind(port: Port) -> Kind:
    """Return the kind of the column of an input.

    Raises:
        DecisionError: Its range does not fit 64 bits in its smallest step.
    """
    if port.kind == "yes/no":
        return Truth()
    low, high = bounds(port)
    step = grain(port)
    if step is None:
        ends = (float(low) if low is not None else -FAR, float(high) if high is not None else FAR)
        return real(*ends, U, float("inf"), raw=True)
    if port.kind == "date":
        low, high = low or Fraction(1), high or Fraction(3_652_059)
    first = -FAR if low is None else int(low / step // 1)
    last = FAR if high is None else int(high / step // 1)
    if max(abs(first), abs(last)) >= LIMIT:
        raise DecisionError(f"the range of {port.name!r} does not fit 64 bits in its smallest step")
    return Fixed(step, first, last)


def plan(decision: Decision, wanted: Sequence[str]) -> Plan:
    """Return the instructions of a decision.

    Args:
        wanted: The decided quantities that are answered.

    Raises:
        DecisionError: It has no input, or a range does not fit 64 bits.
    """
    if not decision.inputs:
        raise DecisionError("a decision on columns needs an input; decide() takes one without")
    made = FormulaColumns(decision.calendars)
    for port in decision.inputs:
        made.names[port.name] = made.emit(("input", port.name), input_kind(port), _given)
    first = made.names[decision.inputs[0].name]
    assert isinstance(first, Register)
    made.like = first
    because: dict[str, Register] = {}
    for step in decision.steps:
        values, spoke = _lowered(made, step, decision)
        for name, value, by in zip(decides(step), values, spoke, strict=True):
            made.names[name] = fitted(made, decision.port(name), value)
            because[name] = by
    decided = {name: made.names[name] for name in because}
    because = {name: because[name] for name in wanted}
    answers = {x.place for name in wanted if isinstance(x := decided[name], Register)}
    checked = frozenset(x.place for x in decided.values() if isinstance(x, Register))
    spoken = {register.place for register in because.values()}
    count = len(decision.inputs)
    return Plan(
        tuple(register.kind for register in made.registers),
        decided,
        because,
        {
            traced: _tasks(
                made.instructions, count, answers | (spoken if traced else set()), checked
            )
            for traced in (False, True)
        },
        checked,
    )


def _tasks(
    instructions: Sequence[Instruction], inputs: int, kept: set[int], checked: frozenset[int]
) -> tuple[Task, ...]:
    """Return the instructions that are needed, and after which each column can go."""
    needed = kept | checked
    last: dict[int, int] = {}
    for place in range(len(instructions) - 1, inputs - 1, -1):
        if place in needed:
            needed.update(instructions[place].reads)
            for at in instructions[place].reads:
                last.setdefault(at, place)
    gone: dict[int, list[int]] = {}
    for at, place in last.items():
        if at not in kept:
            gone.setdefault(place, []).append(at)
    places = [place for place in range(inputs, len(instructions)) if place in needed]
    return tuple(Task(p, instructions[p], tuple(gone.get(p, ()))) for p in places)


def _given(xp: Arrays, cells: list[Cell]) -> Cell:
    raise AssertionError("inputs are given")


def _lowered(
    made: FormulaColumns, step: Step, decision: Decision
) -> tuple[list[Operand], list[Register]]:
    match step:
        case Table():
            values, spoke = lower_table(made, step, [decision.port(n) for n in step.outputs])
            return values, [spoke] * len(values)
        case Apportion():
            return lower_apportion(made, step)
        case Scale():
            value, spoke = lower_scale(made, step)
        case Score():
            value, spoke = lower_score(made, step)
        case _:
            value, spoke = lower_clauses(made, step, decision.port(step.output))
    return [value], [spoke]
