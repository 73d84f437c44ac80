"""Vectors and networks of a decision: a layout that stays, and agreement that is told."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch
from tests.decision.samples import SAMPLES

from lawc.deciding.drawing import drawn
from lawc.deciding.edges import edges
from lawc.deciding.sampler import Sampler
from lawc.decision.exact import decide
from lawc.decision.values import exact
from lawc.distillation.rule_network import fitted
from lawc.distillation.rule_vectors import RuleVectors

RISK = SAMPLES["ckd-risk"].decision


def test_each_place_of_a_vector_says_what_it_stands_for() -> None:
    vectors = RuleVectors(RISK)
    rows = Sampler(RISK).rows(0, 200)
    made = vectors(rows.columns, rows.masks)
    assert made.shape == (200, len(vectors.layout))
    assert made.min() >= 0
    assert made.max() <= 1
    for place in range(0, 200, 7):
        if rows.masks["ACR"][place]:
            assert made[place, vectors.layout.index("stage is known")] == 1
            continue
        case = {name: exact(float(column[place])) for name, column in rows.columns.items()}
        answers = decide(RISK, case)
        stage = answers.values["stage"]
        assert isinstance(stage, Fraction)
        word = RISK.port("stage").choices[int(stage)]
        assert made[place, vectors.layout.index(f"stage = {word}")] == 1
        (row,) = answers.because["risk"]
        assert made[place, vectors.layout.index(f"risk by row {row + 1}")] == 1


def test_unknown_and_not_applicable_have_places_of_their_own() -> None:
    decision = SAMPLES["housing-benefit"].decision
    vectors = RuleVectors(decision)
    columns = {"rent": np.array([800.0]), "income": np.array([0.0]), "tenure": np.array([1.0])}
    made = vectors(columns, {"income": np.array([1], np.int8)})[0]
    assert made[vectors.layout.index("benefit applies")] == 0
    assert made[vectors.layout.index("benefit is known")] == 1
    assert made[vectors.layout.index("benefit")] == 0


def test_a_layout_has_a_digest_that_changes_with_it() -> None:
    assert RuleVectors(RISK).digest == RuleVectors(RISK).digest
    assert RuleVectors(RISK).digest != RuleVectors(SAMPLES["stroke-score"].decision).digest


def test_a_network_tells_how_often_it_agrees_near_thresholds_and_away() -> None:
    network, found = fitted(RISK, "stage", rows=1500, steps=250)
    assert found.rows_near > 100
    assert found.away > 0.9
    # Half of what is right at a threshold lies on either side of it: a network blurs it.
    assert found.near < found.away
    assert found.least <= found.near
    rows = drawn(RISK.inputs, edges(RISK), np.random.default_rng(found.seed), 4000)
    known = rows.masks["ACR"] == 0
    egfr = rows.columns["eGFR"][known]
    x = {"eGFR": torch.tensor(egfr), "ACR": torch.tensor(rows.columns["ACR"][known])}
    told = sum((egfr < edge).astype(int) for edge in (90, 60, 45, 30, 15))
    with torch.no_grad():
        agrees = network(x).argmax(1).numpy() == told
    assert float(agrees.mean()) == pytest.approx(found.all, abs=1e-9)


def test_a_network_for_an_output_that_is_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="words"):
        fitted(SAMPLES["income-tax"].decision, "tax")
