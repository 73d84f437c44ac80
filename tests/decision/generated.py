"""Decisions made by chance, with every construct; many have gaps, conflicts, zero divisors."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from hypothesis import strategies as st
from tests.decision.samples import (
    day,
    day_port,
    integer_port,
    money_port,
    number_port,
    one_of,
    yes_no,
)

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
    Step,
    Table,
    Test,
)
from lawc.decision.formula import YES, Apply, Formula, Named, NotApplicable, Number

TEXTS = ("0", "1", "2", "3", "-1", "0.5", "0.3", "12.5", "1/3", "7")
NUMBERS = st.sampled_from([Fraction(text) for text in TEXTS])
STEPS = [Fraction(1), Fraction(1, 100), Fraction(5), Fraction(3, 2)]
EXPONENTS = [Fraction(2), Fraction(3), Fraction(-1), Fraction(1, 2)]
OF_ONE = ("negative", "abs", "sign", "floor", "ceiling")
OF_DAYS = ("months_between", "years_between", "business_days_between")
ROUNDINGS = (
    "round_floor",
    "round_ceiling",
    "round_to_zero",
    "round_from_zero",
    "round_half_from_zero",
    "round_half_even",
)
CALENDAR = Calendar(
    holidays=tuple(
        int(day(text)) for text in ("2020-01-01", "2020-05-01", "2020-12-25", "2021-01-01")
    ),
    since=int(day("2019-06-01")),
    until=int(day("2022-06-01")),
)


class _Made:
    """What is known so far, by kind."""

    def __init__(self) -> None:
        self.ports: list[Port] = []

    def of(self, *kinds: str) -> list[Port]:
        return [port for port in self.ports if port.kind in kinds]


@st.composite
def decisions(draw: st.DrawFn) -> Decision:
    """A decision of a few inputs and a few steps."""
    unknown = draw(st.booleans())
    inputs = [
        number_port("x", 0, 20, may_be_unknown=unknown),
        number_port("z", -5, 5),
        money_port("m", -50, 1000),
        integer_port("k", -3, 12, may_be_unknown=draw(st.booleans())),
        yes_no("p", may_be_unknown=unknown),
        yes_no("q", may_be_unknown=draw(st.booleans())),
        one_of("w", "a", "b", "c", may_be_unknown=draw(st.booleans())),
        day_port("d", "2019-12-01", "2021-12-31"),
    ]
    made = _Made()
    made.ports = list(inputs)
    steps: list[Step] = []
    decided: list[Port] = []
    for place in range(draw(st.integers(1, 4))):
        maker = draw(st.sampled_from((_table, _clauses, _scale, _score)))
        step, ports = maker(draw, made, place)
        steps.append(step)
        decided += ports
        made.ports += ports
    return Decision(
        tuple(inputs),
        tuple(decided),
        tuple(port.name for port in decided),
        tuple(steps),
        {"work": CALENDAR},
    )


def _number(draw: Any, made: _Made, depth: int = 2) -> Formula:
    leaf = draw(st.integers(0, 9))
    if depth == 0 or leaf < 3:
        if leaf % 2:
            return Number(draw(NUMBERS))
        return Named(draw(st.sampled_from(made.of("number", "integer"))).name)

    def next_one() -> Formula:
        return _number(draw, made, depth - 1)

    match draw(st.integers(0, 10)):
        case 0 | 1:
            operation = draw(st.sampled_from(("add", "subtract", "multiply", "divide")))
            return Apply(operation, (next_one(), next_one()))
        case 2:
            return Apply(draw(st.sampled_from(("min", "max"))), (next_one(), next_one()))
        case 3:
            return Apply(
                draw(st.sampled_from(OF_ONE)),
                (next_one(),),
            )
        case 4 | 5:
            step = draw(st.sampled_from(STEPS))
            return Apply(draw(st.sampled_from(ROUNDINGS)), (next_one(), Number(step)))
        case 6 | 7:
            return Apply("where", (_condition(draw, made, depth - 1), next_one(), next_one()))
        case 8:
            operation = draw(st.sampled_from(("sqrt", "exp", "ln")))
            return Apply(operation, (next_one(),))
        case 9:
            exponent = draw(st.sampled_from(EXPONENTS))
            return Apply("power", (next_one(), Number(exponent)))
        case _:
            return _of_day(draw, made)


def _of_day(draw: Any, made: _Made) -> Formula:
    operation = draw(st.sampled_from(("year", "month", "day", "weekday", *OF_DAYS)))
    one = _day(draw, made)
    if operation in ("year", "month", "day", "weekday"):
        return Apply(operation, (one,))
    name = "work" if operation.startswith("business") else ""
    return Apply(operation, (one, _day(draw, made)), name)


def _day(draw: Any, made: _Made) -> Formula:
    one: Formula = Named(draw(st.sampled_from(made.of("date"))).name)
    count = Number(Fraction(draw(st.integers(-14, 14))))
    match draw(st.integers(0, 4)):
        case 0:
            return Apply("add_months", (one, count))
        case 1:
            return Apply("add_business_days", (one, count), "work")
        case 2:
            return Apply("next_business_day", (Apply("add", (one, count)),), "work")
        case _:
            return one


def _condition(draw: Any, made: _Made, depth: int = 2) -> Formula:
    match draw(st.integers(0, 8 if depth else 3)):
        case 0 | 1:
            return Named(draw(st.sampled_from(made.of("yes/no"))).name)
        case 2:
            sign = draw(st.sampled_from(("less", "less_equal", "equal")))
            both = (
                Named(draw(st.sampled_from(made.of("number", "integer"))).name),
                Number(draw(NUMBERS)),
            )
            return Apply(sign, both if draw(st.booleans()) else both[::-1])
        case 3:
            word = Named(draw(st.sampled_from(made.of("one of"))).name)
            return Apply("equal", (word, Number(Fraction(draw(st.integers(0, 2))))))
        case 4:
            return Apply("not", (_condition(draw, made, depth - 1),))
        case 5:
            operation = draw(st.sampled_from(("is_known", "is_applicable")))
            return Apply(operation, (Named(draw(st.sampled_from(made.ports)).name),))
        case 6:
            sign = draw(st.sampled_from(("less", "less_equal", "equal")))
            return Apply(sign, (_number(draw, made, depth - 1), _number(draw, made, depth - 1)))
        case _:
            joined = draw(st.sampled_from(("and", "or")))
            return Apply(
                joined, (_condition(draw, made, depth - 1), _condition(draw, made, depth - 1))
            )


def _decided(draw: Any, name: str) -> Port:
    match draw(st.integers(0, 5)):
        case 0:
            return integer_port(name, -100, 1000)
        case 1:
            return yes_no(name)
        case 2:
            return one_of(name, "a", "b", "c")
        case 3:
            return money_port(name, -(10**6), 10**6)
        case 4:
            return number_port(name, -1000, 1000)
        case _:
            return number_port(name, None, None)


def _answer(draw: Any, made: _Made, port: Port) -> Formula:
    if draw(st.integers(0, 12)) == 0:
        return NotApplicable()
    match port.kind:
        case "yes/no":
            return _condition(draw, made, 1) if draw(st.booleans()) else YES
        case "one of":
            return Number(Fraction(draw(st.integers(0, 2))))
        case "integer":
            whole = Apply("round_half_even", (_number(draw, made), Number(Fraction(1))))
            return whole if draw(st.booleans()) else Number(Fraction(draw(st.integers(-2, 5))))
    return Number(draw(NUMBERS)) if draw(st.booleans()) else _number(draw, made)


def _table(draw: Any, made: _Made, place: int) -> tuple[Step, list[Port]]:
    on = draw(
        st.lists(st.sampled_from(made.ports), min_size=1, max_size=3, unique_by=lambda p: p.name)
    )
    outputs = [_decided(draw, f"t{place}{j}") for j in range(draw(st.integers(1, 2)))]
    rows = []
    for _ in range(draw(st.integers(1, 5))):
        cells = tuple(_cell(draw, made, port) for port in on)
        rows.append(Row(cells, tuple(_answer(draw, made, port) for port in outputs)))
    if draw(st.integers(0, 2)):
        answers = tuple(_answer(draw, made, port) for port in outputs)
        rows.append(Row(tuple(None for _ in on), answers, otherwise=True))
    policy = draw(st.sampled_from(("first", "first", "unique", "any")))
    names = tuple(port.name for port in on)
    return Table(tuple(port.name for port in outputs), names, tuple(rows), policy), outputs


def _cell(draw: Any, made: _Made, port: Port) -> Any:
    choice = draw(st.integers(0, 6))
    if choice == 0:
        return None
    if choice == 1:
        return Test(_condition(draw, made, 1))
    if port.kind in ("yes/no", "one of") or (choice == 2 and port.kind == "integer"):
        values = draw(st.sets(st.integers(0, 2), min_size=1, max_size=2))
        return OneOf(frozenset(map(Fraction, values)))
    base = day("2020-06-15") if port.kind == "date" else Fraction(0)
    ends = sorted(base + draw(NUMBERS) for _ in range(2))
    low, high = (end if draw(st.integers(0, 3)) else None for end in ends)
    return Interval(low, high, draw(st.booleans()), draw(st.booleans()))


def _clauses(draw: Any, made: _Made, place: int) -> tuple[Step, list[Port]]:
    port = _decided(draw, f"c{place}")
    clauses: list[Clause] = []
    for number in range(draw(st.integers(1, 4))):
        before = [clause.label for clause in clauses]
        defeats = draw(st.lists(st.sampled_from(before), unique=True, max_size=3)) if before else []
        condition = _condition(draw, made) if number or draw(st.booleans()) else YES
        value = _answer(draw, made, port)
        clauses.append(Clause(f"L{number}", value, condition, tuple(defeats)))
    return Clauses(port.name, tuple(clauses)), [port]


def _scale(draw: Any, made: _Made, place: int) -> tuple[Step, list[Port]]:
    port = draw(
        st.sampled_from(
            (money_port(f"s{place}", -(10**6), 10**6), number_port(f"s{place}", None, None))
        )
    )
    chooser = draw(st.sampled_from([None, *made.of("one of", "yes/no")]))
    plain = draw(st.integers(0, 3)) > 0
    bands = []
    for value in range(3 if chooser else 1):
        ends = sorted({draw(NUMBERS) for _ in range(draw(st.integers(1, 4)))})
        brackets = tuple(
            Bracket(
                Number(end) if plain else Apply("add", (Number(end), _number(draw, made, 0))),
                Number(draw(NUMBERS)),
            )
            for end in ends
        )
        values = frozenset((Fraction(value),)) if chooser else None
        if value == 2 and draw(st.booleans()):
            continue
        bands.append(Bands(brackets, values))
    rounding = None
    if draw(st.booleans()):
        rounding = draw(st.sampled_from(ROUNDINGS)), Number(Fraction(1, 100))
    on = _number(draw, made, 1)
    return Scale(port.name, on, tuple(bands), chooser.name if chooser else "", rounding), [port]


def _score(draw: Any, made: _Made, place: int) -> tuple[Step, list[Port]]:
    port = draw(
        st.sampled_from((integer_port(f"n{place}", -50, 50), number_port(f"n{place}", None, None)))
    )
    points = []
    for _ in range(draw(st.integers(1, 5))):
        whole = Number(Fraction(draw(st.integers(-3, 4))))
        formula = _number(draw, made, 1) if draw(st.integers(0, 4)) == 0 else whole
        points.append(Point(formula, _condition(draw, made)))
    return Score(port.name, tuple(points)), [port]
