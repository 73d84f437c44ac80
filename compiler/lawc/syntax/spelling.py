"""What a name may look like: Latin or Greek letters, digits and `_`, one script a name.

Names that look alike and are not the same are the trap: a Greek capital alpha is printed as a
Latin A. Their skeletons, the letters they look like, are compared instead of normalising text,
since compatibility forms would also turn `²` into `2`.
"""

from __future__ import annotations

import re

LETTERS = (
    "A-Za-z\u00b5\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f"
    "\u0370-\u0373\u0376\u0377\u037b-\u037d\u037f\u0386\u0388-\u03ff\u2206"
)
NAME = rf"[{LETTERS}_][{LETTERS}_0-9]*"

_GREEK = re.compile(r"[\u0370-\u03ff]")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")

# Two code points that mean one letter in a formula; keyboards offer the first of each pair.
_SAME = {"\u00b5": "μ", "\u2206": "Δ"}

_LOOKS_LIKE = str.maketrans(
    # Greek
    "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧο"
    # Cyrillic, which no name may contain; for the help only
    "АВЕЗКМНОРСТУХаеорсухіјѕԁһ"
    # Greek variants of one letter
    "ϕϵϑϰϱ",
    "ABEZHIKMNOPTYXoABE3KMHOPCTYXaeopcyxijsdhφεθκρ",
)

_GREEK_LETTERS = (
    "α alpha β beta γ gamma δ delta ε epsilon ζ zeta η eta θ theta ι iota κ kappa λ lambda μ mu "
    "ν nu ξ xi ο omicron π pi ρ rho σ sigma τ tau υ upsilon φ phi χ chi ψ psi ω omega "
    "Γ Gamma Δ Delta Θ Theta Λ Lambda Ξ Xi Π Pi Σ Sigma Φ Phi Ψ Psi Ω Omega"
)
_WORDS = _GREEK_LETTERS.split()
GREEK_NAMES = dict(zip(_WORDS[::2], _WORDS[1::2], strict=True))


def normal(name: str) -> str:
    """Return a name with one code point for each letter."""
    if name.isascii():
        return name
    return "".join(_SAME.get(letter, letter) for letter in name)


def mixes_scripts(name: str) -> bool:
    """Return whether a normal name has letters of more than one script."""
    return not name.isascii() and bool(_GREEK.search(name)) and bool(_LATIN.search(name))


def skeleton(name: str) -> str:
    """Return the letters that a name looks like."""
    return name.translate(_LOOKS_LIKE)


def in_latin(name: str) -> str:
    """Return a name with its Greek letters written out: `ΔH` becomes `Delta_H`."""
    spelled = "".join(
        f"_{GREEK_NAMES[letter]}_" if letter in GREEK_NAMES else letter for letter in skeleton(name)
    )
    return re.sub("_+", "_", spelled).strip("_")


def distance(one: str, other: str) -> int:
    """Return how many letters to insert, drop, change or swap with a neighbour between two words.

    Words longer than 40 letters are not compared; they are as far apart as they are long.
    """
    if max(len(one), len(other)) > 40:
        return max(len(one), len(other))
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1]


def nearest(word: str, known: tuple[str, ...]) -> str | None:
    """Return the known word that was probably meant, if one is near enough."""
    best = min(known, key=lambda other: (distance(word, other), other), default=None)
    if best is None or distance(word, best) > max(1, len(word) // 3):
        return None
    return best
