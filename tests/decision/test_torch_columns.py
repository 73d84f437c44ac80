"""Columns of torch give what columns of numpy give."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.decision.generated import decisions
from tests.decision.samples import SAMPLES
from tests.decision.test_whole_columns import as_columns, biased, constants

from lawc.decision.columns.evaluator import Decided, Evaluator
from lawc.decision.columns.loading import Counts
from lawc.decision.columns.on_torch import TorchArrays, TorchEvaluator
from lawc.decision.decision import (
    Bands,
    Bracket,
    Decision,
    Interval,
    Port,
    Row,
    Scale,
    Table,
    decides,
)
from lawc.decision.exact import DecisionError
from lawc.decision.formula import Named, number


def alike(decision: Decision, seed: int, count: int) -> None:
    numbers, source = constants(decision), random.Random(seed)
    names = [name for step in decision.steps for name in decides(step)]
    ours = Evaluator(decision, names)
    cases = [
        {port.name: biased(port, numbers, source) for port in decision.inputs} for _ in range(count)
    ]
    kept = []
    for case in cases:
        columns, masks = as_columns(decision, [case])
        try:
            ours(columns, masks)
            kept.append(case)
        except DecisionError:
            continue
    if not kept:
        return
    columns, masks = as_columns(decision, kept)
    found = ours(columns, masks)
    tensors = {name: torch.from_numpy(column) for name, column in columns.items()}
    for shared in (True, False):
        same(found, TorchEvaluator(decision, names, shared)(tensors, masks), len(kept))


def same(found: Decided, others: Decided, count: int) -> None:
    for name in found.values:
        mask = found.masks[name]
        known = np.ones(count, bool) if mask is None else mask == 0
        other = others.masks[name]
        flags = np.zeros(count, np.int8) if other is None else other.numpy()
        assert (flags == (0 if mask is None else mask)).all()
        a, b = found.values[name][known], others.values[name].numpy()[known]
        # Functions such as powers differ in the last place.
        assert np.allclose(a, b, rtol=1e-12, atol=1e-12)
        assert a.dtype == b.dtype and (a.dtype.kind == "f" or (a == b).all())
        assert (found.because[name] == others.because[name].numpy()).all()
        if name in found.counts:
            counts = others.counts[name].counts.numpy()
            assert (found.counts[name].counts[known] == counts[known]).all()


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_are_alike_in_torch(name: str) -> None:
    alike(SAMPLES[name].decision, 5, 60)


@settings(max_examples=25, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(decisions(), st.integers(0, 2**32))
def test_generated_decisions_are_alike_in_torch(decision: Decision, seed: int) -> None:
    alike(decision, seed, 15)


def test_floats_of_32_bits_are_refused() -> None:
    with pytest.raises(DecisionError, match="expected float64 for 'eGFR'"):
        TorchEvaluator(SAMPLES["ckd-risk"].decision)({"eGFR": torch.zeros(2)})


def test_counts_are_tensors_too() -> None:
    evaluator = TorchEvaluator(SAMPLES["income-tax"].decision)
    income = Counts(torch.tensor([10_000_000]), SAMPLES["income-tax"].decision.port("income").step)  # type: ignore[arg-type]
    zero = torch.zeros(1, dtype=torch.int64)
    found = evaluator(
        {"income": income, **dict.fromkeys(("status", "age", "dependent", "children"), zero)}
    )
    assert found.counts["tax"].counts.tolist() == [1384100]


@pytest.mark.parametrize("name", SAMPLES)
def test_columns_make_no_tensor_on_another_device(name: str) -> None:
    # What is made without a device is made on this one, and mixes with none.
    decision = SAMPLES[name].decision
    columns, masks = as_columns(decision, [case for case, _ in SAMPLES[name].cases])
    tensors = {key: torch.from_numpy(column) for key, column in columns.items()}
    right = Evaluator(decision)(columns, masks)
    with torch.device("meta"):
        found = TorchEvaluator(decision, shared=False)(tensors, masks)
    same(right, found, len(SAMPLES[name].cases))


def test_on_a_cpu_columns_keep_their_memory() -> None:
    decision = SAMPLES["ckd-risk"].decision
    evaluator = TorchEvaluator(decision, ["risk"])
    rows = {"eGFR": torch.tensor([20.0, 95.0]).double(), "ACR": torch.tensor([5.0, 5.0]).double()}
    found = evaluator(rows)
    assert isinstance(found.values["risk"], torch.Tensor)
    assert found.values["risk"].tolist() == [3, 0]
    assert all(isinstance(spoke, torch.Tensor) for spoke in found.because.values())


def many_edges() -> Decision:
    """A scale and a table with more edges than are compared one by one."""
    x = Port("x", "integer", step=Fraction(1), low=Fraction(0), high=Fraction(1000))
    scale = Scale(
        "t",
        Named("x"),
        (Bands(tuple(Bracket(number(20 * at), number(at)) for at in range(15)), None),),
    )
    y = Port("y", "number", low=Fraction(0), high=Fraction(1000))
    rows = tuple(
        Row((Interval(Fraction(50 * at), Fraction(50 * at + 50), high_open=True),), (number(at),))
        for at in range(20)
    )
    table = Table(("band",), ("y",), (*rows, Row((None,), (number(20),), otherwise=True)))
    out = tuple(Port(name, "integer", step=Fraction(1)) for name in ("t", "band"))
    return Decision((x, y), out, ("t", "band"), (scale, table))


def test_constants_are_sent_to_a_device_once() -> None:
    evaluator = TorchEvaluator(many_edges(), shared=False)
    columns = {"x": torch.arange(1001), "y": torch.arange(1001).double()}
    evaluator(columns)
    assert isinstance(evaluator.arrays, TorchArrays)
    sent = len(evaluator.arrays._constants)
    assert sent
    evaluator(columns)
    assert len(evaluator.arrays._constants) == sent


whole_numbers = st.integers(-(2**52) + 1, 2**52 - 1)


@given(st.lists(whole_numbers, min_size=1, max_size=9), st.integers(1, 10**7))
def test_quotients_are_rounded_down_as_whole_numbers_are(found: list[int], by: int) -> None:
    beside = [x // by * by + step for x in found for step in (-1, 0, 1)]
    a = torch.tensor([*found, *(x for x in beside if abs(x) < 2**52)])
    arrays = TorchArrays(torch.device("cpu"))
    for most in (2**52 - 1, 2**62):
        assert arrays.quotient(a, by, most).tolist() == [x // by for x in a.tolist()]
