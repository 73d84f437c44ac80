"""What is linked stays what its law says: at the edges, where it is fixed, and in its tapes."""

from __future__ import annotations

import math

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
from lawc.linking.latents import Latent, Latents
from lawc.linking.speaker import Column


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


@given(
    st.floats(0.01, 50.0) | st.just(0.0) | st.floats(-50.0, -0.01),
    st.floats(0.1, 100.0),
    st.booleans(),
)
def test_a_free_input_begins_in_the_middle_of_its_range_as_it_is_declared(
    low: float, width: float, log: bool
) -> None:
    """In the logarithm only where the range is logarithmic and has one."""
    high = low + width
    latents = Latents(["p"], {"p": Column("p", "1", low, high, log)})
    middle = math.sqrt(low * high) if log and low > 0 else (low + high) / 2
    assert latents.population()["p"] == pytest.approx(middle, rel=1e-12, abs=1e-12)


@given(st.floats(0.03, 0.97), st.booleans())
def test_a_free_input_begins_where_it_is_told_to(share: float, log: bool) -> None:
    start = 2.0 * 25.0**share if log else 2.0 + 48.0 * share
    latents = Latents([Latent("p", start=start)], {"p": Column("p", "1", 2.0, 50.0, log)})
    assert latents.population()["p"] == pytest.approx(start, rel=1e-12)
