"""Write the steps of a tape as C on vectors.

Each step becomes one line on vectors of doubles or of truths (`vectors.h`). Sums and products are
those of IEEE arithmetic in the order of the tape, so what needs no other function is equal to
numpy's in every bit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lawc.forms.tape import OPERATIONS, Step, Tape

FLAGS = ("-ffp-contract=off", "-fno-trapping-math")
"""What the compiler is told so that sums and products are rounded one by one."""

MOST_STEPS = 2_000
"""Longer tapes are not written as C: a compiler would take too long."""

_INFIX = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}
_COMPARISONS = {"less": "<", "less_equal": "<=", "equal": "=="}
_LOGIC = {"and": "&", "or": "|"}
_OTHER = frozenset(("constant", "negative", "power", "not", "where"))
_CALLS = OPERATIONS.keys() - _INFIX.keys() - _COMPARISONS.keys() - _LOGIC.keys() - _OTHER
_EXACT = OPERATIONS.keys() - (_CALLS - {"square", "sqrt", "abs", "sign", "min", "max"}) - {"power"}
# Whole powers that a few products give to within a rounding of each.
_PRODUCTS = {3.0: "{0} * {0} * {0}", 4.0: "v_square({0} * {0})"}


@dataclass(frozen=True, slots=True)
class Lines:
    """Statements, and for each output its C expression and whether it is a truth."""

    statements: tuple[str, ...]
    outputs: tuple[tuple[str, bool], ...]


@cache
def prelude(name: str = "vectors.h") -> str:
    """Return the C text on which all formulas stand, or another one of this folder."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def is_exact(tape: Tape) -> bool:
    """Return whether C gives every bit of numpy: all machines round these steps alike."""
    return all(step.operation in _EXACT for step in tape.steps)


def lines(tape: Tape, inputs: Sequence[str], prefix: str = "s") -> Lines | None:
    """Return the steps of a tape as statements; None where C has no form for one of them.

    Args:
        tape: What to write.
        inputs: A C expression of type `vd` for each input.
        prefix: What names of registers begin with.
    """
    if len(tape.steps) > MOST_STEPS:
        return None
    texts, truths = list(inputs), [False] * len(inputs)
    constants: dict[int, float] = {}
    statements: list[str] = []
    for step in tape.steps:
        number = len(texts)
        written = _written(step, texts, truths, constants)
        if written is None:
            return None
        text, truth = written
        if step.operation == "constant":
            constants[number] = step.value
        statements.append(f"const {'vi' if truth else 'vd'} {prefix}{number} = {text};")
        texts.append(f"{prefix}{number}")
        truths.append(truth)
    outputs = tuple((texts[register], truths[register]) for _, register in tape.outputs)
    return Lines(tuple(statements), outputs)


def literal(value: float) -> str:
    """Return a number as C reads it back, bit by bit."""
    if math.isnan(value):
        return "NAN"
    if math.isinf(value):
        return "INFINITY" if value > 0 else "-INFINITY"
    return value.hex() if value != int(value) or abs(value) > 1e9 else f"{value:.1f}"


def _written(
    step: Step, texts: Sequence[str], truths: Sequence[bool], constants: dict[int, float]
) -> tuple[str, bool] | None:
    """Return a step's C expression and whether it is a truth."""
    operation = step.operation
    operands = [texts[operand] for operand in step.operands]
    kinds = [truths[operand] for operand in step.operands]
    if operation == "constant":
        return f"all({literal(step.value)})", False
    if operation in _LOGIC or operation == "not":
        tests = [t if k else f"(vi)({t} != 0)" for t, k in zip(operands, kinds, strict=True)]
        return (
            f"~{tests[0]}" if operation == "not" else f" {_LOGIC[operation]} ".join(tests)
        ), True
    if operation == "where":
        test = operands[0] if kinds[0] else f"(vi)({operands[0]} != 0)"
        if kinds[1] != kinds[2]:
            return None
        if kinds[1]:
            return f"({test} & {operands[1]}) | (~{test} & {operands[2]})", True
        return f"pick({test}, {operands[1]}, {operands[2]})", False
    if any(kinds):
        return None
    if operation in _COMPARISONS:
        return f"(vi)({operands[0]} {_COMPARISONS[operation]} {operands[1]})", True
    if operation in _INFIX:
        return f"{operands[0]} {_INFIX[operation]} {operands[1]}", False
    if operation == "negative":
        return f"-{operands[0]}", False
    if operation == "power":
        return _power(operands[0], operands[1], constants.get(step.operands[1])), False
    if operation in _CALLS:
        return f"v_{operation}({', '.join(operands)})", False
    return None


def _power(base: str, exponent: str, value: float | None) -> str:
    if value is not None and abs(value) in _PRODUCTS:
        product = _PRODUCTS[abs(value)].format(base)
        return product if value > 0 else f"1 / ({product})"
    return f"v_pow({base}, {exponent})"
