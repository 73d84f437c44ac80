"""Temperatures on scales with zeros of their own mean what a physicist means, in every mix."""

from __future__ import annotations

import math

import numpy as np
import pytest
from analysis_texts import checked
from hypothesis import given, settings
from hypothesis import strategies as st

from lawc.deciding.program import compile_rule
from lawc.knowledge.law import Law
from lawc.lowering.program import compile_law
from lawc.pipeline.checking import check_text, demand
from lawc.pipeline.evidence import calculate

SCALES = {"K": (1.0, 0.0), "degC": (1.0, 273.15), "degF": (5 / 9, 459.67 * 5 / 9)}
scales = st.sampled_from(sorted(SCALES))
readings = st.sampled_from(["degC", "degF"])


def on(scale: str, kelvin: float) -> float:
    factor, zero = SCALES[scale]
    return (kelvin - zero) / factor


def cooling(state: str, ambient: str, start: str, checks: str = "") -> str:
    low, high = on(ambient, 270.0), on(ambient, 350.0)
    return f"""\
law cooling@1.0.0
  title   "Newton's cooling"
  status  draft

  symbols
    t : time         [s]   0 .. 100
    H : temperature (t) [{state}]
    A : surroundings [{ambient}]  {low!r} .. {high!r}
    k : rate         [1/s] 0.01 .. 1 log

  equations
    cooling: dH/dt = -k*(H - A)

  initial
    H = {start} at t = 0 [s]
{checks}"""


def known(text: str) -> Law:
    laws = demand(check_text("tests.law", text)).laws
    (law,) = [one for name, one in laws.items() if name.startswith("tests.")]
    return law


@settings(max_examples=15, deadline=None)
@given(scales, readings, scales, st.floats(280.0, 340.0), st.floats(300.0, 400.0))
def test_states_starts_and_inputs_may_be_on_different_scales(
    state: str, ambient: str, written: str, around: float, start: float
) -> None:
    """And an example may be written on each of them too."""
    expected = around + (start - around) * math.exp(-1)
    example = (
        f"\n  checks\n    example: H = {on(written, expected)!r} [{written}] within 1e-6 [K] "
        f"given t = 10 [s], A = {on(ambient, around)!r} [{ambient}], k = 0.1 [1/s]\n"
    )
    text = cooling(state, ambient, f"{on(written, start)!r} [{written}]", example)
    law = known(text)
    assert calculate(law) == ()
    columns = {"t": [10.0], "A": [on(ambient, around)], "k": [0.1]}
    found = compile_law(law, "t A k -> H").reference({n: np.array(v) for n, v in columns.items()})
    assert found["H"] == pytest.approx([on(state, expected)], rel=1e-9)


@pytest.mark.parametrize(
    "claim",
    [
        "always H - A >= 0 [degC] where A < 50 [degC]",
        "always H - 10 [degC] >= 0 [degF]",
        "always 0 [degC] <= abs(H - A)",
        "always H - A - 5 [degC] <= 100 [K]",
    ],
)
def test_a_difference_beside_a_reading_of_a_scale_is_refused(claim: str) -> None:
    """It would be held against 273.15 K where nothing is meant."""
    found = checked(cooling("degC", "degC", "50 [degC]", f"\n  checks\n    {claim}\n"))
    assert found.codes == ["L0206"], found.text


def test_a_difference_is_no_value_of_a_quantity_on_a_scale() -> None:
    text = cooling("degC", "degC", "50 [degC]").replace(
        "  equations\n", "    D : excess (t) [degC]\n\n  equations\n    excess: D = H - A\n"
    )
    found = checked(text)
    assert found.codes == ["L0206"] and "set equal to a difference" in found.text


@pytest.mark.parametrize("claim", ["always H <= 60", "always H is constant where A = 10"])
def test_a_number_without_a_unit_is_completed_on_the_scale_of_its_quantity(claim: str) -> None:
    found = checked(cooling("degC", "degC", "50 [degC]", f"\n  checks\n    {claim}\n"))
    assert "[degC]`" in found.text and "[K]`" not in found.text


def test_a_counterexample_is_shown_on_one_scale() -> None:
    claim = "\n  checks\n    always H is constant where A = 40 [degC]\n"
    law = known(cooling("degC", "degC", "50 [degC]", claim))
    (found,) = calculate(law)
    assert "and 50 [degC] elsewhere along t" in found.labels[0].text


def fever(state: str, limit: str, condition: str) -> str:
    low, high = on(state, 300.0), on(state, 320.0)
    return f"""\
rule fever@1.0.0
  title   "Fever"
  status  draft

  symbols
    T : temperature [{state}] {low!r} .. {high!r}
    f : fever       yes/no
    g : also fever  yes/no

  table f by T
    | T          | f   |
    | >= {limit} | yes |
    | < {limit}  | no  |

  clauses
    c1: g = no
    c2: except c1 when {condition}: g = yes
"""


@settings(max_examples=15, deadline=None)
@given(scales, scales, st.floats(305.0, 315.0), st.floats(300.5, 319.5))
def test_cells_and_conditions_of_a_rule_may_be_on_another_scale(
    state: str, written: str, limit: float, asked: float
) -> None:
    bound = f"{on(written, limit):.6f} [{written}]"
    base = demand(check_text("tests.rule", fever(state, bound, f"T >= {bound}")))
    (rule,) = [one for name, one in base.rules.items() if "tests" in name]
    found = compile_rule(rule, "T -> f g").decide({"T": [on(state, asked)]})
    if abs(asked - limit) > 1e-4:
        assert [bool(found["f"][0]), bool(found["g"][0])] == [asked > limit] * 2


@pytest.mark.parametrize("condition", ["T - 38 [degC] > 0 [degC]", "0 [degF] < T - 38 [degC]"])
def test_a_rule_refuses_a_difference_beside_a_reading(condition: str) -> None:
    found = check_text("tests.rule", fever("degC", "38 [degC]", condition)).diagnostics
    assert [one.code for one in found] == ["L0206"]
