"""Turn a tape that ends in an exponential into one for the logarithm of its answer.

The slope of a product with exp(z) has the sign of that of a sum with z, and no factor in it that
changes by decades over a small box.
"""

from __future__ import annotations

from lawc.forms.tape import Step, Tape, without_idle


def logarithm_of(tape: Tape, output: str) -> tuple[Tape, Tape] | None:
    """Return a tape for the logarithm of one output, and one for the factors beside exponentials.

    It is the logarithm where all factors are positive. None where no exponential is undone.
    """
    first = len(tape.inputs)
    steps = list(tape.steps)
    undone = 0
    factors: list[int] = []

    def add(operation: str, *operands: int) -> int:
        steps.append(Step(operation, operands))
        return first + len(steps) - 1

    def told(register: int) -> int:
        nonlocal undone
        step = tape.steps[register - first] if register >= first else None
        if step is not None and step.operation == "exp":
            undone += 1
            return step.operands[0]
        if step is not None and step.operation in ("multiply", "divide"):
            left, right = map(told, step.operands)
            return add("add" if step.operation == "multiply" else "subtract", left, right)
        factors.append(register)
        return add("ln", register)

    register = told(dict(tape.outputs)[output])
    if not undone:
        return None
    beside = tuple((f"factor {n}", factor) for n, factor in enumerate(factors, start=1))
    whole = tuple(steps)
    return (
        without_idle(Tape(tape.inputs, whole, ((output, register),))),
        without_idle(Tape(tape.inputs, whole, beside)),
    )
