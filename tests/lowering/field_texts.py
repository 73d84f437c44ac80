"""Laws of fields as text, compiled for the tests."""

from __future__ import annotations

from lawc.analysis.checking import check
from lawc.diagnostics.diagnostic import Source
from lawc.knowledge.law import Law
from lawc.syntax.parsing import parse


def law(symbols: str, equations: str, head: str = "", **sections: str) -> Law:
    """Return a checked law from the lines of its sections."""
    text = f'law tested@1.0.0\n  title   "A law of the tests"\n  status  draft\n{head}\n'
    for key, lines in {"symbols": symbols, "equations": equations, **sections}.items():
        items = [line.strip() for line in lines.strip().splitlines()]
        text += f"  {key}\n" + "".join(f"    {item}\n" for item in items if item) + "\n"
    return read(text)


def read(text: str) -> Law:
    """Return the law of a text that has no error."""
    document, findings = parse(Source("knowledge/tests/fields.law", text))
    base, found = check([document])
    errors = [finding for finding in (*findings, *found) if finding.is_error]
    assert not errors, errors
    return next(iter(base.laws.values()))


HEAT = law(
    """
    t  : time                [s]      0 .. 1
    x  : place               [m]      0 .. 1
    T  : temperature (x, t)  [K]
    a  : diffusivity         [m^2/s]  0.01 .. 1 log
    A  : height              [K]      1 .. 10
    """,
    "heat: ∂T/∂t = a*∇²T",
    initial="T = A*sin(pi*x/1 [m]) at t = 0 [s]",
    boundary="""
    T = 0 [K] at x = 0 [m]
    T = 0 [K] at x = 1 [m]
    """,
)

WAVE = law(
    """
    t : time              [s]    0 .. 2
    x : place             [m]    0 .. 1
    u : deflection (x, t) [m]
    c : speed             [m/s]  0.5 .. 2
    """,
    "motion: ∂²u/∂t² = c^2*∂²u/∂x²",
    initial="""
    u = 1 [m]*sin(pi*x/1 [m]) at t = 0 [s]
    ∂u/∂t = 0 [m/s] at t = 0 [s]
    """,
    boundary="""
    u = 0 [m] at x = 0 [m]
    u = 0 [m] at x = 1 [m]
    """,
)

POISSON = law(
    """
    x, y : place     [1]  0 .. 1
    u    : field (x, y) [1]
    f    : source (x, y) [1]
    """,
    """
    poisson: -(∂²u/∂x² + ∂²u/∂y²) = f
    f := 2*pi^2*sin(pi*x)*sin(pi*y)
    """,
    boundary="""
    u = 0 at x = 0
    u = 0 at x = 1
    u = 0 at y = 0
    u = 0 at y = 1
    """,
)

ROD = law(
    """
    x  : place            [m]        0 .. 1
    T  : temperature (x)  [K]
    L  : length           [m]        0.5 .. 2
    k  : conductivity     [W/m/K]    0.1 .. 10 log
    h  : transfer         [W/m^2/K]  1 .. 10
    Tw : wall             [degC]     10 .. 30
    Ta : air              [degC]     -20 .. 10
    """,
    "balance: d/dx(k*dT/dx) = 0 [W/m^3]",
    boundary="""
    T = Tw at x = 0 [m]
    -k*dT/dx = h*(T - Ta) at x = L
    """,
    valid='x <= L  "inside the rod"',
)
