"""Rules say on another device what they say on the processor."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.artifact.test_rule_module import frozen
from tests.deciding.hand_made import rule_of
from tests.deciding.test_disagreement import STAGE
from tests.decision.generated import decisions
from tests.decision.samples import SAMPLES
from tests.decision.test_torch_columns import many_edges, same
from tests.decision.test_whole_columns import Case, as_columns, biased, constants
from tests.devices.alike import assert_alike, moved, sent
from torch import Tensor, nn

from lawc.deciding.given import gather
from lawc.deciding.program import RuleProgram, compile_rule
from lawc.decision.columns.evaluator import Decided, Evaluator
from lawc.decision.columns.loading import Counts
from lawc.decision.columns.on_torch import TorchEvaluator
from lawc.decision.decision import Clause, Clauses, Decision, Port, decides
from lawc.decision.exact import decide
from lawc.decision.formula import Named, every
from lawc.decision.operations import DecisionError
from lawc.decision.soft.form import Soft
from lawc.decision.soft.truths import SoftTruths
from lawc.decision.values import UNKNOWN
from lawc.forms.decision import DecisionForm

everything = pytest.mark.parametrize("name", sorted(SAMPLES))
BLURRED = pytest.mark.parametrize("name", sorted(set(SAMPLES) - {"objection"}))


@everything
def test_a_program_answers_tensors_where_they_are(name: str, place: torch.device) -> None:
    program = compile_rule(rule_of(SAMPLES[name].decision))
    values, masks, _ = gather(program.inputs, program.sample(60, 1))
    columns = {
        n: torch.from_numpy(np.where(masks[n] != 0, np.nan, v) if n in masks else v.copy())
        for n, v in values.items()
    }
    there = brought(program.answers(sent(columns, place)), place)
    same(Evaluator(program.decision)(values, masks), there, 60)


def answerable(decision: Decision, seed: int, count: int) -> list[Case]:
    """Draw cases at and beside the thresholds of a decision, those that it answers."""
    numbers, source, ours = constants(decision), random.Random(seed), Evaluator(decision)
    cases: list[Case] = []
    for _ in range(count):
        case = {port.name: biased(port, numbers, source) for port in decision.inputs}
        try:
            ours(*as_columns(decision, [case]))
        except DecisionError:
            continue
        cases.append(case)
    return cases


def brought(found: Decided, place: torch.device) -> Decided:
    """Return answers on the processor, all of which were on a device."""

    def back(tensor: Tensor) -> Tensor:
        assert tensor.device == place
        return tensor.cpu()

    return Decided(
        {name: back(value) for name, value in found.values.items()},
        {name: None if mask is None else back(mask) for name, mask in found.masks.items()},
        {name: back(spoke) for name, spoke in found.because.items()},
        {n: Counts(back(counts.counts), counts.unit) for n, counts in found.counts.items()},
        found.exactly,
    )


def assert_decided_alike(decision: Decision, cases: list[Case], place: torch.device) -> None:
    """Hold values, coins, what is unknown, and what spoke to what numpy says."""
    names = [name for step in decision.steps for name in decides(step)]
    columns, masks = as_columns(decision, cases)
    right = Evaluator(decision, names)(columns, masks)
    evaluator = TorchEvaluator(decision, names)
    there = {name: torch.from_numpy(column).to(place) for name, column in columns.items()}
    away = {name: torch.from_numpy(mask).to(place) for name, mask in masks.items()}
    for unknown in (away, masks):
        same(right, brought(evaluator(there, unknown), place), len(cases))


@everything
def test_worked_cases_and_those_at_thresholds_are_decided_alike(
    name: str, place: torch.device
) -> None:
    decision = SAMPLES[name].decision
    worked = [case for case, _ in SAMPLES[name].cases]
    assert_decided_alike(decision, [*worked, *answerable(decision, 5, 30)], place)


@settings(max_examples=6, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(decision=decisions(), seed=st.integers(0, 2**32))
def test_generated_decisions_are_decided_alike(
    decision: Decision, seed: int, place: torch.device
) -> None:
    cases = answerable(decision, seed, 15)
    if cases:
        assert_decided_alike(decision, cases, place)


def test_edges_that_are_looked_up_are_found_alike(place: torch.device) -> None:
    cases: list[Case] = [{"x": x, "y": x} for x in range(0, 1001, 7)]  # type: ignore[misc]
    assert_decided_alike(many_edges(), cases, place)


def test_coins_are_those_of_exact_fractions(place: torch.device) -> None:
    decision = SAMPLES["income-tax"].decision
    cases = answerable(decision, 9, 40)
    columns, _ = as_columns(decision, cases)
    away = {name: torch.from_numpy(column).to(place) for name, column in columns.items()}
    tax = brought(TorchEvaluator(decision)(away), place).counts["tax"]
    right = [decide(decision, case).values["tax"] for case in cases]
    assert [coins * tax.unit for coins in tax.counts.tolist()] == right


def blurred(name: str) -> tuple[Decision, dict[str, Tensor]]:
    """Return a decision and columns for its soft form, on the processor."""
    decision = SAMPLES[name].decision
    worked = [case for case, _ in SAMPLES[name].cases]
    known = [c for c in [*worked, *answerable(decision, 3, 40)] if UNKNOWN not in c.values()]
    columns, _ = as_columns(decision, known)
    made = {n: torch.from_numpy(c).double().requires_grad_() for n, c in columns.items()}
    return decision, made


def slopes(answers: Mapping[str, Tensor], columns: Mapping[str, Tensor]) -> list[Tensor]:
    """Return the slopes of a sum in which no answer and no place counts as another does."""
    total = torch.stack([column.sum() * 0 for column in columns.values()]).sum()
    for number, value in enumerate(answers.values(), start=1):
        weights = torch.linspace(1, 2, value.numel(), dtype=value.dtype, device=value.device)
        total = total + number * (value * weights.reshape(value.shape)).sum()
    return list(torch.autograd.grad(total, list(columns.values())))


@BLURRED
def test_soft_answers_and_their_slopes_are_alike(name: str, place: torch.device) -> None:
    decision, columns = blurred(name)
    away = sent(columns, place)
    here, there = Soft(decision)(columns), Soft(decision, device=place)(away)
    assert_alike(there.values(), here.values(), place)
    assert_alike(slopes(there, away), slopes(here, columns), place)


@BLURRED
def test_exact_answers_with_slopes_of_soft_ones_are_alike(name: str, place: torch.device) -> None:
    decision, columns = blurred(name)
    away = sent(columns, place)
    plain = {
        port.name: columns[port.name].detach() if port.kind == "number" else c.detach().long()
        for port, c in zip(decision.inputs, columns.values(), strict=True)
    }
    exact = TorchEvaluator(decision)(plain).values
    exact_there = TorchEvaluator(decision)(sent(plain, place)).values
    here = Soft(decision)(columns, {n: exact[n] for n in decision.outputs})
    there = Soft(decision, device=place)(away, {n: exact_there[n] for n in decision.outputs})
    for output, value in there.items():
        told = value.argmax(1) if value.dim() == 2 else value
        assert told.tolist() == pytest.approx(exact[output].double().tolist(), nan_ok=True)
    assert_alike(there.values(), here.values(), place)
    assert_alike(slopes(there, away), slopes(here, columns), place)


def test_what_a_network_makes_of_words_goes_through_alike(place: torch.device) -> None:
    decision, columns = blurred("income-tax")
    words = torch.linspace(0.1, 0.9, len(columns["age"]), dtype=torch.float64)
    columns["status"] = torch.stack([words, 1 - words], 1).requires_grad_()
    columns["dependent"] = words.flip(0).requires_grad_()
    away = sent(columns, place)
    learned = ("status", "dependent")
    here, there = Soft(decision, learned)(columns), Soft(decision, learned, device=place)(away)
    assert_alike(there.values(), here.values(), place)
    assert_alike(slopes(there, away), slopes(here, columns), place)


def test_conditions_on_learned_truths_go_along_with_their_network(place: torch.device) -> None:
    ports = tuple(Port(name, "yes/no") for name in "abc")
    held = every((Named("a"), Named("b"), Named("c")))
    decision = Decision(
        ports, (Port("out", "yes/no"),), ("out",), (Clauses("out", (Clause("L", held),)),)
    )
    truths = torch.linspace(0.1, 0.9, 12).reshape(4, 3)
    here = SoftTruths(decision)(truths)
    assert_alike([SoftTruths(decision).to(place)(truths.to(place))], [here], place, 1e-6)


@pytest.mark.parametrize("likely", [False, True])
@pytest.mark.parametrize("as_tensors", [True, False])
def test_a_loss_is_found_beside_the_network_that_it_teaches(
    likely: bool, as_tensors: bool, place: torch.device
) -> None:
    x = torch.tensor([12.0, 57.0, 58.5, 61.0, 63.0, 90.0], dtype=torch.float64)
    net = nn.Sequential(nn.Linear(1, 3), nn.Tanh(), nn.Linear(3, 2)).double()

    def loss(program: RuleProgram, where: torch.device) -> list[Tensor]:
        column = moved(x, where).requires_grad_()
        model = net.to(where)

        def network(shown: Mapping[str, Tensor]) -> dict[str, Tensor]:
            told = shown["x"].to(where)[:, None] / 100
            found = {"x": 100 * told[:, 0] + model(told)[:, 0]} if likely else {}
            return {**found, "stage": torch.softmax(model(told), 1)}

        value = program.loss(network, {"x": column if as_tensors else x.numpy()})
        by = [column] if as_tensors else []
        return [value, *torch.autograd.grad(value, [*by, *model.parameters()])]

    here = loss(STAGE, torch.device("cpu"))
    assert_alike(loss(STAGE, place), here, place)


def test_plain_columns_go_to_where_the_tensors_are(place: torch.device) -> None:
    program = compile_rule(rule_of(SAMPLES["ckd-risk"].decision))
    egfr = torch.tensor([26.4, 58.0, 61.5, 90.0], dtype=torch.float64)

    def loss(where: torch.device) -> list[Tensor]:
        column = moved(egfr, where).requires_grad_()

        def network(shown: Mapping[str, Tensor]) -> dict[str, Tensor]:
            told = shown["eGFR"] / 100 + shown["ACR"].nan_to_num(7.0) / 100
            return {"risk": torch.softmax(torch.stack([told, -told, told * 0, told / 2], 1), 1)}

        rows = {"eGFR": column, "ACR": [350.0, None, 28.0, None]}
        value = program.loss(network, rows)
        program.objective.disagreeing(network, rows)
        return [value, *torch.autograd.grad(value, column)]

    assert_alike(loss(place), loss(torch.device("cpu")), place)


def test_a_loss_of_words_that_are_found_is_alike(place: torch.device) -> None:
    program = compile_rule(rule_of(SAMPLES["income-tax"].decision))
    rows = program.sample(16, seed=1)
    rest = {name: column for name, column in rows.items() if name != "status"}
    logits = torch.linspace(-1, 1, 32, dtype=torch.float64).reshape(16, 2)

    def loss(where: torch.device) -> list[Tensor]:
        guess = moved(logits, where).requires_grad_()
        due = torch.linspace(0, 5e4, 16, dtype=torch.float64, device=where)

        def network(_: Mapping[str, Tensor]) -> dict[str, Tensor]:
            return {"status": torch.softmax(guess, 1), "due": due}

        value = program.loss(network, rest)
        return [value, *torch.autograd.grad(value, guess)]

    assert_alike(loss(place), loss(torch.device("cpu")), place)


def questions(name: str) -> dict[str, Tensor]:
    """Return columns for a module, NaN where a value is unknown."""
    decision = SAMPLES[name].decision
    cases = [*(case for case, _ in SAMPLES[name].cases), *answerable(decision, 4, 20)]
    columns, masks = as_columns(decision, cases)
    made = {n: torch.from_numpy(c).double() for n, c in columns.items()}
    for key, mask in masks.items():
        made[key] = torch.where(torch.from_numpy(mask) != 0, torch.nan, made[key])
    return made


@everything
def test_the_form_of_a_rule_answers_alike_and_with_its_slopes(
    name: str, place: torch.device
) -> None:
    form = DecisionForm(SAMPLES[name].decision)
    found = []
    for where in (place, torch.device("cpu")):
        asked = {n: moved(c, where).requires_grad_() for n, c in questions(name).items()}
        answers = form(asked)
        known = {n: value.nan_to_num() for n, value in answers.items()}
        found.append([*answers.values(), *slopes(known, asked)])
    assert_alike(found[0], found[1], place)


def test_a_frozen_rule_answers_alike(place: torch.device, tmp_path: Path) -> None:
    module = frozen("kidney-function", tmp_path)
    found = []
    for where in (place, torch.device("cpu")):
        answer = module.to(where)(sent(questions("kidney-function"), where))
        found.append([answer.value, answer.error, answer.inside])
        assert module.verify() == 0
    assert_alike(found[0], found[1], place)
