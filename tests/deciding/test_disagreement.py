"""A loss against a rule is zero where a network says what the rule says, and leads there."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.deciding.hand_made import dated_tax, rule_of
from tests.decision.samples import SAMPLES
from torch import Tensor

from lawc.deciding.program import RuleProgram, compile_rule
from lawc.decision.decision import Decision, Interval, Port, Row, Softness, Table
from lawc.decision.formula import number
from lawc.diagnostics.diagnostic import CompileError, DomainError, ShapeError
from lawc.knowledge.words import Status

Answers = Mapping[str, Tensor]


def stage_rule() -> RuleProgram:
    """`stage` is high from 60 on, blurred by 5."""
    rows = (
        Row((Interval(None, Fraction(60), False, True),), (number(0),)),
        Row((Interval(Fraction(60), None),), (number(1),)),
    )
    decision = Decision(
        (Port("x", low=Fraction(0), high=Fraction(100)),),
        (Port("stage", "one of", choices=("low", "high")),),
        ("stage",),
        (Table(("stage",), ("x",), rows),),
        softness=(Softness("stage", "x", Fraction(5)),),
    )
    return compile_rule(rule_of(decision))


@settings(max_examples=40, deadline=None)
@given(x=st.floats(0, 100), p=st.floats(0.001, 0.999))
def test_the_value_is_that_of_the_exact_answer(x: float, p: float) -> None:
    program = STAGE
    said = torch.tensor([[1 - p, p]], dtype=torch.float64)
    loss = program.loss(lambda _: {"stage": said}, {"x": [x]})
    assert float(loss) == pytest.approx(-math.log(p if x >= 60 else 1 - p), rel=1e-12)


def test_slopes_lead_an_input_over_its_threshold() -> None:
    x = torch.tensor([57.0, 30.0], dtype=torch.float64, requires_grad=True)
    high = torch.tensor([[0.1, 0.9], [0.1, 0.9]], dtype=torch.float64)
    STAGE.loss(lambda _: {"stage": high}, {"x": x}).backward()
    assert x.grad is not None
    # In the blur a larger x agrees more; far from it the label says nothing of x.
    assert x.grad[0] < 0 and x.grad[1] == 0


def test_a_fact_that_the_network_finds_is_taught_by_the_rule() -> None:
    guess = torch.tensor([57.0], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([guess], lr=2.0)
    sure = torch.tensor([[0.05, 0.95]], dtype=torch.float64)
    for _ in range(60):
        optimizer.zero_grad()
        STAGE.loss(lambda _: {"x": guess, "stage": sure}, {}).backward()
        optimizer.step()
    assert float(guess.detach()) > 60
    assert STAGE.objective.disagreeing(lambda _: {"x": guess, "stage": sure}, {})["stage"] == 0


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_a_network_that_says_what_the_rule_says_has_no_loss(name: str) -> None:
    program = compile_rule(rule_of(SAMPLES[name].decision))
    rows = program.sample(64, seed=2)
    found = program.decide(rows)

    def right(_: Answers) -> Answers:
        said: dict[str, Tensor] = {}
        for port in program.outputs:
            values = torch.from_numpy(np.array(found.raw[port.name], np.float64))
            if port.choices:
                values = torch.nn.functional.one_hot(values.long(), len(port.choices)).double()
            said[port.name] = values
        return said

    parts = program.objective.parts(right, rows)
    assert set(parts) == {port.name for port in program.outputs}
    assert all(float(part) < 1e-18 for part in parts.values())
    assert set(program.objective.disagreeing(right, rows).values()) == {0.0}

    def wrong(given: Answers) -> Answers:
        return {
            name: values.roll(1, 1) if values.dim() == 2 else values + 1e6
            for name, values in right(given).items()
            if program.decision.port(name).kind != "yes/no"
        }

    assert all(float(part) > 1e-6 for part in program.objective.parts(wrong, rows).values())


def test_probabilities_of_an_unseen_word_go_through_the_rule() -> None:
    tax = compile_rule(rule_of(SAMPLES["income-tax"].decision))
    word = next(port for port in tax.inputs if port.choices)
    rows = tax.sample(16, seed=1)
    logits = torch.zeros(16, len(word.choices), dtype=torch.float64, requires_grad=True)
    target = next(port.name for port in tax.outputs if port.kind == "number")
    wanted = torch.from_numpy(np.array(tax.decide(rows).raw[target], np.float64))

    def network(_: Answers) -> Answers:
        return {word.name: torch.softmax(logits, 1), target: wanted}

    rest = {name: column for name, column in rows.items() if name != word.name}
    before = tax.loss(network, rest)
    before.backward()
    assert logits.grad is not None and float(logits.grad.abs().sum()) > 0
    with torch.no_grad():
        logits -= 5 * logits.grad / logits.grad.abs().max()
        after = tax.loss(network, rest)
    assert float(after) < float(before.detach())


def test_what_is_not_said_of_a_rule_is_told() -> None:
    with pytest.raises(ShapeError, match="expected shape"):
        STAGE.loss(lambda _: {"stage": torch.zeros(1)}, {"x": [3.0]})
    with pytest.raises(ShapeError, match="expected an answer for one of stage"):
        STAGE.loss(lambda _: {"risk": torch.zeros(1)}, {"x": [3.0]})
    with pytest.raises(ShapeError, match='a column for "x"'):
        STAGE.loss(lambda _: {"stage": torch.full((1, 2), 0.5)}, {})
    with pytest.raises(CompileError, match="ask as of a date"):
        compile_rule(dated_tax()).loss(lambda _: {}, {})


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (None, "expected answers by name, as tensors, .* got NoneType"),
        (torch.zeros(2, 2), "expected answers by name, as tensors, .* got Tensor"),
        ({"stage": np.zeros((2, 2))}, "got stage: ndarray"),
        ({}, "expected an answer for one of stage, got none"),
        (
            {"stage": torch.tensor([[3.0, -1.0], [0.0, 1.0]])},
            "outside of 0 and 1; take the softmax",
        ),
        ({"stage": torch.tensor([[0.9, 0.9], [0.0, 1.0]])}, '"stage" that sum to 1'),
    ],
)
def test_what_a_network_cannot_mean_is_refused(answers: Any, said: str) -> None:
    with pytest.raises((ShapeError, DomainError), match=said):
        STAGE.loss(lambda _: answers, {"x": [3.0, 90.0]})


def test_what_a_network_finds_of_a_word_is_a_probability_of_each() -> None:
    tax = compile_rule(rule_of(SAMPLES["income-tax"].decision))
    word = next(port for port in tax.inputs if port.choices)
    rest = {name: c for name, c in tax.sample(3, seed=1).items() if name != word.name}
    for found, said in (
        (torch.zeros(3), "expected shape"),
        (torch.full((3, len(word.choices)), 2.0), "outside of 0 and 1"),
    ):
        with pytest.raises((ShapeError, DomainError), match=said):
            tax.loss(lambda _, found=found: {word.name: found, "due": torch.zeros(3)}, rest)


@pytest.mark.parametrize("one", [60, 60.0, [60.0], torch.tensor(60.0), torch.tensor([60.0])])
def test_one_value_counts_for_all_rows_in_every_dress(one: Any) -> None:
    program = compile_rule(rule_of(SAMPLES["ckd-risk"].decision), "eGFR ACR -> risk")
    said = torch.tensor([[0.1, 0.2, 0.3, 0.4]] * 3, dtype=torch.float64)
    ratios = torch.tensor([3.0, 40.0, 400.0])
    whole = {"eGFR": torch.full((3,), 60.0), "ACR": ratios}
    found = program.loss(lambda _: {"risk": said}, {"eGFR": one, "ACR": ratios})
    assert float(found) == float(program.loss(lambda _: {"risk": said}, whole))
    with pytest.raises(ShapeError, match=r"expected shape \(3,\), got \(2,\)"):
        program.loss(lambda _: {"risk": said}, {"eGFR": torch.ones(2), "ACR": ratios})


def test_a_contested_rule_counts_only_where_it_is_asked_to() -> None:
    rule = replace(STAGE.rule, status=Status.CONTESTED)
    contested = compile_rule(rule)
    said = torch.tensor([[0.5, 0.5]], dtype=torch.float64)
    assert float(contested.loss(lambda _: {"stage": said}, {"x": [3.0]})) == 0
    assert float(contested.loss(lambda _: {"stage": said}, {"x": [3.0]}, weight=2)) > 1


STAGE = stage_rule()
