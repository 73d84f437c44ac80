"""A rule is frozen as it is: exact, sealed, refused where it was tampered with."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
import torch
from tests.deciding.hand_made import dated_tax, paper_tax, rule_of
from tests.decision.samples import SAMPLES
from torch import nn

import lawc
from lawc.artifact.manifest import ManifestError, read_manifest
from lawc.artifact.module import FrozenModule
from lawc.artifact.store import load
from lawc.certificate.rules import certify_rule, distil_rule
from lawc.deciding.points import cases
from lawc.deciding.program import compile_rule
from lawc.decision.decision import Clause, Clauses
from lawc.decision.exact import decide
from lawc.decision.formula import number
from lawc.decision.values import Absent, Value
from lawc.diagnostics.diagnostic import BuildError
from lawc.forms.decision import DecisionForm
from lawc.forms.reading import read_form
from lawc.knowledge.words import Status

everything = pytest.mark.parametrize("name", sorted(SAMPLES))


def frozen(name: str, folder: Path) -> FrozenModule:
    program = lawc.compile(rule_of(SAMPLES[name].decision))
    student = lawc.distil(program)
    return lawc.freeze(student, lawc.certify(student, points=256), folder / "test" / name)


@everything
def test_a_frozen_rule_answers_every_case_as_exact_arithmetic_does(
    name: str, tmp_path: Path
) -> None:
    module = frozen(name, tmp_path)
    decision = SAMPLES[name].decision
    tried = cases(decision, 200, seed=5)

    def number(value: Value) -> float:
        return float("nan") if isinstance(value, Absent) else float(value)

    columns = {
        port.name: torch.tensor([number(case[port.name]) for case in tried], dtype=torch.float64)
        for port in decision.inputs
    }
    answer = module(columns)
    value = answer.value if len(module.outputs) > 1 else answer.value.unsqueeze(-1)
    for row, case in enumerate(tried):
        truth = decide(decision, case).values
        expected = [truth[port.name] for port in module.outputs]
        absent = any(isinstance(one, Absent) for one in expected)
        assert float(answer.inside[row]) == (0.0 if absent else 1.0)
        assert value[row].tolist() == [
            0.0 if isinstance(one, Absent) else pytest.approx(float(one), rel=1e-15)
            for one in expected
        ]


def test_the_certificate_of_a_rule_is_exact(tmp_path: Path) -> None:
    module = frozen("income-tax", tmp_path)
    certificate = module.manifest.certificate
    assert certificate["grade"] == "A"
    assert certificate["worst"] == 0.0
    assert "evaluated exactly" not in json.dumps(certificate)
    card = next((tmp_path / "test").rglob("card.md"), None) or next(tmp_path.rglob("*.md"))
    assert "Grade **A**" in card.read_text(encoding="utf-8")


def test_a_module_of_a_rule_is_read_back_and_decides_in_words(tmp_path: Path) -> None:
    module = frozen("ckd-risk", tmp_path)
    again = load(tmp_path / "test" / "ckd-risk")
    assert again.manifest.digest == module.manifest.digest
    found = again.decide({"eGFR": [26.38, 50], "ACR": [350, None]})
    assert found["risk"].tolist() == ["very-high", "unknown"]
    assert found.why("stage").tolist() == ["row 5", "row 3"]
    assert again.verify() == 0.0


def test_a_changed_rule_is_refused(tmp_path: Path) -> None:
    module = frozen("ckd-risk", tmp_path)
    stored = json.loads(module.manifest.to_text())
    stored["form"]["decision"]["steps"][0]["rows"][0]["label"] = "other"
    with pytest.raises(ManifestError, match="was changed after it was sealed"):
        read_manifest(json.dumps(stored).encode())


@pytest.mark.parametrize("spoil", ["weights", "more", "steps"])
def test_a_description_that_is_no_decision_is_refused(spoil: str) -> None:
    spec = copy.deepcopy(DecisionForm(SAMPLES["ckd-risk"].decision).spec())
    weights = {"w": torch.zeros(1)} if spoil == "weights" else {}
    if spoil == "more":
        spec["code"] = "1"
    if spoil == "steps":
        spec["decision"]["steps"] = []
    with pytest.raises(ValueError, match=r"a rule is a decision|not a decision"):
        read_form(spec, weights)


def test_single_precision_amounts_are_meant_in_coins(tmp_path: Path) -> None:
    program = lawc.compile(dated_tax(), as_of="2024-07-01")
    student = lawc.distil(program)
    module = lawc.freeze(student, lawc.certify(student, points=128), tmp_path / "law" / "tax")
    income = torch.tensor([50000.1, 0.1, 33333.33], dtype=torch.float32)
    tax = module({"income": income}).value[:, 1]
    for row, text in enumerate(("50000.1", "0.1", "33333.33")):
        expected = float(paper_tax(Fraction(text), 2024))
        assert float(tax[row]) == pytest.approx(expected, rel=1e-6)
    assert module.manifest.provenance["as_of"] == "2024-07-01"


def test_questions_outside_of_the_rule_are_not_inside(tmp_path: Path) -> None:
    module = frozen("ckd-risk", tmp_path)
    answer = module({"eGFR": torch.tensor([900.0, 50.0]), "ACR": torch.tensor([10.0, 10.0])})
    assert answer.inside.tolist() == [0.0, 1.0]
    assert answer.error[0].isinf().all() and not answer.error[1].isinf().any()


def test_a_frozen_rule_stays_what_it_is_inside_a_network(tmp_path: Path) -> None:
    module = frozen("income-tax", tmp_path)
    net = nn.Sequential(nn.Linear(1, 1)).half()
    net.add_module("tax", module)
    net.train()
    assert not module.training
    assert list(module.parameters()) == []


def test_an_evaluator_that_errs_gets_no_certificate() -> None:
    program = compile_rule(rule_of(SAMPLES["income-tax"].decision))
    wrong = Clauses("deduction", (Clause("D1", number(14600)),))
    student = distil_rule(program)
    steps = (wrong, *program.decision.steps[1:])
    broken = DecisionForm(replace(program.decision, steps=steps))
    with pytest.raises(BuildError, match="the form answers"):
        certify_rule(replace(student, form=broken), points=256)


def test_a_draft_rule_is_not_frozen(tmp_path: Path) -> None:
    program = compile_rule(rule_of(SAMPLES["ckd-risk"].decision, status=Status.DRAFT))
    student = distil_rule(program)
    with pytest.raises(BuildError, match="only confirmed and empirical rules are built"):
        lawc.freeze(student, certify_rule(student, points=64), tmp_path / "a" / "b")


def test_slopes_are_those_of_the_blur_and_answers_stay_exact(tmp_path: Path) -> None:
    program = lawc.compile(dated_tax(), "income -> tax", as_of="2024-07-01")
    student = lawc.distil(program)
    module = lawc.freeze(student, lawc.certify(student, points=128), tmp_path / "law" / "slope")
    income = torch.tensor([5000.0, 20000.0, 90000.0], dtype=torch.float64, requires_grad=True)
    answer = module({"income": income})
    answer.value.sum().backward()
    assert income.grad is not None
    # Below the allowance nothing is due; above it the rates of the two brackets.
    assert income.grad.tolist() == pytest.approx([0.0, 0.10, 0.21], abs=1e-9)
    assert answer.value.tolist() == module({"income": income.detach()}).value.tolist()


def test_a_category_has_a_slope_within_its_blur_alone(tmp_path: Path) -> None:
    program = lawc.compile(rule_of(SAMPLES["ckd-risk"].decision), "eGFR -> stage")
    student = lawc.distil(program)
    module = lawc.freeze(student, lawc.certify(student, points=128), tmp_path / "test" / "stage")
    rate = torch.tensor([75.0, 61.0], dtype=torch.float64, requires_grad=True)
    value = module({"eGFR": rate}).value
    value.sum().backward()
    assert value.tolist() == [1.0, 1.0]
    assert rate.grad is not None and rate.grad[0] == 0 and rate.grad[1] < 0
