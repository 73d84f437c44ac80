"""Rules made by hand from decisions, and one with dates."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

from lawc.decision.decision import Bands, Bracket, Clause, Clauses, Decision, Port, Scale
from lawc.decision.formula import Named, Number, apply, number
from lawc.knowledge.law import Quantity
from lawc.knowledge.rule import Applies, Parameter, Rule
from lawc.knowledge.words import Status
from lawc.units.reading import parse_unit
from lawc.units.unit import PLAIN, Unit


def rule_of(decision: Decision, identity: str = "test.rules.made", **more: Any) -> Rule:
    """Return a rule that is this decision on every day."""
    made = Rule(
        identity=identity,
        version="1.0.0",
        title="made by hand",
        status=Status.CONFIRMED,
        sources=("nobody",),
        quantities={port.name: quantity_of(port) for port in (*decision.inputs, *decision.decided)},
        inputs=tuple(port.name for port in decision.inputs),
        outputs=tuple(port.name for port in decision.decided),
        steps=decision.steps,
        calendars=decision.calendars,
        softness=decision.softness,
        digest="0" * 64,
    )
    return replace(made, **more)


def quantity_of(port: Port) -> Quantity:
    unit = parse_unit(port.unit) if port.unit else PLAIN
    assert isinstance(unit, Unit)
    return Quantity(
        port.name,
        port.words,
        unit,
        None if port.low is None else float(port.low),
        None if port.high is None else float(port.high),
        kind=port.kind,
        choices=("no", "yes") if port.kind == "yes/no" else port.choices,
        may_be_unknown=port.may_be_unknown,
    )


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal()


YEARS = tuple(range(2005, 2025))


def allowance(year: int) -> Fraction:
    return Fraction(10000 + 137 * (year - 2005))


def threshold(year: int) -> Fraction:
    return Fraction(20000 + 411 * (year - 2005))


def rates(year: int) -> tuple[Fraction, Fraction]:
    return Fraction(10, 100), Fraction(20 + (year - 2005) % 3, 100)


def dated_tax() -> Rule:
    """A tax with an allowance by year and brackets by year, rounded to a cent."""
    income, taxable, tax = Named("income"), Named("taxable"), "tax"
    bands = tuple(
        Bands(
            tuple(
                Bracket(Number(above), Number(rate))
                for above, rate in zip((Fraction(0), threshold(year)), rates(year), strict=True)
            ),
            since=day(f"{year}-01-01"),
        )
        for year in YEARS
    )
    steps = (
        Clauses(
            "taxable",
            (Clause("T", apply("max", number(0), apply("subtract", income, Named("allowance")))),),
        ),
        Scale(tax, taxable, bands, rounding=("round_half_from_zero", Number(Fraction(1, 100)))),
    )
    ports = (
        Port("income", unit="USD", low=Fraction(0), high=Fraction(10_000_000)),
        Port("allowance", unit="USD"),
        Port("taxable", unit="USD"),
        Port("tax", unit="USD"),
    )
    return Rule(
        identity="law.test.income-tax",
        version="1.0.0",
        title="",
        status=Status.CONFIRMED,
        sources=("nobody",),
        quantities={port.name: quantity_of(port) for port in ports},
        inputs=("income",),
        outputs=("taxable", "tax"),
        steps=steps,
        parameters=(
            Parameter(
                "allowance", tuple((day(f"{year}-01-01"), allowance(year)) for year in YEARS)
            ),
        ),
        applies=(Applies("US", day("2005-01-01"), day("2024-12-31")),),
        digest="1" * 64,
    )


def paper_tax(income: Fraction, year: int) -> Fraction:
    """Return the tax of `dated_tax` as one would work it out on paper."""
    taxable = max(Fraction(0), income - allowance(year))
    low, high = rates(year)
    above = max(Fraction(0), taxable - threshold(year))
    due = low * (taxable - above) + high * above
    cents = due * 100
    whole = cents.numerator // cents.denominator
    return Fraction(whole + (cents - whole >= Fraction(1, 2)), 100)
