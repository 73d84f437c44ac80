"""Trees and rule lists from data: read without running them, drafted, compared with a rule."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.decision.samples import SAMPLES

from lawc.decision.differing import compare, described
from lawc.decision.exact import decide
from lawc.decision.values import exact
from lawc.distillation.rule_trees import Branch, answer_of, grid, smallest_tree
from lawc.importers.learned_rules import as_decision, draft, learned_tree
from lawc.knowledge.as_of import decision_of
from lawc.knowledge.base import KnowledgeBase
from lawc.pipeline.checking import check_text

RISK = SAMPLES["ckd-risk"].decision
TAX = SAMPLES["income-tax"].decision


def sklearn_tree(
    low: list[int],
    high: list[int],
    feature: list[int],
    threshold: list[float],
    value: list[list[float]],
    classes: list[Any],
) -> Any:
    """What sklearn leaves behind: -1 for a leaf's children, -2 for its feature."""
    tree = SimpleNamespace(
        children_left=np.array(low),
        children_right=np.array(high),
        feature=np.array(feature),
        threshold=np.array(threshold),
        value=np.array(value)[:, None, :],
    )
    names = np.array(["eGFR", "ACR"])
    return SimpleNamespace(tree_=tree, classes_=np.array(classes), feature_names_in_=names)


LEARNED = sklearn_tree(
    [1, -1, 3, -1, -1],
    [2, -1, 4, -1, -1],
    [0, -2, 1, -2, -2],
    [44.85, -2.0, 30.5, -2.0, -2.0],
    [[3, 3, 4], [0, 0, 4], [3, 3, 0], [3, 0, 0], [0, 3, 0]],
    ["low", "moderate", "very-high"],
)


@given(st.floats(0, 200), st.floats(0, 20000))
def test_a_fitted_tree_answers_as_it_did(egfr: float, acr: float) -> None:
    tree = learned_tree(LEARNED, RISK.inputs, RISK.port("risk"))
    told = "very-high" if egfr <= 44.85 else ("low" if acr <= 30.5 else "moderate")
    found = answer_of(tree, {"eGFR": exact(egfr), "ACR": exact(acr)})
    assert RISK.port("risk").choices[int(found)] == told  # type: ignore[arg-type]


def test_a_greedy_rule_list_answers_as_it_did() -> None:
    model = SimpleNamespace(
        rules_=[
            {"col": "age", "index_col": 0, "cutoff": 64.5, "flip": False, "val_right": 0.9},
            {"col": "income", "index_col": 1, "cutoff": 5000.0, "flip": True, "val_right": 1.0},
            {"val": 0.2, "num_pts": 7},
        ]
    )
    tree = learned_tree(model, TAX.inputs, TAX.port("dependent"))
    # As likely as not is no, as imodels predicts it.
    model.rules_[-1]["val"] = 0.5
    assert learned_tree(model, TAX.inputs, TAX.port("dependent")) == tree
    for age, income, told in ((65, 9000, 1), (64, 4999, 1), (64, 5000, 0), (65, 1, 1)):
        assert answer_of(tree, {"age": Fraction(age), "income": Fraction(income)}) == told


def test_a_draft_is_a_rule_that_checks_and_says_the_same() -> None:
    tree = learned_tree(LEARNED, RISK.inputs, RISK.port("risk"))
    text = draft(tree, RISK, "risk", "learned-risk", "10,000 records of a ward")
    base = check_text("rules/medicine/drafts.rule", text)
    assert [str(found.code) for found in base.diagnostics if found.is_error] == []
    rule = base.rules["medicine.drafts.learned-risk"]
    assert str(rule.status) == "draft"
    read = decision_of(rule)
    assert read.port("risk").choices == RISK.port("risk").choices
    assert compare(as_decision(tree, RISK, "risk"), read, ("risk",)).equal


singles = st.floats(0.015625, 190, width=32)


@given(singles, singles, st.integers(-3, 3))
def test_a_threshold_parts_numbers_as_single_precision_does(a: float, b: float, steps: int) -> None:
    threshold = 0.5 * (a + b)
    model = sklearn_tree(
        [1, -1, -1], [2, -1, -1], [0, -2, -2], [threshold, -2, -2], [[1, 1], [1, 0], [0, 1]],
        ["low", "high"],
    )  # fmt: skip
    tree = learned_tree(model, RISK.inputs, RISK.port("risk"))
    assert isinstance(tree, Branch)
    near = np.float32(threshold)
    for _ in range(abs(steps)):
        near = np.nextafter(near, np.float32(np.inf if steps > 0 else 0))
    # Numbers of single precision, the decimal of the draft, and what people would record.
    for number in (a, b, float(near), float(tree.cut.at), round(threshold, 3)):
        told = "low" if float(np.float32(number)) <= threshold else "high"
        place = answer_of(tree, {"eGFR": exact(number), "ACR": Fraction(0)})
        assert RISK.port("risk").choices[int(place)] == told  # type: ignore[arg-type]
    text = draft(tree, RISK, "risk", "learned", "a test")
    read = decision_of(check_text("drafts.rule", text, KnowledgeBase({})).rules["drafts.learned"])
    assert compare(as_decision(tree, RISK, "risk"), read, ("risk",)).equal


def test_a_recorded_number_falls_on_its_own_side() -> None:
    # Between 0.1 and 0.2 of single precision sklearn cuts at 0.15000000223, and 0.15 is above.
    threshold = 0.5 * (float(np.float32(0.1)) + float(np.float32(0.2)))
    model = sklearn_tree(
        [1, -1, -1], [2, -1, -1], [0, -2, -2], [threshold, -2, -2], [[1, 1], [1, 0], [0, 1]],
        ["low", "high"],
    )  # fmt: skip
    assert float(np.float32(0.15)) > threshold
    text = draft(learned_tree(model, RISK.inputs, RISK.port("risk")), RISK, "risk", "r", "a test")
    assert "< 0.15 " in text and ">= 0.15 " in text


def test_a_plain_threshold_is_written_in_full() -> None:
    leaf = {"answer": "low"}, {"answer": "high"}
    data = {"name": "eGFR", "at": 0.12345678901234567, "low": leaf[0], "high": leaf[1]}
    text = draft(learned_tree(data, RISK.inputs, RISK.port("risk")), RISK, "risk", "r", "a test")
    assert "<= 0.12345678901234566 " in text


def test_where_the_learned_rule_differs_from_the_confirmed_one_is_told() -> None:
    tree = learned_tree(LEARNED, RISK.inputs, RISK.port("risk"))
    found = compare(RISK, as_decision(tree, RISK, "risk"))
    assert not found.equal
    told = {described(region, RISK) for region in found.regions if region.output == "risk"}
    assert "eGFR 44.85 <..< 45, ACR 0 ..< 30: risk is high, not low" in told
    assert all(region.certain for region in found.regions)


@settings(max_examples=20, deadline=None)
@given(st.floats(0, 200), st.floats(0, 1000))
def test_regions_of_a_draft_are_where_the_answers_differ(egfr: float, acr: float) -> None:
    tree = learned_tree(LEARNED, RISK.inputs, RISK.port("risk"))
    case = {"eGFR": exact(egfr), "ACR": exact(acr)}
    differs = decide(RISK, case).values["risk"] != answer_of(tree, case)
    regions = compare(RISK, as_decision(tree, RISK, "risk"), ("risk",)).regions
    assert differs == any(all(case[k] in v for k, v in r.box.items()) for r in regions)


def test_the_smallest_tree_of_a_rule_drafts_a_rule_equal_to_it() -> None:
    text = draft(smallest_tree(grid(RISK, "risk")), RISK, "risk", "distilled", "the guideline")
    base = check_text("rules/medicine/drafts.rule", text)
    assert [str(found.code) for found in base.diagnostics if found.is_error] == []
    read = decision_of(base.rules["medicine.drafts.distilled"])
    assert compare(RISK, read, ("risk",)).equal


def _tree(**changed: Any) -> Any:
    """A stump of sklearn with something else in it."""
    arrays = {
        "children_left": [1, -1, -1],
        "children_right": [2, -1, -1],
        "feature": [0, -2, -2],
        "threshold": [3.0, -2, -2],
        "value": [[[1, 1]], [[1, 0]], [[0, 1]]],
    }
    return SimpleNamespace(
        tree_=SimpleNamespace(**{name: np.array(v) for name, v in (arrays | changed).items()}),
        classes_=np.array(["low", "high"]),
        feature_names_in_=np.array(["eGFR", "ACR"]),
    )


def _deep(levels: int) -> Any:
    """A tree that goes on along one side."""
    node: Any = {"answer": "high"}
    for at in range(levels):
        node = {"name": "eGFR", "at": at, "low": {"answer": "low"}, "high": node}
    return node


def test_an_average_that_is_no_answer_is_refused() -> None:
    model = _tree(value=[[[0.5]], [[0.0]], [[0.7]]])
    model.classes_ = None
    with pytest.raises(ValueError, match="no value"):
        learned_tree(model, RISK.inputs, RISK.port("risk"))


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (
            {"name": "weight", "at": 3, "low": {"answer": "low"}, "high": {"answer": "high"}},
            "no input",
        ),
        (
            {"name": "eGFR", "at": 3, "low": {"answer": "low"}, "high": {"answer": "huge"}},
            "no value",
        ),
        ({"name": "eGFR", "low": {"answer": "low"}}, "expected"),
        (object(), "no tree"),
        ({"name": "eGFR", "at": "3", "low": {"answer": "low"}, "high": {"answer": "high"}}, "`at`"),
        ({"name": "eGFR", "at": 3, "low": 5, "high": {"answer": "low"}}, "expected a node"),
        (SimpleNamespace(rules_=["if a then b"]), "no greedy rule list"),
        (SimpleNamespace(rules_=[{"val": 1, "index_col": 0}, {"val": 0}]), "no greedy rule list"),
        (SimpleNamespace(rules_=[]), "no greedy rule list"),
        (_deep(300), "deep"),
        (_tree(value=[[[1, 0], [0, 1]]] * 3), "one output"),
        (_tree(threshold=[float("inf"), -2, -2]), "missing"),
        (_tree(threshold=[-0.3, -2, -2]), r"cuts 'eGFR' at -0\.3, outside of its range 0 \.\. 200"),
        (_tree(threshold=[1.7e18, -2, -2]), "outside of its range"),
        (SimpleNamespace(tree_="if a then b"), "no tree"),
    ],
)
def test_what_is_no_tree_of_the_inputs_is_refused(model: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        learned_tree(model, RISK.inputs, RISK.port("risk"))


@pytest.mark.parametrize("features", [["ACR", "eGFR"], ["eGFR"], ["eGFR", "ACR", "age"]])
def test_a_tree_is_read_by_the_columns_that_it_was_fitted_to(features: list[str]) -> None:
    model = _tree()
    with pytest.raises(ValueError, match="the tree was fitted to eGFR, ACR, not to"):
        learned_tree(model, RISK.inputs, RISK.port("risk"), features)
    del model.feature_names_in_
    model.n_features_in_ = 2
    if len(features) != 2:
        with pytest.raises(ValueError, match="the tree was fitted to 2 columns, not to"):
            learned_tree(model, RISK.inputs, RISK.port("risk"), features)


@pytest.mark.parametrize("name", ["", "two words", "a\nrule stray", "x@1.0.0", "-x", "é"])
def test_a_draft_has_the_name_of_a_rule(name: str) -> None:
    tree = learned_tree(LEARNED, RISK.inputs, RISK.port("risk"))
    with pytest.raises(ValueError, match="expected a name such as learned-risk"):
        draft(tree, RISK, "risk", name, "a ward")


def test_a_draft_takes_what_is_unknown_as_the_rule_does() -> None:
    maybe = tuple(replace(port, may_be_unknown=True) for port in RISK.inputs)
    rule = replace(RISK, inputs=maybe)
    text = draft(learned_tree(LEARNED, maybe, RISK.port("risk")), rule, "risk", "learned", "a ward")
    base = check_text("rules/medicine/drafts.rule", text)
    assert [str(found.code) for found in base.diagnostics if found.is_error] == []
    read = decision_of(base.rules["medicine.drafts.learned"])
    assert all(port.may_be_unknown for port in read.inputs) and read.inputs


def test_words_of_a_source_cannot_leave_their_place() -> None:
    tree = learned_tree(LEARNED, RISK.inputs, RISK.port("risk"))
    text = draft(tree, RISK, "risk", "learned", 'a "ward"\nrule stray@1.0.0')
    base = check_text("rules/medicine/drafts.rule", text)
    assert list(base.rules) == [name for name in base.rules if not name.endswith("stray")]
    assert "medicine.drafts.learned" in base.rules
