"""Where a source prints what holds at the very edge, the shipped rule says it.

Calculators differ from these papers in `>` and `>=`; each line has the words of the paper.
"""

from __future__ import annotations

from typing import Any

import pytest
from asking import ask

from lawc.knowledge.base import KnowledgeBase

HEART = {
    "history": "slightly", "ECG": "normal", "age": 30, "factors": 0, "atherosclerosis": False,
    "troponin": 1,
}  # fmt: skip
LEG = dict.fromkeys(
    ("cancer", "bedridden", "paralysed", "collateral", "whole", "tender", "pitting", "before",
     "alternative"), False,
)  # fmt: skip
BEAT = {"HR": 60}

EDGES: tuple[tuple[str, str, dict[str, Any], str, Any], ...] = (
    ("≤ 45 years 0", "heart.heart-score", {**HEART, "age": 45}, "p_age", 0),
    ("> 45 and < 65 years 1", "heart.heart-score", {**HEART, "age": 46}, "p_age", 1),
    ("> 45 and < 65 years 1", "heart.heart-score", {**HEART, "age": 64}, "p_age", 1),
    ("≥ 65 years 2", "heart.heart-score", {**HEART, "age": 65}, "p_age", 2),
    ("≤ normal limit 0", "heart.heart-score", {**HEART, "troponin": 1}, "p_troponin", 0),
    ("> 1 and < 3 ×", "heart.heart-score", {**HEART, "troponin": 2.9}, "p_troponin", 1),
    ("≥ 3 × normal limit 2", "heart.heart-score", {**HEART, "troponin": 3}, "p_troponin", 2),
    ("at least 3 cm larger", "heart.wells-thrombosis", {**LEG, "calf": 3}, "score", 1),
    ("at least 3 cm larger", "heart.wells-thrombosis", {**LEG, "calf": 2.9}, "score", 0),
    ("women, 460 ms or longer", "heart.qt-corrected", {**BEAT, "sex": "female", "QT": 460},
     "verdict", "prolonged"),
    ("women, 460 ms or longer", "heart.qt-corrected", {**BEAT, "sex": "female", "QT": 459},
     "verdict", "normal"),
    ("men, 450 ms or longer", "heart.qt-corrected", {**BEAT, "sex": "male", "QT": 450},
     "verdict", "prolonged"),
    ("men, 450 ms or longer", "heart.qt-corrected", {**BEAT, "sex": "male", "QT": 449},
     "verdict", "normal"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("words", "identity", "given", "output", "answer"),
    EDGES,
    ids=[f"{number}-{edge[1]}" for number, edge in enumerate(EDGES)],
)
def test_a_rule_answers_at_an_edge_as_its_source_prints(
    library: KnowledgeBase,
    words: str,
    identity: str,
    given: dict[str, Any],
    output: str,
    answer: Any,
) -> None:
    assert ask(library.rules[f"medicine.{identity}"], given)[output] == answer, words
