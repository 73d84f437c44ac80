"""Write a project of many varied laws, for measurements of the checker.

Sixteen textbook laws, each with other names, units, ranges and coefficients every time; one law in
four imports constants. A law has some 19 lines, no findings, and an example that is right.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

Values = dict[str, float]

LENGTH = (("m", 1.0), ("cm", 0.01), ("km", 1000.0), ("mm", 0.001))
TIME = (("s", 1.0), ("min", 60.0), ("h", 3600.0), ("ms", 0.001))
MASS = (("kg", 1.0), ("g", 0.001), ("mg", 1e-6))
FORCE = (("N", 1.0), ("kN", 1000.0), ("mN", 0.001))
ENERGY = (("J", 1.0), ("kJ", 1000.0), ("MJ", 1e6))
PRESSURE = (("Pa", 1.0), ("kPa", 1000.0), ("bar", 1e5))
SPEED = (("m/s", 1.0), ("km/h", 1 / 3.6))
AMOUNT = (("mol/m^3", 1.0), ("mol/L", 1000.0), ("mmol/L", 1.0))
RATE = (("1/s", 1.0), ("1/min", 1 / 60), ("1/h", 1 / 3600))
PLAIN = (("1", 1.0),)
KELVIN = (("K", 1.0),)
CURRENT = (("A", 1.0), ("mA", 0.001))
RESISTANCE = (("ohm", 1.0), ("kohm", 1000.0))
MOLAR = (("J/mol", 1.0), ("kJ/mol", 1000.0))
VOLUME = (("m^3", 1.0), ("L", 0.001))
DENSITY = (("kg/m^3", 1.0), ("g/cm^3", 1000.0))
POWER = (("W", 1.0), ("kW", 1000.0))


@dataclass(frozen=True)
class Symbol:
    """Names to choose from, words, units to choose from, and a range in SI, if it has one."""

    names: str
    words: str
    units: tuple[tuple[str, float], ...]
    low: float | None = None
    high: float | None = None
    by: str = ""


@dataclass(frozen=True)
class Template:
    """A law with `{key}` where a name stands and `{1}` where a coefficient does."""

    title: str
    symbols: dict[str, Symbol]
    equations: tuple[str, ...]
    answer: str
    solve: Callable[[Values, float], float]
    imports: str = ""
    initial: tuple[str, ...] = ()
    valid: tuple[str, ...] = ()
    always: tuple[str, ...] = ()
    extra: Values = field(default_factory=dict)


S = Symbol
TEMPLATES = (
    Template(
        "Kinetic energy with a share of rotation",
        {
            "m": S("m M mass m_1", "mass", MASS, 0.1, 50),
            "v": S("v u speed", "speed", SPEED, 0.1, 90),
            "E": S("E E_k T_k W", "kinetic energy", ENERGY),
        },
        ("energy: {E} = {a}*{m}*{v}^2/2",),
        "E",
        lambda x, a: a * x["m"] * x["v"] ** 2 / 2,
        always=("{E} rises with {v}", "{E} scales with {m} ^ 1", "{E} >= 0 [J]"),
    ),
    Template(
        "Decay of first order",
        {
            "t": S("t time tau", "time", TIME, 0, 600),
            "c": S("c C conc", "concentration", AMOUNT, by="t"),
            "k": S("k k_1 lam", "rate constant", RATE, 1e-4, 0.01),
            "c0": S("c0 C0 c_start", "initial concentration", AMOUNT, 0.1, 100),
            "h": S("half t_half", "half-life", TIME),
        },
        ("decay: d{c}/d{t} = -{a}*{k}*{c}", "{h} := ln(2)/({a}*{k})"),
        "h",
        lambda x, a: math.log(2) / (a * x["k"]),
        initial=("{c} = {c0}  at {t} = 0 [s]",),
        always=("{c} falls with {t}", "{c} scales with {c0} ^ 1"),
    ),
    Template(
        "Arrhenius rate",
        {
            "A": S("A A_0 freq", "pre-exponential factor", RATE, 1e3, 1e12),
            "E": S("E Ea E_a", "activation energy", MOLAR, 1e3, 2e5),
            "T": S("T Temp T_r", "temperature", KELVIN, 250, 1500),
            "k": S("k k_r rate", "rate constant", RATE),
        },
        ("rate: {k} = {a}*{A}*exp(-{E}/({R_gas}*{T}))",),
        "k",
        lambda x, a: a * x["A"] * math.exp(-x["E"] / (x["R_gas"] * x["T"])),
        imports="R_gas",
        always=("{k} rises with {T}", "{k} falls with {E}", "{k} > 0 [1/s]"),
    ),
    Template(
        "Driven, damped oscillator",
        {
            "t": S("t time", "time", TIME, 0, 60),
            "x": S("x y z", "displacement", LENGTH, by="t"),
            "m": S("m M", "mass", MASS, 0.1, 10),
            "c": S("c b damp", "damping coefficient", (("kg/s", 1.0),), 0.01, 5),
            "k": S("k D", "stiffness", (("N/m", 1.0),), 10, 1000),
            "F": S("F F0 F_d", "amplitude of the drive", FORCE, 0.1, 10),
            "w": S("w omega", "angular frequency", (("rad/s", 1.0),), 0.1, 50),
            "r": S("ratio zeta", "damping ratio", PLAIN),
        },
        (
            "motion: {m}*d2{x}/d{t}2 + {c}*d{x}/d{t} + {a}*{k}*{x} = {F}*cos({w}*{t})",
            "damping: {r} := {c}/(2*sqrt({a}*{m}*{k}))",
        ),
        "r",
        lambda x, a: x["c"] / (2 * math.sqrt(a * x["m"] * x["k"])),
        initial=("{x} = 0 [m]  at {t} = 0 [s]", "d{x}/d{t} = 0 [m/s]  at {t} = 0 [s]"),
        valid=('{c}^2 < 4*{a}*{m}*{k}  "underdamped"',),
    ),
    Template(
        "Saturating rate of an enzyme",
        {
            "s": S("s S subs", "substrate", AMOUNT, 0.01, 50),
            "V": S("Vmax V v_max", "limiting rate", (("mol/m^3/s", 1.0),), 0.001, 2),
            "K": S("Km K_m K", "half-saturation", AMOUNT, 0.1, 20),
            "v": S("v rate", "rate", (("mol/m^3/s", 1.0),)),
        },
        ("rate: {v} = {V}*{s}^2/({a}*{K}^2 + {s}^2)",),
        "v",
        lambda x, a: x["V"] * x["s"] ** 2 / (a * x["K"] ** 2 + x["s"] ** 2),
        always=("{v} <= {V}", "{v} rises with {s}", "{v} -> {V} as {s} -> oo"),
    ),
    Template(
        "Pressure of a gas with a volume of its own",
        {
            "n": S("n amount N_m", "amount", (("mol", 1.0),), 0.1, 5),
            "T": S("T T_gas", "temperature", KELVIN, 200, 800),
            "V": S("V Vol", "volume", VOLUME, 0.01, 2),
            "b": S("b b_co", "covolume", (("m^3/mol", 1.0), ("L/mol", 0.001)), 2e-5, 9e-5),
            "p": S("p P", "pressure", PRESSURE),
        },
        ("state: {p}*({V} - {n}*{b}) = {a}*{n}*{R_gas}*{T}",),
        "p",
        lambda x, a: a * x["n"] * x["R_gas"] * x["T"] / (x["V"] - x["n"] * x["b"]),
        imports="R_gas",
        valid=('{n}*{b} < 0.5*{V}  "dilute"',),
    ),
    Template(
        "Logistic growth",
        {
            "t": S("t time", "time", TIME, 0, 1000),
            "N": S("N n pop", "density", AMOUNT, by="t"),
            "r": S("r growth", "growth rate", RATE, 1e-4, 0.1),
            "K": S("K cap", "capacity", AMOUNT, 10, 1000),
            "N0": S("N0 n_0", "initial density", AMOUNT, 0.1, 9),
            "g": S("top fastest", "fastest growth", (("mol/m^3/s", 1.0),)),
        },
        ("growth: d{N}/d{t} = {r}*{N}*(1 - {a}*{N}/{K})", "{g} := {r}*{K}/(4*{a})"),
        "g",
        lambda x, a: x["r"] * x["K"] / (4 * a),
        initial=("{N} = {N0}  at {t} = 0 [s]",),
        always=("{N} > 0 [mol/m^3]",),
    ),
    Template(
        "Heat through a wall",
        {
            "q": S("q Q_dot flow", "heat flow", POWER),
            "k": S("k lam", "conductivity", (("W/m/K", 1.0),), 0.02, 400),
            "A": S("A area", "area", (("m^2", 1.0), ("cm^2", 1e-4)), 0.1, 20),
            "d": S("d L_w", "thickness", LENGTH, 0.01, 1),
            "T1": S("T1 T_hot", "temperature inside", KELVIN, 280, 400),
            "T2": S("T2 T_cold", "temperature outside", KELVIN, 200, 279),
        },
        ("conduction: {q} = {a}*{k}*{A}*({T1} - {T2})/{d}",),
        "q",
        lambda x, a: a * x["k"] * x["A"] * (x["T1"] - x["T2"]) / x["d"],
        always=("{q} rises with {k}", "{q} falls with {d}", "{q} > 0 [W]"),
    ),
    Template(
        "Radiated power",
        {
            "P": S("P Phi", "power", POWER),
            "A": S("A S_a", "area", (("m^2", 1.0),), 0.01, 10),
            "T": S("T T_s", "temperature", KELVIN, 200, 3000),
            "e": S("eps emis", "emissivity", PLAIN, 0.05, 1),
        },
        ("law: {P} = {a}*{e}*{sig_SB}*{A}*{T}^4",),
        "P",
        lambda x, a: a * x["e"] * x["sig_SB"] * x["A"] * x["T"] ** 4,
        imports="sig_SB",
        always=("{P} scales with {T} ^ 4", "{P} rises with {e}", "{P} > 0 [W]"),
    ),
    Template(
        "Range of a throw, slope by cases",
        {
            "v": S("v v0 speed", "speed", SPEED, 1, 60),
            "al": S("alpha angle phi", "angle", (("rad", 1.0), ("deg", math.pi / 180)), 0.1, 1.4),
            "d": S("d reach", "range", LENGTH),
            "f": S("f factor", "share", PLAIN),
        },
        (
            "share: {f} = if {v} < 20 [m/s] then {a} else {a}/(1 + ({v}/20 [m/s] - 1)^2)",
            "reach: {d} = {f}*{v}^2*sin(2*{al})/{g_n}",
        ),
        "d",
        lambda x, a: (
            (a if x["v"] < 20 else a / (1 + (x["v"] / 20 - 1) ** 2))
            * x["v"] ** 2
            * math.sin(2 * x["al"])
            / x["g_n"]
        ),
        imports="g_n",
        valid=('{v} < 50 [m/s] and {al} > 0.1 [rad]  "thin air"',),
    ),
    Template(
        "Charge of a capacitor",
        {
            "t": S("t time", "time", TIME, 0, 10),
            "U": S("U u", "voltage", (("V", 1.0), ("mV", 0.001)), by="t"),
            "R": S("R Res", "resistance", RESISTANCE, 10, 1e4),
            "C": S("C Cap", "capacitance", (("F", 1.0), ("uF", 1e-6)), 1e-6, 1e-3),
            "U0": S("U0 V_s", "supply", (("V", 1.0),), 1, 100),
            "tau": S("tau T_c", "time constant", TIME),
        },
        ("charge: {a}*{R}*{C}*d{U}/d{t} = {U0} - {U}", "{tau} := {a}*{R}*{C}"),
        "tau",
        lambda x, a: a * x["R"] * x["C"],
        initial=("{U} = 0 [V]  at {t} = 0 [s]",),
        always=("{U} <= {U0}", "{U} rises with {t}"),
    ),
    Template(
        "Flow through an orifice",
        {
            "Q": S("Q flow", "volume flow", (("m^3/s", 1.0), ("L/s", 0.001))),
            "A": S("A A_o", "area", (("m^2", 1.0), ("mm^2", 1e-6)), 1e-5, 0.1),
            "dp": S("dp p_d", "pressure difference", PRESSURE, 100, 1e5),
            "rho": S("rho dens", "density", DENSITY, 500, 1500),
            "Cd": S("Cd C_d", "discharge coefficient", PLAIN, 0.5, 1),
        },
        ("flow: {Q} = {a}*{Cd}*{A}*sqrt(2*{dp}/{rho})",),
        "Q",
        lambda x, a: a * x["Cd"] * x["A"] * math.sqrt(2 * x["dp"] / x["rho"]),
        always=("{Q} rises with {dp}", "{Q} scales with {rho} ^ -0.5", "{Q} > 0 [m^3/s]"),
    ),
    Template(
        "Loss in a wire and its share",
        {
            "P": S("P P_l", "loss", POWER),
            "I": S("I cur", "current", CURRENT, 0.1, 40),
            "R": S("R R_w", "resistance", RESISTANCE, 0.01, 10),
            "U": S("U V", "voltage", (("V", 1.0), ("kV", 1000.0)), 410, 1000),
            "s": S("s share", "share of the power", PLAIN),
        },
        ("loss: {P} = {a}*{R}*{I}^2", "share: {s}*{U}*{I} = {P}"),
        "s",
        lambda x, a: a * x["R"] * x["I"] / x["U"],
        always=("{P} scales with {I} ^ 2", "{s} rises with {R}"),
    ),
    Template(
        "Two compartments",
        {
            "t": S("t time", "time", TIME, 0, 5000),
            "a1": S("A1 x1 D", "amount in the gut", MASS, by="t"),
            "a2": S("A2 x2 B", "amount in the blood", MASS, by="t"),
            "ka": S("ka k_a", "absorption rate", RATE, 1e-4, 0.01),
            "ke": S("ke k_e", "elimination rate", RATE, 1e-5, 0.001),
            "dose": S("dose D0", "dose", MASS, 1e-5, 0.001),
            "q": S("q ratio", "ratio of rates", PLAIN),
        },
        (
            "gut: d{a1}/d{t} = -{a}*{ka}*{a1}",
            "blood: d{a2}/d{t} = {a}*{ka}*{a1} - {ke}*{a2}",
            "{q} := {a}*{ka}/{ke}",
        ),
        "q",
        lambda x, a: a * x["ka"] / x["ke"],
        initial=("{a1} = {dose}  at {t} = 0 [s]", "{a2} = 0 [kg]  at {t} = 0 [s]"),
    ),
    Template(
        "Drag in a fluid",
        {
            "F": S("F F_d drag", "drag", FORCE),
            "rho": S("rho r_f", "density", DENSITY, 1, 1200),
            "v": S("v w", "speed", SPEED, 0.1, 70),
            "A": S("A A_x", "cross-section", (("m^2", 1.0), ("cm^2", 1e-4)), 0.01, 5),
            "cw": S("c_w Cx", "drag coefficient", PLAIN, 0.1, 1.5),
        },
        ("drag: {F} = {a}/2*{rho}*{v}^2*{cw}*{A}",),
        "F",
        lambda x, a: a / 2 * x["rho"] * x["v"] ** 2 * x["cw"] * x["A"],
        always=("{F} scales with {v} ^ 2", "{F} rises with {A}", "{F} >= 0 [N]"),
    ),
    Template(
        "Mean energy of an oscillator at a temperature",
        {
            "T": S("T T_b", "temperature", KELVIN, 10, 5000),
            "nu": S("nu f", "frequency", (("Hz", 1.0), ("GHz", 1e9)), 1e9, 1e13),
            "E": S("E U_m", "mean energy", ENERGY),
        },
        ("mean: {E} = {a}*{k_Bo}*{T}*(1 + ({k_Bo}*{T}/(1e-18 [J]))^2/(1 + {nu}/(1e13 [Hz])))",),
        "E",
        lambda x, a: (
            a * x["k_Bo"] * x["T"] * (1 + (x["k_Bo"] * x["T"] / 1e-18) ** 2 / (1 + x["nu"] / 1e13))
        ),
        imports="k_Bo",
        always=("{E} rises with {T}",),
    ),
)

CONSTANTS = {
    "R_gas": ("molar gas constant", 8.31446261815324, "J/mol/K"),
    "sig_SB": ("Stefan-Boltzmann constant", 5.670374419184429e-8, "W/m^2/K^4"),
    "k_Bo": ("Boltzmann constant", 1.380649e-23, "J/K"),
    "g_n": ("standard gravity", 9.80665, "m/s^2"),
}


def constants_text(name: str = "fixed") -> str:
    """Return a block of the constants that the laws import."""
    lines = [f"constants {name}@1.0.0", '  title "Fixed numbers"', '  source "a table"', ""]
    lines += [
        f"  {key} : {words} = {value!r} [{u}]" for key, (words, value, u) in CONSTANTS.items()
    ]
    return "\n".join(lines) + "\n"


def law_text(number: int, seed: int = 0) -> str:
    """Return the law of a number; two numbers never say the same."""
    rng = random.Random(f"{seed}/{number}")
    template = TEMPLATES[number % len(TEMPLATES)]
    names = {key: rng.choice(s.names.split()) for key, s in template.symbols.items()}
    while len(set(names.values()) - {template.imports}) < len(names):
        names = {key: rng.choice(s.names.split()) for key, s in template.symbols.items()}
    factor = 1 + number * 1e-6
    words = {**names, **{key: key for key in CONSTANTS if key == template.imports}}
    words["a"] = f"{factor:.6f}"
    lines = [
        f"law {template.title.split()[0].lower().strip(',')}-{number}@1.{number % 7}.0",
        f'  title   "{template.title}, number {number}"',
        "  status  confirmed",
        f'  source  "A. Author, A textbook, {rng.randint(1, 9)}th ed. ({rng.randint(1920, 2024)})"',
    ]
    if template.imports:
        lines.append(f"  import  fixed.fixed ({template.imports})")
    lines += ["  symbols"]
    values: Values = {key: value for key, (_, value, _) in CONSTANTS.items()}
    given: list[str] = []
    for key, symbol in template.symbols.items():
        unit, size = rng.choice(symbol.units)
        by = f" ({names[symbol.by]})" if symbol.by else ""
        ends = ""
        if symbol.low is not None and symbol.high is not None:
            low, high = symbol.low / size, symbol.high / size
            ends = f"  {low:.4g} .. {high:.4g}" + (" log" if low > 0 and high > 99 * low else "")
            share = rng.uniform(0.3, 0.7)
            values[key] = float(f"{symbol.low + share * (symbol.high - symbol.low):.5g}")
            given.append(f"{names[key]} = {values[key]!r} [{symbol.units[0][0]}]")
        lines.append(f"    {names[key]:<6} : {symbol.words}{by}  [{unit}]{ends}")
    for section in ("equations", "initial", "valid"):
        items: tuple[str, ...] = getattr(template, section)
        if items:
            lines += [f"  {section}", *(f"    {item.format_map(words)}" for item in items)]
    answer = template.solve(values, float(words["a"]))
    unit = template.symbols[template.answer].units[0][0]
    lines += [
        "  checks",
        f"    example: {names[template.answer]} = {answer:.12g} [{unit}] "
        f"within {abs(answer) * 1e-6:.1e} given {', '.join(given)}",
        *(f"    always {claim.format_map(words)}" for claim in template.always),
    ]
    return "\n".join(lines) + "\n"


def write_project(root: Path, laws: int, files: int, seed: int = 0) -> None:
    """Write `knowledge/` with a file of constants and the laws in equal files."""
    shelf = root / "knowledge"
    shelf.mkdir(parents=True)
    (shelf / "fixed.law").write_text(constants_text(), encoding="utf-8")
    each = -(-laws // files)
    for file in range(files):
        numbers = range(file * each, min((file + 1) * each, laws))
        folder = shelf / f"part-{file // 25:02}"
        folder.mkdir(exist_ok=True)
        text = "\n".join(law_text(number, seed) for number in numbers)
        (folder / f"laws-{file:04}.law").write_text(text, encoding="utf-8")
