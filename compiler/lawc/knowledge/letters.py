"""A name as the field writes it: its letter, and what stands below the line.

`Vmax` and `Km` have an index, `alpha` is α, `v[x]` and `pk.CL` are a component and a part.
"""

from __future__ import annotations

import re

from lawc.diagnostics.immutable import immutable

GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ",
    "eta": "η", "theta": "θ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν",
    "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "upsilon": "υ", "phi": "φ",
    "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ",
    "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
}  # fmt: skip
RELATIONS = {"=": "=", ":=": "≔", "~=": "≈"}
"""What stands between the sides of an equation, as printed."""
LEVELS = {"+": 1, "-": 1, "*": 2, "/": 3, "^": 4}
"""How tightly an operator binds; a fraction needs no parentheses inside a product."""


_NUMBERED = re.compile(r"([^\W\d_]+)(\d+)")


@immutable
class Letters:
    """A letter and the indices below it, outermost last."""

    letter: str
    below: tuple[str, ...] = ()


def letters(name: str) -> Letters:
    """Return how a name is set."""
    part, _, rest = name.rpartition(".")
    core, _, component = rest.partition("[")
    head, _, index = core.partition("_")
    numbered = _NUMBERED.fullmatch(head)
    if numbered is not None and not index:
        head, index = numbered[1], numbered[2]
    elif not index and head not in GREEK and len(head) > 1 and not head.isupper():
        head, index = head[0], head[1:]
    below = [index, component.rstrip("]"), part]
    return Letters(GREEK.get(head, head), tuple(text for text in below if text))
