"""A calculation as data: a list of steps over numbered registers.

A tape is what a formula becomes when it leaves the compiler: no names of authors, no code, just
operations of a closed list. The same tape runs on numpy and on torch, is stored as JSON in a
manifest, and is printed as source by the exporters.

Registers 0 … n-1 hold the inputs; each step writes the next one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

OPERATIONS: Mapping[str, int] = {
    "constant": 0,
    "add": 2,
    "subtract": 2,
    "multiply": 2,
    "divide": 2,
    "negative": 1,
    "power": 2,
    "square": 1,
    "exp": 1,
    "ln": 1,
    "log10": 1,
    "log2": 1,
    "sqrt": 1,
    "abs": 1,
    "sign": 1,
    "sin": 1,
    "cos": 1,
    "tan": 1,
    "arcsin": 1,
    "arccos": 1,
    "arctan": 1,
    "sinh": 1,
    "cosh": 1,
    "tanh": 1,
    "erf": 1,
    "elliptic_k": 1,
    "lambert_w": 1,
    "lambert_w_exp": 1,
    "expm1": 1,
    "exprel": 1,
    "min": 2,
    "max": 2,
    "less": 2,
    "less_equal": 2,
    "equal": 2,
    "and": 2,
    "or": 2,
    "not": 1,
    "where": 3,
}
"""Every operation and the number of its operands; conditions are booleans.

`lambert_w` is the principal branch, `lambert_w_exp(z)` is W(exp(z)), which needs no exp(z).
"""

MAX_STEPS = 20_000


@dataclass(frozen=True, slots=True)
class Step:
    """One operation on earlier registers; `value` is the number of a `constant`."""

    operation: str
    operands: tuple[int, ...] = ()
    value: float = 0.0


@dataclass(frozen=True, slots=True)
class Tape:
    """Steps from named inputs to named outputs.

    Attributes:
        inputs: Names of registers 0 … n-1.
        steps: In order; step k writes register n + k.
        outputs: Name and register of each result.
    """

    inputs: tuple[str, ...]
    steps: tuple[Step, ...]
    outputs: tuple[tuple[str, int], ...]

    def to_json(self) -> dict[str, Any]:
        """Return plain lists and strings that `from_json` reads back without loss."""
        return {
            "inputs": list(self.inputs),
            "steps": [
                [s.operation, s.value] if s.operation == "constant" else [s.operation, *s.operands]
                for s in self.steps
            ],
            "outputs": [[name, register] for name, register in self.outputs],
        }

    @staticmethod
    def from_json(data: object) -> Tape:
        """Read a tape that may come from anywhere.

        Raises:
            ValueError: It is not a tape: the text says which step and why.
        """
        if not isinstance(data, dict):
            raise ValueError(f"expected a tape, got {type(data).__name__}")
        inputs = tuple(str(name) for name in _list(data, "inputs"))
        raw = _list(data, "steps")
        if len(raw) > MAX_STEPS:
            raise ValueError(f"a tape has at most {MAX_STEPS} steps, this one {len(raw)}")
        steps = tuple(_step(number, step) for number, step in enumerate(raw))
        outputs = []
        for pair in _list(data, "outputs"):
            if not (isinstance(pair, list) and len(pair) == 2 and type(pair[1]) is int):
                raise ValueError(f"expected an output [name, register], got {pair!r}")
            outputs.append((str(pair[0]), pair[1]))
        tape = Tape(inputs, steps, tuple(outputs))
        validate(tape)
        return tape


def validate(tape: Tape) -> None:
    """Check that every step reads earlier registers and has its number of operands.

    Raises:
        ValueError: The first step that does not, and why.
    """
    size = len(tape.inputs)
    if len(set(tape.inputs)) != size:
        raise ValueError(f"inputs of a tape have different names, got {tape.inputs}")
    for number, step in enumerate(tape.steps):
        arity = OPERATIONS.get(step.operation)
        if arity is None:
            raise ValueError(f"step {number} has the unknown operation {step.operation!r}")
        if len(step.operands) != arity:
            raise ValueError(
                f"step {number}, {step.operation}, takes {arity} operands, got {len(step.operands)}"
            )
        if any(not 0 <= operand < size + number for operand in step.operands):
            raise ValueError(f"step {number} reads a register that is not written yet")
    last = size + len(tape.steps)
    for name, register in tape.outputs:
        if not 0 <= register < last:
            raise ValueError(f"output {name!r} names register {register} of {last}")


def without_idle(tape: Tape) -> Tape:
    """Return a tape without the steps that no output needs."""
    count = len(tape.inputs)
    needed = {register for _, register in tape.outputs}
    for k in reversed(range(len(tape.steps))):
        if count + k in needed:
            needed.update(tape.steps[k].operands)
    places = {register: register for register in range(count)}
    steps: list[Step] = []
    for k, step in enumerate(tape.steps):
        if count + k in needed:
            places[count + k] = count + len(steps)
            operands = tuple(places[operand] for operand in step.operands)
            steps.append(Step(step.operation, operands, step.value))
    outputs = tuple((name, places[register]) for name, register in tape.outputs)
    return Tape(tape.inputs, tuple(steps), outputs)


def run(tape: Tape, values: Sequence[Any], table: Mapping[str, Any]) -> tuple[Any, ...]:
    """Carry out the steps with the operations of a table.

    Args:
        tape: What to do.
        values: One for each input, in their order.
        table: A function for each operation; `constant` gets the number.

    Returns:
        The results, in the order of the outputs.
    """
    if len(values) != len(tape.inputs):
        raise ValueError(f"expected {len(tape.inputs)} inputs, got {len(values)}")
    registers = list(values)
    for step in tape.steps:
        function = table[step.operation]
        if step.operation == "constant":
            registers.append(function(step.value))
        else:
            registers.append(function(*(registers[operand] for operand in step.operands)))
    return tuple(registers[register] for _, register in tape.outputs)


def _list(data: dict[str, Any], key: str) -> list[Any]:
    value = data.get(key)
    if not isinstance(value, list):
        raise ValueError(f"expected a list under {key!r}, got {type(value).__name__}")
    return value


def _step(number: int, step: object) -> Step:
    if not isinstance(step, list) or not step or not isinstance(step[0], str):
        raise ValueError(f"step {number} is not [operation, …]: {step!r}")
    operation, *rest = step
    if operation == "constant":
        if len(rest) != 1 or isinstance(rest[0], bool) or not isinstance(rest[0], int | float):
            raise ValueError(f"step {number} is a constant without one number: {step!r}")
        try:
            return Step("constant", (), float(rest[0]))
        except OverflowError as problem:
            raise ValueError(f"step {number} is a constant beyond any float") from problem
    if any(isinstance(operand, bool) or not isinstance(operand, int) for operand in rest):
        raise ValueError(f"step {number} has an operand that is no register: {step!r}")
    return Step(operation, tuple(rest))
