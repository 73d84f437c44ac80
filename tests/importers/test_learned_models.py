"""Models that sklearn and imodels really fitted are read as what they answer."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.decision.samples import SAMPLES

from lawc.decision.differing import compare
from lawc.decision.exact import decide
from lawc.distillation.rule_trees import Tree, answer_of
from lawc.importers.learned_rules import as_decision, draft, learned_tree
from lawc.knowledge.as_of import decision_of
from lawc.pipeline.checking import check_text

RISK = SAMPLES["ckd-risk"].decision
TAX = SAMPLES["income-tax"].decision
WORDS = np.array(RISK.port("risk").choices)
NAMES = ["eGFR", "ACR"]


def table(rows: int, seed: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Rows in eighths, which floats of 32 bits hold as they are, and what the rule says of them."""
    source = np.random.default_rng(seed)
    drawn = np.stack((source.integers(0, 960, rows), source.integers(0, 4000, rows)), 1) / 8
    told = [
        decide(RISK, {"eGFR": Fraction(a), "ACR": Fraction(b)}).values["risk"] for a, b in drawn
    ]
    return drawn, WORDS[np.array([int(place) for place in told])]  # type: ignore[arg-type]


def answered(tree: Tree, rows: NDArray[Any]) -> list[Fraction]:
    found = [
        answer_of(tree, {name: Fraction(x) for name, x in zip(NAMES, row, strict=True)})
        for row in rows
    ]
    return [answer for answer in found if isinstance(answer, Fraction)]


def test_a_tree_of_sklearn_answers_what_sklearn_predicts_and_becomes_a_rule() -> None:
    trees = pytest.importorskip(
        "sklearn.tree", reason="scikit-learn is not installed: lawc[learned]"
    )
    drawn, told = table(600, 1)
    model = trees.DecisionTreeClassifier(max_depth=5, random_state=0).fit(drawn, told)
    tree = learned_tree(model, RISK.inputs, RISK.port("risk"), NAMES)
    # Rows at its thresholds, and new ones.
    at = model.tree_.threshold[model.tree_.feature >= 0]
    fresh = np.concatenate((table(300, 2)[0], np.stack((at, at), 1).clip(0, 119)))
    found = [WORDS[int(place)] for place in answered(tree, fresh)]
    assert found == model.predict(fresh).tolist()
    text = draft(tree, RISK, "risk", "learned-risk", "600 drawn rows")
    base = check_text("rules/medicine/drafts.rule", text)
    assert [str(found.code) for found in base.diagnostics if found.is_error] == []
    read = decision_of(base.rules["medicine.drafts.learned-risk"])
    assert compare(as_decision(tree, RISK, "risk"), read, ("risk",)).equal


@pytest.mark.parametrize("words", [(0, 1), ("low", "very-high")])
def test_a_rule_list_of_imodels_answers_what_imodels_predicts(words: tuple[Any, Any]) -> None:
    lists = pytest.importorskip("imodels", reason="imodels is not installed: lawc[learned]")
    pandas = pytest.importorskip("pandas", reason="pandas is not installed: lawc[data]")
    drawn, told = table(400, 3)
    model = lists.GreedyRuleListClassifier(max_depth=4)
    sides = np.array(words)[(told != "low").astype(int)]
    model.fit(pandas.DataFrame(drawn, columns=NAMES), sides, feature_names=NAMES)
    port = TAX.port("dependent") if words == (0, 1) else RISK.port("risk")
    tree = learned_tree(model, RISK.inputs, port)
    at = [[float(rule["cutoff"])] * 2 for rule in model.rules_ if "cutoff" in rule]
    fresh = np.concatenate((table(300, 4)[0], np.array(at)))
    right = model.predict(pandas.DataFrame(fresh, columns=NAMES))
    assert len(set(right.tolist())) == 2
    answers = [int(answer) for answer in answered(tree, fresh)]
    assert [port.choices[a] if port.choices else a for a in answers] == right.tolist()
