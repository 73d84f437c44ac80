"""The text that a program prints computes what the program computes, and nothing of an author's."""

from __future__ import annotations

import ast
import ctypes
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from laws import (
    absorption,
    arrhenius,
    kepler,
    law,
    logistic,
    oscillator,
    pendulum,
    saturable,
    substrate,
)

from lawc.diagnostics.diagnostic import CompileError
from lawc.forms.tape import OPERATIONS, Step, Tape
from lawc.forms.torch_table import evaluate as torch_evaluate
from lawc.knowledge.law import Law
from lawc.lowering.numpy_table import evaluate
from lawc.lowering.planning import make_plan
from lawc.lowering.printing import Names, helpers_of, lines_of
from lawc.lowering.program import compile_law
from lawc.lowering.source import TARGETS, identifier, source
from lawc.native.compiling import available, shared_library
from lawc.native.formulas import FLAGS

WRITTEN = [
    (arrhenius(), "A Ea T -> k"),
    (pendulum(), "L a -> T"),
    (pendulum(), "L a -> T m"),
    (absorption(), "t D F ka V CL -> C"),
    (absorption(), "t D F ka V CL -> C A"),
    (logistic(), "t r K N0 -> N"),
    (oscillator(), "t x0 m c k F0 w -> x E"),
    (substrate(), "t S0 Vmax Km -> S"),
]


def run(text: str) -> dict[str, Any]:
    """Run generated text, as a user would who pastes it."""
    space: dict[str, Any] = {}
    exec(text, space)  # noqa: S102
    return space


def last(text: str) -> Callable[..., Any]:
    name = [node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)][-1]
    return run(text)[name]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(("known", "signature"), WRITTEN)
def test_the_text_computes_what_the_reference_computes(
    known: Law, signature: str, target: str
) -> None:
    made = compile_law(known, signature)
    rows = made.sample(12)
    function = last(made.source(target))
    arguments = rows.to_torch().values() if target == "torch" else dict(rows).values()
    answers = function(*arguments)
    answers = answers if isinstance(answers, tuple) else (answers,)
    truth, scale = made.reference(rows), made.scale(rows)
    for output, answer in zip(made.outputs, answers, strict=True):
        gap = np.abs(np.asarray(answer) - truth[output.name]) / scale[output.name]
        assert gap.max() < 1e-7


@pytest.mark.parametrize("target", TARGETS)
def test_rates_and_start_stand_for_a_law_without_a_closed_form(target: str) -> None:
    plan = make_plan(saturable(), "t D F ka V Vmax Km -> C")
    space = run(source(plan, target))
    tensor = torch.tensor if target == "torch" else np.array
    si = {"ka": 1e-4, "V": 0.02, "Vmax": 5e-9, "Km": 2e-3}
    values = {name: tensor([value]) for name, value in {**si, "A": 1e-4, "C": 3e-3}.items()}
    rates = space["law_rates"](t=tensor([0.0]), **values)
    assert rates[0].item() == pytest.approx(-1e-8)
    assert rates[1].item() == pytest.approx((1e-8 - 5e-9 * 3e-3 / 5e-3) / 0.02)
    start = space["law_start"](D=tensor([2.0]), F=tensor([0.5]))
    assert start[0].item() == 1 and start[1].item() == 0


@pytest.mark.parametrize("target", TARGETS)
def test_a_balance_stands_for_an_implicit_law(target: str) -> None:
    space = run(source(make_plan(kepler(), "M e -> E"), target))
    tensor = torch.tensor if target == "torch" else np.array
    gap = space["law_balance_of_E"](E=tensor([1.0]), M=tensor([0.4]), e=tensor([0.5]))
    assert abs(gap.item()) == pytest.approx(abs(0.4 - (1 - 0.5 * np.sin(1))))


INSIDE = {  # operations that are not defined everywhere, with arguments for which they are
    "ln": (0.1, 3), "log10": (0.1, 3), "log2": (0.1, 3), "sqrt": (0.1, 3), "power": (0.1, 3),
    "divide": (0.1, 3), "arcsin": (-0.9, 0.9), "arccos": (-0.9, 0.9), "elliptic_k": (0.0, 0.95),
    "lambert_w": (-0.3, 40), "lambert_w_exp": (-30, 200), "exprel": (-3, 3),
}  # fmt: skip


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("operation", sorted(set(OPERATIONS) - {"constant"}))
def test_every_operation_prints_as_it_computes(operation: str, target: str) -> None:
    low, high = INSIDE.get(operation, (-2, 2))
    arity = OPERATIONS[operation]
    inputs = tuple("abc"[:arity])
    steps = [Step(operation, tuple(range(arity)))]
    if operation in ("and", "or", "not", "where"):
        compared = [Step("less", (k, (k + 1) % max(arity, 1))) for k in range(arity)]
        if operation == "not":
            compared = [Step("less_equal", (0, 0))]
        operands = tuple(arity + k for k in range(arity))
        if operation == "where":
            compared, operands = [Step("less", (0, 1))], (3, 1, 2)
        steps = [*compared, Step(operation, operands)]
    tape = Tape(inputs, tuple(steps), (("y", arity + len(steps) - 1),))
    generator = np.random.default_rng(1)
    columns = {name: generator.uniform(low, high, 50) for name in inputs}
    lines, results = lines_of(tape, Names(identifier), target)
    body = "\n".join(f"    {line}" for line in [*lines, f"return {results['y']}"])
    text = f"def f({', '.join(inputs)}):\n{body}\n"
    text = "\n".join(["import torch, numpy as np", "from scipy import special", *helpers_of(
        text, target), text])  # fmt: skip
    function = run(text)["f"]
    if target == "torch":
        given = {name: torch.tensor(values) for name, values in columns.items()}
        expected = torch_evaluate(tape, given)["y"].numpy()
        found = function(**given).numpy()
    else:
        expected, found = evaluate(tape, columns)["y"], function(**columns)
    np.testing.assert_allclose(found, expected, rtol=1e-15, atol=0)


@st.composite
def tapes(draw: st.DrawFn) -> Tape:
    steps: list[Step] = []
    for _ in range(draw(st.integers(1, 12))):
        kind = draw(st.sampled_from(["add", "subtract", "multiply", "negative", "square",
                                     "constant", "sin", "max", "power"]))  # fmt: skip
        if kind == "constant":
            steps.append(Step(kind, (), draw(st.sampled_from([-2.0, 0.5, 3.0, 1e-20, 7e22]))))
        elif kind == "power":
            steps.append(Step("constant", (), draw(st.sampled_from([3.0, -1.0]))))
            steps.append(Step(kind, (draw(st.integers(0, 1)), 2 + len(steps) - 1)))
        else:
            upto = 2 + len(steps) - 1
            operands = [draw(st.integers(0, upto)) for _ in range(OPERATIONS[kind])]
            steps.append(Step(kind, tuple(operands)))
    return Tape(("a", "b"), tuple(steps), (("y", 1 + len(steps)), ("z", 0)))


@settings(deadline=None)
@given(tapes(), st.floats(-2, 2).filter(lambda x: abs(x) > 0.1), st.floats(0.2, 2))
def test_brackets_and_shared_parts_keep_every_tape(tape: Tape, a: float, b: float) -> None:
    arrays = {"a": np.array([a]), "b": np.array([b])}
    tensors = {name: torch.from_numpy(values) for name, values in arrays.items()}
    wanted = {"numpy": evaluate(tape, arrays)["y"], "torch": torch_evaluate(tape, tensors)["y"]}
    for target, given_ in (("numpy", arrays), ("torch", tensors)):
        lines, results = lines_of(tape, Names(identifier), target)
        body = "\n".join(f"    {line}" for line in [*lines, f"return {results['y']}"])
        text = f"import torch\nimport numpy as np\n\n\ndef f(a, b):\n{body}\n"
        # The same operations in the same order: not a bit is lost in writing.
        found = np.asarray(run(text)["f"](**given_))
        np.testing.assert_array_equal(found, np.asarray(wanted[target]))


def test_a_product_is_taken_in_the_order_of_its_tape() -> None:
    steps = (Step("multiply", (1, 2)), Step("multiply", (0, 3)), Step("add", (1, 2)),
             Step("add", (0, 5)))  # fmt: skip
    tape = Tape(("a", "b", "c"), steps, (("product", 4), ("sum", 6)))
    _, results = lines_of(tape, Names(identifier), "numpy")
    assert results == {"product": "a * (b * c)", "sum": "a + (b + c)"}


def test_names_become_plain_identifiers_that_do_not_collide() -> None:
    assert identifier("θ_0") == "theta_0" and identifier("Δ") == "Delta"
    assert identifier("lambda") == "lambda_" and identifier("np") == "np_"
    known = Names(identifier)
    assert [known["θ"], known["theta"], known["θ"]] == ["theta", "theta_2", "theta"]


@given(st.text(max_size=12))
def test_any_name_becomes_an_ascii_identifier(name: str) -> None:
    found = identifier(name)
    assert found.isidentifier() and found.isascii()


def test_words_of_an_author_cannot_leave_the_docstring() -> None:
    evil = '""" + __import__("os").abort() + """ \\'
    known = arrhenius()
    quantities = {n: replace(q, words=evil) for n, q in known.quantities.items()}
    known = replace(known, title=evil, sources=(evil, "one\ntwo"), quantities=quantities)
    for target in TARGETS:
        text = source(make_plan(known, "A Ea T -> k"), target)
        calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
        assert [ast.unparse(call.func)[-3:] for call in calls] == ["exp"]


def test_the_text_names_law_units_and_source() -> None:
    text = source(make_plan(arrhenius(), "A Ea T -> k"), "torch")
    function = ast.parse(text).body[-1]
    assert isinstance(function, ast.FunctionDef)
    said = ast.get_docstring(function) or ""
    assert "test.law@1.0.0" in said and "Ea: Ea, kJ/mol" in said and "tests" in said


def test_a_temperature_scale_is_turned_round_at_the_end() -> None:
    known = law("y [degC]\n x [degC] -10 .. 50", "same: y = x*1.5")
    function = last(source(make_plan(known, "x -> y"), "numpy"))
    assert function(np.array([10.0]))[0] == pytest.approx(283.15 * 1.5 - 273.15)


def test_an_output_that_never_varies_still_has_a_row_for_each_input() -> None:
    known = law("y [m]\n x [m] 1 .. 2", "flat: y = 3", valid="x < 1.5")
    answer = last(source(make_plan(known, "x -> y"), "numpy"))(np.ones(4))
    assert answer.tolist() == [3.0] * 4


def test_an_unknown_target_is_refused() -> None:
    with pytest.raises(ValueError, match="torch, numpy"):
        source(make_plan(arrhenius(), "A Ea T -> k"), "fortran")


def test_a_quantity_called_like_a_helper_is_renamed() -> None:
    renamed = law(
        "T [s]\n elliptic_k [m] 0.1 .. 10 log\n g [m/s^2] = 9.80665\n a [deg] 1 .. 170\n m []",
        "modulus: m := sin(a/2)^2\nperiod: T = 4*sqrt(elliptic_k/g)*elliptic_k(m)",
    )
    length, angle = torch.tensor([1.0]), torch.tensor([10.0])
    found = last(source(make_plan(renamed, "elliptic_k a -> T"), "torch"))(length, angle)
    assert found.item() == pytest.approx(2.0102, rel=1e-3)


@pytest.mark.skipif(not available(), reason="there is no C compiler here")
@pytest.mark.parametrize(("known", "signature"), WRITTEN)
def test_the_c_that_is_printed_computes_what_the_reference_computes(
    known: Law, signature: str
) -> None:
    made = compile_law(known, signature)
    rows = made.sample(13)
    library = shared_library(made.source("c"), FLAGS, ["rows"])
    assert library is not None
    columns = [np.ascontiguousarray(rows[q.name]) for q in made.inputs]
    results = [np.empty(13) for _ in made.outputs]
    library.rows(
        ctypes.c_int64(13),
        (ctypes.c_void_p * len(columns))(*(c.ctypes.data for c in columns)),
        (ctypes.c_int64 * len(columns))(*(1 for _ in columns)),
        (ctypes.c_void_p * len(results))(*(r.ctypes.data for r in results)),
    )
    truth, scale = made.reference(rows), made.scale(rows)
    for output, answer in zip(made.outputs, results, strict=True):
        assert (np.abs(answer - truth[output.name]) / scale[output.name]).max() < 1e-7


def test_c_says_what_its_columns_are_and_nothing_of_an_author_leaves_the_comment() -> None:
    known = replace(arrhenius(), title="ends */ int evil; /*", sources=("one\\", "*/ x"))
    text = compile_law(known, "A Ea T -> k").source("c")
    head = text[: text.index("*/")]
    assert "Ea: " in head and "int evil;" in head and text.count("int evil;") == 1


def test_what_cannot_be_written_out_has_no_c() -> None:
    with pytest.raises(CompileError, match="written as C"):
        compile_law(kepler(), "M e -> E").source("c")
