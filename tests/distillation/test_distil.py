"""The smallest form that holds: a formula where there is one, else the first rung that does."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch

from lawc.diagnostics.diagnostic import BuildError
from lawc.distillation.distil import _share, distil
from lawc.forms.formula import Formula
from lawc.forms.network import Network
from lawc.training.train import train

sys.path.append(str(Path(__file__).parents[1] / "training"))

from programs import program, recipe

ENZYME = "biology.enzymes.michaelis-menten"
ABSORPTION = "medicine.pharmacokinetics.absorption"
SATURABLE = "medicine.pharmacokinetics.absorption-saturable"


@pytest.mark.parametrize("identity", [ENZYME, ABSORPTION])
def test_a_law_with_a_closed_form_becomes_its_formula(identity: str) -> None:
    student = distil(program(identity))
    assert isinstance(student.form, Formula) and student.target == "formula"
    assert student.error < 1e-8 and student.ladder == ()


def test_a_formula_whose_answer_is_no_number_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Lost(Formula):
        def forward(self, si: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
            return {name: torch.nan * values for name, values in super().forward(si).items()}

    monkeypatch.setattr("lawc.distillation.distil.Formula", Lost)
    with pytest.raises(BuildError, match="differs from the reference by inf"):
        distil(program(ENZYME))


def test_a_teacher_of_such_a_law_is_not_used() -> None:
    teacher = train(program(ENZYME), recipe(ENZYME, tolerance=0.3, rows=500, widths=((4,),)))
    assert isinstance(distil(teacher).form, Formula)


def test_the_first_rung_that_holds_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    # Otherwise a network that keeps what the law says of rising and falling climbs anew.
    monkeypatch.setattr("lawc.distillation.distil.demand_sentences", lambda _: ())
    wanted = recipe(ENZYME, tolerance=1e-2, widths=((10, 10), (1,), (6, 6)))
    student = distil(program(ENZYME), wanted, target="network")
    widths = [rung.widths for rung in student.ladder]
    assert widths == [(1,), (6, 6)]
    assert [rung.holds for rung in student.ladder] == [False, True]
    assert isinstance(student.form, Network) and student.form.size == student.ladder[-1].weights
    assert student.error == student.ladder[-1].error <= 7e-3


def test_students_of_a_teacher_share_its_rows_and_it_stays_where_none_holds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Otherwise what the law says of rising and falling would be built into another network.
    monkeypatch.setattr("lawc.distillation.keeping.able", lambda *_: ())
    wanted = recipe(ENZYME, tolerance=1e-3, widths=((1,), (8, 8)))
    teacher = train(program(ENZYME), wanted)
    student = distil(teacher, target="network")
    assert torch.equal(student.form.theta, teacher.form.theta)  # type: ignore[union-attr]
    assert [rung.holds for rung in student.ladder] == [False, True]
    assert student.seeds == teacher.seeds


def test_a_ladder_on_which_nothing_holds_is_an_error_with_its_figures() -> None:
    wanted = recipe(SATURABLE, tolerance=1e-9, seconds=3.0, rows=500, widths=((2,),))
    with pytest.raises(BuildError, match=r"no network of the ladder holds 1e-09 .* 2: "):
        distil(program(SATURABLE), wanted)


def test_a_formula_that_does_not_exist_cannot_be_asked_for() -> None:
    with pytest.raises(BuildError, match="has no closed form"):
        distil(program(SATURABLE), target="formula")


def test_facts_of_a_student_are_plain_data() -> None:
    wanted = recipe(ENZYME, tolerance=0.3, rows=500, widths=((4,),))
    facts = distil(program(ENZYME), wanted, target="network").facts
    assert facts["ladder"][0]["widths"] == [4]
    assert all(seed < 900_000 for seed in facts["training_seeds"])


def test_the_last_rung_keeps_its_share_of_the_time() -> None:
    remaining = 1.0
    for left in (4, 3, 2):
        remaining *= 1 - _share(remaining, left)
    assert remaining >= 0.399
    assert _share(remaining, 1) == 1.0
