"""Codes of UCUM and names of QUDT are read as what they are, or refused; nothing is half read."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawc.units.aliases import codes, qudt_atoms, qudt_prefixes
from lawc.units.dimension import Dimension
from lawc.units.problem import UnitProblem
from lawc.units.reading import parse_unit
from lawc.units.table import entries, refusals, rows, spellings
from lawc.units.unit import PLAIN, Unit

plain_atoms = st.sampled_from(
    [atom for atom in qudt_atoms() if not atom.startswith("DEG_") and not atom[-1].isdigit()]
)


def read(text: str) -> Unit:
    unit = parse_unit(text)
    assert isinstance(unit, Unit), unit
    return unit


def refused(text: str) -> UnitProblem:
    problem = parse_unit(text)
    assert isinstance(problem, UnitProblem), problem
    return problem


@pytest.mark.parametrize(
    ("code", "ours"),
    [
        ("mm[Hg]", "mmHg"),
        ("cm[H2O]", "cmH2O"),
        ("[in_i]", "in"),
        ("in_i", "in"),
        ("[lbf_av].[ft_i]", "ft_lbf"),
        ("10*3/uL", "10^3/uL"),
        ("10*9/L", "10^9/L"),
        ("10*-6", "1e-6"),
        ("10^3.m", "1000 m"),
        ("m/s2", "m/s^2"),
        ("m.s-2", "m/s^2"),
        ("kg.m/s2", "N"),
        ("kg.m2.s-3.A-1", "V"),
        ("/min", "1/min"),
        ("/m3", "1/m^3"),
        ("W.m-2.Cel-1", "W/(m^2*K)"),
        ("Cel", "degC"),
        ("[degF]", "degF"),
        ("deg", "deg"),
        ("'", "arcmin"),
        ("''", "arcsec"),
        ("m''", "marcsec"),
        ("%", "%"),
        ("[pH]", "1"),
        ("[ppth]", "permille"),
        ("{count}", "count"),
        ("{cells}/uL", "cell/uL"),
        ("10*3{cells}/uL", "10^3 cell/uL"),
        ("mg{albumin}/g{creatinine}", "mg/g"),
        ("{score}", "1"),
        ("{#}/m3", "count/m^3"),
        ("Ohm.m", "ohm*m"),
        ("kOhm", "kohm"),
        ("har", "ha"),
        ("[acr_us]", "acre_US"),
        ("cal_th", "cal_th"),
        ("u", "Da"),
        ("Ao", "angstrom"),
        ("MiBy", "MiB"),
        ("[wood'U]", "mmHg*min/L"),
        ("k[lbf_av]/[in_i]2", "kpsi"),
        ("mol.m-3", "mM"),
    ],
)
def test_a_code_of_ucum_is_the_unit_that_it_names(code: str, ours: str) -> None:
    unit, same = read(code), read(ours)
    assert unit.dimension == same.dimension
    assert unit.factor == pytest.approx(same.factor, rel=1e-14)
    assert unit.offset == same.offset


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("M-PER-SEC2", "m/s^2"),
        ("KiloGM", "kg"),
        ("KiloGM-M2", "kg*m^2"),
        ("NUM", "count"),
        ("NUM-PER-M3", "count/m^3"),
        ("PER-M3", "1/m^3"),
        ("DEG_C", "degC"),
        ("W-PER-M2-DEG_C", "W/(m^2*K)"),
        ("MI-PER-HR", "mph"),
        ("BTU_IT-PER-LB-DEG_R", "Btu_IT/(lb*degR)"),
        ("unit:M", "m"),
        ("unit:PA", "Pa"),
        ("unit:M2", "m^2"),
        ("SEC", "s"),
        ("V-PER-M0dot5", "V/√m"),
        ("L-PER-MIN-MilliM_HG", "L/(min*mmHg)"),
        ("CCY_EUR-PER-KiloW-HR", "EUR/kWh"),
        ("MebiBYTE", "MiB"),
        ("LB_F-PER-IN2", "psi"),
    ],
)
def test_a_name_of_qudt_is_the_unit_that_it_names(name: str, ours: str) -> None:
    unit, same = read(name), read(ours)
    assert unit.dimension == same.dimension
    assert unit.factor == pytest.approx(same.factor, rel=1e-14)
    assert unit.offset == same.offset


@pytest.mark.parametrize(
    ("symbol", "ours"),
    [
        ("m/s²", "m/s^2"),
        ("kg·m²", "kg*m^2"),
        ("µm", "um"),
        ("μm", "um"),
        ("cm⁻¹", "1/cm"),
        ("J/(kg·K)", "J/kg/K"),
        ("Btu{IT}/(h·ft²·°F)", "Btu_IT/h/ft^2/degR"),
        ("gal{US}", "gal_US"),
        ("ft{US Survey}", "ft_US"),
        ("#/m³", "count/m^3"),
        ("μΩ", "uohm"),
        ("lb-mol/h", "lbmol/h"),
        ("°C/min", "K/min"),
        ("m²·°C/W", "m^2*K/W"),
    ],
)
def test_a_symbol_as_tables_print_it_is_read(symbol: str, ours: str) -> None:
    unit, same = read(symbol), read(ours)
    assert unit.dimension == same.dimension
    assert unit.factor == pytest.approx(same.factor, rel=1e-14)


@given(st.lists(plain_atoms, min_size=1, max_size=3), st.lists(plain_atoms, max_size=3))
def test_a_name_of_qudt_is_the_product_of_its_atoms(above: list[str], below: list[str]) -> None:
    name = "unit:" + "-".join([*above, *(["PER", *below] if below else [])])
    unit = parse_unit(name)
    if isinstance(unit, UnitProblem):
        assert unit.kind == "too large"
        return
    dimension, factor = Dimension(), 1.0
    for atoms, power in ((above, 1), (below, -1)):
        for atom in atoms:
            dimension *= read(f"unit:{atom}").dimension ** power
            factor *= read(f"unit:{atom}").factor ** power
    assert unit.dimension == dimension
    assert unit.factor == pytest.approx(factor, rel=1e-12)


@given(st.sampled_from(sorted(qudt_prefixes())), plain_atoms)
def test_a_prefix_of_qudt_multiplies(prefix: str, atom: str) -> None:
    unit, whole = parse_unit(f"unit:{prefix}{atom}"), qudt_atoms().get(prefix + atom)
    if isinstance(unit, Unit) and whole is None:
        assert unit.dimension == read(f"unit:{atom}").dimension
        factor = float(qudt_prefixes()[prefix]) * read(f"unit:{atom}").factor
        assert unit.factor == pytest.approx(factor, rel=1e-14)


def test_every_line_of_the_lists_of_notations_names_a_unit() -> None:
    for name in ("ucum.txt", "qudt.txt", "spellings.txt"):
        for row in rows(name):
            assert isinstance(parse_unit(row[1]), Unit), (name, row)
    for code in set(codes()) - {"Cel", "[degF]"}:
        # What QUDT spells the same is refused when it stands alone.
        assert isinstance(parse_unit(f"{code}*m"), Unit) or code in refusals(), code


def test_no_code_has_another_meaning_in_our_spelling() -> None:
    own = {name for entry in entries() for name in entry.symbols + entry.names}
    for code, target, _ in rows("ucum.txt"):
        if code in own and code not in refusals():
            assert spellings()[code][0] == spellings()[target][0], code
    assert not own & {row[0] for row in rows("spellings.txt")}


@pytest.mark.parametrize(
    ("text", "kind", "repaired"),
    [
        ("M2", "ambiguous", ("m^2", "M^2")),
        ("PA", "ambiguous", ("Pa", "petaampere")),
        ("mL/min/{1.73_m2}", "malformed", ("mL/min/(1.73 m2)",)),
        ("kPa{absolute}", "unknown", ()),
        ("ft{survey}", "unknown", ()),
        ("{US}", "malformed", ()),
        ("g{", "malformed", ()),
        ("g{☃}", "malformed", ()),
        ("J/mol.K", "ambiguous", ("J/(mol*K)", "J*K/mol")),
        ("m2^3", "malformed", ()),
        ("m2²", "malformed", ()),
        ("m2.5", "malformed", ()),
        ("m-1.5", "malformed", ("m-(3/2)",)),
        ("[c]", "constant", ("m/s",)),
        ("dB", "logarithm", ("1",)),
        ("M-PER-FURLONG", "unknown", ()),
        ("M-PER-SEC-PER-SEC", "unknown", ()),
        ("unit:", "unknown", ()),
        ("unit:M/SEC", "unknown", ()),
        ("kg-m", "malformed", ()),
        ("[in_i", "malformed", ()),
        ("a]", "malformed", ()),
    ],
)
def test_what_is_read_by_no_notation_is_refused(
    text: str, kind: str, repaired: tuple[str, ...]
) -> None:
    problem = refused(text)
    assert problem.kind == kind
    if repaired:
        assert problem.repaired == repaired


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("°C^2", "offset"),
        ("°C*h", "offset"),
        ("2 degF", "offset"),
        ("degC/2", "offset"),
        ("m°C", "unknown"),
        ("mCel", "unknown"),
        ("√degC", "offset"),
        ("kg.Cel", "offset"),
        ("DEG_C-DAY", "offset"),
    ],
)
def test_a_scale_is_refused_where_a_temperature_may_be_meant(text: str, kind: str) -> None:
    problem = refused(text)
    assert problem.kind == kind
    if kind == "offset":
        assert "293.15" in problem.reason
        assert all(isinstance(parse_unit(repaired), Unit) for repaired in problem.repaired)


@pytest.mark.parametrize(
    ("text", "factor"),
    [
        ("W/degC", 1.0),
        ("1/°F", 9 / 5),
        ("J/(kg·°C)", 1.0),
        ("degF/h", 5 / 9 / 3600),
        ("delta_degC", 1.0),
        ("delta_degF*d", 86400 * 5 / 9),
        ("Δ°C", 1.0),
        ("°C^-2", 1.0),
        ("/degC", 1.0),
        ("1/(s*degC^-1)", 1.0),
    ],
)
def test_a_scale_is_a_difference_where_something_is_divided(text: str, factor: float) -> None:
    unit = read(text)
    assert unit.offset == 0
    assert unit.factor == pytest.approx(factor, rel=1e-14)


@given(st.text(alphabet="mskgPERSC_12{}[]'.*/-^()#%√·⁻² :u", max_size=30))
def test_texts_of_all_notations_together_are_read_or_refused_with_a_place(text: str) -> None:
    found = parse_unit(text)
    if isinstance(found, UnitProblem):
        assert 0 <= found.start <= found.end <= len(text)
    else:
        assert found == PLAIN or found.text == text.strip()


def test_bounds_hold_in_every_notation() -> None:
    assert refused("unit:" + "-".join(["M"] * 13)).kind == "too large"
    assert refused(".".join(["m"] * 13)).kind == "too large"
    assert read("unit:" + "-".join(["M"] * 12)).dimension.exponent("length") == Fraction(12)
    assert refused("m99").kind == "too large"
    assert refused("10*99").kind == "too large"
    assert refused("√" * 60 + "m").kind == "malformed"
