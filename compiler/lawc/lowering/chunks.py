"""Carry out a tape on many rows by numpy, in chunks that stay in the processor's cache.

What does not vary by row is calculated once. Every step of a chunk writes into a buffer that no
later step still needs, so that no memory is asked for on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawc.forms.tape import Step, Tape
from lawc.native.memory import columns
from lawc.native.threads import in_parts

CHUNK = 1 << 14

_TRUTHS = frozenset(("less", "less_equal", "equal", "and", "or", "not"))

Table = Mapping[str, Callable[..., Any]]


@dataclass(slots=True)
class _Move:
    """A step that varies by row, and the buffer or, if there is one, the output that it writes."""

    step: Step
    function: Callable[..., Any]
    register: int
    buffer: int = -1
    output: int = -1


def run_in_chunks(
    tape: Tape, values: Sequence[NDArray[np.float64]], rows: int, table: Table
) -> tuple[list[NDArray[Any]], bool]:
    """Return the outputs of a tape, each of shape (rows,), and whether all are surely finite.

    Args:
        tape: What to do.
        values: One for each input, of shape (rows,) or ().
        rows: How many.
        table: A function for each operation.
    """
    registers: list[Any] = list(values)
    varies = [value.ndim > 0 for value in values]
    truths = [False] * len(values)
    moves: list[_Move] = []
    for step in tape.steps:
        varies.append(any(varies[operand] for operand in step.operands))
        truths.append(_is_truth(step, truths))
        if varies[-1]:
            registers.append(None)
            moves.append(_Move(step, table[step.operation], len(registers) - 1))
        elif step.operation == "constant":
            registers.append(np.array(step.value))
        else:
            given = (registers[operand] for operand in step.operands)
            with np.errstate(all="ignore"):
                registers.append(table[step.operation](*given))
    kinds = _give_buffers(tape, moves, truths)
    results: list[NDArray[Any]] = [
        np.empty(rows, bool) if truths[r] else columns(1, rows)[0] for _, r in tape.outputs
    ]

    written = {register: number for number, (_, register) in enumerate(tape.outputs)}
    for move in moves:
        move.output = written.get(move.register, -1)
    moved = {move.output for move in moves}
    plan = [(_called(m), m.step.operands, m.register, m.buffer, m.output) for m in moves]

    def work(begin: int, end: int) -> bool:
        buffers = [np.empty(min(CHUNK, rows), kind) for kind in kinds]
        current, finite = list(registers), True
        for first in range(begin, end, CHUNK):
            last = min(first + CHUNK, end)
            for number, value in enumerate(values):
                if varies[number]:
                    current[number] = value[first:last]
            outs = buffers if last - first == CHUNK else [b[: last - first] for b in buffers]
            for function, operands, register, buffer, output in plan:
                out = outs[buffer] if output < 0 else results[output][first:last]
                if function is None:
                    test, then, otherwise = (current[operand] for operand in operands)
                    np.copyto(out, otherwise)
                    np.copyto(out, then, where=np.asarray(test, dtype=bool))
                elif len(operands) == 1:
                    function(current[operands[0]], out=out)
                else:
                    function(current[operands[0]], current[operands[1]], out=out)
                current[register] = out
            for number, (_, register) in enumerate(tape.outputs):
                made = current[register]
                if number not in moved:
                    made = results[number][first:last]
                    made[...] = current[register]
                # A sum is finite only if all its terms are.
                finite = finite and isfinite(np.add.reduce(made))
        return finite

    def part(begin: int, end: int) -> bool:
        # What numpy ignores is said to each thread by itself.
        with np.errstate(all="ignore"):
            return work(begin, end)

    return results, all(in_parts(part, rows))


def _called(move: _Move) -> Callable[..., Any] | None:
    """Return what writes a step into `out`; None for a choice."""
    function = move.function
    if move.step.operation == "where":
        return None
    if isinstance(function, np.ufunc):
        return function

    def write(*given: Any, out: NDArray[Any]) -> None:
        out[...] = function(*given)

    return write


def _is_truth(step: Step, truths: Sequence[bool]) -> bool:
    if step.operation == "where":
        return truths[step.operands[1]] and truths[step.operands[2]]
    return step.operation in _TRUTHS


def _give_buffers(tape: Tape, moves: Sequence[_Move], truths: Sequence[bool]) -> list[type]:
    """Give each move a buffer that is free by then; return the kinds of the buffers."""
    last: dict[int, int] = {}
    for number, move in enumerate(moves):
        last.update((operand, number) for operand in move.step.operands)
    last.update((register, len(moves)) for _, register in tape.outputs)
    kinds: list[type] = []
    free: dict[bool, list[int]] = {False: [], True: []}
    held: dict[int, int] = {}
    for number, move in enumerate(moves):
        ends = {r for r in move.step.operands if last[r] == number and r in held}
        # A step may write over an operand that nothing reads afterwards; a choice fills its
        # buffer with what is otherwise, and only then reads the rest.
        read_late = move.step.operands[:2] if move.step.operation == "where" else ()
        over = ends.difference(read_late)
        for operand in over:
            free[truths[operand]].append(held.pop(operand))
        truth = truths[move.register]
        if not free[truth]:
            free[truth].append(len(kinds))
            kinds.append(np.bool_ if truth else np.float64)
        move.buffer = held[move.register] = free[truth].pop()
        for operand in ends - over:
            free[truths[operand]].append(held.pop(operand))
        if move.register not in last:
            free[truth].append(held.pop(move.register))
    return kinds
