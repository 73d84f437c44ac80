"""Operators of fields mean what vector analysis says; shapes and boundaries are checked."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import pytest
import sympy as sp
from analysis_texts import checked, law
from hypothesis import given
from hypothesis import strategies as st

from lawc.knowledge.expression import (
    Binary,
    Call,
    Derivative,
    Expression,
    Integral,
    MixedDerivative,
    Negative,
    Number,
    Symbol,
)
from lawc.knowledge.law import Law
from lawc.knowledge.writing import write_equation, write_expression

FUNCTIONS = {"sin": sp.sin, "cos": sp.cos, "sqrt": sp.sqrt, "exp": sp.exp}


def to_sympy(node: Expression, fields: Mapping[str, sp.Expr]) -> sp.Expr:
    """Return an expression with fields put in, its derivatives done by sympy."""
    match node:
        case Number(value):
            return sp.nsimplify(value) if isinstance(value, int) else sp.Float(value)
        case Symbol(name):
            return fields.get(name, sp.Symbol(name, positive=True))
        case Negative(of):
            return -to_sympy(of, fields)
        case Binary(operator, left, right):
            one, other = to_sympy(left, fields), to_sympy(right, fields)
            return {
                "+": one + other, "-": one - other, "*": one * other, "/": one / other,
                "^": one**other,
            }[operator]  # fmt: skip
        case Call(function, (argument,)):
            return FUNCTIONS[function](to_sympy(argument, fields))
        case Derivative(quantity, by, order):
            return sp.diff(fields[quantity], sp.Symbol(by, positive=True), order)
        case MixedDerivative(quantity, orders):
            pairs = [(sp.Symbol(by, positive=True), order) for by, order in orders]
            return sp.diff(fields[quantity], *pairs)
    raise TypeError(type(node).__name__)


def head(text: str, line: str) -> str:
    return text.replace("  status  draft\n", f"  status  draft\n  {line}\n", 1)


def field_law(right: str, coordinates: str, system: str, *, vector: bool) -> Law:
    """Return a law that gives what an operator makes of a field `u`, or of a vector `v`."""
    names = coordinates.split(", ")
    lengths = [n for n in names if n not in ("theta", "phi")]
    symbols = f"{', '.join(lengths)} : length [m] 1 .. 2\n"
    for angle in sorted({"theta", "phi"} & set(names)):
        symbols += f"{angle} : angle [rad] 0.5 .. 1\n"
    symbols += f"u : field ({coordinates}) [m^2]\nv : vector ({coordinates}) [m^2] vector3\n"
    answer = "w" if vector else "s"
    power = {"div(v)": 1, "grad(u)": 1, "curl(v)": 1}.get(right, 3 if "along" in right else 0)
    unit = f"m^{power}" if power else "1"
    shape = "vector3" if vector else ""
    symbols += f"{answer} : answer ({coordinates}) [{unit}] {shape}\n"
    equations = f"{answer} := {right}\nu := u*1\nv := v*1"
    text = law(symbols, equations)
    if system:
        text = head(text, f"coordinates {coordinates} {system}")
    return checked(text).law


METRIC = {
    "cartesian": lambda a, b, c: (1, 1, 1),
    "cylindrical": lambda a, b, c: (1, a, 1),
    "spherical": lambda a, b, c: (1, a, a * sp.sin(b)),
}


def expected(operator: str, system: str, names: list[str], u, v) -> list[sp.Expr]:
    """Return what the general formulas of orthogonal coordinates give."""
    q = [sp.Symbol(name, positive=True) for name in names]
    h = METRIC[system](*q)
    volume = h[0] * h[1] * h[2]

    def grad(f):
        return [sp.diff(f, q[i]) / h[i] for i in range(3)]

    def div(w):
        return sum(sp.diff(volume / h[i] * w[i], q[i]) for i in range(3)) / volume

    def curl(w):
        out = []
        for i in range(3):
            j, k = (i + 1) % 3, (i + 2) % 3
            turn = sp.diff(h[k] * w[k], q[j]) - sp.diff(h[j] * w[j], q[k])
            out.append(turn / (h[j] * h[k]))
        return out

    match operator:
        case "grad(u)":
            return grad(u)
        case "div(v)":
            return [div(v)]
        case "curl(v)":
            return curl(v)
        case "laplacian(u)":
            return [div(grad(u))]
        case "laplacian(v)":
            return [a - b for a, b in zip(grad(div(v)), curl(curl(v)), strict=True)]
        case "along(v, u)":
            return [sum(a * b for a, b in zip(v, grad(u), strict=True))]
    # (v·∇)v = grad(v²/2) - v × curl v, in any coordinates.
    turned = curl(v)
    half = grad(sum(a * a for a in v) / 2)
    return [
        half[i] - (v[(i + 1) % 3] * turned[(i + 2) % 3] - v[(i + 2) % 3] * turned[(i + 1) % 3])
        for i in range(3)
    ]


SYSTEMS = {"cartesian": "x, y, z", "cylindrical": "r, phi, z", "spherical": "r, theta, phi"}


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize(
    "operator",
    ["grad(u)", "div(v)", "curl(v)", "laplacian(u)", "laplacian(v)", "along(v, u)", "along(v, v)"],
)
def test_an_operator_is_that_of_orthogonal_coordinates(system: str, operator: str) -> None:
    names = SYSTEMS[system].split(", ")
    a, b, c = (sp.Symbol(name, positive=True) for name in names)
    u = a**2 * sp.sin(b) + a * c**2
    v = [a * sp.cos(b) + c, a**2 * c * b, sp.sin(c) * a + b**2]
    vector = operator in ("grad(u)", "curl(v)", "laplacian(v)", "along(v, v)")
    said = field_law(
        operator, SYSTEMS[system], "" if system == "cartesian" else system, vector=vector
    )
    fields = {"u": u, **{f"v[{n}]": part for n, part in zip(names, v, strict=True)}}
    wanted = expected(operator, system, names, u, v)
    point = {a: 1.3, b: 0.7, c: 0.4}
    for equation, want in zip(said.equations[: len(wanted)], wanted, strict=True):
        got = to_sympy(equation.right, fields)
        assert float(got.xreplace(point)) == pytest.approx(float(want.xreplace(point)), rel=1e-12)


@pytest.mark.parametrize(
    ("coordinates", "system"),
    [("r", "spherical"), ("r", "cylindrical"), ("r, z", "cylindrical"), ("r, phi", "cylindrical")],
)
def test_fewer_coordinates_are_a_field_that_is_the_same_along_the_others(
    coordinates: str, system: str
) -> None:
    names = SYSTEMS[system].split(", ")
    symbols = {n: sp.Symbol(n, positive=True) for n in names}
    u = sp.sin(symbols["r"])
    for name in coordinates.split(", ")[1:]:
        u *= sp.exp(symbols[name])
    said = field_law("laplacian(u)", coordinates, system, vector=False)
    (want,) = expected("laplacian(u)", system, names, u, [0, 0, 0])
    got = to_sympy(said.equations[0].right, {"u": u})
    point = {symbols[n]: 0.3 + 0.2 * k for k, n in enumerate(names)}
    assert float(got.xreplace(point)) == pytest.approx(float(want.xreplace(point)), rel=1e-12)


components = st.tuples(*[st.integers(-9, 9)] * 9)


@given(components)
def test_the_products_of_vectors_obey_their_identities(values: tuple[int, ...]) -> None:
    names = [f"{v}[{i}]" for v, i in itertools.product("abc", "xyz")]
    given = {name: sp.Integer(value) for name, value in zip(names, values, strict=True)}
    triple = PRODUCTS.equations
    value = {e.left: float(to_sympy(e.right, given)) for e in triple if isinstance(e.left, Symbol)}
    assert value[Symbol("s")] == pytest.approx(value[Symbol("r")], abs=1e-9)
    assert value[Symbol("o")] == pytest.approx(0, abs=1e-9)
    assert value[Symbol("n")] ** 2 == pytest.approx(value[Symbol("d")], abs=1e-9)


PRODUCTS = checked(
    law(
        "a, b, c : vectors [m] vector3 -1 .. 1\ns, r, o : triple products [m^3]\n"
        "d : square [m^2]\nn : size [m]",
        "s := dot(a, cross(b, c))\nr := dot(cross(a, b), c)\no := dot(a, cross(a, b))\n"
        "d := dot(a, a)\nn := norm(a)",
    )
).law


def test_a_law_of_plain_numbers_is_not_written_out() -> None:
    said = checked(law("a : one [1] 1 .. 2\nb : two [1]", "b := 2*a")).law
    assert write_equation(said.equations[0]) == "b: b := 2*a"


def test_a_product_under_a_derivative_is_derived_part_by_part() -> None:
    symbols = "x : place [m] 0 .. 1\nk : factor (x) [1]\nu : field (x) [m]\nf : flow (x) [1/m]"
    said = checked(law(symbols, "f := d/dx(k*du/dx)\nk := 2*x/1 [m]\nu := x*3")).law
    assert write_expression(said.equations[0].right) == "dk/dx*du/dx + k*d2u/dx2"


def test_a_mixed_derivative_counts_in_both_of_its_variables() -> None:
    symbols = "x, y : place [m] 0 .. 1\nu : field (x, y) [m]\nf : twist (x, y) [1/m]"
    said = checked(law(symbols, "f := ∂²u/∂x∂y + d/dy(du/dx)\nu := x*y/1 [m]")).law
    mixed = MixedDerivative("u", (("x", 1), ("y", 1)))
    assert said.equations[0].right == Binary("+", mixed, mixed)


def test_an_index_runs_over_all_elements_of_its_set() -> None:
    symbols = """
    n : place integer 1 .. 3
    c[n] : amount [mol] 1 .. 2
    total : amount [mol]
    p : product [mol^3]
    """
    said = checked(law(symbols, "total := sum(i in n: i*c[i])\np := product(i in n: c[i])")).law
    assert write_equation(said.equations[0]) == "total: total := 1*c[1] + 2*c[2] + 3*c[3]"
    assert write_equation(said.equations[1]) == "p: p := c[1]*c[2]*c[3]"
    assert list(said.quantities) == ["c[1]", "c[2]", "c[3]", "total", "p"]


def test_an_equation_holds_for_each_element() -> None:
    symbols = """
    t : time [s] 0 .. 1
    n : place integer 1 .. 3
    c[n], c0[n] : amount (t) [mol]
    k : rate [1/s] 1 .. 2
    """
    equations = "first: dc[1]/dt = -k*c[1]\nrest[i in 2 .. 3]: dc[i]/dt = k*(c[i - 1] - c[i])"
    equations += "\nc0[n] := 2*c[n]"
    said = checked(law(symbols, equations, initial="c[n] = 1 [mol] at t = 0 [s]")).law
    assert [e.label for e in said.equations][:3] == ["first", "rest[2]", "rest[3]"]
    assert [c.quantity for c in said.conditions] == ["c[1]", "c[2]", "c[3]"]
    beyond = checked(law(symbols, "a[i in n]: dc[i]/dt = k*c[i + 1]\nc0[n] := c[n]"))
    assert beyond.codes == ["L0115"]


def test_an_integral_binds_its_variable() -> None:
    symbols = "z : end [m] 1 .. 2\ny : answer [m^3]"
    said = checked(law(symbols, "y := integral(s^2, s = 0 [m] .. z)")).law
    right = said.equations[0].right
    assert isinstance(right, Integral) and right.by == "s"
    assert checked(law(symbols, "y := integral(s^2, s = 0 [s] .. z)")).codes == ["L0208"]
    assert checked(law(symbols, "y := integral(s, s = 0 [m] .. z)")).codes == ["L0203"]


@pytest.mark.parametrize(
    ("equation", "codes"),
    [
        ("w = v + k", ["L0210"]),
        ("w = k", ["L0210"]),
        ("k = v", ["L0210"]),
        ("w := if k > 1 [m] then v else k", ["L0210"]),
        ("w := flat", ["L0210"]),
        ("k = v*v/1 [m]", ["L0211"]),
        ("w := v/v*1 [m]", ["L0211"]),
        ("k = v^2/1 [m]", ["L0211"]),
        ("k = sin(v/1 [m])*1 [m]", ["L0211"]),
        ("w := cross(v, k)/1 [m]", ["L0211"]),
        ("k = norm(k)", ["L0211"]),
        ("k = div(k)*1 [m]", ["L0117"]),
        ("w := v + 1 [s]*v/1 [m]", ["L0208"]),
        ("w[x] := v[q]", ["L0115"]),
        ("k = v[x, y]", ["L0115"]),
    ],
)
def test_what_has_no_shape_is_refused(equation: str, codes: list[str]) -> None:
    symbols = "v, w : vectors [m] vector3\nflat : vector [m] vector2\nk : number [m]"
    assert checked(law(symbols, equation)).codes[: len(codes)] == codes


@pytest.mark.parametrize(
    ("equation", "code"),
    [
        ("h := if p = gas then 1 else 2", "L0116"),
        ("h := 2*p", "L0116"),
        ("h := if p < ice then 1 else 2", "L0116"),
        ("h := if p = h then 1 else 2", "L0116"),
        ("h := if on = maybe then 1 else 2", "L0116"),
        ("p := if on = yes then ice else steam", "L0116"),
    ],
)
def test_a_word_is_only_compared_with_its_own_words(equation: str, code: str) -> None:
    symbols = "p : phase one of ice, water\non : switch yes/no\nh : answer [1]"
    assert code in checked(law(symbols, equation)).codes


def test_words_are_chosen_by_and_chosen() -> None:
    symbols = "p : phase one of ice, water\nT : temperature [K] 200 .. 400\nh : answer [1]"
    equations = "p := if T > 273.15 [K] then water else ice\nh := if p != ice then 2 else 1"
    said = checked(law(symbols, equations)).law
    assert said.quantities["p"].choices == ("ice", "water")
    assert write_expression(said.equations[0].right).endswith("then 1 else 0")
    wrong = "p := if T > 273.15 then water else ice\nh := if p != ice then 2 else 1"
    assert checked(law(symbols, wrong)).codes == ["L0209"]


HEAT = """
t : time [s] 0 .. 10
x, y : place [m] 0 .. 1
T : temperature (x, y, t) [K]
a : diffusivity [m^2/s] 1 .. 2
"""
BEAM = "x : place [m] 0 .. 1\nw : bend (x) [m]\nq : load [1/m^3] 1 .. 2"
FLOW = "t : time [s] 0 .. 1\nx : place [m] 0 .. 1\nc : dye (x, t) [1]\nv : speed [m/s] 1 .. 2"
START = "T = 1 [K] at t = 0 [s]"
ALONG_X = "T = 1 [K] at x = 0 [m]\nT = 1 [K] at x = 1 [m]\n"
ENDS = "w = 0 [m] at x = 0 [m]\ndw/dx = 0 at x = 0 [m]\n"


HEATED = "∂T/∂t = a*∇²T"
IN_Y = "T periodic in y"
DYED = "∂c/∂t = -v*∂c/∂x"
CLEAR = "c = 0 at t = 0 [s]"
BENT = "d4w/dx4 = q"
FREE = "d2w/dx2 = 0 [1/m] at x = 1 [m]\n"
CASES = [
    (HEAT, HEATED, "", "", []),
    (HEAT, HEATED, START, ALONG_X + IN_Y, []),
    (HEAT, HEATED, START, ALONG_X + "T = 1 [K] at y = -oo\n∂T/∂y = 0 [K/m] at y = oo", []),
    (HEAT, HEATED, START, "", ["L0406", "L0406"]),
    (HEAT, HEATED, START, ALONG_X, ["L0406"]),
    (HEAT, HEATED, START, ALONG_X + "T = 1 [K] at y = 0 [m]", ["L0406"]),
    (HEAT, HEATED, "", ALONG_X + IN_Y, ["L0403"]),
    (HEAT, HEATED, START, f"{ALONG_X}{IN_Y}\n{IN_Y}", ["L0407"]),
    (HEAT, HEATED, START, f"{ALONG_X}{IN_Y}\nT = 1 [K] at y = 0 [m]", ["L0408"]),
    (HEAT, HEATED, START, f"{ALONG_X}T = 2 [K] at x = 1 [m]\n{IN_Y}", ["L0408"]),
    (HEAT, HEATED, START, f"{ALONG_X}T = 1 [K] at x = 1 [m]\n{IN_Y}", ["L0407"]),
    (HEAT, HEATED, START, f"{ALONG_X}T = 1 [K] at x = 0.5 [m]\n{IN_Y}", ["L0407"]),
    (HEAT, HEATED, START, f"{ALONG_X}∂T/∂x = T/2 [m] at x = 1 [m]\n{IN_Y}", ["L0407"]),
    (HEAT, HEATED, START, f"∂²T/∂x² = 0 [K/m^2] at x = 0 [m]\n{IN_Y}", ["L0407"]),
    (HEAT, HEATED, START, f"{ALONG_X}T = 1 [m] at y = 0 [m]\nT = 1 [K] at y = 1 [m]", ["L0209"]),
    (HEAT, HEATED, START, f"{ALONG_X}T = 1 [K] at y = 0 [s]\nT = 1 [K] at y = 1 [m]", ["L0209"]),
    (HEAT, HEATED, START, f"{ALONG_X}{IN_Y}\na = 1 [m^2/s] at x = 0 [m]", ["L0407"]),
    (BEAM, BENT, "", f"{ENDS}{FREE}d3w/dx3 = 0 [1/m^2] at x = 1 [m]", []),
    (BEAM, BENT, "", ENDS + FREE, ["L0406"]),
    (FLOW, DYED, CLEAR, "c = 1 at x = 0 [m]", []),
    (FLOW, DYED, CLEAR, "c = 1 at x = 0 [m]\nc = 1 at x = 1 [m]", ["L0407"]),
    (FLOW, DYED, CLEAR, "", ["L0406"]),
]


@pytest.mark.parametrize(("symbols", "equation", "initial", "boundary", "codes"), CASES)
def test_boundary_conditions_are_counted_end_by_end(
    symbols: str, equation: str, initial: str, boundary: str, codes: list[str]
) -> None:
    sections = {}
    if initial:
        sections["initial"] = initial
    if boundary:
        sections["boundary"] = boundary
    assert checked(law(symbols, equation, **sections)).codes == codes


def test_the_missing_end_is_named() -> None:
    text = law(HEAT, "∂T/∂t = a*∇²T", initial=START, boundary=ALONG_X + "T = 1 [K] at y = 1 [m]")
    (found,) = checked(text).findings
    assert "`y = 0 [m]`" in found.headline


def test_a_centre_and_an_axis_ask_for_nothing() -> None:
    symbols = "r : radius [m] 0 .. 1\nc : amount (r) [mol]\nk : rate [mol/m^2] 1 .. 2"
    text = head(
        law(symbols, "∇²c = k", boundary="c = 0 [mol] at r = 1 [m]"), "coordinates r spherical"
    )
    assert checked(text).codes == []
    shell = text.replace("0 .. 1\n", "0.5 .. 1\n", 1)
    assert checked(shell).codes == ["L0406"]


def test_coordinates_are_named_where_lengths_do_not_say_them() -> None:
    symbols = "x, y : places [1] 0 .. 1\nu : field (x, y) [K]\nf : source [K] 1 .. 2"
    assert checked(law(symbols, "∇²u = f")).codes == ["L0117"]
    assert checked(head(law(symbols, "∇²u = f"), "coordinates x, y")).codes == []
    assert checked(head(law(symbols, "∇²u = f"), "coordinates x, q")).codes[0] == "L0117"
    assert checked(head(law(symbols, "∇²u = f"), "coordinates x, f")).codes[0] == "L0117"
    assert checked(head(law(symbols, "∇²u = f"), "coordinates x, y spherical")).codes == []
    metres = symbols.replace("[1]", "[m]")
    assert checked(head(law(metres, "∇²u = f"), "coordinates x, y spherical")).codes[0] == "L0117"


@pytest.mark.parametrize(
    ("equation", "code"),
    [
        ("y = sum(i in 1 .. 1000: i)", "L0119"),
        ("y = sum(i in 1 .. 200: sum(j in 1 .. 200: i*j))", "L0119"),
        ("y = sum(i in 4 .. 1: i)", "L0118"),
        ("y = sum(y in 1 .. 3: y)", "L0118"),
        ("y = sum(i in y: i)", "L0118"),
    ],
)
def test_a_sum_runs_over_a_set_of_some_size(equation: str, code: str) -> None:
    assert code in checked(law("y : answer [1]", equation)).codes
