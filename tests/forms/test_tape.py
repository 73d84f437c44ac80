"""A tape is read from anywhere, or refused with the step that is none."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawc.forms.tape import MAX_STEPS, OPERATIONS, Step, Tape, run, validate, without_idle

PLAIN: dict[str, Any] = {
    "inputs": ["x", "y"],
    "steps": [["constant", 2.5], ["multiply", 0, 2], ["add", 3, 1]],
    "outputs": [["z", 4]],
}
TABLE = {
    "constant": float,
    "add": lambda a, b: a + b,
    "multiply": lambda a, b: a * b,
    "not": lambda a: a - 1,
}


def test_a_tape_is_worth_what_its_steps_say() -> None:
    assert run(Tape.from_json(PLAIN), (3.0, 4.0), TABLE) == (2.5 * 3 + 4,)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"inputs": "xy"}, "expected a list under 'inputs', got str"),
        ({"inputs": ["x", "x"]}, "different names"),
        ({"steps": None}, "expected a list under 'steps', got NoneType"),
        ({"steps": [["constant", 1]] * (MAX_STEPS + 1)}, f"at most {MAX_STEPS} steps"),
        ({"steps": ["add"]}, "step 0 is not [operation, …]: 'add'"),
        ({"steps": [[]]}, "step 0 is not [operation, …]: []"),
        ({"steps": [[1, 2]]}, "step 0 is not [operation, …]: [1, 2]"),
        ({"steps": [["constant"]]}, "step 0 is a constant without one number"),
        ({"steps": [["constant", 1, 2]]}, "step 0 is a constant without one number"),
        ({"steps": [["constant", True]]}, "step 0 is a constant without one number"),
        ({"steps": [["constant", "1"]]}, "step 0 is a constant without one number"),
        ({"steps": [["constant", 10**400]]}, "step 0 is a constant beyond any float"),
        ({"steps": [["add", 0, 1], ["not", "0"]]}, "step 1 has an operand that is no register"),
        ({"steps": [["not", True]]}, "step 0 has an operand that is no register"),
        ({"steps": [["not", 0.0]]}, "step 0 has an operand that is no register"),
        ({"steps": [["system", 0]]}, "step 0 has the unknown operation 'system'"),
        ({"steps": [["add", 0]]}, "step 0, add, takes 2 operands, got 1"),
        ({"steps": [["not", 2]]}, "step 0 reads a register that is not written yet"),
        ({"steps": [["not", 0], ["not", 3]]}, "step 1 reads a register that is not written"),
        ({"steps": [["not", -1]]}, "step 0 reads a register that is not written yet"),
        ({"outputs": {}}, "expected a list under 'outputs', got dict"),
        ({"outputs": [["z"]]}, "expected an output [name, register], got ['z']"),
        ({"outputs": ["z4"]}, "expected an output [name, register], got 'z4'"),
        ({"outputs": [["z", 4, 4]]}, "expected an output [name, register]"),
        ({"outputs": [["z", "4"]]}, "expected an output [name, register]"),
        ({"outputs": [["z", True]]}, "expected an output [name, register], got ['z', True]"),
        ({"outputs": [["z", 5]]}, "output 'z' names register 5 of 5"),
        ({"outputs": [["z", -1]]}, "output 'z' names register -1 of 5"),
    ],
)
def test_what_is_no_tape_is_refused_by_its_step(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        Tape.from_json({**PLAIN, **changes})


@pytest.mark.parametrize("data", [None, [], "tape", 1])
def test_what_is_no_object_is_no_tape(data: object) -> None:
    with pytest.raises(ValueError, match=f"expected a tape, got {type(data).__name__}"):
        Tape.from_json(data)


def test_a_tape_may_have_as_many_steps_as_are_allowed() -> None:
    data = {**PLAIN, "steps": [["constant", 1]] * MAX_STEPS}
    assert len(Tape.from_json(data).steps) == MAX_STEPS


def test_values_are_one_for_each_input() -> None:
    with pytest.raises(ValueError, match="expected 2 inputs, got 1"):
        run(Tape.from_json(PLAIN), (1.0,), TABLE)


@st.composite
def tapes(draw: st.DrawFn) -> Tape:
    steps: list[Step] = []
    for number in range(draw(st.integers(0, 12))):
        operation = draw(st.sampled_from(list(TABLE)))
        below = st.integers(0, 2 + number - 1)
        operands = tuple(draw(below) for _ in range(OPERATIONS[operation]))
        value = draw(st.integers(-2, 2)) if operation == "constant" else 0
        steps.append(Step(operation, operands, float(value)))
    last = st.integers(0, 1 + len(steps))
    outputs = draw(st.lists(last, max_size=3))
    return Tape(("x", "y"), tuple(steps), tuple((f"z{n}", r) for n, r in enumerate(outputs)))


@given(tapes(), st.integers(-2, 2), st.integers(-2, 2))
def test_a_tape_without_idle_steps_is_worth_the_same_and_needs_each_step(
    tape: Tape, x: int, y: int
) -> None:
    short = without_idle(tape)
    validate(short)
    assert run(short, (x, y), TABLE) == run(tape, (x, y), TABLE)
    read = {r for _, r in short.outputs} | {o for step in short.steps for o in step.operands}
    assert {2 + number for number in range(len(short.steps))} <= read
    assert without_idle(short) == short
