"""Texts to read: formulas made at random, and one law that uses every kind of line."""

from __future__ import annotations

import dataclasses
from typing import Any

from hypothesis import strategies as st

from lawc.diagnostics.diagnostic import Diagnostic, Place, Source
from lawc.syntax.document import Document
from lawc.syntax.parsing import parse
from lawc.syntax.reading import read_line
from lawc.syntax.scope import scope
from lawc.syntax.tree import Node

NAMES = ("t", "x", "m", "F0", "k_1", "α", "µ", "S")
SCOPE = scope("a.law", [*NAMES, "μ", "w"], indexed=["w"])

LAW = """\
law damped-oscillator@1.0.0
  title   "Driven, damped oscillator"
  status  confirmed
  source  "L. D. Landau, E. M. Lifshitz, Mechanics, 3rd ed. (1976), §26"
  import  constants.codata-2022@1 (R, k_B)

  symbols
    t, s : time (free)              [s]      0 .. 60
    x  : displacement (t)         [m]     -0.5 .. 0.5
    m  : mass                     [kg]     0.1 .. 10 log = 3   # one mass
    c  : damping coefficient      [kg/s]   0 .. 2*pi
    k  : spring stiffness         [N/m]
    E  : mechanical energy (t)    [J]

  equations
    motion: m*d2x/dt2 + c*dx/dt + k*x = 3 [N]*cos(x/2)
    E := m/2*(dx/dt)^2 + k/2*x² - value(E, [J])
    k ~= if x < 0 [m] and not (c = 1 or c >= 2) then -3e-2 else max(c, 1)
    d/dt(m*x) = 0

  initial
    x = 1 [m]           at t = 0 [s]
    dx/dt = 0 [m/s]     at t = pi [s]

  valid
    0 < c^2 < 4*m*k     "underdamped"

  checks
    example: x = -0.1 [m] within 1e-6 given t = pi [s], m = 1 [kg]
    always E is constant where c = 0 [kg/s], m > 1
    always E falls with t
    always x scales with k ^ -1/2
    always x -> 0 [m] as t -> oo
    always 0 [J] <= E

constants set@1.0.0
  title "A set"
  R : molar gas constant = 8.31446(15)e0 [J/mol/K]
  q : charge = -1.6 ± 0.1 [C]
"""

_numbers = st.sampled_from(
    ["0", "1", "2", "60", "0.5", "1e-3", "6.67430(15)e-11", "3 [m/s^2]", "1. [kg]", "pi [rad]"]
)
_names = st.sampled_from(NAMES)
_derivatives = st.sampled_from(
    ["dx/dt", "d2x/dt2", "∂x/∂t", "∂²x/∂t²", "d/dt(m*x)", "d3x/dt3", "d²x / dt²"]
)
_fields = st.sampled_from(
    """
    ∂²x/∂t∂m; d2x/dtdm; d3x/dt2dm; ∂/∂t(m*x); ∂²/∂t∂m(x); w[1]; w[i, x]; dw[1]/dt; ∂²w[i]/∂t∂m
    sum(i in 1 .. 3: i*x); product(j in S: w[j]); integral(m, x = 0 .. 2); ∇x; ∇·w; ∇×w; ∇²x
    (w·∇)x; ∇·(m*∇x); ∇×∇×w; cross(w, x)
    """.strip()
    .replace("\n", ";")
    .split(";")
).map(str.strip)
_atoms = st.one_of(_numbers, _names, _derivatives, _fields)


def _compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = st.sampled_from(["+", "-", " * ", "/", "·", "×", " − ", "*-"])
    binary = st.tuples(inner, operators, inner).map("".join)
    return st.one_of(
        binary,
        binary.map(lambda text: f"({text})"),
        inner.map(lambda text: f"-{text}"),
        st.tuples(_names, st.sampled_from(["^2", "²", "^-1", "^2^3", "⁻¹", "^(1/2)"])).map("".join),
        inner.map(lambda text: f"({text})^2"),
        st.tuples(st.sampled_from(["sin", "exp", "√"]), inner).map(lambda p: f"{p[0]}({p[1]})"),
        st.tuples(inner, inner).map(lambda p: f"max({p[0]}, {p[1]})"),
        inner.map(lambda text: f"value({text}, [mmHg])"),
    )


values = st.recursive(_atoms, _compound, max_leaves=12)
plain_values = st.recursive(st.one_of(_numbers, _names), _compound, max_leaves=12)


def _joined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    joint = st.sampled_from([" and ", " or "])
    return st.one_of(
        st.tuples(inner, joint, inner).map("".join),
        inner.map(lambda text: f"not ({text})"),
        inner.map(lambda text: f"({text})"),
    )


_relations = st.sampled_from(["<", "<=", " ≤ ", ">", "≥", "=", "!=", "≠"])
conditions = st.recursive(
    st.one_of(
        st.tuples(values, _relations, values).map("".join),
        st.tuples(values, _relations, values, _relations, values).map("".join),
    ),
    _joined,
    max_leaves=5,
)
plain_conditions = st.recursive(
    st.one_of(
        st.tuples(plain_values, _relations, plain_values).map("".join),
        st.tuples(plain_values, _relations, plain_values, _relations, plain_values).map("".join),
    ),
    _joined,
    max_leaves=5,
)
plain_choices = st.tuples(plain_conditions, plain_values, plain_values).map(
    lambda parts: f"if {parts[0]} then {parts[1]} else {parts[2]}"
)
choices = st.tuples(conditions, values, values).map(
    lambda parts: f"if {parts[0]} then {parts[1]} else {parts[2]}"
)
sides = st.one_of(values, values, choices)


def value_of(text: str) -> Any:
    """Return the tree of a value or a choice."""
    return read_line(text, 0, len(text), "cell", SCOPE)


def condition_of(text: str) -> Any:
    """Return the tree of a condition."""
    return read_line(text, 0, len(text), "valid", SCOPE)[0]


def bare(node: Any) -> Any:
    """Return a tree without its places and without the spelling of its numbers."""
    if isinstance(node, tuple):
        return tuple(bare(part) for part in node)
    if not isinstance(node, Node):
        return node
    fields = [field.name for field in dataclasses.fields(node) if field.name != "place"]
    return type(node).__name__, *(bare(getattr(node, name)) for name in fields)


def slice_of(text: str, place: Place) -> str:
    """Return the text of a place."""
    return text[place.start : place.end]


def read(text: str, path: str = "a.law") -> tuple[Document, tuple[Diagnostic, ...]]:
    """Return the document and the findings of a text."""
    return parse(Source(path, text))


def law(**sections: str) -> str:
    """Return a law with the given lines in its sections, and usual symbols where none are given."""
    symbols = "t : time [s]\nx : place (t) [m]\nm : mass [kg]\nF : force [N]\nv : speed [m/s]"
    sections = {"symbols": symbols, **sections}
    text = 'law a@1.0.0\n  title "a"\n'
    for section, lines in sections.items():
        text += f"  {section}\n" + "".join(f"    {line}\n" for line in lines.split("\n"))
    return text


def only(findings: tuple[Diagnostic, ...]) -> Diagnostic:
    """Return the one finding there is."""
    assert len(findings) == 1, findings
    return findings[0]
