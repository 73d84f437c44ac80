"""A law whose course ends before its time says where and why."""

from __future__ import annotations

import numpy as np
import pytest
from laws import law

from lawc.diagnostics.diagnostic import DomainError
from lawc.lowering.planning import make_plan
from lawc.lowering.reference import reference


def test_growth_without_bound_is_named_with_its_time() -> None:
    growth = law(
        "t [s] 0 .. 5\nA (t) [m]\nk [1/s] 0.1 .. 2\nL [m] 1 .. 2\nA0 [m] 0.1 .. 1",
        "growth: D(A, t, 1) = k*A**2/L",
        "A = A0 @ t = 0",
    )
    plan = make_plan(growth, "t k L A0 -> A")
    columns = {"t": np.array([1.0, 5.0]), "k": 0.5, "L": 1.0, "A0": 1.0}
    with pytest.raises(DomainError, match=r"A leaves every bound at t = 2 \[s\]"):
        reference(plan, {name: np.broadcast_to(v, 2) for name, v in columns.items()})
    found = reference(
        plan, {name: np.broadcast_to(v, 2) for name, v in columns.items()}, strict=False
    )
    assert found["A"][0] == pytest.approx(2.0, rel=1e-9)
    assert np.isnan(found["A"][1])
