"""Columns give the answers of `decide` on every row: numbers, masks, what spoke, refusals."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.decision.generated import decisions
from tests.decision.samples import SAMPLES, from_to, integer_port, n, number_port, plain_row

from lawc.decision.admission import bounds, grain
from lawc.decision.columns.evaluator import Decided, Evaluator
from lawc.decision.columns.loading import Counts
from lawc.decision.decision import (
    Bands,
    Bracket,
    Decision,
    Interval,
    OneOf,
    Point,
    Port,
    Scale,
    Score,
    Table,
    decides,
    formulas,
)
from lawc.decision.exact import DecisionError, decide
from lawc.decision.formula import YES, Apply, Named, Number, apply, walk
from lawc.decision.values import NOT_APPLICABLE, UNKNOWN, Value

Case = Mapping[str, Value]


def constants(decision: Decision) -> list[Fraction]:
    """Every number of a decision: the thresholds are among them."""
    found: set[Fraction] = set()
    for step in decision.steps:
        for formula in formulas(step):
            found |= {node.value for node in walk(formula) if isinstance(node, Number)}
        if isinstance(step, Table):
            cells = [cell for row in step.rows for cell in row.cells]
            for cell in cells:
                if isinstance(cell, Interval):
                    found |= {end for end in (cell.low, cell.high) if end is not None}
                elif isinstance(cell, OneOf):
                    found |= cell.values
    return sorted(found)


def biased(port: Port, numbers: Sequence[Fraction], source: random.Random) -> Value:
    """A value at or beside a number of the decision, or anywhere, or unknown."""
    if port.may_be_unknown and source.random() < 0.3:
        return UNKNOWN
    low, high = bounds(port)
    low = Fraction(-(10**6)) if low is None else low
    high = Fraction(10**6) if high is None else high
    step = grain(port)
    if numbers and source.random() < 0.7:
        value = source.choice(numbers) + source.choice((0, 0, 1, -1)) * (step or Fraction(1, 10**6))
    else:
        value = low + (high - low) * Fraction(source.randrange(10**6 + 1), 10**6)
    value = min(max(value, low), high)
    if step is not None:
        return (value / step).__floor__() * step
    return Fraction(repr(float(round(value, source.choice((0, 1, 2, 6))))))


def as_columns(
    decision: Decision, cases: Sequence[Case]
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    columns, masks = {}, {}
    for port in decision.inputs:
        values = [case[port.name] for case in cases]
        plain = [value if isinstance(value, Fraction) else 0 for value in values]
        if port.kind == "number":
            columns[port.name] = np.array([float(value) for value in plain])
        else:
            columns[port.name] = np.array([int(value) for value in plain])
        masks[port.name] = np.array([value is UNKNOWN for value in values], np.int8)
    return columns, masks


def answered(found: Decided, name: str, row: int, port: Port) -> Value | float:
    mask = found.masks[name]
    if mask is not None and mask[row]:
        return {1: UNKNOWN, 2: NOT_APPLICABLE}[int(mask[row])]
    if name in found.counts:
        counts = found.counts[name]
        return int(counts.counts[row]) * counts.unit
    value = found.values[name][row].item()
    return Fraction(value) if port.kind != "number" else value


def agree(decision: Decision, cases: Sequence[Case]) -> int:
    """Check every case, and return how many rows were left to `decide`."""
    names = [name for step in decision.steps for name in decides(step)]
    evaluator = Evaluator(decision, names)
    expected = []
    kept = []
    for case in cases:
        try:
            expected.append(decide(decision, case))
            kept.append(case)
        except DecisionError as error:
            columns, masks = as_columns(decision, [case])
            with pytest.raises(DecisionError) as caught:
                evaluator(columns, masks)
            assert str(caught.value) == f"row 0: {error}"
    if not kept:
        return 0
    columns, masks = as_columns(decision, kept)
    found = evaluator(columns, masks)
    for row, answers in enumerate(expected):
        for name in names:
            value = answered(found, name, row, decision.port(name))
            if isinstance(value, float):
                right = answers.values[name]
                assert isinstance(right, Fraction), (name, kept[row])
                assert value == pytest.approx(float(right), rel=1e-12, abs=1e-12), (name, kept[row])
            else:
                assert value == answers.values[name], (name, kept[row])
            spoke = answers.because[name]
            if name in evaluator.scores:
                trace = sum(1 << place for place in spoke)
            else:
                trace = spoke[0] if len(spoke) == 1 else -1
            assert found.because[name][row] == trace, (name, kept[row], spoke)
    return found.exactly


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_agree_on_worked_cases_and_beside_every_number(name: str) -> None:
    decision = SAMPLES[name].decision
    numbers, source = constants(decision), random.Random(name)
    cases = [
        {port.name: biased(port, numbers, source) for port in decision.inputs} for _ in range(200)
    ]
    agree(decision, [case for case, _ in SAMPLES[name].cases])
    left = agree(decision, cases)
    # Real powers leave rows to be done exactly only at a tie; counts leave none.
    assert left <= (20 if name in ("kidney-function", "ckd-risk") else 0)


# To shrink a decision takes minutes, and its parts are small as they are.
@settings(max_examples=80, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(decisions(), st.integers(0, 2**32))
def test_generated_decisions_agree_beside_every_number(decision: Decision, seed: int) -> None:
    numbers, source = constants(decision), random.Random(seed)
    cases = [
        {port.name: biased(port, numbers, source) for port in decision.inputs} for _ in range(25)
    ]
    agree(decision, cases)


def one_table(ports: Sequence[Port], rows: int, seed: int, policy: str) -> Decision:
    """A table of boxes, that overlap and leave gaps closed by nothing."""
    source = random.Random(seed)
    made = []
    for place in range(rows):
        cells = []
        for port in ports:
            low, high = source.randrange(0, 30), source.randrange(1, 40)
            cells.append(
                source.choice(
                    (None, from_to(low, low + high), OneOf(frozenset((Fraction(low),))))
                    if port.kind == "integer"
                    else (None, from_to(low, low + high))
                )
            )
        made.append(plain_row(tuple(cells), n(place)))
    names = tuple(port.name for port in ports)
    decided = integer_port("y", 0, rows)
    return Decision(tuple(ports), (decided,), ("y",), (Table(("y",), names, tuple(made), policy),))


@pytest.mark.parametrize("policy", ["first", "unique", "any"])
@pytest.mark.parametrize("axes", [2, 5, 12])
def test_tables_of_many_axes_agree(policy: str, axes: int) -> None:
    ports = [
        integer_port(f"i{a}", 0, 60) if a % 2 else number_port(f"x{a}", 0, 60) for a in range(axes)
    ]
    decision = one_table(ports, 70, axes, policy)
    source, numbers = random.Random(1), [Fraction(v) for v in range(40)]
    cases = [{port.name: biased(port, numbers, source) for port in ports} for _ in range(60)]
    agree(decision, cases)


def test_floats_are_read_as_somebody_wrote_them() -> None:
    x, y = number_port("x", 0, 1), integer_port("y", 0, 1)
    rows = (plain_row((from_to(None, "0.3"),), n(0)), plain_row((from_to("0.3", None),), n(1)))
    decision = Decision((x,), (y,), ("y",), (Table(("y",), ("x",), rows),))
    third = (plain_row((from_to(None, Fraction(1, 3)),), n(0)),)  # type: ignore[arg-type]
    third += (plain_row((from_to(Fraction(1, 3), None),), n(1)),)  # type: ignore[arg-type]
    other = Decision((x,), (y,), ("y",), (Table(("y",), ("x",), third),))
    evaluator = Evaluator(decision)
    found = evaluator({"x": np.array([0.3, 0.29999999999999993, 0.1 + 0.2])})
    assert found.values["y"].tolist() == [1, 0, 1] and found.exactly == 0
    assert Evaluator(other)({"x": np.array([1 / 3])}).values["y"].tolist() == [0]


def test_money_is_counted_and_what_is_finer_than_a_coin_is_refused() -> None:
    tax = Evaluator(SAMPLES["income-tax"].decision)
    someone = {name: np.array([0, 0]) for name in ("status", "age", "dependent", "children")}
    found = tax(someone | {"income": np.array([100000.0, 26200.05])})
    assert found.counts["tax"].counts.tolist() == [1384100, 116001]
    assert found.values["tax"].tolist() == [13841.0, 1160.01]
    cents = Counts(np.array([10000000, 2620005]), Fraction(1, 100))
    assert tax(someone | {"income": cents}).counts["tax"].counts.tolist() == [1384100, 116001]
    with pytest.raises(DecisionError, match=r"row 1: income = 0.005 is no multiple of 0.01"):
        tax(someone | {"income": np.array([1.0, 0.005])})
    with pytest.raises(DecisionError, match=r"row 0: income = -1 lies outside"):
        tax(someone | {"income": np.array([-1.0, 1])})
    with pytest.raises(DecisionError, match="finite number"):
        tax(someone | {"income": np.array([float("nan"), 1])})


def test_columns_that_do_not_fit_are_refused() -> None:
    risk = Evaluator(SAMPLES["ckd-risk"].decision)
    with pytest.raises(DecisionError, match="one length"):
        risk({"eGFR": np.zeros(2), "ACR": np.zeros(3)})
    with pytest.raises(DecisionError, match="'eGFR', which may not be unknown"):
        risk({"ACR": np.zeros(3)})
    with pytest.raises(DecisionError, match="no input"):
        risk({"eGFR": np.zeros(2), "egfr": np.zeros(2)})
    with pytest.raises(DecisionError, match="row 1: expected a value for 'eGFR'"):
        risk({"eGFR": np.ones(2), "ACR": np.ones(2)}, {"eGFR": np.array([0, 1])})
    assert risk({"eGFR": np.array([20.0])}).values["risk"].tolist() == [3]


def test_a_range_that_64_bits_do_not_hold_is_refused() -> None:
    port = number_port("x", 0, 10**18, step=Fraction(1, 100))
    step = Scale("y", Number(Fraction(1)), ())
    with pytest.raises(DecisionError, match="does not fit 64 bits"):
        Evaluator(Decision((port,), (number_port("y", None, None),), ("y",), (step,)))


def test_no_column_is_longer_than_its_part() -> None:
    decision = SAMPLES["ckd-risk"].decision
    evaluator = Evaluator(decision)
    egfr = np.linspace(0, 200, 40001)
    evaluator.chunk = 1000
    parts = evaluator({"eGFR": egfr, "ACR": egfr})
    evaluator.chunk = 10**6
    whole = evaluator({"eGFR": egfr, "ACR": egfr})
    for name in decision.outputs:
        assert (parts.values[name] == whole.values[name]).all()
        assert (parts.because[name] == whole.because[name]).all()


def grown(wide: int, kind: str = "number") -> Decision:
    """A tax of an exponential in cents, or a product of whole numbers."""
    if kind == "number":
        power = Apply("exp", (Named("x"),))
        to = ("round_half_even", Number(Fraction(1, 100)))
        step = Scale("y", power, (Bands((Bracket(n(0), n(1)),)),), rounding=to)
    else:
        step = Score("y", (Point(Apply("power", (Named("x"), n(7))), YES),))
    return Decision((integer_port("x", 0, wide),), (Port("y", kind),), ("y",), (step,))


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.integers(0, 700), min_size=1, max_size=6), st.sampled_from(["number", "integer"])
)
def test_what_64_bits_do_not_count_is_no_count_and_never_another_value(
    rows: list[int], kind: str
) -> None:
    decision = grown(700, kind)
    values = [decide(decision, {"x": Fraction(x)}).values["y"] for x in rows]
    try:
        found = Evaluator(decision)({"x": np.array(rows)})
    except DecisionError as error:
        assert kind == "integer"
        assert max(v for v in values if isinstance(v, Fraction)) >= 2**63
        assert "row" in str(error)
        return
    for at, value in enumerate(values):
        assert isinstance(value, Fraction)
        if kind == "integer":
            assert int(found.values["y"][at]) == value
        else:
            assert float(found.values["y"][at]) == float(value)
    if "y" in found.counts:
        unit = found.counts["y"].unit
        assert [int(c) * unit for c in found.counts["y"].counts] == values


def test_what_no_float_holds_is_refused_with_its_row() -> None:
    decision = grown(700)
    (step,) = decision.steps
    assert isinstance(step, Scale)
    squared = apply("multiply", step.on, step.on)
    evaluator = Evaluator(replace(decision, steps=(replace(step, on=squared),)))
    with pytest.raises(DecisionError, match="row 1: 'y' is beyond the largest float"):
        evaluator({"x": np.array([3, 600])})
    assert list(evaluator.refused({"x": np.array([3, 600])})) == [1]


def test_points_without_a_unit_in_common_are_added_as_they_are() -> None:
    at = (1, 4, 8)
    roots = {k: Apply("sqrt", (n(k),)) for k in (2, 3, 5)}
    large = {Fraction(2**60 + k): Number(Fraction(2**60 + k)) for k in (1, 7, 9)}
    for worth, points in (([k**0.5 for k in roots], roots), (list(large), large)):
        lines = tuple(
            Point(p, apply("less_equal", n(k), Named("x")))
            for k, p in zip(at, points.values(), strict=True)
        )
        step = Score("y", lines * 2)
        decision = Decision((integer_port("x", 0, 10),), (Port("y", "number"),), ("y",), (step,))
        found = Evaluator(decision)({"x": np.arange(11)})
        for x in range(11):
            wanted = 2 * sum(w for w, k in zip(worth, at, strict=True) if x >= k)
            assert found.values["y"][x] == pytest.approx(float(wanted), rel=1e-15)
