"""Decisions written by hand, with worked cases; for every test of an evaluator, proof or sampler.

    SAMPLES["ckd-risk"].decision, .cases

A case is what is given and what must come out, all by name. Answers were worked out on paper.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from lawc.decision.decision import (
    Bands,
    Bracket,
    Calendar,
    Clause,
    Clauses,
    Decision,
    Interval,
    OneOf,
    Point,
    Port,
    Row,
    Scale,
    Score,
    Softness,
    Table,
    Test,
)
from lawc.decision.formula import (
    YES,
    Apply,
    Formula,
    Named,
    NotApplicable,
    Number,
    apply,
    every,
    some,
)
from lawc.decision.values import NOT_APPLICABLE, UNKNOWN, Absent, Value

Plain = int | str | Fraction | date | Absent


@dataclass(frozen=True)
class Sample:
    decision: Decision
    cases: tuple[tuple[Mapping[str, Value], Mapping[str, Value]], ...]


def n(value: int | str | Fraction) -> Number:
    """A number, `n("0.05")`."""
    return Number(Fraction(value))


def of(name: str) -> Named:
    return Named(name)


def less(a: Formula, b: Formula) -> Formula:
    return apply("less", a, b)


def at_least(a: Formula, b: Formula) -> Formula:
    return apply("less_equal", b, a)


def is_word(port: Port, word: str) -> Formula:
    return apply("equal", of(port.name), n(port.choices.index(word)))


def words(port: Port, *chosen: str) -> OneOf:
    return OneOf(frozenset(Fraction(port.choices.index(word)) for word in chosen))


def from_to(low: int | str | None, high: int | str | None) -> Interval:
    """`low ..< high`."""
    ends = [None if end is None else Fraction(end) for end in (low, high)]
    return Interval(ends[0], ends[1], high_open=high is not None)


def plain_row(cells: tuple[OneOf | Interval | Test | None, ...], *answers: Formula) -> Row:
    return Row(cells, answers)


def number_port(
    name: str, low: int | None, high: int | None, unit: str = "", **more: object
) -> Port:
    ends = [None if end is None else Fraction(end) for end in (low, high)]
    return Port(name, "number", unit, ends[0], ends[1], **more)  # type: ignore[arg-type]


def money_port(name: str, low: int, high: int) -> Port:
    return number_port(name, low, high, "USD", step=Fraction(1, 100))


def integer_port(name: str, low: int, high: int, **more: object) -> Port:
    return Port(name, "integer", "", Fraction(low), Fraction(high), step=Fraction(1), **more)  # type: ignore[arg-type]


def yes_no(name: str, **more: object) -> Port:
    return Port(name, "yes/no", step=Fraction(1), **more)  # type: ignore[arg-type]


def one_of(name: str, *choices: str, **more: object) -> Port:
    return Port(name, "one of", choices=choices, step=Fraction(1), **more)  # type: ignore[arg-type]


def day_port(name: str, low: str = "2000-01-01", high: str = "2030-12-31") -> Port:
    return Port(name, "date", "", day(low), day(high), step=Fraction(1))


def day(text: str) -> Fraction:
    return Fraction(date.fromisoformat(text).toordinal())


def cases(
    decision: Decision, *lines: tuple[Mapping[str, Plain], Mapping[str, Plain]]
) -> tuple[tuple[Mapping[str, Value], Mapping[str, Value]], ...]:
    """Cases in an author's words: choices by their word, dates as dates."""

    def value(name: str, plain: Plain) -> Value:
        if isinstance(plain, Absent):
            return plain
        if isinstance(plain, date):
            return Fraction(plain.toordinal())
        choices = decision.port(name).choices
        return Fraction(choices.index(str(plain)) if choices else plain)

    return tuple(
        (
            {name: value(name, plain) for name, plain in given.items()},
            {name: value(name, plain) for name, plain in expected.items()},
        )
        for given, expected in lines
    )


def ckd_risk() -> Sample:
    """Two tables and a grid; the ratio may be unknown, and sometimes does not matter."""
    egfr = number_port("eGFR", 0, 200, "mL/min/(1.73 m^2)")
    acr = number_port("ACR", 0, 20000, "mg/g", may_be_unknown=True)
    stage = one_of("stage", "G1", "G2", "G3a", "G3b", "G4", "G5")
    albuminuria = one_of("albuminuria", "A1", "A2", "A3")
    risk = one_of("risk", "low", "moderate", "high", "very-high")
    edges = ["90", "60", "45", "30", "15"]
    stages = Table(
        ("stage",),
        ("eGFR",),
        tuple(
            plain_row((from_to(low, high),), n(place))
            for place, (low, high) in enumerate(zip([*edges, None], [None, *edges], strict=True))
        ),
    )
    ratios = Table(
        ("albuminuria",),
        ("ACR",),
        (
            plain_row((from_to(None, 30),), n(0)),
            plain_row((Interval(Fraction(30), Fraction(300)),), n(1)),
            plain_row((Interval(Fraction(300), None, low_open=True),), n(2)),
        ),
    )
    levels = ("012", "012", "123", "233", "333", "333")
    grid = Table(
        ("risk",),
        ("stage", "albuminuria"),
        tuple(
            plain_row((words(stage, stage.choices[s]), words(albuminuria, f"A{a + 1}")), n(level))
            for s, line in enumerate(levels)
            for a, level in enumerate(line)
        ),
    )
    width = Softness("stage", "eGFR", Fraction(3)), Softness("albuminuria", "ACR", Fraction(5))
    made = Decision(
        (egfr, acr),
        (stage, albuminuria, risk),
        ("stage", "risk"),
        (stages, ratios, grid),
        softness=width,
    )
    return Sample(
        made,
        cases(
            made,
            ({"eGFR": "26.38", "ACR": 350}, {"stage": "G4", "risk": "very-high"}),
            ({"eGFR": 90, "ACR": 30}, {"stage": "G1", "albuminuria": "A2", "risk": "moderate"}),
            ({"eGFR": "89.999", "ACR": "29.999"}, {"stage": "G2", "risk": "low"}),
            ({"eGFR": 45, "ACR": 300}, {"stage": "G3a", "albuminuria": "A2", "risk": "high"}),
            ({"eGFR": 45, "ACR": "300.001"}, {"albuminuria": "A3", "risk": "very-high"}),
            (
                {"eGFR": 20, "ACR": UNKNOWN},
                {"stage": "G4", "albuminuria": UNKNOWN, "risk": "very-high"},
            ),
            ({"eGFR": 50, "ACR": UNKNOWN}, {"stage": "G3a", "risk": UNKNOWN}),
        ),
    )


def income_tax() -> Sample:
    """Brackets by status, a deduction with exceptions, a credit that phases out, rounding."""
    status = one_of("status", "single", "joint")
    income = money_port("income", 0, 10_000_000)
    ports = (
        income,
        status,
        integer_port("age", 0, 130),
        yes_no("dependent"),
        integer_port("children", 0, 20),
    )
    old = at_least(of("age"), n(65))
    deduction = Clauses(
        "deduction",
        (
            Clause("D1", apply("where", is_word(status, "joint"), n(29200), n(14600))),
            Clause(
                "D2",
                apply("add", apply("where", is_word(status, "joint"), n(29200), n(14600)), n(1950)),
                old,
                ("D1",),
            ),
            Clause(
                "D3",
                apply(
                    "min",
                    apply("max", n(1300), apply("add", of("income"), n(450))),
                    n(14600),
                ),
                of("dependent"),
                ("D1", "D2"),
            ),
        ),
    )
    taxable = Clauses(
        "taxable",
        (Clause("T", apply("max", n(0), apply("subtract", of("income"), of("deduction")))),),
    )
    rates = ("0.1", "0.12", "0.22", "0.24", "0.32", "0.35", "0.37")
    single = (0, 11600, 47150, 100525, 191950, 243725, 609350)
    joint = (0, 23200, 94300, 201050, 383900, 487450, 731200)
    tax = Scale(
        "tax",
        of("taxable"),
        tuple(
            Bands(
                tuple(Bracket(n(above), n(rate)) for above, rate in zip(edges, rates, strict=True)),
                frozenset((Fraction(place),)),
            )
            for place, edges in enumerate((single, joint))
        ),
        by="status",
        rounding=("round_half_from_zero", n("0.01")),
    )
    limit = apply("where", is_word(status, "joint"), n(400_000), n(200_000))
    excess = apply("max", n(0), apply("subtract", of("income"), limit))
    lost = apply("multiply", n(50), apply("round_ceiling", apply("divide", excess, n(1000)), n(1)))
    credit = Clauses(
        "credit",
        (
            Clause(
                "C",
                apply(
                    "max", n(0), apply("subtract", apply("multiply", n(2000), of("children")), lost)
                ),
            ),
        ),
    )
    due = Clauses(
        "due",
        (
            Clause(
                "R",
                apply(
                    "round_half_from_zero",
                    apply("max", n(0), apply("subtract", of("tax"), of("credit"))),
                    n(1),
                ),
            ),
        ),
    )
    decided = tuple(
        money_port(name, 0, 10_000_000) for name in ("deduction", "taxable", "tax", "credit", "due")
    )
    made = Decision(ports, decided, ("tax", "due"), (deduction, taxable, tax, credit, due))
    someone = {"status": "single", "age": 40, "dependent": 0, "children": 0}
    return Sample(
        made,
        cases(
            made,
            ({**someone, "income": 14600}, {"taxable": 0, "tax": 0, "due": 0}),
            ({**someone, "income": 26200}, {"taxable": 11600, "tax": 1160, "due": 1160}),
            ({**someone, "income": "26200.04"}, {"tax": 1160, "due": 1160}),
            ({**someone, "income": "26200.05"}, {"tax": "1160.01", "due": 1160}),
            ({**someone, "income": 100000}, {"deduction": 14600, "tax": 13841, "due": 13841}),
            ({**someone, "income": 100000, "age": 65}, {"deduction": 16550, "tax": 13412}),
            (
                {**someone, "income": 5000, "dependent": 1, "age": 70},
                {"deduction": 5450, "taxable": 0, "due": 0},
            ),
            (
                {**someone, "income": 429200, "status": "joint", "children": 2},
                # 2,320 + 8,532 + 23,485 + 43,884 + 5,152; the credit loses 30 times 50.
                {"taxable": 400000, "tax": 83373, "credit": 2500, "due": 80873},
            ),
        ),
    )


def stroke_score() -> Sample:
    """A score of yes/no and ages, and a sentence about it; history may be unknown."""
    history = tuple(
        yes_no(name, may_be_unknown=True)
        for name in ("heart_failure", "hypertension", "diabetes", "stroke", "vascular")
    )
    ports = (integer_port("age", 0, 130), yes_no("female"), *history)
    points = (
        Point(n(1), of("heart_failure"), "C"),
        Point(n(1), of("hypertension"), "H"),
        Point(n(2), at_least(of("age"), n(75)), "A2"),
        Point(n(1), of("diabetes"), "D"),
        Point(n(2), of("stroke"), "S2"),
        Point(n(1), of("vascular"), "V"),
        Point(n(1), every((at_least(of("age"), n(65)), less(of("age"), n(75)))), "A"),
        Point(n(1), of("female"), "Sc"),
    )
    score = integer_port("score", 0, 9)
    advice = one_of("advice", "none", "consider", "offer")
    beyond = apply("subtract", of("score"), of("female"))
    advised = Clauses(
        "advice",
        (
            Clause("A1", n(0), less(beyond, n(1))),
            Clause("A2", n(1), apply("equal", beyond, n(1))),
            Clause("A3", n(2), at_least(beyond, n(2))),
        ),
    )
    made = Decision(ports, (score, advice), ("score", "advice"), (Score("score", points), advised))
    none = dict.fromkeys([port.name for port in history], 0)
    return Sample(
        made,
        cases(
            made,
            ({**none, "age": 64, "female": 1}, {"score": 1, "advice": "none"}),
            ({**none, "age": 65, "female": 0}, {"score": 1, "advice": "consider"}),
            ({**none, "age": 74, "female": 1, "stroke": 1}, {"score": 4, "advice": "offer"}),
            ({**none, "age": 75, "female": 0}, {"score": 2, "advice": "offer"}),
            ({**dict.fromkeys(none, 1), "age": 80, "female": 1}, {"score": 9, "advice": "offer"}),
            ({**none, "age": 40, "female": 0, "stroke": UNKNOWN}, {"score": UNKNOWN}),
        ),
    )


def objection() -> Sample:
    """A deadline: a month after notice, three days for the post, moved to a business day."""
    ports = (
        day_port("sent", "2024-01-01", "2024-11-15"),
        yes_no("electronic"),
        day_port("received"),
    )
    notice = Clauses(
        "notice",
        (
            Clause("N1", apply("add", of("sent"), n(3))),
            Clause("N2", of("sent"), of("electronic"), ("N1",)),
        ),
    )
    last = Clauses(
        "last_day",
        (
            Clause(
                "L", Apply("next_business_day", (apply("add_months", of("notice"), n(1)),), "work")
            ),
        ),
    )
    timely = Clauses("timely", (Clause("T", apply("less_equal", of("received"), of("last_day"))),))
    late = Clauses(
        "days_late",
        (
            Clause(
                "B",
                Apply("business_days_between", (of("last_day"), of("received")), "work"),
                apply("not", of("timely")),
            ),
            Clause("N", NotApplicable(), of("timely")),
        ),
    )
    holidays = ("2024-01-01", "2024-03-29", "2024-04-01", "2024-05-01", "2024-12-25", "2024-12-26")
    made = Decision(
        (ports[0], ports[1], day_port("received", "2024-01-01", "2024-12-31")),
        (
            day_port("notice"),
            day_port("last_day"),
            yes_no("timely"),
            integer_port("days_late", 0, 300),
        ),
        ("last_day", "timely", "days_late"),
        (notice, last, timely, late),
        {
            "work": Calendar(
                holidays=tuple(int(day(h)) for h in holidays),
                since=int(day("2024-01-01")),
                until=int(day("2024-12-31")),
            )
        },
    )
    return Sample(
        made,
        cases(
            made,
            (
                # The 29th of February is the last day; Good Friday, the weekend and Monday follow.
                {"sent": date(2024, 1, 31), "electronic": 1, "received": date(2024, 2, 29)},
                {"last_day": date(2024, 2, 29), "timely": 1, "days_late": NOT_APPLICABLE},
            ),
            (
                {"sent": date(2024, 2, 26), "electronic": 0, "received": date(2024, 4, 3)},
                {
                    "notice": date(2024, 2, 29),
                    "last_day": date(2024, 4, 2),
                    "timely": 0,
                    "days_late": 1,
                },
            ),
        ),
    )


def kidney_function() -> Sample:
    """A formula with real powers, cut by a table: floats near thresholds."""
    ports = (
        number_port("creatinine", 0, 30, "mg/dL"),
        integer_port("age", 18, 120),
        yes_no("female"),
    )
    kappa = apply("where", of("female"), n("0.7"), n("0.9"))
    alpha = apply("where", of("female"), n("-0.241"), n("-0.302"))
    ratio = apply("divide", apply("max", of("creatinine"), n("0.1")), kappa)
    low = apply("power", apply("min", ratio, n(1)), alpha)
    high = apply("power", apply("max", ratio, n(1)), n("-1.2"))
    aged = apply("power", n("0.9938"), of("age"))
    base = apply("multiply", n(142), apply("multiply", low, apply("multiply", high, aged)))
    value = apply("multiply", base, apply("where", of("female"), n("1.012"), n(1)))
    stage = one_of("stage", "G1", "G2", "G3", "G4", "G5")
    edges = ["90", "60", "30", "15"]
    rows = tuple(
        plain_row((from_to(a, b),), n(place))
        for place, (a, b) in enumerate(zip([*edges, None], [None, *edges], strict=True))
    )
    made = Decision(
        ports,
        (number_port("eGFR", 0, 400, "mL/min/(1.73 m^2)"), number_port("shown", 0, 400), stage),
        ("shown", "stage"),
        (
            Clauses("eGFR", (Clause("F", value),)),
            Clauses("shown", (Clause("S", apply("round_half_from_zero", of("eGFR"), n(1))),)),
            Table(("stage",), ("eGFR",), rows),
        ),
    )
    return Sample(
        made,
        cases(
            made,
            ({"creatinine": 2, "age": 65, "female": 0}, {"shown": 36, "stage": "G3"}),
            ({"creatinine": "0.7", "age": 20, "female": 1}, {"shown": 127, "stage": "G1"}),
            ({"creatinine": 10, "age": 50, "female": 1}, {"shown": 4, "stage": "G5"}),
        ),
    )


def housing_benefit() -> Sample:
    """First hit, otherwise, not applicable, a test in a cell, an unknown that is asked about."""
    rent = money_port("rent", 0, 10_000)
    income = number_port("income", 0, 100_000, "USD", step=Fraction(1, 100), may_be_unknown=True)
    tenure = one_of("tenure", "tenant", "owner", "lodger")
    asks = apply("not", apply("is_known", of("income")))
    half = apply("divide", of("rent"), n(2))
    share = Table(
        ("share", "reason"),
        ("tenure", "income", "rent"),
        (
            plain_row((words(tenure, "owner"), None, None), NotApplicable(), n(0)),
            plain_row((None, Test(asks), None), n(0), n(1)),
            plain_row((None, from_to(None, 1000), None), n("0.8"), n(2)),
            plain_row(
                (
                    words(tenure, "tenant"),
                    Test(less(of("income"), apply("multiply", n(3), of("rent")))),
                    from_to(500, None),
                ),
                apply("divide", n(1), n(3)),
                n(3),
            ),
            Row((None, None, None), (n(0), n(4)), otherwise=True),
        ),
        policy="first",
    )
    paid = Clauses(
        "benefit",
        (
            Clause(
                "B",
                apply("round_floor", apply("multiply", of("share"), half), n("0.01")),
                apply("is_applicable", of("share")),
            ),
            Clause("N", NotApplicable(), apply("not", apply("is_applicable", of("share")))),
        ),
    )
    owed = Clauses(
        "owed",
        (
            Clause("P", YES, less(n(0), of("benefit"))),
            Clause(
                "Q",
                n(0),
                some(
                    (
                        apply("equal", of("benefit"), n(0)),
                        apply("not", apply("is_applicable", of("benefit"))),
                    )
                ),
            ),
        ),
    )
    reason = one_of("reason", "owner", "asked", "poor", "dear", "rest")
    made = Decision(
        (rent, income, tenure),
        (number_port("share", 0, 1), reason, money_port("benefit", 0, 10_000), yes_no("owed")),
        ("reason", "benefit", "owed"),
        (share, paid, owed),
    )
    return Sample(
        made,
        cases(
            made,
            (
                {"rent": 800, "income": UNKNOWN, "tenure": "owner"},
                {"share": NOT_APPLICABLE, "benefit": NOT_APPLICABLE, "owed": 0, "reason": "owner"},
            ),
            (
                {"rent": 800, "income": UNKNOWN, "tenure": "tenant"},
                {"reason": "asked", "benefit": 0, "owed": 0},
            ),
            ({"rent": 800, "income": "999.99", "tenure": "lodger"}, {"benefit": 320, "owed": 1}),
            ({"rent": 800, "income": 1000, "tenure": "lodger"}, {"benefit": 0, "reason": "rest"}),
            (
                {"rent": 800, "income": 1000, "tenure": "tenant"},
                {"benefit": "133.33", "reason": "dear"},
            ),
            ({"rent": 800, "income": 2400, "tenure": "tenant"}, {"benefit": 0, "reason": "rest"}),
        ),
    )


SAMPLES: Mapping[str, Sample] = {
    "ckd-risk": ckd_risk(),
    "income-tax": income_tax(),
    "stroke-score": stroke_score(),
    "objection": objection(),
    "kidney-function": kidney_function(),
    "housing-benefit": housing_benefit(),
}
