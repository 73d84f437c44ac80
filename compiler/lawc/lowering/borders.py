"""Turn conditions that all must hold into what is not negative where they do.

Margins are shares of a size and lie between -1 and 1; a border's way is the plain difference of two
sides, so it moves with an input as simply as they do.
"""

from __future__ import annotations

from dataclasses import replace

from lawc.forms.tape import Step, Tape, without_idle

_ORDERED = frozenset(("less", "less_equal"))
_OTHERS = frozenset(("or", "not", "equal", "where"))


def borders(truth: Tape) -> Tape | None:
    """Return the right side less the left one for each comparison of a tape of conditions.

    None where they are joined by anything but `and`, or a side depends on a condition.
    """
    if any(step.operation in _OTHERS for step in truth.steps):
        return None
    first = len(truth.inputs)
    conditions = {
        first + k: step
        for k, step in enumerate(truth.steps)
        if step.operation in _ORDERED or step.operation == "and"
    }
    steps = list(truth.steps)
    open_to = [register for _, register in truth.outputs]
    found = []
    while open_to:
        register = open_to.pop()
        step = conditions.get(register)
        if step is None:
            return None
        if step.operation == "and":
            open_to += step.operands
        elif register not in found:
            found.append(register)
            left, right = step.operands
            steps[register - first] = Step("subtract", (right, left))
    # Nothing may read what was a condition; the rest is numbers.
    for k, step in enumerate(truth.steps):
        if step.operation == "and":
            steps[k] = Step("constant", (), 0.0)
    outputs = tuple((f"border {n}", register) for n, register in enumerate(found, start=1))
    return without_idle(replace(truth, steps=tuple(steps), outputs=outputs))
