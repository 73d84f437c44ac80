"""Modules are made of accepted laws only, and a contested law pulls nobody unasked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from lawc.analysis.checking import check
from lawc.diagnostics.diagnostic import BuildError, Source
from lawc.knowledge.law import Law, Status
from lawc.lowering.program import compile_law
from lawc.pipeline.accepting import demand_accepted
from lawc.syntax.parsing import parse

TEXT = """law double@1.0.0
  title  "Double"
  status draft
  symbols
    x : input [1] 1 .. 2
    y : output [1]
  equations
    y := 2*x
"""


@pytest.fixture(scope="module")
def law() -> Law:
    document, _ = parse(Source("knowledge/a.law", TEXT))
    base, found = check([document])
    assert found == ()
    return base["a.double"]


@pytest.mark.parametrize("status", Status)
def test_only_accepted_laws_become_modules(law: Law, status: Status) -> None:
    judged = replace(law, status=status, successor="triple")
    if status in (Status.CONFIRMED, Status.EMPIRICAL):
        demand_accepted(judged)
        return
    with pytest.raises(BuildError, match=f"is {status}.*triple"):
        demand_accepted(judged)


def wrong(columns: Any) -> torch.Tensor:
    return columns["x"] * 3


def test_the_loss_of_a_contested_law_has_no_weight_unless_asked(law: Law) -> None:
    contested = compile_law(replace(law, status=Status.CONTESTED), "x -> y")
    confirmed = compile_law(replace(law, status=Status.CONFIRMED), "x -> y")
    columns = confirmed.sample(8, seed=0).to_torch()
    plain = confirmed.loss(wrong, columns)
    assert plain > 0
    silent = contested.loss(wrong, columns)
    assert silent == 0
    silent.backward()
    assert torch.allclose(contested.loss(wrong, columns, weight=0.5), plain / 2)
    assert confirmed.loss(wrong, columns, weight=0.0) == 0
