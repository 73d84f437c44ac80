"""A form is frozen with its own certificate, and with no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from lawc.certificate.certify import certify
from lawc.diagnostics.diagnostic import BuildError
from lawc.distillation.distil import distil
from lawc.forms.formula import Formula
from lawc.forms.tape import Step, Tape
from lawc.lowering.program import Program, compile_law
from lawc.pipeline.checking import read_library
from lawc.pipeline.freezing import freeze


@pytest.fixture(scope="module")
def pendulum() -> Program:
    return compile_law(read_library().law("pendulum-period"), "L theta -> T")


def doubled(form: Formula) -> Formula:
    """Return a formula that answers twice as much."""
    count = len(form.tape.inputs) + len(form.tape.steps)
    ((name, register),) = form.tape.outputs
    steps = (*form.tape.steps, Step("add", (register, register)))
    return Formula(Tape(form.tape.inputs, steps, ((name, count),)))


def test_the_certificate_of_another_form_or_domain_freezes_nothing(
    pendulum: Program, tmp_path: Path
) -> None:
    form = distil(pendulum).form
    assert isinstance(form, Formula)
    narrow = pendulum.within({"L": (0.5, 0.6)})
    own, elsewhere = certify(form, pendulum), certify(form, narrow)
    for what, certificate in ((doubled(form), own), (form, elsewhere)):
        with pytest.raises(BuildError, match="this certificate is not of this form"):
            freeze(what, certificate, pendulum, tmp_path / "swing")
        assert not (tmp_path / "swing").exists()
    assert freeze(form, own, pendulum, tmp_path / "swing").manifest.certificate["of"] == own.of
