"""Write expressions down as one tape, each common part once.

Parts are compared by what they compute (hash-consing), numbers are folded, and powers with a
number as exponent become the cheapest operation that is exact for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from lawc.diagnostics.diagnostic import CompileError
from lawc.forms.tape import MAX_STEPS, OPERATIONS, Step, Tape, without_idle
from lawc.knowledge.expression import (
    Binary,
    Call,
    Choice,
    Comparison,
    Derivative,
    Expression,
    Logic,
    Negative,
    Number,
    Symbol,
    bottom_up,
)
from lawc.lowering.numpy_table import TABLE

_ARITHMETIC = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide"}
_COMMUTATIVE = frozenset(("add", "multiply", "min", "max", "equal", "and", "or"))
_STRUCTURAL = frozenset(("constant", "less", "less_equal", "equal", "and", "or", "not", "where"))
CALLABLE = frozenset(OPERATIONS) - _STRUCTURAL
"""Operations that a call node may name."""


def tape(
    outputs: Mapping[str, Expression],
    inputs: Sequence[str],
    fixed: Mapping[str, float] | None = None,
) -> Tape:
    """Return the tape that computes the outputs from the inputs.

    Args:
        outputs: An expression for each result, in order.
        inputs: Names of the registers that are given, in order.
        fixed: Values of names that are no input.

    Raises:
        CompileError: An expression speaks of a name that is neither, holds a derivative, or is
            too large.
    """
    writer = _Writer(inputs, fixed or {})
    for part in outputs.values():
        for node in bottom_up(part):
            writer.register(node)
    registers = tuple((name, writer.register(part)) for name, part in outputs.items())
    return without_idle(Tape(tuple(inputs), tuple(writer.steps), registers))


class _Writer:
    """Registers of what has been written so far, by what they compute."""

    def __init__(self, inputs: Sequence[str], fixed: Mapping[str, float]) -> None:
        self.steps: list[Step] = []
        self._inputs = {name: number for number, name in enumerate(inputs)}
        self._fixed = fixed
        self._written: dict[Step, int] = {}
        # Substitution shares nodes, so trees are graphs in memory; visiting each node object
        # once keeps the cost linear where unfolding would be exponential.
        self._seen: dict[int, int] = {}
        self._kept: list[Expression] = []

    def register(self, node: Expression) -> int:
        """Return the register that holds the node's value, writing steps where needed."""
        known = self._seen.get(id(node))
        if known is None:
            known = self._seen[id(node)] = self._visit(node)
            self._kept.append(node)
        return known

    def _visit(self, node: Expression) -> int:
        match node:
            case Number(value):
                return self._number(value)
            case Symbol(name):
                return self._symbol(name)
            case Negative(of):
                return self._write("negative", self.register(of))
            case Binary("^", base, exponent):
                return self._power(self.register(base), self.register(exponent))
            case Binary(operator, left, right):
                return self._arithmetic(operator, self.register(left), self.register(right))
            case Call(function, arguments):
                if function not in CALLABLE or OPERATIONS[function] != len(arguments):
                    raise CompileError(
                        f"no operation {function!r} with {len(arguments)} arguments is known"
                    )
                return self._write(function, *(self.register(a) for a in arguments))
            case Comparison(operators, operands):
                registers = [self.register(operand) for operand in operands]
                tests = [
                    self._compare(operator, left, right)
                    for operator, (left, right) in zip(operators, pairwise(registers), strict=True)
                ]
                return self._chain("and", tests)
            case Logic("not", (operand,)):
                return self._write("not", self.register(operand))
            case Logic(operator, operands):
                return self._chain(operator, [self.register(operand) for operand in operands])
            case Choice(condition, then, otherwise):
                return self._write(
                    "where", *(self.register(p) for p in (condition, then, otherwise))
                )
            case Derivative(quantity, by, _):
                raise CompileError(
                    f"the derivative of {quantity} by {by} has no value without a solution"
                )
        raise CompileError(f"expected a node of an expression, got {type(node).__name__}")

    def _symbol(self, name: str) -> int:
        if name in self._inputs:
            return self._inputs[name]
        if name in self._fixed:
            return self._number(self._fixed[name])
        raise CompileError(
            f"nothing gives {name}; given are {', '.join([*self._inputs, *self._fixed]) or 'none'}"
        )

    def _number(self, value: float) -> int:
        try:
            number = float(value)
        except OverflowError as error:
            raise CompileError("a number is too large for float64") from error
        return self._put(Step("constant", (), number))

    def _value(self, register: int) -> float | None:
        """Return the number in a register, or None where it varies."""
        number = register - len(self._inputs)
        if number < 0 or self.steps[number].operation != "constant":
            return None
        return self.steps[number].value

    def _arithmetic(self, operator: str, left: int, right: int) -> int:
        first, second = self._value(left), self._value(right)
        if second == (0 if operator in "+-" else 1):
            return left
        if (operator, first) in (("+", 0), ("*", 1)):
            return right
        return self._write(_ARITHMETIC[operator], left, right)

    def _power(self, base: int, exponent: int) -> int:
        match self._value(exponent):
            case 0.5:
                return self._write("sqrt", base)
            case 1:
                return base
            case 2:
                return self._write("square", base)
            case -1:
                return self._write("divide", self._number(1), base)
            case -0.5:
                return self._write("divide", self._number(1), self._write("sqrt", base))
            case -2:
                return self._write("divide", self._number(1), self._write("square", base))
        return self._write("power", base, exponent)

    def _compare(self, operator: str, left: int, right: int) -> int:
        match operator:
            case "<":
                return self._write("less", left, right)
            case "<=":
                return self._write("less_equal", left, right)
            case ">":
                return self._write("less", right, left)
            case ">=":
                return self._write("less_equal", right, left)
            case "=":
                return self._write("equal", left, right)
        return self._write("not", self._write("equal", left, right))

    def _chain(self, operation: str, registers: list[int]) -> int:
        total = registers[0]
        for register in registers[1:]:
            total = self._write(operation, total, register)
        return total

    def _write(self, operation: str, *operands: int) -> int:
        values = [self._value(operand) for operand in operands]
        if operation in CALLABLE and all(value is not None for value in values):
            with np.errstate(all="ignore"):
                folded = float(TABLE[operation](*values))
            # 1/0 stays as it was written, so that it fails where the law is evaluated.
            if np.isfinite(folded):
                return self._number(folded)
        if operation in _COMMUTATIVE:
            operands = tuple(sorted(operands))
        return self._put(Step(operation, operands))

    def _put(self, step: Step) -> int:
        # -0.0 equals 0.0 as a key but divides differently.
        if step.operation == "constant" and step.value == 0 and np.signbit(step.value):
            step = Step("constant", (), 0.0)
        known = self._written.get(step)
        if known is None:
            if len(self.steps) >= MAX_STEPS:
                raise CompileError(f"a formula takes more than {MAX_STEPS} steps")
            known = self._written[step] = len(self._inputs) + len(self.steps)
            self.steps.append(step)
        return known
