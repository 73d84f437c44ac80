"""A tape answers the same as C on vectors, and in numpy's chunks, as it does step by step."""

from __future__ import annotations

import platform
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawc.forms.tape import OPERATIONS, Step, Tape, run
from lawc.lowering import chunks
from lawc.lowering.chunks import run_in_chunks
from lawc.lowering.numpy_table import TABLE, evaluate
from lawc.native.compiling import available
from lawc.native.evaluator import MANY, evaluator, evaluator_source
from lawc.native.formulas import FLAGS, is_exact

compiled = pytest.mark.skipif(not available(), reason="there is no C compiler here")

TRUTHS = ("less", "less_equal", "equal")
LOGIC = ("and", "or", "not")
FUNCTIONS = [op for op in OPERATIONS if op not in (*TRUTHS, *LOGIC, "constant", "where")]
EXACT = ["add", "subtract", "multiply", "divide", "negative", "square", "sqrt", "abs", "sign"]
EXACT += ["min", "max"]
ULPS = {"exp": 4, "sin": 4, "cos": 4, "tan": 4, "erf": 4, "elliptic_k": 8, "power": 2}
ULPS |= dict.fromkeys(EXACT, 0)
SPECIAL = [0.0, -0.0, 1, -1, np.inf, -np.inf, np.nan, 1e-310, -1e-310, 1e308, -1e308, 0.5, 2, 3]
SPECIAL += [709.9, -745.2, -1 / np.e, 710, 720, 1e17, 1e-17, np.pi]


def numbers() -> np.ndarray:
    generator = np.random.default_rng(1)
    wide = np.exp(generator.normal(0, 6, 20_000))
    return np.concatenate([wide, -wide, generator.uniform(-3, 3, 20_000), SPECIAL])


def step_by_step(tape: Tape, values: list[np.ndarray]) -> list[np.ndarray]:
    rows = max((v.shape[0] for v in values if v.ndim), default=1)
    with np.errstate(all="ignore"):
        return [np.broadcast_to(result, rows) for result in run(tape, values, TABLE)]


def ulps(found: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Distances in units of the last place; infinite where one is finite and the other is not."""
    same = (found == wanted) | (np.isnan(found) & np.isnan(wanted))
    with np.errstate(all="ignore"):
        apart = np.abs(found - wanted) / np.spacing(np.fmax(np.abs(wanted), 2.3e-308))
    return np.where(same, 0.0, np.where(np.isfinite(apart), apart, np.inf))


WIDTHS = {
    "as wide as the processor": (),
    "four lanes": ("-mno-avx512f",),
    "two lanes": ("-mno-avx512f", "-mno-avx2"),
    "plain functions": ("-DPLAIN_FUNCTIONS",),
}


@compiled
@pytest.mark.parametrize("arity", [1, 2])
@pytest.mark.parametrize("width", WIDTHS)
def test_every_function_is_numpys_within_its_ulps(
    monkeypatch: pytest.MonkeyPatch, width: str, arity: int
) -> None:
    if WIDTHS[width] and platform.machine() != "x86_64":
        pytest.skip("these flags are for x86-64")
    monkeypatch.setattr("lawc.native.evaluator.FLAGS", (*FLAGS, *WIDTHS[width]))
    evaluator.cache_clear()
    chosen = [op for op in FUNCTIONS if OPERATIONS[op] == arity]
    steps = tuple(Step(op, tuple(range(arity))) for op in chosen)
    outputs = tuple((op, arity + k) for k, op in enumerate(chosen))
    tape = Tape(("x", "y")[:arity], steps, outputs)
    values = [numbers()]
    if arity == 2:
        left, right = np.meshgrid(SPECIAL, SPECIAL)
        other = np.random.default_rng(2).uniform(-5, 5, values[0].size)
        values = [np.append(values[0], left), np.append(other, right)]
    compiled_tape = evaluator(tape)
    assert compiled_tape is not None
    found, finite = compiled_tape(values, values[0].size)
    assert not finite
    for op, mine, wanted in zip(chosen, found, step_by_step(tape, values), strict=True):
        if op in ("lambert_w", "lambert_w_exp"):
            continue  # scipy's own errors are larger than ours there.
        worst = ulps(mine, wanted)
        at = [float(v[worst.argmax()]) for v in values]
        assert worst.max() <= ULPS.get(op, 3), f"{op} at {at}"


@compiled
def test_lambert_functions_solve_their_equations() -> None:
    tape = Tape(
        ("x",), (Step("lambert_w", (0,)), Step("lambert_w_exp", (0,))), (("w", 1), ("v", 2))
    )
    compiled_tape = evaluator(tape)
    assert compiled_tape is not None
    x = np.concatenate([-1 / np.e + 10.0 ** np.linspace(-12, -0.5, 500), 10 ** np.linspace(-9, 9)])
    (w, _), _ = compiled_tape([x], x.size)
    assert np.allclose(w * np.exp(w), x, rtol=1e-14, atol=0)
    z = np.concatenate([np.linspace(-600, 600, 5001), 10.0 ** np.linspace(3, 300, 50)])
    (_, v), _ = compiled_tape([z], z.size)
    assert np.allclose(v + np.log(v), z, rtol=1e-15, atol=4e-16)
    (_, ends), _ = compiled_tape([np.array([-np.inf, np.inf, np.nan])], 3)
    assert ends[0] == 0 and ends[1] == np.inf and np.isnan(ends[2])
    (below, _), _ = compiled_tape([np.array([-0.37, -np.inf, np.inf])], 3)
    assert np.isnan(below[0]) and np.isnan(below[1]) and below[2] == np.inf


@st.composite
def tapes(draw: st.DrawFn, functions: list[str]) -> Tape:
    """Any tape of the given functions, comparisons, logic and choices."""
    source = random.Random(draw(st.integers(0, 2**32)))
    inputs = source.randint(1, 4)
    truths = [False] * inputs
    steps: list[Step] = []
    for _ in range(draw(st.integers(1, 25))):
        floats = [r for r, truth in enumerate(truths) if not truth]
        tests = [r for r, truth in enumerate(truths) if truth]
        options = [*functions, *TRUTHS, "constant", *((*LOGIC, "where") if tests else ())]
        op = source.choice(options)
        if op == "constant":
            steps.append(Step(op, (), source.choice([0.0, 1.0, -2.5, 0.1, 3.0, 1e300])))
        elif op == "where":
            steps.append(Step(op, (source.choice(tests), *source.choices(floats, k=2))))
        else:
            pool = tests if op in LOGIC else floats
            steps.append(Step(op, tuple(source.choices(pool, k=OPERATIONS[op]))))
        truths.append(op in TRUTHS or op in LOGIC)
    last = range(inputs + len(steps))
    chosen = source.sample(last, k=min(len(last), 3))
    return Tape(tuple("abcd"[:inputs]), tuple(steps), tuple((f"o{r}", r) for r in chosen))


def given_to(tape: Tape, rows: int) -> list[np.ndarray]:
    generator = np.random.default_rng(rows)
    columns = [generator.normal(0, 3, rows) for _ in tape.inputs]
    columns[-1][::7] = np.inf
    if len(columns) > 1:
        columns[0] = np.array(1.5)
    return columns


@compiled
@settings(max_examples=6, deadline=None)
@given(tapes(EXACT), st.integers(1, 70))
def test_sums_products_and_choices_are_numpys_in_every_bit(tape: Tape, rows: int) -> None:
    assert is_exact(tape)
    values = given_to(tape, rows)
    compiled_tape = evaluator(tape)
    assert compiled_tape is not None
    found, finite = compiled_tape(values, rows)
    wanted = step_by_step(tape, values)
    for mine, theirs in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert finite == all(np.isfinite(theirs).all() for theirs in wanted)


@settings(max_examples=150, deadline=None)
@given(tapes(FUNCTIONS), st.integers(1, 40), st.integers(1, 3), st.sampled_from([1, 250, 1 << 19]))
def test_chunks_answer_as_all_rows_at_once_do(
    tape: Tape, rows: int, threads: int, memory: int
) -> None:
    values = given_to(tape, rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "CHUNK", 7)
        patch.setattr(chunks, "FEWEST", 7)
        patch.setattr(chunks, "_MEMORY", memory)
        patch.setenv("OMP_NUM_THREADS", str(threads))
        found, finite = run_in_chunks(tape, values, rows, TABLE)
    wanted = step_by_step(tape, values)
    assert not finite or all(np.isfinite(theirs).all() for theirs in wanted)
    for mine, theirs in zip(found, wanted, strict=True):
        # The last bit of a library's function may depend on a row's place in the array.
        np.testing.assert_allclose(mine, theirs, rtol=1e-13)
        assert mine.dtype == theirs.dtype


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 40))
def test_no_buffer_is_written_to_while_its_values_are_needed(seed: int, rows: int) -> None:
    source, truths, steps = random.Random(seed), [False, False], list[Step]()
    for _ in range(12):
        # Operands of late, so that buffers are given on at once.
        floats = [r for r, truth in enumerate(truths) if not truth][-3:]
        tests = [r for r, truth in enumerate(truths) if truth][-3:]
        choices = ["where"] * (3 if tests else 0)
        op = source.choice(["subtract", "negative", "less", *choices])
        given = [source.choice(tests)] if op == "where" else []
        given += source.choices(floats, k=1 if op == "negative" else 2)
        steps.append(Step(op, tuple(given)))
        truths.append(op == "less")
    last = len(truths) - 1
    told = source.choices(range(last), k=2)
    outputs = [*told, *source.choice([[last], [last, told[0]], [last, last], []])]
    tape = Tape(("a", "b"), tuple(steps), tuple((f"o{k}", r) for k, r in enumerate(outputs)))
    values = [*np.random.default_rng(rows).normal(0, 3, (2, rows))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "CHUNK", 7)
        patch.setattr(chunks, "FEWEST", 7)
        patch.setenv("OMP_NUM_THREADS", "2")
        found, _ = run_in_chunks(tape, values, rows, TABLE)
    for mine, theirs in zip(found, step_by_step(tape, values), strict=True):
        np.testing.assert_array_equal(mine, theirs)
        assert mine.dtype == theirs.dtype


@given(st.integers(1, 10**7), st.integers(0, 40))
def test_buffers_of_a_chunk_stay_in_a_cache(rows: int, buffers: int) -> None:
    size = chunks._size_of_chunks(rows, buffers)
    assert size % 64 == 0 and size - 63 <= 2 * chunks.CHUNK
    assert size - 63 <= max(chunks.CHUNK, chunks._MEMORY // 8 // max(1, buffers))


@compiled
def test_rows_do_not_depend_on_their_number_or_on_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = (Step("exp", (0,)), Step("sin", (1,)), Step("multiply", (2, 3)), Step("less", (0, 1)))
    tape = Tape(("a", "b"), steps, (("y", 4), ("smaller", 5)))
    compiled_tape = evaluator(tape)
    assert compiled_tape is not None
    values = list(np.random.default_rng(0).normal(0, 2, (2, 70_001)))
    (all_rows, truths), finite = compiled_tape(values, 70_001)
    assert finite and truths.dtype == bool and np.array_equal(truths, values[0] < values[1])
    for rows in (0, 1, 2, 3, 7, 8, 9, 15, 17, 1000):
        (some, _), _ = compiled_tape([v[:rows] for v in values], rows)
        assert np.array_equal(some, all_rows[:rows])
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    (threaded, _), _ = compiled_tape(values, 70_001)
    assert np.array_equal(threaded, all_rows)


def test_many_rows_answer_the_same_with_and_without_a_compiler(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    steps = (*(Step("exp", (0,)), Step("ln", (1,))), *(Step("sqrt", (k,)) for k in range(2, 40)))
    tape = Tape(("x",), steps, (("y", 41 - 1),))
    columns = {"x": np.linspace(-1, 1, 60_000)}
    native = evaluate(tape, columns)["y"]
    monkeypatch.setenv("LAWC_NATIVE", "0")
    evaluator.cache_clear()
    plain = evaluate(tape, columns)["y"]
    evaluator.cache_clear()
    np.testing.assert_allclose(native, plain, rtol=1e-14, equal_nan=True)


@compiled
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("rows", [MANY - 1, MANY + 5, 2 * MANY + 13])
def test_answers_stored_past_the_cache_are_the_same(
    monkeypatch: pytest.MonkeyPatch, width: str, rows: int
) -> None:
    if WIDTHS[width] and platform.machine() != "x86_64":
        pytest.skip("these flags are for x86-64")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr("lawc.native.evaluator.FLAGS", (*FLAGS, *WIDTHS[width]))
    evaluator.cache_clear()
    steps = (Step("multiply", (0, 1)), Step("add", (2, 0)), Step("less", (0, 1)))
    made = evaluator(Tape(("x", "y"), steps, (("product", 2), ("sum", 3), ("test", 4))))
    evaluator.cache_clear()
    assert made is not None
    x, y = np.random.default_rng(rows).normal(size=(2, rows))
    (product, total, test), finite = made([x, y], rows)
    assert finite
    assert np.array_equal(product, x * y) and np.array_equal(total, x * y + x)
    assert np.array_equal(test, x < y)


def test_what_c_has_no_form_for_is_left_to_numpy() -> None:
    arithmetic_on_truths = (Step("less", (0, 0)), Step("exp", (1,)))
    assert evaluator_source(Tape(("a",), arithmetic_on_truths, (("y", 2),))) is None
    long = Tape(("a",), tuple(Step("exp", (0,)) for _ in range(3000)), (("y", 9),))
    assert evaluator_source(long) is None


def test_a_name_cannot_leave_its_comment() -> None:
    text = evaluator_source(Tape(("*/ evil();\n//",), (), (("*/ #error", 0),)))
    assert text is not None
    assert "evil();" not in text and "*/ evil" not in text and "#error" not in text
