"""Laws for tests, written in a few lines of Python instead of a file."""

from __future__ import annotations

import ast
import math

from lawc.knowledge.expression import (
    Binary,
    Call,
    Choice,
    Comparison,
    Derivative,
    Expression,
    Logic,
    Negative,
    Number,
    Symbol,
)
from lawc.knowledge.law import (
    Condition,
    Constant,
    Equation,
    Law,
    Quantity,
    Relation,
    Status,
    Validity,
)
from lawc.units.dimension import NONE, Dimension
from lawc.units.unit import Unit

LENGTH, MASS, TIME = (Dimension.of({base: 1}) for base in ("length", "mass", "time"))
TEMPERATURE, AMOUNT = (Dimension.of({base: 1}) for base in ("temperature", "amount"))
ANGLE = Dimension.of({"angle": 1})
ENERGY = MASS * LENGTH**2 / TIME**2
VOLUME = LENGTH**3

UNITS = {
    unit.text: unit
    for unit in (
        Unit("", NONE),
        Unit("s", TIME),
        Unit("min", TIME, 60.0),
        Unit("h", TIME, 3600.0),
        Unit("year", TIME, 31557600.0),
        Unit("1/s", TIME**-1),
        Unit("1/h", TIME**-1, 1 / 3600.0),
        Unit("1/year", TIME**-1, 1 / 31557600.0),
        Unit("m", LENGTH),
        Unit("m/s", LENGTH / TIME),
        Unit("m/s^2", LENGTH / TIME**2),
        Unit("kg", MASS),
        Unit("mg", MASS, 1e-6),
        Unit("kg/s", MASS / TIME),
        Unit("N/m", MASS / TIME**2),
        Unit("N", MASS * LENGTH / TIME**2),
        Unit("J", ENERGY),
        Unit("J/s", ENERGY / TIME),
        Unit("J/mol", ENERGY / AMOUNT),
        Unit("kJ/mol", ENERGY / AMOUNT, 1000.0),
        Unit("J/mol/K", ENERGY / AMOUNT / TEMPERATURE),
        Unit("K", TEMPERATURE),
        Unit("degC", TEMPERATURE, 1.0, 273.15),
        Unit("L", VOLUME, 1e-3),
        Unit("L/h", VOLUME / TIME, 1e-3 / 3600),
        Unit("mg/L", MASS / VOLUME, 1e-3),
        Unit("mg/h", MASS / TIME, 1e-6 / 3600),
        Unit("mol/L", AMOUNT / VOLUME, 1000.0),
        Unit("mol/L/s", AMOUNT / VOLUME / TIME, 1000.0),
        Unit("rad", ANGLE),
        Unit("rad/s", ANGLE / TIME),
        Unit("deg", ANGLE, math.pi / 180),
        Unit("Pa", MASS / LENGTH / TIME**2),
    )
}

_OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "^"}
_COMPARISONS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "="}


def read(text: str) -> Expression:
    """Return the tree of a formula in Python's spelling; `D(x, t, 2)` is a derivative."""
    return _tree(ast.parse(text.strip().replace("^", "**"), mode="eval").body)


def _tree(node: ast.expr) -> Expression:
    match node:
        case ast.Constant(value=value) if isinstance(value, int | float):
            return Number(value)
        case ast.Name(id=name):
            return Symbol(name)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return Negative(_tree(operand))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return Logic("not", (_tree(operand),))
        case ast.BinOp(left=left, op=op, right=right):
            return Binary(_OPERATORS[type(op)], _tree(left), _tree(right))
        case ast.Call(func=ast.Name(id="D"), args=[ast.Name(id=of), ast.Name(id=by), *order]):
            number = order[0].value if order and isinstance(order[0], ast.Constant) else 1
            assert isinstance(number, int)
            return Derivative(of, by, number)
        case ast.Call(func=ast.Name(id=function), args=arguments):
            return Call(function, tuple(_tree(argument) for argument in arguments))
        case ast.Compare(left=left, ops=ops, comparators=rest):
            signs = tuple(_COMPARISONS[type(op)] for op in ops)
            return Comparison(signs, tuple(_tree(part) for part in (left, *rest)))
        case ast.BoolOp(op=op, values=values):
            word = "and" if isinstance(op, ast.And) else "or"
            return Logic(word, tuple(_tree(value) for value in values))
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return Choice(_tree(test), _tree(body), _tree(orelse))
    raise AssertionError(ast.dump(node))


def quantity(text: str) -> Quantity:
    """Return a quantity from `x(t) [m] 0 .. 5 log = 3`, all but the name optional."""
    head, _, default = text.partition("=")
    name, _, rest = head.partition("[")
    unit, _, span = rest.partition("]")
    log = "log" in span
    bounds = [part.strip() for part in span.replace("log", "").split("..")] if span.strip() else []
    low, high = (float(part) for part in bounds) if len(bounds) == 2 else (None, None)
    name, _, depends = name.partition("(")
    return Quantity(
        name.strip(),
        "",
        UNITS[unit.strip()],
        low,
        high,
        log,
        tuple(part.strip() for part in depends.strip(" )").split(",") if part.strip()),
        float(default) if default.strip() else None,
    )


def equation(text: str) -> Equation:
    """Return an equation from `label: left = right` with `=`, `:=` or `~=`."""
    label, _, body = text.partition(": ")
    for sign in (":=", "~=", "="):
        if f" {sign} " in body:
            left, _, right = body.partition(f" {sign} ")
            return Equation(label.strip(), Relation(sign), read(left), read(right))
    raise AssertionError(text)


def condition(text: str) -> Condition:
    """Return an initial condition from `x = x0 @ t = 0` or `D(x, t, 1) = 0 @ t = 0`."""
    body, _, where = text.partition("@")
    left, _, right = body.partition(" = ")
    variable, _, at = where.partition(" = ")
    subject = read(left)
    order = subject.order if isinstance(subject, Derivative) else 0
    name = subject.quantity if isinstance(subject, Derivative) else getattr(subject, "name", "")
    return Condition(name, order, read(right), variable.strip(), read(at))


def law(
    symbols: str,
    equations: str,
    initial: str = "",
    constants: dict[str, float] | None = None,
    valid: str = "",
) -> Law:
    """Return a law from the lines of its sections."""
    quantities = [quantity(line) for line in _lines(symbols)]
    return Law(
        identity="test.law",
        version="1.0.0",
        title="A law of the tests",
        status=Status.CONFIRMED,
        sources=("tests",),
        quantities={one.name: one for one in quantities},
        equations=tuple(equation(line) for line in _lines(equations)),
        constants={
            name: Constant(name, "", UNITS[""], value) for name, value in (constants or {}).items()
        },
        conditions=tuple(condition(line) for line in _lines(initial)),
        validity=tuple(Validity(read(line)) for line in _lines(valid)),
    )


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def arrhenius() -> Law:
    return law(
        """k [1/s]
        A [1/s] 1e6 .. 1e14 log
        Ea [kJ/mol] 10 .. 200
        T [K] 250 .. 1500""",
        "rate: k = A*exp(-Ea/(R*T))",
        constants={"R": 8.31446261815324},
    )


def kepler() -> Law:
    return law(
        """M [rad] 0 .. 6.283185307179586
        e [] 0 .. 0.95
        E [rad] 0 .. 6.283185307179586""",
        "anomaly: M = E - e*sin(E)",
    )


def pendulum() -> Law:
    return law(
        """T [s]
        L [m] 0.1 .. 10 log
        g [m/s^2] = 9.80665
        a [deg] 1 .. 170
        m []""",
        """modulus: m := sin(a/2)^2
        period: T = 4*sqrt(L/g)*elliptic_k(m)""",
    )


def oscillator() -> Law:
    return law(
        """t [s] 0 .. 60
        x(t) [m] -0.5 .. 0.5
        m [kg] 0.1 .. 10 log
        c [kg/s] 0 .. 5
        k [N/m] 1 .. 1000 log
        F0 [N] 0 .. 10
        w [rad/s] 0.1 .. 50 log
        x0 [m] -0.5 .. 0.5
        E(t) [J]""",
        """motion: m*D(x, t, 2) + c*D(x, t) + k*x = F0*cos(w*t)
        energy: E := m/2*D(x, t)^2 + k/2*x^2""",
        """x = x0 @ t = 0
        D(x, t, 1) = 0 @ t = 0""",
        valid="c^2 < 4*m*k",
    )


_PK = """t [h] 0 .. 24
        A(t) [mg]
        C(t) [mg/L]
        D [mg] 100 .. 1000 log
        F [] 0.1 .. 1
        ka [1/h] 0.3 .. 3 log
        V [L] 5 .. 50 log"""


def absorption() -> Law:
    return law(
        _PK + "\nCL [L/h] 0.5 .. 50 log",
        """gut: D(A, t) = -ka*A
        blood: V*D(C, t) = ka*A - CL*C""",
        """A = F*D @ t = 0
        C = 0 @ t = 0""",
    )


def saturable() -> Law:
    return law(
        _PK + "\nVmax [mg/h] 10 .. 200 log\nKm [mg/L] 0.5 .. 20 log",
        """gut: D(A, t) = -ka*A
        blood: V*D(C, t) = ka*A - Vmax*C/(Km + C)""",
        """A = F*D @ t = 0
        C = 0 @ t = 0""",
    )


def logistic() -> Law:
    return law(
        """t [year] 0 .. 50
        N(t) []
        r [1/year] 0.01 .. 2 log
        K [] 10 .. 1e6 log
        N0 [] 1 .. 1e6 log""",
        "growth: D(N, t) = r*N*(1 - N/K)",
        "N = N0 @ t = 0",
    )


def substrate() -> Law:
    return law(
        """t [min] 0 .. 600
        S(t) [mol/L]
        S0 [mol/L] 1e-5 .. 1 log
        Vmax [mol/L/s] 1e-7 .. 1e-4 log
        Km [mol/L] 1e-5 .. 1e-1 log""",
        "decay: D(S, t) = -Vmax*S/(Km + S)",
        "S = S0 @ t = 0",
    )


def robertson() -> Law:
    return law(
        """t [s] 0 .. 1e5
        y1(t) [] 0 .. 1
        y2(t) [] 0 .. 1
        y3(t) [] 0 .. 1
        k1 [1/s] 0.02 .. 0.08
        k2 [1/s] 1e7 .. 1e8 log
        k3 [1/s] 5e3 .. 2e4""",
        """one: D(y1, t) = -k1*y1 + k3*y2*y3
        two: D(y2, t) = k1*y1 - k3*y2*y3 - k2*y2^2
        three: D(y3, t) = k2*y2^2""",
        """y1 = 1 @ t = 0
        y2 = 0 @ t = 0
        y3 = 0 @ t = 0""",
    )
