"""What is linked stays what its law says: at the edges, where it is fixed, and in its tapes."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from speakers import Rate

from lawc.diagnostics.diagnostic import DomainError
from lawc.forms.formula import Formula
from lawc.forms.tape import Step, Tape
from lawc.linking.blend import Blend
from lawc.linking.guard import FrozenError, guard
from lawc.linking.latents import Latent


@given(st.floats(-4, 4), st.floats(0.1, 10))
def test_what_is_said_is_no_further_off_than_its_error_beyond_the_domain_too(
    decade: float, half: float
) -> None:
    columns = {"S": torch.tensor([10.0**decade], dtype=torch.float64)}
    fixed = {"Vmax": 9.0, "Km": half}
    law = Rate()({**columns, **{n: torch.full_like(columns["S"], v) for n, v in fixed.items()}})
    answer = Blend(Rate(), None, fixed=fixed).answer(columns)
    assert (answer.value - law.value).abs() <= answer.error


def test_what_is_fixed_or_scaled_beyond_sense_is_refused() -> None:
    with pytest.raises(DomainError, match="'Km' is fixed at -3, outside"):
        Blend(Rate(), None, fixed={"Km": -3.0, "Vmax": 9.0})
    with pytest.raises(DomainError, match="'Km' is scaled by 'weight' over 0; the reference is"):
        Blend(Rate(), None, free=("Vmax", Latent("Km", scaled_by="weight", reference=0.0)))


@pytest.mark.parametrize("name", ["law", "outputs"])
def test_another_method_or_other_ports_are_found(name: str) -> None:
    module = Rate()
    with pytest.raises(FrozenError, match=f"the '{name}' of the frozen module"), guard(module):
        setattr(module, name, ())


def test_another_tape_of_a_formula_is_found() -> None:
    module = Rate()
    module.form = form = Formula(Tape(("S",), (), (("v", 0),)))
    module.train(False)
    with pytest.raises(FrozenError, match="the 'tape' of the frozen module"), guard(module):
        form.tape = Tape(("S",), (Step("square", (0,)),), (("v", 1),))
