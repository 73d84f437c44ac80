"""A system compiles to what a single law that says the same compiles to."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
import torch

from lawc.analysis.checking import check
from lawc.diagnostics.diagnostic import Source
from lawc.knowledge.base import KnowledgeBase
from lawc.lowering.claims import findings
from lawc.lowering.program import compile_law
from lawc.syntax.parsing import parse

TEXT = """law drain@1.0.0
  title  "A vessel that drains"
  status draft
  symbols
    t  : time        [min]   0 .. 30
    m  : content (t) [g]
    k  : rate        [1/h]   1 .. 6
    m0 : at first    [g]     1 .. 5
  equations
    drain: dm/dt = -k*m
  initial
    m = m0 at t = 0 [s]

law fed@1.0.0
  title  "A vessel that is fed and drains"
  status draft
  symbols
    t  : time        [h]     0 .. 2
    m  : content (t) [g]
    f  : feed        [g/h]   0 .. 100
    q  : rate        [1/h]   0.5 .. 0.9
  equations
    vessel: dm/dt = f - q*m
  initial
    m = 0 [g] at t = 0 [h]

system cascade@1.0.0
  title  "One vessel drains into another"
  status draft
  use    drain as upper
  use    fed as lower
  symbols
    t : time     [h]  0 .. 2
    M : all (t)  [g]
  connect
    upper.t = t
    lower.t = t
    lower.f = upper.k*upper.m
  equations
    M := upper.m + lower.m
  checks
    always M falls with t
    always M <= upper.m0
    always lower.m scales with upper.m0 ^ 1

law single@1.0.0
  title  "The same in one law"
  status draft
  symbols
    t  : time         [h]     0 .. 0.5
    a  : upper (t)    [g]
    b  : lower (t)    [g]
    M  : all (t)      [g]
    k  : upper rate   [1/h]   1 .. 6
    q  : lower rate   [1/h]   0.5 .. 0.9
    a0 : upper first  [g]     1 .. 5
  equations
    upper: da/dt = -k*a
    lower: db/dt = k*a - q*b
    M := a + b
  initial
    a = a0    at t = 0 [h]
    b = 0 [g] at t = 0 [h]
"""


@pytest.fixture(scope="module")
def base() -> KnowledgeBase:
    document, misread = parse(Source("knowledge/vessels.law", TEXT))
    known, found = check([document])
    assert [*misread, *found] == []
    return known


def test_a_system_answers_as_the_single_law(base: KnowledgeBase) -> None:
    system = compile_law(base["cascade"], "t upper.m0 upper.k lower.q -> upper.m lower.m M")
    single = compile_law(base["single"], "t a0 k q -> a b M")
    rows = system.sample(64, seed=3)
    assert max(rows["t"]) <= 0.5
    names = {"t": "t", "upper.m0": "a0", "upper.k": "k", "lower.q": "q"}
    wanted = single.reference({names[name]: rows[name] for name in names})
    found = system.reference(rows)
    for one, other in (("upper.m", "a"), ("lower.m", "b"), ("M", "M")):
        assert np.allclose(found[one], wanted[other], rtol=1e-6, atol=1e-12)


def test_the_claims_of_a_system_are_tested(base: KnowledgeBase) -> None:
    assert list(findings(base["cascade"])) == []


def test_dotted_names_become_plain_ones_in_source(base: KnowledgeBase) -> None:
    system = compile_law(base["cascade"], "t upper.m0 upper.k lower.q -> upper.m lower.m M")
    for target in ("torch", "numpy"):
        text = system.source(target)
        compile(text, "source", "exec")
        assert "upper_k" in text and "upper.k" not in text.partition('"""')[0]


def test_dotted_names_survive_the_residual(base: KnowledgeBase) -> None:
    system = compile_law(base["cascade"], "t upper.m0 upper.k lower.q -> upper.m lower.m M")

    def exact(columns: Mapping[str, torch.Tensor]) -> torch.Tensor:
        t, k, q = columns["t"], columns["upper.k"], columns["lower.q"]
        upper = columns["upper.m0"] * torch.exp(-k * t)
        lower = columns["upper.m0"] * k / (k - q) * (torch.exp(-q * t) - torch.exp(-k * t))
        return torch.stack([upper, lower, upper + lower], dim=1)

    rows = system.sample(16, seed=1).to_torch()
    residual = system.residual(exact)(rows)
    assert all(values.abs().max() < 1e-9 for values in residual.values())
