"""Rows are drawn as `sample` states it, and a rule that states nothing is tried near its edges."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from lawc.analysis.checking import check
from lawc.deciding.drawing import Normal, Shares, Stated, Uniform, drawn
from lawc.deciding.edges import edges
from lawc.deciding.families import FAMILIES
from lawc.deciding.population import GROUP, NEAR
from lawc.deciding.program import RuleProgram, compile_rule
from lawc.decision.decision import Port
from lawc.decision.operations import DecisionError
from lawc.decision.rowwise import Evaluator as Rowwise
from lawc.diagnostics.diagnostic import DomainError, ShapeError, Source
from lawc.diagnostics.frame import render
from lawc.knowledge import distributions
from lawc.knowledge.rule import Rule
from lawc.syntax.parsing import parse

TEXT = """\
rule levy@1.0.0
  title   "A levy with an exemption"
  status  draft

  symbols
    income   : yearly income        [USD]   0 .. 1e7
    age      : age                  [year]  0 .. 120
    warmth   : temperature at home  [degC]  -20 .. 60
    asked    : day of the question  date 2020-01-01 .. 2030-12-31
    resident : lives here           yes/no may be unknown
    status   : filing status        one of single, joint, head
    children : number of children   integer 0 .. 10
    wealth   : what is owned        [USD] 0 .. 1e9 may be unknown
    levy     : what is owed         [USD]

  clauses
    L1: levy = income*0.1 + children*1 [USD] rounded down to 1 [USD] when resident
    L2: except L1 when resident and income < 10000 [USD] and age > 40 [year]: levy = 0 [USD]
    L3: except L1, L2 when resident and status = head and warmth < 0 [degC]: levy = 3 [USD]
    L4: except L1, L2, L3 when resident and wealth is known and wealth > 1e6 [USD]: levy = 5 [USD]
    L5: except L1, L2, L3, L4 when resident and asked < 2021-01-01: levy = 1 [USD]
    L6: levy not applicable when not resident

"""
STATED = """\
  sample
    value(income, [USD]) ~ lognormal(10.8, 0.9)
    age      ~ normal(540 [yr/12], 20 [year])
    warmth   ~ normal(293.15 [K], 5 [K])
    asked    ~ uniform(2024-01-01, 2024-12-31)
    resident ~ yes 9, no 1, unknown 2
    status   ~ single 48, joint 44, head 8
    children ~ poisson(1.3)
    wealth   ~ exponential(2e-5 [1/USD]), unknown 0.25
"""


def read(text: str) -> tuple[Rule | None, str]:
    source = Source("law/made.rule", text)
    document, misread = parse(source)
    base, found = check([document])
    said = render((*misread, *found), {source.path: source}, color=False)
    return base.rules.get("law.made.levy"), said


def rule_of(text: str) -> Rule:
    rule, said = read(text)
    assert rule is not None, said
    return rule


def program_of(text: str) -> RuleProgram:
    return compile_rule(rule_of(text))


def test_rows_follow_what_is_stated() -> None:
    rows = program_of(TEXT + STATED).sample(40_000, seed=1)
    law = stats.truncnorm(-45 / 20, (120 - 45) / 20, 45, 20)
    assert stats.kstest(rows["age"], law.cdf).pvalue > 1e-4
    assert stats.kstest(rows["income"], stats.lognorm(0.9, scale=np.exp(10.8)).cdf).pvalue > 1e-4
    assert rows["warmth"].mean() == pytest.approx(20, abs=0.15)
    assert rows["children"].mean() == pytest.approx(1.3, abs=0.03)
    assert str(rows["asked"].min()) == "2024-01-01" and str(rows["asked"].max()) == "2024-12-31"
    shares = [(rows["status"] == word).mean() for word in ("single", "joint", "head")]
    assert shares == pytest.approx([0.48, 0.44, 0.08], abs=0.015)
    assert (rows["resident"] == "unknown").mean() == pytest.approx(2 / 12, abs=0.01)
    assert np.isnan(rows["wealth"]).mean() == pytest.approx(0.25, abs=0.01)
    assert np.nanmean(rows["wealth"]) == pytest.approx(50_000, rel=0.03)


def test_what_is_drawn_says_nothing_of_what_is_decided() -> None:
    assert rule_of(TEXT).digest == rule_of(TEXT + STATED).digest


def test_where_nothing_is_stated_half_of_the_rows_lie_at_edges() -> None:
    rows = program_of(TEXT).sample(20_000)
    near = np.abs(rows["income"] - 10_000) <= 0.01
    assert near.sum() > 500
    stated = program_of(TEXT + STATED).sample(20_000)
    assert (np.abs(stated["income"] - 10_000) <= 0.01).sum() < 10


@given(few=st.integers(1, 30), seed=st.integers(0, 2**31))
@settings(max_examples=15, deadline=None)
def test_more_rows_of_a_seed_begin_with_the_fewer(few: int, seed: int) -> None:
    short, long = (PROGRAM.population().rows(seed, count) for count in (few, few + 9000))
    for name, column in short.columns.items():
        assert np.array_equal(column, long.columns[name][:few])
    assert all(np.array_equal(m, long.masks[name][:few]) for name, m in short.masks.items())


def test_what_is_asked_for_goes_before_what_is_stated_and_a_table_before_both() -> None:
    table = {"income": [1000.0, 2000.0], "status": ["head", "joint"]}
    rows = PROGRAM.sample(500, marginals={"age": Normal(30, 1e-3)}, like=table)
    assert rows["age"] == pytest.approx(30, abs=0.01)
    assert {*zip(rows["income"], rows["status"], strict=True)} == {(1000, "head"), (2000, "joint")}


FROZEN: dict[str, tuple[tuple[float, ...], Any]] = {
    "normal": ((2, 3), stats.norm(2, 3)),
    "lognormal": ((1, 0.5), stats.lognorm(0.5, scale=np.e)),
    "exponential": ((4,), stats.expon(scale=1 / 4)),
    "gamma": ((2, 3), stats.gamma(2, scale=1 / 3)),
    "beta": ((2, 5), stats.beta(2, 5)),
    "uniform": ((-1, 4), stats.uniform(-1, 5)),
    "poisson": ((2.5,), stats.poisson(2.5)),
    "binomial": ((9, 0.3), stats.binom(9, 0.3)),
    "bernoulli": ((0.3,), stats.bernoulli(0.3)),
    "geometric": ((0.3,), stats.geom(0.3)),
    "weibull": ((1.5, 2), stats.weibull_min(1.5, scale=2)),
    "pareto": ((2, 3), stats.pareto(3, scale=2)),
    "student_t": ((5, 1, 2), stats.t(5, 1, 2)),
    "cauchy": ((1, 2), stats.cauchy(1, 2)),
    "laplace": ((1, 2), stats.laplace(1, 2)),
    "logistic": ((1, 2), stats.logistic(1, 2)),
    "chi_squared": ((3,), stats.chi2(3)),
}


def test_every_family_of_the_language_can_be_drawn() -> None:
    assert set(FAMILIES) == set(distributions.FAMILIES) == set(FROZEN)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_is_what_scipy_says_it_is(name: str) -> None:
    parameters, truth = FROZEN[name]
    column = FAMILIES[name](np.random.default_rng(5), *parameters, 20_000)
    for value in np.quantile(column, [0.05, 0.3, 0.5, 0.8, 0.97]):
        assert (column <= value).mean() == pytest.approx(float(truth.cdf(value)), abs=0.015)


def test_a_family_without_a_share_of_the_range_is_refused() -> None:
    port = Port("x", "number", "", 0, 1)  # type: ignore[arg-type]
    chance = np.random.default_rng(0)
    with pytest.raises(DomainError, match="almost nothing of normal"):
        drawn((port,), {}, chance, 100, {"x": Stated("normal", (50, 1))})
    kept = drawn((port,), {}, chance, 100, {"x": Shares({0.25: 1})})
    assert (kept.columns["x"] == 0.25).all()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("levy ~ normal(1 [USD], 2 [USD])", "is decided or set by date"),
        ("income ~ normal(1 [USD], 2 [year])", "L0209"),
        ("income ~ normal(1, 2)", "L0204"),
        ("status ~ single 1, widowed 2", "L0116"),
        ("status ~ single 1, single 2", "two weights"),
        ("status ~ normal(1, 2)", "follows no such family"),
        ("children ~ 3 1, 11 2", "outside of the range"),
        ("age ~ 3 [year] 1, unknown 2", "may not be"),
        ("age ~ uniform(3 [year], 2 [year])", "the low end is written first"),
        ("wealth ~ exponential(1 [1/USD]), unknown 1.5", "between 0 and 1"),
        ("children ~ binomial(3)", "takes number of trials and chance"),
        ("children ~ poisson(children)", "and no formula"),
        ("children", "does not say what is drawn"),
        ("children ~ 3", "its weight"),
        ("children ~ poisson(2) + 1", "L0101"),
    ],
)
def test_what_does_not_fit_is_told_with_its_place(line: str, said: str) -> None:
    assert said in read(f"{TEXT}  sample\n    {line}\n")[1]


PROGRAM: RuleProgram = program_of(TEXT + STATED)


OPEN = """\
rule levy@1.0.0
  title   "A rule that leaves something open"
  status  draft

  symbols
    kind : kind      integer 0 .. 9
    part : a part    [1] 0 .. 100
    rest : the rest  integer 0 .. 9
    levy : an amount [1]

  clauses
    A: levy = part when rest > MOST
    B: except A when rest > MOST and kind = 3: levy = 2*part
"""


@pytest.mark.parametrize("most", [0, 4])
def test_all_rows_that_are_answered_are_kept_and_no_other(most: int) -> None:
    program = program_of(OPEN.replace("MOST", str(most)))
    found = program.sample(20_000, seed=3)
    assert found["rest"].min() == most + 1 and len(found["rest"]) == 20_000
    chance = np.random.default_rng((3, 0))
    rows = drawn(program.decision.inputs, edges(program.decision), chance, GROUP, near=NEAR)
    group = next(program.population().groups(3))
    for name, column in rows.columns.items():
        assert np.array_equal(group.columns[name], column[rows.columns["rest"] > most])


def test_a_rule_that_answers_almost_nothing_is_refused_with_the_reason() -> None:
    with pytest.raises(DecisionError, match="levy"):
        program_of(OPEN.replace("MOST", "8")).sample(10)


def test_what_is_refused_is_the_same_row_by_row() -> None:
    program = program_of(OPEN.replace("MOST", "4"))
    chance = np.random.default_rng(5)
    rows = drawn(program.decision.inputs, edges(program.decision), chance, 200, near=NEAR)
    one = program.population().evaluate.refused(rows.columns, rows.masks)
    assert one == Rowwise(program.decision).refused(rows.columns, rows.masks) and one


@pytest.mark.parametrize(
    ("marginals", "said"),
    [
        ({"incone": Normal(1, 1)}, "'incone' is no input to be drawn; did you mean income"),
        ({"age": (50, 10)}, "expected Normal, Uniform, Shares or Stated for age, got tuple"),
        ({"age": Normal(50, -1)}, r"normal\(50, -1\) is no distribution for age"),
        ({"age": Normal(float("nan"), 1)}, "expected finite numbers to draw age by, got nan"),
        ({"age": Uniform(30, 20)}, "age has no values from 30 up to 20"),
        ({"age": Uniform(500, 600)}, "500 .. 600 lies outside of 0 .. 120"),
        ({"age": Uniform(-3, -1)}, "-3 .. -1 lies outside of 0 .. 120"),
        ({"age": Shares({500: 1})}, "age = 500 lies outside of 0 .. 120"),
        ({"age": Shares({None: 1, 30: 1})}, "age may not be unknown"),
        ({"age": Shares({})}, "expected values of age with their weights, got none"),
        ({"age": Shares({30: -1, 40: 2})}, "expected a weight for age = 30, got -1"),
        ({"age": Stated("gauss", (1, 2))}, "no family 'gauss' for age; there are normal"),
        ({"age": Stated("normal", (1,))}, r"normal\(1\) is no distribution for age"),
        ({"age": Stated("normal", (1, 2), unknown=0.5)}, "age cannot be unknown"),
        ({"status": Normal(1, 1)}, "status is a choice; say in Shares"),
        ({"status": Shares({"widowed": 1})}, "expected single or joint or head for status"),
        ({"status": Shares({3: 1})}, r"status = 3 lies outside of 0 \.\. 2"),
        ({"children": Shares({1.5: 1})}, "children = 1.5 is no multiple of 1"),
    ],
)
@pytest.mark.parametrize("how", ["sample", "cover"])
def test_what_no_input_can_follow_is_refused(how: str, marginals: Any, said: str) -> None:
    with pytest.raises(DomainError, match=said):
        getattr(PROGRAM, how)(5, marginals=marginals)


def test_shares_of_words_and_days_are_said_in_words() -> None:
    words = {"status": Shares({"head": 3, "joint": 1}), "resident": Shares({"yes": 1, None: 1})}
    words["asked"] = Shares({"2024-02-29": 1})
    rows = PROGRAM.sample(4000, seed=2, marginals=words)
    assert (rows["status"] == "head").mean() == pytest.approx(0.75, abs=0.03)
    assert set(rows["resident"]) == {True, "unknown"}
    assert set(rows["asked"].astype(str)) == {"2024-02-29"}


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"incone": [1.0]}, "a column for some input: "),
        ([1.0, 2.0], "a column for some input: "),
        ({"income": []}, "expected a table with rows, got none"),
        (
            {"age": [500.0, -1.0]},
            r"no row .* is left: age = 500 lies outside of 0 \.\. 120",
        ),
        ({"income": [1.0, 2.0], "age": [3.0]}, "expected shape"),
    ],
)
@pytest.mark.parametrize("how", ["sample", "cover"])
def test_a_table_that_rows_cannot_be_like_is_refused(how: str, table: Any, said: str) -> None:
    with pytest.raises((DomainError, ShapeError), match=said):
        getattr(PROGRAM, how)(5, like=table)


def test_rows_of_a_table_that_no_rule_answers_are_left_out() -> None:
    table = {"age": [30.0, 500.0, -2.0], "income": [1.0, 2.0, 3.0]}
    rows = PROGRAM.sample(200, like=table)
    assert set(rows["age"]) == {30.0} and set(rows["income"]) == {1.0}


@pytest.mark.parametrize("how", ["sample", "cover"])
def test_rows_and_seeds_are_whole_numbers_from_zero_on(how: str) -> None:
    asked = getattr(PROGRAM, how)
    for wrong in (-1, 2.5, "5", None, True):
        with pytest.raises(ValueError, match="expected a whole number of at least 0 for n"):
            asked(wrong)
        with pytest.raises(ValueError, match="expected a whole number of at least 0 for seed"):
            asked(3, seed=wrong)
    assert [len(column) for column in asked(0).values()] == [0] * len(PROGRAM.inputs)
    assert len(next(iter(asked(np.int64(3), seed=np.int64(1)).values()))) == 3
