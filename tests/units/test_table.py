"""Every line of the list agrees with pint, and no spelling of it has two readings."""

import math
from collections import defaultdict

import pytest
from pint_factors import listed_factor, pint_factor

from lawc.units.dimension import Dimension
from lawc.units.reading import parse_unit
from lawc.units.table import Entry, citations, entries, refusals, spellings
from lawc.units.unit import Unit

KINDS_PINT_LACKS = {"bioactivity"}


def _name(entry: Entry) -> str:
    return entry.symbols[0]


@pytest.mark.parametrize("entry", entries(), ids=_name)
def test_a_listed_unit_is_worth_what_pint_says(entry: Entry) -> None:
    if entry.pint == "-":
        ((base, power),) = entry.dimension.exponents
        assert power == 1
        assert base in KINDS_PINT_LACKS or base.startswith("currency:")
        return
    factor, zero, dimension = pint_factor(entry)
    assert listed_factor(entry) == pytest.approx(factor, rel=1e-12)
    assert float(entry.offset) == pytest.approx(zero, rel=1e-12)
    assert entry.dimension.without_kinds == dimension


def test_the_list_has_more_than_400_units_beside_money() -> None:
    money = [e for e in entries() if e.source == "ISO4217"]
    things = [e for e in entries() if e.source == "COUNT"]
    assert len(entries()) - len(money) >= 400
    assert len(entries()) - len(money) - len(things) >= 350
    assert len({_name(entry) for entry in entries()}) == len(entries())


def test_every_value_has_a_citation() -> None:
    assert {entry.source for entry in entries()} == set(citations())


def test_no_spelling_of_the_list_has_two_readings() -> None:
    readings: dict[str, set[tuple[str, object]]] = defaultdict(set)
    for spelling, (entry, prefix) in spellings().items():
        readings[spelling].add((_name(entry), prefix))
    for entry in entries():
        for spelling in entry.symbols + entry.names:
            readings[spelling].add((_name(entry), 1))
    assert {spelling for spelling, found in readings.items() if len(found) > 1} == set()


def test_a_refused_spelling_is_no_listed_name() -> None:
    listed = {name for entry in entries() for name in entry.symbols + entry.names}
    assert listed & set(refusals()) == set()


def test_every_candidate_of_a_refused_spelling_is_a_unit() -> None:
    for spelling, refusal in refusals().items():
        assert refusal.candidates, spelling
        for candidate in refusal.candidates:
            assert isinstance(parse_unit(candidate), Unit), (spelling, candidate)


@pytest.mark.parametrize(
    ("spelling", "factor"),
    [
        ("km", 1e3),
        ("µm", 1e-6),
        ("μm", 1e-6),
        ("um", 1e-6),
        ("kilometre", 1e3),
        ("mg", 1e-6),
        ("hPa", 1e2),
        ("dL", 1e-4),
        ("GeV", 1.602176634e-10),
        ("KiB", 8192.0),
        ("mmol", 1e-3),
        ("kcal_th", 4184.0),
        ("Myr", 1e6 * 365.25 * 86400),
        ("deg", math.pi / 180),
        ("%", 0.01),
    ],
)
def test_a_prefix_multiplies(spelling: str, factor: float) -> None:
    unit = parse_unit(spelling)
    assert isinstance(unit, Unit)
    assert unit.factor == pytest.approx(factor, rel=1e-15)


@pytest.mark.parametrize(
    "spelling", ["kmin", "mmmHg", "kkg", "mperson", "kdegC", "hmol", "Mhour", "PT", "Gs"]
)
def test_a_prefix_stands_only_where_it_applies(spelling: str) -> None:
    assert not isinstance(parse_unit(spelling), Unit)


def test_kinds_of_the_si_numbers_differ_from_one_another() -> None:
    found = [parse_unit(name) for name in ("rad", "rev", "count", "bit", "IU", "EUR", "USD", "1")]
    assert len({unit.dimension for unit in found if isinstance(unit, Unit)}) == len(found)


def test_money_of_two_currencies_has_two_dimensions() -> None:
    euro = parse_unit("EUR")
    assert isinstance(euro, Unit)
    assert euro.dimension == Dimension.of({"currency:EUR": 1})


def test_temperature_scales_reach_the_same_kelvin() -> None:
    celsius, fahrenheit = parse_unit("°C"), parse_unit("degF")
    assert isinstance(celsius, Unit)
    assert isinstance(fahrenheit, Unit)
    assert celsius.to_si(100.0) == pytest.approx(373.15, rel=1e-15)
    assert fahrenheit.to_si(212.0) == pytest.approx(373.15, rel=1e-15)
    assert fahrenheit.from_si(celsius.to_si(-40.0)) == pytest.approx(-40.0, rel=1e-12)
