"""Names of another format to names that the language takes, all of them different.

A name is kept where it can be. Letters of other scripts are written out, a word of the language
gets a `_` behind it, and a name that would make a quotient read as a derivative is set apart.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from lawc.knowledge.expression import FUNCTIONS
from lawc.syntax.spelling import in_latin
from lawc.syntax.tokens import RESERVED

LONGEST = 60

_MEANT = frozenset(
    (
        "pi", "value", "sqrt", "abs", "sign", "min", "max", "sum", "product", "integral", "grad",
        "div", "curl", "laplacian", "dot", "cross", "norm", "vector", "log", "in", "use",
    )
)  # fmt: skip
_ODD = re.compile(r"[^A-Za-z0-9_]+")


def taken_names() -> frozenset[str]:
    """Return the names that mean something in every formula."""
    return frozenset(RESERVED) | frozenset(FUNCTIONS) | _MEANT


def safe_names(foreign: Iterable[str]) -> dict[str, str]:
    """Return for each foreign name one of ours, in the order given."""
    wanted = list(dict.fromkeys(foreign))
    plain = {name: _plain(name) for name in wanted}
    everything = set(plain.values())
    used = set(taken_names())
    ours: dict[str, str] = {}
    next_number: dict[str, int] = {}
    for name in wanted:
        base = plain[name]
        if base[0] == "d" and base[1:] in everything:
            # `dx/dt` with all of x, t, dx and dt declared can be read in two ways.
            base = f"d_{base[1:]}"
        if base in taken_names():
            base += "_"
        chosen, number = base, next_number.get(base, 2)
        while chosen in used:
            chosen, number = f"{base}_{number}", number + 1
        next_number[base] = number
        used.add(chosen)
        ours[name] = chosen
    return ours


def block_name(text: str) -> str:
    """Return a name for a block: letters and digits with `-` between them."""
    plain = unicodedata.normalize("NFKD", in_latin(text)).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "-", plain)[:LONGEST].strip("-") or "law"


def _plain(name: str) -> str:
    spelled = name if name.isascii() else in_latin(name)
    spelled = unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode()
    plain = _ODD.sub("_", spelled)[:LONGEST]
    if not plain.strip("_"):
        return "x"
    return f"x_{plain}" if plain[0].isdigit() else plain
