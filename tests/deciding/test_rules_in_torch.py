"""A compiled rule answers tensors as it answers words, one row after another."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.deciding.hand_made import dated_tax, rule_of
from tests.decision.samples import SAMPLES

from lawc.deciding.given import gather
from lawc.deciding.program import RuleProgram, compile_rule
from lawc.diagnostics.diagnostic import CompileError, DomainError, ShapeError

PROGRAMS = {name: compile_rule(rule_of(SAMPLES[name].decision)) for name in sorted(SAMPLES)}
CKD = PROGRAMS["ckd-risk"]


def tensors(program: RuleProgram, words: dict[str, np.ndarray]) -> dict[str, torch.Tensor]:
    """Return what was said in words as numbers, NaN where it is unknown."""
    values, masks, _ = gather(program.inputs, words)
    return {
        name: torch.from_numpy(
            np.where(masks[name] != 0, np.nan, column) if name in masks else column.copy()
        )
        for name, column in values.items()
    }


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(sorted(PROGRAMS)), st.integers(0, 2**31), st.integers(1, 30))
def test_tensors_are_answered_as_the_exact_evaluator_answers_row_by_row(
    name: str, seed: int, rows: int
) -> None:
    program = PROGRAMS[name]
    words = program.sample(rows, seed)
    exact = program.reference(words)
    found = program.answers(tensors(program, words))
    for output in program.signature.outputs:
        mask = found.masks[output]
        known = torch.zeros(rows, dtype=torch.int8) if mask is None else mask
        assert known.tolist() == np.asarray(exact.masks.get(output, [0] * rows)).tolist()
        there = known == 0
        assert found.values[output][there].tolist() == pytest.approx(
            exact.raw[output][there.numpy()].tolist(), rel=1e-15
        )
        assert found.because[output].tolist() == exact.because[output].tolist()


@pytest.mark.parametrize(
    ("columns", "problem", "words"),
    [
        ({"eGFR": torch.ones(2).double()}, ShapeError, 'a tensor for "ACR", got none'),
        ({"eGFR": [1.0], "ACR": torch.ones(1)}, ShapeError, 'a tensor for "eGFR", got list'),
        (
            {"eGFR": torch.ones(2).double(), "ACR": torch.ones(3).double()},
            ShapeError,
            r'shape \(2,\) or \(\), got \(3,\) for "ACR"',
        ),
        (
            {"eGFR": torch.tensor([9.0, np.nan]).double(), "ACR": torch.ones(2).double()},
            DomainError,
            "eGFR is missing in row 1",
        ),
    ],
)
def test_a_wrong_tensor_is_named(columns: dict, problem: type[Exception], words: str) -> None:
    with pytest.raises(problem, match=words):
        CKD.answers(columns)


@pytest.mark.parametrize(
    ("kind", "wrong", "wanted"),
    [
        ("one of", -1.0, r"0 \.\. \d+"),
        ("one of", 9.0, r"0 \.\. \d+"),
        ("one of", 0.5, r"0 \.\. \d+"),
        ("yes/no", 2.0, r"0 \.\. 1"),
        ("date", 730_000.5, "a day number"),
    ],
)
def test_a_number_that_stands_for_nothing_is_refused(kind: str, wrong: float, wanted: str) -> None:
    program, port = next(
        (p, port) for p in PROGRAMS.values() for port in p.inputs if port.kind == kind
    )
    columns = tensors(program, program.sample(2, 0))
    columns[port.name] = torch.stack([columns[port.name][0].double(), torch.tensor(wrong).double()])
    with pytest.raises(DomainError, match=rf"expected {wanted} for {port.name}, got .* in row 1"):
        program.answers(columns)


def test_a_dated_rule_answers_tensors_as_of_a_day() -> None:
    program = compile_rule(dated_tax())
    columns = {port.name: torch.tensor([20_000.0, 60_000.0]).double() for port in program.inputs}
    with pytest.raises(CompileError):
        program.answers(columns)
    day = "2024-07-01"
    spoken = program.decide({name: column.numpy() for name, column in columns.items()}, day)
    found = program.answers(columns, day)
    for output in program.signature.outputs:
        assert found.values[output].tolist() == spoken.raw[output].tolist()
