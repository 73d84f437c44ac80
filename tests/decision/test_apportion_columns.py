"""Apportionments in columns, in sets and as JSON say what the exact evaluator says."""

from __future__ import annotations

import copy
import random
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.decision.samples import integer_port, n, number_port, of, yes_no

from lawc.decision.columns.evaluator import Evaluator
from lawc.decision.columns.on_torch import TorchEvaluator
from lawc.decision.decision import METHODS, TIES, Apportion, Decision, Port
from lawc.decision.exact import DecisionError, decide
from lawc.decision.formula import NO, YES, Formula, apply
from lawc.decision.partial import possible
from lawc.decision.restoring import from_json
from lawc.decision.soft.form import Soft
from lawc.decision.storing import to_json
from lawc.decision.values import UNKNOWN, Value
from lawc.decision.verifying import verify

MEMBERS = 4


@st.composite
def houses(draw: st.DrawFn, most: int = 0) -> Decision:
    """A house of four members: votes in some unit, a condition for some of them, a floor."""
    method = draw(st.sampled_from(METHODS))
    most = most or draw(st.sampled_from([6, 40, 10**6, 10**8]))
    real = draw(st.booleans())
    unknown = draw(st.booleans())
    votes = [
        number_port(f"v{at}", 0, most, may_be_unknown=unknown)
        if real
        else integer_port(f"v{at}", 0, most, may_be_unknown=unknown)
        for at in range(MEMBERS)
    ]
    flags = [yes_no(f"in{at}", may_be_unknown=unknown) for at in range(2)]
    whole = integer_port("whole", 0, draw(st.sampled_from([5, 30, 700])), may_be_unknown=unknown)
    by: list[Formula] = [of(f"v{at}") for at in range(MEMBERS)]
    if draw(st.booleans()):
        by[0] = apply("multiply", by[0], n("2/3"))
    hurdle = apply("less_equal", n(draw(st.sampled_from(["1", "2.5", "5"]))), of("v2"))
    among = (of("in0"), of("in1"), hurdle, YES)
    least = 0 if method == "remainders" else draw(st.integers(0, 1))
    seats = tuple(integer_port(f"s{at}", 0, 700) for at in range(MEMBERS))
    step = Apportion(
        tuple(port.name for port in seats), of("whole"), tuple(by), among, method,
        n(least), draw(st.sampled_from(TIES)), ("A", "B", "C", "D"),
    )  # fmt: skip
    return Decision((*votes, *flags, whole), seats, tuple(p.name for p in seats), (step,))


def drawn(port: Port, source: random.Random) -> Value:
    if port.may_be_unknown and source.random() < 0.08:
        return UNKNOWN
    if port.kind == "yes/no":
        return Fraction(source.randint(0, 1))
    assert port.high is not None
    if port.kind == "number":
        return Fraction(source.randint(0, int(port.high) * 4), 4)
    return Fraction(source.randint(0, int(port.high)))


def columns_of(
    decision: Decision, cases: list[dict[str, Value]]
) -> tuple[dict[str, Any], dict[str, Any]]:
    columns = {
        p.name: np.array([0.0 if c[p.name] is UNKNOWN else float(c[p.name]) for c in cases])  # type: ignore[arg-type]
        for p in decision.inputs
    }
    columns = {
        p.name: columns[p.name] if p.kind == "number" else columns[p.name].astype(np.int64)
        for p in decision.inputs
    }
    masks = {
        p.name: np.array([c[p.name] is UNKNOWN for c in cases], np.int8) for p in decision.inputs
    }
    return columns, {name: mask for name, mask in masks.items() if mask.any()}


@settings(deadline=None)
@given(decision=houses(), seed=st.integers(0, 10**6))
def test_columns_of_numpy_and_torch_are_equal_to_the_exact_seats(
    decision: Decision, seed: int
) -> None:
    source = random.Random(seed)
    cases, expected = [], []
    for _ in range(60):
        case = {port.name: drawn(port, source) for port in decision.inputs}
        try:
            expected.append(decide(decision, case))
            cases.append(case)
        except DecisionError:
            columns, masks = columns_of(decision, [case])
            with pytest.raises(DecisionError):
                Evaluator(decision)(columns, masks)
    if not cases:
        return
    columns, masks = columns_of(decision, cases)
    found = Evaluator(decision)(columns, masks)
    tensors = {name: torch.from_numpy(column) for name, column in columns.items()}
    torches = TorchEvaluator(decision)(
        tensors, {name: torch.from_numpy(mask) for name, mask in masks.items()}
    )
    for name in decision.outputs:
        for one in (found, torches):
            mask = one.masks[name]
            for row, answers in enumerate(expected):
                value, spoke = answers.values[name], answers.because[name]
                code = 0 if mask is None else int(mask[row])
                if isinstance(value, Fraction):
                    assert code == 0 and int(one.values[name][row]) == value
                else:
                    assert code == (1 if value is UNKNOWN else 2)
                assert int(one.because[name][row]) == (spoke[0] if len(spoke) == 1 else -1)


def test_floats_tell_most_rows_and_ties_go_to_the_exact_evaluator() -> None:
    votes = [integer_port(f"v{at}", 0, 10**8) for at in range(MEMBERS)]
    seats = tuple(integer_port(f"s{at}", 0, 700) for at in range(MEMBERS))
    for method in METHODS:
        step = Apportion(
            tuple(p.name for p in seats), of("whole"), tuple(of(p.name) for p in votes),
            (YES,) * MEMBERS, method, NO, "lots", ("A", "B", "C", "D"),
        )  # fmt: skip
        decision = Decision((*votes, integer_port("whole", 0, 700)), seats, step.outputs, (step,))
        source = np.random.default_rng(3)
        rows = {p.name: source.integers(1, 10**8, 2000) for p in votes}
        rows["whole"] = source.integers(4, 700, 2000)
        assert Evaluator(decision)(rows).exactly < 20
        same = {name: np.full(10, 1000) for name in rows} | {"whole": np.full(10, 61)}
        even = Evaluator(decision)(same)
        assert even.exactly == 10
        for name in step.outputs:
            mask = even.masks[name]
            assert mask is not None and list(mask) == [1] * 10


@settings(deadline=None)
@given(decision=houses(most=6), data=st.data())
def test_what_is_possible_holds_what_every_completion_gives(
    decision: Decision, data: st.DataObject
) -> None:
    source = random.Random(data.draw(st.integers(0, 10**6)))
    ports = {port.name: port for port in decision.inputs}
    case = {
        name: value if (value := drawn(port, source)) is not UNKNOWN else Fraction(1)
        for name, port in ports.items()
    }
    case["whole"] = Fraction(source.randint(0, 5))
    names = data.draw(
        st.lists(st.sampled_from(["v0", "v3", "in0", "whole"]), max_size=2, unique=True)
    )
    options = [range(2) if name == "in0" else range(6 if name == "whole" else 7) for name in names]
    outcomes: dict[str, set[Value]] = {name: set() for name in decision.outputs}
    for chosen in product(*options):
        try:
            full = {**case, **{k: Fraction(v) for k, v in zip(names, chosen, strict=True)}}
            answers = decide(decision, full).values
        except DecisionError:
            continue
        for name, one in outcomes.items():
            one.add(answers[name])
    given_ = {name: value for name, value in case.items() if name not in names}
    if not any(outcomes.values()):
        return
    try:
        found = possible(decision, given_)
    except DecisionError:
        assert False, "there are answers"  # noqa: B011
    for name, values in outcomes.items():
        for value in values:
            assert value is UNKNOWN or value in found.values[name]


@settings(deadline=None)
@given(houses())
def test_an_apportionment_survives_json(decision: Decision) -> None:
    assert from_json(to_json(decision)) == decision


def hostile(change: Any) -> dict[str, Any]:
    votes = tuple(integer_port(f"v{at}", 0, 9) for at in range(2))
    seats = tuple(integer_port(f"s{at}", 0, 9) for at in range(2))
    step = Apportion(
        ("s0", "s1"), n(5), (of("v0"), of("v1")), (YES, YES), "up", NO, "lots", ("A", "B")
    )
    data = to_json(Decision(votes, seats, ("s0", "s1"), (step,)))
    data = copy.deepcopy(data)
    change(data["steps"][0], data)
    return data


@pytest.mark.parametrize(
    "change",
    [
        lambda step, data: step.pop("least"),
        lambda step, data: step.update(more=1),
        lambda step, data: step.update(method="sideways"),
        lambda step, data: step.update(ties="by force"),
        lambda step, data: step.update(members=["A"]),
        lambda step, data: step.update(members=["A", "A"]),
        lambda step, data: step.update(by=step["by"][:1]),
        lambda step, data: step.update(among=[]),
        lambda step, data: step.update(outputs=["s0", "s0"]),
        lambda step, data: step.update(outputs=["s0", "nobody"]),
        lambda step, data: step.update(outputs=[]),
        lambda step, data: step.update(whole=10**9),
        lambda step, data: step.update(whole="5"),
        lambda step, data: step.update(least=None),
        lambda step, data: step.update(by=[True, False]),
        lambda step, data: step.update(outputs=["s1", "s0"]),
        lambda step, data: data["decided"][0].update(kind="date"),
    ],
)
def test_what_is_no_apportionment_is_refused(change: Any) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        from_json(hostile(change))


def test_an_apportionment_that_is_whole_is_taken() -> None:
    verify(from_json(hostile(lambda step, data: None)))


@settings(deadline=None, max_examples=5)
@given(houses())
def test_a_blur_of_seats_is_refused_in_plain_words(decision: Decision) -> None:
    with pytest.raises(ValueError, match="s0: what is apportioned comes in whole seats"):
        Soft(decision)
