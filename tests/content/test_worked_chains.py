"""Worked values that join several quantities come out of the shipped rules.

The table beside the checkout works some values through several laws; here the rules take their
part, and what joins them is written out. Rules that the table does not know are worked out anew.
"""

from __future__ import annotations

import math
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from asking import agrees, ask, worked
from hypothesis import given
from hypothesis import strategies as st
from ruling import Bench, hinged

from lawc.knowledge.base import KnowledgeBase

GAS = 8.31446261815324


@pytest.fixture(scope="session")
def bench(library: KnowledgeBase) -> Bench:
    return Bench(library)


def printed(material: Path, law: str) -> tuple[dict[str, Any], dict[str, str]]:
    lines = worked(material, law)
    return dict(lines[0].given), {line.output: line.printed for line in lines}


def test_a_disclosed_rate_is_accurate_within_an_eighth_of_a_point(
    library: KnowledgeBase, material: Path
) -> None:
    given_, said = printed(material, "law.reg_z_apr")
    rule = library.rules["law.us.credit.disclosed-rate"]
    rate = Fraction(said["APR"])
    for off, expected in ((0, True), ("0.1249", True), ("0.1251", False)):
        for sign in (-1, 1):
            asked = {
                "amount": given_["A"], "payment": given_["P"], "count": given_["n"],
                "periods": "monthly", "disclosed": rate + sign * Fraction(off),
            }  # fmt: skip
            assert ask(rule, asked)["accurate"] is expected


@given(
    rate=st.floats(1, 60),
    count=st.integers(2, 360),
    off=st.sampled_from([-0.13, -0.12, 0.0, 0.12, 0.13]),
)
def test_a_rate_that_is_summed_payment_by_payment_is_judged_right(
    library: KnowledgeBase, rate: float, count: int, off: float
) -> None:
    payment = 1000
    amount = sum(payment / (1 + rate / 1200) ** at for at in range(1, count + 1))
    asked = {
        "amount": Fraction(str(round(amount, 2))), "payment": payment, "count": count,
        "periods": "monthly", "disclosed": Fraction(str(round(rate + off, 6))),
    }  # fmt: skip
    found = ask(library.rules["law.us.credit.disclosed-rate"], asked)
    assert found["accurate"] is (abs(off) < 0.125)


def test_doses_by_genotype_have_the_worked_mean(library: KnowledgeBase, material: Path) -> None:
    given_, said = printed(material, "x.03_pgx_warfarin")
    rule = library.rules["medicine.dosing.warfarin-dose"]
    doses = {}
    for variant in ("GG", "AG", "AA"):
        asked = {
            "age": given_["age"], "H": given_["height_cm"], "W": given_["weight_kg"],
            "VKORC1": variant, "CYP2C9": "s1s1", "race": given_["race"], "inducer": False,
            "amiodarone": False,
        }  # fmt: skip
        doses[variant] = ask(rule, asked)["dose"]
        assert agrees(doses[variant], said[f"dose_{variant}"])
    q = Fraction(str(given_["qA"]))
    mean = (1 - q) ** 2 * doses["GG"] + 2 * q * (1 - q) * doses["AG"] + q**2 * doses["AA"]
    assert agrees(mean, said["population_mean"])


def test_a_body_explodes_above_the_worked_temperature_only(
    library: KnowledgeBase, material: Path
) -> None:
    given_, said = printed(material, "x.04_thermal_runaway")
    rule = library.rules["chemistry.hazards.thermal-explosion"]
    for more, expected in ((-1e-4, False), (1e-4, True)):
        heat = float(said["T_critical_ambient"]) + more
        delta = given_["Ea"] * given_["a_m"] ** 2 * given_["rhoQA_Wm3"] / given_["k_WmK"]
        delta *= math.exp(-given_["Ea"] / (GAS * heat)) / (GAS * heat**2)
        found = ask(rule, {"body": "sphere", "delta": Fraction(delta)})
        assert found["explodes"] is expected


def test_seats_and_what_they_are_measured_by_come_out(bench: Bench, material: Path) -> None:
    given_, said = printed(material, "x.11_election_seats")
    votes = given_["votes"]
    found = bench.ask(
        "sociology.houses.parliament", house=given_["seats"],
        hurdle=Fraction(str(given_["threshold"])), **{f"votes[{n}]": v for n, v in votes.items()},
    )  # fmt: skip
    seats = {name: found[f"seats[{name}]"] for name in votes}
    assert {name: int(said[name]) for name in votes} == seats
    shares = [Fraction(v, sum(votes.values())) for v in votes.values()]
    won = [Fraction(seats[name], given_["seats"]) for name in votes]
    assert agrees(1 / sum(s**2 for s in shares), said["ENP_v"])
    assert agrees(1 / sum(s**2 for s in won), said["ENP_s"])
    off = 100 * math.sqrt(sum((a - b) ** 2 for a, b in zip(shares, won, strict=True)) / 2)
    assert agrees(Fraction(off), said["gallagher"])


def test_oxygen_of_the_blood_and_its_acidity_come_out(
    library: KnowledgeBase, material: Path
) -> None:
    given_, said = printed(material, "x.12_oxygen_cascade")
    acid = ask(
        library.rules["medicine.blood.acid-base"],
        {"HCO3": given_["HCO3"], "PaCO2": given_["PaCO2"]},
    )
    assert agrees(acid["pH"], said["pH"])
    content = ask(
        library.rules["medicine.blood.oxygen-delivery"],
        {"Hb": given_["Hb"], "SaO2": Fraction(said["SaO2"]), "PaO2": given_["PaO2"], "SvO2": 0.5,
         "PvO2": 30, "VO2": 250},
    )  # fmt: skip
    assert agrees(content["CaO2"], said["CaO2"])
    assert agrees(content["CaO2"] * int(given_["CO"]) * 10, said["DO2"])


# Stamp duty, by hinges: what each rate adds above its threshold.


@given(
    day=st.sampled_from([date(2022, 9, 22), date(2022, 9, 23), date(2024, 10, 30),
                         date(2024, 10, 31), date(2025, 3, 31), date(2025, 4, 1)]),
    price=st.integers(0, 2_000_000),
    buyer=st.sampled_from(("first-time", "mover", "additional")),
    resident=st.sampled_from(("yes", "no")),
)  # fmt: skip
def test_stamp_duty_is_that_of_the_bands_of_its_day(
    bench: Bench, day: date, price: int, buyer: str, resident: str
) -> None:
    amount = Fraction(price)
    raised = date(2022, 9, 23) <= day < date(2025, 4, 1)
    free, most = (425_000, 625_000) if raised else (300_000, 500_000)
    low = (250_000, 250_000) if raised else (125_000, 250_000)
    ends = tuple(map(Fraction, (*low, 925_000, 1_500_000)))
    tax = hinged(amount, ends, ("0", "0.02", "0.05", "0.10", "0.12"))
    if buyer == "first-time" and price <= most:
        tax = max(amount - free, Fraction(0)) / 20
    if price >= 40_000:
        percent = (3 if day < date(2024, 10, 31) else 5) if buyer == "additional" else 0
        tax += amount * (percent + (2 if resident == "no" else 0)) / 100
    answer = bench.ask("law.uk.stamp-duty", day, price=price, buyer=buyer, resident=resident)
    assert answer["tax"] == tax


# Two ends of each range, in tenths of a microgram.
FINE = {
    2024: ([0, 90, 91, 354, 355, 554, 555, 1254, 1255, 2254, 2255, 3254],
           [0, 50, 51, 100, 101, 150, 151, 200, 201, 300, 301, 500]),
    2023: ([0, 120, 121, 354, 355, 554, 555, 1504, 1505, 2504, 2505, 3504, 3505, 5004],
           [0, 50, 51, 100, 101, 150, 151, 200, 201, 300, 301, 400, 401, 500]),
}  # fmt: skip
# In micrograms.
COARSE = {
    2024: ([0, 54, 55, 154, 155, 254, 255, 354, 355, 424, 425, 604],
           [0, 50, 51, 100, 101, 150, 151, 200, 201, 300, 301, 500]),
    2023: ([0, 54, 55, 154, 155, 254, 255, 354, 355, 424, 425, 504, 505, 604],
           [0, 50, 51, 100, 101, 150, 151, 200, 201, 300, 301, 400, 401, 500]),
}  # fmt: skip


@given(year=st.sampled_from(tuple(FINE)), coarse=st.booleans(), hundredths=st.integers(0, 61_000))
def test_the_index_of_dust_is_interpolated_between_its_breakpoints(
    bench: Bench, year: int, coarse: bool, hundredths: int
) -> None:
    name, ends, unit = ("PM10", COARSE, 100) if coarse else ("PM25", FINE, 10)
    answer = bench.ask(
        "chemistry.air.air-quality-index", date(year, 12, 1),
        **{"PM25": 0, "PM10": 0, "ozone": 0, name: Fraction(hundredths, 100)},
    )  # fmt: skip
    concentrations, indices = ends[year]
    index = answer["i10" if coarse else "i25"]
    cut = hundredths // unit
    if cut > concentrations[-1]:
        assert (index, answer["category"]) == ("not applicable", "hazardous")
        return
    found = np.interp(cut, concentrations, indices)
    assert abs(float(index) - found) <= 0.5 + 1e-9
    assert answer["AQI"] == index


@given(
    life=st.integers(20, 85), expected=st.integers(1, 18), mean=st.integers(1, 15),
    income=st.integers(101, 75_000),
)  # fmt: skip
def test_human_development_is_the_geometric_mean_of_three_dimensions(
    bench: Bench, life: int, expected: int, mean: int, income: int
) -> None:
    answer = bench.ask(
        "sociology.development.human-development", life=life, expected=expected, mean=mean,
        income=income,
    )  # fmt: skip
    parts = [
        (life - 20) / 65,
        (expected / 18 + mean / 15) / 2,
        (math.log10(income) - 2) / (math.log10(75_000) - 2),
    ]
    raw = 0.0 if min(parts) == 0 else math.exp(sum(map(math.log, parts)) / 3)
    assert abs(float(answer["HDI"]) - raw) <= 0.0005 + 1e-9
    assert (
        answer["tier"]
        == ("low", "medium", "high", "very-high")[
            sum(answer["HDI"] >= Fraction(cut) for cut in ("0.55", "0.7", "0.8"))
        ]
    )


@given(weeks=st.integers(5, 40), days=st.integers(0, 6), off=st.integers(-30, 30))
def test_an_ultrasound_moves_the_due_date_as_the_table_in_weeks_says(
    bench: Bench, weeks: int, days: int, off: int
) -> None:
    age = 7 * weeks + days
    if not 35 <= age + off <= 301:
        return
    rows = ((9, 5), (16, 7), (22, 10), (28, 14), (44, 21))
    most = next(days for below, days in rows if weeks < below)
    period = date(2024, 1, 1)
    answer = bench.ask(
        "medicine.pregnancy.ultrasound-dating", period=period, scan=period + timedelta(age),
        measured=age + off,
    )  # fmt: skip
    moved = -off if abs(off) > most else 0
    assert answer["due"] == date(2024, 10, 7) + timedelta(moved)
