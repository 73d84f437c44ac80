"""Formulas as programs write them, `m_0/sqrt(1 - v**2/c**2)`, to formulas of the language.

Signs and names are replaced one token at a time, and nothing is calculated; what the language
does not have is refused here, and the rest is read by the ordinary grammar.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from lawc.importers.imported import ImportRefusedError
from lawc.knowledge.expression import FUNCTIONS

LONGEST = 20_000

_TOKEN = re.compile(
    r"(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(?![A-Za-z_])"
    r"|(?P<name>[^\W\d]\w*)"
    r"|(?P<power>\*\*)"
    r"|(?P<sign>[-+*/^(),])"
    r"|(?P<space>[ \t]+)"
    r"|(?P<other>.)",
    re.DOTALL,
)
_CALLED = {
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "log": "ln", "Abs": "abs",
    "Min": "min", "Max": "max",
}  # fmt: skip
_KNOWN = frozenset(FUNCTIONS) | {"sqrt", "abs", "sign", "min", "max"}


def translate(formula: str, names: Mapping[str, str]) -> str:
    """Return a formula in the language.

    Args:
        formula: With `**` or `^` for powers, and `log` for the natural logarithm.
        names: Every name of a quantity in it, and what it is called in the law.

    Raises:
        ImportRefusedError: It has a sign, a name or a function that is not known.
    """
    if len(formula) > LONGEST:
        raise ImportRefusedError(f"a formula has more than {LONGEST:,} characters")
    words: list[str] = []
    tokens = list(_TOKEN.finditer(formula))
    for index, token in enumerate(tokens):
        word = token[0]
        match token.lastgroup:
            case "name":
                called = _next(tokens, index) == "("
                words.append(_function(word) if called else _quantity(word, names))
            case "power":
                words.append("^")
            case "space":
                words.append(" ")
            case "other":
                raise ImportRefusedError(f"{_shown(word)} has no meaning in a formula")
            case _:
                words.append(word)
    return "".join(words).strip()


def names_in(formula: str) -> tuple[str, ...]:
    """Return the names of a formula that no bracket follows, in order, each once."""
    tokens = list(_TOKEN.finditer(formula[:LONGEST]))
    found = (
        token[0]
        for index, token in enumerate(tokens)
        if token.lastgroup == "name" and _next(tokens, index) != "("
    )
    return tuple(dict.fromkeys(name for name in found if name != "pi"))


def _next(tokens: list[re.Match[str]], index: int) -> str:
    after = index + 1
    while after < len(tokens) and tokens[after].lastgroup == "space":
        after += 1
    return tokens[after][0] if after < len(tokens) else ""


def _function(word: str) -> str:
    name = _CALLED.get(word, word)
    if name not in _KNOWN:
        raise ImportRefusedError(f"the function {word[:40]} is not known")
    return name


def _quantity(word: str, names: Mapping[str, str]) -> str:
    if word in names:
        return names[word]
    if word == "pi":
        return word
    raise ImportRefusedError(f"the name {word[:40]} is no quantity of the table")


def _shown(sign: str) -> str:
    return sign if sign.isprintable() else f"U+{ord(sign):04X}"
