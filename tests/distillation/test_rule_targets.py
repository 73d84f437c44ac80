"""Vectors and networks of a decision: a layout that stays, and agreement that is told."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import torch
from tests.decision.samples import SAMPLES, day, number_port

from lawc.deciding.drawing import drawn
from lawc.deciding.edges import edges
from lawc.deciding.labels import labels
from lawc.deciding.sampler import Sampler
from lawc.decision.decision import Apportion, Decision, Point, Score, decides
from lawc.decision.exact import DecisionError, decide
from lawc.decision.formula import Named, apply, number
from lawc.decision.values import NOT_APPLICABLE, UNKNOWN, exact
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


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_every_place_is_what_its_name_says(name: str) -> None:
    decision = SAMPLES[name].decision
    vectors = RuleVectors(decision)
    rows = Sampler(decision).rows(1, 60)
    kept, answers = [], []
    for row in range(60):
        case = {
            port.name: UNKNOWN
            if port.name in rows.masks and rows.masks[port.name][row]
            else exact(float(rows.columns[port.name][row]))
            for port in decision.inputs
        }
        try:
            answers.append(decide(decision, case))
        except DecisionError:
            continue
        kept.append(row)
    made = vectors(
        {key: column[kept] for key, column in rows.columns.items()},
        {key: mask[kept] for key, mask in rows.masks.items()},
    )
    for found, answer in zip(made, answers, strict=True):
        said = dict(zip(vectors.layout, found.tolist(), strict=True))
        for port in map(decision.port, decision.outputs):
            value = answer.values[port.name]
            assert said[f"{port.name} is known"] == (value is not UNKNOWN)
            assert said[f"{port.name} applies"] == (value is not NOT_APPLICABLE)
            if not isinstance(value, Fraction):
                continue
            for place, word in enumerate(port.choices):
                assert said[f"{port.name} = {word}"] == (value == place)
            if port.name in vectors.ends:
                low, high = vectors.ends[port.name]
                assert low <= value <= high
                assert said[port.name] == pytest.approx(
                    float((value - low) / (high - low)), abs=1e-6
                )
        for step in decision.steps:
            name, lines = decides(step)[0], labels(step)
            spoke = answer.because[name]
            open_still = len(spoke) > 1 and not isinstance(step, Score)
            for place, label in enumerate(lines):
                if lines.count(label) == 1 and not isinstance(step, Apportion):
                    assert said[f"{name} by {label}"] == (place in spoke and not open_still)


def test_days_and_whole_numbers_without_a_range_are_told_apart() -> None:
    decision = SAMPLES["objection"].decision
    vectors = RuleVectors(decision)
    sent = np.array([day(f"2024-0{month}-15") for month in range(1, 6)], float)
    columns = {"sent": sent, "electronic": np.zeros(5), "received": sent + 50.0 * np.arange(5)}
    made = vectors(columns)
    for output in ("last_day", "days_late"):
        assert len(set(made[:, vectors.layout.index(output)].tolist())) >= 4


def test_vectors_of_other_scales_have_another_digest() -> None:
    tax = SAMPLES["income-tax"].decision
    wider = tuple(replace(p, high=p.high * 2) if p.high else p for p in tax.decided)
    assert RuleVectors(replace(tax)).digest == RuleVectors(tax).digest
    assert RuleVectors(replace(tax, decided=wider)).digest != RuleVectors(tax).digest


def test_a_score_of_more_lines_than_a_vector_tells_is_refused() -> None:
    lines = tuple(Point(number(1), apply("less", number(place), Named("x"))) for place in range(63))
    long = Decision(
        (number_port("x", 0, 99),), (number_port("y", None, None),), ("y",), (Score("y", lines),)
    )
    with pytest.raises(ValueError, match="y has 63 lines; a vector tells 62"):
        RuleVectors(long)


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
