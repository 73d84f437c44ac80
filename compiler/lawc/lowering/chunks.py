"""Carry out a tape on many rows by numpy, in chunks that stay in the processor's cache.

What does not vary by row is calculated once. Every step of a chunk writes into a buffer that no
later step still needs, so that no memory is asked for on the way. Threads, of which one at a time
may begin a step, take the next chunk as soon as they are free; the fewer buffers a tape needs, the
longer are its chunks, and the less threads wait for each other.
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
from lawc.native.threads import FEWEST, claimed

CHUNK = 1 << 14
"""Rows of the shortest chunks. Longer ones have up to twice as many."""

_MEMORY = 1 << 19
"""Bytes of the buffers of a thread, which should stay in a cache of its own."""
_ALIGNED = 64

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
    made = Calculation(tape, [None if value.ndim else value for value in values], table)
    results: list[NDArray[Any]] = [
        np.empty(rows, bool) if truth else columns(1, rows)[0] for truth in made.truths
    ]
    size = _size_of_chunks(rows, made.buffers)

    def opened() -> Callable[[int], bool]:
        carry = made.opened(size)

        def work(chunk: int) -> bool:
            part = slice(chunk * size, min(chunk * size + size, rows))
            given = [value[part] if value.ndim else value for value in values]
            return carry(given, [result[part] for result in results])

        return work

    chunks = -(-rows // size)
    return results, all(claimed(opened, chunks, max(1, rows // FEWEST)))


class Calculation:
    """A tape made ready for many chunks of rows.

    Args:
        tape: What to do.
        values: A number for each input; None for one that varies by row.
        table: A function for each operation.

    Attributes:
        truths: Whether an output is a condition, for each.
        buffers: How many columns a thread needs beside inputs and outputs.
    """

    def __init__(self, tape: Tape, values: Sequence[Any | None], table: Table) -> None:
        self._registers: list[Any] = list(values)
        self._outputs = [register for _, register in tape.outputs]
        varies = [value is None for value in values]
        truths = [False] * len(values)
        moves: list[_Move] = []
        for step in tape.steps:
            varies.append(any(varies[operand] for operand in step.operands))
            truths.append(_is_truth(step, truths))
            if varies[-1]:
                self._registers.append(None)
                moves.append(_Move(step, table[step.operation], len(self._registers) - 1))
            elif step.operation == "constant":
                self._registers.append(np.array(step.value))
            else:
                given = (self._registers[operand] for operand in step.operands)
                with np.errstate(all="ignore"):
                    self._registers.append(table[step.operation](*given))
        kinds = _give_buffers(tape, moves, truths)
        written = {register: number for number, register in enumerate(self._outputs)}
        for move in moves:
            move.output = written.get(move.register, -1)
        self._moved = {move.output for move in moves}
        self._kinds: list[type | None] = [*kinds]
        if moves and moves[-1].output >= 0:
            self._spare(moves, moves[-1])
        self._plan = [(_called(m), m.step.operands, m.register, m.buffer, m.output) for m in moves]
        self.truths = tuple(truths[register] for register in self._outputs)
        self.buffers = sum(kind is not None for kind in self._kinds)

    def opened(self, size: int) -> Callable[[Sequence[Any], Sequence[NDArray[Any]]], bool]:
        """Return what carries it out for a thread, on chunks of at most so many rows.

        It takes the inputs and columns for the outputs, and answers whether all numbers are
        surely finite.
        """
        floats = iter(columns(self._kinds.count(np.float64), size))
        buffers = [
            next(floats) if kind is np.float64 else np.empty(size if kind else 0, kind)
            for kind in self._kinds
        ]
        current = list(self._registers)

        def carry(given: Sequence[Any], made: Sequence[NDArray[Any]]) -> bool:
            rows = len(made[0])
            current[: len(given)] = given
            outs = buffers if rows == size else [buffer[:rows] for buffer in buffers]
            # What numpy ignores is said to each thread by itself.
            with np.errstate(all="ignore"):
                for function, operands, register, buffer, output in self._plan:
                    out = outs[buffer] if output < 0 else made[output]
                    if function is None:
                        test, then, otherwise = (current[operand] for operand in operands)
                        np.copyto(out, otherwise)
                        np.copyto(out, then, where=np.asarray(test, dtype=bool))
                    elif len(operands) == 1:
                        function(current[operands[0]], out=out)
                    else:
                        function(current[operands[0]], current[operands[1]], out=out)
                    current[register] = out
                for number, register in enumerate(self._outputs):
                    if number not in self._moved:
                        made[number][...] = current[register]
                # A sum is finite only if all its terms are.
                return all(isfinite(np.add.reduce(part)) for part in made)

        return carry

    def _spare(self, moves: Sequence[_Move], last: _Move) -> None:
        """Let the output of the last step be its buffer all along, so that one is in the cache."""
        for move in moves:
            # Other outputs have buffers until the end, so that none of them has this one.
            if move.buffer == last.buffer:
                move.output = last.output
        self._kinds[last.buffer] = None


def _size_of_chunks(rows: int, buffers: int) -> int:
    """Return how many rows a chunk has: an even number of chunks is shared by two threads."""
    most = min(max(CHUNK, _MEMORY // 8 // max(1, buffers)), 2 * CHUNK)
    chunks = max(1, -(-rows // most))
    size = max(1, -(-rows // (chunks + chunks % 2 if chunks > 1 else 1)))
    aligned = min(_ALIGNED, CHUNK)
    return size + -size % aligned


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
