"""The derivative of a tape as a tape: reverse mode, written once.

The tape of a cost slope has the inputs of the first and one more for each of its outputs, what the
cost says of that output; its outputs are those of the first and what the cost says of each input
that was asked for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from lawc.forms.tape import Step, Tape, without_idle


def bar(name: str) -> str:
    """Return the name of the derivative of the cost by what bears this name."""
    return f"bar {name}"


def with_adjoint(tape: Tape, wanted: Sequence[str]) -> Tape | None:
    """Return a tape of the outputs and of the slope by some inputs.

    None where an operation between them has no derivative that steps can say.

    Args:
        tape: What is differentiated.
        wanted: Names of inputs.
    """
    writer = _Writer(tape, wanted)
    return None if writer.failed else writer.result


class _Writer:
    def __init__(self, tape: Tape, wanted: Sequence[str]) -> None:
        count = len(tape.inputs)
        self.inputs = (*tape.inputs, *(bar(name) for name, _ in tape.outputs))
        self.steps: list[Step] = []
        self.failed = False
        self.constants: dict[str, int] = {}
        places = list(range(count))
        reached = [name in wanted for name in tape.inputs]
        for step in tape.steps:
            operands = tuple(places[operand] for operand in step.operands)
            places.append(self.step(step.operation, *operands, value=step.value))
            reached.append(any(reached[operand] for operand in step.operands))
        bars: dict[int, int] = {}
        for k, (_, register) in enumerate(tape.outputs):
            bars[register] = self.plus(bars.get(register), count + k)
        self.values = {
            count + k: step.value
            for k, step in enumerate(tape.steps)
            if step.operation == "constant"
        }
        for k in reversed(range(len(tape.steps))):
            register, step = count + k, tape.steps[k]
            if register not in bars or not reached[register]:
                continue
            here = [places[operand] for operand in step.operands]
            for number, operand in enumerate(step.operands):
                if reached[operand]:
                    power = self.values.get(step.operands[-1])
                    part = self.part(step, number, here, places[register], bars[register], power)
                    if part is not None:
                        bars[operand] = self.plus(bars.get(operand), part)
        outputs = [(name, places[register]) for name, register in tape.outputs]
        for name in wanted:
            register = tape.inputs.index(name)
            outputs.append((bar(name), bars.get(register, -1)))
        if any(register < 0 for _, register in outputs):
            zero = self.number(0.0)
            outputs = [(name, zero if r < 0 else r) for name, r in outputs]
        self.result = without_idle(Tape(self.inputs, tuple(self.steps), tuple(outputs)))

    def step(self, operation: str, *operands: int, value: float = 0.0) -> int:
        self.steps.append(Step(operation, operands, value))
        return len(self.inputs) + len(self.steps) - 1

    def number(self, value: float) -> int:
        key = value.hex()
        if key not in self.constants:
            self.constants[key] = self.step("constant", value=value)
        return self.constants[key]

    def plus(self, total: int | None, part: int) -> int:
        if total is None:
            return part
        one, other = self.negated(total), self.negated(part)
        if one is not None and other is not None:
            return self.step("negative", self.step("add", one, other))
        if other is not None:
            return self.step("subtract", total, other)
        return self.step("add", total, part) if one is None else self.step("subtract", part, one)

    def negated(self, register: int) -> int | None:
        """Return what this register is the negative of, if a step says so."""
        k = register - len(self.inputs)
        step = self.steps[k] if k >= 0 else None
        return step.operands[0] if step is not None and step.operation == "negative" else None

    def part(
        self, step: Step, number: int, x: list[int], y: int, back: int, power: float | None
    ) -> int | None:
        """Return what the cost says of one operand through one step; None for nothing."""
        operation = step.operation
        if operation in ("sign", "less", "less_equal", "equal", "and", "or", "not"):
            return None
        if operation == "add":
            return back
        if operation == "subtract":
            return back if number == 0 else self.step("negative", back)
        if operation == "negative":
            return self.step("negative", back)
        if operation == "multiply":
            return self.step("multiply", back, x[1 - number])
        if operation == "divide":
            quotient = self.step("divide", back, x[1])
            if number == 0:
                return quotient
            return self.step("negative", self.step("multiply", quotient, y))
        if operation == "where":
            if number == 0:
                return None
            zero = self.number(0.0)
            chosen = (back, zero) if number == 1 else (zero, back)
            return self.step("where", x[0], *chosen)
        if operation in ("min", "max"):
            return self._chosen(operation, number, x, back)
        if operation == "power":
            return self._power(number, x, y, back, power)
        slope = self._slope(operation, x[0], y)
        return None if slope is None else self.step("multiply", back, slope)

    def _chosen(self, operation: str, number: int, x: list[int], back: int) -> int:
        mine, other = x[number], x[1 - number]
        pair = (mine, other) if operation == "min" else (other, mine)
        half = self.step("multiply", back, self.number(0.5))
        equal = self.step("where", self.step("equal", *x), half, self.number(0.0))
        return self.step("where", self.step("less", *pair), back, equal)

    def _power(self, number: int, x: list[int], y: int, back: int, power: float | None) -> int:
        if number == 1:
            # 0**p is 0 for all positive p.
            zero = self.number(0.0)
            slope = self.step("multiply", y, self.step("ln", x[0]))
            at_zero = self.step("equal", x[0], zero)
            return self.step("multiply", back, self.step("where", at_zero, zero, slope))
        if power is None:
            lower = self.step("subtract", x[1], self.number(1.0))
            slope = self.step("multiply", x[1], self.step("power", x[0], lower))
        elif power == 2.0:
            slope = self.step("multiply", x[0], self.number(2.0))
        elif power == 1.0:
            return back
        else:
            raised = self.step("power", x[0], self.number(power - 1.0))
            slope = self.step("multiply", raised, self.number(power))
        return self.step("multiply", back, slope)

    def _slope(self, operation: str, x: int, y: int) -> int | None:
        """Return the derivative of a function of one number at x, where it is y."""
        step, number = self.step, self.number
        one = number(1.0)

        def curve(sign: str) -> int:
            return step(sign, one, step("square", x))

        match operation:
            case "square":
                return step("multiply", x, number(2.0))
            case "exp":
                return y
            case "expm1":
                return step("add", y, one)
            case "ln":
                return step("divide", one, x)
            case "log10" | "log2":
                base = 10.0 if operation == "log10" else 2.0
                return step("divide", number(1 / math.log(base)), x)
            case "sqrt":
                return step("divide", number(0.5), y)
            case "abs":
                return step("sign", x)
            case "sin":
                return step("cos", x)
            case "cos":
                return step("negative", step("sin", x))
            case "tan":
                return step("add", one, step("square", y))
            case "arcsin":
                return step("divide", one, step("sqrt", curve("subtract")))
            case "arccos":
                return step("negative", step("divide", one, step("sqrt", curve("subtract"))))
            case "arctan":
                return step("divide", one, curve("add"))
            case "sinh":
                return step("cosh", x)
            case "cosh":
                return step("sinh", x)
            case "tanh":
                return step("subtract", one, step("square", y))
            case "erf":
                inner = step("exp", step("negative", step("square", x)))
                return step("multiply", inner, number(2 / math.sqrt(math.pi)))
            case "lambert_w":
                return step("divide", step("exp", step("negative", y)), step("add", one, y))
            case "lambert_w_exp":
                return step("divide", y, step("add", one, y))
        # elliptic_k and exprel need functions that a tape does not have.
        self.failed = True
        return None
