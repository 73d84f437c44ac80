"""Values that people published or worked out by another route agree with the shipped laws."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from lawc.knowledge.base import KnowledgeBase
from lawc.lowering.planning import make_plan
from lawc.lowering.reference import reference

WORKED = Path(__file__).parents[3] / "shared" / "content" / "worked_examples.csv"
PK = "medicine.pharmacokinetics"


class Fact(NamedTuple):
    """A published value; `given` and `printed` are in declared units, times `factor`."""

    identity: str
    signature: str
    given: Mapping[str, float]
    printed: str
    citation: str
    factor: float = 1.0


FACTS = (
    Fact(
        "physics.mechanics.pendulum-period",
        "L g theta -> T",
        {"L": 1, "g": 1, "theta": math.pi / 2},
        "1.85407467730137",
        "M. Abramowitz, I. A. Stegun, Handbook of Mathematical Functions (1964), table 17.1",
        factor=1 / 4,
    ),
    Fact(
        "physics.mechanics.pendulum-period",
        "L g theta -> T",
        {"L": 1, "g": 1, "theta": 2 * math.pi / 3},
        "2.15651564749964",
        "M. Abramowitz, I. A. Stegun, Handbook of Mathematical Functions (1964), table 17.1",
        factor=1 / 4,
    ),
    Fact(
        "physics.orbits.kepler-equation",
        "M e -> E",
        {"M": math.radians(5), "e": 0.1},
        "5.554589",
        "J. Meeus, Astronomical Algorithms, 2nd ed. (1998), example 30.a",
        factor=180 / math.pi,
    ),
    Fact(
        "chemistry.electrochemistry.nernst-equation",
        "E0 T n Q -> E",
        {"E0": 0, "T": 298.15, "n": 1, "Q": 0.1},
        "59.16",
        "P. Atkins, J. de Paula, Physical Chemistry, 10th ed. (2014), §6C",
        factor=1000,
    ),
    Fact(
        "sociology.inequality.lognormal-gini",
        "sigma -> G",
        {"sigma": 1},
        "0.5204998778",
        "M. Abramowitz, I. A. Stegun, Handbook of Mathematical Functions (1964), table 7.1",
    ),
    Fact(
        f"{PK}.saturable-steady-state",
        "R Vmax Km -> Css",
        {"R": 276, "Vmax": 490, "Km": 4},
        "5.158878505",
        "T. M. Ludden et al., Clin. Pharmacol. Ther. 21 (1977) 287–293, the formula by hand",
    ),
    Fact(
        "medicine.anthropometry.body-surface-mosteller",
        "W H -> BSA",
        {"W": 81, "H": 144},
        "1.8",
        "R. D. Mosteller, N. Engl. J. Med. 317 (1987) 1098, the formula by hand",
    ),
    Fact(
        "biology.enzymes.michaelis-menten",
        "S Vmax Km -> v",
        {"S": 0.3, "Vmax": 80, "Km": 0.3},
        "40.0000000",
        "L. Michaelis, M. L. Menten, Biochem. Z. 49 (1913) 333–369: half the limit at Km",
    ),
)

Given = dict[str, float]


class Route(NamedTuple):
    """How a row of the table of worked values is asked of a law."""

    identity: str
    signature: str
    given: Callable[[Given], Given]
    factor: float = 1.0


def _pick(*names: str, **renamed: str) -> Callable[[Given], Given]:
    def pick(row: Given) -> Given:
        return {**{n: row[n] for n in names}, **{ours: row[name] for ours, name in renamed.items()}}

    return pick


_BODY = _pick(W="weight_kg", H="height_cm")
_RENAL = _pick(W="wt", H="ht")
_EMAX = "medicine.pharmacodynamics.emax"
_ABSORBED = _pick("t", "F", "ka", "V", "CL", D="dose_mg")
_PHENYTOIN = _pick(Vmax="Vmax_mgday", Km="Km_mgL")


ROUTES: dict[tuple[str, str], Route] = {
    ("med.anthropometry", "BMI"): Route(
        "medicine.anthropometry.body-mass-index", "W H -> BMI", _BODY
    ),
    ("med.anthropometry", "BSA_Mosteller"): Route(
        "medicine.anthropometry.body-surface-mosteller", "W H -> BSA", _BODY
    ),
    ("med.anthropometry", "BSA_DuBois"): Route(
        "medicine.anthropometry.body-surface-du-bois", "W H -> BSA", _BODY
    ),
    ("x.01_renal_dosing", "BSA"): Route(
        "medicine.anthropometry.body-surface-mosteller", "W H -> BSA", _RENAL
    ),
    ("med.pk_1cmt", "C_iv"): Route(
        f"{PK}.iv-bolus", "t D V CL -> C", _pick("t", "V", "CL", D="dose_mg")
    ),
    ("med.pk_1cmt", "C_oral"): Route(f"{PK}.absorption", "t D F ka V CL -> C", _ABSORBED),
    ("med.pk_1cmt", "AUC_oral"): Route(
        f"{PK}.absorption", "D F CL -> AUC", _pick("F", "CL", D="dose_mg")
    ),
    ("med.pk_mm_elimination", "Css"): Route(
        f"{PK}.saturable-steady-state",
        "R Vmax Km -> Css",
        lambda row: {"R": row["rate_mgday"], **_PHENYTOIN(row)},
    ),
    ("med.pk_mm_elimination", "t_C0_to_C1"): Route(
        f"{PK}.saturable-elimination-time",
        "C0 C1 V Vmax Km -> t",
        lambda row: {"C0": row["C0"], "C1": row["C1"], "V": row["Vd_L"], **_PHENYTOIN(row)},
    ),
    ("med.emax_hill", "effect"): Route(
        _EMAX, "C E0 Emax EC50 n -> E", _pick("C", "E0", "Emax", "EC50", "n")
    ),
    ("med.emax_hill", "C_for_target"): Route(
        _EMAX, "E E0 Emax EC50 n -> C", _pick("E0", "Emax", "EC50", "n", E="Css_target_effect")
    ),
    ("x.02_structure_to_pkpd", "f_unionised"): Route(
        "chemistry.acids.henderson-hasselbalch", "pH pKa -> f", _pick("pH", pKa="pKa_base")
    ),
    ("x.02_structure_to_pkpd", "effect"): Route(
        _EMAX,
        "C E0 Emax EC50 n -> E",
        # The chain's own concentration, from the rows above the effect.
        lambda row: {"C": 0.602816358, "E0": 0, "Emax": row["Emax"], "EC50": row["EC50"], "n": 1},
    ),
    ("x.05_channel_block_apd", "block_fraction"): Route(
        _EMAX,
        "C E0 Emax EC50 n -> E",
        lambda row: {"C": row["C_free"], "E0": 0, "Emax": 1, "EC50": row["IC50"], "n": row["n"]},
    ),
    ("med.widmark", "BAC_g_per_kg"): Route(
        "medicine.alcohol.widmark",
        "t D W r beta -> C",
        lambda row: {
            "t": row["hours"],
            "D": row["volume_ml"] * row["abv"] * 0.789,
            "W": row["weight_kg"],
            "r": 0.68,
            "beta": 0.15,
        },
    ),
    ("x.07_alcohol_law", "C0"): Route(
        "medicine.alcohol.widmark",
        "t D W r beta -> C",
        lambda row: {"t": 0, **_drunk(row)},
    ),
    ("x.07_alcohol_law", "hours_until_legal"): Route(
        "medicine.alcohol.widmark",
        "C D W r beta -> t",
        lambda row: {"C": row["limit"], **_drunk(row)},
    ),
}
"""Rows of the table that concern one shipped law, by law and output."""


def _drunk(row: Given) -> Given:
    return {"D": row["ethanol_g"], "W": row["weight_kg"], "r": row["r"], "beta": row["beta_ph"]}


def asked(library: KnowledgeBase, identity: str, signature: str, given: Given) -> float:
    plan = make_plan(library[identity], signature)
    columns = {name: np.array([float(value)]) for name, value in given.items()}
    answer = reference(plan, columns)[plan.signature.outputs[0]]
    return float(answer[0])


def half_a_digit(printed: str) -> float:
    exponent = Decimal(printed).as_tuple().exponent
    assert isinstance(exponent, int)
    # A little over half, since the printed figure itself was rounded.
    return 0.51 * 10.0**exponent


def rows() -> list[dict[str, str]]:
    if not WORKED.exists():
        return []
    with WORKED.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def routed() -> list[dict[str, str]]:
    return [row for row in rows() if (row["law_id"], row["output_name"]) in ROUTES]


def row_of(law: str, output: str) -> tuple[Given, str]:
    for row in rows():
        if (row["law_id"], row["output_name"]) == (law, output):
            return json.loads(row["inputs_json"]), row["expected_value"]
    pytest.skip("the table of worked values is not beside us")


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.identity)
def test_a_published_fact_agrees_to_its_printed_digits(library: KnowledgeBase, fact: Fact) -> None:
    answer = asked(library, fact.identity, fact.signature, dict(fact.given)) * fact.factor
    assert answer == pytest.approx(float(fact.printed), abs=half_a_digit(fact.printed), rel=0)


@pytest.mark.skipif(not WORKED.exists(), reason="the table of worked values is not beside us")
def test_every_route_has_its_row() -> None:
    assert {(row["law_id"], row["output_name"]) for row in routed()} == set(ROUTES)


@pytest.mark.parametrize("row", routed(), ids=lambda row: f"{row['law_id']}-{row['output_name']}")
def test_a_worked_value_agrees_to_its_printed_digits(
    library: KnowledgeBase, row: dict[str, str]
) -> None:
    route = ROUTES[row["law_id"], row["output_name"]]
    given = route.given(json.loads(row["inputs_json"]))
    answer = asked(library, route.identity, route.signature, given) * route.factor
    printed = row["expected_value"]
    assert answer == pytest.approx(float(printed), abs=half_a_digit(printed), rel=0)


def test_the_peak_after_absorption_stands_at_the_worked_time(library: KnowledgeBase) -> None:
    given, printed = row_of("med.pk_1cmt", "tmax")
    plan = make_plan(library[f"{PK}.absorption"], "t D F ka V CL -> A C")
    width = half_a_digit(printed)
    times = np.array([float(printed) - width, float(printed) + width])
    columns = {name: np.full(2, value) for name, value in _ABSORBED(given).items()}
    answer = reference(plan, {**columns, "t": times})
    before, after = columns["ka"] * answer["A"] - columns["CL"] * answer["C"]
    assert before > 0 > after


@pytest.mark.parametrize(("age", "factor"), [(62, 0.70), (67, 1.00), (70, 1.24)])
def test_survival_gives_the_worked_value_of_a_pension(
    library: KnowledgeBase, age: int, factor: float
) -> None:
    # Paid in the middle of each year, discounted to 62, until nobody is alive.
    given, printed = row_of("x.08_mortality_pension", f"PV_claim{age}")
    plan = make_plan(library["sociology.demography.gompertz-makeham"], "x x0 A B k -> S")
    ages = np.arange(age, 116) + 0.5
    columns = {name: np.full_like(ages, given[name]) for name in ("A", "B", "k")}
    alive = reference(plan, {**columns, "x": ages, "x0": np.full_like(ages, 62.0)})["S"]
    worth = np.sum(12 * given["pia"] * factor * alive * (1 + given["disc"]) ** (62 - ages))
    assert worth == pytest.approx(float(printed), abs=half_a_digit(printed), rel=0)
