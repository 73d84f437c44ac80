"""Distributions come from a closed table; their parameters fit what is distributed."""

from __future__ import annotations

import re

import pytest
from analysis_texts import checked, law

from lawc.knowledge.distributions import FAMILIES

SYMBOLS = """
x : waiting time [s] 0 .. 100
p : share        [1] 0.1 .. 0.9
m : time         [s] 1 .. 10
r : rate         [1/s] 0.1 .. 1
k : shape        [1] 0.5 .. 2
y : twice        [s]
"""


def lines(text: str) -> str:
    names = set(re.findall(r"\b\w+\b(?!\()", re.sub(r"\[[^]]*\]", "", text))) | {"x", "y"}
    used = [line for line in SYMBOLS.splitlines() if line.partition(" ")[0] in names]
    return law("\n".join(used), f"y := 2*x\nspread: {text}")


@pytest.mark.parametrize(
    "text",
    [
        "x ~ normal(m, m)",
        "value(x, [min]) ~ lognormal(k, p)",
        "x ~ exponential(r)",
        "x ~ exponential(1/m)",
        "x ~ gamma(k, r)",
        "x ~ uniform(0 [s], 100 [s])",
        "x ~ weibull(k, m)",
        "x ~ pareto(m, k)",
        "x ~ student_t(3, m, m)",
        "p ~ beta(k, 2)",
        "p ~ bernoulli(k/4)",
    ],
)
def test_a_distribution_is_kept_and_is_no_equation(text: str) -> None:
    found = checked(lines(text)).law
    assert [equation.label for equation in found.equations] == ["y"]
    (spread,) = found.distributions
    assert spread.label == "spread" and spread.family in FAMILIES
    assert spread.factor == (60 if "min" in text else 1)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("x ~ normal(m, r)", "L0413"),
        ("x ~ normal(m, p)", "L0413"),
        ("x ~ exponential(m)", "L0413"),
        ("x ~ lognormal(k, p)", "L0413"),
        ("x ~ gamma(m, r)", "L0413"),
        ("x ~ normal(m, -1 [s])", "L0413"),
        ("x ~ normal(m, 0 [s])", "L0413"),
        ("p ~ bernoulli(k)", "L0413"),
        ("x ~ uniform(5 [s], 1 [s])", "L0413"),
        ("x ~ nromal(m, m)", "L0120"),
        ("x ~ normal(m)", "L0120"),
        ("x ~ m", "L0120"),
        ("x + m ~ normal(m, m)", "L0120"),
        ("x ~ normal(m, q)", "L0111"),
        ("x ~ normal(m, )", "L0101"),
    ],
)
def test_what_is_no_distribution_costs_one_finding(text: str, code: str) -> None:
    assert checked(lines(text)).codes == [code]


def test_the_digest_sees_a_distribution_and_not_its_spelling() -> None:
    digests = {
        checked(lines(text)).law.digest
        for text in ("x ~ normal(2*m, m)", "x  ~  normal(m*2, m)", "x ~ normal(2*m, 2*m)")
    }
    assert len(digests) == 2
