"""A program answers what its signature asks, and says what it is."""

from __future__ import annotations

import numpy as np
import pytest
from laws import absorption, kepler, law, oscillator, pendulum
from torch import Tensor

from lawc.diagnostics.diagnostic import CompileError, DomainError
from lawc.knowledge.law import Law
from lawc.lowering import sampler
from lawc.lowering.columns import Columns
from lawc.lowering.numpy_table import evaluate
from lawc.lowering.program import Program, compile_law
from lawc.lowering.signature import default_signature
from lawc.native.drawing import drawing


@pytest.fixture(scope="module")
def program() -> Program:
    return compile_law(absorption(), "t D F ka V CL -> C A")


def test_inputs_and_outputs_stand_in_the_order_of_the_signature(program: Program) -> None:
    assert [q.name for q in program.inputs] == ["t", "D", "F", "ka", "V", "CL"]
    assert [q.name for q in program.outputs] == ["C", "A"]
    assert program.kind == "ode" and program.variable == "t"
    assert compile_law(kepler(), "M e -> E").variable is None


def test_a_program_says_what_it_is(program: Program) -> None:
    text = repr(program)
    assert text.splitlines()[0] == "test.law: t D F ka V CL -> C A (ode)"
    assert "ka [1/h] 0.3 .. 3 log" in text and "groups: t*ka, CL/(ka*V)" in text


def test_a_program_without_ranges_can_still_be_shown() -> None:
    shown = repr(compile_law(law("y [m]\n x [m]", "same: y = 2*x"), "x -> y"))
    assert "no range is declared for x" in shown


def test_samples_and_answers_carry_units_and_lineage(program: Program) -> None:
    rows = program.sample(16, seed=5)
    answers = program.reference(rows)
    assert rows.units["ka"] == "1/h" and answers.units == {"C": "mg/L", "A": "mg"}
    assert rows.lineage["seed"] == 5 and rows.lineage["kind"] == "domain"
    assert rows.lineage["signature"] == "t D F ka V CL -> C A" and rows.lineage["lawc"]
    assert answers.lineage["reference"] == "ode" and answers.lineage["seed"] == 5
    both = rows | answers
    assert len(both) == 16 and list(both)[-2:] == ["C", "A"]


def test_the_closed_form_agrees_with_the_reference(program: Program) -> None:
    rows = program.sample(32, seed=1)
    si = {q.name: rows[q.name] * q.unit.factor for q in program.inputs}
    assert program.closed_form is not None
    found = evaluate(program.closed_form, si)
    truth, scale = program.reference(rows), program.scale(rows)
    for q in program.outputs:
        gap = np.abs(found[q.name] / q.unit.factor - truth[q.name])
        assert np.all(gap <= 1e-8 * scale[q.name])


def test_an_answer_never_exceeds_its_scale(program: Program) -> None:
    rows = program.trajectories(6, 7, seed=2)
    answers, scale = program.reference(rows), program.scale(rows)
    assert len(rows) == 42 and rows.lineage["kind"] == "trajectories"
    assert all(np.all(np.abs(answers[n]) <= 1.01 * scale[n]) for n in answers)


def test_margins_tell_inside_from_outside() -> None:
    made = compile_law(oscillator(), "t x0 m c k F0 w -> x")
    rows = made.sample(64)
    si = {q.name: rows[q.name] for q in made.inputs}
    (margin,) = evaluate(made.inside, si).values()
    assert np.all(margin > 0)
    (outside,) = evaluate(made.inside, {**si, "c": np.full(64, 500.0)}).values()
    assert np.all(outside < 0)


def test_narrower_ranges_bound_what_is_sampled(program: Program) -> None:
    narrow = program.within({"ka": (0.5, 1.0)})
    values = narrow.sample(64)["ka"]
    assert values.min() >= 0.5 and values.max() <= 1.0
    assert narrow.law.quantities["ka"].log and narrow.signature == program.signature


@pytest.mark.parametrize(
    ("domain", "error"),
    [
        ({"ka": (0.1, 1.0)}, DomainError),
        ({"ka": (1.0, 0.5)}, DomainError),
        ({"C": (0.0, 1.0)}, CompileError),
    ],
)
def test_a_domain_that_is_not_narrower_is_refused(
    program: Program, domain: dict[str, tuple[float, float]], error: type[Exception]
) -> None:
    with pytest.raises(error):
        program.within(domain)


def test_a_signature_that_asks_too_much_is_refused_when_compiled() -> None:
    with pytest.raises(CompileError, match="CL"):
        compile_law(absorption(), "t D F ka V -> C")


def test_one_law_answers_in_several_directions() -> None:
    forward, back = (compile_law(pendulum(), s) for s in ("L a -> T", "T a -> L"))
    rows = forward.sample(32)
    period = forward.reference(rows)["T"]
    again = back.reference({"T": period, "a": rows["a"]})["L"]
    np.testing.assert_allclose(again, rows["L"], rtol=1e-9)


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (absorption(), "t D F ka V CL -> A C"),
        (oscillator(), "t m c k F0 w x0 -> x E"),
        (kepler(), "e E -> M"),
        (pendulum(), "L a -> T m"),
        (law("P [] 1 .. 9\n Q [] 1 .. 9\n T [] 1 .. 9", "v: ln(P/Q) = 1 - 1/T"), "Q T -> P"),
        (law("a [] 1 .. 9\n b [] = 2\n c [] 1 .. 9 = 3\n y []", "s: y = a + b + c"), "a c -> y"),
    ],
)
def test_a_law_knows_the_direction_in_which_it_is_written(known: Law, expected: str) -> None:
    assert str(default_signature(known)) == expected
    compile_law(known, default_signature(known))


@pytest.mark.parametrize("valid", ["b < 60", "exp(a) < b"])
@pytest.mark.parametrize("native", ["1", "0"])
@pytest.mark.parametrize("what", ["domain", "iid", "faces"])
def test_rows_are_samples_with_their_answers(
    monkeypatch: pytest.MonkeyPatch, native: str, what: str, valid: str
) -> None:
    monkeypatch.setenv("LAWC_NATIVE", native)
    monkeypatch.setattr(sampler, "MANY", 1)
    drawing.cache_clear()
    known = law("y [degC]\n a [m] 1 .. 2\n b [K] 1 .. 100 log", "made: y = b*ln(a)", valid=valid)
    made = compile_law(known, "a b -> y")
    rows, inputs = made.rows(700, 3, what=what), made.sample(700, 3, what=what)
    answers = made.reference(inputs)
    assert list(rows) == ["a", "b", "y"] and rows.units == {"a": "m", "b": "K", "y": "degC"}
    assert all(np.array_equal(rows[name], inputs[name]) for name in inputs)
    np.testing.assert_allclose(rows["y"], answers["y"], rtol=1e-14)
    np.testing.assert_allclose(rows["y"], rows["b"] * np.log(rows["a"]) - 273.15, rtol=1e-13)
    assert rows.lineage["seed"] == 3 and rows.lineage["reference"] == "explicit"
    drawing.cache_clear()


@pytest.mark.parametrize("what", ["domain", "iid"])
def test_many_rows_are_answered_as_they_are_drawn_on_any_number_of_threads(
    monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setenv("LAWC_NATIVE", "0")
    known = law("y []\n a [] 1 .. 2\n b [] 1 .. 1e9 log", "made: y = sqrt(a - 1.00001)/b")
    made, drawn = compile_law(known, "a b -> y"), []
    for threads in ("1", "3"):
        monkeypatch.setenv("OMP_NUM_THREADS", threads)
        drawing.cache_clear()
        drawn.append(made.rows(120_001, 5, what=what, strict=False))
        # A row or two of so many have no answer, and none of them goes unseen.
        with pytest.raises(DomainError, match=f"in {np.isnan(drawn[0]['y']).sum()} of 120001 rows"):
            made.rows(120_001, 5, what=what)
    inputs = made.sample(120_001, 5, what=what)
    answers = inputs | made.reference(inputs, strict=False)
    for rows in drawn:
        for name in ("a", "b", "y"):
            np.testing.assert_array_equal(rows[name], answers[name])
    drawing.cache_clear()


def test_rows_without_an_answer_are_refused_or_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampler, "MANY", 1)
    made = compile_law(law("y []\n a [] -1 .. 1", "made: y = sqrt(a)"), "a -> y")
    with pytest.raises(DomainError, match=r"y has no single value in .* of 700 rows"):
        made.rows(700)
    with pytest.raises(ValueError, match="expected one of domain, iid, faces"):
        made.rows(700, what="anything")
    rows = made.rows(700, strict=False)
    assert np.array_equal(np.isnan(rows["y"]), rows["a"] < 0)


def test_the_scale_of_what_changes_its_sign_is_the_largest_over_the_domain() -> None:
    made = compile_law(
        law("y [m]\n z [m]\n x [m] -1 .. 3", "a: y = 2*x\n b: z = x + 2"), "x -> y z"
    )
    scale = made.scale({"x": np.array([0.0, 1.0, 3.0])})
    assert scale["y"] == pytest.approx([6.0, 6.0, 6.0], rel=0.01)
    assert scale["z"] == pytest.approx([2.0, 3.0, 5.0])


def test_columns_that_say_another_unit_are_refused_by_everything_that_is_asked() -> None:
    """They are those of another law, for which a number means something else."""
    hours = compile_law(law("y [m]\n t [h] 1 .. 3", "a: y = 2*t"), "t -> y").sample(4)
    made = compile_law(law("y [m]\n t [s] 1 .. 3", "a: y = 2*t"), "t -> y")

    def network(columns: dict[str, Tensor]) -> Tensor:
        return 2 * columns["t"]

    for ask in (
        made.reference,
        made.scale,
        made.residual(network),
        lambda columns: made.loss(network, columns),
    ):
        with pytest.raises(DomainError, match=r'"t" is asked for in \[s\], but .* in \[h\]'):
            ask(hours)
        ask({"t": hours["t"] * 3600})
        ask(Columns({"t": hours["t"] * 3600}))
