"""Columns of torch give what columns of numpy give."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.decision.generated import decisions
from tests.decision.samples import SAMPLES
from tests.decision.test_whole_columns import as_columns, biased, constants

from lawc.decision.columns import Counts, Evaluator
from lawc.decision.decision import Decision, decides
from lawc.decision.exact import DecisionError
from lawc.decision.torch_columns import TorchEvaluator


def alike(decision: Decision, seed: int, count: int) -> None:
    numbers, source = constants(decision), random.Random(seed)
    names = [name for step in decision.steps for name in decides(step)]
    ours, theirs = Evaluator(decision, names), TorchEvaluator(decision, names)
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
    others = theirs(tensors, masks)
    for name in names:
        mask = found.masks[name]
        known = np.ones(len(kept), bool) if mask is None else mask == 0
        other = others.masks[name]
        flags = np.zeros(len(kept), np.int8) if other is None else other.numpy()
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
