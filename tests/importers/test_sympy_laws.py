"""A law built from sympy is the law that is written as text, with the same checks and findings."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Eq, Function, Piecewise, Symbol, cos, erf, exp, log, sin, sqrt, symbols

import lawc
from lawc.importers.sympy_formulas import Formulas, measured
from lawc.knowledge.base import KnowledgeBase
from lawc.pipeline.checking import check_text, demand, read_library
from lawc.syntax.writing import write

t = Symbol("t")


@pytest.fixture(scope="module")
def library() -> KnowledgeBase:
    return read_library()


def same(library: KnowledgeBase, identity: str, equations: Any, **data: Any) -> lawc.Law:
    """Build a law with the quantities of a shipped one; it must say the same."""
    shipped = library[identity]
    functions = {name: Function(name) for name, q in shipped.quantities.items() if q.depends}
    quantities: dict[Any, Any] = {
        functions.get(name, Symbol(name)): {
            "words": q.words,
            "unit": q.unit.text or "1",
            **({"range": (q.low, q.high)} if q.low is not None else {}),
            **({"default": q.default} if q.default is not None else {}),
            "log": q.log,
        }
        for name, q in shipped.quantities.items()
    }
    built = lawc.Law.from_sympy(
        f"{shipped.identity}@{shipped.version}",
        quantities,
        equations,
        title=shipped.title,
        status=str(shipped.status),
        sources=shipped.sources,
        beside=library,
        **data,
    )
    assert built.digest == shipped.digest, built.text
    return built


def test_an_oscillator_has_the_digest_of_the_one_in_text(library: KnowledgeBase) -> None:
    m, c, k, F0, w, x0 = symbols("m c k F0 w x0")
    x, E = Function("x"), Function("E")
    v = x(t).diff(t)
    law = same(
        library,
        "damped-oscillator",
        {"motion": Eq(m * v.diff(t) + c * v + k * x(t), F0 * cos(w * t))},
        definitions={"energy": Eq(E(t), m / 2 * v**2 + k / 2 * x(t) ** 2)},
        initial=[Eq(x(0), x0), Eq(v.subs(t, 0), 0)],
        valid={c**2 < 4 * m * k: "underdamped"},
        examples=[
            {
                "quantity": x,
                "value": -0.1,
                "within": 1e-6,
                "given": {t: sympy.pi, m: 1, k: 1, c: 0, F0: 0, w: 1, x0: 0.1},
            }
        ],
        claims=[E(t) >= 0, "E is constant where F0 = 0 [N], c = 0 [kg/s]", "E falls with t"],
    )
    assert "motion: m*d2x/dt2 + c*dx/dt + k*x = F0*cos(w*t)" in law.text
    assert "dx/dt = 0 [m/s]  at t = 0 [s]" in law.text
    assert law.claims[0].text == "E >= 0 [J]"
    shipped = library["damped-oscillator"]
    assert law.examples[0] == shipped.examples[0]
    assert (law.identity, law.version) == (shipped.identity, shipped.version)


def test_algebraic_laws_have_the_digest_of_those_in_text(library: KnowledgeBase) -> None:
    S, Km, Vmax, v = symbols("S Km Vmax v")
    same(library, "michaelis-menten", [Eq(v, Vmax * S / (Km + S))])
    pH, pKa, f = symbols("pH pKa f")
    same(library, "henderson-hasselbalch", [Eq(f, 1 / (1 + 10 ** (pKa - pH)))])
    W, H, BMI = symbols("W H BMI")
    same(library, "body-mass-index", [Eq(BMI, W / H**2)])
    theta, L, g, T = symbols("theta L g T")
    same(
        library,
        "pendulum-period",
        [Eq(T, 4 * sqrt(L / g) * sympy.elliptic_k(sin(theta / 2) ** 2))],
    )
    sigma, G = symbols("sigma G")
    same(library, "lognormal-gini", [Eq(G, erf(sigma / 2))])


def test_laws_with_constants_fits_and_states_have_the_digest_of_those_in_text(
    library: KnowledgeBase,
) -> None:
    A, Ea, T, k, R = symbols("A Ea T k R")
    same(
        library,
        "arrhenius",
        [Eq(k, A * exp(-Ea / (R * T)))],
        imports={"physics.constants.codata-2022": ["R"]},
    )
    M, M0, P1, P2, d, a, b, q = symbols("M M0 P1 P2 d a b q")
    people, km = measured(1e6, "person"), measured(100, "km")
    same(
        library,
        "gravity",
        fits=[Eq(M, M0 * (P1 / people) ** a * (P2 / people) ** b / (d / km) ** q)],
        equations=[],
    )
    D, V, CL, AUC = symbols("D V CL AUC")
    C = Function("C")
    same(
        library,
        "iv-bolus",
        [Eq(V * C(t).diff(t), -CL * C(t))],
        definitions=[Eq(AUC, D / CL)],
        initial={C(0): D / V},
    )
    beta, gamma, I0 = symbols("beta gamma I0")
    S, ill, R = Function("S"), Function("I"), Function("R")
    same(
        library,
        "sir",
        [
            Eq(S(t).diff(t), -beta * S(t) * ill(t)),
            Eq(ill(t).diff(t), beta * S(t) * ill(t) - gamma * ill(t)),
            Eq(R(t).diff(t), gamma * ill(t)),
        ],
        initial=[Eq(S(0), 1 - I0), Eq(ill(0), I0), Eq(R(0), 0)],
        valid=[beta < 10 * gamma],
    )


x, y, z = symbols("x y z")
NAMES = Formulas({"x": 0, "y": 1, "z": 2}, {"u": ("t",)})
u = Function("u")


@pytest.mark.parametrize(
    ("tree", "text"),
    [
        (x - y, "x - y"),
        (-x - y, "-x - y"),
        (-2 * x * y / z, "-2*x*y/z"),
        (x ** (y - z), "x^(y - z)"),
        (x**-2, "1/x^2"),
        (x / (y * sqrt(z)), "x/(y*sqrt(z))"),
        (x * log(y) / log(10), "x*log10(y)"),
        (sympy.Rational(3, 4) * x, "3*x/4"),
        (x**1.5, "x^1.5"),
        (x * 1e-12, "1e-12*x"),
        (exp(-x) * u(t) * y, "y*u*exp(-x)"),
        (u(t).diff(t, 2) - x * u(t).diff(t), "d2u/dt2 - x*du/dt"),
        (sympy.Derivative(x * u(t), t), "d/dt(x*u)"),
        (Piecewise((x, x < y), (y, True)), "if x < y then x else y"),
        (Piecewise((x, x < y), (y, x < z), (z, True)), None),
        ((x < y) & (y <= z) | ~sympy.Eq(x, z), None),
        (sympy.Max(x, y, 3), "max(max(3, x), y)"),
        (sympy.E ** x, "exp(x)"),
        (sympy.pi * x, "pi*x"),
        (x * measured(-3, "m/s"), None),
    ],
)  # fmt: skip
def test_a_tree_is_written_as_people_write_it(tree: Any, text: str | None) -> None:
    shown = write(NAMES.node(tree))
    assert text is None or shown == text


leaf = st.sampled_from([x, y, z, sympy.Integer(2), sympy.Rational(1, 3), sympy.Float(0.25)])
trees = st.recursive(
    leaf,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(sum),
        st.tuples(inner, inner).map(lambda p: p[0] * p[1]),
        st.tuples(inner, inner).map(lambda p: p[0] - p[1]),
        inner.map(lambda one: one**2),
        inner.map(sin),
        inner.map(lambda one: exp(-one)),
        inner.map(lambda one: 1 / (1 + one**2)),
    ),
    max_leaves=8,
)


@settings(max_examples=40)
@given(trees)
def test_a_formula_has_the_value_of_its_tree(tree: Any) -> None:
    """By sympy's own evaluation of what our text says, in Python's spelling."""
    at = {x: 0.7, y: 1.3, z: 0.4}
    text = write(NAMES.node(tree)).replace("^", "**")
    shown = eval(text, {"sin": sin, "exp": exp, **{s.name: s for s in at}})  # noqa: S307
    wanted = complex(sympy.N(sympy.S(tree).subs(at)))
    assert complex(sympy.N(sympy.S(shown).subs(at))) == pytest.approx(wanted, rel=1e-9, abs=1e-12)


MASS: dict[str, Any] = {"words": "mass", "unit": "kg", "range": (0.1, 10)}


def built(**data: Any) -> lawc.Law:
    m, F, a = symbols("m F a")
    given: dict[str, Any] = {
        "quantities": {
            m: MASS,
            a: {"words": "acceleration", "unit": "m/s^2", "range": (0, 10)},
            F: {"words": "force", "unit": "N"},
        },
        "equations": [Eq(F, m * a)],
        "title": "Newton's second law",
        **data,
    }
    return lawc.Law.from_sympy("physics.motion.newton@1.0.0", **given)


def test_a_small_law_needs_little() -> None:
    law = built(
        notes=[
            """
        For a body that is slow
        beside light.
    """
        ]
    )
    assert law.notes == ("For a body that is slow beside light.",)
    assert (law.identity, law.version, str(law.status)) == (
        "physics.motion.newton",
        "1.0.0",
        "draft",
    )
    assert "    F = a*m\n" in law.text or "    F = m*a\n" in law.text


def test_a_finding_shows_the_text_that_was_written() -> None:
    m, F = symbols("m F")
    with pytest.raises(lawc.CheckError) as refusal:
        built(equations=[Eq(F, m)])
    assert "F = m" in str(refusal.value)
    assert {found.code for found in refusal.value.diagnostics} >= {"L0203"}


def test_a_claim_that_cannot_be_read_is_shown_where_it_was_given() -> None:
    with pytest.raises(lawc.CheckError, match=r"claims\[1\]:1:"):
        built(claims=["F rises with m", "F grows with m"])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"equations": [Eq(Symbol("F"), sympy.gamma(Symbol("m")))]}, "no counterpart"),
        ({"equations": [Symbol("F") - Symbol("m")]}, "sympy.Eq(left, right), got"),
        ({"equations": [Eq(Symbol("F"), Function("g")(t - 1))]}, "expected a declared function"),
        ({"initial": {Symbol("F"): 3}}, "expected a state at a point"),
        ({"quantities": {"m": {**MASS, "units": "g"}}}, "'units', which is none of"),
        ({"quantities": {"m": {**MASS, "range": ("__import__('os')", 1)}}}, "got the text"),
        ({"quantities": {"m": {**MASS, "range": (0, sympy.oo)}}}, "expected a real number"),
        ({"notes": ['a" # ']}, "reads otherwise"),
    ],
)
def test_what_is_not_of_the_language_is_refused_in_words(
    data: dict[str, Any], message: str
) -> None:
    with pytest.raises(lawc.LawcError) as refusal:
        built(**data)
    assert message in str(refusal.value)


def test_no_string_is_ever_read_by_sympy(tmp_path: Path) -> None:
    canary = tmp_path / "touched"
    attack = f"open({str(canary)!r}, 'w')"
    m = Symbol("m")
    for data in (
        {"examples": [{"quantity": "F", "value": attack}]},
        {"examples": [attack]},
        {"claims": [attack]},
        {"quantities": {m: {**MASS, "unit": attack}}},
        {"quantities": {m: {**MASS, "default": attack}}},
        {"quantities": {attack: MASS}},
        {"imports": {attack: [attack]}},
        {"equations": {attack: Eq(m, measured(1, attack))}},
    ):
        with pytest.raises(lawc.LawcError):
            built(**data)
    assert not canary.exists()


def test_asking_for_the_class_loads_no_sympy() -> None:
    program = "import lawc, sys; lawc.Law.from_sympy; print('sympy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "False\n"


PLATE = """\
law plate
  title  "Heat in a plate"
  status draft

  symbols
    t    : time                       [s]        0 .. 1000
    x, y : position                   [m]        0 .. 1
    T    : temperature (x, y, t)      [K]
    a    : diffusivity                [m^2/s]    1e-7 .. 1e-3 log
    k    : conductivity               [W/m/K]    0.01 .. 500 log
    h    : transfer of heat           [W/m^2/K]  1 .. 1000 log
    Ta   : temperature of the air     [K]        200 .. 400
    T0   : temperature at the start   [K]        200 .. 600

  equations
    balance: ∂T/∂t = a*(∂²T/∂x² + ∂²T/∂y²)

  initial
    T = T0  at t = 0 [s]

  boundary
    T = 300 [K]            at x = 0 [m]
    -k*∂T/∂x = h*(T - Ta)  at x = 1 [m]
    T periodic in y
"""


def field_in_python(boundary: list[Any]) -> lawc.Law:
    x, y, a, k, h, Ta, T0 = symbols("x y a k h Ta T0")
    T = Function("T")
    units = {t: "s", x: "m", y: "m", T: "K", a: "m^2/s", k: "W/m/K", h: "W/m^2/K", Ta: "K", T0: "K"}
    text = known(PLATE)
    quantities = {
        key: {
            "words": text.quantities[str(key)].words,
            "unit": unit,
            "log": text.quantities[str(key)].log,
            **({"range": (low, text.quantities[str(key)].high)} if low is not None else {}),
        }
        for key, unit in units.items()
        for low in (text.quantities[str(key)].low,)
    }
    field = T(x, y, t)
    return lawc.Law.from_sympy(
        "heat.plate",
        quantities,
        {"balance": Eq(field.diff(t), a * (field.diff(x, 2) + field.diff(y, 2)))},
        title="Heat in a plate",
        initial=[Eq(T(x, y, 0), T0)],
        boundary=boundary,
    )


def known(text: str) -> lawc.Law:
    base = check_text("heat.law", text)
    return demand(base).laws["heat.plate"]


def test_a_field_with_conditions_at_its_ends_has_the_digest_of_the_one_in_text() -> None:
    x, y, k, h, Ta = symbols("x y k h Ta")
    T = Function("T")
    slope = T(x, y, t).diff(x).subs(x, 1)
    law = field_in_python(
        [
            Eq(T(0, y, t), 300),
            Eq(-k * slope, h * (T(1, y, t) - Ta)),
            "T periodic in y",
        ]
    )
    assert law.digest == known(PLATE).digest, law.text


def test_a_condition_on_a_slope_is_in_the_unit_of_the_slope() -> None:
    x, y = symbols("x y")
    T = Function("T")
    law = field_in_python(
        [
            Eq(T(0, y, t), 300),
            Eq(T(1, y, t), 300),
            Eq(T(x, y, t).diff(y).subs(y, 0), 0),
            Eq(T(x, y, t).diff(y).subs(y, 1), 0),
        ]
    )
    assert "dT/dy = 0 [K/m]  at y = 0 [m]" in law.text


def test_a_condition_at_two_points_or_at_none_is_refused() -> None:
    x, y = symbols("x y")
    T = Function("T")
    with pytest.raises(lawc.LawcError, match="expected one point"):
        field_in_python([Eq(T(0, y, t), T(1, y, t))])
    with pytest.raises(lawc.LawcError, match="expected the end at which"):
        field_in_python([Eq(T(x, y, t), 300)])


def test_reactions_vectors_and_distributions_are_given_in_the_words_of_the_language() -> None:
    A, B = Function("A"), Function("B")
    law = lawc.Law.from_sympy(
        "chemistry.steps.step",
        {
            t: {"words": "time", "unit": "s", "range": (0, 10)},
            A(t): {"words": "substance", "unit": "mol/L"},
            B(t): {"words": "product", "unit": "mol/L"},
            Symbol("k"): {"words": "rate constant", "unit": "1/s", "range": (0.1, 1)},
        },
        title="One step",
        reactions=["step: A -> B ; rate k"],
        initial=[Eq(A(0), 1), Eq(B(0), 0)],
    )
    assert [reaction.label for reaction in law.reactions] == ["step"]
    assert len(law.conserved) == 1
    moved = lawc.Law.from_sympy(
        "physics.motion.newton",
        {
            "m": {"words": "mass", "unit": "kg", "range": (0.1, 10)},
            "F": {"words": "force", "unit": "N", "shape": 2},
            "v": {"words": "velocity", "unit": "m/s", "shape": 2, "depends": [t]},
            t: {"words": "time", "unit": "s", "range": (0, 1)},
        },
        {"motion": "m*dv/dt = F"},
        initial=["v = vector(0 [m/s], 1 [m/s]) at t = 0 [s]"],
        title="Newton",
    )
    assert {"v[x]", "v[y]"} <= set(moved.quantities)
    with pytest.raises(lawc.CheckError, match=r"reactions\[0\]:1:"):
        lawc.Law.from_sympy("chemistry.steps.step", {"A": MASS}, reactions=["A + -> B"])
