"""Texts that the tests of analysis share, and a way to check one."""

from __future__ import annotations

from dataclasses import dataclass

from lawc.analysis.checking import check
from lawc.analysis.recorded import UNRECORDED, Record
from lawc.diagnostics.diagnostic import Diagnostic, Source, in_order
from lawc.diagnostics.frame import render
from lawc.knowledge.base import KnowledgeBase
from lawc.knowledge.law import Law
from lawc.syntax.parsing import parse

HEAD = 'law {name}@1.0.0\n  title   "A law of the tests"\n  status  draft\n\n'


@dataclass(frozen=True)
class Checked:
    """What became of a text."""

    base: KnowledgeBase
    findings: tuple[Diagnostic, ...]
    text: str

    @property
    def codes(self) -> list[str]:
        return [finding.code for finding in self.findings]

    @property
    def law(self) -> Law:
        assert self.codes == [], self.text
        return next(iter(self.base.laws.values()))


def checked(
    *texts: str, known: KnowledgeBase | None = None, record: Record = UNRECORDED
) -> Checked:
    """Check texts as files of one project."""
    sources = {
        f"knowledge/tests/file{number}.law": text for number, text in enumerate(texts, start=1)
    }
    documents, findings = [], []
    for path, text in sources.items():
        document, found = parse(Source(path, text))
        documents.append(document)
        findings += found
    base, found = check(documents, known=known, record=record)
    every = in_order([*findings, *found])
    return Checked(base, every, render(every, base.sources, color=False))


def law(symbols: str, equations: str, name: str = "tested", **sections: str) -> str:
    """Return the text of a law from the lines of its sections."""
    text = HEAD.format(name=name) + _section("symbols", symbols) + _section("equations", equations)
    return text + "".join(_section(key, lines) for key, lines in sections.items())


def _section(key: str, lines: str) -> str:
    items = [line.strip() for line in lines.strip().splitlines()]
    return f"  {key}\n" + "".join(f"    {item}\n" for item in items if item) + "\n"


OSCILLATOR = law(
    """
    t  : time                     [s]      0 .. 60
    x  : displacement (t)         [m]
    m  : inertia                  [kg]     0.1 .. 10 log
    c  : damping coefficient      [kg/s]   0 .. 5
    k  : spring stiffness         [N/m]    1 .. 1000 log
    F0 : drive amplitude          [N]      0 .. 10
    w  : drive frequency          [rad/s]  0.1 .. 50 log
    x0 : first displacement       [m]     -0.5 .. 0.5
    E  : mechanical energy (t)    [J]
    """,
    """
    motion: m*d2x/dt2 + c*dx/dt + k*x = F0*cos(w*t)
    energy: E := m/2*(dx/dt)^2 + k/2*x^2
    """,
    initial="""
    x = x0              at t = 0 [s]
    dx/dt = 0 [m/s]     at t = 0 [s]
    """,
    valid="""
    c^2 < 4*m*k  "underdamped"
    """,
    checks="""
    example: x = -0.1 [m] within 1e-6 given t = pi [s], m = 1 [kg], k = 1 [N/m], c = 0 [kg/s], """
    """F0 = 0 [N], w = 1 [rad/s], x0 = 0.1 [m]
    always E >= 0 [J]
    always E is constant where F0 = 0 [N], c = 0 [kg/s]
    always x scales with x0 ^ 1 where F0 = 0 [N]
    """,
)

ENZYME = law(
    """
    t        : time                   [min]         0 .. 60
    S        : substrate (t)          [mmol/L]
    S0       : substrate at first     [mmol/L]      0.1 .. 10 log
    Vmax     : limiting rate          [mmol/L/min]  0.01 .. 1 log
    Km       : half saturation        [mmol/L]      0.1 .. 10 log
    """,
    """
    decline: dS/dt = -Vmax*S/(Km + S)
    """,
    initial="""
    S = S0  at t = 0 [min]
    """,
    checks="""
    always S >= 0 [mmol/L]
    always S -> 0 [mmol/L] as t -> oo
    """,
)

ARRHENIUS = law(
    """
    T  : temperature          [K]        250 .. 2000 log
    A  : prefactor            [L/mol/s]  1e3 .. 1e12 log
    Ea : activation energy    [kJ/mol]   1 .. 300
    R  : gas constant         [J/mol/K]  = 8.31446261815324
    k  : rate constant        [L/mol/s]
    """,
    """
    rate: k = A*exp(-Ea/(R*T))
    """,
    checks="""
    example: k = 4.0e3 [L/mol/s] within 1 [%] given A = 1e9 [L/mol/s], Ea = 31 [kJ/mol], """
    """R = 8.31446261815324 [J/mol/K], T = 300 [K]
    always k rises with T
    """,
)

POLYTROPE = law(
    """
    p, p0 : pressure  [kPa]   10 .. 1000 log
    V0    : before    [L]     1 .. 100 log
    n     : exponent  [1]     1 .. 1.67
    V     : after     [L]
    W     : work      [J]
    """,
    """
    change: V = V0*(p0/p)^(1/n)
    work:   W = (p*V - p0*V0)/n
    """,
    checks="""
    example: V = 10 [L] given p = 100 [kPa], p0 = 100 [kPa], V0 = 10 [L], n = 1.2
    """,
)

GOOD = {
    "oscillator": OSCILLATOR,
    "enzyme": ENZYME,
    "arrhenius": ARRHENIUS,
    "polytrope": POLYTROPE,
}
