"""A tax with parameters of 20 years: a million rows with a day each, and a million in each year.

    PYTHONPATH=. python benchmarks/rules_by_day.py

Every answer of a sample is compared with the tax worked out on paper in fractions. Times are CPU
seconds of one core.
"""

from __future__ import annotations

import time
from fractions import Fraction

import numpy as np
from tests.deciding.hand_made import YEARS, dated_tax, paper_tax

from lawc.deciding.program import compile_rule

ROWS = 1_000_000
CHECKED = 2_000


def main() -> None:
    """Print both times, and how many of the checked rows were equal."""
    program = compile_rule(dated_tax())
    chance = np.random.default_rng(0)
    income = np.round(chance.lognormal(10.8, 0.8, ROWS).clip(0, 9e6), 2)
    years = chance.integers(YEARS[0], YEARS[-1] + 1, ROWS)
    days = (years - 1970).astype("datetime64[Y]").astype("datetime64[D]")
    program.decide({"income": income[:20]}, as_of=days[:20])
    began = time.process_time()
    found = program.decide({"income": income}, as_of=days)
    print(f"{ROWS:,} rows, each of its own day, 20 years: {time.process_time() - began:.2f} s")
    equal = sum(
        Fraction(repr(float(found["tax"][row])))
        == paper_tax(Fraction(repr(float(income[row]))), int(years[row]))
        for row in range(CHECKED)
    )
    print(f"equal to the tax on paper: {equal} of {CHECKED}")
    began = time.process_time()
    for year in YEARS:
        program.decide({"income": income}, as_of=f"{year}-07-01")
    print(f"{ROWS:,} rows in each of 20 years: {time.process_time() - began:.2f} s, goal 2 s")


if __name__ == "__main__":
    main()
