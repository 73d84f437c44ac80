"""The soft form: exact off the blur, blind to how a rule is written, and with true gradients."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.decision.samples import SAMPLES
from torch import Tensor

from lawc.decision.decision import (
    Clause,
    Clauses,
    Decision,
    Interval,
    OneOf,
    Point,
    Port,
    Row,
    Score,
    Softness,
    Table,
)
from lawc.decision.exact import decide
from lawc.decision.formula import Formula, Named, apply, every, number, some
from lawc.decision.soft.axes import bins
from lawc.decision.soft.form import Soft
from lawc.decision.soft.lines import average, lines_between
from lawc.decision.soft.truths import SoftTruths
from lawc.decision.values import NOT_APPLICABLE, UNKNOWN, Value, exact

F = Fraction
RISK = SAMPLES["ckd-risk"].decision


def column(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def one(soft: Soft, **inputs: float) -> dict[str, Tensor]:
    return {k: v[0] for k, v in soft({k: column(v) for k, v in inputs.items()}).items()}


@given(st.floats(0, 200), st.floats(0, 1000))
def test_memberships_are_never_negative_and_sum_to_one(egfr: float, acr: float) -> None:
    for member in one(Soft(RISK), eGFR=egfr, ACR=acr).values():
        assert member.min() >= 0
        assert float(member.sum()) == pytest.approx(1, abs=1e-12)


@given(st.floats(0, 200), st.floats(0, 1000))
def test_off_the_blur_the_soft_answer_is_the_exact_one(egfr: float, acr: float) -> None:
    near = any(abs(egfr - edge) <= 3 for edge in (15, 30, 45, 60, 90))
    near |= any(abs(acr - edge) <= 5 for edge in (30, 300))
    member = one(Soft(RISK), eGFR=egfr, ACR=acr)["risk"]
    said = decide(RISK, {"eGFR": exact(egfr), "ACR": exact(acr)}).values["risk"]
    assert isinstance(said, Fraction)
    if near:
        assert member.max() <= 1
    else:
        assert float(member[int(said)]) == 1


@pytest.mark.parametrize(
    "name", ["ckd-risk", "income-tax", "stroke-score", "kidney-function", "objection"]
)
def test_without_a_blur_worked_cases_come_out(name: str) -> None:
    decision = replace(SAMPLES[name].decision, softness=())
    soft = Soft(decision, outputs=[port.name for port in decision.decided])
    for facts, expected in SAMPLES[name].cases:
        if UNKNOWN in facts.values():
            continue
        found = one(soft, **{key: float(value) for key, value in facts.items()})  # type: ignore[arg-type]
        for key, value in expected.items():
            if value is NOT_APPLICABLE:
                continue
            got = found[key].argmax() if found[key].dim() else found[key]
            assert float(got) == pytest.approx(float(value), abs=1e-9)  # type: ignore[arg-type]


def noisy(f: Callable[[list[float]], float], at: list[float], widths: list[float]) -> float:
    """The mean of f where each number has the noise whose distribution is the ramp."""
    steps = 200
    cells = [(i + 0.5) / steps for i in range(steps)]
    quantiles = []
    for share in cells:
        low, high = -1.0, 1.0
        for _ in range(40):
            u = (low + high) / 2
            above = 0.5 + u * (301 - 384 * u**2 + 313 * u**4 - 102 * u**6) / 256
            low, high = (u, high) if above < share else (low, u)
        quantiles.append(low)
    total = sum(
        f([x + w * q for x, w, q in zip(at, widths, qs, strict=True)])
        for qs in itertools.product(quantiles, repeat=len(at))
    )
    return total / steps ** len(at)


@settings(max_examples=5, deadline=None)
@given(st.floats(56, 64), st.floats(26, 34))
def test_the_soft_answer_is_the_mean_under_noise(egfr: float, acr: float) -> None:
    levels = ("012", "012", "123", "233", "333", "333")

    def very(values: list[float]) -> float:
        stage = sum(values[0] < edge for edge in (90, 60, 45, 30, 15))
        return float(levels[stage][sum(values[1] >= e for e in (30, 300))])

    member = one(Soft(RISK), eGFR=egfr, ACR=acr)["risk"]
    mean = float((member * torch.arange(4)).sum())
    assert mean == pytest.approx(noisy(very, [egfr, acr], [3.0, 5.0]), abs=0.02)


# One rule in many ways of writing it.

AGE = Port("age", "integer", low=F(0), high=F(120), step=F(1))
DOSE = Port("dose", low=F(0), high=F(200))
FLAG = Port("flag", "yes/no")
OUT = Port("out")
SOFT = (Softness("out", "age", F(4)), Softness("out", "dose", F(10)))


def decision(step: Table | Clauses | Score) -> Decision:
    return Decision((AGE, DOSE, FLAG), (OUT,), ("out",), (step,), softness=SOFT)


def old(way: int) -> Formula:
    age = Named("age")
    return (
        apply("less", number(64), age),
        apply("less_equal", number(65), age),
        apply("not", apply("less", age, number(65))),
        apply("less_equal", number(130), apply("multiply", number(2), age)),
        apply("less", apply("subtract", number(F(129, 2)), age), number(0)),
    )[way % 5]


def high(way: int) -> Formula:
    dose = Named("dose")
    return (
        apply("less_equal", number(100), dose),
        apply("less", number(0), apply("subtract", dose, number(100))),
        apply("not", apply("less_equal", apply("divide", dose, number(50)), number(2))),
    )[way % 3]


def both(a: Formula, b: Formula, way: int) -> Formula:
    if way % 3 == 0:
        return apply("and", a, b)
    if way % 3 == 1:
        return apply("not", apply("or", apply("not", b), apply("not", a)))
    return every((b, a, some((a, apply("not", a)))))


def written(chance: random.Random) -> Decision:
    """5 where old and high, 3 where old only, 2 where high only, 0 otherwise; plus 1 if flagged."""
    ways = [chance.randrange(30) for _ in range(12)]
    a, b = old(ways[0]), high(ways[1])
    plus = apply("where", Named("flag"), number(1), number(0))

    def worth(value: int) -> Formula:
        return apply("add", number(value), plus)

    def no(formula: Formula) -> Formula:
        return apply("not", formula)

    match chance.randrange(4):
        case 0:
            cut = [F(0), F(chance.randrange(1, 60)), F(65), F(chance.randrange(66, 120)), None]
            spans = [
                (Interval(low, end, high_open=True), value)
                for low, end, value in zip(cut, cut[1:], (0, 0, 3, 3), strict=False)
            ]
            doses = [(Interval(None, F(100), high_open=True), 0), (Interval(F(100)), 1)]
            table = {(0, 0): 0, (0, 1): 2, (3, 0): 3, (3, 1): 5}
            rows = [
                Row((ages, amount), (worth(table[old_one, high_one]),))
                for ages, old_one in spans
                for amount, high_one in doses
            ]
            chance.shuffle(rows)
            return decision(Table(("out",), ("age", "dose"), tuple(rows)))
        case 1:
            clauses = [
                Clause("L1", worth(0)),
                Clause("L2", worth(3), a, ("L1",)),
                Clause("L3", worth(2), b, ("L1",)),
                Clause(
                    "L4", worth(5), both(old(ways[2]), high(ways[3]), ways[4]), ("L2", "L3", "L1")
                ),
            ]
            chance.shuffle(clauses)
            return decision(Clauses("out", tuple(clauses)))
        case 2:
            clauses = [
                Clause("A", worth(5), both(a, b, ways[4])),
                Clause("B", worth(3), both(a, no(b), ways[5])),
                Clause("C", worth(2), both(no(a), b, ways[6])),
                Clause("D", worth(0), both(no(a), no(b), ways[7])),
            ]
            chance.shuffle(clauses)
            return decision(Clauses("out", tuple(clauses)))
        case _:
            points = [Point(number(3), a), Point(number(2), b), Point(number(1), Named("flag"))]
            chance.shuffle(points)
            return decision(Score("out", tuple(points)))


@settings(max_examples=60, deadline=None)
@given(
    st.randoms(use_true_random=False),
    st.integers(58, 72),
    st.floats(85, 115),
    st.booleans(),
)
def test_a_rule_written_in_another_way_has_the_same_soft_form(
    chance: random.Random, age: int, dose: float, flag: bool
) -> None:
    found = one(Soft(written(chance)), age=age, dose=dose, flag=flag)["out"]

    def ramp(u: float) -> float:
        u = min(max(u, -1.0), 1.0)
        return 0.5 + u * (301 - 384 * u**2 + 313 * u**4 - 102 * u**6) / 256

    # By hand: 3 and 2 points, since 5 is their sum.
    expected = 3 * ramp((age - 64.5) / 4) + 2 * ramp((dose - 100) / 10) + flag
    assert float(found) == pytest.approx(expected, abs=1e-9)


def test_many_ways_of_writing_change_nothing() -> None:
    rows = {"age": column(*range(55, 75)), "dose": column(*[80 + 2 * i for i in range(20)])}
    rows["flag"] = column(*[i % 2 for i in range(20)])
    chance = random.Random(1)
    first = Soft(written(chance))(rows)["out"]
    for _ in range(150):
        again = Soft(written(chance))(rows)["out"]
        assert float((again - first).abs().max()) <= 1e-9


@given(st.floats(50, 70), st.floats(20, 40))
@settings(max_examples=20, deadline=None)
def test_gradients_are_those_of_finite_differences(egfr: float, acr: float) -> None:
    soft = Soft(RISK)
    x = column(egfr, acr).requires_grad_()

    def value(x: Tensor) -> Tensor:
        member = soft({"eGFR": x[:1], "ACR": x[1:]})["risk"]
        return (member * torch.arange(4.0, dtype=torch.float64)).sum()

    value(x).backward()
    for place in range(2):
        step = torch.zeros(2, dtype=torch.float64)
        step[place] = 1e-5
        slope = (value(x.detach() + step) - value(x.detach() - step)) / 2e-5
        assert x.grad is not None
        assert float(x.grad[place]) == pytest.approx(float(slope), abs=1e-4)


def test_memberships_and_averages_have_first_and_second_derivatives() -> None:
    x = column(0.3, 1.1, 2.4, 5.0).requires_grad_()
    edges = column(0.0, 1.0, 2.5)

    def lines(x: Tensor) -> Tensor:
        return lines_between(x, edges, column(0.9))

    table = torch.arange(24, dtype=torch.float64).reshape(12, 2) ** 2

    def averaged(x: Tensor) -> Tensor:
        return average(table, [lines(x), torch.sin(lines(2 * x)[:3])])

    assert torch.allclose(lines(x), bins(x, edges, column(0.9)).t(), atol=1e-15)
    for function in (lines, averaged):
        assert torch.autograd.gradcheck(function, (x,))
        assert torch.autograd.gradgradcheck(function, (x,))
    assert torch.autograd.gradcheck(lambda x: bins(x, edges, column(0.9)), (x,))
    assert torch.autograd.gradgradcheck(lambda x: bins(x, edges, column(0.9)), (x,))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_what_is_reported_is_exact_and_has_the_soft_gradient(dtype: torch.dtype) -> None:
    soft = Soft(RISK, dtype=dtype)
    egfr = torch.tensor([59.0, 61.0], dtype=dtype, requires_grad=True)
    rows = {"eGFR": egfr, "ACR": torch.tensor([10.0, 10.0], dtype=dtype)}
    told = {"risk": torch.tensor([1, 0]), "stage": torch.tensor([2, 1])}
    reported = soft(rows, told)
    assert reported["risk"].dtype == dtype
    assert reported["risk"].argmax(1).tolist() == [1, 0]
    assert torch.allclose(reported["risk"].max(1).values, torch.ones(2, dtype=dtype))
    (mine,) = torch.autograd.grad(reported["risk"][:, 1].sum(), egfr, retain_graph=True)
    (blurred,) = torch.autograd.grad(soft(rows)["risk"][:, 1].sum(), egfr)
    assert torch.equal(mine, blurred)
    assert (mine < 0).all()


def logic(formula: Formula) -> Decision:
    ports = tuple(Port(f"p{i}", "yes/no") for i in range(4))
    out = Port("out", "yes/no")
    return Decision(ports, (out,), ("out",), (Clauses("out", (Clause("A", formula),)),))


@st.composite
def formulas(draw: st.DrawFn, depth: int = 3) -> Formula:
    if depth == 0 or draw(st.booleans()):
        return Named(f"p{draw(st.integers(0, 3))}")
    operation = draw(st.sampled_from(("and", "or", "not")))
    parts = [draw(formulas(depth - 1)) for _ in range(1 if operation == "not" else 2)]
    return apply(operation, *parts)


@settings(max_examples=40, deadline=None)
@given(formulas(), st.lists(st.floats(0, 1), min_size=4, max_size=4))
def test_learned_truths_give_the_probability_of_the_condition(
    formula: Formula, p: list[float]
) -> None:
    made = logic(formula)
    names = [port.name for port in made.inputs]
    found = one(Soft(made, learned=names), **dict(zip(names, p, strict=True)))["out"]
    total = 0.0
    for values in itertools.product((0, 1), repeat=4):
        facts: Mapping[str, Value] = dict(zip(names, map(F, values), strict=True))
        weight = 1.0
        for value, chance in zip(values, p, strict=True):
            weight *= chance if value else 1 - chance
        total += weight * float(decide(made, facts).values["out"] == 1)
    assert float(found) == pytest.approx(total, abs=1e-9)


def test_words_may_be_learned_too() -> None:
    level = Port("level", "one of", choices=("low", "middle", "high"))
    cells = [OneOf(frozenset((F(0), F(1)))), OneOf(frozenset((F(2),)))]
    rows = tuple(Row((cell,), (number(worth),)) for cell, worth in zip(cells, (1, 10), strict=True))
    made = Decision((level,), (OUT,), ("out",), (Table(("out",), ("level",), rows),))
    found = Soft(made, learned=["level"])({"level": column(0.2, 0.3, 0.5)[None]})["out"]
    assert float(found[0]) == pytest.approx(0.5 + 5)


def test_a_margin_of_several_inputs_is_blurred_by_all_their_widths() -> None:
    bmi = apply("divide", Named("dose"), apply("multiply", Named("age"), Named("age")))
    step = Clauses(
        "out",
        (Clause("A", number(0)), Clause("B", number(1), apply("less", number(2), bmi), ("A",))),
    )
    soft = Soft(decision(step))
    # At the threshold the two are equally likely, off the blur one is certain.
    assert float(one(soft, age=8, dose=128, flag=0)["out"]) == pytest.approx(0.5)
    assert float(one(soft, age=30, dose=10, flag=0)["out"]) == 0
    assert 0.5 < float(one(soft, age=8, dose=130, flag=0)["out"]) < 1


def test_too_many_cells_are_refused_before_anything_is_calculated() -> None:
    ports = tuple(Port(f"q{i}", "yes/no") for i in range(13))
    step = Clauses(
        "out",
        (
            Clause(
                "A",
                apply("where", every(tuple(Named(p.name) for p in ports)), number(1), number(0)),
            ),
        ),
    )
    with pytest.raises(ValueError, match="cells"):
        Soft(Decision(ports, (OUT,), ("out",), (step,)), learned=[p.name for p in ports])


def test_a_long_score_of_learned_truths_is_not_multiplied_out() -> None:
    ports = tuple(Port(f"q{i}", "yes/no") for i in range(40))
    points = tuple(Point(number(i), Named(port.name)) for i, port in enumerate(ports))
    made = Decision(ports, (OUT,), ("out",), (Score("out", points),))
    found = one(Soft(made, learned=[p.name for p in ports]), **{p.name: 0.25 for p in ports})["out"]
    assert float(found) == pytest.approx(sum(range(40)) / 4)


@settings(max_examples=25, deadline=None)
@given(st.lists(formulas(), min_size=1, max_size=4), st.integers(0, 1000))
def test_many_conditions_together_are_each_by_itself(made: list[Formula], seed: int) -> None:
    ports = tuple(Port(f"p{i}", "yes/no") for i in range(4))
    decided = tuple(Port(f"r{k}", "yes/no") for k in range(len(made)))
    steps = tuple(
        Clauses(port.name, (Clause("A", formula),))
        for port, formula in zip(decided, made, strict=True)
    )
    many = Decision(ports, decided, tuple(port.name for port in decided), steps)
    truths = torch.rand(7, 4, dtype=torch.float64, generator=torch.manual_seed(seed))
    together = SoftTruths(many, dtype=torch.float64)(truths)
    assert together.shape == (7, len(made))
    for place, formula in enumerate(made):
        alone = Soft(logic(formula), learned=[port.name for port in ports])
        told = alone({port.name: truths[:, i] for i, port in enumerate(ports)})["out"]
        assert torch.allclose(together[:, place], told, atol=1e-12)


def test_conditions_on_what_is_no_truth_are_refused() -> None:
    with pytest.raises(ValueError, match="yes or no"):
        SoftTruths(RISK)


@pytest.mark.parametrize(
    "operation",
    [
        *("round_floor", "round_ceiling", "round_to_zero", "round_from_zero"),
        *("round_half_from_zero", "round_half_even"),
    ],
)
@given(eighths=st.integers(-80, 80), step=st.sampled_from([F(1, 2), F(1), F(2)]))
def test_amounts_of_both_signs_are_rounded_as_the_exact_answer_is(
    operation: str, eighths: int, step: Fraction
) -> None:
    ports = Port("x", low=F(-10), high=F(10)), Port("y")
    rounded = apply(operation, Named("x"), number(step))
    decision = Decision(ports[:1], ports[1:], ("y",), (Clauses("y", (Clause("L1", rounded),)),))
    said = decide(decision, {"x": F(eighths, 8)}).values["y"]
    assert isinstance(said, Fraction)
    assert float(one(Soft(decision), x=eighths / 8)["y"]) == float(said)


@pytest.mark.parametrize("name", ["ckd-risk", "income-tax", "stroke-score", "kidney-function"])
def test_the_soft_form_makes_no_tensor_on_another_device(name: str) -> None:
    # What is made without a device is made on this one, and mixes with none.
    sample = SAMPLES[name]
    cases = [case for case, _ in sample.cases if UNKNOWN not in case.values()]
    columns = {
        port.name: column(*(float(case[port.name]) for case in cases))  # type: ignore[arg-type]
        for port in sample.decision.inputs
    }
    found = []
    for device in ("cpu", "meta"):
        given_ = {key: value.clone().requires_grad_() for key, value in columns.items()}
        with torch.device(device):
            answers = Soft(sample.decision, device=torch.device("cpu"))(given_)
            # Where nothing is blurred, no answer has a slope.
            parts = [value.sum() * 0 for value in (*answers.values(), *given_.values())]
            total = torch.stack([*parts, *(answer.sum() for answer in answers.values())]).sum()
            slopes = torch.autograd.grad(total, list(given_.values()))
        found.append((answers, slopes))
    (answers, slopes), (again, also) = found
    for key, answer in answers.items():
        assert torch.equal(answer, again[key])
    for one_, other in zip(slopes, also, strict=True):
        assert torch.equal(one_, other)
