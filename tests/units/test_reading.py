"""A unit reads back what was written; what is not a unit is refused at its place, in time."""

import subprocess
import sys
import time
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawc.units.dimension import NONE, Dimension
from lawc.units.problem import UnitProblem
from lawc.units.reading import parse_unit
from lawc.units.table import spellings
from lawc.units.unit import PLAIN, Unit

pytestmark = pytest.mark.usefixtures("own_time")

whole = st.sampled_from(
    [
        name
        for name, (entry, _) in spellings().items()
        # A few, such as `EV`, are refused when they stand alone: QUDT means another unit.
        if not entry.offset and isinstance(parse_unit(name), Unit)
    ]
)
exponents = st.fractions(min_value=-3, max_value=3, max_denominator=3).filter(bool)


def read(text: str) -> Unit:
    unit = parse_unit(text)
    assert isinstance(unit, Unit), unit
    return unit


def refused(text: str) -> UnitProblem:
    problem = parse_unit(text)
    assert isinstance(problem, UnitProblem), problem
    return problem


def raised(name: str, power: Fraction) -> str:
    return (
        name if power == 1 else f"{name}^{power}" if power.denominator == 1 else f"{name}^({power})"
    )


@given(st.lists(st.tuples(whole, exponents), min_size=1, max_size=4))
def test_a_product_has_the_factor_and_dimension_of_its_parts(
    parts: list[tuple[str, Fraction]],
) -> None:
    unit = parse_unit("*".join(raised(name, power) for name, power in parts))
    dimension, factor = NONE, 1.0
    for name, power in parts:
        dimension *= read(name).dimension ** power
        factor *= read(name).factor ** float(power)
    if isinstance(unit, UnitProblem):
        assert unit.kind == "too large"
    else:
        assert unit.dimension == dimension
        assert unit.factor == pytest.approx(factor, rel=1e-12)


@given(whole, whole)
def test_a_slash_a_negative_power_and_raised_digits_say_the_same(above: str, below: str) -> None:
    units = [
        parse_unit(t) for t in (f"{above}/{below}", f"{above}*{below}^-1", f"{above}·{below}⁻¹")
    ]
    assert len({(u.dimension, u.factor) for u in units if isinstance(u, Unit)}) == 1


@given(st.text(max_size=40))
def test_any_text_is_a_unit_or_has_a_place_inside_it(text: str) -> None:
    found = parse_unit(text)
    if isinstance(found, UnitProblem):
        assert found.text == text
        assert 0 <= found.start <= found.end <= len(text)


@given(st.text(alphabet="mskg1203/*^()-· ²⁻.e", max_size=30))
def test_texts_of_the_alphabet_of_units_are_read_or_refused(text: str) -> None:
    assert isinstance(parse_unit(text), Unit | UnitProblem)


@pytest.mark.parametrize(
    ("text", "dimension", "factor"),
    [
        ("m/s^2", {"length": 1, "time": -2}, 1.0),
        ("mL/min/(1.73 m^2)", {"length": 1, "time": -1}, 1e-6 / 60 / 1.73),
        ("10^9/L", {"length": -3}, 1e12),
        ("nV/√Hz", {"mass": 1, "length": 2, "time": Fraction(-5, 2), "current": -1}, 1e-9),
        ("Pa*√m", {"mass": 1, "length": Fraction(-1, 2), "time": -2}, 1.0),
        ("1/√(m*s)", {"length": Fraction(-1, 2), "time": Fraction(-1, 2)}, 1.0),
        ("10^9 cell/L", {"length": -3, "count": 1}, 1e12),
        ("1/h", {"time": -1}, 1 / 3600),
        ("kg·m²·s⁻²", {"mass": 1, "length": 2, "time": -2}, 1.0),
        ("Pa*m^(1/2)", {"mass": 1, "length": Fraction(-1, 2), "time": -2}, 1.0),
        ("km^(1/2)", {"length": Fraction(1, 2)}, 1000**0.5),
        ("J/(mol*K)", {"mass": 1, "length": 2, "time": -2, "amount": -1, "temperature": -1}, 1.0),
        ("(m/s)^2", {"length": 2, "time": -2}, 1.0),
        ("mg/dL", {"mass": 1, "length": -3}, 1e-2),
        ("EUR/person/yr", {"currency:EUR": 1, "count": -1, "time": -1}, 1 / 31557600),
        ("rpm", {"cycle": 1, "time": -1}, 1 / 60),
        ("30 d", {"time": 1}, 2592000.0),
    ],
)
def test_units_as_people_write_them(
    text: str, dimension: dict[str, Fraction | int], factor: float
) -> None:
    unit = read(text)
    assert unit.text == text
    assert unit.dimension == Dimension.of(dimension)
    assert unit.factor == pytest.approx(factor, rel=1e-14)


@pytest.mark.parametrize(
    ("text", "power"),
    [("m^64", 64), ("m^-64", -64), ("(m^32)^2", 64), ("m^(1/12)", Fraction(1, 12)),
     ("m^(64/12)", Fraction(16, 3)), ("(m^64)^(1/2)", 32)],
)  # fmt: skip
def test_an_exponent_goes_as_far_as_its_bound(text: str, power: Fraction | int) -> None:
    assert read(text).dimension == Dimension.of({"length": power})


@pytest.mark.parametrize(
    ("text", "part", "reason"),
    [
        ("m^65", "65", "at most 64"),
        ("m^-65", "65", "at most 64"),
        ("m^(65/2)", "65", "at most 64"),
        ("m^00001", "00001", "at most 64"),
        ("m^(1/13)", "13", "simple fractions"),
        ("(m^33)^2", "^", "too large for a unit"),
        ("((m^10)^2)^4", "^", "too large for a unit"),
        ("(10^40*m)^60", "^", "too large for a unit"),
    ],
)
def test_an_exponent_beyond_its_bound_is_refused(text: str, part: str, reason: str) -> None:
    problem = refused(text)
    assert (problem.kind, problem.part) == ("too large", part)
    assert reason in problem.reason


@pytest.mark.parametrize(
    ("text", "repaired"),
    [("m^0.5", ("m^(1/2)",)), ("m^1.25", ("m^(5/4)",)), ("m^0.0", ()), ("m^0.12345678", ())],
)
def test_a_decimal_exponent_becomes_a_simple_fraction(text: str, repaired: tuple[str, ...]) -> None:
    assert refused(text).repaired == repaired


def test_nothing_and_one_are_the_plain_number() -> None:
    assert parse_unit("") == parse_unit("1") == parse_unit("  ") == PLAIN


@pytest.mark.parametrize(
    ("text", "kind", "part", "repaired"),
    [
        ("kt", "ambiguous", "kt", ("kilotonne", "knot")),
        ("3 ton/d", "ambiguous", "ton", ("3 t/d", "3 ton_short/d", "3 ton_long/d")),
        ("J/mol*K", "ambiguous", "J/mol*K", ("J/(mol*K)", "J*K/mol")),
        ("mEq/L", "ambiguous", "mEq", ("mmol/L",)),
        ("mmhg", "unknown", "mmhg", ("mmHg", "mmho")),
        ("Nm", "unknown", "Nm", ("N*m", "nm", "nM")),
        ("sec", "unknown", "sec", ("s",)),
        ("metre2", "unknown", "metre2", ("metre^2", "metres", "metre")),
        ("mtere/s", "unknown", "mtere", ("metre/s", "stere/s")),
        ("N m", "malformed", " ", ("N*m",)),
        ("m^0.5", "malformed", "0.5", ("m^(1/2)",)),
        ("s - 1", "malformed", "", ("s ^- 1",)),
        ("mL/min/1.73 m^2", "malformed", "1.73 m^2", ("mL/min/(1.73 m^2)",)),
        ("m**2", "malformed", "**", ("m^2",)),
        ("(m", "malformed", "(", ()),
        ("m)", "malformed", ")", ()),
        ("m/", "malformed", "", ()),
        ("0 m", "malformed", "0", ()),
        ("m^0", "malformed", "0", ()),
        ("m^2^3", "malformed", "^", ()),
        ("2^(1/2) m", "malformed", "2", ()),
        ("Pa√m", "malformed", "", ("Pa*√m",)),
        ("√m^2", "malformed", "^", ()),
        ("√2", "malformed", "√", ()),
        ("kg☃/s", "malformed", "☃", ()),
        ("м/s", "unknown", "м", ()),
    ],
)
def test_what_is_no_unit_is_refused_with_what_may_be_meant(
    text: str, kind: str, part: str, repaired: tuple[str, ...]
) -> None:
    problem = refused(text)
    assert (problem.kind, problem.part, problem.repaired) == (kind, part, repaired)


@pytest.mark.parametrize(
    "text",
    [
        "m**9**9**9",
        "m^9^9^9",
        "m" + "*m" * 20_000,
        "(" * 50_000,
        "-" * 50_000,
        "m^" + "9" * 100,
        "m^99999999",
        "m^(1/99)",
        "10^400 m",
        "1e400 m",
        "1e-9999999999 m",
        "9" * 110 + " m",
        "((10^64)^64)^64",
        "(((m^9)^9)^9)^9",
        "1e64^64",
        "Qm^64",
        "qm^60",
        "m*" * 12 + "m",
        "((((((m))))))",
        "٣m",
        "m\x00",
        "__import__('os').system('true')",
        "m;s",
        "m\u202e/s",
    ],
    ids=lambda text: text[:24].encode("unicode_escape").decode(),
)
def test_hostile_text_is_refused_in_milliseconds(text: str) -> None:
    parse_unit("m")
    started = time.perf_counter()
    problem = refused(text)
    assert time.perf_counter() - started < 0.05
    assert problem.kind in ("too large", "malformed", "unknown")


def test_twelve_factors_are_read_and_thirteen_are_not() -> None:
    assert read("*".join(["m"] * 12)).dimension == Dimension.of({"length": 12})
    assert refused("*".join(["m"] * 13)).kind == "too large"


def test_every_candidate_of_a_misspelled_name_is_a_unit() -> None:
    for text in ("mettre", "kilogramm", "Sekunden", "pascals2", "mool", "kelvn", "KHz", "Joules"):
        for candidate in refused(text).repaired:
            read(candidate)


def test_checking_a_law_loads_no_pint() -> None:
    program = (
        "import sys; import lawc.pipeline.checking; from lawc.units.reading import parse_unit; "
        "from lawc.units.naming import name_dimension; "
        "assert name_dimension(parse_unit('kN').dimension) == 'force'; "
        "sys.exit('pint' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
